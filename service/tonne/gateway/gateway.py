"""The gateway: an HTTP server before a server of Tonne.

It is a client like any other: who calls is whose `Authorization` it passes on, and the server's
rules and limits hold. A call that streams its answer gives a JSON array, message by message.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import TYPE_CHECKING, Any

import grpc
from aiohttp import web
from google.protobuf.message_factory import GetMessageClass

from tonne.errors import FieldInvalid
from tonne.gateway.answers import error_body, write_error, write_message
from tonne.gateway.routes import Route, request_of, routes
from tonne.text.documents import load_json

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from google.protobuf.message import Message

BODY_BYTES_MAX = 4 << 20
"""Largest body; the server refuses a larger request, too."""

CALL_S_MAX = 300.0
"""How long a call may take."""

MESSAGE_BYTES_MAX = 64 << 20
"""Largest message of an answer."""

_JSON = "application/json"
_PASSED_ON = ("authorization", "traceparent", "tracestate")


class Gateway:
    """Answers HTTP requests by calls.

    Parameters
    ----------
    channel : grpc.aio.Channel
        To the server.
    """

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._channel = channel
        self._routes = routes()

    def application(self) -> web.Application:
        """Make the application for aiohttp."""
        application = web.Application(client_max_size=BODY_BYTES_MAX)
        application.router.add_route("*", "/{path:.*}", self._serve)
        return application

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        found = self._find(request.method, request.path)
        if isinstance(found, web.Response):
            return found
        route, values = found
        try:
            query = {name: request.query.getall(name) for name in request.query}
            message = request_of(route, values, query, await _body_of(request, route))
        except FieldInvalid as error:
            return _refusal(grpc.StatusCode.INVALID_ARGUMENT, error.message)
        metadata = [
            (name, request.headers[name]) for name in _PASSED_ON if name in request.headers
        ]
        try:
            if route.method.server_streaming:
                return await self._stream(request, route, message, metadata)
            call = self._channel.unary_unary(route.call, *_codec(route))
            answer = await call(message, metadata=metadata, timeout=CALL_S_MAX)
        except grpc.aio.AioRpcError as error:
            return _answer(error)
        return web.Response(body=write_message(answer), content_type=_JSON)

    def _find(self, verb: str, path: str) -> tuple[Route, Sequence[str]] | web.Response:
        verbs = set()
        for route in self._routes:
            matched = route.pattern.fullmatch(path)
            if matched and route.verb == verb:
                return route, matched.groups()
            if matched:
                verbs.add(route.verb)
        if verbs:
            refused = _refusal(
                grpc.StatusCode.UNIMPLEMENTED, f"path {path} takes {' or '.join(sorted(verbs))}"
            )
            refused.set_status(405)
            refused.headers["Allow"] = ", ".join(sorted(verbs))
            return refused
        return _refusal(
            grpc.StatusCode.NOT_FOUND,
            f"no call has the path {path}: the paths are in the protocol, proto/tonne/v1",
        )

    async def _stream(
        self, request: web.Request, route: Route, message: Message, metadata: list[tuple[str, str]]
    ) -> web.StreamResponse:
        """Write an array; an error after its first message breaks the connection off."""
        call = self._channel.unary_stream(route.call, *_codec(route))(
            message, metadata=metadata, timeout=CALL_S_MAX
        )
        messages = aiter(call)
        first = await anext(messages, None)
        response = web.StreamResponse(headers={"Content-Type": _JSON})
        await response.prepare(request)
        with contextlib.closing(_Cancelled(call)):
            await response.write(b"[" + (write_message(first) if first is not None else b""))
            try:
                async for each in messages:
                    await response.write(b",\n" + write_message(each))
            except grpc.aio.AioRpcError:
                # Half an array is no JSON: whoever reads it sees that it is not whole.
                if request.transport is not None:
                    request.transport.abort()
                return response
            await response.write(b"]")
        await response.write_eof()
        return response


class _Cancelled:
    """Cancels a call at its end, wherever its reader went."""

    def __init__(self, call: Any) -> None:
        self._call = call

    def close(self) -> None:
        self._call.cancel()


def _codec(route: Route) -> tuple[Callable[[Message], bytes], Callable[[bytes], Message]]:
    kind: Any = GetMessageClass(route.method.output_type)
    return lambda message: message.SerializeToString(), kind.FromString


async def _body_of(request: web.Request, route: Route) -> object:
    if not route.body or not request.can_read_body:
        return None
    try:
        return load_json(await request.read())
    except ValueError as error:
        raise FieldInvalid(f"body: expected JSON; {error}", metadata={"field": "body"}) from error


def _answer(error: grpc.aio.AioRpcError) -> web.Response:
    status, body, delay_s = write_error(error)
    headers = {} if delay_s is None else {"Retry-After": str(max(round(delay_s), 1))}
    return web.Response(status=status, body=body, content_type=_JSON, headers=headers)


def _refusal(code: grpc.StatusCode, message: str) -> web.Response:
    body = error_body(code, message)
    return web.Response(status=json.loads(body)["error"]["code"], body=body, content_type=_JSON)


async def run(
    host: str,
    port: int,
    server: str,
    *,
    root_certificates: bytes | None,
    on_start: Callable[[str], None],
) -> None:
    """Serve until cancelled; `on_start` is told the address."""
    options = [("grpc.max_receive_message_length", MESSAGE_BYTES_MAX)]
    channel = (
        grpc.aio.insecure_channel(server, options)
        if root_certificates is None
        else grpc.aio.secure_channel(
            server, grpc.ssl_channel_credentials(root_certificates or None), options
        )
    )
    async with channel:
        runner = web.AppRunner(Gateway(channel).application(), access_log=None)
        await runner.setup()
        try:
            site = web.TCPSite(runner, host, port)
            await site.start()
            bound = runner.addresses[0]
            on_start(f"{bound[0]}:{bound[1]}")
            await asyncio.Event().wait()
        finally:
            await runner.cleanup()
