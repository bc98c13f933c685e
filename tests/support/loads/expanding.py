"""Batches that become much more than they are: the worst that the limits of a server allow."""

from __future__ import annotations

import datetime as dt
import struct

import pyarrow as pa

from tonne.v1 import ingest_pb2

INSTANT = pa.timestamp("us", tz="UTC")
FIRST_US = int(dt.datetime(2020, 1, 1, tzinfo=dt.UTC).timestamp() * 1e6)
DAY_US = 86_400_000_000
TEN_YEARS_DAYS = 3_653


def constant(text: str, count: int) -> pa.DictionaryArray:
    """A column of one text, which stands in the message once."""
    return pa.DictionaryArray.from_arrays(pa.array([0] * count, pa.int8()), pa.array([text]))


def shared_views(text: str, count: int) -> pa.Array:
    """A column of text views that all show the same bytes."""
    view = struct.pack("<i4sii", len(text), text[:4].encode(), 0, 0)
    buffers = [None, pa.py_buffer(view * count), pa.py_buffer(text.encode())]
    return pa.Array.from_buffers(pa.string_view(), count, buffers)


def table(count: int, *, days: float = 1, **columns: pa.Array) -> pa.Table:
    """Records of as many facilities, of some days from 2020 on."""
    start = pa.array([FIRST_US] * count, INSTANT)
    end = pa.array([FIRST_US + int(days * DAY_US)] * count, INSTANT)
    return pa.table(
        {
            "record_id": constant("r", count),
            "facility": pa.array([f"site-{n}" for n in range(count)]),
            "activity": constant("electricity.grid", count),
            "unit": constant("kWh", count),
            "region": constant("DE", count),
            "quantity": constant("1.5", count),
            "start": start,
            "end": end,
        }
        | columns
    )


def stream(*tables: pa.Table, deltas: bool = False) -> bytes:
    """Tables as one Arrow IPC stream, their dictionaries as they come or as deltas."""
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(emit_dictionary_deltas=deltas)
    with pa.ipc.new_stream(sink, tables[0].schema, options=options) as writer:
        for each in tables:
            writer.write_table(each)
    return bytes(sink.getvalue())


def dictionary(text_bytes: int) -> bytes:
    """Attributes of so many bytes, each the one value of a dictionary."""
    count = text_bytes // 8_193
    return stream(
        table(count, facility=constant("f", count), attributes=constant("a" * 8_192, count))
    )


def dictionaries(text_bytes: int) -> bytes:
    """Record ids and evidence by dictionaries that grow by deltas."""
    count = text_bytes // (256 + 2_048) // 4
    texts = [chr(ord("a") + n) for n in range(4)]
    tables = []
    for number in range(4):
        ids = pa.array([text * 256 for text in texts[: number + 1]])
        links = pa.array([text * 2_048 for text in texts[: number + 1]])
        indices = pa.array([number] * count, pa.int8())
        tables.append(
            table(
                count,
                facility=constant("f", count),
                record_id=pa.DictionaryArray.from_arrays(indices, ids),
                evidence=pa.DictionaryArray.from_arrays(indices, links),
            )
        )
    return stream(*(each.replace_schema_metadata() for each in tables), deltas=True)


def views(text_bytes: int) -> bytes:
    """Attributes of so many bytes, all of them the same."""
    count = text_bytes // 8_193
    return stream(
        table(count, facility=constant("f", count), attributes=shared_views("v" * 8_192, count))
    )


def rejected(text_bytes: int) -> bytes:
    """Records in quarantine with six texts each, all from dictionaries."""
    count = text_bytes // (7 * 256)  # the record id stands in its column, too
    long = constant("x" * 256, count)
    names = ("record_id", "facility", "activity", "unit", "region", "quantity")
    return stream(table(count, **dict.fromkeys(names, long)))


def wide(posting_count: int) -> bytes:
    """Records of ten years, each posted to every month: as many as make so many postings."""
    count = posting_count // (2 + TEN_YEARS_DAYS // 28)
    return stream(table(count, days=TEN_YEARS_DAYS))


def narrow(message_bytes: int) -> bytes:
    """Records of as many facilities as fit, and no text beside that."""
    count = message_bytes // 40
    return stream(table(count))


def empty_rows(count: int) -> bytes:
    """Records of two bytes each, all of them in quarantine."""
    return b"\x0a\x00" * count


def long_rows(message_bytes: int) -> bytes:
    """Records with as long texts as there may be."""
    made = ingest_pb2.Rows()
    while made.ByteSize() < message_bytes - 12_000:
        made.records.add(
            record_id="r" * 256,
            facility=f"site-{len(made.records)}",
            activity="electricity.grid",
            quantity="1." + "0" * 200,
            unit="kWh",
            region="DE",
            evidence="e" * 2_048,
            attributes="a" * 8_192,
        )
        made.records[-1].start.FromMicroseconds(FIRST_US)
        made.records[-1].end.FromMicroseconds(FIRST_US + DAY_US)
    return made.SerializeToString()
