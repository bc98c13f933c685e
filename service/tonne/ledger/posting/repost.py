"""Posts a segment's records again: what they add, as far as records alone say it."""

from __future__ import annotations

import io
from array import array
from typing import TYPE_CHECKING

import polars as pl

from tonne.ledger.book.periods import period_table
from tonne.ledger.files.frames import Schema, frame_of, polars_errors
from tonne.ledger.files.postings import drop_zeros
from tonne.ledger.files.sums import QUANTITY_TYPE, sum_by
from tonne.ledger.posting.group import POSTING_REGION
from tonne.model import RowStatus
from tonne_kernel import BatchSlice, RuleTable, Session, post

if TYPE_CHECKING:
    from collections.abc import Iterator

REPLAY_KEYS = ("facility", "activity", "unit", "period", "status", "region")
"""What the records alone determine: resolutions are the book's, as it was then, and so are the
regions of what is posted, which are empty here."""

BATCH_ROWS = 1 << 16

REPLAYED_SCHEMA: Schema = {
    **dict.fromkeys(REPLAY_KEYS[:3], pl.String),
    "period": pl.Int32,
    "status": pl.UInt8,
    "region": pl.String,
    "quantity": QUANTITY_TYPE,
    "record_count": pl.Int64,
    "record_start_count": pl.Int64,
}
"""Columns of what a replay posts."""

_SENT = ("record_id", "facility", "activity", "quantity", "unit", "start", "end", "region")


def as_replayed(postings: pl.DataFrame) -> pl.DataFrame:
    """Sum postings over what a replay can know of them; `REPLAY_KEYS` as texts."""
    known = pl.when(pl.col("status") == RowStatus.POSTED).then(pl.lit("")).otherwise("region")
    return drop_zeros(sum_by(postings.with_columns(region=known), REPLAY_KEYS))


def _by_posting_region(segment: pl.DataFrame) -> pl.DataFrame:
    """Give records in suspense the region that they are posted under, and the others none."""
    noted = pl.col(POSTING_REGION) if POSTING_REGION in segment.columns else pl.lit(None)
    own = pl.coalesce(noted.cast(pl.String), pl.col("region").cast(pl.String), pl.lit(""))
    is_posted = pl.col("status") == RowStatus.POSTED
    return segment.with_columns(region=pl.when(is_posted).then(pl.lit("")).otherwise(own))


def post_segment(segment: pl.DataFrame, time_zone: str) -> Iterator[pl.DataFrame]:
    """Post a segment's records again, a batch at a time: columns of `REPLAYED_SCHEMA`."""
    by_region = _by_posting_region(segment)
    for (status,), records in by_region.group_by("status", maintain_order=True):
        for rows in records.iter_slices(BATCH_ROWS):
            postings = post_again(rows, RowStatus(status), time_zone)
            yield postings.with_columns(pl.lit(status, pl.UInt8).alias("status"))


def post_again(rows: pl.DataFrame, status: RowStatus, time_zone: str) -> pl.DataFrame:
    """Post records of one status under one rule: what they add, by key and period."""
    buffer = io.BytesIO()
    with polars_errors("a segment's records"):
        columns = rows.select(_SENT)
        columns.write_ipc_stream(buffer, compression="uncompressed")
    message = buffer.getvalue()
    session = Session()
    batch = session.decode_arrow(message, 0, len(message))
    session.set_rules(0, array("i", bytes(4 * session.key_count)))
    rule = RuleTable(array("i", [0, 1]), array("i", [0]), array("i", [-status]))
    posted = post([BatchSlice(batch, "replay", 0)], rule, period_table(time_zone))
    with polars_errors("a replay's postings"):
        return frame_of(posted.postings()).select(
            pl.col("facility", "activity", "unit").cast(pl.String),
            pl.col("region").cast(pl.String).fill_null(""),
            "period",
            "quantity",
            "record_count",
            "record_start_count",
        )
