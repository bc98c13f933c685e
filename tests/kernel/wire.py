"""Records as bytes: protobuf written by hand, and Arrow IPC by pyarrow."""

import struct
from collections.abc import Iterable, Sequence

import pyarrow as pa

from tests.kernel.oracle import TEXT_LIMITS, Record, instant_us

VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5
ROWS_TAG = b"\x0a"
"""Field 1 of `Rows`, length-delimited."""


def varint(value: int, padding: int = 0) -> bytes:
    """Base-128 varint of a 64-bit value; `padding` more bytes than needed."""
    value &= 2**64 - 1
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    for _ in range(padding):
        out[-1] |= 0x80
        out.append(0)
    return bytes(out)


def tag(number: int, wire_type: int) -> bytes:
    """Key of a field."""
    return varint(number << 3 | wire_type)


def length_field(number: int, body: bytes) -> bytes:
    """A length-delimited field."""
    return tag(number, LENGTH) + varint(len(body)) + body


def timestamp(instant: tuple[int, int]) -> bytes:
    """google.protobuf.Timestamp; zeros are left out."""
    seconds, nanos = instant
    body = tag(1, VARINT) + varint(seconds) if seconds else b""
    return body + (tag(2, VARINT) + varint(nanos) if nanos else b"")


def record_fields(record: Record) -> list[bytes]:
    """The fields of an ActivityRecord, each as its own bytes; empty texts are left out."""
    fields = [
        length_field(number, text)
        for number, (name, _) in TEXT_LIMITS.items()
        if (text := getattr(record, name))
    ]
    if isinstance(record.quantity, bytes):
        fields.append(length_field(4, record.quantity))
    elif record.quantity is not None:
        fields.append(tag(5, FIXED64) + struct.pack("<d", record.quantity))
    if record.start is not None:
        fields.append(length_field(7, timestamp(record.start)))
    if record.end is not None:
        fields.append(length_field(8, timestamp(record.end)))
    if record.data_quality:
        fields.append(tag(12, VARINT) + varint(record.data_quality))
    return fields


def record_bytes(record: Record) -> bytes:
    """An ActivityRecord."""
    return b"".join(record_fields(record))


def rows_of(bodies: Iterable[bytes]) -> bytes:
    """A `Rows` message of serialized records."""
    return b"".join(ROWS_TAG + varint(len(body)) + body for body in bodies)


def rows(records: Sequence[Record]) -> bytes:
    """A `Rows` message."""
    return rows_of(map(record_bytes, records))


def arrow_ipc(records: Sequence[Record], *, as_double: bool = False, batches: int = 1) -> bytes:
    """An Arrow IPC stream of records that have all their texts in UTF-8 and all their times.

    Quantities are utf8, or float64 with `as_double`; times timestamp[us, UTC].
    """
    time_type = pa.timestamp("us", tz="UTC")
    quantity = [
        q if as_double else (q.decode() if isinstance(q, bytes) else None)
        for q in (record.quantity for record in records)
    ]
    columns = {
        name: pa.array([getattr(record, name).decode() for record in records], pa.string())
        for name, _ in TEXT_LIMITS.values()
    }
    columns["quantity"] = pa.array(quantity, pa.float64() if as_double else pa.string())
    for name in ("start", "end"):
        instants = [getattr(record, name) for record in records]
        columns[name] = pa.array([i and instant_us(i) for i in instants], pa.int64()).cast(
            time_type
        )
    table = pa.table(columns)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        size = max(1, -(-len(records) // batches))
        for batch in table.to_batches(max_chunksize=size):
            writer.write_batch(batch)
    return bytes(sink.getvalue())
