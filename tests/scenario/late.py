"""Steps of stories about late records: where they count, and whether all of it agrees."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from tests.scenario.restating import BOOK, compare
from tonne.ledger.files.postings import POSTINGS_SCHEMA, drop_zeros
from tonne.ledger.files.sums import COUNTS, sum_by
from tonne.model import LateRecords, month_of_period, period_of_month
from tonne.quantities import atto_of, quantity_text
from tonne.reports.explanation.explain import ExplainRecord, explain
from tonne.reports.explanation.lines import ExplainLine
from tonne.reports.explanation.replay import ReplayOutcome
from tonne.reports.inventory.request import COUNTED, HAPPENED, InventoryRequest

if TYPE_CHECKING:
    from tests.scenario.story import Row
    from tonne.ledger.ledger import Ledger
    from tonne.store.manifest.manifest import Manifest
    from tonne.store.objects.objects import Objects


class LateSteps:
    """Each step has a method of its name; `Stage` has the ledger."""

    _ledger: Ledger
    _manifest: Manifest
    _objects: Objects

    def take(self, words: str, _rows: tuple[Row, ...]) -> None:
        """Let the book take late records, or refuse them, from now on."""
        rule = LateRecords[words.removeprefix("late records ")]
        self._ledger.books.update_book(BOOK, {"late_records": rule})

    def explained(self, words: str, rows: tuple[Row, ...]) -> None:
        """Compare the lines of a month's number with both of their months, and its records.

        A replay agrees.
        """
        month, _, view = words.partition(" ")
        period = period_of_month(month)
        request = InventoryRequest(period, period, months_by=HAPPENED if view else COUNTED)
        found, ids = [], []
        snapshot = self._ledger.snapshots.take(BOOK)
        for part in explain(snapshot, request, replay=True, records_max=100):
            if isinstance(part, ExplainRecord):
                ids.append(part.record.record_id)
            if isinstance(part, ReplayOutcome):
                assert part.agrees, part.differences
            if isinstance(part, ExplainLine):
                found.append(
                    {
                        "happened": month_of_period(part.period),
                        "counted": month_of_period(part.counted_period),
                        "quantity": quantity_text(atto_of(part.quantity)),
                        "kg_co2e": str(part.kg_co2e),
                    }
                )
        for row in found:
            row["records listed"] = " ".join(sorted(ids))
        compare(found, rows)

    def sound(self, _words: str, _rows: tuple[Row, ...]) -> None:
        """See that a check finds nothing: before a merge, behind it, and when all is rebuilt."""
        checks = self._ledger.checks
        before = self._sums()
        for act in (self._lose, functools.partial(self._ledger.merger.merge, BOOK), self._lose):
            act()
            assert not checks.check(BOOK, on_file=lambda: None).problems
            assert self._sums() == before

    def _lose(self) -> None:
        """Lose all postings files, and make them again of the records."""
        files = self._manifest.live_postings(BOOK)
        for file in files:
            self._objects.delete(file.path)
            self._ledger.balances.forget([file.id])
        self._ledger.checks.rebuild(BOOK, on_file=lambda: None)

    def _sums(self) -> list[tuple[object, ...]]:
        frame = self._ledger.snapshots.take(BOOK).frame()
        keys = [each for each in POSTINGS_SCHEMA if each not in {"quantity", *COUNTS}]
        return sorted(drop_zeros(sum_by(frame, keys)).rows(), key=str)
