"""How much one process holds: memory that is not durable yet, and streams."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tonne.errors import StreamsExhausted

if TYPE_CHECKING:
    from collections.abc import Callable

    from tonne.config import IngestConfig
    from tonne.telemetry import Telemetry

STREAMS_RETRY_S = 5.0
"""How long a producer that found all streams taken should wait."""


class Room(ABC):
    """Streams and memory that are counted in and out. Used on the event loop alone."""

    def __init__(self) -> None:
        self._used_bytes = 0
        self._streams: set[Callable[[], None]] = set()
        self._watchers: set[Callable[[], None]] = set()

    @property
    @abstractmethod
    def has_room(self) -> bool:
        """Whether another message may be read."""

    def leave(self, on_room: Callable[[], None]) -> None:
        """Count a stream out."""
        self._streams.discard(on_room)

    def watch(self, on_room: Callable[[], None]) -> None:
        """Have `on_room` called, too, for a stream that is not counted in yet."""
        self._watchers.add(on_room)

    def unwatch(self, on_room: Callable[[], None]) -> None:
        """Call it no more."""
        self._watchers.discard(on_room)

    def hold(self, size_bytes: int) -> None:
        """Count memory in."""
        self._used_bytes += size_bytes

    def release(self, size_bytes: int) -> None:
        """Count memory out, and wake who waits for room."""
        had_room = self.has_room
        self._used_bytes -= size_bytes
        if self.has_room and not had_room:
            self._tell()

    async def wait_for_room(self) -> None:
        """Wait until another message may be taken."""
        stirred = asyncio.Event()
        self._watchers.add(stirred.set)
        try:
            while not self.has_room:
                stirred.clear()
                await stirred.wait()
        finally:
            self._watchers.discard(stirred.set)

    def _tell(self) -> None:
        for on_room in (*self._streams, *self._watchers):
            on_room()


@dataclass(eq=False, slots=True)
class _Turn:
    """Memory that is asked for; `come` is called when it is given."""

    size_bytes: int
    come: Callable[[], None]
    has_come: bool = False


class WaitingBudget(Room):
    """Memory of messages and of what is made of them, asked for before it is taken.

    Over the limit nothing is refused or dropped: who asks waits, in the order of asking. What is
    larger than the whole limit is given when nothing else is.

    Parameters
    ----------
    limit_bytes : int
        The limit.
    """

    def __init__(self, limit_bytes: int) -> None:
        super().__init__()
        self._limit_bytes = limit_bytes
        self._waiting: deque[_Turn] = deque()
        self._given_bytes = 0

    @property
    def limit_bytes(self) -> int:
        """The limit."""
        return self._limit_bytes

    @property
    def used_bytes(self) -> int:
        """Memory that is counted in, or given and not yet counted in."""
        return self._used_bytes

    @property
    def has_room(self) -> bool:
        """Whether another message may be read."""
        return self._used_bytes < self._limit_bytes

    def gives_now(self, size_bytes: int) -> bool:
        """Whether who asks for so much need not wait."""
        return not self._waiting and self._fits(size_bytes)

    async def ask(
        self, size_bytes: int, stirred: asyncio.Event, is_over: Callable[[], bool]
    ) -> bool:
        """Wait for memory, until it is given or `is_over`.

        What is given is given back by `give_back`, once what was made of it is counted in by
        `hold`.

        Parameters
        ----------
        size_bytes : int
            An upper bound of what will be taken.
        stirred : asyncio.Event
            Set here when it is given, and by the caller when `is_over` may hold.
        is_over : callable
            Says that the caller has stopped waiting.

        Returns
        -------
        bool
            Whether it is given.
        """
        turn = _Turn(size_bytes, stirred.set)
        self._waiting.append(turn)
        self._serve()
        try:
            while not turn.has_come and not is_over():
                stirred.clear()
                await stirred.wait()
        except BaseException:
            if turn.has_come:
                self.give_back(size_bytes)
            raise
        finally:
            if not turn.has_come:
                self._waiting.remove(turn)
                self._serve()
        return turn.has_come

    def give_back(self, size_bytes: int) -> None:
        """Give back what was given."""
        self._given_bytes -= size_bytes
        self.release(size_bytes)

    def release(self, size_bytes: int) -> None:
        """Count memory out; give it to who asked first, wake who waits for room."""
        super().release(size_bytes)
        self._serve()

    def _serve(self) -> None:
        """Give to who asked first, as long as it fits or nothing else is kept."""
        while self._waiting:
            turn = self._waiting[0]
            if not self._fits(turn.size_bytes):
                return
            self._waiting.popleft()
            self._given_bytes += turn.size_bytes
            self.hold(turn.size_bytes)
            turn.has_come = True
            turn.come()

    def _fits(self, size_bytes: int) -> bool:
        return self._used_bytes + size_bytes <= self._limit_bytes or self._used_bytes == 0


class Admission(WaitingBudget):
    """The budget of what streams and posts have in flight, and how many streams there are.

    A message that has been read is always kept, so each stream may put one message on top of
    the limit.
    """

    def __init__(self, config: IngestConfig, telemetry: Telemetry) -> None:
        super().__init__(config.in_flight_bytes_max)
        self._window_bytes = config.stream_window_bytes
        self._message_bytes_max = config.message_bytes_max
        self._streams_max = config.streams_max
        self._telemetry = telemetry
        telemetry.read_with("tonne_in_flight_bytes", lambda: self._used_bytes)
        telemetry.set("tonne_in_flight_limit_bytes", self._limit_bytes)
        telemetry.read_with("tonne_streams_active", lambda: len(self._streams))
        telemetry.set("tonne_streams_limit", self._streams_max)

    @property
    def stream_credit_bytes(self) -> int:
        """What one stream may have in flight: its window, or less where many share the limit."""
        share = self._limit_bytes // max(len(self._streams), 1)
        return max(min(self._window_bytes, share), self._message_bytes_max)

    async def ask_for_message(
        self,
        size_bytes: int,
        need_bytes: int,
        stirred: asyncio.Event,
        is_over: Callable[[], bool],
    ) -> bool:
        """Wait for the memory that decoding a message takes, as `ask`.

        The message itself, which is counted in, is what a stream may have beside the limit
        meanwhile: it must not keep others, or itself, from getting any.
        """
        self.release(size_bytes)
        if not self.gives_now(need_bytes):
            self._telemetry.add("tonne_reads_held_total", 1, "process_memory")
        try:
            return await self.ask(need_bytes, stirred, is_over)
        finally:
            self.hold(size_bytes)

    def enter(self, on_room: Callable[[], None]) -> None:
        """Count a stream in; `on_room` is called whenever there is room again.

        Raises
        ------
        StreamsExhausted
            As many streams as the server takes are open.
        """
        if len(self._streams) >= self._streams_max:
            self._telemetry.add("tonne_throttles_total", 1, "process_streams")
            raise StreamsExhausted.of_process(self._streams_max, STREAMS_RETRY_S)
        self._streams.add(on_room)
