"""The formula of docs/operations.md, attacked: each call that takes records, with the worst
messages that the limits allow, as many at once as the limits allow."""

from __future__ import annotations

import os
import re
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import grpc
import pytest

from tests.support.checks.read_memory import PROCESS_MIB
from tests.support.loads import expanding
from tests.support.servers.api import Api
from tests.support.servers.server import ServerProcess
from tonne.v1 import ingest_pb2, ledger_pb2, report_pb2

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

pytestmark = pytest.mark.alone

MIB = 1 << 20
TIMEOUT_S = 120.0
CALLS = 24
"""Streams, or calls at once."""

MESSAGE_BYTES = MIB
TEXT_BYTES = 24 * MIB
POSTINGS = 65_536
RECORDS = 65_536
EACH_RECORDS = 12_288
COMMIT_BYTES = WINDOW_BYTES = 2 * MIB
IN_FLIGHT_BYTES = 128 * MIB
ESTIMATE_BYTES = 512 * MIB
CACHE_BYTES = MIB

SETTINGS = {
    "TONNE_INGEST_IN_FLIGHT_BYTES_MAX": IN_FLIGHT_BYTES,
    "TONNE_INGEST_STREAM_WINDOW_BYTES": WINDOW_BYTES,
    "TONNE_INGEST_COMMIT_BYTES_MAX": COMMIT_BYTES,
    "TONNE_INGEST_MESSAGE_BYTES_MAX": MESSAGE_BYTES,
    "TONNE_INGEST_BATCH_TEXT_BYTES_MAX": TEXT_BYTES,
    "TONNE_INGEST_BATCH_RECORDS_MAX": RECORDS,
    "TONNE_INGEST_COMMIT_POSTINGS_MAX": POSTINGS,
    "TONNE_INGEST_ESTIMATE_BYTES_MAX": ESTIMATE_BYTES,
    "TONNE_INGEST_ESTIMATE_POSTINGS_MAX": POSTINGS,
    "TONNE_INGEST_ESTIMATE_EACH_RECORDS_MAX": EACH_RECORDS,
    "TONNE_LEDGER_POSTINGS_CACHE_BYTES_MAX": CACHE_BYTES,
}

PROCESS_BYTES = PROCESS_MIB * MIB
KERNEL_BYTES = 96 * MIB
COMMIT_FACTOR, TEXT_FACTOR, POSTING_BYTES, REQUEST_FACTOR = 12, 3, 256, 128
LOOKAHEAD_BYTES = MIB

SMALL_BYTES = 32 * 1024
"""Smaller messages are sent several times, so that a commit could take many."""

BATCHES: dict[str, Callable[[], tuple[str, bytes]]] = {
    "a dictionary": lambda: ("arrow_ipc", expanding.dictionary(TEXT_BYTES)),
    "dictionaries that grow": lambda: ("arrow_ipc", expanding.dictionaries(TEXT_BYTES)),
    "views of the same bytes": lambda: ("arrow_ipc", expanding.views(TEXT_BYTES)),
    "rejected texts": lambda: ("arrow_ipc", expanding.rejected(TEXT_BYTES)),
    "ten years": lambda: ("arrow_ipc", expanding.wide(POSTINGS)),
    "many facilities": lambda: ("arrow_ipc", expanding.narrow(MESSAGE_BYTES)),
    "empty rows": lambda: ("rows", expanding.empty_rows(RECORDS)),
    "long rows": lambda: ("rows", expanding.long_rows(MESSAGE_BYTES)),
}


def chosen(names: Iterable[str], *few: str) -> list[str]:
    """Give the few that tell most, or all where `make soak` asks for every batch."""
    return list(names) if os.environ.get("TONNE_TEST_MEMORY") == "every" else list(few)


def formula_bytes(*, book_count: int = 0, estimate_bytes: int = 0) -> int:
    """What docs/operations.md allows, with this configuration, for what a test does."""
    commit = max(
        COMMIT_FACTOR * (COMMIT_BYTES + WINDOW_BYTES),
        COMMIT_FACTOR * MESSAGE_BYTES + TEXT_FACTOR * TEXT_BYTES,
    )
    return (
        PROCESS_BYTES
        + KERNEL_BYTES
        + IN_FLIGHT_BYTES
        + CALLS * (LOOKAHEAD_BYTES + 2 * MESSAGE_BYTES)
        + book_count * (commit + POSTING_BYTES * POSTINGS)
        + estimate_bytes
        + CACHE_BYTES
    )


def peak_bytes(process: ServerProcess) -> int:
    """The most memory that the process ever had: the kernel of the system counts it."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024


@pytest.fixture
def server(tmp_path) -> Iterator[ServerProcess]:
    """A server with small limits."""
    settings = {name: str(value) for name, value in SETTINGS.items()}
    with ServerProcess("--data", str(tmp_path / "ledger"), env=settings) as process:
        yield process


@pytest.fixture
def api(server) -> Iterator[Api]:
    """Stubs of the server."""
    made = Api(server.address)
    yield made
    made.close()


def request_bytes(kind: str, body: bytes, field: int) -> bytes:
    """A serialized request with the batch alone; `field` is that of its rows."""
    field += kind == "arrow_ipc"
    size, parts = len(body), []
    while size > 0x7F:
        parts.append(size & 0x7F | 0x80)
        size >>= 7
    return bytes([field << 3 | 2, *parts, size]) + body


def append(api: Api, name: str, body: bytes, count: int, times: int) -> int:
    """Send a batch some times on one stream; the last durable offset."""
    epoch = api.open(name).channel.epoch
    call = api.channel.stream_stream(
        "/tonne.v1.IngestService/Append",
        request_serializer=None,
        response_deserializer=ingest_pb2.AppendResponse.FromString,
    )

    def messages() -> Iterator[bytes]:
        yield ingest_pb2.AppendRequest(channel=name, epoch=epoch).SerializeToString()
        for index in range(times):
            yield ingest_pb2.AppendRequest(offset=index * count).SerializeToString() + body

    durable = 0
    for reply in call(messages(), timeout=TIMEOUT_S):
        assert not reply.HasField("error"), reply.error
        durable = max(durable, reply.durable_up_to_offset)
    return durable


def records_in(kind: str, body: bytes) -> int:
    """How many records a batch has."""
    if kind == "rows":
        return len(ingest_pb2.Rows.FromString(body).records)
    return sum(batch.num_rows for batch in expanding.pa.ipc.open_stream(body))


@pytest.mark.parametrize("name", chosen(BATCHES, "a dictionary", "ten years", "empty rows"))
def test_streams_stay_under_the_formula(server, api, name):
    """All of it becomes durable, on all streams, and memory stays where it may be."""
    kind, body = BATCHES[name]()
    assert len(body) <= MESSAGE_BYTES
    book, count = api.make_book("acme"), records_in(kind, body)
    message = request_bytes(kind, body, 4)
    times = 4 if len(body) < SMALL_BYTES else 1
    with ThreadPoolExecutor(CALLS) as pool:
        durable = list(
            pool.map(
                lambda number: append(api, f"{book}/channels/{number}", message, count, times),
                range(CALLS),
            )
        )
    assert durable == [times * count] * CALLS
    assert peak_bytes(server) < formula_bytes(book_count=1)
    print(f"{len(body):,} bytes, {count} records: {peak_bytes(server) / MIB:.0f} MiB")  # noqa: T201  # shown by -s


@pytest.mark.parametrize(
    "name", chosen(["a dictionary", "rejected texts", "ten years", "empty rows"], "ten years")
)
def test_posts_stay_under_the_formula(server, api, name):
    """As streams: a post is one batch."""
    kind, body = BATCHES[name]()
    book = api.make_book("acme")
    call = api.channel.unary_unary(
        "/tonne.v1.IngestService/PostRecords",
        request_serializer=None,
        response_deserializer=ingest_pb2.PostRecordsResponse.FromString,
    )

    def post(_: int) -> int:
        head = ingest_pb2.PostRecordsRequest(parent=book, request_id=str(uuid.uuid4()))
        message = head.SerializeToString() + request_bytes(kind, body, 3)
        return call(message, timeout=TIMEOUT_S).control_totals.record_count

    with ThreadPoolExecutor(CALLS) as pool:
        counts = list(pool.map(post, range(CALLS)))
    assert counts == [records_in(kind, body)] * CALLS
    assert peak_bytes(server) < formula_bytes(book_count=1)
    print(f"{peak_bytes(server) / MIB:.0f} MiB")  # noqa: T201  # shown by -s


@pytest.mark.parametrize("each_record", [False, True])
@pytest.mark.parametrize(
    "name", chosen(["a dictionary", "dictionaries that grow", "ten years"], "ten years")
)
def test_estimates_stay_under_the_formula(server, api, name, each_record):
    """Answered, or told to come back: none takes more than there is for all."""
    kind, body = BATCHES[name]()
    call = api.channel.stream_stream(
        "/tonne.v1.ReportService/Estimate",
        request_serializer=None,
        response_deserializer=report_pb2.EstimateResponse.FromString,
    )
    head = report_pb2.EstimateRequest(
        selection=report_pb2.GetInventoryRequest(name=api.make_book("acme")),
        each_record=each_record,
    ).SerializeToString()
    answered = threading.Semaphore(0)

    def estimate(_: int) -> str:
        batches = [request_bytes(kind, body, 2)] * 2
        try:
            for _answer in call(iter([head, *batches]), timeout=TIMEOUT_S):
                pass
        except grpc.RpcError as error:
            return error.code().name
        answered.release()
        return "OK"

    with ThreadPoolExecutor(CALLS) as pool:
        codes = set(pool.map(estimate, range(CALLS // 2)))
    assert codes <= {"OK", "RESOURCE_EXHAUSTED"}
    assert answered.acquire(blocking=False)
    assert peak_bytes(server) < formula_bytes(estimate_bytes=ESTIMATE_BYTES) - IN_FLIGHT_BYTES
    print(f"{peak_bytes(server) / MIB:.0f} MiB, {codes}")  # noqa: T201  # shown by -s


@pytest.mark.parametrize("method", ["ImportFacilities", "ImportEntities"])
def test_requests_of_empty_messages_stay_under_the_formula(server, api, method):
    """Two bytes stand for a message of 240: so much is parsed at once as there is memory for."""
    head = ledger_pb2.ImportFacilitiesRequest(parent=api.make_book("acme")).SerializeToString()
    body = head + b"\x12\x00" * ((MESSAGE_BYTES - len(head)) // 2)
    call = api.channel.unary_unary(f"/tonne.v1.LedgerService/{method}")
    codes = set()

    def ask(_: int) -> None:
        with pytest.raises(grpc.RpcError) as caught:
            call(body, timeout=TIMEOUT_S)
        codes.add(caught.value.code().name)

    with ThreadPoolExecutor(CALLS) as pool:
        list(pool.map(ask, range(CALLS // 8)))
    assert codes <= {"INVALID_ARGUMENT", "RESOURCE_EXHAUSTED"}
    assert peak_bytes(server) < formula_bytes(book_count=0) - IN_FLIGHT_BYTES + (
        REQUEST_FACTOR * MESSAGE_BYTES
    )
    print(f"{peak_bytes(server) / MIB:.0f} MiB, {codes}")  # noqa: T201  # shown by -s
