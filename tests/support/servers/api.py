"""A server inside the test's process, on port 0, and raw gRPC calls to it."""

from __future__ import annotations

import asyncio
import datetime as dt
import queue
import threading
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Self

import grpc
from google.rpc.error_details_pb2 import ErrorInfo, RetryInfo
from google.rpc.status_pb2 import Status as RpcStatus

from tonne.client.wire.filters import all_of
from tonne.config import data_directory, load
from tonne.server import Server
from tonne.telemetry.labels import METHODS
from tonne.telemetry.metrics import CALL_DURATION
from tonne.v1 import (
    bridges_pb2_grpc,
    catalogue_pb2,
    catalogue_pb2_grpc,
    changes_pb2_grpc,
    corrections_pb2_grpc,
    imports_pb2_grpc,
    indicators_pb2_grpc,
    ingest_pb2,
    ingest_pb2_grpc,
    ledger_pb2,
    ledger_pb2_grpc,
    overlaps_pb2_grpc,
    periods_pb2_grpc,
    report_pb2,
    report_pb2_grpc,
    statements_pb2_grpc,
)

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator
    from concurrent.futures import Future
    from pathlib import Path

TIMEOUT_S = 30.0
"""Longest wait for anything that is expected to come."""

START = dt.datetime(2024, 3, 1, tzinfo=dt.UTC)

EDITION = (
    "activity,region,unit,valid_from,valid_to,kg_co2e,kg_co2,kg_ch4,kg_n2o,account,source,table,"
    "note\n"
    "electricity.grid,DE,kWh,2020-01-01,,0.4,0.39,,,,test,1,\n"
    "fuel.diesel.stationary,,litre,2020-01-01,,2.5,,,,scope1.stationary,test,2,\n"
)


class RunningServer:
    """A `Server` on an event loop and a thread of its own, over a directory."""

    def __init__(self, directory: Path, **overrides: object) -> None:
        options: dict[str, object] = {
            **data_directory(directory),
            "server.listen": "127.0.0.1:0",
            "server.admin": "127.0.0.1:0",
            "server.drain_s": 0.0,
            "ingest.error_grace_s": 0.2,
            **{key.replace("__", "."): value for key, value in overrides.items()},
        }
        self.server = Server(load(None, options, environ={}))
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._stopped = False

    def call(self, work: Coroutine) -> object:
        """Run a coroutine on the server's event loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(TIMEOUT_S)

    def __enter__(self) -> Self:
        self.call(self.server.start())
        self.api = Api(self.server.address)
        return self

    def start_stop(self) -> Future[None]:
        """Begin to stop it the gentle way."""
        self._stopped = True
        return asyncio.run_coroutine_threadsafe(self.server.stop(), self._loop)

    def stop(self) -> None:
        """Stop it the gentle way."""
        if not self._stopped:
            self.start_stop().result(TIMEOUT_S)

    def __exit__(self, *exc: object) -> None:
        self.api.close()
        self.stop()
        self.abandon()

    def abandon(self) -> None:
        """End the event loop and its thread; of a server that did not start, all there is."""
        self.call(self._loop.shutdown_default_executor())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(TIMEOUT_S)
        self._loop.close()

    def value(self, name: str, **labels: str) -> float:
        """A sample of the server's metrics."""
        value = self.server.telemetry.value(name, **labels)
        assert value is not None, f"no series {name} {labels}"
        return value

    def calls(self, method: str, code: str) -> float:
        """How many calls of a method ended with a gRPC code."""
        (name,) = (each for each in METHODS if each.endswith(f"/{method}"))
        labels = {"rpc_system_name": "grpc", "rpc_method": name}
        found = self.server.telemetry.value(
            f"{CALL_DURATION}_count", **labels, rpc_response_status_code=code
        )
        return found or 0.0

    def get(self, path: str) -> tuple[int, str]:
        """GET of the admin port: status and body."""
        url = f"http://{self.server.admin_address}{path}"
        try:
            with urllib.request.urlopen(url, timeout=TIMEOUT_S) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()


class Api:
    """Stubs of all services on one connection."""

    def __init__(self, address: str, channel: grpc.Channel | None = None) -> None:
        self.channel = channel or grpc.insecure_channel(address)
        self.ingest = ingest_pb2_grpc.IngestServiceStub(self.channel)
        self.correction = corrections_pb2_grpc.CorrectionServiceStub(self.channel)
        self.imports = imports_pb2_grpc.ImportServiceStub(self.channel)
        self.ledger = ledger_pb2_grpc.LedgerServiceStub(self.channel)
        self.overlap = overlaps_pb2_grpc.OverlapServiceStub(self.channel)
        self.period = periods_pb2_grpc.PeriodServiceStub(self.channel)
        self.change = changes_pb2_grpc.ChangeServiceStub(self.channel)
        self.catalogue = catalogue_pb2_grpc.CatalogueServiceStub(self.channel)
        self.indicator = indicators_pb2_grpc.IndicatorServiceStub(self.channel)
        self.report = report_pb2_grpc.ReportServiceStub(self.channel)
        self.statement = statements_pb2_grpc.StatementServiceStub(self.channel)
        self.bridge = bridges_pb2_grpc.BridgeServiceStub(self.channel)

    def close(self) -> None:
        """Close the connection."""
        self.channel.close()

    def make_book(self, book: str, edition: str = EDITION) -> str:
        """Make a book with one edition and no shipped ones; gives its name."""
        self.ledger.CreateBook(
            ledger_pb2.CreateBookRequest(book_id=book, method=ledger_pb2.Method())
        )
        name = f"books/{book}"
        self.catalogue.ImportEdition(
            catalogue_pb2.ImportEditionRequest(parent=name, edition_id="own", csv=edition.encode())
        )
        return name

    def open(self, name: str) -> ingest_pb2.OpenChannelResponse:
        """Open a channel."""
        return self.ingest.OpenChannel(ingest_pb2.OpenChannelRequest(name=name))

    def committed(self, name: str) -> int:
        """Committed offset of a channel."""
        request = ingest_pb2.GetChannelRequest(name=name)
        return self.ingest.GetChannel(request).channel.committed_offset

    def records(
        self, book: str, *, facility: str = "", activity: str = "", channel: str = ""
    ) -> list[report_pb2.LedgerRecord]:
        """All durable records of a book, in the order of their commits."""
        found: list[report_pb2.LedgerRecord] = []
        token = ""
        chosen = all_of("", record__facility=facility, record__activity=activity, channel=channel)
        while True:
            page = self.report.ListRecords(
                report_pb2.ListRecordsRequest(
                    parent=book, page_size=1000, page_token=token, filter=chosen
                )
            )
            found.extend(page.records)
            token = page.next_page_token
            if not token:
                return found

    def quarantine(self, book: str) -> list[ledger_pb2.QuarantinedRecord]:
        """The first thousand records in quarantine."""
        request = ledger_pb2.ListQuarantineRequest(parent=book, page_size=1000)
        return list(self.ledger.ListQuarantine(request).records)


class Producer:
    """One Append stream, driven message by message."""

    def __init__(self, api: Api) -> None:
        self._outgoing: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._incoming: queue.SimpleQueue[ingest_pb2.AppendResponse | None] = queue.SimpleQueue()
        append = api.channel.stream_stream(
            "/tonne.v1.IngestService/Append",
            request_serializer=None,
            response_deserializer=ingest_pb2.AppendResponse.FromString,
        )
        self.call = append(iter(self._outgoing.get, None), timeout=2 * TIMEOUT_S)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        try:
            for response in self.call:
                self._incoming.put(response)
        except grpc.RpcError:
            pass
        self._incoming.put(None)

    @classmethod
    def opened(cls, api: Api, name: str) -> Self:
        """Open a channel and a stream to it, past its first reply."""
        opened = api.open(name)
        producer = cls(api)
        producer.send(channel=name, epoch=opened.channel.epoch)
        first = producer.receive()
        assert first.durable_up_to_offset == opened.channel.committed_offset
        assert first.credit_bytes > 0
        return producer

    def send(self, **fields: object) -> None:
        """Send a message."""
        self.send_bytes(ingest_pb2.AppendRequest(**fields).SerializeToString())

    def send_bytes(self, message: bytes) -> None:
        """Send a message as it is."""
        self._outgoing.put(message)

    def send_rows(self, offset: int, *records: ingest_pb2.ActivityRecord) -> None:
        """Send a batch of rows."""
        self.send(offset=offset, rows=ingest_pb2.Rows(records=records))

    def half_close(self) -> None:
        """Send nothing more."""
        self._outgoing.put(None)

    def receive(self) -> ingest_pb2.AppendResponse:
        """The next reply."""
        reply = self._incoming.get(timeout=TIMEOUT_S)
        assert reply is not None, f"the stream ended with {self.call.code()}"
        return reply

    def replies(self) -> Iterator[ingest_pb2.AppendResponse]:
        """All replies from now to the end of the stream."""
        return iter(lambda: self._incoming.get(timeout=TIMEOUT_S), None)

    def until_durable(self, offset: int) -> list[ingest_pb2.AppendResponse]:
        """Replies up to the one that makes `offset` durable."""
        replies = [self.receive()]
        while replies[-1].durable_up_to_offset < offset:
            replies.append(self.receive())
        return replies

    def until_error(self) -> ingest_pb2.AppendResponse:
        """The next reply with an error."""
        while not (reply := self.receive()).HasField("error"):
            pass
        return reply

    def finish(self) -> list[ingest_pb2.AppendResponse]:
        """Half-close, read to the end, and check that it is a good one."""
        self.half_close()
        replies = list(self.replies())
        assert self.call.code() is grpc.StatusCode.OK, self.call.details()
        return replies


def record(number: int = 0, **fields: object) -> ingest_pb2.ActivityRecord:
    """Make a good record; a field that is given as None is left out."""
    start = START + number * dt.timedelta(minutes=15)
    values = {
        "record_id": f"r{number}",
        "facility": "dc-1",
        "activity": "electricity.grid",
        "quantity": "1.5",
        "unit": "kWh",
        "start": start,
        "end": start + dt.timedelta(minutes=15),
        "region": "DE",
        **fields,
    }
    if "quantity_double" in fields:
        del values["quantity"]
    return ingest_pb2.ActivityRecord(
        **{name: value for name, value in values.items() if value is not None}
    )


def details_of(error: grpc.RpcError) -> tuple[ErrorInfo, RetryInfo | None]:
    """The one ErrorInfo of a failed call, and its RetryInfo."""
    trailers = dict(error.trailing_metadata())
    status = RpcStatus.FromString(trailers["grpc-status-details-bin"])
    assert status.code == error.code().value[0]
    infos, retries = [], []
    for detail in status.details:
        for kind, found in ((ErrorInfo, infos), (RetryInfo, retries)):
            if detail.Is(kind.DESCRIPTOR):
                unpacked = kind()
                detail.Unpack(unpacked)
                found.append(unpacked)
    assert len(infos) == 1
    assert len(retries) <= 1
    return infos[0], retries[0] if retries else None
