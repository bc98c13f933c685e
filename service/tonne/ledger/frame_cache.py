"""Decoded frames that stay in memory up to a bound."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

import polars as pl

from tonne.ledger.frames import polars_errors

if TYPE_CHECKING:
    from collections.abc import Sequence

VIEW_BYTES = 16
"""A text in a frame: its size, and itself or where it stands."""

VIEW_TEXT_BYTES_MAX = 12
"""Longest text that stands in its view."""

_FRAME_BYTES = 4_096
"""What a frame takes besides its values."""

Key = tuple[str, int]
"""Id of a file, and its first row that the frame has."""


def frame_bytes(frame: pl.DataFrame) -> int:
    """Bytes that a frame holds.

    Rows with one text share it: what Polars estimates counts it once for each of them, and the
    views of short texts not at all.
    """
    size = _FRAME_BYTES
    with polars_errors("a frame of postings"):
        for column in frame:
            if column.dtype == pl.String:
                texts = column.unique().str.len_bytes()
                shared = texts.filter(texts > VIEW_TEXT_BYTES_MAX).sum()
                size += VIEW_BYTES * column.len() + int(shared)
            else:
                size += int(column.estimated_size())
    return size


class FrameCache:
    """Decoded frames of immutable files, the least used dropped beyond a bound.

    Parameters
    ----------
    bytes_max : int
        Most bytes of frames to keep; one that is larger alone is not kept.
    """

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max = bytes_max
        self._lock = threading.Lock()
        self._frames: OrderedDict[Key, tuple[pl.DataFrame, int]] = OrderedDict()
        self._bytes = 0

    @property
    def size_bytes(self) -> int:
        """Bytes of the frames that are kept."""
        return self._bytes

    def get(self, file_id: str, first_row: int = 0) -> pl.DataFrame | None:
        """Return a frame that is kept."""
        key = (file_id, first_row)
        with self._lock:
            found = self._frames.get(key)
            if found is None:
                return None
            self._frames.move_to_end(key)
            return found[0]

    def put(self, file_id: str, frame: pl.DataFrame, first_row: int = 0) -> None:
        """Keep a frame."""
        if not self._bytes_max:
            return
        size = frame_bytes(frame)
        if size > self._bytes_max:
            return
        key = (file_id, first_row)
        with self._lock:
            self._drop(key)
            self._frames[key] = (frame, size)
            self._bytes += size
            while self._bytes > self._bytes_max:
                self._drop(next(iter(self._frames)))

    def drop(self, file_ids: Sequence[str]) -> None:
        """Forget frames whose files are dead."""
        dead = set(file_ids)
        with self._lock:
            for key in [key for key in self._frames if key[0] in dead]:
                self._drop(key)

    def _drop(self, key: Key) -> None:
        found = self._frames.pop(key, None)
        if found is not None:
            self._bytes -= found[1]
