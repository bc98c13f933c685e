"""What an estimate may take: records, postings and lines of one, memory of all together."""

from __future__ import annotations

import datetime as dt
import threading
from typing import TYPE_CHECKING

import grpc
import pytest

from tests.support.servers.api import START, TIMEOUT_S, RunningServer, details_of, record
from tonne.v1 import ingest_pb2, report_pb2

if TYPE_CHECKING:
    from collections.abc import Iterator

YEAR = dt.timedelta(days=365)
PLACES = ("calls__reports_max", "calls__caller_reports_max", "calls__book_reports_max")
"""Settings of how many may be open at once: so many that memory is what is met."""

RECORDS_MAX, BOOKLESS_RECORDS_MAX, EACH_RECORDS_MAX, POSTINGS_MAX = 5_000, 300, 100, 2_000


@pytest.fixture(scope="module")
def running(tmp_path_factory) -> Iterator[RunningServer]:
    """A server with small limits."""
    with RunningServer(
        tmp_path_factory.mktemp("ledger"),
        ingest__estimate_records_max=RECORDS_MAX,
        ingest__estimate_bookless_records_max=BOOKLESS_RECORDS_MAX,
        ingest__estimate_each_records_max=EACH_RECORDS_MAX,
        ingest__estimate_postings_max=POSTINGS_MAX,
        ingest__estimate_bytes_max=9_000_000,
    ) as server:
        yield server


def batch(count: int, first: int = 0, **fields: object) -> ingest_pb2.Rows:
    """Records of as many facilities."""
    return ingest_pb2.Rows(
        records=[record(n, facility=f"site-{n}", **fields) for n in range(first, first + count)]
    )


def estimate(
    api, *batches: ingest_pb2.Rows, book: str = "", each_record: bool = False, by: tuple = ()
) -> list[report_pb2.EstimateResponse]:
    """The answer to some batches."""
    selection = report_pb2.GetInventoryRequest(name=book, group_by=by)
    first = report_pb2.EstimateRequest(selection=selection, each_record=each_record)
    requests = [first, *(report_pb2.EstimateRequest(rows=rows) for rows in batches)]
    return list(api.report.Estimate(iter(requests), timeout=TIMEOUT_S))


def refused(api, *batches: ingest_pb2.Rows, **options: object) -> tuple[str, dict[str, str]]:
    """Reason and variables of the error that batches are refused with."""
    with pytest.raises(grpc.RpcError) as caught:
        estimate(api, *batches, **options)
    info, _ = details_of(caught.value)
    return info.reason, dict(info.metadata)


def kept_bytes(running) -> float:
    """Memory that estimates are counted with."""
    return running.value("tonne_estimate_bytes")


def test_an_estimate_has_a_number_of_records(api, book):
    """The last record that fits is answered for, one more is refused with the limit."""
    rows = batch(500)
    (*_, last) = estimate(api, *([rows] * 10), book=book)
    assert last.control_totals.record_count == RECORDS_MAX
    reason, about = refused(api, *([rows] * 10), batch(1), book=book)
    assert reason == "ESTIMATE_MUST_FIT"
    assert about == {"recordCount": "5001", "recordCountMax": "5000"}


def test_without_a_book_it_has_fewer(api):
    """Any caller may ask the shipped catalogue, and is told what would allow more."""
    assert estimate(api, batch(BOOKLESS_RECORDS_MAX))
    with pytest.raises(grpc.RpcError, match="name a book") as caught:
        estimate(api, batch(BOOKLESS_RECORDS_MAX), batch(1))
    assert details_of(caught.value)[0].metadata["recordCountMax"] == "300"


def test_an_estimate_that_never_ends_is_ended(running, api, book):
    """Ever new facilities make ever new postings: their number has a limit, and none stays."""

    def endless() -> Iterator[report_pb2.EstimateRequest]:
        yield report_pb2.EstimateRequest(selection=report_pb2.GetInventoryRequest(name=book))
        for number in range(1_000):
            yield report_pb2.EstimateRequest(rows=batch(300, 300 * number))

    with pytest.raises(grpc.RpcError) as caught:
        list(api.report.Estimate(endless(), timeout=TIMEOUT_S))
    info, _ = details_of(caught.value)
    assert info.reason == "ESTIMATE_MUST_FIT"
    assert info.metadata["postingCountMax"] == str(POSTINGS_MAX)
    assert kept_bytes(running) == 0


def test_postings_are_counted_before_they_are_made(api, book):
    """A batch of many months is refused; the same records in several batches are not."""
    wide = {"end": START + 9 * YEAR}
    reason, about = refused(api, batch(17, **wide), book=book)
    assert (reason, about["postingCountMax"]) == ("BATCH_MUST_FIT", str(POSTINGS_MAX))
    (*_, last) = estimate(api, *(batch(4, 4 * n, **wide) for n in range(4)), book=book)
    assert last.control_totals.posted_count == 16


def test_a_span_is_limited_as_in_a_stream(api, book):
    """The same rule, the same status."""
    (*_, last) = estimate(api, batch(2, end=START + 11 * YEAR), book=book)
    assert [error.status for error in last.row_errors] == [18, 18]


def test_answers_record_by_record_come_in_small_batches(api, book):
    """What is answered for each record is held until it is written."""
    answers = estimate(api, batch(EACH_RECORDS_MAX), book=book, each_record=True)
    assert sum(len(answer.records) for answer in answers) == EACH_RECORDS_MAX
    reason, about = refused(api, batch(EACH_RECORDS_MAX + 1), book=book, each_record=True)
    assert (reason, about["recordCountMax"]) == ("BATCH_MUST_FIT", str(EACH_RECORDS_MAX))


def test_an_answer_of_too_many_lines_is_refused(api, book):
    """Grouped by everything, each posting is a line for each account; ungrouped, none is."""
    rows = [batch(900, 900 * n) for n in range(2)]
    assert estimate(api, *rows, book=book)
    reason, about = refused(api, *rows, book=book, by=(1, 2, 3, 4))
    assert (reason, about["sizeBytesMax"]) == ("ESTIMATE_MUST_FIT", "4500000")


class Open:
    """An estimate that has sent a batch and waits."""

    def __init__(self, api, book: str, rows: ingest_pb2.Rows) -> None:
        self._go_on = threading.Event()
        selection = report_pb2.GetInventoryRequest(name=book)

        def requests() -> Iterator[report_pb2.EstimateRequest]:
            yield report_pb2.EstimateRequest(selection=selection, each_record=True)
            yield report_pb2.EstimateRequest(rows=rows)
            self._go_on.wait(TIMEOUT_S)

        self.call = api.report.Estimate(requests(), timeout=TIMEOUT_S)
        next(self.call)  # its records are answered: the batch is posted

    def finish(self) -> None:
        """Have it answered."""
        self._go_on.set()
        list(self.call)


def test_all_estimates_share_their_memory(tmp_path):
    """Who finds none is told to come back, and finds it once another has ended or has gone."""
    with RunningServer(
        tmp_path,
        ingest__estimate_bytes_max=500_000,
        ingest__estimate_postings_max=100,
        **dict.fromkeys(PLACES, 1_000),
    ) as running:
        api = running.api
        running.server._ingest._estimates.work._limit_bytes = 1 << 26  # room for each record
        book = api.make_book("acme")
        opened = [Open(api, book, batch(1)), Open(api, book, batch(1))]
        room = running.server._ingest._estimates
        one_bytes = room.kept_bytes // 2
        opened += [Open(api, book, batch(1)) for _ in range(250_000 // one_bytes - 2)]
        with pytest.raises(grpc.RpcError) as caught:
            Open(api, book, batch(1))
        info, retry = details_of(caught.value)
        assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert info.reason == "ESTIMATES_EXHAUSTED"
        assert retry is not None
        assert running.value("tonne_throttles_total", reason="estimates") == 1
        opened.pop().finish()
        opened.append(Open(api, book, batch(1)))
        for one in opened:
            one.call.cancel()
        ended = threading.Event()
        while room.kept_bytes:
            ended.wait(0.01)
        Open(api, book, batch(1)).finish()
        assert kept_bytes(running) == 0


def test_estimates_take_no_memory_of_streams(running, api, book):
    """Producers have a budget of their own."""
    estimate(api, batch(100), book=book)
    assert running.server._ingest.intake.admission.used_bytes == 0
