"""Producers that never stop and producers that never read do not move the server's memory past
the bound of docs/operations.md."""

from __future__ import annotations

import contextlib
import itertools
import threading
import urllib.request
from typing import TYPE_CHECKING

import psutil
import pytest

from tests.support.servers.api import TIMEOUT_S, Api, record
from tests.support.servers.server import ServerProcess
from tonne.config import IngestConfig, ServerConfig
from tonne.v1 import ingest_pb2

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.alone

MIB = 1 << 20
STALLED_COUNT = 50
RECORDS_PER_MESSAGE = 4_000
COMMIT_FACTOR = 12
"""Memory of a commit for each byte of its batches, as docs/operations.md states it."""

SETTINGS = {
    "TONNE_INGEST_IN_FLIGHT_BYTES_MAX": str(64 * MIB),
    "TONNE_INGEST_STREAM_WINDOW_BYTES": str(8 * MIB),
}


class Flood:
    """Append streams that send as fast as they may, the same records again and again."""

    def __init__(self, api: Api, book: str) -> None:
        rows = ingest_pb2.Rows(records=[record(n) for n in range(RECORDS_PER_MESSAGE)])
        self._body = ingest_pb2.AppendRequest(rows=rows).SerializeToString()
        self._api = api
        self._book = book
        self._ended = threading.Event()
        self._append = api.channel.stream_stream(
            "/tonne.v1.IngestService/Append",
            request_serializer=None,
            response_deserializer=ingest_pb2.AppendResponse.FromString,
        )
        self._calls: list = []

    @property
    def message_bytes(self) -> int:
        """Size of a message."""
        return len(self._body)

    def start(self, channel: str) -> Iterator[ingest_pb2.AppendResponse]:
        """Begin a stream; it is read only as far as its replies are taken."""
        name = f"{self._book}/channels/{channel}"
        epoch = self._api.open(name).channel.epoch
        call = self._append(self._messages(name, epoch))
        self._calls.append(call)
        return call

    def _messages(self, name: str, epoch: int) -> Iterator[bytes]:
        yield ingest_pb2.AppendRequest(channel=name, epoch=epoch).SerializeToString()
        for number in itertools.count():
            if self._ended.is_set():
                return
            head = ingest_pb2.AppendRequest(offset=number * RECORDS_PER_MESSAGE)
            yield head.SerializeToString() + self._body

    def end(self) -> None:
        """Give up all streams."""
        self._ended.set()
        for call in self._calls:
            call.cancel()


def bound_bytes(message_bytes: int) -> int:
    """What the streams of the test may add to the server, by docs/operations.md."""
    streams = (STALLED_COUNT + 2) * (ServerConfig().lookahead_bytes + 2 * message_bytes)
    window = int(SETTINGS["TONNE_INGEST_STREAM_WINDOW_BYTES"])
    commit = COMMIT_FACTOR * (IngestConfig().commit_bytes_max + window)
    return int(SETTINGS["TONNE_INGEST_IN_FLIGHT_BYTES_MAX"]) + streams + commit


def metric(server: ServerProcess, series: str) -> float:
    """A series of the server's metrics."""
    with urllib.request.urlopen(f"http://{server.admin}/metrics", timeout=TIMEOUT_S) as answer:
        for line in answer.read().decode().splitlines():
            if line.startswith(f"{series} "):
                return float(line.rpartition(" ")[2])
    message = f"no series {series}"
    raise AssertionError(message)


@pytest.fixture
def serve(tmp_path) -> Iterator[Callable[[str], ServerProcess]]:
    """Start a server with fault points armed; it is killed after the test."""
    with contextlib.ExitStack() as stack:

        def start(armed: str) -> ServerProcess:
            environment = {**SETTINGS, "TONNE_FAULTS": armed}
            process = ServerProcess("--data", str(tmp_path / "ledger"), env=environment)
            return stack.enter_context(process)

        yield start


def test_endless_producers_and_those_that_never_read_are_bounded(serve):
    """Fifty-one streams that are never read and one that never stops: the ledger goes on."""
    server = serve("")
    resident = psutil.Process(server.pid).memory_info
    api = Api(server.address)
    flood = Flood(api, api.make_book("acme"))
    base_bytes = resident().rss
    for number in range(STALLED_COUNT + 1):
        flood.start(f"stalled-{number}")
    bound = bound_bytes(flood.message_bytes)
    peak_bytes = received_bytes = durable = 0
    for count, reply in enumerate(flood.start("endless")):
        peak_bytes = max(peak_bytes, resident().rss)
        durable = max(durable, reply.durable_up_to_offset)
        if count % 8 == 0:
            received_bytes = metric(server, "tonne_received_bytes_total")
        if received_bytes > 2 * bound and durable > 4 * RECORDS_PER_MESSAGE:
            break
    flood.end()
    api.close()
    server.kill()
    grown_bytes = peak_bytes - base_bytes
    print(f"grown by {grown_bytes / MIB:.0f} MiB of {received_bytes / MIB:.0f} received")  # noqa: T201  # shown by -s
    assert durable > 4 * RECORDS_PER_MESSAGE
    assert grown_bytes < bound


def test_a_store_that_hangs_fills_no_memory(serve):
    """With no commit coming back, all streams are held at the limit of the process."""
    server = serve("journal.after_post=hang")
    resident = psutil.Process(server.pid).memory_info
    api = Api(server.address)
    flood = Flood(api, api.make_book("acme"))
    base_bytes = resident().rss
    for number in range(STALLED_COUNT + 2):
        flood.start(f"stalled-{number}")
    by_process = 'tonne_reads_held_total{reason="process_memory"}'
    by_window = 'tonne_reads_held_total{reason="stream_window"}'
    peak_bytes = in_flight_bytes = held_count = still_count = 0
    received_bytes = 0.0
    # A stream is counted each time it is held, so counts alone do not say that all are: nothing
    # came any more while 50 answers were read.
    while held_count < STALLED_COUNT + 2 or in_flight_bytes <= 60 * MIB or still_count < 50:
        peak_bytes = max(peak_bytes, resident().rss)
        in_flight_bytes = max(in_flight_bytes, metric(server, "tonne_in_flight_bytes"))
        held_count = metric(server, by_process) + metric(server, by_window)
        before_bytes, received_bytes = received_bytes, metric(server, "tonne_received_bytes_total")
        still_count = still_count + 1 if received_bytes == before_bytes else 0
    # The limit, but for what the next batch asks for before it is decoded.
    assert in_flight_bytes <= 64 * MIB + 52 * MIB
    flood.end()
    api.close()
    server.kill()
    grown_bytes = peak_bytes - base_bytes
    print(f"grown by {grown_bytes / MIB:.0f} MiB")  # noqa: T201  # shown by -s
    assert grown_bytes < bound_bytes(flood.message_bytes)
