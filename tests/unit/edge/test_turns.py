"""Whose turn it is: callers one after the other, bounded queues, nothing lost by cancelling."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from tonne.edge.access.turns import Limit, TurnLimits, Turns
from tonne.errors import CallsExhausted
from tonne.telemetry import Telemetry

LIMITS = TurnLimits(
    at_once_max=2,
    caller_max=1,
    book_max=2,
    queue_max=Limit(30, "calls.queue_max"),
    caller_queue_max=Limit(24, "calls.caller_queue_max"),
    queue_s_max=Limit(30.0, "calls.queue_s_max"),
)


class Scene:
    """Turns, who has one, and the order in which they came."""

    def __init__(self, limits: TurnLimits = LIMITS) -> None:
        self.turns = Turns("report", limits, Telemetry())
        self.order: list[str] = []
        self.ends: dict[str, asyncio.Event] = {}
        self.tasks: dict[str, asyncio.Task[None]] = {}

    async def call(self, caller: str, book: str = "acme") -> str:
        """Begin a call; gives its name."""
        name = f"{caller}{sum(each.startswith(caller) for each in self.ends)}"
        self.ends[name] = asyncio.Event()

        async def work() -> None:
            async with self.turns.turn(caller, book):
                self.order.append(name)
                await self.ends[name].wait()

        self.tasks[name] = asyncio.create_task(work())
        await settled()
        return name

    async def end(self, name: str) -> None:
        """Let a call end."""
        self.ends[name].set()
        await settled()

    async def end_all(self) -> None:
        """Let all end, and see that nothing is left."""
        for end in self.ends.values():
            end.set()
        await asyncio.gather(*self.tasks.values(), return_exceptions=True)
        assert (self.turns.going_count, self.turns.waiting_count) == (0, 0)


async def settled() -> None:
    """Let every task run until it waits."""
    for _ in range(10):
        await asyncio.sleep(0)


def test_one_callers_many_do_not_delay_anothers_first():
    """Of 24 calls of one caller one goes; another caller's first goes at once."""

    async def scene() -> None:
        made = Scene()
        for _ in range(24):
            await made.call("a")
        await made.call("b")
        assert made.order == ["a0", "b0"]
        await made.end_all()

    asyncio.run(scene())


def test_callers_take_turns_in_the_queue():
    """However many one has waiting, the next turn is the other's."""

    async def scene() -> None:
        made = Scene(replace(LIMITS, at_once_max=1))
        for caller in "aaaabbc":
            await made.call(caller)
        for _ in range(7):
            await made.end(made.order[-1])
        assert made.order == ["a0", "a1", "b0", "c0", "a2", "b1", "a3"]
        await made.end_all()

    asyncio.run(scene())


def test_the_books_of_one_caller_take_turns():
    """The call of the book that has fewer under way goes first; a full book is passed over."""

    async def scene() -> None:
        made = Scene(replace(LIMITS, at_once_max=4, caller_max=4))
        books = ("x", "x", "x", "y")
        names = [await made.call("a", book) for book in books]
        assert made.order == ["a0", "a1", "a3"]  # two of x, and y before the third of x
        await made.end(names[0])
        assert made.order[-1] == "a2"
        await made.end_all()

    asyncio.run(scene())


def test_a_full_book_keeps_no_other_waiting():
    """Others' calls for a book that has its share wait; a call for another book does not."""

    async def scene() -> None:
        made = Scene(replace(LIMITS, at_once_max=4))
        for caller in "abc":
            await made.call(caller, "x")
        await made.call("d", "y")
        assert made.order == ["a0", "b0", "d0"]
        await made.end_all()

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("caller_max", "queue_max", "setting"),
    [(3, 30, "calls.caller_queue_max"), (24, 3, "calls.queue_max")],
)
def test_the_queue_is_bounded(caller_max, queue_max, setting):
    """The call that is one too many is refused at once, and told which limit it met."""

    async def scene() -> None:
        made = Scene(
            replace(
                LIMITS,
                caller_queue_max=Limit(caller_max, "calls.caller_queue_max"),
                queue_max=Limit(queue_max, "calls.queue_max"),
            )
        )
        for _ in range(4):
            await made.call("a")
        refused = await made.call("a")
        error = made.tasks[refused].exception()
        assert isinstance(error, CallsExhausted)
        assert (error.metadata["limit"], error.metadata["value"]) == (setting, "3")
        assert setting in error.message
        assert error.retry_delay_s
        assert made.turns.waiting_count == 3
        await made.end_all()

    asyncio.run(scene())


def test_the_wait_is_bounded():
    """Whoever has waited too long is refused, and the turn that comes later is another's."""

    async def scene() -> None:
        made = Scene(replace(LIMITS, queue_s_max=Limit(0.01, "calls.queue_s_max")))
        await made.call("a")
        waiting = await made.call("a")
        await asyncio.wait([made.tasks[waiting]])
        error = made.tasks[waiting].exception()
        assert isinstance(error, CallsExhausted)
        assert error.metadata["limit"] == "calls.queue_s_max"
        assert made.order == ["a0"]
        await made.end_all()

    asyncio.run(scene())


def test_a_turn_that_comes_as_the_wait_ends_is_had():
    """Its time was over, and nobody had told it yet: the turn is its, and given back once."""

    async def scene() -> None:
        turns = Turns(
            "report", replace(LIMITS, queue_s_max=Limit(0, "calls.queue_s_max")), Telemetry()
        )
        await turns.enter("a", "acme")
        late = asyncio.create_task(turns.enter("a", "acme"))
        for _ in range(2):  # it begins to wait, and the timer ends that before it runs again
            await asyncio.sleep(0)
        assert turns.waiting_count == 1
        turns.leave("a", "acme")
        assert (turns.going_count, late.done()) == (1, False)
        await late
        turns.leave("a", "acme")
        assert (turns.going_count, turns.waiting_count) == (0, 0)

    asyncio.run(scene())


def test_a_cancelled_call_never_begins():
    """It leaves the queue; one that is cancelled as its turn comes gives it back."""

    async def scene() -> None:
        made = Scene()
        first = await made.call("a")
        waiting = await made.call("a")
        made.tasks[waiting].cancel()
        await settled()
        assert made.turns.waiting_count == 0
        late = await made.call("a")
        made.ends[first].set()
        for _ in range(3):  # `first` ends, and the turn of `late` comes before it runs
            await asyncio.sleep(0)
        made.tasks[late].cancel()
        await settled()
        assert made.turns.going_count == 0
        await made.call("b")
        assert made.order[-1] == "b0"
        await made.end_all()

    asyncio.run(scene())


def test_who_may_not_go_keeps_nobody_waiting():
    """A caller whose answers fill its share waits until it is told to look again."""

    async def scene() -> None:
        full = {"a"}
        made = Scene()
        made.turns = Turns("report", LIMITS, Telemetry(), lambda caller: caller not in full)
        await made.call("a")
        await made.call("b")
        assert made.order == ["b0"]
        full.clear()
        made.turns.serve()
        await settled()
        assert made.order == ["b0", "a0"]
        await made.end_all()

    asyncio.run(scene())
