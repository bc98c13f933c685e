"""Postings as they are kept: their columns, and which of them say nothing."""

from __future__ import annotations

from typing import Final

import polars as pl

from tonne.ledger.files.frames import Schema, polars_errors
from tonne.ledger.files.quantities import QUANTITY_TYPE
from tonne.model import LAST_DAY

POSTINGS_SCHEMA: Schema = {
    "facility": pl.String,
    "activity": pl.String,
    "unit": pl.String,
    "region": pl.String,
    "period": pl.Int32,
    "first_day": pl.UInt8,
    "last_day": pl.UInt8,
    "resolution": pl.String,
    "status": pl.UInt8,
    "late": pl.UInt16,
    "quantity": QUANTITY_TYPE,
    "record_count": pl.Int64,
    "record_start_count": pl.Int64,
}
"""Columns of postings. `region` is the effective one; `resolution` is null in suspense, where
`status` (0: posted) says why. `first_day` to `last_day` is the slice of the month: 1 to 31 where
that is whole, whatever its length. `record_count` is of the slice: see `by_month`. `period` is the
month in which it happened; it counts `late` months after it, see `with_late`."""

CONTINUED: Final = (1 << 16) - 1
"""`late` of what counts in its own month and says of how many records that began in a month that
counts here too: they are of these, and counted there. Its quantity is none."""

_WHOLE_MONTH = {"first_day": 1, "last_day": LAST_DAY}


def as_postings(frame: pl.DataFrame) -> pl.DataFrame:
    """Give the columns of `POSTINGS_SCHEMA`; a posting of before there were slices has its month.

    Such a posting may hold records from before and from after a date within the month. One of
    before records could be late counts when it happened.
    """
    of_before = {**_WHOLE_MONTH, "late": 0}
    absent = {name: value for name, value in of_before.items() if name not in frame.columns}
    return frame.with_columns(**{name: pl.lit(value) for name, value in absent.items()}).select(
        pl.col(name).cast(kind) for name, kind in POSTINGS_SCHEMA.items()
    )


def by_month(postings: pl.DataFrame) -> pl.DataFrame:
    """Put slices back into their months: what counts of each adds up to what counts of the month.

    A record with parts in several slices of a month counts in the month once: in the slice that
    the month begins with, or else where the record begins.
    """
    is_first = pl.col("first_day") == 1
    records = pl.when(is_first).then("record_count").otherwise("record_start_count")
    return postings.with_columns(
        records.alias("record_count"),
        *(pl.lit(day, pl.UInt8).alias(name) for name, day in _WHOLE_MONTH.items()),
    )


def with_late(postings: pl.DataFrame, counts_from: int) -> pl.DataFrame:
    """Say of postings of one commit, or of records of one, in which month they count.

    Parameters
    ----------
    postings : polars.DataFrame
        period, first_day, quantity, record_count, record_start_count, and others.
    counts_from : int
        The first month in which they may count; what happened before counts in it.

    Returns
    -------
    polars.DataFrame
        The same columns and `late`. Records that reach from before `counts_from` into it have
        a row of their own there, so that either view counts each of them once.
    """
    none = pl.lit(0, pl.UInt16).alias("late")
    if not counts_from or not (postings["period"] < counts_from).any():
        return postings.with_columns(none)
    with polars_errors("late postings"):
        behind = pl.lit(counts_from, pl.Int32) - pl.col("period")
        marked = postings.with_columns(behind.clip(lower_bound=0).cast(pl.UInt16).alias("late"))
        continued = pl.col("record_count") - pl.col("record_start_count")
        joins = (pl.col("period") == counts_from) & (pl.col("first_day") == 1) & (continued != 0)
        apart = marked.filter(joins).with_columns(
            late=pl.lit(CONTINUED, pl.UInt16),
            quantity=pl.lit(0).cast(QUANTITY_TYPE),
            record_count=continued,
            record_start_count=pl.lit(0, pl.Int64),
        )
        own = pl.when(joins).then("record_start_count").otherwise("record_count")
        return pl.concat([marked.with_columns(record_count=own), apart])


def months_late() -> pl.Expr:
    """Give how many months after it happened a posting counts."""
    return pl.when(pl.col("late") == CONTINUED).then(0).otherwise("late").cast(pl.Int32)


def counted_months(postings: pl.DataFrame, *, posted_alone: bool = False) -> tuple[int, ...]:
    """Give the months in which postings count, ascending; of those that do not wait alone."""
    with polars_errors("months of postings"):
        chosen = postings.filter(pl.col("status") == 0) if posted_alone else postings
        months = chosen.select((pl.col("period") + months_late()).unique().sort()).to_series()
        return tuple(months.to_list())


def as_counted(postings: pl.DataFrame) -> pl.DataFrame:
    """Put the month in which postings count in the place of that in which they happened.

    `late` stays, to tell the other one. What is late counts where its record begins: its other
    parts are there too.
    """
    late = pl.col("late")
    if not (postings["late"] > 0).any():
        return postings
    return postings.with_columns(
        period=pl.col("period") + months_late(),
        record_count=pl.when(late > 0).then("record_start_count").otherwise("record_count"),
        late=months_late().cast(pl.UInt16),
    )


def as_happened(postings: pl.DataFrame) -> pl.DataFrame:
    """Leave postings in the months in which they happened; `late` tells the other one."""
    if not (postings["late"] == CONTINUED).any():
        return postings
    return postings.with_columns(late=months_late().cast(pl.UInt16))


def drop_zeros(sums: pl.DataFrame) -> pl.DataFrame:
    """Leave out postings that were taken back whole: nothing, of no record."""
    with polars_errors("sums of postings"):
        is_left = pl.any_horizontal(
            pl.col(name) != 0 for name in ("quantity", "record_count", "record_start_count")
        )
        return sums.filter(is_left)
