"""Decoded frames that stay in memory up to a bound."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

import polars as pl

from tonne.ledger.files.frames import polars_errors

if TYPE_CHECKING:
    from collections.abc import Sequence

VIEW_BYTES = 16
"""A text in a frame: its size, and itself or where it stands."""

VIEW_TEXT_BYTES_MAX = 12
"""Longest text that stands in its view."""

_FRAME_BYTES = 4_096
"""Memory of a frame besides its values."""

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


def frame_bytes_max(frame: pl.DataFrame) -> int:
    """Bytes that a frame does not exceed, without a look at its values.

    As if its rows shared no text. What a commit leaves is mostly merged away before anybody needs
    to know more.
    """
    size = _FRAME_BYTES
    for column in frame:
        size += int(column.estimated_size())
        if column.dtype == pl.String:
            size += VIEW_BYTES * column.len()
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
        self._estimated: dict[Key, None] = {}  # in the order in which they came
        self._bytes = 0

    @property
    def size_bytes(self) -> int:
        """Bytes of the frames that are kept, or more."""
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
        """Keep a frame. It is measured when the bound is reached, before any frame is dropped."""
        if not self._bytes_max:
            return
        size = frame_bytes_max(frame)
        is_estimated = size <= self._bytes_max
        if not is_estimated:
            size = frame_bytes(frame)
            if size > self._bytes_max:
                return
        key = (file_id, first_row)
        with self._lock:
            self._drop(key)
            self._frames[key] = (frame, size)
            self._bytes += size
            if is_estimated:
                self._estimated[key] = None
            while self._bytes > self._bytes_max:
                if self._estimated:
                    self._measure(next(iter(self._estimated)))
                else:
                    self._drop(next(iter(self._frames)))

    def drop(self, file_ids: Sequence[str]) -> None:
        """Forget frames whose files are dead."""
        dead = set(file_ids)
        with self._lock:
            for key in [key for key in self._frames if key[0] in dead]:
                self._drop(key)

    def _measure(self, key: Key) -> None:
        """Replace an estimate; the frame keeps its place among the used ones."""
        del self._estimated[key]
        frame, estimate = self._frames[key]
        size = frame_bytes(frame)
        self._frames[key] = (frame, size)
        self._bytes += size - estimate

    def _drop(self, key: Key) -> None:
        found = self._frames.pop(key, None)
        self._estimated.pop(key, None)
        if found is not None:
            self._bytes -= found[1]
