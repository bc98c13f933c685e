"""What all streams and posts of a process share, and how it goes away."""

from __future__ import annotations

import asyncio
import hashlib
import math
import random
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from tonne.errors import FieldInvalid, ServerDraining
from tonne.ingest.admission import Admission
from tonne.ingest.committer import BatchQueue, Committer, Journal, PendingBatch
from tonne.ingest.decoder import Decoder, check_kind, check_size
from tonne.ingest.estimates import EstimateRoom, OpenEstimate
from tonne.ingest.limits import BookRooms
from tonne.ingest.session import ChannelSession
from tonne.ingest.silence import Silence
from tonne.ingest.slots import Slots
from tonne.ledger.posting.entries import Durable, Lost, Outcome, RequestEntry
from tonne.settings.machine import usable_cpus
from tonne.telemetry import code_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tonne.config import IngestConfig
    from tonne.errors import TonneError
    from tonne.ingest.limits import Clock
    from tonne.ingest.wire import Wire
    from tonne.ledger.ledger import Ledger
    from tonne.model import Channel
    from tonne.telemetry import Telemetry
    from tonne_kernel import Batch

T = TypeVar("T")

DRAINING_RETRY_S = 1.0
"""How long a producer that met a stopping server should wait before it tries another."""

LOOKUP_THREADS = 4
"""Threads that look up channels and compare repeats."""


class Ingest:
    """The streams and posts of one process. Made and used on the event loop.

    Parameters
    ----------
    ledger : Ledger
        Where channels are looked up.
    journal : Journal
        What makes batches durable.
    parse_channel : callable
        Splits a channel's resource name into book and channel id, or raises `NameInvalid`.
    clock : Clock, optional
        By which the rates of books are kept; the event loop where it is left out.
    """

    def __init__(
        self,
        ledger: Ledger,
        journal: Journal,
        config: IngestConfig,
        telemetry: Telemetry,
        parse_channel: Callable[[str], tuple[str, str]],
        *,
        clock: Clock | None = None,
    ) -> None:
        self.config = config
        self.telemetry = telemetry
        self.parse_channel = parse_channel
        self.admission = Admission(config, telemetry)
        self.silence = Silence(config, telemetry)
        self.slots = Slots(self.admission, config.streams_max)
        self.rooms = BookRooms(config, telemetry, clock or asyncio.get_running_loop())
        self._estimates = EstimateRoom(config, telemetry)
        workers = config.decode_threads or max(math.ceil(usable_cpus()), 1)
        self.decode_pool = ThreadPoolExecutor(workers, "decode")
        self._commit_pool = ThreadPoolExecutor(config.commit_threads, "commit")
        self._lookup_pool = ThreadPoolExecutor(LOOKUP_THREADS, "lookup")
        self.committer = Committer(journal, self._commit_pool, config, telemetry, self._release)
        self._ledger = ledger
        self._sessions: dict[ChannelSession, None] = {}
        self._kept: set[asyncio.Task[None]] = set()
        self._all_left = asyncio.Event()
        self._draining = False
        telemetry.set("tonne_workers", workers, "decode")
        telemetry.set("tonne_workers", config.commit_threads, "commit")
        telemetry.read_with("tonne_commit_running_age_seconds", self.committer.oldest_running_s)
        telemetry.read_with(
            "tonne_store_reachable", lambda: float(self.committer.store_is_reachable)
        )
        telemetry.read_with(
            "tonne_in_flight_records", lambda: float(self.committer.in_flight_records)
        )
        telemetry.read_with("tonne_backlog_records", self._backlog_records)
        telemetry.read_with("tonne_backlog_oldest_unsent_age_seconds", self._backlog_age_s)

    # --- streams -------------------------------------------------------------------------

    async def append(self, wire: Wire) -> TonneError | None:
        """Serve one Append stream to its end; what it failed of, if it did."""
        return await ChannelSession(wire, self).run()

    def greet(self, session: ChannelSession, caller: str) -> None:
        """Let a stream say what it is. Raises `StreamsExhausted`, `ServerDraining`."""
        self._check_draining()
        self.silence.enter(session, caller)
        self._sessions[session] = None
        self.admission.watch(session.stir)

    def enter(self, session: ChannelSession, caller: str) -> None:
        """Count a stream in whose first message was authorized. Raises `StreamsExhausted`."""
        self.silence.leave(session)
        self.admission.unwatch(session.stir)
        self.slots.enter(session, caller)

    def leave(self, session: ChannelSession, reason: str) -> None:
        """Count a stream out."""
        self.telemetry.add("tonne_stream_ends_total", 1, reason)
        self.silence.leave(session)
        self.slots.leave(session)
        self._sessions.pop(session, None)
        if not self._sessions:
            self._all_left.set()

    def keep(self, task: asyncio.Task[None]) -> asyncio.Task[None]:
        """Hold a task that outlives its caller until it is done.

        The reader of a stream is one: a read that waits is never cancelled, it returns when
        the stream has ended.
        """
        self._kept.add(task)
        task.add_done_callback(self._kept.discard)
        return task

    def draw_lifetime_s(self) -> float:
        """Draw the life of a stream, so that not all reconnect at once."""
        low, high = self.config.stream_lifetime_s_min, self.config.stream_lifetime_s_max
        return random.uniform(low, high)  # noqa: S311  # no secret

    def draw_spread(self) -> float:
        """Draw from 0 to 1, to spread what would happen to many streams at once."""
        return random.random()  # noqa: S311  # no secret

    def count_batch(self, error: TonneError) -> None:
        """Count a batch that was refused."""
        self.telemetry.add("tonne_batches_total", 1, code_of(error))

    async def get_channel(self, book: str, channel: str) -> Channel:
        """Read a channel off the event loop."""
        return await self._look_up(self._ledger.channels.get_channel, book, channel)

    async def check_repeat(self, channel: Channel, first_offset: int, batch: Batch) -> None:
        """Compare a batch with the durable records of its offsets, off the event loop."""
        await self._look_up(
            self._ledger.repeats.check, channel.book, channel.id, first_offset, batch
        )

    # --- posts ---------------------------------------------------------------------------

    async def post_records(self, book: str, request_id: str, kind: int, content: bytes) -> Durable:
        """Make the records of one call durable, once for each request id.

        Parameters
        ----------
        book : str
            Book id.
        request_id : str
            UUID that makes the call idempotent.
        kind : int
            `decoder.KIND_ROWS` or `KIND_ARROW`.
        content : bytes
            The batch, serialized.

        Raises
        ------
        InputError
            `FieldInvalid`, `BatchMustParse`, `BatchMustFit`, `BookUnknown`,
            `ContentMustMatch`.
        CapacityError
            `BookRateExceeded`, `ServerDraining`.
        """
        self._check_draining()
        request_id = _check_request_id(request_id)
        check_kind(kind)
        check_size(len(content), self.config.message_bytes_max)
        if not self.committer.knows(book):
            await self._look_up(self._ledger.books.get_book, book)
        decoder = Decoder(self.decode_pool, self.config, self.telemetry)
        need_bytes = len(content) + decoder.measure(kind, content, 0, len(content))
        await self._let_in(book, len(content))
        received_s = asyncio.get_running_loop().time()
        self.telemetry.add("tonne_received_bytes_total", len(content))
        await self.admission.ask(need_bytes, asyncio.Event(), lambda: False)
        try:
            batch = await decoder.decode(kind, content, 0, len(content))
            digest = hashlib.sha256(bytes([kind]))
            digest.update(content)
            entry = RequestEntry(batch, request_id, digest.hexdigest())
            taken = PendingBatch.of(entry, len(content), received_s)
            self.admission.hold(taken.memory_bytes)
            self.rooms.of(book).hold(taken.memory_bytes)
        finally:
            self.admission.give_back(need_bytes)
        outcome = await self._commit(book, taken)
        if isinstance(outcome, Lost):
            raise outcome.error
        self.telemetry.add("tonne_batches_total", 1, "OK")
        return outcome

    async def _let_in(self, book: str, size_bytes: int) -> None:
        """Wait for the rate of a book, and until it and the process have room."""
        room = self.rooms.of(book)
        await room.wait_for_turn(size_bytes, asyncio.Event(), lambda: False)
        while not (room.has_room and self.admission.has_room):
            await room.wait_for_room()
            await self.admission.wait_for_room()

    def _release(self, book: str, size_bytes: int) -> None:
        """Count out the memory of a batch that has ended."""
        self.admission.release(size_bytes)
        self.rooms.of(book).release(size_bytes)

    async def _commit(self, book: str, taken: PendingBatch) -> Outcome:
        settled: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()

        def settle(_: PendingBatch, outcome: Outcome) -> None:
            # A caller that went away has cancelled the future; its records are posted anyway.
            if not settled.done():
                settled.set_result(outcome)

        self.committer.book(book).offer(BatchQueue(settle), taken)
        return await settled

    # --- estimates -----------------------------------------------------------------------

    def open_estimate(self) -> OpenEstimate:
        """Begin a call that posts nothing; its caller closes it. Raises `ServerDraining`."""
        self._check_draining()
        decoder = Decoder(self.decode_pool, self.config, self.telemetry)
        return OpenEstimate(self._estimates, decoder)

    # --- the end -------------------------------------------------------------------------

    @property
    def is_healthy(self) -> bool:
        """Whether new work should come here."""
        return not self._draining and self.committer.store_is_reachable

    def mark_objects(self, reachable: bool) -> None:  # noqa: FBT001  # the form of a callback
        """Take in what the last look at the objects said."""
        self.committer.mark_store("", reachable=reachable)

    async def drain(self, spread_s: float, grace_s: float) -> None:
        """Ask all streams in-band to reconnect, spread over some time, and wait for them.

        Returns when none is left, or after `grace_s`.
        """
        self._draining = True
        loop = asyncio.get_running_loop()
        sessions = list(self._sessions)
        for number, session in enumerate(sessions):
            delay_s = spread_s * number / len(sessions)
            loop.call_later(delay_s, session.ask_to_close, "server_drain")
        self._all_left.clear()
        if self._sessions:
            try:
                async with asyncio.timeout(grace_s):
                    await self._all_left.wait()
            except TimeoutError:
                return

    async def close(self, give_up_s: float) -> None:
        """Commit what was taken, then end the threads."""
        self._draining = True
        await self.committer.stop(give_up_s)
        for pool in (self.decode_pool, self._commit_pool, self._lookup_pool):
            pool.shutdown(wait=False)

    def _check_draining(self) -> None:
        if self._draining:
            raise ServerDraining.now(DRAINING_RETRY_S)

    async def _look_up(self, call: Callable[..., T], *arguments: object) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._lookup_pool, call, *arguments)

    def _backlog_records(self) -> float:
        return sum(session.backlog_records for session in tuple(self._sessions))

    def _backlog_age_s(self) -> float:
        stated = [one.backlog_oldest_us for one in tuple(self._sessions)]
        oldest_us = min((us for us in stated if us >= 0), default=-1)
        return max(time.time() - oldest_us / 1e6, 0.0) if oldest_us >= 0 else 0.0


def _check_request_id(text: str) -> str:
    """Return a request id in the form of a UUID, or raise `FieldInvalid`."""
    try:
        return str(uuid.UUID(text))
    except ValueError:
        raise FieldInvalid(
            "request_id: a UUID like 123e4567-e89b-12d3-a456-426614174000, made anew for each "
            f"request and kept for its repeats; got {text!r}",
            metadata={"field": "request_id", "requestId": text},
        ) from None
