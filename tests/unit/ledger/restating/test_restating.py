"""Restatements: the same records under the rules in force, what was posted before kept."""

from __future__ import annotations

from fractions import Fraction

import pytest

from tests.unit.ledger.conftest import EDITION, HOUR, T0, record
from tests.unit.ledger.correcting.conftest import correct, inventory_of, reverse
from tests.unit.ledger.restating.conftest import (
    CORRECTED,
    NEW,
    OLD,
    correct_factors,
    look,
    restate,
)
from tonne.errors import FieldInvalid, PeriodMustBeOpen
from tonne.ledger.as_of import AsOf
from tonne.ledger.posting.restating.criteria import Criteria
from tonne.model import Facility
from tonne.reports.inventory.book import book_inventory
from tonne.reports.inventory.request import InventoryRequest
from tonne.statements.changes.restatements import RestatementCause

DE = record(quantity="10", region="DE")  # 0.35, then 0.70
ELSEWHERE = record(quantity="10")  # 0.5, then 0.6
FEBRUARY = {"start": T0 + 31 * 24 * HOUR, "end": T0 + 31 * 24 * HOUR + HOUR}
JAN = 45 * 12


def kg_as_of(bench, number):
    """The figure as of a commit."""
    taken = bench.ledger.snapshots.take("acme", AsOf(str(number), number=number))
    return Fraction(book_inventory(taken, InventoryRequest()).total.kg_co2e)


def test_what_rests_on_an_edition_is_posted_again(any_bench):
    """The number is that of the new figures; as of every commit before it is what it was."""
    bench = any_bench
    bench.append("meter", [DE, ELSEWHERE, record(activity="nothing.known")])
    correct_factors(bench)
    was = bench.ledger.snapshots.take("acme").point.number
    assert inventory_of(bench) == (Fraction("8.5"), 2, 1, 0)
    would = look(bench)
    assert (would.restated_count, would.unchanged_count, would.left_count) == (2, 0, 0)
    assert would.figures.totals() == (Fraction("8.5"), 13)
    assert inventory_of(bench)[0] == Fraction("8.5")
    done = restate(bench)
    assert (done.restated_count, done.figures.totals()) == (2, (Fraction("8.5"), 13))
    assert inventory_of(bench) == (13, 2, 1, 0)
    bench.ledger.merger.merge("acme")
    act = done.act.row
    assert [kg_as_of(bench, each) for each in (was, act.begin_seq, act.end_seq)] == [
        Fraction("8.5"),
        Fraction("8.5"),
        13,
    ]
    bench.check()


def test_a_dry_run_is_by_account_and_month(bench):
    """Before and after, account by account, month by month; nothing is kept."""
    bench.append("meter", [DE, ELSEWHERE | FEBRUARY])
    correct_factors(bench)
    rows = [row for row in look(bench).figures.rows() if row[0] == "scope2.location"]
    assert rows == [
        ("scope2.location", JAN, Fraction("3.5"), 7),
        ("scope2.location", JAN + 1, 5, 6),
    ]
    assert not bench.ledger.acts.list("acme").items
    assert not bench.ledger.corrections.list_corrections("acme").items


@pytest.mark.parametrize(
    ("criteria", "meant"),
    [
        ({"edition": OLD}, {0, 1, 2}),
        ({"factor": f"{OLD}/3"}, {0}),  # the grid of DE
        ({"factor": f"{OLD}/1"}, {1, 2}),  # that of elsewhere
        ({"facility": "dc-1"}, {0, 1, 2}),
        ({"facility": "dc-2"}, set()),
        ({"edition": OLD, "facility": "dc-2"}, set()),
        ({"edition": NEW}, set()),
        ({"first_period": JAN + 1}, {2}),
        ({"last_period": JAN}, {0, 1}),
        ({"factor": f"{OLD}/3", "first_period": JAN + 1}, set()),
        ({"factor": f"{OLD}/1", "last_period": JAN}, {1}),
        ({"posted_version": 2}, {0, 1, 2}),
        ({"posted_version": 9}, set()),
    ],
)
def test_what_is_selected_and_no_more(bench, criteria, meant):
    """Edition, factor, version that posted, facility, months: all that is said holds."""
    bench.append("meter", [DE, ELSEWHERE, ELSEWHERE | FEBRUARY])
    correct_factors(bench)
    more = {0: Fraction("3.5"), 1: Fraction(1), 2: Fraction(1)}
    restate(bench, **criteria)
    assert inventory_of(bench)[0] == Fraction("13.5") + sum(more[each] for each in meant)
    bench.check()


def test_a_restatement_is_told_again_and_done_once(any_bench):
    """The same id posts nothing twice; another one finds all posted so already."""
    bench = any_bench
    bench.append("meter", [DE, ELSEWHERE])
    correct_factors(bench)
    first = restate(bench)
    again = restate(bench)
    assert (again.restated_count, again.act.row) == (2, first.act.row)
    other = restate(bench, "r-2", facility="dc-1")
    assert (other.restated_count, other.unchanged_count, other.act) == (0, 2, None)
    assert len(bench.ledger.acts.list("acme").items) == 1
    with pytest.raises(FieldInvalid, match="r-1 of book acme is of other records"):
        restate(bench, facility="dc-1")
    with pytest.raises(FieldInvalid, match="another cause"):
        restate(bench, cause=RestatementCause.METHOD)
    bench.check()


def test_a_record_is_restated_again_and_again(any_bench):
    """There and back: the last one counts, and each moment keeps its own."""
    bench = any_bench
    bench.append("meter", [DE])
    correct_factors(bench)
    moments = [(restate(bench).act.row.end_seq, 7)]
    for number, figure in enumerate((b"0.9", b"0.1", b"0.2"), 2):
        name = f"paper-{number}"
        correct_factors(bench, CORRECTED.replace(b",0.70,", b"," + figure + b","), name)
        done = restate(bench, f"r-{number}", facility="dc-1")
        moments.append((done.act.row.end_seq, Fraction(figure.decode()) * 10))
    bench.ledger.merger.merge("acme")
    assert [kg_as_of(bench, number) for number, _ in moments] == [kg for _, kg in moments]
    assert reverse(bench, source="meter", offsets=(0,)).reversed_count == 1
    assert inventory_of(bench) == (0, 0, 0, 0)
    assert [kg_as_of(bench, number) for number, _ in moments] == [kg for _, kg in moments]
    bench.check()


def test_another_version_that_says_the_same_restates_nothing(bench):
    """What a record is posted as is compared, and not which version of the method said it."""
    bench.append("meter", [DE, ELSEWHERE])
    changes = {"year_fallback_years": 1}
    for number in range(2):
        bench.ledger.methods.update_method("acme", changes, author="ada", reason="tidy")
        found = look(bench)
        assert (found.restated_count, found.unchanged_count) == (0, 2), number
        changes = {"year_fallback_years": 5}
    assert bench.manifest.get_book("acme").method_version == 4


def test_what_was_corrected_counts_as_it_is(any_bench):
    """The new record is restated, the one that was taken back is left alone."""
    bench = any_bench
    bench.append("meter", [DE, DE])
    correct(bench, [0], [record(quantity="4", region="DE")])
    correct_factors(bench)
    assert restate(bench).restated_count == 2
    assert inventory_of(bench) == (Fraction("9.8"), 2, 0, 0)
    correct(bench, [1], [record(quantity="1", region="DE")])
    assert inventory_of(bench) == (Fraction("3.5"), 2, 0, 0)
    bench.check()


def test_what_left_suspense_is_restated_as_it_was_cleared(any_bench):
    """Under the note of its clearing."""
    bench = any_bench
    bench.ledger.register.import_facilities("acme", [Facility("dc-2")])
    bench.append("meter", [DE])
    bench.ledger.register.import_facilities("acme", [Facility("dc-1")])
    list(bench.ledger.suspense.clear("acme"))
    correct_factors(bench)
    assert restate(bench).restated_count == 1
    assert inventory_of(bench) == (7, 1, 0, 0)
    bench.ledger.merger.merge("acme")
    reverse(bench, source="meter", offsets=(0,))
    assert inventory_of(bench) == (0, 0, 0, 0)
    bench.check()


def test_another_region_of_a_facility_is_a_rule_too(bench):
    """A record without a region is posted under that of its facility as it is known now."""
    bench.ledger.register.import_facilities("acme", [Facility("dc-1")])
    bench.append("meter", [ELSEWHERE])
    bench.ledger.register.import_facilities("acme", [Facility("dc-1", region="DE")])
    assert restate(bench, facility="dc-1", cause=RestatementCause.ERROR).restated_count == 1
    assert inventory_of(bench) == (Fraction("3.5"), 1, 0, 0)
    bench.check()


def test_what_the_rules_do_not_post_stays_and_is_told(bench):
    """No number is lost: it is left as it was posted, and counted."""
    bench.append("meter", [DE, record(activity="fuel.diesel.stationary", unit="l", quantity="1")])
    kg = inventory_of(bench)[0]
    bench.ledger.editions.import_edition(
        "acme", NEW, b"\n".join(CORRECTED.splitlines()[:4]) + b"\n"
    )
    changes = {"editions": (NEW,)}
    bench.ledger.methods.update_method("acme", changes, author="ada", reason="no diesel")
    done = restate(bench)
    assert (done.restated_count, done.left_count) == (1, 1)
    assert inventory_of(bench) == (kg + Fraction("3.5"), 2, 0, 0)
    bench.check()


def test_closed_months_are_refused_unless_they_are_to_be_adjusted(any_bench):
    """And sealed ones in any case; nothing of anything is done then."""
    bench = any_bench
    bench.append("meter", [DE, DE | FEBRUARY | {"record_id": "feb"}])
    correct_factors(bench)
    bench.ledger.periods.close_period("acme", JAN, author="bo", reason="over")
    assert look(bench).closed == (JAN,)
    with pytest.raises(PeriodMustBeOpen, match=r"closed: 2015-01.*--adjust-closed"):
        restate(bench)
    assert inventory_of(bench)[0] == 7
    assert not bench.ledger.acts.list("acme").items
    # The open month alone.
    assert restate(bench, "r-2", edition=OLD, first_period=JAN + 1).restated_count == 1
    done = restate(bench, "r-3", edition=OLD, adjusts_closed=True)
    assert (done.restated_count, done.act.of_closed) == (1, True)
    assert inventory_of(bench)[0] == 14
    bench.ledger.periods.seal_period("acme", JAN, author="bo", reason="audited")
    correct_factors(bench, CORRECTED.replace(b",0.70,", b",0.8,"), "paper-2017")
    with pytest.raises(PeriodMustBeOpen, match="sealed are 2015-01"):
        restate(bench, "r-4", facility="dc-1", adjusts_closed=True)
    assert inventory_of(bench)[0] == 14
    bench.check()


@pytest.mark.parametrize(
    ("criteria", "told"),
    [
        ({}, "got nothing"),
        ({"factor": "paper"}, "expected an edition and a row of it"),
        ({"posted_version": -1}, "expected a version"),
        ({"first_period": 5, "last_period": 4}, "expected no month before 1970-06"),
    ],
)
def test_what_cannot_be_meant_is_refused(criteria, told):
    """Before anything is read."""
    with pytest.raises(FieldInvalid, match=told):
        Criteria(**criteria)


def test_records_and_entries_say_by_what_they_were_restated(bench):
    """A record names the entry, the entry the restatement, and the log who and why."""
    bench.append("meter", [DE, record(record_id="other", activity="nothing.known")])
    correct_factors(bench)
    restate(bench)
    listed = bench.ledger.records.list_records("acme").items
    assert [(each.status.name, each.restatement) for each in listed] == [
        ("POSTED", 1),
        ("FACTOR_MUST_EXIST", 0),
    ]
    (found,) = bench.ledger.found.by_id("acme", "r")
    assert found.restatement == 1
    (entry,) = bench.ledger.corrections.list_corrections("acme").items
    assert (entry.correction.kind, entry.correction.restatement) == ("restatement", "r-1")
    assert [each.before.record_id for each in entry.records] == ["r"]
    changes = bench.ledger.changes.list_changes("acme").items
    told = [
        (each.object, each.author, each.reason) for each in changes if each.kind == "restatement"
    ]
    assert told == [("r-1", "ada", "misprinted")] * 2


@pytest.mark.parametrize("lost", [0, 1, 2, 3])
def test_a_lost_file_of_postings_is_made_again(bench, lost):
    """A rebuild posts what was restated as its notes say, whichever file is lost."""
    bench.append("meter", [DE, ELSEWHERE])
    bench.append("meter", [DE])
    correct_factors(bench)
    restate(bench, factor=f"{OLD}/3")
    expected = inventory_of(bench)
    assert expected == (19, 3, 0, 0)
    file = bench.manifest.live_postings("acme")[lost]
    bench.objects.delete(file.path)
    other = bench.other()
    rebuilt = other.ledger.checks.rebuild("acme", on_file=lambda: None)
    assert [each.id for each in rebuilt.replaced] == [file.id]
    assert inventory_of(other) == expected
    other.check()
    other.ledger.close()


def test_an_edition_of_the_same_figures_is_named_anew(bench):
    """Where a number is from changes, the number does not."""
    bench.append("meter", [DE])
    correct_factors(bench, EDITION)
    done = restate(bench)
    assert (done.restated_count, done.figures.totals()) == (1, (Fraction("3.5"), Fraction("3.5")))
    assert inventory_of(bench)[0] == Fraction("3.5")
