"""PostRecords on the wire: one call, durable when it returns, once for each request id."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest

from tests.support.servers.api import details_of, record
from tonne.v1 import ingest_pb2


def _request(book: str, *records: ingest_pb2.ActivityRecord, request_id: str = ""):
    return ingest_pb2.PostRecordsRequest(
        parent=book,
        request_id=request_id or str(uuid.uuid4()),
        rows=ingest_pb2.Rows(records=records),
    )


def _refused(call, *arguments) -> tuple[grpc.StatusCode, str, dict[str, str]]:
    with pytest.raises(grpc.RpcError) as refused:
        call(*arguments)
    info, _ = details_of(refused.value)
    return refused.value.code(), info.reason, dict(info.metadata)


def test_what_is_posted_is_durable_and_bad_records_are_told(api, book):
    """Good records are listed under the request, the bad one comes back by index."""
    request = _request(book, record(0), record(1, quantity="x"), record(2))
    answer = api.ingest.PostRecords(request)
    assert (answer.control_totals.record_count, answer.control_totals.posted_count) == (3, 2)
    assert [(error.index, error.field) for error in answer.row_errors] == [(1, "quantity")]
    name = f"{book}/requests/{request.request_id}"
    assert [one.offset for one in api.records(book, channel=name)] == [0, 2]
    assert [(one.channel, one.offset) for one in api.quarantine(book)] == [(name, 1)]


def test_a_repeat_returns_the_first_answer(api, book):
    """The same id and content posts nothing again."""
    request = _request(book, record(0), record(1, unit=""))
    first = api.ingest.PostRecords(request)
    again = api.ingest.PostRecords(request)
    assert (first.already_posted, again.already_posted) == (False, True)
    assert again.control_totals == first.control_totals
    assert again.row_errors == first.row_errors
    assert len(api.records(book)) == 1


def test_the_same_id_with_other_content_is_an_error(api, book):
    """The first content stays."""
    request = _request(book, record(0))
    api.ingest.PostRecords(request)
    other = _request(book, record(0, quantity="2"), request_id=request.request_id)
    code, reason, _ = _refused(api.ingest.PostRecords, other)
    assert (code, reason) == (grpc.StatusCode.INVALID_ARGUMENT, "CONTENT_MUST_MATCH")
    assert [one.record.quantity for one in api.records(book)] == ["1.500000"]


def test_the_same_request_at_the_same_time_is_posted_once(api, book):
    """Of many equal calls at once one posts and all have its answer."""
    request = _request(book, record(0))
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: api.ingest.PostRecords(request), range(8)))
    assert [answer.already_posted for answer in answers].count(False) == 1
    assert {answer.control_totals.record_count for answer in answers} == {1}
    assert len(api.records(book)) == 1


@pytest.mark.parametrize(
    ("change", "reason", "field"),
    [
        ({"request_id": ""}, "FIELD_INVALID", "request_id"),
        ({"request_id": "seven"}, "FIELD_INVALID", "request_id"),
        ({"parent": "acme"}, "NAME_INVALID", "parent"),
        ({"rows": None}, "FIELD_INVALID", "batch"),
        ({"parent": "books/unknown"}, "BOOK_UNKNOWN", ""),
    ],
)
def test_a_wrong_request_names_its_field(api, book, change, reason, field):
    """A field that is missing or wrong is told by its name."""
    fields = {
        "parent": book,
        "request_id": str(uuid.uuid4()),
        "rows": ingest_pb2.Rows(records=[record()]),
        **change,
    }
    request = ingest_pb2.PostRecordsRequest(
        **{name: value for name, value in fields.items() if value is not None}
    )
    _, got, metadata = _refused(api.ingest.PostRecords, request)
    assert got == reason
    assert not field or metadata["field"] == field


def test_garbage_and_wrong_utf8_are_told(api, book):
    """Bytes that are no request are refused; a bad text in one record costs that record."""
    post = api.channel.unary_unary(
        "/tonne.v1.IngestService/PostRecords",
        request_serializer=None,
        response_deserializer=ingest_pb2.PostRecordsResponse.FromString,
    )
    for garbage in (
        b"\xff",
        b"\x1a\x50abc",
        b"\x07",
        b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
    ):
        code, reason, _ = _refused(post, garbage)
        assert (code, reason) == (grpc.StatusCode.INVALID_ARGUMENT, "BATCH_MUST_PARSE")
    code, reason, metadata = _refused(post, b"\x0a\x03\xff\xfe\xfd")
    assert (reason, metadata["field"]) == ("FIELD_INVALID", "parent")
    request = _request(book, record(0), record(1)).SerializeToString()
    answer = post(request.replace(b"r1", b"\xff1"))
    assert answer.control_totals.posted_count == 1
    assert [(error.index, error.field) for error in answer.row_errors] == [(1, "record_id")]


def test_a_message_over_the_limit_is_told(running, api, book):
    """The limit is in the error."""
    request = _request(book, *[record(evidence="e" * 2000)] * 2200)
    code, reason, metadata = _refused(api.ingest.PostRecords, request)
    assert (code, reason) == (grpc.StatusCode.INVALID_ARGUMENT, "BATCH_MUST_FIT")
    assert metadata["sizeBytesMax"] == str(4 << 20)
    assert running.value("tonne_in_flight_bytes") == 0
