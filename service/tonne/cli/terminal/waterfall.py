"""A waterfall of bars in a terminal: two totals, and the steps between them."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

WIDTH = 30
"""Characters of the bars."""

_FULL, _UP, _DOWN = "█", "▓", "░"

_MARGIN = Decimal("0.25")
"""Part of the range of the levels that is left below the lowest one."""


@dataclass(frozen=True, slots=True)
class Step:
    """A bar: what it is called, and what it adds; a total stands on its own."""

    name: str
    amount: Decimal
    is_total: bool = False


def bars_of(steps: Sequence[Step], width: int = WIDTH) -> tuple[list[str], Decimal]:
    """Draw the steps.

    Parameters
    ----------
    steps : sequence of Step
        The first one is a total.
    width : int
        Characters of the whole range.

    Returns
    -------
    tuple of list of str and Decimal
        A bar for each: of a total full, of what adds dark, of what takes away light; and the
        amount at which the bars begin: 0, unless the steps are small against the totals.
    """
    spans = []
    level = Decimal(0)
    for step in steps:
        begun = Decimal(0) if step.is_total else level
        level = step.amount if step.is_total else level + step.amount
        spans.append((begun, level))
    levels = [each for _, each in spans]
    low, high = min(levels), max(levels)
    start = max(low - (high - low) * _MARGIN, Decimal(0)) if low > 0 else min(low, Decimal(0))
    top = max(high, Decimal(0))
    scale = Decimal(width) / (top - start) if top > start else Decimal(0)
    bars = []
    for step, (begun, ended) in zip(steps, spans, strict=True):
        first, last = sorted(max(each, start) for each in (begun, ended))
        left, right = (round((each - start) * scale) for each in (first, last))
        if right == left and first != last:
            left, right = min(left, width - 1), min(left, width - 1) + 1
        mark = _FULL if step.is_total else _UP if step.amount >= 0 else _DOWN
        bars.append(" " * left + mark * (right - left))
    return bars, start
