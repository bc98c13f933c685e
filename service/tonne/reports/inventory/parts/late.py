"""What of an answer is of other months: it came late, and counts in another than it happened.

An answer by the months in which records count has some that happened in earlier ones, and lacks
some that happened in its own; by the months in which they happened it is the other way round.
Either is told, with what it adds to the total where that is known without the records.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Final

import polars as pl

from tonne.catalogue.resolving.valuation import ratio_text
from tonne.ledger.files.postings import CONTINUED
from tonne.ledger.files.sums import COUNTS, RunningSums
from tonne.reports.inventory.boundary import MIXED
from tonne.reports.inventory.footprint import KG_CO2E, weigh

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from tonne.catalogue.resolving.resolution import Resolution
    from tonne.ledger.files.frames import Schema
    from tonne.reports.inventory.selection import Selector, Told

LATE_HERE: Final = "LATE_HERE"
"""Reason of the notice that an answer has records of other months."""

LATE_ELSEWHERE: Final = "LATE_ELSEWHERE"
"""Reason of the notice that an answer lacks records of its months."""

_TEXTS: Final = {
    (True, True): "records that happened in earlier months count in these: they came when those "
    "were closed. By the months in which they happened (`--months-by happened`) they are there",
    (False, True): "records that happened in these months count in later ones, and are not in "
    "this answer: they came when these were closed (`--months-by happened` has them)",
    (True, False): "records that happened in these months count in later ones: they came when "
    "these were closed. What was reported is by the months in which they count (`--months-by "
    "counted`)",
    (False, False): "records that happened in earlier months count in these, and are not in this "
    "answer: they came when those were closed (`--months-by counted` has them)",
}
"""By whether the answer has them, and whether its months are those in which records count."""


class Late:
    """Sums what is late of the postings of a request. For one thread at a time.

    Parameters
    ----------
    selector : Selector
    """

    def __init__(self, selector: Selector) -> None:
        self._selector = selector
        schema: Schema = dict.fromkeys(selector.bucket[1:], pl.Int32)
        count = COUNTS[1]
        self._sums = RunningSums(
            {"resolution": pl.String, **schema, "is_here": pl.Boolean}
            | {"quantity": pl.Decimal(38, 18), count: pl.Int64}
        )

    def add(self, postings: pl.DataFrame) -> None:
        """See postings as they are read, whether they are of the request or not."""
        rows = late_rows(self._selector, postings)
        if rows is not None:
            self._sums.add(rows)

    def add_rows(self, rows: pl.DataFrame | None) -> None:
        """See what `late_rows` gave."""
        if rows is not None:
            self._sums.add(rows)

    def notices(
        self, resolutions: Callable[[Sequence[str]], Mapping[str, Resolution]]
    ) -> Iterator[Told]:
        """Tell what was seen."""
        sums = self._sums.frame().filter(
            (pl.col("quantity") != 0) | (pl.col("record_start_count") != 0)
        )
        for is_here, reason in ((True, LATE_HERE), (False, LATE_ELSEWHERE)):
            mine = sums.filter(pl.col("is_here") == is_here)
            if mine.is_empty():
                continue
            text = _TEXTS[is_here, self._selector.request.is_counted]
            yield (
                reason,
                text,
                int(mine["record_start_count"].sum()),
                self._worth(mine, resolutions),
            )

    def _worth(
        self,
        sums: pl.DataFrame,
        resolutions: Callable[[Sequence[str]], Mapping[str, Resolution]],
    ) -> str | None:
        """Value sums; None where hours decide, or a share changes within them."""
        if "portion" in sums.columns and (sums["portion"] == MIXED).any():
            return None
        bucket = list(self._selector.bucket)
        known = resolutions(sums["resolution"].unique().to_list())
        weights = weigh(
            known,
            sums.select(bucket).rows(),
            self._selector.request,
            self._selector.portions,
        )
        total = Fraction(0)
        for *key, atto in sums.select(*bucket, pl.col("quantity").to_physical()).iter_rows():
            part = weights.total.get(tuple(key))
            if part is None:
                continue
            if part.by_hours:
                return None
            total += sum(number for column, number in part.numerators if column == KG_CO2E) * atto
        total /= weights.denominators[KG_CO2E]
        return ratio_text(total.numerator, total.denominator)


def late_rows(selector: Selector, postings: pl.DataFrame) -> pl.DataFrame | None:
    """Take what is late and posted, of months of a request or of what it lacks; None: nothing.

    Returns
    -------
    polars.DataFrame
        The columns of a bucket; `is_here`: the answer has it, of another month; quantity,
        record_start_count.
    """
    late = postings.filter(
        (pl.col("late") > 0) & (pl.col("late") < CONTINUED) & pl.col("resolution").is_not_null()
    )
    if late.is_empty():
        return None
    request = selector.request
    months = pl.col("late").cast(pl.Int32)
    parts = []
    for view, is_here in ((selector, True), (selector.by_other_months(), False)):
        other = pl.col("period") + (-months if view.request.is_counted else months)
        away = ~other.is_between(request.first_period, request.last_period)
        # Told apart by month, what is late is in another row, although in the same answer.
        keeps = pl.lit(value=True) if is_here and "period" in request.group_by else away
        taken = view.take(late, with_type=False).filter(keeps)
        parts.append(taken.with_columns(is_here=pl.lit(is_here)))
    return pl.concat(
        part.select(
            pl.col("resolution").cast(pl.String),
            *(pl.col(name).cast(pl.Int32) for name in selector.bucket[1:]),
            "is_here",
            "quantity",
            "record_start_count",
        )
        for part in parts
    )
