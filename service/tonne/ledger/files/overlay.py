"""Segments as they count now: the records that were cleared since are posted.

A segment is never written again; its clearing files say which of its records left suspense.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from tonne.ledger.files.frames import Schema, polars_errors
from tonne.model import RowStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tonne.ledger.files.files import FileReader
    from tonne.store.manifest.manifest import Manifest
    from tonne.store.rows import FileRow

CLEARED_SCHEMA: Schema = {
    "segment": pl.String,
    "channel": pl.String,
    "offset": pl.Int64,
    "status": pl.UInt8,
    "is_withdrawn": pl.Boolean,
}
"""Columns of a clearing: a record by its place, the status in which it waited, and whether it was
withdrawn, because another record stands for it, and not posted. The first clearings lack that."""

WITHDRAWN = RowStatus.FACILITY_MUST_BE_REGISTERED - 1
"""Status of a record of a segment for which another one stands: it is in no listing and no sum."""


def is_waiting() -> pl.Expr:
    """Whether a record of a segment, after its clearings, waits in suspense."""
    return pl.col("status") >= RowStatus.FACILITY_MUST_BE_REGISTERED


def is_withdrawn() -> pl.Expr:
    """Whether another record stands for one of a segment, after its clearings."""
    return pl.col("status") == WITHDRAWN


def read_cleared(reader: FileReader, clearings: Sequence[FileRow]) -> pl.DataFrame:
    """Read clearing files of one segment, columns of `CLEARED_SCHEMA`."""
    parts = [pl.DataFrame(schema=CLEARED_SCHEMA)]
    for file in clearings:
        frame = reader.open(file).frame()
        if "is_withdrawn" not in frame.columns:
            frame = frame.with_columns(is_withdrawn=pl.lit(value=False))
        with polars_errors(file.path):
            parts.append(
                frame.select(pl.col(name).cast(kind) for name, kind in CLEARED_SCHEMA.items())
            )
    return pl.concat(parts)


def with_cleared(segment: pl.DataFrame, cleared: pl.DataFrame) -> pl.DataFrame:
    """Give the cleared records of a segment the status POSTED, or `WITHDRAWN`."""
    if cleared.is_empty():
        return segment
    with polars_errors("a segment and its clearings"):
        keys = (pl.col("channel").cast(pl.String), pl.col("offset"))
        marks = segment.select(keys).join(
            cleared.select(*keys, "is_withdrawn"),
            on=["channel", "offset"],
            how="left",
            maintain_order="left",
        )["is_withdrawn"]
        left = pl.when(marks).then(WITHDRAWN).otherwise(int(RowStatus.POSTED)).cast(pl.UInt8)
        return segment.with_columns(
            status=pl.when(marks.is_not_null()).then(left).otherwise(pl.col("status"))
        )


class Overlay:
    """Reads which records of segments were cleared. Safe to call from several threads.

    Parameters
    ----------
    manifest, reader
        Where the ledger is kept.
    """

    def __init__(self, manifest: Manifest, reader: FileReader) -> None:
        self._manifest = manifest
        self._reader = reader

    def find(self, segments: Iterable[FileRow]) -> Mapping[str, list[FileRow]]:
        """Find the clearing files of segments by the segment's id: one query for all."""
        return self._manifest.clearings_of(file.id for file in segments)

    def apply(self, segment: pl.DataFrame, clearings: Sequence[FileRow]) -> pl.DataFrame:
        """Give a segment's records the status that they have after its clearings."""
        return with_cleared(segment, read_cleared(self._reader, clearings))
