"""An Arrow IPC stream from a file, one record batch at a time.

Polars reads a stream only as a whole, and a file may be larger than memory; so the stream is
cut here at the frames of its messages, and each record batch is handed to Polars behind the
schema and the dictionaries before it.

Source: Apache Arrow columnar format, "Encapsulated message format", and Message.fbs.
"""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING, BinaryIO

import polars as pl

from tonne.errors import FieldInvalid

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONTINUATION = b"\xff\xff\xff\xff"
END_OF_STREAM = CONTINUATION + bytes(4)
METADATA_BYTES_MAX = 64 << 20

_SCHEMA, _DICTIONARY_BATCH, _RECORD_BATCH = 1, 2, 3
_HEADER_TYPE_SLOT, _BODY_LENGTH_SLOT = 1, 3


def read_ipc_stream(path: Path) -> Iterator[pl.DataFrame]:
    """Read the record batches of a stream, in order.

    Raises
    ------
    FieldInvalid
        Where the file is cut or is no Arrow IPC stream.
    """
    schema = b""
    dictionaries: list[bytes] = []
    with path.open("rb") as file:
        while (message := _read_message(file, path)) is not None:
            kind, content = message
            if kind == _SCHEMA:
                schema = content
            elif kind == _DICTIONARY_BATCH:
                dictionaries.append(content)
            elif kind == _RECORD_BATCH:
                whole = b"".join((schema, *dictionaries, content, END_OF_STREAM))
                yield pl.read_ipc_stream(io.BytesIO(whole))
    if not schema:
        raise FieldInvalid(f"{path}: expected an Arrow IPC file or stream; the file is empty")


def _read_message(file: BinaryIO, path: Path) -> tuple[int, bytes] | None:
    """Read one message with its body: (type of its header, its bytes); None at the end."""
    prefix = file.read(8)
    if not prefix or prefix == END_OF_STREAM:
        return None
    if prefix[:4] != CONTINUATION or len(prefix) < len(END_OF_STREAM):
        raise FieldInvalid(f"{path}: expected an Arrow IPC file or stream; got other bytes")
    (size,) = struct.unpack("<i", prefix[4:])
    if not 0 < size <= METADATA_BYTES_MAX:
        raise FieldInvalid(
            f"{path}: expected an Arrow IPC stream; a message says that it has {size} bytes"
        )
    metadata = file.read(size)
    try:
        kind, body_size = _read_header(metadata)
    except struct.error as error:
        raise FieldInvalid(
            f"{path}: a message of the Arrow IPC stream is cut short: write the file again"
        ) from error
    body = file.read(body_size)
    if len(metadata) < size or len(body) < body_size:
        raise FieldInvalid(f"{path}: the Arrow IPC stream is cut short: write the file again")
    return kind, prefix + metadata + body


def _read_header(metadata: bytes) -> tuple[int, int]:
    """Find type and body length in the flatbuffer of a Message."""
    (table,) = struct.unpack_from("<I", metadata, 0)
    (back,) = struct.unpack_from("<i", metadata, table)
    vtable = table - back
    (vtable_size,) = struct.unpack_from("<H", metadata, vtable)

    def field(slot: int, form: str) -> int:
        position = 4 + 2 * slot
        offset = 0
        if position + 2 <= vtable_size:
            (offset,) = struct.unpack_from("<H", metadata, vtable + position)
        value: int = struct.unpack_from(form, metadata, table + offset)[0] if offset else 0
        return value

    body_size = field(_BODY_LENGTH_SLOT, "<q")
    if body_size < 0:
        raise struct.error("its body has a negative length")
    return field(_HEADER_TYPE_SLOT, "<B"), body_size
