"""The records of a month, cut at its ends: what is laid side by side.

Only the segments that have records of the month are read. Records that wait count as those
that are posted; what was reversed, refused or is of an activity that comes piece by piece does
not.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Final

import polars as pl

from tonne.ledger.book.periods import month_boundaries_us, period_at
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
    """Pieces of the records of a month of a book, segment by segment.

    Parameters
    ----------
    manifest, reader
        Where the ledger is kept.
    snapshot : Snapshot
        The book at the moment that is looked at.
    month : int
        Since 1970-01.
    """

    def __init__(
        self, manifest: Manifest, reader: FileReader, snapshot: Snapshot, month: int
    ) -> None:
        self._manifest = manifest
        self._reader = reader
        self._snapshot = snapshot
        self._month = month
        self._overlay = Overlay(manifest, reader)
        texts = snapshot.texts
        self._named = functools.cache(lambda text: texts.named(texts.activity_of(text)))
        boundaries = month_boundaries_us(snapshot.book.time_zone)
        self._begin_us, self._stop_us = boundaries[month], boundaries[month + 1]

    def files(self) -> Iterator[list[FileRow]]:
        """Give the segments with records of the month, some at a time."""
        after_seq = 0
        while files := self._manifest.segments_of_months(
            self._snapshot.book.id, self._month, self._month, after_seq, _FILES_BATCH
        ):
            check_wanted()
            yield list(filter(self._snapshot.knows, files))
            after_seq = files[-1].seq

    def pieces(self, files: Sequence[FileRow], hold: Hold) -> Iterator[pl.DataFrame]:
        """Read segments, one after the other; columns of `PIECE_SCHEMA`.

        The months of those whose months nobody noted (an older Tonne committed them) are noted.
        """
        clearings = self._overlay.find(files)
        noted: dict[str, tuple[int, int]] = {}
        for file in files:
            check_wanted()
            known = list(filter(self._snapshot.knows, clearings.get(file.id, ())))
            with hold.more(file.row_count * SEGMENT_ROW_BYTES):
                records = self._reader.open(file).frame(_READ)
                if file.span is None:
                    noted[file.id] = self._months_of(records)
                with polars_errors(file.path):
                    yield self._cut(self._overlay.apply(records, known).filter(is_kept()))

        self._manifest.note_months(noted)

    def _months_of(self, records: pl.DataFrame) -> tuple[int, int]:
        """Give the first and the last month of records; an end is exclusive."""
        zone = self._snapshot.book.time_zone
        last_us = (records["end"].to_physical() - 1).max()
        return period_at(zone, records["start"].to_physical().min()), period_at(zone, last_us)

    def _cut(self, records: pl.DataFrame) -> pl.DataFrame:
        """Cut records at the ends of the month."""
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
        start, end = pl.col("start"), pl.col("end")
        within = times.with_columns(pl.col("activity").replace(meant)).filter(
            ~family.is_in(list(PIECEWISE)), start < self._stop_us, end > self._begin_us
        )
        return within.with_columns(
            whole_us=end - start,
            start=pl.max_horizontal(start, self._begin_us),
            end=pl.min_horizontal(end, self._stop_us),
            period=pl.lit(self._month),
        ).select(pl.col(name).cast(kind) for name, kind in PIECE_SCHEMA.items())
