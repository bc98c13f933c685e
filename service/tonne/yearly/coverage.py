"""What the records of a year cover, added up while it is read."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tonne.client import Coverage

WORST_NAMED = 15
"""Facilities and activities that are named, those with the most missing days."""


@dataclass(frozen=True, slots=True)
class Uncovered:
    """A facility and an activity with gaps or overlaps."""

    facility: str
    activity: str
    record_count: int
    missing_days: int
    gap_count: int
    overlap_count: int


@dataclass(frozen=True, slots=True)
class CoverageSum:
    """Coverage of a year: how many facilities and activities, and the worst of them."""

    pair_count: int
    gap_pair_count: int
    overlap_pair_count: int
    missing_days: int
    worst: tuple[Uncovered, ...]


def add_up(rows: Iterable[Coverage]) -> CoverageSum:
    """Add up what the records of facilities and activities cover."""
    pairs = gaps = overlaps = days = 0
    worst: list[tuple[int, int, int, Uncovered]] = []
    for number, row in enumerate(rows):
        missing = sum(
            (each.last_day - each.first_day).days + 1
            for each in row.gaps
            if each.first_day is not None and each.last_day is not None
        )
        pairs += 1
        gaps += bool(row.gaps)
        overlaps += bool(row.overlaps)
        days += missing
        if row.gaps or row.overlaps:
            one = Uncovered(
                row.facility,
                row.activity,
                row.record_count,
                missing,
                len(row.gaps),
                len(row.overlaps),
            )
            # The first of equals stays: rows come by facility and activity.
            heapq.heappush(worst, (missing, len(row.overlaps), -number, one))
            if len(worst) > WORST_NAMED:
                heapq.heappop(worst)
    named = tuple(each for *_, each in sorted(worst, reverse=True))
    return CoverageSum(pairs, gaps, overlaps, days, named)
