"""What a workbook's file says of its sheets beside their values.

A reader of values gives an empty cell where the sheet shows an error, or where a formula has never
been calculated, and tells nothing of what is hidden: read so, an amount is missing without a word.
Here the file is read once more for that alone: cells without a value that mean one, hidden rows
and columns, filters. The readers of the formats are `zipped_marks` and `binary_marks`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

ERROR_CODES = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
    0x2B: "#GETTING_DATA",
}
"""Errors of cells by their codes. Source: [MS-XLS] 2.5.10, Bes; [MS-XLSB] 2.5.97.2, BErr."""

FORMULA_CHARS_MAX = 200
"""Characters that are kept of a formula: a message shows fewer."""

FAULTS_MAX = 5_000_000
"""Cells without a value that are kept of one sheet; a sheet of more is refused."""

ROWS_MAX = 1 << 24
"""Rows beyond which nothing is kept; a sheet has a sixteenth of them."""

_LETTERS = re.compile(r"\$?([A-Za-z]{1,3})\$?([0-9]{1,7})")


@dataclass(slots=True)
class SheetMarks:
    """What stands in the file of one sheet; rows and columns count from 0.

    `faults` are cells that show an error, or a formula that has not been calculated: what stands
    there. `hidden_rows` and `hidden_columns` are ranges, first and last.
    """

    faults: dict[tuple[int, int], str] = field(default_factory=dict)
    hidden_rows: list[tuple[int, int]] = field(default_factory=list)
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)
    is_filtered: bool = False

    def put_fault(self, row: int, column: int, text: str) -> None:
        """Keep what a cell without a value shows.

        Raises
        ------
        ValueError
            There are more of them than anybody mends.
        """
        if len(self.faults) >= FAULTS_MAX:
            raise ValueError(f"more than {FAULTS_MAX:,} cells of a sheet have errors or no value")
        self.faults[row, column] = text

    def hide_row(self, first: int, last: int) -> None:
        """Keep hidden rows; ranges that touch become one."""
        if 0 <= first < ROWS_MAX:
            _extend(self.hidden_rows, first, min(last, ROWS_MAX))

    def hide_column(self, first: int, last: int) -> None:
        """Keep hidden columns; ranges that touch become one."""
        _extend(self.hidden_columns, first, last)


def _extend(ranges: list[tuple[int, int]], first: int, last: int) -> None:
    if ranges and ranges[-1][0] <= first <= ranges[-1][1] + 1:
        ranges[-1] = (ranges[-1][0], max(last, ranges[-1][1]))
    else:
        ranges.append((first, last))


def formula_text(formula: str) -> str:
    """Write a formula that has no value as a cell's text."""
    text = " ".join(formula.removeprefix("of:").removeprefix("=").split())[:FORMULA_CHARS_MAX]
    return f"={text or '(formula)'}"


def read_reference(text: str) -> tuple[int, int] | None:
    """Read a cell's name, `B7`, as row and column from 0."""
    found = _LETTERS.fullmatch(text)
    if found is None:
        return None
    column = 0
    for letter in found[1].upper():
        column = column * 26 + ord(letter) - ord("A") + 1
    return int(found[2]) - 1, column - 1
