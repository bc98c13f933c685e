"""Laws of corrections: what is left is the book in which the others were never appended.

The oracle shares nothing with reversals: a second book takes the same steps at the same moments,
but for the records of which the plan says that they will be taken back.
"""

from __future__ import annotations

import itertools
import uuid
from dataclasses import dataclass, field, replace

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.ledger.conftest import EDITION, T0, Bench, decode, record
from tests.unit.ledger.correcting.conftest import ENTRY
from tonne.catalogue.words.method import MethodSettings
from tonne.errors import ContentMustMatch
from tonne.ledger.files.postings import drop_zeros
from tonne.ledger.files.sums import sum_by
from tonne.ledger.posting.correcting.selection import Selection
from tonne.ledger.posting.entries import Durable, RequestEntry
from tonne.ledger.posting.writing.laid_out import POSTED_KEYS
from tonne.model import Facility
from tonne.store.statement_rows import Correction, CorrectionKind, ReasonCode

HEADER = EDITION.splitlines(keepends=True)[0]
DAYS = 24
_numbers = itertools.count(1)

ACTIVITIES = ("electricity.grid", "process.lime")
EDITIONS = {
    "lime-1": b"process.lime,,kWh,2015-01-01,,2,,,,scope1.process,p,1,\n",
    "grid-2": b"electricity.grid,,kWh,2015-01-01,2015-06-11,0.6,,,,,p,1,\n"
    b"electricity.grid,,kWh,2015-06-11,,0.7,,,,,p,1,\n",
}

day = st.integers(0, 300)
records = st.builds(
    lambda start, days, **fields: record(
        start=T0 + start * DAYS * (HOUR := record()["end"] - T0),
        end=T0 + (start + days) * DAYS * HOUR,
        **fields,
    ),
    start=day,
    days=st.sampled_from([1, 40, 400]),
    facility=st.sampled_from(["f0", "f1"]),
    activity=st.sampled_from(ACTIVITIES),
    region=st.sampled_from(["", "DE"]),
    quantity=st.integers(-(10**9), 10**9).map(lambda micro: f"{micro}e-6"),
)
steps = st.one_of(
    st.tuples(st.just("append"), st.lists(records, min_size=1, max_size=4)),
    st.tuples(st.just("reverse"), st.integers(0, 15)),
    st.tuples(st.just("range"), st.tuples(st.integers(0, 15), st.integers(1, 5))),
    st.tuples(st.just("correct"), st.tuples(st.integers(0, 15), records)),
    st.tuples(st.just("edition"), st.sampled_from(sorted(EDITIONS))),
    st.tuples(st.just("region"), st.sampled_from(["DE", "FR", "CN"])),
    st.tuples(st.just("clear"), st.none()),
    st.tuples(st.just("merge"), st.none()),
)


@dataclass
class Plan:
    """Which record stands at each place of the channel, and which of all are left at the end.

    `places` gives the record in force at each offset, None where it is reversed; `left` the
    numbers of those that stay; records are numbered as they come.
    """

    places: list = field(default_factory=list)
    count: int = 0

    def come(self):
        self.count += 1
        return self.count - 1

    def take(self, verb, subject):
        """Take a step; gives the numbers of the records that come with it."""
        if verb == "append":
            new = [self.come() for _ in subject]
            self.places += new
            return new
        if verb == "reverse" and subject < len(self.places):
            self.places[subject] = None
        if verb == "range":
            first, count = subject
            if first + count <= len(self.places):
                self.places[first : first + count] = [None] * count
        if verb == "correct":
            place = subject[0]
            if place < len(self.places) and self.places[place] is not None:
                self.places[place] = self.come()
                return [self.places[place]]
        return []


def act(bench, plan, channel, verb, subject):
    """Take a step in the book in which things are corrected."""
    count = len(plan.places)
    if verb == "append":
        bench.append(channel, subject)
    elif verb in {"reverse", "range"}:
        place, length = (subject, 1) if verb == "reverse" else subject
        if place + length <= count:
            kept = [each is not None for each in plan.places[place : place + length]]
            chosen = (
                Selection(source=channel, offsets=(place,))
                if verb == "reverse"
                else Selection(source=channel, first_offset=place, stop_offset=place + length)
            )
            *_, done = bench.ledger.reversals.reverse(bench.book, chosen, ENTRY)
            assert done.reversed_count == sum(kept)
            assert done.already_count == length - sum(kept)
    elif verb == "correct":
        place, new = subject
        if place < count:
            correct(bench, channel, place, new, is_kept=plan.places[place] is not None)


def correct(bench, channel, place, new, *, is_kept):
    """Correct a record; one that is reversed is refused."""
    request_id = str(uuid.uuid4())
    try:
        mends = bench.ledger.mends.supersede(
            bench.book, channel, [place], request_id, corrects=True
        )
    except ContentMustMatch:
        assert not is_kept
        return
    assert is_kept
    entry = Correction(CorrectionKind.CORRECTION, channel, "ada", ReasonCode.ERROR, "law")
    batch = decode(bench.session, [new])
    (outcome,) = bench.write([RequestEntry(batch, request_id, request_id, mends, entry)])
    assert isinstance(outcome, Durable)


def both(bench, verb, subject):
    """Take a step that both books take."""
    if verb == "edition":
        known = [each.id for each in bench.ledger.editions.list_editions(bench.book).items]
        if subject not in known:
            content = HEADER + EDITIONS[subject]
            bench.ledger.editions.import_edition(bench.book, subject, content)
    elif verb == "region":
        made = [Facility(name, region=subject) for name in ("f0", "f1")]
        bench.ledger.register.import_facilities(bench.book, made)
    elif verb == "clear":
        list(bench.ledger.suspense.clear(bench.book))
    elif verb == "merge":
        merger = bench.other(merge_files_max=1)
        merger.ledger.merger.merge(bench.book)
        merger.ledger.close()


def balances(bench):
    """All balances, each under its resolution."""
    frame = bench.ledger.snapshots.take(bench.book).frame()
    texts = frame.with_columns(pl.col(pl.Categorical).cast(pl.String))
    return drop_zeros(sum_by(texts, POSTED_KEYS)).sort(POSTED_KEYS)


def book_of(bench, name):
    """A fresh book on the bench, and a bench of its own for it."""
    bench.ledger.books.create_book(name, method=MethodSettings())
    bench.ledger.editions.import_edition(name, "paper", EDITION)
    return Bench(bench.manifest, bench.objects, bench.ledger, name)


def check_law(bench, plan_steps):
    """Take the steps in both books, and compare what is left."""
    ahead = Plan()
    coming = [ahead.take(*step) for step in plan_steps]
    left = {each for each in ahead.places if each is not None}
    number = next(_numbers)
    ours, other = (book_of(bench, f"{name}-{number}") for name in ("ours", "other"))
    plan = Plan()
    for (verb, subject), numbers in zip(plan_steps, coming, strict=True):
        act(ours, plan, "meter", verb, subject)
        plan.take(verb, subject)
        came = subject if verb == "append" else [subject[1]] if verb == "correct" else []
        stay = [each for index, each in zip(numbers, came, strict=False) if index in left]
        if stay:
            other.append("meter", stay)
        both(ours, verb, subject)
        both(other, verb, subject)
        frame = ours.ledger.snapshots.take(ours.book).frame()
        assert int(frame["record_start_count"].sum()) == sum(
            each is not None for each in plan.places
        )
    assert balances(ours).equals(balances(other))
    listed = ours.ledger.records.list_records(ours.book).items
    assert sum(each.status.name != "REVERSED" for each in listed) == len(left)
    ours.check()
    if plan.places:
        whole = Selection(source="meter", first_offset=0, stop_offset=len(plan.places))
        list(ours.ledger.reversals.reverse(ours.book, whole, replace(ENTRY, reason="all")))
        assert balances(ours).is_empty()
        ours.check()


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(steps, min_size=4, max_size=14))
def test_what_is_left_is_as_if_the_others_had_never_come(bench, plan):
    """Under the resolutions, regions and slices of then; and all of it comes back to nothing."""
    check_law(bench, plan)


E = record(quantity="8", facility="f0", end=T0 + 400 * DAYS * (record()["end"] - T0))
LIME = record(quantity="3", facility="f1", activity="process.lime")


@pytest.mark.parametrize(
    "plan",
    [
        [
            ("append", [E, LIME]),
            ("region", "DE"),
            ("edition", "lime-1"),
            ("clear", None),
            ("edition", "grid-2"),
            ("correct", (0, E | {"quantity": "9"})),
            ("region", "CN"),
            ("merge", None),
            ("correct", (0, E | {"quantity": "7"})),
            ("reverse", 1),
            ("append", [E]),
            ("range", (0, 3)),
            ("append", [LIME]),
        ],
        [
            ("append", [LIME, LIME, E]),
            ("reverse", 0),
            ("correct", (1, E)),
            ("edition", "lime-1"),
            ("clear", None),
            ("correct", (2, LIME)),
            ("reverse", 0),
        ],
    ],
)
def test_the_law_holds_on_both_stores(any_bench, plan):
    """Two plans that have all steps in them."""
    check_law(any_bench, plan)
