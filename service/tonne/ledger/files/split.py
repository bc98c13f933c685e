"""Records posted by themselves, under one rule: what the kernel's splitting makes of them.

No resolution comes of it, and nothing is kept: this is for what records add to each month,
key by key or one by one.
"""

from __future__ import annotations

import io
from array import array
from typing import TYPE_CHECKING

import polars as pl

from tonne.ledger.files.frames import frame_of, polars_errors
from tonne_kernel import BatchSlice, RuleTable, Session, post

if TYPE_CHECKING:
    from tonne_kernel import PeriodTable

_ONE_RULE = RuleTable(array("i", [0, 1]), array("i", [0]), array("i", [0]))


def post_plainly(records: pl.DataFrame, periods: PeriodTable) -> pl.DataFrame:
    """Sum what records add, by their own keys and by periods.

    Parameters
    ----------
    records : polars.DataFrame
        facility, activity, unit, region (texts or categories), quantity (decimal(18, 6)), start
        and end (timestamps in UTC).
    periods : PeriodTable
        Of the book's time zone.

    Returns
    -------
    polars.DataFrame
        facility, activity, unit, region (texts), period (Int32), quantity (decimal(38, 6)),
        record_count, record_start_count (Int64).
    """
    texts = ("facility", "activity", "unit", "region")
    buffer = io.BytesIO()
    with polars_errors("records to post"):
        records.select(
            *(pl.col(name).cast(pl.String) for name in texts), "quantity", "start", "end"
        ).write_ipc_stream(buffer, compression="uncompressed")
    message = buffer.getvalue()
    session = Session(batch_records_max=max(records.height, 1))
    batch = session.decode_arrow(message, 0, len(message))
    session.set_rules(0, array("i", bytes(4 * session.key_count)))
    posted = post([BatchSlice(batch, "plain", 0)], _ONE_RULE, periods)
    with polars_errors("the postings of records"):
        return frame_of(posted.postings()).select(
            *(pl.col(name).cast(pl.String).fill_null("") for name in texts),
            "period",
            "quantity",
            "record_count",
            "record_start_count",
        )


def split_records(records: pl.DataFrame, periods: PeriodTable) -> pl.DataFrame:
    """Split records over their periods.

    Each record is posted under a key of its own, so that the kernel's sums are its parts.

    Parameters
    ----------
    records : polars.DataFrame
        quantity (decimal(18, 6)), start and end (timestamps in UTC).
    periods : PeriodTable
        Of the book's time zone.

    Returns
    -------
    polars.DataFrame
        row (UInt32: position in `records`), period (Int32), quantity (decimal(38, 6)); in
        the order of rows and periods. The parts of a record add up to its quantity.
    """
    keyed = records.select(
        pl.int_range(pl.len()).cast(pl.String).alias("facility"),
        pl.lit("-").alias("activity"),
        pl.lit("-").alias("unit"),
        pl.lit("").alias("region"),
        "quantity",
        "start",
        "end",
    )
    return (
        post_plainly(keyed, periods)
        .select(pl.col("facility").cast(pl.UInt32).alias("row"), "period", "quantity")
        .sort("row", "period")
    )
