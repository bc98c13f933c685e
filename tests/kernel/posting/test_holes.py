"""Holes of a rule: a record whose time touches one waits, and all others are as without."""

from __future__ import annotations

from array import array
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tonne_kernel as kernel
from tests.kernel import oracle, strategies, wire
from tests.kernel.harness import FIELD_OF_RULE, RuleBook, day_start, period_starts, post_rows
from tests.kernel.oracle import Record
from tonne.model import RowStatus

WAITS = int(RowStatus.FACTOR_MUST_EXIST)
MARCH_2024 = 54 * 12 + 2
MARCH_US = 1_709_251_200_000_000
HOUR_US = 3_600_000_000


@dataclass(frozen=True)
class HoledBook(RuleBook):
    """One rule with holes, in microseconds."""

    holes: tuple[tuple[int, int], ...] = ()

    @property
    def slice_count_max(self):
        """A month may have what is posted, and beside it what waits."""
        return RuleBook.slice_count_max.fget(self) + 1

    def table(self, zone_name):
        """The kernel's form."""
        (runs,) = self.rules
        return kernel.RuleTable(
            array("i", [0, len(runs)]),
            array("i", [first for first, _, _ in runs]),
            array("i", [disposition for _, _, disposition in runs]),
            array("i", [day for _, day, _ in runs]),
            array("q", [day_start(zone_name, first, day) for first, day, _ in runs]),
            array("i", [0, len(self.holes)]),
            array("q", [start for start, _ in self.holes]),
            array("q", [stop for _, stop in self.holes]),
            WAITS,
        )


@st.composite
def holed(draw):
    """Records near the ends of holes, of days that cut a month, and of months."""
    edges = sorted(draw(st.sets(st.integers(-30, 900), min_size=2, max_size=8)))
    pairs = zip(edges[::2], edges[1::2], strict=False)
    holes = tuple((MARCH_US + a * HOUR_US, MARCH_US + b * HOUR_US) for a, b in pairs)
    runs = [(0, 1, 0)]
    if draw(st.booleans()):
        runs.append((MARCH_2024, 15, 1))
    at = st.sampled_from([MARCH_US + each * HOUR_US for each in edges])
    instants = strategies.near(at, 2)
    records = []
    for _ in range(draw(st.integers(1, 6))):
        start, end = sorted((draw(instants), draw(instants)))
        records.append(
            Record(
                quantity=strategies.micro_text(draw(st.integers(-(10**6), 10**6))),
                start=strategies.at(start),
                end=strategies.at(max(end, start + 1)),
            )
        )
    return tuple(runs), holes, records


@given(holed())
def test_what_touches_a_hole_waits_and_nothing_else(case):
    """Each record by itself: posted as without holes, or waiting with all of it."""
    runs, holes, records = case
    book = HoledBook((runs,), holes)
    for record in records:
        start, end = oracle.instant_us(record.start), oracle.instant_us(record.end)
        is_touched = any(first < end and stop > start for first, stop in holes)
        expected = oracle.post(
            [[record]],
            lambda _, is_touched=is_touched: ((0, 1, -WAITS),) if is_touched else runs,
            period_starts("UTC"),
            FIELD_OF_RULE,
            day_start=lambda period, day: day_start("UTC", period, day),
        )
        assert post_rows(wire.rows([record]), book, "UTC") == expected
    together = post_rows(wire.rows(records), book, "UTC")
    alone = [post_rows(wire.rows([record]), book, "UTC") for record in records]
    for cell, sums in together.postings.items():
        parts = [each.postings.get(cell, (0, 0, 0)) for each in alone]
        assert tuple(map(sum, zip(*parts, strict=True))) == sums


@pytest.mark.parametrize(
    ("offsets", "starts", "stops", "status"),
    [
        ([0, 1], [5], [5], 65),
        ([0, 2], [5, 6], [7, 8], 65),
        ([0, 1], [5], [6, 7], 65),
        ([1, 1], [5], [6], 65),
        ([0], [], [], 65),
        ([0, 1], [5], [6], 0),
    ],
)
def test_holes_that_are_not_well_formed_are_refused(offsets, starts, stops, status):
    """Nothing is read beyond the arrays, and no hole is of no time."""
    with pytest.raises(ValueError, match="hole"):
        kernel.RuleTable(
            array("i", [0, 1]),
            array("i", [0]),
            array("i", [0]),
            None,
            None,
            array("i", offsets),
            array("q", starts),
            array("q", stops),
            status,
        )
