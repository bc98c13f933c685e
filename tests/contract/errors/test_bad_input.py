"""Bad input on the wire: each kind has a clear answer, and loses nothing that was good."""

from __future__ import annotations

import datetime as dt
import math
import struct

import grpc
import pyarrow as pa
import pytest
from google.protobuf import json_format

from tests.support.servers.api import START, Producer, RunningServer, record
from tonne.client import Client
from tonne.v1 import ingest_pb2, ledger_pb2
from tonne.v1.status_pb2 import RowStatus

UTC = dt.UTC
BAD = {
    "quantity missing": ({"quantity": None}, "QUANTITY_MUST_BE_PRESENT", "quantity"),
    "quantity empty": ({"quantity": ""}, "QUANTITY_MUST_BE_PRESENT", "quantity"),
    "quantity a word": ({"quantity": "many"}, "QUANTITY_MUST_BE_A_NUMBER", "quantity"),
    "quantity grouped": ({"quantity": "1,000"}, "QUANTITY_MUST_BE_A_NUMBER", "quantity"),
    "quantity NaN": ({"quantity": "NaN"}, "QUANTITY_MUST_BE_FINITE", "quantity"),
    "double NaN": ({"quantity_double": math.nan}, "QUANTITY_MUST_BE_FINITE", "quantity"),
    "double infinite": ({"quantity_double": math.inf}, "QUANTITY_MUST_BE_FINITE", "quantity"),
    "quantity large": (
        {"quantity": "1000000000000"},
        "QUANTITY_MUST_BE_IN_RANGE",
        "quantity",
    ),
    "double large": ({"quantity_double": 1e300}, "QUANTITY_MUST_BE_IN_RANGE", "quantity"),
    "end before start": (
        {"end": START - dt.timedelta(hours=1)},
        "END_MUST_FOLLOW_START",
        "end",
    ),
    "end at start": ({"end": START}, "END_MUST_FOLLOW_START", "end"),
    "longer than ten years": (
        {"end": START + dt.timedelta(days=3_653, microseconds=1)},
        "SPAN_MUST_FIT",
        "end",
    ),
    "no facility": ({"facility": ""}, "FACILITY_MUST_BE_PRESENT", "facility"),
    "no activity": ({"activity": ""}, "ACTIVITY_MUST_BE_PRESENT", "activity"),
    "no unit": ({"unit": ""}, "UNIT_MUST_BE_PRESENT", "unit"),
    "no start": ({"start": None}, "START_MUST_BE_PRESENT", "start"),
    "no end": ({"end": None}, "END_MUST_BE_PRESENT", "end"),
    "unknown unit": ({"unit": "furlong per fortnight"}, "UNIT_MUST_BE_KNOWN", "unit"),
    "unit of another dimension": ({"unit": "kg"}, "UNIT_MUST_FIT_ACTIVITY", "unit"),
    "start too early": (
        {"start": dt.datetime(1969, 12, 31, 23, tzinfo=UTC)},
        "START_MUST_BE_IN_RANGE",
        "start",
    ),
    "end too late": (
        {"end": dt.datetime(2200, 1, 1, 1, tzinfo=UTC)},
        "END_MUST_BE_IN_RANGE",
        "end",
    ),
    "text too long": ({"facility": "f" * 257}, "TEXT_MUST_FIT", "facility"),
}


@pytest.fixture
def channel(book) -> str:
    return f"{book}/channels/meter"


@pytest.mark.parametrize(
    ("fields", "rule"), [(one[0], one[1:]) for one in BAD.values()], ids=list(BAD)
)
def test_a_bad_record_is_told_by_index_and_kept(api, book, fields, rule):
    """Its neighbours are posted; it is in quarantine, with reason and field, and in-band."""
    (status, field), channel = rule, f"{book}/channels/meter"
    producer = Producer.opened(api, channel)
    producer.send_rows(0, record(0), record(0, **fields), record(2))
    producer.send_rows(3, record(3))
    replies = producer.finish()
    assert replies[-1].durable_up_to_offset == 4
    (error,) = [error for reply in replies for error in reply.row_errors]
    assert (error.index, error.offset) == (1, 1)
    assert RowStatus.Name(error.status) == f"ROW_STATUS_{status}"
    assert error.field == field
    assert error.message.startswith(f"{field}: ")
    (kept,) = api.quarantine(book)
    assert (kept.channel, kept.offset) == (channel, 1)
    assert (kept.status, kept.field) == (error.status, field)
    assert kept.record.record_id == "r0"
    assert ingest_pb2.ActivityRecord.FromString(kept.raw) == record(0, **fields)
    assert [one.offset for one in api.records(book)] == [0, 2, 3]


def test_what_a_producer_cannot_read_is_kept_as_it_is_written(api, book, channel):
    """Its texts reach the error in-band and the quarantine, with the evidence."""
    unread = '{"start": "22/10/2024", "end": "23/10/2024"}'
    fields = {"start": None, "end": None, "unread": unread, "evidence": "bills.csv#row 2"}
    producer = Producer.opened(api, channel)
    producer.send_rows(0, record(0), record(1, **fields))
    (error,) = [error for reply in producer.finish() for error in reply.row_errors]
    assert RowStatus.Name(error.status) == "ROW_STATUS_FIELD_MUST_BE_READABLE"
    assert error.message.startswith("start, end: expected ")
    assert "; got '22/10/2024', '23/10/2024': " in error.message
    (kept,) = api.quarantine(book)
    assert (kept.record.unread, kept.record.evidence) == (unread, "bills.csv#row 2")
    assert kept.message == error.message
    assert [one.offset for one in api.records(book)] == [0]


def test_an_error_shows_what_was_written(api, channel):
    """The text at fault stands in the message, cut to what a line takes."""
    producer = Producer.opened(api, channel)
    producer.send_rows(0, record(0, quantity="1,000"), record(1, quantity="9" * 200 + "x"))
    errors = [error.message for reply in producer.finish() for error in reply.row_errors]
    assert "; got '1,000': " in errors[0]
    assert f"; got '{'9' * 159}…': " in errors[1]


def test_a_record_in_quarantine_is_a_record(running, api, book, channel):
    """What could be read of it stands in its record, on the wire as in the client."""
    producer = Producer.opened(api, channel)
    wrong = record(0, quantity="many", region="DE", facility="dc-9")
    late = record(1)
    late.start.seconds = 253_402_300_800  # the year 10000
    producer.send_rows(0, wrong, late)
    producer.finish()
    first, second = api.quarantine(book)
    assert first.record == wrong
    assert json_format.MessageToDict(first)["record"]["quantity"] == "many"
    assert not second.record.HasField("start")
    assert second.record.end == late.end
    assert "UTC: correct the start" in second.message  # and no word of what was not read
    assert json_format.MessageToDict(second)["record"]["recordId"] == "r1"
    with Client(running.server.address) as client:
        listed = list(client.list_quarantine(book.removeprefix("books/")))
    assert (listed[0].record["quantity"], listed[1].record["start"]) == ("many", "")
    assert listed[0].record["start"] == START.isoformat().replace("+00:00", "Z")


def test_18_places_are_kept_and_more_are_rounded_half_even(api, book, channel):
    """A quantity of any number of places is valid, and so is a negative one."""
    producer = Producer.opened(api, channel)
    texts = (
        "0.0000004",
        "1.5e-18",
        "-0.0000000000000000025",
        "1.23456789012345678",
        "-12.5",
        "1.5e3",
    )
    producer.send_rows(0, *(record(n, quantity=text) for n, text in enumerate(texts)))
    producer.send_rows(6, record(6, quantity_double=0.1), record(7, quantity_double=4e-7))
    assert not any(reply.row_errors for reply in producer.finish())
    assert [one.record.quantity for one in api.records(book)] == [
        *("0.0000004", "0.000000000000000002", "-0.000000000000000002", "1.23456789012345678"),
        *("-12.500000", "1500.000000", "0.100000", "0.0000004"),
    ]


def test_what_cannot_be_resolved_waits_in_suspense(api, book, channel):
    """A record without a factor is durable, counted, told in-band, and listed."""
    producer = Producer.opened(api, channel)
    producer.send_rows(0, record(0), record(1, activity="freight.road", unit="t.km"))
    producer.send_rows(2, record(2, activity="freight.road", unit="kg"))
    replies = producer.finish()
    assert sum(reply.control_totals.suspended_count for reply in replies) == 2
    errors = [error for reply in replies for error in reply.row_errors]
    assert [(one.offset, one.field) for one in errors] == [(1, "activity"), (2, "activity")]
    request = ledger_pb2.ListSuspenseRequest(parent=book)
    waiting = api.ledger.ListSuspense(request).records
    assert [(one.channel, one.offset) for one in waiting] == [(channel, 1), (channel, 2)]
    assert {RowStatus.Name(one.status) for one in waiting} == {"ROW_STATUS_FACTOR_MUST_EXIST"}
    assert all("edition" in one.message for one in waiting)


def _rows(*messages: bytes) -> bytes:
    """An AppendRequest at offset 0 whose records are these bytes."""
    body = b"".join(b"\x0a" + _size(len(one)) + one for one in messages)
    return b"\x22" + _size(len(body)) + body


def _size(value: int) -> bytes:
    parts = []
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*parts, value])


def test_a_record_that_is_no_record_is_quarantined(api, book, channel):
    """Broken bytes inside one record touch no other record of the batch."""
    good = record().SerializeToString()
    producer = Producer.opened(api, channel)
    producer.send_bytes(_rows(good, b"\x0a\xff", good))
    replies = producer.finish()
    (error,) = [error for reply in replies for error in reply.row_errors]
    assert (error.index, error.field) == (1, "record")
    assert RowStatus.Name(error.status) == "ROW_STATUS_RECORD_MUST_DECODE"
    assert [one.offset for one in api.records(book)] == [0, 2]


def test_a_text_that_is_no_utf8_is_quarantined(api, book, channel):
    """Wrong UTF-8 in one record touches no other record of the batch."""
    good = record().SerializeToString()
    wrong = good.replace(b"dc-1", b"dc\xff1")
    producer = Producer.opened(api, channel)
    producer.send_bytes(_rows(good, wrong))
    replies = producer.finish()
    (error,) = [error for reply in replies for error in reply.row_errors]
    assert (error.index, error.field) == (1, "facility")
    assert RowStatus.Name(error.status) == "ROW_STATUS_TEXT_MUST_BE_UTF8"
    assert len(api.records(book)) == 1


GARBAGE = {
    "varint without end": b"\xff" * 12,
    "truncated rows": _rows(record().SerializeToString())[:-5],
    "field of no number": b"\x00\x01",
    "wire type 7": b"\x27",
    "random bytes": bytes(range(1, 250)),
    "rows cut inside a record": b"\x22\x03\x0a\x7fx",
}


@pytest.mark.parametrize("garbage", list(GARBAGE.values()), ids=list(GARBAGE))
def test_garbage_is_refused_and_the_stream_goes_on(api, channel, garbage):
    """What is no AppendRequest is INVALID_ARGUMENT in-band; the next batch is taken."""
    producer = Producer.opened(api, channel)
    producer.send_bytes(garbage)
    refused = producer.receive()
    assert refused.error.code == grpc.StatusCode.INVALID_ARGUMENT.value[0]
    assert refused.error.reason == "BATCH_MUST_PARSE"
    assert refused.error.message
    producer.send_rows(0, record())
    assert producer.finish()[-1].durable_up_to_offset == 1


def test_garbage_as_the_first_message_ends_the_stream(api):
    """Without a channel there is no going on: in-band, and as the final status."""
    producer = Producer(api)
    producer.send_bytes(b"\xff\xff\xff")
    assert producer.receive().error.reason == "BATCH_MUST_PARSE"
    producer.half_close()
    assert list(producer.replies()) == []
    assert producer.call.code() is grpc.StatusCode.INVALID_ARGUMENT


def test_what_is_over_a_limit_is_refused_in_band(tmp_path):
    """A message or batch over its limit is told with the limit; the stream goes on."""
    with RunningServer(
        tmp_path, ingest__message_bytes_max=4096, ingest__batch_records_max=20
    ) as running:
        channel = running.api.make_book("acme") + "/channels/meter"
        producer = Producer.opened(running.api, channel)
        producer.send_rows(0, record(evidence="e" * 4096))
        refused = producer.receive()
        assert refused.error.reason == "BATCH_MUST_FIT"
        assert refused.error.metadata["sizeBytesMax"] == "4096"
        small = ingest_pb2.ActivityRecord(facility="f")
        producer.send_rows(0, *[small] * 21)
        assert producer.receive().error.reason == "BATCH_MUST_FIT"
        producer.send_rows(0, record())
        assert producer.finish()[-1].durable_up_to_offset == 1


def test_a_message_far_over_the_limit_ends_the_stream_and_no_other(tmp_path):
    """Beyond twice the limit gRPC itself ends the call; what was durable stays."""
    with RunningServer(tmp_path, ingest__message_bytes_max=4096) as running:
        book = running.api.make_book("acme")
        other = Producer.opened(running.api, f"{book}/channels/other")
        producer = Producer.opened(running.api, f"{book}/channels/meter")
        producer.send_rows(0, record(0))
        producer.until_durable(1)
        producer.send_bytes(b"\x22" + _size(20_000) + bytes(20_000))
        assert list(producer.replies()) == []
        assert producer.call.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        other.send_rows(0, record(0))
        assert other.finish()[-1].durable_up_to_offset == 1
        assert running.api.committed(f"{book}/channels/meter") == 1


# --- Arrow -----------------------------------------------------------------------------------


def _columns(count: int = 3) -> dict[str, pa.Array]:
    start = [START + n * dt.timedelta(hours=1) for n in range(count)]
    return {
        "record_id": pa.array([f"r{n}" for n in range(count)]),
        "facility": pa.array(["dc-1"] * count),
        "activity": pa.array(["electricity.grid"] * count),
        "quantity": pa.array(["1.5"] * count),
        "unit": pa.array(["kWh"] * count),
        "start": pa.array(start, pa.timestamp("us", "UTC")),
        "end": pa.array([one + dt.timedelta(hours=1) for one in start], pa.timestamp("us", "UTC")),
        "region": pa.array(["DE"] * count),
    }


def _stream(columns: dict[str, pa.Array], **options: object) -> bytes:
    table = pa.table(columns)
    sink = pa.BufferOutputStream()
    write_options = pa.ipc.IpcWriteOptions(**options)
    with pa.ipc.new_stream(sink, table.schema, options=write_options) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def _without(name: str) -> dict[str, pa.Array]:
    return {key: column for key, column in _columns().items() if key != name}


def _corrupt_body() -> bytes:
    """A stream whose text offsets point far outside of their buffer."""
    stream = _stream(_columns(100))
    wrong = stream.replace(struct.pack("<4i", 0, 4, 8, 12), struct.pack("<4i", 0, 4, 1 << 30, 12))
    assert wrong != stream
    return wrong


WRONG_STREAMS = {
    "missing column": (_stream(_without("unit")), "unit"),
    "unknown column": (_stream({**_columns(), "colour": pa.array(["red"] * 3)}), "colour"),
    "wrong type": (_stream({**_columns(), "start": pa.array(["now"] * 3)}), "start"),
    "nested type": (_stream({**_columns(), "facility": pa.array([["a"]] * 3)}), "facility"),
    "compressed": (_stream(_columns(), compression="zstd"), ""),
    "cut in the body": (_stream(_columns(1000))[:-600], ""),
    "cut in the schema": (_stream(_columns())[:100], ""),
    "no Arrow": (b"this is no Arrow stream", ""),
    "nothing": (b"", ""),
    "corrupt offsets": (_corrupt_body(), ""),
}


@pytest.mark.parametrize(
    ("stream", "field"), list(WRONG_STREAMS.values()), ids=list(WRONG_STREAMS)
)
def test_a_wrong_arrow_stream_is_refused_whole(api, channel, stream, field):
    """Nothing of it is taken, the column is named, and the stream goes on."""
    producer = Producer.opened(api, channel)
    producer.send(offset=0, arrow_ipc=stream)
    refused = producer.receive()
    assert refused.error.reason == "BATCH_MUST_PARSE"
    if field:
        assert refused.error.metadata["field"] == field
        assert field in refused.error.message
    producer.send(offset=0, arrow_ipc=_stream(_columns()))
    assert producer.finish()[-1].durable_up_to_offset == 3


def test_nulls_in_an_arrow_batch_are_missing_fields(api, book, channel):
    """A null is what an absent field of a row is: the record is quarantined, or it is fine."""
    columns = _columns(5)
    columns["quantity"] = pa.array(["1", None, "3", "4", "5"])
    columns["facility"] = pa.array(["dc-1", "dc-1", None, "dc-1", "dc-1"])
    columns["start"] = pa.array(
        [*columns["start"].to_pylist()[:3], None, columns["start"].to_pylist()[4]],
        pa.timestamp("us", "UTC"),
    )
    columns["record_id"] = pa.array(["r0", "r1", "r2", "r3", None])
    producer = Producer.opened(api, channel)
    producer.send(offset=0, arrow_ipc=_stream(columns))
    replies = producer.finish()
    errors = [error for reply in replies for error in reply.row_errors]
    assert [(one.index, one.field) for one in errors] == [
        (1, "quantity"),
        (2, "facility"),
        (3, "start"),
    ]
    assert [one.offset for one in api.records(book)] == [0, 4]


def test_arrow_and_rows_post_the_same(api, book):
    """The same records by both ways make the same durable records."""
    rows = Producer.opened(api, f"{book}/channels/rows")
    rows.send_rows(
        0,
        *(
            record(
                0,
                start=START + n * dt.timedelta(hours=1),
                record_id=f"r{n}",
                end=START + (n + 1) * dt.timedelta(hours=1),
            )
            for n in range(3)
        ),
    )
    rows.finish()
    arrow = Producer.opened(api, f"{book}/channels/arrow")
    arrow.send(offset=0, arrow_ipc=_stream(_columns()))
    arrow.finish()
    by_rows = [one.record for one in api.records(book, channel=f"{book}/channels/rows")]
    by_arrow = [one.record for one in api.records(book, channel=f"{book}/channels/arrow")]
    assert by_rows == by_arrow
    assert len(by_rows) == 3
