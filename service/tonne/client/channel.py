"""A channel as its producer holds it: append until durable, whatever happens to the stream."""

from __future__ import annotations

import contextlib
import threading
import time
from typing import TYPE_CHECKING, Protocol, Self

from tonne.client.batches import ENVELOPE_BYTES, Backlog, Batch, Batches, Records
from tonne.client.errors import (
    AppendRefused,
    ChannelFenced,
    MalformedAnswer,
    ServerUnavailable,
)
from tonne.client.results import (
    ROW_ERRORS_MAX,
    AppendResult,
    Progress,
    RowError,
    quantity_decimal,
    read_row_error,
    read_totals,
)
from tonne.client.retry import Backoff, RetryPolicy
from tonne.client.stream import AppendStream, Ended
from tonne.client.transport import error_of_status
from tonne.client.window import Window
from tonne.errors import DefectError, EpochStale, OffsetGap, OffsetRepeat, TonneError
from tonne.model import ControlTotals, Limits
from tonne.v1 import ingest_pb2, status_pb2

if TYPE_CHECKING:
    from collections.abc import Callable

CLOSE_SLACK_S = 5.0
"""How long after the server's grace a closing stream is given up."""

DRAIN_S_MAX = 5.0
"""How long a stream with a refused batch is waited for, so that the good ones before it count."""


class ChannelServer(Protocol):
    """The calls that a channel needs; failures come as `TonneError`."""

    def open_channel(self, name: str) -> ingest_pb2.OpenChannelResponse:
        """Open the channel, raising its epoch."""

    def get_channel(self, name: str) -> ingest_pb2.Channel:
        """Read the channel."""

    def open_stream(self, name: str, epoch: int) -> AppendStream:
        """Begin an Append call."""


class Channel:
    """One producer's ordered stream of records into a book; made by `Client.channel`.

    It is used by one thread at a time. Everything that concerns the connection is dealt with
    here: streams that break or are closed by the server are opened anew and go on from the
    committed offset; an epoch raised by another owner ends it with `ChannelFenced`.

    Attributes
    ----------
    name : str
        `books/{book}/channels/{channel}`.
    epoch : int
        Epoch of the last opening.
    committed_offset : int
        Number of durable records, as far as it is known here: the offset to go on from.
    """

    def __init__(
        self,
        server: ChannelServer,
        name: str,
        policy: RetryPolicy,
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.name = name
        self.epoch = 0
        self.committed_offset = 0
        self._server = server
        self._policy = policy
        self._clock = time.monotonic
        self._lock = threading.Lock()
        self._window = Window()
        self._totals = ControlTotals()
        self._limits = Limits(0, 0, 0, 0.0)
        self._credit_bytes = 0
        self._stream: AppendStream | None = None
        self._closing_deadline_s: float | None = None
        self._idle_close_count = 0
        self._progress_s = 0.0
        self._opens_unknown_count = 0
        self._is_stale = False
        self._row_errors: list[RowError] = []
        self._base_offset = 0
        self._next_offset = 0
        self._sent_bytes = 0
        self._backlog = Backlog()
        self._report: Callable[[Progress], None] | None = None
        self._retry = Backoff(policy, policy.open_budget_s, sleep=sleep)
        self._reopen()
        self._retry = Backoff(policy, policy.budget_s, sleep=sleep)

    def append(
        self,
        records: Records,
        *,
        start_offset: int | None = None,
        records_count: int | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> AppendResult:
        """Append records and return once all of them are durable.

        Parameters
        ----------
        records : Records
            A Polars frame, anything that exports Arrow, or an iterable of mappings (or of
            frames), which is read no faster than the server takes it.
        start_offset : int, optional
            Offset in the channel of the first of `records`. Those that the ledger has already
            are skipped: the same call after an interruption goes on where the ledger stands.
            Without it the records follow on the committed offset.
        records_count : int, optional
            How many records an iterable has; only used to report the backlog.
        progress : callable, optional
            Called after each acknowledgement.

        Raises
        ------
        RecordsInvalid
            A record cannot be sent at all. Those before it may be durable.
        AppendRefused
            The server refused a batch.
        OffsetGap
            `start_offset` is beyond the committed offset.
        ChannelFenced
            Another owner has opened the channel.
        ServerUnavailable
            No progress within the budget of the `RetryPolicy`. The same call with
            `start_offset` may be made again.
        """
        with self._lock:
            if self._is_stale:
                self._reopen()
            skip_count = self._skip_count(start_offset)
            before, self._base_offset = self._totals, self.committed_offset - skip_count
            self._row_errors, self._sent_bytes, self._report = [], 0, progress
            try:
                self._pump(
                    Batches(
                        records,
                        self._limits,
                        skip_count=skip_count,
                        records_count=records_count,
                    )
                )
            except BaseException:
                self._abandon()
                raise
            return self._result(before, skip_count)

    def close(self) -> None:
        """Let go of the stream. The channel stays open in the ledger."""
        with self._lock:
            if self._stream is not None:
                self._stream.half_close()
                self._drain(self._stream)
            self._drop_stream()

    def __enter__(self) -> Self:
        """Return the channel itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the stream."""
        self.close()

    def _skip_count(self, start_offset: int | None) -> int:
        if start_offset is None:
            return 0
        if start_offset > self.committed_offset:
            raise OffsetGap(
                f"start_offset {start_offset} is beyond the {self.committed_offset} records "
                f"that {self.name} has; append what lies between first",
                metadata={
                    "startOffset": str(start_offset),
                    "committedOffset": str(self.committed_offset),
                },
            )
        return self.committed_offset - start_offset

    def _result(self, before: ControlTotals, skip_count: int) -> AppendResult:
        after = self._totals
        not_posted = (
            after.quarantined_count
            + after.suspended_count
            - before.quarantined_count
            - before.suspended_count
        )
        return AppendResult(
            after.records_count - before.records_count,
            after.posted_count - before.posted_count,
            after.quarantined_count - before.quarantined_count,
            after.suspended_count - before.suspended_count,
            quantity_decimal(after.quantity_micro - before.quantity_micro),
            tuple(self._row_errors),
            max(0, not_posted - len(self._row_errors)),
            self.committed_offset,
            skip_count,
        )

    # One append: fill the window, take answers, until nothing waits.

    def _pump(self, batches: Batches) -> None:
        while not (self._fill(batches) and len(self._window) == 0):
            if self._stream is not None:
                self._take(self._stream.receive(self._patience_s()))

    def _fill(self, batches: Batches) -> bool:
        """Send what the credit allows; returns whether `batches` is used up."""
        while True:
            if self._stream is None and len(self._window):
                self._connect()
            while self._stream is not None and (answer := self._stream.receive(0.0)) is not None:
                self._take(answer)
            if self._stream is None and len(self._window):
                continue
            if self._closing_deadline_s is not None:
                return False
            batch = self._window.first_unsent()
            if batch is None:
                if self._window.in_flight_bytes >= self._credit_bytes:
                    return False
                batch = next(batches, None)
                if batch is None:
                    return True
                self._enter(batch, batches)
                continue
            # One batch may always be on its way: without it no credit could come back.
            if self._window.has_in_flight and (
                self._window.in_flight_bytes + batch.size_bytes > self._credit_bytes
            ):
                return False
            self._send(batch)

    def _enter(self, batch: Batch, batches: Batches) -> None:
        batch.offset = self._next_offset
        self._next_offset = batch.stop
        self._window.add(batch)
        self._backlog = batches.backlog

    def _send(self, batch: Batch) -> None:
        if self._stream is None:
            return
        if not self._window.has_in_flight:
            self._progress_s = self._clock()
        batch.request.offset = batch.offset
        self._window.mark_sent()
        self._write_backlog(batch.request)
        self._sent_bytes += batch.size_bytes
        self._stream.send(batch.request)

    def _write_backlog(self, request: ingest_pb2.AppendRequest) -> None:
        request.ClearField("backlog")
        waiting = self._backlog.records_count + self._window.unsent_count
        request.backlog.records_count = waiting
        if waiting and self._backlog.since_s:
            request.backlog.oldest_unsent_time.FromMicroseconds(
                int(self._backlog.since_s * 1_000_000)
            )

    def _patience_s(self) -> float:
        """How long the next answer may take before something is done about it."""
        deadline_s = self._closing_deadline_s
        if deadline_s is None:
            deadline_s = self._progress_s + self._policy.ack_timeout_s
        return max(0.0, deadline_s - self._clock())

    # What the server says.

    def _take(self, answer: ingest_pb2.AppendResponse | Ended | None) -> None:
        if isinstance(answer, ingest_pb2.AppendResponse):
            self._take_response(answer)
        elif isinstance(answer, Ended):
            self._take_end(answer.error)
        elif self._patience_s() == 0.0:
            self._fail(
                ServerUnavailable(
                    f"{self.name}: no record became durable for {self._policy.ack_timeout_s:g} s"
                )
            )

    def _take_response(self, response: ingest_pb2.AppendResponse) -> None:
        if response.HasField("durable_up_to_offset"):
            self._advance(response)
        elif response.HasField("control_totals") or response.row_errors:
            raise MalformedAnswer(f"{self.name}: totals or row errors without a durable offset")
        if response.credit_bytes:
            self._credit_bytes = response.credit_bytes
        if response.HasField("close_signal"):
            grace_s = response.close_signal.grace.ToTimedelta().total_seconds()
            self._closing_deadline_s = self._clock() + grace_s + CLOSE_SLACK_S
        if response.HasField("error"):
            self._take_error(response.error)

    def _advance(self, response: ingest_pb2.AppendResponse) -> None:
        durable = response.durable_up_to_offset
        sent_stop = self._window.sent_stop
        if not 0 <= durable <= (self.committed_offset if sent_stop is None else sent_stop):
            raise MalformedAnswer(
                f"{self.name}: the server acknowledges up to {durable}, and "
                f"{sent_stop or self.committed_offset} was sent"
            )
        if response.HasField("control_totals"):
            self._totals += read_totals(response.control_totals)
        room = ROW_ERRORS_MAX - len(self._row_errors)
        self._row_errors.extend(
            read_row_error(error, self._base_offset) for error in response.row_errors[:room]
        )
        if durable > self.committed_offset:
            self.committed_offset = durable
            self._window.settle(durable)
            self._progress_s = self._clock()
            self._idle_close_count = 0
            self._retry.reset()
            self._tell_progress()

    def _tell_progress(self) -> None:
        if self._report is not None:
            self._report(Progress(self.committed_offset - self._base_offset, self._sent_bytes))

    def _take_error(self, status: status_pb2.Status) -> None:
        error = error_of_status(status)
        if isinstance(error, OffsetRepeat):
            return  # already durable: the acknowledgement says how far
        if isinstance(error, EpochStale):
            if not self._opens_unknown_count:
                raise self._fenced(error.message) from error
            self._fail(error)
        elif error.retryable or isinstance(error, OffsetGap):
            self._fail(error)
        elif isinstance(error, DefectError):
            raise error
        else:
            if self._stream is not None:
                self._stream.half_close()
                self._drain(self._stream)
            raise AppendRefused(
                f"{self.name}: {error.message}; durable up to offset {self.committed_offset}",
                reason=error.code,
                offset=self.committed_offset,
            ) from error

    def _take_end(self, error: TonneError | None) -> None:
        was_closing = self._closing_deadline_s is not None
        self._drop_stream()
        if error is None and was_closing:
            # In good order, and free of charge, unless the server does nothing else.
            self._idle_close_count += 1
            if self._idle_close_count == 1:
                return
        if error is None:
            error = ServerUnavailable(f"{self.name}: the server ended the stream")
        if isinstance(error, EpochStale):
            raise self._fenced(error.message) from error
        if not (error.retryable or isinstance(error, OffsetGap)):
            raise error
        self._fail(error)

    def _fenced(self, text: str) -> ChannelFenced:
        return ChannelFenced(
            f"{self.name}: another owner has opened the channel since epoch {self.epoch} "
            f"({text}); two producers need two channels",
            metadata={"channel": self.name, "epoch": str(self.epoch)},
        )

    # The connection.

    def _connect(self) -> None:
        """Open the channel again where that is due, and a stream on it."""
        if self._is_stale:
            self._reopen()
        self._stream = self._server.open_stream(self.name, self.epoch)
        self._closing_deadline_s = None
        self._progress_s = self._clock()

    def _reopen(self) -> None:
        while True:
            try:
                self._check_owner()
                self._opens_unknown_count += 1
                opened = self._server.open_channel(self.name)
            except TonneError as error:
                if not error.retryable:
                    raise
                self._retry.wait(error)
            else:
                break
        self._take_opened(opened)

    def _check_owner(self) -> None:
        """Refuse to take the channel back from another owner.

        An opening whose answer was lost may have raised the epoch too: it counts as ours.
        """
        if self.epoch == 0:
            return
        found = self._server.get_channel(self.name)
        if found.epoch > self.epoch + self._opens_unknown_count:
            raise self._fenced(f"its epoch is {found.epoch} now")

    def _take_opened(self, opened: ingest_pb2.OpenChannelResponse) -> None:
        channel, limits = opened.channel, opened.limits
        if limits.message_bytes_max <= 2 * ENVELOPE_BYTES or limits.batch_records_max <= 0:
            raise MalformedAnswer(f"{self.name}: opened without usable limits: {limits}")
        if self.epoch and channel.committed_offset < self.committed_offset:
            raise MalformedAnswer(
                f"{self.name}: {self.committed_offset} records were acknowledged, and the server "
                f"now has {channel.committed_offset}"
            )
        if self.epoch and len(self._window) and channel.committed_offset > self._next_offset:
            raise self._fenced(f"{channel.committed_offset} records are there now")
        advanced = channel.committed_offset > self.committed_offset
        self.epoch, self.committed_offset = channel.epoch, channel.committed_offset
        self._opens_unknown_count, self._is_stale = 0, False
        self._totals = read_totals(channel.control_totals)
        self._limits = Limits(
            limits.message_bytes_max,
            limits.in_flight_bytes_max,
            limits.batch_records_max,
            limits.stream_lifetime.ToTimedelta().total_seconds(),
        )
        self._credit_bytes = limits.in_flight_bytes_max
        self._window.rewind(channel.committed_offset)
        if not len(self._window):
            self._next_offset = channel.committed_offset
        if advanced:
            self._idle_close_count = 0
            self._retry.reset()
            self._tell_progress()

    def _fail(self, error: TonneError) -> None:
        """Give the stream up and wait before the next attempt."""
        self._drop_stream()
        self._retry.wait(error)

    def _drop_stream(self) -> None:
        if self._stream is not None:
            self._stream.cancel()
            self._stream = None
        self._closing_deadline_s = None
        self._is_stale = True

    def _drain(self, stream: AppendStream) -> None:
        """Take the last acknowledgements of a half-closed stream."""
        deadline_s = self._clock() + DRAIN_S_MAX
        while (left_s := deadline_s - self._clock()) > 0:
            answer = stream.receive(left_s)
            if answer is None or isinstance(answer, Ended):
                return
            if answer.HasField("durable_up_to_offset"):
                with contextlib.suppress(MalformedAnswer):
                    self._advance(answer)

    def _abandon(self) -> None:
        """Forget what is under way after an error; the next append asks where the ledger is."""
        self._drop_stream()
        self._window.clear()
        self._idle_close_count = 0
        self._retry.reset()
