"""What records would come to: an inventory of an empty book after posting them.

The same function computes both, from postings that the same kernel made under the same rules:
an estimate has the figures of the inventory to the last digit.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING

import polars as pl

from tonne.ledger.files.sums import sum_by
from tonne.model import RowStatus
from tonne.reports.hours.weighing import NOTHING, Hours, amount_of, count_flat, parts_by_id
from tonne.reports.inventory.footprint import KG_CO2E
from tonne.reports.inventory.inventory import Inventory, inventory
from tonne.reports.inventory.selection import select

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tonne.ledger.posting.estimate import EstimateBatch, Estimated, Estimation
    from tonne.model import ControlTotals, RowError
    from tonne.reports.inventory.request import InventoryRequest
    from tonne.reports.inventory.selection import Selector


@dataclass(frozen=True, slots=True)
class EstimatedRecord:
    """What one record would add.

    Parameters
    ----------
    index : int
        Number of the record over all batches, from 0.
    status : RowStatus
        Posted, or why not.
    kg_co2e : Fraction or None
        Its part of the total, exact; None where it is not posted.
    notices : tuple of str
        Why the record is not posted, or which fallbacks its number rests on.
    """

    index: int
    status: RowStatus
    kg_co2e: Fraction | None
    notices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EstimateAnswer:
    """What all records would come to, and which would not be posted, and why (by index)."""

    inventory: Inventory
    totals: ControlTotals
    row_errors: tuple[RowError, ...]
    messages: Mapping[int, str]
    row_errors_omitted_count: int


class Estimate:
    """One estimate, batch by batch. For one thread at a time.

    Parameters
    ----------
    estimation : Estimation
        Posts the records, under the method, register and entities of a book, or under the
        shipped catalogue in its default order, with months in UTC and any facility.
    request : InventoryRequest
        Selection, grouping and valuation.
    each_record : bool
        Whether `add` gives each record's own figures.
    row_errors_max : int
        Most row errors that the answer names.

    """

    def __init__(
        self,
        estimation: Estimation,
        request: InventoryRequest,
        *,
        each_record: bool,
        row_errors_max: int,
    ) -> None:
        self.has_book = bool(estimation.state.book.id)
        self._estimation = estimation
        self._request = request.under(self._estimation.state.settings)
        self._each_record = each_record
        self._row_errors_max = row_errors_max
        self._row_errors: list[RowError] = []
        self._messages: dict[int, str] = {}
        self._row_error_count = 0
        self._flat_count = 0

    def add(self, batch: EstimateBatch) -> list[EstimatedRecord]:
        """Take a batch; gives its records in order, where they were asked for."""
        room = self._row_errors_max - len(self._row_errors)
        wanted = batch.record_count if self._each_record else room
        found = self._estimation.add(batch, row_errors_max=wanted, by_record=self._each_record)
        kept = found.row_errors[:room]
        self._row_errors.extend(kept)
        self._messages |= {error.index: found.messages[error.index] for error in kept}
        self._row_error_count += found.row_error_count
        parts = parts_by_id(self._estimation.resolutions.items())
        self._flat_count += count_flat(found.timed, "record", parts, self._estimation.series)
        return self._records(found) if self._each_record else []

    def keep_at_most(self, posting_count: int) -> int:
        """Add up the postings so far where more than so many are kept; how many are kept then."""
        return self._estimation.keep_at_most(posting_count)

    def answer_size(self) -> tuple[int, int]:
        """Tell the postings so far and bound the lines of the answer.

        A line is an account of a posting, where the answer is grouped at all.
        """
        posting_count = self._estimation.keep_at_most(0)
        if not self._request.group_by:
            return posting_count, 0
        accounts = {
            id_: len(resolution.entries)
            for id_, resolution in self._estimation.resolutions.items()
        }
        counts = self._estimation.postings()["resolution"].cast(pl.String).value_counts()
        line_count = sum(count * accounts.get(id_, 0) for id_, count in counts.iter_rows())
        return posting_count, line_count

    def finish(self) -> EstimateAnswer:
        """Compute the inventory of all batches."""
        totals = self._estimation.totals
        found = inventory(
            self._estimation.postings(),
            self._estimation.resolutions,
            self._estimation.state.register,
            self._request,
            entities=self._estimation.state.entities,
            texts=self._estimation.state.texts,
            hours=partial(self._hours_of, self._estimation.timed()),
        )
        return EstimateAnswer(
            replace(found, quarantined_count=totals.quarantined_count),
            totals,
            tuple(self._row_errors),
            self._messages,
            self._row_error_count - len(self._row_errors),
        )

    def _hours_of(self, timed: pl.DataFrame, selector: Selector) -> Hours:
        """Give the times of postings under hours as a selector takes them."""
        parts = parts_by_id(self._estimation.resolutions.items())
        under = timed.filter(pl.col("resolution").cast(pl.String).is_in(list(parts)))
        # The rules of the estimate know every date: no share changes within a slice.
        taken, _ = selector.apart(selector.take(under))
        return Hours(taken, self._estimation.series, parts, self._flat_count)

    def _records(self, found: Estimated) -> list[EstimatedRecord]:
        assert found.postings is not None  # noqa: S101  asked for by `add`
        chosen = select(
            found.postings,
            self._estimation.resolutions,
            self._estimation.state.register,
            self._request,
            self._estimation.state.entities,
            texts=self._estimation.state.texts,
            hours=partial(self._hours_of, found.postings),
        )
        weights = chosen.weights
        kilograms: defaultdict[int, Fraction] = defaultdict(Fraction)
        notices: defaultdict[int, set[str]] = defaultdict(set)
        sums = sum_by(chosen.posted, ["record", *chosen.bucket])
        numbers = sums.select("record", *chosen.bucket, pl.col("quantity").to_physical())
        hours = chosen.hours.sums(["record"], [pl.col("record")], chosen.bucket)
        for record, *bucket, quantity_atto in numbers.iter_rows():
            part = weights.total.get(tuple(bucket))
            if part is not None:
                numerator = dict(part.numerators).get(KG_CO2E, 0)
                denominator = weights.denominators[KG_CO2E]
                kilograms[record] += Fraction(quantity_atto * numerator, denominator)
                weighted = hours.get((record, *bucket), NOTHING)
                for hour_part, numerators in part.by_hours:
                    numerator = dict(numerators).get(KG_CO2E, 0)
                    amount_atto = amount_of(weighted, hour_part)
                    kilograms[record] += amount_atto * numerator / denominator
                notices[record] |= {each.message for each in weights.notices[tuple(bucket)]}
        errors = {error.index: error for error in found.row_errors}
        first = found.first_index
        return [
            EstimatedRecord(
                index,
                error.status,
                None,
                (found.messages[index],),
            )
            if (error := errors.get(index))
            else EstimatedRecord(
                index, RowStatus.POSTED, kilograms[index], tuple(sorted(notices[index]))
            )
            for index in range(first, first + found.totals.record_count)
        ]
