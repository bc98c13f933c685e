"""Operators' mistakes with real processes: a wrong manifest neither serves nor wipes a ledger."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
import uuid
from contextlib import closing

import pytest

from tests.support.servers.api import Api, record
from tests.support.servers.server import ServerProcess
from tonne.store import Manifest, open_objects
from tonne.store.restore import adopt
from tonne.v1 import ingest_pb2, report_pb2

BOOK = "books/acme"
WAIT_S = 60


def serve_and_fail(env) -> str:
    """Start a server that refuses; gives its last line."""
    command = [sys.executable, "-m", "tonne.cli.main", "serve", "--listen", "127.0.0.1:0"]
    done = subprocess.run(
        [*command, "--admin", "127.0.0.1:0"],
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        timeout=WAIT_S,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    return done.stderr.splitlines()[-1]


def fill(server: ServerProcess) -> list[str]:
    """Post some records."""
    with closing(Api(server.address)) as api:
        api.make_book("acme")
        for number in range(5):
            rows = ingest_pb2.Rows(records=[record(10 * number + n) for n in range(10)])
            api.ingest.PostRecords(
                ingest_pb2.PostRecordsRequest(parent=BOOK, request_id=str(uuid.uuid4()), rows=rows)
            )
        return ids_of(api)


def ids_of(api: Api) -> list[str]:
    (answer,) = api.report.GetInventory(report_pb2.GetInventoryRequest(name=BOOK))
    ids = sorted(each.record.record_id for each in api.records(BOOK))
    assert answer.total.record_count == len(ids)
    return ids


@pytest.fixture(params=["directory", "bucket"])
def env(request, tmp_path):
    """A store of each kind of objects, and an upkeep without a pause."""
    env = {
        "TONNE_STORE_MANIFEST_URL": f"sqlite:///{tmp_path}/manifest.db",
        "TONNE_STORE_OBJECTS_URL": (tmp_path / "objects").as_uri(),
        "TONNE_STORE_MARK_INTERVAL_S": "1",
        "TONNE_LEDGER_UPKEEP_INTERVAL_S": "0.1",
    }
    if request.param == "bucket":
        bucket = request.getfixturevalue("s3_bucket")
        env["TONNE_STORE_OBJECTS_URL"] = f"{bucket.url}/ledger"
        env["TONNE_STORE_OBJECTS_OPTIONS"] = json.dumps(bucket.options)
    return env


def objects_of(env):
    options = json.loads(env.get("TONNE_STORE_OBJECTS_OPTIONS", "{}"))
    return open_objects(env["TONNE_STORE_OBJECTS_URL"], options)


def make_old(env) -> None:
    """Let all files of a directory be two hours old."""
    if env["TONNE_STORE_OBJECTS_URL"].startswith("file:"):
        root = env["TONNE_STORE_OBJECTS_URL"].removeprefix("file://")
        past = time.time() - 7200
        for info in objects_of(env).list(""):
            os.utime(f"{root}/{info.path}", (past, past))


def test_a_wrong_manifest_is_refused_and_nothing_goes(env, tmp_path):
    """Misspelt, empty, of another ledger: one line, exit code 1, every object as it was."""
    with ServerProcess(env=env) as server:
        ids = fill(server)
        assert server.terminate() == 0
    make_old(env)
    paths = {info.path for info in objects_of(env).list("")}
    misspelt = env | {"TONNE_STORE_MANIFEST_URL": f"sqlite:///{tmp_path}/manifets.db"}
    for _ in range(2):  # the second time it is there, and empty
        line = serve_and_fail(misspelt)
        assert re.match(r"tonne: the manifest holds no ledger, but the objects belong to", line)
        assert re.search(r"\(the manifest is at \S+manifets.db, the objects at ", line)
    foreign = misspelt | {
        "TONNE_STORE_MANIFEST_URL": f"sqlite:///{tmp_path}/foreign.db",
        "TONNE_STORE_OBJECTS_URL": (tmp_path / "foreign").as_uri(),
    }
    foreign.pop("TONNE_STORE_OBJECTS_OPTIONS", None)
    with ServerProcess(env=foreign) as server:
        assert server.terminate() == 0
    wrong = env | {"TONNE_STORE_MANIFEST_URL": foreign["TONNE_STORE_MANIFEST_URL"]}
    assert "belong to ledger" in serve_and_fail(wrong)
    assert {info.path for info in objects_of(env).list("")} == paths
    with ServerProcess(env=env) as server, closing(Api(server.address)) as api:
        assert ids_of(api) == ids


def test_two_installations_on_one_bucket(env, tmp_path):
    """The second one on the same prefix is refused; one below it lives beside the first."""
    second = env | {"TONNE_STORE_MANIFEST_URL": f"sqlite:///{tmp_path}/second.db"}
    below = env | {
        "TONNE_STORE_MANIFEST_URL": f"sqlite:///{tmp_path}/below.db",
        "TONNE_STORE_OBJECTS_URL": f"{env['TONNE_STORE_OBJECTS_URL']}/acme",
    }
    with ServerProcess(env=env) as one:
        ids = fill(one)
        assert "holds no ledger" in serve_and_fail(second)
        with ServerProcess(env=below) as other:
            assert fill(other) == ids
            assert other.terminate() == 0
        assert one.terminate() == 0
    make_old(env)
    for each in (env, below):
        done = subprocess.run(
            [sys.executable, "-m", "tonne.cli.main", "maintain", "--once"],
            env={**os.environ, **each},
            capture_output=True,
            text=True,
            timeout=WAIT_S,
            check=True,
        )
        assert "0 unknown objects listed" in done.stdout or "short time ago" in done.stdout
        with ServerProcess(env=each) as server, closing(Api(server.address)) as api:
            assert ids_of(api) == ids


def test_a_server_whose_pair_is_adopted_elsewhere_ends(env, tmp_path):
    """It ends by itself, with the reason, and takes no more; the adopted manifest goes on."""
    with ServerProcess(env=env) as server:
        fill(server)
        assert server.terminate() == 0
    log = tmp_path / "log"
    left = env | {"TONNE_LEDGER_UPKEEP": "false"}
    with ServerProcess(env=left, log=log) as server:
        copy = tmp_path / "copy.db"
        shutil.copy(tmp_path / "manifest.db", copy)
        for suffix in ("-wal", "-shm"):
            shutil.copy(tmp_path / f"manifest.db{suffix}", f"{copy}{suffix}")
        with closing(Manifest.open(f"sqlite:///{copy}")) as manifest:
            adopt(manifest, objects_of(env), manifest.get_ledger().id)
        assert server.process.wait(WAIT_S) == 1
    assert "are at incarnation 2" in log.read_text().splitlines()[-1]
    assert "incarnation 2" in serve_and_fail(env)
    adopted = env | {"TONNE_STORE_MANIFEST_URL": f"sqlite:///{copy}"}
    with ServerProcess(env=adopted) as server:
        assert server.terminate() == 0
