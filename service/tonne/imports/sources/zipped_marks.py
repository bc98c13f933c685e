"""Marks of sheets in workbooks that are zipped XML: XLSX and OpenDocument.

Sources: ECMA-376 part 1, 18.3.1 (worksheet, row, col, c, f) and 18.2 (workbook); OpenDocument 1.3
part 3, 9.1 (tables) and 19.6 (visibility). Names count without their namespace.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from posixpath import join, normpath
from typing import IO, TYPE_CHECKING
from xml.parsers import expat

from tonne.imports.sources.sheet_marks import SheetMarks, formula_text, read_reference

if TYPE_CHECKING:
    import zipfile

CHUNK_BYTES = 1 << 16

_Start = Callable[[str, Mapping[str, str]], None]
_End = Callable[[str], None]
_Text = Callable[[str], None]

_TRUE = frozenset({"1", "true", "on"})
_MAYBE = re.compile(
    rb"""<(?:\w+:)?f[\s/>]|\bt\s*=\s*["']e["']|\bhidden\s*=\s*["'][1to]|\b(?:ht|width)\s*=\s*["']0"""
)
"""What a sheet has that says more than values; without it nothing of the sheet is kept."""

_OVERLAP_BYTES = 32
_PASSED = frozenset({"is", "t", "r", "rPr"})
"""Elements of cells' texts, of which nothing is kept."""

_WITH_TEXT = frozenset({"f", "v", "table-cell", "covered-table-cell", "p", "span", "a", "s"})
_ERROR = re.compile(r"#[^\s#]{1,20}[!?A]|Err:[0-9]{3}")
"""What a cell of OpenDocument shows in the place of a value."""


def xlsx_marks(parts: zipfile.ZipFile) -> dict[str, SheetMarks]:
    """Read the marks of each worksheet by its name."""
    names = {name.lower().replace("\\", "/").lstrip("/"): name for name in parts.namelist()}
    targets: dict[str, str] = {}
    sheets: dict[str, str] = {}
    is_stale = False

    def relation(name: str, given: Mapping[str, str]) -> None:
        if name == "Relationship":
            targets[given.get("Id", "")] = given.get("Target", "")

    def sheet(name: str, given: Mapping[str, str]) -> None:
        nonlocal is_stale
        if name == "sheet":
            sheets[given.get("name", "")] = given.get("id", "")
        is_stale |= name == "calcPr" and given.get("fullCalcOnLoad", "") in _TRUE

    _parse(parts, names["xl/_rels/workbook.xml.rels"], relation)
    _parse(parts, names["xl/workbook.xml"], sheet)
    found = {}
    for title, relation_id in sheets.items():
        target = targets.get(relation_id, "").replace("\\", "/")
        place = target.lstrip("/") if target.startswith("/") else normpath(join("xl", target))
        part = names.get(place.lower())
        if part is not None and "chartsheet" not in place.lower():
            found[title] = _xlsx_sheet(parts, part, is_stale=is_stale)
    return found


def _xlsx_sheet(parts: zipfile.ZipFile, part: str, *, is_stale: bool) -> SheetMarks:
    marks = SheetMarks()
    with parts.open(part) as file:
        if not _says_more(file):
            return marks
    reader = _XlsxSheet(marks, is_stale=is_stale)
    _parse(parts, part, reader.start, reader.end, reader.text)
    return marks


def _says_more(file: IO[bytes]) -> bool:
    """Whether a sheet has a formula, an error, or anything hidden; a quick look."""
    rest = b""
    while chunk := file.read(CHUNK_BYTES * 16):
        if b"\0" in chunk[:64] or _MAYBE.search(rest + chunk):
            return True  # UTF-16 is read whole
        rest = chunk[-_OVERLAP_BYTES:]
    return False


class _XlsxSheet:
    """Takes the elements of one worksheet in their order."""

    def __init__(self, marks: SheetMarks, *, is_stale: bool) -> None:
        self._marks, self._is_stale = marks, is_stale
        self._row, self._column = -1, -1
        self._kind = ""
        self._texts: dict[str, str] = {}
        self._open = ""

    def start(self, name: str, given: Mapping[str, str]) -> None:
        """Take the start of an element."""
        if name == "row":
            self._row = int(given.get("r") or self._row + 2) - 1
            self._column = -1
            if given.get("hidden", "") in _TRUE or _is_zero(given.get("ht", "")):
                self._marks.hide_row(self._row, self._row)
        elif name == "c":
            place = read_reference(given.get("r", ""))
            self._row, self._column = place or (self._row, self._column + 1)
            self._kind, self._texts = given.get("t", "n"), {}
        elif name in {"f", "v"}:
            self._open = name
            self._texts.setdefault(name, "")
        elif name == "col" and (
            given.get("hidden", "") in _TRUE or _is_zero(given.get("width", ""))
        ):
            first = int(given["min"]) - 1
            self._marks.hide_column(first, int(given.get("max") or first + 1) - 1)
        elif name == "filterColumn":
            self._marks.is_filtered = True

    def text(self, text: str) -> None:
        """Take a piece of text."""
        if self._open and len(self._texts[self._open]) < CHUNK_BYTES:
            self._texts[self._open] += text

    def end(self, name: str) -> None:
        """Take the end of an element."""
        if name in {"f", "v"}:
            self._open = ""
        elif name == "c":
            value = self._texts.get("v", "").strip()
            formula = self._texts.get("f")
            if self._kind == "e":
                self._marks.put_fault(self._row, self._column, value or "#N/A")
            elif formula is not None and self._kind != "str":
                # A program that does not calculate writes no value, or a zero for all of them,
                # and has the sheet calculated by whoever opens it.
                is_left = self._is_stale and value == "0"
                if not value or is_left:
                    self._marks.put_fault(self._row, self._column, formula_text(formula))


def ods_marks(parts: zipfile.ZipFile) -> dict[str, SheetMarks]:
    """Read the marks of each table of an OpenDocument spreadsheet by its name."""
    reader = _Ods()
    _parse(parts, "content.xml", reader.start, reader.end, reader.text)
    return reader.found


class _Ods:
    """Takes the elements of a document in their order."""

    def __init__(self) -> None:
        self.found: dict[str, SheetMarks] = {}
        self._marks = SheetMarks()
        self._row, self._column, self._row_count = -1, 0, 1
        self._cell: Mapping[str, str] | None = None
        self._text = ""
        self._note_depth = 0

    def start(self, name: str, given: Mapping[str, str]) -> None:
        """Take the start of an element."""
        if name == "table":
            self._marks = self.found.setdefault(given.get("name", ""), SheetMarks())
            self._row, self._column, self._row_count = -1, 0, 1
        elif name == "table-column":
            count = int(given.get("number-columns-repeated", "1"))
            if given.get("visibility", "visible") != "visible":
                self._marks.hide_column(self._column, self._column + count - 1)
            self._column += count
        elif name == "table-row":
            self._row += self._row_count if self._row >= 0 else 1
            self._column, self._row_count = 0, int(given.get("number-rows-repeated", "1"))
            shown = given.get("visibility", "visible")
            if shown != "visible":
                self._marks.hide_row(self._row, self._row + self._row_count - 1)
            self._marks.is_filtered |= shown == "filter"
        elif name in {"table-cell", "covered-table-cell"}:
            self._cell, self._text = given, ""
        elif name == "annotation":
            self._note_depth += 1

    def text(self, text: str) -> None:
        """Take a piece of text."""
        if self._cell is not None and not self._note_depth and len(self._text) < CHUNK_BYTES:
            self._text += text

    def end(self, name: str) -> None:
        """Take the end of an element."""
        if name == "annotation":
            self._note_depth -= 1
        elif name in {"table-cell", "covered-table-cell"} and self._cell is not None:
            count = int(self._cell.get("number-columns-repeated", "1"))
            text = self._fault()
            if text:
                for row in range(self._row, self._row + self._row_count):
                    for column in range(self._column, self._column + count):
                        self._marks.put_fault(row, column, text)
            self._column += count
            self._cell = None

    def _fault(self) -> str:
        given, text = self._cell or {}, self._text.strip()
        formula = given.get("formula")
        if formula is None:
            return ""
        if given.get("value-type") == "error" or _ERROR.fullmatch(text):
            return text or "#N/A"
        has_value = any(name in given for name in _ODS_VALUES) or bool(text)
        is_blank_text = given.get("value-type") == "string"
        return "" if has_value or is_blank_text else formula_text(formula)


_ODS_VALUES = ("value", "string-value", "date-value", "time-value", "boolean-value")


def _is_zero(size: str) -> bool:
    try:
        return bool(size) and float(size) == 0
    except ValueError:
        return False


def _ignore(*_: object) -> None:
    return None


def _parse(
    parts: zipfile.ZipFile, part: str, start: _Start, end: _End = _ignore, text: _Text = _ignore
) -> None:
    """Read one part of XML; a document type is refused, for what its entities blow up to."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    locals_: dict[str, str] = {}

    def local(name: str) -> str:
        found = locals_.get(name)
        if found is None:
            found = locals_[name] = name.rsplit(":", 1)[-1]
        return found

    def begin(name: str, given: dict[str, str]) -> None:
        name = local(name)
        if name not in _PASSED:
            found = {local(key): value for key, value in given.items()}
            if "error" in given.values():  # OpenDocument has two kinds of value-type
                found["value-type"] = "error"
            start(name, found)
            parser.CharacterDataHandler = text if name in _WITH_TEXT else None

    def finish(name: str) -> None:
        name = local(name)
        if name not in _PASSED:
            end(name)

    def refuse(*_: object) -> None:
        raise ValueError(f"{part} has a document type, which no workbook needs")

    parser.StartElementHandler = begin
    parser.EndElementHandler = finish
    parser.StartDoctypeDeclHandler = refuse
    with parts.open(part) as file:
        while chunk := file.read(CHUNK_BYTES):
            parser.Parse(chunk, False)
        parser.Parse(b"", True)
