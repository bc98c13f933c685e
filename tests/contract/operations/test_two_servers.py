"""Two servers on one PostgreSQL and one bucket serve the same books at the same time."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.servers.api import Producer, RunningServer, record
from tonne.v1 import ingest_pb2, report_pb2

BATCHES = 10
RECORDS_PER_BATCH = 20


@pytest.fixture
def servers(tmp_path, postgres_url, s3_bucket):
    """Two servers that know of each other only through what they share."""
    store = {
        "store__manifest_url": postgres_url,
        "store__objects_url": s3_bucket.url,
        "store__objects_options": s3_bucket.options,
    }
    with RunningServer(tmp_path, **store) as one, RunningServer(tmp_path, **store) as other:
        yield one, other


def _total(server: RunningServer, book: str) -> int:
    (answer,) = server.api.report.GetInventory(report_pb2.GetInventoryRequest(name=book))
    return answer.total.record_count


def _stream(server: RunningServer, name: str) -> int:
    producer = Producer.opened(server.api, name)
    for number in range(BATCHES):
        first = number * RECORDS_PER_BATCH
        producer.send_rows(first, *(record(first + n) for n in range(RECORDS_PER_BATCH)))
    return producer.finish()[-1].durable_up_to_offset


def test_both_take_records_of_one_book_and_see_all(servers):
    """Streams to both at once: each server's inventory has every acknowledged record."""
    one, other = servers
    book = one.api.make_book("acme")
    with ThreadPoolExecutor(4) as pool:
        streams = [
            pool.submit(_stream, servers[number % 2], f"{book}/channels/c{number}")
            for number in range(4)
        ]
        durable = [stream.result() for stream in streams]
    assert durable == [BATCHES * RECORDS_PER_BATCH] * 4
    assert _total(one, book) == _total(other, book) == sum(durable)
    listed = [(record.channel, record.offset) for record in other.api.records(book)]
    assert len(set(listed)) == len(listed) == sum(durable)


def test_a_channel_moves_between_servers_and_the_older_owner_is_fenced(servers):
    """What the second server opens, the first one's stream can no longer write to."""
    one, other = servers
    name = one.api.make_book("acme") + "/channels/meter"
    older = Producer.opened(one.api, name)
    older.send_rows(0, record(0))
    older.until_durable(1)
    newer = Producer.opened(other.api, name)
    older.send_rows(1, record(1, quantity="9"))
    assert older.until_error().error.reason == "EPOCH_STALE"
    newer.send_rows(1, record(1))
    assert newer.finish()[-1].durable_up_to_offset == 2
    assert [one.record.quantity for one in other.api.records("books/acme")] == ["1.500000"] * 2


def test_a_request_is_posted_once_whichever_server_it_comes_to(servers):
    """The same request at both at once is posted by one and answered by both."""
    one, other = servers
    request = ingest_pb2.PostRecordsRequest(
        parent=one.api.make_book("acme"),
        request_id=str(uuid.uuid4()),
        rows=ingest_pb2.Rows(records=[record(0), record(1)]),
    )
    with ThreadPoolExecutor(6) as pool:
        calls = [server.api.ingest.PostRecords for server in (one, other) * 3]
        answers = list(pool.map(lambda call: call(request), calls))
    assert [answer.already_posted for answer in answers].count(False) == 1
    assert {answer.control_totals.quantity_sum for answer in answers} == {"3.000000"}
    assert _total(other, request.parent) == 2
