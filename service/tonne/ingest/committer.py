"""One commit for many streams: what all of a book have ready is one write of the journal."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from tonne.errors import (
    CapacityError,
    DefectError,
    InputError,
    LedgerInconsistent,
    ServerDraining,
    TonneError,
)
from tonne.ledger.posting.entries import Durable, Lost
from tonne.telemetry import report_incident

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Executor

    from tonne.config import IngestConfig
    from tonne.ledger.posting.entries import Entry, Outcome
    from tonne.telemetry import Telemetry

logger = logging.getLogger(__name__)


class Journal(Protocol):
    """Makes batches durable. Blocks."""

    def write(self, book: str, entries: Sequence[Entry]) -> Sequence[Outcome]:
        """Write entries in their order; one outcome for each."""


@dataclass(frozen=True, slots=True, eq=False)
class PendingBatch:
    """A decoded batch that waits for its commit.

    Parameters
    ----------
    entry : Entry
        What the journal writes.
    load_bytes : int
        What it adds to a commit: the bytes of its message or of its columns, whichever is more,
        since dictionaries let a small message stand for large columns.
    memory_bytes : int
        Memory that ends with the commit: the message and the decoded batch.
    received_s : float
        When the message came, on the clock of the event loop.
    """

    entry: Entry
    load_bytes: int
    memory_bytes: int
    received_s: float

    @classmethod
    def of(cls, entry: Entry, message_bytes: int, received_s: float) -> PendingBatch:
        """Take a batch that came in a message of so many bytes."""
        columns_bytes = entry.batch.columns_memory_bytes
        return cls(
            entry,
            max(message_bytes, columns_bytes),
            message_bytes + columns_bytes,
            received_s,
        )


@dataclass(eq=False)
class BatchQueue:
    """The batches of one stream or call, in order, on their way to the journal.

    Parameters
    ----------
    on_outcome : callable
        Told about each batch, in order, on the event loop. After `Lost` the batches behind
        it are dropped untold.
    """

    on_outcome: Callable[[PendingBatch, Outcome], None]
    ready: deque[PendingBatch] = field(default_factory=deque)
    is_lost: bool = False


class BookCommitter:
    """Commits the queues of one book, one write at a time.

    A write begins when 8 MiB are ready, or the oldest batch has waited 250 ms, or no stream
    of the book is just decoding (nothing would join by waiting); the figures are settings.
    While one write runs, the next is gathered. What the store refuses is tried again until it
    succeeds: nothing is acknowledged and nothing lost meanwhile, the streams are not read on
    once their windows are full.
    """

    def __init__(self, book: str, committer: Committer) -> None:
        self._book = book
        self._shared = committer
        self._queues: dict[BatchQueue, None] = {}
        self._ready_bytes = 0
        self._oldest_s = 0.0
        self._decoding_count = 0
        self._stirred = asyncio.Event()
        self._stopping = False
        self._task = asyncio.create_task(self._run(), name=f"commit {book}")

    def offer(self, queue: BatchQueue, taken: PendingBatch) -> None:
        """Put a batch behind those of its queue; a lost queue takes none."""
        self._shared.in_flight_records += taken.entry.batch.record_count
        if queue.is_lost:
            self._release(taken)
            return
        if not self._queues:
            self._oldest_s = asyncio.get_running_loop().time()
        self._queues[queue] = None
        queue.ready.append(taken)
        self._ready_bytes += taken.load_bytes
        self._stirred.set()

    def begin_decoding(self) -> None:
        """Count a batch that will be offered soon."""
        self._decoding_count += 1

    def end_decoding(self) -> None:
        """Count it out, offered or not."""
        self._decoding_count -= 1
        self._stirred.set()

    async def stop(self) -> None:
        """Commit what is ready, then end."""
        self._stopping = True
        self._stirred.set()
        await self._task

    async def _run(self) -> None:
        while await self._gathered():
            await self._commit(self._take_group())

    async def _gathered(self) -> bool:
        """Wait until a write should begin; False when there will be none."""
        while not self._queues:
            if self._stopping:
                return False
            self._stirred.clear()
            await self._stirred.wait()
        config = self._shared.config
        loop = asyncio.get_running_loop()
        stop_s = self._oldest_s + config.commit_delay_s_max
        while self._ready_bytes < config.commit_bytes_max and not self._stopping:
            wait_s = stop_s - loop.time()
            if not self._decoding_count:
                wait_s = min(wait_s, config.commit_quiet_s)
            self._stirred.clear()
            try:
                async with asyncio.timeout(wait_s):
                    await self._stirred.wait()
            except TimeoutError:
                break
        return True

    def _take_group(self) -> list[tuple[BatchQueue, PendingBatch]]:
        """Take queues up to `commit_bytes_max`, the last one as far as one commit holds it.

        At least one batch, else no more than `commit_bytes_max` and a window together, nor more
        postings than `commit_postings_max`. What is left is the first of the next commit.
        """
        config = self._shared.config
        load_bytes_max = config.commit_bytes_max + config.stream_window_bytes
        batches: list[tuple[BatchQueue, PendingBatch]] = []
        load_bytes = posting_count = 0
        while self._queues and load_bytes < config.commit_bytes_max:
            queue = next(iter(self._queues))
            while queue.ready:
                taken = queue.ready[0]
                load_bytes += taken.load_bytes
                posting_count += taken.entry.batch.posting_count_max
                if batches and (
                    load_bytes > load_bytes_max or posting_count > config.commit_postings_max
                ):
                    return batches
                self._ready_bytes -= taken.load_bytes
                batches.append((queue, queue.ready.popleft()))
            del self._queues[queue]
        self._oldest_s = asyncio.get_running_loop().time()
        return batches

    async def _commit(self, batches: list[tuple[BatchQueue, PendingBatch]]) -> None:
        """Write batches and tell each queue; a defect is narrowed down to the queue it is in."""
        outcomes = await self._written([taken.entry for _, taken in batches])
        if isinstance(outcomes, DefectError):
            queues = dict.fromkeys(queue for queue, _ in batches)
            if len(queues) > 1:
                for queue in queues:
                    await self._commit([one for one in batches if one[0] is queue])
                return
            outcomes = [Lost(outcomes)] * len(batches)
        for (queue, taken), outcome in zip(batches, outcomes, strict=True):
            self._release(taken)
            if not queue.is_lost:
                queue.is_lost = isinstance(outcome, Lost)
                queue.on_outcome(taken, outcome)
            if queue.is_lost:
                self._drop(queue)

    def _drop(self, queue: BatchQueue) -> None:
        """Forget what stands ready behind a batch that was lost: it would leave a gap."""
        self._queues.pop(queue, None)
        for taken in queue.ready:
            self._ready_bytes -= taken.load_bytes
            self._release(taken)
        queue.ready.clear()

    def _release(self, taken: PendingBatch) -> None:
        """Count a batch out that has ended, durable or not."""
        self._shared.in_flight_records -= taken.entry.batch.record_count
        self._shared.on_release(self._book, taken.memory_bytes)

    async def _written(self, entries: list[Entry]) -> Sequence[Outcome] | DefectError:
        """Have the journal write, and let it be seen how long that is going on."""
        start_s = time.monotonic()
        self._shared.running_s[self._book] = start_s
        try:
            return await self._retried(entries, start_s)
        finally:
            del self._shared.running_s[self._book]

    async def _retried(
        self, entries: list[Entry], start_s: float
    ) -> Sequence[Outcome] | DefectError:
        """Have the journal write, again and again while the store is away."""
        shared = self._shared
        telemetry = shared.telemetry
        loop = asyncio.get_running_loop()
        delay_s = shared.config.retry_delay_s_min
        while True:
            try:
                outcomes = await loop.run_in_executor(shared.pool, self._write, entries)
                _check_count(entries, outcomes)
            except CapacityError as error:
                telemetry.add("tonne_commits_total", 1, "retried")
                kind = "outcome_unknown" if error.code == "OUTCOME_UNKNOWN" else "unavailable"
                telemetry.add("tonne_store_errors_total", 1, kind)
                logger.warning("the store refused a commit; the server tries again: %s", error)
                shared.mark_store(self._book, reachable=False)
                if not await shared.pause(delay_s):
                    return [Lost(shared.draining_error())] * len(entries)
                delay_s = min(2 * delay_s, shared.config.retry_delay_s_max)
            except InputError as error:
                return [Lost(error)] * len(entries)
            except asyncio.CancelledError:
                raise
            except BaseException as error:  # noqa: BLE001  # a panic of Polars is no Exception
                telemetry.add("tonne_commits_total", 1, "failed")
                return shared.defect("a commit failed", error)
            else:
                shared.mark_store(self._book, reachable=True)
                telemetry.add("tonne_commits_total", 1, "durable")
                telemetry.observe("tonne_commit_latency_seconds", time.monotonic() - start_s)
                self._count(outcomes)
                return outcomes

    def _write(self, entries: list[Entry]) -> Sequence[Outcome]:
        with self._shared.telemetry.busy("commit"):
            return self._shared.journal.write(self._book, entries)

    def _count(self, outcomes: Sequence[Outcome]) -> None:
        add = self._shared.telemetry.add
        for outcome in outcomes:
            if isinstance(outcome, Durable) and not outcome.already_posted:
                add("tonne_records_total", outcome.totals.posted_count, "posted")
                add("tonne_records_total", outcome.totals.quarantined_count, "quarantined")
                add("tonne_records_total", outcome.totals.suspended_count, "suspended")


def _check_count(entries: Sequence[Entry], outcomes: Sequence[Outcome]) -> None:
    if len(outcomes) != len(entries):
        raise LedgerInconsistent(
            f"the journal must give one outcome for each entry; for {len(entries)} entries it "
            f"gave {len(outcomes)}"
        )


class Committer:
    """The committers of all books of a process.

    Parameters
    ----------
    journal : Journal
        Writes; called in `pool`.
    pool : Executor
        As many books write at the same time as it has threads.
    on_release : callable
        Told the book and the memory of each batch that has ended.
    """

    def __init__(
        self,
        journal: Journal,
        pool: Executor,
        config: IngestConfig,
        telemetry: Telemetry,
        on_release: Callable[[str, int], None],
    ) -> None:
        self.journal = journal
        self.pool = pool
        self.config = config
        self.telemetry = telemetry
        self.on_release = on_release
        self._books: dict[str, BookCommitter] = {}
        self.running_s: dict[str, float] = {}
        """When the commit under way of each book began, on the monotonic clock."""
        self.in_flight_records = 0
        """Records that are taken and not durable yet."""
        self._unreachable: set[str] = set()
        self._giving_up = asyncio.Event()

    @property
    def store_is_reachable(self) -> bool:
        """Whether no book waits for the store, and the objects answer."""
        return not self._unreachable

    def oldest_running_s(self) -> float:
        """Age of the oldest commit under way; 0 where there is none. From any thread."""
        begun = min(tuple(self.running_s.values()), default=None)
        return 0.0 if begun is None else time.monotonic() - begun

    def book(self, book: str) -> BookCommitter:
        """Give the committer of a book that exists."""
        found = self._books.get(book)
        if found is None:
            found = self._books[book] = BookCommitter(book, self)
        return found

    def knows(self, book: str) -> bool:
        """Whether this process has committed to the book before."""
        return book in self._books

    async def stop(self, give_up_s: float) -> None:
        """Commit what is ready; where the store stays away, give up after `give_up_s`."""
        timer = asyncio.get_running_loop().call_later(give_up_s, self._giving_up.set)
        await asyncio.gather(*(book.stop() for book in self._books.values()))
        timer.cancel()

    def mark_store(self, book: str, *, reachable: bool) -> None:
        """Keep what `store_is_reachable` says; no book stands for a look at the objects alone."""
        if reachable:
            self._unreachable.discard(book)
        else:
            self._unreachable.add(book)

    async def pause(self, delay_s: float) -> bool:
        """Wait before a commit is tried again; False when it shall not be."""
        try:
            async with asyncio.timeout(delay_s):
                await self._giving_up.wait()
        except TimeoutError:
            return True
        return False

    def draining_error(self) -> TonneError:
        """Make the error for batches that a stopping server could not commit."""
        return ServerDraining.without_store(self.config.retry_delay_s_max)

    def defect(self, message: str, error: BaseException) -> DefectError:
        """Log a defect; give the error that the producer is told."""
        return report_incident(self.telemetry, logger, message, error)
