"""The admin port: metrics, liveness and readiness over HTTP/1.1, for those who watch."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tonne.telemetry import Telemetry

REQUEST_BYTES_MAX = 16_384
"""Largest request head; there is no body."""

REQUEST_S_MAX = 10.0
"""How long a client may take for its request and for reading the answer."""

_TEXT = "text/plain; charset=utf-8"


class AdminServer:
    """Answers GET of `/metrics`, `/livez` and `/readyz`, one request for each connection.

    Parameters
    ----------
    is_ready : callable
        Says whether the server takes work. Liveness depends on the event loop alone: no
        restart mends a database that is away.
    """

    def __init__(self, telemetry: Telemetry, is_ready: Callable[[], bool]) -> None:
        self._telemetry = telemetry
        self._is_ready = is_ready
        self._server: asyncio.Server | None = None

    async def start(self, host: str, port: int) -> int:
        """Listen; gives the port, which is a free one where 0 was asked for."""
        self._server = await asyncio.start_server(self._serve, host, port, limit=REQUEST_BYTES_MAX)
        bound: int = self._server.sockets[0].getsockname()[1]
        return bound

    async def stop(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(REQUEST_S_MAX):
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                status, content_type, body = await self._answer(head)
                with_body = not head.startswith("HEAD ")
                writer.write(_response(status, content_type, body, with_body=with_body))
                await writer.drain()
        except (TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # a client that does not finish gets no answer
        finally:
            writer.close()

    async def _answer(self, head: str) -> tuple[HTTPStatus, str, bytes]:
        line, *headers = head.split("\r\n")
        method, _, rest = line.partition(" ")
        path = rest.partition(" ")[0].partition("?")[0]
        if method not in {"GET", "HEAD"}:
            return HTTPStatus.METHOD_NOT_ALLOWED, _TEXT, b"GET alone\n"
        if path == "/metrics":
            fields = (header.partition(":") for header in headers)
            accept = [value.strip() for name, _, value in fields if name.lower() == "accept"]
            body, content_type = await asyncio.to_thread(self._telemetry.render, ",".join(accept))
            return HTTPStatus.OK, content_type, body
        if path == "/livez":
            return HTTPStatus.OK, _TEXT, b"alive\n"
        if path == "/readyz":
            if self._is_ready():
                return HTTPStatus.OK, _TEXT, b"ready\n"
            return HTTPStatus.SERVICE_UNAVAILABLE, _TEXT, b"not ready\n"
        return HTTPStatus.NOT_FOUND, _TEXT, b"/metrics, /livez or /readyz\n"


def _response(status: HTTPStatus, content_type: str, body: bytes, *, with_body: bool) -> bytes:
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\n"
        f"Content-Type: {content_type}\r\n"
        f"Content-Length: {len(body)}\r\n"
        "Connection: close\r\n\r\n"
    )
    return head.encode("latin-1") + (body if with_body else b"")
