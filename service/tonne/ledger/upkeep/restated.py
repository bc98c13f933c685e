"""What was restated of a segment: a rebuild posts it as its last note says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from tonne.ledger.book.periods import period_table
from tonne.ledger.files.frames import polars_errors
from tonne.ledger.files.overlay import is_restated, read_cleared
from tonne.ledger.files.postings import POSTINGS_SCHEMA
from tonne.ledger.posting.correcting.taking import RESTATED_COUNT, read_kept
from tonne.ledger.reading.past.postings import posted_again
from tonne.model import RowStatus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tonne.ledger.files.files import FileReader
    from tonne.model import Book
    from tonne.store.rows import FileRow


@dataclass(frozen=True, slots=True)
class Restated:
    """Which records of a segment were restated, in its order, and what they are posted as.

    `now` are postings of those that count; `taken_back` is what they were posted as before, with
    the signs turned.
    """

    were: pl.Series
    now: pl.DataFrame
    taken_back: pl.DataFrame


def restated_of(
    reader: FileReader, file: FileRow, clearings: Sequence[FileRow], book: Book
) -> Restated:
    """Post what was restated of a segment again, as its notes say."""
    none = pl.DataFrame(schema=POSTINGS_SCHEMA)
    if not file.restated_count:
        return Restated(pl.repeat(value=False, n=file.row_count, eager=True), none, none)
    records = read_kept(reader, file, clearings, whole=True)
    were = records[RESTATED_COUNT] > 0
    periods = period_table(book.time_zone)
    counts = records.filter(were & (records["status"] == RowStatus.POSTED))
    now = posted_again(counts, periods, book.id, sign=1)
    taken_back = [none]
    for at, clearing in enumerate(clearings):
        names = read_cleared(reader, [clearing]).filter(is_restated())
        if names.is_empty():
            continue
        was = read_kept(reader, file, clearings[:at], whole=True)
        mine = was.join(
            names.select(pl.col("channel").cast(pl.String), "offset"),
            on=["channel", "offset"],
            how="semi",
            maintain_order="left",
        )
        taken_back += posted_again(
            mine, periods, book.id, sign=-1, counts_from=clearing.counts_from
        )
    with polars_errors(file.path):
        return Restated(were, pl.concat([none, *now]), pl.concat(taken_back))
