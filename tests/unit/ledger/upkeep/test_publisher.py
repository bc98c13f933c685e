"""The published table: each durable record once, whoever publishes, dies, or comes back late."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest
import sqlalchemy as sa
from deltalake import DeltaTable, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError
from sqlalchemy.dialects import sqlite

from tests.support.checks import delta_log
from tests.support.stores.s3 import make_bucket, run_s3_apart
from tests.support.stores.store import collect_all
from tests.unit.ledger.conftest import Bench, open_bench, record, records_of
from tests.unit.ledger.upkeep.test_upkeep import WAIT_S, expire
from tonne.errors import (
    BookUnknown,
    CapacityError,
    ConfigInvalid,
    LedgerInconsistent,
    StoreUnavailable,
)
from tonne.ledger.pages import Ask
from tonne.ledger.upkeep.publisher import COLUMNS, STATISTICS, Publisher
from tonne.quantities import atto_of
from tonne.store import LeaseLost, Manifest, faults, open_objects
from tonne.store.delta import DeltaTables
from tonne.store.manifest import publications
from tonne.store.sql import schema

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = "acme/segments"
POINTS = [name for name in faults.POINTS if name.startswith("publish.")]
_names = count()


@dataclass
class Stage:
    """A ledger, and publishers on its store."""

    bench: Bench
    manifest_url: str
    url: str
    options: dict[str, str] = field(default_factory=dict)
    manifests: list[Manifest] = field(default_factory=list)

    @property
    def table_url(self) -> str:
        return f"{self.url}/{FOLDER}"

    def publisher(self, columns=COLUMNS, **changes) -> Publisher:
        """A publisher as a process of its own would have it, with a manifest of its own."""
        values = {
            "lease_s": 60.0,
            "batch_files_max": 100,
            "round_batches_max": 100,
            "checkpoint_batches": 1000,
        }
        tables = DeltaTables(self.url, self.options, columns=columns, statistics=STATISTICS)
        holder = f"publisher-{next(_names)}"
        self.manifests.append(Manifest.open(self.manifest_url, pool_size=2))
        return Publisher(self.manifests[-1], tables, holder=holder, **(values | changes))

    def fill(self, groups=3, *, channel="meter", seed=0) -> None:
        for number in range(groups):
            self.bench.append(channel, records_of(7, seed=seed + number, invalid=True))

    def table(self) -> DeltaTable:
        return DeltaTable(self.table_url, storage_options=self.options)

    def batches(self) -> list[tuple[str, int]]:
        """Application and number of each transaction of the log, in order."""
        return [
            (action["txn"]["appId"], action["txn"]["version"])
            for actions in delta_log.commits(self.bench.objects, FOLDER)
            for action in actions
            if "txn" in action and not action["txn"]["appId"].endswith("/content")
        ]

    def check(self) -> None:
        """The table has every durable record once, and the exact sums of the ledger."""
        table = delta_log.rows(self.bench.objects, FOLDER)
        records, token = [], ""
        while True:
            page = self.bench.ledger.records.list_records(
                "acme", Ask(page_size=500, page_token=token)
            )
            records += page.items
            if not (token := page.next_page_token):
                break
        assert delta_log.places(table) == delta_log.places(
            [
                {
                    "channel": each.source.removeprefix("channels/"),
                    "offset": each.offset,
                    "quantity": each.quantity,
                }
                for each in records
            ]
        )
        assert len(table) == len({(row["channel"], row["offset"]) for row in table})
        kept_atto = sum(
            channel.totals.quantity_atto
            for channel in self.bench.ledger.channels.list_channels("acme").items
        )
        assert atto_of(sum(delta_log.quantities(table).values())) == kept_atto
        assert self.table().count() == len(table)


@contextmanager
def opened(manifest_url, url, options) -> Iterator[Stage]:
    bench = open_bench(manifest_url, open_objects(url, options))
    stage = Stage(bench, manifest_url, url, options)
    yield stage
    bench.ledger.close()
    for manifest in (bench.manifest, *stage.manifests):
        manifest.close()


@pytest.fixture
def embedded(tmp_path) -> Iterator[Stage]:
    """On SQLite and a directory."""
    objects = (tmp_path / "objects").as_uri()
    with opened(f"sqlite:///{tmp_path}/manifest.sqlite", objects, {}) as stage:
        yield stage


@pytest.fixture(scope="module")
def s3_apart() -> Iterator[str]:
    """An S3 server that answers while delta-rs holds the interpreter's lock."""
    with run_s3_apart() as endpoint:
        yield endpoint


@pytest.fixture(params=["sqlite", "postgres"])
def stage(request) -> Iterator[Stage]:
    """On each of the two stores."""
    if request.param == "sqlite":
        yield request.getfixturevalue("embedded")
        return
    bucket = make_bucket(request.getfixturevalue("s3_apart"))
    url = request.getfixturevalue("postgres_url")
    with opened(url, f"{bucket.url}/prefix", bucket.options) as made:
        yield made


@pytest.fixture(autouse=True)
def _disarmed():
    """Nothing is armed after a test."""
    faults.arm("")
    yield
    faults.disarm()


class Paused:
    """A publisher that stands still at a fault point, its lease taken from it meanwhile."""

    def __init__(self, stage, publisher, point):
        faults.arm(f"{point}=hang")
        self._pool = ThreadPoolExecutor(1)
        self._result = self._pool.submit(publisher.publish_all)
        assert faults.await_arrival(point, timeout_s=WAIT_S)
        expire(stage.bench, "publish/acme")

    def resume(self):
        faults.release()
        with self._pool:
            return self._result.result(WAIT_S)


def test_every_record_is_in_the_table_once(stage):
    """Rows and exact sums are the ledger's, now and after more; the files are the segments."""
    publisher = stage.publisher()
    assert publisher.publish_all().before is not None
    stage.fill()
    assert publisher.publish_all().batch_count == 1
    stage.check()
    stage.fill(channel="other", seed=9)
    stage.bench.append("odd", [record(evidence="e", attributes="{}", supplier="s", product="p")])
    assert publisher.publish_all().batch_count == 1
    stage.check()
    assert publisher.publish_all().batch_count == 0
    paths = {f"{FOLDER}/{path}" for path in delta_log.added_paths(stage.bench.objects, FOLDER)}
    assert paths == {file.path for file in stage.bench.manifest.segments("acme", limit=99)}


def test_readers_see_the_documented_columns(stage):
    """delta-rs and Polars read the types of the page; what a file lacks is null."""
    stage.fill()
    stage.bench.append("odd", [record(evidence="e", data_quality=3)], "rows")
    stage.publisher().publish_all()
    schema_of = {one.name: one.type.type for one in stage.table().schema().fields}
    assert schema_of == COLUMNS
    frame = pl.scan_delta(stage.table_url, storage_options=stage.options).collect()
    assert frame.columns == list(COLUMNS)
    assert frame["quantity"].dtype == pl.Decimal(18, 6)
    assert frame["start"].dtype == pl.Datetime("us", "UTC")
    assert frame["evidence"].drop_nulls().to_list() == ["e"]
    assert frame["data_quality"].drop_nulls().to_list() == [3]
    table = delta_log.rows(stage.bench.objects, FOLDER)
    assert frame["quantity"].sum() == sum(row["quantity"] for row in table)


def test_a_table_of_before_gets_the_column_of_what_millionths_leave_out(stage):
    """Both columns together are what was written; files of before read as null there."""
    old = {name: kind for name, kind in COLUMNS.items() if name != "quantity_rest"}
    stage.bench.append("meter", [record(quantity="1.5")])
    stage.publisher(old).publish_all()
    assert "quantity_rest" not in {one.name for one in stage.table().schema().fields}
    stage.bench.append("meter", [record(quantity="-0.0000004"), record(quantity="2")])
    stage.bench.append("meter", [record(quantity="3")])
    stage.publisher().publish_all()
    frame = pl.scan_delta(stage.table_url, storage_options=stage.options).collect().sort("offset")
    assert [str(each) for each in frame["quantity"]] == [
        *("1.500000", "0.000000", "2.000000", "3.000000")
    ]
    rests = [each and Fraction(each) for each in frame["quantity_rest"]]
    assert rests == [None, Fraction("-4e-7"), 0, None]
    assert {one.name: one.type.type for one in stage.table().schema().fields} == COLUMNS


def test_batches_are_bounded(stage):
    """A round takes so many batches of so many segments, and the next goes on."""
    stage.fill(7)
    publisher = stage.publisher(batch_files_max=2, round_batches_max=2)
    assert [publisher.publish_all().batch_count for _ in range(3)] == [2, 2, 0]
    assert stage.batches() == [("tonne/acme/1", number) for number in (1, 2, 3, 4)]
    stage.check()


@pytest.mark.parametrize("point", POINTS)
def test_a_failure_at_any_point_is_finished_by_the_next(embedded, point):
    """Whatever was done or not, another publisher leaves each record once."""
    embedded.fill()
    faults.arm(f"{point}=raise")
    failed = embedded.publisher().publish_all()
    # A lost reply to the last step is settled by reading: that round has done its work.
    assert [type(each) for each in failed.failures] == (
        [] if point == "publish.after_mark" else [StoreUnavailable]
    )
    embedded.fill(channel="later", seed=5)
    assert embedded.publisher().publish_all().failures == ()
    embedded.check()


@pytest.mark.parametrize("point", ["publish.before_commit", "publish.after_commit"])
def test_a_death_is_finished_by_the_next(embedded, point):
    """SIGKILL of the command, at its second batch; the next one finishes."""
    embedded.fill(2)
    environment = {
        **os.environ,
        "TONNE_STORE_MANIFEST_URL": embedded.manifest_url,
        "TONNE_STORE_OBJECTS_URL": embedded.url,
        "TONNE_PUBLISH_BATCH_FILES_MAX": "1",
        "TONNE_FAULTS": f"{point}=kill:2",
    }
    command = [sys.executable, "-m", "tonne.cli.main", "publish", "--once"]
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=WAIT_S, check=False
    )
    assert done.returncode == -9, done.stderr
    expire(embedded.bench, "publish/acme")
    embedded.fill(1, channel="later", seed=5)
    embedded.publisher().publish_all()
    embedded.check()


@pytest.mark.parametrize(
    ("point", "first_batch", "more"),
    [*((point, False, 3) for point in POINTS), ("publish.before_commit", True, 0)],
)
def test_a_holder_that_comes_back_late_adds_nothing_twice(embedded, point, first_batch, more):
    """At each point: another finished its batch meanwhile, and went on by some batches."""
    if not first_batch:
        embedded.fill(1, seed=50)
        embedded.publisher().publish_all()
    embedded.fill(2)
    paused = Paused(embedded, embedded.publisher(batch_files_max=1), point)
    for number in range(more):
        embedded.fill(1, channel=f"m{number}", seed=10 + number)
    second = embedded.publisher(batch_files_max=1)
    assert second.publish_all().failures == ()
    embedded.check()
    before = embedded.batches()
    assert paused.resume().failures == ()
    assert embedded.batches() == before
    embedded.check()


def test_a_late_holder_on_postgres_and_a_bucket_adds_nothing_twice(stage):
    """The same on both stores, at the point where both hold a handle that lacks the batch."""
    stage.fill(2)
    paused = Paused(stage, stage.publisher(), "publish.before_commit")
    stage.fill(1, channel="later", seed=5)
    assert stage.publisher().publish_all().failures == ()
    before = stage.batches()
    assert paused.resume().failures == ()
    assert stage.batches() == before
    stage.check()


@pytest.mark.parametrize("point", ["publish.before_commit", "publish.after_commit"])
def test_a_late_holder_that_is_first_leaves_nothing_to_do(embedded, point):
    """It commits before the other looks: the other sees the batch, and marks it."""
    embedded.fill(2)
    first = embedded.publisher(batch_files_max=1, round_batches_max=1)
    paused = Paused(embedded, first, point)
    paused.resume()
    assert embedded.publisher().publish_all().failures == ()
    embedded.check()


@pytest.mark.parametrize(
    ("point", "batches"),
    [
        *((point, 1) for point in POINTS),
        ("publish.after_intent", 0),
        ("publish.before_commit", 0),
    ],
)
def test_a_holder_of_before_a_rebuild_changes_nothing(embedded, point, batches):
    """Its batch is of an older generation, which the table knows, and so does each handle."""
    embedded.fill(batches)
    embedded.publisher().publish_all()
    embedded.fill(2, channel="other", seed=9)
    paused = Paused(embedded, embedded.publisher(), point)
    second = embedded.publisher()
    second.rebuild("acme")
    assert second.publish_all().failures == ()
    embedded.check()
    assert paused.resume().failures == ()
    assert embedded.publisher().publish_all().failures == ()
    embedded.check()
    assert embedded.batches()[-1] == ("tonne/acme/2", 1)


def test_a_commit_that_lost_to_a_stranger_is_tried_again(embedded):
    """Somebody changes the table between the look and the commit: nothing is taken as done."""
    embedded.fill(2)
    embedded.publisher().publish_all()
    embedded.fill(1, channel="later", seed=5)
    faults.arm("publish.before_commit=hang")
    with ThreadPoolExecutor(1) as pool:
        result = pool.submit(embedded.publisher().publish_all)
        assert faults.await_arrival("publish.before_commit", timeout_s=WAIT_S)
        embedded.table().alter.set_table_properties(
            {"delta.logRetentionDuration": "interval 9 days"}
        )
        faults.release()
        (failure,) = result.result(WAIT_S).failures
    assert isinstance(failure, StoreUnavailable)
    assert "came first" in failure.message
    assert embedded.publisher().publish_all().failures == ()
    embedded.check()


def test_publishers_at_once_beside_a_producer(stage):
    """Two publish round after round, stealing each other's lease, while a producer commits."""
    stop = threading.Event()

    def publish(publisher):
        while not stop.is_set():
            done = publisher.publish_all()
            assert not [one for one in done.failures if not isinstance(one, CapacityError)]
            expire(stage.bench, "publish/acme")

    with ThreadPoolExecutor(2) as pool:
        work = [pool.submit(publish, stage.publisher(batch_files_max=2)) for _ in range(2)]
        for number in range(12):
            stage.fill(1, channel=f"c{number % 3}", seed=number)
        stop.set()
        for each in work:
            each.result(WAIT_S)
    assert stage.publisher().publish_all().failures == ()
    stage.check()


def test_two_first_batches_at_once_make_one_table(embedded):
    """Both open nothing, both make the table: one of them fails and tries again."""
    embedded.fill()
    lease = embedded.bench.manifest.acquire_lease("publish/acme", "both", 60.0)
    batch = embedded.bench.manifest.begin_batch("acme", 10, lease)
    start = threading.Barrier(2)

    def add(publisher):
        start.wait(WAIT_S)
        try:
            publisher._tables.add(FOLDER, batch)
        except StoreUnavailable:
            publisher._tables.add(FOLDER, batch)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(add, [embedded.publisher(), embedded.publisher()]))
    embedded.bench.manifest.finish_batch(batch, lease)
    embedded.check()


def test_a_rebuild_replaces_the_table(stage):
    """In place, with rising versions: what a stranger did to the table is gone."""
    stage.fill(4)
    stage.publisher(batch_files_max=1).publish_all()
    theirs = pl.scan_delta(stage.table_url, storage_options=stage.options).head(1).collect()
    stage.table().alter.set_table_properties({"delta.appendOnly": "false"})
    stage.table().delete()
    write_deltalake(stage.table(), theirs, mode="append")
    version = stage.table().version()
    publisher = stage.publisher(batch_files_max=2)
    publisher.rebuild("acme")
    assert publisher.publish_all().failures == ()
    assert stage.table().version() > version
    assert stage.table().metadata().configuration["delta.appendOnly"] == "true"
    assert stage.batches()[-2:] == [("tonne/acme/2", 1), ("tonne/acme/2", 2)]
    stage.check()


def test_a_table_that_is_lost_is_told_and_rebuilt(stage):
    """Nobody guesses: it fails until a rebuild is asked for, other books go on meanwhile."""
    stage.fill(2)
    publisher = stage.publisher()
    publisher.publish_all()
    for info in list(stage.bench.objects.list(f"{FOLDER}/_delta_log")):
        stage.bench.objects.delete(info.path)
    stage.fill(1, channel="later", seed=5)
    (failure,) = publisher.publish_all().failures
    assert isinstance(failure, LedgerInconsistent)
    assert "`tonne publish --rebuild acme`" in failure.message
    publisher.rebuild("acme")
    assert publisher.publish_all().failures == ()
    stage.check()


def test_a_table_that_went_back_is_told(embedded):
    """A log restored from a backup lacks a batch that the manifest knows: no gap is hidden."""
    embedded.fill(1)
    publisher = embedded.publisher(batch_files_max=1)
    publisher.publish_all()
    embedded.fill(2, seed=7)
    publisher.publish_all()
    last = max(info.path for info in embedded.bench.objects.list(f"{FOLDER}/_delta_log"))
    embedded.bench.objects.delete(last)
    embedded.fill(1, seed=9)
    (failure,) = publisher.publish_all().failures
    assert "the last batch of the table is 2" in failure.message
    assert len(publisher.publish_all().failures) == 1


def test_a_batch_whose_number_came_again_is_told(embedded):
    """The database lost the mark of a batch; the next one of its number has other files."""
    embedded.fill(1)
    publisher = embedded.publisher()
    publisher.publish_all()
    embedded.fill(1, seed=7)
    publisher.publish_all()

    def lose(connection):
        connection.execute(sa.update(schema.publication).values(batch=1, published_batch=1))
        lost = schema.file.c.publish_batch == 2
        connection.execute(sa.update(schema.file).where(lost).values(publish_batch=None))

    embedded.bench.manifest._database.write(lose)
    embedded.fill(1, seed=9)
    (failure,) = publisher.publish_all().failures
    assert "the table has other files in the batch of that number" in failure.message
    publisher.rebuild("acme")
    assert publisher.publish_all().failures == ()
    embedded.check()


def test_a_rebuild_that_died_half_way_is_finished(embedded):
    """Some segments are out of their batches, some not: the next round takes out the rest."""
    embedded.fill(3)
    publisher = embedded.publisher(batch_files_max=1)
    publisher.publish_all()
    publication, file = schema.publication, schema.file
    values = {"generation": 2, "is_resetting": True, "batch": 0, "published_batch": 0}

    def half(connection):
        connection.execute(sa.update(publication).values(values))
        one = sa.update(file).where(file.c.publish_batch == 2)
        connection.execute(one.values(publish_batch=None))

    embedded.bench.manifest._database.write(half)
    assert not embedded.bench.manifest.published_before("acme")[1]
    assert publisher.publish_all().batch_count == 3
    embedded.check()


def test_a_rebuild_waits_for_who_publishes(embedded):
    """It takes the lease; where another has it, the caller is told to try again."""
    embedded.fill(1)
    embedded.bench.manifest.acquire_lease("publish/acme", "third", 60.0)
    with pytest.raises(CapacityError, match="try again"):
        embedded.publisher().rebuild("acme")
    with pytest.raises(BookUnknown):
        embedded.publisher().rebuild("nobody")
    assert embedded.publisher().publish_all().batch_count == 0


def test_a_lost_lease_is_compared_by_each_step(stage):
    """With a fence of before nothing is written down, marked or reset."""
    stage.fill(1)
    manifest = stage.bench.manifest
    old = manifest.acquire_lease("publish/acme", "first", 60.0)
    batch = manifest.begin_batch("acme", 10, old)
    expire(stage.bench, "publish/acme")
    new = manifest.acquire_lease("publish/acme", "second", 60.0)
    for step in (
        lambda: manifest.begin_batch("acme", 10, old),
        lambda: manifest.finish_batch(batch, old),
        lambda: manifest.reset_publication("acme", old),
    ):
        with pytest.raises(LeaseLost):
            step()
    assert not manifest.published_before("acme")[1]
    assert manifest.begin_batch("acme", 10, new) == batch


def test_garbage_collection_leaves_the_table_alone(stage):
    """However old: neither the log, whatever its files are called, nor a published segment."""
    stage.fill(3)
    stage.publisher(checkpoint_batches=1).publish_all()
    log = f"{FOLDER}/_delta_log"
    stage.bench.objects.put(f"{log}/{'a' * 32}.parquet", b"named like ours")
    stage.bench.objects.put(f"{FOLDER}/_2015-01-01/{'0' * 32}.parquet", b"lost")
    kept = {info.path for info in stage.bench.objects.list(log)}
    assert any(path.endswith(".checkpoint.parquet") for path in kept)
    listed, deleted = collect_all(stage.bench.manifest, stage.bench.objects)
    assert (listed.unknown_count, deleted.orphan_count) == (1, 1)
    assert {info.path for info in stage.bench.objects.list(log)} == kept
    stage.check()


def test_a_published_file_is_never_garbage(embedded):
    """Were a segment ever marked dead: while a table names it, its object and row stay."""
    embedded.fill(1)
    embedded.publisher().publish_all()
    dead = {"state": "dead", "dead_time": dt.datetime(2000, 1, 1, tzinfo=dt.UTC)}
    statement = sa.update(schema.file).where(schema.file.c.kind == "segment").values(dead)
    database = embedded.bench.manifest._database
    database.write(lambda c: c.execute(statement) and None)
    collect_all(embedded.bench.manifest, embedded.bench.objects)
    assert len(delta_log.rows(embedded.bench.objects, FOLDER)) > 0


def test_a_vacuum_takes_no_file_of_the_ledger(stage):
    """Not even one that asks for no retention and may break the rule: unpublished ones stay."""
    stage.fill(2)
    stage.publisher().publish_all()
    stage.fill(2, channel="unpublished", seed=5)
    before = {info.path for info in stage.bench.objects.list("acme")}
    assert stage.table().vacuum(dry_run=False) == []
    for hours in (0, 50 * 365 * 24):
        with pytest.raises(DeltaError, match="minimum retention"):
            stage.table().vacuum(retention_hours=hours, dry_run=False)
    for full in (False, True):
        removed = stage.table().vacuum(
            retention_hours=0, enforce_retention_duration=False, dry_run=False, full=full
        )
        assert removed == []
    assert {info.path for info in stage.bench.objects.list("acme")} >= before
    stage.publisher().publish_all()
    stage.bench.check()
    assert {row["channel"] for row in delta_log.rows(stage.bench.objects, FOLDER)} == {
        "meter",
        "unpublished",
    }


def test_the_table_is_append_only_and_has_no_bounds_of_decimals(stage):
    """A DELETE is refused; each file says its rows, and nothing else of its content."""
    stage.fill(2)
    stage.publisher().publish_all()
    with pytest.raises(CommitFailedError, match="append-only"):
        stage.table().delete()
    properties = stage.table().metadata().configuration
    listed = properties["delta.dataSkippingStatsColumns"].split(",")
    assert [COLUMNS[name] for name in listed if COLUMNS[name].startswith("decimal")] == []
    actions = [one for each in delta_log.commits(stage.bench.objects, FOLDER) for one in each]
    said = [one["add"]["stats"] for one in actions if "add" in one]
    counts = [file.row_count for file in stage.bench.manifest.segments("acme", limit=9)]
    assert said == [f'{{"numRecords": {each}}}' for each in counts]


def test_a_checkpoint_carries_the_table_on(stage):
    """With the log before the checkpoint gone, readers read and the publisher goes on."""
    publisher = stage.publisher(batch_files_max=1, checkpoint_batches=3)
    stage.fill(3)
    publisher.publish_all()
    log = f"{FOLDER}/_delta_log"
    names = [info.path.rpartition("/")[2] for info in stage.bench.objects.list(log)]
    assert [name for name in names if "checkpoint" in name]
    count_before = stage.table().count()
    for version in range(3):
        stage.bench.objects.delete(f"{log}/{version:020}.json")
    assert stage.table().count() == count_before
    stage.fill(2, channel="later", seed=5)
    assert publisher.publish_all().batch_count == 2
    total = sum(file.row_count for file in stage.bench.manifest.segments("acme", limit=9))
    assert stage.table().count() == total


def test_segments_of_before_are_published_where_they_lie(embedded):
    """A folder that is called as older servers call it."""
    embedded.fill(1)
    (segment,) = embedded.bench.manifest.segments("acme", limit=2)
    old = segment.path.replace("/_", "/")
    assert old != segment.path
    embedded.bench.objects.put(old, embedded.bench.objects.get(segment.path))
    statement = sa.update(schema.file).where(schema.file.c.id == segment.id).values(path=old)
    embedded.bench.manifest._database.write(lambda c: c.execute(statement) and None)
    embedded.publisher().publish_all()
    embedded.check()
    assert delta_log.added_paths(embedded.bench.objects, FOLDER) == [old.removeprefix(FOLDER)[1:]]


def test_what_is_not_published_is_told_with_its_age(stage):
    """Up to the oldest segment that waits, written down or not; up to now where none does."""
    manifest = stage.bench.manifest
    stage.fill(2)
    first = manifest.segments("acme", limit=1)[0].create_time
    assert manifest.published_before("acme") == (first, False)
    faults.arm("publish.after_intent=raise")
    assert stage.publisher().publish_all().before == first
    done = stage.publisher().publish_all()
    assert done.before > first
    assert manifest.published_before("acme")[1]


def test_without_the_extra_the_start_says_what_to_install(monkeypatch, tmp_path):
    """Asked to publish where deltalake is missing: the error names the extra."""
    monkeypatch.setitem(sys.modules, "deltalake", None)
    with pytest.raises(ConfigInvalid, match=r"pip install 'tonne\[publish\]'"):
        DeltaTables(tmp_path.as_uri(), {}, columns=COLUMNS, statistics=STATISTICS)


def test_what_waits_is_found_by_its_index(embedded):
    """Neither a look for it nor a batch costs what the history is long."""
    for number in (None, 3):
        query = publications._selected("acme", number).limit(1)
        text = query.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True})
        with embedded.bench.manifest._database.read() as connection:
            (row,) = connection.execute(sa.text(f"EXPLAIN QUERY PLAN {text}")).all()
        assert "USING INDEX ix_file_book_publish_batch (book=? AND publish_batch=?)" in row.detail


def test_a_log_in_a_directory_is_durable_before_a_batch_is_marked(embedded, monkeypatch):
    """delta-rs waits for no disk: the commit's file and its folder are synced by ourselves."""
    synced = []
    real = os.fsync

    def fsync(descriptor):
        synced.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)
        real(descriptor)

    embedded.fill(1)
    monkeypatch.setattr(os, "fsync", fsync)
    faults.arm("publish.after_mark=raise")
    embedded.publisher(checkpoint_batches=1).publish_all()
    log = [f"{number:020}.json" for number in (0, 1)]
    assert synced[:4] == [*log, "_delta_log", "segments"]
    assert f"{1:020}.checkpoint.parquet" in synced
    assert "_last_checkpoint" in synced
