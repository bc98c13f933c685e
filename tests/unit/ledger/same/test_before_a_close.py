"""Records of one id stand against a close, until they are compared and decided."""

from __future__ import annotations

import pytest

from tests.unit.ledger.conftest import record
from tests.unit.ledger.same.conftest import check, open_entries
from tonne.errors import PeriodMustBeReady
from tonne.model import period_of_month

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
