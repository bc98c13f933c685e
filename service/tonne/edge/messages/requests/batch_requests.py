"""Finds the parts of a PostRecordsRequest and an EstimateRequest without touching their records.

Records go to the kernel as they came: a parser of whole messages would refuse them all for one
text that is no UTF-8.
"""

from __future__ import annotations

from dataclasses import dataclass

from tonne.edge.messages.codec import read_request
from tonne.edge.messages.requests.wire_fields import (
    BYTES,
    VARINT,
    BatchParts,
    read_bool,
    read_fields,
    read_text,
)
from tonne.edge.messages.texts import check_texts
from tonne.v1 import report_pb2

_POST_PARENT, _POST_REQUEST_ID, _POST_ROWS, _POST_ARROW_IPC = 1, 2, 3, 4
_SELECTION, _ROWS, _ARROW_IPC, _EACH_RECORD = 1, 2, 3, 4
_NAME = "EstimateRequest"


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
    texts = {_POST_PARENT: b"", _POST_REQUEST_ID: b""}
    batch = BatchParts(rows=_POST_ROWS, arrow_ipc=_POST_ARROW_IPC)
    for field, wire_type, start, stop in read_fields(message, "PostRecordsRequest"):
        if wire_type != BYTES:
            continue
        if field in texts:
            texts[field] = message[start:stop]
        else:
            batch.take(field, message[start:stop])
    return PostRequest(
        parent=read_text("parent", texts[_POST_PARENT]),
        request_id=read_text("request_id", texts[_POST_REQUEST_ID]),
        kind=batch.kind,
        content=batch.content,
    )


@dataclass(frozen=True, slots=True)
class EstimatePart:
    """Parts of an EstimateRequest. `content` is the serialized batch."""

    selection: report_pb2.GetInventoryRequest | None
    each_record: bool
    kind: int
    content: bytes


def read_estimate_request(message: bytes) -> EstimatePart:
    """Read an EstimateRequest.

    Raises
    ------
    BatchMustParse
        The bytes are no message.
    FieldInvalid
        The selection cannot be read.
    """
    batch = BatchParts(rows=_ROWS, arrow_ipc=_ARROW_IPC)
    selections: list[bytes] = []
    each_record = False
    for field, wire_type, start, stop in read_fields(message, _NAME):
        if field == _EACH_RECORD and wire_type == VARINT:
            each_record = read_bool(message, start, _NAME)
        elif wire_type != BYTES:
            continue
        elif field == _SELECTION:
            selections.append(message[start:stop])
        else:
            batch.take(field, message[start:stop])
    selection = None
    if selections:  # parts of one message are joined
        content = b"".join(selections)
        selection = read_request(report_pb2.GetInventoryRequest, content)
        check_texts(report_pb2.GetInventoryRequest, content)
    return EstimatePart(selection, each_record, batch.kind, batch.content)
