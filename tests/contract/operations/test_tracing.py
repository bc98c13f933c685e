"""Traces: a span for each call at a real collector, below that of the caller; off by default."""

from __future__ import annotations

import io
import json
import logging
import queue
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from tests.support.servers.api import Producer, RunningServer, record
from tonne.errors import ConfigInvalid
from tonne.telemetry.logs import JsonFormatter
from tonne.v1 import ledger_pb2

CALLER = ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")


class Collector(trace_service_pb2_grpc.TraceServiceServicer):
    """Keeps what is exported to it."""

    def __init__(self) -> None:
        self.spans: queue.SimpleQueue[Span] = queue.SimpleQueue()
        self.services: set[str] = set()

    def Export(self, request, _):  # noqa: N802  # gRPC's name
        for resource in request.resource_spans:
            self.services |= {
                one.value.string_value
                for one in resource.resource.attributes
                if one.key == "service.name"
            }
            for scope in resource.scope_spans:
                for span in scope.spans:
                    self.spans.put(span)
        return trace_service_pb2.ExportTraceServiceResponse()

    def drained(self) -> dict[str, Span]:
        """Spans by name; of several with one name, the last."""
        found = {}
        while not self.spans.empty():
            span = self.spans.get()
            found[span.name.rpartition("/")[2]] = span
        return found


@pytest.fixture
def collector():
    found = Collector()
    server = grpc.server(ThreadPoolExecutor(2))
    trace_service_pb2_grpc.add_TraceServiceServicer_to_server(found, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    found.endpoint = f"http://127.0.0.1:{port}"
    yield found
    server.stop(None).wait()


@pytest.fixture
def log():
    """What is logged as JSON while the server runs."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.addHandler(handler)
    yield stream
    root.removeHandler(handler)


def attributes(span: Span) -> dict[str, object]:
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in span.attributes}


def test_each_call_is_a_span(tmp_path, collector, log, monkeypatch):
    """Unary calls, lists and streams: name, code, parent; a defect's log line has the ids."""
    with RunningServer(tmp_path, server__traces_endpoint=collector.endpoint) as running:
        book = running.api.make_book("acme")
        request = ledger_pb2.GetBookRequest(name=book)
        running.api.ledger.GetBook(request, metadata=(CALLER,))
        producer = Producer.opened(running.api, f"{book}/channels/meter")
        producer.send_rows(0, record())
        producer.finish()
        with pytest.raises(grpc.RpcError):
            running.api.ledger.ListPeriods(ledger_pb2.ListPeriodsRequest(parent="books/none"))

        def fail(*_: object, **__: object) -> None:
            raise ValueError("unforeseen")

        monkeypatch.setattr(running.server._ledger.books, "list_books", fail)
        with pytest.raises(grpc.RpcError):
            running.api.ledger.ListBooks(ledger_pb2.ListBooksRequest())
    spans = collector.drained()
    assert collector.services == {"tonne"}
    assert {"CreateBook", "GetBook", "OpenChannel", "Append", "ListPeriods"} <= spans.keys()
    assert "Check" not in spans
    found = spans["GetBook"]
    assert found.name == "tonne.v1.LedgerService/GetBook"
    assert found.kind == Span.SPAN_KIND_SERVER
    assert (found.trace_id.hex(), found.parent_span_id.hex()) == tuple(CALLER[1].split("-")[1:3])
    assert attributes(found) == {
        "rpc.system.name": "grpc",
        "rpc.method": "tonne.v1.LedgerService/GetBook",
        "rpc.response.status_code": "OK",
    }
    codes = {name: attributes(span)["rpc.response.status_code"] for name, span in spans.items()}
    assert codes["Append"] == "OK"
    assert codes["ListPeriods"] == "NOT_FOUND"
    assert attributes(spans["ListPeriods"])["error.type"] == "NOT_FOUND"
    assert spans["ListPeriods"].status.code == Status.STATUS_CODE_UNSET
    assert codes["ListBooks"] == "INTERNAL"
    assert spans["ListBooks"].status.code == Status.STATUS_CODE_ERROR
    logged = [json.loads(line) for line in log.getvalue().splitlines()]
    (incident,) = [line for line in logged if "incident" in line]
    assert incident["trace_id"] == spans["ListBooks"].trace_id.hex()
    assert incident["span_id"] == spans["ListBooks"].span_id.hex()


def test_without_a_collector_nothing_of_it_is_imported():
    """A server without the setting does not load OpenTelemetry."""
    code = "import sys, tonne.server; print([m for m in sys.modules if 'opentelemetry' in m])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"


def test_a_missing_extra_is_named(tmp_path, monkeypatch):
    """The start fails with what to install."""
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    running = RunningServer(tmp_path, server__traces_endpoint="http://127.0.0.1:4317")
    with pytest.raises(ConfigInvalid, match=r"pip install 'tonne\[otel\]'"):
        running.call(running.server.start())
    running.abandon()
