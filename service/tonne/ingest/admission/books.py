"""How much one book may take of a process: streams, memory not durable yet, bytes a second."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from tonne.errors import BookRateExceeded, StreamsExhausted
from tonne.ingest.admission.memory import STREAMS_RETRY_S, Room

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from tonne.config import IngestConfig
    from tonne.telemetry import Telemetry

ROOMS_MIN = 1_024
"""Rooms that are kept, idle or not."""

_NS = 1_000_000_000


class Clock(Protocol):
    """What tells the time and calls back; the event loop is one."""

    def time(self) -> float:
        """Tell the time in s, which never goes back."""

    def call_later(self, delay: float, callback: Callable[[], None], /) -> object:
        """Call back after a delay in s."""


@dataclass(eq=False, slots=True)
class Turn:
    """A batch that asks to be let in; `on_come` is called when `has_come` turns true."""

    size_bytes: int
    on_come: Callable[[], None]
    has_come: bool = False


class ByteRate:
    """Lets bytes in at a rate, in the order in which they ask: a bucket of tokens.

    Law: over any window, what is let in is at most `burst_bytes` + rate x window. It holds
    exactly, also where the event loop stood still: tokens are counted in whole
    byte-nanoseconds, never more than the burst, and taken when a turn comes, not before.

    Parameters
    ----------
    bytes_per_s : int
        The rate.
    burst_bytes : int
        What may come at once after a silence; no batch is larger.
    clock : Clock
    on_idle : callable
        Called when nothing waits any more.
    """

    def __init__(
        self, bytes_per_s: int, burst_bytes: int, clock: Clock, on_idle: Callable[[], None]
    ) -> None:
        self._bytes_per_s = bytes_per_s
        self._clock = clock
        self._on_idle = on_idle
        self._full = burst_bytes * _NS
        self._tokens = self._full
        self._seen_ns = int(clock.time() * _NS)
        self._waiting: deque[Turn] = deque()
        self._waiting_bytes = 0
        self._timed_ns: int | None = None

    @property
    def is_full(self) -> bool:
        """Whether nothing waits, and as much may come at once as ever."""
        self._refill()
        return not self._waiting and self._tokens == self._full

    @property
    def has_waiting(self) -> bool:
        """Whether some batch waits for its turn."""
        return bool(self._waiting)

    def wait_s(self, size_bytes: int) -> float:
        """Tell how long a batch that asks now would wait, all that ask already before it."""
        self._refill()
        return self._until_ns(self._waiting_bytes + size_bytes) / _NS

    def ask(self, size_bytes: int, on_come: Callable[[], None]) -> Turn:
        """Take the tokens of a batch now, or when its turn comes."""
        turn = Turn(size_bytes, on_come)
        self._waiting.append(turn)
        self._waiting_bytes += size_bytes
        self._serve()
        return turn

    def withdraw(self, turn: Turn) -> None:
        """Wait no more; without effect once the turn has come."""
        if not turn.has_come:
            self._waiting.remove(turn)
            self._waiting_bytes -= turn.size_bytes
            self._serve()
            self._tell_idle()

    def _refill(self) -> None:
        now_ns = max(int(self._clock.time() * _NS), self._seen_ns)
        gained = self._bytes_per_s * (now_ns - self._seen_ns)
        self._tokens = min(self._tokens + gained, self._full)
        self._seen_ns = now_ns

    def _until_ns(self, size_bytes: int) -> int:
        """Time until there are tokens for so many bytes, rounded up."""
        return max(-(-(size_bytes * _NS - self._tokens) // self._bytes_per_s), 0)

    def _serve(self) -> None:
        """Let in whose turn has come; be called again for the next."""
        self._refill()
        while self._waiting and self._waiting[0].size_bytes * _NS <= self._tokens:
            turn = self._waiting.popleft()
            self._waiting_bytes -= turn.size_bytes
            self._tokens -= turn.size_bytes * _NS
            turn.has_come = True
            turn.on_come()
        if not self._waiting:
            return
        # A nanosecond more: a clock of floats may be read a little early.
        delay_ns = self._until_ns(self._waiting[0].size_bytes) + 1
        due_ns = self._seen_ns + delay_ns
        if self._timed_ns is None or due_ns < self._timed_ns:
            self._timed_ns = due_ns
            self._clock.call_later(delay_ns / _NS, self._on_time)

    def _on_time(self) -> None:
        self._timed_ns = None
        self._serve()
        self._tell_idle()

    def _tell_idle(self) -> None:
        if not self._waiting:
            self._on_idle()


class BookRoom(Room):
    """What one book has of a process, and what it may have. A limit of 0 is none.

    Nothing is dropped: a book over its memory is not read on; a batch over the rate is held, or,
    where that would take too long, its producer is told when to come back.
    """

    def __init__(
        self, book: str, config: IngestConfig, telemetry: Telemetry, clock: Clock
    ) -> None:
        super().__init__()
        self._book = book
        self._config = config
        self._telemetry = telemetry
        rate = config.book_bytes_per_s_max
        # A batch is let in whole, so the burst has room for the largest.
        burst = max(rate, config.message_bytes_max)
        self._rate = ByteRate(rate, burst, clock, self._tell) if rate else None

    @property
    def has_room(self) -> bool:
        """Whether the book may have more in memory."""
        limit_bytes = self._config.book_in_flight_bytes_max
        return not limit_bytes or self._used_bytes < limit_bytes

    @property
    def is_idle(self) -> bool:
        """Whether a new room would be the same."""
        is_empty = not (self._streams or self._watchers or self._used_bytes)
        return is_empty and (self._rate is None or self._rate.is_full)

    @property
    def held_by(self) -> str:
        """Name what keeps the book's streams from being read on, if anything."""
        if not self.has_room:
            return "book_memory"
        return "book_rate" if self._rate is not None and self._rate.has_waiting else ""

    @property
    def stream_share_bytes(self) -> int:
        """What one stream may have in flight of the book's limit; 0: there is none."""
        return self._config.book_in_flight_bytes_max // max(len(self._streams), 1)

    def enter(self, on_room: Callable[[], None]) -> None:
        """Count a stream in; `on_room` is called when it may be read on.

        Raises
        ------
        StreamsExhausted
            The book has as many streams here as it may have.
        """
        streams_max = self._config.book_streams_max
        if streams_max and len(self._streams) >= streams_max:
            self._telemetry.add("tonne_throttles_total", 1, "book_streams")
            raise StreamsExhausted.of_book(self._book, streams_max, STREAMS_RETRY_S)
        self._streams.add(on_room)

    async def wait_for_turn(
        self, size_bytes: int, stirred: asyncio.Event, is_over: Callable[[], bool]
    ) -> bool:
        """Hold a batch until the book's rate lets it in.

        Parameters
        ----------
        size_bytes : int
            At most `ingest.message_bytes_max`.
        stirred : asyncio.Event
            Set here when the turn has come, and by the caller when `is_over` may hold.
        is_over : callable
            Says that the caller has stopped waiting.

        Returns
        -------
        bool
            Whether the batch is let in.

        Raises
        ------
        BookRateExceeded
            It would wait longer than `ingest.book_hold_s_max`. It is not let in.
        """
        if self._rate is None:
            return True
        wait_s = self._rate.wait_s(size_bytes)
        if wait_s > self._config.book_hold_s_max:
            raise self._too_fast(wait_s)
        turn = self._rate.ask(size_bytes, stirred.set)
        if not turn.has_come:
            self._telemetry.add("tonne_reads_held_total", 1, "book_rate")
        try:
            while not turn.has_come and not is_over():
                stirred.clear()
                await stirred.wait()
        finally:
            self._rate.withdraw(turn)
        return turn.has_come

    def _too_fast(self, wait_s: float) -> BookRateExceeded:
        self._telemetry.add("tonne_throttles_total", 1, "book_rate")
        rate = self._config.book_bytes_per_s_max
        return BookRateExceeded(
            f"the server takes {rate} bytes a second of book {self._book!r}; this batch would "
            f"wait {wait_s:.1f} s, and the longest wait is {self._config.book_hold_s_max:g} s: "
            "come back after the wait and continue from the committed offset",
            metadata={
                "book": self._book,
                "bytesPerS": str(rate),
                "waitS": f"{wait_s:.1f}",
                "holdSMax": f"{self._config.book_hold_s_max:g}",
            },
            retry_delay_s=wait_s,
        )


class BookRooms:
    """The rooms of the books of a process; books that are known to exist alone.

    An idle room is forgotten when they are many.
    """

    def __init__(self, config: IngestConfig, telemetry: Telemetry, clock: Clock) -> None:
        self._config = config
        self._telemetry = telemetry
        self._clock = clock
        self._rooms: dict[str, BookRoom] = {}
        self._sweep_count = ROOMS_MIN

    def of(self, book: str) -> BookRoom:
        """Give the room of a book."""
        room = self._rooms.get(book)
        if room is None:
            if len(self._rooms) >= self._sweep_count:
                self._rooms = {
                    name: each for name, each in self._rooms.items() if not each.is_idle
                }
                self._sweep_count = max(2 * len(self._rooms), ROOMS_MIN)
            room = BookRoom(book, self._config, self._telemetry, self._clock)
            self._rooms[book] = room
        return room
