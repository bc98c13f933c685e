"""Floods of every kind: health stays quick, ingest goes on, memory stays under the formula of
docs/operations.md. `pytest -s` shows the figures."""

from __future__ import annotations

import contextlib
import itertools
import socket
import statistics
import subprocess
import sys
import threading
import time
import urllib.request
from typing import TYPE_CHECKING, Self

import grpc
import psutil
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from tests.support.servers.api import TIMEOUT_S, Api, Producer, record
from tests.support.servers.server import ServerProcess
from tests.support.timing.patience import until
from tonne.config import IngestConfig, ServerConfig
from tonne.v1 import ingest_pb2

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.alone

MIB = 1 << 20
STALLED_COUNT = 50
IDLE_COUNT = 1_000
IDLE_BYTES_MAX = 128 << 10
"""What an idle stream may cost; a fifth of it was measured."""
CONNECTIONS_COUNT = 200
RECORDS_PER_MESSAGE = 4_000
COMMIT_FACTOR = 12
"""Memory of a commit for each byte of its batches, as docs/operations.md states it."""
CHECK_BYTES = 64 * MIB
READ_BYTES_MAX = 128 * MIB
"""Beside it: the check for records of one id reads segments within what calls may hold."""
HEALTH_S_MAX = 0.1
SAMPLES_MIN = 150
ACKS_MIN = 20
APPEND = "/tonne.v1.IngestService/Append"

SETTINGS = {
    "TONNE_INGEST_IN_FLIGHT_BYTES_MAX": str(64 * MIB),
    "TONNE_INGEST_STREAM_WINDOW_BYTES": str(8 * MIB),
    "TONNE_INGEST_STREAMS_MAX": str(2 * IDLE_COUNT),
    "TONNE_LEDGER_READ_BYTES_MAX": str(READ_BYTES_MAX),
}


class Watch:
    """Asks both health checks again and again, appends all the while, looks at the memory."""

    def __init__(self, server: ServerProcess, api: Api, book: str) -> None:
        self._server = server
        self._api = api
        self._channel = f"{book}/channels/steady"
        self._resident = psutil.Process(server.pid).memory_info
        self._ended = threading.Event()
        self.http_s: list[float] = []
        self.grpc_s: list[float] = []
        self.ack_s: list[float] = []
        self.base_bytes = self.peak_bytes = self._resident().rss
        self._failures: list[BaseException] = []
        self._threads = [
            threading.Thread(target=self._guarded, args=(work,))
            for work in (self._ask_http, self._ask_grpc, self._append)
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join(TIMEOUT_S)
        if self._failures:
            raise self._failures[0]

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001  (the test's thread raises it)
            self._failures.append(error)

    def _ask_http(self) -> None:
        url = f"http://{self._server.admin}/readyz"
        while not self._ended.wait(0.005):
            start_s = time.perf_counter()
            with urllib.request.urlopen(url, timeout=TIMEOUT_S) as answer:
                assert answer.status == 200
            self.http_s.append(time.perf_counter() - start_s)
            self.peak_bytes = max(self.peak_bytes, self._resident().rss)

    def _ask_grpc(self) -> None:
        with grpc.insecure_channel(self._server.address) as channel:
            stub = health_pb2_grpc.HealthStub(channel)
            while not self._ended.wait(0.005):
                start_s = time.perf_counter()
                answer = stub.Check(health_pb2.HealthCheckRequest(), timeout=TIMEOUT_S)
                assert answer.status == health_pb2.HealthCheckResponse.SERVING
                self.grpc_s.append(time.perf_counter() - start_s)

    def _append(self) -> None:
        producer = Producer.opened(self._api, self._channel)
        for number in itertools.count():
            if self._ended.is_set():
                break
            start_s = time.perf_counter()
            producer.send_rows(number, record(number))
            producer.until_durable(number + 1)
            self.ack_s.append(time.perf_counter() - start_s)
        producer.finish()

    def enough(self) -> bool:
        """Whether there is enough to judge by."""
        assert not self._failures, self._failures
        few = min(len(self.http_s), len(self.grpc_s))
        return few >= SAMPLES_MIN and len(self.ack_s) >= ACKS_MIN

    def begin(self) -> None:
        """Forget what was seen before the flood."""
        for seen in (self.http_s, self.grpc_s, self.ack_s):
            seen.clear()

    def check(self, what: str, grown_bytes_max: int) -> None:
        """Hold what was seen against the limits."""
        figures = {
            "/readyz": self.http_s,
            "gRPC health": self.grpc_s,
            "acknowledgement": self.ack_s,
        }
        grown_bytes = self.peak_bytes - self.base_bytes
        texts = [
            f"{name} {statistics.median(seen) * 1000:.0f} ms "
            f"(99 %: {statistics.quantiles(seen, n=100)[98] * 1000:.0f}, of {len(seen)})"
            for name, seen in figures.items()
        ]
        text = f"{what}: {'; '.join(texts)}; {grown_bytes / MIB:.0f} MiB more"
        print(text)  # noqa: T201  (shown with -s)
        assert statistics.median(self.http_s) < HEALTH_S_MAX
        assert statistics.median(self.grpc_s) < HEALTH_S_MAX
        assert grown_bytes < grown_bytes_max


def bound_bytes(stream_count: int, message_bytes: int) -> int:
    """What so many streams may add to the server, by docs/operations.md."""
    streams = stream_count * (ServerConfig().lookahead_bytes + 2 * message_bytes)
    window = int(SETTINGS["TONNE_INGEST_STREAM_WINDOW_BYTES"])
    commit = COMMIT_FACTOR * (IngestConfig().commit_bytes_max + window)
    return int(SETTINGS["TONNE_INGEST_IN_FLIGHT_BYTES_MAX"]) + streams + commit


@pytest.fixture
def server(tmp_path) -> Iterator[ServerProcess]:
    with ServerProcess("--data", str(tmp_path / "ledger"), env=SETTINGS) as running:
        yield running


@pytest.fixture
def api(server) -> Iterator[Api]:
    opened = Api(server.address)
    yield opened
    opened.close()


@pytest.fixture
def book(api) -> str:
    return api.make_book("acme")


@pytest.fixture
def watch(server, api, book) -> Iterator[Watch]:
    with Watch(server, api, book) as running:
        until(lambda: len(running.ack_s) > 0, "the first record is durable")
        yield running


@contextlib.contextmanager
def connections(server: ServerProcess, count: int) -> Iterator[list[grpc.Channel]]:
    """Connections of their own."""
    options = [
        ("grpc.use_local_subchannel_pool", 1),
        ("grpc.max_send_message_length", -1),
    ]
    with contextlib.ExitStack() as stack:
        yield [
            stack.enter_context(grpc.insecure_channel(server.address, options))
            for _ in range(count)
        ]


def first_message(api: Api, name: str) -> bytes:
    """Open a channel; the message that begins a stream to it."""
    epoch = api.open(name).channel.epoch
    return ingest_pb2.AppendRequest(channel=name, epoch=epoch).SerializeToString()


def rows_body() -> bytes:
    """A message of some hundred KiB but for its offset."""
    rows = ingest_pb2.Rows(records=[record(n) for n in range(RECORDS_PER_MESSAGE)])
    return ingest_pb2.AppendRequest(rows=rows).SerializeToString()


def test_fifty_stalled_streams(server, api, book, watch):
    """Fifty producers send all they can, the same ids again and again, and never read."""
    body, ended = rows_body(), threading.Event()

    def endless(first: bytes) -> Iterator[bytes]:
        yield first
        for number in itertools.count():
            if ended.is_set():
                return
            head = ingest_pb2.AppendRequest(offset=number * RECORDS_PER_MESSAGE)
            yield head.SerializeToString() + body

    with connections(server, 1) as (channel,):
        append = channel.stream_stream(APPEND)
        calls = [
            append(endless(first_message(api, f"{book}/channels/stalled-{number}")))
            for number in range(STALLED_COUNT)
        ]
        watch.begin()
        until(watch.enough, "enough was seen")
        ended.set()
        for call in calls:
            call.cancel()
    bound = bound_bytes(STALLED_COUNT + 1, len(body)) + CHECK_BYTES + READ_BYTES_MAX
    watch.check("50 stalled streams", bound)


def test_a_thousand_idle_streams(server, api, book, watch):
    """A thousand producers are connected and have nothing to say."""
    ended = threading.Event()
    first = first_message(api, f"{book}/channels/idle")

    def silent() -> Iterator[bytes]:
        yield first
        ended.wait(4 * TIMEOUT_S)

    with connections(server, IDLE_COUNT // 50) as channels:
        calls = [
            channel.stream_stream(APPEND)(silent()) for channel in channels for _ in range(50)
        ]
        for call in calls:
            next(call)
        watch.begin()
        until(watch.enough, "enough was seen")
        ended.set()
        for call in calls:
            call.cancel()
    watch.check("1,000 idle streams", IDLE_COUNT * IDLE_BYTES_MAX)


@pytest.mark.parametrize("size_bytes", [5 * MIB, 9 * MIB], ids=["5 MiB", "9 MiB"])
def test_messages_over_the_limit(server, api, book, watch, size_bytes):
    """Over the limit of the service, and over that of gRPC, again and again, on many streams."""
    huge = ingest_pb2.AppendRequest(arrow_ipc=b"x" * size_bytes).SerializeToString()
    codes = set()
    with connections(server, 4) as channels:
        firsts = [first_message(api, f"{book}/channels/huge-{n}") for n in range(len(channels))]
        watch.begin()
        for round_number in itertools.count():
            calls = [
                channel.stream_stream(APPEND)(iter([first, huge]), timeout=TIMEOUT_S)
                for channel, first in zip(channels, firsts, strict=True)
            ]
            for call in calls:
                with contextlib.suppress(grpc.RpcError):
                    list(call)
                codes.add(call.code())
            if round_number >= 3 and watch.enough():
                break
    refused = (
        {grpc.StatusCode.OK} if size_bytes < 8 * MIB else {grpc.StatusCode.RESOURCE_EXHAUSTED}
    )
    assert codes == refused
    watch.check(f"messages of {size_bytes / MIB:.0f} MiB", bound_bytes(5, 8 * MIB))


def test_clients_that_never_finish_their_request(server, watch):
    """Two hundred connections to each port send half a request, and wait."""
    ports = [int(address.rpartition(":")[2]) for address in (server.address, server.admin)]
    with contextlib.ExitStack() as stack:
        for port in ports:
            for _ in range(CONNECTIONS_COUNT):
                half = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
                half.sendall(b"GET /readyz HTTP" if port == ports[1] else b"PRI * HTTP/2.0\r\n")
        watch.begin()
        until(watch.enough, "enough was seen")
    watch.check("400 half requests", bound_bytes(1, 0))


@pytest.mark.parametrize("kind", ["reset", "ping"])
def test_an_http2_flood(server, watch, kind):
    """One client resets its calls at once, or pings, as fast as it can."""
    port = server.address.rpartition(":")[2]
    command = [sys.executable, "-m", "tests.support.loads.h2_flood", port, kind]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as flood:
        assert flood.stdout is not None
        assert flood.stdin is not None
        flood.stdout.readline()
        watch.begin()
        start_s = time.monotonic()
        done = connection_count = 0
        while not watch.enough():
            done, connection_count = map(int, flood.stdout.readline().split())
        lasted_s = time.monotonic() - start_s
        flood.stdin.close()
        for _ in flood.stdout:
            pass
    watch.check(
        f"{kind} flood of {done / lasted_s:,.0f} a second on {connection_count} connections",
        bound_bytes(ServerConfig().streams_per_connection_max, 0),
    )
    assert done > 1_000
