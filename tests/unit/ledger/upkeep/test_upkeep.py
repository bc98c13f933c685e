"""Upkeep by several servers at once: nothing is done twice, and a lost lease changes nothing."""

from __future__ import annotations

import datetime as dt
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from tests.support.stores.store import AT_ONCE, age_lists, dead_ids
from tests.unit.ledger.conftest import records_of
from tonne.ledger.ledger import utc_now
from tonne.ledger.upkeep.upkeep import GARBAGE_INTERVAL_S, Round
from tonne.store import Collected, faults
from tonne.store.sql import schema

WAIT_S = 30.0


class Later:
    """A clock that is ahead of the files' own by more than the grace, and moves when told to."""

    def __init__(self) -> None:
        self.ahead_s = 7200.0

    def __call__(self) -> dt.datetime:
        return utc_now() + dt.timedelta(seconds=self.ahead_s)


class CountingObjects:
    """The objects, and which of them were deleted, in order."""

    def __init__(self, objects) -> None:
        self._objects = objects
        self.deleted: list[str] = []

    def __getattr__(self, name):
        return getattr(self._objects, name)

    def delete(self, path):
        self.deleted.append(path)
        self._objects.delete(path)


@pytest.fixture(autouse=True)
def _disarmed():
    """Nothing is armed after a test."""
    faults.arm("")
    yield
    faults.disarm()


@pytest.fixture
def servers(any_bench):
    """A ledger, and two servers on its store that keep it up by a clock of the test's own."""
    clock = Later()
    any_bench.clock = clock
    any_bench.objects = CountingObjects(any_bench.objects)
    made = [
        any_bench.other(merge_files_max=4, clock=clock, garbage_rules=AT_ONCE) for _ in range(2)
    ]
    yield any_bench, made[0].ledger, made[1].ledger
    for each in made:
        each.ledger.close()


def fill(bench, count=5):
    """Commit so many small postings files."""
    for seed in range(count):
        bench.append("meter", records_of(5, seed=seed))


def expire(bench, name):
    """Let a lease be over by the database's clock, which a test cannot move on PostgreSQL."""
    past = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
    statement = sa.update(schema.lease).where(schema.lease.c.name == name)
    database = bench.manifest._database
    database.write(lambda c: c.execute(statement.values(expire_time=past)) and None)


def lose_orphans(bench, count=3):
    """Write objects that no commit ever names."""
    paths = [f"acme/segments/2015-01-01/{number:032x}.parquet" for number in range(count)]
    for path in paths:
        bench.objects.put(path, b"lost")
    return paths


def paths_of(bench):
    return {info.path for info in bench.objects.list("")}


class Paused:
    """A server that stands still at a fault point in its upkeep."""

    def __init__(self, ledger, point):
        faults.arm(f"{point}=hang")
        self._pool = ThreadPoolExecutor(1)
        self._result = self._pool.submit(ledger.upkeep.maintain)
        assert faults.await_arrival(point, timeout_s=WAIT_S)

    def resume(self):
        """Let it go on, and give what its round did."""
        faults.release()
        with self._pool:
            return self._result.result(WAIT_S)


def test_a_merger_that_lost_its_lease_cannot_commit(servers):
    """The files that it read are live still, and yet it is refused: the fence alone decides."""
    bench, first, second = servers
    fill(bench)
    before = bench.manifest.live_postings("acme")
    paused = Paused(first, "merge.before_sql")
    expire(bench, "merge/acme")
    taken = bench.manifest.acquire_lease("merge/acme", "third", 60.0)
    assert paused.resume().merged_file_count == 0
    assert bench.manifest.live_postings("acme") == before
    bench.manifest.release_lease(taken)
    assert second.upkeep.maintain().merged_file_count == 5
    bench.check()


def test_a_merger_that_comes_back_does_not_merge_again(servers):
    """While it stood still another server merged; it adds nothing and takes nothing away."""
    bench, first, second = servers
    fill(bench)
    paused = Paused(first, "merge.before_sql")
    assert second.upkeep.maintain().merged_file_count == 0  # the lease keeps it off
    expire(bench, "merge/acme")
    assert second.upkeep.maintain().merged_file_count == 5
    merged = bench.manifest.live_postings("acme")
    assert paused.resume().merged_file_count == 0
    assert bench.manifest.live_postings("acme") == merged
    bench.check()


def test_a_merger_whose_lease_only_expired_may_commit(servers):
    """Nobody has taken it, so nobody can have done the same."""
    bench, first, _ = servers
    fill(bench)
    paused = Paused(first, "merge.before_sql")
    expire(bench, "merge/acme")
    assert paused.resume().merged_file_count == 5
    bench.check()


def test_a_collector_that_lost_its_lease_condemns_nothing(servers):
    """What it found is left to the holder; no path of it is condemned or deleted."""
    bench, first, _ = servers
    lost = lose_orphans(bench)
    paused = Paused(first, "garbage.before_condemn")
    expire(bench, "garbage")
    assert bench.manifest.acquire_lease("garbage", "third", 60.0) is not None
    assert paused.resume().collected is None
    assert bench.objects.deleted == []
    assert paths_of(bench) >= set(lost)
    query = sa.select(sa.func.count()).where(schema.file.c.state == "condemned")
    with bench.manifest._database.read() as connection:
        assert connection.execute(query).scalar_one() == 0


def test_a_collector_that_comes_back_deletes_nothing_twice(servers):
    """Another one collected meanwhile; each orphan was deleted once."""
    bench, first, second = servers
    lost = lose_orphans(bench)
    paused = Paused(first, "garbage.before_condemn")
    assert second.upkeep.maintain().collected is None  # the lease keeps it off
    expire(bench, "garbage")
    bench.clock.ahead_s += GARBAGE_INTERVAL_S
    assert second.upkeep.maintain().collected.orphan_count == len(lost)
    assert paused.resume().collected is None
    assert sorted(bench.objects.deleted) == sorted(lost)


def test_a_collector_that_lost_its_lease_forgets_nothing(servers):
    """Rows of dead files stay for the holder, who finds their objects gone and forgets them."""
    bench, first, second = servers
    fill(bench)
    assert bench.other(merge_files_max=4).ledger.merger.merge("acme") == 5
    bench.manifest.list_dead(utc_now(), None)
    age_lists(bench.manifest)
    paused = Paused(first, "garbage.before_forget")
    expire(bench, "garbage")
    taken = bench.manifest.acquire_lease("garbage", "third", 60.0)
    assert paused.resume().collected is None
    assert len(dead_ids(bench.manifest)) == 5
    bench.manifest.release_lease(taken)
    assert second.upkeep.maintain().collected.dead_count == 5
    assert dead_ids(bench.manifest) == []
    bench.check()


def test_garbage_is_looked_for_once_in_an_interval(servers):
    """However many servers: the lease is kept until the interval is over."""
    bench, first, second = servers
    assert first.upkeep.maintain().collected == Collected(0, 0, 0)
    bench.clock.ahead_s += GARBAGE_INTERVAL_S / 2
    done = second.upkeep.maintain()
    assert (done.merged_file_count, done.collected) == (0, None)
    bench.clock.ahead_s += GARBAGE_INTERVAL_S / 2
    assert first.upkeep.maintain().collected == Collected(0, 0, 0)


def test_a_collection_that_failed_is_left_to_the_next(servers):
    """Its lease is given back at once, so that another server goes on."""
    bench, first, second = servers
    lost = lose_orphans(bench)
    faults.arm("garbage.before_condemn=raise")
    with pytest.raises(Exception, match=r"garbage\.before_condemn"):
        first.upkeep.maintain()
    assert second.upkeep.maintain().collected.orphan_count == len(lost)


def test_two_servers_at_once_do_nothing_twice(servers):
    """Rounds side by side, many times: each file is replaced once, each orphan deleted once."""
    bench, first, second = servers
    fill(bench, 12)
    lost = lose_orphans(bench)
    start = threading.Barrier(2)
    done: list[Round] = []

    def keep_up(ledger):
        for _ in range(5):
            start.wait(WAIT_S)
            done.append(ledger.upkeep.maintain())

    with ThreadPoolExecutor(2) as pool:
        for each in [pool.submit(keep_up, ledger) for ledger in (first, second)]:
            each.result(4 * WAIT_S)
    assert sum(each.merged_file_count for each in done) == 12
    assert len(dead_ids(bench.manifest)) == 12 + 12  # postings, and keys of as many segments
    assert sum(each.compared_segment_count for each in done) == 12
    assert sum(each.collected.orphan_count for each in done if each.collected) == len(lost)
    assert sorted(bench.objects.deleted) == sorted(lost)
    bench.check()
