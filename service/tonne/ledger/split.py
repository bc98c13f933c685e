"""Records split over their months: one by one, as the kernel splits what it posts."""

from __future__ import annotations

import io
from array import array
from typing import TYPE_CHECKING

import polars as pl

from tonne.ledger.frames import frame_of, polars_errors
from tonne_kernel import RuleTable, Session, Share, post

if TYPE_CHECKING:
    from tonne_kernel import PeriodTable

_ONE_RULE = RuleTable(array("i", [0, 1]), array("i", [0]), array("i", [0]))


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
    buffer = io.BytesIO()
    with polars_errors("records to split"):
        records.select(
            pl.int_range(pl.len()).cast(pl.String).alias("facility"),
            pl.lit("-").alias("activity"),
            "quantity",
            pl.lit("-").alias("unit"),
            "start",
            "end",
        ).write_ipc_stream(buffer, compression="uncompressed")
    message = buffer.getvalue()
    session = Session(batch_records_max=max(records.height, 1))
    batch = session.decode_arrow(message, 0, len(message))
    session.set_rules(0, array("i", bytes(4 * session.key_count)))
    posted = post([Share(batch, "split", 0)], _ONE_RULE, periods)
    with polars_errors("the parts of records"):
        return (
            frame_of(posted.postings())
            .select(
                pl.col("facility").cast(pl.String).cast(pl.UInt32).alias("row"),
                "period",
                "quantity",
            )
            .sort("row", "period")
        )
