"""Laws of the past: whatever happens later, what was said as of a commit is said again.

The model is plain: records with a quantity and the factor that was in force when they were posted,
in Fractions; what is waiting; who owns how much of whose facility.
"""

from __future__ import annotations

import datetime as dt
import itertools
from dataclasses import dataclass
from fractions import Fraction

import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.unit.ledger.conftest import EDITION, T0, Bench, decode, record
from tests.unit.ledger.correcting.conftest import ENTRY
from tonne.catalogue.words.method import MethodSettings, settings_of
from tonne.ledger.as_of import read_as_of
from tonne.ledger.budget import Budget
from tonne.ledger.pages import Ask
from tonne.ledger.posting.correcting.selection import Selection
from tonne.ledger.posting.entries import Durable, RequestEntry
from tonne.ledger.posting.restating.asking import Asked
from tonne.ledger.posting.restating.criteria import Criteria
from tonne.model import Entity, Facility, Holding
from tonne.reports.inventory.book import book_inventory
from tonne.reports.inventory.request import InventoryRequest
from tonne.statements.changes.restatements import RestatementCause
from tonne.store.manifest.marks import put_mark
from tonne.store.manifest.tables import lock_book
from tonne.store.sql import schema
from tonne.store.statement_rows import Correction, CorrectionKind, ReasonCode

HEADER = EDITION.splitlines(keepends=True)[0]
DAY = dt.timedelta(days=1)
GRID, LIME = "electricity.grid", "process.lime"
LIME_FACTOR = Fraction(2)
GRID_FACTOR = {"": Fraction("0.5"), "DE": Fraction("0.35"), "FR": Fraction("0.5")}
LATER_FACTOR = Fraction("0.7")
_numbers = itertools.count()


@dataclass
class Kept:
    """A record: its quantity, its factor or None while it waits, and whether it is taken back."""

    facility: str
    activity: str
    region: str
    quantity: Fraction
    factor: Fraction | None
    is_gone: bool = False


quantities = st.integers(-(10**5), 10**5).map(lambda hundreds: hundreds * 10**4)
new_records = st.tuples(st.sampled_from(["f0", "f1"]), st.sampled_from([GRID, LIME]), quantities)


class Past(RuleBasedStateMachine):
    """A book to which everything happens, and what was said at each of its moments."""

    def __init__(self, store):
        super().__init__()
        self.store = store

    @initialize()
    def begin(self):
        bench = self.store.other()
        name = f"law-{next(_numbers)}"
        bench.ledger.books.create_book(name, method=MethodSettings())
        bench.ledger.editions.import_edition(name, "paper", EDITION)
        self.bench = Bench(bench.manifest, bench.objects, bench.ledger, name)
        self.regions = {"f0": "", "f1": ""}
        self.share = Fraction(1)
        self.editions = set()
        self.kept = []
        self.refused = 0
        self.said = {}
        self.remember()

    def factor(self, activity, region):
        if activity == LIME:
            return LIME_FACTOR if "lime" in self.editions else None
        if region == "FR" and "fr" in self.editions:
            return LATER_FACTOR
        return GRID_FACTOR[region]

    def made(self, facility, activity, micro):
        region = self.regions[facility]
        quantity = Fraction(micro, 10**6)
        return Kept(facility, activity, region, quantity, self.factor(activity, region))

    def row(self, facility, activity, micro):
        return record(
            record_id=str(next(_numbers)),
            facility=facility,
            activity=activity,
            quantity=f"{micro}e-6",
            start=T0,
            end=T0 + 40 * DAY,
        )

    @rule(given=st.lists(new_records, min_size=1, max_size=3), bad=st.booleans())
    def append(self, given, bad):
        rows = [self.row(*each) for each in given]
        if bad:
            rows.append(record(quantity="much", facility="f0"))
            self.refused += 1
        self.bench.append("meter", rows)
        self.kept += [self.made(*each) for each in given]
        if bad:
            self.kept.append(None)
        self.remember()

    def place(self, number):
        places = [at for at, each in enumerate(self.kept) if each and not each.is_gone]
        return places[number % len(places)] if places else None

    @precondition(lambda self: any(self.kept))
    @rule(number=st.integers(0, 50))
    def reverse(self, number):
        if (place := self.place(number)) is None:
            return
        chosen = Selection(source="meter", offsets=(place,))
        list(self.bench.ledger.reversals.reverse(self.bench.book, chosen, ENTRY))
        self.kept[place].is_gone = True
        self.remember()

    @precondition(lambda self: any(self.kept))
    @rule(number=st.integers(0, 50), new=new_records)
    def correct(self, number, new):
        if (place := self.place(number)) is None:
            return
        bench, request = self.bench, f"request-{next(_numbers)}"
        mends = bench.ledger.mends.supersede(bench.book, "meter", [place], request, corrects=True)
        entry = Correction(CorrectionKind.CORRECTION, "meter", "ada", ReasonCode.ERROR, "law")
        batch = decode(bench.session, [self.row(*new)])
        (outcome,) = bench.write([RequestEntry(batch, request, request, mends, entry)])
        assert isinstance(outcome, Durable), outcome
        # The one that stands for it is where it stood.
        self.kept[place] = self.made(*new)
        self.remember()

    @rule(edition=st.sampled_from(["lime", "fr"]))
    def import_edition(self, edition):
        if edition in self.editions:
            return
        rows = {
            "lime": b"process.lime,,kWh,2015-01-01,,2,,,,scope1.process,p,1,\n",
            "fr": b"electricity.grid,FR,kWh,2015-01-01,,0.7,,,,,p,1,\n",
        }
        self.bench.ledger.editions.import_edition(self.bench.book, edition, HEADER + rows[edition])
        if edition == "fr":
            self.remember_only()
            methods, book = self.bench.ledger.methods, self.bench.book
            before = settings_of(self.bench.manifest.get_book(book)).editions
            first = [edition, *(each for each in before if each != edition)]
            methods.update_method(book, {"editions": tuple(first)}, author="a", reason="r")
        self.editions.add(edition)
        self.remember()

    @rule(facility=st.sampled_from(["f0", "f1"]), region=st.sampled_from(["", "DE", "FR"]))
    def register(self, facility, region):
        self.regions[facility] = region
        kinds = {facility: "office"}
        known = [
            Facility(each, region=where, entity="joint", type=kinds.get(each, ""))
            for each, where in self.regions.items()
        ]
        self.bench.ledger.register.import_facilities(self.bench.book, known)
        self.remember()

    @rule(percent=st.integers(1, 100))
    def hold(self, percent):
        held = Holding(equity_share=f"{percent / 100:.2f}")
        self.bench.ledger.register.import_entities(
            self.bench.book, [Entity("joint", "", "", (held,))]
        )
        self.remember()

    @rule()
    def clear(self):
        list(self.bench.ledger.suspense.clear(self.bench.book))
        for each in self.kept:
            if each and not each.is_gone and each.factor is None:
                each.region = self.regions[each.facility]
                each.factor = self.factor(each.activity, each.region)
        self.remember()

    @rule(facility=st.sampled_from(["f0", "f1"]))
    def restate(self, facility):
        """What is posted of a facility is posted as it would be now; what waits waits on."""
        criteria = Criteria(facility=facility)
        asked = Asked(f"r-{next(_numbers)}", criteria, RestatementCause.METHOD, "ada", "law")
        *_, done = self.bench.ledger.restating.restate(self.bench.book, asked)
        assert not done.left_count
        for each in self.kept:
            is_posted = each and not each.is_gone and each.factor is not None
            if is_posted and each.facility == facility:
                each.region = self.regions[facility]
                each.factor = self.factor(each.activity, each.region)
        self.remember()

    @rule()
    def mark(self):
        database, book = self.bench.manifest._database, self.bench.book

        def work(connection):
            lock_book(connection, book)
            return put_mark(connection, database, book, "close")

        database.write(work)
        self.remember()

    @rule()
    def merge(self):
        other = self.bench.other(merge_files_max=1)
        other.ledger.merger.merge(self.bench.book)
        other.ledger.close()
        self.remember()

    @rule()
    def collect(self):
        """What merges replaced is deleted, as a collection does after its days."""
        table, manifest = schema.file, self.bench.manifest
        with manifest._database.read() as connection:
            dead = connection.execute(
                sa.select(table.c.id, table.c.path).where(
                    table.c.book == self.bench.book, table.c.state == "dead"
                )
            ).all()
        for row in dead:
            self.bench.objects.delete(row.path)
        manifest.forget_files([row.id for row in dead])
        self.remember()

    @precondition(lambda self: any(self.kept))
    @rule()
    def rebuild(self):
        """Every postings file is lost, and made again from the records."""
        bench = self.bench
        for file in bench.manifest.live_postings(bench.book):
            bench.objects.delete(file.path)
        other = bench.other(cache_bytes_max=0)
        lost_count = len(bench.manifest.live_postings(bench.book))
        rebuilt = other.ledger.checks.rebuild(bench.book, on_file=lambda: None)
        assert len(rebuilt.replaced) == lost_count
        other.ledger.close()
        self.restart()

    @rule()
    def restart(self):
        """Another process answers from now on: nothing that is remembered in memory decides."""
        channels = self.bench.channels
        self.bench = self.bench.other()
        self.bench.channels = channels
        self.remember()

    def remember_only(self):
        """Note what is said now, between two steps of the model."""
        now, number = self.answer()
        self.said.setdefault(number, now)

    def answer(self, number=None):
        """What a book says of itself, as of a moment or now; and the number."""
        ledger, book = self.bench.ledger, self.bench.book
        as_of = None if number is None else read_as_of(str(number))
        asked = InventoryRequest(
            group_by=("facility", "facility_type", "account"), consolidation="equity-share"
        )
        with Budget().holding(1 << 20) as hold:
            snapshot = ledger.snapshots.take(book, as_of, hold=hold)
            found = book_inventory(snapshot, asked, hold)
        ask = Ask(as_of=read_as_of(str(snapshot.point.number)))
        lists = [
            ledger.records.list_records(book, ask),
            ledger.records.list_suspense(book, ask),
            ledger.records.list_quarantine(book, ask),
            ledger.corrections.list_corrections(book, ask),
        ]
        causes = ledger.causes.count(book, ask.as_of), ledger.refused.count(book, ask.as_of)
        return (found, [each.items for each in lists], causes), snapshot.point.number

    def remember(self):
        """See that now is as the model has it, and that every moment says what it said."""
        now, number = self.answer()
        inventory, (records, waiting, refused, _), _ = now
        there = [each for each in self.kept if each and not each.is_gone]
        assert len(waiting) == sum(each.factor is None for each in there)
        assert inventory.suspended_count == len(waiting)
        assert len(refused) == inventory.quarantined_count == self.refused
        assert sum(each.status.name == "POSTED" for each in records) == len(there) - len(waiting)
        total = sum((each.quantity * each.factor for each in there if each.factor), Fraction(0))
        with Budget().holding(1 << 20) as hold:
            whole = book_inventory(
                self.bench.ledger.snapshots.take(self.bench.book, hold=hold),
                InventoryRequest(consolidation="operational-control"),
                hold,
            )
        assert Fraction(whole.total.kg_co2e) == total, (whole.total.kg_co2e, float(total))
        self.said.setdefault(number, now)
        for earlier, said in self.said.items():
            again, same = self.answer(earlier)
            assert same == earlier
            assert again == said, (earlier, number)

    def teardown(self):
        if hasattr(self, "bench"):
            self.bench.ledger.close()


def test_what_was_said_as_of_a_moment_is_said_again(any_bench):
    """On each of the two stores, each time with a book of its own."""
    rules = settings(
        max_examples=3,
        stateful_step_count=10,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(lambda: Past(any_bench), settings=rules)


def test_it_is_said_again_after_all_that_a_month_can_bring(any_bench):
    """One story with every act in it, a rebuild among them, so that none is left to chance."""
    past = Past(any_bench)
    past.begin()
    past.append([("f0", GRID, 10**9), ("f1", LIME, 10**8)], bad=True)
    past.hold(60)
    past.mark()
    past.append([("f0", GRID, -(10**7)), ("f1", GRID, 3 * 10**8)], bad=False)
    past.register("f0", "FR")
    past.merge()
    past.rebuild()
    past.reverse(0)
    past.correct(1, ("f1", GRID, 10**8))
    past.import_edition("lime")
    past.clear()
    past.import_edition("fr")
    past.append([("f0", GRID, 10**8)], bad=False)
    past.restate("f0")
    past.merge()
    past.collect()
    past.rebuild()
    past.register("f1", "DE")
    past.restate("f1")
    past.reverse(1)
    past.merge()
    past.rebuild()
    assert len(past.said) > 10
    past.teardown()
