"""Tables of hours: from a grid operator's file to an edition, every fault with its row."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from tonne.catalogue.editions.edition import parse_edition
from tonne.catalogue.editions.hours import read_series
from tonne.errors import FieldInvalid
from tonne.imports.publications.hours import HoursRule, read_hours

RULE = HoursRule("DE", "start", "kg_co2e", "AR5", source="operator")
ZONED = HoursRule("DE", "start", "g", "CO2", zone="Europe/Berlin", is_grams=True)


def table(path, text):
    """A CSV file."""
    file = path / "hours.csv"
    file.write_text(text)
    return file


def series_of(made):
    """The factors of an edition and its series, as an import of it keeps them."""
    kept = {}
    factors = parse_edition(made.content, on_series=kept.__setitem__)
    return factors, {name: read_series(content, name) for name, content in kept.items()}


def test_hours_become_one_factor_with_its_series(tmp_path):
    """A whole day in UTC: one factor of that day, the mean of its first two hours exact."""
    rows = [f"2025-03-01T{hour:02}:00Z,{hour}.25" for hour in range(24)]
    made = read_hours(table(tmp_path, "\n".join(["start,kg_co2e", *rows])), RULE)
    (factor,), series = series_of(made)
    assert (str(factor.valid_from), str(factor.valid_to)) == ("2025-03-01", "2025-03-02")
    assert (factor.gaps, factor.kg_co2e, factor.gwp_set) == ((), None, "AR5")
    start = int(dt.datetime(2025, 3, 1, tzinfo=dt.UTC).timestamp()) * 10**6
    total, covered = series[factor.hours].integral(start, start + 2 * 3600 * 10**6)
    assert (total / series[factor.hours].scale, covered) == (1.5 * 3600e6, 7200 * 10**6)
    assert made.remarks == ()


def test_a_clock_that_is_set_back_shows_an_hour_twice(tmp_path):
    """25 hours of the 26th of October in Berlin: both hours at two o'clock, grams of CO2."""
    hours = [0, 1, 2, 2, *range(3, 24)]
    rows = [f"2025-10-26 {hour:02}:00,{place}" for place, hour in enumerate(hours)]
    made = read_hours(table(tmp_path, "\n".join(["start,g", *rows])), ZONED)
    lines = made.content.decode().splitlines()
    assert len(lines) == 26
    assert lines[1].startswith(
        "electricity.grid,DE,kWh,,2025-10-25T22:00:00Z,2025-10-25T23:00:00Z"
    )
    assert lines[4].split(",")[4:8] == [
        "2025-10-26T01:00:00Z", "2025-10-26T02:00:00Z", "0.003", "CO2",
    ]  # fmt: skip
    assert made.remarks == ()


def test_a_parquet_file_is_read_alike(tmp_path):
    """Times with their zone, numbers as decimals."""
    start = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)
    frame = pl.DataFrame(
        {"start": [start, start + dt.timedelta(hours=1)], "kg_co2e": ["0.1", "0.25"]}
    )
    frame.with_columns(pl.col("kg_co2e").cast(pl.Decimal(10, 3))).write_parquet(
        tmp_path / "hours.parquet"
    )
    made = read_hours(tmp_path / "hours.parquet", RULE)
    assert [line.split(",")[6] for line in made.content.decode().splitlines()[1:]] == [
        "0.100", "0.250",
    ]  # fmt: skip


def test_gaps_are_told(tmp_path):
    """Where hours are missing, from when to when."""
    text = "start,kg_co2e\n2025-01-01T00:00Z,1\n2025-01-01T03:00Z,2\n"
    made = read_hours(table(tmp_path, text), RULE)
    assert made.remarks == (
        (
            "no hour from 2025-01-01T01:00:00Z to 2025-01-01T03:00:00Z: another factor of the "
            "region serves there, or records wait"
        ),
    )
    (factor,), _ = series_of(made)
    assert len(factor.gaps) == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("start,kg_co2e\n2025-01-01T00:00Z,1\n2025-01-01T00:30Z,2\n", "row 3, start: .* row 2"),
        ("start,kg_co2e\n2025-01-01T00:00,1\n", "row 2, start: .*offset.*--zone"),
        ("start,kg_co2e\nyesterday,1\n", "row 2, start: .*'yesterday'"),
        ('start,kg_co2e\n2025-01-01T00:00Z,"0,5"\n', "row 2, kg_co2e: .*'0,5'"),
        ("time,kg_co2e\n2025-01-01T00:00Z,1\n", "'start'"),
        ("start,kg_co2e\n", "expected"),
    ],
)
def test_a_fault_is_named_by_row_and_column(tmp_path, text, said):
    """With what to do."""
    with pytest.raises(FieldInvalid, match=said):
        read_hours(table(tmp_path, text), RULE)


def test_a_time_that_the_clock_never_shows_is_a_fault(tmp_path):
    """Half past two of the 30th of March does not exist in Berlin."""
    with pytest.raises(FieldInvalid, match="row 2, start"):
        read_hours(table(tmp_path, "start,g\n2025-03-30 02:30,1\n"), ZONED)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("2025-03-01T10:00,2025-03-01T11:00Z,1,", "line 3, valid_from: expected an instant"),
        ("2025-03-01T10:00Z,,1,", "line 3, valid_to: expected an instant"),
        ("2025-03-01T11:00Z,2025-03-01T10:00Z,1,", "line 3, valid_to: .*after valid_from"),
        ("2025-03-01T11:00Z,2025-03-02T12:00Z,1,", "line 3, valid_to: .*day at most"),
        ("2025-03-01T11:00Z,2025-03-01T12:00Z,,", "line 3, kg_co2e"),
        ("2025-03-01T11:00Z,2025-03-01T12:00Z,1,0.5", "line 3, kg_ch4: .*kg_co2e alone"),
        ("2025-03-01T09:30Z,2025-03-01T10:30Z,1,", "line 3, valid_from: .*line 2"),
    ],
)
def test_an_edition_of_hours_names_the_line(row, said):
    """An edition may have rows of hours, too; each fault has its line and column."""
    text = (
        "activity,region,unit,valid_from,valid_to,kg_co2e,kg_ch4\n"
        "electricity.grid,DE,kWh,2025-03-01T09:00Z,2025-03-01T10:00Z,1,\n"
        f"electricity.grid,DE,kWh,{row}\n"
    )
    with pytest.raises(FieldInvalid, match=said):
        parse_edition(text.encode())


def test_rows_of_one_series_are_of_one_kind():
    """A GWP set that changes within a series would be lost: it is a fault."""
    text = (
        "activity,region,unit,valid_from,valid_to,kg_co2e,gwp_set\n"
        "electricity.grid,DE,kWh,2025-03-01T09:00Z,2025-03-01T10:00Z,1,AR5\n"
        "electricity.grid,DE,kWh,2025-03-01T10:00Z,2025-03-01T11:00Z,1,AR6\n"
    )
    with pytest.raises(FieldInvalid, match="line 3, gwp_set: expected that of line 2"):
        parse_edition(text.encode())


def test_an_hour_below_zero_is_refused(tmp_path):
    """A grid takes no emission back: a sign that slipped is told with its line."""
    rows = "start,kg_co2e\n2025-03-01T00:00Z,0.2\n2025-03-01T01:00Z,-0.2"
    made = read_hours(table(tmp_path, rows), RULE)
    with pytest.raises(FieldInvalid, match=r"kg_co2e: expected at least 0.*got -0\.2"):
        parse_edition(made.content)
