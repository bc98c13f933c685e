"""Postings as they are kept: their columns, and which of them say nothing."""

from __future__ import annotations

import polars as pl

from tonne.ledger.files.frames import Schema, polars_errors
from tonne.ledger.files.quantities import QUANTITY_TYPE

POSTINGS_SCHEMA: Schema = {
    "facility": pl.String,
    "activity": pl.String,
    "unit": pl.String,
    "region": pl.String,
    "period": pl.Int32,
    "resolution": pl.String,
    "status": pl.UInt8,
    "quantity": QUANTITY_TYPE,
    "record_count": pl.Int64,
    "record_start_count": pl.Int64,
}
"""Columns of postings. `region` is the effective one; `resolution` is null in suspense, where
`status` (0: posted) says why."""


def drop_zeros(sums: pl.DataFrame) -> pl.DataFrame:
    """Leave out postings that were taken back whole: nothing, of no record."""
    with polars_errors("sums of postings"):
        is_left = pl.any_horizontal(
            pl.col(name) != 0 for name in ("quantity", "record_count", "record_start_count")
        )
        return sums.filter(is_left)
