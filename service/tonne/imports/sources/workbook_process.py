"""A process that reads one workbook and ends: each sheet becomes a CSV file beside it.

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
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

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


def write_sheet(sheet: CalamineSheet, target: Path) -> None:
    """Write a sheet as CSV, a row for each of its rows."""
    at_midnight: dict[int, bool] = {}
    for row in rows_of(sheet):
        for index, cell in enumerate(row):
            if isinstance(cell, dt.datetime):
                is_day = cell.time() == dt.time()
                at_midnight[index] = at_midnight.get(index, True) and is_day
    width = sheet.end[1] + 1 if sheet.end else 0
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        for row in rows_of(sheet):
            texts = [
                cell_text(cell, is_day=at_midnight.get(index, False))
                for index, cell in enumerate(row)
            ]
            writer.writerow([*texts, *[""] * (width - len(texts))])


def main(workbook: str, folder: str, memory_bytes: str, time_s: str, wanted: str = "") -> None:
    """Write the sheets of a workbook, or the one that is wanted, and list them all."""
    limit(int(memory_bytes), int(time_s))
    from python_calamine import CalamineWorkbook, SheetVisibleEnum  # noqa: PLC0415  # in its limits

    book = CalamineWorkbook.from_path(workbook)
    names = [
        each.name for each in book.sheets_metadata if each.visible == SheetVisibleEnum.Visible
    ]
    for number, name in enumerate(names):
        if wanted in {"", name, str(number + 1)}:
            write_sheet(book.get_sheet_by_name(name), Path(folder) / f"{number}.csv")
    json.dump(names, sys.stdout)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except Exception as error:  # noqa: BLE001  # whatever a broken workbook raises
        sys.stderr.write(str(error).split("\n", 1)[0][:500] or type(error).__name__)
        sys.exit(UNREADABLE)
