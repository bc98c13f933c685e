"""Calling a server: errors translated, pages followed."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import grpc

from tonne.client.answers.book_days import Days
from tonne.client.wire.resources import book_name
from tonne.client.wire.transport import error_of_rpc
from tonne.v1 import ledger_pb2

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

PAGE_SIZE = 1_000
"""Items that one page of a listing brings."""

PAUSES_S = (0.1, 0.3, 0.9)
"""Longest pauses before a stream of answers is asked for again."""

_Answer = TypeVar("_Answer")


class _Page(Protocol):
    next_page_token: str


_PageT = TypeVar("_PageT", bound=_Page)


class Calls:
    """A server as the target of calls.

    Parameters
    ----------
    target : str
        Where it is, for messages.
    timeout_s : float
        How long a single call may take.
    """

    _ledger: Any
    """Stub of LedgerService."""

    def __init__(self, target: str, timeout_s: float) -> None:
        self.target = target
        self._timeout_s = timeout_s

    def _call(
        self,
        method: Callable[..., _Answer],
        request: Any,
        timeout_s_max: float = float("inf"),
    ) -> _Answer:
        try:
            return method(request, timeout=min(self._timeout_s, timeout_s_max))
        except grpc.RpcError as error:
            raise error_of_rpc(error, self.target) from error

    def _days_of(self, book: str) -> Days:
        """When the days of a book begin: the server is asked once the first day is met."""
        return Days(lambda: self._time_zone_of(book))

    def _time_zone_of(self, book: str) -> str:
        request = ledger_pb2.GetBookRequest(name=book_name(book))
        found: ledger_pb2.Book = self._call(self._ledger.GetBook, request)
        return found.time_zone

    def _stream(
        self,
        method: Callable[..., Iterable[_Answer]],
        request: Any,
        timeout_s: float | None,
    ) -> Iterator[_Answer]:
        """Call a method that answers with a stream; `request` may be an iterator of requests."""
        try:
            yield from method(request, timeout=timeout_s)
        except grpc.RpcError as error:
            raise error_of_rpc(error, self.target) from error

    def _stream_again(
        self, method: Callable[..., Iterable[_Answer]], request: Any, timeout_s: float | None
    ) -> Iterator[_Answer]:
        """Call a method that only reads, again where no server took the call.

        gRPC does so by its service config, as for calls with one answer. But a stream that it
        repeats and whose server dies never ends, whatever its deadline (seen with grpcio 1.85.3).
        """
        end_s = None if timeout_s is None else time.monotonic() + timeout_s
        for pause_s_max in (*PAUSES_S, None):
            left_s = None if end_s is None else max(end_s - time.monotonic(), 0.0)
            is_answered = False
            try:
                for answer in method(request, timeout=left_s):
                    is_answered = True
                    yield answer
            except grpc.RpcError as error:
                is_away = error.code() is grpc.StatusCode.UNAVAILABLE
                if pause_s_max is None or is_answered or not is_away:
                    raise error_of_rpc(error, self.target) from error
                time.sleep(random.uniform(0, pause_s_max))  # noqa: S311  no secret
            else:
                return

    def _pages(self, method: Callable[..., _PageT], request: Any) -> Iterator[_PageT]:
        while True:
            page = self._call(method, request)
            yield page
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token
