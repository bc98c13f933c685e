"""What decode_rows makes of records, of broken ones and of broken messages."""

import random
from array import array

import polars as pl
import pytest
from google.protobuf.message import DecodeError

import tonne_kernel as kernel
from tonne.model import RecordField, RowStatus
from tonne.v1 import ingest_pb2

START_S = 1_420_070_400
HOUR_S = 3600
MONTH_S = 31 * 24 * HOUR_S


def record(**changes):
    fields = {
        "record_id": "r",
        "facility": "plant",
        "activity": "electricity.grid",
        "quantity": "1.5",
        "unit": "kWh",
        "start": {"seconds": START_S},
        "end": {"seconds": START_S + HOUR_S},
        "region": "US-WA",
    }
    fields |= changes
    return ingest_pb2.ActivityRecord(**{k: v for k, v in fields.items() if v is not None})


def rows(*records):
    return ingest_pb2.Rows(records=records).SerializeToString()


def decode(message, **limits):
    return kernel.Session(**limits).decode_rows(message, 0, len(message))


def post(batch):
    session = batch.session
    session.set_rules(0, array("i", [0] * session.key_count))
    rules = kernel.RuleTable(array("i", [0, 1]), array("i", [0]), array("i", [0]))
    periods = kernel.PeriodTable(array("q", [0, 7_258_118_400_000_000]))
    return kernel.post([kernel.BatchSlice(batch, "c", 0)], rules, periods)


def fault_of(raw):
    """Status and field of one record given as bytes."""
    message = b"\x0a" + bytes(varint(len(raw))) + raw
    totals = post(decode(message)).totals[0]
    if not totals.row_errors:
        return RowStatus.POSTED, RecordField.RECORD
    [(index, status, field)] = totals.row_errors
    assert index == 0
    return RowStatus(status), RecordField(field)


def attempt(call, message):
    """What a call answers, or the BatchError that it raises."""
    try:
        return call(message)
    except kernel.BatchError as error:
        return error


def varint(value):
    while value > 0x7F:
        yield value & 0x7F | 0x80
        value >>= 7
    yield value


def test_the_statuses_are_those_of_the_model():
    """Kernel and model give each rule the same number."""
    of_records = [status for status in RowStatus if status is not RowStatus.REVERSED]
    assert {status.name: status.value for status in of_records} == kernel.ROW_STATUSES
    assert len(of_records) == kernel.ROW_STATUS_COUNT


@pytest.mark.parametrize(
    ("changes", "status", "field"),
    [
        ({}, "POSTED", "RECORD"),
        ({"record_id": "", "region": ""}, "POSTED", "RECORD"),
        ({"record_id": "é" * 128}, "POSTED", "RECORD"),
        ({"record_id": "é" * 128 + "x"}, "TEXT_MUST_FIT", "RECORD_ID"),
        ({"facility": "x" * 257}, "TEXT_MUST_FIT", "FACILITY"),
        ({"supplier": "x" * 257}, "TEXT_MUST_FIT", "SUPPLIER"),
        ({"evidence": "x" * 2048}, "POSTED", "RECORD"),
        ({"evidence": "x" * 2049}, "TEXT_MUST_FIT", "EVIDENCE"),
        ({"attributes": "x" * 8193}, "TEXT_MUST_FIT", "ATTRIBUTES"),
        ({"unread": "{}"}, "FIELD_MUST_BE_READABLE", "UNREAD"),
        ({"unread": "{}", "start": None}, "FIELD_MUST_BE_READABLE", "UNREAD"),
        ({"unread": "{}", "region": "x" * 257}, "TEXT_MUST_FIT", "REGION"),
        ({"unread": "x" * 1025}, "TEXT_MUST_FIT", "UNREAD"),
        ({"facility": ""}, "FACILITY_MUST_BE_PRESENT", "FACILITY"),
        ({"activity": ""}, "ACTIVITY_MUST_BE_PRESENT", "ACTIVITY"),
        ({"unit": ""}, "UNIT_MUST_BE_PRESENT", "UNIT"),
        ({"unit": "", "activity": ""}, "ACTIVITY_MUST_BE_PRESENT", "ACTIVITY"),
        ({"quantity": None}, "QUANTITY_MUST_BE_PRESENT", "QUANTITY"),
        ({"quantity": ""}, "QUANTITY_MUST_BE_PRESENT", "QUANTITY"),
        ({"quantity": "x"}, "QUANTITY_MUST_BE_A_NUMBER", "QUANTITY"),
        ({"quantity": "-Infinity"}, "QUANTITY_MUST_BE_FINITE", "QUANTITY"),
        ({"quantity": "1e12"}, "QUANTITY_MUST_BE_IN_RANGE", "QUANTITY"),
        ({"quantity": None, "quantity_double": float("nan")},
         "QUANTITY_MUST_BE_FINITE", "QUANTITY"),
        ({"quantity": None, "quantity_double": 0.0}, "POSTED", "RECORD"),
        ({"start": None}, "START_MUST_BE_PRESENT", "START"),
        ({"end": None}, "END_MUST_BE_PRESENT", "END"),
        ({"start": None, "end": None}, "START_MUST_BE_PRESENT", "START"),
        ({"start": {"seconds": -1}}, "START_MUST_BE_IN_RANGE", "START"),
        ({"start": {"nanos": -1}}, "START_MUST_BE_IN_RANGE", "START"),
        ({"start": {"nanos": 10**9}}, "START_MUST_BE_IN_RANGE", "START"),
        ({"start": {}}, "POSTED", "RECORD"),
        ({"end": {"seconds": 7_258_118_400}}, "POSTED", "RECORD"),
        ({"end": {"seconds": 7_258_118_400, "nanos": 1000}}, "END_MUST_BE_IN_RANGE", "END"),
        ({"end": {"seconds": START_S}}, "END_MUST_FOLLOW_START", "END"),
        ({"end": {"seconds": START_S, "nanos": 999}}, "END_MUST_FOLLOW_START", "END"),
        ({"end": {"seconds": 2**62}, "start": {"seconds": -(2**62)}},
         "START_MUST_BE_IN_RANGE", "START"),
    ],
)  # fmt: skip
def test_each_rule_of_a_record_has_its_status_and_field(changes, status, field):
    """The lowest status of all faults is the one reported."""
    found = fault_of(record(**changes).SerializeToString())
    assert found == (RowStatus[status], RecordField[field])


def test_wrong_utf8_comes_before_other_faults():
    """A text that is no UTF-8 is named, with the first such field."""
    raw = record(unit="", facility="").SerializeToString() + b"\x12\x02\xc3\x28"
    assert fault_of(raw) == (RowStatus.TEXT_MUST_BE_UTF8, RecordField.FACILITY)


@pytest.mark.parametrize(
    "junk",
    [
        b"\xf8\x01\x05",  # unknown varint
        b"\xfa\x01\x03abc",  # unknown bytes
        b"\xf9\x01" + b"x" * 8,  # unknown fixed64
        b"\xfd\x01" + b"x" * 4,  # unknown fixed32
        b"\xfb\x01\x08\x05\xfb\x02\xfc\x02\xfc\x01",  # unknown group with a group inside
        b"\x08\x05",  # record_id as a varint
        b"\x60\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",  # data_quality -1
    ],
)
def test_unknown_fields_are_skipped(junk):
    """Fields that the kernel does not know, or of another type, change nothing."""
    raw = record().SerializeToString()
    assert fault_of(junk + raw + junk)[0] == RowStatus.POSTED


@pytest.mark.parametrize(
    "junk",
    [
        b"\xfb\x01\x08\x05",  # group without end
        b"\xfc\x01",  # end of no group
        b"\x0e",  # wire type 6
        b"\x0f",  # wire type 7
        b"\x00\x01",  # field number 0
        b"\x80",  # tag without end
        b"\x60" + b"\xff" * 10,  # varint of more than 10 bytes
        b"\x60" + b"\xff" * 9 + b"\x02",  # varint of more than 64 bits
        b"\x0a\x05abcd",  # text beyond the end
        b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\x7f",  # length beyond int64
        b"\x29" + b"x" * 7,  # double beyond the end
        b"\x3a\x02\x08\x80",  # timestamp that ends inside
        b"\x3a\x01\x0b",  # group in a timestamp
    ],
)
def test_a_record_that_cannot_be_read_has_a_status(junk):
    """What no encoder writes spoils that record alone."""
    raw = record().SerializeToString()
    assert fault_of(raw + junk) == (RowStatus.RECORD_MUST_DECODE, RecordField.RECORD)


def test_the_last_value_of_a_field_counts():
    """Of a field that comes twice the last one holds; a oneof holds one form alone."""
    twice = (
        record(quantity="9").SerializeToString()
        + record(quantity=None, quantity_double=2.5, record_id="second").SerializeToString()
    )
    posted = post(decode(b"\x0a" + bytes(varint(len(twice))) + twice))
    assert posted.totals[0].quantity_atto == 25 * 10**17
    assert pl.DataFrame(posted.records())["record_id"].to_list() == ["second"]


def time_field(tag, body):
    return bytes([tag, len(body)]) + body


@pytest.mark.parametrize("region", [b"", b"\x4a\x01x"])
@pytest.mark.parametrize(
    "start",
    [
        b"\x08\x01",
        b"\x08\xff\xff\xff\x7f",  # 2^28 - 1 seconds: the last of four bytes
        b"\x08\x80\x80\x80\x80\x01",  # 2^28: the first of five
        b"\x08\xd5\xaa\xd5\xaa\x05",  # every bit at its place
        b"\x08\xaa\xd5\xaa\xd5\x02",
        b"\x08\xff\xee\xf7\x84\x1b",  # beyond 2200
        b"\x08\x81\x80\x80\x80\x00",  # 1, padded to five
        b"\x08\x81\x80\x80\x80\x80\x00",
        b"\x08\x80\x80\x80\x80\x01\x10",  # its nanoseconds cut off
        b"\x08\x80\x80\x80\x80\x01\x10\x07",  # with nanoseconds after it
        b"\x10\xff\xff\xff\xff\x01",  # five bytes, but of nanoseconds
        b"\x10\x80\xa8\xd6\xb9\x07",  # a whole second of them: out of range
        b"\x08\x01\x10\x80\xa8\x10",  # five bytes that are two fields
        b"\x08\x80\x80\x80\x80",  # cut inside
        b"\x08\x80\x80\x80\x80\x80",
    ],
)
def test_times_on_the_wire_are_read_as_protobuf_reads_them(start, region):
    """Whatever their bytes: also as the last field of a record, and given twice."""
    others = record(start=None, end=None, region=None).SerializeToString()
    end = time_field(0x42, b"\x08\x90\xee\xf7\x84\x1b")
    for times in (
        time_field(0x3A, start) + end,
        time_field(0x3A, b"\x08\xc0\xc4\x07") + time_field(0x3A, start) + end,
        time_field(0x3A, b"\x08\x01") + time_field(0x42, start),
    ):
        raw = others + times + region
        decoded = post(decode(b"\x0a" + bytes(varint(len(raw))) + raw))
        try:
            read = ingest_pb2.ActivityRecord.FromString(raw)
        except DecodeError:
            assert fault_of(raw) == (RowStatus.RECORD_MUST_DECODE, RecordField.RECORD)
            continue
        again = post(decode(rows(read)))
        names = ["start", "end"]
        frame = pl.DataFrame(decoded.records())
        assert fault_of(raw) == fault_of(read.SerializeToString())
        assert frame.select(names).equals(pl.DataFrame(again.records()).select(names))
        for name in names if decoded.record_count else []:
            moment = getattr(read, name)
            stood_us = moment.seconds * 1_000_000 + moment.nanos // 1000
            assert frame[name].cast(pl.Int64).to_list() == [stood_us]


def test_a_message_cut_anywhere_raises_or_decodes_what_is_whole():
    """At every byte: either the framing is whole, or BatchError says which record is not."""
    messages = [rows(record(record_id=f"r{i}"), record(quantity="x")) for i in range(3)]
    message = b"".join(messages)
    whole = 0
    for stop in range(len(message) + 1):
        cut = message[:stop]
        found = attempt(decode, cut)
        if isinstance(found, kernel.BatchError):
            assert (found.reason, found.record_index) == ("TRUNCATED", whole)
        else:
            assert found.record_count >= whole
            whole = found.record_count
    assert whole == 6


def test_random_bytes_never_harm():
    """Garbage raises BatchError or gives records, and posts without loss."""
    draw = random.Random(20_150_101)  # noqa: S311  fixed on purpose: the same bytes each time
    message = rows(*(record(record_id=f"r{i}", evidence="é") for i in range(4)))
    for _ in range(4000):
        changed = bytearray(message)
        for _ in range(draw.randrange(1, 6)):
            changed[draw.randrange(len(changed))] = draw.randrange(256)
        body = bytes(changed) if draw.random() < 0.9 else draw.randbytes(60)
        found = attempt(decode, body)
        if isinstance(found, kernel.BatchError):
            assert found.reason in {"TRUNCATED", "MALFORMED"}
            continue
        posted = post(found)
        assert posted.record_count + posted.quarantine_count == found.record_count
        pl.DataFrame(posted.records())
        pl.DataFrame(posted.quarantine())


def test_too_many_records_are_refused_before_anything_is_taken():
    """The limit of records raises, and the session stays as it was."""
    session = kernel.Session(batch_records_max=2)
    message = rows(record(), record(), record())
    with pytest.raises(kernel.BatchError, match="at most 2 records") as raised:
        session.decode_rows(message, 0, len(message))
    assert raised.value.reason == "TOO_MANY_RECORDS"
    assert session.key_count == 0


@pytest.mark.parametrize(("start", "stop"), [(-1, 1), (2, 1), (0, 9)])
def test_a_span_outside_the_message_is_refused(start, stop):
    """start and stop never lead outside the message."""
    with pytest.raises(ValueError, match="start <= stop"):
        kernel.Session().decode_rows(b"12345678", start, stop)


def test_keys_are_numbered_by_first_sight_and_refused_records_make_none():
    """A key is a distinct facility, activity, unit and region of good records."""
    batch = decode(
        rows(
            record(facility="b"),
            record(facility="refused", quantity="x"),
            record(facility="a"),
            record(facility="b"),
            record(facility="b", region=""),
        )
    )
    keys = pl.DataFrame(batch.session.keys(0, batch.session.key_count))
    assert keys["facility"].to_list() == ["b", "a", "b"]
    assert keys["region"].to_list() == ["US-WA", "US-WA", ""]
    assert pl.DataFrame(batch.session.keys(1, 2))["facility"].to_list() == ["a"]
    with pytest.raises(ValueError, match="first <= stop"):
        batch.session.keys(0, 4)


def test_rules_are_given_without_gaps_and_taken_away():
    """Every key below ruled_key_count has a rule."""
    session = decode(rows(record(), record(unit="MWh"))).session
    for first, rules in ((1, [0]), (0, [0, 0, 0]), (0, [-1])):
        with pytest.raises(ValueError, match="rule"):
            session.set_rules(first, array("i", rules))
    session.set_rules(0, array("i", [3, 4]))
    assert session.ruled_key_count == 2
    session.forget_rules()
    assert session.ruled_key_count == 0


def test_a_full_session_says_so_and_goes_on():
    """Past key_count_max the owner is told to replace the session."""
    session = kernel.Session(key_count_max=2)
    for facility, full in (("a", False), ("b", False), ("c", True), ("d", True)):
        message = rows(record(facility=facility))
        assert session.decode_rows(message, 0, len(message)).record_count == 1
        assert session.is_full is full


def test_a_hundred_thousand_texts_keep_their_codes():
    """The tables grow without losing a key."""
    count = 100_000
    batch = decode(rows(*(record(facility=f"f{i}") for i in range(count))))
    keys = pl.DataFrame(batch.session.keys(0, batch.session.key_count))
    assert keys["facility"].to_list() == [f"f{i}" for i in range(count)]


def test_the_parts_of_a_request_are_found():
    """Header fields, the place of the batch and the backlog."""
    request = ingest_pb2.AppendRequest(
        channel="books/b/channels/c",
        epoch=3,
        offset=2**40,
        rows=ingest_pb2.Rows(records=[record()]),
        backlog={"record_count": 5, "oldest_unsent_time": {"seconds": 2, "nanos": 3999}},
    )
    message = request.SerializeToString()
    header = kernel.parse_append_request(message)
    assert (header.channel, header.epoch, header.offset) == ("books/b/channels/c", 3, 2**40)
    assert header.kind == 1
    assert message[header.body_start : header.body_stop] == request.rows.SerializeToString()
    assert (header.backlog_record_count, header.backlog_oldest_unsent_us) == (5, 2_000_003)
    empty = kernel.parse_append_request(b"")
    assert (empty.kind, empty.channel, empty.backlog_oldest_unsent_us) == (0, "", -1)
    arrow = kernel.parse_append_request(b"\x2a\x02ab")
    assert (arrow.kind, arrow.body_start, arrow.body_stop) == (2, 2, 4)


def test_a_request_cut_or_garbled_raises():
    """Every cut and every flipped byte parses or raises BatchError."""
    message = ingest_pb2.AppendRequest(
        channel="c", epoch=3, backlog={"oldest_unsent_time": {"seconds": 2}}, arrow_ipc=b"xyz"
    ).SerializeToString()
    raised = 0
    for at in range(len(message)):
        for body in (message[:at], message[:at] + b"\xff" + message[at + 1 :]):
            found = attempt(kernel.parse_append_request, body)
            if isinstance(found, kernel.BatchError):
                assert found.reason in {"TRUNCATED", "MALFORMED"}
                raised += 1
    assert raised > len(message)
    with pytest.raises(kernel.BatchError, match="one batch"):
        kernel.parse_append_request(b"\x22\x00\x2a\x00")
