"""A faulty proxy between a client and PostgreSQL: loses a COMMIT, or the reply to it."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import TYPE_CHECKING, Literal, Self

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

Fault = Literal["lose_request", "lose_reply", "hold_request"]

_COMMIT = b"COMMIT\0"


class PostgresProxy:
    """Listens on a TCP port and passes bytes to the unix socket of a server.

    `lose` arms one fault for the next COMMIT that passes:

    lose_request
        the COMMIT is swallowed and both ends are closed;
    lose_reply
        the COMMIT reaches the server, whose answer is swallowed; then the client's end closes;
    hold_request
        the client's end closes at once, the COMMIT reaches the server at `deliver`.

    `refuse` makes every later connection fail.
    """

    def __init__(self, upstream_path: str) -> None:
        self._upstream_path = upstream_path
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._lock = threading.Lock()
        self._fault: Fault | None = None
        self._refuse_after_fault = False
        self._refusing = False
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._deliver = threading.Event()
        self.struck = threading.Event()
        self._start(self._accept)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._deliver.set()
        with self._lock:
            sockets = [self._listener, *self._sockets]
        for each in sockets:
            _close(each)
        for thread in list(self._threads):
            thread.join(timeout=10)

    def url(self, database: str) -> str:
        """URL of a database through this proxy."""
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{database}"

    def lose(self, fault: Fault, *, then_refuse: bool = False) -> None:
        """Arm a fault for the next COMMIT; with `then_refuse` nothing passes after it."""
        with self._lock:
            self._fault = fault
            self._refuse_after_fault = then_refuse
        self.struck.clear()
        self._deliver.clear()

    def deliver(self) -> None:
        """Let a held COMMIT reach the server."""
        self._deliver.set()

    def _start(self, target: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            with self._lock:
                self._sockets += [client, server]
                refusing = self._refusing
            if refusing:
                _close(client)
                _close(server)
                continue
            server.connect(self._upstream_path)
            swallow = threading.Event()
            self._start(self._pump_requests, client, server, swallow)
            self._start(self._pump_replies, client, server, swallow)

    def _pump_requests(
        self, client: socket.socket, server: socket.socket, swallow: threading.Event
    ) -> None:
        with contextlib.suppress(OSError):
            while data := client.recv(65536):
                fault = self._take_fault() if _COMMIT in data else None
                if fault == "lose_request":
                    break
                if fault == "hold_request":
                    swallow.set()
                    _close(client)
                    self.struck.set()
                    self._deliver.wait()
                elif fault == "lose_reply":
                    swallow.set()
                server.sendall(data)
                if fault is not None:
                    if fault == "hold_request":
                        server.recv(65536)
                    break
        if not swallow.is_set():
            self.struck.set()
            _close(client)
            _close(server)

    def _pump_replies(
        self, client: socket.socket, server: socket.socket, swallow: threading.Event
    ) -> None:
        with contextlib.suppress(OSError):
            while data := server.recv(65536):
                if swallow.is_set():
                    break
                client.sendall(data)
        _close(client)
        if swallow.is_set():
            self.struck.set()
        _close(server)

    def _take_fault(self) -> Fault | None:
        with self._lock:
            fault, self._fault = self._fault, None
            if fault is not None and self._refuse_after_fault:
                self._refusing = True
        return fault


def _close(each: socket.socket) -> None:
    with contextlib.suppress(OSError):
        each.shutdown(socket.SHUT_RDWR)
    each.close()
