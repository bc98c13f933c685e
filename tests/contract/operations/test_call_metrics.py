"""Every call is counted by method and gRPC code, and nothing else can come."""

from __future__ import annotations

import grpc
import pytest

from tests.support.protos import FILES
from tests.support.servers.api import Producer, record
from tonne.edge.messages.status import ANSWERS
from tonne.telemetry.labels import CODES, METHODS
from tonne.telemetry.metrics import CALL_DURATION
from tonne.v1 import ledger_pb2


def test_every_method_of_the_api_has_its_series():
    """A method without one would fail at its first call."""
    methods = [
        f"{service.full_name}/{method.name}"
        for page in FILES
        for service in page.DESCRIPTOR.services_by_name.values()
        for method in service.methods
    ]
    assert sorted(methods) == sorted(METHODS)


def test_every_code_of_an_error_has_its_series():
    """The table of answers needs no code that the metrics do not know."""
    assert {answer.code.name for answer in ANSWERS.values()} <= set(CODES)
    assert set(CODES) <= {code.name for code in grpc.StatusCode}


def test_calls_are_counted_by_their_end(running, book):
    """A success, a refusal and a stream each raise one series, and the time is counted."""
    with pytest.raises(grpc.RpcError):
        running.api.ledger.GetBook(ledger_pb2.GetBookRequest(name="books/none"))
    producer = Producer.opened(running.api, f"{book}/channels/meter")
    producer.send_rows(0, record())
    producer.finish()
    assert running.calls("Append", "OK") == 1
    assert running.calls("CreateBook", "OK") == 1
    assert running.calls("GetBook", "NOT_FOUND") == 1
    assert running.calls("GetBook", "OK") == 0
    assert running.value("tonne_call_errors_total", code="BOOK_UNKNOWN") == 1
    labels = {"rpc_system_name": "grpc", "rpc_response_status_code": "NOT_FOUND"}
    method = "tonne.v1.LedgerService/GetBook"
    assert running.value(f"{CALL_DURATION}_sum", rpc_method=method, **labels) > 0
