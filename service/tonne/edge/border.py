"""What stands around every method: parsing, threads, statuses, and what must not leak."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import grpc

from tonne.edge.access.gate import current
from tonne.edge.access.lanes import CHANNEL
from tonne.edge.access.roles import RULES
from tonne.edge.messages.codec import read_request
from tonne.edge.messages.status import answer_of, set_status
from tonne.edge.messages.texts import check_texts
from tonne.errors import (
    AnswerUnread,
    CapacityError,
    ConfigInvalid,
    DefectError,
    FieldInvalid,
    StreamSilent,
    TonneError,
    forget_frames,
)
from tonne.ingest.admission.memory import WaitingBudget
from tonne.ingest.decoder import check_size
from tonne.telemetry import code_of, report_incident
from tonne.work import check_wanted

if TYPE_CHECKING:
    from collections.abc import (
        AsyncGenerator,
        AsyncIterator,
        Awaitable,
        Callable,
        Coroutine,
        Iterable,
        Iterator,
    )

    from google.protobuf.message import Message

    from tonne.edge.access.gate import Gate
    from tonne.edge.access.lanes import Lane, Lanes
    from tonne.edge.messages.status import CallContext
    from tonne.telemetry import Telemetry

T = TypeVar("T")

logger = logging.getLogger(__name__)

SEND_BYTES_MIN = 64 * 1024
"""What a thread makes of a stream's small messages, at least, before they are sent."""

PARSED_FACTOR = 128
"""Memory of a parsed request for each of its bytes: an empty message has two on the wire, and
takes 240 (measured)."""

REQUEST_BYTES_MAX = 4 << 20
"""Largest request that is parsed, where nothing else is said."""

PARSING_WAIT_S_MAX = 10.0
"""Longest wait for the memory of a request; then its caller is told to come back."""

SEND_S_MAX = 0.05
"""How long a thread goes on making messages before those that it has are sent."""

PARSE_BYTES_MAX = 64 * 1024
"""Largest request that is parsed on the event loop; others are, in a thread."""


class WholeAnswer:
    """A stream's whole answer, made at once and held as bytes, each until it is sent.

    For an answer whose parts can only be made together: written down it takes a tenth of what
    its objects take.
    """

    def __init__(self, messages: Iterable[Message]) -> None:
        self.parts: deque[bytes] = deque()
        for message in messages:
            check_wanted()
            self.parts.append(message.SerializeToString())


class Border:
    """Wraps methods into gRPC handlers.

    A method takes a parsed request and blocks; it runs in a thread of its lane once the gate
    has let its caller in and its turn has come. One that takes bytes asks the gate itself
    (`gate.current().authorize`), and answers nothing without. Whatever it raises becomes a
    status: a `TonneError` by the table of `status`; anything else, a panic of a library
    included, INTERNAL with an incident id and no more.

    Parameters
    ----------
    lanes : Lanes
        Threads for methods.
    gate : Gate
        Lets callers in.
    first_message_s_max : float
        How long the first message of a stream of requests may take.
    request_bytes_max : int
        Largest request that is parsed. All large ones that are parsed at once take no more
        memory than one of this size can take.
    """

    def __init__(
        self,
        lanes: Lanes,
        telemetry: Telemetry,
        gate: Gate,
        *,
        first_message_s_max: float,
        request_bytes_max: int = REQUEST_BYTES_MAX,
    ) -> None:
        self.lanes = lanes
        self._telemetry = telemetry
        self._request_bytes_max = request_bytes_max
        self._parsed = WaitingBudget(request_bytes_max * PARSED_FACTOR)
        self.gate = gate
        self._first_message_s_max = first_message_s_max

    def unary(
        self, method: str, kind: type[Message], call: Callable[..., Message]
    ) -> grpc.RpcMethodHandler[bytes, bytes]:
        """Wrap a method with one request and one response.

        Its place is given back when gRPC has sent the response: one that is not read counts.
        """
        self.gate.expect(method)
        lane = self.lanes.of(method)

        def compute(message: bytes) -> bytes:
            return call(read_request(kind, message)).SerializeToString()

        async def answer(message: bytes, context: CallContext) -> bytes:
            await self._admit(lane, method, kind, message)
            leave = await lane.enter()
            context.add_done_callback(lambda _: leave())
            async with self._parsing(message):
                return await lane.run(compute, message)

        async def handle(message: bytes, context: CallContext) -> bytes:
            return await self._guarded(method, context, answer(message, context)) or b""

        return grpc.unary_unary_rpc_method_handler(handle)

    def raw_unary(
        self, method: str, call: Callable[[bytes], Awaitable[Message]]
    ) -> grpc.RpcMethodHandler[bytes, bytes]:
        """Wrap a coroutine that takes the request's bytes."""
        self.gate.expect(method)

        async def answer(message: bytes) -> bytes:
            return (await call(message)).SerializeToString()

        async def handle(message: bytes, context: CallContext) -> bytes:
            return await self._guarded(method, context, answer(message)) or b""

        return grpc.unary_unary_rpc_method_handler(handle)

    def server_stream(
        self,
        method: str,
        kind: type[Message],
        call: Callable[..., Iterable[Message] | WholeAnswer],
    ) -> grpc.RpcMethodHandler[bytes, bytes]:
        """Wrap a method that gives the messages of a stream.

        Each is made when the one before has been sent; a `WholeAnswer` has them made already.
        """
        self.gate.expect(method)
        lane = self.lanes.of(method)

        def begin(message: bytes) -> Iterator[Message] | WholeAnswer:
            found = call(read_request(kind, message))
            return found if isinstance(found, WholeAnswer) else iter(found)

        async def answer(message: bytes, context: CallContext) -> None:
            await self._admit(lane, method, kind, message)
            async with lane.place():
                async with self._parsing(message):
                    messages = await lane.run(begin, message)
                await self._send(lane, messages, context)

        async def handle(message: bytes, context: CallContext) -> None:
            await self._guarded(method, context, answer(message, context))

        return grpc.unary_stream_rpc_method_handler(handle)

    def raw_stream(
        self,
        method: str,
        begin: Callable[[AsyncIterator[bytes]], Awaitable[T]],
        call: Callable[[T, AsyncIterator[bytes]], AsyncGenerator[Iterable[Message]]],
    ) -> grpc.RpcMethodHandler[bytes, bytes]:
        """Wrap what takes the bytes of a stream of requests.

        `begin` reads as far as it takes to ask the gate; then the call has its place, and
        `call`, an asynchronous generator, gives responses a few at a time. They are made and
        written in threads.
        """
        self.gate.expect(method)
        lane = self.lanes.of(method)

        async def answer(context: CallContext) -> None:
            requests = self._read(lane, context)
            begun = await begin(requests)
            current().check_authorized()
            made = call(begun, requests)
            del begun  # the first message, which the call need not keep
            # Closed at the end of the call, not when it is collected: it gives memory back.
            async with lane.place(), aclosing(made) as answers:
                async for messages in answers:
                    await self._send(lane, iter(messages), context)

        async def handle(_: object, context: CallContext) -> None:
            await self._guarded(method, context, answer(context))

        return grpc.stream_stream_rpc_method_handler(handle)

    async def _admit(self, lane: Lane, method: str, kind: type[Message], message: bytes) -> None:
        """See that the caller may do what it asks for, before it waits for its turn."""
        changes = RULES[method].changes and lane.name != CHANNEL
        most = lane.config.request_bytes_max
        if len(message) > most and not changes:
            lane.count_limit("request_size")
            raise FieldInvalid(
                f"request: expected at most {most} bytes (calls.request_bytes_max); got "
                f"{len(message)}: split the request",
                metadata={"field": "request", "sizeBytes": str(len(message))},
            )
        if len(message) > PARSE_BYTES_MAX:
            async with self._parsing(message):
                await lane.run(lambda: _admitted(kind, message))
        else:
            _admitted(kind, message)

    async def _send(
        self, lane: Lane, messages: Iterator[Message] | WholeAnswer, context: CallContext
    ) -> None:
        """Send an answer as its reader takes it; no thread waits for that."""
        call = current()
        if isinstance(messages, WholeAnswer):
            parts = messages.parts
            lane.hold(call, sum(map(len, parts)))
            try:
                while parts:
                    await self._write(lane, context, parts[0])
                    lane.hold(call, -len(parts.popleft()))
            finally:
                lane.hold(call, -sum(map(len, parts)))
            return
        try:
            while written := await lane.run(_write_some, messages):
                for each in written:
                    await self._write(lane, context, each)
        finally:
            if close := getattr(messages, "close", None):
                lane.drop(close)

    async def _write(self, lane: Lane, context: CallContext, message: bytes) -> None:
        """Send a part, in so far as its reader takes it in time."""
        current().check_authorized()
        current().check_in_force()
        stall_s = lane.config.answer_stall_s_max
        try:
            async with asyncio.timeout(stall_s):
                await context.write(message)
        except TimeoutError:
            lane.count_limit("answer_stall")
            raise AnswerUnread(
                f"the answer was not read for {stall_s:g} s (calls.answer_stall_s_max), so the "
                "server dropped it: call again, and read the answer as it comes",
                metadata={"limit": "calls.answer_stall_s_max", "value": f"{stall_s:g}"},
            ) from None
        except _GONE as error:
            raise asyncio.CancelledError from error

    async def _read(self, lane: Lane, context: CallContext) -> AsyncIterator[bytes]:
        """Give the messages of a call up to its half-close, while its caller's token counts."""
        most_s, setting = self._first_message_s_max, "ingest.first_message_s_max"
        while True:
            try:
                async with asyncio.timeout(most_s):
                    message = await context.read()
            except TimeoutError:
                lane.count_limit("request_stall")
                raise StreamSilent.between(most_s, setting) from None
            except _GONE as error:
                raise asyncio.CancelledError from error
            if not isinstance(message, bytes):
                return
            current().check_in_force()
            yield message
            del message  # not kept while the next one is waited for
            most_s, setting = lane.config.request_stall_s_max, "calls.request_stall_s_max"

    @asynccontextmanager
    async def _parsing(self, message: bytes) -> AsyncIterator[None]:
        """Hold the memory of what a request becomes; a few bytes can stand for an empty message.

        Small ones need not ask: threads bound them, and no large one of somebody else holds
        them up.

        Raises `BatchMustFit` where it is too large, `CapacityError` where others take too long.
        """
        check_size(len(message), self._request_bytes_max)
        if len(message) <= PARSE_BYTES_MAX:
            yield
            return
        size_bytes = len(message) * PARSED_FACTOR
        try:
            async with asyncio.timeout(PARSING_WAIT_S_MAX):
                await self._parsed.ask(size_bytes, asyncio.Event(), lambda: False)
        except TimeoutError as error:
            raise CapacityError(
                "the server is busy with other large requests: try again later",
                retry_delay_s=PARSING_WAIT_S_MAX,
            ) from error
        try:
            yield
        finally:
            self._parsed.give_back(size_bytes)

    async def _guarded(
        self, method: str, context: CallContext, work: Coroutine[Any, Any, T]
    ) -> T | None:
        """Let the caller in and await the work; where it fails, set the status and give None."""
        telemetry = self._telemetry
        start_s = time.perf_counter()
        code = "CANCELLED"
        admitted = self.gate.open(method, context)
        told: TonneError | None = None
        try:
            await admitted.identify()
            answer = await work
            admitted.check_authorized()
            code = "OK"
            return answer  # noqa: TRY300  # the code is set once there is an answer
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # noqa: BLE001  # a panic of Polars is no Exception
            told = self._told(method, error)
            forget_frames(error)
            telemetry.add("tonne_call_errors_total", 1, code_of(told))
            code = answer_of(told).code.name
            set_status(context, told)
            return None
        finally:
            work.close()
            admitted.settle(told, is_cancelled=code == "CANCELLED")
            telemetry.end_call(method, code, start_s)

    def _told(self, method: str, error: BaseException) -> TonneError:
        """Give the error that the caller is told: of a defect, hardly more than the incident.

        The same of a configuration that is wrong, which is the operator's to read and to mend.
        """
        if isinstance(error, TonneError) and not isinstance(error, DefectError | ConfigInvalid):
            if error.detail:
                logger.warning("%s: %s: %s", method, error.code, error)
            return error
        if isinstance(error, DefectError) and "incident" in error.metadata:
            return error
        return report_incident(self._telemetry, logger, f"{method} failed", error)


def _admitted(kind: type[Message], message: bytes) -> None:
    """Parse a request, and see that its caller may do what it asks for."""
    current().authorize_request(read_request(kind, message))
    check_texts(kind, message)


def _write_some(messages: Iterator[Message]) -> list[bytes]:
    """Make messages until there is something worth sending."""
    written: list[bytes] = []
    size_bytes, stop_s = 0, time.perf_counter() + SEND_S_MAX
    for message in messages:
        written.append(message.SerializeToString())
        size_bytes += len(written[-1])
        if size_bytes >= SEND_BYTES_MIN or time.perf_counter() >= stop_s:
            break
    return written


_GONE = (grpc.aio.UsageError, grpc.aio.InternalError, grpc.RpcError, asyncio.InvalidStateError)
"""Errors of reading and writing after a call has ended."""
