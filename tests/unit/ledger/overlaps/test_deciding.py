"""Overlaps are accepted, reversed or declared; what waits stands against a close."""

from __future__ import annotations

import json

import pytest

from tests.unit.ledger.conftest import HOUR, T0, record
from tests.unit.ledger.overlaps.conftest import DAY, JANUARY, WHY, found, readings
from tonne.errors import FieldInvalid, PeriodMustBeReady
from tonne.ledger.pages import Ask
from tonne.ledger.posting.correcting.selection import Selection
from tonne.model import PERIOD_COUNT_MAX
from tonne.store.manifest.overlap_rows import SeveralMeters
from tonne.store.statement_rows import Correction, CorrectionKind, ReasonCode

FEBRUARY = JANUARY + 1


def waiting(bench, first=JANUARY, last=JANUARY):
    """How many overlaps wait in months."""
    return bench.ledger.overlaps.undecided_count("acme", (first, last))


def declared(activity, facility="", first=0, last=PERIOD_COUNT_MAX - 1):
    """A declaration of several meters."""
    return SeveralMeters(facility, activity, first, last, "ada", "two meters")


def two_meters(bench, first=T0, name=""):
    """Two readings of one hour, by two channels."""
    for channel in "ab":
        bench.append(channel, [record(record_id=channel + name, start=first, end=first + HOUR)])


def entries(bench, kind):
    """Entries of the log of changes, of a kind."""
    return bench.ledger.changes.list_changes("acme", Ask(f'kind = "{kind}"')).items


def test_a_close_looks_and_waits_for_a_decision(any_bench):
    """It looks by itself and refuses; accepted, the month closes, and the log says by whom."""
    bench = any_bench
    periods, overlaps = bench.ledger.periods, bench.ledger.overlaps
    two_meters(bench)
    assert [each.check for each in periods.check_period("acme", JANUARY)] == [
        "uncompared",
        "unlaid",
    ]
    with pytest.raises(PeriodMustBeReady, match="overlaps: 1 time records of one facility"):
        periods.close_period("acme", JANUARY, **WHY)
    overlaps.accept("acme", 1, author="ada", reason="a meter for each hall")
    assert [each.check for each in periods.check_period("acme", JANUARY)] == []
    periods.close_period("acme", JANUARY, **WHY)
    (entry,) = entries(bench, "overlap")
    assert (entry.object, entry.author, entry.reason) == ("1", "ada", "a meter for each hall")
    assert json.loads(entry.after) == {
        "accepted": [{"month": "2015-01", "record_count": 2, "pair_count": 1}]
    }
    bench.check()


def test_a_close_takes_overlaps_with_a_reason(bench):
    """As any check: what was found stays with the close."""
    two_meters(bench)
    made = bench.ledger.periods.close_period(
        "acme", JANUARY, accepts={"overlaps": "looked at next month"}, **WHY
    )
    (accepted,) = made.closes[-1].accepted
    assert (accepted.check, accepted.count) == ("overlaps", 1)


def test_one_side_is_reversed_and_nothing_waits(any_bench):
    """What counts twice goes by a correction; the month closes."""
    bench = any_bench
    two_meters(bench)
    bench.ledger.overlaps.check("acme")
    entry = Correction(CorrectionKind.REVERSAL, "", "ada", ReasonCode.ERROR, "the same meter")
    chosen = Selection(source="b", offsets=(0,))
    assert [*bench.ledger.reversals.reverse("acme", chosen, entry)]
    bench.ledger.periods.close_period("acme", JANUARY, **WHY)


def test_what_is_found_beyond_what_was_accepted_waits_again(any_bench):
    """As much as there was is accepted, and less; more is not."""
    bench = any_bench
    overlaps = bench.ledger.overlaps
    bench.append("a", readings(5))
    bench.append("b", readings(3, name="b"))
    overlaps.check("acme")
    overlaps.accept("acme", 1, author="ada", reason="two halls")
    assert waiting(bench) == 0
    overlaps.accept("acme", 1, author="bob", reason="again")
    assert overlaps.get_overlap("acme", 1).months[0].author == "ada"
    bench.append("b", readings(1, first=T0 + 3 * HOUR, name="c"))
    overlaps.check("acme")
    assert waiting(bench) == 1
    assert len(found(bench, undecided=True)) == 1
    overlaps.accept("acme", 1, author="bob", reason="and a third")
    assert waiting(bench) == 0
    assert len(found(bench, undecided=True)) == 0
    assert len(found(bench)) == 1
    assert len(entries(bench, "overlap")) == 2


def test_months_are_accepted_one_by_one(bench):
    """A decision is about the months that it names."""
    two_meters(bench)
    two_meters(bench, T0 + 31 * DAY, "f")
    bench.ledger.overlaps.check("acme")
    bench.ledger.overlaps.accept(
        "acme", 1, months=(FEBRUARY, FEBRUARY), author="ada", reason="a second meter since"
    )
    assert [waiting(bench, month, month) for month in (JANUARY, FEBRUARY)] == [1, 0]
    assert waiting(bench, JANUARY, FEBRUARY) == 1
    assert bench.manifest.undecided_overlap_count() == 1


@pytest.mark.parametrize(
    ("said", "counts"),
    [
        (declared("electricity.grid", "dc-1"), [0, 0]),
        (declared("electricity.*"), [0, 0]),
        (declared("electricity.grid", "dc-1", FEBRUARY), [1, 0]),
        (declared("electricity.grid", "dc-1", 0, JANUARY), [0, 1]),
        (declared("electricity.grid", "dc-2"), [1, 1]),
        (declared("electricity_.*"), [1, 1]),
        (declared("electric.*"), [1, 1]),
    ],
)
def test_several_meters_are_declared_once(bench, said, counts):
    """Whatever comes of them is accepted: by facility or all, activity or family, and dates."""
    two_meters(bench)
    two_meters(bench, T0 + 31 * DAY, "f")
    made = bench.ledger.overlaps.declare("acme", said)
    assert bench.ledger.overlaps.declare("acme", said) == made
    bench.ledger.overlaps.check("acme")
    assert [waiting(bench, month, month) for month in (JANUARY, FEBRUARY)] == counts


def test_a_declaration_is_withdrawn(any_bench):
    """What it accepted waits again; both acts are in the log, and stay listed."""
    bench = any_bench
    overlaps = bench.ledger.overlaps
    two_meters(bench)
    overlaps.declare("acme", declared("electricity.grid", "dc-1"))
    overlaps.check("acme")
    assert waiting(bench) == 0
    overlaps.withdraw("acme", 1, author="bob", reason="one was taken out")
    overlaps.withdraw("acme", 1, author="eve", reason="again")
    assert waiting(bench) == 1
    (kept,) = overlaps.declared("acme")
    assert (kept.author, kept.end_author, kept.end_reason) == ("ada", "bob", "one was taken out")
    assert [each.author for each in entries(bench, "several_meters")] == ["ada", "bob"]
    overlaps.declare("acme", declared("electricity.grid", "dc-1"))
    assert waiting(bench) == 0
    assert [each.number for each in overlaps.declared("acme")] == [1, 2]


def test_bad_calls_are_told(bench):
    """Each names its field."""
    overlaps = bench.ledger.overlaps
    two_meters(bench)
    overlaps.check("acme")
    with pytest.raises(FieldInvalid, match="book acme has no overlap 7"):
        overlaps.accept("acme", 7, author="ada", reason="x")
    with pytest.raises(FieldInvalid, match="reason: expected a text"):
        overlaps.accept("acme", 1, author="ada", reason=" ")
    with pytest.raises(FieldInvalid, match="author: expected a text"):
        overlaps.withdraw("acme", 1, author="", reason="x")
    with pytest.raises(FieldInvalid, match="book acme has no declaration 1"):
        overlaps.withdraw("acme", 1, author="ada", reason="x")
    for activity in ("*", "elec*", "a.*.b", ""):
        with pytest.raises(FieldInvalid, match="activity"):
            overlaps.declare("acme", declared(activity))
    with pytest.raises(FieldInvalid, match="from_month"):
        overlaps.check("acme", (FEBRUARY, JANUARY))


def test_a_listing_is_filtered_and_paged(bench):
    """By facility, by month, a page at a time."""
    for number in range(5):
        for channel in "ab":
            bench.append(
                channel, [record(record_id=f"{channel}{number}", facility=f"dc-{number}")]
            )
    bench.ledger.overlaps.check("acme")
    assert [each[0] for each in found(bench, ask=Ask('facility = "dc-3"'))] == ["dc-3"]
    page = bench.ledger.overlaps.list_overlaps("acme", Ask(page_size=2))
    rest = bench.ledger.overlaps.list_overlaps(
        "acme", Ask(page_size=2, page_token=page.next_page_token)
    )
    assert [each.number for each in (*page.items, *rest.items)] == [1, 2, 3, 4]
    assert found(bench, months=(FEBRUARY, FEBRUARY)) == []
