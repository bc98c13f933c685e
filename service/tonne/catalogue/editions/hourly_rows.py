"""Rows of an edition that hold for hours: those of one thing become one series.

A row whose `valid_from` is an instant holds for a span of time, to its `valid_to`. Rows of one
activity, region, unit, stage and account are a series; the edition has a factor for each run of
days that the series covers whole, and one for each run of days of which hours are missing.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from tonne.catalogue.editions.hours import DAY_US, Span, day_runs, digest_of, write_series
from tonne.catalogue.words import units
from tonne.catalogue.words.regions import region_id
from tonne.model import day_of_number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tonne.catalogue.editions.factor import Factor
    from tonne.catalogue.editions.problems import Problems

INSTANT_HELP = "an instant with its offset from UTC, like 2025-03-01T10:00Z or +01:00 at its end"
"""What a row of hours has in `valid_from` and `valid_to`."""

_INSTANT = re.compile(
    r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?(?:Z|[+-]\d{2}:\d{2})", re.ASCII
)
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_STOP = dt.datetime(2200, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)

_ALIKE = ("gwp_set", "source", "licence")
"""What all rows of a series have in common."""

_LEFT_OUT = (
    "kg_co2",
    "kg_ch4",
    "kg_n2o",
    "co2e_ch4",
    "co2e_n2o",
    "kg_biogenic_co2",
    "gases",
    "kwh",
    "loss",
    "steps",
)
"""Columns that a row of hours leaves empty: a series has one number an hour."""


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    factor: Factor
    span: Span


def is_hourly(cells: Mapping[str, str]) -> bool:
    """Whether a row holds for a span of time, and not for days."""
    return "T" in cells.get("valid_from", "") or "T" in cells.get("valid_to", "")


def read_instant(text: str) -> int | None:
    """Read an instant in microseconds since 1970; None where it is none, or states no offset."""
    if not _INSTANT.fullmatch(text):
        return None
    try:
        instant = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return (instant - _EPOCH) // _MICROSECOND if _EPOCH <= instant < _STOP else None


class HourlyRows:
    """Gathers the rows of hours of one edition.

    Parameters
    ----------
    problems : Problems
        Takes what is wrong.
    """

    def __init__(self, problems: Problems) -> None:
        self._problems = problems
        self._groups: defaultdict[tuple[str, ...], list[_Row]] = defaultdict(list)
        self.series: dict[str, bytes] = {}
        """What is to be kept, by its SHA-256: there once `factors` was gone through."""

    def add(
        self,
        line: int,
        cells: Mapping[str, str],
        read: Callable[[Mapping[str, str]], Factor | None],
    ) -> None:
        """Take a row; `read` reads what it has like any row, with days instead of instants."""
        instants = []
        for name in ("valid_from", "valid_to"):
            text = cells.get(name, "").strip()
            instant = read_instant(text)
            if instant is None:
                self._problems.add(line, name, f"expected {INSTANT_HELP}; got {text[:60]!r}")
            else:
                instants.append(instant)
        for name in _LEFT_OUT:
            if cells.get(name, "").strip():
                self._problems.add(
                    line, name, "expected nothing: a row of hours has kg_co2e alone"
                )
                return
        if len(instants) < len(("valid_from", "valid_to")):
            return
        start, stop = instants
        if stop <= start or stop - start > DAY_US:
            self._problems.add(
                line, "valid_to", "expected an instant after valid_from, by a day at most"
            )
            return
        day = day_of_number(start // DAY_US).isoformat()
        factor = read({**cells, "valid_from": day, "valid_to": ""})
        if factor is None:
            return
        if factor.kg_co2e is None:
            self._problems.add(line, "kg_co2e", "expected a number; got ''")
            return
        if factor.kg_co2e < 0:
            told = f"expected at least 0: an hour takes nothing back; got {factor.kg_co2e}"
            self._problems.add(line, "kg_co2e", told)
            return
        unit = units.find(factor.unit)
        key = (
            factor.activity,
            region_id(factor.region),
            factor.unit if unit is None else unit.symbol,
            factor.stage,
            factor.account,
        )
        self._groups[key].append(_Row(line, factor, Span(start, stop, factor.kg_co2e)))

    def factors(
        self, day_start_us: Callable[[int], int], first_row: int
    ) -> Iterator[tuple[int, Factor]]:
        """Give the factors of all series, each with the first line of its series.

        They are numbered from `first_row` on: a run of days is no row of the file.
        """
        number = first_row
        for rows in self._groups.values():
            rows.sort(key=lambda row: (row.span.start_us, row.line))
            if not self._is_good(rows):
                continue
            spans = [row.span for row in rows]
            content = write_series(spans)
            sha256 = digest_of(content)
            self.series[sha256] = content
            for run in day_runs(spans, day_start_us):
                yield (
                    rows[0].line,
                    replace(
                        rows[0].factor,
                        row=number,
                        kg_co2e=None,
                        valid_from=day_of_number(run.first_day),
                        valid_to=day_of_number(run.stop_day),
                        hours=sha256,
                        gaps=run.gaps,
                    ),
                )
                number += 1

    def _is_good(self, rows: list[_Row]) -> bool:
        """See that no hour stands twice, and that all rows are of one kind."""
        is_good = True
        first = rows[0]
        for before, row in pairwise(rows):
            if row.span.start_us < before.span.stop_us:
                is_good = False
                self._problems.add(
                    row.line,
                    "valid_from",
                    f"{_told(row.span.start_us)} is in line {before.line} already: leave one out",
                )
        for row in rows:
            for name in _ALIKE:
                if getattr(row.factor, name) != getattr(first.factor, name):
                    is_good = False
                    self._problems.add(
                        row.line,
                        name,
                        f"expected that of line {first.line}, since both are of one series: "
                        f"{getattr(first.factor, name)!r}; got {getattr(row.factor, name)!r}",
                    )
        return is_good


def _told(time_us: int) -> str:
    return (_EPOCH + time_us * _MICROSECOND).isoformat().replace("+00:00", "Z")
