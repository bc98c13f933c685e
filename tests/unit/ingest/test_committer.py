"""A commit of many streams: what goes together, and when a write begins."""

from __future__ import annotations

import asyncio
import threading
import uuid

import pytest

from tests.unit.ingest.conftest import TIMEOUT_S, rows, stirred
from tonne.errors import (
    BookUnknown,
    DefectError,
    FieldInvalid,
    ServerDraining,
    StoreUnavailable,
)
from tonne.ingest.decoder import KIND_NONE, KIND_ROWS

CONTENT = rows(3).SerializeToString()


def run(work) -> None:
    """Run a test on an event loop of its own."""

    async def bounded() -> None:
        async with asyncio.timeout(3 * TIMEOUT_S):
            await work

    asyncio.run(bounded())


def _id() -> str:
    return str(uuid.uuid4())


def test_an_idle_book_commits_at_once(bench):
    """A single batch does not wait for others: far below the longest delay."""

    async def scene() -> None:
        async with bench(commit_delay_s_max=3600.0, commit_quiet_s=0.0) as made:
            durable = await made.ingest.post_records("acme", _id(), KIND_ROWS, CONTENT)
            assert durable.totals.record_count == 3

    run(scene())


def test_what_came_during_a_write_goes_together_into_the_next(bench):
    """Streams and posts of a book share one write, each in its own order."""

    async def scene() -> None:
        async with bench() as made:
            made.ledger.may_write.clear()
            first, first_stream = made.start("acme/first")
            first.send_rows(0)
            await asyncio.to_thread(made.ledger.writing.acquire)
            second, second_stream = made.start("acme/second")
            for offset in range(3):
                first.send_rows(offset + 1)
                second.send_rows(offset)
            post = asyncio.create_task(made.ingest.post_records("acme", _id(), KIND_ROWS, CONTENT))
            decoded = "tonne_stage_duration_seconds_count"
            await stirred(lambda: made.value(decoded, stage="decode") == 8)
            made.ledger.may_write.set()
            await first.until_durable(4)
            await second.until_durable(3)
            await post
            assert [len(write) for write in made.ledger.writes] == [1, 7]
            offsets = [
                (entry.channel, entry.first_offset)
                for entry in made.ledger.writes[1]
                if hasattr(entry, "channel")
            ]
            assert [one for one in offsets if one[0] == "first"] == [
                ("first", 1),
                ("first", 2),
                ("first", 3),
            ]
            for wire, stream in ((first, first_stream), (second, second_stream)):
                wire.half_close()
                await stream

    run(scene())


def test_a_write_takes_no_more_than_its_size(bench):
    """Beyond the size the next stream waits for the next write."""

    async def scene() -> None:
        async with bench(commit_bytes_max=1) as made:
            made.ledger.may_write.clear()
            streams = [made.start(f"acme/{n}") for n in range(4)]
            for wire, _ in streams:
                wire.send_rows(0)
            decoded = "tonne_stage_duration_seconds_count"
            await stirred(lambda: made.value(decoded, stage="decode") == 4)
            made.ledger.may_write.set()
            for wire, stream in streams:
                wire.half_close()
                await stream
            assert [len(write) for write in made.ledger.writes] == [1, 1, 1, 1]

    run(scene())


def test_a_batch_waits_for_those_that_are_being_decoded(bench):
    """While a stream of the book decodes, a write is put off, up to the longest delay."""

    async def scene() -> None:
        async with bench(commit_delay_s_max=3600.0) as made:
            book = made.ingest.intake.committer.book("acme")
            book.begin_decoding()
            post = asyncio.create_task(made.ingest.post_records("acme", _id(), KIND_ROWS, CONTENT))
            await stirred(lambda: made.value("tonne_in_flight_bytes") > 0)
            decoded = "tonne_stage_duration_seconds_count"
            await stirred(lambda: made.value(decoded, stage="decode") == 1)
            for _ in range(100):
                await asyncio.sleep(0)
            assert made.ledger.writes == []
            book.end_decoding()
            await post

    run(scene())


def test_the_longest_delay_ends_the_waiting(bench):
    """A stream that decodes without an end does not keep the others waiting."""

    async def scene() -> None:
        async with bench(commit_delay_s_max=0.01) as made:
            made.ingest.intake.committer.book("acme").begin_decoding()
            await made.ingest.post_records("acme", _id(), KIND_ROWS, CONTENT)

    run(scene())


def test_books_commit_side_by_side(bench):
    """One book that waits for its store does not hold up another."""

    async def scene() -> None:
        async with bench() as made:
            held = threading.Event()
            made.ledger.books.get_book = lambda book: book
            write = made.ledger.write

            def hold_one(book, entries):
                if book == "slow":
                    held.wait(TIMEOUT_S)
                return write(book, entries)

            made.ledger.write = hold_one
            slow = asyncio.create_task(made.ingest.post_records("slow", _id(), KIND_ROWS, CONTENT))
            await made.ingest.post_records("fast", _id(), KIND_ROWS, CONTENT)
            assert not slow.done()
            held.set()
            await slow

    run(scene())


def test_a_refused_commit_is_tried_again_with_the_same_entries(bench):
    """The journal settles unknown outcomes: it must see the very same entries again."""

    async def scene() -> None:
        async with bench() as made:
            made.ledger.failures = [StoreUnavailable("away"), StoreUnavailable("away")]
            await made.ingest.post_records("acme", _id(), KIND_ROWS, CONTENT)
            first, second, third = made.ledger.writes
            assert first == second == third

    run(scene())


def test_a_commit_that_hangs_is_seen_while_it_hangs(bench):
    """The age of the oldest commit under way grows, and ends with it; so does the reach."""

    async def scene() -> None:
        async with bench() as made:
            assert made.value("tonne_commit_running_age_seconds") == 0
            assert made.value("tonne_store_reachable") == 1
            made.ledger.may_write.clear()
            made.ledger.failures = [StoreUnavailable("away")]
            post = asyncio.create_task(made.ingest.post_records("acme", _id(), KIND_ROWS, CONTENT))
            await asyncio.to_thread(made.ledger.writing.acquire)
            first_s = made.value("tonne_commit_running_age_seconds")
            await stirred(lambda: made.value("tonne_commit_running_age_seconds") > first_s)
            assert first_s > 0
            made.ledger.poison = lambda _: StoreUnavailable("away")
            made.ledger.may_write.set()
            await stirred(lambda: made.value("tonne_store_reachable") == 0)
            assert made.value("tonne_commit_running_age_seconds") > first_s
            made.ledger.poison = lambda _: None
            await post
            assert made.value("tonne_store_reachable") == 1
            assert made.value("tonne_commit_running_age_seconds") == 0

    run(scene())


def test_a_stopping_server_gives_up_on_a_store_that_stays_away(bench):
    """Who waits is told to come again elsewhere; the stop does not hang."""

    async def scene() -> None:
        async with bench() as made:
            made.ledger.poison = lambda _: StoreUnavailable("away")
            post = asyncio.create_task(made.ingest.post_records("acme", _id(), KIND_ROWS, CONTENT))
            await stirred(lambda: not made.ingest.is_healthy)
            await made.ingest.close(0.01)
            with pytest.raises(ServerDraining):
                await post

    run(scene())


def test_a_journal_that_loses_count_is_a_defect(bench):
    """Outcomes that do not match their entries are told to nobody."""

    async def scene() -> None:
        async with bench() as made:
            made.ledger.write = lambda *_: []
            with pytest.raises(DefectError, match="incident"):
                await made.ingest.post_records("acme", _id(), KIND_ROWS, CONTENT)
            assert made.value("tonne_incidents_total") == 1

    run(scene())


def test_a_caller_that_went_away_disturbs_nothing(bench):
    """A cancelled post is written all the same, and the next one works."""

    async def scene() -> None:
        async with bench() as made:
            made.ledger.may_write.clear()
            post = asyncio.create_task(made.ingest.post_records("acme", _id(), KIND_ROWS, CONTENT))
            await asyncio.to_thread(made.ledger.writing.acquire)
            post.cancel()
            made.ledger.may_write.set()
            await made.ingest.post_records("acme", _id(), KIND_ROWS, CONTENT)
            assert len(made.ledger.writes) == 2

    run(scene())


def test_wrong_posts_hold_nothing(bench):
    """What is refused before or while decoding leaves no memory counted."""

    async def scene() -> None:
        async with bench() as made:
            post = made.ingest.post_records
            with pytest.raises(BookUnknown):
                await post("unknown", _id(), KIND_ROWS, CONTENT)
            with pytest.raises(FieldInvalid, match="request_id"):
                await post("acme", "x", KIND_ROWS, CONTENT)
            with pytest.raises(FieldInvalid, match="batch"):
                await post("acme", _id(), KIND_NONE, b"")
            assert made.value("tonne_in_flight_bytes") == 0

    run(scene())
