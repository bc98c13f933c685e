"""Files that nobody means well: refused in words, in little memory and time, never guessed."""

from __future__ import annotations

import zipfile

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.workbooks import write_ods, write_xlsx
from tonne.cli.input.reading import RecordFiles
from tonne.errors import FieldInvalid
from tonne.imports.guessing.guess import guess
from tonne.imports.options import ReadingOptions
from tonne.imports.profiles.toml import read_profile
from tonne.imports.records import MappedFiles

HEADER = "facility,activity,quantity,unit,start,end"
ROW = "s,electricity.grid,1,kWh,2025-03-01,2025-04-01"
SHEET = "xl/worksheets/sheet1.xml"
ROWS = [HEADER.split(","), ["s", "electricity.grid", 1.0, "kWh", "2025-03-01", "2025-04-01"]]


def read(path):
    """Read the records of a file as `tonne append` does, with no option."""
    files = RecordFiles([path], ReadingOptions())
    files.check()
    return pl.concat(
        [pl.DataFrame([piece]) if isinstance(piece, dict) else piece for piece in files.pieces()],
        how="diagonal_relaxed",
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"{HEADER}\r\n{ROW}\r{ROW}\n", "line 2: a carriage return alone stands within the row"),
        (f'{HEADER}\n{ROW}\n"{ROW}\n{ROW}\n', "line 3: a quote is opened here and not closed"),
        (f'{HEADER}\n{ROW}\n"a"b{ROW[1:]}\n', "line 3: .* text stands behind one that is closed"),
        (f'{HEADER}\n{ROW}\n5" pipe{ROW[1:]}\n', r'line 3: a quote stands inside .*: "5"" pipe"'),
        (
            f"{HEADER}\n{ROW}\n{ROW},x\n",
            "line 3: expected 6 fields, as many as the header has; got 7",
        ),
        (f"{HEADER}\n{ROW}\n".encode("utf-16-le"), "looks like UTF-16: add --encoding utf-16-le"),
        (b"%s\n\xed\xa0\x80\n" % HEADER.encode(), "line 2 is no UTF-8: .* mend the line"),
        (b"", "empty"),
    ],
)
def test_a_text_that_is_none_is_refused_with_its_row(tmp_path, text, told):
    """And with what is wrong there; so is a file by another delimiter."""
    path = tmp_path / "a.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(FieldInvalid, match=f"(?s)a.csv.*{told}"):
        read(path)
    if b"\0" not in path.read_bytes() and path.stat().st_size:
        tabs = tmp_path / "a.tsv"
        tabs.write_bytes(path.read_bytes().replace(b",", b"\t"))
        with pytest.raises(FieldInvalid, match=f"(?s)a.tsv.*{told.replace('line', '(row|line)')}"):
            read(tabs)


def test_rows_that_end_in_a_carriage_return_alone_are_rows(tmp_path):
    """As old programs of the Macintosh write them."""
    path = tmp_path / "a.csv"
    path.write_bytes(f"{HEADER}\r{ROW}\r{ROW}\r".encode())
    assert read(path)["quantity"].to_list() == ["1", "1"]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (
            f"{HEADER}\n{ROW}\n".encode(),
            "it begins with 'facility,.*a text: add --file-format csv",
        ),
        (b"<html><table>", "a page or XML: open it and save it as .xlsx"),
        (b"\x89PNG\0", "it begins with '.PNG"),
        (b"", "it is empty"),
        (b"PK\3\4" + bytes(99), "expected a readable workbook"),
    ],
)
@pytest.mark.parametrize("suffix", ["xls", "xlsx", "ods"])
def test_a_file_that_is_named_like_a_workbook_is_told_for_what_it_is(tmp_path, data, told, suffix):
    """Many programs name a text or a page so."""
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(data)
    with pytest.raises(FieldInvalid, match=f"(?s)a.{suffix}: .*{told}"):
        read(path)


def packed(path, part, *changes):
    """Write a part of a workbook again."""
    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name).decode() for name in book.namelist()}
    for old, new in changes:
        assert old in parts[part]
        parts[part] = parts[part].replace(old, new)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        for name, text in parts.items():
            book.writestr(name, text)
    return path


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            [
                ("<worksheet", '<!DOCTYPE a [<!ENTITY a "aaaaaaaa">]><worksheet'),
                ("</sheetData>", '<row r="9" hidden="1"/></sheetData>'),
            ],
            "has a document type",
        ),
        (
            [
                (
                    "</sheetData>",
                    '<row r="1048576"><c r="XFD1048576" t="e"><v>#N/A</v></c></row></sheetData>',
                )
            ],
            "takes more than|more than",
        ),
        ([('r="A2"', 'r="ZZZZZZZ99999999999"'), ("<v>1.0</v>", "<f>1</f>")], "readable workbook"),
        ([("<sheetData>", '<dimension ref="A1:XFD1048576"/><sheetData>')], ""),
        (
            [
                (
                    "<sheetData>",
                    '<cols><col min="1" max="99999999999" hidden="1"/></cols><sheetData>',
                )
            ],
            "",
        ),
        ([('<row r="2">', '<row r="99999999999999" hidden="1">')], ""),
        (
            [
                (
                    "</sheetData>",
                    "".join(f'<row r="{row}" hidden="1"/>' for row in range(4, 99_999, 2))
                    + "</sheetData>",
                )
            ],
            "",
        ),
        ([("</sheetData>", f"</sheetData>{'<a>' * 9_999}{'</a>' * 9_999}")], ""),
    ],
    ids=["entities", "far cell", "bad place", "dimension", "columns", "row", "rows", "depth"],
)
def test_a_workbook_that_claims_too_much_is_refused_or_read(tmp_path, changes, told):
    """Whatever it says of its size, the one record is what it has."""
    path = packed(write_xlsx(tmp_path / "a.xlsx", {"A": ROWS}), SHEET, *changes)
    if told:
        for use in (read, lambda each: guess(each, ReadingOptions())):
            with pytest.raises(FieldInvalid, match=rf"a\.xlsx: .*{told}"):
                use(path)
        return
    assert read(path)["quantity"].to_list() == ["1"]
    assert guess(path, ReadingOptions()).text()


@pytest.mark.parametrize("count", ["-3", "x"])
def test_an_opendocument_that_repeats_too_much_is_refused(tmp_path, count):
    """A cell of a few bytes may stand for any number of them."""
    path = write_ods(tmp_path / "a.ods", {"A": ROWS})
    old = '<table:table-row><table:table-cell office:value-type="string"><text:p>s<'
    new = old.replace(
        "<table:table-row>", f'<table:table-row table:number-rows-repeated="{count}">'
    )
    packed(path, "content.xml", (old, new))
    with pytest.raises(FieldInvalid, match=r"a\.ods: expected a readable workbook"):
        read(path)


CELL = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        [
            "Total",
            "1.234",
            "#REF!",
            "=A1",
            "01/03",
            "Jan 2025",
            "2025-03-01",
            "kWh",
            "合计",
            "-",
            "\0",
        ]
    ),
    st.decimals(-9_999, 9_999, places=3).map(str),
)
TABLES = st.lists(st.lists(CELL, min_size=1, max_size=6), min_size=1, max_size=8)


@settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(rows=TABLES, delimiter=st.sampled_from(",;\t"), end=st.sampled_from(["\n", "\r\n", "\r"]))
def test_no_text_crashes_the_guess_nor_becomes_records_by_it(tmp_path, rows, delimiter, end):
    """A profile that has a question reads nothing; one that has none reads what it shows."""
    path = tmp_path / "a.csv"
    with path.open("w", encoding="utf-8", errors="surrogatepass", newline="") as file:
        file.write(end.join(delimiter.join(row) for row in rows))
    try:
        draft = guess(path, ReadingOptions())
    except FieldInvalid as error:
        assert str(error).startswith("a.csv")  # noqa: PT017  # either outcome is right
        return
    if draft.questions:
        with pytest.raises(FieldInvalid, match=r"to answer|expected a word"):
            read_profile(draft.text(), "p")
        return
    for frame in MappedFiles([path], read_profile(draft.text(), "p")).frames():
        assert frame.height
