"""What hours make of quantities: sums of times and quantities, weighted by a series.

    amount = sum over times [a, b) of quantity * (I(b) - I(a)) / (b - a)

exact: the numerators are whole numbers, added up by the length of the time.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import polars as pl

from tonne.errors import LedgerInconsistent
from tonne.ledger.files.repost import FROM, TIMES, TO
from tonne.ledger.files.sums import sum_by

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from tonne.catalogue.editions.hours import HourSeries, HoursPart
    from tonne.catalogue.resolving.resolution import Resolution
    from tonne.ledger.files.frames import Schema

HOURS_FLAT = "HOURS_FLAT"
"""Reason of the notice that records are longer than a span of their series."""

HOURS_FLAT_TEXT = (
    "records that are longer than an hour of their factor's series count as flat over their time: "
    "send shorter ones where the use is not"
)

HOURS_BY_SHARE = "HOURS_BY_SHARE"
"""Reason of the notice that it is not known which of several factors a record was posted under."""

HOURS_BY_SHARE_TEXT = (
    "records of the same days were posted under hours and under another factor, and nothing says "
    "which of them: the quantity under hours takes the hours of all of them, by its share"
)

Weighted = dict["HoursPart", Fraction]
"""Amount times 10^18 by the part that it is of."""

NOTHING: Weighted = {}


def parts_of(resolution: Resolution) -> list[HoursPart]:
    """Give the parts by hours that some entry of a resolution takes, each once."""
    return list(dict.fromkeys(each.hours for each in resolution.entries if each.hours))


@dataclass(frozen=True, slots=True, eq=False)
class Hours:
    """Times of the postings of a selection that hours decide on, and the series.

    Parameters
    ----------
    timed : polars.DataFrame
        Columns that the request tells apart, `resolution`, `portion` where there is one, `FROM`,
        `TO` and `quantity`: what the records of each time add.
    series : callable
        Gives a series by its SHA-256.
    parts : mapping of str to sequence of HoursPart
        By the id of a resolution.
    flat_count : int
        Records that are longer than a span of their series.
    by_share_count : int
        Records of which it is not known which were posted under hours.
    """

    timed: pl.DataFrame
    series: Callable[[str], HourSeries]
    parts: Mapping[str, Sequence[HoursPart]]
    flat_count: int = 0
    by_share_count: int = 0
    _integrals: dict[tuple[str, int, int], tuple[int, int]] = field(
        default_factory=dict, init=False
    )

    def sums(
        self, columns: Sequence[str], texts: Sequence[pl.Expr], bucket: Sequence[str]
    ) -> dict[tuple[Any, ...], Weighted]:
        """Weight the quantities of groups.

        Parameters
        ----------
        columns : sequence of str
            What tells the groups apart, besides the bucket.
        texts : sequence of polars.Expr
            What the groups are called by; groups of one name are one.
        bucket : sequence of str
            Columns of the bucket, `resolution` the first.

        Returns
        -------
        dict
            By the values of `texts` and of the bucket.
        """
        if self.timed.is_empty():
            return {}
        summed = sum_by(self.timed, [*columns, *bucket, FROM, TO]).select(
            *texts, *bucket, FROM, TO, pl.col("quantity").to_physical()
        )
        place = len(texts)
        numerators: defaultdict[tuple[Any, ...], defaultdict[tuple[HoursPart, int], int]]
        numerators = defaultdict(lambda: defaultdict(int))
        for *key, start, stop, atto in summed.iter_rows():
            mine = numerators[tuple(key)]
            for part in self.parts[key[place]]:
                mine[part, stop - start] += atto * self._weight(part, start, stop)
        return {key: self._fractions(found) for key, found in numerators.items()}

    def _weight(self, part: HoursPart, start: int, stop: int) -> int:
        key = (part.series, start, stop)
        found = self._integrals.get(key)
        if found is None:
            found = self._integrals[key] = self.series(part.series).integral(start, stop)
        if part.kind == "values":
            return found[0]
        return found[1] if part.kind == "within" else stop - start - found[1]

    def _fractions(self, numerators: Mapping[tuple[HoursPart, int], int]) -> Weighted:
        found: Weighted = {}
        for (part, length), numerator in numerators.items():
            scale = self.series(part.series).scale if part.kind == "values" else 1
            found[part] = found.get(part, Fraction(0)) + Fraction(numerator, length * scale)
        return found


def count_flat(
    timed: pl.DataFrame,
    record: str,
    parts: Mapping[str, Sequence[HoursPart]],
    series: Callable[[str], HourSeries],
) -> int:
    """Count the records that are longer than a span of a series.

    Parameters
    ----------
    timed : polars.DataFrame
        `resolution`, `FROM`, `TO`, and what tells one record from another.
    record : str
        Name of that column.
    parts : mapping of str to sequence of HoursPart
        By the id of a resolution.
    series : callable
        Gives a series by its SHA-256.
    """
    flat = [
        span
        for span in timed.select("resolution", FROM, TO).unique().iter_rows()
        if any(
            series(part.series).is_over_one(*span[1:])
            for part in parts[span[0]]
            if part.kind == "values"
        )
    ]
    schema: Schema = {"resolution": pl.String, **TIMES}
    table = pl.DataFrame(flat, schema=schema, orient="row")
    return timed.join(table, on=list(schema), how="semi")[record].n_unique()


def no_hours() -> Hours:
    """Give what a selection has on which no hours decide."""

    def series(sha256: str) -> HourSeries:
        raise LedgerInconsistent(f"the hours {sha256} are asked for, but no posting names them")

    return Hours(pl.DataFrame(), series, {})


def amount_of(weighted: Mapping[HoursPart, Fraction], part: HoursPart) -> Fraction:
    """Give the amount of a part; a posting under hours has one in any case."""
    if part not in weighted:
        raise LedgerInconsistent(
            f"a posting rests on the hours {part.series}, but the times of its records were not "
            "looked at"
        )
    return weighted[part]


def parts_by_id(resolutions: Iterable[tuple[str, Resolution]]) -> dict[str, list[HoursPart]]:
    """Give the parts of the resolutions that hours decide on, by id."""
    return {id_: found for id_, each in resolutions if (found := parts_of(each))}
