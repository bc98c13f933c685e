"""Real parts for the tests of all rooms: PostgreSQL and object storage over HTTP."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

# Tests start programs while they have connections: gRPC's handlers of fork would run in the
# child, beside threads that are gone, and crash it before it becomes another program.
os.environ["GRPC_ENABLE_FORK_SUPPORT"] = "false"

import hypothesis
import pytest

from tests.support.stores.postgres import PostgresServer, run_postgres
from tests.support.stores.s3 import S3Bucket, make_bucket, run_s3
from tests.support.stores.tables import copy_tables, template_of_tables
from tonne.text import masking

if TYPE_CHECKING:
    from collections.abc import Iterator

# Debian has some of the programs that tests start where only root's path leads.
os.environ["PATH"] += f"{os.pathsep}/usr/sbin{os.pathsep}/sbin"

# How long an example takes says more of the machine than of the program.
hypothesis.settings.register_profile("shared", deadline=None)
hypothesis.settings.load_profile("shared")


# All that is drawn in a run comes of one seed, in each of its processes.
SEED = os.environ.setdefault("TONNE_TEST_SEED", str(secrets.randbits(30)))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how to draw the same examples again."""
    terminalreporter.write_line(f"what was drawn came of TONNE_TEST_SEED={SEED}")


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    """A process masks its secrets for life: those of one test stay out of the next one."""
    known, order = set(masking._known), list(masking._order)
    yield
    masking._known.intersection_update(known)
    masking._order[:] = order


@pytest.fixture(autouse=True)
def unchanged_umask() -> Iterator[None]:
    """A test that leaves another umask behind fails itself, not those that come after it."""
    before = os.umask(0o022)
    os.umask(before)
    yield
    after = os.umask(before)
    assert after == before, f"the umask was {before:03o} before the test and is {after:03o} now"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One PostgreSQL server for the whole session."""
    with run_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_tables(postgres_server: PostgresServer) -> Iterator[str]:
    """Name of a database with all tables and no book, to be copied."""
    with template_of_tables(postgres_server) as name:
        yield name


@pytest.fixture
def postgres_url(postgres_server: PostgresServer, postgres_tables: str) -> Iterator[str]:
    """URL of a manifest of its own, `postgresql+psycopg://...`; dropped after the test."""
    with copy_tables(postgres_server, postgres_tables) as url:
        yield url


@pytest.fixture
def bare_postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """URL of a database without tables; dropped after the test."""
    with postgres_server.database() as name:
        yield postgres_server.url(name)


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    """Endpoint of one S3 server for the whole session."""
    with run_s3() as endpoint:
        yield endpoint


@pytest.fixture
def s3_bucket(s3_endpoint: str) -> S3Bucket:
    """A fresh bucket."""
    return make_bucket(s3_endpoint)
