"""Finds the parts of an EstimateRequest without touching its records."""

from __future__ import annotations

from dataclasses import dataclass

from tonne.edge.messages.codec import read_request
from tonne.edge.messages.requests.wire_fields import (
    BYTES,
    VARINT,
    BatchParts,
    read_bool,
    read_fields,
)
from tonne.edge.messages.texts import check_texts
from tonne.v1 import report_pb2

_SELECTION, _ROWS, _ARROW_IPC, _EACH_RECORD = 1, 2, 3, 4
_NAME = "EstimateRequest"


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
