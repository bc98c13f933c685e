"""Who may go now and who waits: fair between callers, and between the books of one."""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tonne.errors import CallsExhausted

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from tonne.telemetry import Telemetry

RETRY_S = 1.0
"""How long a caller that was refused should wait before it tries again."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit, and the setting that it comes from."""

    most: float
    setting: str


@dataclass(frozen=True, slots=True)
class TurnLimits:
    """How many go at once, of one caller and of one book; how many wait, and how long."""

    at_once_max: int
    caller_max: int
    book_max: int
    queue_max: Limit
    caller_queue_max: Limit
    queue_s_max: Limit


def always(_: str) -> bool:
    """Have no condition of one's own."""
    return True


@dataclass(eq=False, slots=True)
class _Waiting:
    caller: str
    book: str
    has_come: bool = False
    stirred: asyncio.Event = field(default_factory=asyncio.Event)


class Turns:
    """Lets calls go, so many at once. Used on the event loop alone.

    Callers take turns, whatever each of them has waiting; of one caller's, the call of the book
    that has the fewest under way goes first, then the older one. A caller or a book that has as
    many under way as it may have is passed over, so it keeps nobody else waiting.

    Parameters
    ----------
    lane : str
        Kind of the calls, for metrics and messages.
    may_go : callable
        Says whether a caller may begin now; call `serve` when that may have changed.
    """

    def __init__(
        self,
        lane: str,
        limits: TurnLimits,
        telemetry: Telemetry,
        may_go: Callable[[str], bool] = always,
    ) -> None:
        self._lane = lane
        self._limits = limits
        self._telemetry = telemetry
        self._may_go = may_go
        self._queues: OrderedDict[str, list[_Waiting]] = OrderedDict()
        self._by_caller: Counter[str] = Counter()
        self._by_book: Counter[str] = Counter()
        self._going_count = 0

    @property
    def waiting_count(self) -> int:
        """Calls that wait."""
        return sum(map(len, self._queues.values()))

    @property
    def going_count(self) -> int:
        """Calls that have their turn."""
        return self._going_count

    @asynccontextmanager
    async def turn(self, caller: str, book: str) -> AsyncIterator[None]:
        """Wait for a turn and have it. Raises `CallsExhausted`."""
        await self.enter(caller, book)
        try:
            yield
        finally:
            self.leave(caller, book)

    async def enter(self, caller: str, book: str) -> None:
        """Wait for a turn; whoever has it must `leave`.

        Raises
        ------
        CallsExhausted
            As many wait as may, or the turn did not come in time.
        """
        call = _Waiting(caller, book)
        self._queues.setdefault(caller, []).append(call)
        self.serve()
        if call.has_come:
            return
        loop = asyncio.get_running_loop()
        start_s = loop.time()
        try:
            self._check_room(caller)
            async with asyncio.timeout(self._limits.queue_s_max.most):
                await call.stirred.wait()
        except TimeoutError:
            if call.has_come:  # after the time was over, before this was told
                return
            raise self._refusal("queue_time", self._limits.queue_s_max, "s of waiting") from None
        except asyncio.CancelledError:
            if call.has_come:
                self.leave(caller, book)
            raise
        finally:
            if not call.has_come:
                self._withdraw(call)
            waited_s = loop.time() - start_s
            self._telemetry.observe("tonne_call_wait_seconds", waited_s, self._lane)

    def leave(self, caller: str, book: str) -> None:
        """Give a turn back."""
        self._going_count -= 1
        for counts, name in ((self._by_caller, caller), (self._by_book, book)):
            counts[name] -= 1
            if not counts[name]:
                del counts[name]
        self.serve()

    def serve(self) -> None:
        """Let go whoever may by now."""
        while self._going_count < self._limits.at_once_max and (call := self._next()):
            call.has_come = True
            self._withdraw(call)
            if call.caller in self._queues:
                self._queues.move_to_end(call.caller)
            self._going_count += 1
            self._by_caller[call.caller] += 1
            self._by_book[call.book] += 1
            call.stirred.set()

    def _next(self) -> _Waiting | None:
        for caller, queue in self._queues.items():
            if self._by_caller[caller] >= self._limits.caller_max or not self._may_go(caller):
                continue
            fit = [call for call in queue if self._by_book[call.book] < self._limits.book_max]
            if fit:
                return min(fit, key=lambda call: self._by_book[call.book])
        return None

    def _withdraw(self, call: _Waiting) -> None:
        queue = self._queues[call.caller]
        queue.remove(call)
        if not queue:
            del self._queues[call.caller]

    def _check_room(self, caller: str) -> None:
        """See that one that waits already is not too many."""
        limits = self._limits
        if len(self._queues[caller]) > limits.caller_queue_max.most:
            raise self._refusal("caller_queue", limits.caller_queue_max, "waiting calls of one")
        if self.waiting_count > limits.queue_max.most:
            raise self._refusal("queue", limits.queue_max, "waiting calls")

    def _refusal(self, reason: str, limit: Limit, what: str) -> CallsExhausted:
        self._telemetry.add("tonne_call_limits_total", 1, reason)
        return CallsExhausted(
            f"the server has reached its limit of {limit.most:g} {what} ({limit.setting}) for "
            f"calls of this kind ({self._lane}): try again later, or send fewer calls at once",
            metadata={
                "limit": limit.setting,
                "value": f"{limit.most:g}",
                "lane": self._lane,
            },
            retry_delay_s=RETRY_S,
        )
