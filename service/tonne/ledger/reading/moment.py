"""A moment of a book: which of its files there were."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from tonne.errors import StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import polars as pl

    from tonne.ledger.budget import Hold
    from tonne.ledger.files.files import Wanted
    from tonne.model import Book
    from tonne.store.manifest.moments import Point, PostingsAt
    from tonne.store.rows import FileRow


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """Postings that are asked about.

    Parameters
    ----------
    keys : polars.DataFrame
        facility, activity, unit, region (texts) and period (Int32) of the postings, each once.
    first_period, last_period : int
        Months that are looked at, both inclusive.
    counted : (int, int), optional
        Months in which records count that are listed; None: in any.
    """

    keys: pl.DataFrame
    first_period: int
    last_period: int
    counted: tuple[int, int] | None = None


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


class MomentParts(Protocol):
    """Reads the postings of a moment in parts."""

    def __call__(
        self, moment: Moment, files: Sequence[FileRow] | None = None, wanted: Wanted = ...
    ) -> Iterable[pl.DataFrame]:
        """Give parts: of some of its files alone where they are named, and what is wanted."""
        ...


def outrun(book: str) -> StoreUnavailable:
    """Say that a book was changed while it was read."""
    return StoreUnavailable(
        f"book {book} changed while it was read: ask again",
        metadata={"book": book},
        retry_delay_s=1.0,
    )
