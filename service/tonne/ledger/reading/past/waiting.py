"""Segments with records that waited in suspense at a moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tonne.store.manifest.manifest import Manifest
    from tonne.store.manifest.moments import Point
    from tonne.store.rows import FileRow


def suspended_at(
    manifest: Manifest, book: str, point: Point | None, after_seq: int, limit: int
) -> list[FileRow]:
    """List segments in which records wait, or may have waited at a moment.

    Of the past these are segments whose records wait still, or were cleared or reversed since: a
    reader lays the clearings of then over each.
    """
    if point is None:
        return manifest.suspended_segments(book, after_seq=after_seq, limit=limit)
    return manifest.suspended_segments(
        book, after_seq=after_seq, stop_seq=point.number, limit=limit, cleared_after=point.number
    )
