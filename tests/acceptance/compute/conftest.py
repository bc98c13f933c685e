"""A server on each manifest, for what users post of computing."""

from __future__ import annotations

import os

import pytest

from tests.support.servers.server import ServerProcess
from tonne.client import Client


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def server(request, tmp_path_factory):
    """A server process; its manifest is SQLite, or PostgreSQL."""
    directory = tmp_path_factory.mktemp("ledger")
    if request.param == "sqlite":
        with ServerProcess("--data", str(directory)) as running:
            yield running
        return
    postgres = request.getfixturevalue("postgres_server")
    with postgres.database() as name:
        environment = {**os.environ, "TONNE_STORE_MANIFEST_URL": postgres.url(name)}
        with ServerProcess("--data", str(directory), env=environment) as running:
            yield running


@pytest.fixture(scope="module")
def client(server):
    """A client of it."""
    with Client(server.address) as opened:
        yield opened
