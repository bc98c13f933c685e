"""Backup and restore, rehearsed under load on both stores: the commands of docs/operations.md."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import uuid
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

import grpc
import polars as pl
import pytest

from tests.support.servers.api import Api, record
from tests.support.servers.server import ServerProcess
from tests.support.stores.s3 import S3Bucket, make_bucket
from tests.support.stores.store import create_book, make_commit
from tonne import rescue
from tonne.config import load as load_config
from tonne.errors import FieldInvalid
from tonne.store import Manifest, meet, open_objects
from tonne.store.paths import is_ledger_file
from tonne.v1 import ingest_pb2, report_pb2

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BOOK = "books/acme"
POSTS_PER_STEP = 6
RECORDS_PER_POST = 5
WAIT_S = 60


@dataclass
class Store:
    """A store of one kind, and how operators copy it, lose it and put it back."""

    env: dict[str, str]
    reason = ""
    """Why a server refuses what is restored."""

    def tonne(self, *arguments: str, fails: bool = False) -> subprocess.CompletedProcess[str]:
        """Run a command on the store."""
        done = subprocess.run(
            [sys.executable, "-m", "tonne.cli.main", *arguments],
            env={**os.environ, **self.env},
            capture_output=True,
            text=True,
            timeout=WAIT_S,
            check=False,
        )
        assert (done.returncode != 0) == fails, done.stderr
        return done

    @property
    def objects(self):
        """Its objects."""
        options = json.loads(self.env.get("TONNE_STORE_OBJECTS_OPTIONS", "{}"))
        return open_objects(self.env["TONNE_STORE_OBJECTS_URL"], options)

    @property
    def manifest_url(self) -> str:
        return self.env["TONNE_STORE_MANIFEST_URL"]

    def unknown_segments(self) -> list[str]:
        """Segments that are there and that the manifest does not name."""
        with closing(Manifest.open(self.manifest_url)) as manifest:
            paths = [info.path for info in self.objects.list("acme/segments")]
            return sorted({path for path in paths if is_ledger_file(path)}
                          - manifest.known_paths(paths))  # fmt: skip


class Embedded(Store):
    """SQLite and a directory."""

    reason = "is a copy that a backup made"

    def __init__(self, folder: Path) -> None:
        self.folder, self.copy = folder / "data", folder / "copy"
        self.copy.mkdir()
        super().__init__(
            {
                "TONNE_STORE_MANIFEST_URL": f"sqlite:///{self.folder}/manifest.db",
                "TONNE_STORE_OBJECTS_URL": (self.folder / "objects").as_uri(),
            }
        )

    def back_up_manifest(self) -> None:
        self.tonne("backup", "manifest", str(self.copy / "manifest.db"))

    def back_up_objects(self) -> None:
        command = ["cp", "-a", f"{self.folder}/objects", str(self.copy)]
        # What is being written while it is copied has a name that comes and goes.
        subprocess.run(command, check=False, capture_output=True, timeout=WAIT_S)

    def lose_manifest(self) -> None:
        for file in self.folder.glob("manifest.db*"):
            file.unlink()

    def lose_objects(self) -> None:
        shutil.rmtree(self.folder / "objects")

    def restore_manifest(self) -> None:
        shutil.copy(self.copy / "manifest.db", self.folder / "manifest.db")

    def restore_objects(self) -> None:
        shutil.copytree(self.copy / "objects", self.folder / "objects")


class Scaled(Store):
    """PostgreSQL and a bucket."""

    reason = "it is older"

    def __init__(self, folder: Path, server, database: str, bucket: S3Bucket) -> None:
        self.server, self.database, self.bucket = server, database, bucket
        self.dump = folder / "manifest.dump"
        self.copy = make_bucket(bucket.endpoint)
        super().__init__(
            {
                "TONNE_STORE_MANIFEST_URL": server.url(database),
                "TONNE_STORE_OBJECTS_URL": bucket.url,
                "TONNE_STORE_OBJECTS_OPTIONS": json.dumps(bucket.options),
            }
        )

    def program(self, name: str, *arguments: str) -> None:
        """Run a program of PostgreSQL's."""
        place = ["-h", self.server.socket_dir, "-U", "postgres"]
        command = [str(self.server.programs / name), *place, *arguments]
        subprocess.run(command, check=True, capture_output=True, timeout=WAIT_S)

    def back_up_manifest(self) -> None:
        self.program("pg_dump", "-Fc", "-f", str(self.dump), self.database)

    def back_up_objects(self) -> None:
        sync(self.bucket, self.copy)

    def lose_manifest(self) -> None:
        self.program("dropdb", "--force", self.database)
        self.program("createdb", self.database)

    def lose_objects(self) -> None:
        for info in list(self.objects.list("")):
            self.objects.delete(info.path)

    def restore_manifest(self) -> None:
        self.program("pg_restore", "--exit-on-error", "-d", self.database, str(self.dump))

    def restore_objects(self) -> None:
        sync(self.copy, self.bucket)


def sync(source: S3Bucket, target: S3Bucket) -> None:
    """Copy what is in a bucket, as `aws s3 sync` does."""
    read, write = (open_objects(each.url, each.options) for each in (source, target))
    for info in read.list(""):
        write.put(info.path, read.get(info.path))


@pytest.fixture(params=["embedded", "scaled"])
def store(request, tmp_path) -> Iterator[Store]:
    """A store of each kind."""
    if request.param == "embedded":
        yield Embedded(tmp_path)
        return
    server = request.getfixturevalue("postgres_server")
    with server.database() as database:
        yield Scaled(tmp_path, server, database, request.getfixturevalue("s3_bucket"))


@dataclass
class Load:
    """Producers that post without a pause, and what they were told is durable."""

    address: str
    sent: set[str] = field(default_factory=set)
    acked: set[str] = field(default_factory=set)
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _stopping: threading.Event = field(default_factory=threading.Event)

    def post(self, producer: int) -> None:
        """Post until told to stop, or until the server is gone."""
        with closing(Api(self.address)) as api:
            while not self._stopping.is_set():
                ids = [f"{producer}-{uuid.uuid4().hex}" for _ in range(RECORDS_PER_POST)]
                rows = ingest_pb2.Rows(
                    records=[record(n, record_id=each) for n, each in enumerate(ids)]
                )
                with self._changed:
                    self.sent.update(ids)
                request = ingest_pb2.PostRecordsRequest(
                    parent=BOOK, request_id=str(uuid.uuid4()), rows=rows
                )
                try:
                    api.ingest.PostRecords(request, timeout=WAIT_S)
                except grpc.RpcError:
                    return
                with self._changed:
                    self.acked.update(ids)
                    self._changed.notify_all()

    def more(self, posts: int = POSTS_PER_STEP) -> set[str]:
        """Wait for so many more posts; gives all that are acknowledged by then."""
        with self._changed:
            count = len(self.acked) + posts * RECORDS_PER_POST
            assert self._changed.wait_for(lambda: len(self.acked) >= count, WAIT_S)
            return set(self.acked)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Two producers at once."""
        threads = [threading.Thread(target=self.post, args=(number,)) for number in range(2)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stopping.set()
            for thread in threads:
                thread.join()


def back_up_under_load(store: Store) -> tuple[Load, set[str]]:
    """Serve, post, back up manifest and objects, post on; gives what was acknowledged before."""
    env = store.env | {
        "TONNE_LEDGER_MERGE_FILES_MAX": "4",
        "TONNE_LEDGER_UPKEEP_INTERVAL_S": "0.1",
    }
    with ServerProcess(env=env) as server, ExitStack() as stack:
        with closing(Api(server.address)) as api:
            api.make_book("acme")
        load = Load(server.address)
        stack.enter_context(load.running())
        before = load.more()
        store.back_up_manifest()
        load.more()  # among them merges of files that the backup names
        store.tonne("backup", "mark")
        store.back_up_objects()
        load.more()
        stack.close()
        assert server.terminate() == 0
    store.tonne("backup", "mark")  # as the upkeep would have, a minute later
    return load, before


def refuse_then_adopt(store: Store) -> str:
    """A server refuses what was restored; adoption says what is lost. Gives what it said."""
    told = store.tonne("serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", fails=True)
    assert told.stderr.splitlines()[-1].startswith("tonne: the manifest ")
    assert "`tonne restore adopt`" in told.stderr
    assert store.reason in told.stderr
    unasked = store.tonne("restore", "adopt", fails=True)
    *lines, asked = unasked.stderr.splitlines()
    assert "give the id of the ledger with --yes" in asked
    shown = "\n".join(lines)
    ledger_id = lines[0].removeprefix("ledger: ")
    adopted = store.tonne("restore", "adopt", "--yes", ledger_id)
    assert f"ledger {ledger_id} is adopted, as incarnation 2" in adopted.stdout
    assert "was adopted as incarnation 2" in adopted.stderr  # the log
    return shown


def check_restored(store: Store, load: Load, before: set[str]) -> set[str]:
    """What was acknowledged before the backup is there once, with exact sums; gives all ids."""
    with ServerProcess(env=store.env) as server, closing(Api(server.address)) as api:
        ids = [each.record.record_id for each in api.records(BOOK)]
        (answer,) = api.report.GetInventory(report_pb2.GetInventoryRequest(name=BOOK))
        # It goes on from there.
        again = Load(server.address)
        with again.running():
            again.more(2)
    kept = set(ids)
    assert len(ids) == len(kept)
    assert before <= kept <= load.sent
    assert answer.total.record_count == len(kept)
    # kg = records * 1.5 kWh * 0.4 kg/kWh
    assert Decimal(answer.total.kg_co2e) == len(kept) * Decimal("1.5") * Decimal("0.4")
    return kept


def ids_in(store: Store, paths: list[str]) -> set[str]:
    """Record ids in segments that no manifest names."""
    frames = [pl.read_parquet(store.objects.get(path), columns=["record_id"]) for path in paths]
    return set(pl.concat(frames)["record_id"].cast(pl.String)) if frames else set()


def test_everything_lost_comes_back_as_of_the_backup(store):
    """Both sides from their copies: nothing that was acknowledged before the backup is missing."""
    load, before = back_up_under_load(store)
    store.lose_manifest()
    store.lose_objects()
    store.restore_objects()
    store.restore_manifest()
    shown = refuse_then_adopt(store)
    assert "missing: 0" in shown
    unknown = store.unknown_segments()
    kept = check_restored(store, load, before)
    assert f"  acme/segments: {len(unknown)}" in shown
    assert ids_in(store, unknown) & kept == set()


def test_a_lost_manifest_names_what_came_after_the_backup(store):
    """The objects as they are: what is missing is in the listed segments, to the last record."""
    load, before = back_up_under_load(store)
    store.lose_manifest()
    store.restore_manifest()
    shown = refuse_then_adopt(store)
    unknown = store.unknown_segments()
    assert f"  acme/segments: {len(unknown)}" in shown
    assert "missing: 0" in shown
    missing = ids_in(store, unknown)
    kept = check_restored(store, load, before)
    assert missing & kept == set()
    assert load.acked <= kept | missing <= load.sent
    assert len(load.acked - kept) > 0
    # They are kept, and listed once they are older than a commit under way.
    store.tonne("maintain", "--once")
    assert set(unknown) <= {info.path for info in store.objects.list("acme/segments")}


def test_an_adoption_with_files_missing_must_be_meant(tmp_path):
    """Objects that the manifest names are not there: adopted only where that is said."""
    store = Embedded(tmp_path)
    config = load_config(None, {}, environ=store.env)
    with closing(Manifest.open(store.manifest_url)) as manifest:
        ledger_id = meet(manifest, store.objects).id
        create_book(manifest)
        manifest.commit(make_commit("acme"))  # its files were never written
    with pytest.raises(FieldInvalid, match=r"2 of 2 files .* are missing"):
        rescue.adopt(config, lambda _: ledger_id)
    told = []
    row = rescue.adopt(config, lambda found: told.append(found) or ledger_id, with_missing=True)
    assert row.number == 2
    assert told[0].missing_count == 2
