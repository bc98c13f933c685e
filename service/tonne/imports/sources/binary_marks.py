"""Marks of sheets in workbooks of binary records: XLS (BIFF in a compound file) and XLSB.

Sources: [MS-XLS] 2.4.28 BoundSheet8, 2.4.53 ColInfo, 2.4.127 Formula, 2.4.24 BoolErr, 2.4.261 Row,
2.4.102 FilterMode; [MS-CFB] 2.2 to 2.6; [MS-XLSB] 2.1.4 (records), 2.4.314 BrtColInfo, 2.4.739
BrtRowHdr, 2.4.308 BrtCellError, 2.4.671 BrtFmlaError.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING
from xml.parsers import expat

from tonne.imports.sources.sheet_marks import ERROR_CODES, SheetMarks, formula_text

if TYPE_CHECKING:
    import zipfile
    from collections.abc import Iterator

COMPOUND_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

_SECTOR_MAX = 0xFFFFFFFA
"""Numbers from here on name no sector."""

_ROOT = 5
"""Kind of the directory's first entry, whose stream holds the small ones."""

_BOF, _EOF, _BOUND_SHEET, _RECALC_ID, _FILTER_MODE = 0x0809, 0x0A, 0x85, 0x01C1, 0x9B
_FORMULA, _BOOL_ERROR, _ROW, _COLUMN = 0x06, 0x0205, 0x0208, 0x7D
_WORKSHEET = 0

_ROW_HIDDEN = 0x20
_RESULT_IS_NO_NUMBER = 0xFFFF
_RESULT_ERROR, _RESULT_BLANK = 2, 3


def xls_marks(data: bytes) -> dict[str, SheetMarks]:
    """Read the marks of each sheet of an XLS file by its number among all, as a text.

    A file of Excel says by which version its formulas were calculated; where none does, a formula
    with a blank result is one that a program wrote and nobody calculated.
    """
    stream = _workbook_stream(data) if data.startswith(COMPOUND_MAGIC) else data
    starts, is_calculated = [], False
    for kind, place, size in _records(stream, 0):
        if kind == _BOUND_SHEET:
            (start,) = struct.unpack_from("<I", stream, place)
            starts.append(start if stream[place + 5] == _WORKSHEET and size else None)
        is_calculated |= kind == _RECALC_ID
    return {
        str(number): SheetMarks()
        if start is None
        else _xls_sheet(stream, start, is_calculated=is_calculated)
        for number, start in enumerate(starts)
    }


def _xls_sheet(stream: bytes, start: int, *, is_calculated: bool) -> SheetMarks:
    marks = SheetMarks()
    for kind, place, _ in _records(stream, start):
        if kind == _BOOL_ERROR:
            row, column, code, is_error = struct.unpack_from("<HH2xBB", stream, place)
            if is_error:
                marks.put_fault(row, column, _error(code))
        elif kind == _FORMULA:
            _take_formula(stream, place, marks, is_calculated=is_calculated)
        elif kind == _ROW:
            row, flags = struct.unpack_from("<H10xH", stream, place)
            if flags & _ROW_HIDDEN:
                marks.hide_row(row, row)
        elif kind == _COLUMN:
            first, last, width, flags = struct.unpack_from("<HHH2xH", stream, place)
            if flags & 1 or not width:
                marks.hide_column(first, last)
        marks.is_filtered |= kind == _FILTER_MODE
    return marks


def _take_formula(stream: bytes, place: int, marks: SheetMarks, *, is_calculated: bool) -> None:
    """Look at a formula's result: a number, or what is none."""
    row, column, what, code, tail = struct.unpack_from("<HH2xBxB3xH", stream, place)
    if tail != _RESULT_IS_NO_NUMBER:
        return
    if what == _RESULT_ERROR:
        marks.put_fault(row, column, _error(code))
    elif what == _RESULT_BLANK and not is_calculated:
        marks.put_fault(row, column, formula_text(""))


def _error(code: int) -> str:
    return ERROR_CODES.get(code, f"#{code}!")


def _records(stream: bytes, start: int) -> Iterator[tuple[int, int, int]]:
    """List the records from a BOF to its EOF, those of objects inside left out."""
    place, depth = start, 0
    while place + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, place)
        place += 4
        depth += (kind == _BOF) - (kind == _EOF)
        if depth <= 0:
            return
        if depth == 1 and place + size <= len(stream):
            yield kind, place, size
        place += size


def _workbook_stream(data: bytes) -> bytes:
    """Take the stream `Workbook` (or `Book`) out of a compound file."""
    shift, mini_shift = struct.unpack_from("<HH", data, 30)
    fat_count, first_directory = struct.unpack_from("<I I", data, 44)
    mini_max, first_mini, _, first_difat = struct.unpack_from("<IIII", data, 56)
    size = 1 << shift
    sector_count = len(data) // size + 1

    def sector(number: int) -> bytes:
        return data[(number + 1) * size : (number + 2) * size]

    fat_sectors = list(struct.unpack_from("<109I", data, 76))
    for _ in range(sector_count):
        if first_difat >= _SECTOR_MAX:
            break
        *more, first_difat = struct.unpack(f"<{size // 4}I", sector(first_difat))
        fat_sectors += more
    table = b"".join(sector(each) for each in fat_sectors[:fat_count] if each < _SECTOR_MAX)
    fat = struct.unpack(f"<{len(table) // 4}I", table[: len(table) // 4 * 4])

    def chain(first: int, links: tuple[int, ...]) -> Iterator[int]:
        for _ in range(len(links)):
            if first >= len(links):
                return
            yield first
            first = links[first]

    directory = b"".join(sector(each) for each in chain(first_directory, fat))
    entries = {}
    for place in range(0, len(directory) - 127, 128):
        length, kind = struct.unpack_from("<HB", directory, place + 64)
        letters = directory[place : place + max(0, min(length, 64) - 2)]
        name = letters.decode("utf-16-le", "replace").lower() if kind != _ROOT else ""
        entries[name] = struct.unpack_from("<II", directory, place + 116)
    first, length = entries.get("workbook") or entries["book"]
    if length >= mini_max:
        return b"".join(sector(each) for each in chain(first, fat))[:length]
    mini = b"".join(sector(each) for each in chain(entries[""][0], fat))
    links = b"".join(sector(each) for each in chain(first_mini, fat))
    mini_fat = struct.unpack(f"<{len(links) // 4}I", links[: len(links) // 4 * 4])
    mini_size = 1 << mini_shift
    return b"".join(
        mini[each * mini_size : (each + 1) * mini_size] for each in chain(first, mini_fat)
    )[:length]


_BRT_ROW, _BRT_ERROR, _BRT_FORMULA_ERROR, _BRT_COLUMN, _BRT_SHEET = 0, 3, 11, 60, 156
_BRT_FILTER_COLUMN = 163
_BRT_ROW_HIDDEN = 0x10


def xlsb_marks(parts: zipfile.ZipFile) -> dict[str, SheetMarks]:
    """Read the marks of each worksheet of an XLSB file by its name."""
    names = {name.lower().lstrip("/"): name for name in parts.namelist()}
    targets: dict[str, str] = {}

    def relation(name: str, given: dict[str, str]) -> None:
        if name.endswith("Relationship"):
            targets[given.get("Id", "")] = given.get("Target", "")

    parser = expat.ParserCreate()
    parser.StartElementHandler = relation
    parser.Parse(parts.read(names["xl/_rels/workbook.bin.rels"]), True)
    found = {}
    for kind, body in _brt_records(parts.read(names["xl/workbook.bin"])):
        if kind != _BRT_SHEET:
            continue
        (id_chars,) = struct.unpack_from("<I", body, 8)
        relation_id = body[12 : 12 + 2 * id_chars].decode("utf-16-le")
        (name_chars,) = struct.unpack_from("<I", body, 12 + 2 * id_chars)
        begin = 16 + 2 * id_chars
        title = body[begin : begin + 2 * name_chars].decode("utf-16-le")
        target = targets.get(relation_id, "")
        part = names.get((target.lstrip("/") if target[:1] == "/" else f"xl/{target}").lower())
        if part is not None and "worksheets" in part.lower():
            found[title] = _xlsb_sheet(parts.read(part))
    return found


def _xlsb_sheet(data: bytes) -> SheetMarks:
    marks = SheetMarks()
    row = 0
    for kind, body in _brt_records(data):
        if kind == _BRT_ROW:
            (row,) = struct.unpack_from("<I", body)
            if body[11] & _BRT_ROW_HIDDEN:
                marks.hide_row(row, row)
        elif kind in {_BRT_ERROR, _BRT_FORMULA_ERROR}:
            (column,) = struct.unpack_from("<I", body)
            marks.put_fault(row, column, _error(body[8]))
        elif kind == _BRT_COLUMN:
            first, last, flags = struct.unpack_from("<II8xH", body)
            if flags & 1:
                marks.hide_column(first, last)
        marks.is_filtered |= kind == _BRT_FILTER_COLUMN
    return marks


def _brt_records(data: bytes) -> Iterator[tuple[int, bytes]]:
    """List the records of a part: kind and body."""
    place = 0
    while place < len(data):
        kind, place = _varint(data, place, 2)
        size, place = _varint(data, place, 4)
        yield kind, data[place : place + size]
        place += size


def _varint(data: bytes, place: int, most: int) -> tuple[int, int]:
    value = 0
    for number in range(most):
        byte = data[place]
        place += 1
        value |= (byte & 0x7F) << (7 * number)
        if byte < 0x80:  # noqa: PLR2004  # the last one has no high bit
            break
    return value, place
