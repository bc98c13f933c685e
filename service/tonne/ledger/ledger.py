"""The use cases of the ledger, in one place: what edge, ingest and reports call."""

from __future__ import annotations

import datetime as dt
import logging
import time
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tonne.errors import DefectError
from tonne.ledger.acknowledged import Acknowledged, log_loss
from tonne.ledger.balances import Balances
from tonne.ledger.book_state import BookStates
from tonne.ledger.budget import READ_BYTES_MAX, Budget
from tonne.ledger.check import BookCheck
from tonne.ledger.clearing import Clearer, ClearingProgress
from tonne.ledger.editions import Editions
from tonne.ledger.estimate import Estimates
from tonne.ledger.evidence import Evidence
from tonne.ledger.files import FileReader
from tonne.ledger.journal import Journal
from tonne.ledger.merging import MERGE_BYTES_MAX, MERGE_LEASE_S
from tonne.ledger.pages import Page, page_limit
from tonne.ledger.rebuild import Rebuild, Rebuilt
from tonne.ledger.records import LedgerRecord, QuarantinedRecord, Records
from tonne.ledger.register import Register
from tonne.ledger.repeat import RepeatCheck
from tonne.ledger.sampling import Sample, SampleCheck
from tonne.model import Channel, check_channel_id, check_id
from tonne.store import LeaseLost, Rules, garbage, pair
from tonne.store.database import utc_now

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import polars as pl

    from tonne.errors import FileCorrupt
    from tonne.ledger.acknowledged import Loss
    from tonne.ledger.balances import Add
    from tonne.ledger.findings import BookFindings
    from tonne.ledger.journal import Stage
    from tonne.store.garbage import Collected
    from tonne.store.manifest import Manifest
    from tonne.store.objects import Objects
    from tonne.store.rows import FileRow, Soundness
    from tonne_kernel import Batch

logger = logging.getLogger(__name__)

CACHE_BYTES_MAX = 256 << 20
"""Decoded postings that a process keeps, unless told otherwise."""

MERGE_FILES_MAX = 64
"""Live postings files of one tier, unless told otherwise."""

ROW_ERRORS_MAX = 1000
"""Row errors that the outcome of one batch names, unless told otherwise."""
MARK_INTERVAL_S = 60.0
"""How often it is written down how far the manifest has come, unless told otherwise."""

GARBAGE_INTERVAL_S = 900.0
"""How often the objects are listed to find garbage, by whichever process."""

_BOOKS_BATCH = 1000


@dataclass(frozen=True, slots=True)
class Upkeep:
    """What one round of upkeep did. `collected` is None where it was not this round's turn."""

    merged_files_count: int
    collected: Collected | None


class Ledger(Editions, Register, Estimates):
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
        A tier of more live runs of postings files than this is merged.
    merge_bytes_max : int
        Most memory of a merge.
    merge_lease_s : float
        How long a merge of a process that died keeps the others off, in seconds.
    read_bytes_max : int
        Most memory of all calls that read.
    row_errors_max : int
        Most row errors that the outcome of one batch names.
    garbage_rules : Rules
        How long garbage stays.
    mark_interval_s : float
        How often the upkeep writes down how far the manifest has come, in seconds.
    clock : callable
        The time, UTC.
    on_loss : callable
        As in `Acknowledged`.
    stage : callable
        As in `Journal`.
    on_corrupt : callable, optional
        As in `FileReader`.

    Attributes
    ----------
    evidence : Evidence
        What postings rest on.
    journal : Journal
        The durable path of records.
    reads : Budget
        Memory of the calls that read.
    """

    def __init__(
        self,
        manifest: Manifest,
        objects: Objects,
        *,
        holder: str,
        cache_bytes_max: int = CACHE_BYTES_MAX,
        merge_files_max: int = MERGE_FILES_MAX,
        merge_bytes_max: int = MERGE_BYTES_MAX,
        merge_lease_s: float = MERGE_LEASE_S,
        read_bytes_max: int = READ_BYTES_MAX,
        row_errors_max: int = ROW_ERRORS_MAX,
        garbage_rules: Rules | None = None,
        mark_interval_s: float = MARK_INTERVAL_S,
        clock: Callable[[], dt.datetime] = utc_now,
        on_loss: Callable[[Loss], str] = log_loss,
        stage: Stage = nullcontext,
        on_corrupt: Callable[[FileCorrupt], None] | None = None,
    ) -> None:
        super().__init__(manifest, BookStates(manifest), clock)
        self.reads = Budget(read_bytes_max)
        self._acknowledged = Acknowledged(manifest, on_loss)
        self._objects = objects
        self._holder = holder
        self._merge_lease_s = merge_lease_s
        self._garbage_rules = garbage_rules or Rules()
        self._mark_interval_s = mark_interval_s
        self._next_garbage_time = clock()
        self._collected_s: float | None = None  # by the monotonic clock of this process
        self._marked_s: float | None = None
        reader = FileReader(manifest, objects, on_corrupt)
        self._records = Records(manifest, reader, self._states, self.reads)
        self._repeats = RepeatCheck(manifest, reader, self._states)
        self._balances = Balances(
            manifest,
            objects,
            holder=holder,
            cache_bytes_max=cache_bytes_max,
            merge_files_max=merge_files_max,
            merge_bytes_max=merge_bytes_max,
            merge_lease_s=merge_lease_s,
            clock=clock,
            reader=reader,
        )
        self._clearer = Clearer(
            manifest,
            objects,
            reader,
            self._states,
            clock=clock,
            on_postings=self._balances.remember,
            reads=self.reads,
        )
        self.evidence = Evidence(manifest, reader, self._balances.parts)
        self.journal = Journal(
            manifest,
            objects,
            self._states,
            row_errors_max=row_errors_max,
            clock=clock,
            on_postings=self._balances.remember,
            acknowledged=self._acknowledged,
            stage=stage,
        )

    def close(self) -> None:
        """End the ledger's threads, after what they are doing. The store stays open."""
        self.journal.close()
        self._balances.close()

    # Channels.

    def open_channel(self, book: str, channel: str, owner: str = "") -> Channel:
        """Make a channel, or raise its epoch. Raises NameInvalid, BookUnknown, ChannelClosed.

        RecordsLost, once, where this process knows more records of it to be acknowledged than
        the database has: the next call goes on from there.
        """
        check_id("book", book)
        check_channel_id(channel)
        # Before: what is acknowledged while the channel is being opened may be later than it.
        known_offset = self._acknowledged.offset(book, channel)
        opened = self._manifest.open_channel(book, channel, owner)
        self._acknowledged.check_channel(opened, known_offset)
        self._acknowledged.note_channel(opened)
        return opened

    def get_channel(self, book: str, channel: str) -> Channel:
        """Read a channel. Raises NameInvalid, BookUnknown, ChannelUnknown."""
        found = self._manifest.get_channel(check_id("book", book), check_channel_id(channel))
        self._acknowledged.note_channel(found)
        return found

    def find_losses(self) -> None:
        """Ask for what this process knows to have happened; what is gone is told.

        One look at one row where nothing is. Call it now and then.
        """
        for book in self._acknowledged.find_lost():
            self._acknowledged.tell_lost(book)

    def close_channel(self, book: str, channel: str) -> Channel:
        """Close a channel for ever. Raises NameInvalid, BookUnknown, ChannelUnknown."""
        return self._manifest.close_channel(check_id("book", book), check_channel_id(channel))

    def list_channels(
        self, book: str, *, page_size: int = 0, page_token: str = ""
    ) -> Page[Channel]:
        """List the channels in order of their ids. Raises BookUnknown, PageTokenInvalid."""
        self.get_book(book)
        query = ("channels", book)
        after, _ = self.tokens.read(page_token, query, "")
        limit = page_limit(page_size)
        rows = self._manifest.list_channels(book, str(after), limit + 1)
        return self.tokens.page(query, rows, limit, lambda channel: channel.id)

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

    def fold(self, book: str, begin: Callable[[], Add]) -> list[FileRow]:
        """Go through all postings, part by part, see `Balances.fold`. Raises BookUnknown."""
        self.get_book(book)
        return self._balances.fold(book, begin)

    def clear_suspense(self, book: str) -> Iterator[ClearingProgress]:
        """Post the records in suspense that can be resolved by now, one segment at a step.

        Raises BookUnknown, CapacityError (call again: nothing is cleared twice).
        """
        return self._clearer.clear(self.get_book(book).id)

    # Checks.

    def book_ids(self) -> Iterator[str]:
        """Give the ids of all books."""
        after = ""
        while books := self._manifest.list_books(after, _BOOKS_BATCH):
            yield from (book.id for book in books)
            after = books[-1].id

    def files_count(self, book: str) -> int:
        """Count the files that a check of all of a book reads."""
        return self._manifest.live_files_count(book)

    def check(
        self, book: str, *, sample: Sample | None = None, on_file: Callable[[], None]
    ) -> BookFindings:
        """Compare all that is kept twice of a book, or look at a sample of its files.

        `on_file` is called after each file. Raises BookUnknown, StoreUnavailable.
        """
        if sample is None:
            return BookCheck(self._manifest, self._objects, book, on_file=on_file).run()
        return SampleCheck(self._manifest, self._objects, book, sample, on_file=on_file).run()

    def rebuild(
        self, book: str, *, assumes_regions: bool = False, on_file: Callable[[], None]
    ) -> Rebuilt:
        """Make corrupt and missing postings files of a book again, from its records.

        Raises BookUnknown, LeaseLost where a merge of the book is under way, and as
        `Rebuild.run` does.
        """
        name = f"merge/{self.get_book(book).id}"
        lease = self._manifest.acquire_lease(name, self._holder, self._merge_lease_s)
        if lease is None:
            raise LeaseLost(name, self._holder, 0)
        try:
            return Rebuild(
                self._manifest,
                self._objects,
                book,
                lease=lease,
                lease_s=self._merge_lease_s,
                clock=self._clock,
                assumes_regions=assumes_regions,
                on_file=on_file,
            ).run()
        finally:
            self._manifest.release_lease(lease)

    def soundness(self, *, is_whole: bool) -> Soundness:
        """Ask the manifest's database whether its own pages are sound."""
        return self._manifest.soundness(is_whole=is_whole)

    # Upkeep.

    def probe_objects(self) -> None:
        """See that the objects can be reached, or raise `StoreUnavailable`. Blocks."""
        self._objects.probe()

    def check_pair(self, incarnation: str = "") -> str:
        """See that the manifest and the objects still belong together; gives the incarnation.

        Raises
        ------
        LedgerMismatch
            They do not, or the manifest went back, or was adopted since it was of `incarnation`.
        StoreUnavailable
            One of them cannot be reached.
        """
        return pair.check_incarnation(self._manifest, self._objects, incarnation)

    def merge(self, book: str) -> int:
        """Merge a book's postings files where there are too many; how many were replaced."""
        return self._balances.merge(book)

    def maintain(self) -> Upkeep:
        """Merge the postings of all books and collect garbage. Call it every few seconds.

        Each job is done under a lease, so any number of processes may call it: no work is
        done twice, and one that lost its lease meanwhile changes nothing. A book that cannot be
        merged keeps no other back; its defect is raised at the end.

        Raises
        ------
        LedgerMismatch
            The manifest and the objects do not belong together any more. Nothing was done.
        GarbageRefused
            A collection would have deleted too much.
        """
        self._mark()
        merged_count = 0
        failures: list[DefectError] = []
        for book in self.book_ids():
            try:
                merged_count += self.merge(book)
            except DefectError as error:
                logger.error("book %s cannot be merged: %s", book, error)  # noqa: TRY400  # raised below
                failures.append(error)
        collected = self._collect_garbage()
        if failures:
            raise failures[0]
        return Upkeep(merged_count, collected)

    def write_mark(self, interval_s: float = 0.0) -> None:
        """Write down how far the manifest has come, unless that was done since. As `maintain`."""
        pair.write_mark(self._manifest, self._objects, interval_s)

    def _mark(self) -> None:
        """See now and then that the pair is one, and write down how far it has come."""
        now_s = time.monotonic()
        if self._marked_s is None or now_s - self._marked_s >= self._mark_interval_s:
            self.write_mark(self._mark_interval_s)
            self._marked_s = now_s

    def _collect_garbage(self) -> Collected | None:
        """Collect garbage where that is due.

        The lease is not given back: until it expires nobody needs to look again.
        """
        if self._clock() < self._next_garbage_time:
            return None
        self._next_garbage_time = self._clock() + dt.timedelta(seconds=GARBAGE_INTERVAL_S)
        lease = self._manifest.acquire_lease("garbage", self._holder, GARBAGE_INTERVAL_S)
        if lease is None:
            return None
        before_s, self._collected_s = self._collected_s, time.monotonic()
        elapsed_s = garbage.ELAPSED_S_MAX if before_s is None else self._collected_s - before_s
        try:
            return garbage.collect(
                self._manifest,
                self._objects,
                self._garbage_rules,
                self._clock,
                lease=lease,
                lease_s=GARBAGE_INTERVAL_S,
                elapsed_s_max=elapsed_s,
            )
        except LeaseLost as error:
            logger.warning("a collection of garbage was left to another server: %s", error)
            return None
        except BaseException:
            self._manifest.release_lease(lease)  # somebody else may go on
            raise
