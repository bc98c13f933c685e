"""Which factor serves a day: starts against days, the year rules against counting days."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tonne.catalogue.editions.factor import Factor
from tonne.catalogue.resolving.candidates import Candidates
from tonne.catalogue.resolving.shelves import Shelf
from tonne.catalogue.words.method import MethodSettings
from tonne.model import day_of_number, first_day_of, number_of_day, period_of_month

FIRST, LAST = number_of_day(dt.date(1995, 1, 1)), number_of_day(dt.date(2045, 12, 31))
SPANS = st.tuples(
    st.dates(dt.date(2005, 1, 1), dt.date(2030, 12, 31)).map(
        lambda day: day if day.month % 2 else day.replace(day=1)
    ),
    st.sampled_from([1, 14, 31, 365, 366, 500, 1200]),
)
REGIONS = st.sampled_from(["", "GB", "GB-ENG", "US"])


def factor_of(row, region, span):
    """A factor of a region, valid for some days."""
    first, days = span
    return Factor(
        row=row,
        activity="electricity.grid",
        region=region,
        unit="kWh",
        valid_from=first,
        valid_to=first + dt.timedelta(days=days),
        kg_co2e=Decimal(row),
    )


SHELVES = st.lists(
    st.tuples(st.booleans(), st.lists(st.tuples(REGIONS, SPANS), min_size=1, max_size=4)),
    min_size=1,
    max_size=3,
)
SETTINGS = st.builds(
    MethodSettings,
    year_rule=st.sampled_from(["month", "majority", "days"]),
    reporting_year_start=st.integers(1, 12),
    year_fallback_years=st.integers(0, 6),
    proxy_regions=st.sampled_from([(), ("US",), ("US", "GB")]),
)


def offers_of(shelves, method):
    """Candidates over shelves of (is_shipped, factors by region and span)."""
    made = []
    row = 0
    for number, (is_shipped, rows) in enumerate(shelves):
        index = {}
        for region, span in rows:
            row += 1
            index.setdefault(region, []).append(factor_of(row, region, span))
        by_region = {region: tuple(found) for region, found in index.items()}
        made.append(Shelf(f"e{number}", is_shipped, {"electricity.grid": by_region}))
    return Candidates(made, method)


def find(candidates):
    """All candidates for a kWh in England."""
    return candidates.find(
        ("electricity.grid",), "kWh", "GB-ENG", serves=lambda *_: True, with_proxies=True
    )


def outcome(candidates, found, day):
    """Rows and shares that serve a day."""
    return [
        (pick.candidate.factor.row, pick.share, bool(pick.gap_months))
        for pick in candidates.pick(found, day)
    ]


def in_month(candidates, found, month):
    """Rows and shares that serve the first day of a month."""
    return outcome(candidates, found, first_day_of(period_of_month(month)))


def year(first):
    """A span of a calendar year."""
    return dt.date(first, 1, 1), (dt.date(first + 1, 1, 1) - dt.date(first, 1, 1)).days


@settings(deadline=None, max_examples=100)
@example(  # two sets that ended a day and a month before
    [
        (
            True,
            [("", (dt.date(2026, 11, 1), 366)), ("", (dt.date(2027, 9, 1), 31))],
        )
    ],
    MethodSettings(year_fallback_years=1),
)
@example(  # a set of a day, whose first whole month would be behind it
    [(True, [("", (dt.date(2013, 1, 2), 1)), ("", (dt.date(2014, 1, 1), 1))])],
    MethodSettings(year_fallback_years=1),
)
@given(SHELVES, SETTINGS)
def test_nothing_changes_between_two_starts(shelves, method):
    """The days that `starts` names are all on which the choice changes."""
    candidates = offers_of(shelves, method)
    found = find(candidates)
    starts = candidates.starts(found)
    assert 0 in starts
    edges = {edge + near for each in found for edge in (each.first_day, each.stop_day)
             for near in (-1, 0, 1)}  # fmt: skip
    months = {first_day_of(period) for period in range(25 * 12, 76 * 12)}
    days = sorted(edges | months)
    outcomes = [(day, outcome(candidates, found, day)) for day in days]
    for (first, before), (second, after) in pairwise(outcomes):
        assert before == after or any(first < day <= second for day in starts)


@settings(deadline=None, max_examples=60)
@given(SHELVES, SETTINGS, st.integers(FIRST, LAST))
def test_shares_are_one_and_follow_the_days(shelves, method, day):
    """A reporting year's shares add up to one; counted day by day they are the same."""
    candidates = offers_of(shelves, method)
    picks = candidates.pick(find(candidates), day)
    assert sum((pick.share for pick in picks), Fraction(0)) in {0, 1}
    if method.year_rule == "month":
        return
    by_day = offers_of(
        shelves,
        MethodSettings(
            year_fallback_years=method.year_fallback_years, proxy_regions=method.proxy_regions
        ),
    )
    found = find(by_day)
    date = day_of_number(day)
    starts = method.reporting_year_start
    first = dt.date(date.year - (date.month < starts), starts, 1)
    stop = first.replace(year=first.year + 1)
    days, gaps = {}, {}
    for number in range(number_of_day(first), number_of_day(stop)):
        for row, _, is_gap in outcome(by_day, found, number):
            days[row] = days.get(row, 0) + 1
            gaps[row] = gaps.get(row, 0) + is_gap
    if method.year_rule == "days":
        total = sum(days.values())
        expected = {row: Fraction(number, total) for row, number in days.items()}
        assert {pick.candidate.factor.row: pick.share for pick in picks} == expected
    elif days:
        (pick,) = picks
        assert days[pick.candidate.factor.row] == max(days.values())
    for pick in picks:
        row = pick.candidate.factor.row
        stands_in = bool(gaps[row]) or sum(days.values()) < (stop - first).days
        assert bool(pick.gap_months or pick.gap_text) == stands_in


@settings(deadline=None, max_examples=100)
@given(SHELVES, st.integers(FIRST, LAST))
def test_an_import_never_serves_outside_its_validity(shelves, day):
    """Only sets of shipped editions stand in for other years, and only within reach."""
    candidates = offers_of(shelves, MethodSettings(year_fallback_years=2))
    for pick in candidates.pick(find(candidates), day):
        if pick.gap_months:
            assert pick.candidate.is_shipped
            assert pick.gap_months <= 24
        else:
            assert pick.candidate.first_day <= day < pick.candidate.stop_day


def test_the_nearer_year_stands_in_and_of_two_the_earlier():
    """July 2012 is 19 months after December 2010 and 19 before February 2014."""
    shelf = [(True, [("GB", year(2010)), ("GB", (dt.date(2014, 2, 1), 365))])]
    candidates = offers_of(shelf, MethodSettings(year_fallback_years=5))
    found = find(candidates)
    rows = [
        in_month(candidates, found, month)[0][0] for month in ("2012-06", "2012-07", "2012-08")
    ]
    assert rows == [1, 1, 2]


def test_an_own_region_of_another_year_goes_before_the_world_of_this_one():
    """A country's set of last year says more about it than a world default."""
    shelf = [(True, [("GB", year(2020)), ("", (dt.date(2005, 1, 1), 12_000))])]
    candidates = offers_of(shelf, MethodSettings(year_fallback_years=3))
    found = find(candidates)
    assert in_month(candidates, found, "2021-06") == [(1, 1, True)]
    assert in_month(candidates, found, "2024-01") == [(2, 1, False)]


def test_an_import_that_holds_goes_before_a_shipped_set_of_another_year():
    """The book's preference stands, also where the shipped factor is of the very region."""
    shelves = [(False, [("", (dt.date(2005, 1, 1), 12_000))]), (True, [("GB", year(2020))])]
    candidates = offers_of(shelves, MethodSettings(year_fallback_years=3))
    assert in_month(candidates, find(candidates), "2021-06") == [(1, 1, False)]
