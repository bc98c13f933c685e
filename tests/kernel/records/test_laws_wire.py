"""Laws of the wire: what protobuf allows changes nothing, and no bytes break the kernel."""

import struct

import pytest
from google.protobuf.message import DecodeError
from hypothesis import assume, example, given
from hypothesis import strategies as st

import tonne_kernel as kernel
from tests.kernel import oracle, strategies, wire
from tests.kernel.harness import (
    FIELD_OF_RULE,
    RuleBook,
    answer_of,
    decode,
    period_starts,
    post_batches,
    post_rows,
)
from tests.kernel.oracle import TEXT_LIMITS, Record
from tonne.v1 import ingest_pb2

RULE_BOOK = RuleBook((((0, 1, 0), (400, 1, 1), (650, 1, -65)), ((0, 1, -64),), ((0, 1, 2),)))

unknown_numbers = st.one_of(
    st.integers(16, 200), st.integers(19_000, 2**29 - 1), st.just(2**29 - 1)
)
small_records = st.lists(strategies.valid_records(), min_size=1, max_size=6)


@st.composite
def unknown_fields(draw, depth=0):
    """A well-formed field of a number that ActivityRecord does not have."""
    number = draw(unknown_numbers)
    kind = draw(st.integers(0, 4 if depth < 3 else 3))
    if kind == 0:
        return wire.tag(number, wire.VARINT) + wire.varint(draw(st.integers(0, 2**64 - 1)))
    if kind == 1:
        return wire.tag(number, wire.FIXED64) + draw(st.binary(min_size=8, max_size=8))
    if kind == 2:
        return wire.tag(number, wire.FIXED32) + draw(st.binary(min_size=4, max_size=4))
    if kind == 3:
        return wire.length_field(number, draw(st.binary(max_size=200)))
    inner = b"".join(draw(st.lists(unknown_fields(depth + 1), max_size=2)))
    return wire.tag(number, 3) + inner + wire.tag(number, 4)


@given(small_records, st.data())
def test_unknown_fields_change_nothing(records, data):
    """A newer producer's fields, groups too, are skipped wherever they stand."""
    bodies = []
    for record in records:
        fields = wire.record_fields(record)
        for field in data.draw(st.lists(unknown_fields(), max_size=3)):
            fields.insert(data.draw(st.integers(0, len(fields))), field)
        bodies.append(b"".join(fields))
    extra = b"".join(data.draw(st.lists(unknown_fields(), max_size=2)))
    expected = post_rows(wire.rows(records), RULE_BOOK)
    assert post_rows(extra + wire.rows_of(bodies) + extra, RULE_BOOK) == expected


@given(small_records, st.randoms(use_true_random=False))
def test_order_of_fields_changes_nothing(records, random):
    """Protobuf promises no order of fields."""
    bodies = [b"".join(random.sample(f, len(f))) for f in map(wire.record_fields, records)]
    expected = post_rows(wire.rows(records), RULE_BOOK)
    assert post_rows(wire.rows_of(bodies), RULE_BOOK) == expected


@given(strategies.valid_records(), strategies.valid_records())
def test_the_last_of_repeated_fields_wins(first, last):
    """A field given twice counts as its last, as protobuf has it; the oneof too."""
    full = {"region": b"R", "record_id": b"i", "supplier": b"s"}
    values = {name: getattr(last, name) for name in last.__dataclass_fields__}
    last = Record(**{**values, **full, "start": (1_600_000_000, 1), "end": (1_700_000_000, 1)})
    body = wire.record_bytes(first) + wire.record_bytes(last)
    assert post_rows(wire.rows_of([body])) == post_rows(wire.rows([last]))


@given(small_records, st.integers(1, 4))
def test_padded_varints_change_nothing(records, padding):
    """A length may be written with more bytes than it needs."""
    bodies = [wire.record_bytes(record) for record in records]
    padded = b"".join(wire.ROWS_TAG + wire.varint(len(b), min(padding, 3)) + b for b in bodies)
    assert post_rows(padded, RULE_BOOK) == post_rows(wire.rows(records), RULE_BOOK)


@st.composite
def mutations(draw, data):
    """The bytes with a few flipped, removed, inserted, repeated, or cut off."""
    mutated = bytearray(data)
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(mutated)))
        length = draw(st.integers(0, 9))
        kind = draw(st.integers(0, 4))
        if kind == 0 and place < len(mutated):
            mutated[place] = draw(st.integers(0, 255))
        elif kind == 1:
            del mutated[place : place + length]
        elif kind == 2:
            mutated[place:place] = draw(st.binary(min_size=1, max_size=9))
        elif kind == 3:
            mutated[place:place] = mutated[place : place + length]
        else:
            del mutated[place:]
    return bytes(mutated)


def decoded_or_reason(session, body, *, arrow=False):
    """The batch and no reason, or no batch and the reason of the refusal."""
    try:
        return decode(session, body, arrow=arrow, margin=1), ""
    except kernel.BatchError as error:
        return None, error.reason


def record_of_message(message):
    """The oracle's record of a parsed message."""
    amount = message.WhichOneof("amount")
    quantity = {
        None: None,
        "quantity": message.quantity.encode(),
        "quantity_double": message.quantity_double,
    }[amount]
    times = {
        name: (getattr(message, name).seconds, getattr(message, name).nanos)
        if message.HasField(name)
        else None
        for name in ("start", "end")
    }
    texts = {name: getattr(message, name).encode() for name, _ in TEXT_LIMITS.values()}
    return Record(quantity=quantity, data_quality=message.data_quality, **times, **texts)


@given(st.data())
def test_what_protobuf_reads_the_kernel_reads_alike(data):
    """Of mutated messages, whatever protobuf's own parser accepts gets the answer of the
    records that it read; the rest gets a status or an error, never a crash."""
    records = data.draw(st.lists(strategies.records(), min_size=1, max_size=4))
    mutated = data.draw(mutations(wire.rows(records)))
    try:
        parsed = ingest_pb2.Rows.FromString(mutated).records
    except DecodeError:
        parsed = None
    session = kernel.Session()
    batch, reason = decoded_or_reason(session, mutated)
    if batch is None:
        assert reason
        assert parsed is None
    else:
        answer = answer_of(post_batches([batch], RULE_BOOK))
        if parsed is not None:
            read = [record_of_message(message) for message in parsed]
            expected = oracle.post([read], RULE_BOOK.runs_of, period_starts("UTC"), FIELD_OF_RULE)
            assert answer == expected


@given(small_records, st.data())
def test_a_broken_record_leaves_the_others_alone(records, data):
    """Whatever stands in one record, the others of the batch keep their status."""
    bodies = [wire.record_bytes(record) for record in records]
    place = data.draw(st.integers(0, len(bodies) - 1))
    broken = data.draw(st.one_of(mutations(bodies[place]), st.binary(max_size=60)))
    bodies[place] = broken
    statuses = post_rows(wire.rows_of(bodies), RULE_BOOK).statuses[0]
    expected = post_rows(wire.rows(records), RULE_BOOK).statuses[0]
    assert len(statuses) == len(expected)
    del statuses[place], expected[place]
    assert statuses == expected


@given(st.binary(max_size=200), st.booleans())
@example(b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\x7f", False)
@example(b"\x0a\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", False)
@example(b"\x0b" * 200, False)
def test_garbage_is_refused_or_read_never_worse(garbage, arrow):
    """Any bytes are a batch, or a BatchError with a reason and nothing of them taken."""
    session = kernel.Session()
    batch, reason = decoded_or_reason(session, garbage, arrow=arrow)
    if batch is None:
        assert reason
        assert session.key_count == 0
    else:
        post_batches([batch], RULE_BOOK)


@given(st.data())
def test_mutated_arrow_is_refused_or_read_never_worse(data):
    """Any change to an Arrow stream gives a batch of records or a BatchError."""
    records = data.draw(st.lists(strategies.valid_records(), min_size=1, max_size=4))
    records = [record for record in records if isinstance(record.quantity, bytes)]
    assume(records)
    mutated = data.draw(mutations(wire.arrow_ipc(records)))
    batch, reason = decoded_or_reason(kernel.Session(), mutated, arrow=True)
    if batch is None:
        assert reason
    else:
        answer = answer_of(post_batches([batch], RULE_BOOK))
        assert answer.totals[0].record_count == batch.record_count


@given(small_records, st.data())
def test_a_truncated_batch_leaves_the_session_usable(records, data):
    """After a batch that ends too early the session decodes the next one as ever."""
    body = wire.rows(records)
    stop = data.draw(st.integers(0, len(body) - 1))
    session = kernel.Session()
    boundaries = {0}
    for record in records:
        size = len(wire.record_bytes(record))
        boundaries.add(max(boundaries) + len(wire.ROWS_TAG + wire.varint(size)) + size)
    if stop in boundaries:
        assert decode(session, body[:stop]).record_count == sorted(boundaries).index(stop)
    else:
        with pytest.raises(kernel.BatchError) as caught:
            decode(session, body[:stop])
        assert caught.value.reason == "TRUNCATED"
    batch = decode(session, body)
    assert answer_of(post_batches([batch], RULE_BOOK)) == post_rows(body, RULE_BOOK)


@given(
    channel=st.text(max_size=300),
    numbers=st.tuples(*[st.integers(-(2**63), 2**63 - 1)] * 3),
    oldest=st.none() | st.integers(0, 7_258_118_399),
    kind=st.integers(0, 2),
    records=small_records,
)
def test_the_header_of_a_message_is_protobufs(channel, numbers, oldest, kind, records):
    """What stands beside the records is read as protobuf reads it."""
    epoch, offset, waiting = numbers
    message = ingest_pb2.AppendRequest(channel=channel, epoch=epoch, offset=offset)
    body = [b"", wire.rows(records), b"arrow" * 30][kind]
    if kind == 1:
        message.rows.ParseFromString(body)
    elif kind == 2:
        message.arrow_ipc = body
    if waiting or oldest is not None:
        message.backlog.record_count = waiting
    if oldest is not None:
        message.backlog.oldest_unsent_time.seconds = oldest
    data = message.SerializeToString()
    header = kernel.parse_append_request(data)
    assert (header.channel, header.epoch, header.offset) == (channel, epoch, offset)
    assert header.kind == kind
    assert len(data[header.body_start : header.body_stop]) == len(body)
    if kind == 2:
        assert data[header.body_start : header.body_stop] == body
    assert header.backlog_record_count == waiting
    assert header.backlog_oldest_unsent_us == (-1 if oldest is None else oldest * 10**6)


@given(st.data())
def test_a_mutated_header_is_refused_or_read_as_protobuf_reads_it(data):
    """Any change to a message gives a header inside its bounds or a BatchError."""
    message = ingest_pb2.AppendRequest(channel="books/b/channels/c", epoch=3, offset=2**40)
    message.arrow_ipc = b"x" * 20
    message.backlog.record_count = 7
    mutated = data.draw(mutations(message.SerializeToString()))
    try:
        header = kernel.parse_append_request(mutated)
    except kernel.BatchError:
        return
    assert 0 <= header.body_start <= header.body_stop <= len(mutated)
    try:
        parsed = ingest_pb2.AppendRequest.FromString(mutated)
    except DecodeError:
        return
    assert (header.channel, header.epoch, header.offset) == (
        parsed.channel,
        parsed.epoch,
        parsed.offset,
    )
    assert header.kind == {None: 0, "rows": 1, "arrow_ipc": 2}[parsed.WhichOneof("batch")]


def test_a_double_that_is_no_number_is_named():
    """Each kind of not-a-number has the status of not being finite."""
    quantities = [float("nan"), float("inf"), float("-inf")]
    quantities.append(struct.unpack("<d", b"\x01\x00\x00\x00\x00\x00\xf0\x7f")[0])
    answer = post_rows(wire.rows([Record(quantity=quantity) for quantity in quantities]))
    assert answer.statuses[0] == [(oracle.QUANTITY_FINITE, 4)] * 4
