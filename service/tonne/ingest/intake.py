"""What takes batches in: memory, books, threads, the committer. All streams and posts share it."""

from __future__ import annotations

import asyncio
import functools
import math
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from tonne.ingest.admission.books import BookRooms
from tonne.ingest.admission.memory import Admission
from tonne.ingest.committer import BatchQueue, Committer, Journal, PendingBatch
from tonne.ingest.decoder import Decoder
from tonne.settings.machine import usable_cpus
from tonne.telemetry import code_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tonne.config import IngestConfig
    from tonne.errors import TonneError
    from tonne.ingest.admission.books import Clock
    from tonne.ledger.ledger import Ledger
    from tonne.ledger.posting.comparing.digests import Digests
    from tonne.ledger.posting.comparing.kept import Comparison
    from tonne.ledger.posting.entries import Entry
    from tonne.model import Channel
    from tonne.store.rows import MendRow
    from tonne.telemetry import Telemetry
    from tonne_kernel import Batch

T = TypeVar("T")

LOOKUP_THREADS = 4
"""Threads that look up channels and compare repeats."""


class Intake:
    """Takes decoded batches for their commit, and counts the memory that they hold.

    Made and used on the event loop.

    Parameters
    ----------
    ledger : Ledger
        Where books and channels are looked up.
    journal : Journal
        What makes batches durable.
    config : IngestConfig
    telemetry : Telemetry
    clock : Clock, optional
        By which the rates of books are kept; the event loop where it is left out.
    """

    def __init__(
        self,
        ledger: Ledger,
        journal: Journal,
        config: IngestConfig,
        telemetry: Telemetry,
        *,
        clock: Clock | None = None,
    ) -> None:
        self.config = config
        self.telemetry = telemetry
        self.admission = Admission(config, telemetry)
        self.rooms = BookRooms(config, telemetry, clock or asyncio.get_running_loop())
        workers = config.decode_threads or max(math.ceil(usable_cpus()), 1)
        self._decode_pool = ThreadPoolExecutor(workers, "decode")
        self._commit_pool = ThreadPoolExecutor(config.commit_threads, "commit")
        self._lookup_pool = ThreadPoolExecutor(LOOKUP_THREADS, "lookup")
        self.committer = Committer(journal, self._commit_pool, config, telemetry, self._release)
        self._ledger = ledger
        telemetry.set("tonne_workers", workers, "decode")
        telemetry.set("tonne_workers", config.commit_threads, "commit")
        telemetry.read_with("tonne_commit_running_age_seconds", self.committer.oldest_running_s)
        telemetry.read_with(
            "tonne_store_reachable", lambda: float(self.committer.store_is_reachable)
        )
        telemetry.read_with(
            "tonne_in_flight_records", lambda: float(self.committer.in_flight_records)
        )

    def decoder(self) -> Decoder:
        """Make a decoder, of one stream or call."""
        return Decoder(self._decode_pool, self.config, self.telemetry)

    def offer(
        self, book: str, queue: BatchQueue, entry: Entry, size_bytes: int, received_s: float
    ) -> None:
        """Put a decoded batch behind those of its queue; its memory is held until it ends.

        Parameters
        ----------
        book : str
            Book id.
        queue : BatchQueue
            Told what becomes of it.
        entry : Entry
            The batch, and where it belongs.
        size_bytes : int
            Of its message, which is held already.
        received_s : float
            When it came, by the clock of the event loop.
        """
        pending = PendingBatch.of(entry, size_bytes, received_s)
        self.admission.hold(pending.memory_bytes - size_bytes)
        self.rooms.of(book).hold(pending.memory_bytes)
        self.committer.book(book).offer(queue, pending)

    def count_refused(self, error: TonneError) -> None:
        """Count a batch that was refused."""
        self.telemetry.add("tonne_batches_total", 1, code_of(error))

    def count_durable(self) -> None:
        """Count a batch that is durable."""
        self.telemetry.add("tonne_batches_total", 1, "OK")

    def count_received(self, size_bytes: int) -> None:
        """Count the bytes of a message with records."""
        self.telemetry.add("tonne_received_bytes_total", size_bytes)

    async def check_book(self, book: str) -> None:
        """See that a book exists. Raises `BookUnknown`."""
        if not self.committer.knows(book):
            await self._look_up(self._ledger.books.get_book, book)

    async def get_channel(self, book: str, channel: str) -> Channel:
        """Read a channel off the event loop."""
        return await self._look_up(self._ledger.channels.get_channel, book, channel)

    async def check_repeat(self, channel: Channel, first_offset: int, batch: Batch) -> None:
        """Compare a batch with the durable records of its offsets, off the event loop."""
        await self._look_up(
            self._ledger.repeats.check, channel.book, channel.id, first_offset, batch
        )

    async def compare(
        self, channel: Channel, first_offset: int, batch: Batch, ignored: frozenset[str]
    ) -> Comparison:
        """Tell how a batch differs from the durable records of its offsets."""
        return await self._look_up(
            self._ledger.repeats.compare, channel.book, channel.id, first_offset, batch, ignored
        )

    async def digest_batch(self, channel: Channel, batch: Batch) -> Digests:
        """Digest the records of a batch."""
        return await self._look_up(
            self._ledger.repeats.digest_batch, channel.book, channel.id, batch
        )

    async def digest_kept(self, channel: Channel, offsets: tuple[int, int]) -> Digests:
        """Digest the durable records of some offsets."""
        return await self._look_up(
            self._ledger.repeats.digest_kept, channel.book, channel.id, offsets
        )

    async def supersede(
        self,
        book: str,
        channel: str,
        offsets: tuple[int, ...],
        request_id: str,
        *,
        corrects: bool = False,
    ) -> tuple[MendRow, ...]:
        """Find the records that a request mends, or corrects; none where it was posted before."""
        find = functools.partial(self._supersede, corrects=corrects)
        return await self._look_up(find, book, channel, offsets, request_id)

    def _supersede(
        self,
        book: str,
        channel: str,
        offsets: tuple[int, ...],
        request_id: str,
        *,
        corrects: bool,
    ) -> tuple[MendRow, ...]:
        if self._ledger.repeats.is_posted(book, request_id):
            return ()
        return self._ledger.mends.supersede(book, channel, offsets, request_id, corrects=corrects)

    async def close(self, give_up_s: float) -> None:
        """Commit what was taken, then end the threads."""
        await self.committer.stop(give_up_s)
        for pool in (self._decode_pool, self._commit_pool, self._lookup_pool):
            pool.shutdown(wait=False)

    def _release(self, book: str, size_bytes: int) -> None:
        """Count out the memory of a batch that has ended."""
        self.admission.release(size_bytes)
        self.rooms.of(book).release(size_bytes)

    async def _look_up(self, call: Callable[..., T], *arguments: object) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._lookup_pool, call, *arguments)
