"""Laws: no version changes the past, and nothing avoided or offset comes into an inventory."""

from __future__ import annotations

import contextlib
import datetime as dt
import tempfile
from dataclasses import replace
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tests.unit.ledger.conftest import embedded_bench, record
from tests.unit.statements.bodies import statements
from tonne.errors import InputError
from tonne.ledger.book.statements.statements import View
from tonne.ledger.budget import PART_BYTES
from tonne.ledger.pages import Ask
from tonne.reports.inventory.book import book_inventory
from tonne.reports.inventory.request import DIMENSIONS, InventoryRequest
from tonne.reports.statements.claims import claims
from tonne.reports.statements.effects import pipeline
from tonne.reports.statements.figures import LedgerFigures
from tonne.reports.statements.products import product_totals
from tonne.reports.statements.progress import target_progress
from tonne.statements.claims import LotState
from tonne.statements.statement import Kind, Statement

BOOK = "acme"
ALL = Ask(page_size=1000)


class Statements(RuleBasedStateMachine):
    """Statements of all kinds, in any order, beside a ledger that has records."""

    def __init__(self):
        super().__init__()
        self._open = contextlib.ExitStack()
        folder = self._open.enter_context(tempfile.TemporaryDirectory())
        self.bench = self._open.enter_context(embedded_bench(Path(folder)))
        spans = [(2015, 9000), (2016, 8000)]
        for year, quantity in spans:
            start = dt.datetime(year, 1, 1, tzinfo=dt.UTC)
            end = dt.datetime(year + 1, 1, 1, tzinfo=dt.UTC)
            self.bench.append("meter", [record(quantity=str(quantity), start=start, end=end)])
        self.before = self.inventories()
        self.made = []  # the oracle: everything that was stated, in order
        self.moments = []

    def teardown(self):
        self._open.close()

    def inventories(self):
        """The inventory by all dimensions, and of the accounts that could be fooled."""
        snapshot = self.bench.ledger.snapshots.take
        apart = tuple(each for each in DIMENSIONS if each != "scope")
        requests = [InventoryRequest(), InventoryRequest(group_by=apart)]
        requests.append(InventoryRequest(accounts=("memo", "outside"), group_by=("account",)))
        return [book_inventory(snapshot(BOOK), request) for request in requests]

    def state(self, given):
        """State something, or have it refused; the oracle follows."""
        try:
            made = self.bench.ledger.statements.add(BOOK, given)
        except InputError:
            return
        known = {each.number for each in self.made}
        for each in made:
            if each.number not in known:
                versions = sum((one.kind, one.id) == (each.kind, each.id) for one in self.made)
                assert (each.version, each.number) == (versions + 1, len(self.made) + 1)
                self.made.append(each)

    @rule(number=st.integers(0, 40), kinds=st.sets(st.sampled_from(Kind), min_size=1))
    def add(self, number, kinds):
        self.state([replace(each, author="Ada") for each in statements(number, sorted(kinds))])

    @rule(number=st.integers(0, 40))
    def add_all(self, number):
        self.state([replace(each, author="Ada") for each in statements(number)])

    @rule(to=st.sampled_from(LotState))
    def move_the_lot(self, to):
        (lot,) = statements(0, [Kind.OFFSET])
        beneficiary = "Us" if to is LotState.RETIRED else ""
        body = replace(lot.body, state=to, beneficiary=beneficiary)
        self.state([replace(lot, body=body, author="Ada")])

    @rule(kind=st.sampled_from(Kind))
    def withdraw(self, kind):
        self.state([Statement(kind, "x", None, "", "wrong", "Ada")])

    @rule()
    def remember(self):
        if self.made:
            moment = self.made[-1].create_time
            self.moments.append((moment, list(self.made)))

    @rule()
    def compute(self):
        """All that follows from statements, where it follows."""
        ledger = self.bench.ledger
        seen = {kind: list(ledger.statements.read(BOOK, View(kind))) for kind in Kind}
        claims(seen[Kind.ENABLEMENT], seen[Kind.OFFSET], for_publication=False, grow=len_of)
        product_totals(
            seen[Kind.PRODUCT], seen[Kind.FOOTPRINT], seen[Kind.PACKAGING], "2030-01-01", len_of
        )
        with ledger.reads.holding(PART_BYTES) as hold:
            for target in seen[Kind.TARGET]:
                source = LedgerFigures(ledger.snapshots.take(BOOK), hold)
                body = replace(target.body, base_year_start="2015-01", target_year_start="2020-01")
                told = target_progress(replace(target, body=body), source)
                assert (told.base.value, told.current.value) == (4500, 3200)
                left = pipeline(told, seen[Kind.MEASURE], len_of)
                assert left.current_kg == told.current.value

    @invariant()
    def no_number_of_the_inventory_moves(self):
        assert self.inventories() == self.before

    @invariant()
    def what_is_seen_is_the_last_version_of_each(self):
        last = {(each.kind, each.id): each for each in self.made}
        assert self.listed(View()) == sorted(last.values(), key=lambda each: each.number)

    @invariant()
    def the_past_stays(self):
        for moment, made in self.moments:
            assert self.listed(View(as_of=moment, has_all_versions=True)) == made
            last = {(each.kind, each.id): each for each in made}
            seen = sorted(last.values(), key=lambda each: each.number)
            assert self.listed(View(as_of=moment)) == seen

    def listed(self, view):
        return list(self.bench.ledger.statements.list_statements(BOOK, view, ALL).items)


def len_of(_size_bytes):
    """Memory is not counted here."""


Statements.TestCase.settings = settings(
    max_examples=10,
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestStatements = Statements.TestCase
