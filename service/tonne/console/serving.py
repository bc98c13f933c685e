"""Runs the application as a server of HTTP."""

from __future__ import annotations

import contextlib
import socket
from typing import TYPE_CHECKING

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from tonne.console.application import HEADERS, application
from tonne.console.rights import Writing
from tonne.errors import ConfigInvalid

if TYPE_CHECKING:
    from collections.abc import Callable

    from tonne.console.access import Access
    from tonne.console.uploading.command import Imports

BACKLOG = 64
"""Connections that wait to be taken."""


class PlainHttp(H11Protocol):
    """HTTP/1.1 whose answer to what is no HTTP has the headers of every other answer."""

    def send_400_response(self, msg: str) -> None:
        """Refuse what cannot be read, and close."""
        own = {"Content-Type": "text/plain; charset=utf-8", "Connection": "close"}
        headers = [(name, value) for name, value in (HEADERS | own).items()]
        for event in (
            h11.Response(status_code=400, headers=headers, reason=b"Bad Request"),
            h11.Data(data=msg.encode()),
            h11.EndOfMessage(),
        ):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()


def run(
    host: str,
    port: int,
    access: Access,
    on_start: Callable[[str], None],
    *,
    writing: Writing = Writing.NEVER,
    author: str = "",
    imports: Imports | None = None,
) -> None:
    """Serve until a signal; `on_start` is told the address. The rest is as of `application`.

    Raises
    ------
    ConfigInvalid
        The address cannot be listened on.
    """
    try:
        listener = listener_of(host.strip("[]"), port)
    except OSError as error:
        raise ConfigInvalid(
            f"--listen: {host}:{port} cannot be listened on ({error.strerror}): name another port"
        ) from error
    with listener:
        found = listener.getsockname()
        name = f"[{found[0]}]" if ":" in found[0] else found[0]
        on_start(f"{name}:{found[1]}")
        server = uvicorn.Server(
            uvicorn.Config(
                application(access, writing, author, imports),
                http=PlainHttp,
                log_level="warning",
                access_log=False,
                server_header=False,
                proxy_headers=False,
                h11_max_incomplete_event_size=64 << 10,
                timeout_graceful_shutdown=10,
                lifespan="off",
            )
        )
        with contextlib.suppress(KeyboardInterrupt):  # Ctrl-C is how it ends
            server.run(sockets=[listener])


def listener_of(host: str, port: int) -> socket.socket:
    """Listen at an address. Raises `OSError`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # TCP by name: asyncio sends small parts at once (TCP_NODELAY) where it knows that it is. An
    # answer is head and body, and browsers acknowledge the first of them only after 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(BACKLOG)  # who is told the address may come at once
    except BaseException:
        listener.close()
        raise
    return listener
