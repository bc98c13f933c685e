"""A report as a workbook (XLSX): a sheet for each table, exact texts beside rounded numbers.

Every spreadsheet keeps a number in 53 bits, some 15 digits. So an exact value is a text cell, and
a rounded number stands beside it. No cell is a formula: the file has none, and texts are texts by
their type, whatever they begin with. It is written here, byte for byte the same for the same
report.

Source: ECMA-376-1:2016, Office Open XML, SpreadsheetML (18.3, 18.8); ECMA-376-2, Open Packaging
Conventions.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from tonne.text.visible import visible
from tonne.yearly.figures import Figure, exact_text, number_text

if TYPE_CHECKING:
    from tonne.yearly.figures import Cell, Column, Report, Table

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"

NAME_CHARS = 31
"""Longest name of a sheet."""

TEXT_CHARS = 32_767
"""Longest text of a cell."""

WIDTH_MIN, WIDTH_MAX = 8, 60
"""Width of a column, in characters."""

NOTE = (
    "Exact values are text cells: a spreadsheet keeps some 15 digits of a number, and the ledger "
    "has more. The number beside each is rounded, for charts and sums. Take a number apart with "
    "the command in column 'explain'."
)

_MADE = (1980, 1, 1, 0, 0, 0)
"""The time that a ZIP file gives its parts: always the same."""

_TEXT, _HEAD, _NUMBER, _COUNT, _WRAPPED = 0, 1, 2, 3, 4
"""Styles of cells, by their place in `_STYLES`."""

_STYLES = (
    f'<styleSheet xmlns="{MAIN}"><numFmts count="1">'
    '<numFmt numFmtId="164" formatCode="#,##0.000"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill>'
    '<patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '</fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border>'
    '</borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="5">'
    '<xf numFmtId="49" applyNumberFormat="1"/>'
    '<xf numFmtId="49" fontId="1" applyFont="1" applyNumberFormat="1" applyAlignment="1">'
    '<alignment wrapText="1" vertical="top"/></xf>'
    '<xf numFmtId="164" applyNumberFormat="1"/><xf numFmtId="3" applyNumberFormat="1"/>'
    '<xf numFmtId="49" applyNumberFormat="1" applyAlignment="1">'
    '<alignment wrapText="1" vertical="top"/></xf></cellXfs></styleSheet>'
)

_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
"""What no XML can hold; `visible` writes these as escapes before."""

Row = Sequence[tuple[int, str | int | None]]
"""Cells of a row: a style, and a text or a number (a text of a number style is its digits)."""


def workbook_of(report: Report) -> bytes:
    """Write a report as a workbook."""
    sheets: list[tuple[str, list[Row]]] = [("report", _front(report))]
    names = {"report"}
    for table in report.tables():
        name = _sheet_name(table.key, names)
        sheets.append((name, _sheet(table)))
    parts = {
        "[Content_Types].xml": _content_types(len(sheets)),
        "_rels/.rels": _relations([("officeDocument", "xl/workbook.xml")]),
        "xl/workbook.xml": _workbook([name for name, _ in sheets]),
        "xl/_rels/workbook.xml.rels": _relations(
            [
                *(("worksheet", f"worksheets/sheet{n}.xml") for n in range(1, len(sheets) + 1)),
                ("styles", "styles.xml"),
            ]
        ),
        "xl/styles.xml": _STYLES,
    }
    for number, (name, rows) in enumerate(sheets, 1):
        parts[f"xl/worksheets/sheet{number}.xml"] = _worksheet(rows, is_front=name == "report")
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in parts.items():
            document = f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n{text}'
            archive.writestr(zipfile.ZipInfo(path, _MADE), document, zipfile.ZIP_DEFLATED)
    return output.getvalue()


def _front(report: Report) -> list[Row]:
    rows: list[Row] = [
        [(_HEAD, f"{report.name}: greenhouse gas report {report.year}")],
        [(_WRAPPED, NOTE)],
        [(_TEXT, "Made"), (_TEXT, report.stated)],
    ]
    rows += [[(_TEXT, what), (_TEXT, how)] for what, how in report.facts]
    rows += [[(_WRAPPED, text)] for text in report.warnings]
    rows += [[], [(_HEAD, "Table"), (_HEAD, "Title")]]
    rows += [[(_TEXT, each.key), (_TEXT, each.title)] for each in report.tables()]
    return rows


def _sheet(table: Table) -> list[Row]:
    """Lay a table out: beside each column of exact texts its rounded numbers."""
    has_commands = any(
        isinstance(cell, Figure) and cell.selection is not None
        for row in table.all_rows
        for cell in row
    )
    head: list[tuple[int, str | int | None]] = []
    for column in table.columns:
        head += [(_HEAD, title) for title in _heads(column)]
    if has_commands:
        head.append((_HEAD, "explain"))
    rows: list[Row] = [head]
    for row in table.all_rows:
        cells: list[tuple[int, str | int | None]] = []
        for column, cell in zip(table.columns, row, strict=True):
            cells += _cells(column, cell)
        if has_commands:
            cells.append((_TEXT, _command(row)))
        rows.append(cells)
    notes = [table.source and f"Source: {table.source}", table.note, *table.remarks]
    rows += [[(_WRAPPED, text)] for text in notes if text]
    return rows


def _heads(column: Column) -> list[str]:
    if not column.has_figures:
        return [column.title]
    return [f"{column.title}, exact, {column.exact_unit}", _titled(column)]


def _titled(column: Column) -> str:
    return f"{column.title}, rounded{f', {column.unit}' if column.unit else ''}"


def _cells(column: Column, cell: Cell) -> Row:
    if not column.has_figures:
        return [(_TEXT, None) if isinstance(cell, Figure) else _plain(cell)]
    if not isinstance(cell, Figure):
        return [(_TEXT, None), (_TEXT, None)]
    return [(_TEXT, exact_text(cell.exact)), (_NUMBER, number_text(cell, column))]


def _plain(cell: str | int | None) -> tuple[int, str | int | None]:
    return (_COUNT if isinstance(cell, int) else _TEXT, cell)


def _command(row: Sequence[Cell]) -> str | None:
    """Give the command of the last figure of a row, which is its total where it has several."""
    commands = [
        cell.selection.command()
        for cell in row
        if isinstance(cell, Figure) and cell.selection is not None
    ]
    return commands[-1] if commands else None


def _sheet_name(key: str, taken: set[str]) -> str:
    name = key.removeprefix("disclosure_")[:NAME_CHARS]
    number = 1
    while name in taken:
        number += 1
        name = f"{key[: NAME_CHARS - 3]}-{number}"
    taken.add(name)
    return name


def _worksheet(rows: Sequence[Row], *, is_front: bool) -> str:
    widths: dict[int, int] = {}
    for row in rows:
        for place, (style, value) in enumerate(row):
            if style != _WRAPPED and value is not None:
                size = max(WIDTH_MIN, min(len(str(value)) + 2, WIDTH_MAX))
                widths[place] = max(widths.get(place, 0), size)
    columns = "".join(
        f'<col min="{place + 1}" max="{place + 1}" width="{width}" customWidth="1"/>'
        for place, width in sorted(widths.items())
    )
    body = "".join(_row(number, row) for number, row in enumerate(rows, 1))
    frozen = (
        ""
        if is_front
        else '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
    )
    return (
        f'<worksheet xmlns="{MAIN}"><sheetViews><sheetView workbookViewId="0">{frozen}</sheetView>'
        f"</sheetViews>{f'<cols>{columns}</cols>' if columns else ''}"
        f"<sheetData>{body}</sheetData></worksheet>"
    )


def _row(number: int, cells: Row) -> str:
    made = "".join(_cell(number, place, *each) for place, each in enumerate(cells))
    return f'<row r="{number}">{made}</row>'


def _cell(row: int, place: int, style: int, value: str | int | None) -> str:
    if value is None or value == "":
        return ""
    where = f'r="{_letters(place)}{row}" s="{style}"'
    if style in {_NUMBER, _COUNT}:
        return f"<c {where}><v>{value}</v></c>"
    text = _UNPRINTABLE.sub("\ufffd", visible(str(value)))[:TEXT_CHARS]
    return f'<c {where} t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>'


def _letters(place: int) -> str:
    """Write the letters of a column: A to Z, AA on."""
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _workbook(names: Sequence[str]) -> str:
    sheets = "".join(
        f'<sheet name={quoteattr(name)} sheetId="{number}" r:id="rId{number}"/>'
        for number, name in enumerate(names, 1)
    )
    return f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><sheets>{sheets}</sheets></workbook>'


def _relations(targets: Sequence[tuple[str, str]]) -> str:
    listed = "".join(
        f'<Relationship Id="rId{number}" Type="{RELATIONS}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, 1)
    )
    return f'<Relationships xmlns="{PACKAGE}/relationships">{listed}</Relationships>'


def _content_types(sheet_count: int) -> str:
    parts = [
        ("/xl/workbook.xml", "sheet.main"),
        ("/xl/styles.xml", "styles"),
        *(
            (f"/xl/worksheets/sheet{number}.xml", "worksheet")
            for number in range(1, sheet_count + 1)
        ),
    ]
    listed = "".join(
        f'<Override PartName="{path}" ContentType="{TYPES}.{kind}+xml"/>' for path, kind in parts
    )
    return (
        f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{listed}</Types>'
    )
