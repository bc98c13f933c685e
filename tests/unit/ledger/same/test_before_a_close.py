"""Records of one id stand against a close, until they are compared and decided."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.unit.ledger.conftest import record
from tests.unit.ledger.same.conftest import check, open_entries
from tonne.errors import PeriodMustBeReady
from tonne.ledger.upkeep.same.check import Checked
from tonne.model import period_of_month
from tonne.store import faults

JANUARY = period_of_month("2015-01")
WHY = {"author": "ada", "reason": "over"}


def test_a_close_waits_for_records_to_be_compared_and_decided(any_bench):
    """It compares what is not compared yet; then a person decides, and the log has it."""
    bench = any_bench
    periods = bench.ledger.periods
    bench.append("a", [record(record_id="x", quantity="10")])
    bench.append("b", [record(record_id="x", quantity="4")])
    lease = bench.manifest.acquire_lease("keys/acme", "another server", 60.0)
    with pytest.raises(PeriodMustBeReady, match="uncompared: 2 segments"):
        periods.close_period("acme", JANUARY, **WHY)
    bench.manifest.release_lease(lease)
    with pytest.raises(PeriodMustBeReady, match="conflicts: 1 id of"):
        periods.close_period("acme", JANUARY, **WHY)
    (entry,) = open_entries(bench)
    bench.ledger.same.decide("acme", entry.number, [1], "ada", "the meter was read twice")
    periods.close_period("acme", JANUARY, **WHY)
    (noted,) = [
        each
        for each in bench.ledger.changes.list_changes("acme").items
        if each.kind == "same_record"
    ]
    assert (noted.object, noted.author, noted.reason) == (
        str(entry.number),
        "ada",
        "the meter was read twice",
    )


def test_duplicates_of_a_sealed_month_are_reported(any_bench):
    """They are not reversed there, and what comes later is compared all the same."""
    bench = any_bench
    bench.append("a", [record(record_id="x")])
    bench.append("b", [record(record_id="x")])
    lease = bench.manifest.acquire_lease("keys/acme", "another server", 60.0)
    bench.ledger.periods.close_period("acme", JANUARY, accepts={"uncompared": "known"}, **WHY)
    bench.ledger.periods.seal_period("acme", JANUARY, **WHY)
    bench.manifest.release_lease(lease)
    assert check(bench).entry_count == 1
    assert check(bench).segment_count == 0
    bench.check()


class Turn:
    """A turn for which somebody is seen to wait."""

    def __init__(self, lock, asked):
        self._lock, self._asked = lock, asked
        self.release = lock.release

    def acquire(self, timeout):
        self._asked.set()
        return self._lock.acquire(timeout=timeout)


def test_a_close_waits_for_a_check_of_the_same_server(any_bench):
    """It is not refused because the upkeep compares the book at that moment."""
    bench = any_bench
    bench.append("a", [record(record_id="x")])
    turns, asked = bench.ledger.same_check._turns, threading.Event()
    faults.arm("same.before_mark=hang")
    try:
        with ThreadPoolExecutor(2) as pool:
            checking = pool.submit(check, bench)
            assert faults.await_arrival("same.before_mark")
            turns["acme"] = Turn(turns["acme"], asked)
            closing = pool.submit(bench.ledger.periods.close_period, "acme", JANUARY, **WHY)
            closing.add_done_callback(lambda _: asked.set())
            assert asked.wait(30)
            assert not closing.done()
            assert bench.ledger.same_check.check("acme", time_s_max=0) == Checked()
            faults.release()
            assert checking.result().segment_count == 1
            assert closing.result().period == JANUARY
    finally:
        faults.disarm()
