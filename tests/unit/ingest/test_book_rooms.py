"""Rooms of books that come and go do not stay."""

from __future__ import annotations

from tonne.config import IngestConfig
from tonne.ingest.admission.books import ROOMS_MIN, BookRooms
from tonne.telemetry import Telemetry


class Clock:
    """A time that stands still."""

    def time(self) -> float:
        return 0.0

    def call_later(self, delay, callback) -> None:
        raise AssertionError(delay, callback)


def test_idle_rooms_are_forgotten_and_others_stay():
    """A room with a stream or memory is the same as long as it has them."""
    rooms = BookRooms(IngestConfig(book_bytes_per_s_max=1_000), Telemetry(), Clock())
    streamed, holding = rooms.of("streamed"), rooms.of("holding")
    streamed.enter(lambda: None)
    holding.hold(10)
    for number in range(5 * ROOMS_MIN):
        rooms.of(f"book-{number}")
    assert len(rooms._rooms) <= ROOMS_MIN + 2
    assert rooms.of("streamed") is streamed
    assert rooms.of("holding") is holding
