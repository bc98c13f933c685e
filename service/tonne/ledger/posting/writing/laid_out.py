"""Postings as they are kept: laid out as columns, each under its resolution."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from tonne.ledger.files.frames import frame_of
from tonne.ledger.files.postings import with_late
from tonne.model import RowStatus

if TYPE_CHECKING:
    from tonne.catalogue.resolving.resolution import Resolution
    from tonne.ledger.book.book_state import BookState
    from tonne_kernel import Posted

POSTING_REGION = "posting_region"
"""Column of a segment, only where some record in suspense took its facility's region."""

POSTED_KEYS = (
    "facility",
    "activity",
    "unit",
    "region",
    "period",
    "first_day",
    "last_day",
    "resolution",
    "status",
    "late",
)
"""Columns that tell one posting from another."""


def posting_frame(
    posted: Posted, state: BookState, counts_from: int = 0
) -> tuple[pl.DataFrame, tuple[Resolution, ...]]:
    """Lay out postings as they are kept, and give the resolutions that they name.

    `counts_from` is the first month in which they count.

    Returns
    -------
    tuple of polars.DataFrame and tuple of Resolution
        Columns of `balances.POSTINGS_SCHEMA`; each resolution once.
    """
    postings = frame_of(posted.postings())
    used = postings["disposition"].unique().to_list()
    by_disposition = {number: state.resolutions[number] for number in used if number >= 0}
    ids = pl.DataFrame(
        {
            "disposition": list(by_disposition),
            "resolution": [each.id for each in by_disposition.values()],
        },
        schema={"disposition": pl.Int32, "resolution": pl.String},
    )
    frame = (
        state.with_effective_region(postings)
        .join(ids, on="disposition", how="left", maintain_order="left")
        .with_columns(status=(-pl.col("disposition").clip(upper_bound=0)).cast(pl.UInt8))
    )
    frame = with_late(frame, counts_from).select(
        *POSTED_KEYS, "quantity", "record_count", "record_start_count"
    )
    return frame, tuple(by_disposition.values())


def with_posting_region(records: pl.DataFrame, state: BookState) -> pl.DataFrame:
    """Note the region under which records in suspense are posted where that is the facility's.

    The facility may get another region while they wait; what is posted once they are cleared
    takes their first postings back, to the last key.

    Returns
    -------
    polars.DataFrame
        The records, with the column `posting_region` where any of them has one.
    """
    waiting = (
        records.select(
            pl.int_range(pl.len(), dtype=pl.UInt32).alias("row"),
            pl.col("facility", "region").cast(pl.String),
            "status",
        )
        .filter(pl.col("status") > RowStatus.POSTED)
        .with_columns(pl.col("region").fill_null(""))
        .filter(pl.col("region") == "")
    )
    if waiting.is_empty():
        return records
    regions = state.with_effective_region(waiting).filter(pl.col("region") != "")
    if regions.is_empty():
        return records
    noted = pl.select(row=pl.int_range(records.height, dtype=pl.UInt32)).join(
        regions.select("row", "region"), on="row", how="left", maintain_order="left"
    )
    return records.with_columns(noted["region"].alias(POSTING_REGION))
