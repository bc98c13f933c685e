"""Not now: the same call may do later."""

from __future__ import annotations

from typing import Self

from tonne.errors.families import CapacityError


class StoreUnavailable(CapacityError):
    """The manifest or the objects cannot be reached."""

    code = "STORE_UNAVAILABLE"


class ServerDraining(CapacityError):
    """The server is going away; another one takes over."""

    code = "SERVER_DRAINING"

    @classmethod
    def now(cls, retry_delay_s: float) -> Self:
        """Say that a server takes nothing new."""
        return cls(
            "the server is stopping: connect again, and another server takes over",
            retry_delay_s=retry_delay_s,
        )

    @classmethod
    def without_store(cls, retry_delay_s: float) -> Self:
        """Say that a server stops with a batch that it could not make durable."""
        return cls(
            "the server is stopping and could not reach its store. It took nothing of the "
            "batch: open the channel again and go on from its committed offset",
            retry_delay_s=retry_delay_s,
        )


class StreamsExhausted(CapacityError):
    """The server has all the streams that it takes."""

    code = "STREAMS_EXHAUSTED"

    @classmethod
    def of_process(cls, streams_max: int, retry_delay_s: float) -> Self:
        """Say that a server has all the streams that it takes."""
        return cls(
            f"the server takes {streams_max} streams at once, and all are in use "
            "(ingest.streams_max): try again later, or use another server",
            metadata={"streamsMax": str(streams_max)},
            retry_delay_s=retry_delay_s,
        )

    @classmethod
    def of_book(cls, book: str, streams_max: int, retry_delay_s: float) -> Self:
        """Say that a server has all the streams that it takes of one book."""
        return cls(
            f"the server takes {streams_max} streams of book {book!r} at once, and all are in "
            "use (ingest.book_streams_max): try again later, or use another server",
            metadata={"book": book, "bookStreamsMax": str(streams_max)},
            retry_delay_s=retry_delay_s,
        )

    @classmethod
    def of_silent(cls, streams_max: int, retry_delay_s: float) -> Self:
        """Say that too many streams have not said yet whose they are."""
        return cls(
            f"the server holds {streams_max} streams that have not sent their first message "
            "(ingest.silent_streams_max): try again, and send the first message as soon as the "
            "stream is open",
            metadata={"limit": "ingest.silent_streams_max", "value": str(streams_max)},
            retry_delay_s=retry_delay_s,
        )


class CallsExhausted(CapacityError):
    """All places for calls of this kind are taken, those that wait included."""

    code = "CALLS_EXHAUSTED"


class CallTooLong(CapacityError):
    """The call took longer than calls of its kind may."""

    code = "CALL_TOO_LONG"


class BookRateExceeded(CapacityError):
    """More of a book came in a short time than the server takes."""

    code = "BOOK_RATE_EXCEEDED"


class ReadsExhausted(CapacityError):
    """The calls that read hold as much memory as they may."""

    code = "READS_EXHAUSTED"


class EstimatesExhausted(CapacityError):
    """The estimates under way use all the memory that there is for them."""

    code = "ESTIMATES_EXHAUSTED"


class KeysUnavailable(CapacityError):
    """The keys that the token is checked with cannot be had now."""

    code = "KEYS_UNAVAILABLE"
