"""Registers: the sum of what is computed is the sum of what was used, whatever the register did.

The oracle runs a register forward: it adds what is used, rolls over, starts anew and is swapped as
a real one does, and knows what was used because it made it up.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tonne.errors import FieldInvalid
from tonne.imports.meters.register_rules import RegisterRules, Swap
from tonne.imports.meters.registers import consumption

DAY = dt.datetime(2025, 3, 1, tzinfo=dt.UTC)
SCHEMA = {
    "meter": pl.String,
    "reading": pl.String,
    "time": pl.Datetime("us", "UTC"),
    "data_quality": pl.String,
    "_row": pl.UInt32,
}


def at(hours):
    return DAY + dt.timedelta(hours=hours)


def frame(*rows):
    """Readings of (meter, reading, hours since 1 March 2025) and, optionally, a quality."""
    padded = [(*row, "")[:4] for row in rows]
    return pl.DataFrame(
        [
            (meter, reading, None if hours is None else at(hours), quality, row)
            for row, (meter, reading, hours, quality) in enumerate(padded, 2)
        ],
        schema=SCHEMA,
        orient="row",
    )


def total(found):
    return sum(map(Fraction, found.spans["quantity"]), Fraction(0))


def refused(readings, rules=RegisterRules()):  # noqa: B008  it is frozen
    with pytest.raises(FieldInvalid) as caught:
        consumption(readings, rules, place="r.csv")
    return caught.value.message


tenths = st.integers(0, 4999).map(lambda count: Decimal(count) / 10)


@settings(deadline=None)
@given(
    increments=st.lists(tenths, min_size=1, max_size=30),
    start=tenths,
    gone=st.sets(st.integers(1, 28)),
    seed=st.randoms(use_true_random=False),
)
def test_a_register_that_rolls_over_loses_nothing(increments, start, gone, seed):
    """Increments below half of the limit, reads missing, rows in any order, some twice."""
    limit = Decimal(60_000)
    value, rows, pending = start + Decimal(59700), [], Decimal(0)
    value %= limit
    rows.append(("m", str(value), 0))
    expected = Fraction(0)
    for hour, each in enumerate(increments, 1):
        value = (value + each) % limit
        pending += each
        if hour not in gone:
            rows.append(("m", str(value), hour))
            expected += Fraction(pending)
            pending = Decimal(0)
    rows += rows[:2]
    seed.shuffle(rows)
    found = consumption(frame(*rows), RegisterRules(rollover=limit))
    assert total(found) == expected
    assert all(Decimal(each) >= 0 for each in found.spans["quantity"])


@settings(deadline=None)
@given(
    increments=st.lists(tenths, min_size=2, max_size=80),
    reading_is=st.sampled_from(["before", "after"]),
    zone=st.sampled_from(["UTC", "Asia/Shanghai", "America/Toronto"]),
    seed=st.randoms(use_true_random=False),
)
def test_a_register_that_starts_anew_loses_what_nobody_read(increments, reading_is, zone, seed):
    """A last reading of the day loses nothing; a first of the next loses the hour before it."""
    rules = RegisterRules(reset=dt.time(), reset_reading=reading_is, time_zone=zone)

    def is_midnight(hour):
        return at(hour).astimezone(rules.zone).hour == 0

    value, rows, expected = Decimal("3.5"), [("m", "3.5", 0)], Fraction(0)
    if is_midnight(0):
        value = Decimal(0)  # as read before the reset, or, after it, of an empty register
        rows = [("m", "3.5" if reading_is == "before" else "0", 0)]
    for hour, each in enumerate(increments, 1):
        value += each
        if not is_midnight(hour):
            rows.append(("m", str(value), hour))
            expected += Fraction(each)
            continue
        if reading_is == "before":
            rows.append(("m", str(value), hour))
            expected += Fraction(each)
        else:
            rows.append(("m", "0", hour))
        value = Decimal(0)
    seed.shuffle(rows)
    found = consumption(frame(*rows), rules)
    assert total(found) == expected
    is_lossy = reading_is == "after" and any(map(is_midnight, range(1, len(increments) + 1)))
    assert any("is not known" in each for each in found.remarks) is is_lossy


@settings(deadline=None)
@given(
    increments=st.lists(tenths, min_size=4, max_size=40),
    swapped=st.lists(st.tuples(st.integers(2, 38), tenths), max_size=3, unique_by=lambda x: x[0]),
    seed=st.randoms(use_true_random=False),
)
def test_a_swap_parts_old_and_new_register(increments, swapped, seed):
    """Whatever the new one begins at, and also where it stands lower than the old one."""
    firsts = {hour: first for hour, first in swapped if hour < len(increments)}
    value, rows, swaps = Decimal(7), [("m", "7", 0)], []
    for hour, each in enumerate(increments, 1):
        value += each
        if hour in firsts:
            swaps.append(Swap("m", at(hour), value, firsts[hour]))
            value = firsts[hour]
        else:
            rows.append(("m", str(value), hour))
    seed.shuffle(rows)
    found = consumption(frame(*rows), RegisterRules(swaps=tuple(swaps)))
    assert total(found) == sum(map(Fraction, increments))


@settings(deadline=None)
@given(
    reads=st.lists(
        st.tuples(st.integers(1, 400), st.decimals(0, 10**6, places=7)), min_size=1, max_size=8
    ),
    zone=st.sampled_from(["UTC", "Europe/London", "Asia/Kathmandu", "America/Sao_Paulo"]),
)
def test_days_of_a_span_add_up_to_it(reads, zone):
    """To the last digit; parts meet, and none is longer than a day or empty."""
    hour, value, rows = 0, Decimal(0), [("m", "0", 0)]
    for hours, used in reads:
        hour, value = hour + hours, value + used
        rows.append(("m", f"{value:f}", hour))
    whole = consumption(frame(*rows), RegisterRules())
    found = consumption(frame(*rows), RegisterRules(by_day=True, time_zone=zone))
    assert total(found) == total(whole) == Fraction(value)
    spans = found.spans
    assert spans["start"].to_list()[1:] == spans["end"].to_list()[:-1]
    lengths = (spans["end"] - spans["start"]).to_list()
    assert all(dt.timedelta(0) < each <= dt.timedelta(hours=25) for each in lengths)


def test_meters_do_not_mix():
    """Each has its own first reading, limit and swaps."""
    rules = RegisterRules(
        rollover=Decimal(1000),
        rollovers={"b": Decimal(100)},
        swaps=(Swap("c", at(1), Decimal(5), Decimal(90)),),
    )
    rows = [("a", "990", 0), ("a", "10", 2), ("b", "99", 0), ("b", "1", 2)]
    rows += [("c", "4", 0), ("c", "91", 2)]
    found = consumption(frame(*rows), rules)
    assert found.spans.select("meter", "quantity").rows() == [
        ("a", "20"),
        ("b", "2"),
        ("c", "1"),
        ("c", "1"),
    ]


def test_a_swap_of_another_file_adds_nothing():
    """A profile keeps its swaps, and next month's readings all lie behind them."""
    rules = RegisterRules(swaps=(Swap("m", at(-100), Decimal(500), Decimal(0)),))
    found = consumption(frame(("m", "70", 0), ("m", "75", 1)), rules)
    assert found.spans["quantity"].to_list() == ["5"]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("measured", "measured", "measured"),
        ("measured", "estimated", "estimated"),
        ("estimated", "measured", "estimated"),
        ("calculated", "measured", "calculated"),
        ("measured", "", ""),
        ("measured", "E", "E"),
        ("guessed", "estimated", "guessed"),
    ],
)
def test_an_estimate_is_kept_on_both_spans_that_it_touches(first, second, expected):
    """A word that is no quality stays as it was written: the server quarantines it."""
    found = consumption(frame(("m", "1", 0, first), ("m", "2", 1, second)), RegisterRules())
    assert found.spans["data_quality"].to_list() == [expected]


def test_an_estimate_that_was_read_again_is_measured():
    """The same reading, first estimated and then measured, counts as measured."""
    rows = [("m", "1", 0, "measured"), ("m", "2", 1, "estimated"), ("m", "2", 1, "measured")]
    found = consumption(frame(*rows), RegisterRules())
    assert found.spans["data_quality"].to_list() == ["measured"]


def test_a_span_that_is_spread_is_calculated_and_a_short_one_stays():
    """What a day had is no measurement where nobody read it."""
    rows = [("m", "0", 0, "measured"), ("m", "24", 24, "measured"), ("m", "96", 96, "measured")]
    found = consumption(frame(*rows), RegisterRules(by_day=True))
    assert found.spans.select("quantity", "data_quality").rows() == [
        ("24", "measured"),
        ("24", "calculated"),
        ("24", "calculated"),
        ("24", "calculated"),
    ]


def test_blank_repeated_rare_and_single_readings_are_told():
    """With their rows."""
    rows = [("m", "1", 0), ("m", " ", 1), ("m", "2.0", 5), ("m", "2", 5), ("x", "9", 0)]
    found = consumption(frame(*rows), RegisterRules(interval=dt.timedelta(hours=1)), place="r.csv")
    assert found.spans["quantity"].to_list() == ["1"]
    assert found.remarks == (
        "r.csv: one row has no reading, and the span goes on to the next: row 3",
        "r.csv: one row repeats a reading, and was used once: row 5",
        (
            "r.csv: one meter has a single reading, where its counting begins, and no "
            "consumption: row 6"
        ),
        "r.csv: one span between readings is longer than 1 h: row 4",
    )


@pytest.mark.parametrize(
    "shown", ["1,5", "1 000", "1e3", "-4", "x", "1.", ".5", "\uff11\uff12", "9" * 19]
)
def test_what_is_no_reading_is_named(shown):
    """With its row, its meter, and as it was written."""
    said = refused(frame(("m", "1", 0), ("m", shown, 1)))
    assert "row 3" in said
    assert repr(shown) in said
    assert "meter m" in said


def test_a_time_or_a_meter_that_is_missing_is_named():
    assert "row 3: the time of meter m's reading 2 cannot be read" in refused(
        frame(("m", "1", 0), ("m", "2", None))
    )
    assert "row 2: no meter is named" in refused(frame((" ", "1", 0)))


def test_two_readings_at_one_time_are_refused():
    """Both are shown; neither is taken to be the right one."""
    said = refused(frame(("m", "1", 0), ("m", "5", 1), ("m", "5.5", 1)))
    assert "meter m has several readings at 2025-03-01T01:00:00+00:00" in said
    assert "5 (row 3) and 5.5 (row 4)" in said


def test_a_register_that_counts_down_is_refused_with_three_reasons():
    """Rollover, reset, swap: each with how to say it."""
    said = refused(frame(("m", "500", 0), ("m", "20", 1)))
    assert "meter m went from 500 (row 2, 2025-03-01T00:00:00+00:00) to 20 (row 3," in said
    for word in ("rollover =", 'reset = "00:00"', "[[registers.swaps]]"):
        assert word in said


def test_a_reading_that_went_back_a_little_is_no_rollover():
    """Nobody used nearly all of the register between two readings, unless they say so."""
    rows = frame(("m", "500", 0), ("m", "499", 1))
    said = refused(rows, RegisterRules(rollover=Decimal(1000)))
    assert "rollover_step_max (500; --rollover-step-max)" in said
    rules = RegisterRules(rollover=Decimal(1000), rollover_step_max=Decimal(999))
    assert consumption(rows, rules).spans["quantity"].to_list() == ["999"]


def test_a_reading_above_its_limit_is_refused():
    said = refused(
        frame(("m", "999.5", 0), ("m", "1000.5", 1)), RegisterRules(rollover=Decimal(1000))
    )
    assert "row 3: meter m reads 1000.5, more than where it rolls over: 1000" in said


def test_a_reading_at_the_reset_that_is_the_days_last_is_no_first():
    """It is asked, since a day's whole consumption depends on it."""
    said = refused(frame(("m", "300", 23), ("m", "324", 24)), RegisterRules(reset=dt.time()))
    assert 'reset_reading = "before"' in said
    assert "row 3: meter m reads 324" in said


def test_a_swap_that_contradicts_a_reading_is_refused():
    swap = Swap("m", at(1), Decimal(5), Decimal(0))
    said = refused(
        frame(("m", "4", 0), ("m", "6", 1), ("m", "1", 2)), RegisterRules(swaps=(swap,))
    )
    assert "row 3: meter m reads 6" in said


def test_many_problems_are_counted():
    said = refused(frame(*(("m", "x", hour) for hour in range(25))))
    assert said.count("expected a reading") == 10
    assert "and 15 more" in said


def test_a_span_of_many_years_is_not_spread():
    rows = frame(("m", "0", 0), ("m", "1", 24 * 4000))
    assert "more than 3660 days" in refused(rows, RegisterRules(by_day=True))
