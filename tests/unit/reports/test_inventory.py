"""The inventory against a naive program of records, sets and fractions, and by examples."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.reports.books import (
    POSTING_SCHEMA,
    Record,
    entry,
    post,
    register,
    resolution,
)
from tests.unit.reports.naive import Naive
from tonne.catalogue.resolving.resolution import Notice, Resolution
from tonne.catalogue.resolving.valuation import decimal_text
from tonne.catalogue.words.method import CONSOLIDATIONS, MethodSettings
from tonne.errors import LedgerInconsistent
from tonne.model import Entity, FinancialControl, Holding
from tonne.reports.inventory.inventory import InventoryNotice, InventoryRow, inventory
from tonne.reports.inventory.oddities import NAMED_MAX, NEGATIVE_QUANTITY
from tonne.reports.inventory.request import DIMENSIONS, MONTHS_BY, InventoryRequest

REGISTER = register(("dc-1", "data_centre", "US-WA"), ("bs-1", "base_station", ""))
RESOLUTIONS = (
    Resolution(
        (
            entry("scope1.stationary", kg_co2e="2.5", kg_co2="2.4", kg_ch4="0.001", kwh="10"),
            entry("memo.energy", kg_co2e=None, kwh="1", conversion=Fraction(10, 3)),
        ),
        method_version=1,
    ),
    resolution("scope2.location", kg_co2e="0.1234567", notice="US stands in for US-WA"),
    Resolution(
        (
            entry("scope2.location", kg_co2e="0.4", kg_co2="0.39"),
            entry("scope2.market", kg_co2e="0.1", conversion=Fraction(5, 18)),
            entry("scope3.03.wtt", kg_co2e="0.05", notice="upstream of another year"),
            entry("scope3.03.losses", kg_co2e="0.02", conversion=Fraction(1, 7)),
            entry("memo.energy", kg_co2e=None, kwh="1"),
            entry("memo.renewable", kg_co2e=None, kwh="0.25"),
        ),
        method_version=2,
        notices=(Notice("LEG_MISSING", "nothing for scope3.03.resale"),),
    ),
    Resolution((entry("outside.biogenic", kg_co2e="3"), entry("scope1.mobile", kg_n2o="0.01"))),
    Resolution(
        (
            entry("scope1.fugitive", kg_co2e=None, gases=(("HFC-32", "0.5"), ("SF6", "0.25"))),
            entry("outside.montreal", kg_co2e="7", gases=(("a new gas", "0.5"),)),
            entry(
                "scope1.process",
                kg_co2e="51.25",
                gwp_set="AR4",
                kg_co2="1.5",
                kg_ch4="0.5",
                kg_n2o="0.125",
                methane="fossil",
                conversion=Fraction(2, 3),
            ),
        ),
        method_version=3,
    ),
    Resolution(
        (
            entry("memo.revenue", kg_co2e=None, amount="1", unit="CNY2020"),
            entry("memo.people", kg_co2e=None, amount="1", unit="x", conversion=Fraction(1, 12)),
        ),
        method_version=4,
        notices=(Notice("WORD_READ", "a word of the book"),),
    ),
    Resolution((entry("memo.revenue", kg_co2e=None, amount="1", unit="USD"),)),
)

PARTS = st.lists(st.integers(-(10**15), 10**15), min_size=1, max_size=4).map(tuple)
RECORDS = st.lists(
    st.builds(
        Record,
        facility=st.sampled_from(["dc-1", "bs-1", "unknown"]),
        activity=st.sampled_from(["electricity", "fuel.coal"]),
        region=st.sampled_from(["", "US-WA", "KR"]),
        first_period=st.integers(540, 545),
        parts_micro=PARTS,
        unit=st.sampled_from(["kWh", "MWh"]),
    ),
    max_size=12,
)
MONTHS = range(540, 550)
# One change of factor at some month; some months have no factor at all. (A label that goes and
# comes back is not here: see test_a_label_that_comes_back_counts_a_record_again.)
HISTORIES = st.builds(
    lambda before, after, change, gaps: {
        period: None if period in gaps else (before if period < change else after)
        for period in MONTHS
    },
    st.sampled_from(RESOLUTIONS),
    st.sampled_from(RESOLUTIONS),
    st.sampled_from(MONTHS),
    st.sets(st.sampled_from(MONTHS), max_size=2),
)
OUTCOMES = st.fixed_dictionaries({"electricity": HISTORIES, "fuel.coal": HISTORIES}).map(
    lambda histories: {
        (activity, period): outcome
        for activity, history in histories.items()
        for period, outcome in history.items()
    }
)
REQUESTS = st.builds(
    lambda months, **fields: InventoryRequest(min(months), max(months), **fields),
    months=st.tuples(st.integers(538, 551), st.integers(538, 551)),
    group_by=st.sets(st.sampled_from(DIMENSIONS)).flatmap(
        lambda names: st.permutations(sorted(names)).map(tuple)
    ),
    months_by=st.sampled_from(MONTHS_BY),
    facilities=st.sampled_from([(), (), ("dc-1",), ("bs-1", "unknown")]),
    activities=st.sampled_from([(), (), ("electricity",)]),
    accounts=st.sampled_from(
        [
            (),
            (),
            (),
            ("scope1", "scope3.03"),
            ("scope2",),
            ("scope2.market",),
            ("outside",),
            ("scope3",),
            ("memo.renewable",),
            ("memo", "scope1.fugitive"),
            ("memo.revenue",),
            ("memo.exported",),
        ]
    ),
    regions=st.sampled_from([(), (), ("US-WA",), ("", "KR")]),
    gwp_set=st.sampled_from(["", "AR4", "AR5", "AR6"]),
    consolidation=st.sampled_from(["", *CONSOLIDATIONS]),
)
# Holdings of one entity adjoin: a share that goes and comes back is like a label that does.
DAYS = ["", "2015-01-01", "2015-03-01", "2015-06-01"]
HOLDING = st.builds(
    Holding,
    valid_from=st.sampled_from(DAYS),
    valid_to=st.sampled_from([*DAYS, "2015-09-01"]),
    equity_share=st.sampled_from(["1", "0.5", "0.83", "0.3333", "0"]),
    financial_control=st.sampled_from(FinancialControl),
    is_operated=st.booleans(),
).filter(lambda each: not each.valid_to or each.valid_from < each.valid_to)
ENTITIES = st.builds(
    lambda joint, deep: (
        Entity("group"),
        Entity("joint", parent="group", holdings=(joint,) if joint else ()),
        Entity("deep", parent="joint", holdings=(deep,) if deep else ()),
    ),
    st.none() | HOLDING,
    st.none() | HOLDING,
)
OWNED = st.builds(
    lambda first, second, days: register(
        ("dc-1", "data_centre", "US-WA", first, min(days), max(days)),
        ("bs-1", "base_station", "", second, "", ""),
    ),
    st.sampled_from(["", "joint", "deep", "unknown"]),
    st.sampled_from(["", "joint", "deep"]),
    st.lists(st.sampled_from(["2014-11-01", "2015-02-01", "2015-05-01"]), min_size=2, max_size=2),
)


def fields(row):
    """A row as plain data."""
    found = {name: getattr(row, name) for name in row.__slots__}
    return found | {
        "gases": tuple((one.gas, one.kg, one.kg_co2e) for one in row.gases),
        "amounts": tuple((one.account, one.unit, one.amount) for one in row.amounts),
    }


def ask(records, outcomes, request, *, commits=1, facilities=REGISTER, entities=()):
    """The inventory of records that came in a number of commits."""
    frames = [post(records[start::commits], outcomes) for start in range(commits)]
    resolutions = {each.id: each for each in outcomes.values() if each}
    asked = request.under(MethodSettings())
    return inventory(pl.concat(frames), resolutions, facilities, asked, entities=entities)


def check_against_naive(found, naive):
    """Masses, gases, energy, distinct records, suspense, notices, versions: to the last digit."""
    expected = [naive.row(group, sums) for group, sums in sorted(naive.groups.items())]
    assert [fields(row) for row in found.rows] == expected
    assert fields(found.total) == naive.row((), naive.total)
    assert found.suspended_count == len(naive.suspended)
    negative = [each for each in found.notices if each.reason == NEGATIVE_QUANTITY]
    others = found.notices[: len(found.notices) - len(negative)]
    assert [(each.reason, each.message, each.record_count) for each in others] == [
        (*words, len(numbers)) for words, numbers in sorted(naive.notices.items())
    ]
    used = list(naive.negative())
    named = negative[:NAMED_MAX]
    assert len(named) == min(len(used), NAMED_MAX)
    for each, (message, count) in zip(named, used, strict=False):
        assert (each.message[: len(message)], each.record_count) == (message, count)
    assert sum(each.record_count for each in negative) == sum(count for _, count in used)
    assert found.method_versions == tuple(sorted(naive.versions))


@settings(deadline=None, max_examples=400)
@given(RECORDS, OUTCOMES, REQUESTS, st.integers(1, 3))
def test_an_inventory_is_what_a_naive_program_finds(records, outcomes, request_, commits):
    """Everything agrees to the last digit, whatever is selected, grouped and valued."""
    found = ask(records, outcomes, request_, commits=commits)
    asked = request_.under(MethodSettings())
    check_against_naive(found, Naive(records, outcomes, asked, REGISTER))
    assert (found.gwp_set, found.consolidation) == (asked.gwp_set, asked.consolidation)


@settings(deadline=None, max_examples=300)
@given(RECORDS, OUTCOMES, REQUESTS, ENTITIES, OWNED)
def test_shares_are_what_a_naive_program_finds(records, outcomes, request_, entities, facilities):
    """Equity and control up the tree, dates of facilities and holdings, investments."""
    found = ask(records, outcomes, request_, facilities=facilities, entities=entities)
    asked = request_.under(MethodSettings())
    check_against_naive(found, Naive(records, outcomes, asked, facilities, entities))


@settings(deadline=None, max_examples=20)
@given(RECORDS, OUTCOMES)
def test_every_grouping_adds_up(records, outcomes):
    """Whatever facts the rows are grouped by, they add up to the total, gas by gas."""
    facts = [name for name in DIMENSIONS if name not in {"account", "scope"}]
    total = ask(records, outcomes, InventoryRequest()).total
    for size in range(1, len(facts) + 1):
        for group_by in combinations(facts, size):
            rows = ask(records, outcomes, InventoryRequest(group_by=group_by)).rows
            if rows:
                assert abs(
                    sum(Fraction(row.kg_co2e) for row in rows) - Fraction(total.kg_co2e)
                ) < (Fraction(len(rows) + 1, 10**18))


def test_the_total_is_one_footprint():
    """Location and market are alternatives; biogenic CO2 and memo accounts stay outside."""
    both = Resolution(
        (
            entry("scope1.stationary", kg_co2e="1"),
            entry("scope2.location", kg_co2e="10"),
            entry("scope2.market", kg_co2e="100"),
            entry("outside.biogenic", kg_co2e="1000"),
            entry("memo.energy", kg_co2e="10000"),
        )
    )
    records = [Record("dc-1", "electricity", "", 540, (10**6,))]
    outcomes = {("electricity", 540): both}

    def kg_of(*accounts, group_by=()):
        answer = ask(records, outcomes, InventoryRequest(accounts=accounts, group_by=group_by))
        return answer.total.kg_co2e, [(*row.group, row.kg_co2e) for row in answer.rows]

    assert kg_of() == ("11", [])
    assert kg_of(group_by=("facility",)) == ("11", [("dc-1", "11")])
    assert kg_of("scope2") == ("10", [])
    assert kg_of("scope2.market") == ("100", [])
    assert kg_of("scope1", "scope2.market") == ("101", [])
    assert kg_of("outside", "memo.energy") == ("11000", [])
    assert kg_of(group_by=("scope",)) == (
        "11",
        [
            ("memo", "10000"),
            ("outside", "1000"),
            ("scope1", "1"),
            ("scope2.location", "10"),
            ("scope2.market", "100"),
        ],
    )


def test_a_record_with_several_accounts_counts_once_in_the_total():
    """It counts in each account's group, once in a scope that holds two of them, once in all."""
    records = [Record("dc-1", "electricity", "", 540, (10**6, 10**6))]
    outcomes = {("electricity", period): RESOLUTIONS[2] for period in (540, 541)}
    by_account = ask(records, outcomes, InventoryRequest(group_by=("account",)))
    assert [(row.group[0], row.record_count) for row in by_account.rows] == [
        ("memo.energy", 1),
        ("memo.renewable", 1),
        ("scope2.location", 1),
        ("scope2.market", 1),
        ("scope3.03.losses", 1),
        ("scope3.03.wtt", 1),
    ]
    by_scope = ask(records, outcomes, InventoryRequest(group_by=("scope",)))
    assert [(row.group[0], row.record_count) for row in by_scope.rows] == [
        ("memo", 1),
        ("scope2.location", 1),
        ("scope2.market", 1),
        ("scope3", 1),
    ]
    assert by_account.total.record_count == by_scope.total.record_count == 1


def test_a_gas_that_nobody_states_is_unknown_and_one_that_some_state_is_partial():
    """None where no factor states it, the sum of what is stated and a mark where some do."""
    outcomes = {("electricity", 540): RESOLUTIONS[1], ("fuel.coal", 540): RESOLUTIONS[0]}
    records = [
        Record("dc-1", "electricity", "", 540, (10**6,)),
        Record("dc-1", "fuel.coal", "", 540, (10**6,)),
    ]
    answer = ask(records, outcomes, InventoryRequest(group_by=("activity",)))
    power, coal = answer.rows
    assert (power.kg_co2, power.kg_ch4, power.partial_gases) == (None, None, ())
    assert (coal.kg_co2, coal.kg_ch4, coal.kg_n2o) == ("2.4", "0.001", None)
    assert coal.partial_gases == ()
    assert (answer.total.kg_co2, answer.total.partial_gases) == ("2.4", ("co2", "ch4"))


def test_a_record_over_months_counts_in_each_month_and_once_over_them():
    """By month it stands in each of its months; over a range once, also when cut at the front."""
    records = [Record("dc-1", "electricity", "", 540, (10**6,) * 3)] * 2
    outcomes = {("electricity", period): RESOLUTIONS[0] for period in range(540, 543)}
    by_month = ask(records, outcomes, InventoryRequest(group_by=("period",)))
    assert [(row.group[0], row.record_count) for row in by_month.rows] == [
        ("2015-01", 2),
        ("2015-02", 2),
        ("2015-03", 2),
    ]
    assert by_month.total.record_count == 2
    assert ask(records, outcomes, InventoryRequest(541, 542)).total.record_count == 2


def test_a_record_that_reaches_into_another_account_counts_in_both():
    """Where a factor of another account begins to hold, the record has a part in each."""
    records = [Record("dc-1", "electricity", "", 540, (10**6, 10**6))]
    outcomes = {("electricity", 540): RESOLUTIONS[0], ("electricity", 541): RESOLUTIONS[1]}
    answer = ask(records, outcomes, InventoryRequest(group_by=("account",)))
    assert [(row.group[0], row.record_count) for row in answer.rows] == [
        ("memo.energy", 1),
        ("scope1.stationary", 1),
        ("scope2.location", 1),
    ]
    assert answer.total.record_count == 1
    assert answer.notices[0].record_count == 1


def test_a_label_that_comes_back_counts_a_record_again():
    """What postings cannot know: a record that leaves an account and comes back counts twice."""
    records = [Record("dc-1", "electricity", "", 540, (10**6,) * 3)]
    outcomes = {("electricity", 540 + index): RESOLUTIONS[index % 2] for index in range(3)}
    answer = ask(records, outcomes, InventoryRequest(group_by=("account",)))
    assert [(row.group[0], row.record_count) for row in answer.rows] == [
        ("memo.energy", 2),
        ("scope1.stationary", 2),
        ("scope2.location", 1),
    ]
    assert answer.total.record_count == 1


def test_a_notice_counts_its_records():
    """Equal notices of several resolutions are one, with the records of all."""
    other = resolution("scope2.location", kg_co2e="9", notice="US stands in for US-WA")
    outcomes = {("electricity", 540): RESOLUTIONS[1], ("fuel.coal", 540): other}
    records = [
        Record("dc-1", "electricity", "", 540, (1,)),
        Record("dc-1", "electricity", "", 540, (1,)),
        Record("dc-1", "fuel.coal", "", 540, (1,)),
    ]
    answer = ask(records, outcomes, InventoryRequest())
    # All that is posted is of these records: they are the total.
    told = ("REGION_FALLBACK", "US stands in for US-WA", 3, answer.total.kg_co2e)
    assert answer.notices == (InventoryNotice(*told),)
    assert answer.total.kg_co2e != "0"


def test_a_region_is_the_records_or_its_facilitys():
    """The record's own region comes first, then the facility's, then nothing."""
    outcomes = {("electricity", 540): RESOLUTIONS[0]}
    records = [
        Record("dc-1", "electricity", "KR", 540, (10**6,)),
        Record("dc-1", "electricity", "", 540, (10**6,)),
        Record("bs-1", "electricity", "", 540, (10**6,)),
    ]
    answer = ask(records, outcomes, InventoryRequest(group_by=("region", "facility_type")))
    assert [row.group for row in answer.rows] == [
        ("", "base_station"),
        ("KR", "data_centre"),
        ("US-WA", "data_centre"),
    ]
    only = ask(records, outcomes, InventoryRequest(regions=("US-WA",)))
    assert only.total.record_count == 1


def test_an_empty_book_has_an_empty_inventory():
    """No rows, a total of nothing, gases unknown."""
    empty = pl.DataFrame(schema=POSTING_SCHEMA)
    for group_by in ((), DIMENSIONS):
        answer = inventory(empty, {}, register(), InventoryRequest(group_by=group_by))
        assert answer.rows == ()
        assert answer.total == InventoryRow((), "0", None, None, None, 0)
        assert (answer.notices, answer.suspended_count) == ((), 0)


def test_no_digit_is_lost_at_the_rim():
    """Sums of 38 digits times long factors keep every digit."""
    rim = 10**25
    heavy = resolution("scope1.stationary", kg_co2e="0.000000000000000001")
    records = [Record("dc-1", "electricity", "", 540, (part,)) for part in (rim, 1, -3)]
    answer = ask(records, {("electricity", 540): heavy}, InventoryRequest())
    assert answer.total.kg_co2e == decimal_text(Fraction(rim - 2, 10**24))


def test_a_posting_without_its_resolution_is_an_inconsistency():
    """A resolution that is not stored is told, never left out."""
    frame = post(
        [Record("dc-1", "electricity", "", 540, (1,))], {("electricity", 540): RESOLUTIONS[0]}
    )
    with pytest.raises(LedgerInconsistent, match=RESOLUTIONS[0].id):
        inventory(frame, {}, REGISTER, InventoryRequest())
