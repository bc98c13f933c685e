"""What corrections, clearings and restatements moved between two moments of a book.

A commit's own files say it: a clearing names the records of a segment that it posted or took back,
or both, and its entry says why; what a correction posted instead stands in the segment of the same
commit. It costs what was corrected, cleared and restated, and not what came.
"""

from __future__ import annotations

import enum
from collections import defaultdict
from contextlib import nullcontext
from typing import TYPE_CHECKING, Final

import polars as pl

from tonne.ledger.book.periods import period_table
from tonne.ledger.files.files import CLEARING
from tonne.ledger.files.frames import polars_errors
from tonne.ledger.files.overlay import is_restated, read_cleared
from tonne.ledger.files.postings import POSTINGS_SCHEMA, drop_zeros
from tonne.ledger.files.sums import RunningSums
from tonne.ledger.posting.correcting.noted import POSTED_AS
from tonne.ledger.posting.correcting.taking import TAKEN_ROW_BYTES, read_kept
from tonne.ledger.posting.entries import REQUEST_PREFIX
from tonne.ledger.reading.past.postings import posted_again, records_after
from tonne.model import RowStatus
from tonne.store.statement_rows import ReasonCode
from tonne.work import check_wanted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tonne.ledger.budget import Hold
    from tonne.ledger.files.files import FileReader
    from tonne.model import Book
    from tonne.store.manifest.manifest import Manifest
    from tonne.store.rows import FileRow
    from tonne.store.statement_rows import Correction
    from tonne_kernel import PeriodTable

_FILES_BATCH: Final = 256
_PLACE: Final = ["channel", "offset"]
_SUM_ROW_BYTES: Final = 800


class Movement(enum.Enum):
    """Why records were posted or taken back after they came."""

    CORRECTION = "correction"
    DUPLICATE = "duplicate"
    CLEARING = "clearing"
    RESTATEMENT = "restatement"


class Movements:
    """Reads what was moved. Safe to call from several threads.

    Parameters
    ----------
    manifest, reader
        Where the ledger is kept.
    """

    def __init__(self, manifest: Manifest, reader: FileReader) -> None:
        self._manifest = manifest
        self._reader = reader

    def between(
        self, book: Book, after: int, upto: int, hold: Hold | None = None
    ) -> Mapping[Movement, pl.DataFrame]:
        """Sum what commits after one number, and up to another, moved.

        Returns
        -------
        mapping of Movement to polars.DataFrame
            Columns of `POSTINGS_SCHEMA`, of what is posted alone.

        Raises
        ------
        LedgerInconsistent
            A file cannot be read, or does not say under what its records were posted.
        """
        sums = {each: RunningSums(POSTINGS_SCHEMA) for each in Movement}
        by_segment: defaultdict[str, list[FileRow]] = defaultdict(list)
        for file in self._clearings(book.id, after, upto):
            by_segment[file.segment].append(file)
        periods = period_table(book.time_zone)
        commits = {file.commit_id for files in by_segment.values() for file in files}
        entries = self._manifest.entries_by(commits)
        for id_, files in sorted(by_segment.items()):
            check_wanted()
            segment = self._manifest.get_files([id_])[id_]
            with hold.more(segment.row_count * TAKEN_ROW_BYTES) if hold else nullcontext():
                for movement, part in self._moved(segment, files, entries, periods):
                    sums[movement].add(part)
            if hold is not None:
                held = sum(each.held_rows for each in sums.values())
                hold.grow_to(max(hold.size_bytes, held * _SUM_ROW_BYTES))
        for commit_id, mine in entries.items():
            for movement, part in self._instead(commit_id, mine, periods, hold):
                sums[movement].add(part)
        return {each: drop_zeros(one.frame()) for each, one in sums.items()}

    def _clearings(self, book: str, after: int, upto: int) -> Iterator[FileRow]:
        while files := self._manifest.live_files(
            book, (CLEARING,), after_seq=after, stop_seq=upto, limit=_FILES_BATCH
        ):
            yield from files
            after = files[-1].seq

    def _moved(
        self,
        segment: FileRow,
        files: Sequence[FileRow],
        entries: Mapping[str, Sequence[Correction]],
        periods: PeriodTable,
    ) -> Iterator[tuple[Movement, pl.DataFrame]]:
        """Give what some clearings of a segment posted and took back."""
        asked = {file.id for file in files}
        last_seq = max(file.seq for file in files)
        now = read_kept(self._reader, segment, [], whole=True)
        for file in self._manifest.clearings_of([segment.id]).get(segment.id, []):
            if file.seq > last_seq:
                break
            cleared = read_cleared(self._reader, [file]).with_columns(
                pl.col("channel").cast(pl.String)
            )
            before, now = now, records_after(now, cleared)
            if file.id not in asked:
                continue
            with polars_errors(file.path):
                # What an older Tonne posted without a note has it where it was taken back.
                told = cleared.select(*_PLACE, pl.col(POSTED_AS).alias("told"))
                was = before.join(told, on=_PLACE, how="inner", maintain_order="left")
                was = was.with_columns(pl.coalesce(POSTED_AS, "told").alias(POSTED_AS))
                gone = pl.col("is_reversed") | pl.col("is_withdrawn")
                freed = cleared.filter(~gone & ~is_restated())
                became = now.join(freed, on=_PLACE, how="semi", maintain_order="left")
                again = cleared.filter(is_restated())
                old, new = (
                    _posted(each.join(again, on=_PLACE, how="semi", maintain_order="left"))
                    for each in (was, now)
                )
            for sources, movement in _reasons(cleared, entries.get(file.commit_id, ())):
                taken = was.join(sources, on=_PLACE, how="semi", maintain_order="left")
                for part in posted_again(
                    _posted(taken), periods, segment.book, sign=-1, counts_from=file.counts_from
                ):
                    yield movement, part
            for part in posted_again(_posted(became), periods, segment.book, sign=1):
                yield Movement.CLEARING, part
            for records, sign in ((old, -1), (new, 1)):
                for part in posted_again(
                    records, periods, segment.book, sign=sign, counts_from=file.counts_from
                ):
                    yield Movement.RESTATEMENT, part

    def _instead(
        self,
        commit_id: str,
        entries: Sequence[Correction],
        periods: PeriodTable,
        hold: Hold | None,
    ) -> Iterator[tuple[Movement, pl.DataFrame]]:
        """Give what the corrections of a commit posted in the place of what they took back."""
        by_source = {
            REQUEST_PREFIX + each.request_id: _movement(each)
            for each in entries
            if each.request_id
        }
        for segment in self._manifest.segments_by(commit_id) if by_source else ():
            with hold.more(segment.row_count * TAKEN_ROW_BYTES) if hold else nullcontext():
                records = _posted(read_kept(self._reader, segment, [], whole=True))
                for source, movement in by_source.items():
                    mine = records.filter(pl.col("channel") == source)
                    for part in posted_again(mine, periods, segment.book, sign=1):
                        yield movement, part


def _posted(records: pl.DataFrame) -> pl.DataFrame:
    """Leave out what waits: it is in no number."""
    return records.filter(pl.col("status") == RowStatus.POSTED)


def _movement(entry: Correction) -> Movement:
    is_copy = entry.reason_code is ReasonCode.DUPLICATE
    return Movement.DUPLICATE if is_copy else Movement.CORRECTION


def _reasons(
    cleared: pl.DataFrame, entries: Sequence[Correction]
) -> Iterator[tuple[pl.DataFrame, Movement]]:
    """Give the places of records that were reversed, by why."""
    reversed_ = cleared.filter("is_reversed")
    by_request = {each.request_id: each for each in entries}
    for (source,), places in reversed_.group_by("by_source", maintain_order=True):
        request = str(source or "").removeprefix(REQUEST_PREFIX)
        entry = by_request.get(request, entries[0] if entries else None)
        yield places.select(_PLACE), Movement.CORRECTION if entry is None else _movement(entry)
