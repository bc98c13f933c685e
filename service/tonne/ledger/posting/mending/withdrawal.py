"""Withdrawals: what waits in suspense leaves it in the commit of the record that stands for it.

The record itself stays in its segment, and is posted by nothing any more. A clearing file names
it, a posting takes it back, and the count of the segment falls, all in the one transaction that
posts the other record: so each is mended at most once, and counts once, whatever breaks.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from tonne.ledger.book.periods import period_table
from tonne.ledger.files.files import POSTINGS, SEGMENT
from tonne.ledger.files.frames import polars_errors
from tonne.ledger.files.overlay import Overlay, is_waiting
from tonne.ledger.files.postings import POSTINGS_SCHEMA
from tonne.ledger.posting.mending.waiting import clearing_names, read_waiting, taken_back
from tonne.ledger.posting.posted import Withdrawn
from tonne.store.errors import MendsKnown, SuspenseChanged
from tonne.store.rows import Clearing

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tonne.ledger.files.files import FileReader
    from tonne.ledger.posting.posted import PostedEntries
    from tonne.store.manifest.manifest import Manifest
    from tonne.store.rows import FileRow, MendRow

Place = tuple[str, int]
"""A record by its source, as files name it, and its offset there."""

_PLACE = {"channel": pl.String, "offset": pl.Int64}


class Withdrawals:
    """Finds records that wait, and withdraws them. Safe to call from several threads.

    Parameters
    ----------
    manifest, reader
        Where the ledger is kept.
    """

    def __init__(self, manifest: Manifest, reader: FileReader) -> None:
        self._manifest = manifest
        self._reader = reader
        self._overlay = Overlay(manifest, reader)

    def find(self, book: str, places: Iterable[Place]) -> dict[Place, str]:
        """Say in which segment records wait now; those that do not are left out."""
        by_source: defaultdict[str, list[int]] = defaultdict(list)
        for source, offset in places:
            by_source[source].append(offset)
        found: dict[Place, str] = {}
        for source, offsets in by_source.items():
            ranges = self._manifest.segment_ranges(book, source, min(offsets), max(offsets) + 1)
            files = self._manifest.get_files(each.file_id for each in ranges)
            for file in files.values():
                if file.kind == SEGMENT and file.suspended_count:
                    waiting = self._places_waiting(file, source, offsets)
                    found.update(((source, offset), file.id) for offset in waiting)
        return found

    def withdraw(self, posted: PostedEntries) -> PostedEntries:
        """Add to a commit what its records stand for in suspense, as it is at this moment.

        Raises
        ------
        MendsKnown
            Some of that waits no longer.
        SuspenseChanged
            A segment changed while it was read: post the entries again.
        """
        by_segment: defaultdict[str, list[MendRow]] = defaultdict(list)
        for mend in posted.mends():
            if mend.segment:
                by_segment[mend.segment].append(mend)
        if not by_segment:
            return posted
        book = posted.book.id
        periods = period_table(posted.book.time_zone)
        files = self._manifest.get_files(by_segment)
        withdrawn, postings = [], []
        for segment_id, mends in sorted(by_segment.items()):
            file = files[segment_id]
            records = self._take(file, mends)
            with polars_errors(f"records in suspense of book {book}"):
                names, channels = clearing_names(records, segment_id, is_withdrawn=True)
                postings.append(taken_back(records, periods))
            before = file.suspended_count
            clearing = Clearing(
                segment_id, before, before - records.height, withdrawn_channels=channels
            )
            withdrawn.append(Withdrawn(clearing, names))
        with polars_errors(f"postings of book {book}"):
            own = posted.frames.get(POSTINGS, pl.DataFrame(schema=POSTINGS_SCHEMA))
            parts = [own.select(list(POSTINGS_SCHEMA)), *postings]
            together = pl.concat(
                part.select(pl.col(name).cast(kind) for name, kind in POSTINGS_SCHEMA.items())
                for part in parts
            )
            touched = together["period"].unique().to_list()
        return replace(
            posted,
            frames={**posted.frames, POSTINGS: together},
            periods=tuple(sorted(touched)),
            withdrawn=tuple(withdrawn),
        )

    def _take(self, file: FileRow, mends: Sequence[MendRow]) -> pl.DataFrame:
        """Read the records of a segment that mends stand for."""
        waiting = read_waiting(self._reader, self._overlay, file)
        if waiting.height != file.suspended_count:
            raise SuspenseChanged.of(file.book, [file.id])
        with polars_errors(file.path):
            asked = pl.DataFrame(
                [(each.source, each.offset) for each in mends], schema=_PLACE, orient="row"
            )
            named = waiting.with_columns(pl.col("channel").cast(pl.String))
            found = named.join(asked, on=list(_PLACE), how="semi", maintain_order="left")
            there = set(found.select(*_PLACE).iter_rows())
        lost = [each.request_id for each in mends if (each.source, each.offset) not in there]
        if lost:
            raise MendsKnown.of(file.book, lost)
        return found

    def _places_waiting(self, file: FileRow, source: str, offsets: Sequence[int]) -> list[int]:
        head = self._reader.open(file).frame(["channel", "offset", "status"])
        now = self._overlay.apply(head, self._overlay.find([file]).get(file.id, []))
        with polars_errors(file.path):
            mine = (pl.col("channel").cast(pl.String) == source) & is_waiting()
            return now.filter(mine & pl.col("offset").is_in(list(offsets)))["offset"].to_list()
