"""Workbooks, documents and other files whose columns are those of records."""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import json
import random
import sys
import zipfile
from decimal import Decimal

import polars as pl
import pytest
import xlwt

from tests.support.workbooks import write_ods, write_xlsx
from tonne.errors import FieldInvalid
from tonne.imports.options import ReadingOptions
from tonne.imports.profiles.profile import PLAIN
from tonne.imports.records import MappedFiles
from tonne.imports.sources import workbooks

HEADER = ["facility", "activity", "quantity", "unit", "start", "end"]
DAY, NEXT = dt.date(2025, 3, 1), dt.date(2025, 4, 1)
ROW = ["s", "electricity.grid", 1234.5, "kWh", DAY, NEXT]


def read(path, **options):
    """Read the records of a file, and what was said of them."""
    files = MappedFiles([path], ReadingOptions(**options).over(PLAIN))
    return pl.concat(files.frames()), [line for each in files.reports for line in each.lines()]


def write_xls(path, sheets):
    """Write sheets of rows as Excel 97."""
    book = xlwt.Workbook()
    style = xlwt.easyxf(num_format_str="yyyy-mm-dd")
    for name, rows in sheets.items():
        sheet = book.add_sheet(name)
        for row, cells in enumerate(rows):
            for column, cell in enumerate(cells):
                if cell is not None:
                    more = [style] if isinstance(cell, dt.date) else []
                    sheet.write(row, column, cell, *more)
    book.save(str(path))
    return path


WRITERS = {"xlsx": write_xlsx, "ods": write_ods, "xls": write_xls}


@pytest.mark.parametrize("kind", WRITERS)
def test_a_workbook_is_read_cell_by_cell(tmp_path, kind):
    """Numbers with all their digits, dates as days, blank rows counted, the place as evidence."""
    numbers = [1234.5, 0.1, 4.3976e-12, 1e15, 7, -0.30000000000000004]
    rows = [HEADER, *([*ROW[:2], number, *ROW[3:]] for number in numbers), [None] * 6, ROW]
    path = WRITERS[kind](tmp_path / f"bills.{kind}", {"Meter Entries": rows})
    frame, said = read(path)
    assert [Decimal(text) for text in frame["quantity"]] == [
        Decimal(repr(number)) for number in (*numbers, 1234.5)
    ]
    assert not any("e" in text.lower() for text in frame["quantity"])
    assert frame["start"].to_list() == [DAY] * 7
    assert frame["evidence"][0] == f"bills.{kind}#Meter Entries!row 2"
    assert frame["evidence"][-1] == f"bills.{kind}#Meter Entries!row 9"
    assert said == [f"bills.{kind}, sheet 'Meter Entries': 1 left out (row 8): the row is blank"]


@pytest.mark.parametrize("first_column", [0, 3])
@pytest.mark.parametrize("first_row", [1, 5])
def test_a_table_may_stand_anywhere_in_its_sheet(tmp_path, first_row, first_column):
    """Rows are numbered as the spreadsheet numbers them."""
    path = write_xlsx(
        tmp_path / "a.xlsx", {"A": [HEADER, ROW]}, first_row=first_row, first_column=first_column
    )
    frame, _ = read(path, header_row=first_row)
    assert frame["evidence"].to_list() == [f"a.xlsx#A!row {first_row + 1}"]
    assert frame["quantity"].to_list() == ["1234.5"]


def test_times_of_a_workbook_are_a_clock_s_unless_all_are_midnight(tmp_path):
    """Many programs write days as midnights."""
    at = dt.datetime.fromisoformat
    midnight = [*ROW[:4], at("2025-03-01"), at("2025-04-01")]
    hour = [*ROW[:4], at("2025-03-01T01:00"), at("2025-03-01T02:00")]
    frame, _ = read(write_xlsx(tmp_path / "a.xlsx", {"A": [HEADER, midnight]}))
    assert frame["start"].to_list() == [DAY]
    path = write_xlsx(tmp_path / "b.xlsx", {"A": [HEADER, midnight, hour]})
    frame, _ = read(path, time_zone="Asia/Shanghai")
    assert frame["start"].to_list() == [
        dt.datetime(2025, 2, 28, 16, tzinfo=dt.UTC),
        dt.datetime(2025, 2, 28, 17, tzinfo=dt.UTC),
    ]


def test_of_several_sheets_the_one_with_the_header_is_read(tmp_path):
    """Where two have it, or none, the sheets are told and the option."""
    other = [["Notes"], ["bills of March"]]
    one = write_xlsx(tmp_path / "a.xlsx", {"Notes": other, "Bills": [HEADER, ROW]})
    assert read(one)[0].height == 1
    two = {"March": [HEADER, ROW], "April": [HEADER, ROW, ROW], "Notes": other}
    path = write_xlsx(tmp_path / "b.xlsx", two)
    with pytest.raises(
        FieldInvalid, match=r"'March', 'April', 'Notes', and 2 of them fit.*--sheet"
    ):
        read(path)
    assert read(path, sheet="April")[0].height == 2
    assert read(path, sheet="1")[0].height == 1
    with pytest.raises(FieldInvalid, match="expected a sheet 'May'; the sheets are 'March'"):
        read(path, sheet="May")
    with pytest.raises(FieldInvalid, match="none has the header"):
        read(write_xlsx(tmp_path / "c.xlsx", {"x": other, "y": other}))


def test_a_workbook_that_asks_for_too_much_is_refused(tmp_path, monkeypatch):
    """A cell in the last row and column, and parts that unpack to more than is read."""
    path = write_xlsx(tmp_path / "a.xlsx", {"A": [HEADER, ROW]})
    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    with zipfile.ZipFile(path, "w") as book:
        for name, part in parts.items():
            far = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
            book.writestr(name, part.replace(b"</sheetData>", far))
    with pytest.raises(FieldInvalid, match=r"a\.xlsx: .*takes more than 3 GiB"):
        read(path)
    path = write_xlsx(tmp_path / "b.xlsx", {"A": [HEADER, ROW]})
    monkeypatch.setattr(workbooks, "UNPACKED_BYTES_MAX", 1_000)
    with pytest.raises(FieldInvalid, match=r"unpacked it takes .* at most 1,000"):
        read(path)


@pytest.mark.parametrize("kind", [*WRITERS, "json"])
def test_a_broken_file_is_an_error_of_tonne(tmp_path, kind):
    """Whatever byte is another one: refused in words, or read."""
    draw = random.Random(kind)  # noqa: S311  # no secret
    path = tmp_path / f"a.{kind}"
    if kind == "json":
        path.write_text(json.dumps([dict(zip(HEADER, map(str, ROW), strict=True))]))
    else:
        WRITERS[kind](path, {"A": [HEADER, ROW]})
    good = path.read_bytes()
    for number in range(12):
        data = bytearray(good[: draw.randrange(len(good))] if number % 4 == 0 else good)
        for _ in range(draw.randrange(1, 20)):
            data[draw.randrange(len(data))] = draw.randrange(256)
        path.write_bytes(data)
        with contextlib.suppress(FieldInvalid):
            assert all(frame.height for frame in MappedFiles([path], PLAIN).frames())


@pytest.mark.parametrize(
    "within", ["{}", '{{"count": 1, "data": {}}}', '{{"a": {{}}, "items": {}}}']
)
def test_json_is_an_array_of_objects(tmp_path, within):
    """Alone, or the only one of an object; a number keeps the digits that it was written with."""
    row = (
        '{"facility": "s", "activity": "electricity.grid", "quantity": 0.1000000000000000000001, '
        '"unit": "kWh", "start": "2025-03-01", "end": "2025-04-01", "attributes": {"a": [1.50]}}'
    )
    path = tmp_path / "a.json"
    path.write_text(within.format(f"[{row}, {row}]"))
    frame, _ = read(path)
    assert frame["quantity"].to_list() == ["0.1000000000000000000001"] * 2
    assert frame["attributes"].to_list() == ['{"a": ["1.50"]}'] * 2


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[1, 2]", "expected an array of objects; got list"),
        ('{"a": 1}', "it has none"),
        ('{"a": [{}], "b": [{}]}', "it has 'a', 'b'"),
        ("{", "expected JSON"),
        ("[" * 100_000, "expected JSON"),
        ("[]", "expected the columns"),
    ],
)
def test_other_json_is_refused(tmp_path, text, told):
    """With what was there."""
    path = tmp_path / "a.json"
    path.write_text(text)
    with pytest.raises(FieldInvalid, match=f"a.json: .*{told}"):
        read(path)


def test_other_files_are_tables_of_texts_too(tmp_path):
    """Where an option says how their texts are to be read."""
    frame = pl.DataFrame([dict(zip(HEADER, ROW, strict=True))]).with_columns(
        start=pl.lit("01/03/2025"), end=pl.lit("31/03/2025"), quantity=pl.lit("1.234,5")
    )
    options = {"decimal": ",", "grouping": (".",), "date_formats": ("dd/mm/yyyy",)}
    for kind, write in {
        "parquet": pl.DataFrame.write_parquet,
        "arrow": pl.DataFrame.write_ipc,
        "arrows": pl.DataFrame.write_ipc_stream,
        "jsonl": pl.DataFrame.write_ndjson,
    }.items():
        path = tmp_path / f"a.{kind}"
        write(frame, path)
        found, _ = read(path, inclusive_ends=True, **options)
        assert found.select("quantity", "start", "end").rows() == [("1234.5", DAY, NEXT)], kind


def test_standard_input_needs_its_format(tmp_path, monkeypatch):
    """And is read as a file is."""
    text = ",".join(HEADER) + "\ns,electricity.grid,1,kWh,2025-03-01,2025-04-01\n"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    path = tmp_path.joinpath("-").relative_to(tmp_path)
    with pytest.raises(
        FieldInvalid, match="standard input: expected its format: add --file-format"
    ):
        read(path)
    assert read(path, file_format="csv")[0].height == 1


def test_a_txt_file_says_its_delimiter(tmp_path):
    """Since anything may part its columns."""
    path = tmp_path / "a.txt"
    path.write_text("\t".join(HEADER) + "\ns\telectricity.grid\t1\tkWh\t2025-03-01\t2025-04-01\n")
    with pytest.raises(FieldInvalid, match=r"add --delimiter"):
        read(path)
    assert read(path, delimiter="tab")[0].height == 1
    assert read(path, file_format="tsv")[0].height == 1


def test_a_workbook_is_unpacked_once_however_often_it_is_read(tmp_path, monkeypatch):
    """It is looked at, searched for repeats and sent; of many files none stays on the disk."""
    path = write_xlsx(tmp_path / "a.xlsx", {"A": [HEADER, ROW]})
    unpacked = []
    unpack = workbooks._unpack
    monkeypatch.setattr(
        workbooks, "_unpack", lambda *given: unpacked.append(given[2]) or unpack(*given)
    )
    files = MappedFiles([path], PLAIN)
    files.check()
    assert [frame.height for _ in range(2) for frame in files.frames()] == [1, 1]
    assert len(unpacked) == 1
    assert unpacked[0].exists()
    del files
    assert not unpacked[0].exists()
    files = MappedFiles([path], PLAIN, is_kept=False)
    files.check()
    list(files.frames())
    assert len(unpacked) == 3
    assert not any(folder.exists() for folder in unpacked)
