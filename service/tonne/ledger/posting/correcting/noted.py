"""Under what the records of a segment were posted: noted beside them, read when they are reversed.

What decided it does not stay: regions of facilities, dates of shares, the method. A note is the
effective region of a record's key and the runs of its rule, with the ids of their resolutions, for
the months of the segment. Keys of one rule share it, so that a segment has few.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from tonne.ledger.files.rules import write_note
from tonne.model import RowStatus

if TYPE_CHECKING:
    from tonne.ledger.book.book_state import BookState

POSTED_AS: Final = "posted_as"
"""Column of segments and clearings: the note; null of a record that waits."""

RULE: Final = "rule"
"""Column of the kernel's records: number of the rule in the state."""


def with_notes(records: pl.DataFrame, state: BookState, periods: tuple[int, ...]) -> pl.DataFrame:
    """Put notes in the place of the numbers of rules.

    Parameters
    ----------
    records : polars.DataFrame
        As the kernel gives them to be written.
    state : BookState
        Under which they were posted.
    periods : tuple of int
        Months in which they have parts, ascending.
    """
    numbers = records[RULE].unique().sort()
    notes = pl.Series(
        [_note(state, number, periods[0], periods[-1]) for number in numbers], dtype=pl.String
    )
    # Categories of this segment alone, which are gone with it.
    told = notes.cast(pl.Categorical(pl.Categories.random("notes")))
    # Most segments have one note: nothing is looked up for each record of these.
    if notes.n_unique() == 1:
        column = told.new_from_index(0, records.height)
    else:
        column = told.gather(numbers.search_sorted(records[RULE]))
    noted = records.drop(RULE).with_columns(column.alias(POSTED_AS))
    is_posted = records["status"] == RowStatus.POSTED
    if is_posted.all():
        return noted
    return noted.with_columns(pl.when(is_posted).then(POSTED_AS))


def _note(state: BookState, number: int, first_period: int, last_period: int) -> str:
    region, runs = state.rule_of(number, first_period, last_period)
    resolutions = state.resolutions
    return write_note(
        region,
        [
            (period, day, start_us, resolutions[number].id if number >= 0 else "")
            for period, day, start_us, number in runs
        ],
    )
