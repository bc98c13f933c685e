"""Postings as of a moment: files, and what merges put together with later commits, told apart.

What a commit posted follows from what it wrote: its segment says under what each record was
posted, and its clearings say which records of earlier segments it posted or took back. So it is
posted again, as it was.
"""

from __future__ import annotations

from contextlib import nullcontext
from itertools import takewhile
from typing import TYPE_CHECKING, Final

import polars as pl

from tonne.errors import LedgerInconsistent
from tonne.ledger.book.periods import period_table
from tonne.ledger.files.frames import polars_errors
from tonne.ledger.files.overlay import (
    REVERSED,
    counted_after,
    is_kept,
    read_cleared,
    with_cleared,
)
from tonne.ledger.posting.correcting.noted import POSTED_AS
from tonne.ledger.posting.correcting.taking import TAKEN_ROW_BYTES, read_kept, take_back
from tonne.ledger.reading.balances import ALL
from tonne.model import RowStatus
from tonne.work import check_wanted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tonne.ledger.files.files import FileReader, Wanted
    from tonne.ledger.reading.balances import Parts
    from tonne.ledger.reading.moment import Moment
    from tonne.store.manifest.manifest import Manifest
    from tonne.store.rows import FileRow
    from tonne_kernel import PeriodTable

AGAIN_ROWS: Final = 1 << 13
"""Records that are posted again at a time."""

_PLACE: Final = ["channel", "offset"]
_SUMMED: Final = ("quantity", "record_count", "record_start_count")


class PostingsReader:
    """Reads what was posted by a moment. Safe to call from several threads.

    Parameters
    ----------
    manifest, reader
        Where the ledger is kept.
    parts : callable
        Reads postings files in parts, as `Balances.parts`.
    """

    def __init__(self, manifest: Manifest, reader: FileReader, parts: Parts) -> None:
        self._manifest = manifest
        self._reader = reader
        self._parts = parts

    def parts(
        self, moment: Moment, files: Sequence[FileRow] | None = None, wanted: Wanted = ALL
    ) -> Iterator[pl.DataFrame]:
        """Give the postings of a moment in parts, columns of `POSTINGS_SCHEMA`.

        A key may stand in several parts, with either sign. Where some of its files are named,
        they are all that is read; else what stands in none of them comes, too, wanted or not.

        Raises
        ------
        ObjectMissing
            A postings file was merged and collected: read which files there are again.
        LedgerInconsistent
            A file cannot be read.
        """
        yield from self._parts(moment.files if files is None else files, wanted=wanted)
        if moment.at.first and files is None:
            yield from self._again(moment)

    def _again(self, moment: Moment) -> Iterator[pl.DataFrame]:
        """Post again what commits added that stand in no file of their own any more."""
        at, number = moment.at, moment.point.number

        def is_asked(each: FileRow) -> bool:
            return each.seq >= at.first and each.commit_id not in at.known

        periods = period_table(moment.book.time_zone)
        segments = self._manifest.changed_segments(moment.book.id, at.first, number, at.known)
        for file in segments:
            check_wanted()
            size_bytes = file.row_count * TAKEN_ROW_BYTES
            with moment.hold.more(size_bytes) if moment.hold else nullcontext():
                found = self._manifest.clearings_of([file.id]).get(file.id, [])
                known = list(takewhile(moment.knows, found))
                yield from added(self._reader, (file, known), periods, is_asked)


def added(
    reader: FileReader,
    files: tuple[FileRow, Sequence[FileRow]],
    periods: PeriodTable,
    is_asked: Callable[[FileRow], bool] = lambda _: True,
) -> Iterator[pl.DataFrame]:
    """Give what commits added to the postings of a segment's records, in their order.

    Parameters
    ----------
    files : tuple of FileRow and sequence of FileRow
        The segment and its clearings.
    is_asked : callable
        Whether a commit is meant, by its file; all are, by default.
    """
    file, clearings = files
    book = file.book
    now = read_kept(reader, file, [], whole=True)
    if is_asked(file):
        yield from posted_again(now, periods, book, sign=1)
    for clearing in clearings:
        cleared = read_cleared(reader, [clearing]).with_columns(pl.col("channel").cast(pl.String))
        before, now = now, records_after(now, cleared)
        if not is_asked(clearing):
            continue
        with polars_errors(clearing.path):
            named = cleared.select(*_PLACE, pl.col(POSTED_AS).alias("told"))
            # What an older Tonne posted without a note has it where it was taken back.
            was = before.join(named, on=_PLACE, how="inner", maintain_order="left")
            was = was.with_columns(pl.coalesce(POSTED_AS, "told").alias(POSTED_AS))
            became = now.join(named, on=_PLACE, how="semi", maintain_order="left")
        yield from posted_again(was, periods, book, sign=-1, counts_from=clearing.counts_from)
        yield from posted_again(became, periods, book, sign=1)


def records_after(records: pl.DataFrame, cleared: pl.DataFrame) -> pl.DataFrame:
    """Lay a clearing over records: what became of them, and under what they were posted."""
    with polars_errors("a segment and its clearings"):
        told = cleared.filter(~pl.col("is_reversed") & pl.col(POSTED_AS).is_not_null()).select(
            *_PLACE, pl.col(POSTED_AS).alias("told")
        )
        noted = records.join(told, on=_PLACE, how="left", maintain_order="left")
        noted = noted.with_columns(pl.coalesce("told", POSTED_AS).alias(POSTED_AS)).drop("told")
        noted = counted_after(noted, cleared)
    return with_cleared(noted, cleared)


def posted_again(
    records: pl.DataFrame, periods: PeriodTable, book: str, *, sign: int, counts_from: int = 0
) -> Iterator[pl.DataFrame]:
    """Post records as they were posted, some at a time; with the signs turned where `sign` is -1.

    Those that were reversed or withdrawn add nothing. `counts_from` is that of the commit which
    takes them back.
    """
    kept = records.filter(is_kept() & (pl.col("status") != REVERSED))
    unknown = kept.filter((pl.col("status") == RowStatus.POSTED) & pl.col(POSTED_AS).is_null())
    if not unknown.is_empty():
        raise LedgerInconsistent(
            f"{unknown.height} records of book {book!r} were posted without a note of under what: "
            "their postings as of this moment cannot be told. Ask as of a mark (`tonne book "
            "marks`), or compare the files (`tonne check`)",
            metadata={"book": book},
        )
    for rows in kept.iter_slices(AGAIN_ROWS):
        back = take_back(rows, periods, book, counts_from)
        if sign > 0:
            back = back.with_columns(-pl.col(_SUMMED))
        yield back
