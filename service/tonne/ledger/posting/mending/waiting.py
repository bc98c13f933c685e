"""Records of a segment that wait in suspense: read, taken back, named by a clearing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from tonne.ledger.files.frames import polars_errors
from tonne.ledger.files.overlay import CLEARED_SCHEMA, COUNTS_FROM, is_waiting
from tonne.ledger.files.postings import with_late
from tonne.ledger.files.repost import repost
from tonne.ledger.posting.entries import REQUEST_PREFIX
from tonne.ledger.posting.writing.laid_out import POSTED_KEYS, POSTING_REGION

if TYPE_CHECKING:
    from tonne.ledger.files.files import FileReader
    from tonne.ledger.files.overlay import Overlay
    from tonne.store.rows import FileRow
    from tonne_kernel import PeriodTable


def read_waiting(reader: FileReader, overlay: Overlay, file: FileRow) -> pl.DataFrame:
    """Read the records of a segment that wait, with the region under which they are posted."""
    segment = reader.open(file).frame()
    segment = overlay.apply(segment, overlay.find([file]).get(file.id, []))
    with polars_errors(file.path):
        noted = pl.col(POSTING_REGION) if POSTING_REGION in segment.columns else pl.lit(None)
        return segment.filter(is_waiting()).select(
            "channel",
            "offset",
            "status",
            "quantity",
            "start",
            "end",
            pl.col("facility", "activity", "unit").cast(pl.String),
            pl.col("region").cast(pl.String).fill_null(""),
            noted.cast(pl.String).alias(POSTING_REGION),
            pl.lit(file.counts_from, pl.Int32).alias(COUNTS_FROM),
        )


def taken_back(records: pl.DataFrame, periods: PeriodTable) -> pl.DataFrame:
    """Post records in suspense as they were posted, with the signs turned."""
    parts = []
    by_region = records.with_columns(pl.coalesce(POSTING_REGION, "region").alias("region"))
    for (status, first), rows in by_region.group_by("status", COUNTS_FROM, maintain_order=True):
        parts.append(
            with_late(repost(rows, periods), int(str(first)))
            .with_columns(
                resolution=pl.lit(None, pl.String),
                status=pl.lit(status, pl.UInt8),
            )
            .select(*POSTED_KEYS, -pl.col("quantity", "record_count", "record_start_count"))
        )
    return pl.concat(parts)


def clearing_names(
    records: pl.DataFrame,
    segment_id: str,
    *,
    is_withdrawn: bool = False,
    is_reversed: bool = False,
) -> tuple[pl.DataFrame, tuple[tuple[str, int], ...]]:
    """Name records by their places, columns of `CLEARED_SCHEMA`, and count those of channels.

    Those that waited are counted; `records` may say already under what they are posted, and what
    stands for them.
    """
    marked = records.with_columns(
        segment=pl.lit(segment_id),
        is_withdrawn=pl.lit(is_withdrawn),
        is_reversed=pl.lit(is_reversed),
    )
    names = marked.select(
        (pl.col(name) if name in marked.columns else pl.lit(None)).cast(kind).alias(name)
        for name, kind in CLEARED_SCHEMA.items()
    )
    by_channel = names.filter(is_waiting())["channel"].value_counts(sort=True)
    channels = tuple(
        (channel, count)
        for channel, count in by_channel.iter_rows()
        if not channel.startswith(REQUEST_PREFIX)
    )
    return names, channels
