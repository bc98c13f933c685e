"""Profiles: files as people have them become records."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from tests.support.workbooks import write_xlsx
from tonne.errors import FieldInvalid
from tonne.imports.profiles.toml import find_profile, read_profile
from tonne.imports.records import MappedFiles

BASE = """
[constants]
facility = "f"
activity = "electricity.grid"
unit = "kWh"
"""
DAYS = 'start = "2025-01-01"\nend = "2025-02-01"\n'


def read(path, profile, name="p"):
    """Read a file by a profile's text: its records, and what was said."""
    files = MappedFiles([path], read_profile(profile, name))
    files.check()
    frames = list(files.frames())
    return pl.concat(frames), [line for each in files.reports for line in each.lines()]


@pytest.fixture
def file(tmp_path):
    """Write a text as a file."""

    def write(text, name="a.csv"):
        (tmp_path / name).write_text(text)
        return tmp_path / name

    return write


@pytest.mark.parametrize(
    ("headers", "form", "starts", "ends"),
    [
        (
            "Jan 2025,Feb 2025",
            "mmm yyyy",
            ["2025-01-01", "2025-02-01"],
            ["2025-02-01", "2025-03-01"],
        ),
        ("2024-12,2025-01", "yyyy-mm", ["2024-12-01", "2025-01-01"], ["2025-01-01", "2025-02-01"]),
        ("01/2025,12/2025", "mm/yyyy", ["2025-01-01", "2025-12-01"], ["2025-02-01", "2026-01-01"]),
        (
            "2025年2月,2025年3月",
            "yyyy年m月",
            ["2025-02-01", "2025-03-01"],
            ["2025-03-01", "2025-04-01"],
        ),
        (
            "31/12/2024,01/01/2025",
            "dd/mm/yyyy",
            ["2024-12-31", "2025-01-01"],
            ["2025-01-01", "2025-01-02"],
        ),
    ],
)
def test_a_column_a_month_is_a_record_a_cell(file, headers, form, starts, ends):
    """Blank cells are left out and told, and so are columns that nothing is made of."""
    path = file(f"Site,Note,{headers}\nA,x,10,20\nB,,,40\n")
    profile = f'[columns]\nfacility = "Site"\n[[values]]\ndates = "{form}"\n' + BASE.replace(
        'facility = "f"\n', ""
    )
    frame, said = read(path, profile)
    assert frame["facility"].to_list() == ["A", "A", "B"]
    assert frame["quantity"].to_list() == ["10", "20", "40"]
    assert frame["start"].cast(pl.String).to_list() == [*starts, starts[1]]
    assert frame["end"].cast(pl.String).to_list() == [*ends, ends[1]]
    assert frame["evidence"][1] == f"a.csv#row 2, column {headers.split(',')[1]}"
    assert said == [
        "a.csv: 1 left out (row 3): the cell is blank",
        "a.csv: no field is made of the columns 'Note'",
    ]


def test_two_columns_of_one_month_are_refused(file):
    """Both would count."""
    path = file("Site,Jan 2025,Feb 2025,01/2025,Jan 2025\nA,1,2,3,4\n")
    profile = '[columns]\nfacility = "Site"\n[[values]]\ndates = "mmm yyyy"\n' + BASE.replace(
        'facility = "f"\n', ""
    )
    with pytest.raises(FieldInvalid, match="two columns of one time, 'Jan 2025' and 'Jan 2025'"):
        read(path, profile)


@pytest.mark.parametrize(
    ("clock", "label", "first"),
    [("00:30", "start", "00:30"), ("00:30", "end", "00:00"), ("24:00", "end", "23:30")],
)
def test_a_column_a_half_hour_is_a_record_a_cell(file, clock, label, first):
    """The headers are times of the day that stands in the row."""
    path = file(f"Day,{clock}\n30/06/2025,1.5\n")
    frame, _ = read(
        path,
        f'[columns]\nstart = "Day"\n[[values]]\ndates = "hh:mm"\n[dates]\nformats = "dd/mm/yyyy"\n'
        f'interval = "30min"\nlabel = "{label}"\ntime_zone = "Europe/London"\n' + BASE,
    )
    start = dt.datetime.fromisoformat(f"2025-06-30T{first}").replace(
        tzinfo=ZoneInfo("Europe/London")
    )
    assert frame["start"].to_list() == [start]
    assert frame["end"].to_list() == [start + dt.timedelta(minutes=30)]


@pytest.mark.parametrize(
    ("header", "unit"),
    [
        ("Usage (kWh)", "kWh"),
        ("Usage (MWh)", "MWh"),
        ("Usage (m3)", "m3"),
        ("Usage (th)", "th"),
        ("Usage (GJ)", "GJ"),
    ],
)
def test_a_unit_may_stand_in_the_header(file, header, unit):
    """A pattern's groups are fields of the record."""
    profile = "[[values]]\npattern = 'Usage \\((?P<unit>.+)\\)'\n" + BASE.replace(
        'unit = "kWh"\n', DAYS
    )
    frame, _ = read(file(f"{header}\n5\n"), profile)
    assert frame["unit"].to_list() == [unit]


def test_several_columns_are_records_of_several_activities(file):
    """Each with words of its own."""
    path = file("Power,Gas\n5,7\n")
    frame, _ = read(
        path,
        '[constants]\nfacility = "f"\n'
        + DAYS
        + '[[values]]\ncolumn = "Gas"\nactivity = "fuel.natural_gas"\nunit = "therm"\n'
        '[[values]]\ncolumn = "Power"\nactivity = "electricity.grid"\nunit = "kWh"\n',
    )
    assert frame.select("activity", "quantity", "unit").rows() == [
        ("electricity.grid", "5", "kWh"),
        ("fuel.natural_gas", "7", "therm"),
    ]


def test_rows_that_are_no_records_are_left_out_and_told(file):
    """By a word, by a pattern, by a blank cell, and blank rows of themselves."""
    path = file("Site,Use\nA,1\n,\nTotal,9\nB,2\nSub-total B,2\nNote: estimated,\nC,\nD,-\n")
    profile = (
        '[columns]\nfacility = "Site"\nquantity = "Use"\n'
        '[[leave_out]]\ncolumn = "Site"\nequals = "total"\n'
        '[[leave_out]]\ncolumn = "Site"\nmatches = "^(Sub-total|Note)"\n'
        '[[leave_out]]\ncolumn = "Use"\nblank = true\n'
        '[[leave_out]]\ncolumn = "Use"\nequals = ["-", "n/a"]\n'
        + BASE.replace('facility = "f"\n', DAYS)
    )
    frame, said = read(path, profile)
    assert frame["facility"].to_list() == ["A", "B"]
    assert said == [
        "a.csv: 1 left out (row 3): the row is blank",
        "a.csv: 1 left out (row 4): column 'Site' is 'total'",
        "a.csv: 2 left out (rows 6-7): column 'Site' matches '^(Sub-total|Note)'",
        "a.csv: 1 left out (row 8): column 'Use' is blank",
        "a.csv: 1 left out (row 9): column 'Use' is '-' or 'n/a'",
    ]


@pytest.mark.parametrize("rule", ["header_row = 4", 'header_has = ["Meter", "use"]'])
def test_a_header_stands_below_a_preamble(tmp_path, rule):
    """In a workbook as in a text; a name that stands twice is told by its place."""
    rows = [["Report"], ["of", 2025], [], ["Meter", "Use", "Unit", "Use"], ["m1", 1.5, "kWh", 2.5]]
    path = write_xlsx(tmp_path / "a.xlsx", {"S": rows})
    fields = BASE.replace('facility = "f"\n', DAYS).replace('unit = "kWh"\n', "")
    for place, found in (('{ name = "Use", occurrence = 2 }', "2.5"), ("{ position = 2 }", "1.5")):
        profile = (
            f'[file]\n{rule}\n[columns]\nfacility = "Meter"\nunit = "Unit"\n'
            f"quantity = {place}\n{fields}"
        )
        assert read(path, profile)[0]["quantity"].to_list() == [found]
    with pytest.raises(FieldInvalid, match=r"has 'Use' 2 times, in the columns 2, 4: say which"):
        read(path, profile.replace("{ position = 2 }", '"Use"'))


def test_a_header_of_two_rows_is_one(tmp_path):
    """A cell above goes on to its right, as a merged one does."""
    rows = [["", "Power", None, "Gas"], ["Site", "Day", "Night", "m3"], ["A", 1, 2, 3]]
    path = write_xlsx(tmp_path / "a.xlsx", {"S": rows})
    profile = (
        '[file]\nheader_row = [1, 2]\n[columns]\nfacility = "Site"\nquantity = "Power / Night"\n'
        + BASE.replace('facility = "f"\n', DAYS)
    )
    assert read(path, profile)[0]["quantity"].to_list() == ["2"]


def test_words_are_replaced_by_their_aliases(file):
    """Whatever their case and spaces; others stay as they are, and so does what is joined."""
    path = file("Site,Meter,Kind,Q\nTower A,M1,  Electric -  GRID ,Yes\nTower A,,Peat,estimated\n")
    frame, _ = read(
        path,
        '[columns]\nfacility = { join = ["Site", "Meter"], separator = "-" }\nactivity = "Kind"\n'
        'quantity = { position = 1 }\ndata_quality = "Q"\n[aliases.activity]\n'
        '"Electric - Grid" = "electricity.grid"\n[aliases.data_quality]\nYES = "estimated"\n'
        '[constants]\nunit = "kWh"\n' + DAYS,
    )
    assert frame["facility"].to_list() == ["Tower A-M1", "Tower A"]
    assert frame["activity"].to_list() == ["electricity.grid", "Peat"]
    assert frame["data_quality"].to_list() == ["estimated", "estimated"]


@pytest.mark.parametrize(
    "zone",
    [
        "Europe/London",
        "America/Chicago",
        "Australia/Lord_Howe",
        "Asia/Shanghai",
        "Africa/Casablanca",
    ],
)
@pytest.mark.parametrize("label", ["start", "end"])
@pytest.mark.parametrize("newest_first", [False, True])
def test_a_year_of_single_timestamps_has_no_gap_and_no_overlap(file, zone, label, newest_first):
    """Quarter-hours by a wall clock, whichever side of the interval it labels."""
    step = dt.timedelta(minutes=15)
    first = dt.datetime(2025, 1, 1, tzinfo=ZoneInfo(zone)).astimezone(dt.UTC)
    starts = [first + step * number for number in range(365 * 96)]
    if newest_first:
        starts.reverse()
    shown = [
        (at + (step if label == "end" else step * 0)).astimezone(ZoneInfo(zone)) for at in starts
    ]
    path = file("Time,Use\n" + "".join(f"{at:%d/%m/%Y %H:%M},1\n" for at in shown))
    frame, said = read(
        path,
        '[columns]\nstart = "Time"\nquantity = "Use"\n[dates]\nformats = "dd/mm/yyyy hh:mm"\n'
        f'time_zone = "{zone}"\ninterval = "15min"\nlabel = "{label}"\n' + BASE,
    )
    assert said == []
    assert frame["start"].to_list() == starts
    assert frame["end"].to_list() == [at + step for at in starts]


@pytest.mark.parametrize(
    ("interval", "end"), [("1d", "2025-02-01"), ("1mo", "2025-02-28"), ("7d", "2025-02-07")]
)
def test_an_interval_may_be_of_the_calendar(file, interval, end):
    """A month behind 31 January is the end of February."""
    profile = f'[columns]\nstart = "D"\nquantity = "Q"\n[dates]\ninterval = "{interval}"\n' + BASE
    frame, _ = read(file("D,Q\n2025-01-31,1\n"), profile)
    assert frame["end"].cast(pl.String).to_list() == [end]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[colums]\n", "colums: no key of a profile; the nearest is 'columns'"),
        ("[dates]\nzone = 'x'", "dates.zone: no key of a profile; the nearest is 'time_zone'"),
        ("[columns]\nfacillity = 'x'", "'facillity' is no field of a record"),
        ("[columns]\nunit = 3", "columns.unit: expected the name of a column"),
        ("[columns]\nunit = { position = 0 }", "columns.unit.position: expected a number from 1"),
        (
            "[columns]\nunit = { name = 'a', position = 1 }",
            "expected one of name, position and join",
        ),
        ("[numbers]\ndecimal = ';'", "decimal: expected '.' or ','"),
        ("[dates]\nformats = ['dd/mm/yy', 'mm/dd/yy']", "date format: '01/02/03' is"),
        ("[dates]\ntime_zone = 'Mars'", "time zone: expected a name"),
        ("[dates]\ninterval = '1 fortnight'", "interval: expected a length"),
        ("[dates]\nlabel = 'middle'", "label: expected start or end"),
        ("[dates]\ninclusive_ends = 'yes'", "expected true or false; got 'yes'"),
        ("[aliases.quantity]\na = 'b'", "aliases: expected tables for"),
        ("[[values]]\npattern = '('", "pattern: expected a regular expression"),
        ("[[values]]\nunit = 'kWh'", "values: expected one of column, pattern and dates"),
        ("[[leave_out]]\ncolumn = 'a'", "leave_out: expected equals, matches or blank"),
        (
            "[columns]\nunit = 'a'\n[constants]\nunit = 'b'",
            "unit: stands under columns and under constants",
        ),
        ("[file]\nheader_row = 'x'", "file.header_row: expected a row like 9"),
        ("x = ", "expected TOML"),
        ("# ASK: is 1.234 one, or a thousand?\n", "1 to answer: line 1: is 1.234 one"),
    ],
)
def test_a_profile_that_says_nothing_clear_is_refused(text, told):
    """Named by its key, with what was expected."""
    with pytest.raises(FieldInvalid, match="profile p: ") as found:
        read_profile(text, "p")
    assert told in str(found.value)


def test_an_unknown_profile_is_told(tmp_path):
    """With the names of those that come with Tonne."""
    with pytest.raises(FieldInvalid, match="expected a file, or one of"):
        find_profile(str(tmp_path / "none.toml"))


@pytest.mark.parametrize(
    ("profile", "told"),
    [
        (
            '[columns]\nquantity = "Usag"\n' + BASE,
            "expected a column 'Usag' .* the nearest is 'Usage'",
        ),
        ("[columns]\nquantity = { position = 9 }\n" + BASE, "expected column 9; .* has 2 columns"),
        ('[columns]\nquantity = "Usage"\n' + BASE, "no column and no constant gives start, end"),
        (
            '[columns]\nquantity = "Usage"\nstart = "Day"\n' + BASE,
            "gives end; .* a length under interval",
        ),
        ('[[values]]\ndates = "mmm yyyy"\n' + BASE, "expected a column named like 'mmm yyyy'"),
        (
            '[file]\nheader_has = ["Usage", "Date"]\n[columns]\nquantity = "Usage"\n' + BASE,
            "row 1 lacks 'Date'",
        ),
    ],
)
def test_a_file_that_is_not_the_profile_s_is_refused(file, profile, told):
    """Before anything is read: the file, what was expected, what there is."""
    with pytest.raises(FieldInvalid, match=rf"a\.csv: .*{told}"):
        read(file("Day,Usage\n2025-01-01,1\n"), profile)


READINGS = """
[columns]
facility = "Site"
quantity = "Stand"
start = "Date"
[dates]
interval = "1d"
[constants]
activity = "electricity.grid"
unit = "kWh"
[registers]
"""


def test_a_profile_says_what_registers_do():
    """Whether there are any, the column of their times, and what else is known of them."""
    profile = read_profile(READINGS + 'readings = "start"\nrollover = "100000"\n', "p")
    assert profile.has_readings
    assert (profile.readings, profile.registers) == ("start", {"rollover": "100000"})
    assert not read_profile(READINGS + 'readings = "used"\n', "p").has_readings


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ('readings = "?"', "registers.readings: expected a word; got '\\?'"),
        ('readings = "yes"', "expected start or end, .* or used; got 'yes'"),
        ('rollover = "100000"', "expected readings = start or end beside rollover"),
        ('readings = "used"\nrollover = "100000"', "beside rollover, .* got 'used'"),
        ('readings = "end"', "expected 'start', the side at which the one column of times"),
    ],
)
def test_registers_of_a_profile_are_refused_by_name(text, error):
    """With what was expected, and what stands there."""
    with pytest.raises(FieldInvalid, match=error):
        read_profile(READINGS + text, "p")


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ('dates = "mmm"\nyear = "25"', "values.year: expected a year like 2025 .* got '25'"),
        ('dates = "mmm yyyy"\nyear = "2025"', "values.year: .* beside 'mmm yyyy'"),
        ('dates = "mmm"\nyear = "2025"', "go back several times: 'Site', 'Mar', 'Feb', 'Jan'"),
    ],
)
def test_a_year_of_months_is_refused_where_it_says_nothing(file, values, error):
    """No year, no month without one, or an order that no calendar has."""
    with pytest.raises(FieldInvalid, match=error):
        read(file("Site,Mar,Feb,Jan\nA,1,2,3\n"), f"{BASE}[[values]]\n{values}\n")


@pytest.mark.parametrize("name", ["Sept. 25", "#REF!", "=EDATE(B1;1)", "März 2025"])
def test_a_column_that_may_be_a_month_is_never_left_out(tmp_path, name):
    """Between columns of months it would be an amount that is missing."""
    path = tmp_path / "a.csv"
    path.write_text(f"Site,2025-01,{name},2025-03,Cost 2025\nA,1,2,3,4\n")
    profile = read_profile(
        '[columns]\nfacility = "Site"\n[constants]\nactivity = "a.b"\nunit = "kWh"\n'
        '[[values]]\ndates = "yyyy-mm"\n',
        "p",
    )
    with pytest.raises(FieldInvalid, match="may be months or days, too, and none reads as"):
        MappedFiles([path], profile).check()
