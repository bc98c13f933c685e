"""Rules of a state: what holds for a key, from which day on."""

from __future__ import annotations

import bisect
import json
from array import array
from typing import TYPE_CHECKING

from tonne_kernel import RuleTable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

Run = tuple[int, int, int, int]
"""What holds from a day on: month, day of it, the instant in microseconds, disposition."""

NotedRun = tuple[int, int, int, str]
"""A run as notes have it: month, day of it, the instant in microseconds, id of a resolution."""

TimeSpan = tuple[int | None, int | None]
"""From an instant in microseconds, None: the beginning, to another one, None: the end."""

Holes = tuple["array[int] | None", "array[int] | None", "array[int] | None", int]
"""Times of each rule at which records wait. What was posted touches none: notes need them not."""


class RuleList:
    """Rules by their numbers. It only grows, and is used by one thread at a time."""

    def __init__(self) -> None:
        self._regions: list[str] = []
        self._offsets = array("i", [0])
        self._first_periods = array("i")
        self._first_days = array("i")
        self._starts_us = array("q")
        self._dispositions = array("i")
        self._table: RuleTable | None = None

    def __len__(self) -> int:
        """Give the number of rules so far."""
        return len(self._regions)

    def add(self, region: str, runs: Iterable[Run]) -> int:
        """Add the rule of keys of an effective region; its number."""
        for period, day, start_us, disposition in runs:
            self._first_periods.append(period)
            self._first_days.append(day)
            self._starts_us.append(start_us)
            self._dispositions.append(disposition)
        self._offsets.append(len(self._dispositions))
        self._regions.append(region)
        return len(self._regions) - 1

    def table(self, holes: Holes = (None, None, None, 0)) -> RuleTable:
        """Make the table of all rules so far, with `periods.hole_arrays` of them."""
        if self._table is None or self._table.rule_count != len(self._regions):
            self._table = RuleTable(
                array("i", self._offsets),
                array("i", self._first_periods),
                array("i", self._dispositions),
                array("i", self._first_days),
                array("q", self._starts_us),
                *holes,
            )
        return self._table

    def region(self, number: int) -> str:
        """Give the effective region of a rule's keys."""
        return self._regions[number]

    def runs(self, number: int, first_period: int, last_period: int) -> list[Run]:
        """Give the runs of a rule that hold in some months, all that begin within these too."""
        first, stop = self._offsets[number], self._offsets[number + 1]
        # The one in force when the first month begins: days of that month cut it into slices.
        begin = (first_period, 1)
        days = [(self._first_periods[at], self._first_days[at]) for at in range(first, stop)]
        in_force = max(bisect.bisect_right(days, begin) - 1, 0)
        return [
            (*days[at - first], self._starts_us[at], self._dispositions[at])
            for at in range(first + in_force, stop)
            if at == first + in_force or days[at - first][0] <= last_period
        ]


def write_note(region: str, runs: Iterable[NotedRun]) -> str:
    """Write under what records were posted: region, and runs with the id of a resolution each."""
    return json.dumps([region, list(runs)], separators=(",", ":"))


def runs_of(note: str) -> tuple[str, list[NotedRun]]:
    """Read what `write_note` wrote as it stands there: region and runs."""
    region, runs = json.loads(note)
    return region, [(period, day, start_us, id_) for period, day, start_us, id_ in runs]


def spans_of(runs: Sequence[NotedRun]) -> list[tuple[TimeSpan, str]]:
    """Give when each of runs holds, and the id of its resolution; the first from the beginning."""
    starts = [run[2] for run in runs[1:]]
    spans = zip([None, *starts], [*starts, None], strict=True)
    return [(span, run[3]) for span, run in zip(spans, runs, strict=True)]


def spans_apart(
    olds: Sequence[NotedRun], news: Sequence[NotedRun], is_same: Callable[[str, str], bool]
) -> list[TimeSpan]:
    """Give when two notes say other things.

    Parameters
    ----------
    is_same : callable
        Whether two resolutions, by id, say the same; an empty id is none.

    Returns
    -------
    list of TimeSpan
        A span without length is a date within a month that one of them alone cuts.
    """
    old_cuts, new_cuts = ({run[2]: run[1] for run in runs[1:]} for runs in (olds, news))
    found: list[TimeSpan] = [
        (start, start)
        for start in old_cuts.keys() ^ new_cuts.keys()
        if {**old_cuts, **new_cuts}[start] > 1
    ]
    edges = sorted({*old_cuts, *new_cuts})
    for span in zip([None, *edges], [*edges, None], strict=True):
        one, other = (_held(runs, span[0]) for runs in (olds, news))
        if one != other and not is_same(one, other):
            found.append(span)
    return found


def _held(runs: Sequence[NotedRun], time_us: int | None) -> str:
    """Give the id of what holds at an instant; None: at the beginning."""
    begun = [run for run in runs[1:] if time_us is not None and run[2] <= time_us]
    return (begun or runs)[-1 if begun else 0][3]


def read_note(text: str) -> tuple[str, RuleTable, list[str]]:
    """Read what `write_note` wrote: region, a table of the one rule, ids by disposition.

    The first run holds from the first month on: no record that was posted so is older.
    """
    region, runs = json.loads(text)
    ids = [id_ for *_, id_ in runs]
    rules = RuleList()
    rules.add(
        region,
        [
            (period, day, start_us, number) if number else (0, 1, 0, 0)
            for number, (period, day, start_us, _) in enumerate(runs)
        ],
    )
    return region, rules.table(), ids
