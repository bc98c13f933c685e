"""Lists of records as they were kept: posted and suspended ones, and the quarantined.

Pages follow the order of commits and, in a segment, the order of its rows. The token holds
the last segment that was read to its end and the place in the next, counted in all of its rows:
what is committed meanwhile comes later, and what is cleared meanwhile moves nothing, so that
every record is listed exactly once.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

import polars as pl

from tonne.ledger.budget import SEGMENT_ROW_BYTES
from tonne.ledger.files.frames import polars_errors
from tonne.ledger.files.overlay import Overlay, is_waiting, is_withdrawn
from tonne.ledger.pages import FIRST_PAGE, Page, PageTokens, page_limit
from tonne.ledger.posting.suspense import SuspenseTexts
from tonne.ledger.reading.past.listed import listed_point
from tonne.ledger.reading.past.rules import PastRules
from tonne.ledger.reading.past.waiting import suspended_at
from tonne.ledger.reading.quarantined import (
    QuarantinedRecord,
    quarantined_records,
    source_of,
    without_mended,
)
from tonne.ledger.reading.record_filters import (
    NEVER_CLEARED,
    QUARANTINE_FIELDS,
    RECORD_FIELDS,
    SUSPENSE_FIELDS,
    channel_of,
    match_of,
)
from tonne.ledger.statuses import status_message
from tonne.model import RecordField, RowStatus, check_id
from tonne.work import check_wanted

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from decimal import Decimal

    from tonne.ledger.book.book_state import BookStates
    from tonne.ledger.budget import Budget, Hold
    from tonne.ledger.files.files import FileReader
    from tonne.ledger.pages import Ask
    from tonne.store.manifest.manifest import Manifest
    from tonne.store.manifest.moments import Point
    from tonne.store.rows import Condition, FileRow

T = TypeVar("T")

FILES_PER_PAGE_MAX = 256
"""Files that one page reads; a page that finds less than it was asked for has a token still."""

ITEM_BYTES = 4_096
"""Memory of a record of a page, besides its evidence and attributes."""

PAGE_TEXT_BYTES_MAX = 4 << 20
"""Texts and raw bytes of a page's records; one with a single record may have more. A record in
quarantine may be as large as a message, and an answer of more than 16 MiB cannot be sent."""

_COPIES: Final = 4
"""Of a text of a page, while it is written: column, item, message, bytes."""

_FILE_ROWS_BATCH = 256

_ROW = "row"
"""Place of a record among all of its file."""

_OPTIONAL_TEXTS = ("supplier", "product", "evidence", "attributes")


@dataclass(frozen=True, slots=True)
class LedgerRecord:
    """A durable record: posted, in suspense, or reversed since.

    Of a reversed one, `correction` is the number of the entry, and `by_source` and `by_offset` are
    the place of the record that stands for it, if there is one. `restatement` is the number of the
    entry that posted it again last, under other rules.

    `source` is `channels/{channel}` or `requests/{request_id}`; `quantity` is exact;
    `start` and `end` are UTC; `segment` is the id of its file.
    """

    source: str
    offset: int
    record_id: str
    facility: str
    activity: str
    quantity: Decimal
    unit: str
    start: dt.datetime
    end: dt.datetime
    region: str
    supplier: str
    product: str
    data_quality: int
    evidence: str
    attributes: str
    status: RowStatus
    message: str
    segment: str
    commit_time: dt.datetime
    correction: int = 0
    by_source: str = ""
    by_offset: int = 0
    restatement: int = 0


@dataclass(frozen=True, slots=True)
class _Listing(Generic[T]):
    """What one call lists.

    `query` names the call and its arguments, `files` gives files after a sequence number,
    `clearings` theirs, `match` and `conditions` select their rows, `read` makes the items, `hide`
    leaves out what others stand for. `point` is the moment, None of now.
    """

    book: str
    query: tuple[str, ...]
    files: Callable[[int], list[FileRow]]
    clearings: Callable[[Sequence[FileRow]], Mapping[str, list[FileRow]]]
    match: pl.Expr
    conditions: tuple[Condition, ...]
    read: Callable[[FileRow, pl.DataFrame], Iterator[T]]
    hide: Callable[[pl.DataFrame], pl.DataFrame] = lambda frame: frame
    point: Point | None = None

    def knows(self, file: FileRow) -> bool:
        """Whether a file was committed by the moment of the listing."""
        return self.point is None or file.seq <= self.point.number


class Records:
    """Lists the records of books.

    Parameters
    ----------
    manifest, reader
        Where the ledger is kept.
    states : BookStates
        The rules of the books.
    reads : Budget
        Memory of the calls that read: each holds that of one file and of its page.
    """

    def __init__(
        self, manifest: Manifest, reader: FileReader, states: BookStates, reads: Budget
    ) -> None:
        self._reads = reads
        self._manifest = manifest
        self._reader = reader
        self._states = states
        self._past = PastRules(manifest, states)
        self._overlay = Overlay(manifest, reader)
        self._tokens = PageTokens(manifest.page_token_key)

    def list_records(self, book: str, ask: Ask = FIRST_PAGE) -> Page[LedgerRecord]:
        """List durable records.

        Raises
        ------
        BookUnknown, FieldInvalid, PageTokenInvalid
        """
        check_id("book", book)
        conditions = RECORD_FIELDS.conditions(ask.filter_by, book)
        channel = channel_of(conditions)

        def files(after_seq: int) -> list[FileRow]:
            return self._manifest.segments(
                book, channel=channel, after_seq=after_seq, limit=_FILE_ROWS_BATCH
            )

        query = ask.bound(("records", book))
        point = listed_point(self._manifest, self._tokens, book, ask, query)
        match = ~is_withdrawn()

        def read(file: FileRow, frame: pl.DataFrame) -> Iterator[LedgerRecord]:
            numbers = entry_numbers(self._manifest, frame)
            return ledger_records(file, frame, corrections=numbers)

        listing = _Listing(
            book, query, files, self._overlay.find, match, conditions, read, point=point
        )
        return self._page(listing, ask)

    def list_suspense(self, book: str, ask: Ask = FIRST_PAGE) -> Page[LedgerRecord]:
        """List the records that wait in suspense, each with what it waits for.

        Raises
        ------
        BookUnknown, FieldInvalid, PageTokenInvalid
        """
        conditions = SUSPENSE_FIELDS.conditions(ask.filter_by, check_id("book", book))
        query = ask.bound(("suspense", book))
        point = listed_point(self._manifest, self._tokens, book, ask, query)

        def files(after_seq: int) -> list[FileRow]:
            return suspended_at(self._manifest, book, point, after_seq, _FILE_ROWS_BATCH)

        @functools.cache  # once for the page, and not at all where nothing waits
        def texts() -> SuspenseTexts:
            return SuspenseTexts(
                self._states.refresh(book) if point is None else self._past.at(point)
            )

        def read(file: FileRow, frame: pl.DataFrame) -> Iterator[LedgerRecord]:
            return ledger_records(file, frame, texts().of(frame))

        match = is_waiting()
        listing = _Listing(
            book, query, files, self._overlay.find, match, conditions, read, point=point
        )
        return self._page(listing, ask)

    def list_quarantine(self, book: str, ask: Ask = FIRST_PAGE) -> Page[QuarantinedRecord]:
        """List the records in quarantine.

        Raises
        ------
        BookUnknown, FieldInvalid, PageTokenInvalid
        """
        conditions = QUARANTINE_FIELDS.conditions(ask.filter_by, check_id("book", book))
        channel = channel_of(conditions)

        def files(after_seq: int) -> list[FileRow]:
            return self._manifest.quarantine_files(
                book, after_seq, _FILE_ROWS_BATCH, channel=channel
            )

        query = ask.bound(("quarantine", book))
        point = listed_point(self._manifest, self._tokens, book, ask, query)
        last = None if point is None else point.number
        match = pl.lit(True)
        listing = _Listing(
            book,
            query,
            files,
            lambda _: {},
            match,
            conditions,
            quarantined_records,
            functools.partial(without_mended, self._manifest, book, last),
            point,
        )
        return self._page(listing, ask)

    def _page(self, listing: _Listing[T], ask: Ask) -> Page[T]:
        """Read files after the token's place until the page is full."""
        self._manifest.book_revision(listing.book)  # an unknown book is no empty list
        limit = page_limit(ask.page_size)
        with self._reads.holding(limit * ITEM_BYTES) as hold:
            return self._fill(listing, limit, ask.page_token, hold)

    def _fill(self, listing: _Listing[T], limit: int, page_token: str, hold: Hold) -> Page[T]:
        after_seq, first_row = self._tokens.read(page_token, listing.query, 0)
        point = listing.point
        number = None if point is None else point.number
        items: list[T] = []
        read_count = text_bytes = 0
        while batch := list(filter(listing.knows, listing.files(int(after_seq)))):
            clearings = listing.clearings(batch)
            for file in batch:
                check_wanted()
                with (
                    hold.more(file.row_count * SEGMENT_ROW_BYTES),
                    polars_errors(file.path),
                ):
                    known = list(filter(listing.knows, clearings.get(file.id, ())))
                    found = self._matching(listing, file, known)
                    found = found.filter(pl.col(_ROW) >= first_row)
                    sizes = _text_bytes(found.head(limit - len(items)))
                    room_bytes = PAGE_TEXT_BYTES_MAX - text_bytes
                    count = int((sizes.cum_sum() <= room_bytes).sum())
                    if not items and not found.is_empty():
                        count = max(count, 1)
                    part = found.head(count)
                    text_bytes += int(sizes.head(count).sum())
                    hold.grow_to(limit * ITEM_BYTES + _COPIES * text_bytes)
                    if not part.is_empty():  # what has no match was not read whole
                        items.extend(listing.read(file, part.drop(_ROW)))
                    if part.height < found.height:
                        next_row = int(found[_ROW][count])
                        token = self._tokens.write(listing.query, after_seq, next_row, number)
                        return Page(tuple(items), token, point)
                    del found, part
                after_seq, first_row = file.seq, 0
                read_count += 1
                if len(items) == limit or read_count == FILES_PER_PAGE_MAX:
                    token = self._tokens.write(listing.query, after_seq, commit=number)
                    more = any(map(listing.knows, listing.files(file.seq)))
                    return Page(tuple(items), token if more else "", point)
        return Page(tuple(items), "", point)

    def _matching(
        self, listing: _Listing[T], file: FileRow, clearings: Sequence[FileRow]
    ) -> pl.DataFrame:
        """Rows of a file that match; most files are left after their columns of the match."""
        verified = self._reader.open(file)
        with polars_errors(file.path):
            first = [each for each in listing.conditions if each.column in NEVER_CLEARED]
            if first:
                columns = tuple(dict.fromkeys(each.column for each in first))
                head = verified.frame(columns).with_row_index(_ROW)
                if head.filter(match_of(first)).is_empty():
                    return head.clear()
            linked = self._overlay.link(verified.frame(), clearings)
            frame = linked.drop("posted_as", strict=False).with_row_index(_ROW)
            found = frame.filter(listing.match, match_of(listing.conditions))
            return listing.hide(found)


def _text_bytes(frame: pl.DataFrame) -> pl.Series:
    """Give the bytes of the texts of each record."""
    texts = pl.col(pl.String).str.len_bytes()
    binary = pl.col(pl.Binary).bin.size()
    sizes = pl.sum_horizontal(pl.lit(0, pl.Int64), texts, binary)
    return frame.select(sizes.alias("text_bytes").cast(pl.Int64))["text_bytes"]


def entry_numbers(manifest: Manifest, frame: pl.DataFrame) -> dict[str, int]:
    """Give the numbers of the entries that reversed or restated records, by their commits."""
    commits = pl.concat([frame["reversal"], frame["restated_by"]]).drop_nulls()
    return {commit: each.number for commit, each in manifest.corrections_by(commits).items()}


def ledger_records(
    file: FileRow,
    frame: pl.DataFrame,
    message_of: Callable[[RowStatus, Mapping[str, Any]], str] | None = None,
    corrections: Mapping[str, int] | None = None,
) -> Iterator[LedgerRecord]:
    """Read the records of a segment's frame.

    `message_of` says what a record in suspense waits for, of its status and its row; without it
    the message is that of the status. `corrections` are the numbers of entries by their commits.
    """
    for row in frame.iter_rows(named=True):
        status = RowStatus(row["status"])
        yield LedgerRecord(
            source=source_of(row["channel"]),
            offset=row["offset"],
            record_id=row["record_id"] or "",
            facility=row["facility"],
            activity=row["activity"],
            quantity=row["quantity"],
            unit=row["unit"],
            start=row["start"],
            end=row["end"],
            region=row["region"] or "",
            data_quality=row.get("data_quality") or 0,
            **{name: row.get(name) or "" for name in _OPTIONAL_TEXTS},
            status=status,
            message=(message_of or _message)(status, row) if status.is_suspense else "",
            segment=file.id,
            commit_time=file.create_time,
            correction=(corrections or {}).get(row.get("reversal") or "", 0),
            by_source=source_of(row["by_source"]) if row.get("by_source") else "",
            by_offset=row.get("by_offset") or 0,
            restatement=(corrections or {}).get(row.get("restated_by") or "", 0),
        )


def _message(status: RowStatus, row: Mapping[str, Any]) -> str:
    if status is RowStatus.FACILITY_MUST_BE_REGISTERED:
        return status_message(status, RecordField.FACILITY, row["facility"])
    return status_message(status, RecordField.ACTIVITY, row["activity"])
