"""One Append stream, from its first message to its end."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tonne.errors import (
    BookRateExceeded,
    DefectError,
    FieldInvalid,
    InputError,
    TonneError,
    forget_frames,
)
from tonne.ingest.admission.silence import said_nothing
from tonne.ingest.committer import BatchQueue
from tonne.ingest.decoder import KIND_NONE, check_size, parse_header
from tonne.ingest.streams.position import Position, check_opening
from tonne.ingest.streams.replies import CloseSignal, Outbox, Reply
from tonne.ledger.posting.entries import ChannelEntry, Lost, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from tonne.ingest.admission.books import BookRoom
    from tonne.ingest.committer import PendingBatch
    from tonne.ingest.intake import Intake
    from tonne.ingest.streams.streams import Streams
    from tonne.ingest.streams.wire import Wire
    from tonne.model import Channel
    from tonne_kernel import AppendHeader, Batch


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
    intake : Intake
        Takes its batches.
    streams : Streams
        Where it is counted.
    parse_channel : callable
        Splits a channel's resource name into book and channel id, or raises `NameInvalid`.
    check_open : callable
        Raises `ServerDraining` where the process takes no new streams.
    """

    def __init__(
        self,
        wire: Wire,
        intake: Intake,
        streams: Streams,
        parse_channel: Callable[[str], tuple[str, str]],
        check_open: Callable[[], None],
    ) -> None:
        self._wire = wire
        self._intake = intake
        self._streams = streams
        self._parse_channel = parse_channel
        self._check_open = check_open
        self._config = intake.config
        self._outbox = Outbox(intake.config.row_errors_max)
        self._queue = BatchQueue(self._on_outcome)
        self._decoder = intake.decoder()
        self._stirred = asyncio.Event()
        self._position: Position | None = None
        self._room: BookRoom | None = None
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
                self._check_open()
                self._streams.greet(self, self._wire.caller)
            except TonneError as error:
                self._fail(error)
            else:
                self._call_later(self._config.first_message_s_max, self._end_silence)
                lifetime_s = self._streams.draw_lifetime_s()
                self._call_later(lifetime_s, self.ask_to_close, "stream_lifetime")
                if left_s is not None:
                    self._end_before(left_s)
            self._streams.keep(asyncio.create_task(self._read(), name="read stream"))
            while reply := await self._outbox.take(self._share_credit):
                # The bound is a stream's lifetime and its grace: a slower reader is gone.
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
            self._streams.leave(self, self._end_reason)
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
        early_s = grace_s * self._streams.draw_spread()
        delay_s = max(left_s - grace_s - early_s, 0.0)
        self._call_later(delay_s, self.ask_to_close, "token_expiry", grace_s + early_s)
        self._call_later(max(left_s, 0.0), self._stop_reading)

    def _share_credit(self) -> int:
        """Give what the producer may have on the way: less where many share a limit."""
        credit_bytes = self._intake.admission.stream_credit_bytes
        share_bytes = self._room.stream_share_bytes if self._room is not None else 0
        if share_bytes:
            credit_bytes = min(credit_bytes, max(share_bytes, self._config.message_bytes_max))
        return credit_bytes

    async def _read(self) -> None:
        """Read until the half-close, the grace after a close signal, or a loss."""
        while await self._may_read():
            message = await self._wire.read()
            if message is None or self._stopped:
                break
            if self._failure:
                continue
            self._intake.admission.hold(len(message))
            held_bytes = len(message)
            try:
                held_bytes -= await self._take(message)
            except DefectError as error:
                self._refuse(self._intake.committer.defect("a batch failed", error))
            except TonneError as error:
                self._refuse(error)
            except asyncio.CancelledError:
                raise
            except BaseException as error:  # noqa: BLE001  # a panic of Polars is no Exception
                self._fail(self._intake.committer.defect("a stream failed", error))
            finally:
                self._intake.admission.release(held_bytes)
                del message  # not kept while the next one is waited for
        self._stop_reading()

    async def _may_read(self) -> bool:
        held = ""
        while not self._stopped:
            reason = "" if self._failure else self._held_by()
            if not reason:
                return True
            if reason != held:
                self._intake.telemetry.add("tonne_reads_held_total", 1, reason)
                held = reason
            self._stirred.clear()
            await self._stirred.wait()
        return False

    def _held_by(self) -> str:
        """Name what keeps the stream from being read on, if anything."""
        waiting_bytes = self._position.unacknowledged_bytes if self._position else 0
        if waiting_bytes >= self._config.stream_window_bytes:
            return "stream_window"
        if not self._intake.admission.has_room:
            return "process_memory"
        if self._room is not None and self._room.held_by:
            return self._room.held_by
        return "replies" if self._outbox.is_full else ""

    def _stop_reading(self) -> None:
        """Take nothing more; what was taken is still committed and acknowledged."""
        self._stopped = True
        self._stirred.set()
        self._end_if_done()

    async def _take(self, message: bytes) -> int:
        """Take one message; the bytes of it that stay held until its batch is durable."""
        check_size(len(message), self._config.message_bytes_max)
        header = parse_header(message)
        position = await self._opened(header)
        channel = position.channel
        if header.backlog_record_count or header.backlog_oldest_unsent_us >= 0:
            self.backlog_records = header.backlog_record_count
            self.backlog_oldest_us = header.backlog_oldest_unsent_us
        if header.kind == KIND_NONE:
            return 0
        position.check_gap(header.offset)
        if not await self._let_in(channel, len(message)):
            return 0
        self._intake.count_received(len(message))
        received_s = asyncio.get_running_loop().time()
        admission = self._intake.admission
        need_bytes = self._decoder.measure(
            header.kind, message, header.body_start, header.body_stop
        )
        if not await admission.ask_for_message(
            len(message), need_bytes, self._stirred, self._is_over
        ):
            return 0
        committer = self._intake.committer.book(channel.book)
        committer.begin_decoding()
        try:
            batch = await self._decoder.decode(
                header.kind, message, header.body_start, header.body_stop
            )
            if batch.record_count == 0:
                return 0
            if header.offset < position.expected:
                await self._refuse_repeat(position, header.offset, batch)
            if self._failure or self._stopped:
                return 0
            first = position.take(batch.record_count, len(message), received_s)
            entry = ChannelEntry(batch, channel.id, channel.epoch, first, channel.owner)
            self._intake.offer(channel.book, self._queue, entry, len(message), received_s)
            return len(message)
        finally:
            admission.give_back(need_bytes)
            committer.end_decoding()

    async def _opened(self, header: AppendHeader) -> Position:
        """Check the first message's channel and epoch; later ones may repeat them."""
        if self._position is None:
            opened = await self._open(header)
            if not self._stopped:  # who has left already must not come in
                room = self._intake.rooms.of(opened.book)
                room.enter(self.stir)
                self._room = room
            self._position = Position(opened)
            self._outbox.acknowledge(self._position.durable)
        elif header.channel:
            book, name = self._parse_channel(header.channel)
            self._wire.authorize(book, header.channel)
            channel = self._position.channel
            if (book, name) != (channel.book, channel.id):
                raise FieldInvalid(
                    f"channel: expected channel {channel.id!r} of book {channel.book!r} in "
                    f"every message of the stream; got {header.channel!r}: open another stream "
                    "for another channel",
                    metadata={"field": "channel", "channel": header.channel},
                )
        return self._position

    async def _open(self, header: AppendHeader) -> Channel:
        book, name = self._parse_channel(header.channel)
        self._wire.authorize(book, header.channel)
        self._streams.enter(self, self._wire.caller)
        self._has_spoken = True
        channel = await self._intake.get_channel(book, name)
        check_opening(channel, header.epoch)
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
        self._intake.admission.release(size_bytes)
        try:
            return await self._intake.rooms.of(channel.book).wait_for_turn(
                size_bytes, self._stirred, self._is_over
            )
        finally:
            self._intake.admission.hold(size_bytes)

    async def _refuse_repeat(self, position: Position, first: int, batch: Batch) -> None:
        """Tell a harmless repeat from other content and from an overlap.

        Always raises, unless the stream has failed meanwhile.
        """
        stop = first + batch.record_count
        position.check_overlap(first, stop)
        while position.durable < stop:
            # What it repeats is taken and not durable yet: there is nothing to compare with.
            if self._failure:
                return
            self._stirred.clear()
            await self._stirred.wait()
        await self._intake.check_repeat(position.channel, first, batch)
        raise position.repeat(first, stop)

    def _on_outcome(self, pending: PendingBatch, outcome: Outcome) -> None:
        if isinstance(outcome, Lost):
            self._fail(outcome.error)
            return
        assert isinstance(pending.entry, ChannelEntry)  # noqa: S101  # offered by this class alone
        assert self._position is not None  # noqa: S101  # opened before anything is offered
        self._intake.count_durable()
        self._position.durable = pending.entry.first_offset + outcome.totals.record_count
        self._outbox.acknowledge(
            self._position.durable, outcome.totals, outcome.row_errors, outcome.row_error_count
        )
        self._stirred.set()
        self._end_if_done()

    def _refuse(self, error: TonneError) -> None:
        """Tell that a batch was refused; before the channel is known there is no going on."""
        forget_frames(error)
        self._intake.count_refused(error)
        if self._position is None or not isinstance(error, InputError):
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
            self._intake.count_refused(error)
        forget_frames(error)
        self._failure = error
        self._queue.is_lost = not keeps_taken
        self._outbox.refuse(error)
        self._stirred.set()
        self._call_later(self._config.error_grace_s, self._stop_reading)
        self._end_if_done()

    def _count_written(self, reply: Reply) -> None:
        """Free the window of what the producer has been told is durable."""
        now_s = asyncio.get_running_loop().time()
        durable = -1 if reply.durable_offset is None else reply.durable_offset
        for received_s in self._position.acknowledge(durable) if self._position else ():
            self._intake.telemetry.observe("tonne_ack_latency_seconds", now_s - received_s)
        self._stirred.set()

    def _end_if_done(self) -> None:
        """Say the last once reading has ended and all that was taken is durable."""
        is_settled = self._position is None or self._position.is_settled
        if self._stopped and (self._queue.is_lost or is_settled):
            self._end_reason = "error" if self._failure else self._close_reason or "half_close"
            self._outbox.end()

    def _call_later(self, delay_s: float, call: Callable[..., None], *arguments: object) -> None:
        loop = asyncio.get_running_loop()
        self._timers.append(loop.call_later(delay_s, call, *arguments))
