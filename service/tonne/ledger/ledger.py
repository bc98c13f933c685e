"""The use cases of the ledger, in one place: what edge, ingest and reports call."""

from __future__ import annotations

import datetime as dt
import hashlib
from contextlib import nullcontext
from typing import TYPE_CHECKING, TypeVar

from tonne.catalogue.edition import Factor, parse_edition
from tonne.catalogue.resolution import Resolution
from tonne.errors import FieldInvalid, LedgerInconsistent
from tonne.ledger.balances import MERGE_LEASE_S, Balances
from tonne.ledger.book_state import BookStates
from tonne.ledger.facilities import check_facility
from tonne.ledger.factors import factor_of_row, factor_to_row
from tonne.ledger.journal import Journal
from tonne.ledger.pages import Page, page_limit, read_token, write_token
from tonne.ledger.periods import check_time_zone
from tonne.ledger.records import LedgerRecord, QuarantinedRecord, Records
from tonne.ledger.repeat import RepeatCheck
from tonne.model import (
    Book,
    Channel,
    Edition,
    Facility,
    FacilityRule,
    PeriodState,
    check_channel_id,
    check_id,
)
from tonne.store import garbage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import polars as pl

    from tonne.ledger.journal import Stage
    from tonne.store.manifest import Manifest
    from tonne.store.objects import Objects
    from tonne_kernel import Batch

T = TypeVar("T")

CACHE_BYTES_MAX = 256 << 20
"""Decoded postings that a process keeps, unless told otherwise."""

MERGE_FILES_MAX = 64
"""Live postings files of one tier, unless told otherwise."""

ROW_ERRORS_MAX = 1000
"""Row errors that the outcome of one batch names, unless told otherwise."""

FACILITIES_MAX = 10_000
"""Most facilities of one import."""

GARBAGE_GRACE_S = 3600.0
"""How long dead files and orphans stay: longer than any reader or writer needs them."""

GARBAGE_INTERVAL_S = 900.0
"""How often a process lists the objects to find garbage."""

_TEXT_CHARACTERS_MAX = 1000
_BOOKS_BATCH = 1000


def utc_now() -> dt.datetime:
    """Read the clock."""
    return dt.datetime.now(dt.UTC)


class Ledger:
    """The books of one store. Safe to call from several threads; every call blocks.

    Parameters
    ----------
    manifest, objects
        Where the ledger is kept.
    holder : str
        Name of this process in leases, different from every other's.
    cache_bytes_max : int
        Most bytes of decoded postings to keep in memory.
    merge_files_max : int
        A tier of more live postings files than this is merged.
    merge_lease_s : float
        How long a merge of a process that died keeps the others off, in seconds.
    row_errors_max : int
        Most row errors that the outcome of one batch names.
    clock : callable
        The time, UTC.
    stage : callable
        As in `Journal`.

    Attributes
    ----------
    journal : Journal
        The durable path of records.
    """

    def __init__(
        self,
        manifest: Manifest,
        objects: Objects,
        *,
        holder: str,
        cache_bytes_max: int = CACHE_BYTES_MAX,
        merge_files_max: int = MERGE_FILES_MAX,
        merge_lease_s: float = MERGE_LEASE_S,
        row_errors_max: int = ROW_ERRORS_MAX,
        clock: Callable[[], dt.datetime] = utc_now,
        stage: Stage = nullcontext,
    ) -> None:
        self._manifest = manifest
        self._objects = objects
        self._holder = holder
        self._clock = clock
        self._next_garbage_time = clock()
        self._states = BookStates(manifest)
        self._records = Records(manifest, objects)
        self._repeats = RepeatCheck(manifest, objects, self._states)
        self._balances = Balances(
            manifest,
            objects,
            holder=holder,
            cache_bytes_max=cache_bytes_max,
            merge_files_max=merge_files_max,
            merge_lease_s=merge_lease_s,
            clock=clock,
        )
        self.journal = Journal(
            manifest,
            objects,
            self._states,
            row_errors_max=row_errors_max,
            clock=clock,
            on_postings=self._balances.remember,
            stage=stage,
        )

    def close(self) -> None:
        """End the ledger's threads, after what they are doing. The store stays open."""
        self.journal.close()
        self._balances.close()

    # Books.

    def create_book(
        self,
        book_id: str,
        *,
        display_name: str = "",
        time_zone: str = "UTC",
        facility_rule: FacilityRule = FacilityRule.WHEN_REGISTER_EXISTS,
    ) -> Book:
        """Make a book. Raises NameInvalid, FieldInvalid (time zone), BookExists."""
        return self._manifest.create_book(
            Book(
                id=check_id("book", book_id),
                display_name=_check_text("display_name", display_name),
                time_zone=check_time_zone(time_zone),
                facility_rule=facility_rule,
                revision=1,
                create_time=self._clock(),
            )
        )

    def get_book(self, book: str) -> Book:
        """Read a book. Raises NameInvalid, BookUnknown."""
        return self._manifest.get_book(check_id("book", book))

    def list_books(self, *, page_size: int = 0, page_token: str = "") -> Page[Book]:
        """List the books in order of their ids. Raises PageTokenInvalid."""
        query = ("books",)
        after, _ = read_token(page_token, query, "")
        limit = page_limit(page_size)
        return _page(
            query, self._manifest.list_books(str(after), limit + 1), limit, lambda b: b.id
        )

    def set_edition_order(self, book: str, editions: Sequence[str]) -> Book:
        """Set the order of preference. Raises FieldInvalid unless all are there, each once."""
        known = self.get_book(book).editions
        if sorted(editions) != sorted(known):
            raise FieldInvalid(
                f"editions: expected all editions of book {book}, each once "
                f"({', '.join(known) or 'none'}); got {', '.join(editions) or 'none'}",
                metadata={"field": "editions", "book": book},
            )
        return self._manifest.set_edition_order(book, editions)

    # Facilities.

    def import_facilities(self, book: str, facilities: Sequence[Facility]) -> tuple[int, int]:
        """Add facilities, or replace those of the same id: `(created, updated)` counts.

        Raises FieldInvalid, BookUnknown; then nothing was changed.
        """
        check_id("book", book)
        if len(facilities) > FACILITIES_MAX:
            raise FieldInvalid(
                f"facilities: expected at most {FACILITIES_MAX} in one import; got "
                f"{len(facilities)}: import them in parts",
                metadata={"field": "facilities"},
            )
        ids = set()
        for index, facility in enumerate(facilities):
            check_facility(facility, f"facilities[{index}]")
            if facility.id in ids:
                raise FieldInvalid(
                    f"facilities[{index}], id: expected each facility once; got "
                    f"{facility.id!r} again",
                    metadata={"field": "id", "place": f"facilities[{index}]"},
                )
            ids.add(facility.id)
        return self._manifest.put_facilities(book, facilities)

    def list_facilities(
        self, book: str, *, page_size: int = 0, page_token: str = ""
    ) -> Page[Facility]:
        """List the register in order of ids. Raises BookUnknown, PageTokenInvalid."""
        self.get_book(book)
        query = ("facilities", book)
        after, _ = read_token(page_token, query, "")
        limit = page_limit(page_size)
        rows = self._manifest.list_facilities(book, str(after), limit + 1)
        return _page(query, rows, limit, lambda facility: facility.id)

    def facilities(self, book: str) -> pl.DataFrame:
        """Read the whole register, columns of `book_state.REGISTER_SCHEMA`."""
        return self._states.refresh(check_id("book", book)).register

    # Editions and factors.

    def import_edition(self, book: str, edition_id: str, csv: bytes) -> Edition:
        """Import an edition from CSV, last in preference; the same content again is fine.

        Raises NameInvalid, BookUnknown, EditionExists (other content), FieldInvalid.
        """
        check_id("edition", edition_id)
        self.get_book(book)
        rows = [factor_to_row(factor) for factor in parse_edition(csv)]
        sha256 = hashlib.sha256(csv).hexdigest()
        edition, _ = self._manifest.add_edition(book, edition_id, sha256, rows)
        return edition

    def list_editions(
        self, book: str, *, page_size: int = 0, page_token: str = ""
    ) -> Page[Edition]:
        """List editions in order of preference. Raises BookUnknown, PageTokenInvalid."""
        self.get_book(book)
        query = ("editions", book)
        after, _ = read_token(page_token, query, 0)
        limit = page_limit(page_size)
        rows = self._manifest.list_editions(book, int(after), limit + 1)
        return _page(query, rows, limit, lambda edition: edition.rank)

    def list_factors(
        self,
        book: str,
        edition: str,
        *,
        activity: str = "",
        page_size: int = 0,
        page_token: str = "",
    ) -> Page[Factor]:
        """List the factors of an edition in the order of its rows.

        Raises BookUnknown, EditionUnknown, PageTokenInvalid.
        """
        self.get_book(book)
        check_id("edition", edition)
        query = ("factors", book, edition, activity)
        after, _ = read_token(page_token, query, 0)
        limit = page_limit(page_size)
        rows = self._manifest.factors(
            book, edition, activity=activity, after_row=int(after), limit=limit + 1
        )
        return _page(query, [factor_of_row(row) for row in rows], limit, lambda f: f.row)

    def get_factor(self, book: str, edition: str, row: int) -> Factor:
        """Read one factor. Raises BookUnknown, EditionUnknown, FactorUnknown."""
        self.get_book(book)
        return factor_of_row(self._manifest.get_factor(book, check_id("edition", edition), row))

    def resolutions(self, book: str, ids: Iterable[str]) -> dict[str, Resolution]:
        """Read resolutions by their ids; raises LedgerInconsistent where one is missing."""
        wanted = sorted(set(ids))
        texts = self._manifest.get_resolutions(book, wanted)
        missing = [id_ for id_ in wanted if id_ not in texts]
        if missing:
            raise LedgerInconsistent(
                f"book {book} has postings under resolutions that are not there: {missing[:3]}",
                metadata={"book": book},
            )
        return {id_: Resolution.from_json(text) for id_, text in texts.items()}

    # Channels.

    def open_channel(self, book: str, channel: str) -> Channel:
        """Make a channel, or raise its epoch. Raises NameInvalid, BookUnknown, ChannelClosed."""
        return self._manifest.open_channel(check_id("book", book), check_channel_id(channel))

    def get_channel(self, book: str, channel: str) -> Channel:
        """Read a channel. Raises NameInvalid, BookUnknown, ChannelUnknown."""
        return self._manifest.get_channel(check_id("book", book), check_channel_id(channel))

    def close_channel(self, book: str, channel: str) -> Channel:
        """Close a channel for ever. Raises NameInvalid, BookUnknown, ChannelUnknown."""
        return self._manifest.close_channel(check_id("book", book), check_channel_id(channel))

    def list_channels(
        self, book: str, *, page_size: int = 0, page_token: str = ""
    ) -> Page[Channel]:
        """List the channels in order of their ids. Raises BookUnknown, PageTokenInvalid."""
        self.get_book(book)
        query = ("channels", book)
        after, _ = read_token(page_token, query, "")
        limit = page_limit(page_size)
        rows = self._manifest.list_channels(book, str(after), limit + 1)
        return _page(query, rows, limit, lambda channel: channel.id)

    # Records and postings.

    def check_repeat(self, book: str, channel: str, first_offset: int, batch: Batch) -> None:
        """Compare a batch that was committed before with what is kept.

        Raises ContentMustMatch naming the first offset that differs.
        """
        self._repeats.check(book, channel, first_offset, batch)

    def list_records(
        self,
        book: str,
        *,
        facility: str = "",
        activity: str = "",
        channel: str = "",
        page_size: int = 0,
        page_token: str = "",
    ) -> Page[LedgerRecord]:
        """List durable records. Raises BookUnknown, PageTokenInvalid."""
        return self._records.list_records(
            check_id("book", book),
            facility=facility,
            activity=activity,
            channel=channel,
            page_size=page_size,
            page_token=page_token,
        )

    def list_suspense(
        self, book: str, *, page_size: int = 0, page_token: str = ""
    ) -> Page[LedgerRecord]:
        """List the records in suspense. Raises BookUnknown, PageTokenInvalid."""
        return self._records.list_suspense(
            check_id("book", book), page_size=page_size, page_token=page_token
        )

    def list_quarantine(
        self, book: str, *, page_size: int = 0, page_token: str = ""
    ) -> Page[QuarantinedRecord]:
        """List the records in quarantine. Raises BookUnknown, PageTokenInvalid."""
        return self._records.list_quarantine(
            check_id("book", book), page_size=page_size, page_token=page_token
        )

    def postings(self, book: str) -> pl.DataFrame:
        """Read all postings, columns of `balances.POSTINGS_SCHEMA`. Raises BookUnknown."""
        self.get_book(book)
        return self._balances.frame(book)

    def list_periods(self, book: str) -> list[tuple[int, PeriodState]]:
        """List the periods that have postings, in order. Raises BookUnknown."""
        self.get_book(book)
        return self._manifest.periods(book)

    # Upkeep.

    def merge(self, book: str) -> int:
        """Merge a book's postings files where there are too many; how many were replaced."""
        return self._balances.merge(book)

    def maintain(self) -> None:
        """Merge the postings of all books and collect garbage. Call it every few seconds.

        Garbage is looked for once in `GARBAGE_INTERVAL_S`, by one process at a time.
        """
        after = ""
        while books := self._manifest.list_books(after, _BOOKS_BATCH):
            for book in books:
                self.merge(book.id)
            after = books[-1].id
        self._collect_garbage()

    def _collect_garbage(self) -> None:
        if self._clock() < self._next_garbage_time:
            return
        self._next_garbage_time = self._clock() + dt.timedelta(seconds=GARBAGE_INTERVAL_S)
        lease = self._manifest.acquire_lease("garbage", self._holder, GARBAGE_INTERVAL_S)
        if lease is not None:
            try:
                garbage.collect(self._manifest, self._objects, GARBAGE_GRACE_S, self._clock)
            finally:
                self._manifest.release_lease(lease)


def _page(
    query: tuple[str, ...], rows: Sequence[T], limit: int, key: Callable[[T], int | str]
) -> Page[T]:
    """Make a page of rows that were asked for with one more than fits."""
    items = tuple(rows[:limit])
    return Page(items, write_token(query, key(items[-1])) if len(rows) > limit else "")


def _check_text(field: str, text: str) -> str:
    if len(text) > _TEXT_CHARACTERS_MAX or "\x00" in text:
        raise FieldInvalid(
            f"{field}: expected at most {_TEXT_CHARACTERS_MAX} characters, none of them NUL",
            metadata={"field": field},
        )
    return text
