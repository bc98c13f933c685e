"""Makes Arrow IPC streams by pyarrow, reads them by the kernel, and finds the parts of their
metadata, so that a test can lie in them."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

import tonne_kernel as kernel
from tests.kernel.harness import RuleBook, decode, post_batches, table_of, whole_quantities

ORDER = (
    *("record_id", "facility", "activity", "quantity", "unit", "start", "end", "region"),
    *("supplier", "product", "data_quality", "evidence", "attributes", "unread"),
)
INSTANT = pa.timestamp("us", tz="UTC")
START_US = 1_700_000_000_000_000
STEP_US = 900_000_000


def base(count: int = 3) -> dict[str, pa.Array]:
    """The required columns of `count` records in good order."""
    starts = [START_US + STEP_US * row for row in range(count)]
    return {
        "facility": pa.array([f"site-{row % 7}" for row in range(count)]),
        "activity": pa.array(["electricity.grid"] * count),
        "quantity": pa.array(range(1, count + 1), pa.int64()),
        "unit": pa.array(["kWh"] * count),
        "start": pa.array(starts, INSTANT),
        "end": pa.array([start + STEP_US for start in starts], INSTANT),
    }


def stream_of(table: pa.Table, batch_rows: int | None = None, **options: Any) -> bytes:
    """A table as an Arrow IPC stream."""
    sink = pa.BufferOutputStream()
    write_options = pa.ipc.IpcWriteOptions(**options)
    with pa.ipc.new_stream(sink, table.schema, options=write_options) as writer:
        writer.write_table(table, max_chunksize=batch_rows)
    return bytes(sink.getvalue())


def stream(columns: Mapping[str, pa.Array], batch_rows: int | None = None) -> bytes:
    """Columns as an Arrow IPC stream."""
    return stream_of(pa.table(dict(columns)), batch_rows)


@dataclass(frozen=True, slots=True)
class Taken:
    """What the kernel made of a stream: its rows in order, and its row errors."""

    records: list[dict[str, Any]]
    errors: dict[int, tuple[int, int]]
    quarantine: list[dict[str, Any]]

    def column(self, name: str) -> list[Any]:
        """One column of the records."""
        return [record[name] for record in self.records]


def take(body: bytes, margin: int = 3, **session: int) -> Taken:
    """Decode and post a stream that lies `margin` bytes inside a message."""
    return taken_of(decode(kernel.Session(**session), body, arrow=True, margin=margin))


def taken_of(batch: kernel.Batch) -> Taken:
    """Post a batch and read everything back."""
    posted = post_batches([batch], RuleBook())
    records = whole_quantities(table_of(posted.records()))
    names = [name for name in ORDER if name in records.column_names]
    columns = {name: _plain(records[name]) for name in names}
    (totals,) = posted.totals
    return Taken(
        pa.table(columns).to_pylist(),
        {index: (status, field) for index, status, field in totals.row_errors},
        table_of(posted.quarantine()).to_pylist(),
    )


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Texts without dictionary, instants as microseconds."""
    if pa.types.is_dictionary(column.type):
        return column.cast(pa.string())
    return column.cast(pa.int64()) if pa.types.is_timestamp(column.type) else column


@dataclass(frozen=True, slots=True)
class Table:
    """A flatbuffer table in a stream, read the plain way."""

    data: bytes
    position: int

    def field(self, number: int) -> int:
        """Position of a field's value, 0 where it is absent."""
        vtable = self.position - struct.unpack_from("<i", self.data, self.position)[0]
        (size,) = struct.unpack_from("<H", self.data, vtable)
        if 4 + 2 * number >= size:
            return 0
        (offset,) = struct.unpack_from("<H", self.data, vtable + 4 + 2 * number)
        return self.position + offset if offset else 0

    def target(self, number: int) -> int:
        """Where the offset in a field points."""
        place = self.field(number)
        return place + struct.unpack_from("<I", self.data, place)[0]

    def table(self, number: int) -> "Table":
        """The table that a field points at."""
        return Table(self.data, self.target(number))


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a stream, by the positions of its parts."""

    start: int
    body: int
    stop: int
    kind: int
    header: Table
    message: Table

    @property
    def batch(self) -> Table:
        """The RecordBatch table of a record batch or dictionary batch."""
        return self.header.table(1) if self.kind == 2 else self.header

    def pair(self, number: int, index: int) -> int:
        """Position of element `index` of nodes (1) or buffers (2) of the batch."""
        return self.batch.target(number) + 4 + 16 * index


def messages_of(data: bytes) -> list[Message]:
    """The messages of a stream, without its end."""
    found, position = [], 0
    while position < len(data):
        _, size = struct.unpack_from("<iI", data, position)
        if size == 0:
            break
        metadata = position + 8
        message = Table(data, metadata + struct.unpack_from("<I", data, metadata)[0])
        body_field = message.field(3)
        body_size = struct.unpack_from("<q", data, body_field)[0] if body_field else 0
        body = metadata + size
        kind = data[message.field(1)]
        found.append(Message(position, body, body + body_size, kind, message.table(2), message))
        position = body + body_size
    return found


def patched(data: bytes, position: int, form: str, value: int) -> bytes:
    """The stream with another value at a position."""
    assert position > 0
    changed = bytearray(data)
    struct.pack_into("<" + form, changed, position, value)
    return bytes(changed)
