"""What stands around every method: parsing, threads, statuses, and what must not leak."""

from __future__ import annotations

import asyncio
import logging
import time
from contextvars import copy_context
from typing import TYPE_CHECKING, Any, TypeVar

import grpc

from tonne.edge.codec import read_request
from tonne.edge.gate import current
from tonne.edge.status import answer_of, set_status
from tonne.edge.texts import check_texts
from tonne.errors import DefectError, TonneError
from tonne.telemetry import code_of, log_incident

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Iterator
    from concurrent.futures import Executor

    from google.protobuf.message import Message

    from tonne.edge.gate import Gate
    from tonne.edge.status import Context
    from tonne.telemetry import Telemetry

T = TypeVar("T")

logger = logging.getLogger(__name__)

SEND_BYTES_MIN = 64 * 1024
"""What a thread makes of a stream's small messages, at least, before they are sent."""

SEND_S_MAX = 0.05
"""How long a thread goes on making messages before those that it has are sent."""


class Border:
    """Wraps methods into gRPC handlers.

    A method takes a parsed request and blocks; it runs in a thread and so do parsing and
    writing. It runs once the gate has let its caller in; one that takes bytes asks the gate
    itself (`gate.current().authorize`), and answers nothing without. Whatever it raises becomes
    a status: a `TonneError` by the table of `status`; anything else, a panic of a library
    included, INTERNAL with an incident id and no more.

    Parameters
    ----------
    pool : Executor
        Threads for methods.
    gate : Gate
        Lets callers in.
    """

    def __init__(self, pool: Executor, telemetry: Telemetry, gate: Gate) -> None:
        self._pool = pool
        self._telemetry = telemetry
        self.gate = gate

    def unary(
        self, method: str, kind: type[Message], call: Callable[..., Message]
    ) -> grpc.RpcMethodHandler[bytes, bytes]:
        """Wrap a method with one request and one response."""
        self.gate.expect(method)

        def answer(message: bytes) -> bytes:
            return call(_admitted(kind, message)).SerializeToString()

        async def handle(message: bytes, context: Context) -> bytes:
            return await self._guarded(method, context, self.in_thread(answer, message)) or b""

        return grpc.unary_unary_rpc_method_handler(handle)

    def raw_unary(
        self, method: str, call: Callable[[bytes], Awaitable[Message]]
    ) -> grpc.RpcMethodHandler[bytes, bytes]:
        """Wrap a coroutine that takes the request's bytes."""
        self.gate.expect(method)

        async def answer(message: bytes) -> bytes:
            return (await call(message)).SerializeToString()

        async def handle(message: bytes, context: Context) -> bytes:
            return await self._guarded(method, context, answer(message)) or b""

        return grpc.unary_unary_rpc_method_handler(handle)

    def server_stream(
        self, method: str, kind: type[Message], call: Callable[..., Iterable[Message]]
    ) -> grpc.RpcMethodHandler[bytes, bytes]:
        """Wrap a method that gives the messages of a stream, each made when it is sent."""
        self.gate.expect(method)

        async def answer(message: bytes, context: Context) -> None:
            messages = await self.in_thread(lambda: iter(call(_admitted(kind, message))))
            await self._send(messages, context)

        async def handle(message: bytes, context: Context) -> None:
            await self._guarded(method, context, answer(message, context))

        return grpc.unary_stream_rpc_method_handler(handle)

    def raw_stream(
        self,
        method: str,
        call: Callable[[AsyncIterator[bytes]], AsyncIterator[Iterable[Message]]],
    ) -> grpc.RpcMethodHandler[bytes, bytes]:
        """Wrap an asynchronous generator that takes the bytes of a stream of requests.

        It gives responses a few at a time; they are made and written in threads.
        """
        self.gate.expect(method)

        async def answer(context: Context) -> None:
            async for messages in call(_read(context)):
                await self._send(iter(messages), context)

        async def handle(_: object, context: Context) -> None:
            await self._guarded(method, context, answer(context))

        return grpc.stream_stream_rpc_method_handler(handle)

    async def _send(self, messages: Iterator[Message], context: Context) -> None:
        """Send messages; they are made and written in threads, small ones several at a time."""

        def write_some() -> list[bytes]:
            written: list[bytes] = []
            size_bytes, stop_s = 0, time.perf_counter() + SEND_S_MAX
            for message in messages:
                written.append(message.SerializeToString())
                size_bytes += len(written[-1])
                if size_bytes >= SEND_BYTES_MIN or time.perf_counter() >= stop_s:
                    break
            return written

        while written := await self.in_thread(write_some):
            current().check_authorized()
            current().check_in_force()
            for each in written:
                await _write(context, each)

    async def in_thread(self, call: Callable[..., T], *arguments: object) -> T:
        """Run what blocks in a thread of the methods."""
        run = copy_context().run
        return await asyncio.get_running_loop().run_in_executor(self._pool, run, call, *arguments)

    async def _guarded(
        self, method: str, context: Context, work: Coroutine[Any, Any, T]
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
            telemetry.add("tonne_call_errors_total", 1, code_of(told))
            code = answer_of(told).code.name
            set_status(context, told)
            return None
        finally:
            work.close()
            admitted.settle(told, is_cancelled=code == "CANCELLED")
            telemetry.end_call(method, code, start_s)

    def _told(self, method: str, error: BaseException) -> TonneError:
        """Give the error that the caller is told: of a defect, the incident id alone."""
        if isinstance(error, TonneError) and not isinstance(error, DefectError):
            if error.detail:
                logger.warning("%s: %s: %s", method, error.code, error)
            return error
        if isinstance(error, DefectError) and "incident" in error.metadata:
            return error
        incident = log_incident(self._telemetry, logger, f"{method} failed", error)
        return DefectError(
            f"the server failed; the incident is logged as {incident}",
            metadata={"incident": incident},
        )


def _admitted(kind: type[Message], message: bytes) -> Message:
    """Parse a request, and see that its caller may do what it asks for."""
    request = read_request(kind, message)
    current().authorize_request(request)
    check_texts(kind, message)
    return request


_GONE = (grpc.aio.UsageError, grpc.aio.InternalError, grpc.RpcError, asyncio.InvalidStateError)
"""What reading and writing raise when the call is over already."""


async def _read(context: Context) -> AsyncIterator[bytes]:
    """Give the messages of a call up to its half-close, while its caller's token counts."""
    while True:
        try:
            message = await context.read()
        except _GONE as error:
            raise asyncio.CancelledError from error
        if not isinstance(message, bytes):
            return
        current().check_in_force()
        yield message


async def _write(context: Context, message: bytes) -> None:
    try:
        await context.write(message)
    except _GONE as error:
        raise asyncio.CancelledError from error
