"""Clearing of suspense: records that can be resolved by now are posted, each exactly once.

Segment by segment, in one manifest transaction each: a clearing file names the records that leave
suspense, a postings file takes back what they were posted as and adds what they are worth now.
The transaction asserts the book's revision, that the periods are open, and how many records of
the segment wait; that count falls with every clearing, so that of two servers that saw the same
records one fails and looks again. A crash before it leaves files without a row, which are
garbage; one after it leaves a segment whose cleared records are no longer found.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from tonne.errors import FileCorrupt, PeriodMustBeOpen, StoreUnavailable
from tonne.ledger.book.periods import counts_from_now, month_start_us
from tonne.ledger.files.files import put_cleared
from tonne.ledger.files.frames import frame_of, frame_to_write, polars_errors
from tonne.ledger.files.overlay import COUNTS_FROM, Overlay
from tonne.ledger.files.postings import counted_months
from tonne.ledger.posting.correcting.noted import POSTED_AS, with_notes
from tonne.ledger.posting.mending.waiting import clearing_names, read_waiting, taken_back
from tonne.ledger.posting.repost import post_under
from tonne.ledger.posting.writing.laid_out import posting_frame
from tonne.model import LateRecords, RowStatus, check_id
from tonne.store import faults
from tonne.store.errors import BookChanged, SuspenseChanged
from tonne.store.rows import Clearing, Commit

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator

    from tonne.catalogue.resolving.resolution import Resolution
    from tonne.ledger.book.book_state import BookState, BookStates
    from tonne.ledger.budget import Budget
    from tonne.ledger.files.files import FileReader
    from tonne.store.manifest.manifest import Manifest
    from tonne.store.objects.objects import Objects
    from tonne.store.rows import FileRow
    from tonne_kernel import Posted

ATTEMPTS_MAX = 32
"""How often a segment is looked at again because the book or the segment changed."""

CLEARED_ROW_BYTES = 3_000
"""Memory of a record of a segment that is cleared: read, decoded twice, posted twice."""

_SEGMENTS_BATCH = 256


@dataclass(frozen=True, slots=True)
class ClearingProgress:
    """How far a clearing is.

    `segment_count` had records in suspense when it began, `segments_done_count` of them were
    gone through; `cleared_count` records were posted by it, `remaining_count` still wait there.
    """

    segment_count: int
    segments_done_count: int = 0
    cleared_count: int = 0
    remaining_count: int = 0


@dataclass(frozen=True, slots=True)
class _Cleared:
    """Records of a segment that can be posted, and what the postings become."""

    records: pl.DataFrame
    postings: pl.DataFrame
    resolutions: tuple[Resolution, ...]


class Clearer:
    """Clears the suspense of books. Safe to call from several threads and servers.

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
        Memory of the calls that read: a clearing holds that of one segment at a time.
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
        self._reads = reads
        self._manifest = manifest
        self._objects = objects
        self._reader = reader
        self._states = states
        self._clock = clock
        self._on_postings = on_postings
        self._overlay = Overlay(manifest, reader)

    def clear(self, book: str) -> Iterator[ClearingProgress]:
        """Post the records in suspense that can be resolved by now, one segment at a step.

        Raises
        ------
        NameInvalid, BookUnknown
        CapacityError
            Call again: nothing is cleared twice.
        """
        return self._steps(self._manifest.get_book(check_id("book", book)).id)

    def _steps(self, book: str) -> Iterator[ClearingProgress]:
        """Go through the segments that have records in suspense now; one step for each.

        Memory holds one segment. What is appended meanwhile is not looked at. A segment that is
        corrupt keeps the others from nothing: the error comes at the end.

        Raises
        ------
        BookUnknown
        FileCorrupt
            A segment, or a clearing of one, is not what was written; the others were cleared.
        CapacityError
            The store is away, other calls hold the memory of a segment, or the outcome of a
            commit is unknown. Call again: what was cleared is not cleared twice.
        """
        count, stop_seq = self._manifest.suspended_extent(book)
        done_count = cleared_count = remaining_count = after_seq = 0
        corrupt: FileCorrupt | None = None
        while files := self._manifest.suspended_segments(
            book, after_seq=after_seq, stop_seq=stop_seq, limit=_SEGMENTS_BATCH
        ):
            for file in files:
                try:
                    with self._reads.holding(file.row_count * CLEARED_ROW_BYTES):
                        cleared, remaining = self._clear_segment(book, file.id)
                except FileCorrupt as error:
                    corrupt = corrupt or error
                    cleared, remaining = 0, file.suspended_count
                done_count += 1
                cleared_count += cleared
                remaining_count += remaining
                yield ClearingProgress(count, done_count, cleared_count, remaining_count)
            after_seq = files[-1].seq
        if corrupt is not None:
            raise corrupt
        if done_count < count or not count:  # others cleared the rest, or there was nothing
            yield ClearingProgress(count, count, cleared_count, remaining_count)

    def _clear_segment(self, book: str, segment_id: str) -> tuple[int, int]:
        """Clear what can be of a segment: how many records were, and how many wait still."""
        for _ in range(ATTEMPTS_MAX):
            file = self._manifest.get_files([segment_id])[segment_id]
            if not file.suspended_count:
                return 0, 0
            waiting = read_waiting(self._reader, self._overlay, file)
            if waiting.height != file.suspended_count:
                continue  # cleared by another between the two
            state = self._states.refresh(book)
            cleared = self._resolve(book, waiting, state)
            if cleared is None:
                return 0, waiting.height
            try:
                self._commit(file, state, cleared)
            except (BookChanged, SuspenseChanged, PeriodMustBeOpen):
                continue
            return cleared.records.height, waiting.height - cleared.records.height
        raise StoreUnavailable(
            f"segment {segment_id} of book {book} changed while it was cleared, again and "
            "again: try again",
            metadata={"book": book, "segment": segment_id},
            retry_delay_s=1.0,
        )

    def _resolve(self, book: str, waiting: pl.DataFrame, state: BookState) -> _Cleared | None:
        """Find the records that a state posts, and post them; None where there is none."""
        posted = post_under(waiting, state, book)
        postable = _postable(waiting, posted, book)
        counts_from = _counts_from(waiting, state)
        late = state.book.late_records is LateRecords.NEXT_OPEN
        if not late and (first_open := state.book.closed_before):
            postable = _of_open_periods(postable, month_start_us(state.book.time_zone, first_open))
        if postable.is_empty():
            return None
        if postable.height < waiting.height:
            posted = post_under(postable, state, book)
        with polars_errors(f"cleared records of book {book}"):
            postings, resolutions = posting_frame(posted, state, counts_from)
            months = tuple(sorted(postings["period"].unique().to_list()))
            noted = with_notes(frame_to_write(posted.records()), state, months)
            records = postable.with_columns(noted[POSTED_AS].cast(pl.String))
            postings = pl.concat([taken_back(postable, state.periods), postings])
        return _Cleared(records, postings, resolutions)

    def _commit(self, file: FileRow, state: BookState, cleared: _Cleared) -> None:
        """Make the files durable, then the clearing true."""
        commit_id, now = uuid.uuid4().hex, self._clock()
        book, count = file.book, cleared.records.height
        with polars_errors(file.path):
            names, channels = clearing_names(cleared.records, file.id)
            periods = tuple(sorted(cleared.postings["period"].unique().to_list()))
            counts_from = _counts_from(cleared.records, state)
            counted = counted_months(cleared.postings, posted_alone=counts_from > 0)
        clearing, postings = put_cleared(
            self._objects, file, names, cleared.postings, commit_id, now
        )
        resolutions = {each.id: each.to_json() for each in cleared.resolutions}
        faults.reach("clearing.after_files")
        self._manifest.commit(
            Commit(
                id=commit_id,
                book=book,
                revision=state.book.revision,
                revision_token=state.book.revision_token,
                resolutions=resolutions,
                clearings=(
                    Clearing(
                        file.id, file.suspended_count, file.suspended_count - count, channels
                    ),
                ),
                files=(clearing, postings),
                periods=counted,
                first_period=periods[0],
                counts_from=counts_from,
            )
        )
        faults.reach("clearing.after_commit")
        self._on_postings(postings, cleared.postings)


def _postable(waiting: pl.DataFrame, posted: Posted, book: str) -> pl.DataFrame:
    """Keep the records that were posted."""
    with polars_errors(f"records in suspense of book {book}"):
        outcome = frame_of(posted.records()).select("offset", "status")
        rows = outcome.filter(pl.col("status") == RowStatus.POSTED)["offset"]
        return waiting.select(pl.all().gather(rows))


def _counts_from(waiting: pl.DataFrame, state: BookState) -> int:
    """Give the first month in which records of a segment count that leave suspense now."""
    # They wait under that of their segment, and count no earlier.
    own = int(waiting[COUNTS_FROM].item(0)) if waiting.height else 0
    return max(own, counts_from_now(state.book, is_entry=False))


def _of_open_periods(records: pl.DataFrame, open_from_us: int) -> pl.DataFrame:
    """Leave out records that begin in a closed month; nothing is posted there any more."""
    with polars_errors("records in suspense"):
        starts = records["start"].cast(pl.Int64)
        return records.filter(starts >= open_from_us)
