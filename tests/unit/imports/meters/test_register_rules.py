"""The table [registers] of a profile."""

from __future__ import annotations

import datetime as dt
import tomllib
from decimal import Decimal

import pytest

from tonne.errors import FieldInvalid
from tonne.imports.meters.register_rules import RegisterRules, Swap, read_register_rules


def read(text):
    return read_register_rules(tomllib.loads(text), "Asia/Shanghai")


def test_everything_that_can_be_said():
    """Limits as texts or whole numbers; times without an offset are of the file's zone."""
    found = read(
        """
        rollover = "99999.9"
        rollover_step_max = 70000
        reset = "00:00"
        reset_reading = "before"
        interval = "15 min"
        by_day = true
        [rollovers]
        m2 = 1000
        [[swaps]]
        meter = "m1"
        time = 2025-03-04T10:30:00
        last = "812.5"
        first = 0
        [[swaps]]
        meter = "m2"
        time = "2025-03-04T10:30:00Z"
        last = 5
        first = 1
        """
    )
    half_past_two = dt.datetime(2025, 3, 4, 2, 30, tzinfo=dt.UTC)
    assert found == RegisterRules(
        rollover=Decimal("99999.9"),
        rollovers={"m2": Decimal(1000)},
        rollover_step_max=Decimal(70000),
        reset=dt.time(),
        reset_reading="before",
        time_zone="Asia/Shanghai",
        swaps=(
            Swap("m1", half_past_two, Decimal("812.5"), Decimal(0)),
            Swap("m2", half_past_two.replace(hour=10), Decimal(5), Decimal(1)),
        ),
        interval=dt.timedelta(minutes=15),
        by_day=True,
    )
    assert read("") == RegisterRules(time_zone="Asia/Shanghai")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rolover = 5", "'rolover' is no key of it"),
        ("rolover = 5", "did you mean 'rollover'?"),
        ("rollover = 99999.9", 'registers.rollover: expected a reading in quotes, like "99999.9"'),
        ("rollover = 0", "above zero"),
        ("rollover = '1,000'", "got '1,000'"),
        ("rollover = true", "got True"),
        ("rollovers = 5", "a table of meters"),
        ("reset = 'midnight'", "registers.reset: expected a time of day"),
        ("reset = '00:00+08:00'", "without an offset"),
        ("reset_reading = 'first'", '"after" or "before"'),
        ("interval = '0 min'", "registers.interval"),
        ("interval = 15", "registers.interval"),
        ("by_day = 1", "true or false"),
        ("swaps = 5", "[[registers.swaps]]"),
        ("[[swaps]]\nmeter = 'm'", "the keys meter, time, last, first"),
        ("[[swaps]]\nmetre = 'm'", "did you mean 'meter'?"),
        ("[[swaps]]\nmeter='m'\ntime='x'\nlast=1\nfirst=0", "registers.swaps[0].time"),
        ("[[swaps]]\nmeter='m'\ntime=2025-01-01T00:00:00Z\nlast=1.5\nfirst=0", "in quotes"),
    ],
)
def test_what_is_wrong_is_named(text, said):
    """With its place, what was expected and what was there."""
    with pytest.raises(FieldInvalid) as caught:
        read(text)
    assert said in caught.value.message


def test_a_swap_in_the_hour_that_comes_twice_needs_its_offset():
    table = {"meter": "m", "time": "2025-10-26T01:30:00", "last": 1, "first": 0}
    with pytest.raises(FieldInvalid, match="with its offset"):
        read_register_rules({"swaps": [table]}, "Europe/London")
