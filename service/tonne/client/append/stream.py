"""One Append call: a queue of messages out, a queue of answers in."""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

import grpc

from tonne.client.wire.transport import error_of_rpc
from tonne.v1 import ingest_pb2, ingest_pb2_grpc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tonne.errors import TonneError


DRAIN_S_MAX = 5.0
"""How long a half-closed stream is waited for, so that what it carries counts."""

TOKEN_EXPIRY = "token_expiry"  # noqa: S105  # a reason, no token
"""Reason of a close signal: the token expires soon, the next stream needs a fresh one."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The stream is over: with an error, or in good order."""

    error: TonneError | None


class AppendStream:
    """An open stream. `send` and `receive` belong to one thread; a second one reads.

    Once the server signals that the stream closes, nothing more is sent and the stream is
    half-closed at once, also while no append is under way; what was not sent yet is dropped
    here and stays in the channel's window.
    """

    def __init__(
        self,
        stub: ingest_pb2_grpc.IngestServiceStub,
        name: str,
        epoch: int,
        target: str,
        *,
        on_token_expiry: Callable[[], None] | None = None,
    ) -> None:
        self._target = target
        self._on_token_expiry = on_token_expiry
        self._changed = threading.Condition()
        self._outbox: deque[ingest_pb2.AppendRequest] = deque(
            [ingest_pb2.AppendRequest(channel=name, epoch=epoch)]
        )
        self._inbox: deque[ingest_pb2.AppendResponse | Ended] = deque()
        self._half_closed = False
        self._over = False
        self._call = stub.Append(self._requests())
        self._reader = threading.Thread(
            target=self._read, name=f"tonne-append-{name}", daemon=True
        )
        self._reader.start()

    def send(self, request: ingest_pb2.AppendRequest) -> None:
        """Queue a message; without effect once the stream closes."""
        with self._changed:
            if not self._half_closed:
                self._outbox.append(request)
                self._changed.notify_all()

    def receive(self, timeout_s: float) -> ingest_pb2.AppendResponse | Ended | None:
        """Take the next answer; None where none came in time."""
        with self._changed:
            self._changed.wait_for(lambda: self._inbox, timeout_s)
            return self._inbox.popleft() if self._inbox else None

    def rest(self) -> Iterator[ingest_pb2.AppendResponse]:
        """Give the last answers of a half-closed stream, for a while."""
        deadline_s = time.monotonic() + DRAIN_S_MAX
        while (left_s := deadline_s - time.monotonic()) > 0:
            answer = self.receive(left_s)
            if answer is None or isinstance(answer, Ended):
                return
            yield answer

    def half_close(self) -> None:
        """Tell the server that nothing more comes."""
        with self._changed:
            self._half_closed = True
            self._changed.notify_all()

    def cancel(self) -> None:
        """End the call at once and wait until its reader has left."""
        self._call.cancel()
        self._reader.join()

    def _requests(self) -> Iterator[ingest_pb2.AppendRequest]:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._outbox or self._half_closed or self._over)
                if self._over or not self._outbox:
                    return
                request = self._outbox.popleft()
            yield request

    def _read(self) -> None:
        error: TonneError | None = None
        try:
            for response in self._call:
                if response.close_signal.reason == TOKEN_EXPIRY and self._on_token_expiry:
                    self._on_token_expiry()
                with self._changed:
                    if response.HasField("close_signal"):
                        self._outbox.clear()
                        self._half_closed = True
                    self._inbox.append(response)
                    self._changed.notify_all()
        except grpc.RpcError as failure:
            error = error_of_rpc(failure, self._target)
        finally:
            with self._changed:
                self._over = True
                self._inbox.append(Ended(error))
                self._changed.notify_all()
