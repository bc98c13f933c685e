"""A profile made from a file itself: what it shows is taken, what it leaves open is asked."""

from __future__ import annotations

import contextlib
import datetime as dt
import random
import re
import zipfile
from decimal import Decimal

import polars as pl
import pytest
from typer.testing import CliRunner

from tests.support.workbooks import write_xlsx
from tonne.cli.main import app
from tonne.errors import FieldInvalid
from tonne.imports.guessing.guess import guess
from tonne.imports.options import ReadingOptions
from tonne.imports.profiles.toml import read_profile
from tonne.imports.records import MappedFiles

HEAD = "Site;Fuel;Usage;Unit;From;To\n"


@pytest.fixture
def draft(tmp_path):
    """Guess the profile of a text."""

    def make(text, name="a.csv", encoding="utf-8", **options):
        (tmp_path / name).write_bytes(text.encode(encoding))
        found = guess(tmp_path / name, ReadingOptions(**options))
        text = found.preview()
        files = MappedFiles([tmp_path / name], read_profile(text, "p", is_preview=True))
        return found, next(files.frames(), None), files

    return make


@pytest.mark.parametrize(
    ("number", "asked", "plain"),
    [
        ("1.234", r"is '1\.234' 1\.234 .* or 1234 ", "1.234"),
        ("1,234", r"is '1,234' 1234 .* or 1\.234 ", "1234"),
        ("soon 5", "how are numbers like 'soon 5' written", "soon 5"),
        ("12.345.678", "", "12345678"),
        ("1.234,5", "", "1234.5"),
        ("1,234.5", "", "1234.5"),
        ("0,512", "", "0.512"),
        ("4,5", "", "4.5"),
        ("1 234,5", "", "1234.5"),
        ("1'234.5", "", "1234.5"),
        ("155,22-", "", "-155.22"),
    ],
)
def test_a_number_is_asked_for_where_it_may_be_two(draft, number, asked, plain):
    """And only there; all of the column's numbers are looked at together."""
    found, frame, _ = draft(HEAD + f"A;Diesel;{number};L;2025-01-01;2025-02-01\n" * 2)
    assert frame["quantity"].to_list() == [plain] * 2
    numbers = [each for each in found.questions if number in each]
    assert len(numbers) == bool(asked)
    assert all(re.search(asked, each) for each in numbers)


@pytest.mark.parametrize(
    ("dates", "word", "is_asked"),
    [
        (("01/03/2025", "05/03/2025"), "dd/mm/yyyy", True),
        (("01/03/2025", "31/03/2025"), "dd/mm/yyyy", False),
        (("03/01/2025", "03/31/2025"), "mm/dd/yyyy", False),
        (("01.03.2025", "05.03.2025"), "dd.mm.yyyy", False),
        (("20250301", "20250401"), "yyyymmdd", False),
        (("45717", "45748"), "excel", False),
        (("1 Mar 2025", "31 Mar 2025"), "dd mmm yyyy", False),
        (("2025年3月1日", "2025年4月1日"), "yyyy年m月d日", False),
        (("03/01/25", "03/31/25"), "mm/dd/yy", False),
    ],
)
def test_a_date_is_asked_for_where_it_may_be_two(draft, dates, word, is_asked):
    """01/03 is two days; 31/03 is one."""
    found, _, _ = draft(HEAD + f"A;Diesel;5.5;L;{dates[0]};{dates[1]}\n")
    assert f'formats = ["{word}"]' in found.preview()
    assert ('formats = "?"' in found.text()) == is_asked
    assert any(dates[0] in each for each in found.questions) == is_asked


@pytest.mark.parametrize(
    ("periods", "line", "is_asked"),
    [
        ([("2025-01-14", "2025-02-13")], "inclusive_ends = true", True),
        (
            [("2025-01-14", "2025-02-13"), ("2025-02-14", "2025-03-13")],
            "inclusive_ends = true",
            False,
        ),
        ([("2025-01-14", "2025-02-13"), ("2025-02-13", "2025-03-13")], "", False),
        ([("2025-01-01", "2025-01-31")], "inclusive_ends = true", False),
        ([("2025-01-01", "2025-02-01")], "", False),
    ],
)
def test_periods_say_whether_their_last_day_counts(draft, periods, line, is_asked):
    """By what follows them, or by the calendar's months; else it is asked."""
    rows = "".join(f"A;Diesel;5.5;L;{start};{end}\n" for start, end in periods)
    found, _, _ = draft(HEAD + rows)
    assert ("inclusive_ends" in found.text()) == bool(line)
    assert line in found.preview()
    assert ('inclusive_ends = "?"' in found.text()) == is_asked
    assert any("last day count" in each for each in found.questions) == is_asked


def test_what_is_not_in_the_file_is_asked(draft):
    """Facility, activity, region, the clock, the side of a label: none is made up."""
    rows = "".join(f"01/01/2025 {hour:02}:00,{hour}.25\n" for hour in range(24))
    found, frame, _ = draft("Time,Usage (kWh)\n" + rows + "13/01/2025 00:00,1\n")
    text = found.text()
    for key in ("facility", "activity", "region", "time_zone"):
        assert f'{key} = "?"' in text
    assert 'interval = "1h"' in text
    assert 'unit = "kWh"' in text
    assert "start or end" in " ".join(found.questions)
    assert frame.height == 25
    with pytest.raises(FieldInvalid, match="5 to answer: line "):
        read_profile(text, "p")
    with pytest.raises(
        FieldInvalid, match=r"constants.activity: expected a word.*constants.facility"
    ):
        read_profile(found.preview(), "p")


def unasked(text):
    """Take the questions out, and nothing else."""
    return "\n".join(line for line in text.splitlines() if not line.startswith("# ASK:"))


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (HEAD + "A;Diesel;1.234;L;2025-01-01;2025-02-01\n", "numbers.decimal"),
        (HEAD + "A;Diesel;soon 5;L;2025-01-01;2025-02-01\n", "numbers.decimal"),
        (HEAD + "A;Diesel;5.5;L;01/03/2025;05/03/2025\n", "dates.formats"),
        (HEAD + "A;Diesel;5.5;L;2025-01-14;2025-02-13\n", "dates.inclusive_ends"),
        ("Site,Usage (kWh),Date\nA,5.5,2025-01-01\nA,5.5,2025-03-09\n", "dates.interval"),
        ("Site,Usage (kWh),Time\nA,5.5,2025-01-01 00:15\nA,5.5,2025-01-01 00:30\n", "dates.label"),
        (
            "Site,Usage (kWh),Usage (kWh),Date\nA,5.5,6.5,2025-01-01\n",
            "columns.quantity.occurrence",
        ),
    ],
)
def test_no_answer_stands_below_a_question(draft, text, key):
    """Who takes the line `# ASK:` out and sets nothing is refused, and told which key it is."""
    found, _, _ = draft(text)
    with pytest.raises(FieldInvalid, match=rf"\b{re.escape(key)}\b") as refused:
        read_profile(unasked(found.text()), "p")
    assert "expected a word; got '?'" in str(refused.value)


def test_words_that_the_catalogue_does_not_know_are_asked_one_by_one(draft):
    """With the nearest; known ones are proposed in sight."""
    rows = [("Electric - Grid", "kWh"), ("Kerosine", "gal"), ("fuel.diesel", "L")]
    text = "".join(f"A;{fuel};5.5;{unit};2025-01-01;2025-02-01\n" for fuel, unit in rows)
    found, _, _ = draft(HEAD + text)
    assert '"Electric - Grid" = "electricity.grid"' in found.text()
    assert '"Kerosine" = "?"' in found.text()
    assert '"gal" = "?"' in found.text()
    assert any("which activity is 'Kerosine'?" in each for each in found.questions)
    assert "fuel.diesel" not in found.text()


def test_sums_and_marks_for_nothing_are_left_out(draft):
    """And told as assumptions."""
    rows = "A;Diesel;5.5;L;2025-01-01;2025-02-01\nB;Diesel;-;L;2025-01-01;2025-02-01\n"
    found, frame, files = draft(HEAD + rows + "Grand total;;5.5;;;\n")
    assert frame.height == 1
    assert {str(rows) for rows in files.reports[0].left_out.values()} == {"row 3", "row 4"}
    assert "sums of others" in " ".join(found.assumptions)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize(
    "preamble", ["", "Report\n\n", 'Meter export,"of\n2025",x\nPeriod;March\n\n']
)
def test_delimiter_and_header_are_found(draft, delimiter, preamble):
    """Behind what stands above them."""
    text = (HEAD + "A;Diesel;5.5;L;2025-01-01;2025-02-01\n" * 9).replace(";", delimiter)
    found, frame, _ = draft(preamble + text)
    assert frame.select("facility", "quantity", "unit").rows() == [("A", "5.5", "L")] * 9
    assert ("header_row" in found.text()) == bool(preamble)


@pytest.mark.parametrize("encoding", ["gb18030", "cp1252", "utf-16"])
def test_an_encoding_is_asked_unless_a_mark_says_it(draft, encoding):
    """With what each would read."""
    name = "广州" if encoding == "gb18030" else "Köln"
    found, _, _ = draft(HEAD + f"{name};Diesel;5.5;L;2025-01-01;2025-02-01\n", encoding=encoding)
    asked = [each for each in found.questions if "encoding" in each]
    assert len(asked) == (encoding != "utf-16")
    assert all(f"{encoding} reads '{name}" in each for each in asked)


def test_encodings_that_read_alike_are_no_question(draft):
    """The first of them is taken, and that is said; one sign that they read apart is asked."""
    text = HEAD + "Caf\u00e9;Diesel;5.5;L;2025-01-01;2025-02-01\n"
    found, frame, _ = draft(text, encoding="cp1252")
    assert not any("encoding" in each for each in found.questions)
    assert "the encoding is cp1252, which reads 'Café;Diesel;5.5;L;2025-0'" in found.assumptions
    assert frame["facility"].to_list() == ["Café"]
    apart = text + "\u20ac;Diesel;5.5;L;2025-01-01;2025-02-01\n"
    assert any("encoding" in each for each in draft(apart, encoding="cp1252")[0].questions)


def test_a_month_a_column_is_wide(draft):
    """Of a site a row."""
    found, frame, _ = draft("Site,Fuel,Jan 2025,Feb 2025\nA,Diesel,5,6\n")
    assert 'dates = "mmm yyyy"' in found.text()
    assert frame["quantity"].to_list() == ["5", "6"]


@pytest.mark.parametrize(("days", "end"), [((1, 1), "2025-02-01"), ((1, 2), "2025-01-02")])
def test_dates_of_a_workbook_s_header_are_months_or_days(tmp_path, days, end):
    """Asked where each is a first; a column `Energy` of words is no quantity."""
    dates = [dt.date(2025, 1, days[0]), dt.date(2025, 1 + (days[1] == 1), days[1])]
    rows = [
        ["Energy report"],
        ["Site", "Energy", *dates, "Total"],
        ["A", "Electricity", 10, 20, 30],
    ]
    path = write_xlsx(tmp_path / "a.xlsx", {"2025": rows})
    found = guess(path, ReadingOptions())
    profile = read_profile(found.preview(), "p", is_preview=True)
    frame = next(MappedFiles([path], profile).frames())
    assert frame["quantity"].to_list() == ["10", "20"]
    assert frame["activity"].to_list() == ["electricity.grid"] * 2
    assert str(frame["end"][0]) == end
    assert any("(1mo or 1d)" in each for each in found.questions) == (days[0] == days[1])
    day = found.preview().replace('interval = "1mo"', 'interval = "1d"')
    by_day = next(MappedFiles([path], read_profile(day, "p", is_preview=True)).frames())
    assert str(by_day["end"][0]) == "2025-01-02"
    assert any("no field is made of 'Total'" in each for each in found.assumptions)


def test_a_time_of_day_a_column_is_wide_too(draft):
    """Its length is seen; its side and its clock are asked."""
    rows = "A,31/03/2025,1,2,3,6\nA,30/03/2025,1,2,3,6\n"
    found, frame, _ = draft("Site,Date,00:30,01:00,01:30,Total\n" + rows, time_zone="UTC")
    assert 'dates = "hh:mm"' in found.text()
    assert 'interval = "30min"' in found.text()
    assert any("start or end" in each for each in found.questions)
    assert frame["quantity"].to_list() == ["1", "2", "3"] * 2
    assert str(frame["start"][0]) == "2025-03-31 00:30:00+00:00"


def test_the_sheet_with_the_names_is_taken(tmp_path):
    """Or asked for, where two have them."""
    head = ["Site", "Fuel", "Usage", "Unit", "From", "To"]
    table = [head, ["A", "Diesel", 5, "L", "2025-01-01", "2025-02-01"]]
    path = write_xlsx(tmp_path / "a.xlsx", {"Notes": [["x", "y"], ["1", "2"]], "Data": table})
    found = guess(path, ReadingOptions())
    assert 'sheet = "Data"' in found.text()
    assert not any("sheet" in each for each in found.questions)
    path = write_xlsx(tmp_path / "b.xlsx", {"One": table, "Two": table})
    assert any("which sheet" in each for each in guess(path, ReadingOptions()).questions)


@pytest.mark.parametrize("text", ["", "\n\n", "a,b\n", "x\n"])
def test_a_file_without_a_table_is_refused(draft, text):
    """In words."""
    with pytest.raises(FieldInvalid, match=r"a\.csv"):
        draft(text)


@pytest.mark.parametrize("seed", range(6))
def test_a_broken_file_is_guessed_or_refused(draft, seed):
    """Whatever stands in it: a profile with its questions, or an error in words."""
    chance = random.Random(seed)  # noqa: S311  # no secret
    good = HEAD + "A;Diesel;5.5;L;2025-01-01;2025-02-01\n" * 6 + "Total;;33;;;\n"
    bits = [
        '"',
        "\n",
        ";",
        ",",
        "\t",
        "\0",
        "\r",
        "Total",
        "01/02/03",
        "1.234",
        "-",
        "度",
        "12:30",
    ]
    for _ in range(12):
        text = good
        for _ in range(chance.randrange(1, 12)):
            place = chance.randrange(len(text) + 1)
            text = text[:place] + chance.choice(bits) + text[place + chance.randrange(4) :]
        with contextlib.suppress(FieldInvalid):
            assert draft(text)[0].text()


def rows_of(name, numbers):
    """Make a file of one meter's numbers, a month each."""
    rows = [f"A;{number};2025-{month:02}-01\n" for month, number in enumerate(numbers, 1)]
    return f"Site;{name} (kWh);Date\n" + "".join(rows)


@pytest.mark.parametrize(
    ("name", "numbers", "is_asked"),
    [
        ("Meter reading", (5, 3), True),
        ("Register", (5, 3), True),
        ("Index", (5, 3), True),
        ("Counter", (5, 3), True),
        ("Cumulative", (5, 3), True),
        ("Zählerstand", (5, 3), True),
        ("relevé", (5, 3), True),
        ("lectura", (5, 3), True),
        ("读数", (5, 3), True),
        ("抄表", (5, 3), True),
        ("Stand", (5, 3), True),
        ("Usage", (5, 3), False),
        ("Usage", (81250, 81390, 81390, 81512), True),
        ("Usage", (81250, 81390, 81512), False),  # too few to show it
        ("Usage", (81250, 81390, 81389, 81512), False),  # it fell
        ("Usage", (10, 20, 30, 40), False),  # it grew: no number is above three steps
        ("Usage", (5, 5, 5, 5), False),  # it never moves
    ],
)
def test_a_register_is_asked_for_and_not_posted_as_use(draft, name, numbers, is_asked):
    """By the name of the quantities, or by numbers that never fall."""
    found, frame, _ = draft(rows_of(name, numbers))
    asked = [each for each in found.questions if "count up" in each]
    assert len(asked) == is_asked
    assert all("used; or start or end" in each and "--readings" in each for each in asked)
    assert frame["quantity"].to_list() == [str(number) for number in numbers]
    if is_asked:
        with pytest.raises(FieldInvalid, match=r"registers\.readings"):
            read_profile(unasked(found.text()), "p")


def test_registers_are_seen_meter_by_meter(draft):
    """In the order of their times, whatever the order of the rows; by months in columns, too."""
    rows = [
        f"{site};{number + 50_000 * (site == 'B')};2025-0{month}-01\n"
        for month, number in [(3, 81390), (1, 81250), (4, 81512), (2, 81300)]
        for site in "AB"
    ]
    found, _, _ = draft("Site;Usage (kWh);Date\n" + "".join(rows))
    assert any("never fall" in each for each in found.questions)
    head = "Site,Fuel,Jan 2025,Feb 2025,Mar 2025,Apr 2025\n"
    found, _, _ = draft(
        head + "A,Diesel,900,910,920,n/a\nA,Diesel,900,n/a,920,930\nB,Diesel,900,910,920,930\n"
    )
    assert any("never fall" in each for each in found.questions)


def test_a_column_whose_words_are_known_is_asked_for(draft):
    """Whatever its name; unknown words beside the known ones are asked, too."""
    head = "Site;What;Where;Usage;In;Date\n"
    rows = [("Electricity", "GB", "kWh"), ("Natural gas", "FR", "kWh"), ("Kerosine", "DE", "MWh")]
    text = "".join(f"A;{what};{where};5.5;{unit};2025-01-01\n" for what, where, unit in rows)
    found, frame, _ = draft(head + text)
    asked = " ".join(found.questions)
    assert "Is it the column 'What' ('Electricity', 'Natural gas', 'Kerosine')?" in asked
    assert "Is it the column 'Where' ('GB', 'FR', 'DE')?" in asked
    assert "Is it the column 'In' ('kWh', 'MWh')?" in asked
    for line in (
        'activity = "?"',
        'unit = "?"',
        'region = "?"',
        '"Electricity" = "electricity.grid"',
        '"Kerosine" = "?"',
    ):
        assert line in found.text().splitlines()
    assert frame["activity"].to_list()[:2] == ["electricity.grid", "fuel.natural_gas"]
    assert frame["unit"].to_list() == ["kWh", "kWh", "MWh"]
    assert not any("no field is made of" in each for each in found.assumptions)


def test_yes_and_no_are_no_regions(draft):
    """Though `No` is Norway's."""
    found, _, _ = draft("Site;Paid;Usage (kWh);Date\nA;Yes;5.5;2025-01-01\nA;No;6;2025-01-02\n")
    assert not any("'No'" in each for each in found.questions if "region" in each)
    assert 'region = "?"' in found.text()


def test_meters_beside_a_facility_are_asked_for(draft):
    """Where a facility has several; and no question where each has one."""
    head = "Site;Meter ID;Usage (kWh);Date\n"
    found, _, _ = draft(head + "A;m1;5.5;2025-01-01\nA;m2;6;2025-01-01\n")
    asked = [each for each in found.questions if "meters of their own" in each]
    assert len(asked) == 1
    assert '{ join = ["Site", "Meter ID"] }' in asked[0]
    assert 'facility = "?"' in found.text()
    found, _, _ = draft(head + "A;m1;5.5;2025-01-01\nB;m2;6;2025-01-01\n")
    assert not any("meters of their own" in each for each in found.questions)
    assert "facility is the column 'Site' (also possible: 'Meter ID')" in found.assumptions


def test_an_unknown_region_is_asked_with_the_nearest(draft):
    """A known one is not."""
    head = "Site;Region;Usage (kWh);Date\n"
    found, _, _ = draft(head + "A;Guangdon;5.5;2025-01-01\nA;GB;6;2025-01-01\n")
    asked = [each for each in found.questions if "which region is" in each]
    assert len(asked) == 1
    assert "which region is 'Guangdon'? (the nearest known are CN-GD (Guangdong)" in asked[0]
    assert '"Guangdon" = "?"' in found.text()


def test_a_month_whose_name_is_short_belongs_to_the_others(draft):
    """`May` is written alike in short and at length."""
    found, frame, _ = draft("Site,Fuel,April 2025,May 2025,June 2025\nA,Diesel,5,6,7\n")
    assert frame["quantity"].to_list() == ["5", "6", "7"]
    assert not any("no field is made of" in each for each in found.assumptions)


@pytest.mark.parametrize(
    ("head", "starts"),
    [
        ("Jan,Feb,Mar", ["2025-01-01", "2025-02-01", "2025-03-01"]),
        ("January,May,June", ["2025-01-01", "2025-05-01", "2025-06-01"]),
        ("Nov,Dec,Jan", ["2025-11-01", "2025-12-01", "2026-01-01"]),
    ],
)
def test_months_without_a_year_are_asked_for_it(draft, head, starts):
    """Of the first; the next year begins where the months go back."""
    found, _, files = draft(f"Site,Fuel,{head}\nA,Diesel,5,6,7\n")
    assert any("which year is" in each for each in found.questions)
    with pytest.raises(FieldInvalid, match=r"values\.year"):
        read_profile(unasked(found.text()), "p")
    text = found.preview().replace('year = "2000"', 'year = "2025"')
    frame = next(
        MappedFiles(files._paths, read_profile(text, "p", is_preview=True)).frames()
    )  # the fixture's file
    assert frame["quantity"].to_list() == ["5", "6", "7"]
    assert [str(each) for each in frame["start"]] == starts


def test_a_header_of_midnights_is_one_of_days(draft):
    """As a workbook's dates are written by other tools."""
    head = "Site,Fuel,2025-01-01 00:00:00,2025-02-01 00:00:00\n"
    found, frame, _ = draft(head + "A,Diesel,5,6\n")
    assert any("(1mo or 1d)" in each for each in found.questions)
    assert frame["quantity"].to_list() == ["5", "6"]
    assert [str(each)[:10] for each in frame["end"]] == ["2025-02-01", "2025-03-01"]


def test_each_column_of_a_field_is_told_with_its_rivals(draft):
    """A person sees what was chosen, and what else might have been."""
    head = "Lieferstelle;Zählernummer;Verbrauch (kWh);Datum\n"
    found, _, _ = draft(head + "Werk;m1;5,5;2025-01-01\nWerk;m2;6;2025-01-01\n")
    told = "facility is the column 'Zählernummer' (also possible: 'Lieferstelle')"
    assert told in found.assumptions
    assert "quantity is the column 'Verbrauch (kWh)'" in found.assumptions


def test_what_a_sheet_hides_is_asked_for(tmp_path):
    """The profile is no answer until somebody says whether hidden rows are records."""
    path = tmp_path / "a.xlsx"
    head = ["Site", "Jan 2025", "Feb 2025"]
    write_xlsx(path, {"Use": [head, ["A", 1.0, 2.0], ["B", 3.0, 4.0]], "Old": [["x"]]})
    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    parts[sheet] = parts[sheet].replace(b'<row r="3">', b'<row r="3" hidden="1">')
    with zipfile.ZipFile(path, "w") as book:
        for name, part in parts.items():
            book.writestr(name, part)
    found = guess(path, ReadingOptions(sheet="Use"))
    assert any(
        "the sheet hides 1 with values (row 3): are they" in each for each in found.questions
    )
    assert 'hidden = "?"' in found.text()
    assert "not read: 'Old'" in found.assumptions
    assert 'hidden = "read"' in found.preview()


def test_rows_of_sums_without_a_word_are_asked_for(draft):
    """In a table of several columns of quantities."""
    found, frame, _ = draft("Site,Jan 2025,Feb 2025\nA,1,2.5\nB,3,4\nAll,4,6.5\n")
    assert any(
        "in row 4 each quantity is the sum of those above" in each for each in found.questions
    )
    assert 'totals = "?"' in found.text()
    assert frame.height == 6


@pytest.mark.parametrize(
    ("names", "dates"),
    [
        (("janv. 2025", "févr. 2025", "mars 2025"), "mmm yyyy"),
        (("Januar 2025", "Februar 2025", "März 2025"), "mmm yyyy"),
        (("ene-25", "feb-25", "mar-25"), "mmm-yy"),
        (("2025年1月", "2025年2月", "2025年3月"), "yyyy年m月"),
        (("2025/01", "2025/02", "2025/03"), "yyyy/mm"),
        (("JAN 25", "FEB 25", "MAR 25"), "mmm yy"),
        (("1月", "2月", "3月"), "m月"),
        (("Gen", "Feb", "Mar"), "mmm"),
        (("一月", "二月", "三月"), "mmm"),
    ],
)
def test_columns_of_months_are_known_in_every_language(draft, names, dates):
    """With a year, or asked for it."""
    found, frame, _ = draft(f"Site;{';'.join(names)}\nA;1.5;2.5;3.5\n")
    assert f'dates = "{dates}"' in found.text()
    assert [str(day)[5:] for day in frame["start"]] == ["01-01", "02-01", "03-01"]
    assert any("which year" in each for each in found.questions) == (dates in {"mmm", "m月"})


def test_columns_of_quarters_are_asked_for(tmp_path):
    """Where no format reads them, as three months are not one."""
    path = tmp_path / "a.csv"
    path.write_text("Site,1. Quartal 2025,2. Quartal 2025\nA,1.5,2.5\n")
    found = guess(path, ReadingOptions())
    assert any("'2. Quartal 2025' look like quarters" in each for each in found.questions)


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("Site,Q1 2025,Q2 2025\nA,1.5,2.5\n", ["2025-04-01", "2025-07-01"]),
        ("Site,Quarter,Usage\nA,2025-Q3,1.5\nA,2025-Q4,2.5\n", ["2025-10-01", "2026-01-01"]),
        ("Site,Year,Usage\nA,2023,1.5\nA,2024,2.5\n", ["2024-01-01", "2025-01-01"]),
        ("Site;Jahr;Verbrauch\nA;2024;1,5\nA;2025;2,5\n", ["2025-01-01", "2026-01-01"]),
        (
            "Site,From quarter,Usage,Period end\nA,Q1 2025,1.5,Q2 2025\nA,Q3 2025,2.5,Q3 2025\n",
            ["2025-07-01", "2025-10-01"],
        ),
    ],
)
def test_a_quarter_and_a_year_are_as_long_as_they_say(draft, text, ends):
    """In the names of columns and in their cells; the last one counts where one is alone."""
    found, frame, _ = draft(text.replace("From quarter", "Period start"))
    assert [str(end)[:10] for end in frame["end"]] == ends
    assert frame["quantity"].to_list() == ["1.5", "2.5"]
    assert not any("how are dates" in each or "how long" in each for each in found.questions)


@pytest.mark.parametrize(
    ("head", "row", "records", "asked"),
    [
        (
            "Site,Month,Electricity (kWh),Natural gas [m3],Cost (EUR),Days",
            "A,2025-01,100,20,33.1,31",
            [("electricity.grid", "100", "kWh"), ("fuel.natural_gas", "20", "m3")],
            0,
        ),
        ("Site,Month,Gas usage kWh", "A,2025-01,7", [("fuel.natural_gas", "7", "kWh")], 0),
        ("Account,Month,Days,Usage kWh,Amount", "A,2025-01,30,4,$7", [("?", "4", "kWh")], 1),
        (
            "Vehicle,Month,Litres,Fuel",
            "A,2025-01,45.2,Diesel",
            [("fuel.diesel", "45.2", "Litres")],
            0,
        ),
        (
            "Site,Month,Strom (kWh),Heizöl (L)",
            "A,2025-01,5,6",
            [("electricity.grid", "5", "kWh"), ("?", "6", "L")],
            1,
        ),
        (
            "Site,Month,Activity,Usage,Unit,Diesel (L)",
            "A,2025-01,electricity.grid,5,kWh,6",
            [("electricity.grid", "5", "kWh")],
            0,
        ),
    ],
)
def test_names_of_columns_say_what_was_used_in_which_unit(draft, head, row, records, asked):
    """One column or several; money, days and what rows say themselves are something else."""
    found, frame, _ = draft(f"{head}\n{row}\n")
    assert frame.select("activity", "quantity", "unit").rows() == records
    assert sum("which activity is" in each for each in found.questions) == asked


def test_very_many_columns_are_looked_at_in_part(tmp_path):
    """What was not looked at is told; a wrong delimiter makes one field of a long header."""
    days = [str(dt.date(1990, 1, 1) + dt.timedelta(number)) for number in range(12_000)]
    path = tmp_path / "a.csv"
    path.write_text(f"Site,{','.join(days)}\nA{',1.5' * len(days)}\n")
    found = guess(path, ReadingOptions())
    assert "of 12,001 columns the first 1,000 were looked at" in found.assumptions
    profile = read_profile(found.preview().replace('"?"', '"x"'), "p", is_preview=True)
    assert next(MappedFiles([path], profile).frames()).height == len(days)


@pytest.mark.parametrize(
    ("ends", "asked"), [(("Jan 2025", "Feb 2025"), False), (("Mar 2025", "May 2025"), True)]
)
def test_whether_the_last_month_counts_is_asked(draft, ends, asked):
    """`Jan to Mar` is two months or three; `Jan to Jan` is one."""
    found, _, _ = draft(
        f"{HEAD}A;Diesel;5.5;L;Jan 2025;{ends[0]}\nA;Diesel;5.5;L;Feb 2025;{ends[1]}\n"
    )
    assert (
        any("does the last month count, as in Jan to Mar" in q for q in found.questions) == asked
    )
    assert "inclusive_ends = true" in found.preview()


@pytest.mark.parametrize(
    ("date", "word"),
    [
        ("2025-3-1", "yyyy-mm-dd"),
        ("2025-03-01 0:00", "yyyy-mm-dd hh:mm"),
        ("20250301 0000", ""),  # as ISO 8601 has it, but for the T
        ("1740787200", "unix"),
        ("1740787200000", "unix-ms"),
    ],
)
def test_other_dates_of_exports_are_known(draft, date, word):
    """Without zeros, packed, and as seconds since 1970."""
    found, frame, _ = draft(
        f"{HEAD}A;Diesel;5.5;L;{date};2025-04-01\n".replace("2025-04-01", date)
    )
    assert ("formats" in found.preview()) == bool(word)
    assert f'formats = ["{word}"]' in found.preview() or not word
    assert str(frame["start"][0]).startswith("2025-03-01")


def test_years_above_months_are_one_header(draft):
    """As many sheets have them, the year over the first of its months."""
    found, frame, _ = draft("Site;2024;;2025;\n;Nov;Dez;Jan;Feb\nA;1;2;3;4\n")
    assert "header_row = [1, 2]" in found.text()
    assert 'dates = "yyyy / mmm"' in found.text()
    months = ["2024-11-01", "2024-12-01", "2025-01-01", "2025-02-01"]
    assert list(map(str, frame["start"])) == months


def test_units_below_names_are_part_of_the_header(draft):
    """And no row of values."""
    found, frame, _ = draft(
        "Report\n\nSite;Usage;Start;End\n;kWh;;\nA;5,5;2025-01-01;2025-02-01\n"
    )
    assert "header_row = [3, 4]" in found.text()
    assert 'unit = "kWh"' in found.text()
    assert frame["quantity"].to_list() == ["5.5"]


def test_a_file_with_a_second_table_is_a_profile_with_questions(tmp_path):
    """Its records cannot be shown; the guess is there all the same."""
    path = tmp_path / "b.csv"
    path.write_text("Site,Date,kWh\nA,2025-01-01,10\nSite,Date,m3\nA,2025-01-01,5\n")
    output = tmp_path / "p.toml"
    result = CliRunner().invoke(app, ["import", str(path), "--guess", "--output", str(output)])
    assert result.exit_code == 5
    assert "the first records cannot be shown yet: b.csv" in result.stderr
    assert "how are dates like" in output.read_text("utf-8")


@pytest.mark.parametrize("sign", " -/")
def test_a_day_without_a_year_is_no_month(draft, sign):
    """`Mar 05`, `Mar 06` are not March of 2005 and of 2006 without a question."""
    rows = "".join(f"A;Diesel;5.5;L;Mar{sign}{day:02};\n" for day in range(1, 9))
    found, _, _ = draft(f"Site;Fuel;Usage;Unit;Date;x\n{rows}")
    assert any("or a day of a year that is not written" in each for each in found.questions)
    rows = "".join(f"A;Diesel;5.5;L;{month}{sign}25;\n" for month in ("Jan", "Feb", "Mar"))
    found, _, _ = draft(f"Site;Fuel;Usage;Unit;Date;x\n{rows}", "b.csv")
    assert not any("not written" in each for each in found.questions)


def test_columns_of_days_without_a_year_are_no_months(tmp_path):
    """They are asked for as columns of which nobody knows what they are."""
    path = tmp_path / "a.csv"
    path.write_text("Site,Mar 01,Mar 02,Mar 03\nA,1.5,2.5,3.5\n")
    assert "values" not in guess(path, ReadingOptions()).text()


def test_blank_cells_below_a_name_are_asked_for(draft):
    """Merged cells leave them, and so does who forgot one."""
    found, frame, _ = draft(
        f"{HEAD}A;Diesel;5.5;L;2025-01-01;2025-02-01\n;Diesel;1.5;L;2025-01-01;2025-02-01\n"
    )
    assert any("blank cell of 'Site' go on with the one above" in q for q in found.questions)
    assert 'facility = "?"' in found.text()
    assert frame["facility"].to_list() == ["A", "A"]


def test_what_stands_for_no_quantity_is_looked_for_where_the_quantity_is(draft, tmp_path):
    """Of two columns of one name the answer says which; a dash in the other is no matter."""
    head = "Meter,Fuel,Start,Usage,Units,Usage,Units\n"
    rows = [("2.1,kWh", "0.56"), ("-,-", "0.51"), ("-,-", "0.52"), ("-,-", "0.51")]
    lines = [
        f"70,Electricity,2024-03-30T00:{15 * number:02}:00Z,{other},{usage},kWh\n"
        for number, (other, usage) in enumerate(rows)
    ]
    found, _, _ = draft(head + "".join(lines))
    assert 'equals = ["-"]' in found.text()
    answered = found.preview().replace('interval = "?"', 'interval = "15min"')
    for which, left_out, total in ((2, 0, "2.10"), (1, 3, "2.1")):
        text = re.sub(r"occurrence = [^ }]+", f"occurrence = {which}", answered)
        files = MappedFiles([tmp_path / "a.csv"], read_profile(text, "p", is_preview=True))
        frame = pl.concat(files.frames())
        assert sum(map(Decimal, frame["quantity"].cast(pl.String))) == Decimal(total)
        assert sum(rows.count for rows in files.reports[0].left_out.values()) == left_out
