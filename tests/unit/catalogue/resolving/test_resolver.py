"""Resolution: against a naive search over all factors, month by month, and by examples."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.catalogue.small_editions import CHICAGO, write_edition
from tonne.catalogue.editions.edition import parse_edition
from tonne.catalogue.editions.factor import Factor
from tonne.catalogue.resolving.resolution import Resolution
from tonne.catalogue.resolving.resolver import Resolver
from tonne.catalogue.words.regions import region_chain
from tonne.catalogue.words.units import UNITS
from tonne.model import DAY_COUNT_MAX, RowStatus, day_of_number, first_day_of, period_of_month


def edition(*rows):
    """Factors of an edition in short rows."""
    return parse_edition(write_edition(*rows))


def at(runs, month):
    """What holds in a month."""
    day = first_day_of(period_of_month(month))
    return [run.disposition for run in runs if run.first_day <= day][-1]


def choice(outcome):
    """Edition and row of the factor that was taken, or the status."""
    if isinstance(outcome, RowStatus):
        return outcome
    (entry,) = outcome.entries
    return entry.edition, entry.factor_row


DAYS = st.dates(dt.date(2019, 11, 1), dt.date(2020, 4, 30))
UNIT_TEXTS = st.sampled_from(["kWh", "kwh", "MJ", "kg", "rack.month", "pallet"])
REGIONS = st.sampled_from(["", "US", "US-WA", "US-WA-Seattle", "US-WA-Tacoma", "KR"])
ACTIVITIES = st.sampled_from(["electricity", "fuel.coal"])
FACTORS = st.builds(
    lambda activity, region, unit, first, length: Factor(
        row=0,
        activity=activity,
        region=region,
        unit=unit,
        valid_from=first,
        valid_to=None if length is None else first + dt.timedelta(days=length),
        kg_co2e=Decimal("1.5"),
        kg_co2=None,
        kg_ch4=None,
        kg_n2o=None,
        account="scope1.stationary",
    ),
    ACTIVITIES,
    REGIONS,
    UNIT_TEXTS,
    DAYS,
    st.none() | st.integers(1, 120),
)
EDITIONS = st.lists(
    st.lists(FACTORS, max_size=12).map(
        lambda factors: [
            Factor(row, *[getattr(each, name) for name in Factor.__slots__[1:]])
            for row, each in enumerate(factors, start=1)
        ]
    ),
    max_size=3,
).map(lambda lists: [(f"edition-{rank}", factors) for rank, factors in enumerate(lists)])

DIMENSION = {"kWh": "e", "kwh": "e", "MJ": "e", "kg": "m", "rack.month": "r", "pallet": "p"}
JOULE_OF = {"kWh": 3_600_000, "kwh": 3_600_000, "MJ": 1_000_000}


def naive(editions, activity, unit, region, day):
    """The rules in words, one after the other, over all factors: (edition, row, conversion)."""
    same_activity = [
        (name, each) for name, factors in editions for each in factors if each.activity == activity
    ]
    if unit in {"rack.month", "pallet"} and all(each.unit != unit for _, each in same_activity):
        return RowStatus.UNIT_MUST_BE_KNOWN
    fitting = [
        (name, each) for name, each in same_activity if DIMENSION[each.unit] == DIMENSION[unit]
    ]
    if same_activity and not fitting:
        return RowStatus.UNIT_MUST_FIT_ACTIVITY
    valid = [
        (name, each)
        for name, each in fitting
        if each.valid_from <= day and (each.valid_to is None or day < each.valid_to)
    ]
    for name, _ in editions:
        parts = region.split("-")
        for length in range(len(parts), -1, -1):
            place = "-".join(parts[:length])
            here = [each for which, each in valid if which == name and each.region == place]
            same = [each for each in here if each.unit.lower() == unit.lower()]
            pool = same or here
            if pool:
                latest = max(each.valid_from for each in pool)
                best = next(each for each in pool if each.valid_from == latest)
                ratio = Fraction(JOULE_OF.get(unit, 1), JOULE_OF.get(best.unit, 1))
                return name, best.row, ratio, best.region
    return RowStatus.FACTOR_MUST_EXIST


@settings(deadline=None, max_examples=300)
@given(EDITIONS, ACTIVITIES, UNIT_TEXTS, REGIONS)
def test_every_month_is_what_the_rules_say(editions, activity, unit, region):
    """Month by month the resolver takes what a search by the rules takes, and says so."""
    runs = Resolver(editions).resolve(activity, unit, region)
    for month in range(1, 20):
        day = dt.date(2019 + (month + 7) // 12, (month + 7) % 12 + 1, 1)
        expected = naive(editions, activity, unit, region, day)
        outcome = at(runs, f"{day:%Y-%m}")
        if isinstance(expected, RowStatus):
            assert outcome == expected
            continue
        name, row, ratio, place = expected
        (entry,) = outcome.entries
        assert (entry.edition, entry.factor_row, entry.conversion) == (name, row, ratio)
        assert [notice.reason for notice in entry.notices] == (
            ["REGION_FALLBACK"] if place != region else []
        )


@settings(deadline=None)
@given(EDITIONS, ACTIVITIES, UNIT_TEXTS, REGIONS)
def test_runs_are_well_formed(editions, activity, unit, region):
    """They begin on day 0, ascend, differ from their neighbours, and are cached."""
    resolver = Resolver(editions)
    runs = resolver.resolve(activity, unit, region)
    assert runs[0].first_day == 0
    assert all(first.first_day < second.first_day for first, second in pairwise(runs))
    assert all(first.disposition != second.disposition for first, second in pairwise(runs))
    assert runs[-1].first_day < DAY_COUNT_MAX
    assert resolver.resolve(activity, unit, region) is runs


@given(st.lists(st.text("AZaz09_", min_size=1, max_size=4), max_size=5))
def test_a_region_chain_climbs_to_everywhere(parts):
    """From the region itself, one part less each time, to the empty region."""
    chain = region_chain("-".join(parts))
    assert chain == tuple("-".join(parts[:length]) for length in range(len(parts), -1, -1))


def test_the_chain_of_a_city():
    """US-WA-Seattle, US-WA, US, everywhere."""
    assert region_chain("US-WA-Seattle") == ("US-WA-Seattle", "US-WA", "US", "")
    assert region_chain("") == ("",)


def test_the_preferred_edition_wins_over_the_nearer_region():
    """Preference comes before region, region before unit, unit before recency."""
    first = edition({"region": "US"})
    second = edition({"region": "US-WA"}, {"region": "US-WA", "unit": "MWh"})
    both = Resolver([("first", first), ("second", second)])
    assert choice(at(both.resolve("electricity", "kWh", "US-WA"), "2015-01")) == ("first", 1)
    turned = Resolver([("second", second), ("first", first)])
    runs = turned.resolve("electricity", "MWh", "US-WA")
    assert choice(at(runs, "2015-01")) == ("second", 2)


def test_a_nearer_region_that_does_not_hold_yet_is_passed_over():
    """The chain is climbed month by month: the wider factor serves until the nearer begins."""
    resolver = Resolver(
        [("one", edition({"region": "US"}, {"region": "US-WA", "valid_from": "2016-01-01"}))]
    )
    runs = resolver.resolve("electricity", "kWh", "US-WA")
    assert [choice(run.disposition) for run in runs] == [
        RowStatus.FACTOR_MUST_EXIST,
        ("one", 1),
        ("one", 2),
    ]
    assert [day_of_number(run.first_day).year for run in runs] == [1970, 2015, 2016]


def test_a_fallback_is_told_and_names_both_regions():
    """The notice says whose factor was sought and whose was taken."""
    resolver = Resolver([("one", edition({"region": "US"}, {"activity": "fuel.coal"}))])
    (entry,) = at(resolver.resolve("electricity", "kWh", "US-WA"), "2015-01").entries
    assert "'US-WA'" in entry.notices[0].message
    assert "'US'" in entry.notices[0].message
    (entry,) = at(resolver.resolve("fuel.coal", "kWh", "US-WA"), "2015-01").entries
    assert "everywhere" in entry.notices[0].message
    (entry,) = at(resolver.resolve("fuel.coal", "kWh", ""), "2015-01").entries
    assert entry.notices == ()


def test_a_record_without_region_takes_no_region_of_its_own():
    """A factor of a region does not serve a record that says no region."""
    resolver = Resolver([("one", edition({"region": "US"}))])
    runs = resolver.resolve("electricity", "kWh", "")
    assert [run.disposition for run in runs] == [RowStatus.FACTOR_MUST_EXIST]


def test_a_month_takes_the_factor_of_its_first_day():
    """valid_from counts from the day itself, valid_to is exclusive."""
    resolver = Resolver(
        [
            (
                "one",
                edition(
                    {"valid_from": "2015-01-02", "valid_to": "2015-03-01"},
                    {"valid_from": "2015-03-01", "valid_to": "2015-03-02"},
                ),
            )
        ]
    )
    runs = resolver.resolve("electricity", "kWh", "")
    assert [choice(at(runs, month)) for month in ("2015-01", "2015-02", "2015-03", "2015-04")] == [
        RowStatus.FACTOR_MUST_EXIST,
        ("one", 1),
        ("one", 2),
        RowStatus.FACTOR_MUST_EXIST,
    ]


def test_a_factor_may_hold_beyond_the_known_months():
    """Validity before 1970 and after 2199 is cut to the months that there are."""
    rows = ({"valid_from": "1900-01-01", "valid_to": "9999-12-31"},)
    (run,) = Resolver([("one", edition(*rows))]).resolve("electricity", "kWh", "")
    assert isinstance(run.disposition, Resolution)
    assert run.first_day == 0


@pytest.mark.parametrize(
    ("activity", "unit", "status"),
    [
        ("electricity", "bogus", RowStatus.UNIT_MUST_BE_KNOWN),
        ("mystery", "bogus", RowStatus.UNIT_MUST_BE_KNOWN),
        ("electricity", "kg", RowStatus.UNIT_MUST_FIT_ACTIVITY),
        ("electricity", "rack.month", RowStatus.UNIT_MUST_BE_KNOWN),
        ("mystery", "kWh", RowStatus.FACTOR_MUST_EXIST),
        ("fuel.coal", "rack.month", RowStatus.FACTOR_MUST_EXIST),
        ("fuel.coal", "kg", RowStatus.UNIT_MUST_FIT_ACTIVITY),
    ],
)
def test_what_cannot_be_resolved_says_why(activity, unit, status):
    """An unknown unit, a unit of another dimension, and no factor are three things."""
    rows = ({}, {"activity": "fuel.coal", "unit": "rack.month", "region": "KR"})
    (run,) = Resolver([("one", edition(*rows))]).resolve(activity, unit, "")
    assert run.disposition == status


def test_a_unit_of_the_factors_own_needs_no_table():
    """A unit that equals the factor's own text converts by 1."""
    resolver = Resolver([("one", edition({"unit": "rack.month"}))])
    (entry,) = at(resolver.resolve("electricity", "rack.month", ""), "2015-01").entries
    assert entry.conversion == 1


def test_chicago_changes_its_factor_by_year():
    """Four years, three factors; a record in kWh gets them through an exact conversion."""
    runs = Resolver([("chicago", CHICAGO)]).resolve("electricity", "kWh", "US-IL-Chicago")
    assert [day_of_number(run.first_day).year for run in runs] == [
        1970, 2014, 2016, 2017, 2018,
    ]  # fmt: skip
    (entry,) = runs[1].disposition.entries
    assert entry.factor.kg_co2e == "0.2009135"
    assert entry.conversion == UNITS["kWh"].factor / UNITS["kBtu"].factor
    assert isinstance(runs[-1].disposition, RowStatus)


def test_equal_outcomes_are_one_resolution():
    """Two units texts of one unit and two regions with one factor of their own differ or not."""
    resolver = Resolver([("one", edition({"region": "US-WA"}))])
    exact = at(resolver.resolve("electricity", "kWh", "US-WA"), "2015-01")
    alias = at(resolver.resolve("electricity", "kwh", "US-WA"), "2015-01")
    fallback = at(resolver.resolve("electricity", "kWh", "US-WA-Seattle"), "2015-01")
    assert exact.id == alias.id
    assert exact.id != fallback.id


def test_keys_of_producers_do_not_pile_up(monkeypatch):
    """The cache is emptied rather than grown without bound, and answers stay the same."""
    monkeypatch.setattr("tonne.catalogue.resolving.resolver._CACHE_KEYS_MAX", 4)
    resolver = Resolver([("one", edition({}))])
    expected = resolver.resolve("electricity", "kWh", "")
    for number in range(20):
        resolver.resolve("electricity", "kWh", f"R{number}")
        assert len(resolver._cache) <= 4
    assert resolver.resolve("electricity", "kWh", "") == expected


def test_a_region_is_one_however_factor_and_record_write_it():
    """The factor of `United_Kingdom` serves `GB`, and no notice calls that a fallback."""
    resolver = Resolver([("one", edition({"region": "United_Kingdom"}))])
    for text in ("GB", "uk", "英国", "GBR"):
        found = at(resolver.resolve("electricity", "kWh", text), "2015-01")
        assert found.notices == ()
        assert [entry.notices for entry in found.entries] == [()]


@pytest.mark.parametrize("text", ["US-WAA", "Untied States", "us-", "Georgia", "US-nowhere"])
def test_an_unknown_region_takes_no_factor(text):
    """Neither its country's nor the one of everywhere, nor a proxy's."""
    resolver = Resolver([("one", edition({"region": "US"}, {"region": ""}, {"region": "US-WA"}))])
    assert [run.disposition for run in resolver.resolve("electricity", "kWh", text)] == [
        RowStatus.FACTOR_MUST_EXIST
    ]


def test_a_part_of_a_country_that_was_named_is_told():
    """Names of provinces and regions of clouds are read with a notice, codes without."""
    resolver = Resolver([("one", edition({"region": "CN-ZJ"}))])
    named = at(resolver.resolve("electricity", "kWh", "cn-hangzhou"), "2015-01")
    assert [notice.reason for notice in named.notices] == ["REGION_READ"]
    assert "CN-ZJ (Zhejiang)" in named.notices[0].message
    coded = at(resolver.resolve("electricity", "kWh", "cn_zj"), "2015-01")
    assert coded.notices == ()


@pytest.mark.parametrize("text", ["Process.Lime", "PROCESS LIME", "process_lime", " process.lime"])
def test_an_own_activity_is_found_in_any_case(text):
    """Case and the sign between words do not matter, and nothing is told of them."""
    resolver = Resolver([("one", edition({"activity": "process.lime", "unit": "t"}))])
    written = at(resolver.resolve("process.lime", "t", "US"), "2015-01")
    found = at(resolver.resolve(text, "t", "US"), "2015-01")
    assert (found.entries, found.notices) == (written.entries, ())
    assert found.activity == "process.lime"


def test_two_own_activities_that_differ_by_case_are_two():
    """Each is found as written; a third way to write them finds neither."""
    rows = ({"activity": "process.Lime", "unit": "t"}, {"activity": "process.lime", "unit": "t"})
    resolver = Resolver([("one", edition(*rows))])
    for text in ("process.Lime", "process.lime"):
        assert at(resolver.resolve(text, "t", "US"), "2015-01").entries
    assert at(resolver.resolve("PROCESS.LIME", "t", "US"), "2015-01") is (
        RowStatus.FACTOR_MUST_EXIST
    )


def test_a_title_is_read_as_its_activity_and_told():
    """`Natural gas` posts as `fuel.natural_gas` does, with one notice more."""
    rows = {"activity": "fuel.natural_gas", "unit": "kWh_gross", "stage": "combustion"}
    resolver = Resolver([("one", edition(rows))])
    plain = at(resolver.resolve("fuel.natural_gas", "kWh", ""), "2015-01")
    titled = at(resolver.resolve("NATURAL GAS", "kWh", ""), "2015-01")
    assert titled.entries == plain.entries
    assert [notice.message for notice in titled.notices[:1]] == [
        "activity 'NATURAL GAS' read as fuel.natural_gas"
    ]
    assert titled.notices[1:] == plain.notices
