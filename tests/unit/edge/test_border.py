"""Streams of answers and of requests, while the caller's token runs out."""

from __future__ import annotations

import asyncio
import contextlib

import grpc
import pytest

from tonne.config import CallsConfig
from tonne.edge.access.auth import Caller
from tonne.edge.access.gate import Gate, current
from tonne.edge.access.lanes import Lanes
from tonne.edge.access.roles import EVERYTHING
from tonne.edge.border import SEND_BYTES_MIN, Border
from tonne.telemetry import Telemetry
from tonne.v1 import report_pb2

EXPIRY_S, LEEWAY_S = 1_000.0, 30.0
LAST_S = EXPIRY_S + LEEWAY_S
LARGE = report_pb2.GetInventoryResponse(gwp_set="x" * SEND_BYTES_MIN)


class Authenticator:
    """Knows one caller, whose token ends."""

    is_on = False
    leeway_s = LEEWAY_S

    async def identify(self, *_: object) -> Caller:
        return Caller("token", "ann", "issuer", EVERYTHING, EXPIRY_S)


class Scene:
    """Two streams of `ReportService`, whose time the test sets."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.times: list[float] = []
        self.taken = 0

    def get_inventory(self, _: report_pb2.GetInventoryRequest):
        """Give an answer at each of the times."""
        for now_s in self.times:
            self.now_s = now_s
            yield LARGE

    async def begin_estimate(self, _):
        """Let the caller in."""
        current().authorize("acme")

    async def estimate(self, _, messages):
        """Take a message at each of the times, and answer nothing."""
        async for _ in messages:
            self.taken += 1
            self.now_s = self.times[self.taken - 1]
        yield []

    async def run(self, call):
        """Serve and call; what was received, and the status."""
        with contextlib.closing(Lanes(1, CallsConfig(), Telemetry())) as lanes:
            gate = Gate(Authenticator(), Telemetry(), lambda: self.now_s)
            border = Border(lanes, Telemetry(), gate, first_message_s_max=30.0)
            handlers = {
                "GetInventory": border.server_stream(
                    "GetInventory", report_pb2.GetInventoryRequest, self.get_inventory
                ),
                "Estimate": border.raw_stream("Estimate", self.begin_estimate, self.estimate),
            }
            server = grpc.aio.server()
            server.add_registered_method_handlers("tonne.v1.ReportService", handlers)
            port = server.add_insecure_port("127.0.0.1:0")
            await server.start()
            received = 0
            try:
                async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
                    stream = call(channel)
                    with contextlib.suppress(grpc.aio.AioRpcError):
                        async for _ in stream:
                            received += 1
                    return received, await stream.code()
            finally:
                await server.stop(0)


@pytest.mark.parametrize(
    ("times", "received", "code"),
    [
        ([0.0, EXPIRY_S, LAST_S], 3, grpc.StatusCode.OK),
        ([0.0, LAST_S + 1, LAST_S + 2], 1, grpc.StatusCode.UNAUTHENTICATED),
    ],
)
def test_answers_end_with_the_token(times, received, code):
    """What is made after the expiry and its leeway is not sent; what was sent stays."""
    scene = Scene()
    scene.times = times
    request = report_pb2.GetInventoryRequest(name="books/acme").SerializeToString()

    def call(channel):
        return channel.unary_stream("/tonne.v1.ReportService/GetInventory")(request)

    assert asyncio.run(scene.run(call)) == (received, code)


@pytest.mark.parametrize(
    ("times", "taken", "code"),
    [
        ([0.0, LAST_S, LAST_S], 3, grpc.StatusCode.OK),
        ([0.0, LAST_S + 1, LAST_S + 2], 2, grpc.StatusCode.UNAUTHENTICATED),
    ],
)
def test_requests_end_with_the_token(times, taken, code):
    """A stream of requests is read no further, even where it is answered at its end alone."""
    scene = Scene()
    scene.times = times

    def call(channel):
        return channel.stream_stream("/tonne.v1.ReportService/Estimate")(iter([b""] * 3))

    assert asyncio.run(scene.run(call)) == (0, code)
    assert scene.taken == taken
