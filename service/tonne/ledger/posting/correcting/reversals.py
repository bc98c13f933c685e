"""Reversals: records are taken back, each once, as they were posted.

Segment by segment, in one manifest transaction each: a clearing file names the records, a postings
file has what they were posted as with the signs turned, and an entry says who, when and why. The
transaction asserts the book's revision, that the months are open, and how many records of the
segment wait and are reversed; the second count rises with every reversal, so that of two servers
that saw the same records one fails and looks again. A crash before it leaves files without a row,
which are garbage; one after it leaves records that are reversed, which a second call tells.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import polars as pl

from tonne.errors import FieldInvalid, StoreUnavailable
from tonne.ledger.book.periods import counts_from_now
from tonne.ledger.files.files import put_cleared
from tonne.ledger.files.frames import polars_errors
from tonne.ledger.files.overlay import REVERSED, is_kept, is_waiting
from tonne.ledger.files.postings import counted_months
from tonne.ledger.posting.correcting.selection import Target, target_of
from tonne.ledger.posting.correcting.taking import (
    RESTATED_COUNT,
    TAKEN_ROW_BYTES,
    read_kept,
    take_back,
    with_older_notes,
)
from tonne.ledger.posting.mending.waiting import clearing_names
from tonne.model import check_id
from tonne.store import faults
from tonne.store.errors import BookChanged, SuspenseChanged
from tonne.store.rows import Clearing, Commit

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from tonne.ledger.book.book_state import BookState, BookStates
    from tonne.ledger.budget import Budget
    from tonne.ledger.files.files import FileReader
    from tonne.ledger.posting.correcting.selection import Selection
    from tonne.store.manifest.manifest import Manifest
    from tonne.store.objects.objects import Objects
    from tonne.store.rows import FileRow
    from tonne.store.statement_rows import Correction

ATTEMPTS_MAX = 32
"""How often a segment is looked at again because the book or the segment changed."""

LISTED_MAX = 10
"""Records of one id that a refusal lists."""


@dataclass(frozen=True, slots=True)
class ReversalProgress:
    """How far a reversal is.

    Of `segment_count` segments `segments_done_count` were gone through; `reversed_count` records
    were reversed by it, `already_count` had been before; `quarantined_count` of a range are in
    quarantine, where they count for nothing.
    """

    segment_count: int
    segments_done_count: int = 0
    reversed_count: int = 0
    already_count: int = 0
    quarantined_count: int = 0


class Reverser:
    """Reverses records of books. Safe to call from several threads and servers.

    Parameters
    ----------
    manifest, objects, reader
        Where the ledger is kept.
    states : BookStates
        The rules of the books.
    clock : callable
        The time, UTC.
    on_postings : callable
        As in `Journal`.
    reads : Budget
        Memory of the calls that read: a reversal holds that of one segment at a time.
    """

    def __init__(
        self,
        manifest: Manifest,
        objects: Objects,
        reader: FileReader,
        states: BookStates,
        *,
        clock: Callable[[], dt.datetime],
        on_postings: Callable[[FileRow, pl.DataFrame], None],
        reads: Budget,
    ) -> None:
        self._manifest = manifest
        self._objects = objects
        self._reader = reader
        self._states = states
        self._clock = clock
        self._on_postings = on_postings
        self._reads = reads

    def reverse(
        self, book: str, selection: Selection, entry: Correction
    ) -> Iterator[ReversalProgress]:
        """Reverse the records of a selection, one segment at a step.

        Parameters
        ----------
        entry : Correction
            Who says so, and why.

        Raises
        ------
        NameInvalid, BookUnknown, ChannelUnknown
        FieldInvalid
            No author, no reason; no such record, one that is in quarantine, an id of several.
        PeriodMustBeOpen
            A record has a part in a closed month; what was told before stays reversed.
        CapacityError
            Call again: nothing is reversed twice.
        """
        check_entry(entry)
        found = self._manifest.get_book(check_id("book", book))
        target = target_of(self._manifest, book, selection, found.time_zone)
        if selection.offsets or selection.record_id:
            self._look(book, selection, target)
        entry = replace(entry, selection=str(selection))
        asked_count = max(selection.stop_offset - selection.first_offset, 0)
        return self._steps(book, target, entry, asked_count)

    def reverse_places(
        self, book: str, segment_id: str, places: Sequence[tuple[str, int]], entry: Correction
    ) -> int:
        """Reverse just the records at places of a segment; what stands for them stays.

        Returns
        -------
        int
            How many were reversed by this; others had been before.
        """
        match = pl.lit(value=False)
        for source, offset in places:
            match |= (pl.col("channel") == source) & (pl.col("offset") == offset)
        count, _ = self._reverse_segment(book, segment_id, Target(match, [segment_id]), entry)
        return count

    def counts(self, segment_id: str, source: str, offset: int) -> bool:
        """Whether the record at a place of a segment is posted or waits."""
        file = self._manifest.get_files([segment_id])[segment_id]
        with self._reads.holding(file.row_count * TAKEN_ROW_BYTES):
            records = self._records(file)
            place = (pl.col("channel") == source) & (pl.col("offset") == offset)
            return not records.filter(place & is_kept()).is_empty()

    def _steps(
        self, book: str, target: Target, entry: Correction, asked_count: int
    ) -> Iterator[ReversalProgress]:
        done = ReversalProgress(len(target.segments))
        for segment_id in target.segments:
            reversed_count, already_count = self._reverse_segment(book, segment_id, target, entry)
            done = replace(
                done,
                segments_done_count=done.segments_done_count + 1,
                reversed_count=done.reversed_count + reversed_count,
                already_count=done.already_count + already_count,
            )
            found = done.reversed_count + done.already_count
            if done.segments_done_count == done.segment_count and asked_count:
                done = replace(done, quarantined_count=asked_count - found)
            yield done
        if not target.segments:
            yield replace(done, quarantined_count=asked_count)

    def _look(self, book: str, selection: Selection, target: Target) -> None:
        """Refuse what cannot be meant before anything is done."""
        count = 0
        kept: list[tuple[str, int, str]] = []
        for segment_id in target.segments:
            file = self._manifest.get_files([segment_id])[segment_id]
            with self._reads.holding(file.row_count * TAKEN_ROW_BYTES):
                rows = self._records(file).filter(target.match)
            count += rows.height
            if selection.record_id:
                found = rows.filter(is_kept()).select("channel", "offset", "facility")
                kept += found.head(LISTED_MAX + 1).rows()
        if selection.record_id:
            _check_id(book, selection.record_id, count, kept)
            return
        asked = len(selection.offsets)
        if count < asked:
            raise FieldInvalid(
                f"selection: {asked - count} of the {asked} records of {selection} in book {book} "
                "are in quarantine, where they count for nothing: mend them (`tonne quarantine "
                "list`, or the same command with the mended file). Nothing was reversed",
                metadata={"field": "selection", "book": book},
            )

    def _records(self, file: FileRow) -> pl.DataFrame:
        clearings = self._manifest.clearings_of([file.id]).get(file.id, [])
        return read_kept(self._reader, file, clearings, whole=True)

    def _reverse_segment(
        self, book: str, segment_id: str, target: Target, entry: Correction
    ) -> tuple[int, int]:
        """Reverse what is meant of a segment: how many records were, and how many had been."""
        for _ in range(ATTEMPTS_MAX):
            file = self._manifest.get_files([segment_id])[segment_id]
            with self._reads.holding(file.row_count * TAKEN_ROW_BYTES):
                clearings = self._manifest.clearings_of([file.id]).get(file.id, [])
                records = read_kept(self._reader, file, clearings, whole=True)
                if not is_as_counted(file, records):
                    continue  # changed by another between the two
                meant = records.filter(target.match)
                chosen = meant.filter(is_kept())
                already_count = meant.filter(pl.col("status") == REVERSED).height
                if chosen.is_empty():
                    return 0, already_count
                state = self._states.refresh(book)
                revision = revision_of(self._manifest, file, clearings)
                chosen = with_older_notes(chosen, file, state, revision)
                try:
                    self.commit(file, state, chosen, entry)
                except (BookChanged, SuspenseChanged):
                    continue
                return chosen.height, already_count
        raise StoreUnavailable(
            f"segment {segment_id} of book {book} changed while it was reversed, again and "
            "again: try again",
            metadata={"book": book, "segment": segment_id},
            retry_delay_s=1.0,
        )

    def commit(
        self,
        file: FileRow,
        state: BookState,
        records: pl.DataFrame,
        entry: Correction,
        *,
        points: tuple[str, str] = ("reversal.after_files", "reversal.after_commit"),
        unchanged: Iterable[FileRow] = (),
        counts_from: int = 0,
    ) -> None:
        """Make the files of a reversal durable, then the reversal true.

        Parameters
        ----------
        file : FileRow
            The segment.
        records : polars.DataFrame
            What is taken back of it, as `read_kept` gives it, each with its note.
        entry : Correction
            Without its counts.
        points : (str, str)
            Fault points: when the files are durable, and when the commit has happened.
        unchanged : iterable of FileRow
            Segments that must be as they were.
        counts_from : int
            The first month in which it counts, where that is later than a reversal of now does.

        Raises
        ------
        SuspenseChanged, BookChanged, PeriodMustBeOpen
            Nothing happened.
        """
        commit_id, now, book = uuid.uuid4().hex, self._clock(), file.book
        with polars_errors(file.path):
            names, _ = clearing_names(records, file.id, is_reversed=True)
            counts_from = max(counts_from, counts_from_now(state.book, is_entry=True))
            taken = take_back(records, state.periods, book, counts_from)
            periods = tuple(sorted(taken["period"].unique().to_list()))
        reversal, postings = put_cleared(self._objects, file, names, taken, commit_id, now)
        faults.reach(points[0])
        self._manifest.commit(
            Commit(
                id=commit_id,
                book=book,
                revision=state.book.revision,
                revision_token=state.book.revision_token,
                clearings=(reversal_of(file, records), *map(_as_it_was, unchanged)),
                corrections=(
                    replace(entry, record_count=records.height, first_period=periods[0]),
                ),
                files=(reversal, postings),
                periods=counted_months(taken, posted_alone=counts_from > 0),
                first_period=periods[0] if periods else None,
                counts_from=counts_from,
            )
        )
        faults.reach(points[1])
        self._on_postings(postings, taken)


def check_entry(entry: Correction) -> None:
    """See that it says who and why. Raises `FieldInvalid`."""
    for name in ("author", "reason"):
        if not getattr(entry, name).strip():
            raise FieldInvalid(
                f"{name}: expected {'who reverses' if name == 'author' else 'why to reverse'} "
                f"records; got nothing: what is taken back stays in the ledger with its {name}",
                metadata={"field": name},
            )


def is_as_counted(file: FileRow, records: pl.DataFrame) -> bool:
    """Whether the clearings that were read are those of the segment's row."""
    waiting = records.filter(is_waiting()).height
    gone = records.filter(pl.col("status") == REVERSED).height
    again = int(records[RESTATED_COUNT].sum())
    return (waiting, gone, again) == (
        file.suspended_count,
        file.reversed_count,
        file.restated_count,
    )


def reversal_of(file: FileRow, records: pl.DataFrame) -> Clearing:
    """Count what records of a segment change in its row when they are reversed.

    Those that waited wait no more: in the totals of their channels they count as posted, as all
    do that are reversed.
    """
    _, channels = clearing_names(records, file.id, is_reversed=True)
    return Clearing(
        file.id,
        file.suspended_count,
        file.suspended_count - records.filter(is_waiting()).height,
        channels=channels,
        reversed_before=file.reversed_count,
        reversed_after=file.reversed_count + records.height,
        restated_before=file.restated_count,
    )


def revision_of(manifest: Manifest, file: FileRow, clearings: Sequence[FileRow]) -> int:
    """Give the revision of a segment and its clearings where they have one; otherwise -1."""
    commits = manifest.get_commits([each.commit_id for each in (file, *clearings)])
    revisions = {each.revision for each in commits.values()}
    return revisions.pop() if len(revisions) == 1 else -1


def _check_id(book: str, record_id: str, count: int, kept: list[tuple[str, int, str]]) -> None:
    """See that an id names one record that can be reversed, or one that was."""
    if not count:
        raise FieldInvalid(
            f"selection: no record of book {book} with the id {record_id!r} is posted or waits. "
            "One in quarantine counts for nothing: mend it (`tonne quarantine list`)",
            metadata={"field": "selection", "book": book},
        )
    if len(kept) > 1:
        shown = "; ".join(
            f"{source} offset {offset} ({facility})"
            for source, offset, facility in kept[:LISTED_MAX]
        )
        more = "; ..." if len(kept) > LISTED_MAX else ""
        raise FieldInvalid(
            f"selection: the id {record_id!r} names several records of book {book}: {shown}"
            f"{more}. Name one of them by channel and offset",
            metadata={"field": "selection", "book": book},
        )


def _as_it_was(file: FileRow) -> Clearing:
    return Clearing(
        file.id,
        file.suspended_count,
        file.suspended_count,
        reversed_before=file.reversed_count,
        reversed_after=file.reversed_count,
        is_asserted=True,
    )
