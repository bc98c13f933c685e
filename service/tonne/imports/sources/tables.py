"""A table: a header, and rows of texts in chunks, as they stand in a file or a sheet."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tonne.errors import FieldInvalid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import polars as pl

CHUNK_ROWS = 50_000
"""Rows of a table that are read at a time, where it is no wide one."""

CHUNK_CELLS = 2_000_000
"""Cells that are read at a time: each may become a record."""

HEAD_ROWS = 500
"""Rows from the beginning among which a header is looked for."""

ROW = "_row"
"""The column of a chunk that numbers its rows as a person counts them, from 1."""

TWO_ROWS = " / "
"""What stands between the cells of a header of two rows."""


@dataclass(frozen=True, slots=True)
class HeaderRule:
    """Where a table's header stands.

    `row` and `row_last` count from 1 (0: not stated); `columns` are names that the header has.
    """

    row: int = 0
    row_last: int = 0
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FileRule:
    """What kind of file it is, and where in it the table stands."""

    format: str = ""
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    header: HeaderRule = field(default_factory=HeaderRule)
    hidden: str = ""
    """What becomes of rows and columns that the sheet hides: `read`, `leave_out` or not stated."""

    totals: str = ""
    """What becomes of rows that look like sums of others: `read`, `leave_out` or not stated."""

    def __post_init__(self) -> None:
        """Refuse other words."""
        for name in ("hidden", "totals"):
            found = getattr(self, name)
            if found not in {"", "read", "leave_out", "?"}:
                raise FieldInvalid(f"{name}: expected read or leave_out; got {found!r}")


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its place in words, its header, and its rows.

    A chunk's columns are `c0`, `c1`, ... in the header's order, all texts, and `_row`.
    """

    file: str
    sheet: str
    header: tuple[str, ...]
    header_row: int
    """The last row of the header; 0: the names come with each row."""

    rows: Callable[[], Iterator[pl.DataFrame]]
    hidden_rows: Sequence[tuple[int, int]] = ()
    """Ranges of rows that the sheet hides, first and last, from 1."""

    hidden_columns: Sequence[int] = ()
    """Columns that the sheet hides, from 0."""

    is_filtered: bool = False
    """Whether a filter hides rows."""

    notes: Sequence[str] = ()
    """What else is to be told of the file: sheets that are not read."""

    @property
    def place(self) -> str:
        """Name file and sheet, for messages."""
        return f"{self.file}, sheet {self.sheet!r}" if self.sheet else self.file


def chunk_rows(column_count: int) -> int:
    """Tell how many rows of a table of so many columns are read at a time."""
    return max(1, min(CHUNK_ROWS, CHUNK_CELLS // max(1, column_count)))


def column_key(index: int) -> str:
    """Name a column of a chunk by its place."""
    return f"c{index}"


def find_header(
    head: Sequence[Sequence[str | None]], rule: HeaderRule, place: str
) -> tuple[int, tuple[str, ...]]:
    """Find the header among the first rows: the number of its last row, and its names.

    Raises
    ------
    FieldInvalid
        Where the stated row is not there or is blank, or no row has the stated columns.
    """
    if rule.row:
        last = max(rule.row, rule.row_last)
        if last > len(head) or not any(map(_name, head[rule.row - 1])):
            raise FieldInvalid(
                f"{place}: expected the header in row {rule.row}; "
                f"{'that row is blank' if last <= len(head) else f'there are {len(head)} rows'}: "
                "say where it stands with --header-row, or header_row in the profile"
            )
        return last, _joined(head[rule.row - 1 : last])
    if rule.columns:
        wanted = {folded(name) for name in rule.columns}
        for number, row in enumerate(head, 1):
            if wanted <= {folded(_name(cell)) for cell in row}:
                return number, tuple(map(_name, row))
        raise _no_header(head, rule, place)
    if not head:
        raise FieldInvalid(f"{place}: expected a header and rows; the table is empty")
    return 1, tuple(map(_name, head[0]))


def folded(name: str) -> str:
    """Bring a header's name into the form in which names are compared: spaces and case."""
    return " ".join(name.split()).casefold()


def _name(cell: str | None) -> str:
    return " ".join((cell or "").split())


def _joined(rows: Sequence[Sequence[str | None]]) -> tuple[str, ...]:
    """Join a header of several rows; a blank cell above goes on with the one to its left."""
    width = max(map(len, rows))
    names = []
    above = [""] * len(rows)
    for index in range(width):
        cells = [_name(row[index]) if index < len(row) else "" for row in rows]
        for level, cell in enumerate(cells[:-1]):
            above[level] = cell or above[level]
        parts = [*above[:-1], cells[-1]]
        names.append(TWO_ROWS.join(part for part in parts if part))
    return tuple(names)


def _no_header(head: Sequence[Sequence[str | None]], rule: HeaderRule, place: str) -> FieldInvalid:
    def fit(row: Sequence[str | None]) -> int:
        cells = {folded(_name(cell)) for cell in row}
        return sum(folded(name) in cells for name in rule.columns)

    best = max(range(len(head)), key=lambda index: fit(head[index]), default=None)
    if best is None:
        return FieldInvalid(f"{place}: expected a header and rows; the table is empty")
    names = [_name(cell) for cell in head[best]]
    missing = [
        name for name in rule.columns if folded(name) not in {folded(each) for each in names}
    ]
    near = difflib.get_close_matches(missing[0], [name for name in names if name], 1, 0.5)
    return FieldInvalid(
        f"{place}: expected a row with the columns {', '.join(map(repr, rule.columns))}; none of "
        f"the first {len(head)} rows has them; row {best + 1} lacks "
        f"{', '.join(map(repr, missing))}"
        + (f" and has {near[0]!r}" if near else "")
        + ": name the file's own columns in the profile, or give the row with --header-row",
        metadata={"columns": ",".join(missing)},
    )
