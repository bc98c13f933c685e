"""The records of months, cut at the ends of the months: what is laid side by side.

Only the segments that have records of these months are read. Records that wait count as those
that are posted; what was reversed, refused or is of an activity that comes piece by piece does
not.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Final

import polars as pl

from tonne.ledger.book.periods import month_boundaries_us
from tonne.ledger.budget import SEGMENT_ROW_BYTES
from tonne.ledger.closing.overlaps.laying import PIECE_SCHEMA
from tonne.ledger.files.frames import polars_errors
from tonne.ledger.files.overlay import Overlay, is_kept
from tonne.ledger.posting.entries import REQUEST_PREFIX
from tonne.work import check_wanted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tonne.ledger.budget import Hold
    from tonne.ledger.files.files import FileReader
    from tonne.ledger.reading.snapshot import Snapshot
    from tonne.store.manifest.manifest import Manifest
    from tonne.store.rows import FileRow

PIECEWISE: Final = frozenset(
    {
        "commuting",
        "fleet",
        "freight",
        "homeworking",
        "managed",
        "material",
        "purchase",
        "refrigerant",
        "service",
        "travel",
        "waste",
    }
)
"""Families of activities of which each record is a thing of its own: bought, moved, leaked.

Two purchases of one month are two purchases. What is left is metered, or delivered in time:
electricity, heat, cooling, steam, gas, fuel, water, processes, drivers, and ids of a book's own.
"""

REQUESTS: Final = REQUEST_PREFIX.rstrip("/")
"""All records that were posted by calls are of one source."""

_READ: Final = (
    "channel",
    "offset",
    "status",
    "record_id",
    "facility",
    "activity",
    "unit",
    "quantity",
    "start",
    "end",
)
_FILES_BATCH: Final = 256


class MonthPieces:
    """Pieces of the records of some months of a book, segment by segment.

    Parameters
    ----------
    manifest, reader
        Where the ledger is kept.
    snapshot : Snapshot
        The book at the moment that is looked at.
    months : sequence of int
        In order, at least one.
    """

    def __init__(
        self, manifest: Manifest, reader: FileReader, snapshot: Snapshot, months: Sequence[int]
    ) -> None:
        self._manifest = manifest
        self._reader = reader
        self._snapshot = snapshot
        self._months = months
        self._overlay = Overlay(manifest, reader)
        texts = snapshot.texts
        self._named = functools.cache(lambda text: texts.named(texts.activity_of(text)))
        boundaries = month_boundaries_us(snapshot.book.time_zone)
        self._starts = pl.Series(boundaries[months[0] : months[-1] + 1], dtype=pl.Int64)
        self._table = pl.DataFrame(
            [(month, boundaries[month], boundaries[month + 1]) for month in months],
            schema={"period": pl.Int32, "begin": pl.Int64, "stop": pl.Int64},
            orient="row",
        )

    def files(self) -> Iterator[list[FileRow]]:
        """Give the segments with records of the months, some at a time."""
        after_seq = 0
        while files := self._manifest.segments_of_months(
            self._snapshot.book.id, self._months[0], self._months[-1], after_seq, _FILES_BATCH
        ):
            check_wanted()
            yield list(filter(self._snapshot.knows, files))
            after_seq = files[-1].seq

    def pieces(self, files: Sequence[FileRow], hold: Hold) -> Iterator[pl.DataFrame]:
        """Read segments, one after the other; columns of `PIECE_SCHEMA`."""
        clearings = self._overlay.find(files)
        for file in files:
            check_wanted()
            known = list(filter(self._snapshot.knows, clearings.get(file.id, ())))
            with hold.more(file.row_count * SEGMENT_ROW_BYTES):
                records = self._reader.open(file).frame(_READ)
                with polars_errors(file.path):
                    yield self._cut(self._overlay.apply(records, known).filter(is_kept()))

    def _cut(self, records: pl.DataFrame) -> pl.DataFrame:
        """Cut records at the ends of the months."""
        source = pl.col("channel").cast(pl.String)
        texts = pl.col("facility", "activity", "unit", "record_id").cast(pl.String).fill_null("")
        times = records.select(
            "offset",
            "quantity",
            texts,
            pl.col("start", "end").dt.epoch("us"),
            source=pl.when(source.str.starts_with(REQUEST_PREFIX))
            .then(pl.lit(REQUESTS))
            .otherwise(source),
        )
        meant = {text: self._named(text) for text in times["activity"].unique().to_list()}
        family = pl.col("activity").str.split(".").list.first()
        begin, stop = self._table["begin"][0], self._table["stop"][-1]
        chosen = (
            times.with_columns(pl.col("activity").replace(meant))
            .filter(~family.is_in(list(PIECEWISE)), pl.col("start") < stop, pl.col("end") > begin)
            .with_columns(whole_us=pl.col("end") - pl.col("start"))
        )
        places = [
            (self._starts.search_sorted(chosen[name] - less, side="right").cast(pl.Int32) - 1)
            .clip(0)
            .alias(name)
            for name, less in (("start", 0), ("end", 1))
        ]
        period = pl.int_ranges("first", pl.col("last") + 1, dtype=pl.Int32) + self._months[0]
        within = (
            chosen.with_columns(places[0].alias("first"), places[1].alias("last"))
            .with_columns(period=period)
            .explode("period")
            .join(self._table, on="period", maintain_order="left")
        )
        return within.with_columns(
            start=pl.max_horizontal("start", "begin"), end=pl.min_horizontal("end", "stop")
        ).select(pl.col(name).cast(kind) for name, kind in PIECE_SCHEMA.items())
