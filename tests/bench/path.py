"""The whole path, durable, side by side with two other servers on the same messages.

Four servers take the same serialized AppendRequests from the same client, one after the other,
in several rounds of one run:

- `tonne`: `tonne serve` on SQLite and a directory; the time ends with the last durable
  acknowledgement.
- `discard`: a gRPC server that receives each message as bytes, throws it away and answers.
- `naive`: a straightforward service: protobuf messages, a Polars frame, one Parquet file a
  message, an answer.

Run by `make bench`; prints ratios, which mean more than the absolute figures on a shared machine.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from concurrent import futures
from pathlib import Path
from typing import TYPE_CHECKING

import grpc
import polars as pl
import psutil

from tests.support.servers.server import ServerProcess
from tonne.v1 import catalogue_pb2 as catalogue
from tonne.v1 import catalogue_pb2_grpc as catalogue_grpc
from tonne.v1 import ingest_pb2 as ingest
from tonne.v1 import ingest_pb2_grpc as ingest_grpc
from tonne.v1 import ledger_pb2 as ledger
from tonne.v1 import ledger_pb2_grpc as ledger_grpc

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

APPEND = "/tonne.v1.IngestService/Append"
BOOK = "books/bench"
START_S = 1_704_067_200  # 2024-01-01T00:00:00Z
QUARTER_S = 900
STATIONS = 2_000
EDITION = (
    "activity,region,unit,valid_from,valid_to,kg_co2e,kg_co2,kg_ch4,kg_n2o,account,source,table,"
    "note\nelectricity.grid,,kWh,2020-01-01,,0.5,,,,scope2.location,bench,1,\n"
)
LARGE = [
    ("grpc.max_receive_message_length", 16 << 20),
    ("grpc.max_send_message_length", 16 << 20),
]


def make_rows(first: int, count: int) -> ingest.Rows:
    """Quarter-hour readings of base stations, as an operator's collector sends them."""
    rows = ingest.Rows()
    for number in range(first, first + count):
        station, tick = number % STATIONS, number // STATIONS
        record = rows.records.add()
        record.record_id = f"bs-{station:05d}/{tick:06d}"
        record.facility = f"bs-{station:05d}"
        record.activity = "electricity.grid"
        record.quantity = f"{(number * 7919) % 5000 / 1000:.3f}"
        record.unit = "kWh"
        record.start.seconds = START_S + tick * QUARTER_S
        record.end.seconds = START_S + (tick + 1) * QUARTER_S
        record.region = "DE"
    return rows


def make_arrow(rows: ingest.Rows) -> bytes:
    """The same records as an Arrow IPC stream with dictionary columns."""
    frame = pl.DataFrame(
        {
            "record_id": [r.record_id for r in rows.records],
            "facility": [r.facility for r in rows.records],
            "activity": [r.activity for r in rows.records],
            "quantity": [r.quantity for r in rows.records],
            "unit": [r.unit for r in rows.records],
            "start": [r.start.seconds * 1_000_000 for r in rows.records],
            "end": [r.end.seconds * 1_000_000 for r in rows.records],
            "region": [r.region for r in rows.records],
        }
    ).with_columns(
        pl.col("facility", "activity", "unit", "region").cast(pl.Categorical),
        pl.col("quantity").cast(pl.Decimal(18, 6)),
        pl.col("start", "end").cast(pl.Datetime("us", "UTC")),
    )
    with tempfile.SpooledTemporaryFile() as file:
        frame.write_ipc_stream(file)
        file.seek(0)
        return file.read()


def make_messages(form: str, count: int, per_batch: int) -> list[ingest.AppendRequest]:
    """All batches of one stream, without channel and epoch."""
    messages = []
    for first in range(0, count, per_batch):
        rows = make_rows(first, min(per_batch, count - first))
        message = ingest.AppendRequest(offset=first)
        if form == "rows":
            message.rows.CopyFrom(rows)
        else:
            message.arrow_ipc = make_arrow(rows)
        messages.append(message)
    return messages


class Stream:
    """One Append stream that keeps a window of bytes unacknowledged."""

    def __init__(self, target: str, first: bytes, window_bytes: int) -> None:
        self._channel = grpc.insecure_channel(target, options=LARGE)
        self._call = self._channel.stream_stream(APPEND)
        self._window = window_bytes
        self._first = first
        self._cond = threading.Condition()
        self._in_flight = 0
        self.latencies_s: list[float] = []

    def run(self, messages: list[bytes], stops: list[int], pace_s: float = 0.0) -> float:
        """Send all messages; return the seconds until the last one is acknowledged."""
        sent: list[tuple[int, int, float]] = []
        begun = time.perf_counter()

        def feed() -> Iterator[bytes]:
            yield self._first
            for index, (message, stop) in enumerate(zip(messages, stops, strict=True)):
                delay = begun + index * pace_s - time.perf_counter()
                if pace_s and delay > 0:
                    time.sleep(delay)
                with self._cond:
                    self._cond.wait_for(lambda: self._in_flight < self._window)
                    self._in_flight += len(message)
                    sent.append((stop, len(message), time.perf_counter()))
                yield message

        answers = self._call(feed())
        acknowledged = 0
        for raw in answers:
            answer = ingest.AppendResponse.FromString(raw)
            if answer.HasField("error"):
                raise RuntimeError(answer.error)
            now = time.perf_counter()
            with self._cond:
                while acknowledged < len(sent) and sent[acknowledged][0] <= (
                    answer.durable_up_to_offset
                ):
                    _, size, at = sent[acknowledged]
                    self._in_flight -= size
                    self.latencies_s.append(now - at)
                    acknowledged += 1
                self._cond.notify_all()
            if acknowledged == len(messages):
                break
        spent = time.perf_counter() - begun
        answers.cancel()
        self._channel.close()
        return spent


def run_streams(
    targets: list[tuple[str, bytes]],
    messages: list[bytes],
    stops: list[int],
    window_bytes: int,
    pace_s: float = 0.0,
) -> tuple[float, list[float]]:
    """Run one stream per target at once; return (seconds, latencies in seconds)."""
    streams = [Stream(target, first, window_bytes) for target, first in targets]
    begun = time.perf_counter()
    with futures.ThreadPoolExecutor(len(streams)) as pool:
        list(pool.map(lambda stream: stream.run(messages, stops, pace_s), streams))
    spent = time.perf_counter() - begun
    return spent, [latency for stream in streams for latency in stream.latencies_s]


def open_tonne(target: str, count: int, round_number: int) -> list[tuple[str, bytes]]:
    """Open fresh channels; return what each stream says first."""
    firsts = []
    with grpc.insecure_channel(target) as channel:
        stub = ingest_grpc.IngestServiceStub(channel)
        for index in range(count):
            name = f"{BOOK}/channels/r{round_number}-{index}"
            epoch = stub.OpenChannel(ingest.OpenChannelRequest(name=name)).channel.epoch
            first = ingest.AppendRequest(channel=name, epoch=epoch)
            firsts.append((target, first.SerializeToString()))
    return firsts


def make_book(target: str) -> None:
    """A book with one edition."""
    with grpc.insecure_channel(target) as channel:
        books = ledger_grpc.LedgerServiceStub(channel)
        books.CreateBook(
            ledger.CreateBookRequest(book_id="bench", book=ledger.Book(time_zone="UTC"))
        )
        editions = catalogue_grpc.CatalogueServiceStub(channel)
        editions.ImportEdition(
            catalogue.ImportEditionRequest(parent=BOOK, edition_id="bench", csv=EDITION.encode())
        )


async def serve_other(kind: str, folder: Path, per_batch: int) -> None:
    """Serve the discarding or the naive service until killed."""
    count = 0

    def write(request: ingest.AppendRequest, number: int) -> int:
        frame = pl.DataFrame(
            [
                {
                    "record_id": r.record_id,
                    "facility": r.facility,
                    "activity": r.activity,
                    "quantity": r.quantity,
                    "unit": r.unit,
                    "start": r.start.ToDatetime(),
                    "end": r.end.ToDatetime(),
                    "region": r.region,
                }
                for r in request.rows.records
            ]
        ).with_columns(pl.col("quantity").cast(pl.Decimal(18, 6)))
        frame.group_by("facility", "activity", "unit", "region").agg(pl.col("quantity").sum())
        frame.write_parquet(folder / f"{number}.parquet")
        return request.offset + len(frame)

    async def discard(requests: AsyncIterator[bytes], _: object) -> AsyncIterator[object]:
        batches = -1  # the first message has no batch
        async for _ in requests:
            batches += 1
            yield ingest.AppendResponse(durable_up_to_offset=batches * per_batch)

    async def naive(
        requests: AsyncIterator[ingest.AppendRequest], _: object
    ) -> AsyncIterator[object]:
        nonlocal count
        loop = asyncio.get_running_loop()
        async for request in requests:
            if not request.rows.records:
                continue
            count += 1
            stop = await loop.run_in_executor(None, write, request, count)
            yield ingest.AppendResponse(durable_up_to_offset=stop)

    server = grpc.aio.server(options=LARGE)
    behaviour, deserializer = (
        (discard, None) if kind == "discard" else (naive, ingest.AppendRequest.FromString)
    )
    handler = grpc.stream_stream_rpc_method_handler(
        behaviour, deserializer, ingest.AppendResponse.SerializeToString
    )
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler("tonne.v1.IngestService", {"Append": handler}),)
    )
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(port, flush=True)  # noqa: T201  (the parent reads it)
    await server.wait_for_termination()


def start_other(kind: str, folder: Path, per_batch: int) -> tuple[subprocess.Popen[str], str]:
    """Start one of the other servers in a process of its own."""
    command = [sys.executable, "-m", "tests.bench.path", "--serve", kind]
    command += ["--folder", str(folder), "--per-batch", str(per_batch)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, f"127.0.0.1:{int(process.stdout.readline())}"


def compare(form: str, options: argparse.Namespace) -> dict[str, object]:
    """Run the rounds for one form of batch."""
    messages = make_messages(form, options.records, options.per_batch)
    stops = [min(m.offset + options.per_batch, options.records) for m in messages]
    raw = [message.SerializeToString() for message in messages]
    total = options.records * options.streams
    rates: dict[str, list[float]] = {"tonne": [], "discard": [], "naive": []}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        others = {
            kind: start_other(kind, folder, options.per_batch)
            for kind in (("discard", "naive") if form == "rows" else ("discard",))
        }
        with ServerProcess("--data", str(folder / "ledger")) as server:
            make_book(server.address)
            first = ingest.AppendRequest(channel="x", epoch=1).SerializeToString()
            try:
                for round_number in range(options.rounds):
                    targets = open_tonne(server.address, options.streams, round_number)
                    spent, _ = run_streams(targets, raw, stops, options.window)
                    rates["tonne"].append(total / spent)
                    for kind, (_, target) in others.items():
                        spent, _ = run_streams(
                            [(target, first)] * options.streams, raw, stops, options.window
                        )
                        rates[kind].append(total / spent)
                rate = statistics.median(rates["tonne"])
                pace_s = options.per_batch * options.streams / (rate / 2)
                targets = open_tonne(server.address, options.streams, options.rounds)
                _, latencies = run_streams(targets, raw, stops, options.window, pace_s)
                resident = psutil.Process(server.pid).memory_info().rss
            finally:
                for process, _ in others.values():
                    process.kill()
                    process.wait()
    latencies.sort()
    ratios = {
        kind: statistics.median(a / b for a, b in zip(rates["tonne"], rates[kind], strict=True))
        for kind in others
    }
    return {
        "form": form,
        "message_bytes": round(statistics.mean(map(len, raw))),
        "record_bytes": round(sum(map(len, raw)) / options.records, 1),
        "records_per_s": {k: round(statistics.median(v)) for k, v in rates.items() if v},
        "ratio_tonne_to": {kind: round(ratio, 3) for kind, ratio in ratios.items()},
        "ack_ms_at_half_load": {
            "p50": round(latencies[len(latencies) // 2] * 1e3, 1),
            "p99": round(latencies[int(len(latencies) * 0.99)] * 1e3, 1),
        },
        "server_resident_mib": round(resident / 2**20),
    }


def main() -> None:
    """Run the comparison and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=1_600_000, help="per stream and round")
    parser.add_argument("--per-batch", type=int, default=8_000)
    parser.add_argument("--streams", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--window", type=int, default=16 << 20, help="bytes in flight a stream; the server's limit"
    )
    parser.add_argument("--form", choices=["rows", "arrow", "both"], default="both")
    parser.add_argument("--serve", choices=["discard", "naive"], help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        asyncio.run(serve_other(options.serve, options.folder, options.per_batch))
        return
    forms: list[str] = ["rows", "arrow"] if options.form == "both" else [options.form]
    print(json.dumps([compare(form, options) for form in forms], indent=2))  # noqa: T201  (a program's answer)


if __name__ == "__main__":
    main()
