"""Segments as they count now: records that were cleared since are posted, reversed ones nothing.

A segment is never written again; its clearing files say which of its records left suspense, or
were reversed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

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
    "is_reversed": pl.Boolean,
    "posted_as": pl.String,
    "by_source": pl.String,
    "by_offset": pl.Int64,
}
"""Columns of a clearing: a record by its place, the status that it had, and what became of it.

It was withdrawn, because another record stands for it, or reversed (by a correction, then
`by_source` and `by_offset` are the place of the new record), or else posted: `posted_as` says
under what, see `posting.correcting.noted`; where it was posted before, it is restated, under that
from now on. The first clearings lack what came later."""

COUNTS_FROM: Final = "counts_from"
"""Column of records and of what was cleared: the first month in which it counts. That of a record
is the last one of all commits that posted it or took it back: none counts before those before."""

REVERSED: Final = int(RowStatus.REVERSED)

_FLAGS = ("is_withdrawn", "is_reversed")
_PLACE = ["channel", "offset"]

WITHDRAWN = RowStatus.FACILITY_MUST_BE_REGISTERED - 1
"""Status of a record of a segment for which another one stands: it is in no listing and no sum."""


def is_waiting() -> pl.Expr:
    """Whether a record of a segment, after its clearings, waits in suspense."""
    return pl.col("status") >= RowStatus.FACILITY_MUST_BE_REGISTERED


def is_withdrawn() -> pl.Expr:
    """Whether another record stands for one of a segment, after its clearings."""
    return pl.col("status") == WITHDRAWN


def is_kept() -> pl.Expr:
    """Whether a record of a segment, after its clearings, is posted or waits."""
    return (pl.col("status") == RowStatus.POSTED) | is_waiting()


def is_restated() -> pl.Expr:
    """Whether a clearing posts a record again that was posted, under what it notes."""
    gone = pl.col("is_reversed") | pl.col("is_withdrawn")
    return (pl.col("status") == RowStatus.POSTED) & ~gone


def read_cleared(reader: FileReader, clearings: Sequence[FileRow]) -> pl.DataFrame:
    """Read clearing files of one segment: columns of `CLEARED_SCHEMA`, and `COUNTS_FROM`."""
    parts = [pl.DataFrame(schema={**CLEARED_SCHEMA, COUNTS_FROM: pl.Int32})]
    for file in clearings:
        frame = reader.open(file).frame()
        absent = {
            name: pl.lit(None) if name not in _FLAGS else pl.lit(value=False)
            for name in CLEARED_SCHEMA
            if name not in frame.columns
        }
        with polars_errors(file.path):
            parts.append(
                frame.with_columns(**absent).select(
                    *(pl.col(name).cast(kind) for name, kind in CLEARED_SCHEMA.items()),
                    pl.lit(file.counts_from, pl.Int32).alias(COUNTS_FROM),
                )
            )
    return pl.concat(parts)


def counted_after(records: pl.DataFrame, cleared: pl.DataFrame) -> pl.DataFrame:
    """Say from which month on records count that clearings posted, or took back."""
    later = cleared.filter(pl.col(COUNTS_FROM) > 0)
    if later.is_empty():
        return records
    last = later.group_by(pl.col("channel").cast(pl.String), "offset").agg(
        pl.col(COUNTS_FROM).max().alias("then")
    )
    joined = records.join(last, on=_PLACE, how="left", maintain_order="left")
    return joined.with_columns(pl.max_horizontal(COUNTS_FROM, "then").alias(COUNTS_FROM)).drop(
        "then"
    )


def with_cleared(segment: pl.DataFrame, cleared: pl.DataFrame) -> pl.DataFrame:
    """Give the cleared records of a segment the status POSTED, REVERSED or `WITHDRAWN`.

    `cleared` is in the order of the commits: the last one of a record is in force.
    """
    if cleared.is_empty():
        return segment
    with polars_errors("a segment and its clearings"):
        keys = (pl.col("channel").cast(pl.String), pl.col("offset"))
        marks = segment.select(keys).join(
            cleared.select(*keys, _became().alias("now")).unique(_PLACE, keep="last"),
            on=_PLACE,
            how="left",
            maintain_order="left",
        )["now"]
        return segment.with_columns(status=marks.fill_null(segment["status"]))


def _became() -> pl.Expr:
    """Status of a record after a clearing."""
    gone = pl.when("is_reversed").then(REVERSED).when("is_withdrawn").then(WITHDRAWN)
    return gone.otherwise(int(RowStatus.POSTED)).cast(pl.UInt8)


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

    def link(self, segment: pl.DataFrame, clearings: Sequence[FileRow]) -> pl.DataFrame:
        """Do as `apply`, and say of reversed and of restated records by what.

        `reversal` is the commit, `by_source` and `by_offset` the place of what stands for the
        record; null of all others. `restated_by` is the last commit that restated one.
        """
        parts = [
            read_cleared(self._reader, [file]).with_columns(
                pl.lit(file.commit_id, pl.String).alias("reversal")
            )
            for file in clearings
        ]
        if not parts:
            texts = ("reversal", "restated_by", "by_source")
            none = {name: pl.lit(None, pl.String) for name in texts}
            return segment.with_columns(**none, by_offset=pl.lit(None, pl.Int64))
        cleared = pl.concat(parts)
        with polars_errors("a segment and its clearings"):
            keys = (pl.col("channel").cast(pl.String), pl.col("offset"))
            gone = cleared.filter("is_reversed")
            again = cleared.filter(is_restated()).unique(_PLACE, keep="last")
            links = segment.select(keys)
            for names in (
                gone.select(*keys, "reversal", "by_source", "by_offset"),
                again.select(*keys, pl.col("reversal").alias("restated_by")),
            ):
                links = links.join(names, on=_PLACE, how="left", maintain_order="left")
            linked = links.select("reversal", "restated_by", "by_source", "by_offset")
            return with_cleared(segment, cleared).with_columns(linked)

    def apply(self, segment: pl.DataFrame, clearings: Sequence[FileRow]) -> pl.DataFrame:
        """Give a segment's records the status that they have after its clearings."""
        return with_cleared(segment, read_cleared(self._reader, clearings))

    def counts_from(
        self, records: pl.DataFrame, file: FileRow, clearings: Sequence[FileRow]
    ) -> pl.Series:
        """Give the first month in which each record of a segment counts, by its place."""
        own = records.select(pl.col("channel").cast(pl.String), "offset").with_columns(
            pl.lit(file.counts_from, pl.Int32).alias(COUNTS_FROM)
        )
        late = [each for each in clearings if each.counts_from]
        return counted_after(own, read_cleared(self._reader, late))[COUNTS_FROM]
