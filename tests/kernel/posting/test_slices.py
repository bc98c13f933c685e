"""Slices of a month: a run that begins within a month splits a record there, exactly."""

from array import array
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tonne_kernel as kernel
from tests.kernel import oracle, strategies, wire
from tests.kernel.harness import FIELD_OF_RULE, RuleBook, day_start, period_starts, post_rows
from tests.kernel.oracle import Record

MARCH_2024 = 54 * 12 + 2
ZONES = ("UTC", "Europe/Berlin", "America/Sao_Paulo")


def march(day, hour=0):
    return 1_709_251_200 + (day - 1) * 86_400 + hour * 3_600, 0


def sums_of(record, *runs):
    """(period, first day, last day, disposition) -> (millionths, records, begun) in UTC."""
    found = {}
    for cell, (atto, *counts) in post_rows(
        wire.rows([record]), RuleBook((runs,))
    ).postings.items():
        millionths, rest = divmod(atto, oracle.ATTO // oracle.MICRO)
        assert rest == 0
        found[cell[4], *cell[6:], cell[5]] = (millionths, *counts)
    return found


def test_a_record_across_a_date_within_a_month_is_split_there():
    """Ten days from the tenth: five before the fifteenth, five from then on."""
    record = Record(quantity=b"1", start=march(10), end=march(20))
    assert sums_of(record, (0, 1, 3), (MARCH_2024, 15, 4)) == {
        (MARCH_2024, 1, 14, 3): (500_000, 1, 1),
        (MARCH_2024, 15, 31, 4): (500_000, 1, 0),
    }


def test_a_record_within_a_slice_is_whole():
    """What ends where a slice ends, or begins where one begins, has no part in the other."""
    runs = ((0, 1, 3), (MARCH_2024, 15, 4))
    before = Record(quantity=b"1", start=march(1), end=march(15))
    after = Record(quantity=b"1", start=march(15), end=march(32))
    assert sums_of(before, *runs) == {(MARCH_2024, 1, 14, 3): (1_000_000, 1, 1)}
    assert sums_of(after, *runs) == {(MARCH_2024, 15, 31, 4): (1_000_000, 1, 1)}


def test_a_month_without_a_date_of_its_key_is_whole():
    """The month before and the one after have no slices."""
    runs = ((0, 1, 3), (MARCH_2024, 15, 4))
    april = Record(quantity=b"1", start=march(40), end=march(41))
    assert sums_of(april, *runs) == {(MARCH_2024 + 1, 1, 31, 4): (1_000_000, 1, 1)}


def test_a_date_cuts_where_the_rule_goes_on():
    """A share that changes has no other factor: the disposition of both slices is one."""
    record = Record(quantity=b"0.000003", start=march(1), end=march(32))
    found = sums_of(record, (0, 1, 3), (MARCH_2024, 11, 3), (MARCH_2024, 21, 3))
    assert found == {
        (MARCH_2024, 1, 10, 3): (0, 1, 1),  # 3 * 10/31
        (MARCH_2024, 11, 20, 3): (1, 1, 0),  # 3 * 20/31, less what came before
        (MARCH_2024, 21, 31, 3): (2, 1, 0),
    }


def test_a_slice_that_waits_makes_the_record_wait_whole():
    """A record that touches days without a factor waits for them, and no month of it is cut."""
    record = Record(quantity=b"1", start=march(1), end=march(32))
    runs = ((0, 1, -65), (MARCH_2024, 15, 4))
    assert sums_of(record, *runs) == {(MARCH_2024, 1, 31, -65): (1_000_000, 1, 1)}
    after = Record(quantity=b"1", start=march(20), end=march(21))
    assert sums_of(after, *runs) == {(MARCH_2024, 15, 31, 4): (1_000_000, 1, 1)}


@st.composite
def cut_months(draw):
    """Records near the days of a month that a rule cuts."""
    zone_name = draw(st.sampled_from(ZONES))
    period = draw(st.integers(540, 700))
    days = draw(st.lists(st.integers(2, 28), min_size=1, max_size=6, unique=True))
    outcomes = st.one_of(st.integers(0, 2), st.sampled_from((-65, -16)))
    is_posted = draw(st.booleans())
    outcome = st.integers(0, 2) if is_posted else outcomes
    runs = [(0, 1, draw(outcome)), *((period, day, draw(outcome)) for day in sorted(days))]
    edges = [day_start(zone_name, period, day) for day in days]
    edges += period_starts(zone_name)[period : period + 2]
    instants = strategies.near(st.sampled_from(edges), 2)
    records = []
    for _ in range(draw(st.integers(1, 4))):
        start, end = sorted((draw(instants), draw(instants)))
        quantity = draw(st.integers(-(10**6), 10**6) | st.integers(-(10**18) + 1, 10**18 - 1))
        records.append(
            Record(
                quantity=strategies.micro_text(quantity),
                start=strategies.at(start),
                end=strategies.at(max(end, start + 1)),
            )
        )
    return zone_name, RuleBook((tuple(runs),)), records


@given(cut_months())
def test_slices_are_the_oracles(case):
    """Records whose ends lie a microsecond from a cut are split as fractions split them."""
    zone_name, rule_book, records = case
    expected = oracle.post(
        [records],
        rule_book.runs_of,
        period_starts(zone_name),
        FIELD_OF_RULE,
        day_start=partial(day_start, zone_name),
    )
    assert post_rows(wire.rows(records), rule_book, zone_name) == expected


@given(cut_months(), st.lists(st.integers(2, 28), max_size=5))
def test_more_dates_leave_every_sum_as_it_was(case, days):
    """Slices of slices add up to them, to the last millionth: a date may be known later."""
    zone_name, rule_book, records = case
    (runs,) = rule_book.rules
    runs = tuple((period, day, 0) for period, day, _ in runs)
    period = runs[-1][0]
    more = tuple(sorted({*runs, *((period, day, 0) for day in days)}))
    coarse, fine = (
        post_rows(wire.rows(records), RuleBook((each,)), zone_name).postings
        for each in (runs, more)
    )
    summed = dict.fromkeys(coarse, 0)
    for (*key, first, last), (quantity, _, _) in fine.items():
        (whole,) = (
            cut for cut in coarse if [*cut[:6]] == key and cut[6] <= first and last <= cut[7]
        )
        summed[whole] += quantity
    assert summed == {cell: quantity for cell, (quantity, _, _) in coarse.items()}


@pytest.mark.parametrize(
    ("days", "starts"),
    [([1, 0], [0, 0]), ([1, 32], [0, 0]), ([2, 3], [0, 0]), ([1], [0, 0]), ([1, 2], [0])],
)
def test_days_that_are_not_well_formed_are_refused(days, starts):
    """A run's day is one of a month, the first run begins with its period, each has a start."""
    with pytest.raises(ValueError, match=r"day|period|runs"):
        kernel.RuleTable(
            array("i", [0, 2]), array("i", [0, 1]), array("i", [0, 0]),
            array("i", days), array("q", starts),
        )  # fmt: skip
