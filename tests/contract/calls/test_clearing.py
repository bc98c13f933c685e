"""ClearSuspense on the wire: a step for each segment, and records that are posted once."""

from __future__ import annotations

import uuid

import grpc
import pytest

from tests.support.servers.api import EDITION, Producer, details_of, record
from tonne.v1 import catalogue_pb2, ingest_pb2, ledger_pb2, report_pb2, status_pb2

LIME = (
    EDITION.splitlines(keepends=True)[0]
    + "process.lime,,t,2020-01-01,,70,,,,scope1.process,t,3,\n"
)


def lime(number=0, **fields):
    return record(number, activity="process.lime", unit="t", region="", **fields)


def clear(api, book):
    """All steps of a clearing."""
    return [
        (step.segment_count, step.segments_done_count, step.cleared_count, step.remaining_count)
        for step in api.ledger.ClearSuspense(ledger_pb2.ClearSuspenseRequest(parent=book))
    ]


def import_lime(api, book):
    request = catalogue_pb2.ImportEditionRequest(parent=book, edition_id="lime", csv=LIME.encode())
    api.catalogue.ImportEdition(request)


def test_what_waits_is_posted_after_an_import(api, book):
    """Each segment is a step; suspense, records, channel and inventory say the same after it."""
    producer = Producer.opened(api, f"{book}/channels/meter")
    for offset in range(0, 6, 2):
        producer.send_rows(offset, lime(offset), record(offset, activity="process.clay"))
        producer.until_durable(offset + 2)
    producer.finish()
    assert clear(api, book)[-1] == (3, 3, 0, 6)
    import_lime(api, book)
    assert clear(api, book) == [(3, 1, 1, 1), (3, 2, 2, 2), (3, 3, 3, 3)]
    waiting = api.ledger.ListSuspense(ledger_pb2.ListSuspenseRequest(parent=book)).records
    assert [each.offset for each in waiting] == [1, 3, 5]
    assert all("process.clay" in each.message for each in waiting)
    statuses = [each.status for each in api.records(book)]
    assert statuses == [status_pb2.ROW_STATUS_POSTED, status_pb2.ROW_STATUS_FACTOR_MUST_EXIST] * 3
    name = f"{book}/channels/meter"
    totals = api.ingest.GetChannel(ingest_pb2.GetChannelRequest(name=name)).channel.control_totals
    assert (totals.posted_count, totals.suspended_count) == (3, 3)
    (answer,) = api.report.GetInventory(report_pb2.GetInventoryRequest(name=book))
    assert (answer.total.kg_co2e, answer.total.record_count) == ("315", 3)
    assert answer.suspended_count == 3


def test_nothing_that_waits_is_one_step(api, book):
    """A book without suspense answers at once."""
    assert clear(api, book) == [(0, 0, 0, 0)]


def test_a_posted_request_is_cleared_and_answered_as_before(api, book):
    """The repeat of a request has the totals of its first answer."""
    request = ingest_pb2.PostRecordsRequest(
        parent=book, request_id=str(uuid.uuid4()), rows=ingest_pb2.Rows(records=[lime()])
    )
    first = api.ingest.PostRecords(request)
    import_lime(api, book)
    assert clear(api, book) == [(1, 1, 1, 0)]
    assert api.ingest.PostRecords(request).control_totals == first.control_totals
    (answer,) = api.report.GetInventory(report_pb2.GetInventoryRequest(name=book))
    assert (answer.total.record_count, answer.suspended_count) == (1, 0)


def test_an_unknown_book_is_not_found(api):
    """The stream ends with the status, before any step."""
    request = ledger_pb2.ClearSuspenseRequest(parent="books/nobody")
    with pytest.raises(grpc.RpcError) as refused:
        list(api.ledger.ClearSuspense(request))
    assert refused.value.code() is grpc.StatusCode.NOT_FOUND
    assert details_of(refused.value)[0].reason == "BOOK_UNKNOWN"
