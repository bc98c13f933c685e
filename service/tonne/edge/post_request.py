"""Finds the parts of a PostRecordsRequest without touching its records.

Records go to the kernel as they came: a parser of whole messages would refuse them all for one
text that is no UTF-8.
"""

from __future__ import annotations

from dataclasses import dataclass

from tonne.errors import BatchMustParse, FieldInvalid
from tonne.ingest.decoder import KIND_ARROW, KIND_NONE, KIND_ROWS

_PARENT, _REQUEST_ID, _ROWS, _ARROW_IPC = 1, 2, 3, 4
_KINDS = {_ROWS: KIND_ROWS, _ARROW_IPC: KIND_ARROW}

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_VARINT_BYTES_MAX = 10
_FIELD_NUMBER_MAX = (1 << 29) - 1


@dataclass(frozen=True, slots=True)
class PostRequest:
    """Parts of a PostRecordsRequest. `content` is the serialized batch."""

    parent: str
    request_id: str
    kind: int
    content: bytes


def read_post_request(message: bytes) -> PostRequest:
    """Read a PostRecordsRequest.

    As in every message, unknown fields are skipped, the last of a repeated text counts, and
    several `rows` are joined.

    Raises
    ------
    BatchMustParse
        The bytes are no message.
    FieldInvalid
        `parent` or `request_id` is not valid UTF-8.
    """
    texts = {_PARENT: b"", _REQUEST_ID: b""}
    kind = KIND_NONE
    parts: list[bytes] = []
    position = 0
    while position < len(message):
        field, wire_type, position = _read_tag(message, position)
        start, position = _skip(message, position, wire_type)
        if wire_type != _BYTES:
            continue
        if field in texts:
            texts[field] = message[start:position]
        elif field in _KINDS:
            # Of a oneof the last counts; messages are joined, bytes replaced.
            if kind != _KINDS[field] or field == _ARROW_IPC:
                parts.clear()
            kind = _KINDS[field]
            parts.append(message[start:position])
    return PostRequest(
        parent=_read_text("parent", texts[_PARENT]),
        request_id=_read_text("request_id", texts[_REQUEST_ID]),
        kind=kind,
        content=b"".join(parts),
    )


def _read_tag(message: bytes, position: int) -> tuple[int, int, int]:
    tag, position = _read_varint(message, position)
    field = tag >> 3
    if not 0 < field <= _FIELD_NUMBER_MAX:
        raise _broken(position, "a field number")
    return field, tag & 7, position


def _skip(message: bytes, position: int, wire_type: int) -> tuple[int, int]:
    """Give where the field's content starts and stops."""
    start = position
    if wire_type == _VARINT:
        _, position = _read_varint(message, position)
    elif wire_type == _BYTES:
        size, start = _read_varint(message, position)
        position = start + size
    elif wire_type in {_FIXED64, _FIXED32}:
        position += 8 if wire_type == _FIXED64 else 4
    else:
        raise _broken(position, "a wire type")
    if position > len(message):
        raise _broken(start, "a field that ends within the message")
    return start, position


def _read_varint(message: bytes, position: int) -> tuple[int, int]:
    value = 0
    for index, byte in enumerate(message[position : position + _VARINT_BYTES_MAX]):
        value |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:  # noqa: PLR2004  # the continuation bit
            return value, position + index + 1
    raise _broken(position, "a varint")


def _read_text(field: str, content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise FieldInvalid(
            f"{field}: valid UTF-8; got {content[:64]!r}", metadata={"field": field}
        ) from error


def _broken(position: int, expected: str) -> BatchMustParse:
    return BatchMustParse(
        f"request: a serialized PostRecordsRequest; there is not {expected} at byte {position}; "
        "nothing of it was taken",
        metadata={"field": "request", "position": str(position)},
    )
