"""What waits to be told is merged, bounded, and told in the right order."""

from __future__ import annotations

import asyncio

from tonne.errors import OffsetGap
from tonne.ingest.streams.replies import (
    ERRORS_PENDING_MAX,
    ROW_ERRORS_PENDING_REPLIES,
    CloseSignal,
    Outbox,
    Reply,
)
from tonne.model import ControlTotals, RecordField, RowError, RowStatus


def _errors(first: int, count: int) -> list[RowError]:
    status, field = RowStatus.UNIT_MUST_BE_PRESENT, RecordField.UNIT
    return [RowError(n, n, status, field) for n in range(first, first + count)]


async def _all(outbox: Outbox) -> list[Reply]:
    outbox.end()
    replies = []
    while (reply := await outbox.take(lambda: 1)) is not None:
        replies.append(reply)
    return replies


def test_acknowledgements_are_merged():
    """Of many that wait one is told: the last offset and the sum of the totals."""

    async def scene() -> list[Reply]:
        outbox = Outbox(10)
        for offset in range(1, 101):
            outbox.acknowledge(offset, ControlTotals(record_count=1, quantity_atto=3))
        return await _all(outbox)

    (reply,) = asyncio.run(scene())
    assert reply.durable_offset == 100
    assert reply.totals == ControlTotals(record_count=100, quantity_atto=300)


def test_row_errors_are_spread_over_replies_and_the_rest_is_counted():
    """No row error is told twice; told and left out add up."""

    async def scene() -> list[Reply]:
        outbox = Outbox(10)
        for first in range(0, 100, 20):
            outbox.acknowledge(first + 20, ControlTotals(), _errors(first, 20), 20)
        return await _all(outbox)

    replies = asyncio.run(scene())
    told = [error.offset for reply in replies for error in reply.row_errors]
    assert told == list(range(10 * ROW_ERRORS_PENDING_REPLIES))
    assert [len(reply.row_errors) for reply in replies] == [10] * ROW_ERRORS_PENDING_REPLIES
    assert sum(reply.row_errors_omitted for reply in replies) == 100 - len(told)
    assert [reply.totals for reply in replies[1:]] == [None] * (len(replies) - 1)


def test_what_the_journal_left_out_is_counted_too():
    """An outcome names its first errors and counts them all."""

    async def scene() -> list[Reply]:
        outbox = Outbox(10)
        outbox.acknowledge(500, ControlTotals(), _errors(0, 5), 300)
        return await _all(outbox)

    (reply,) = asyncio.run(scene())
    assert (len(reply.row_errors), reply.row_errors_omitted) == (5, 295)


def test_refusals_are_told_one_by_one_in_order():
    """Each refused batch has its own reply."""

    async def scene() -> tuple[list[Reply], bool, bool]:
        outbox = Outbox(10)
        before = outbox.is_full
        for number in range(ERRORS_PENDING_MAX):
            outbox.refuse(OffsetGap(str(number)))
        full = outbox.is_full
        return await _all(outbox), before, full

    replies, before, full = asyncio.run(scene())
    assert [reply.error.message for reply in replies] == [
        str(number) for number in range(ERRORS_PENDING_MAX)
    ]
    assert (before, full) == (False, True)


def test_the_close_signal_is_told_once():
    """It rides on the next reply and on no later one."""

    async def scene() -> list[Reply]:
        outbox = Outbox(10)
        outbox.ask_to_close(CloseSignal("server_drain", 1.0))
        outbox.refuse(OffsetGap("a"))
        outbox.refuse(OffsetGap("b"))
        return await _all(outbox)

    replies = asyncio.run(scene())
    assert [bool(reply.close_signal) for reply in replies] == [True, False]
    assert replies[0].durable_offset is None


def test_who_waits_is_woken_by_news_and_by_the_end():
    """A writer that waits hears of the first acknowledgement, and then of the end."""

    async def scene() -> tuple[Reply | None, Reply | None]:
        outbox = Outbox(10)
        first = asyncio.create_task(outbox.take(lambda: 7))
        await asyncio.sleep(0)
        outbox.acknowledge(1)
        heard = await first
        second = asyncio.create_task(outbox.take(lambda: 7))
        await asyncio.sleep(0)
        outbox.end()
        return heard, await second

    heard, end = asyncio.run(scene())
    assert heard == Reply(durable_offset=1, credit_bytes=7)
    assert end is None
