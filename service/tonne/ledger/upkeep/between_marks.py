"""What postings files between two marks must hold: what the commits between them added.

A rebuild of files on several sides of a mark makes those of each side apart: one file of both
would cross it.
"""

from __future__ import annotations

import bisect
from typing import TYPE_CHECKING

import polars as pl

from tonne.ledger.files.frames import polars_errors
from tonne.ledger.files.postings import POSTINGS_SCHEMA, as_postings
from tonne.ledger.files.spilled_sums import SpilledSums
from tonne.ledger.reading.balances import ALL
from tonne.ledger.reading.moment import Moment
from tonne.ledger.reading.past.postings import PostingsReader
from tonne.store.manifest.moments import Point, PostingsAt

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence

    from tonne.ledger.files.files import FileReader, Wanted
    from tonne.model import Book
    from tonne.store.manifest.manifest import Manifest
    from tonne.store.rows import BookSnapshot, FileRow

SUMS_ROWS_MAX = 1 << 18
"""Sums of postings that are kept in memory; more wait in a temporary folder."""

_SUMMED = ("quantity", "record_count", "record_start_count")


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


def span_of(
    snapshot: BookSnapshot, interval: tuple[int, int | None], now: dt.datetime
) -> tuple[int, Point]:
    """Give the first number of an interval and its last moment, as `missing_between` takes it."""
    first, stop = interval
    number = snapshot.stop_seq if stop is None else stop
    return first, Point(snapshot.book, number, now, 0)


def missing_between(
    manifest: Manifest,
    reader: FileReader,
    book: Book,
    good: Sequence[FileRow],
    interval: tuple[int, Point],
) -> pl.DataFrame:
    """Post again what commits between two marks added, less what good files hold of it.

    Parameters
    ----------
    good : sequence of FileRow
        Postings files that can be read; those of other intervals are left out.
    interval : tuple of int and Point
        Its first number, and its last moment.

    Returns
    -------
    polars.DataFrame
        Columns of `POSTINGS_SCHEMA`.
    """
    first, last = interval
    postings = PostingsReader(manifest, reader, _no_files)
    with SpilledSums(POSTINGS_SCHEMA, SUMS_ROWS_MAX) as sums:
        for file in good:
            if not first <= file.last_commit <= last.number:
                continue
            frame = reader.open(file).frame()
            with polars_errors(file.path):
                sums.add(as_postings(frame).with_columns(-pl.col(_SUMMED)))
        for part in postings.parts(Moment(book, last, PostingsAt((), first))):
            sums.add(part)
        return pl.concat([pl.DataFrame(schema=POSTINGS_SCHEMA), *sums.nonzero()])


def _no_files(
    files: Sequence[FileRow],  # noqa: ARG001  none is read
    *,
    wanted: Wanted = ALL,  # noqa: ARG001  none of it is read
) -> Iterable[pl.DataFrame]:
    return ()
