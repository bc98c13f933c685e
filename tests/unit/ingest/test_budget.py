"""The budget of memory: asked for before it is taken, in the order of asking."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from tonne.config import IngestConfig
from tonne.ingest.admission.memory import WaitingBudget
from tonne.ingest.committer import BatchQueue, BookCommitter, PendingBatch


async def settle() -> None:
    """Let all tasks go as far as they can."""
    for _ in range(10):
        await asyncio.sleep(0)


class Askers:
    """Tasks that ask a budget, and what they were given."""

    def __init__(self, budget: WaitingBudget) -> None:
        self.budget = budget
        self.given: list[str] = []
        self.over: set[str] = set()
        self.tasks: dict[str, asyncio.Task[None]] = {}
        self.stirred: dict[str, asyncio.Event] = {}

    async def ask(self, name: str, size_bytes: int) -> None:
        """Begin to ask."""
        stirred = self.stirred[name] = asyncio.Event()

        async def work() -> None:
            if await self.budget.ask(size_bytes, stirred, lambda: name in self.over):
                self.given.append(name)

        self.tasks[name] = asyncio.create_task(work())
        await settle()


def test_it_is_given_in_the_order_of_asking():
    """A small one does not pass by a large one that waits."""

    async def scene() -> None:
        askers = Askers(WaitingBudget(100))
        await askers.ask("first", 80)
        await askers.ask("large", 60)
        await askers.ask("small", 10)
        assert askers.given == ["first"]
        assert not askers.budget.gives_now(1)
        askers.budget.give_back(80)
        await settle()
        assert askers.given == ["first", "large", "small"]
        assert askers.budget.used_bytes == 70

    asyncio.run(scene())


def test_what_is_larger_than_all_is_given_alone():
    """It waits until nothing is kept, and nothing is given beside it."""

    async def scene() -> None:
        askers = Askers(WaitingBudget(100))
        askers.budget.hold(1)
        await askers.ask("huge", 1_000)
        assert askers.given == []
        askers.budget.release(1)
        await settle()
        await askers.ask("small", 1)
        assert askers.given == ["huge"]
        askers.budget.give_back(1_000)
        await settle()
        assert askers.given == ["huge", "small"]

    asyncio.run(scene())


def test_who_leaves_or_is_cancelled_keeps_nobody_waiting():
    """The next in the line gets it, and nothing stays counted."""

    async def scene() -> None:
        askers = Askers(WaitingBudget(100))
        await askers.ask("first", 100)
        for name in ("leaves", "cancelled", "last"):
            await askers.ask(name, 90)
        askers.over.add("leaves")
        askers.stirred["leaves"].set()
        askers.tasks["cancelled"].cancel()
        await settle()
        askers.budget.give_back(100)
        await settle()
        assert askers.given == ["first", "last"]
        askers.budget.give_back(90)
        assert askers.budget.used_bytes == 0

    asyncio.run(scene())


def test_who_is_cancelled_at_the_moment_of_giving_gives_it_back():
    """Given and cancelled in one turn of the event loop: it is not lost."""

    async def scene() -> None:
        askers = Askers(WaitingBudget(100))
        await askers.ask("first", 100)
        await askers.ask("second", 100)
        askers.budget.give_back(100)
        askers.tasks["second"].cancel()
        await settle()
        assert askers.budget.used_bytes == 0

    asyncio.run(scene())


@dataclass
class FakeBatch:
    """As much of a batch as the committer looks at."""

    columns_memory_bytes: int
    posting_count_max: int
    record_count: int = 1


@dataclass
class FakeEntry:
    """An entry with such a batch."""

    batch: FakeBatch


def groups_of(batches: list[FakeBatch], **settings: int) -> list[int]:
    """How many batches of one queue each commit takes."""
    committer = object.__new__(BookCommitter)
    queue = BatchQueue(lambda *_: None)
    queue.ready.extend(PendingBatch.of(FakeEntry(batch), 1, 0.0) for batch in batches)
    committer._shared = type("Shared", (), {"config": IngestConfig(**settings)})
    committer._queues = {queue: None}
    committer._ready_bytes = sum(taken.load_bytes for taken in queue.ready)
    counts = []

    async def take() -> None:
        while committer._queues:
            counts.append(len(committer._take_group()))

    asyncio.run(take())
    assert committer._ready_bytes == 0
    return counts


def test_a_commit_is_bounded_by_what_its_batches_hold():
    """Not by the bytes of their messages: a batch of large texts is a commit of its own."""
    sizes = [FakeBatch(400, 1), FakeBatch(400, 1), FakeBatch(5_000, 1), FakeBatch(400, 1)]
    assert groups_of(sizes, commit_bytes_max=100, stream_window_bytes=1_024) == [2, 1, 1]


def test_a_commit_is_bounded_by_its_postings():
    """They are counted before they are made; a batch that has all of them goes alone."""
    batches = [FakeBatch(10, n) for n in (600, 424, 1, 1_024, 1)]
    assert groups_of(batches, commit_postings_max=1_024) == [2, 1, 1, 1]
