"""One stream: what it takes, when it is read on, how it ends."""

from __future__ import annotations

import asyncio
import sys

import pytest

from tests.unit.ingest.conftest import TIMEOUT_S, MemoryWire, rows, stirred
from tonne.errors import StoreUnavailable
from tonne.v1 import ingest_pb2


def run(work) -> None:
    """Run a test on an event loop of its own."""

    async def bounded() -> None:
        async with asyncio.timeout(3 * TIMEOUT_S):
            await work

    asyncio.run(bounded())


def test_a_stream_is_acknowledged_to_its_end(bench):
    """After the half-close everything taken is durable and told before the stream ends."""

    async def scene() -> None:
        async with bench() as made:
            wire, stream = made.start()
            for offset in range(20):
                wire.send_rows(offset)
            wire.half_close()
            assert await stream is None
            assert wire.replies[-1].durable_offset == 20
            counts = [reply.totals.record_count for reply in wire.replies if reply.totals]
            assert sum(counts) == 20
            assert made.value("tonne_stream_ends_total", reason="half_close") == 1

    run(scene())


def test_offsets_are_told_as_they_rise(bench):
    """No reply takes back what an earlier one promised."""

    async def scene() -> None:
        async with bench() as made:
            wire, stream = made.start()
            for offset in range(50):
                wire.send_rows(offset)
                await asyncio.sleep(0)
            wire.half_close()
            await stream
            told = [reply.durable_offset for reply in wire.replies]
            assert told == sorted(told)

    run(scene())


def test_nothing_is_acknowledged_before_it_is_durable(bench):
    """While the journal writes, the producer hears nothing of the batch."""

    async def scene() -> None:
        async with bench() as made:
            made.ledger.may_write.clear()
            wire, stream = made.start()
            wire.send_rows(0, 5)
            await asyncio.to_thread(made.ledger.writing.acquire)
            await wire.until_durable(0)
            assert made.value("tonne_in_flight_bytes") > 0
            assert made.value("tonne_in_flight_records") == 5
            made.ledger.may_write.set()
            await wire.until_durable(5)
            assert made.value("tonne_in_flight_bytes") == 0
            assert made.value("tonne_in_flight_records") == 0
            wire.half_close()
            await stream

    run(scene())


def test_a_full_window_stops_the_reading(bench):
    """A producer that does not wait for acknowledgements is not read on, and loses nothing."""

    async def scene() -> None:
        async with bench(stream_window_bytes=20_000, message_bytes_max=20_000) as made:
            made.ledger.may_write.clear()
            wire, stream = made.start()
            for offset in range(30):
                wire.send_rows(offset, size=2_000)
            held = "tonne_reads_held_total"
            await stirred(lambda: made.value(held, reason="stream_window") == 1)
            assert wire.reads < 15
            made.ledger.may_write.set()
            wire.half_close()
            await stream
            assert wire.replies[-1].durable_offset == 30

    run(scene())


def test_a_producer_that_never_reads_stops_itself(bench):
    """Acknowledgements that cannot be written count: the window fills, memory does not."""

    async def scene() -> None:
        async with bench(stream_window_bytes=20_000, message_bytes_max=20_000) as made:
            wire, stream = made.start()
            await wire.until_durable(0)
            wire.may_write.clear()
            for offset in range(200):
                wire.send_rows(offset, size=2_000)
            held = "tonne_reads_held_total"
            await stirred(lambda: made.value(held, reason="stream_window") == 1)
            await stirred(lambda: made.value("tonne_in_flight_bytes") == 0)
            assert wire.reads < 15
            wire.may_write.set()
            wire.half_close()
            await stream
            assert wire.replies[-1].durable_offset == 200

    run(scene())


def test_refusals_to_a_producer_that_never_reads_are_bounded(bench):
    """Garbage without end stops being read once enough refusals wait."""

    async def scene() -> None:
        async with bench() as made:
            wire, stream = made.start()
            await wire.until_durable(0)
            wire.may_write.clear()
            for _ in range(1_000):
                wire.incoming.put_nowait(b"\xff\xff")
            held = "tonne_reads_held_total"
            await stirred(lambda: made.value(held, reason="replies") == 1)
            assert wire.reads < 100
            wire.may_write.set()
            wire.half_close()
            await stream
            assert wire.errors == ["BATCH_MUST_PARSE"] * 1_000

    run(scene())


def test_the_process_budget_holds_all_streams(bench):
    """Over the limit no stream is read on; when a commit ends all go on, none is lost."""

    async def scene() -> None:
        async with bench(
            in_flight_bytes_max=30_000, stream_window_bytes=30_000, message_bytes_max=30_000
        ) as made:
            made.ledger.may_write.clear()
            streams = [made.start(f"acme/meter-{n}") for n in range(10)]
            for wire, _ in streams:
                for offset in range(10):
                    wire.send_rows(offset, size=3_000)
            held = "tonne_reads_held_total"
            await stirred(lambda: made.value(held, reason="process_memory") >= 10)
            # The limit, and of each stream one message on top with what decoding made of it.
            assert made.ingest.intake.admission.used_bytes < 30_000 + 10 * 10_000
            made.ledger.may_write.set()
            for wire, stream in streams:
                wire.half_close()
                await stream
                assert wire.replies[-1].durable_offset == 10

    run(scene())


def test_a_store_that_is_away_loses_nothing(bench):
    """Commits are tried again, nothing is acknowledged meanwhile, readiness is off."""

    async def scene() -> None:
        async with bench() as made:
            made.ledger.failures = [StoreUnavailable("away") for _ in range(3)]
            made.ledger.may_write.clear()
            wire, stream = made.start()
            wire.send_rows(0, 3)
            await asyncio.to_thread(made.ledger.writing.acquire)
            assert made.ingest.is_healthy
            made.ledger.may_write.set()
            await wire.until_durable(3)
            assert [reply.durable_offset for reply in wire.replies] == [0, 3]
            assert len(made.ledger.writes) == 4
            assert made.value("tonne_commits_total", outcome="retried") == 3
            assert made.ingest.is_healthy
            wire.half_close()
            await stream

    run(scene())


def test_readiness_is_off_while_the_store_is_away(bench):
    """It goes off with the first refusal and on with the first success."""

    async def scene() -> None:
        async with bench() as made:
            made.ledger.poison = lambda _: StoreUnavailable("away")
            wire, stream = made.start()
            wire.send_rows(0)
            await stirred(lambda: not made.ingest.is_healthy)
            assert wire.errors == []
            made.ledger.poison = lambda _: None
            await wire.until_durable(1)
            assert made.ingest.is_healthy
            wire.half_close()
            await stream

    run(scene())


def test_a_defect_ends_the_stream_that_has_it_and_no_other(bench):
    """Of two streams in one commit the good one is durable, the other hears an incident id."""

    class PanicError(BaseException):
        """A panic of a library is no Exception."""

    async def scene() -> None:
        async with bench() as made:
            made.ledger.may_write.clear()
            first, first_stream = made.start("acme/first")
            first.send_rows(0)
            await asyncio.to_thread(made.ledger.writing.acquire)
            good, good_stream = made.start("acme/good")
            bad, bad_stream = made.start("acme/bad")
            made.ledger.poison = lambda entry: (
                PanicError("boom") if entry.channel == "bad" else None
            )
            good.send_rows(0)
            bad.send_rows(0)
            await stirred(
                lambda: made.value("tonne_stage_duration_seconds_count", stage="decode") == 3
            )
            made.ledger.may_write.set()
            failure = await bad_stream
            assert failure.code == "DEFECT"
            assert "boom" not in failure.message
            assert bad.replies[-1].error is failure
            await good.until_durable(1)
            for wire, stream in ((good, good_stream), (first, first_stream)):
                wire.half_close()
                assert await stream is None
            assert made.value("tonne_stream_ends_total", reason="error") == 1

    run(scene())


def test_a_fenced_stream_drops_what_it_still_holds(bench):
    """Batches behind a lost one are not written: they would leave a gap."""

    async def scene() -> None:
        async with bench() as made:
            made.ledger.may_write.clear()
            wire, stream = made.start()
            wire.send_rows(0)
            await asyncio.to_thread(made.ledger.writing.acquire)
            for offset in range(1, 5):
                wire.send_rows(offset)
            await stirred(
                lambda: made.value("tonne_stage_duration_seconds_count", stage="decode") == 5
            )
            made.ledger.epoch = 2
            made.ledger.may_write.set()
            failure = await stream
            assert failure.code == "EPOCH_STALE"
            assert wire.errors == ["EPOCH_STALE"]
            assert [len(write) for write in made.ledger.writes] == [1]

    run(scene())


def test_a_repeat_waits_until_what_it_repeats_is_durable(bench):
    """A batch that is in flight cannot be compared yet; then the ledger decides."""

    async def scene() -> None:
        async with bench() as made:
            made.ledger.may_write.clear()
            wire, stream = made.start()
            wire.send_rows(0, 2)
            wire.send_rows(0, 1)
            wire.send_rows(1, 1)
            wire.send_rows(1, 2)
            await asyncio.to_thread(made.ledger.writing.acquire)
            assert wire.errors == []
            made.ledger.may_write.set()
            wire.half_close()
            await stream
            assert wire.errors == ["OFFSET_REPEAT", "CONTENT_MUST_MATCH", "OFFSET_GAP"]
            assert wire.replies[-1].durable_offset == 2

    run(scene())


@pytest.mark.parametrize("reason", ["stream_lifetime", "server_drain"])
def test_the_close_signal_comes_in_band_and_all_is_acknowledged(bench, reason):
    """After the signal the producer may finish; the stream ends without an error."""

    async def scene() -> None:
        settings = {"stream_lifetime_s_min": 0.001, "stream_lifetime_s_max": 0.001}
        async with bench(
            close_grace_s=60, **(settings if reason == "stream_lifetime" else {})
        ) as made:
            wire, stream = made.start()
            await wire.until_durable(0)
            if reason == "server_drain":
                draining = asyncio.create_task(made.ingest.drain(0.0, 60.0))
            await wire.until(lambda replies: replies[-1].close_signal)
            assert wire.replies[-1].close_signal.reason == reason
            wire.send_rows(0, 7)
            wire.half_close()
            assert await stream is None
            assert wire.replies[-1].durable_offset == 7
            assert made.value("tonne_stream_ends_total", reason=reason) == 1
            if reason == "server_drain":
                await draining

    run(scene())


def test_a_producer_that_ignores_the_signal_is_left_after_the_grace(bench):
    """The read that waits is not cancelled; what comes later is not taken."""

    async def scene() -> None:
        async with bench(stream_lifetime_s_min=0.001, stream_lifetime_s_max=0.001) as made:
            wire, stream = made.start()
            assert await stream is None
            reads = wire.reads
            wire.send_rows(0)
            await stirred(lambda: wire.reads == reads + 1)
            assert made.ledger.writes == []

    run(scene())


def test_a_producer_that_never_reads_is_left_after_the_life_of_a_stream(bench):
    """A reply that nobody takes does not hold a stream's place for ever."""

    async def scene() -> None:
        async with bench(stream_lifetime_s_min=0.001, stream_lifetime_s_max=0.001) as made:
            wire, stream = made.start()
            wire.may_write.clear()
            wire.half_close()
            async with asyncio.timeout(TIMEOUT_S):
                assert await stream is None
            assert made.value("tonne_streams_active") == 0
            assert wire.replies == []

    run(scene())


def test_a_draining_server_takes_no_new_stream(bench):
    """It is told in-band to go elsewhere, and when."""

    async def scene() -> None:
        async with bench() as made:
            await made.ingest.drain(0.0, 1.0)
            wire, stream = made.start()
            failure = await stream
            assert failure.code == "SERVER_DRAINING"
            assert wire.errors == ["SERVER_DRAINING"]
            assert failure.retry_delay_s

    run(scene())


def test_a_stream_whose_producer_vanished_is_committed_all_the_same(bench):
    """What was taken is written, its memory freed, though nobody hears of it."""

    async def scene() -> None:
        async with bench() as made:
            made.ledger.may_write.clear()
            wire, stream = made.start()
            wire.send_rows(0, 3)
            await asyncio.to_thread(made.ledger.writing.acquire)
            stream.cancel()
            wire.half_close()
            with pytest.raises(asyncio.CancelledError):
                await stream
            assert made.value("tonne_stream_ends_total", reason="disconnect") == 1
            made.ledger.may_write.set()
            await stirred(lambda: made.value("tonne_in_flight_bytes") == 0)
            assert made.value("tonne_records_total", outcome="posted") == 3

    run(scene())


def test_a_stream_begins_new_dictionaries_when_they_are_full(bench):
    """More distinct keys than the limit are taken without an end."""

    async def scene() -> None:
        async with bench(key_count_max=3) as made:
            wire, stream = made.start()
            for offset in range(20):
                batch = rows()
                batch.records[0].facility = f"bs-{offset}"
                wire.send(offset=offset, rows=batch)
            wire.half_close()
            await stream
            assert wire.replies[-1].durable_offset == 20
            sessions = {id(entry.batch.session) for write in made.ledger.writes for entry in write}
            assert len(sessions) > 2

    run(scene())


def test_the_credit_is_a_fair_share(bench):
    """Many streams are promised together no more than the process may hold."""

    async def scene() -> None:
        async with bench(
            in_flight_bytes_max=100_000, stream_window_bytes=80_000, message_bytes_max=1_024
        ) as made:
            alone, alone_stream = made.start("acme/0")
            await alone.until_durable(0)
            assert alone.replies[-1].credit_bytes == 80_000
            others = [made.start(f"acme/{n}") for n in range(1, 10)]
            for wire, _ in others:
                await wire.until_durable(0)
            assert others[-1][0].replies[-1].credit_bytes == 10_000
            for wire, stream in [(alone, alone_stream), *others]:
                wire.half_close()
                await stream

    run(scene())


REFUSED = {
    "no place": ({"channel": "acme/meter", "epoch": 1}, {"streams_max": 1}, "STREAMS_EXHAUSTED"),
    "no such book": ({"channel": "nobody/meter", "epoch": 1}, {}, "BOOK_UNKNOWN"),
    "an epoch of nobody": ({"channel": "acme/meter", "epoch": 7}, {}, "EPOCH_UNKNOWN"),
    "too large": (
        {"channel": "acme/meter", "epoch": 1},
        {"message_bytes_max": 1_000},
        "BATCH_MUST_FIT",
    ),
    "a gap": ({"channel": "acme/meter", "epoch": 1, "offset": 5}, {}, "OFFSET_GAP"),
    "no records": (
        {"channel": "acme/meter", "epoch": 1, "arrow_ipc": b"x" * 2_000},
        {},
        "BATCH_MUST_PARSE",
    ),
}


@pytest.mark.parametrize(("fields", "settings", "code"), REFUSED.values(), ids=REFUSED)
def test_a_refused_message_is_not_kept(bench, fields, settings, code):
    """Whatever it is refused for: while the stream waits for its end, nothing has the bytes."""

    async def scene() -> None:
        async with bench(**settings, error_grace_s=600) as made:
            first, first_stream = made.start()
            await first.until_durable(0)
            wire = MemoryWire("somebody")
            batch = {} if "arrow_ipc" in fields else {"rows": rows(20, 200)}
            message = ingest_pb2.AppendRequest(**fields, **batch).SerializeToString()
            own_count = sys.getrefcount(message)
            wire.incoming.put_nowait(message)
            stream = asyncio.create_task(made.ingest.append(wire))
            await wire.until(lambda _: wire.errors)
            assert wire.errors == [code]
            await stirred(lambda: made.ingest.intake.admission.used_bytes == 0)
            assert sys.getrefcount(message) == own_count
            first.half_close()
            wire.half_close()
            await asyncio.gather(first_stream, stream)

    run(scene())


def test_memory_wire_keeps_order():
    """The bench itself: what is sent first is read first."""

    async def scene() -> None:
        wire = MemoryWire()
        wire.send(offset=1)
        wire.half_close()
        assert await wire.read() is not None
        assert await wire.read() is None

    run(scene())
