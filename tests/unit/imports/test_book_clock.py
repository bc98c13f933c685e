"""Times without a zone are of the book's clock: what a wall clock shows comes back as instants."""

from __future__ import annotations

import datetime as dt
import itertools
import json
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.workbooks import write_ods, write_xlsx
from tonne.cli.input.reading import RecordFiles
from tonne.errors import FieldInvalid
from tonne.imports.options import ReadingOptions

HEAD = ("record_id", "facility", "activity", "quantity", "unit", "start", "end", "region")
FORMATS = ("csv", "jsonl", "parquet", "arrow", "tsv", "xlsx", "ods", "json")
LONDON = "Europe/London"
CHANGES = {
    LONDON: (dt.date(2025, 10, 26), dt.date(2025, 3, 30)),
    "America/New_York": (dt.date(2025, 11, 2), dt.date(2025, 3, 9)),
    "Australia/Lord_Howe": (dt.date(2025, 4, 6), dt.date(2025, 10, 5)),
    "Asia/Shanghai": (dt.date(2025, 1, 1),),
}


def write(path, rows):
    """Write rows of texts as a file of the format that its name says."""
    frame = pl.DataFrame(rows, schema=dict.fromkeys(HEAD, pl.String), orient="row")
    match path.suffix:
        case ".csv":
            frame.write_csv(path)
        case ".tsv":
            frame.write_csv(path, separator="\t")
        case ".jsonl":
            frame.write_ndjson(path)
        case ".json":
            path.write_text(json.dumps(frame.to_dicts()))
        case ".parquet" | ".arrow":
            times = pl.col("start", "end").str.to_datetime("%Y-%m-%dT%H:%M:%S", time_unit="ms")
            frame = frame.with_columns(times)
            (frame.write_parquet if path.suffix == ".parquet" else frame.write_ipc)(path)
        case ".xlsx" | ".ods":
            (write_xlsx if path.suffix == ".xlsx" else write_ods)(path, {"A": [HEAD, *rows]})


def read(path, zone, **options):
    """Read a file as the command does: instants, and what is told."""
    asked = []

    def book_zone():
        asked.append(zone)
        return zone

    files = RecordFiles([path], ReadingOptions(**options), book_zone=book_zone)
    frame = pl.concat(list(files.pieces()), how="diagonal_relaxed")
    return frame, files.remarks(), asked


def wall_clock(zone, facilities, first, count, step, *, is_falling=False):
    """Make what the clocks of meters show, and the instants that these are."""
    own = ZoneInfo(zone)
    at = [first + step * number for number in range(count + 1)]
    pairs = list(itertools.pairwise(at))
    rows, instants = [], []
    for start, end in reversed(pairs) if is_falling else pairs:
        for facility in facilities:
            shown = [f"{each.astimezone(own):%Y-%m-%dT%H:%M:%S}" for each in (start, end)]
            rows.append(("h", facility, "electricity.grid", "10", "kWh", *shown, "GB"))
            instants.append((start, end))
    return rows, instants


def day_of(zone, day):
    """Give the first instant of a day, and how long it is."""
    own = ZoneInfo(zone)
    first, last = (
        dt.datetime.combine(each, dt.time(), own).astimezone(dt.UTC)
        for each in (day, day + dt.timedelta(days=1))
    )
    return first, last - first


@pytest.mark.parametrize("kind", FORMATS)
def test_an_hour_that_stands_twice_is_two_hours_in_every_format(tmp_path, kind):
    """25 hours of a day in October are 25 hours, each behind the other."""
    first, length = day_of(LONDON, dt.date(2025, 10, 26))
    assert length == dt.timedelta(hours=25)
    rows, instants = wall_clock(LONDON, ["office"], first, 25, dt.timedelta(hours=1))
    assert len({row[5] for row in rows}) == 24
    path = tmp_path / f"day.{kind}"
    write(path, rows)
    frame, told, asked = read(path, LONDON)
    assert frame.select("start", "end").rows() == instants
    assert frame["start"].n_unique() == 25
    assert len(told) == 1
    assert "25" in told[0]
    assert LONDON in told[0]
    assert "--time-zone" in told[0]
    assert asked


@settings(deadline=None, max_examples=40)
@given(
    zone=st.sampled_from(sorted(CHANGES)),
    which=st.integers(0, 1),
    minutes=st.sampled_from([15, 30, 60]),
    facilities=st.lists(st.sampled_from("abcd"), min_size=1, max_size=3, unique=True),
    kind=st.sampled_from(["csv", "jsonl", "parquet", "tsv"]),
    is_falling=st.booleans(),
)
def test_what_the_clocks_of_meters_show_comes_back(  # noqa: PLR0917  # Hypothesis passes by name
    tmp_path_factory, zone, which, minutes, facilities, kind, is_falling
):
    """Any zone, any change of it, any meters, the newest first or last."""
    changes = CHANGES[zone]
    first, length = day_of(zone, changes[which % len(changes)])
    # An hour that begins before a clock is set back by half of one shows half an hour.
    step = dt.timedelta(minutes=min(minutes, 30) if "Howe" in zone else minutes)
    rows, instants = wall_clock(
        zone, facilities, first - 8 * step, length // step + 16, step, is_falling=is_falling
    )
    path = tmp_path_factory.mktemp("clock") / f"day.{kind}"
    write(path, rows)
    frame, _, _ = read(path, zone)
    assert frame.select("start", "end").rows() == instants


@pytest.mark.parametrize("form", ["{}T00:00:00Z", "{}", "{}T00:00+08:00", "{} 00:00:00+0100"])
def test_nobody_asks_for_a_zone_that_no_time_needs(tmp_path, form):
    """Days, and times that say their offset."""
    path = tmp_path / "a.csv"
    row = ("1", "a", "electricity.grid", "10", "kWh", "2025-10-26", "2025-10-27", "GB")
    write(path, [tuple(form.format(each) if each.startswith("2025") else each for each in row)])
    _, told, asked = read(path, LONDON)
    assert not told
    assert not asked


@pytest.mark.parametrize(
    "text",
    [
        "2025-07-01T12:00:00",
        "2025-07-01 12:00",
        " 2025-07-01T12:00:00.000 ",
        "20250701T1200",
        "2025-W27-2T12:00",
        "2025-07-01T12",
        "20250701 120000",
        "2025-07-01T12:00:00,5",
    ],
)
def test_each_form_of_a_time_without_a_zone_is_of_the_book(tmp_path, text):
    """Noon of a summer's day in London is eleven o'clock UTC, however it is written."""
    path = tmp_path / "a.csv"
    write(path, [("1", "a", "electricity.grid", "10", "kWh", text, "2025-07-01T14:00:00Z", "GB")])
    frame, told, _ = read(path, LONDON)
    start = frame["start"].cast(pl.String).str.slice(0, 16)[0].replace("T", " ")
    assert start == "2025-07-01 11:00"
    assert LONDON in told[0]


def test_what_the_option_states_goes_before_the_book(tmp_path):
    """--time-zone says whose clock it is, and nobody asks the book."""
    path = tmp_path / "a.csv"
    noon, two = "2025-07-01T12:00:00", "2025-07-01T14:00:00"
    write(path, [("1", "a", "electricity.grid", "10", "kWh", noon, two, "GB")])
    frame, told, asked = read(path, LONDON, time_zone="Asia/Shanghai")
    assert frame["start"].to_list() == [dt.datetime(2025, 7, 1, 4, tzinfo=dt.UTC)]
    assert not told
    assert not asked


def test_the_hour_before_a_jump_ends_with_it(tmp_path):
    """Written as one hour after its start, a time that no clock shows: it is the jump itself."""
    hours = [0, *range(2, 24)]
    ends = ["2025-03-30T01:00:00", *(f"2025-03-30T{hour:02}:00:00" for hour in range(3, 24))]
    ends.append("2025-03-31T00:00:00")
    rest = ("electricity.grid", "10", "kWh")
    starts = [f"2025-03-30T{hour:02}:00:00" for hour in hours]
    pairs = zip(starts, ends, strict=True)
    path = tmp_path / "day.csv"
    write(path, [("h", "a", *rest, start, end, "GB") for start, end in pairs])
    frame, _, _ = read(path, LONDON)
    first = dt.datetime(2025, 3, 30, tzinfo=dt.UTC)
    at = [first + dt.timedelta(hours=number) for number in range(24)]
    assert frame.select("start", "end").rows() == list(itertools.pairwise(at))


def test_the_midnight_with_which_a_day_ends(tmp_path):
    """24:00 is 00:00 of the next day."""
    path = tmp_path / "a.csv"
    first, last = "2025-07-01T23:00", "2025-07-01 24:00:00"
    write(path, [("1", "a", "electricity.grid", "10", "kWh", first, last, "GB")])
    frame, _, _ = read(path, LONDON)
    assert frame["end"].to_list() == [dt.datetime(2025, 7, 1, 23, tzinfo=dt.UTC)]


def test_a_time_that_the_clock_never_shows_goes_as_it_was_written(tmp_path):
    """No hour is guessed where the clock is set forward."""
    path = tmp_path / "a.csv"
    shown = "2025-03-30T01:30:00"
    write(path, [("1", "a", "electricity.grid", "10", "kWh", shown, "2025-03-30T03:00:00", "GB")])
    frame, _, _ = read(path, LONDON)
    assert frame["start"].to_list() == [f"{shown} {LONDON}"]


def test_an_hour_that_stands_once_is_told(tmp_path):
    """One reading of an hour that a clock shows twice: the first is taken, and that is said."""
    path = tmp_path / "a.csv"
    first, last = "2025-10-26T01:00:00", "2025-10-26T02:00:00"
    write(path, [("1", "a", "electricity.grid", "10", "kWh", first, last, "GB")])
    frame, told, _ = read(path, LONDON)
    assert frame["start"].to_list() == [dt.datetime(2025, 10, 26, 0, tzinfo=dt.UTC)]
    assert any("shows it twice" in line for line in told)


def test_a_reading_again_begins_anew(tmp_path):
    """The hours that were shown are forgotten between two readings of a file."""
    first, _ = day_of(LONDON, dt.date(2025, 10, 26))
    rows, instants = wall_clock(LONDON, ["office"], first, 25, dt.timedelta(hours=1))
    path = tmp_path / "day.csv"
    write(path, rows)
    files = RecordFiles([path], ReadingOptions(), book_zone=lambda: LONDON)
    for _ in range(2):
        frame = pl.concat(list(files.pieces()))
        assert frame.select("start", "end").rows() == instants
        assert len(files.remarks()) == 1


def test_a_time_of_another_zone_in_the_same_column_keeps_it(tmp_path):
    """Each row as it says; only what says nothing is of the book."""
    path = tmp_path / "a.csv"
    rest = ("electricity.grid", "10", "kWh")
    end = "2025-07-02T00:00:00Z"
    starts = [
        "2025-07-01T12:00:00",
        "2025-07-01T12:00:00Z",
        "2025-07-01",
        "2025-07-01T12:00+02:00",
    ]
    write(path, [(str(n), "a", *rest, each, end, "GB") for n, each in enumerate(starts)])
    frame, told, _ = read(path, LONDON)
    assert [each.hour for each in frame["start"]] == [11, 12, 23, 10]
    assert told[0].split(": ")[1] == "1 (row 1)"


def test_a_zone_of_nowhere_is_refused(tmp_path):
    """A book has a known zone; a wrong one stops the reading rather than being taken for UTC."""
    path = tmp_path / "a.csv"
    noon, two = "2025-07-01T12:00:00", "2025-07-01T14:00:00"
    write(path, [("1", "a", "electricity.grid", "10", "kWh", noon, two, "GB")])
    with pytest.raises(FieldInvalid, match="time zone"):
        read(path, "Nowhere/Else")
