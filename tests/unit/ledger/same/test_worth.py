"""What records of one id are worth: each change that is told is what the decision makes."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction

import polars as pl
import pytest

from tests.unit.ledger.conftest import EDITION, T0, record
from tests.unit.ledger.correcting.conftest import inventory_of, reverse
from tests.unit.ledger.same.conftest import check, open_entries
from tonne.ledger.posting.correcting import worth as valuing
from tonne.ledger.posting.correcting.noted import POSTED_AS
from tonne.ledger.posting.correcting.taking import read_kept
from tonne.ledger.posting.correcting.worth import EntryWorth, MemberWorth, WorthState
from tonne.model import Facility
from tonne.store.statement_rows import SameKind, SameRule

HEADER = EDITION.splitlines(keepends=True)[0]


@pytest.fixture(autouse=True)
def registered(any_bench):
    """Records are posted."""
    any_bench.ledger.register.import_facilities("acme", [Facility("dc-1")])


def total(bench):
    """kg CO2e of the inventory."""
    return Fraction(inventory_of(bench)[0])


def worth_of(bench, entry):
    """What the members of an entry are worth."""
    return bench.ledger.same_worth.of("acme", [entry])[entry.number]


@pytest.mark.parametrize("keep", [1, 2, 3])
def test_the_change_that_is_told_is_the_one_that_comes(any_bench, keep):
    """Other regions, a year's end between two factors, a long quantity: to the last digit."""
    bench = any_bench
    long = {"start": T0 + dt.timedelta(days=300), "end": T0 + dt.timedelta(days=500)}
    bench.append("a", [record(record_id="x", quantity="10.123456789"), record(record_id="z")])
    bench.append("b", [record(record_id="x", quantity="4", region="DE")])
    bench.append("c", [record(record_id="x", quantity="1000", **long)])
    check(bench)
    (entry,) = open_entries(bench)
    worth = worth_of(bench, entry)
    assert {each.state for each in worth.members} == {WorthState.POSTED}
    before = total(bench)
    assert sum(each.kg_co2e for each in worth.members) + Fraction("0.75") == before
    bench.ledger.same.decide("acme", entry.number, [keep], "ada", "read again")
    assert total(bench) - before == worth.changes()[keep - 1]
    assert worth.at_stake == -min(worth.changes())


def test_what_waits_or_is_gone_counts_for_nothing(any_bench):
    """One in suspense changes nothing until it is cleared; one that was taken back never."""
    bench = any_bench
    bench.append("a", [record(record_id="x", quantity="10")])
    bench.append("b", [record(record_id="x", activity="process.unheard")])
    bench.append("c", [record(record_id="x", quantity="2")])
    check(bench)
    (entry,) = open_entries(bench)
    reverse(bench, source="c", offsets=(0,))
    worth = worth_of(bench, entry)
    assert [(each.state.name, each.kg_co2e) for each in worth.members] == [
        ("POSTED", 5),
        ("WAITS", 0),
        ("REVERSED", 0),
    ]
    assert worth.changes() == (0, -5, None)
    assert worth.at_stake == 5


def test_it_is_worth_what_it_was_posted_as(any_bench):
    """A factor that came later changes nothing of what a decision takes back."""
    bench = any_bench
    bench.append("a", [record(record_id="x", quantity="10")])
    bench.append("b", [record(record_id="x", quantity="4")])
    row = b"electricity.grid,,kWh,2015-01-01,,9,,,,,p,1,\n"
    bench.ledger.editions.import_edition("acme", "later", HEADER + row)
    editions = {"editions": ("later", "paper-2015")}
    bench.ledger.methods.update_method("acme", editions, author="a", reason="r")
    check(bench)
    (entry,) = open_entries(bench)
    assert [each.kg_co2e for each in worth_of(bench, entry).members] == [5, 2]


def test_what_is_not_known_is_not_guessed(any_bench):
    """Of an id of which one record's worth is not known no change is told."""
    unknown = MemberWorth(WorthState.HOURLY)
    known = MemberWorth(WorthState.POSTED, Fraction(2))
    assert EntryWorth((known, unknown)).changes() == (None, None)
    assert EntryWorth((known, known), is_whole=False).at_stake is None
    bench = any_bench
    bench.append("a", [record(record_id="x", quantity="10")])
    bench.append("b", [record(record_id="x", quantity="4")])
    check(bench)
    (entry,) = open_entries(bench)
    decided = bench.ledger.same.decide("acme", entry.number, [1, 2], "ada", "two meters")
    assert bench.ledger.same_worth.of("acme", [decided]) == {}


def test_what_hours_decide_is_not_told(bench, monkeypatch):
    """What factors by the hour made of one record is in no note."""
    bench.append("a", [record(record_id="x", quantity="10"), record(record_id="x", quantity="4")])
    check(bench)
    monkeypatch.setattr(valuing, "total_worth", lambda *_: None)
    worth = worth_of(bench, open_entries(bench)[0])
    assert worth.members == (MemberWorth(WorthState.HOURLY),) * 2
    assert worth.at_stake is None


def test_records_without_notes_are_valued_under_the_rules_of_then_alone(bench, monkeypatch):
    """An older Tonne noted nothing: where the rules changed since, nothing is told."""
    bench.append("a", [record(record_id="x", quantity="10"), record(record_id="x", quantity="4")])
    check(bench)
    (entry,) = open_entries(bench)
    without = pl.lit(None, pl.String).alias(POSTED_AS)
    monkeypatch.setattr(
        valuing, "read_kept", lambda *args, **how: read_kept(*args, **how).with_columns(without)
    )
    assert [each.kg_co2e for each in worth_of(bench, entry).members] == [5, 2]
    row = b"electricity.grid,,kWh,2015-01-01,,9,,,,,p,1,\n"
    bench.ledger.editions.import_edition("acme", "later", HEADER + row)
    editions = {"editions": ("later", "paper-2015")}
    bench.ledger.methods.update_method("acme", editions, author="a", reason="r")
    assert worth_of(bench, entry).members == (MemberWorth(WorthState.UNNOTED),) * 2


def test_duplicates_that_are_only_reported_are_worth_something(any_bench):
    """Each of them alone takes the others off the total."""
    bench = any_bench
    bench.ledger.same.set_rule("acme", SameRule.REPORT)
    bench.append("a", [record(record_id="x", quantity="10")])
    bench.append("b", [record(record_id="x", quantity="10")])
    check(bench)
    (entry,) = open_entries(bench, SameKind.DUPLICATE)
    assert worth_of(bench, entry).changes() == (-5, -5)


def test_a_call_reads_so_many_segments_and_records(any_bench, monkeypatch):
    """What is beyond is told as such; entries before it are whole."""
    bench = any_bench
    for name in ("x", "y"):
        for quantity in ("10", "4"):
            bench.append("a", [record(record_id=name, quantity=quantity)])
    check(bench)
    entries = bench.ledger.same.oldest("acme", SameKind.CONFLICT)
    for limit, value in (("SEGMENTS_MAX", 3), ("RECORDS_MAX", 3)):
        with monkeypatch.context() as patch:
            patch.setattr(valuing, limit, value)
            found = bench.ledger.same_worth.of("acme", entries)
        states = [[each.state.value for each in found[entry.number].members] for entry in entries]
        assert states == [["posted", "posted"], ["posted", "beyond_limit"]]
        assert [found[each.number].at_stake for each in entries] == [5, None]
    sums = valuing.sums_by_subject(entries, bench.ledger.same_worth.of("acme", entries))
    assert sums == {("dc-1", "electricity.grid"): (2, 10)}
