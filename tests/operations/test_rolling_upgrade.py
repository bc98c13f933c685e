"""Servers of an older version and of this one work side by side under load, and across the schema
migrations that lie between: no append fails that the client does not mend, and every record is
there once."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.checks.verdict import check_exactly_once
from tests.support.servers.cluster import EDITION, Cluster, Load

pytestmark = pytest.mark.alone

ROOT = Path(__file__).resolve().parents[2]
OLD = "3435ab8ec21b9222f564ebda203803a8ae3a7cbd"
"""A version with the tables of migration 0013, at which the servers of before it stop."""
BUILT_WITH = ("setup.py", "pyproject.toml", "README.md", "LICENSE")
CHANNELS = tuple(f"gateway-{number}" for number in range(6))
OLD_NAMES = ("server-0", "server-1", "server-2")
NEW_NAMES = ("server-3", "server-4", "server-5")
LAG_S_MAX = 2.0
SETTINGS = {
    "TONNE_INGEST_STREAM_LIFETIME_S_MIN": "2",
    "TONNE_INGEST_STREAM_LIFETIME_S_MAX": "4",
    "TONNE_SERVER_DRAIN_S": "0.5",
    "TONNE_LEDGER_UPKEEP_INTERVAL_S": "1",
    "TONNE_LEDGER_MERGE_FILES_MAX": "8",
}


def git(*words: str) -> bytes:
    """Output of git."""
    done = subprocess.run(["git", "-C", ROOT, *words], capture_output=True, check=False)
    if done.returncode != 0:
        # A shallow clone or an unpacked archive has no older version to run.
        pytest.skip(
            f"left out: this test runs version {OLD[:7]}; fetch the whole history "
            f"(`git fetch --unshallow`): {done.stderr.decode()}"
        )
    return done.stdout


@pytest.fixture(scope="module")
def old_version(tmp_path_factory) -> dict[str, str]:
    """The environment in which Python finds the older version, its kernel with it."""
    tree = tmp_path_factory.mktemp("old")
    archive = git("archive", OLD, "service", "ext", *BUILT_WITH)
    subprocess.run(["tar", "-x", "-C", tree], input=archive, check=True)
    if git("diff", "--name-only", OLD, "HEAD", "--", "ext"):
        setup = tree / "setup.py"  # it need not be fast, and is built at every run of the test
        setup.write_text(setup.read_text().replace("-O3", "-O0"))
        command = [sys.executable, "setup.py", "--quiet", "build_ext", "--inplace"]
        subprocess.run(command, cwd=tree, check=True, capture_output=True)
    else:  # the same sources: the kernel that is built already
        for module in ROOT.glob("ext/tonne_kernel/*/*.so"):
            shutil.copy(module, tree / module.relative_to(ROOT))
    return {"PYTHONPATH": f"{tree / 'service'}:{tree / 'ext'}"}


def revision(postgres_server, url: str) -> str:
    """Version of the tables."""
    database = url.partition("?")[0].rpartition("/")[2]
    with postgres_server.connect(database) as connection:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    assert row is not None
    return row[0]


def make_book(old_version: dict[str, str], target: str, book: str) -> None:
    """Make a book as it was made then: by the older version's own client."""
    code = (
        "import sys; from tonne import Client\n"
        "with Client(sys.argv[1]) as client:\n"
        "    client.create_book(sys.argv[2])\n"
        "    client.import_edition(sys.argv[2], 'own', sys.argv[3].encode())\n"
    )
    command = [sys.executable, "-c", code, target, book, EDITION]
    subprocess.run(command, env={**os.environ, **old_version}, check=True)


@pytest.mark.timeout(400)
def test_servers_are_replaced_under_load(
    tmp_path, old_version, postgres_server, bare_postgres_url, s3_bucket
):
    """One by one a new server comes and an old one goes; the first new one may migrate."""
    pairs = ", ".join(f'"{key}": "{value}"' for key, value in s3_bucket.options.items())
    environment = {
        **SETTINGS,
        "TONNE_STORE_MANIFEST_URL": bare_postgres_url,
        "TONNE_STORE_OBJECTS_URL": s3_bucket.url,
        "TONNE_STORE_OBJECTS_OPTIONS": "{" + pairs + "}",
    }
    with contextlib.ExitStack() as stack:
        cluster = stack.enter_context(
            Cluster(tmp_path, environment, len(OLD_NAMES) + len(NEW_NAMES))
        )
        cluster.start(*OLD_NAMES, env=old_version)
        before = revision(postgres_server, bare_postgres_url)
        assert before == "0013"
        make_book(old_version, cluster.targets[0], "acme")
        options = {"rate": 8, "records": 40, "ack_timeout_s": 3}
        load = stack.enter_context(Load(cluster.targets[0], "acme", CHANNELS, options))
        load.wait_flowing(LAG_S_MAX)
        for old, new in zip(OLD_NAMES, NEW_NAMES, strict=True):
            cluster.start(new)
            assert revision(postgres_server, bare_postgres_url) >= before
            load.wait_flowing(LAG_S_MAX)
            assert cluster.stop(old) == 0
            load.wait_flowing(LAG_S_MAX)
        made = load.finish()
    count = check_exactly_once(bare_postgres_url, s3_bucket.url, s3_bucket.options, "acme", made)
    text = f"{count} records, each once; oldest waited {load.lag_s_max():.1f} s"
    print(text)  # noqa: T201  (shown with -s)
