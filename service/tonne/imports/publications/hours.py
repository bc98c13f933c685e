"""Hourly factors of a region, from a table with a row for each hour.

Grid operators publish them as a time and one number: grams or kilograms of CO2e, or of CO2 alone,
per kWh. Which of them it is, the table does not say: whoever imports it does.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING

from tonne.errors import FieldInvalid
from tonne.imports.sources.opening import open_table
from tonne.imports.sources.tables import ROW, FileRule, HeaderRule, column_key, folded
from tonne.imports.values.dates import read_dates, read_formats
from tonne.imports.values.zones import Clock

if TYPE_CHECKING:
    from pathlib import Path

    import polars as pl

COLUMNS = (
    "activity",
    "region",
    "unit",
    "stage",
    "valid_from",
    "valid_to",
    "kg_co2e",
    "gwp_set",
    "source",
    "licence",
)
"""Columns of the edition, as `tonne edition import` takes them."""

PROBLEMS_MAX = 20
"""Most problems that one error tells."""

GAPS_TOLD_MAX = 5
"""Stretches without an hour that are told one by one."""

SPANS_MAX = 100_000
"""Most rows of one import: more than ten years of hours."""

_NUMBER = re.compile(r"-?\d{1,9}(?:\.\d{1,20})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class HoursRule:
    """What the table does not say of itself.

    Parameters
    ----------
    region, activity, unit, stage, gwp_set, source, licence : str
        As in an edition; `gwp_set` is `CO2` where the numbers are CO2 alone.
    time_column, value_column : str
        Names of the columns: when each hour begins, and its number.
    zone : str
        Time zone of times without an offset; empty: each has one.
    minutes : int
        How long each row holds.
    is_grams : bool
        Whether the numbers are grams per unit, and not kilograms.
    """

    region: str
    time_column: str
    value_column: str
    gwp_set: str
    activity: str = "electricity.grid"
    unit: str = "kWh"
    stage: str = ""
    source: str = ""
    licence: str = ""
    zone: str = ""
    minutes: int = 60
    is_grams: bool = False


@dataclass(frozen=True, slots=True)
class HoursEdition:
    """An edition made of the table: CSV as `tonne edition import` takes it, and remarks."""

    content: bytes
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Hour:
    row: int
    start: dt.datetime
    kg: Decimal


def read_hours(path: Path, rule: HoursRule) -> HoursEdition:
    """Make an edition of a table of hours.

    Parameters
    ----------
    path : pathlib.Path
        A table: delimited text, Parquet, Arrow, JSON or a workbook.
    rule : HoursRule
        What the table does not say.

    Raises
    ------
    FieldInvalid
        A column that is not there; a time or number that is none, a time without an offset and
        no zone, or an hour that stands twice: with row, column and what to do, many at once.
    """
    hours: list[_Hour] = []
    problems: list[str] = []
    names = (rule.time_column, rule.value_column)
    with open_table(path, FileRule(header=HeaderRule(columns=names)), names) as table:
        header = [folded(name) for name in table.header]
        missing = [name for name in names if folded(name) not in header]
        if missing:
            raise FieldInvalid(
                f"{table.place}: expected the columns {', '.join(map(repr, names))}; it lacks "
                f"{', '.join(map(repr, missing))} and has {', '.join(map(repr, table.header))}: "
                "name them with --time-column and --value-column",
                metadata={"columns": ",".join(missing)},
            )
        places = [column_key(header.index(folded(name))) for name in names]
        clock = Clock(rule.zone or "UTC")
        for chunk in table.rows():
            hours += _read(chunk, places, rule, clock, problems)
    hours.sort(key=lambda hour: hour.start)
    length = dt.timedelta(minutes=rule.minutes)
    for before, hour in pairwise(hours):
        if hour.start < before.start + length:
            problems.append(
                f"row {hour.row}, {rule.time_column}: expected an hour that no other row has; "
                f"{_told(hour.start)} is within that of row {before.row}: leave one out"
            )
    if len(hours) > SPANS_MAX:
        problems.append(f"expected at most {SPANS_MAX} rows; got {len(hours)}: import years apart")
    if problems or not hours:
        told = problems[:PROBLEMS_MAX] or ["expected a row for each hour; there is none"]
        more = len(problems) - len(told)
        told += [f"and {more} more"] if more > 0 else []
        raise FieldInvalid(
            f"{path.name}: the hours were not imported. {'; '.join(told)}",
            metadata={"file": path.name, "problemsCount": str(len(problems))},
        )
    return HoursEdition(_write(hours, rule, length), tuple(_gaps(hours, length)))


def _read(
    chunk: pl.DataFrame, places: list[str], rule: HoursRule, clock: Clock, problems: list[str]
) -> list[_Hour]:
    times = read_dates(chunk[places[0]], read_formats(("iso",)))
    local = clock.instants(times["local"])
    found = []
    rows = zip(
        chunk[ROW].to_list(),
        chunk[places[0]].to_list(),
        chunk[places[1]].to_list(),
        times["instant"].to_list(),
        times["local"].is_not_null().to_list(),
        local["instant"].to_list(),
        strict=True,
    )
    for row, text, value, instant, is_local, shown in rows:
        if not (text or value):
            continue
        start = shown if is_local and rule.zone else instant
        number = (value or "").strip()
        if is_local and not rule.zone:
            problems.append(
                f"row {row}, {rule.time_column}: expected a time with its offset from UTC; got "
                f"{text!r}: say which clock it is with --zone, like UTC or Europe/Berlin"
            )
        elif start is None:
            problems.append(
                f"row {row}, {rule.time_column}: expected the beginning of an hour like "
                f"2025-03-01T10:00Z, which the clock shows; got {text!r}: correct it"
            )
        elif not _NUMBER.fullmatch(number):
            problems.append(
                f"row {row}, {rule.value_column}: expected a number with '.' and no other "
                f"separator; got {value!r}: correct it, or leave the row out where it is unknown"
            )
        else:
            kg = Decimal(number)
            found.append(_Hour(row, start, kg.scaleb(-3) if rule.is_grams else kg))
    return found


def _write(hours: list[_Hour], rule: HoursRule, length: dt.timedelta) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for hour in hours:
        writer.writerow(
            (
                rule.activity,
                rule.region,
                rule.unit,
                rule.stage,
                _told(hour.start),
                _told(hour.start + length),
                f"{hour.kg:f}",
                rule.gwp_set,
                rule.source,
                rule.licence,
            )
        )
    return text.getvalue().encode()


def _gaps(hours: list[_Hour], length: dt.timedelta) -> list[str]:
    """Tell the stretches without an hour."""
    gaps = [
        (before.start + length, hour.start)
        for before, hour in pairwise(hours)
        if before.start + length < hour.start
    ]
    told = [
        f"no hour from {_told(start)} to {_told(stop)}: another factor of the region serves "
        "there, or records wait"
        for start, stop in gaps[:GAPS_TOLD_MAX]
    ]
    if len(gaps) > GAPS_TOLD_MAX:
        told.append(f"and {len(gaps) - GAPS_TOLD_MAX} more stretches without an hour")
    return told


def _told(time: dt.datetime) -> str:
    return time.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
