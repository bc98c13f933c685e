"""Drawings that `yearly.charts` has not: differences around a line of nothing."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Final

from tonne.yearly.charts import text_of
from tonne.yearly.figures import rounded_text, shown_number

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH: Final = 720

LABEL_WIDTH: Final = 180

VALUE_WIDTH: Final = 80
"""Room for a number on each side."""

ROW_HEIGHT, BAR_HEIGHT = 26, 18

LABEL_CHARS: Final = 26

SMALL: Final = 100
"""From it on a number has no places."""


def differences(title: str, found: Sequence[tuple[str, Fraction]], unit: str) -> str:
    """Draw labelled differences: less to the left, more to the right."""
    left, right = LABEL_WIDTH + VALUE_WIDTH, WIDTH - VALUE_WIDTH
    low = min((value for _, value in found), default=Fraction(0))
    high = max((value for _, value in found), default=Fraction(0))
    low, high = min(low, Fraction(0)), max(high, Fraction(0))
    scale = Fraction(right - left) / (high - low) if high > low else Fraction(0)
    nothing = left - low * scale
    height = ROW_HEIGHT * len(found)
    drawn = [f'<line class="grid" x1="{_at(nothing)}" x2="{_at(nothing)}" y1="0" y2="{height}"/>']
    for number, (label, value) in enumerate(found):
        top = number * ROW_HEIGHT
        middle = top + BAR_HEIGHT * 3 // 4
        begin, end = sorted((nothing, nothing + value * scale))
        is_less = value < 0
        at, anchor = (begin - 8, "end") if is_less else (end + 8, "start")
        sign = "+" if value > 0 else ""
        shown = f"{sign}{shown_number(value, 0 if abs(value) >= SMALL else 1)}"
        drawn.append(
            f'<text class="label" x="0" y="{middle}">{text_of(label, LABEL_CHARS)}</text>'
            f'<rect class="{"down" if is_less else "up"}" x="{_at(begin)}" y="{top}" '
            f'width="{_at(end - begin)}" height="{BAR_HEIGHT}"><title>{text_of(label)}: {shown} '
            f"{text_of(unit)}</title></rect>"
            f'<text class="value" x="{_at(at)}" y="{middle}" text-anchor="{anchor}">{shown}</text>'
        )
    return (
        f'<svg class="chart" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'role="img" aria-label="{text_of(title)}, {text_of(unit)}">{"".join(drawn)}</svg>'
    )


def _at(value: Fraction | int) -> str:
    return rounded_text(Fraction(value), 2).rstrip("0").rstrip(".")
