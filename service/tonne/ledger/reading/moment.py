"""A moment of a book: which of its files there were."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from tonne.errors import StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tonne.ledger.budget import Hold
    from tonne.model import Book
    from tonne.store.manifest.moments import Point, PostingsAt
    from tonne.store.rows import FileRow


@dataclass(eq=False)
class Moment:
    """A book, one of its moments, and what was posted by then.

    `hold` is what a call holds of memory: it grows while segments are read.
    """

    book: Book
    point: Point
    at: PostingsAt
    hold: Hold | None = field(default=None, kw_only=True)

    @property
    def files(self) -> Sequence[FileRow]:
        """Postings files of the moment; see `PostingsAt` for what stands in none."""
        return self.at.files

    def knows(self, file: FileRow) -> bool:
        """Whether a segment, or a clearing of one, was committed by then."""
        return file.seq <= self.point.number


MomentParts = Callable[[Moment], Iterable[pl.DataFrame]]
"""Reads the postings of a moment in parts."""


def outrun(book: str) -> StoreUnavailable:
    """Say that a book was changed while it was read."""
    return StoreUnavailable(
        f"book {book} changed while it was read: ask again",
        metadata={"book": book},
        retry_delay_s=1.0,
    )
