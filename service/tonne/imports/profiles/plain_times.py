"""Times of records that no profile maps: those without a time zone are of the book's clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from tonne.imports.profiles.periods import Periods
from tonne.imports.profiles.profile import END, START, DateRule
from tonne.imports.profiles.report import Report

if TYPE_CHECKING:
    from collections.abc import Callable

_DAY_BYTES = len("2025-01-31")
_WITH_ZONE = r"(?:[Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)\s*$"


class PlainTimes:
    """Reads the times without a zone of one file's records, piece by piece, in order.

    Parameters
    ----------
    place : str
        The file, for messages.
    book_zone : callable
        Gives the time zone of the book; asked once, where a time needs it.
    """

    def __init__(self, place: str, book_zone: Callable[[], str]) -> None:
        self.report = Report(place)
        self._periods = Periods(DateRule(), place, self.report, book_zone)

    def read(self, records: pl.DataFrame, row_count: int) -> pl.DataFrame:
        """Put instants in the place of times without a zone; `row_count` rows stand before them.

        Records whose times are all days or have zones stay as they are.
        """
        texts = {name: _text(records[name]) for name in (START, END)}
        if not any(_may_lack_zone(text) for text in texts.values()):
            return records
        rows = pl.int_range(row_count + 1, row_count + records.height + 1, eager=True)

        def series() -> pl.Series:
            names = [name for name in ("facility", "activity", "unit") if name in records.columns]
            texts = [pl.col(name).cast(pl.String) for name in names]
            return records.select(
                pl.concat_str(texts, separator="\0", ignore_nulls=True)
            ).to_series()

        self._periods.read(texts, series, rows)
        return records.with_columns(texts[name].alias(name) for name in (START, END))


def _text(column: pl.Series) -> pl.Series:
    """Write times without a zone as texts; others stay as they are."""
    kind = column.dtype
    if isinstance(kind, pl.Datetime) and kind.time_zone is None:
        return column.dt.strftime("%Y-%m-%dT%H:%M:%S%.f")
    return column.cast(pl.String) if isinstance(kind, pl.Categorical | pl.Enum) else column


def _may_lack_zone(text: pl.Series) -> bool:
    if text.dtype != pl.String:
        return False
    last_is_z = text.str.ends_with("Z")
    if last_is_z.all() or (text.str.len_bytes() <= _DAY_BYTES).all():
        return False  # most files have one of these two forms throughout
    is_time = (text.str.len_bytes() > _DAY_BYTES) & ~text.str.contains(_WITH_ZONE)
    return bool(is_time.any())
