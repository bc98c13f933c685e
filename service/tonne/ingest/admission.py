"""How much one process holds: memory that is not durable yet, and streams."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
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


class Admission(Room):
    """The budget of a process. Over it nothing is refused or dropped: streams are not read on.

    A message that has been read is always kept, so each stream may put one message on top of
    the limit.
    """

    def __init__(self, config: IngestConfig, telemetry: Telemetry) -> None:
        super().__init__()
        self._limit_bytes = config.in_flight_bytes_max
        self._window_bytes = config.stream_window_bytes
        self._message_bytes_max = config.message_bytes_max
        self._streams_max = config.streams_max
        self._telemetry = telemetry
        telemetry.read_with("tonne_in_flight_bytes", lambda: self._used_bytes)
        telemetry.set("tonne_in_flight_limit_bytes", self._limit_bytes)
        telemetry.read_with("tonne_streams_active", lambda: len(self._streams))
        telemetry.set("tonne_streams_limit", self._streams_max)

    @property
    def used_bytes(self) -> int:
        """Memory of messages and decoded batches that are not durable yet."""
        return self._used_bytes

    @property
    def has_room(self) -> bool:
        """Whether another message may be read."""
        return self._used_bytes < self._limit_bytes

    @property
    def stream_credit_bytes(self) -> int:
        """What one stream may have in flight: its window, or less where many share the limit."""
        share = self._limit_bytes // max(len(self._streams), 1)
        return max(min(self._window_bytes, share), self._message_bytes_max)

    def enter(self, on_room: Callable[[], None]) -> None:
        """Count a stream in; `on_room` is called whenever there is room again.

        Raises
        ------
        StreamsExhausted
            As many streams as the server takes are open.
        """
        if len(self._streams) >= self._streams_max:
            self._telemetry.add("tonne_throttles_total", 1, "process_streams")
            raise StreamsExhausted(
                f"the server takes {self._streams_max} streams at once and has them; "
                "try again later, or another server",
                metadata={"streamsMax": str(self._streams_max)},
                retry_delay_s=STREAMS_RETRY_S,
            )
        self._streams.add(on_room)
