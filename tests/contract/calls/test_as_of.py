"""As of a commit on the wire: every answer says of which it is, and says it again."""

from __future__ import annotations

import grpc
import pytest

from tests.support.servers.api import Producer, record
from tonne.v1 import ledger_pb2, report_pb2


def last(answer):
    """The last message of an answer."""
    *_, message = answer
    return message


def test_answers_say_of_which_commit_they_are(api, book):
    """What comes later is in none of them."""
    producer = Producer.opened(api, f"{book}/channels/meter")
    producer.send_rows(0, record(0), record(1, activity="process.clay"))
    producer.until_durable(2)
    inventory = report_pb2.GetInventoryRequest(name=book)
    before = last(api.report.GetInventory(inventory))
    producer.send_rows(2, record(2))
    producer.until_durable(3)
    producer.finish()
    assert last(api.report.GetInventory(inventory)).commit > before.commit
    as_of = str(before.commit)
    inventory.as_of = as_of
    assert last(api.report.GetInventory(inventory)) == before
    explained = last(
        api.report.Explain(report_pb2.ExplainRequest(selection=inventory, replay=True))
    )
    assert (explained.commit, explained.total) == (before.commit, before.total)
    for answer in (
        last(api.report.GetCoverage(report_pb2.GetCoverageRequest(name=book, as_of=as_of))),
        api.report.ListRecords(report_pb2.ListRecordsRequest(parent=book, as_of=as_of)),
        api.ledger.ListSuspense(ledger_pb2.ListSuspenseRequest(parent=book, as_of=as_of)),
        api.ledger.ListQuarantine(ledger_pb2.ListQuarantineRequest(parent=book, as_of=as_of)),
        api.ledger.ListSuspenseCauses(
            ledger_pb2.ListSuspenseCausesRequest(parent=book, as_of=as_of)
        ),
    ):
        assert answer.commit == before.commit
    (mark,) = api.ledger.ListMarks(ledger_pb2.ListMarksRequest(parent=book)).marks
    assert (mark.commit, mark.kind) == (0, "start")


def test_a_commit_that_is_yet_to_come_is_refused(api, book):
    """With what is possible."""
    request = report_pb2.GetInventoryRequest(name=book, as_of="123456789")
    with pytest.raises(grpc.RpcError) as caught:
        last(api.report.GetInventory(request))
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "whose last one is" in caught.value.details()
