"""Parts of a meter add up to it, exactly, whatever the key, the days and the months."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tonne.errors import FieldInvalid
from tonne.model import DAY_COUNT_MAX
from tonne.quantities import ATTO_PER_ONE as ONE
from tonne.reports.allocation.key import Key, Span, Weight, read_span
from tonne.reports.allocation.parts import allocate

FIRST = (2024 - 1970) * 12  # January 2024, a leap year
UNITS = {"energy": "MWh", "area": "ft2", "revenue": "CNY2020", "mass": "lb", "count": "unit"}
NAMES = ("a", "b", "c", "d")
DAY_0 = dt.date(2024, 1, 1)


def day(offset):
    """Number of a day of 2024, counted without the service's calendar."""
    return (DAY_0 - dt.date(1970, 1, 1)).days + offset


def month_start(number):
    """First day of a month of 2024 and 2025, from 0, as days since 2024-01-01."""
    year, month = divmod(number, 12)
    return (dt.date(2024 + year, month + 1, 1) - DAY_0).days


weights = st.one_of(
    st.integers(0, 10**36).map(lambda atto: Fraction(atto, 10**18)),
    st.sampled_from([Fraction(0), Fraction(1), Fraction(1, 3), Fraction(2, 7)]),
)
totals = st.one_of(
    st.integers(-(10**38), 10**38),
    st.integers(-3, 3),
    st.integers(0, 120).map(lambda power: 2**power - 1),
)


@st.composite
def keys(draw, stop):
    """A key that covers the days from 2024-01-01 to `stop`, cut anywhere."""
    cuts = draw(st.lists(st.integers(1, stop - 1), max_size=6, unique=True)) if stop > 1 else []
    edges = [0, *sorted(cuts), stop]
    spans = []
    for first, last in pairwise(edges):
        chosen = draw(st.lists(st.sampled_from(NAMES), unique=True))
        given_weights = [Weight(name, draw(weights)) for name in chosen]
        if not sum(each.value for each in given_weights):
            given_weights = []
        total = sum((each.value for each in given_weights), Fraction(0))
        whole = draw(st.none() | weights.map(lambda more, total=total: total + more + 1))
        spans.append(Span(day(first), day(last), tuple(given_weights), whole))
    basis = draw(st.sampled_from(sorted(UNITS)))
    return Key("k", 1, basis, UNITS[basis], "the test", tuple(spans))


@st.composite
def cases(draw):
    """Months, their totals, and a key."""
    count = draw(st.integers(1, 14))
    found = {FIRST + number: draw(totals) for number in range(count) if draw(st.booleans())}
    return count, found, draw(keys(month_start(count)))


def by_days(total, key, number):
    """Exact shares of a month, day by day: another algorithm, in fractions alone."""
    first, stop = month_start(number), month_start(number + 1)
    found = dict.fromkeys(NAMES, Fraction(0))
    for offset in range(first, stop):
        (span,) = [s for s in key.spans if s.first_day <= day(offset) < s.stop_day]
        of = span.whole
        if of is None:
            of = sum((each.value for each in span.weights), Fraction(0))
        for each in span.weights:
            found[each.recipient] += Fraction(total, stop - first) * each.value / of
    return found


@given(cases())
def test_what_is_allocated_and_what_is_not_add_up_to_the_meter(case):
    """In every month, to the last digit; each part is within a digit of the exact one."""
    count, found, key = case
    months = allocate(found, key, FIRST, FIRST + count - 1)
    assert [each.period for each in months] == list(range(FIRST, FIRST + count))
    for number, month in enumerate(months):
        total = found.get(FIRST + number, 0)
        assert month.metered_atto == total
        assert sum(part.atto for part in month.parts) + month.unallocated_atto == total
        exact = by_days(total, key, number)
        for part in month.parts:
            assert abs(part.atto - exact[part.recipient]) < 1
            assert part.share * total == exact[part.recipient]
        left = total - sum(exact.values())
        assert abs(month.unallocated_atto - left) < 1
        assert left or not month.unallocated_atto


@given(cases(), st.integers(0, 13))
def test_a_month_alone_is_that_month_among_others(case, number):
    """What is asked for does not change what is whose."""
    count, found, key = case
    period = FIRST + number % count
    (alone,) = allocate(found, key, period, period)
    assert alone == allocate(found, key, FIRST, FIRST + count - 1)[period - FIRST]


@given(
    st.integers(0, 10**30),
    st.lists(st.integers(0, 10**12), min_size=1, max_size=4),
    st.sampled_from(["kWh", "MWh", "GJ"]),
)
def test_parts_of_the_meter_itself_are_what_they_say(more_atto, kwh, unit):
    """Rooms with meters of their own have what these show; the rest is nobody's."""
    in_kwh = {"kWh": Fraction(1), "MWh": Fraction(1000), "GJ": Fraction(10**6, 3600)}[unit]
    rooms = tuple(Weight(f"room-{n}", value / in_kwh) for n, value in enumerate(kwh))
    rooms = tuple(each for each in rooms if each.value) or ()
    total = sum(kwh) * ONE + more_atto
    span = Span(day(0), day(31), rooms, is_metered=True)
    key = Key("k", 1, "energy", unit, "the test", (span,))
    (month,) = allocate({FIRST: total}, key, FIRST, FIRST)
    exact = {each.recipient: each.value * in_kwh * ONE for each in rooms}
    assert all(abs(part.atto - exact[part.recipient]) < 1 for part in month.parts)
    assert abs(month.unallocated_atto - more_atto) < 1


def test_more_than_the_meter_shows_is_refused():
    """31 of 30 kWh: both are named."""
    span = Span(day(0), day(31), (Weight("a", Fraction(31)),), is_metered=True)
    key = Key("k", 1, "energy", "kWh", "the test", (span,))
    with pytest.raises(FieldInvalid, match="has 31 kWh of the meter in 2024-01-01 to 2024-01-31"):
        allocate({FIRST: 30 * ONE}, key, FIRST, FIRST)


def test_parts_of_the_meter_need_all_its_months():
    """Half of a span cannot be told from its whole."""
    span = Span(day(0), day(60), (Weight("a", Fraction(1)),), is_metered=True)
    key = Key("k", 1, "energy", "kWh", "the test", (span,))
    with pytest.raises(FieldInvalid, match="only some of these months are asked for"):
        allocate({FIRST: ONE}, key, FIRST, FIRST)


def test_a_key_that_does_not_cover_its_time_names_the_days():
    """A gap in March and an end in May; a span without weights is no gap."""
    key = Key(
        "k",
        2,
        "area",
        "m2",
        "leases",
        (
            read_span("s", "2024-01-01", "2024-03-10", [("a", "1")]),
            read_span("s", "2024-03-12", "2024-04-01", []),
            read_span("s", "2024-04-01", "2024-05-31", [("b", "2")], "3"),
        ),
    )
    with pytest.raises(FieldInvalid) as refused:
        allocate({}, key, FIRST, FIRST + 4)
    assert "3 days of the months that are asked for: 2024-03-10 to 2024-03-11, 2024-05-31" in str(
        refused.value
    )
    assert refused.value.metadata["missing_days"] == "3"
    assert allocate({}, key, FIRST + 3, FIRST + 3)
    with pytest.raises(FieldInvalid, match="2024-01-01"):
        Key("k", 1, "area", "m2", "x", key.spans[1:]).check_covers(FIRST, FIRST)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"id": " "}, "key.id: expected a text"),
        ({"reason": ""}, "key.reason: expected a text"),
        ({"version": 0}, "key.version: expected a number from 1 up"),
        ({"basis": "heads"}, "key.basis: expected one of energy, area, revenue, mass, count"),
        ({"unit": "kWh"}, "key.unit: expected a unit of area for a key by area; got 'kWh'"),
        ({"unit": "qm?"}, "key.unit: expected a unit of area"),
        ({"spans": ()}, "key.spans: expected 1 to 1,000 spans"),
    ],
)
def test_a_key_says_what_it_is(change, told):
    """Nothing is guessed of a key that leaves something out."""
    good = {"id": "k", "version": 1, "basis": "area", "unit": "m2", "reason": "r"}
    span = read_span("s", "2024-01-01", "", [("a", "1")])
    assert span.stop_day == DAY_COUNT_MAX
    with pytest.raises(FieldInvalid) as refused:
        Key(**{**good, "spans": (span,), **change})
    assert told in str(refused.value)


@pytest.mark.parametrize(
    ("span", "told"),
    [
        (("2024-02-01", "2024-01-01", [("a", "1")]), "valid_to after valid_from"),
        (("2024-02-30", "", []), "a day like 2025-01-31"),
        (("2024-01-01", "", [("a", "-1")]), "a decimal like 12.5"),
        (("2024-01-01", "", [("a", "1e9")]), "a decimal like 12.5"),
        (("2024-01-01", "", [("a", "1"), ("a", "2")]), "each recipient once"),
        (("2024-01-01", "", [(" ", "1")]), "names of 1 to 200 characters"),
        (("2024-01-01", "", [("a", "0")]), "weights above 0"),
        (("2024-01-01", "", [("a", "2"), ("b", "2")], "3"), "which add up to 4; got '3'"),
        (("2024-01-01", "", [], "0"), "a whole above 0"),
    ],
)
def test_a_span_that_contradicts_itself_is_refused(span, told):
    """With what was expected, and what was there."""
    with pytest.raises(FieldInvalid) as refused:
        Key("k", 1, "area", "m2", "r", (read_span("spans[0]", *span),))
    assert told in str(refused.value)


def test_spans_over_each_other_are_refused():
    """A day belongs to one span."""
    spans = (
        read_span("s", "2024-01-01", "2024-02-02", []),
        read_span("s", "2024-02-01", "2024-03-01", []),
    )
    with pytest.raises(FieldInvalid, match="none over another"):
        Key("k", 1, "count", "unit", "r", spans)


def test_parts_of_the_meter_are_of_energy_and_end():
    """Square metres are no part of a meter, and an open span has no total yet."""
    metered = read_span("s", "2024-01-01", "2024-02-01", [("a", "1")], is_metered=True)
    with pytest.raises(FieldInvalid, match="a key by energy"):
        Key("k", 1, "area", "m2", "r", (metered,))
    open_span = read_span("s", "2024-01-01", "", [("a", "1")], is_metered=True)
    with pytest.raises(FieldInvalid, match="valid_to, and no whole"):
        Key("k", 1, "energy", "kWh", "r", (open_span,))
