"""Entries on their way to one commit: posted by the kernel, laid out as files.

Nothing here is durable yet. The journal writes the files and makes the commit.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tonne.errors import QuantityOverflow
from tonne.ledger.book.periods import counts_from_now, month_start_us, period_at
from tonne.ledger.files.files import POSTINGS, QUARANTINE, SEGMENT
from tonne.ledger.files.frames import frame_of, frame_to_write, polars_errors
from tonne.ledger.files.postings import counted_months
from tonne.ledger.posting.correcting.noted import with_notes
from tonne.ledger.posting.entries import (
    REQUEST_PREFIX,
    ChannelEntry,
    Durable,
    Entry,
    RequestEntry,
    is_correction,
)
from tonne.ledger.posting.writing.laid_out import posting_frame, with_posting_region
from tonne.ledger.statuses import GOT_CHARS_MAX, field_name
from tonne.model import (
    PERIOD_COUNT_MAX,
    ControlTotals,
    LateRecords,
    RecordField,
    RowError,
    RowStatus,
)
from tonne.store.rows import Move, RangeRow, RequestClaim
from tonne.store.statement_rows import Span
from tonne_kernel import BatchSlice, post

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import polars as pl

    from tonne.ledger.book.book_state import BookState, BookStates
    from tonne.model import Book
    from tonne.store.rows import Clearing, MendRow
    from tonne.store.statement_rows import Correction, FileKind
    from tonne_kernel import Posted, SliceTotals


@dataclass(frozen=True, slots=True, eq=False)
class Withdrawn:
    """Records of a segment that leave suspense because others stand for them, and their places."""

    clearing: Clearing
    names: pl.DataFrame


@dataclass(frozen=True, slots=True, eq=False)
class PostedEntries:
    """Entries posted under one state of their book.

    Parameters
    ----------
    book : Book
        The book at the revision that the postings rest on.
    entries : sequence of Entry
        In the order of the call.
    outcomes : sequence of Durable
        What each entry's producer is told once they are committed.
    frames : mapping of str to polars.DataFrame
        `SEGMENT`, `POSTINGS`, `QUARANTINE`, without those that have no rows.
    resolutions : mapping of str to str
        JSON of the resolutions that the postings name, by id.
    periods : tuple of int
        Months that the postings touch.
    withdrawn : tuple of Withdrawn
        What leaves suspense with them, or is reversed, segment by segment.
    corrections : tuple of Correction
        Entries of what is reversed.
    counts_from : int
        The first month in which they count.
    """

    book: Book
    entries: Sequence[Entry]
    outcomes: Sequence[Durable]
    frames: Mapping[FileKind, pl.DataFrame]
    resolutions: Mapping[str, str]
    periods: tuple[int, ...]
    withdrawn: tuple[Withdrawn, ...] = ()
    corrections: tuple[Correction, ...] = ()
    counts_from: int = 0

    @property
    def counted_periods(self) -> tuple[int, ...]:
        """Months in which the postings count, ascending."""
        if POSTINGS not in self.frames:
            return ()
        # What waits counts nowhere: it may leave a month that is closed by now.
        return counted_months(self.frames[POSTINGS], posted_alone=self.counts_from > 0)

    @property
    def first_period(self) -> int:
        """The first month of the records; the first of all where one in quarantine tells none."""
        first = self.periods[0] if self.periods else PERIOD_COUNT_MAX
        if (refused := self.frames.get(QUARANTINE)) is not None:
            starts = refused["start"]
            known = 0 if starts.null_count() else period_at(self.book.time_zone, starts.min())
            first = min(first, known)
        return first

    @property
    def segment_span(self) -> Span:
        """The months in which records of the segment begin and end; it names no facilities."""
        segment = self.frames[SEGMENT]
        zone = self.book.time_zone
        first = period_at(zone, segment["start"].to_physical().min())
        # An end is exclusive.
        return Span(first, period_at(zone, (segment["end"].to_physical() - 1).max()), "", "")

    @property
    def suspended_count(self) -> int:
        """Records of the segment that wait in suspense."""
        return sum(outcome.totals.suspended_count for outcome in self.outcomes)

    def moves(self) -> tuple[Move, ...]:
        """How far each channel goes, and by how much its totals grow."""
        moves: dict[str, Move] = {}
        for entry, outcome in zip(self.entries, self.outcomes, strict=True):
            if isinstance(entry, RequestEntry):
                continue
            before = moves.get(entry.channel)
            moves[entry.channel] = Move(
                channel=entry.channel,
                epoch=entry.epoch,
                from_offset=before.from_offset if before else entry.first_offset,
                to_offset=entry.first_offset + entry.batch.record_count,
                totals=(before.totals if before else ControlTotals()) + outcome.totals,
                owner=entry.owner,
            )
        return tuple(moves.values())

    def claims(self) -> tuple[RequestClaim, ...]:
        """Request ids, each with the answer that a repeat gets."""
        return tuple(
            RequestClaim(
                request_id=entry.request_id,
                content_sha256=entry.content_sha256,
                totals=outcome.totals,
                row_errors_json=write_row_errors(outcome),
            )
            for entry, outcome in zip(self.entries, self.outcomes, strict=True)
            if isinstance(entry, RequestEntry)
        )

    def mends(self) -> tuple[MendRow, ...]:
        """Give what the records of requests stand for."""
        return tuple(
            mend
            for entry in self.entries
            if isinstance(entry, RequestEntry)
            for mend in entry.mends
        )

    def ranges(self, commit_id: str, file_ids: Mapping[FileKind, str]) -> tuple[RangeRow, ...]:
        """Offsets that the segment and the quarantine file hold, source by source."""
        spans: dict[str, tuple[int, int, int, int]] = {}
        for entry, outcome in zip(self.entries, self.outcomes, strict=True):
            source, first = entry_position(entry)
            start, _, kept, refused = spans.get(source, (first, first, 0, 0))
            totals = outcome.totals
            spans[source] = (
                start,
                first + entry.batch.record_count,
                kept + totals.record_count - totals.quarantined_count,
                refused + totals.quarantined_count,
            )
        kinds: tuple[FileKind, FileKind] = (SEGMENT, QUARANTINE)
        return tuple(
            RangeRow(
                file_id=file_ids[kind],
                commit_id=commit_id,
                channel=source,
                first_offset=start,
                stop_offset=stop,
            )
            for source, (start, stop, *counts) in spans.items()
            for kind, count in zip(kinds, counts, strict=True)
            if count
        )


def entry_position(entry: Entry) -> tuple[str, int]:
    """Name under which an entry's records stand in files, and its first offset there."""
    if isinstance(entry, ChannelEntry):
        return entry.channel, entry.first_offset
    return REQUEST_PREFIX + entry.request_id, 0


def post_slices(
    slices: Sequence[BatchSlice], state: BookState, *, book: str, row_errors_max: int
) -> Posted:
    """Post slices whose keys all have their rules of a state.

    Raises
    ------
    QuantityOverflow
        A sum is 10^20 or more.
    """
    try:
        return post(slices, state.rules(), state.periods, row_errors_max=row_errors_max)
    except OverflowError as error:
        raise QuantityOverflow.of_sum("send fewer records at once", book) from error


def post_entries(
    book: str, entries: Sequence[Entry], states: BookStates, *, row_errors_max: int
) -> PostedEntries:
    """Give new keys their rules and post the entries.

    Raises
    ------
    QuantityOverflow
        A sum is 10^20 or more.
    """
    with states.posting(book):
        state = states.known(book)
        for session in {
            id(entry.batch.session): entry.batch.session for entry in entries
        }.values():
            state.assign_rules(session)
        slices = [
            BatchSlice(entry.batch, *entry_position(entry), _open_from_us(entry, state))
            for entry in entries
        ]
        posted = post_slices(slices, state, book=book, row_errors_max=row_errors_max)
    with polars_errors("postings of a commit"):
        texts = refused_texts(posted)
        outcomes = [
            outcome_of(totals, *entry_position(entry), texts)
            for totals, entry in zip(posted.totals, entries, strict=True)
        ]
        counts_from = counts_from_now(state.book, is_entry=any(map(is_correction, entries)))
        frames, resolutions, periods = _frames(posted, state, counts_from)
    return PostedEntries(
        state.book, entries, outcomes, frames, resolutions, periods, counts_from=counts_from
    )


def _open_from_us(entry: Entry, state: BookState) -> int:
    """Give the first instant that takes a record: corrections are let into months not sealed.

    Where late records count in the next open month, there is none.
    """
    book = state.book
    if book.late_records is LateRecords.NEXT_OPEN:
        return month_start_us(book.time_zone, 0)
    first_open = book.sealed_before if is_correction(entry) else book.closed_before
    return month_start_us(book.time_zone, first_open)


def write_row_errors(outcome: Durable) -> str:
    """Write the row errors of a request for the manifest."""
    errors = [
        [error.index, int(error.status), int(error.field), error.got]
        for error in outcome.row_errors
    ]
    return json.dumps([outcome.row_error_count, errors], separators=(",", ":"))


def read_row_errors(text: str, totals: ControlTotals) -> Durable:
    """Read what `write_row_errors` wrote: the answer to a request that came again."""
    count, errors = json.loads(text)
    # Answers of before the fourth part have three.
    found = tuple(
        RowError(index, index, RowStatus(status), RecordField(field), *got)
        for index, status, field, *got in errors
    )
    return Durable(totals, found, count, already_posted=True)


def outcome_of(
    part: SliceTotals, source: str, first_offset: int, texts: Mapping[tuple[str, int], str]
) -> Durable:
    """Read the totals and the row errors of a slice.

    Parameters
    ----------
    source, first_offset
        Name under which its records stand in files, and offset of the first.
    texts
        As `refused_texts` gives them.
    """
    totals = ControlTotals(
        record_count=part.record_count,
        posted_count=part.posted_count,
        quarantined_count=part.quarantined_count,
        suspended_count=part.suspended_count,
        quantity_atto=part.quantity_atto,
    )
    errors = tuple(
        RowError(
            index,
            first_offset + index,
            RowStatus(status),
            RecordField(field),
            texts.get((source, first_offset + index), ""),
        )
        for index, status, field in part.row_errors
    )
    return Durable(totals, errors, part.row_error_count)


def refused_texts(posted: Posted) -> dict[tuple[str, int], str]:
    """Give the text at fault of each reported record in quarantine, by source and offset."""
    reported_count = sum(len(totals.row_errors) for totals in posted.totals)
    if not (reported_count and posted.quarantine_count):
        return {}
    # Errors and refused records stand in one order: those reported are among the first.
    refused = frame_of(posted.quarantine()).head(reported_count)
    texts: dict[tuple[str, int], str] = {}
    for row in refused.iter_rows(named=True):
        text = row.get(field_name(RecordField(row["field"])))
        if isinstance(text, str):
            texts[row["channel"], row["offset"]] = cut_text(text)
    return texts


def cut_text(text: str) -> str:
    """Cut a text to what an error repeats of it."""
    return text if len(text) <= GOT_CHARS_MAX else text[: GOT_CHARS_MAX - 1] + "…"


def _frames(
    posted: Posted, state: BookState, counts_from: int
) -> tuple[dict[FileKind, pl.DataFrame], dict[str, str], tuple[int, ...]]:
    frames: dict[FileKind, pl.DataFrame] = {}
    if posted.quarantine_count:
        frames[QUARANTINE] = frame_of(posted.quarantine())
    if not posted.record_count:
        return frames, {}, ()
    records = frame_to_write(posted.records())
    if any(totals.suspended_count for totals in posted.totals):
        records = with_posting_region(records, state)
    frames[POSTINGS], used = posting_frame(posted, state, counts_from)
    resolutions = {each.id: each.to_json() for each in used}
    periods = tuple(sorted(frames[POSTINGS]["period"].unique().to_list()))
    frames[SEGMENT] = with_notes(records, state, periods)
    return frames, resolutions, periods
