"""Finds the fields of a protobuf message without touching what is in them.

Batches of records go to the kernel as they came: a parser of whole messages would refuse them
all for one text that is no UTF-8, and would make an object of every record.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tonne.errors import BatchMustParse, FieldInvalid
from tonne.ingest.decoder import KIND_ARROW, KIND_NONE, KIND_ROWS

if TYPE_CHECKING:
    from collections.abc import Iterator

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
"""Wire types."""

_VARINT_BYTES_MAX = 10
_FIELD_NUMBER_MAX = (1 << 29) - 1


def read_fields(message: bytes, name: str) -> Iterator[tuple[int, int, int, int]]:
    """Walk over the fields of a message of the type `name`.

    Yields
    ------
    tuple of int
        Field number, wire type, and where the content starts and stops.

    Raises
    ------
    BatchMustParse
        The bytes are no message.
    """
    position = 0
    while position < len(message):
        tag, position = _read_varint(message, position, name)
        field, wire_type = tag >> 3, tag & 7
        if not 0 < field <= _FIELD_NUMBER_MAX:
            raise _broken(position, "a field number", name)
        start = position
        if wire_type == VARINT:
            _, position = _read_varint(message, position, name)
        elif wire_type == BYTES:
            size, start = _read_varint(message, position, name)
            position = start + size
        elif wire_type in {FIXED64, FIXED32}:
            position += 8 if wire_type == FIXED64 else 4
        else:
            raise _broken(position, "a wire type", name)
        if position > len(message):
            raise _broken(start, "a field that ends within the message", name)
        yield field, wire_type, start, position


class BatchParts:
    """The batch of a message whose `rows` and `arrow_ipc` are one oneof.

    Of a oneof the last field counts; several messages of one field are joined, bytes replaced.

    Parameters
    ----------
    rows, arrow_ipc : int
        Numbers of the fields.
    """

    def __init__(self, *, rows: int, arrow_ipc: int) -> None:
        self._kinds = {rows: KIND_ROWS, arrow_ipc: KIND_ARROW}
        self._parts: list[bytes] = []
        self.kind = KIND_NONE

    def take(self, field: int, content: bytes) -> bool:
        """Take a field's content in, if it is of the batch: whether it is."""
        kind = self._kinds.get(field)
        if kind is None:
            return False
        if kind != self.kind or kind != KIND_ROWS:
            self._parts.clear()
        self.kind = kind
        self._parts.append(content)
        return True

    @property
    def content(self) -> bytes:
        """The serialized batch."""
        return b"".join(self._parts)


def read_bool(message: bytes, start: int, name: str) -> bool:
    """Read a varint as a boolean."""
    return bool(_read_varint(message, start, name)[0])


def read_int64(message: bytes, start: int, name: str) -> int:
    """Read a varint as a signed number of 64 bits."""
    return _signed(_read_varint(message, start, name)[0])


def read_packed_int64(message: bytes, start: int, stop: int, name: str) -> list[int]:
    """Read the numbers of a packed field. Raises `BatchMustParse` where they end beyond it."""
    numbers: list[int] = []
    while start < stop:
        value, start = _read_varint(message, start, name)
        numbers.append(_signed(value))
    if start > stop:
        raise _broken(stop, "the end of a number", name)
    return numbers


def _signed(value: int) -> int:
    value &= (1 << 64) - 1
    return value - (1 << 64) if value >> 63 else value


def read_text(field: str, content: bytes) -> str:
    """Read a text. Raises `FieldInvalid` where it is no UTF-8, or holds NUL."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise FieldInvalid(
            f"{field}: expected valid UTF-8 without NUL; got {content[:64]!r}",
            metadata={"field": field},
        )
    return text


def _read_varint(message: bytes, position: int, name: str) -> tuple[int, int]:
    value = 0
    for index, byte in enumerate(message[position : position + _VARINT_BYTES_MAX]):
        value |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:  # noqa: PLR2004  # the continuation bit
            return value, position + index + 1
    raise _broken(position, "a varint", name)


def _broken(position: int, expected: str, name: str) -> BatchMustParse:
    return BatchMustParse(
        f"request: expected a serialized {name}, with {expected} at byte {position}; nothing of "
        "the request was taken",
        metadata={"field": "request", "position": str(position)},
    )
