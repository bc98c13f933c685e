"""Dates and times by the words of people."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tonne.errors import FieldInvalid
from tonne.imports.values.dates import read_dates, read_format, read_formats, write_date
from tonne.imports.values.months import NAMES, is_quarter

WORDS = [
    "dd/mm/yyyy",
    "mm/dd/yyyy hh:mm",
    "yyyy/mm/dd hh:mm:ss",
    "dd.mm.yyyy hh:mm",
    "d-mmm-yyyy",
    "dd mmmm yyyy",
    "yyyymmdd",
    "yyyymmdd hhmm",
    "yyyy年mm月dd日",
    "mm/dd/yyyy hh:mm am/pm",
    "dd.mm.yy",
    "excel",
    "unix",
    "unix-ms",
    "iso",
]


def read(text, *words):
    """Read a text by formats: its time as text, or None."""
    row = read_dates(pl.Series([text], dtype=pl.String), read_formats(words)).row(0, named=True)
    found = row["local"] or row["instant"]
    return found and found.isoformat(), row["is_day"]


@pytest.mark.parametrize(
    ("text", "word", "found", "is_day"),
    [
        ("22/10/2024", "dd/mm/yyyy", "2024-10-22T00:00:00", True),
        ("1/3/2025", "dd/mm/yyyy", "2025-03-01T00:00:00", True),
        ("1/3/2025", "MM/DD/YYYY", "2025-01-03T00:00:00", True),
        ("03/30/2024 00:15", "mm/dd/yyyy hh:mm", "2024-03-30T00:15:00", False),
        ("45717", "excel", "2025-03-01T00:00:00", True),
        ("45717.041666666664", "excel", "2025-03-01T01:00:00", False),
        ("20240301", "yyyymmdd", "2024-03-01T00:00:00", True),
        ("5 Mar 2025", "d mmm yyyy", "2025-03-05T00:00:00", True),
        ("31-DEC-25", "dd-mmm-yy", "2025-12-31T00:00:00", True),
        ("March 2025", "mmmm yyyy", "2025-03-01T00:00:00", True),
        ("2025年3月", "yyyy年m月", "2025-03-01T00:00:00", True),
        ("2025-03", "yyyy-mm", "2025-03-01T00:00:00", True),
        ("Q1 2025", "qq yyyy", "2025-01-01T00:00:00", True),
        ("2024-q4", "yyyy-qq", "2024-10-01T00:00:00", True),
        ("T3 2025", "qq yyyy", "2025-07-01T00:00:00", True),
        ("2025Q2", "yyyyqq", "2025-04-01T00:00:00", True),
        ("Q5 2025", "qq yyyy", None, False),
        ("Q1 25", "qq yyyy", None, False),
        ("2025", "yyyy", "2025-01-01T00:00:00", True),
        ("25", "yyyy", None, False),
        ("20251", "yyyy", None, False),
        ("12/31/2024 24:00", "mm/dd/yyyy hh:mm", "2025-01-01T00:00:00", False),
        ("1/2/2025 12:30 AM", "m/d/yyyy h:mm am/pm", "2025-01-02T00:30:00", False),
        ("1740787200", "unix", "2025-03-01T00:00:00+00:00", False),
        ("2025-03-01T10:00:00+02:00", "dd/mm/yyyy", "2025-03-01T08:00:00+00:00", False),
        ("2025-03-01 10:00", "dd/mm/yyyy", "2025-03-01T10:00:00", False),
        ("32/01/2025", "dd/mm/yyyy", None, False),
        ("30/02/2025", "dd/mm/yyyy", None, False),
        ("01/13/2025", "dd/mm/yyyy", None, False),
        ("01/03/25", "dd/mm/yyyy", None, False),
        ("2025031", "yyyymmdd", None, False),
        ("20240301", "excel", None, False),
        ("59", "excel", None, False),
        ("01/03/2025 x", "dd/mm/yyyy", None, False),
        (None, "dd/mm/yyyy", None, False),
    ],
)
def test_a_text_is_read_by_its_whole_shape(text, word, found, is_day):
    """Or not at all."""
    assert read(text, word) == (found, is_day)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("dd/mm/yyyy", "mm/dd/yyyy"), "01/02/2003"),
        (("dd/mm/yy", "yy/mm/dd"), "01/02/03"),
        (("dd.mm.yyyy hh:mm", "mm.dd.yyyy hh:mm"), "01.02.2003 04:05"),
        (("yyyy", "excel"), "2003"),
        (("excel", "unix"), "45606"),
        (("iso", "yyyy-dd-mm"), "2003-01-02"),
    ],
)
def test_formats_that_read_one_text_differently_are_refused(words, text):
    """With the text, both readings, and what to do."""
    with pytest.raises(FieldInvalid, match=f"'{text}' is .* by .* and .* by .*: give the one"):
        read_formats(words)


@pytest.mark.parametrize(
    "word", ["q", "qq", "qq mm yyyy", "dd/mm", "yy", "mm/mm/yyyy", "", "hh:mm dd", "dd/xx/yyyy"]
)
def test_a_format_that_says_no_date_is_refused(word):
    """With examples of formats."""
    with pytest.raises(FieldInvalid, match="expected words like dd/mm/yyyy"):
        read_format(word)


def test_iso_is_read_beside_other_formats_but_not_against_them():
    """Nobody writes yyyy-mm-dd for another day than ISO, unless the profile says just that."""
    assert read("2025-03-01", "dd/mm/yyyy", "excel") == ("2025-03-01T00:00:00", True)
    assert read("2025-03-01", "yyyy-dd-mm") == ("2025-01-03T00:00:00", True)
    assert read("2025-03-31", "yyyy-dd-mm") == (None, False)


@given(
    st.datetimes(dt.datetime.fromisoformat("1970-01-02"), dt.datetime.fromisoformat("2060-01-01")),
    st.sampled_from(WORDS),
)
def test_a_date_written_is_read_back(time, word):
    """As far as its format goes."""
    time = time.replace(microsecond=0)
    form = read_format(word)
    has_time = "h" in word or word in {"excel", "unix", "unix-ms", "iso"}
    if not has_time:
        time = time.replace(hour=0, minute=0, second=0)
    elif "ss" not in word and "h" in word:
        time = time.replace(second=0)
    found, _ = read(write_date(time, form), word)
    assert found[:19] == time.isoformat()


@pytest.mark.parametrize(
    ("text", "word", "expected"),
    [
        ("janv. 2025", "mmm yyyy", "2025-01-01"),
        ("FÉVRIER 2025", "mmmm yyyy", "2025-02-01"),
        ("Mrz 2025", "mmm yyyy", "2025-03-01"),
        ("1. März 2025", "dd mmm yyyy", "2025-03-01"),
        ("avr.-25", "mmm-yy", "2025-04-01"),
        ("Mai 2025", "mmm yyyy", "2025-05-01"),
        ("giugno 2025", "mmm yyyy", "2025-06-01"),
        ("juil 2025", "mmm yyyy", "2025-07-01"),
        ("1er août 2025", "d mmmm yyyy", "2025-08-01"),
        ("Sept 2025", "mmm yyyy", "2025-09-01"),
        ("setembro de 2025", "mmm yyyy", "2025-09-01"),
        ("3 de octubre de 2025", "d mmm yyyy", "2025-10-03"),
        ("Okt/25", "mmm/yy", "2025-10-01"),
        ("十一月 2025", "mmm yyyy", "2025-11-01"),
        ("2025 Dezember", "yyyy mmm", "2025-12-01"),
        ("diciembre 2025", "mmm yyyy", "2025-12-01"),
        ("jui 2025", "mmm yyyy", None),
        ("31 abr 2025", "d mmm yyyy", None),
        ("Total 2025", "mmm yyyy", None),
        ("Janu 2025", "mmm yyyy", None),
    ],
)
def test_months_are_named_in_the_languages_of_people(text, word, expected):
    """In capitals or not, cut short or not; a name that may be two is none."""
    (found,) = read_dates(pl.Series([text]), (read_format(word),))["local"]
    assert (found and found.date().isoformat()) == expected


def test_a_month_s_name_stands_for_one_month():
    """In all languages together."""
    names = [name for month in NAMES for name in month]
    assert len(names) == len(set(names))
    assert all(name == name.casefold() for name in names)
    years = pl.Series([f"{name.upper()}. 2025" for name in names])
    months = read_dates(years, (read_format("mmm yyyy"),))["local"].dt.month()
    assert months.to_list() == [number for number, each in enumerate(NAMES, 1) for _ in each]


@pytest.mark.parametrize(
    ("name", "found"),
    [
        *((name, True) for name in ("Q1 2025", "T1 2025", "2025Q3", "2025-Q4", "Q1'25", "3T2025")),
        *(
            (name, True)
            for name in ("1. Quartal 2025", "2025年第一季度", "2025年3季度", "q2 FY2025")
        ),
        *((name, False) for name in ("T1", "Q5 2025", "Jan 2025", "T12 2025", "Quantity")),
    ],
)
def test_quarters_are_known_for_what_they_are(name, found):
    """They are no months."""
    assert is_quarter(name) == found
