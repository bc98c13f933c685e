"""A client that asks and does not read, or sends a byte at a time: HTTP/2 by hand."""

from __future__ import annotations

import socket
import struct
from typing import Self

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.settings import SettingCodes


class RawConnection:
    """One connection, whose window for answers is of a size; 0 takes no byte of any answer."""

    def __init__(self, address: str, window_bytes: int = 0) -> None:
        host, _, port = address.rpartition(":")
        self._socket = socket.create_connection((host, int(port)), timeout=10)
        self._state = H2Connection(config=H2Configuration(client_side=True))
        self._state.local_settings.update({SettingCodes.INITIAL_WINDOW_SIZE: window_bytes})
        self._state.initiate_connection()
        self._flush()
        self._authority = address

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def begin(self, path: str, token: str | None = None) -> int:
        """Begin a call; gives its stream."""
        stream = self._state.get_next_available_stream_id()
        bearer = [] if token is None else [("authorization", f"Bearer {token}")]
        self._state.send_headers(
            stream,
            [
                (":method", "POST"),
                (":scheme", "http"),
                (":path", path),
                (":authority", self._authority),
                ("content-type", "application/grpc"),
                ("te", "trailers"),
                *bearer,
            ],
        )
        self._flush()
        return stream

    def send(self, stream: int, content: bytes, *, ends: bool = False) -> None:
        """Send bytes of a call as they are."""
        self._state.send_data(stream, content, end_stream=ends)
        self._flush()

    def ask(self, path: str, message: bytes, token: str | None = None) -> int:
        """Make a call with one message, and read nothing."""
        stream = self.begin(path, token)
        self.send(stream, framed(message), ends=True)
        return stream

    def _flush(self) -> None:
        self._socket.sendall(self._state.data_to_send())


def framed(message: bytes) -> bytes:
    """A message as gRPC frames it."""
    return struct.pack(">?I", False, len(message)) + message
