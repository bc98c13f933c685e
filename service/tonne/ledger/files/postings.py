"""Postings as they are kept: their columns, and which of them say nothing."""

from __future__ import annotations

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
    "quantity": QUANTITY_TYPE,
    "record_count": pl.Int64,
    "record_start_count": pl.Int64,
}
"""Columns of postings. `region` is the effective one; `resolution` is null in suspense, where
`status` (0: posted) says why. `first_day` to `last_day` is the slice of the month: 1 to 31 where
that is whole, whatever its length. `record_count` is of the slice: see `by_month`."""

_WHOLE_MONTH = {"first_day": 1, "last_day": LAST_DAY}


def as_postings(frame: pl.DataFrame) -> pl.DataFrame:
    """Give the columns of `POSTINGS_SCHEMA`; a posting of before there were slices has its month.

    Such a posting may hold records from before and from after a date within the month.
    """
    absent = {name: day for name, day in _WHOLE_MONTH.items() if name not in frame.columns}
    return frame.with_columns(**{name: pl.lit(day) for name, day in absent.items()}).select(
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


def drop_zeros(sums: pl.DataFrame) -> pl.DataFrame:
    """Leave out postings that were taken back whole: nothing, of no record."""
    with polars_errors("sums of postings"):
        is_left = pl.any_horizontal(
            pl.col(name) != 0 for name in ("quantity", "record_count", "record_start_count")
        )
        return sums.filter(is_left)
