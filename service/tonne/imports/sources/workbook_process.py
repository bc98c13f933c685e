"""A process that reads one workbook and ends: each sheet becomes a CSV file beside it.

A cell that shows an error, or a formula that has never been calculated, is written as what stands
there: blank it would be no amount at all. What the sheets hide goes to standard output.

It runs as a file of its own, with limits of memory, of time and of what it may write: a workbook
of a few bytes can ask for any amount of them. Numbers are written as their shortest decimal,
dates as days; times are a wall clock's.

Usage: workbook_process.py WORKBOOK FOLDER MEMORY_BYTES TIME_S [SHEET]
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import resource
import sys
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from tonne.imports.sources.sheet_marks import SheetMarks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_calamine import CalamineSheet

UNREADABLE = 3
"""Exit code where the workbook cannot be read; standard error says why."""


def limit(memory_bytes: int, time_s: int) -> None:
    """Limit what this process may take."""
    for kind, most in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_FSIZE, memory_bytes),
        (resource.RLIMIT_CPU, time_s),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))


def cell_text(cell: object, *, is_day: bool) -> str:
    """Write a cell's value; `is_day` says that its column has no time but midnight."""
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float):
        return f"{Decimal(repr(cell)):f}".removesuffix(".0")
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat() if is_day else cell.isoformat(sep=" ")
    if isinstance(cell, dt.date | dt.time):
        return cell.isoformat()
    return str(cell)


def rows_of(sheet: CalamineSheet) -> Iterator[list[object]]:
    """Read the rows of a sheet from its first one, blank columns at the left included."""
    left = [""] * (sheet.start[1] if sheet.start else 0)
    for row in sheet.iter_rows():  # the rows above the first cell come with it, the columns not
        yield [*left, *row]


def with_faults(rows: Iterator[list[object]], marks: SheetMarks) -> Iterator[list[object]]:
    """Put what cells without a value show into their rows, behind the last one, too."""
    by_row: dict[int, list[tuple[int, str]]] = {}
    for (row, column), text in marks.faults.items():
        by_row.setdefault(row, []).append((column, text))

    def put(number: int, cells: list[object]) -> list[object]:
        for column, text in by_row.get(number, ()):
            cells += [""] * (column + 1 - len(cells))
            cells[column] = text
        return cells

    number = -1
    for number, cells in enumerate(rows):  # how many there were
        yield put(number, cells)
    for behind in range(number + 1, max(by_row, default=-1) + 1):
        yield put(behind, [])


def write_sheet(sheet: CalamineSheet, target: Path, marks: SheetMarks) -> None:
    """Write a sheet as CSV, a row for each of its rows."""
    at_midnight: dict[int, bool] = {}
    for row in rows_of(sheet):
        for index, cell in enumerate(row):
            if isinstance(cell, dt.datetime):
                is_day = cell.time() == dt.time()
                at_midnight[index] = at_midnight.get(index, True) and is_day
    width = max((column + 1 for _, column in marks.faults), default=0)
    width = max(width, sheet.end[1] + 1 if sheet.end else 0)
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        for row in with_faults(rows_of(sheet), marks):
            texts = [
                cell_text(cell, is_day=at_midnight.get(index, False))
                for index, cell in enumerate(row)
            ]
            writer.writerow([*texts, *[""] * (width - len(texts))])


def marks_of(workbook: str) -> dict[str, SheetMarks]:
    """Read what the file says of its sheets beside their values, by name or by number."""
    from tonne.imports.sources import binary_marks, zipped_marks  # noqa: PLC0415  # in its limits

    if not zipfile.is_zipfile(workbook):
        return binary_marks.xls_marks(Path(workbook).read_bytes())
    with zipfile.ZipFile(workbook) as parts:
        names = {name.lower() for name in parts.namelist()}
        if "content.xml" in names:
            return zipped_marks.ods_marks(parts)
        if "xl/workbook.bin" in names:
            return binary_marks.xlsb_marks(parts)
        return zipped_marks.xlsx_marks(parts)


def main(workbook: str, folder: str, memory_bytes: str, time_s: str, wanted: str = "") -> None:
    """Write the sheets of a workbook, or the one that is wanted, and list them all.

    A number counts the sheets that a person sees; a hidden one is written where it is named.
    """
    limit(int(memory_bytes), int(time_s))
    from python_calamine import CalamineWorkbook, SheetVisibleEnum  # noqa: PLC0415  # in its limits

    book = CalamineWorkbook.from_path(workbook)
    marks = marks_of(workbook)
    listed: list[dict[str, object]] = []
    for number, each in enumerate(book.sheets_metadata):
        mine = marks.get(each.name) or marks.get(str(number)) or SheetMarks()
        is_shown = each.visible == SheetVisibleEnum.Visible
        shown_count = sum(not one["hidden"] for one in listed) + is_shown
        is_wanted = wanted == each.name or (is_shown and wanted in {"", str(shown_count)})
        if is_wanted:
            write_sheet(book.get_sheet_by_name(each.name), Path(folder) / f"{number}.csv", mine)
        is_very_hidden = each.visible == SheetVisibleEnum.VeryHidden
        listed.append(
            {
                "name": each.name,
                "hidden": "" if is_shown else "very hidden" if is_very_hidden else "hidden",
                "is_written": is_wanted,
                "hidden_rows": mine.hidden_rows,
                "hidden_columns": mine.hidden_columns,
                "is_filtered": mine.is_filtered,
            }
        )
    json.dump(listed, sys.stdout)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except BaseException as error:  # noqa: BLE001  # a panic of the reader is no Exception
        told = str(error).split("\n", 1)[0][:500] or repr(error)
        sys.stderr.write(f"\n{'no ' if isinstance(error, KeyError) else ''}{told}")
        sys.exit(UNREADABLE)
