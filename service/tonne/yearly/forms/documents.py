"""A report for programs: JSON and CSV, every digit."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

from tonne.text.visible import csv_cell, visible_json
from tonne.yearly.figures import Figure, exact_text

if TYPE_CHECKING:
    from tonne.yearly.figures import Cell, Column, Report, Table

CSV_COLUMNS = ("table", "row", "column", "value", "unit", "explain")


def json_of(report: Report) -> bytes:
    """Write a report as one JSON document in UTF-8."""
    document = {
        "book": report.book,
        "name": report.name,
        "year": report.year,
        "from_period": report.from_period,
        "to_period": report.to_period,
        "made": report.stated,
        "facts": dict(report.facts),
        "warnings": list(report.warnings),
        "tables": [_table(each) for each in report.tables()],
    }
    return (visible_json(json.dumps(document, ensure_ascii=False, indent=1)) + "\n").encode()


def _table(table: Table) -> dict[str, object]:
    return {
        "key": table.key,
        "title": table.title,
        "source": table.source,
        "note": table.note,
        "remarks": list(table.remarks),
        "columns": [
            {"key": each.key, "title": each.title, "unit": each.exact_unit}
            for each in table.columns
        ],
        "rows": [_row(table, row) for row in table.rows],
        "total": None if table.total is None else _row(table, table.total),
    }


def _row(table: Table, row: tuple[Cell, ...]) -> dict[str, object]:
    return {
        column.key: _value(column, cell) for column, cell in zip(table.columns, row, strict=True)
    }


def _value(column: Column, cell: Cell) -> object:
    if not isinstance(cell, Figure):
        return cell
    command = "" if cell.selection is None else cell.selection.command()
    return {
        "exact": exact_text(cell.exact),
        "unit": cell.unit_in(column),
        "shown": cell.shown or None,
        "explain": command,
    }


def csv_of(report: Report) -> bytes:
    """Write a report as CSV in UTF-8: a line for each cell, since tables differ in columns."""
    output = io.StringIO()
    writer = csv.writer(output, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for table in report.tables():
        for number, row in enumerate(table.all_rows, 1):
            label = "total" if number > len(table.rows) else str(number)
            for column, cell in zip(table.columns, row, strict=True):
                if cell is not None:
                    writer.writerow((table.key, label, column.key, *_csv_cells(column, cell)))
    return output.getvalue().encode("utf-8", "backslashreplace")


def _csv_cells(column: Column, cell: Cell) -> tuple[str, str, str]:
    if isinstance(cell, Figure):
        command = "" if cell.selection is None else cell.selection.command()
        return exact_text(cell.exact), cell.unit_in(column), csv_cell(command)
    return (csv_cell(cell) if isinstance(cell, str) else str(cell)), "", ""
