"""Quantities in frames: one column of 18 places, in however many columns a file has them.

A segment has whole millionths, cut toward zero, and beside them what these leave out where some
record of it has more places; sums of older files have 6 places.
"""

from __future__ import annotations

import polars as pl

QUANTITY_TYPE = pl.Decimal(38, 18)
"""Type of a quantity and of a sum of quantities: below 10^20."""

QUANTITY_REST = "quantity_rest"
"""Column of a segment: what the millionths of its quantities leave out, decimal(18, 18)."""


def with_whole_quantities(frame: pl.DataFrame) -> pl.DataFrame:
    """Give a frame its quantities as `QUANTITY_TYPE`; one without numbers of them stays.

    Raises
    ------
    polars.exceptions.InvalidOperationError
        A sum of an older file is 10^20 or more.
    """
    if not isinstance(frame.schema.get("quantity"), pl.Decimal):
        return frame
    quantity = pl.col("quantity").cast(QUANTITY_TYPE)
    if QUANTITY_REST not in frame.columns:
        return frame.with_columns(quantity)
    rest = pl.col(QUANTITY_REST).cast(QUANTITY_TYPE)
    return frame.with_columns((quantity + rest).cast(QUANTITY_TYPE)).drop(QUANTITY_REST)
