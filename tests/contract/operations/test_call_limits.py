"""Calls over a limit: which one is told by name, with a delay, and others go on."""

from __future__ import annotations

import threading

import grpc
import pytest

from tests.support.servers.api import TIMEOUT_S, Producer, RunningServer, details_of, record
from tests.support.timing.patience import until
from tonne.v1 import catalogue_pb2, report_pb2

Code = grpc.StatusCode
ESTIMATE = "/tonne.v1.ReportService/Estimate"


def test_a_call_that_may_not_even_wait_is_told_when_to_come_again(tmp_path):
    """RESOURCE_EXHAUSTED with the limit by name; a producer's calls are not concerned."""
    settings = {"calls__caller_reports_max": 1, "calls__caller_queue_max": 1}
    with RunningServer(tmp_path, **settings) as running:
        api = running.api
        book = api.make_book("acme")
        stub = api.channel.stream_stream(ESTIMATE)
        ended = threading.Event()

        def open_end():
            yield b""
            yield from iter(lambda: ended.wait(TIMEOUT_S), True)

        held = [stub(open_end(), timeout=TIMEOUT_S) for _ in range(2)]
        until(lambda: running.value("tonne_calls_waiting", lane="report") == 1, "one waits")
        request = report_pb2.GetInventoryRequest(name=book)
        with pytest.raises(grpc.RpcError) as refused:
            list(api.report.GetInventory(request, timeout=TIMEOUT_S))
        info, retry = details_of(refused.value)
        assert refused.value.code() is Code.RESOURCE_EXHAUSTED
        assert (info.reason, info.metadata["limit"], info.metadata["value"]) == (
            "CALLS_EXHAUSTED",
            "calls.caller_queue_max",
            "1",
        )
        assert retry is not None
        assert retry.retry_delay.ToTimedelta().total_seconds() > 0
        assert running.value("tonne_call_limits_total", limit="caller_queue") == 1
        producer = Producer.opened(api, f"{book}/channels/meter")
        producer.send_rows(0, record(0))
        producer.finish()
        for call in held:
            call.cancel()
        ended.set()
        until(lambda: running.value("tonne_calls_waiting", lane="report") == 0, "none waits")
        assert list(api.report.GetInventory(request, timeout=TIMEOUT_S))


@pytest.mark.parametrize("name", ["SearchFactors", "SearchActivities"])
def test_a_search_has_a_few_words(api, name):
    """Each word is compared with the whole catalogue: a long text is refused."""
    kind = getattr(catalogue_pb2, f"{name}Request")
    call = getattr(api.catalogue, name)
    assert call(kind(query="a " * 128), timeout=TIMEOUT_S).total_size > 0
    with pytest.raises(grpc.RpcError) as refused:
        call(kind(query="a" * 257), timeout=TIMEOUT_S)
    assert refused.value.code() is Code.INVALID_ARGUMENT
    info, _ = details_of(refused.value)
    assert (info.reason, info.metadata["charsMax"]) == ("FIELD_INVALID", "256")


def test_a_large_request_that_reads_is_refused(api, book):
    """Over calls.request_bytes_max nothing of it is parsed."""
    request = report_pb2.GetInventoryRequest(name=book, facilities=["f" * 1_000] * 1_100)
    with pytest.raises(grpc.RpcError) as refused:
        list(api.report.GetInventory(request, timeout=TIMEOUT_S))
    assert refused.value.code() is Code.INVALID_ARGUMENT
    assert "calls.request_bytes_max" in refused.value.details()
