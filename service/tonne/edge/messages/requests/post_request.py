"""Finds the parts of a PostRecordsRequest without touching its records.

Records go to the kernel as they came: a parser of whole messages would refuse them all for one
text that is no UTF-8.
"""

from __future__ import annotations

from dataclasses import dataclass

from tonne.edge.messages.requests.wire_fields import BYTES, BatchParts, read_fields, read_text

_PARENT, _REQUEST_ID, _ROWS, _ARROW_IPC = 1, 2, 3, 4


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
    batch = BatchParts(rows=_ROWS, arrow_ipc=_ARROW_IPC)
    for field, wire_type, start, stop in read_fields(message, "PostRecordsRequest"):
        if wire_type != BYTES:
            continue
        if field in texts:
            texts[field] = message[start:stop]
        else:
            batch.take(field, message[start:stop])
    return PostRequest(
        parent=read_text("parent", texts[_PARENT]),
        request_id=read_text("request_id", texts[_REQUEST_ID]),
        kind=batch.kind,
        content=batch.content,
    )
