"""Workbooks for tests: the smallest files that a spreadsheet opens, with cells anywhere."""

from __future__ import annotations

import datetime as dt
import zipfile
from xml.sax.saxutils import escape

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
NAMES = "urn:oasis:names:tc:opendocument:xmlns"
EPOCH = dt.datetime.fromisoformat("1899-12-30")
STYLES = (
    '<fonts count="1"><font/></fonts><fills count="1"><fill/></fills><borders count="1"><border/>'
    '</borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="3"><xf/>'
    '<xf numFmtId="14" applyNumberFormat="1"/><xf numFmtId="22" applyNumberFormat="1"/></cellXfs>'
)


def xlsx_cell(reference, value):
    """One cell as XML; a date is a number with a style, as Excel keeps it."""
    if isinstance(value, str):
        return f'<c r="{reference}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    style = ""
    if isinstance(value, dt.datetime):
        style, value = ' s="2"', (value - EPOCH) / dt.timedelta(days=1)
    elif isinstance(value, dt.date):
        style, value = ' s="1"', (value - EPOCH.date()).days
    return f'<c r="{reference}"{style}><v>{value!r}</v></c>'


def write_xlsx(path, sheets, *, first_row=1, first_column=0):
    """Write sheets of rows; None is no cell."""

    def column(index):
        return "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[index]

    parts = {
        "xl/styles.xml": f'<styleSheet xmlns="{MAIN}">{STYLES}</styleSheet>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{REL}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    }
    listed, related, typed = "", "", ""
    for number, (name, rows) in enumerate(sheets.items(), 1):
        body = "".join(
            f'<row r="{row}">'
            + "".join(
                xlsx_cell(f"{column(first_column + index)}{row}", cell)
                for index, cell in enumerate(cells)
                if cell is not None
            )
            + "</row>"
            for row, cells in enumerate(rows, first_row)
        )
        parts[f"xl/worksheets/sheet{number}.xml"] = (
            f'<worksheet xmlns="{MAIN}"><sheetData>{body}</sheetData></worksheet>'
        )
        listed += f'<sheet name="{escape(name)}" sheetId="{number}" r:id="rId{number}"/>'
        related += (
            f'<Relationship Id="rId{number}" Type="{REL}/worksheet" '
            f'Target="worksheets/sheet{number}.xml"/>'
        )
        typed += (
            f'<Override PartName="/xl/worksheets/sheet{number}.xml" '
            f'ContentType="{TYPES}.worksheet+xml"/>'
        )
    parts["xl/workbook.xml"] = (
        f'<workbook xmlns="{MAIN}" xmlns:r="{REL}"><sheets>{listed}</sheets></workbook>'
    )
    parts["xl/_rels/workbook.xml.rels"] = (
        f'<Relationships xmlns="{PACKAGE}/relationships">{related}<Relationship Id="rId0" '
        f'Type="{REL}/styles" Target="styles.xml"/></Relationships>'
    )
    parts["[Content_Types].xml"] = (
        f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default '
        f'Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" '
        f'ContentType="{TYPES}.sheet.main+xml"/>{typed}<Override PartName="/xl/styles.xml" '
        f'ContentType="{TYPES}.styles+xml"/></Types>'
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        for part, text in parts.items():
            book.writestr(part, '<?xml version="1.0" encoding="UTF-8"?>' + text)
    return path


def write_ods(path, sheets):
    """Write sheets of rows as OpenDocument."""
    spaces = {
        "office": "office",
        "table": "table",
        "text": "text",
    }
    names = " ".join(f'xmlns:{short}="{NAMES}:{long}:1.0"' for short, long in spaces.items())

    def cell(value):
        if value is None:
            return "<table:table-cell/>"
        if isinstance(value, str):
            kind = 'office:value-type="string"'
        elif isinstance(value, dt.date):
            kind = f'office:value-type="date" office:date-value="{value.isoformat()}"'
        else:
            kind = f'office:value-type="float" office:value="{value!r}"'
        return f"<table:table-cell {kind}><text:p>{escape(str(value))}</text:p></table:table-cell>"

    tables = "".join(
        f'<table:table table:name="{escape(name)}">'
        + "".join(f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in rows)
        + "</table:table>"
        for name, rows in sheets.items()
    )
    mimetype = "application/vnd.oasis.opendocument.spreadsheet"
    with zipfile.ZipFile(path, "w") as book:
        book.writestr("mimetype", mimetype)
        book.writestr(
            "META-INF/manifest.xml",
            f'<manifest:manifest xmlns:manifest="{NAMES}:manifest:1.0"'
            f'><manifest:file-entry manifest:full-path="/" manifest:media-type="{mimetype}"/>'
            "</manifest:manifest>",
        )
        book.writestr(
            "content.xml",
            f"<office:document-content {names}><office:body><office:spreadsheet>{tables}"
            "</office:spreadsheet></office:body></office:document-content>",
        )
    return path
