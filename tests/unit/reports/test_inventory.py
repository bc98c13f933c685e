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
    outcome_of,
    post,
    register,
    resolution,
    sum_by,
)
from tonne.catalogue.accounts import scope_of
from tonne.catalogue.resolution import Resolution
from tonne.catalogue.valuation import decimal_text, kg
from tonne.errors import LedgerInconsistent
from tonne.model import month_of_period
from tonne.reports.inventory import InventoryNotice, inventory
from tonne.reports.request import DIMENSIONS, InventoryRequest

GASES = ("kg_co2", "kg_ch4", "kg_n2o")
REGISTER = register(("dc-1", "data_centre", "US-WA"), ("bs-1", "base_station", ""))
RESOLUTIONS = (
    resolution("scope1.stationary", kg_co2e="2.5", kg_co2="2.4", kg_ch4="0.001"),
    resolution("scope2.location", kg_co2e="0.1234567", notice="US stands in for US-WA"),
    Resolution(
        (
            entry("scope2.location", kg_co2e="0.4", kg_co2="0.39"),
            entry("scope2.market", kg_co2e="0.1", conversion=Fraction(5, 18)),
            entry("scope3.03.wtt", kg_co2e="0.05", notice="upstream of another year"),
            entry("scope3.03.losses", kg_co2e="0.02", conversion=Fraction(1, 7)),
        )
    ),
    Resolution((entry("outside.biogenic", kg_co2e="3"), entry("scope1.mobile", kg_n2o="0.01"))),
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
    facilities=st.sampled_from([(), (), ("dc-1",), ("bs-1", "unknown")]),
    activities=st.sampled_from([(), (), ("electricity",)]),
    accounts=st.sampled_from(
        [(), (), (), ("scope1", "scope3.03"), ("scope2",), ("scope2.market",), ("outside",)]
    ),
    regions=st.sampled_from([(), (), ("US-WA",), ("", "KR")]),
)


class Naive:
    """Goes through records and parts one by one; keeps sets of records."""

    def __init__(self, records, outcomes, request):
        self.request = request
        self.groups = {}
        self.total = self.fresh()
        self.suspended = set()
        self.notices = {}
        for number, record in enumerate(records):
            self.add(number, record, outcome_of(record, outcomes))

    @staticmethod
    def fresh():
        return {"records": set(), "kg_co2e": Fraction(0), "stated": {}, "silent": set()}

    def add(self, number, record, resolved):
        request = self.request
        registered = {"dc-1": ("data_centre", "US-WA"), "bs-1": ("base_station", "")}
        facility_type, home = registered.get(record.facility, ("", ""))
        place = record.region or home
        if (request.facilities and record.facility not in request.facilities) or (
            request.activities and record.activity not in request.activities
        ):
            return
        if request.regions and place not in request.regions:
            return
        for index, (period, part) in enumerate(record.parts()):
            if not request.first_period <= period <= request.last_period:
                continue
            if resolved is None:
                self.suspended.add(number)
                continue
            known = {
                "facility": record.facility,
                "activity": record.activity,
                "period": month_of_period(period),
                "region": place,
                "facility_type": facility_type,
            }
            for one in resolved[index].entries:
                self.add_entry(number, part, one, known)

    def add_entry(self, number, part, one, known):
        request = self.request
        if request.accounts and not any(
            one.account == root or one.account.startswith(root + ".") for root in request.accounts
        ):
            return
        for notice in one.notices:
            self.notices.setdefault((notice.reason, notice.message), set()).add(number)
        known = known | {"account": one.account, "scope": scope_of(one.account)}
        alone = "account" in request.group_by or "scope" in request.group_by
        if request.group_by:
            group = tuple(known[name] for name in request.group_by)
            self.value(
                self.groups.setdefault(group, self.fresh()), number, part, one, counts=alone
            )
        self.value(self.total, number, part, one, counts=False)

    def value(self, sums, number, part, one, *, counts):
        sums["records"].add(number)
        named = self.request.accounts
        location_wanted = not named or "scope2" in named
        if not counts:
            if one.account == "scope2.market" and location_wanted:
                return
            if one.account.startswith(("outside.", "memo.")) and not named:
                return
        sums["kg_co2e"] += kg(part, one)
        for gas in GASES:
            mass = kg(part, one, gas)
            if mass is None:
                sums["silent"].add(gas)
            else:
                sums["stated"][gas] = sums["stated"].get(gas, 0) + mass

    @staticmethod
    def row(group, sums):
        return (
            group,
            decimal_text(sums["kg_co2e"]),
            *(
                decimal_text(sums["stated"][gas]) if gas in sums["stated"] else None
                for gas in GASES
            ),
            len(sums["records"]),
            tuple(
                gas.removeprefix("kg_")
                for gas in GASES
                if gas in sums["stated"] and gas in sums["silent"]
            ),
        )


def fields(row):
    """A row as a plain tuple."""
    return tuple(getattr(row, name) for name in row.__slots__)


def ask(records, outcomes, request, *, commits=1, facilities=REGISTER):
    """The inventory of records that came in a number of commits."""
    frames = [post(records[start::commits], outcomes) for start in range(commits)]
    resolutions = {each.id: each for each in outcomes.values() if each}
    return inventory(pl.concat(frames), resolutions, facilities, request, sum_by)


@settings(deadline=None, max_examples=400)
@given(RECORDS, OUTCOMES, REQUESTS, st.integers(1, 3))
def test_an_inventory_is_what_a_naive_program_finds(records, outcomes, request_, commits):
    """Masses, gases, distinct records, suspense and notices agree to the last digit."""
    found = ask(records, outcomes, request_, commits=commits)
    naive = Naive(records, outcomes, request_)
    expected = [naive.row(group, sums) for group, sums in sorted(naive.groups.items())]
    assert [fields(row) for row in found.rows] == expected
    assert fields(found.total) == naive.row((), naive.total)
    assert found.suspended_count == len(naive.suspended)
    assert [(each.reason, each.message, each.records_count) for each in found.notices] == [
        (*words, len(numbers)) for words, numbers in sorted(naive.notices.items())
    ]


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
    assert [(row.group[0], row.records_count) for row in by_account.rows] == [
        ("scope2.location", 1),
        ("scope2.market", 1),
        ("scope3.03.losses", 1),
        ("scope3.03.wtt", 1),
    ]
    by_scope = ask(records, outcomes, InventoryRequest(group_by=("scope",)))
    assert [(row.group[0], row.records_count) for row in by_scope.rows] == [
        ("scope2.location", 1),
        ("scope2.market", 1),
        ("scope3", 1),
    ]
    assert by_account.total.records_count == by_scope.total.records_count == 1


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
    assert [(row.group[0], row.records_count) for row in by_month.rows] == [
        ("2015-01", 2),
        ("2015-02", 2),
        ("2015-03", 2),
    ]
    assert by_month.total.records_count == 2
    assert ask(records, outcomes, InventoryRequest(541, 542)).total.records_count == 2


def test_a_record_that_reaches_into_another_account_counts_in_both():
    """Where a factor of another account begins to hold, the record has a part in each."""
    records = [Record("dc-1", "electricity", "", 540, (10**6, 10**6))]
    outcomes = {("electricity", 540): RESOLUTIONS[0], ("electricity", 541): RESOLUTIONS[1]}
    answer = ask(records, outcomes, InventoryRequest(group_by=("account",)))
    assert [(row.group[0], row.records_count) for row in answer.rows] == [
        ("scope1.stationary", 1),
        ("scope2.location", 1),
    ]
    assert answer.total.records_count == 1
    assert answer.notices[0].records_count == 1


def test_a_label_that_comes_back_counts_a_record_again():
    """What postings cannot know: a record that leaves an account and comes back counts twice."""
    records = [Record("dc-1", "electricity", "", 540, (10**6,) * 3)]
    outcomes = {("electricity", 540 + index): RESOLUTIONS[index % 2] for index in range(3)}
    answer = ask(records, outcomes, InventoryRequest(group_by=("account",)))
    assert [(row.group[0], row.records_count) for row in answer.rows] == [
        ("scope1.stationary", 2),
        ("scope2.location", 1),
    ]
    assert answer.total.records_count == 1


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
    assert answer.notices == (InventoryNotice("REGION_FALLBACK", "US stands in for US-WA", 3),)


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
    assert only.total.records_count == 1


def test_an_empty_book_has_an_empty_inventory():
    """No rows, a total of nothing, gases unknown."""
    empty = pl.DataFrame(schema=POSTING_SCHEMA)
    for group_by in ((), DIMENSIONS):
        answer = inventory(empty, {}, register(), InventoryRequest(group_by=group_by), sum_by)
        assert answer.rows == ()
        assert fields(answer.total) == ((), "0", None, None, None, 0, ())
        assert (answer.notices, answer.suspended_count) == ((), 0)


def test_no_digit_is_lost_at_the_rim():
    """Sums of 38 digits times long factors keep every digit."""
    rim = 10**37
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
        inventory(frame, {}, REGISTER, InventoryRequest(), sum_by)
