"""Posts a segment's records again: what they add, as far as records alone say it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from tonne.errors import LedgerInconsistent
from tonne.ledger.book.periods import period_table
from tonne.ledger.files.frames import polars_errors
from tonne.ledger.files.overlay import is_kept
from tonne.ledger.files.postings import as_postings, by_month, drop_zeros
from tonne.ledger.files.quantities import QUANTITY_TYPE
from tonne.ledger.files.repost import decode_frame, repost
from tonne.ledger.files.sums import sum_by
from tonne.ledger.posting.posted import post_slices
from tonne.ledger.posting.writing.laid_out import POSTING_REGION, posting_frame
from tonne.model import RowStatus
from tonne_kernel import BatchSlice

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tonne.ledger.book.book_state import BookState
    from tonne.ledger.files.frames import Schema
    from tonne_kernel import Posted

REPOST_KEYS = ("facility", "activity", "unit", "period", "status", "region", "late")
"""What the records and their commits determine: resolutions are the book's, as it was then, and so
are the regions of what is posted, which are empty here, and the slices of months."""

BATCH_ROWS = 1 << 16

REPOSTED_SCHEMA: Schema = {
    **dict.fromkeys(REPOST_KEYS[:3], pl.String),
    "period": pl.Int32,
    "status": pl.UInt8,
    "region": pl.String,
    "late": pl.UInt16,
    "quantity": QUANTITY_TYPE,
    "record_count": pl.Int64,
    "record_start_count": pl.Int64,
}
"""Columns of what is posted again."""


def as_reposted(postings: pl.DataFrame) -> pl.DataFrame:
    """Sum postings over what records alone can know of them; `REPOST_KEYS` as texts."""
    known = pl.when(pl.col("status") == RowStatus.POSTED).then(pl.lit("")).otherwise("region")
    months = by_month(as_postings(postings))
    return drop_zeros(sum_by(months.with_columns(region=known), REPOST_KEYS))


def _by_posting_region(segment: pl.DataFrame) -> pl.DataFrame:
    """Give records in suspense the region that they are posted under, and the others none."""
    noted = pl.col(POSTING_REGION) if POSTING_REGION in segment.columns else pl.lit(None)
    own = pl.coalesce(noted.cast(pl.String), pl.col("region").cast(pl.String), pl.lit(""))
    is_posted = pl.col("status") == RowStatus.POSTED
    return segment.with_columns(region=pl.when(is_posted).then(pl.lit("")).otherwise(own))


def post_segment(segment: pl.DataFrame, time_zone: str) -> Iterator[pl.DataFrame]:
    """Post a segment's records again, a batch at a time: columns of `REPOSTED_SCHEMA`."""
    by_region = _by_posting_region(segment.filter(is_kept()))
    periods = period_table(time_zone)
    for (status,), records in by_region.group_by("status", maintain_order=True):
        for rows in records.iter_slices(BATCH_ROWS):
            postings = repost(rows, periods, RowStatus(status))
            yield postings.with_columns(
                pl.lit(status, pl.UInt8).alias("status"), pl.lit(0, pl.UInt16).alias("late")
            )


def post_under(records: pl.DataFrame, state: BookState, book: str) -> Posted:
    """Post records of a frame under a book's rules; their offsets are their places in it."""
    session, batch = decode_frame(records)
    state.assign_rules(session)
    return post_slices([BatchSlice(batch, "repost", 0)], state, book=book, row_errors_max=0)


def posted_then(records: pl.DataFrame, state: BookState, book: str) -> pl.DataFrame:
    """Post records under a state of then; columns of `POSTINGS_SCHEMA`.

    Raises
    ------
    LedgerInconsistent
        They would not be posted now, and were.
    """
    posted = post_under(records, state, book)
    with polars_errors(f"postings of book {book}"):
        frame, _ = posting_frame(posted, state)
        texts = as_postings(frame)
    if posted.record_count != records.height or texts.filter(pl.col("status") > 0).height:
        raise LedgerInconsistent(
            f"records of book {book!r} were posted, but version {state.book.method_version} of "
            "its method, in force at their commit, would not post them now. This version of "
            "Tonne resolves them in another way: rebuild with the one that posted them",
            metadata={"book": book},
        )
    return texts
