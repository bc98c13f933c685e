"""One Append stream, from its first message to its end."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tonne.errors import (
    BookRateExceeded,
    ChannelClosed,
    DefectError,
    EpochStale,
    EpochUnknown,
    FieldInvalid,
    InputError,
    OffsetGap,
    OffsetRepeat,
    TonneError,
    forget_frames,
)
from tonne.ingest.committer import BatchQueue, PendingBatch
from tonne.ingest.decoder import KIND_NONE, Decoder, check_size, parse_header
from tonne.ingest.replies import CloseSignal, Outbox, Reply
from tonne.ingest.silence import said_nothing
from tonne.ledger.posting.entries import ChannelEntry, Lost, Outcome
from tonne.model import ChannelState

if TYPE_CHECKING:
    from collections.abc import Callable

    from tonne.ingest.ingest import Ingest
    from tonne.ingest.limits import BookRoom
    from tonne.ingest.wire import Wire
    from tonne.model import Channel
    from tonne_kernel import AppendHeader, Batch


@dataclass(frozen=True, slots=True)
class _Unacknowledged:
    """A batch that was taken and whose acknowledgement is not written yet."""

    stop_offset: int
    size_bytes: int
    received_s: float


class ChannelSession:
    """Takes the batches of one producer in order, and tells it what is durable.

    One task reads for the life of the stream and is never cancelled while it waits for the
    network; the caller of `run` writes. A stream is not read on while its window is used up
    (batches whose acknowledgement is not written yet count, so that a producer that never
    reads stops itself), while the process or the book is out of memory budget or the book over
    its rate, or while refusals wait.

    Parameters
    ----------
    wire : Wire
        The stream.
    ingest : Ingest
        What all streams of the process share.
    """

    def __init__(self, wire: Wire, ingest: Ingest) -> None:
        self._wire = wire
        self._ingest = ingest
        self._config = ingest.config
        self._outbox = Outbox(ingest.config.row_errors_max)
        self._lane = BatchQueue(self._on_outcome)
        self._decoder = Decoder(ingest.decode_pool, ingest.config, ingest.telemetry)
        self._stirred = asyncio.Event()
        self._channel: Channel | None = None
        self._room: BookRoom | None = None
        self._expected = 0
        self._durable = 0
        self._unacknowledged: deque[_Unacknowledged] = deque()
        self._unacknowledged_bytes = 0
        self._close_reason = ""
        self._stopped = False
        self._end_reason = "disconnect"
        self._failure: TonneError | None = None
        self._timers: list[asyncio.TimerHandle] = []
        self._has_spoken = False
        self._write_s_max = self._config.stream_lifetime_s_max + self._config.close_grace_s
        self.backlog_records = 0
        self.backlog_oldest_us = -1

    async def run(self) -> TonneError | None:
        """Serve the stream to its end; what it failed of, if it did.

        The failure has been told in-band already; it is the final status, too.
        """
        try:
            try:
                left_s = await self._wire.admit()
                self._ingest.greet(self, self._wire.caller)
            except TonneError as error:
                self._fail(error)
            else:
                self._call_later(self._config.first_message_s_max, self._end_silence)
                lifetime_s = self._ingest.draw_lifetime_s()
                self._call_later(lifetime_s, self.ask_to_close, "stream_lifetime")
                if left_s is not None:
                    self._end_before(left_s)
            self._ingest.keep(asyncio.create_task(self._read(), name="read stream"))
            while reply := await self._outbox.take(self._share_credit):
                # As long as a stream may live: who takes no reply meanwhile is gone.
                async with asyncio.timeout(self._write_s_max):
                    await self._wire.write(reply)
                self._count_written(reply)
        except TimeoutError:
            self._end_reason = "disconnect"
        finally:
            self._stopped = True
            self._stirred.set()
            for timer in self._timers:
                timer.cancel()
            if self._room is not None:
                self._room.leave(self.stir)
            self._ingest.leave(self, self._end_reason)
        return self._failure

    def stir(self) -> None:
        """Look again whether the stream may be read on."""
        self._stirred.set()

    @property
    def is_closing(self) -> bool:
        """Whether it ends soon, by itself."""
        return bool(self._close_reason or self._failure or self._stopped)

    def displace(self, error: TonneError) -> None:
        """End a stream that has said nothing yet: another one needs its room."""
        self._fail(error)
        self._stop_reading()

    def ask_to_close(self, reason: str, grace_s: float | None = None) -> None:
        """Ask the producer in-band to reconnect; after a grace the stream ends by itself."""
        if self.is_closing:
            return
        if grace_s is None:
            grace_s = self._config.close_grace_s
        self._close_reason = reason
        self._outbox.ask_to_close(CloseSignal(reason, grace_s))
        self._call_later(grace_s, self._stop_reading)

    def _end_silence(self) -> None:
        """End a stream whose first message did not come, or not whole."""
        if not (self._has_spoken or self._failure or self._stopped):
            self.displace(said_nothing(self._config.first_message_s_max))

    def _end_before(self, left_s: float) -> None:
        """Have the stream asked to close so early that its grace ends with the credentials.

        Where they hold no longer than the grace, it is asked in their last quarter. Streams
        that share a token are spread: each draws how much earlier it is asked.
        """
        grace_s = min(self._config.close_grace_s, max(left_s, 0.0) / 4)
        early_s = grace_s * self._ingest.draw_spread()
        delay_s = max(left_s - grace_s - early_s, 0.0)
        self._call_later(delay_s, self.ask_to_close, "token_expiry", grace_s + early_s)
        self._call_later(max(left_s, 0.0), self._stop_reading)

    def _share_credit(self) -> int:
        """Give what the producer may have on the way: less where many share a limit."""
        credit_bytes = self._ingest.admission.stream_credit_bytes
        share_bytes = self._room.stream_share_bytes if self._room is not None else 0
        if share_bytes:
            credit_bytes = min(credit_bytes, max(share_bytes, self._config.message_bytes_max))
        return credit_bytes

    # --- reading -------------------------------------------------------------------------

    async def _read(self) -> None:
        """Read until the half-close, the grace after a close signal, or a loss."""
        while await self._may_read():
            message = await self._wire.read()
            if message is None or self._stopped:
                break
            if self._failure:
                continue
            self._ingest.admission.hold(len(message))
            held_bytes = len(message)
            try:
                held_bytes -= await self._take(message)
            except DefectError as error:
                self._refuse(self._ingest.committer.defect("a batch failed", error))
            except TonneError as error:
                self._refuse(error)
            except asyncio.CancelledError:
                raise
            except BaseException as error:  # noqa: BLE001  # a panic of Polars is no Exception
                self._fail(self._ingest.committer.defect("a stream failed", error))
            finally:
                self._ingest.admission.release(held_bytes)
                del message  # not kept while the next one is waited for
        self._stop_reading()

    async def _may_read(self) -> bool:
        held = ""
        while not self._stopped:
            reason = "" if self._failure else self._held_by()
            if not reason:
                return True
            if reason != held:
                self._ingest.telemetry.add("tonne_reads_held_total", 1, reason)
                held = reason
            self._stirred.clear()
            await self._stirred.wait()
        return False

    def _held_by(self) -> str:
        """Name what keeps the stream from being read on, if anything."""
        if self._unacknowledged_bytes >= self._config.stream_window_bytes:
            return "stream_window"
        if not self._ingest.admission.has_room:
            return "process_memory"
        if self._room is not None and self._room.held_by:
            return self._room.held_by
        return "replies" if self._outbox.is_full else ""

    def _stop_reading(self) -> None:
        """Take nothing more; what was taken is still committed and acknowledged."""
        self._stopped = True
        self._stirred.set()
        self._end_if_done()

    # --- taking --------------------------------------------------------------------------

    async def _take(self, message: bytes) -> int:
        """Take one message; the bytes of it that stay held until its batch is durable."""
        check_size(len(message), self._config.message_bytes_max)
        header = parse_header(message)
        channel = await self._opened(header)
        if header.backlog_record_count or header.backlog_oldest_unsent_us >= 0:
            self.backlog_records = header.backlog_record_count
            self.backlog_oldest_us = header.backlog_oldest_unsent_us
        if header.kind == KIND_NONE:
            return 0
        if header.offset > self._expected or header.offset < 0:
            raise self._gap(channel, header.offset)
        if not await self._let_in(channel, len(message)):
            return 0
        self._ingest.telemetry.add("tonne_received_bytes_total", len(message))
        received_s = asyncio.get_running_loop().time()
        admission = self._ingest.admission
        need_bytes = self._decoder.measure(
            header.kind, message, header.body_start, header.body_stop
        )
        if not await admission.ask_for_message(
            len(message), need_bytes, self._stirred, self._is_over
        ):
            return 0
        committer = self._ingest.committer.book(channel.book)
        committer.begin_decoding()
        try:
            batch = await self._decoder.decode(
                header.kind, message, header.body_start, header.body_stop
            )
            if batch.record_count == 0:
                return 0
            if header.offset < self._expected:
                await self._refuse_repeat(channel, header.offset, batch)
            if self._failure or self._stopped:
                return 0
            self._offer(channel, batch, len(message), received_s)
            return len(message)
        finally:
            admission.give_back(need_bytes)
            committer.end_decoding()

    async def _opened(self, header: AppendHeader) -> Channel:
        """Check the first message's channel and epoch; later ones may repeat them."""
        if self._channel is None:
            opened = await self._open(header)
            if not self._stopped:  # who has left already must not come in
                room = self._ingest.rooms.of(opened.book)
                room.enter(self.stir)
                self._room = room
            self._channel = opened
            self._expected = self._durable = self._channel.committed_offset
            self._outbox.acknowledge(self._durable)
        elif header.channel:
            book, channel = self._ingest.parse_channel(header.channel)
            self._wire.allow(header.channel, book)
            if (book, channel) != (self._channel.book, self._channel.id):
                raise FieldInvalid(
                    f"channel: a stream has one channel, {self._channel.id!r} of book "
                    f"{self._channel.book!r}; got {header.channel!r}: open another stream",
                    metadata={"field": "channel", "channel": header.channel},
                )
        return self._channel

    async def _open(self, header: AppendHeader) -> Channel:
        book, name = self._ingest.parse_channel(header.channel)
        self._wire.allow(header.channel, book)
        self._ingest.enter(self, self._wire.caller)
        self._has_spoken = True
        channel = await self._ingest.get_channel(book, name)
        if channel.state is ChannelState.CLOSED:
            raise ChannelClosed.of(book, name)
        if not 0 < header.epoch <= channel.epoch:
            raise EpochUnknown.of(book, name, epoch=header.epoch, current=channel.epoch)
        if header.epoch < channel.epoch:
            raise EpochStale.of(book, name, epoch=header.epoch, current=channel.epoch)
        return channel

    def _is_over(self) -> bool:
        return self._stopped or self._failure is not None

    async def _let_in(self, channel: Channel, size_bytes: int) -> bool:
        """Hold a batch until the rate of its book lets it in; False where the stream ends first.

        It is the one message that a stream may hold beside the memory of the process: a book
        over its rate takes none of that from the others.
        """
        if not self._config.book_bytes_per_s_max:
            return True
        self._ingest.admission.release(size_bytes)
        try:
            return await self._ingest.rooms.of(channel.book).wait_for_turn(
                size_bytes, self._stirred, self._is_over
            )
        finally:
            self._ingest.admission.hold(size_bytes)

    async def _refuse_repeat(self, channel: Channel, first: int, batch: Batch) -> None:
        """Tell a harmless repeat from other content and from an overlap.

        Always raises, unless the stream has failed meanwhile.
        """
        stop = first + batch.record_count
        if stop > self._expected:
            raise self._gap(channel, first, stop)
        while self._durable < stop:
            # What it repeats is taken and not durable yet: there is nothing to compare with.
            if self._failure:
                return
            self._stirred.clear()
            await self._stirred.wait()
        await self._ingest.check_repeat(channel, first, batch)
        raise OffsetRepeat(
            f"offset: the records {first} to {stop} are durable already, with the same content; "
            f"go on at {self._expected}",
            metadata={
                "field": "offset",
                "offset": str(first),
                "expectedOffset": str(self._expected),
            },
        )

    def _gap(self, channel: Channel, offset: int, stop: int = 0) -> OffsetGap:
        return OffsetGap.of(
            channel.book, channel.id, offset=offset, expected=self._expected, stop=stop
        )

    def _offer(self, channel: Channel, batch: Batch, size_bytes: int, received_s: float) -> None:
        first = self._expected
        self._expected += batch.record_count
        self._unacknowledged.append(_Unacknowledged(self._expected, size_bytes, received_s))
        self._unacknowledged_bytes += size_bytes
        self._ingest.admission.hold(batch.columns_memory_bytes)
        assert self._channel is not None  # noqa: S101  # opened before anything is taken
        opened = self._channel
        entry = ChannelEntry(batch, channel.id, opened.epoch, first, opened.owner)
        taken = PendingBatch.of(entry, size_bytes, received_s)
        self._ingest.rooms.of(channel.book).hold(taken.memory_bytes)
        self._ingest.committer.book(channel.book).offer(self._lane, taken)

    # --- telling -------------------------------------------------------------------------

    def _on_outcome(self, taken: PendingBatch, outcome: Outcome) -> None:
        if isinstance(outcome, Lost):
            self._fail(outcome.error)
            return
        assert isinstance(taken.entry, ChannelEntry)  # noqa: S101  # offered by this class alone
        self._ingest.telemetry.add("tonne_batches_total", 1, "OK")
        self._durable = taken.entry.first_offset + outcome.totals.record_count
        self._outbox.acknowledge(
            self._durable, outcome.totals, outcome.row_errors, outcome.row_error_count
        )
        self._stirred.set()
        self._end_if_done()

    def _refuse(self, error: TonneError) -> None:
        """Tell that a batch was refused; before the channel is known there is no going on."""
        forget_frames(error)
        self._ingest.count_batch(error)
        if self._channel is None or not isinstance(error, InputError):
            keeps = isinstance(error, BookRateExceeded)
            self._fail(error, is_counted=True, keeps_taken=keeps)
        else:
            self._outbox.refuse(error)

    def _fail(
        self, error: TonneError, *, is_counted: bool = False, keeps_taken: bool = False
    ) -> None:
        """End the stream: tell why, wait a little for the producer's half-close.

        With `keeps_taken`, what was taken before is still committed and acknowledged.
        """
        if self._failure:
            self._end_if_done()
            return
        if not is_counted:
            self._ingest.count_batch(error)
        forget_frames(error)
        self._failure = error
        self._lane.is_lost = not keeps_taken
        self._outbox.refuse(error)
        self._stirred.set()
        self._call_later(self._config.error_grace_s, self._stop_reading)
        self._end_if_done()

    def _count_written(self, reply: Reply) -> None:
        """Free the window of what the producer has been told is durable."""
        now_s = asyncio.get_running_loop().time()
        durable = -1 if reply.durable_offset is None else reply.durable_offset
        waiting = self._unacknowledged
        while waiting and waiting[0].stop_offset <= durable:
            done = waiting.popleft()
            self._unacknowledged_bytes -= done.size_bytes
            self._ingest.telemetry.observe("tonne_ack_latency_seconds", now_s - done.received_s)
        self._stirred.set()

    def _end_if_done(self) -> None:
        """Say the last once reading has ended and all that was taken is durable."""
        if self._stopped and (self._lane.is_lost or self._durable == self._expected):
            self._end_reason = "error" if self._failure else self._close_reason or "half_close"
            self._outbox.end()

    def _call_later(self, delay_s: float, call: Callable[..., None], *arguments: object) -> None:
        loop = asyncio.get_running_loop()
        self._timers.append(loop.call_later(delay_s, call, *arguments))
