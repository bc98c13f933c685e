"""Numbers as people write them: the inverse of what reads them."""

from __future__ import annotations

from tonne.imports.values.numbers import GROUPS, LAKH


def grouped(digits, group=""):
    """Put the marks of a grouping between digits; without one they stay as they are."""
    if not group:
        return digits
    step = 2 if group == LAKH else 3
    parts = [digits[-3:]]
    rest = digits[:-3]
    while rest:
        parts.insert(0, rest[-step:])
        rest = rest[:-step]
    return GROUPS[group][-1].join(parts)
