"""ImportService on the wire: records compared, mended once, imports noted."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest

from tests.support.servers.api import Producer, details_of, record
from tonne.client import Client
from tonne.errors import ContentMustMatch
from tonne.model import RowStatus
from tonne.v1 import imports_pb2, ingest_pb2


def refused(call, request) -> tuple[grpc.StatusCode, str]:
    """Code and reason of a call that fails."""
    with pytest.raises(grpc.RpcError) as caught:
        call(request)
    return caught.value.code(), details_of(caught.value)[0].reason


def compare(api, name, *records, offset=0):
    """Compare records with those of a channel."""
    rows = ingest_pb2.Rows(records=records)
    return api.imports.CompareRecords(
        imports_pb2.CompareRecordsRequest(name=name, offset=offset, rows=rows)
    )


def mends(name, offsets, *records, request_id=""):
    """A request that mends."""
    return imports_pb2.MendRecordsRequest(
        name=name,
        request_id=request_id or str(uuid.uuid4()),
        offsets=offsets,
        rows=ingest_pb2.Rows(records=records),
    )


@pytest.fixture
def channel(api, book) -> str:
    """A channel with four records, the second and the third in quarantine."""
    name = f"{book}/channels/meter"
    rows = [record(0), record(1, quantity="x"), record(2, quantity="y"), record(3)]
    producer = Producer.opened(api, name)
    producer.send_rows(0, *rows)
    producer.finish()
    return name


def test_a_comparison_tells_each_record_apart(api, channel):
    """The same, another than what is posted, another than what is in quarantine."""
    answer = compare(api, channel, record(0), record(1, quantity="1"), record(2, quantity="y"))
    assert (answer.difference_count, list(answer.mendable_offsets)) == (0, [1])
    assert answer.quarantined_count == 1
    answer = compare(api, channel, record(2, quantity="y"), record(3, quantity="7"), offset=2)
    (difference,) = answer.differences
    assert (answer.difference_count, difference.offset) == (1, 3)
    assert [(each.field, each.kept, each.came) for each in difference.fields] == [
        ("quantity", "1.5", "7")
    ]
    code, reason = refused(
        api.imports.CompareRecords,
        imports_pb2.CompareRecordsRequest(
            name=channel, offset=3, rows=ingest_pb2.Rows(records=[record(3), record(4)])
        ),
    )
    assert (code, reason) == (grpc.StatusCode.OUT_OF_RANGE, "OFFSET_GAP")


def digests(api, name, *records, **kept):
    """Digests of records, or of durable ones: contents and keys, and which are in quarantine."""
    request = imports_pb2.DigestRecordsRequest(name=name, **kept)
    if records:
        request.rows.CopyFrom(ingest_pb2.Rows(records=records))
    found = api.imports.DigestRecords(request)
    cut = [
        [each[start : start + 8] for start in range(0, len(each), 8)]
        for each in (found.contents, found.keys)
    ]
    return *cut, list(found.quarantined_offsets)


def test_digests_tell_which_records_a_channel_has(api, channel):
    """In whatever order they come, and wherever they were read; keys tell the same one changed."""
    contents, keys, refused = digests(api, channel, offset=0, record_count=4)
    assert len(set(contents)) == len(set(keys)) == 4
    assert refused == [1, 2]
    came, came_keys, refused = digests(
        api, channel, record(3, evidence="x"), record(2, quantity="y"), record(1), record(4)
    )
    assert (came[:2], refused) == ([contents[3], contents[2]], [1])
    assert came_keys[:3] == [keys[3], keys[2], keys[1]]
    assert not {*came[2:]} & {*contents}
    assert came_keys[3] not in keys
    api.imports.MendRecords(mends(channel, [1], record(1)))
    mended, _, refused = digests(api, channel, offset=1, record_count=2)
    assert (mended, refused) == ([came[2], contents[2]], [2])


def test_what_the_producer_could_not_read_is_compared_as_it_was_written(api, book):
    """Also where it has no quantity that could be read."""
    name = f"{book}/channels/unread"
    rows = [record(0, quantity="", unread='{"start": "22/10/2024"}'), record(1, unit="furlong")]
    producer = Producer.opened(api, name)
    producer.send_rows(0, *rows)
    producer.finish()
    assert [each.status for each in api.quarantine(book)] == [
        RowStatus.FIELD_MUST_BE_READABLE, RowStatus.UNIT_MUST_BE_KNOWN
    ]  # fmt: skip
    answer = compare(api, name, *rows)
    assert (answer.difference_count, answer.quarantined_count) == (0, 2)
    contents, keys, refused = digests(api, name, offset=0, record_count=2)
    came, came_keys, _ = digests(api, name, *rows)
    assert (came, came_keys, refused) == (contents, keys, [0, 1])
    answer = compare(api, name, record(0, quantity="", unread='{"start": "x"}'), rows[1])
    assert (answer.difference_count, list(answer.mendable_offsets)) == (0, [0])


@pytest.mark.parametrize(
    ("kept", "reason"),
    [
        ({"offset": 2, "record_count": 3}, "OFFSET_GAP"),
        ({"offset": -1, "record_count": 1}, "OFFSET_GAP"),
        ({"record_count": 100_001}, "FIELD_INVALID"),
        ({"record_count": -1}, "FIELD_INVALID"),
    ],
)
def test_digests_of_what_is_not_there_are_refused(api, channel, kept, reason):
    """Beyond the durable records, or too many."""
    request = imports_pb2.DigestRecordsRequest(name=channel, **kept)
    assert refused(api.imports.DigestRecords, request)[1] == reason


def test_evidence_is_compared_unless_it_may_differ(api, channel):
    """Who makes it of a place in a file says so."""
    for ignores, count in ((False, 1), (True, 0)):
        answer = api.imports.CompareRecords(
            imports_pb2.CompareRecordsRequest(
                name=channel,
                rows=ingest_pb2.Rows(records=[record(0, evidence="b.csv#row 3")]),
                ignore_evidence=ignores,
            )
        )
        assert answer.difference_count == count


def test_a_mend_takes_the_place_of_what_is_in_quarantine(api, book, channel):
    """Once for its request id; the list shows what is there now; the stream takes both."""
    request = mends(channel, [1, 2], record(1), record(2, quantity="z"))
    first, again = api.imports.MendRecords(request), api.imports.MendRecords(request)
    assert (first.already_posted, again.already_posted) == (False, True)
    assert first.control_totals == again.control_totals
    assert [each.index for each in first.row_errors] == [1]
    source = f"{book}/requests/{request.request_id}"
    assert [(each.channel, each.offset) for each in api.quarantine(book)] == [(source, 1)]
    assert len(api.records(book)) == 3
    api.imports.MendRecords(mends(channel, [2], record(2)))
    assert api.quarantine(book) == []
    answer = compare(api, channel, record(0), record(1), record(2), record(3))
    assert (answer.difference_count, answer.quarantined_count) == (0, 0)
    answer = compare(api, channel, record(1, quantity="3"), offset=1)
    assert (answer.difference_count, list(answer.mendable_offsets)) == (1, [])


@pytest.mark.parametrize(
    ("offsets", "count"), [([0], 1), ([1, 3], 2), ([2, 1], 2), ([1, 1], 2), ([1], 2), ([], 0)]
)
def test_what_is_not_in_quarantine_is_not_mended(api, book, channel, offsets, count):
    """Offsets of posted records, in no order, too few: nothing is posted."""
    records = [record(number) for number in range(count)]
    code, reason = refused(api.imports.MendRecords, mends(channel, offsets, *records))
    assert code == grpc.StatusCode.INVALID_ARGUMENT
    assert reason in {"CONTENT_MUST_MATCH", "FIELD_INVALID"}
    assert len(api.records(book)) == 2


def test_of_many_mends_at_once_one_is_taken(api, book, channel):
    """Whoever comes second is told to compare again."""

    def attempt(number: int) -> str:
        try:
            api.imports.MendRecords(mends(channel, [1], record(1, quantity=str(number + 1))))
        except grpc.RpcError as error:
            return details_of(error)[0].reason
        return "taken"

    with ThreadPoolExecutor(8) as pool:
        told = sorted(pool.map(attempt, range(8)))
    assert told == ["CONTENT_MUST_MATCH"] * 7 + ["taken"]
    assert len(api.records(book)) == 3


def test_imports_are_listed_in_pages(api, book, channel):
    """Each once, with how far it is; what is no digest or name is refused."""
    entry = imports_pb2.Import(
        channel=channel, file_name="a.csv", sha256="0" * 64, record_count=6, sketch=b"\0" * 16
    )
    for offset in (0, 0, 3):
        entry.first_offset = offset
        api.imports.CreateImport(imports_pb2.CreateImportRequest(parent=book, entry=entry))
    request = imports_pb2.ListImportsRequest(parent=book, page_size=1)
    found = []
    while True:
        page = api.imports.ListImports(request)
        found += [(each.name, each.durable_count) for each in page.imports]
        request.page_token = page.next_page_token
        if not request.page_token:
            break
    assert found == [(f"{book}/imports/1", 4), (f"{book}/imports/2", 1)]
    for field, wrong in (("sha256", "x"), ("file_name", ""), ("sketch", b"1"), ("channel", "x")):
        other = imports_pb2.Import()
        other.CopyFrom(entry)
        setattr(other, field, wrong)
        code, _ = refused(
            api.imports.CreateImport, imports_pb2.CreateImportRequest(parent=book, entry=other)
        )
        assert code == grpc.StatusCode.INVALID_ARGUMENT


def test_an_append_that_begins_again_is_compared_whole(running, api, book):
    """The first record that is another one is named, however far before the end."""
    rows = [row_of(number) for number in range(2_000)]
    id_ = book.removeprefix("books/")
    with Client(running.server.address) as client:
        with client.channel(id_, "again") as channel:
            channel.append(rows[:1_500])
        with client.channel(id_, "again") as channel:
            other = [*rows[:700], row_of(700, quantity="8"), *rows[701:]]
            with pytest.raises(ContentMustMatch, match="from offset 700 on"):
                channel.append(other, start_offset=0)
            result = channel.append(rows, start_offset=0)
            assert (result.skipped_count, result.record_count) == (1_500, 500)
    assert len(api.records(book)) == 2_000


def row_of(number, quantity="1"):
    """A record as a mapping."""
    return {
        "record_id": f"r{number}",
        "facility": "dc-1",
        "activity": "electricity.grid",
        "quantity": quantity,
        "unit": "kWh",
        "region": "DE",
        "start": "2025-01-01T00:00:00Z",
        "end": "2025-01-02T00:00:00Z",
    }
