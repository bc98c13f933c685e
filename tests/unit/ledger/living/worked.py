"""What is worked off of a ledger that lives, and what leaves it, beside the model of `machine`.

Overlaps are found by every pair (`overlaps/oracle.py`), coverage day by day; exports and the
published table are read by readers that share no code with the ledger.
"""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.support.checks import delta_log
from tests.unit.ledger.living.machine import DAY, GRID, JANUARY, MONTHS, STEAM, WHO, Living
from tests.unit.ledger.overlaps.oracle import naive
from tonne.client.answers.results import read_ledger_record
from tonne.client.changes.movements import movements
from tonne.edge.messages.codec import write_record
from tonne.errors import PeriodMustBeReady
from tonne.ledger.budget import Budget
from tonne.ledger.upkeep.publisher import Publisher
from tonne.reports.coverage import CoverageRequest, book_coverage
from tonne.store.manifest.overlap_rows import SeveralMeters

if TYPE_CHECKING:
    from tests.unit.ledger.conftest import Bench
    from tonne.store.delta import DeltaTables

MICROSECOND = DAY / (24 * 3600 * 10**6)
OF_CLOSES = {"suspense", "quarantine", "overlaps", "unlaid", "uncompared"}
"""What stands against a close, as far as the model has it."""
_numbers = itertools.count()


@dataclass
class Place:
    """A store with a ledger, and where its published tables are."""

    bench: Bench
    tables: DeltaTables


class Worked(Living):
    """A book to which everything happens, whose worklists people work off."""

    def __init__(self, place):
        super().__init__(place.bench)
        self.tables = place.tables
        self.accepted = {}
        self.declared = {}

    def laid(self):
        """Records and pairs that lie over each other, by facility, activity, month, sources."""
        pieces = []
        for each in self.there():
            start, end = ((time - MONTHS[0]) // MICROSECOND for time in each.span)
            source = each.place[0].removeprefix("channels/")
            pieces.append(
                {
                    "facility": each.facility,
                    "activity": each.activity,
                    "period": JANUARY + each.month,
                    "source": "requests" if source.startswith("requests/") else source,
                    "offset": each.place[1],
                    "record_id": each.record_id,
                    "start": start,
                    "end": end,
                    "whole_us": end - start,
                    "unit": "kWh",
                    "quantity": each.quantity,
                }
            )
        return {key: (sum(it["counts"]), it["pairs"]) for key, it in naive(pieces).items()}

    def waits(self, key, found):
        """Whether somebody is to decide about an overlap."""
        accepted = self.accepted.get(key, (0, 0))
        if found[0] <= accepted[0] and found[1] <= accepted[1]:
            return False
        return not any(
            facility in {"", key[0]} and activity == key[1]
            for facility, activity in self.declared.values()
        )

    def listed(self, bench, **options):
        """Records and pairs of overlaps as they are listed, with their numbers."""
        return {
            (each.facility, each.activity, month.period, each.first_source, each.second_source): (
                month.record_count,
                month.pair_count,
                each.number,
            )
            for each in bench.ledger.overlaps.list_overlaps(bench.book, **options).items
            for month in each.months
            if month.record_count
        }

    @rule(server=st.integers(0, 1))
    def look_over(self, server):
        """A look at all months finds what every pair shows, and what waits of it."""
        bench, other = self.benches[server], self.benches[1 - server]
        bench.ledger.overlaps.check(bench.book)
        expected = self.laid()
        listed = self.listed(other)
        assert {key: found[:2] for key, found in listed.items()} == expected
        numbers = {listed[key][2] for key, each in expected.items() if self.waits(key, each)}
        waiting = self.listed(other, undecided=True)
        assert {number for *_, number in waiting.values()} == numbers
        assert other.ledger.overlaps.undecided_count(other.book) == len(numbers)

    @precondition(lambda self: any(self.waits(*each) for each in self.laid().items()))
    @rule(server=st.integers(0, 1), number=st.integers(0, 9))
    def accept(self, server, number):
        """Both sides count, as many as there are; more than these wait again."""
        self.look_over(server)
        expected = {key: each for key, each in self.laid().items() if self.waits(key, each)}
        listed = self.listed(self.benches[server])
        chosen = sorted({listed[key][2] for key in expected})
        chosen = chosen[number % len(chosen)]
        self.benches[1 - server].ledger.overlaps.accept(self.benches[0].book, chosen, **WHO)
        self.accepted |= {key: each for key, each in expected.items() if listed[key][2] == chosen}
        self.look_over(server)

    @rule(
        server=st.integers(0, 1),
        facility=st.sampled_from(["", "f0", "f1"]),
        activity=st.sampled_from([GRID, STEAM]),
    )
    def declare(self, server, facility, activity):
        """A facility has several meters: what waits of it waits no more."""
        bench = self.benches[server]
        made = bench.ledger.overlaps.declare(
            bench.book, SeveralMeters(facility, activity, 0, 1000, "ada", "law")
        )
        self.declared[made.number] = (facility, activity)
        self.look_over(server)

    @precondition(lambda self: self.declared)
    @rule(server=st.integers(0, 1), number=st.integers(0, 9))
    def withdraw(self, server, number):
        """What a declaration accepted waits again."""
        chosen = sorted(self.declared)[number % len(self.declared)]
        bench = self.benches[server]
        bench.ledger.overlaps.withdraw(bench.book, chosen, **WHO)
        del self.declared[chosen]
        self.look_over(1 - server)

    @precondition(lambda self: self.closed < 2 and self.kept)
    @rule(server=st.integers(0, 1))
    def close(self, server):
        """A close is refused for what waits in its month, and for nothing else."""
        bench, month = self.benches[server], JANUARY + self.closed
        self.compare(server)
        self.look_over(server)
        found = {
            each.check: each.count for each in bench.ledger.periods.check_period(bench.book, month)
        }
        of_month = {key: each for key, each in self.laid().items() if key[2] == month}
        listed = self.listed(bench)
        waiting = sum(each.factor is None and each.month == self.closed for each in self.there())
        expected = {
            "suspense": waiting,
            "quarantine": self.refused.count(self.closed),
            "overlaps": len({listed[k][2] for k, each in of_month.items() if self.waits(k, each)}),
        }
        assert {check: count for check, count in found.items() if check in OF_CLOSES} == {
            check: count for check, count in expected.items() if count
        }
        accepts = dict.fromkeys(found, "law")
        if found:
            with pytest.raises(PeriodMustBeReady):
                bench.ledger.periods.close_period(bench.book, month, accepts={}, **WHO)
        bench.ledger.periods.close_period(bench.book, month, accepts=accepts, **WHO)
        self.closed += 1
        self.look()

    @precondition(lambda self: self.kept)
    @rule(server=st.integers(0, 1))
    def cover(self, server):
        """What records cover and what they do not, day by day."""
        bench = self.benches[server]
        days = defaultdict(Counter)
        counts = Counter()
        for each in self.there():
            start, end = ((time - MONTHS[0]).days for time in each.span)
            subject = (each.facility, each.activity)
            days[subject].update(range(start, end))
            counts[subject] += 1
        stop = max((max(each) for each in days.values()), default=0) + 1
        expected = {
            subject: (
                counts[subject],
                [day for day in range(min(each), stop) if not each[day]],
                [day for day in range(min(each), stop) if each[day] > 1],
            )
            for subject, each in days.items()
        }
        with Budget().holding(1 << 20) as hold:
            snapshot = bench.ledger.snapshots.take(bench.book, hold=hold)
            rows = [*book_coverage(snapshot, CoverageRequest(), hold)]
        assert expected == {
            (each.facility, each.activity): (
                each.record_count,
                _days((gap.start, gap.end) for gap in each.gaps),
                _days(each.overlaps),
            )
            for each in rows
        }

    @precondition(lambda self: self.kept)
    @rule(server=st.integers(0, 1))
    def export(self, server):
        """Both styles of an export add up to what is posted, as the inventory does."""
        bench = self.benches[server]
        posted = Counter()
        for each in self.there():
            if each.factor is not None:
                posted[each.facility, each.activity, each.month] += each.quantity
        listed = bench.ledger.records.list_records(bench.book).items
        records = [read_ledger_record(write_record(bench.book, each)) for each in listed]
        for style in ("ledger", "delta"):
            moved = Counter()
            for each in movements(records, style):
                said = each.of.record
                month = MONTHS.index(max(at for at in MONTHS if at <= said["start"]))
                moved[said["facility"], said["activity"], month] += Fraction(each.quantity)
            assert {key: sum_ for key, sum_ in moved.items() if sum_} == posted

    @precondition(lambda self: self.kept)
    @rule(server=st.integers(0, 1))
    def publish(self, server):
        """The published table has each durable record once, whatever became of it since."""
        bench = self.benches[server]
        publisher = Publisher(
            bench.manifest,
            self.tables,
            holder=f"publisher-{next(_numbers)}",
            lease_s=60.0,
            batch_files_max=2,
            round_batches_max=1000,
            checkpoint_batches=1000,
        )
        publisher.publish(bench.book)
        table = delta_log.rows(bench.objects, f"{bench.book}/segments")
        assert delta_log.places(table) == Counter(
            (each.place[0].removeprefix("channels/"), each.place[1], Decimal(int(each.quantity)))
            for each in self.kept
        )


def _days(spans):
    """Days since the first month that lie in spans, each of whole days."""
    return [
        day
        for start, end in spans
        for day in range((start - MONTHS[0]) // DAY, (end - MONTHS[0]) // DAY)
    ]
