"""Calls in threads of their kind: what ends them, and what they hold while nobody reads."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import threading
import weakref
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import grpc
import polars as pl
import pytest

from tonne.config import CallsConfig
from tonne.edge.access.auth import ANYBODY, Caller
from tonne.edge.access.gate import Gate, current
from tonne.edge.access.lanes import LANE_OF, REPORT, Lanes
from tonne.edge.access.roles import RULES
from tonne.edge.border import Border, WholeAnswer
from tonne.errors import SelectionMustFit
from tonne.telemetry import Telemetry
from tonne.telemetry.labels import LANES
from tonne.v1 import ingest_pb2, report_pb2
from tonne.work import NobodyWaits, check_wanted, is_reading

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

TIMEOUT_S = 30.0
MIB = 1 << 20
REQUEST = report_pb2.GetInventoryRequest(name="books/acme").SerializeToString()
CHUNK = report_pb2.GetInventoryResponse(gwp_set="x" * MIB)


class Authenticator:
    """Knows no caller from another, or whoever the metadata names."""

    is_on = False
    leeway_s = 0.0

    async def identify(self, headers: list[str], _: object) -> Caller:
        if not headers:
            return ANYBODY
        return Caller("token", headers[0], "issuer", ANYBODY.grants)


class Served:
    """A server with one report and one call of producers, whose work the test does."""

    def __init__(self, config: CallsConfig) -> None:
        self.telemetry = Telemetry()
        self.lanes = Lanes(2, config, self.telemetry)
        self.begun: list[str] = []
        self.ended: list[str] = []
        self.may_go = threading.Event()
        self.made_count = 0
        self.is_told = False
        self.answer = self.lazily

    def get_inventory(self, request: report_pb2.GetInventoryRequest):
        """Answer as the test says."""
        return self.answer(request)

    def until_told(self, request: report_pb2.GetInventoryRequest):
        """Work step by step until the test lets it end, or nobody waits."""
        self.begun.append(request.gwp_set)
        try:
            while not self.may_go.wait(0.001):
                check_wanted()
            return []
        finally:
            self.ended.append(request.gwp_set)

    def stubbornly(self, request: report_pb2.GetInventoryRequest):
        """Work until the test lets it end, whoever waits."""
        self.begun.append(request.gwp_set)
        while not self.may_go.wait(0.001):
            try:
                check_wanted()
            except NobodyWaits:
                self.is_told = True
        return []

    def lazily(self, _: report_pb2.GetInventoryRequest):
        """Make an answer without end, as it is taken."""
        try:
            while True:
                self.made_count += 1
                yield CHUNK
        finally:
            self.ended.append("answer")

    def at_once(self, _: report_pb2.GetInventoryRequest):
        """Make an answer of 32 MiB."""
        return WholeAnswer([CHUNK] * 32)

    def open_channel(self, _: ingest_pb2.OpenChannelRequest):
        """Say whether it runs as a reader's call."""
        assert not is_reading()
        return ingest_pb2.OpenChannelResponse()

    async def begin_estimate(self, messages: AsyncIterator[bytes]) -> bytes:
        """Read the first message."""
        first = await anext(messages)
        current().authorize("")
        return first

    async def estimate(self, _: bytes, messages: AsyncIterator[bytes]):
        """Read all."""
        async for _ in messages:
            pass
        yield []


class Client:
    """Raw calls."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self.channel = channel

    def report(
        self, name: str = "", caller: str = "ann", over_s: float = TIMEOUT_S
    ) -> grpc.aio.UnaryStreamCall:
        request = report_pb2.GetInventoryRequest(name="books/acme", gwp_set=name)
        call = self.channel.unary_stream("/tonne.v1.ReportService/GetInventory")
        metadata = [("authorization", caller)]
        return call(request.SerializeToString(), metadata=metadata, timeout=over_s)

    async def open(self) -> bytes:
        call = self.channel.unary_unary("/tonne.v1.IngestService/OpenChannel")
        request = ingest_pb2.OpenChannelRequest(name="books/other/channels/a")
        return await call(request.SerializeToString(), timeout=TIMEOUT_S)


@contextlib.asynccontextmanager
async def serving(**settings: object) -> AsyncIterator[tuple[Served, Client]]:
    """Serve, and see that nothing is left in the end."""
    first_message_s_max = settings.pop("first_message_s_max", 30.0)
    served = Served(replace(CallsConfig(), **settings))
    border = Border(
        served.lanes,
        served.telemetry,
        Gate(Authenticator(), served.telemetry),
        first_message_s_max=first_message_s_max,
    )
    server = grpc.aio.server()
    server.add_registered_method_handlers(
        "tonne.v1.ReportService",
        {
            "GetInventory": border.server_stream(
                "GetInventory", report_pb2.GetInventoryRequest, served.get_inventory
            ),
            "Estimate": border.raw_stream("Estimate", served.begin_estimate, served.estimate),
        },
    )
    server.add_registered_method_handlers(
        "tonne.v1.IngestService",
        {
            "OpenChannel": border.unary(
                "OpenChannel", ingest_pb2.OpenChannelRequest, served.open_channel
            )
        },
    )
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        async with (
            asyncio.timeout(2 * TIMEOUT_S),
            grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel,
        ):
            yield served, Client(channel)
            served.may_go.set()
        lane = served.lanes.of("GetInventory")
        await until(lambda: lane.held_bytes == 0)
        await until(lambda: lane.waiting_count == 0)
    finally:
        served.may_go.set()
        await server.stop(None)
        served.lanes.close()


async def until(holds) -> None:
    """Let others run until something holds."""
    async with asyncio.timeout(TIMEOUT_S):
        while not holds():  # noqa: ASYNC110  # turns for the others
            await asyncio.sleep(0.001)


def test_each_call_has_a_lane():
    """And each lane its series."""
    assert set(LANE_OF) == set(RULES)
    assert set(LANE_OF.values()) == set(LANES)


def test_reports_do_not_hold_up_producers():
    """With every thread for reports at work and a queue behind, OpenChannel is answered."""

    async def scene() -> None:
        async with serving() as (served, client):
            served.answer = served.until_told
            calls = [client.report(f"{n}", f"caller-{n % 4}") for n in range(24)]
            await until(lambda: len(served.begun) == 2)
            await client.open()
            assert served.telemetry.value("tonne_calls_waiting", lane=REPORT) > 0
            served.may_go.set()
            for call in calls:
                assert await call.code() is grpc.StatusCode.OK

    asyncio.run(scene())


@pytest.mark.parametrize("how", ["cancel", "deadline"])
def test_a_call_that_is_over_ends_its_work(how):
    """Its thread is free at the next step, and a queued call of the same kind never begins."""

    async def scene() -> None:
        async with serving() as (served, client):
            served.answer = served.until_told
            lane = served.lanes.of("GetInventory")
            over_s = (TIMEOUT_S, TIMEOUT_S) if how == "cancel" else (1.0, 0.2)
            running = client.report("running", over_s=over_s[0])
            await until(lambda: served.begun == ["running"])
            queued = client.report("queued", over_s=over_s[1])
            await until(lambda: lane.waiting_count == 1)
            if how == "cancel":
                queued.cancel()
            await until(lambda: lane.waiting_count == 0)
            if how == "cancel":
                running.cancel()
            await until(lambda: served.ended == ["running"])
            served.may_go.set()
            assert await client.report("after").code() is grpc.StatusCode.OK
            assert served.begun == ["running", "after"]

    asyncio.run(scene())


def test_an_answer_that_is_not_read_is_not_made():
    """A few chunks are made, no thread waits, and the answer ends when its reader goes."""

    async def scene() -> None:
        async with serving(report_threads=1) as (served, client):
            stalled = client.report()
            await until(lambda: served.made_count > 0)
            read = client.report(caller="bea")
            # The network holds some of both; of the one that is not read no more is made.
            for count in range(1, 101):
                await read.read()
                assert served.made_count - count < 32
            read.cancel()
            stalled.cancel()
            await until(lambda: served.ended == ["answer", "answer"])

    asyncio.run(scene())


def test_a_reader_that_stalls_is_ended_with_a_reason():
    """The held answer is dropped, and the status says which limit it met."""

    async def scene() -> None:
        async with serving(answer_stall_s_max=0.2) as (served, client):
            served.answer = served.at_once
            call = client.report()
            lane = served.lanes.of("GetInventory")
            await until(lambda: lane.held_bytes > 0)
            await until(lambda: lane.held_bytes == 0)
            ended = served.telemetry.value("tonne_call_limits_total", limit="answer_stall")
            assert ended == 1
            async for _ in call:
                pass

    async def checked() -> None:
        with pytest.raises(grpc.aio.AioRpcError) as ended:
            await scene()
        assert ended.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        assert "calls.answer_stall_s_max" in ended.value.details()

    asyncio.run(checked())


def test_answers_that_are_not_read_keep_new_ones_from_beginning():
    """Over a caller's share its next report waits, another caller's does not; then over all."""

    async def scene() -> None:
        async with serving(answer_bytes_max=60 * MIB) as (served, client):
            served.answer = served.at_once
            lane = served.lanes.of("GetInventory")
            calls = [client.report(caller="ann")]
            await until(lambda: lane.held_bytes > 15 * MIB)
            held_bytes = lane.held_bytes
            calls.append(client.report(caller="ann"))
            await until(lambda: lane.waiting_count == 1)
            calls.append(client.report(caller="bea"))
            await until(lambda: lane.held_bytes > held_bytes)
            assert lane.waiting_count == 1
            calls += [client.report(caller=f"caller-{n}") for n in range(5)]
            await until(lambda: lane.waiting_count >= 4)
            assert lane.held_bytes <= (60 + 2 * 32) * MIB

            async def read(call: grpc.aio.UnaryStreamCall) -> int:
                return len([part async for part in call])

            assert await asyncio.gather(*map(read, calls)) == [32] * 8

    asyncio.run(scene())


def test_a_report_that_takes_too_long_is_ended():
    """Its work ends at the next step; the status names the setting, with a delay."""

    async def scene() -> None:
        async with serving(report_s_max=0.2) as (served, client):
            served.answer = served.until_told
            call = client.report("slow")
            assert await call.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
            assert "calls.report_s_max" in await call.details()
            assert served.ended == ["slow"]

    asyncio.run(scene())


@pytest.mark.parametrize("how", ["refused", "failed", "cancelled"])
def test_what_a_call_worked_on_is_gone_when_it_ends(how, caplog):
    """At once, not when the collector of cycles comes by: it cannot know how much that is."""
    caplog.set_level(logging.CRITICAL, "tonne.edge.border")  # what is caught keeps its frames
    worked_on: list[weakref.ref] = []

    def work(served: Served, request: report_pb2.GetInventoryRequest) -> None:
        frame = pl.DataFrame({"number": [1]})
        worked_on.append(weakref.ref(frame))
        if how == "cancelled":
            served.until_told(request)
        raise SelectionMustFit("too much") if how == "refused" else ValueError(frame.height)

    async def scene() -> None:
        async with serving() as (served, client):
            served.answer = partial(work, served)
            call = client.report()
            await until(lambda: worked_on)
            if how == "cancelled":
                call.cancel()
            assert await call.code() is not grpc.StatusCode.OK
            await until(lambda: worked_on[0]() is None)

    gc.disable()
    try:
        asyncio.run(scene())
    finally:
        gc.enable()


def test_a_thread_is_taken_until_its_work_ends():
    """Its call is over twice, by its time and by its caller; the next call waits all the same."""

    async def scene() -> None:
        async with serving(report_s_max=0.2, report_threads=1) as (served, client):
            served.answer = served.stubbornly
            lane = served.lanes.of("GetInventory")
            call = client.report("stubborn")
            await until(lambda: served.begun == ["stubborn"])
            await until(lambda: served.is_told)  # its time is over; its work goes on
            call.cancel()
            await client.open()  # which comes after that
            behind = client.report("behind", caller="bea")
            await until(lambda: lane.waiting_count == 1)
            served.may_go.set()
            assert await behind.code() is grpc.StatusCode.OK
            assert served.begun == ["stubborn", "behind"]

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("sent", "limits"),
    [
        (0, {"first_message_s_max": 0.1}),
        (1, {"request_stall_s_max": 0.1}),
    ],
)
def test_a_stream_of_requests_that_falls_silent_is_ended(sent, limits):
    """Before its first message it holds no place; after it, no longer than its pause may be."""

    async def scene() -> None:
        async with serving(**limits) as (_, client):
            call = client.channel.stream_stream("/tonne.v1.ReportService/Estimate")()
            for _ in range(sent):
                await call.write(b"")
            assert await call.code() is grpc.StatusCode.DEADLINE_EXCEEDED
            assert next(iter(limits)) in await call.details()

    asyncio.run(scene())


def test_a_request_that_reads_is_of_a_size():
    """A larger one is refused before it is parsed."""

    async def scene() -> None:
        async with serving(request_bytes_max=1_024) as (served, client):
            served.answer = served.at_once
            call = client.report("x" * 2_000)
            assert await call.code() is grpc.StatusCode.INVALID_ARGUMENT
            assert "calls.request_bytes_max" in await call.details()
            assert served.begun == []

    asyncio.run(scene())
