"""The replica arithmetic of the Horizontal Pod Autoscaler, for one External metric, exact.

The algorithm is the published one (kubernetes.io, "Horizontal Pod Autoscaling": algorithm
details, configurable scaling behavior). Where the controller computes with doubles, this computes
with fractions; the two agree except where a double rounds across a border.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil
from typing import Literal, TypeAlias

Number: TypeAlias = int | Decimal | Fraction

TOLERANCE = Fraction(1, 10)
SYNC_PERIOD_S = 15
REPLICAS_MAX = 2**31 - 1


def milli(value: Number) -> int:
    """A quantity as the metrics API hands it over: whole thousandths, rounded up."""
    return ceil(Fraction(value) * 1000)


def desired_replicas(
    current: int,
    metric_sum: Fraction | Decimal | int,
    target_average: Fraction | Decimal | int,
    tolerance: Fraction = TOLERANCE,
    tolerance_down: Fraction | None = None,
) -> int:
    """Replicas that one External metric with an AverageValue target asks for.

    `ceil(metric_sum / target_average)`, unless the average over the current replicas is within
    the tolerance of the target. Ready pods do not enter. `tolerance` is that of scaling up, and
    of scaling down as well unless `tolerance_down` says otherwise.
    """
    usage, target = milli(metric_sum), milli(target_average)
    if target <= 0:
        raise ValueError(f"the target must be positive, got {target_average}")
    if current:
        ratio = Fraction(usage, target * current)
        down = tolerance if tolerance_down is None else tolerance_down
        if 1 - down <= ratio <= 1 + tolerance:
            return current
    return min(ceil(Fraction(usage, target)), REPLICAS_MAX)


@dataclass(frozen=True, slots=True)
class Policy:
    """`value` pods, or percent of the pods, in `period_s` seconds."""

    kind: Literal["Pods", "Percent"]
    value: int
    period_s: int


@dataclass(frozen=True, slots=True)
class Rules:
    """`behavior.scaleUp` or `behavior.scaleDown`."""

    policies: tuple[Policy, ...]
    stabilization_window_s: int
    select: Literal["Max", "Min", "Disabled"] = "Max"
    tolerance: Fraction = TOLERANCE


DEFAULT_SCALE_UP = Rules((Policy("Pods", 4, 15), Policy("Percent", 100, 15)), 0)
DEFAULT_SCALE_DOWN = Rules((Policy("Percent", 100, 15),), 300)


@dataclass(frozen=True, slots=True)
class _Moment:
    """A recommendation or a change of replicas, and when it was."""

    at_s: Number
    replicas: int


class Autoscaler:
    """One HorizontalPodAutoscaler with a behavior, over injected time.

    Call `step` once per sync period with the replicas of the Deployment and the metric's sum;
    it returns the replicas to set. `metric_sum=None` is a metric that could not be read: nothing
    changes then.
    """

    def __init__(
        self,
        target_average: Number,
        replicas_min: int,
        replicas_max: int,
        scale_up: Rules = DEFAULT_SCALE_UP,
        scale_down: Rules = DEFAULT_SCALE_DOWN,
    ) -> None:
        self.target_average = target_average
        self.replicas_min = replicas_min
        self.replicas_max = replicas_max
        self.scale_up = scale_up
        self.scale_down = scale_down
        self._recommendations: list[_Moment] = []
        self._ups: list[_Moment] = []
        self._downs: list[_Moment] = []

    def step(self, now_s: Number, current: int, metric_sum: Number | None) -> int:
        """The replicas that follow from `current` and the metric at `now_s`."""
        if not self._recommendations:
            self._recommendations.append(_Moment(now_s, current))
        if current == 0:
            return 0  # zero replicas switch the autoscaler off
        if current > self.replicas_max:
            wanted = self.replicas_max
        elif current < self.replicas_min:
            wanted = self.replicas_min
        elif metric_sum is None:
            return current
        else:
            wanted = self._from_metric(now_s, current, metric_sum)
        if wanted > current:
            self._ups.append(_Moment(now_s, wanted - current))
        elif wanted < current:
            self._downs.append(_Moment(now_s, current - wanted))
        return wanted

    def _from_metric(self, now_s: Number, current: int, metric_sum: Number) -> int:
        recommended = desired_replicas(
            current,
            metric_sum,
            self.target_average,
            self.scale_up.tolerance,
            self.scale_down.tolerance,
        )
        stable = self._stabilize(now_s, current, recommended)
        if stable > current:
            limit = max(current, self._limit(now_s, current, self.scale_up, 1))
            return min(stable, self.replicas_max, limit)
        if stable < current:
            limit = min(current, self._limit(now_s, current, self.scale_down, -1))
            return max(stable, self.replicas_min, limit)
        return stable

    def _stabilize(self, now_s: Number, current: int, recommended: int) -> int:
        """Bring `current` between the least and the greatest of the recent recommendations."""
        up_s = now_s - self.scale_up.stabilization_window_s
        down_s = now_s - self.scale_down.stabilization_window_s
        past = self._recommendations
        least = min([recommended, *(moment.replicas for moment in past if moment.at_s > up_s)])
        greatest = max(
            [recommended, *(moment.replicas for moment in past if moment.at_s > down_s)]
        )
        self._recommendations = [moment for moment in past if moment.at_s > min(up_s, down_s)]
        self._recommendations.append(_Moment(now_s, recommended))
        return min(max(current, least), greatest)

    def _limit(self, now_s: Number, current: int, rules: Rules, direction: Literal[1, -1]) -> int:
        """The replicas that the policies allow: what there was a period ago, and the change."""
        if rules.select == "Disabled":
            return current
        proposals = []
        for policy in rules.policies:
            since_s = now_s - policy.period_s
            added = sum(event.replicas for event in self._ups if event.at_s > since_s)
            removed = sum(event.replicas for event in self._downs if event.at_s > since_s)
            proposals.append(_propose(current - added + removed, policy, direction))
        most_replicas = (rules.select == "Max") == (direction == 1)
        return max(proposals) if most_replicas else min(proposals)


def _propose(start: int, policy: Policy, direction: Literal[1, -1]) -> int:
    if policy.kind == "Pods":
        return start + direction * policy.value
    proposed = Fraction(start * (100 + direction * policy.value), 100)
    # Up rounds up, or one pod could never grow by a few percent; down cuts off.
    return ceil(proposed) if direction == 1 else int(proposed)
