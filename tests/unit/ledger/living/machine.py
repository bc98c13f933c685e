"""A ledger that lives: two servers do anything in any order, every number is the model's.

The model is plain: records in the order of their commits, with a quantity and the factor that was
in force when they were posted, in Fractions. It compares records of one id by two loops. It shares
no code with the ledger.
"""

from __future__ import annotations

import datetime as dt
import itertools
import json
from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction
from unittest import mock

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from tests.unit.ledger.conftest import EDITION, T0, Bench, decode, record
from tests.unit.ledger.correcting.conftest import ENTRY
from tonne.catalogue.words.method import MethodSettings, settings_of
from tonne.errors import PeriodMustBeOpen
from tonne.ledger.as_of import read_as_of
from tonne.ledger.budget import Budget
from tonne.ledger.posting.correcting.selection import Selection
from tonne.ledger.posting.entries import Durable, RequestEntry
from tonne.ledger.posting.restating.asking import Asked
from tonne.ledger.posting.restating.criteria import Criteria
from tonne.ledger.upkeep.rollups import maker, rolling
from tonne.model import Facility
from tonne.reports.bridge.answers import Scope
from tonne.reports.bridge.book import BridgeRequest, book_bridge
from tonne.reports.inventory.book import book_inventory
from tonne.reports.inventory.request import InventoryRequest
from tonne.statements.changes.bridges import Side
from tonne.statements.changes.restatements import RestatementCause
from tonne.store.paths import is_ledger_file
from tonne.store.statement_rows import Correction, CorrectionKind, ReasonCode, SameKind

HEADER = EDITION.splitlines(keepends=True)[0]
DAY = dt.timedelta(days=1)
JANUARY = 540
MONTHS = [T0 + days * DAY for days in (0, 31, 59)]
DAYS = 3
BEGINS = {"p": 0, "q": 1, "r": 3, "s": 4}
"""On which day of a month the records of an id begin: some lie over each other, some meet."""
GRID, STEAM = "electricity.grid", "steam"
STEAM_FACTOR = Fraction("0.25")
QUALITIES = (None, 1, 3)
STATUSES = {name: name for name in ("POSTED", "REVERSED")}
LOG = "_delta_log/"
"""Where the log of the published table is."""
WHO = {"author": "ada", "reason": "law"}
_numbers = itertools.count()


@dataclass
class Kept:
    """A record of the model; `address` is where people name it, `place` where it stands."""

    address: tuple[str, int]
    place: tuple[str, int]
    record_id: str
    facility: str
    activity: str
    quantity: Fraction
    month: int
    quality: int | None
    factor: Fraction | None
    edition: str = ""
    is_gone: bool = False

    @property
    def status(self):
        """What became of it."""
        if self.is_gone:
            return "REVERSED"
        return "WAITS" if self.factor is None else "POSTED"

    @property
    def content(self):
        """What it says."""
        return (self.facility, self.activity, self.quantity, self.month, self.quality)

    @property
    def subject(self):
        """Of what it says how much."""
        return (self.facility, self.activity, self.month)

    @property
    def span(self):
        """When it begins and ends."""
        start = MONTHS[self.month] + BEGINS[self.record_id] * DAY
        return start, start + DAYS * DAY


records = st.tuples(
    st.sampled_from("pqrs"),
    st.sampled_from(["f0", "f0", "f1"]),
    st.sampled_from([GRID, GRID, GRID, STEAM]),
    st.integers(1, 2),
    st.sampled_from([0, 1, 1, 2]),
    st.sampled_from(QUALITIES),
)


class Living(RuleBasedStateMachine):
    """A book to which everything happens, on two servers of a store."""

    def __init__(self, store):
        super().__init__()
        self.store = store

    @initialize()
    def begin(self):
        self.stack = (
            mock.patch.multiple(rolling, GAIN_MIN=1),
            mock.patch.multiple(maker, ROLLED_ROWS_MIN=1),
        )
        for each in self.stack:
            each.start()
        bench = self.store.other()
        name = f"living-{next(_numbers)}"
        bench.ledger.books.create_book(name, method=MethodSettings())
        bench.ledger.editions.import_edition(name, "paper", EDITION)
        first = Bench(bench.manifest, bench.objects, bench.ledger, name)
        first.ledger.register.import_facilities(name, [Facility("f0"), Facility("f1")])
        self.benches = [first, first.other()]
        self.grid = Fraction("0.5")
        self.edition = "paper"
        self.steam = None
        self.kept = []
        self.new_ids = set()
        self.decided = defaultdict(list)
        self.refused = []
        self.closed = 0
        self.counts = defaultdict(int)
        self.said = {}
        self.look()

    def factor(self, activity):
        return self.grid if activity == GRID else self.steam

    def row(self, given):
        record_id, facility, activity, quantity, month, quality = given
        fields = {} if quality is None else {"data_quality": quality}
        return record(
            record_id=record_id,
            facility=facility,
            activity=activity,
            quantity=str(quantity),
            start=MONTHS[month] + BEGINS[record_id] * DAY,
            end=MONTHS[month] + (BEGINS[record_id] + DAYS) * DAY,
            **fields,
        )

    @rule(server=st.integers(0, 1), given=st.lists(records, min_size=1, max_size=4))
    def append(self, server, given):
        channel = "ab"[server]
        self.benches[server].append(channel, [self.row(each) for each in given])
        for record_id, facility, activity, quantity, month, quality in given:
            place = (f"channels/{channel}", self.counts[channel])
            self.counts[channel] += 1
            if month < self.closed:
                self.refused.append(month)
                continue
            made = (record_id, facility, activity, Fraction(quantity), month, quality)
            self.kept.append(Kept(place, place, *made, self.factor(activity), self.edition))
            self.new_ids.add(record_id)
        self.look()

    @precondition(lambda self: self.kept)
    @rule(
        server=st.integers(0, 1),
        number=st.integers(0, 50),
        quality=st.sampled_from(QUALITIES),
        quantity=st.integers(1, 2),
    )
    def append_again(self, server, number, quality, quantity):
        """A record of an id that the book has: a copy, a conflict, or a settlement."""
        old = self.kept[number % len(self.kept)]
        again = (old.record_id, *old.subject[:2], quantity, old.month, quality)
        self.append(server, [again, again][: 1 + number % 2])

    def there(self):
        return [each for each in self.kept if not each.is_gone]

    @precondition(lambda self: self.there())
    @rule(server=st.integers(0, 1), number=st.integers(0, 50))
    def reverse(self, server, number):
        chosen = self.there()[number % len(self.there())]
        bench = self.benches[server]
        source, offset = chosen.address
        selection = Selection(source=source.removeprefix("channels/"), offsets=(offset,))
        list(bench.ledger.reversals.reverse(bench.book, selection, ENTRY))
        chosen.is_gone = True
        self.look()

    @precondition(lambda self: self.there())
    @rule(server=st.integers(0, 1), number=st.integers(0, 50), quantity=st.integers(5, 9))
    def correct(self, server, number, quantity):
        old = self.there()[number % len(self.there())]
        bench, request = self.benches[server], f"request-{next(_numbers)}"
        source = old.address[0].removeprefix("channels/")
        mends = bench.ledger.mends.supersede(
            bench.book, source, [old.address[1]], request, corrects=True
        )
        entry = Correction(CorrectionKind.CORRECTION, source, "ada", ReasonCode.ERROR, "law")
        said = (old.record_id, *old.subject[:2], Fraction(quantity), old.month, old.quality)
        row = self.row((*said[:3], quantity, *said[4:]))
        batch = decode(bench.session, [row])
        (outcome,) = bench.write([RequestEntry(batch, request, request, mends, entry)])
        assert isinstance(outcome, Durable), outcome
        old.is_gone = True
        place = (f"requests/{request}", 0)
        factor = self.factor(old.activity)
        self.kept.append(Kept(old.address, place, *said, factor, self.edition))
        self.new_ids.add(old.record_id)
        self.look()

    @precondition(lambda self: self.new_ids)
    @rule(server=st.integers(0, 1))
    def compare(self, server):
        bench = self.benches[server]
        bench.ledger.same_check.check(bench.book)
        conflicts = self.compare_model()
        listed = bench.ledger.same.list(bench.book, SameKind.CONFLICT).items
        waiting = {
            each.record_id: [(one["source"], one["offset"]) for one in json.loads(each.members)]
            for each in listed
            if each.state == "open"
        }
        for record_id, left in conflicts.items():
            places = [(each.place[0].removeprefix("channels/"), each.place[1]) for each in left]
            assert waiting[record_id] == places
        self.look()

    def compare_model(self):
        """Take back what the check does; gives the records of each id that say several things."""
        conflicts = {}
        for record_id in self.new_ids:
            mine = [each for each in self.there() if each.record_id == record_id]
            firsts = []
            for each in mine:
                if any(each.content == first.content for first in firsts):
                    each.is_gone = True
                else:
                    firsts.append(each)
            contents = {each.content for each in firsts}
            if any(contents <= kept for kept in self.decided[record_id]):
                continue  # somebody kept them beside each other
            for number, each in enumerate(firsts):
                if each.quality == 3 and any(
                    later.quality == 1 and later.subject == each.subject
                    for later in firsts[number + 1 :]
                ):
                    each.is_gone = True
            left = [each for each in firsts if not each.is_gone]
            if len(left) > 1:
                conflicts[record_id] = left
        self.new_ids = set()
        return conflicts

    @rule(server=st.integers(0, 1), number=st.integers(0, 9), keeps_all=st.booleans())
    def decide(self, server, number, keeps_all):
        bench = self.benches[server]
        listed = bench.ledger.same.list(bench.book, SameKind.CONFLICT).items
        waiting = [each for each in listed if each.state == "open"]
        if not waiting:
            return
        entry = waiting[number % len(waiting)]
        places = [(each["source"], each["offset"]) for each in json.loads(entry.members)]
        there = {
            (each.place[0].removeprefix("channels/"), each.place[1]): each for each in self.there()
        }
        if not all(place in there for place in places):
            return  # somebody took one back meanwhile
        worth = bench.ledger.same_worth.of(bench.book, [entry])[entry.number]
        mine = [there[place] for place in places]
        known = [Fraction(each.quantity * (each.factor or 0)) for each in mine]
        assert [each.kg_co2e for each in worth.members] == known
        assert worth.changes() == tuple(each - sum(known) for each in known)
        kept = [*range(len(places))] if keeps_all else [number % len(places)]
        keep = [at + 1 for at in kept]
        bench.ledger.same.decide(bench.book, entry.number, keep, "ada", "law")
        for at, place in enumerate(places):
            there[place].is_gone = at not in kept
        self.decided[entry.record_id].append({there[places[at]].content for at in kept})
        self.look()

    @rule(server=st.integers(0, 1), factor=st.integers(1, 9))
    def change_factor(self, server, factor):
        bench, edition = self.benches[server], f"grid-{next(_numbers)}"
        rows = f"{GRID},,kWh,2015-01-01,,{factor}e-1,,,,,p,1,\n"
        bench.ledger.editions.import_edition(bench.book, edition, HEADER + rows.encode())
        before = settings_of(bench.manifest.get_book(bench.book)).editions
        order = (edition, *(each for each in before if each != edition))
        bench.ledger.methods.update_method(bench.book, {"editions": order}, **WHO)
        self.grid, self.edition = Fraction(factor, 10), edition
        self.look()

    @precondition(lambda self: self.there())
    @rule(
        server=st.integers(0, 1),
        facility=st.sampled_from(["f0", "f1"]),
        adjusts=st.booleans(),
    )
    def restate(self, server, facility, adjusts):
        """Grid of a facility is posted as it would be now, or refused where a month is closed."""
        posted = [
            each
            for each in self.there()
            if each.facility == facility and each.activity == GRID and each.factor is not None
        ]
        others = [each for each in posted if each.edition != self.edition]
        bench, criteria = self.benches[server], Criteria(facility=facility)
        name = f"r-{next(_numbers)}"
        asked = Asked(name, criteria, RestatementCause.FACTOR_ERRATUM, "ada", "law", adjusts)
        if not adjusts and not all(map(self.is_open, others)):
            with pytest.raises(PeriodMustBeOpen):
                list(bench.ledger.restating.restate(bench.book, asked))
        else:
            *_, done = bench.ledger.restating.restate(bench.book, asked)
            assert (done.restated_count, done.left_count) == (len(others), 0)
            before, after = (
                sum((each.quantity * factor(each) for each in others), Fraction(0))
                for factor in (lambda each: each.factor, lambda _: self.grid)
            )
            assert done.figures.totals() == (before, after)
            for each in others:
                each.factor, each.edition = self.grid, self.edition
        self.look()

    @precondition(lambda self: len(self.said) > 1)
    @rule(number=st.integers(0, 50))
    def bridge(self, number):
        """From any moment to now: the parts add up to the last digit."""
        moments = sorted(self.said)
        begin = moments[number % (len(moments) - 1)]
        request = BridgeRequest(Side(as_of=str(begin)), Side(), Scope(), ())
        with Budget().holding(1 << 20) as hold:
            sights = self.benches[0].ledger.sights_of(self.benches[0].book, hold)
            found = book_bridge(sights, request, hold)
        parts = sum(part.kg_co2e for part in found.parts)
        assert found.from_kg_co2e + parts == found.to_kg_co2e
        assert Fraction(found.from_kg_co2e) == self.said[begin][1]
        assert Fraction(found.to_kg_co2e) == self.said[moments[-1]][1]

    @precondition(lambda self: self.steam is None)
    @rule(server=st.integers(0, 1))
    def learn_steam(self, server):
        bench = self.benches[server]
        rows = b"steam,,kWh,2015-01-01,,0.25,,,,scope1.process,p,1,\n"
        bench.ledger.editions.import_edition(bench.book, "steam", HEADER + rows)
        self.steam = STEAM_FACTOR
        self.look()

    @precondition(lambda self: self.steam and any(each.factor is None for each in self.there()))
    @rule(server=st.integers(0, 1))
    def clear(self, server):
        bench = self.benches[server]
        list(bench.ledger.suspense.clear(bench.book))
        for each in self.there():
            if each.factor is None and self.is_open(each):
                each.factor, each.edition = self.factor(each.activity), self.edition
        self.look()

    def is_open(self, each):
        return each.month >= self.closed

    @precondition(lambda self: self.kept)
    @rule(server=st.integers(0, 1))
    def merge(self, server):
        other = self.benches[server].other(merge_files_max=1)
        other.ledger.merger.merge(other.book)
        other.ledger.close()
        self.look()

    @precondition(lambda self: self.closed < 2 and self.kept)
    @rule(server=st.integers(0, 1))
    def close(self, server):
        bench, month = self.benches[server], JANUARY + self.closed
        bench.ledger.same_check.check(bench.book)
        self.compare_model()
        found = bench.ledger.periods.check_period(bench.book, month)
        # A close looks for overlaps by itself, and may find some that the check did not.
        accepts = {each.check: "law" for each in found} | {"overlaps": "law"}
        bench.ledger.periods.close_period(bench.book, month, accepts=accepts, **WHO)
        self.closed += 1
        self.look()

    @precondition(lambda self: self.closed)
    @rule(server=st.integers(0, 1))
    def reopen(self, server):
        bench = self.benches[server]
        self.closed -= 1
        bench.ledger.periods.reopen_period(bench.book, JANUARY + self.closed, **WHO)
        self.look()

    @precondition(lambda self: self.kept)
    @rule(server=st.integers(0, 1))
    def restart(self, server):
        """Another process answers: nothing that is remembered in memory decides."""
        old = self.benches[server]
        self.benches[server] = old.other()
        self.benches[server].channels = old.channels

    @precondition(lambda self: self.kept)
    @rule()
    def audit(self):
        """All that is kept twice agrees, and each record has the status of the model."""
        bench = self.benches[0]
        bench.check()
        paths = [info.path for info in bench.objects.list(bench.book)]
        assert [path for path in paths if not is_ledger_file(path) and LOG not in path] == []
        found = {
            (each.source, each.offset): STATUSES.get(each.status.name, "WAITS")
            for each in bench.ledger.records.list_records(bench.book).items
        }
        assert found == {each.place: each.status for each in self.kept}

    def answer(self, bench, number=None):
        """Sums by facility and month, as of a commit or now, with counts; and the commit."""
        as_of = None if number is None else read_as_of(str(number))
        asked = InventoryRequest(group_by=("facility", "period"))
        with Budget().holding(1 << 20) as hold:
            snapshot = bench.ledger.snapshots.take(bench.book, as_of, hold=hold)
            found = book_inventory(snapshot, asked, hold)
        sums = {row.group: (Fraction(row.kg_co2e), row.record_count) for row in found.rows}
        counts = (found.total.record_count, found.suspended_count, found.quarantined_count)
        return (sums, Fraction(found.total.kg_co2e), counts), snapshot.point.number

    def look(self):
        """See that both servers say what the model says, and the same of the past as ever."""
        posted = [each for each in self.there() if each.factor is not None]
        sums = defaultdict(lambda: [Fraction(0), 0])
        for each in posted:
            one = sums[each.facility, f"2015-{each.month + 1:02}"]
            one[0] += each.quantity * each.factor
            one[1] += 1
        waiting = len(self.there()) - len(posted)
        expected = {key: tuple(one) for key, one in sums.items()}
        for bench in self.benches:
            (found, total, counts), number = self.answer(bench)
            assert {key: one for key, one in found.items() if any(one)} == expected
            assert total == sum((each.quantity * each.factor for each in posted), Fraction(0))
            assert counts == (len(posted), waiting, len(self.refused))
            self.said.setdefault(number, (found, total, counts))
        for earlier, said in self.said.items():
            again, _ = self.answer(self.benches[0], earlier)
            assert again == said, earlier

    def teardown(self):
        if hasattr(self, "benches"):
            for bench in self.benches:
                bench.ledger.close()
        for each in getattr(self, "stack", ()):
            each.stop()
