"""What one book may take of a process: bytes a second, memory, streams."""

from __future__ import annotations

import asyncio
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.ingest.conftest import TIMEOUT_S, ManualClock, rows, stirred
from tonne.errors import BookRateExceeded
from tonne.ingest.admission.books import ByteRate
from tonne.ingest.decoder import KIND_ROWS

HELD = "tonne_reads_held_total"
THROTTLES = "tonne_throttles_total"
MESSAGE_BYTES = 2_900
"""Size of a row; its message has a little more."""

MESSAGE_S = 3.0
"""Enough time for one more such message under `LIMITED`, and not for two."""

LIMITED = {
    "message_bytes_max": 4_096,
    "stream_window_bytes": 1 << 20,
    "book_bytes_per_s_max": 1_024,
}
"""A burst of one message, then one in `MESSAGE_S`."""


def run(work) -> None:
    """Run a test on an event loop of its own."""

    async def bounded() -> None:
        async with asyncio.timeout(3 * TIMEOUT_S):
            await work

    asyncio.run(bounded())


def written(ledger) -> list[tuple[int, int]]:
    """First offset and records of every batch that the journal was given, in its order."""
    return [
        (entry.first_offset, entry.batch.record_count)
        for entries in ledger.writes
        for entry in entries
    ]


# --- the law of the bucket ---------------------------------------------------------------

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("ask"), st.one_of(st.integers(900, 1_000), st.integers(0, 1_000))),
        st.tuples(st.sampled_from(["pass", "stall"]), st.integers(0, 4_000)),
        st.tuples(st.just("withdraw"), st.integers(0, 10)),
    ),
    min_size=10,
    max_size=60,
)


@given(rate=st.integers(1, 5_000), steps=STEPS)
def test_over_any_window_no_more_comes_in_than_burst_and_rate_allow(rate, steps):
    """Whoever asks, withdraws, or is called back late: burst + rate x window, exactly."""
    clock = ManualClock()
    burst = 1_000
    bucket = ByteRate(rate, burst, clock, lambda: None)
    came: list[tuple[int, int]] = []
    turns = []
    for what, amount in steps:
        if what == "ask":

            def note(size=amount):
                came.append((int(clock.time() * 10**9), size))

            turns.append(bucket.ask(amount, note))
        elif what == "withdraw" and turns:
            bucket.withdraw(turns.pop(amount % len(turns)))
        elif what != "withdraw":
            clock.advance(amount / 1024, stalls=what == "stall")
    for first in range(len(came)):
        total = 0
        for at_ns, size in came[first:]:
            total += size
            window_s = Fraction(at_ns - came[first][0], 10**9)
            assert total <= burst + rate * window_s


@given(rate=st.integers(1, 5_000), sizes=st.lists(st.integers(1, 1_000), max_size=20))
def test_who_asks_comes_in_in_order_and_when_it_was_told(rate, sizes):
    """Nobody is passed or forgotten: each waits what it was told, to the nanosecond."""
    clock = ManualClock()
    bucket = ByteRate(rate, 1_000, clock, lambda: None)
    came: list[int] = []
    told: list[float] = []
    when: list[float] = []
    for number, size in enumerate(sizes):
        told.append(bucket.wait_s(size))

        def note(number=number):
            came.append(number)
            when.append(clock.time())

        bucket.ask(size, note)
    clock.advance(sum(sizes) / rate + 1)
    assert came == list(range(len(sizes)))
    assert when == pytest.approx(told, abs=1e-6)
    assert not bucket.has_waiting


# --- the rate of a book ------------------------------------------------------------------


def test_a_batch_over_the_rate_is_held_until_its_turn(bench):
    """Nothing of it is durable before, all of it after, and nothing is said meanwhile."""

    async def scene() -> None:
        clock = ManualClock()
        async with bench(clock=clock, **LIMITED) as made:
            wire, stream = made.start()
            for offset in range(4):
                wire.send_rows(offset, size=MESSAGE_BYTES)
            for durable in (1, 2, 3):
                await stirred(lambda now=durable: made.value(HELD, reason="book_rate") == now)
                await wire.until_durable(durable)
                assert wire.reads == durable + 2  # the first message, those taken, the held one
                clock.advance(MESSAGE_S)
            await wire.until_durable(4)
            wire.half_close()
            assert await stream is None
            assert made.value(THROTTLES, reason="book_rate") == 0
            assert written(made.ledger) == [(offset, 1) for offset in range(4)]

    run(scene())


def test_another_book_is_not_slowed_down(bench):
    """While all of one book waits, another one streams at full speed by the same clock."""

    async def scene() -> None:
        clock = ManualClock()
        limits = {**LIMITED, "in_flight_bytes_max": 3 * MESSAGE_BYTES, "book_hold_s_max": 60.0}
        async with bench(clock=clock, **limits) as made:
            greedy = [made.start(f"acme/meter-{number}") for number in range(8)]
            for wire, _ in greedy:
                await wire.until_durable(0)
            for wire, _ in greedy:
                wire.send_rows(0, size=MESSAGE_BYTES)
            await stirred(lambda: made.value(HELD, reason="book_rate") >= 7)
            await stirred(lambda: made.value("tonne_in_flight_bytes") == 0)
            calm, stream = made.start("beta/meter")
            for offset in range(20):
                calm.send_rows(offset)
            calm.half_close()
            assert await stream is None
            assert calm.replies[-1].durable_offset == 20
            assert sum(wire.replies[-1].durable_offset for wire, _ in greedy) == 1
            for _ in range(7):
                clock.advance(MESSAGE_S)
            for wire, task in greedy:
                await wire.until_durable(1)
                wire.half_close()
                assert await task is None

    run(scene())


def test_too_long_a_wait_is_answered_in_band_and_all_comes_once(bench):
    """The producer hears when to come back; what was taken stays; offsets go on densely."""

    async def scene() -> None:
        clock = ManualClock()
        async with bench(clock=clock, **LIMITED, book_hold_s_max=1.0) as made:
            durable = 0
            streams = 0
            while durable < 10:
                streams += 1
                wire, stream = made.start()
                await wire.until_durable(durable)
                for offset in range(durable, 10):
                    wire.send_rows(offset, size=MESSAGE_BYTES)
                wire.half_close()
                failure = await stream
                durable = wire.replies[-1].durable_offset
                made.ledger.committed = durable
                if failure is None:
                    break
                assert wire.errors == ["BOOK_RATE_EXCEEDED"]
                assert isinstance(failure, BookRateExceeded)
                assert failure.retryable
                assert 1.0 < failure.retry_delay_s < MESSAGE_S
                clock.advance(failure.retry_delay_s)
            assert durable == 10
            assert streams > 4
            assert written(made.ledger) == [(offset, 1) for offset in range(10)]
            throttles = made.value(THROTTLES, reason="book_rate")
            assert throttles == streams - 1
            assert made.value("tonne_batches_total", code="BOOK_RATE_EXCEEDED") == throttles

    run(scene())


def test_what_was_taken_before_a_throttle_is_acknowledged(bench):
    """A batch that is still on its way to the disk becomes durable, and the producer hears it."""

    async def scene() -> None:
        clock = ManualClock()
        async with bench(clock=clock, **LIMITED, book_hold_s_max=0.0) as made:
            made.ledger.may_write.clear()
            wire, stream = made.start()
            wire.send_rows(0, size=MESSAGE_BYTES)
            await asyncio.to_thread(made.ledger.writing.acquire)
            wire.send_rows(1, size=MESSAGE_BYTES)
            wire.send_rows(2, size=MESSAGE_BYTES)
            wire.half_close()
            await wire.until(lambda _: "BOOK_RATE_EXCEEDED" in wire.errors)
            assert wire.replies[-1].durable_offset == 0
            made.ledger.may_write.set()
            assert isinstance(await stream, BookRateExceeded)
            assert wire.replies[-1].durable_offset == 1
            assert written(made.ledger) == [(0, 1)]

    run(scene())


def test_a_held_stream_ends_when_it_is_told_to(bench):
    """A close signal's grace ends it; the batch that waited is not taken, and frees its turn."""

    async def scene() -> None:
        clock = ManualClock()
        async with bench(clock=clock, **LIMITED) as made:
            wire, stream = made.start()
            for offset in range(3):
                wire.send_rows(offset, size=MESSAGE_BYTES)
            await stirred(lambda: made.value(HELD, reason="book_rate") == 1)
            await made.ingest.drain(0.0, TIMEOUT_S)
            assert await stream is None
            assert wire.replies[-1].durable_offset == 1
            wire.half_close()  # the end of the connection: its reader leaves
            assert made.ingest.intake.rooms.of("acme").held_by == ""

    run(scene())


def test_a_post_waits_for_the_rate_too(bench):
    """A call is held like a batch; one that would wait too long is refused and posts nothing."""

    async def scene() -> None:
        clock = ManualClock()
        content = rows(1, 1_500).SerializeToString()
        ids = [f"00000000-0000-4000-8000-00000000000{number}" for number in range(4)]
        async with bench(clock=clock, **LIMITED) as made:
            posts = [
                asyncio.create_task(made.ingest.post_records("acme", one, KIND_ROWS, content))
                for one in ids[:3]
            ]
            await stirred(lambda: made.value(HELD, reason="book_rate") == 1)
            clock.advance(3.0)
            for post in posts:
                assert (await post).totals.posted_count == 1
        async with bench(clock=ManualClock(), **LIMITED, book_hold_s_max=0.0) as made:
            await made.ingest.post_records("acme", ids[0], KIND_ROWS, content)
            await made.ingest.post_records("acme", ids[1], KIND_ROWS, content)
            with pytest.raises(BookRateExceeded, match="1024 bytes a second of book 'acme'"):
                await made.ingest.post_records("acme", ids[2], KIND_ROWS, content)
            assert len(made.ledger.writes) == 2

    run(scene())


# --- streams and memory of a book --------------------------------------------------------


def test_a_stream_over_the_limit_of_its_book_is_told_to_come_back(bench):
    """In-band, with a delay; another book has its own streams; who leaves makes room."""

    async def scene() -> None:
        async with bench(book_streams_max=2) as made:
            first = [made.start(f"acme/meter-{number}") for number in range(2)]
            for wire, _ in first:
                await wire.until_durable(0)
            third, stream = made.start("acme/meter-2")
            third.half_close()
            failure = await stream
            assert third.errors == ["STREAMS_EXHAUSTED"]
            assert failure.metadata == {"book": "acme", "bookStreamsMax": "2"}
            assert failure.retry_delay_s > 0
            assert made.value(THROTTLES, reason="book_streams") == 1
            other, other_stream = made.start("beta/meter")
            await other.until_durable(0)
            first[0][0].half_close()
            await first[0][1]
            fourth, fourth_stream = made.start("acme/meter-3")
            await fourth.until_durable(0)
            for wire, task in (first[1], (other, other_stream), (fourth, fourth_stream)):
                wire.half_close()
                assert await task is None

    run(scene())


def test_a_stream_over_the_limit_of_the_process_is_counted(bench):
    """The limit of all books together is another reason."""

    async def scene() -> None:
        async with bench(streams_max=1) as made:
            wire, stream = made.start()
            await wire.until_durable(0)
            second, refused = made.start("beta/meter")
            second.half_close()
            assert (await refused).code == "STREAMS_EXHAUSTED"
            assert made.value(THROTTLES, reason="process_streams") == 1
            wire.half_close()
            await stream

    run(scene())


def test_a_book_over_its_memory_is_not_read_on_and_others_are(bench):
    """One book's store hangs: it fills its own share and stops, another one streams on."""

    async def scene() -> None:
        # The journal has a thread for each book; the first one's is held.
        async with bench(book_in_flight_bytes_max=20_000, message_bytes_max=4_096) as made:
            held = asyncio.Event()
            loop = asyncio.get_running_loop()
            write = made.ledger.write

            def write_one(book, entries):
                if book == "acme":
                    asyncio.run_coroutine_threadsafe(held.wait(), loop).result(TIMEOUT_S)
                return write(book, entries)

            made.ledger.write = write_one
            full, stream = made.start()
            for offset in range(60):
                full.send_rows(offset, size=MESSAGE_BYTES)
            await stirred(lambda: made.value(HELD, reason="book_memory") == 1)
            assert full.reads < 20
            free, other = made.start("beta/meter")
            for offset in range(60):
                free.send_rows(offset, size=MESSAGE_BYTES)
            free.half_close()
            assert await other is None
            assert free.replies[-1].durable_offset == 60
            held.set()
            full.half_close()
            assert await stream is None
            assert full.replies[-1].durable_offset == 60
            assert full.replies[-1].credit_bytes <= 20_000

    run(scene())
