"""Arrow IPC streams: framing, batches, dictionaries, and streams that lie."""

import faulthandler
import os
import random
import struct
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

import tonne_kernel as kernel
from tests.kernel.columnar.arrow_streams import (
    base,
    messages_of,
    patched,
    stream,
    stream_of,
    take,
)
from tests.kernel.harness import RuleBook, answer_of, decode, post_batches

REPOSITORY = Path(__file__).parents[3]
END = struct.pack("<iI", -1, 0)
SCHEMA, DICTIONARY, RECORDS = 1, 2, 3
NODES, BUFFERS = 1, 2


def full_columns(count=5):
    """A column of each layout: offsets of both widths, views, dictionaries, decimals, nulls."""
    columns = base(count)
    names = [f"a name that is longer than a view, {row}" for row in range(count)]
    columns["record_id"] = pa.array([None, *names[1:]], pa.string())
    columns["facility"] = columns["facility"].dictionary_encode()
    columns["unit"] = pa.array(["kWh"] * count).cast(pa.string_view()).dictionary_encode()
    columns["region"] = pa.array(names, pa.large_string())
    columns["supplier"] = pa.array(names, pa.string_view())
    columns["quantity"] = columns["quantity"].cast(pa.decimal128(30, 4))
    columns["data_quality"] = pa.array([1, None, 3, 2, 1][:count], pa.uint8())
    return columns


def refusal_of(body, **session):
    """The error with which a stream is refused, whatever stands around it."""
    with pytest.raises(kernel.BatchError) as refusal:
        take(body, **session)
    return refusal.value


def records_message(body, index=0):
    """The message of a record batch."""
    return [message for message in messages_of(body) if message.kind == RECORDS][index]


@pytest.mark.parametrize("batch_rows", [1, 7, 1000, 1500, 3000])
def test_batches_of_one_stream_are_one_batch(batch_rows):
    """Any cut of a table into record batches gives the same records."""
    columns = {**base(3000), "supplier": pa.array(["s", None, "t"] * 1000)}
    columns["facility"] = columns["facility"].dictionary_encode()
    assert take(stream(columns, batch_rows)) == take(stream(columns))


@pytest.mark.parametrize("offset", [1, 3, 8, 1023])
def test_slices_mean_their_rows(offset):
    """A slice, whose buffers pyarrow cuts at odd bits, gives its rows alone."""
    columns = {**base(2100), "supplier": pa.array(["s", None, "a supplier"] * 700)}
    table = pa.table(columns)
    expected = take(stream_of(table)).records[offset : offset + 1050]
    assert take(stream_of(table.slice(offset, 1050))).records == expected


@pytest.mark.parametrize("margin", range(8))
def test_any_address_will_do(margin):
    """A stream is read wherever it begins in its message."""
    assert take(stream(full_columns()), margin=margin) == take(stream(full_columns()))


def dictionary_stream(parts, *, deltas):
    """A stream whose facility dictionary grows or changes between its batches."""
    schema = None
    sink = pa.BufferOutputStream()
    for values, indices in parts:
        columns = base(len(indices))
        for field in ("facility", "quantity", "evidence"):
            columns[field] = pa.DictionaryArray.from_arrays(pa.array(indices), pa.array(values))
        table = pa.table(columns)
        if schema is None:
            schema = table.schema
            options = pa.ipc.IpcWriteOptions(emit_dictionary_deltas=deltas)
            writer = pa.ipc.new_stream(sink, schema, options=options)
        writer.write_table(table)
    writer.close()
    body = bytes(sink.getvalue())
    assert any(message.header.field(2) for message in messages_of(body) if message.kind == 2) == (
        deltas
    )
    return body


@pytest.mark.parametrize("deltas", [False, True])
def test_dictionaries_grow(deltas):
    """Each batch reads the dictionary as it stands: replaced as a whole, or with a delta."""
    parts = [
        (["1", "2"], [0, 1]),
        (["1", "2", "3"], [2, 0, 1]),
        (["1", "2", "3", "4", "5"], [4, None, 3, 2]),
    ]
    taken = take(dictionary_stream(parts, deltas=deltas))
    assert taken.errors == {6: (4, 2)}
    assert taken.column("facility") == ["1", "2", "3", "1", "2", "5", "4", "3"]
    assert taken.column("evidence") == taken.column("facility")
    assert [str(int(q)) for q in taken.column("quantity")] == taken.column("facility")


def test_dictionaries_are_replaced():
    """The same index means another value after a replacement, shorter or longer."""
    parts = [(["9", "8", "7"], [0, 1, 2]), (["5"], [0, 0]), (["1", "2", "3", "4"], [3, 0])]
    taken = take(dictionary_stream(parts, deltas=False))
    assert taken.column("facility") == ["9", "8", "7", "5", "5", "4", "1"]
    assert [int(q) for q in taken.column("quantity")] == [9, 8, 7, 5, 5, 4, 1]


def test_an_empty_stream_has_no_records():
    """A schema alone, and batches without rows, are a batch of no records."""
    empty = pa.table(base(0))
    assert take(stream_of(empty)).records == []
    batch = empty.to_batches(max_chunksize=1) or [pa.RecordBatch.from_pydict(base(0))]
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, empty.schema) as writer:
        writer.write_batch(batch[0])
        writer.write_batch(batch[0])
    assert take(bytes(sink.getvalue())).records == []


def test_the_end_marker_may_be_left_out():
    """A stream may end with its bytes, as the format has it; what follows an end is refused."""
    body = stream(base())
    assert body.endswith(END)
    assert take(body[: -len(END)]) == take(body)
    for rest in (b"\0", END, body):
        error = refusal_of(body + rest)
        assert error.reason == "ARROW_INVALID"
        assert f"{len(rest)} bytes follow the end" in str(error)


def test_compressed_bodies_are_refused_with_a_remedy():
    """Compression has a reason of its own."""
    body = stream_of(pa.table(full_columns()), compression="zstd")
    error = refusal_of(body)
    assert error.reason == "ARROW_COMPRESSED"
    assert "without compression" in str(error)


def test_other_framings_are_refused_with_a_remedy():
    """The framing before Arrow 0.15 and the file format are no streams."""
    legacy = stream_of(pa.table(base()), use_legacy_format=True)
    assert "0xFFFFFFFF" in str(refusal_of(legacy))
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, pa.table(base()).schema) as writer:
        writer.write_table(pa.table(base()))
    error = refusal_of(bytes(sink.getvalue()))
    assert error.reason == "ARROW_INVALID"
    assert "not the file format" in str(error)


def test_metadata_of_v4_are_read():
    """The metadata version before the current one differs only where Tonne takes nothing."""
    version = pa.ipc.MetadataVersion.V4
    assert take(stream_of(pa.table(base()), metadata_version=version)) == take(stream(base()))


def test_too_many_records_are_refused():
    """The limit counts all batches of a stream, before a record is read."""
    body = stream(base(10), batch_rows=3)
    assert len(take(body, batch_records_max=10).records) == 10
    error = refusal_of(body, batch_records_max=9)
    assert error.reason == "TOO_MANY_RECORDS"
    assert "at most 9" in str(error)


def test_texts_that_unfold_beyond_the_limit_are_refused():
    """A small message cannot stand for gigabytes by repeating one long text."""
    count = 20_000
    columns = base(count)
    long_text = pa.array(["x" * 8192])
    columns["attributes"] = pa.DictionaryArray.from_arrays(
        pa.array([0] * count, pa.int8()), long_text
    )
    error = refusal_of(stream(columns))
    assert error.reason == "TOO_MANY_RECORDS"
    assert "unfold" in str(error)


@pytest.mark.parametrize("deltas", [True, False])
@pytest.mark.parametrize("field", ["record_id", "evidence", "attributes"])
def test_what_a_dictionary_stands_for_is_told_before(field, deltas):
    """A text by dictionary, grown by deltas or replaced, is measured as often as it is used."""
    count = 4_000
    tables = []
    for size in (5, 256, 17):
        columns = base(count)
        values = pa.array(["x" * size, "y"][:1] if size == 5 else ["x" * 5, "z" * size])
        indices = pa.array([len(values) - 1] * count, pa.int8())
        columns[field] = pa.DictionaryArray.from_arrays(indices, values)
        tables.append(pa.table(columns))
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(emit_dictionary_deltas=deltas)
    with pa.ipc.new_stream(sink, tables[0].schema, options=options) as writer:
        for table in tables[: 2 if deltas else 3]:
            writer.write_table(table)
    body = bytes(sink.getvalue())
    session = kernel.Session()
    told_bytes = session.measure_arrow(body, 0, len(body))
    assert told_bytes >= count * (5 + 256)
    batch = session.decode_arrow(body, 0, len(body))
    assert count * (5 + 256) < batch.columns_memory_bytes <= told_bytes


def test_views_that_share_their_bytes_are_told_before():
    """Texts of views may all be the same bytes of one block."""
    count = 2_000
    columns = base(count)
    view = struct.pack("<i4sii", 8_000, b"xxxx", 0, 0)
    buffers = [None, pa.py_buffer(view * count), pa.py_buffer(b"x" * 8_000)]
    columns["attributes"] = pa.Array.from_buffers(pa.string_view(), count, buffers)
    body = stream(columns)
    assert len(body) < 300_000
    session = kernel.Session()
    told_bytes = session.measure_arrow(body, 0, len(body))
    batch = session.decode_arrow(body, 0, len(body))
    assert count * 8_000 < batch.columns_memory_bytes <= told_bytes


def test_the_limit_of_texts_is_the_sessions():
    """What unfolds beyond the limit of a session is refused, below it is not."""
    count = 2_000
    columns = base(count)
    columns["evidence"] = pa.DictionaryArray.from_arrays(
        pa.array([0] * count, pa.int8()), pa.array(["x" * 100])
    )
    body = stream(columns)
    assert len(take(body, text_bytes_max=count * 100).records) == count
    with pytest.raises(kernel.BatchError) as caught:
        take(body, text_bytes_max=count * 100 - 1)
    assert caught.value.reason == "TOO_MANY_RECORDS"


def test_a_span_beyond_the_limit_is_a_row_error_of_arrow_batches():
    """The same rule as in rows: the longest span is taken, a microsecond more is not."""
    columns = base(3)
    columns["end"] = pa.array(
        [start.value + span for start, span in zip(columns["start"], (99, 100, 101), strict=True)],
        columns["start"].type,
    )
    taken = take(stream(columns), span_us_max=100)
    assert taken.errors == {2: (18, 8)}


def test_records_without_bytes_are_refused():
    """A message of a few bytes cannot claim rows by the hundred thousand."""
    nulls = {field: pa.nulls(100_000) for field in base()}
    error = refusal_of(stream(nulls))
    assert error.reason == "ARROW_INVALID"
    assert "claims 100000 records in" in str(error)
    few = {field: pa.nulls(100) for field in base()}
    assert len(take(stream(few)).errors) == 100


HUGE = 2**63 - 1
LIES = {
    "length huge": (lambda m: m.batch.field(0), "q", HUGE, "TOO_MANY_RECORDS"),
    "length negative": (lambda m: m.batch.field(0), "q", -1, "ARROW_INVALID"),
    "length more than nodes": (lambda m: m.batch.field(0), "q", 6, "ARROW_INVALID"),
    "body huge": (lambda m: m.message.field(3), "q", HUGE, "ARROW_INVALID"),
    "body negative": (lambda m: m.message.field(3), "q", -8, "ARROW_INVALID"),
    "body too long": (lambda m: m.message.field(3), "q", 2**31, "ARROW_INVALID"),
    "version old": (lambda m: m.message.field(0), "h", 2, "ARROW_INVALID"),
    "version new": (lambda m: m.message.field(0), "h", 5, "ARROW_INVALID"),
    "kind tensor": (lambda m: m.message.field(1), "B", 4, "ARROW_INVALID"),
    "kind schema": (lambda m: m.message.field(1), "B", 1, "ARROW_INVALID"),
    "metadata huge": (lambda m: m.start + 4, "I", 2**31 - 1, "ARROW_INVALID"),
    "metadata negative": (lambda m: m.start + 4, "I", 2**32 - 1, "ARROW_INVALID"),
    "no continuation": (lambda m: m.start, "I", 0, "ARROW_INVALID"),
    "root beyond": (lambda m: m.start + 8, "I", 2**32 - 1, "ARROW_INVALID"),
    "vtable beyond": (lambda m: m.message.position, "i", -(2**31), "ARROW_INVALID"),
    "vtable before": (lambda m: m.message.position, "i", 2**31 - 1, "ARROW_INVALID"),
    "nodes count": (lambda m: m.batch.target(1), "I", 2**32 - 1, "ARROW_INVALID"),
    "nodes fewer": (lambda m: m.batch.target(1), "I", 1, "ARROW_INVALID"),
    "nodes beyond": (lambda m: m.batch.field(1), "I", 2**32 - 1, "ARROW_INVALID"),
    "buffers count": (lambda m: m.batch.target(2), "I", 2**28, "ARROW_INVALID"),
    "buffers fewer": (lambda m: m.batch.target(2), "I", 3, "ARROW_INVALID"),
    "variadic more": (lambda m: m.batch.target(4) + 4, "q", 2, "ARROW_INVALID"),
    "variadic huge": (lambda m: m.batch.target(4) + 4, "q", HUGE, "ARROW_INVALID"),
    "variadic negative": (lambda m: m.batch.target(4) + 4, "q", -1, "ARROW_INVALID"),
    "variadic none": (lambda m: m.batch.target(4), "I", 0, "ARROW_INVALID"),
    "node rows": (lambda m: m.pair(NODES, 2), "q", 4, "ARROW_INVALID"),
    "node nulls": (lambda m: m.pair(NODES, 0) + 8, "q", 6, "ARROW_INVALID"),
    "node nulls negative": (lambda m: m.pair(NODES, 0) + 8, "q", -1, "ARROW_INVALID"),
    "nulls without bits": (lambda m: m.pair(NODES, 1) + 8, "q", 1, "ARROW_INVALID"),
}


@pytest.mark.parametrize("name", LIES)
def test_a_lie_in_the_metadata_is_refused(name):
    """Lengths, counts and positions that do not hold are refused with a reason."""
    place, form, value, reason = LIES[name]
    body = stream(full_columns())
    body = patched(body, place(records_message(body)), form, value)
    assert refusal_of(body).reason == reason


@pytest.mark.parametrize("kind", [DICTIONARY, RECORDS])
@pytest.mark.parametrize("value", [-1, -(2**63), 2**31, 2**62, HUGE])
@pytest.mark.parametrize("part", [0, 8], ids=["offset", "size"])
def test_a_buffer_beyond_its_body_is_refused(kind, part, value):
    """Every buffer's offset and size is checked against the body, without wrapping."""
    body = stream(full_columns())
    (message, *_) = [m for m in messages_of(body) if m.kind == kind]
    place = message.batch.target(2)
    (count,) = struct.unpack_from("<I", body, place)
    for index in range(count):
        lied = patched(body, message.pair(BUFFERS, index) + part, "q", value)
        assert refusal_of(lied).reason == "ARROW_INVALID"


def test_a_buffer_too_small_for_its_rows_is_refused():
    """A size one byte below what the rows need is refused, for values, offsets and bits."""
    body = stream(full_columns())
    message = records_message(body)
    (count,) = struct.unpack_from("<I", body, message.batch.target(2))
    refused = 0
    for index in range(count):
        place = message.pair(BUFFERS, index) + 8
        (size,) = struct.unpack_from("<q", body, place)
        if size:
            refused += refusal_of(patched(body, place, "q", 0)).reason == "ARROW_INVALID"
    assert refused >= 12


@pytest.mark.parametrize(
    ("array", "needs"),
    [
        (pa.array(["a", "b", None, "c", "d"]), (1, 24)),
        (pa.array(["a", "b", None, "c", "d"], pa.large_string()), (1, 48)),
        (pa.array(["a", "b", None, "c", "d"], pa.string_view()), (1, 80)),
        (pa.array(["a", "b", None, "c", "d"]).dictionary_encode(), (1, 20)),
        (pa.array(["a", "b", None, "c", "d"] * 2)[:9], (2, 40)),
    ],
    ids=lambda x: str(getattr(x, "type", "")),
)
def test_a_buffer_is_as_long_as_its_rows_need(array, needs):
    """Bits and values that just suffice are read; one byte less is refused."""
    body = stream({"region": array, **base(len(array))})
    message = records_message(body)
    for buffer, need in enumerate(needs):
        place = message.pair(BUFFERS, buffer) + 8
        taken = take(patched(body, place, "q", need))
        assert taken.column("region") == [text or "" for text in array.to_pylist()]
        assert "too few" in str(refusal_of(patched(body, place, "q", need - 1)))


def column_data(columns, field, buffer):
    """The stream, and where a column's buffer (0 validity, 1, 2) begins in it.

    The column is made the first, so that its buffers are the first of the batch.
    """
    body = stream({field: columns[field], **columns})
    message = records_message(body)
    (offset,) = struct.unpack_from("<q", body, message.pair(BUFFERS, buffer))
    return body, message.body + offset


@pytest.mark.parametrize(("text_type", "form"), [(pa.string(), "i"), (pa.large_string(), "q")])
@pytest.mark.parametrize("value", [-1, -(2**31), 2**31 - 1, 10**6, 0])
def test_offsets_that_run_backwards_or_out_are_refused(text_type, form, value):
    """The error names the record and the column."""
    columns = {**base(5), "region": pa.array(["abc"] * 5, text_type)}
    body, start = column_data(columns, "region", 1)
    body = patched(body, start + 3 * struct.calcsize(form), form, value)
    error = refusal_of(body)
    assert (error.reason, error.field) == ("ARROW_INVALID", "region")
    assert error.record_index == 2


@pytest.mark.parametrize(("at", "value"), [
    (0, -1), (0, -(2**31)), (0, 2**31 - 1), (0, 500), (4, 7), (8, 1), (8, -1), (8, 2**31 - 1),
    (12, -1), (12, 2**31 - 1), (12, 10_000),
])  # fmt: skip
def test_views_that_point_out_are_refused(at, value):
    """Length, prefix, buffer and offset of a view are checked."""
    columns = {**base(5), "region": pa.array(["a name of more than 12"] * 5, pa.string_view())}
    body, start = column_data(columns, "region", 1)
    error = refusal_of(patched(body, start + 16 * 2 + at, "i", value))
    assert (error.reason, error.field, error.record_index) == ("ARROW_INVALID", "region", 2)


@pytest.mark.parametrize("field", ["facility", "quantity", "record_id", "evidence", "supplier"])
@pytest.mark.parametrize("nulls", [False, True])
@pytest.mark.parametrize("value", [2, 3, -1, 127, -128])
def test_a_dictionary_index_out_of_range_is_refused(field, nulls, value):
    """Indices are checked in every use of a dictionary; under a null they mean nothing."""
    indices = [0, 1, 0, None if nulls else 1, 1]
    array = pa.DictionaryArray.from_arrays(pa.array(indices, pa.int8()), pa.array(["1", "2"]))
    body, start = column_data({**base(5), field: array}, field, 1)
    error = refusal_of(patched(body, start + 2, "b", value))
    assert (error.reason, error.field, error.record_index) == ("ARROW_INVALID", field, 2)
    assert f"is {value} where the dictionary has 2 values" in str(error)
    if nulls:
        assert len(take(patched(body, start + 3, "b", value)).records) == (
            4 if field in ("facility", "quantity") else 5
        )


def test_an_unsigned_index_beyond_int64_is_refused():
    """An index that would be negative as int64 is out of range too."""
    array = pa.DictionaryArray.from_arrays(pa.array([0, 1, 0], pa.uint64()), pa.array(["1", "2"]))
    body, start = column_data({**base(), "facility": array}, "facility", 1)
    assert refusal_of(patched(body, start + 8, "Q", 2**64 - 1)).record_index == 1


def test_an_unknown_dictionary_is_refused():
    """A dictionary that no column uses, and a record batch before its dictionary."""
    body = stream(full_columns())
    (schema, *rest) = messages_of(body)
    first = next(message for message in rest if message.kind == DICTIONARY)
    lied = patched(body, first.header.field(0), "q", 99) if first.header.field(0) else None
    if lied is None:  # id 0 is left out of the metadata: another one has a field to change
        second = [message for message in rest if message.kind == DICTIONARY][1]
        lied = patched(body, second.header.field(0), "q", 99)
    assert "id 99" in str(refusal_of(lied))
    records = records_message(body)
    error = refusal_of(body[: schema.stop] + body[records.start :])
    assert "the dictionary has 0 values" in str(error)


def test_big_endian_is_refused():
    """Endianness is read from the schema; little, the default, is left out of it."""
    body = stream(base())
    (schema, *_) = messages_of(body)
    table = schema.header
    assert table.field(0) == 0
    vtable = table.position - struct.unpack_from("<i", body, table.position)[0]
    # Let the field point at two bytes of the table that hold a number other than 0.
    body = patched(body, vtable + 4, "H", table.field(1) - table.position)
    assert struct.unpack_from("<h", body, table.field(1))[0] != 0
    assert "big-endian" in str(refusal_of(body))


def attempt(body):
    """Read a stream of any content: an answer or a BatchError, nothing else."""
    try:
        batch = decode(kernel.Session(), body, arrow=True)
    except kernel.BatchError as error:
        if not (error.reason and str(error)):
            raise
        return False
    answer = answer_of(post_batches([batch], RuleBook()))
    assert answer.totals[0].record_count == batch.record_count
    return True


def attack(seed):
    """Truncate a stream at every byte, and change every byte to several values."""
    faulthandler.enable()
    body = stream(full_columns(), batch_rows=3)
    boundaries = {message.stop for message in messages_of(body)}
    assert attempt(body)
    for size in range(len(body)):
        assert attempt(body[:size]) == (size in boundaries)
    generator = random.Random(seed)  # noqa: S311  chooses bits to flip
    taken = refused = 0
    changed = bytearray(body)
    for place in range(len(body)):
        values = {0, 1, 0x7F, 0x80, 0xFF, body[place] ^ 1 << generator.randrange(8)}
        for value in values - {body[place]}:
            changed[place] = value
            if attempt(bytes(changed)):
                taken += 1
            else:
                refused += 1
        changed[place] = body[place]
    print(f"{taken} taken, {refused} refused")  # noqa: T201  read by the parent
    assert taken > 100
    assert refused > 100


def test_no_byte_breaks_the_kernel():
    """Truncated at every byte, and with every byte changed to several values, a stream is
    refused or read; in a process of its own, so that a crash fails this test alone."""
    code = "from tests.kernel.columnar import test_arrow_ipc; test_arrow_ipc.attack(20240229)"
    finished = subprocess.run(
        [sys.executable, "-c", code],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(["", *sys.path])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
