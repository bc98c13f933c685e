"""Streams that say nothing take no place, and places are shared between producers."""

from __future__ import annotations

import asyncio

from tests.unit.ingest.conftest import TIMEOUT_S, MemoryWire

ENDS = "tonne_stream_ends_total"


def run(work) -> None:
    """Run a scene within the time that anything may take."""

    async def bounded() -> None:
        async with asyncio.timeout(TIMEOUT_S):
            await work

    asyncio.run(bounded())


async def settled() -> None:
    """Let every task run until it waits."""
    for _ in range(20):
        await asyncio.sleep(0)


def silent(made, caller: str) -> tuple[MemoryWire, asyncio.Task]:
    """Begin a stream that says nothing."""
    wire = MemoryWire(caller)
    return wire, asyncio.create_task(made.ingest.append(wire))


def speaking(made, caller: str, channel: str = "acme/meter") -> tuple[MemoryWire, asyncio.Task]:
    """Begin a stream that says what it is."""
    wire, task = silent(made, caller)
    wire.send(channel=channel, epoch=1)
    return wire, task


async def end(*streams: tuple[MemoryWire, asyncio.Task]) -> None:
    """Let streams end by themselves."""
    for wire, _ in streams:
        wire.half_close()
    await asyncio.gather(*(task for _, task in streams))


def test_silent_streams_take_no_place(bench):
    """With as many silent streams as there are places, a producer has its place at once."""

    async def scene() -> None:
        async with bench(streams_max=2, silent_streams_max=4) as made:
            mute = [silent(made, "mallory") for _ in range(4)]
            await settled()
            assert made.value("tonne_silent_streams") == 4
            assert made.value("tonne_streams_active") == 0
            spoken = [speaking(made, "gateway", f"acme/{n}") for n in range(2)]
            for wire, _ in spoken:
                await wire.until_durable(0)
            assert made.value("tonne_streams_active") == 2
            await end(*spoken, *mute)
            assert made.value("tonne_silent_streams") == 0

    run(scene())


def test_who_has_most_silent_streams_loses_its_oldest(bench):
    """Where there is no room for another, not the newcomer goes but who takes the room."""

    async def scene() -> None:
        async with bench(silent_streams_max=3) as made:
            mute = [silent(made, "mallory") for _ in range(3)]
            await settled()
            alone = silent(made, "gateway")
            await settled()
            assert (await mute[0][1]).code == "STREAMS_EXHAUSTED"
            assert mute[0][0].errors == ["STREAMS_EXHAUSTED"]
            more = silent(made, "mallory")
            await settled()
            assert mute[1][1].done() is False
            another = silent(made, "gateway")
            await end(more)
            assert more[0].errors == ["STREAMS_EXHAUSTED"]  # nobody has more than it
            await end(*mute[1:], alone, another)
            assert made.value("tonne_throttles_total", reason="silent_streams") >= 1
            assert made.value("tonne_throttles_total", reason="caller_silent_streams") >= 1

    run(scene())


def test_the_first_message_comes_in_time_or_the_stream_ends(bench):
    """Silence is answered in-band and ends the stream; a stream that has spoken may pause."""

    async def scene() -> None:
        async with bench(first_message_s_max=0.05) as made:
            spoken = speaking(made, "gateway")
            await spoken[0].until_durable(0)
            mute = silent(made, "mallory")
            error = await mute[1]
            assert (error.code, error.metadata["limit"]) == (
                "STREAM_SILENT",
                "ingest.first_message_s_max",
            )
            assert mute[0].errors == ["STREAM_SILENT"]
            spoken[0].send_rows(0)
            await spoken[0].until_durable(1)
            await end(spoken)

    run(scene())


def test_a_first_message_that_is_refused_takes_no_place(bench):
    """A stream for a channel that is not there, or of others, leaves no trace."""

    async def scene() -> None:
        async with bench(streams_max=1) as made:
            refused = speaking(made, "mallory", "acme/unknown")
            await end(refused)
            assert refused[0].errors == ["CHANNEL_UNKNOWN"]
            assert made.value("tonne_streams_active") == 0
            assert made.value("tonne_silent_streams") == 0
            spoken = speaking(made, "gateway")
            await spoken[0].until_durable(0)
            await end(spoken)

    run(scene())


def test_a_silent_stream_waits_for_memory_and_is_woken(bench):
    """Its first message is memory, too: it is read when there is room."""

    async def scene() -> None:
        async with bench(in_flight_bytes_max=1_000) as made:
            made.ingest.intake.admission.hold(1_000)
            wire, task = speaking(made, "gateway")
            await settled()
            assert wire.reads == 0
            made.ingest.intake.admission.release(1_000)
            await wire.until_durable(0)
            await end((wire, task))

    run(scene())


def test_places_are_shared_between_producers(bench):
    """Where one producer has every place, another's stream displaces its oldest, in-band.

    Nothing of the displaced stream is lost, and a caller without fewer gets nothing.
    """

    async def scene() -> None:
        async with bench(streams_max=4) as made:
            many = [speaking(made, "greedy", f"acme/g{n}") for n in range(4)]
            for wire, _ in many:
                await wire.until_durable(0)
            alone = speaking(made, "modest", "acme/m")
            await alone[0].until_durable(0)
            asked = many[0][0]
            await asked.until(lambda replies: replies[-1].close_signal)
            assert asked.replies[-1].close_signal.reason == "displaced"
            asked.send_rows(0)  # it may still say what it has
            await asked.until_durable(1)
            assert made.value("tonne_streams_active") == 4
            more = speaking(made, "greedy", "acme/g9")
            await end(more)
            assert more[0].errors == ["STREAMS_EXHAUSTED"]
            second = speaking(made, "modest", "acme/m2")  # two and two: no more is taken
            third = speaking(made, "modest", "acme/m3")
            await second[0].until_durable(0)
            await end(third)
            assert third[0].errors == ["STREAMS_EXHAUSTED"]
            await end(*many, alone, second)
            assert made.value(ENDS, reason="displaced") == 2
            assert made.value("tonne_streams_active") == 0

    run(scene())
