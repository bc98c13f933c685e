"""Which sites lack months, against a plain program over the same postings."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tonne.reports.indicators.gaps import NAMED_MAX, Gap, Kind, SiteGaps, Sites
from tonne.reports.indicators.worth import DENOMINATOR, NUMERATOR, Side

if TYPE_CHECKING:
    from collections.abc import Sequence

FIRST = 640 - 4
"""The months of the tests lie in two blocks: the second begins with month 640."""

SITES = [f"site-{number:02d}" for number in range(16)]
TYPES = ("base_station", "data_centre")
ACTIVITIES = {
    "electricity.grid": (Side(0, NUMERATOR, ""), Side(1, NUMERATOR, "")),
    "electricity.it": (Side(0, DENOMINATOR, ""),),
    "driver.carriers": (Side(1, DENOMINATOR, ""),),
    "driver.traffic": (),
}

POSTINGS = st.lists(
    st.tuples(
        st.sampled_from(SITES), st.sampled_from(sorted(ACTIVITIES)), st.integers(FIRST, FIRST + 9)
    ),
    max_size=120,
)
MONTHS = st.integers(FIRST - 1, FIRST + 10)
WINDOWS = st.lists(
    st.tuples(MONTHS, MONTHS).map(lambda ends: (min(ends), max(ends))), min_size=1, max_size=4
)


def type_of(site: str) -> str:
    return TYPES[int(site[-2:]) % len(TYPES)]


def naive(
    postings: Sequence[tuple[str, str, int]], indicator: int, window: tuple[int, int]
) -> dict[str, SiteGaps]:
    """Give the gaps of an indicator by type, month by month and site by site."""
    months: defaultdict[tuple[str, int], set[int]] = defaultdict(set)
    for site, activity, period in postings:
        for side in ACTIVITIES[activity]:
            if side.indicator == indicator and window[0] <= period <= window[1]:
                months[site, side.side].add(period)
    found = {}
    for place in TYPES:
        gaps, count = [], 0
        for site in SITES:
            if type_of(site) != place:
                continue
            num, den = months[site, NUMERATOR], months[site, DENOMINATOR]
            its = [
                Gap(site, lacking, tuple(sorted(lacks)))
                for lacking, lacks in ((DENOMINATOR, num - den), (NUMERATOR, den - num))
                if lacks
            ]
            count += bool(its)
            gaps += its if count <= NAMED_MAX else []
        if count:
            found[place] = SiteGaps(tuple(gaps), count)
    return found


def frame_of(postings: Sequence[tuple[str, str, int]]) -> pl.DataFrame:
    rows = [(site, what, "r", period, type_of(site)) for site, what, period in postings]
    columns = {"facility": pl.String, "activity": pl.String, "resolution": pl.String}
    schema = {**columns, "period": pl.Int32, "facility_type": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")


def masks_of(postings: Sequence[tuple[str, str, int]]) -> pl.DataFrame:
    """Give the sites of a rollup: once each, with the bits of their months."""
    masks: defaultdict[tuple[str, str, int], int] = defaultdict(int)
    for site, what, period in postings:
        masks[site, what, period // 32] |= 1 << period % 32
    rows = [(key[0], type_of(key[0]), key[1], "r", key[2], mask) for key, mask in masks.items()]
    rows.append((None, "campus", None, None, None, None))
    texts = dict.fromkeys(("facility", "facility_type", "activity", "resolution"), pl.String)
    schema = {**texts, "block": pl.Int32, "mask": pl.UInt32}
    return pl.DataFrame(rows, schema=schema, orient="row")


@pytest.mark.parametrize("first", ["postings", "rollup"])
@given(rolled=POSTINGS, again=POSTINGS, plain=POSTINGS, windows=WINDOWS)
def test_gaps_are_those_of_a_plain_program(first, rolled, again, plain, windows):
    sites = Sites(TYPES, pl.col("facility_type"))
    sites.begin()
    if first == "postings":
        sites.add(frame_of(plain))
    sites.add_sites(masks_of(rolled))
    sites.add_sites(masks_of(again))
    if first != "postings":
        sites.add(frame_of(plain))
    every = [*rolled, *again, *plain]
    met = {Kind("r", what, type_of(site)) for site, what, _ in every}
    kinds = {kind: set(ACTIVITIES[kind.activity]) for kind in met}
    found = sites.gaps(kinds, (0, 1), windows)
    wanted = {
        (indicator, place, window): gaps
        for indicator in (0, 1)
        for window in windows
        for place, gaps in naive(every, indicator, window).items()
    }
    assert found == wanted


@given(st.permutations(SITES), st.integers(0, 1))
def test_of_many_sites_the_first_by_name_are_named(names, months):
    postings = [
        (site, "electricity.grid", FIRST + month * 9)
        for month in range(months + 1)
        for site in names
    ]
    sites = Sites(TYPES, pl.col("facility_type"))
    sites.begin()
    sites.add(frame_of(postings))
    kinds = {Kind("r", "electricity.grid", place): {Side(0, NUMERATOR, "")} for place in TYPES}
    window = (FIRST, FIRST + 9)
    found = sites.gaps(kinds, (0,), [window])
    assert {place: gaps for (_, place, _), gaps in found.items()} == naive(postings, 0, window)
