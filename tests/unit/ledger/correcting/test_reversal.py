"""Reversals: each record once, as it was posted, seen by all who read."""

from __future__ import annotations

from fractions import Fraction

import pytest

from tests.unit.ledger.conftest import HOUR, T0, record
from tests.unit.ledger.correcting.conftest import ENTRY, inventory_of, reverse
from tonne.errors import FieldInvalid
from tonne.ledger.posting.correcting.selection import Selection
from tonne.model import Facility, RowStatus

GOOD = record(quantity="10")
ODD = record(activity="strom", quantity="10")


def statuses(bench):
    items = bench.ledger.records.list_records("acme").items
    return [(each.offset, each.status.name, each.correction) for each in items]


def test_a_record_is_reversed_once(any_bench):
    """The number falls by what it was; a second call tells, and does nothing."""
    bench = any_bench
    bench.append("meter", [GOOD, record(quantity="7")])
    before = inventory_of(bench)
    done = reverse(bench, source="meter", offsets=(1,))
    assert (done.reversed_count, done.already_count) == (1, 0)
    assert before[0] == Fraction("8.5")
    assert inventory_of(bench) == (Fraction(5), 1, 0, 0)
    done = reverse(bench, source="meter", offsets=(1,))
    assert (done.reversed_count, done.already_count) == (0, 1)
    assert statuses(bench) == [(0, "POSTED", 0), (1, "REVERSED", 1)]
    (entry,) = bench.ledger.corrections.list_corrections("acme").items
    assert entry.correction.author == ENTRY.author
    assert entry.correction.record_count == 1
    (one,) = entry.records
    assert (one.before.offset, one.before.quantity, one.after) == (1, 7, None)
    bench.check()


def test_what_was_posted_is_taken_back_whatever_holds_today(any_bench):
    """Another factor set, another region of the facility: the balance is empty all the same."""
    bench = any_bench
    bench.ledger.register.import_facilities("acme", [Facility("dc-1", region="DE")])
    bench.append("meter", [GOOD, record(start=T0, end=T0 + 24 * 400 * HOUR, quantity="1000")])
    bench.ledger.register.import_facilities("acme", [Facility("dc-1", region="CN")])
    bench.append("meter", [GOOD])
    bench.ledger.merger.merge("acme")
    done = reverse(bench, source="meter", first_offset=0, stop_offset=2)
    assert done.reversed_count == 2
    assert inventory_of(bench) == (Fraction(5), 1, 0, 0)
    done = reverse(bench, source="meter", first_offset=0, stop_offset=3)
    assert (done.reversed_count, done.already_count) == (1, 2)
    assert inventory_of(bench) == (0, 0, 0, 0)
    bench.check()


def test_a_record_that_waits_waits_no_more(any_bench):
    """It is reversed, and a clearing leaves it where it is."""
    bench = any_bench
    bench.append("meter", [ODD, GOOD, ODD])
    assert reverse(bench, source="meter", offsets=(0,)).reversed_count == 1
    assert inventory_of(bench) == (5, 1, 1, 0)
    assert len(bench.ledger.records.list_suspense("acme").items) == 1
    bench.check()


def test_a_cleared_record_is_reversed_as_it_was_cleared(any_bench):
    """Under what its clearing posted it as, not under what is in force."""
    bench = any_bench
    bench.ledger.register.import_facilities("acme", [Facility("dc-2")])
    bench.append("meter", [GOOD, record(facility="dc-2", quantity="4")])
    bench.ledger.register.import_facilities("acme", [Facility("dc-1", region="DE")])
    *_, progress = bench.ledger.suspense.clear("acme")
    assert progress.cleared_count == 1
    bench.ledger.register.import_facilities("acme", [Facility("dc-1", region="FR")])
    assert reverse(bench, source="meter", offsets=(0,)).reversed_count == 1
    assert inventory_of(bench) == (2, 1, 0, 0)
    bench.check()


def test_what_cannot_be_meant_is_refused(bench):
    """In quarantine, beyond the channel, an id of several, an id of none: nothing is done."""
    bench.append("meter", [GOOD, record(quantity="x"), record(record_id="one")])
    for selection, told in (
        ({"source": "meter", "offsets": (0, 1)}, "in quarantine"),
        ({"source": "meter", "offsets": (3,)}, "offsets 0 to 3"),
        ({"record_id": "zwei"}, "no record of book acme"),
    ):
        with pytest.raises(FieldInvalid) as refused:
            reverse(bench, **selection)
        assert told in refused.value.message
    bench.append("meter", [record(record_id="one", facility="dc-9")])
    with pytest.raises(FieldInvalid) as refused:
        reverse(bench, record_id="one")
    assert "meter offset 2 (dc-1); meter offset 3 (dc-9)" in refused.value.message
    assert not bench.ledger.corrections.list_corrections("acme").items
    done = reverse(bench, source="meter", first_offset=0, stop_offset=4)
    assert (done.reversed_count, done.quarantined_count) == (3, 1)
    bench.check()


def test_a_facility_and_a_month_are_a_selection(bench):
    """Records that begin in the month, whatever their channel."""
    later = T0 + 31 * 24 * HOUR
    bench.append("meter", [GOOD, record(start=later, end=later + HOUR), record(facility="dc-2")])
    bench.append("other", [GOOD])
    done = reverse(bench, facility="dc-1", period=45 * 12)
    assert done.reversed_count == 2
    listed = bench.ledger.records.list_records("acme").items
    assert sum(each.status is RowStatus.REVERSED for each in listed) == 2
    bench.check()


@pytest.mark.parametrize(
    "bad", [{}, {"source": "m"}, {"record_id": "r", "facility": "f", "period": 3}, {"period": 3}]
)
def test_a_selection_says_one_thing(bad):
    """Nothing, or two things at once, is no selection."""
    with pytest.raises(FieldInvalid):
        Selection(**bad)
