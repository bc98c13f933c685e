"""Corrections: a reversal and a new record in one act, linked; the newest is what counts."""

from __future__ import annotations

import pytest

from tests.unit.ledger.conftest import HOUR, T0, decode, record
from tests.unit.ledger.correcting.conftest import (
    correct,
    correction_of,
    inventory_of,
    reverse,
)
from tonne.errors import ContentMustMatch
from tonne.ledger.posting.entries import Durable, Lost

GOOD = record(quantity="10")
ODD = record(activity="strom", quantity="10")


def test_a_correction_takes_back_and_posts_at_once(any_bench):
    """The list shows both, linked; so does the entry."""
    bench = any_bench
    bench.append("meter", [GOOD, record(quantity="100")])
    outcome = correct(bench, [1], [record(quantity="80")])
    assert isinstance(outcome, Durable)
    assert inventory_of(bench) == (45, 2, 0, 0)
    listed = bench.ledger.records.list_records("acme").items
    first, old, new = listed
    assert (first.status.name, old.status.name, new.status.name) == (
        "POSTED",
        "REVERSED",
        "POSTED",
    )
    assert (old.by_source, old.by_offset, old.correction) == (new.source, new.offset, 1)
    (entry,) = bench.ledger.corrections.list_corrections("acme").items
    (one,) = entry.records
    assert (one.before.quantity, one.after.quantity) == (100, 80)
    assert entry.correction.request_id == new.source.removeprefix("requests/")
    bench.check()


def test_a_correction_of_a_correction_goes_to_the_newest(any_bench):
    """Named by the place in the channel, or by that of the newest record; and it is reversed."""
    bench = any_bench
    bench.append("meter", [GOOD])
    correct(bench, [0], [record(quantity="20")])
    correct(bench, [0], [record(quantity="30")])
    assert inventory_of(bench) == (15, 1, 0, 0)
    newest = bench.ledger.records.list_records("acme").items[-1]
    correct(bench, [0], [record(quantity="40")], source=newest.source)
    assert inventory_of(bench) == (20, 1, 0, 0)
    bench.check()
    assert reverse(bench, source="meter", offsets=(0,)).reversed_count == 1
    assert inventory_of(bench) == (0, 0, 0, 0)
    with pytest.raises(ContentMustMatch, match="was reversed"):
        correct(bench, [0], [GOOD])
    bench.check()


def test_of_two_corrections_of_one_record_one_is_refused(any_bench):
    """In one commit, and in two that saw the same; a reversal meanwhile refuses it, too."""
    bench = any_bench
    bench.append("meter", [GOOD, GOOD, GOOD])
    pair = [correction_of(bench, [0], [record(quantity="20")]) for _ in range(2)]
    outcomes = bench.write(pair)
    assert sorted(type(each).__name__ for each in outcomes) == ["Durable", "Lost"]
    late = correction_of(bench, [1], [GOOD])
    assert isinstance(correct(bench, [1], [record(quantity="1")]), Durable)
    assert isinstance(bench.write([late])[0], Lost)
    late = correction_of(bench, [2], [GOOD])
    assert reverse(bench, source="meter", offsets=(2,)).reversed_count == 1
    assert isinstance(bench.write([late])[0], Lost)
    assert inventory_of(bench) == (10.5, 2, 0, 0)
    bench.check()


def test_a_bad_record_corrects_nothing(bench):
    """What it was to correct stays posted, and other requests of the commit are taken."""
    bench.append("meter", [GOOD, ODD, record(quantity="x")])
    bad = correction_of(bench, [0], [record(unit="parsec", quantity="1")])
    good = correction_of(bench, [1], [record(quantity="4")])
    outcomes = bench.write([bad, good])
    assert isinstance(outcomes[0], Lost)
    assert "unit: expected" in outcomes[0].error.message
    assert isinstance(outcomes[1], Durable)
    with pytest.raises(ContentMustMatch, match="in quarantine"):
        correction_of(bench, [2], [GOOD])
    assert inventory_of(bench) == (7, 2, 0, 1)
    bench.check()


def test_the_same_file_compares_with_the_newest(bench):
    """As it was, and as it is now; anything else differs from what counts."""
    bench.append("meter", [GOOD])
    correct(bench, [0], [record(quantity="20")])
    for quantity, count in (("10", 0), ("20", 0), ("30", 1)):
        batch = decode(bench.session, [record(quantity=quantity)])
        found = bench.ledger.repeats.compare("acme", "meter", 0, batch)
        assert found.difference_count == count
    assert ("quantity", "20", "30") in found.differences[0].fields


def test_many_records_are_corrected_in_one_act(bench):
    """Over two segments, with another time: one entry."""
    bench.append("meter", [GOOD] * 5)
    bench.append("meter", [GOOD] * 5)
    new = [record(quantity="1", start=T0 + HOUR, end=T0 + 2 * HOUR)] * 6
    assert isinstance(correct(bench, [0, 2, 4, 5, 7, 9], new), Durable)
    assert inventory_of(bench) == (23, 10, 0, 0)
    (entry,) = bench.ledger.corrections.list_corrections("acme").items
    assert entry.correction.record_count == 6
    assert len(entry.records) == 6
    bench.check()
