"""Getting batches to the ledger: a window of them, a stream, and what to do when it breaks."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

from tonne.client.answers.results import (
    ROW_ERRORS_MAX,
    Progress,
    RowError,
    read_row_error,
    read_totals,
)
from tonne.client.append.batches import Backlog, Batch, Batches
from tonne.client.append.ownership import REFUSALS_OF_THE_CALLER
from tonne.client.append.stream import AppendStream, Ended
from tonne.client.append.window import Window
from tonne.client.errors import (
    AppendRefused,
    MalformedAnswer,
    ServerUnavailable,
    TokenUnavailable,
)
from tonne.client.wire.retry import Backoff, RetryPolicy
from tonne.client.wire.transport import error_of_status
from tonne.errors import (
    ContentMustMatch,
    DefectError,
    EpochStale,
    EpochUnknown,
    OffsetGap,
    OffsetRepeat,
    RecordsLost,
    TonneError,
)
from tonne.model import ControlTotals, Limits
from tonne.v1 import ingest_pb2

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tonne.client.append.ownership import Ownership
    from tonne.v1 import status_pb2

CLOSE_SLACK_S = 5.0
"""How long after the server's grace a closing stream is given up."""


class Delivery:
    """The state machine of one channel; used by one thread.

    Every batch waits in the window, is sent, and leaves the window once it is durable. When a
    stream ends, the channel is opened again, the window goes back to the committed offset, and
    all from there on is sent again.

    Attributes
    ----------
    committed_offset : int
        Number of durable records, as far as it is known here.
    totals : ControlTotals
        Totals of the whole channel up to there.
    limits : Limits
        What the server takes.
    is_stale : bool
        Whether the channel must be opened (again) before anything is sent.
    row_errors : list of RowError
        Row errors since `begin`.
    """

    def __init__(
        self, ownership: Ownership, policy: RetryPolicy, sleep: Callable[[float], None]
    ) -> None:
        self.name = ownership.name
        self.ownership = ownership
        self.committed_offset = 0
        self.totals = ControlTotals()
        self.limits = Limits(0, 0, 0, 0.0)
        self.is_stale = True
        self.row_errors: list[RowError] = []
        self._policy = policy
        self._clock = time.monotonic
        self._window = Window()
        self._next_offset = 0
        self._credit_bytes = 0
        self._stream: AppendStream | None = None
        self._closing_deadline_s: float | None = None
        self._idle_close_count = 0
        self._progress_s = 0.0
        self._base_offset = 0
        self._sent_bytes = 0
        self._backlog = Backlog()
        self._report: Callable[[Progress], None] | None = None
        self._retry = Backoff(policy, policy.budget_s, sleep=sleep)

    def begin(self, base_offset: int, report: Callable[[Progress], None] | None) -> None:
        """Begin an append whose first record has this offset."""
        self._base_offset, self._report = base_offset, report
        self.row_errors, self._sent_bytes = [], 0

    def close(self) -> None:
        """Half-close the stream, take its last acknowledgements, let go of it."""
        if self._stream is not None:
            self._stream.half_close()
            self._drain(self._stream)
        self._drop_stream()

    # Before an append that skips: are these the records that the ledger has?

    def compare(self, batches: Iterator[Batch]) -> None:
        """Send the skipped records again: the server tells a repeat from other content."""
        offset = self._base_offset
        for batch in batches:
            batch.request.offset = offset
            try:
                while not self._is_repeat(batch):
                    pass
            except AppendRefused as error:
                if error.reason != ContentMustMatch.code:
                    raise
                # The server names the first record that is another one.
                named = getattr(error.__cause__, "metadata", {}).get("offset", offset)
                raise ContentMustMatch.at_start(
                    self.name, offset=int(named), committed=self.committed_offset
                ) from error
            offset += batch.record_count
            # An answer is progress: a long comparison outlives many streams.
            self._idle_close_count = 0
            self._retry.reset()

    def _is_repeat(self, batch: Batch) -> bool:
        """Send a batch that must be a repeat; False where the stream broke meanwhile."""
        if self._stream is None:
            self._connect()
        stream, self._progress_s = self._stream, self._clock()
        if stream is None:
            return False
        stream.send(batch.request)
        while self._stream is stream:
            answer = stream.receive(self._patience_s())
            if isinstance(answer, ingest_pb2.AppendResponse) and isinstance(
                error_of_status(answer.error), OffsetRepeat
            ):
                return True
            self._take(answer)
        return False

    # One append: fill the window, take answers, until nothing waits.

    def pump(self, batches: Batches) -> None:
        """Send all batches and return once they are durable."""
        while not (self._fill(batches) and len(self._window) == 0):
            if self._stream is not None:
                self._take(self._stream.receive(self._patience_s()))

    def _fill(self, batches: Batches) -> bool:
        """Send what the credit allows; returns whether `batches` is used up."""
        while True:
            if self._stream is None and len(self._window):
                self._connect()
            self._take_ready()
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

    def _take_ready(self) -> None:
        """Take the answers that are there, and notice it where they stay away."""
        while self._stream is not None and (answer := self._stream.receive(0.0)) is not None:
            self._take(answer)
        if self._window.has_in_flight and self._patience_s() == 0.0:
            # Records that keep coming do not make a server alive that says nothing.
            self._take(None)

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
        self._backlog.write(batch.request, self._window.unsent_count)
        self._sent_bytes += batch.size_bytes
        self._stream.send(batch.request)

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
                    f"{self.name}: nothing became durable within {self._policy.ack_timeout_s:g} s"
                )
            )

    def _take_response(self, response: ingest_pb2.AppendResponse) -> None:
        if response.HasField("durable_up_to_offset"):
            self._advance(response)
        elif response.HasField("control_totals") or response.row_errors:
            raise MalformedAnswer(f"{self.name}: got totals or errors without a durable offset")
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
                f"{self.name}: the server acknowledged offset {durable}, but this producer sent "
                f"only up to {sent_stop or self.committed_offset}"
            )
        if response.HasField("control_totals"):
            self.totals += read_totals(response.control_totals)
        # Those beyond one answer come with later ones: maybe only in the next append.
        errors = [error for error in response.row_errors if error.offset >= self._base_offset]
        self.row_errors.extend(
            read_row_error(error, self._base_offset)
            for error in errors[: ROW_ERRORS_MAX - len(self.row_errors)]
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
            if not self.ownership.is_doubtful:
                raise self.ownership.fenced(error.message) from error
            self._fail(error)
        elif self._is_passing(error):
            self._fail(error)
        elif isinstance(error, DefectError):
            if isinstance(error, RecordsLost):
                self._go_back(error)
            raise error
        else:
            if self._stream is not None:
                self._stream.half_close()
                self._drain(self._stream)
            text = f"{self.name}: {error.message}; durable up to offset {self.committed_offset}"
            if isinstance(error, REFUSALS_OF_THE_CALLER):
                # The same class as where the call itself is refused: which of the two comes
                # first is a matter of time.
                raise type(error)(text, metadata=error.metadata) from error
            raise AppendRefused(text, reason=error.code, offset=self.committed_offset) from error

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
            raise self.ownership.fenced(error.message) from error
        if not self._is_passing(error):
            raise error
        self._fail(error)

    def _is_passing(self, error: TonneError) -> bool:
        """Whether opening the channel again may mend it, or shows what is wrong."""
        is_position = isinstance(error, (OffsetGap, EpochUnknown))
        return error.retryable or is_position or self.ownership.renews(error)

    # The connection.

    def _connect(self) -> None:
        """Open the channel again where that is due, and a stream on it."""
        if self.is_stale:
            self.reopen()
        try:
            self._stream = self.ownership.open_stream()
        except TokenUnavailable as error:
            self._fail(error)
            return
        self._closing_deadline_s = None
        self._progress_s = self._clock()

    def reopen(self, retry: Backoff | None = None) -> None:
        """Open the channel (again) and take note of where the ledger stands.

        Raises
        ------
        RecordsLost
            Records were acknowledged and are not there any more. It is raised once: the next
            opening goes on from what is there.
        """
        try:
            self._take_opened(self.ownership.open(retry or self._retry, self.committed_offset))
        except RecordsLost as error:
            self._go_back(error)
            raise

    def _take_opened(self, opened: ingest_pb2.OpenChannelResponse) -> None:
        channel, limits = opened.channel, opened.limits
        if channel.committed_offset < self.committed_offset:
            first, stop = channel.committed_offset, self.committed_offset
            raise RecordsLost.of(self.name, committed=first, acknowledged=stop, metadata={})
        if len(self._window) and channel.committed_offset > self._next_offset:
            raise self.ownership.fenced(f"{channel.committed_offset} records are there now")
        advanced = channel.committed_offset > self.committed_offset
        self.committed_offset, self.is_stale = channel.committed_offset, False
        self.totals = read_totals(channel.control_totals)
        self.limits = Limits(
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

    def _go_back(self, error: RecordsLost) -> None:
        """Know from now on what the ledger has, and no more."""
        first = error.metadata.get("committedOffset", "")
        self.committed_offset = int(first) if first.isdecimal() else 0
        self._drop_stream()

    def _fail(self, error: TonneError) -> None:
        """Give the stream up and wait before the next attempt."""
        self._drop_stream()
        self._retry.wait(error)

    def _drop_stream(self) -> None:
        if self._stream is not None:
            self._stream.cancel()
            self._stream = None
        self._closing_deadline_s = None
        self.is_stale = True

    def _drain(self, stream: AppendStream) -> None:
        """Take the last acknowledgements of a half-closed stream."""
        for answer in stream.rest():
            if answer.HasField("durable_up_to_offset"):
                with contextlib.suppress(MalformedAnswer):
                    self._advance(answer)

    def abandon(self) -> None:
        """Forget what is under way after an error; the next append asks where the ledger is."""
        self._drop_stream()
        self._window.clear()
        self._idle_close_count = 0
        self._retry.reset()
