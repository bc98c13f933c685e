"""Wall clocks to instants, across the days on which clocks change."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tonne.errors import FieldInvalid
from tonne.imports.values.zones import Clock

ZONES = [
    "Europe/London",
    "America/Chicago",
    "Asia/Shanghai",
    "Australia/Lord_Howe",
    "America/Sao_Paulo",
    "Asia/Beirut",
]


def series(times):
    return pl.Series("time", times, pl.Datetime("us"))


def instants_of_a_year(zone, year, step):
    """Every instant of a year, and what the clock shows."""
    first = dt.datetime(year, 1, 1, tzinfo=dt.UTC)
    count = int(dt.timedelta(days=366) / step)
    instants = [first + step * number for number in range(count)]
    return instants, [at.astimezone(ZoneInfo(zone)).replace(tzinfo=None) for at in instants]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("is_falling", [False, True])
def test_a_year_of_readings_keeps_each_instant(zone, is_falling):
    """Each half-hour of the year, in order or the newest first, in two series side by side."""
    instants, shown = instants_of_a_year(zone, 2018, dt.timedelta(minutes=30))
    if is_falling:
        instants.reverse()
        shown.reverse()
    twice = [time for time in shown for _ in "ab"]
    names = pl.Series(["a", "b"] * len(shown))
    clock = Clock(zone)
    found = []
    for first in range(0, len(twice), 10_000):
        part = slice(first, first + 10_000)
        read = clock.instants(
            series(twice[part]), lambda part=part: names[part], is_falling=is_falling
        )
        found += read["instant"].to_list()
    assert found == [at for at in instants for _ in "ab"]


def test_an_hour_that_stands_once_is_told():
    """The clock shows 1:30 twice; a file with one cannot say which, and the first is taken."""
    times = [dt.datetime.fromisoformat(f"2025-10-26T0{hour}:30") for hour in (0, 1, 2)]
    found = Clock("Europe/London").instants(series(times))
    assert found["is_once"].to_list() == [False, True, False]
    assert found["instant"][1] == dt.datetime(2025, 10, 26, 0, 30, tzinfo=dt.UTC)


def test_an_hour_that_is_not_there_is_nothing():
    """At 1:30 of that day no clock of London stood."""
    found = Clock("Europe/London").instants(
        series([dt.datetime.fromisoformat("2025-03-30T01:30")])
    )
    assert found["instant"].to_list() == [None]


@given(st.dates(dt.date(1990, 1, 1), dt.date(2035, 1, 1)), st.sampled_from(ZONES))
def test_a_day_begins_at_its_first_instant(day, zone):
    """Also where the clock skips midnight, or shows it twice."""
    (found,) = Clock(zone).days(series([dt.datetime.combine(day, dt.time())]))
    place = ZoneInfo(zone)
    assert found.astimezone(place).date() == day
    assert (found - dt.timedelta(minutes=1)).astimezone(place).date() < day


@pytest.mark.parametrize(("zone", "hours"), [("+08:00", -8), ("-0330", 3.5), ("UTC", 0)])
def test_an_offset_is_a_zone(zone, hours):
    """One that never changes."""
    time = dt.datetime.fromisoformat("2025-03-01")
    found = Clock(zone).instants(series([time]))["instant"][0]
    assert found == (time + dt.timedelta(hours=hours)).replace(tzinfo=dt.UTC)
    assert Clock(zone).days(series([time]))[0] == found


@pytest.mark.parametrize("zone", ["Europe/Londno", "GMT+8 ", "../etc/passwd", "08:00"])
def test_an_unknown_zone_is_refused(zone):
    """With examples."""
    with pytest.raises(FieldInvalid, match="expected a name like Europe/London"):
        Clock(zone)
