"""Every call is counted by method and gRPC code, and nothing else can come."""

from __future__ import annotations

import grpc
import pytest

from tests.support.api import Producer, record
from tonne.edge.messages.status import ANSWERS
from tonne.telemetry.labels import CODES, METHODS
from tonne.v1 import catalogue_pb2, imports_pb2, ingest_pb2, ledger_pb2, report_pb2


def test_every_method_of_the_api_has_its_series():
    """A method without one would fail at its first call."""
    pages = (ingest_pb2, imports_pb2, ledger_pb2, catalogue_pb2, report_pb2)
    methods = [
        method.name
        for page in pages
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
    assert running.value("tonne_calls_total", method="Append", code="OK") == 1
    assert running.value("tonne_calls_total", method="CreateBook", code="OK") == 1
    assert running.value("tonne_calls_total", method="GetBook", code="NOT_FOUND") == 1
    assert running.value("tonne_calls_total", method="GetBook", code="OK") == 0
    assert running.value("tonne_call_errors_total", code="BOOK_UNKNOWN") == 1
    assert running.value("tonne_call_seconds_total", method="GetBook") > 0
