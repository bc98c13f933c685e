"""Records as an Arrow IPC stream, the way the client sends frames."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from tonne.client.answers.book_days import Days
from tonne.client.wire.frames import encode_frame, prepare_frame

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tonne.v1 import ingest_pb2


def arrow_batch(records: Sequence[ingest_pb2.ActivityRecord]) -> bytes:
    """Write records of the wire as an Arrow IPC stream."""
    texts = ("record_id", "facility", "activity", "quantity", "unit", "region")
    frame = pl.DataFrame(
        [
            {name: getattr(one, name) for name in texts}
            | {"start": one.start.ToDatetime(), "end": one.end.ToDatetime()}
            for one in records
        ]
    )
    return encode_frame(prepare_frame(frame, Days()))
