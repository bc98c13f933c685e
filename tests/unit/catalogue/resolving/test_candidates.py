"""Which factor serves a month: runs against every month, the year rules against counting days."""

from __future__ import annotations

import calendar
import datetime as dt
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from tonne.catalogue.editions.factor import Factor
from tonne.catalogue.resolving.candidates import Candidates
from tonne.catalogue.resolving.shelves import Shelf
from tonne.catalogue.words.method import MethodSettings
from tonne.model import period_of_month

FIRST, LAST = period_of_month("1995-01"), period_of_month("2045-12")
SPANS = st.tuples(st.integers(2005, 2030), st.integers(1, 12), st.integers(1, 40))
REGIONS = st.sampled_from(["", "GB", "GB-ENG", "US"])


def factor_of(row, region, span):
    """A factor of a region, valid for some months."""
    year, month, months = span
    end = year * 12 + month - 1 + months
    return Factor(
        row=row,
        activity="electricity.grid",
        region=region,
        unit="kWh",
        valid_from=dt.date(year, month, 1),
        valid_to=dt.date(end // 12, end % 12 + 1, 1),
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


def outcome(candidates, found, period):
    """Rows and shares that serve a month."""
    return [
        (pick.candidate.factor.row, pick.share, bool(pick.gap_months))
        for pick in candidates.pick(found, period)
    ]


@settings(deadline=None, max_examples=150)
@given(SHELVES, SETTINGS)
def test_nothing_changes_between_two_starts(shelves, method):
    """The months that `starts` names are all in which the choice changes."""
    candidates = offers_of(shelves, method)
    found = find(candidates)
    starts = candidates.starts(found)
    assert 0 in starts
    months = [(period, outcome(candidates, found, period)) for period in range(FIRST, LAST)]
    for (_, before), (period, after) in pairwise(months):
        assert before == after or period in starts


@settings(deadline=None, max_examples=100)
@given(SHELVES, SETTINGS, st.integers(FIRST, LAST))
def test_shares_are_one_and_follow_the_days(shelves, method, period):
    """A reporting year's shares add up to one; counted day by day they are the same."""
    candidates = offers_of(shelves, method)
    found = find(candidates)
    picks = candidates.pick(found, period)
    assert sum((pick.share for pick in picks), Fraction(0)) in {0, 1}
    if method.year_rule == "month":
        return
    by_month = offers_of(
        shelves,
        MethodSettings(
            year_fallback_years=method.year_fallback_years, proxy_regions=method.proxy_regions
        ),
    )
    start = period
    while start % 12 != method.reporting_year_start - 1:
        start -= 1
    days = {}
    for month in range(start, start + 12):
        for row, _, _ in outcome(by_month, find(by_month), month):
            number = calendar.monthrange(1970 + month // 12, month % 12 + 1)[1]
            days[row] = days.get(row, 0) + number
    if method.year_rule == "days":
        total = sum(days.values())
        expected = {row: Fraction(number, total) for row, number in days.items()}
        assert {pick.candidate.factor.row: pick.share for pick in picks} == expected
    elif days:
        (pick,) = picks
        assert days[pick.candidate.factor.row] == max(days.values())


@settings(deadline=None, max_examples=100)
@given(SHELVES, st.integers(FIRST, LAST))
def test_an_import_never_serves_outside_its_validity(shelves, period):
    """Only sets of shipped editions stand in for other years, and only within reach."""
    candidates = offers_of(shelves, MethodSettings(year_fallback_years=2))
    for pick in candidates.pick(find(candidates), period):
        if pick.gap_months:
            assert pick.candidate.is_shipped
            assert pick.gap_months <= 24
        else:
            assert pick.candidate.first_period <= period < pick.candidate.stop_period


def test_the_nearer_year_stands_in_and_of_two_the_earlier():
    """July 2012 is 19 months after December 2010 and 19 before February 2014."""
    shelf = [(True, [("GB", (2010, 1, 12)), ("GB", (2014, 2, 12))])]
    candidates = offers_of(shelf, MethodSettings(year_fallback_years=5))
    found = find(candidates)
    rows = [
        outcome(candidates, found, period_of_month(month))[0][0]
        for month in ("2012-06", "2012-07", "2012-08")
    ]
    assert rows == [1, 1, 2]


def test_an_own_region_of_another_year_goes_before_the_world_of_this_one():
    """A country's set of last year says more about it than a world default."""
    shelf = [(True, [("GB", (2020, 1, 12)), ("", (2005, 1, 400))])]
    candidates = offers_of(shelf, MethodSettings(year_fallback_years=3))
    found = find(candidates)
    assert outcome(candidates, found, period_of_month("2021-06")) == [(1, 1, True)]
    assert outcome(candidates, found, period_of_month("2024-01")) == [(2, 1, False)]


def test_an_import_that_holds_goes_before_a_shipped_set_of_another_year():
    """The book's preference stands, also where the shipped factor is of the very region."""
    shelves = [(False, [("", (2005, 1, 400))]), (True, [("GB", (2020, 1, 12))])]
    candidates = offers_of(shelves, MethodSettings(year_fallback_years=3))
    assert outcome(candidates, find(candidates), period_of_month("2021-06")) == [(1, 1, False)]
