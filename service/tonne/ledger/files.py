"""The ledger's files: their kinds, their paths, and how a frame becomes one."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Final

from tonne.ledger.frames import ROW_GROUP_ROWS, write_parquet
from tonne.store.rows import FileRow

if TYPE_CHECKING:
    import datetime as dt

    import polars as pl

    from tonne.store.objects import Objects
    from tonne.store.rows import FileKind

SEGMENT: Final = "segment"
POSTINGS: Final = "postings"
QUARANTINE: Final = "quarantine"
CLEARING: Final = "clearing"

POSTINGS_GROUP_ROWS = 1 << 16
"""Rows of a row group of postings, which are read so many at a time: at most 76 MiB in memory."""

_FOLDERS: dict[FileKind, str] = {
    SEGMENT: "segments",
    POSTINGS: "postings",
    QUARANTINE: "quarantine",
    CLEARING: "clearings",
}


def segments_folder(book: str) -> str:
    """Name the folder of a book's segments: the root of its published table."""
    return f"{book}/{_FOLDERS[SEGMENT]}"


def put_frame(
    objects: Objects,
    frame: pl.DataFrame,
    kind: FileKind,
    *,
    book: str,
    commit_id: str,
    now: dt.datetime,
    suspended_count: int = 0,
    segment: str = "",
    name: str = "",
) -> FileRow:
    """Encode a frame and put it under a new path; it is durable on return.

    Nothing refers to it before the row that is returned is committed. `name` is never used
    twice; without one it is made.
    """
    rows = POSTINGS_GROUP_ROWS if kind == POSTINGS else ROW_GROUP_ROWS
    encoded = write_parquet(frame, rows)
    # Books apart, kinds apart, days apart, never used before. A table of the segments may be
    # published with their folder as its root: a VACUUM passes over folders that begin with "_".
    day = f"{'_' if kind == SEGMENT else ''}{now.date().isoformat()}"
    path = f"{book}/{_FOLDERS[kind]}/{day}/{name or uuid.uuid4().hex}.parquet"
    objects.put(path, encoded.content)
    return FileRow(
        id=uuid.uuid4().hex,
        book=book,
        kind=kind,
        path=path,
        row_count=encoded.row_count,
        size_bytes=len(encoded.content),
        sha256=encoded.sha256,
        commit_id=commit_id,
        create_time=now,
        suspended_count=suspended_count,
        segment=segment,
    )
