"""What postings files between two marks must hold: what the commits between them added.

A rebuild of files on several sides of a mark makes those of each side apart: one file of both
would cross it.
"""

from __future__ import annotations

import bisect
from typing import TYPE_CHECKING

from tonne.ledger.reading.moment import Moment
from tonne.store.manifest.moments import Point, PostingsAt

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import polars as pl

    from tonne.ledger.reading.past.postings import PostingsReader
    from tonne.model import Book
    from tonne.store.rows import FileRow


def by_interval(
    marks: Sequence[int], files: Iterable[FileRow]
) -> dict[tuple[int, int | None], list[FileRow]]:
    """Part files by the marks that they lie between, the last ones first.

    An interval is the first number behind a mark, 0 in front of all, and the number of the mark
    that ends it, None behind the last one.
    """
    found: dict[tuple[int, int | None], list[FileRow]] = {}
    for file in sorted(files, key=lambda each: -each.last_commit):
        place = bisect.bisect_left(marks, file.last_commit)
        first = marks[place - 1] + 1 if place else 0
        stop = marks[place] if place < len(marks) else None
        found.setdefault((first, stop), []).append(file)
    return found


def added_between(
    reader: PostingsReader, book: Book, first: int, last: Point
) -> Iterator[pl.DataFrame]:
    """Post again what commits from a number up to a moment added, columns of `POSTINGS_SCHEMA`."""
    yield from reader.parts(Moment(book, last, PostingsAt((), first)))
