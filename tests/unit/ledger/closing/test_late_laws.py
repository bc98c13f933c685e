"""Laws of late records: two views of one book, and closed months that stay.

The oracle shares nothing with the ledger: it knows the days of months, and two numbers that say
what is closed and sealed. Steps are taken by two servers in turn.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections import Counter
from dataclasses import dataclass, field, replace
from fractions import Fraction

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.ledger.conftest import EDITION, Bench, record
from tests.unit.ledger.correcting.conftest import ENTRY
from tests.unit.ledger.correcting.test_correcting_laws import correct
from tonne.catalogue.words.method import MethodSettings
from tonne.errors import PeriodOutOfOrder
from tonne.ledger.as_of import read_as_of
from tonne.ledger.posting.correcting.selection import Selection
from tonne.model import LateRecords, month_of_period, period_of_month
from tonne.reports.inventory.book import book_inventory
from tonne.reports.inventory.request import COUNTED, HAPPENED, InventoryRequest

JANUARY = period_of_month("2015-01")
FIRST_DAY = dt.date(2015, 1, 1)
WHY = {"author": "ada", "reason": "over"}
FACTOR = Fraction(1, 2)
_numbers = itertools.count()

spans = st.tuples(
    st.integers(0, 150), st.sampled_from([1, 5, 35, 70]), st.integers(1, 9), st.sampled_from("ab")
)
steps = st.one_of(
    st.tuples(st.just("append"), st.lists(spans, min_size=1, max_size=3)),
    st.tuples(st.just("append"), st.lists(spans, min_size=1, max_size=3)),
    st.tuples(st.just("reverse"), st.integers(0, 7)),
    st.tuples(st.just("correct"), st.tuples(st.integers(0, 7), spans)),
    st.tuples(st.just("close"), st.just(None)),
    st.tuples(st.just("close"), st.just(None)),
    st.tuples(st.just("seal"), st.just(None)),
    st.tuples(st.just("reopen"), st.integers(0, 2)),
    st.tuples(st.just("merge"), st.just(None)),
)


def record_of(span):
    """A record of so many days from one on, with as much for each of them."""
    first, days, amount, facility = span
    start = dt.datetime(2015, 1, 1, tzinfo=dt.UTC) + dt.timedelta(first)
    return record(
        record_id=f"r{next(_numbers)}",
        facility=facility,
        quantity=str(days * amount),
        start=start,
        end=start + dt.timedelta(days),
    )


def parts_of(span):
    """What the record has in each month."""
    first, days, amount, _ = span
    found = Counter()
    for day in range(first, first + days):
        date = FIRST_DAY + dt.timedelta(day)
        found[JANUARY + 12 * (date.year - 2015) + date.month - 1] += amount
    return found


@dataclass
class Kept:
    """A record, and the first month in which it counts."""

    span: tuple
    first: int


@dataclass
class Model:
    """The book as the rules have it."""

    closed: int = 0
    sealed: int = 0
    places: list = field(default_factory=list)
    events: list = field(default_factory=list)

    def post(self, span, first):
        self.events.append((1, span, first))
        return Kept(span, first)

    def take_back(self, place):
        kept = self.places[place]
        first = max(kept.first, self.sealed)
        self.events.append((-1, kept.span, first))
        self.places[place] = None
        return kept

    def correct(self, place, span):
        kept = self.places[place]
        began = min(parts_of(kept.span))
        first = max(self.sealed, kept.first if began < kept.first else 0)
        self.events.append((-1, kept.span, max(kept.first, first)))
        self.places[place] = self.post(span, first)

    def view(self, by):
        """kg CO2e and records by month."""
        mass, count = Counter(), Counter()
        for sign, span, first in self.events:
            months = Counter()
            for month, amount in parts_of(span).items():
                months[max(month, first) if by == COUNTED else month] += amount
            for month, amount in months.items():
                mass[month] += sign * amount * FACTOR
                count[month] += sign
        return {
            month_of_period(month): (mass[month], count[month])
            for month in sorted(mass)
            if mass[month] or count[month]
        }


def view(bench, by, as_of=""):
    """The same of the ledger; its total agrees with its rows, and with the other view."""
    snapshot = bench.ledger.snapshots.take(bench.book, read_as_of(as_of))
    answer = book_inventory(snapshot, InventoryRequest(group_by=("period",), months_by=by))
    rows = {
        row.group[0]: (Fraction(row.kg_co2e), row.record_count)
        for row in answer.rows
        if Fraction(row.kg_co2e) or row.record_count
    }
    assert sum((mass for mass, _ in rows.values()), Fraction(0)) == Fraction(answer.total.kg_co2e)
    return rows, (answer.total.kg_co2e, answer.total.record_count)


def take(bench, model, verb, subject):
    """Take a step in both."""
    if verb == "append":
        bench.append(f"meter-{bench.ledger_number}", [record_of(each) for each in subject])
        for span in subject:
            bench.known.append((f"meter-{bench.ledger_number}", bench.offset()))
            model.places.append(model.post(span, model.closed))
    elif verb == "merge":
        bench.ledger.merger.merge(bench.book)
    elif verb in {"reverse", "correct"}:
        place, span = (subject, None) if verb == "reverse" else subject
        if place < len(model.places) and model.places[place] is not None:
            enter(bench, model, place, span)
    else:
        PERIOD_ACTS[verb](bench, model, subject)


def enter(bench, model, place, span):
    """Reverse a record, or correct it."""
    source, offset = bench.known[place]
    if span is None:
        chosen = Selection(source=source, offsets=(offset,))
        list(bench.ledger.reversals.reverse(bench.book, chosen, ENTRY))
        model.take_back(place)
    else:
        correct(bench, source, offset, record_of(span), is_kept=True)
        model.correct(place, span)


def close(bench, model, _subject):
    """Close the next month."""
    month = max(model.closed, JANUARY)
    bench.ledger.periods.close_period(bench.book, month, **WHY, accepts={"overlaps": "two meters"})
    model.closed = month + 1


def seal(bench, model, _subject):
    """Seal the next month, where it is closed."""
    month = max(model.sealed, JANUARY)
    if month < model.closed:
        bench.ledger.periods.seal_period(
            bench.book, month, **WHY, accepts={"overlaps": "two meters"}
        )
        model.sealed = month + 1


def reopen(bench, model, subject):
    """Reopen one of the last months; refused where a later one is sealed."""
    if not model.closed:
        return
    month = max(model.closed - 1 - subject, JANUARY)
    try:
        bench.ledger.periods.reopen_period(bench.book, month, **WHY)
    except PeriodOutOfOrder:
        assert model.sealed > month + 1
    else:
        model.closed, model.sealed = month, min(model.sealed, month)


PERIOD_ACTS = {"close": close, "seal": seal, "reopen": reopen}


@dataclass
class Servers(Bench):
    """A bench whose calls go to two servers in turn."""

    ledgers: tuple = ()
    known: list = field(default_factory=list)
    ledger_number: int = 0
    offsets: Counter = field(default_factory=Counter)

    def turn(self):
        self.ledger_number = 1 - self.ledger_number
        self.ledger = self.ledgers[self.ledger_number]

    def offset(self):
        self.offsets[self.ledger_number] += 1
        return self.offsets[self.ledger_number] - 1


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(steps, min_size=5, max_size=18))
def test_both_views_are_those_of_the_rules_and_what_was_reported_stays(bench, plan):
    """By counted and by happened; as of every close; with the same total; checked and merged."""
    name = f"book-{next(_numbers)}"
    bench.ledger.books.create_book(
        name, method=MethodSettings(), late_records=LateRecords.NEXT_OPEN
    )
    bench.ledger.editions.import_edition(name, "paper", EDITION)
    other = bench.other(merge_files_max=1)
    both = Servers(bench.manifest, bench.objects, bench.ledger, name)
    both.ledgers = (bench.ledger, other.ledger)
    model = Model()
    reported = []
    for verb, subject in plan:
        both.turn()
        before = (model.closed, model.sealed, view(both, COUNTED)[0])
        take(both, model, verb, subject)
        counted, total = view(both, COUNTED)
        happened, other_total = view(both, HAPPENED)
        assert counted == model.view(COUNTED)
        assert happened == model.view(HAPPENED)
        assert total == other_total
        stays = before[0] if verb == "append" else before[1]
        if verb != "reopen":
            for month in {*counted, *before[2]}:
                if period_of_month(month) < stays:
                    assert counted.get(month) == before[2].get(month)
        if verb in {"close", "seal"}:
            number = both.ledger.snapshots.take(name).point.number
            reported.append((str(number), counted, happened))
        for number, then, happened_then in reported:
            assert view(both, COUNTED, number)[0] == then
            assert view(both, HAPPENED, number)[0] == happened_then
    both.check()
    found = other.ledger.checks.check(name, on_file=lambda: None)
    assert found.problems == []
    other.ledger.merger.merge(name)
    assert view(both, COUNTED)[0] == model.view(COUNTED)
    assert view(both, HAPPENED)[0] == model.view(HAPPENED)
    both.check()
    other.ledger.close()


def test_the_rules_can_be_missed():
    """The oracle is no copy of what it judges: another fence gives another view."""
    model = Model(closed=JANUARY + 1)
    model.places.append(model.post((0, 35, 1, "a"), model.closed))
    assert model.view(COUNTED) == {"2015-02": (Fraction(35, 2), 1)}
    assert model.view(HAPPENED) == {"2015-01": (Fraction(31, 2), 1), "2015-02": (2, 1)}
    assert replace(model, events=[(1, (0, 35, 1, "a"), 0)]).view(COUNTED) != model.view(COUNTED)
