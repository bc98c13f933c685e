"""What a file's reading left out and took for granted, with the rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

RANGES_MAX = 1_000
"""Ranges of rows that are kept; of more, the number alone."""

RANGES_SHOWN = 8


@dataclass(slots=True)
class Rows:
    """Numbers of rows, as ranges; many rows in one piece take no room."""

    count: int = 0
    ranges: list[tuple[int, int]] = field(default_factory=list)

    def add(self, rows: pl.Series) -> None:
        """Add the numbers of rows, in order."""
        self.count += rows.len()
        if rows.len() and rows[-1] - rows[0] + 1 == rows.len():  # as where all rows are meant
            self._join(rows[0], rows[-1])
            return
        for row in rows if len(self.ranges) < RANGES_MAX else ():
            self._join(row, row)

    def _join(self, first: int, last: int) -> None:
        """Add one range, to the one before where it goes on with that."""
        begin, end = self.ranges[-1] if self.ranges else (first, first - 2)
        if begin <= first <= end + 1:
            self.ranges[-1] = (begin, max(end, last))
        elif len(self.ranges) < RANGES_MAX:
            self.ranges.append((first, last))

    def __str__(self) -> str:
        """Write them: `rows 3, 7-9`."""
        parts = [
            str(first) if first == last else f"{first}-{last}"
            for first, last in self.ranges[:RANGES_SHOWN]
        ]
        more = ", ..." if len(self.ranges) > RANGES_SHOWN else ""
        return f"{'row' if self.count == 1 else 'rows'} {', '.join(parts)}{more}"


@dataclass(slots=True)
class Report:
    """What became of one table: rows read, records made, what was left out, what was assumed."""

    place: str
    row_count: int = 0
    record_count: int = 0
    left_out: dict[str, Rows] = field(default_factory=dict)
    remarks: dict[str, Rows] = field(default_factory=dict)
    examples: dict[str, str] = field(default_factory=dict)
    """The first text of which a remark is made."""

    notes: list[str] = field(default_factory=list)
    """What else is to be told of the table as a whole."""

    unused: tuple[str, ...] = ()
    """Columns that no field is made of."""

    makes_evidence: bool = False
    """Whether records have their place in the file as evidence: it has none of its own."""

    def leave_out(self, reason: str, rows: pl.Series) -> None:
        """Count rows that are no records."""
        if rows.len():
            self.left_out.setdefault(reason, Rows()).add(rows)

    def remark(self, text: str, rows: pl.Series) -> None:
        """Count rows of which something was taken for granted."""
        if rows.len():
            self.remarks.setdefault(text, Rows()).add(rows)

    def unread(self, text: str, texts: pl.Series, is_unread: pl.Series, rows: pl.Series) -> None:
        """Count texts that travel as they were written, since nobody can read them."""
        if is_unread.any():
            self.examples.setdefault(text, str(texts.filter(is_unread)[0]))
            self.remark(text, rows.filter(is_unread))

    def lines(self) -> list[str]:
        """Write what people should know, a line each."""
        found = [f"{self.place}: {note}" for note in self.notes]
        found += [
            f"{self.place}: {rows.count:,} left out ({rows}): {reason}"
            for reason, rows in self.left_out.items()
        ]
        found += [
            f"{self.place}: {rows.count:,} ({rows}): {text}"
            + (f"; the first is {self.examples[text]!r}" if text in self.examples else "")
            for text, rows in self.remarks.items()
        ]
        if self.unused:
            names = ", ".join(map(repr, self.unused[:RANGES_SHOWN]))
            rest_count = len(self.unused) - RANGES_SHOWN
            more = f" and {rest_count} more" if rest_count > 0 else ""
            found.append(f"{self.place}: no field is made of the columns {names}{more}")
        return found
