"""What is written by a profile's inverse reads back."""

from __future__ import annotations

import csv
import datetime as dt
import io
from dataclasses import dataclass
from decimal import Decimal
from zoneinfo import ZoneInfo

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.numerals import grouped
from tonne.imports.profiles.profile import ColumnRule, DateRule, LeaveOutRule, Profile, ValueRule
from tonne.imports.records import MappedFiles
from tonne.imports.sources.tables import FileRule, HeaderRule
from tonne.imports.values.dates import read_format, write_date
from tonne.imports.values.numbers import GROUPS, NumberForm

ALIASES = {"electricity.grid": "Power, grid", "fuel.natural_gas": "Gas; piped"}
DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Bill:
    facility: str
    activity: str
    quantity: Decimal
    start: dt.date
    end: dt.date


NAMES = st.text(
    st.characters(codec="gb18030", categories=("L", "N", "P", "Zs")), min_size=1, max_size=8
)
BILLS = st.builds(
    Bill,
    NAMES.map(str.strip).filter(bool).filter(lambda name: name != "Total"),
    st.sampled_from(sorted(ALIASES)),
    st.decimals(-(10**9), 10**9, places=4, allow_nan=False),
    st.dates(dt.date(1990, 1, 1), dt.date(2030, 1, 1)),
    st.dates(dt.date(2030, 1, 2), dt.date(2040, 1, 1)),
)
FORMS = st.builds(
    lambda decimal, group, minus: NumberForm(
        decimal, () if decimal in GROUPS[group] else (group,), minus
    ),
    st.sampled_from(".,"),
    st.sampled_from(sorted(GROUPS)),
    st.sampled_from(["leading", "trailing", "parentheses"]),
)
FILES = st.builds(
    FileRule,
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "gb18030"]),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    header=st.sampled_from([HeaderRule(), HeaderRule(row=3), HeaderRule(columns=("Site", "Use"))]),
)
DATES = st.builds(
    DateRule,
    formats=st.sampled_from(
        ["dd/mm/yyyy", "mm/dd/yyyy", "yyyymmdd", "d mmm yyyy", "excel", "iso"]
    ).map(lambda word: (word,)),
    inclusive_ends=st.booleans(),
    time_zone=st.sampled_from(["", "Europe/London", "Asia/Shanghai"]),
)


def number_text(number, form):
    """Write a number as a form says."""
    whole, _, places = f"{abs(number):f}".partition(".")
    text = grouped(whole, *form.grouping) + form.decimal + places
    if not number.is_signed():
        return text
    return {"leading": f"-{text}", "trailing": f"{text}-"}.get(form.minus, f"({text})")


def midnight(day):
    """Write a day as the time at which it begins."""
    return dt.datetime.combine(day, dt.time())


def write(path, bills, profile, wide):
    """The inverse of a profile: a preamble, a header, rows, a blank row, a total."""
    form = read_format(profile.dates.formats[0])
    header = profile.file.header
    out = io.StringIO()
    writer = csv.writer(out, delimiter=profile.file.delimiter)
    for _ in range(2 if header != HeaderRule() else 0):
        writer.writerow(["report", "x"])
    if wide:
        writer.writerow(["Site", "Use", "Kind", "Jan 2025", "Feb 2025"])
    else:
        writer.writerow(["Site", "From", "To", "Use", "Kind"])
    for bill in bills:
        text = number_text(bill.quantity, profile.numbers)
        if wide:
            writer.writerow([bill.facility, "", ALIASES[bill.activity], text, text])
        else:
            end = bill.end - DAY if profile.dates.inclusive_ends else bill.end
            days = [write_date(midnight(day), form) for day in (bill.start, end)]
            days = [day[:10] if form.word == "iso" else day for day in days]
            writer.writerow([bill.facility, *days, text, ALIASES[bill.activity]])
    writer.writerow([])
    writer.writerow(["Total", "", "", "9"])
    path.write_bytes(out.getvalue().encode(profile.file.encoding))


def instant(day, zone):
    """A day's first instant, or the day itself where nobody says whose."""
    return midnight(day).replace(tzinfo=ZoneInfo(zone)).astimezone(dt.UTC) if zone else day


@settings(
    max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(
    bills=st.lists(BILLS, min_size=1, max_size=5),
    file=FILES,
    numbers=FORMS,
    dates=DATES,
    wide=st.booleans(),
)
def test_what_a_profile_s_inverse_writes_reads_back(
    tmp_path, *, bills, file, numbers, dates, wide
):
    """Whatever the encoding, marks, dates and shape: the same records, exactly."""
    columns = {"facility": ColumnRule("Site"), "activity": ColumnRule("Kind")}
    values = ()
    if wide:
        values = (ValueRule(dates="mmm yyyy"),)
        columns |= {"product": ColumnRule("Use")}
    else:
        columns |= {
            "quantity": ColumnRule("Use"),
            "start": ColumnRule("From"),
            "end": ColumnRule("To"),
        }
    profile = Profile(
        file=file,
        numbers=numbers,
        dates=dates,
        columns=columns,
        constants={"unit": "kWh"},
        aliases={"activity": {written: word for word, written in ALIASES.items()}},
        values=values,
        leave_out=(LeaveOutRule(column=ColumnRule("Site"), equals=("total",)),),
    )
    path = tmp_path / "a.csv"
    write(path, bills, profile, wide)
    files = MappedFiles([path], profile)
    found = pl.concat(files.frames()).select("facility", "activity", "quantity", "start", "end")
    months = [
        (dt.date(2025, 1, 1), dt.date(2025, 2, 1)),
        (dt.date(2025, 2, 1), dt.date(2025, 3, 1)),
    ]
    expected = [
        (
            bill.facility,
            bill.activity,
            bill.quantity,
            *(instant(day, dates.time_zone) for day in days),
        )
        for bill in bills
        for days in (months if wide else [(bill.start, bill.end)])
    ]
    assert [(*row[:2], Decimal(row[2]), *row[3:]) for row in found.rows()] == expected
    assert {reason: rows.count for reason, rows in files.reports[0].left_out.items()} == {
        "the row is blank": 1,
        "column 'Site' is 'total'": 1,
    }
