"""Exact sums over groups of postings. The kernel adds: 128 bits, and overflow raises."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from tonne.errors import QuantityOverflow
from tonne.ledger.files.frames import polars_errors
from tonne.ledger.files.quantities import QUANTITY_TYPE
from tonne.work import check_wanted
from tonne_kernel import sum_groups

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tonne.ledger.files.frames import Schema

COUNTS = ("record_count", "record_start_count")
"""Counts of records, which postings have."""

_ADDED = (*COUNTS, "posting_count")
"""Counts that are added with the quantities, as far as the frame has them."""

_LATE = "late"

PENDING_ROWS_MIN = 1 << 16
"""Rows of postings that wait, at least, before they are added up with the others."""


def sum_by(frame: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """Sum postings over groups.

    Parameters
    ----------
    frame : polars.DataFrame
        `quantity` decimal(38, 18), the keys, and any of `COUNTS` and `posting_count`, as Int64.
    keys : sequence of str
        Columns to group by; none gives one row with the total.

    Returns
    -------
    polars.DataFrame
        The keys (each combination once, in order of first sight), `quantity` decimal(38, 18),
        and the counts.

    Raises
    ------
    QuantityOverflow
        A sum has more than 38 digits.
    """
    check_wanted()
    counts = [name for name in _ADDED if name in frame.columns]
    if _LATE in keys and not (frame[_LATE] > 0).any():
        # Nearly always: a key that is the same everywhere tells nothing apart, and costs.
        told = sum_by(frame, [each for each in keys if each != _LATE])
        none = pl.lit(0, frame.schema[_LATE]).alias(_LATE)
        return told.with_columns(none).select(*keys, "quantity", *counts)
    with polars_errors("postings"):
        if not keys:
            totals = frame.select(pl.col(counts).sum())
            return totals.select(
                _sums(
                    pl.repeat(0, frame.height, dtype=pl.UInt32, eager=True), 1, frame["quantity"]
                ),
                pl.col(counts),
            )
        groups = frame.group_by(list(keys), maintain_order=True).agg(
            pl.col(counts).sum(), pl.col("quantity")
        )
        parts = groups.select(
            pl.int_range(pl.len(), dtype=pl.UInt32).alias("group"), "quantity"
        ).explode("quantity")
        sums = _sums(parts["group"], groups.height, parts["quantity"])
        return groups.with_columns(sums).select(*keys, "quantity", *counts)


class RunningSums:
    """Sums of postings that come in parts; what waits is added up when it is as much as the sums.

    So each row is summed a few times, however many parts there are, and memory is bounded by
    the distinct keys and what waits.

    Parameters
    ----------
    schema : mapping of str to type
        Columns: the keys, `quantity`, `COUNTS` and `posting_count`.
    pending_rows_min : int
        Rows that wait, at least, before they are added up.
    """

    def __init__(self, schema: Schema, pending_rows_min: int = PENDING_ROWS_MIN) -> None:
        self._columns = list(schema)
        self._keys = [name for name in schema if name not in {"quantity", *_ADDED}]
        self._pending_rows_min = pending_rows_min
        self._sums = pl.DataFrame(schema=schema)
        self._pending: list[pl.DataFrame] = []
        self._pending_rows = 0

    @property
    def held_rows(self) -> int:
        """Rows of the sums so far and of what waits."""
        return self._sums.height + self._pending_rows

    def add(self, frame: pl.DataFrame) -> None:
        """Take postings in; other columns are left out. Raises QuantityOverflow."""
        self._pending.append(frame.select(self._columns))
        self._pending_rows += frame.height
        if self._pending_rows >= max(self._pending_rows_min, self._sums.height):
            self.frame()

    def frame(self) -> pl.DataFrame:
        """Give the sums so far, each key once. Raises QuantityOverflow."""
        if self._pending:
            everything = pl.concat([self._sums, *self._pending])
            self._sums = sum_by(everything, self._keys).select(self._columns)
            self._pending, self._pending_rows = [], 0
        return self._sums


def _sums(groups: pl.Series, group_count: int, values: pl.Series) -> pl.Series:
    try:
        exported = sum_groups(groups.rechunk(), group_count, values.rechunk())
    except OverflowError as error:
        raise QuantityOverflow.of_sum("select fewer records") from error
    return pl.Series(exported).cast(QUANTITY_TYPE).alias("quantity")
