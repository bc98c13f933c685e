"""A journal in memory and a wire in memory, around the real session, committer and kernel."""

from __future__ import annotations

import asyncio
import datetime as dt
import heapq
import itertools
import threading
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tonne.config import IngestConfig
from tonne.errors import BookUnknown, ChannelUnknown, ContentMustMatch, EpochStale
from tonne.ingest.ingest import Ingest
from tonne.ledger.posting.entries import ChannelEntry, Durable, Entry, Lost, Outcome
from tonne.model import Book, Channel, ChannelState, ControlTotals, FacilityRule
from tonne.telemetry import Telemetry
from tonne.v1 import ingest_pb2

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from tonne.errors import TonneError
    from tonne.ingest.streams.replies import Reply

TIMEOUT_S = 20.0
NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
CONFIG = IngestConfig(
    decode_threads=2,
    commit_quiet_s=0.0,
    retry_delay_s_min=0.001,
    retry_delay_s_max=0.002,
    stream_lifetime_s_min=600,
    stream_lifetime_s_max=600,
    error_grace_s=0.01,
    close_grace_s=0.05,
)


class MemoryLedger:
    """Books and channels in memory; a journal whose next writes can be held or made to fail."""

    def __init__(self) -> None:
        self.books = self.channels = self.repeats = self  # all that ingest asks a ledger
        self.epoch = 1
        self.committed = 0
        self.totals = ControlTotals()
        self.writes: list[list[Entry]] = []
        self.failures: list[BaseException] = []
        self.poison: Callable[[Entry], BaseException | None] = lambda _: None
        self.may_write = threading.Event()
        self.may_write.set()
        self.writing = threading.Semaphore(0)

    def get_book(self, book: str) -> Book:
        if book not in {"acme", "beta"}:
            raise BookUnknown(book)
        return Book(book, "", "UTC", FacilityRule.ANY, 1, NOW)

    def get_channel(self, book: str, channel: str) -> Channel:
        self.get_book(book)
        if channel.startswith("unknown"):
            raise ChannelUnknown(channel)
        return Channel(
            book, channel, self.epoch, self.committed, ChannelState.OPEN, ControlTotals(), NOW
        )

    def check(self, *where: object) -> None:
        if where[2] % 2:
            raise ContentMustMatch("odd offsets differ")

    def write(self, _: str, entries: Sequence[Entry]) -> list[Outcome]:
        self.writing.release()
        self.may_write.wait(TIMEOUT_S)
        self.writes.append(list(entries))
        if self.failures:
            raise self.failures.pop(0)
        for entry in entries:
            if (error := self.poison(entry)) is not None:
                raise error
        return [self._outcome(entry) for entry in entries]

    def _outcome(self, entry: Entry) -> Outcome:
        if isinstance(entry, ChannelEntry) and entry.epoch != self.epoch:
            return Lost(EpochStale("another owner"))
        count = entry.batch.record_count
        return Durable(ControlTotals(record_count=count, posted_count=count), (), 0)


class ManualClock:
    """Time that passes when told to, and calls back what is due meanwhile."""

    def __init__(self) -> None:
        self._now_s = 0.0
        self._calls: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()

    def time(self) -> float:
        return self._now_s

    def call_later(self, delay: float, callback: Callable[[], None]) -> None:
        heapq.heappush(self._calls, (self._now_s + delay, next(self._numbers), callback))

    def advance(self, seconds: float, *, stalls: bool = False) -> None:
        """Let time pass; where it stalls, all that is due is called back at the end alone."""
        stop_s = self._now_s + seconds
        if stalls:
            self._now_s = stop_s
        while self._calls and self._calls[0][0] <= stop_s:
            due_s, _, callback = heapq.heappop(self._calls)
            self._now_s = max(self._now_s, due_s)
            callback()
        self._now_s = stop_s


class MemoryWire:
    """One stream: what is put in is read, what is written is kept; writing can be held."""

    def __init__(self, caller: str = "gateway") -> None:
        self.caller = caller
        self.incoming: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.replies: list[Reply] = []
        self.news = asyncio.Condition()
        self.may_write = asyncio.Event()
        self.may_write.set()
        self.reads = 0
        self.left_s: float | None = None
        self.refusal: TonneError | None = None

    async def admit(self) -> float | None:
        if self.refusal is not None:
            raise self.refusal
        return self.left_s

    def authorize(self, book: str, name: str) -> None:
        """Everything is."""

    async def read(self) -> bytes | None:
        message = await self.incoming.get()
        self.reads += 1
        return message

    async def write(self, reply: Reply) -> None:
        await self.may_write.wait()
        async with self.news:
            self.replies.append(reply)
            self.news.notify_all()

    def send(self, **fields: object) -> None:
        self.incoming.put_nowait(ingest_pb2.AppendRequest(**fields).SerializeToString())

    def send_rows(self, offset: int, count: int = 1, size: int = 10) -> None:
        self.send(offset=offset, rows=rows(count, size))

    def half_close(self) -> None:
        self.incoming.put_nowait(None)

    async def until(self, holds: Callable[[list[Reply]], object]) -> None:
        """Wait until the replies so far are such."""
        async with asyncio.timeout(TIMEOUT_S), self.news:
            await self.news.wait_for(lambda: holds(self.replies))

    async def until_durable(self, offset: int) -> None:
        await self.until(lambda replies: replies and replies[-1].durable_offset == offset)

    @property
    def errors(self) -> list[str]:
        return [reply.error.code for reply in self.replies if reply.error]


class Bench:
    """An Ingest over a MemoryLedger."""

    def __init__(self, ledger: MemoryLedger, ingest: Ingest) -> None:
        self.ledger = ledger
        self.ingest = ingest

    def value(self, name: str, **labels: str) -> float:
        value = self.ingest.telemetry.value(name, **labels)
        assert value is not None
        return value

    def start(
        self, channel: str = "acme/meter", epoch: int = 1
    ) -> tuple[MemoryWire, asyncio.Task]:
        """Begin a stream and send its first message."""
        wire = MemoryWire()
        wire.send(channel=channel, epoch=epoch)
        return wire, asyncio.create_task(self.ingest.append(wire))


@asynccontextmanager
async def make_bench(
    *, clock: ManualClock | None = None, **settings: object
) -> AsyncIterator[Bench]:
    """Make a bench, and see that it leaves nothing in flight and no task behind."""
    ledger = MemoryLedger()
    config = replace(CONFIG, **settings)
    ingest = Ingest(ledger, ledger, config, Telemetry(), _parse, clock=clock)
    yield Bench(ledger, ingest)
    async with asyncio.timeout(TIMEOUT_S):
        await ingest.close(0.01)
    assert ingest.intake.admission.used_bytes == 0
    assert ingest.intake.committer.in_flight_records == 0


def _parse(name: str) -> tuple[str, str]:
    book, _, channel = name.partition("/")
    return book, channel


def rows(count: int = 1, size: int = 10) -> ingest_pb2.Rows:
    """Good records of about a size in bytes."""
    one = ingest_pb2.ActivityRecord(
        record_id="r" * min(size, 200),
        facility="dc",
        activity="electricity.grid",
        quantity="1",
        unit="kWh",
        start={"seconds": 1_700_000_000},
        end={"seconds": 1_700_000_900},
        evidence="e" * max(size - 200, 0),
    )
    return ingest_pb2.Rows(records=[one] * count)


@pytest.fixture
def bench():
    """Make a bench: `async with bench(...) as made`."""
    return make_bench


async def stirred(holds: Callable[[], object]) -> None:
    """Give other tasks turns until something holds; what never does fails by the timeout."""
    async with asyncio.timeout(TIMEOUT_S):
        while not holds():  # noqa: ASYNC110  # turns for the others, no pause
            await asyncio.sleep(0)
