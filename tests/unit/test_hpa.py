"""The autoscaler's arithmetic, as tables: what the controller does in each of these cases."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from tests.support.scaling.hpa import Autoscaler, Policy, Rules, desired_replicas, milli

NO_WAIT = Rules((Policy("Percent", 100, 15),), 0)


@pytest.mark.parametrize(
    ("current", "metric_sum", "target", "desired"),
    [
        (3, "2.1", "0.7", 3),  # on target
        (3, "2.31", "0.7", 3),  # exactly 10 % over: inside the tolerance
        (3, "2.312", "0.7", 4),  # a little over 10 %: ceil(3.303)
        (3, "1.89", "0.7", 3),  # exactly 10 % under
        (3, "1.888", "0.7", 3),  # under, but ceil(2.697) is 3 all the same
        (3, "1.4", "0.7", 2),
        (3, "0", "0.7", 0),  # the minimum is not this function's affair
        (3, "96", "0.7", 138),
        (1, "0.78", "0.7", 2),  # 11 % over
        (1, "0.77", "0.7", 1),
        (10, "7.7", "0.7", 10),
        (10, "7.71", "0.7", 12),  # with many replicas the tolerance hides one pod, then two
        (0, "1.5", "0.7", 3),  # no tolerance from zero
        (0, "0", "0.7", 0),
        (2, "0.0001", "0.7", 1),  # a tenth of a thousandth counts as a whole one
        (1, "99999999999999", "0.001", 2**31 - 1),
    ],
)
def test_average_value(current: int, metric_sum: str, target: str, desired: int) -> None:
    assert desired_replicas(current, Decimal(metric_sum), Decimal(target)) == desired


@pytest.mark.parametrize(
    ("metric_sum", "up", "down", "desired"),
    [
        ("2.2", Fraction(0), Fraction(1, 10), 4),
        ("2.0", Fraction(0), Fraction(1, 10), 3),
        ("2.4", Fraction(1, 5), Fraction(1, 10), 3),
        ("1.3", Fraction(0), Fraction(2, 5), 3),
        ("1.3", Fraction(0), Fraction(3, 10), 2),
    ],
)
def test_each_direction_has_a_tolerance(
    metric_sum: str, up: Fraction, down: Fraction, desired: int
) -> None:
    assert desired_replicas(3, Decimal(metric_sum), Decimal("0.7"), up, down) == desired


def test_milli_values_round_up() -> None:
    assert [milli(Decimal(text)) for text in ("0.7", "0.70001", "-0.0005", "3")] == [
        700,
        701,
        0,
        3000,
    ]


def test_a_target_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="positive"):
        desired_replicas(1, 1, 0)


Step = tuple[int, "str | None", int]


def walk(scaler: Autoscaler, current: int, steps: list[Step]) -> None:
    """Apply the steps (second, metric, replicas expected); a change takes effect at once."""
    for now_s, metric, expected in steps:
        got = scaler.step(now_s, current, None if metric is None else Decimal(metric))
        assert got == expected, f"at {now_s} s with {current} replicas and a metric of {metric}"
        current = got


@pytest.mark.parametrize(
    ("current", "steps"),
    [
        pytest.param(
            3,
            # max(+4 pods, +100 %) per 15 s: 3 -> 7, and 15 s later 7 -> 14, 14 -> 28, the maximum
            [(0, "100", 7), (14, "100", 7), (15, "100", 14), (30, "100", 28), (45, "100", 30)],
            id="up by the default policies",
        ),
        pytest.param(
            10,
            # the highest recommendation of the last 300 s; the first one is what there was
            [(0, "0.7", 10), (285, "0.7", 10), (299, "0.7", 10), (300, "0.7", 2)],
            id="down after the window",
        ),
        pytest.param(
            4,
            [(0, "2.8", 4), (60, "5.6", 8), (120, "1.4", 8), (359, "1.4", 8), (360, "1.4", 2)],
            id="a peak holds the pods for a window",
        ),
        pytest.param(4, [(0, None, 4), (15, None, 4)], id="no metric, no change"),
        pytest.param(40, [(0, None, 30)], id="above the maximum"),
        pytest.param(1, [(0, None, 2)], id="below the minimum"),
        pytest.param(0, [(0, "10", 0)], id="switched off at zero"),
    ],
)
def test_default_behavior(current: int, steps: list[Step]) -> None:
    walk(Autoscaler(Decimal("0.7"), 2, 30), current, steps)


@pytest.mark.parametrize(
    ("up", "current", "steps"),
    [
        pytest.param(
            Rules((Policy("Pods", 2, 60),), 0),
            3,
            [(0, "70", 5), (15, "70", 5), (59, "70", 5), (60, "70", 7)],
            id="two pods a minute",
        ),
        pytest.param(
            Rules((Policy("Percent", 10, 60),), 0),
            1,
            [(0, "70", 2), (60, "70", 3), (120, "70", 4)],
            id="percent rounds up",
        ),
        pytest.param(
            Rules((Policy("Pods", 4, 60), Policy("Percent", 50, 60)), 0, "Min"),
            4,
            [(0, "70", 6), (60, "70", 9), (120, "70", 13)],
            id="the lesser of two policies",
        ),
        pytest.param(
            Rules((Policy("Pods", 4, 60),), 0, "Disabled"),
            4,
            [(0, "70", 4)],
            id="disabled",
        ),
        pytest.param(
            Rules((Policy("Pods", 100, 15),), 60),
            4,
            # the least recommendation of the last 60 s: the first is what there was
            [(0, "14", 4), (45, "14", 4), (60, "14", 20), (61, "2.8", 4)],
            id="a window upwards",
        ),
    ],
)
def test_scale_up_rules(up: Rules, current: int, steps: list[Step]) -> None:
    down = Rules((Policy("Percent", 100, 15),), 0)
    walk(Autoscaler(Decimal("0.7"), 1, 50, up, down), current, steps)


@pytest.mark.parametrize(
    ("down", "current", "steps"),
    [
        pytest.param(
            Rules((Policy("Percent", 10, 60),), 0),
            20,
            [(0, "0", 18), (15, "0", 18), (60, "0", 16), (120, "0", 14)],
            id="percent cuts off",
        ),
        pytest.param(
            Rules((Policy("Pods", 1, 60), Policy("Percent", 50, 60)), 0, "Min"),
            20,
            [(0, "0", 19), (60, "0", 18)],
            id="the lesser change",
        ),
        pytest.param(
            Rules((Policy("Pods", 1, 60), Policy("Percent", 50, 60)), 0, "Max"),
            20,
            [(0, "0", 10), (60, "0", 5), (120, "0", 2), (180, "0", 1)],
            id="the greater change",
        ),
        pytest.param(
            Rules((Policy("Pods", 5, 60),), 0, "Disabled"),
            20,
            [(0, "0", 20)],
            id="disabled",
        ),
    ],
)
def test_scale_down_rules(down: Rules, current: int, steps: list[Step]) -> None:
    walk(Autoscaler(Decimal("0.7"), 1, 50, NO_WAIT, down), current, steps)


def test_what_went_down_may_come_up_again_within_the_period() -> None:
    """The limit counts from the replicas of a period ago, removed pods included."""
    up = Rules((Policy("Pods", 1, 60),), 0)
    walk(Autoscaler(1, 1, 50, up, NO_WAIT), 6, [(0, "3", 3), (15, "10", 7), (30, "10", 7)])
