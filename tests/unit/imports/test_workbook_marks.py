"""What a workbook shows where it has no value, and what it hides, is never passed over."""

from __future__ import annotations

import datetime as dt
import struct
import zipfile
from decimal import Decimal

import polars as pl
import pytest
import xlwt
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.workbooks import write_ods, write_xlsx
from tonne.errors import FieldInvalid
from tonne.imports.options import ReadingOptions
from tonne.imports.profiles.profile import PLAIN
from tonne.imports.profiles.toml import read_profile
from tonne.imports.records import MappedFiles
from tonne.imports.sources.binary_marks import xlsb_marks

HEADER = ["facility", "activity", "quantity", "unit", "start", "end"]
DAY, NEXT = dt.date(2025, 3, 1), dt.date(2025, 4, 1)
ROW = ["s", "electricity.grid", 1234.5, "kWh", DAY, NEXT]
WIDE = read_profile(
    """
[columns]
facility = "Site"
[constants]
activity = "electricity.grid"
unit = "kWh"
[[values]]
dates = "mmm yyyy"
""",
    "wide",
)
MONTHS = ["Site", "Jan 2025", "Feb 2025", "Mar 2025"]
SHEET = "xl/worksheets/sheet1.xml"


def read(path, profile=PLAIN, **options):
    """Read the records of a file, and what was said of them."""
    files = MappedFiles([path], ReadingOptions(**options).over(profile))
    frame = pl.concat(files.frames())
    return frame, [line for each in files.reports for line in each.lines()]


def patch(path, part, *changes):
    """Write a part of a packed workbook again; every text to be changed is there."""
    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name).decode() for name in book.namelist()}
    for old, new in changes:
        assert old in parts[part], old
        parts[part] = parts[part].replace(old, new)
    with zipfile.ZipFile(path, "w") as book:
        for name, text in parts.items():
            book.writestr(name, text)
    return path


def wide_xlsx(tmp_path, *changes, rows=None):
    """A table of two sites and three months, with changes to its XML."""
    rows = rows or [MONTHS, ["A", 1.0, 2.0, 3.0], ["B", 4.0, 5.0, 6.0]]
    return patch(write_xlsx(tmp_path / "a.xlsx", {"Use": rows}), SHEET, *changes)


def quantities(frame):
    return list(zip(frame["facility"], frame["quantity"], strict=True))


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ('<c r="C2" t="e"><v>#REF!</v></c>', "#REF!"),
        ("<c r='C2' t='e'><f>1/0</f><v>#DIV/0!</v></c>", "#DIV/0!"),
        ('<c t="e" r="C2"><v>#N/A</v></c>', "#N/A"),
        ('<c r="C2"><f>SUM(A1:A9)</f></c>', "=SUM(A1:A9)"),
        ('<c r="C2"><f>SUM(A1:A9)</f><v></v></c>', "=SUM(A1:A9)"),
        ('<c r="C2"><f>A1&lt;B1</f><v/></c>', "=A1<B1"),
        ('<c r="C2"><f t="shared" si="0"/><v/></c>', "=(formula)"),
        ('<c r="C2" t="str"><f>IF(A1="","",A1)</f><v></v></c>', None),
        ('<c r="C2"><f>1+1</f><v>2</v></c>', "2"),
        ('<c r="C2"/>', None),
    ],
)
def test_a_cell_without_a_value_that_means_one_is_a_record(tmp_path, cell, shown):
    """An error, or a formula that was never calculated: as it is written. A blank stays none."""
    path = wide_xlsx(tmp_path, ('<c r="C2"><v>2.0</v></c>', cell))
    frame, said = read(path, WIDE)
    expected = [("A", "1"), ("A", shown), ("A", "3"), ("B", "4"), ("B", "5"), ("B", "6")]
    assert quantities(frame) == [each for each in expected if each[1] is not None]
    is_fault = shown is not None and shown != "2"
    assert any("shows an error" in line and "(row 2)" in line for line in said) == is_fault
    if is_fault:
        assert frame["evidence"][1] == "a.xlsx#Use!row 2, column Feb 2025"


def test_a_cell_without_a_value_behind_all_others_is_not_lost(tmp_path):
    """Below the last row with values, and beside the last column."""
    row = '<row r="4"><c r="A4" t="inlineStr"><is><t>C</t></is></c><c r="D4" t="e"><v>#N/A</v></c>'
    path = wide_xlsx(
        tmp_path,
        ("</sheetData>", f'{row}</row><row r="6"><c r="B6"><f>B1</f></c></row></sheetData>'),
    )
    frame, _ = read(path, WIDE)
    assert quantities(frame)[6:] == [("C", "#N/A"), (None, "=B1")]


def test_zeros_of_a_program_that_does_not_calculate_are_no_amounts(tmp_path):
    """It writes a zero for each formula, and has whoever opens the file calculate."""
    cell = ('<c r="C2"><v>2.0</v></c>', '<c r="C2"><f>SUM(B2:B9)</f><v>0</v></c>')
    path = wide_xlsx(tmp_path, cell)
    assert quantities(read(path, WIDE)[0])[1] == ("A", "0")
    patch(path, "xl/workbook.xml", ("</sheets>", '</sheets><calcPr fullCalcOnLoad="1"/>'))
    assert quantities(read(path, WIDE)[0])[1] == ("A", "=SUM(B2:B9)")


def test_prefixes_quotes_and_missing_places_are_read(tmp_path):
    """Some programs name each element with a prefix, or say no cell's place."""
    path = wide_xlsx(
        tmp_path,
        ('<c r="C2"><v>2.0</v></c>', '<c t="e"><v>#REF!</v></c>'),
        ('<row r="2">', "<row>"),
    )
    assert quantities(read(path, WIDE)[0])[1] == ("A", "#REF!")


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        (
            (
                '<table:table-cell table:formula="of:=1/0" office:value-type="string" '
                'office:string-value="" calcext:value-type="error"><text:p>#DIV/0!</text:p>'
            ),
            "#DIV/0!",
        ),
        (
            (
                '<table:table-cell table:formula="of:=X()" office:value-type="float" '
                'office:value="0"><text:p>Err:508</text:p>'
            ),
            "Err:508",
        ),
        ('<table:table-cell table:formula="of:=[.B1]+1">', "=[.B1]+1"),
        (
            (
                '<table:table-cell table:formula="of:=&quot;&quot;" office:value-type="string" '
                'office:string-value="">'
            ),
            None,
        ),
        ("<table:table-cell><office:annotation><text:p>#REF!</text:p></office:annotation>", None),
    ],
)
def test_opendocument_is_looked_at_likewise(tmp_path, cell, shown):
    """Its errors are texts beside a value, which may be zero."""
    rows = [MONTHS, ["A", 1.0, 2.5, 3.0]]
    path = write_ods(tmp_path / "a.ods", {"Use": rows})
    old = '<table:table-cell office:value-type="float" office:value="2.5"><text:p>2.5</text:p>'
    spaces = 'xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'
    patch(path, "content.xml", (old, cell), (" xmlns:text=", f" {spaces} xmlns:text="))
    expected = [("A", "1"), ("A", shown), ("A", "3")]
    assert quantities(read(path, WIDE)[0]) == [each for each in expected if each[1] is not None]


@pytest.mark.parametrize("size", [1, 2_000])
def test_excel_97_is_looked_at_likewise(tmp_path, size):
    """In the small streams of a file and in the large ones; errors, and formulas of programs."""
    book = xlwt.Workbook()
    book.add_sheet("Notes").write(0, 0, "x")
    sheet = book.add_sheet("Use")
    for column, name in enumerate(MONTHS):
        sheet.write(0, column, name)
    for row in range(1, size + 1):
        sheet.write(row, 0, f"S{row}")
        sheet.write(row, 1, 1.5)
    sheet.row(size).set_cell_error(2, "#REF!")
    sheet.write(size, 3, xlwt.Formula("1+1"))
    path = tmp_path / "a.xls"
    book.save(str(path))
    frame, _ = read(path, WIDE, sheet="Use")
    assert quantities(frame)[size - 1 :] == [
        (f"S{size}", "1.5"),
        (f"S{size}", "#REF!"),
        (f"S{size}", "=(formula)"),
    ]


def test_xlsb_is_looked_at_likewise(tmp_path):
    """By its records: an error, an error of a formula, a hidden row and column."""

    def record(kind, body):
        return (
            bytes([kind & 0x7F | (0x80 if kind > 0x7F else 0)])
            + (bytes([kind >> 7]) if kind > 0x7F else b"")
            + bytes([len(body)])
            + body
        )

    def text(word):
        return struct.pack("<I", len(word)) + word.encode("utf-16-le")

    rows = record(60, struct.pack("<IIIIH", 2, 3, 0, 0, 1))
    rows += record(0, struct.pack("<IIHBBB", 4, 0, 0, 0, 0x10, 0))
    rows += record(3, struct.pack("<IIB", 1, 0, 0x17))
    rows += record(0, struct.pack("<IIHBBB", 5, 0, 0, 0, 0, 0))
    rows += record(11, struct.pack("<IIB", 2, 0, 0x2A))
    path = tmp_path / "a.xlsb"
    with zipfile.ZipFile(path, "w") as book:
        book.writestr(
            "xl/workbook.bin", record(156, struct.pack("<II", 0, 1) + text("r1") + text("S"))
        )
        book.writestr(
            "xl/_rels/workbook.bin.rels",
            '<Relationships><Relationship Id="r1" Target="worksheets/s.bin"/></Relationships>',
        )
        book.writestr("xl/worksheets/s.bin", rows)
    with zipfile.ZipFile(path) as book:
        marks = xlsb_marks(book)["S"]
    assert marks.faults == {(4, 1): "#REF!", (5, 2): "#N/A"}
    assert (marks.hidden_rows, marks.hidden_columns) == ([(4, 4)], [(2, 3)])


@pytest.mark.parametrize(
    "word", ["#N/A", "#BEZUG!", "#¡VALOR!", "#NV", "=VLOOKUP(A1;B:C;2)", "Err:504"]
)
@pytest.mark.parametrize("name", ["facility", "region", "supplier"])
def test_an_error_is_no_name(tmp_path, word, name):
    """Whatever the format: the record goes to quarantine with the field and the text."""
    path = tmp_path / "a.tsv"
    lines = [["s"], [word]]
    head = [*HEADER, name] if name not in HEADER else HEADER
    rows = [
        [line[0], *map(str, ROW[1:]), *([line[0]] if name not in HEADER else [])] for line in lines
    ]
    if name != "facility":
        rows[1][0] = "s"
    path.write_text("\n".join("\t".join(row) for row in [head, *rows]))
    frame, said = read(path)
    assert frame["unread"].to_list() == [None, f'{{"{name}":"{word}"}}']
    assert any("(row 3): a cell shows an error" in line for line in said)


def test_hidden_rows_stop_the_file_until_somebody_says_what_they_are(tmp_path):
    """Whoever looks at the sheet does not see them; a filter hides them, too."""
    path = wide_xlsx(tmp_path, ('<row r="3">', '<row r="3" hidden="1">'))
    with pytest.raises(FieldInvalid, match=r"'Use': 1 of its rows \(row 3\) are hidden in the "):
        read(path, WIDE)
    patch(
        path,
        SHEET,
        (
            "</sheetData>",
            '</sheetData><autoFilter ref="A1:D3"><filterColumn colId="0"/></autoFilter>',
        ),
    )
    with pytest.raises(FieldInvalid, match="are hidden by a filter in the sheet"):
        read(path, WIDE)
    assert quantities(read(path, WIDE, hidden="read")[0])[3:] == [
        ("B", "4"),
        ("B", "5"),
        ("B", "6"),
    ]
    frame, said = read(path, WIDE, hidden="leave-out")
    assert frame["facility"].unique().to_list() == ["A"]
    assert "a.xlsx, sheet 'Use': 1 left out (row 3): the row is hidden in the sheet" in said
    with pytest.raises(FieldInvalid, match="hidden: expected read or leave_out; got 'skip'"):
        read(path, WIDE, hidden="skip")


def test_hidden_rows_without_values_hide_nothing(tmp_path):
    """Many sheets hide all that is below them."""
    path = wide_xlsx(
        tmp_path, ("</sheetData>", '<row r="9" hidden="1"/><row r="10" ht="0"/></sheetData>')
    )
    assert read(path, WIDE)[0].height == 6


@pytest.mark.parametrize("how", ['hidden="1"', 'hidden="true"', 'width="0"'])
def test_hidden_columns_stop_the_file_where_a_pattern_finds_them(tmp_path, how):
    """A column that is named is read."""
    cols = f'<cols><col min="3" max="3" {how}/></cols><sheetData>'
    path = wide_xlsx(tmp_path, ("<sheetData>", cols))
    with pytest.raises(FieldInvalid, match="the columns 'Feb 2025' are hidden in the sheet and"):
        read(path, WIDE)
    assert read(path, WIDE, hidden="read")[0].height == 6
    frame, said = read(path, WIDE, hidden="leave-out")
    assert frame["quantity"].to_list() == ["1", "3", "4", "6"]
    assert any("the hidden columns 'Feb 2025' are left out" in line for line in said)


@pytest.mark.parametrize("kind", ["xls", "ods"])
def test_other_workbooks_hide_rows_and_columns_too(tmp_path, kind):
    """By records of their own."""
    rows = [MONTHS, ["A", 1.0, 2.0, 3.0], ["B", 4.0, 5.0, 6.0]]
    path = tmp_path / f"a.{kind}"
    if kind == "xls":
        book = xlwt.Workbook()
        sheet = book.add_sheet("Use")
        for row, cells in enumerate(rows):
            for column, cell in enumerate(cells):
                sheet.write(row, column, cell)
        sheet.row(2).hidden = True
        sheet.col(2).hidden = True
        book.save(str(path))
    else:
        write_ods(path, {"Use": rows})
        patch(
            path,
            "content.xml",
            (
                '<table:table table:name="Use"><table:table-row>',
                (
                    '<table:table table:name="Use"><table:table-column '
                    'table:number-columns-repeated="2"/><table:table-column '
                    'table:visibility="collapse"/><table:table-row>'
                ),
            ),
            (
                '<table:table-row><table:table-cell office:value-type="string"><text:p>B<',
                (
                    '<table:table-row table:visibility="filter"><table:table-cell '
                    'office:value-type="string"><text:p>B<'
                ),
            ),
        )
    with pytest.raises(FieldInvalid, match="the columns 'Feb 2025' are hidden"):
        read(path, WIDE)
    frame, _ = read(path, WIDE, hidden="leave-out")
    assert quantities(frame) == [("A", "1"), ("A", "3")]


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_a_hidden_sheet_is_told_and_read_by_its_name_alone(tmp_path, state):
    """Numbers count the sheets that a person sees."""
    sheets = {"Old": [HEADER, ROW, ROW], "Bills": [HEADER, ROW], "Notes": [["x"]]}
    path = patch(
        write_xlsx(tmp_path / "a.xlsx", sheets),
        "xl/workbook.xml",
        ('sheetId="1"', f'sheetId="1" state="{state}"'),
    )
    word = "hidden" if state == "hidden" else "very hidden"
    frame, said = read(path)
    assert frame.height == 1
    assert said == [f"a.xlsx, sheet 'Bills': not read: 'Old' ({word}), 'Notes'"]
    assert read(path, sheet="1")[0].height == 1
    frame, said = read(path, sheet="Old")
    assert frame.height == 2
    assert f"a.xlsx, sheet 'Old': the sheet is {word} in the workbook" in said


CELLS = st.one_of(
    st.none(),
    st.integers(-999, 999).map(float),
    st.decimals(0, 1, places=6, allow_nan=False).map(float),
    st.sampled_from(["#REF!", "#N/A", "=A1+1", "=0"]),
)


def cell_xml(reference, cell):
    """A cell as Excel or a program writes it: a number, an error, a formula without a value."""
    if cell is None:
        return ""
    if isinstance(cell, float):
        return f'<c r="{reference}"><v>{cell!r}</v></c>'
    if cell.startswith("#"):
        return f'<c r="{reference}" t="e"><v>{cell}</v></c>'
    return f'<c r="{reference}"><f>{cell[1:]}</f></c>'


@settings(
    max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(
    rows=st.lists(st.tuples(st.lists(CELLS, min_size=3, max_size=3), st.booleans()), max_size=6)
)
def test_every_cell_that_is_shown_is_a_record_and_no_other(tmp_path, rows):
    """A number as it is, what is none as it is written; blanks and hidden rows are told."""
    body, expected = "", []
    for number, (cells, is_hidden) in enumerate(rows, 2):
        name = f'<c r="A{number}" t="inlineStr"><is><t>S{number}</t></is></c>'
        texts = [cell_xml(f"{'BCD'[place]}{number}", cell) for place, cell in enumerate(cells)]
        mark = ' hidden="1"' if is_hidden else ""
        body += f'<row r="{number}"{mark}>{name}{"".join(texts)}</row>'
        if not is_hidden:
            expected += [
                (f"S{number}", Decimal(repr(cell)) if isinstance(cell, float) else cell)
                for cell in cells
                if cell is not None
            ]
    path = write_xlsx(tmp_path / "a.xlsx", {"Use": [MONTHS]})
    patch(path, SHEET, ("</sheetData>", f"{body}</sheetData>"))
    profile = ReadingOptions(hidden="leave-out", totals="read").over(WIDE)
    files = MappedFiles([path], profile)
    found = [
        (name, text if text[0] in "#=" else Decimal(text))
        for frame in files.frames()
        for name, text in frame.select("facility", "quantity").rows()
    ]
    assert found == expected
