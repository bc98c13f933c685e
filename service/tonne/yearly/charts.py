"""Charts as SVG: drawn here, without a script, each text escaped, colours from the page's classes.

A chart never stands alone: the table beside it has its numbers.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from fractions import Fraction
from html import escape
from typing import TYPE_CHECKING

from tonne.text.visible import visible
from tonne.yearly.figures import rounded_text, shown_number

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

WIDTH = 720
"""Width of a chart that goes over a page, in its own units."""

BAR_HEIGHT, BAR_GAP = 18, 8
LABEL_WIDTH, VALUE_WIDTH = 190, 110

PLOT_HEIGHT, PLOT_LEFT, PLOT_BOTTOM, PLOT_TOP = 180, 64, 22, 8

LABEL_CHARS = 28

TICKS = 4

STEPS = (Fraction(1), Fraction(2), Fraction(5, 2), Fraction(5), Fraction(10))
"""Of a power of ten: distances of ticks."""

CARD_WIDTH, CARD_HEIGHT, CARD_TOP, CARD_PAD = 228, 124, 78, 12
CARD_CHARS, CARD_LINES, CARD_UNIT_CHARS = 30, 2, 20


@dataclass(frozen=True, slots=True)
class BarPart:
    """A part of a bar: the class of its colour, what it is, its size."""

    kind: str
    title: str
    value: Fraction


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar with a label, made of parts."""

    label: str
    parts: tuple[BarPart, ...]

    @property
    def size(self) -> Fraction:
        """How long it is: a part below nothing takes no room."""
        return sum((max(each.value, Fraction(0)) for each in self.parts), Fraction(0))

    @property
    def sum(self) -> Fraction:
        """The sum of its parts."""
        return sum((each.value for each in self.parts), Fraction(0))


def text_of(text: str, chars_max: int = 0) -> str:
    """Write a text into SVG: visible, short, escaped."""
    seen = visible(text)
    if chars_max and len(seen) > chars_max:
        seen = seen[: chars_max - 1].rstrip() + "…"
    return escape(seen)


def legend(parts: Sequence[tuple[str, str]]) -> str:
    """Draw what the colours mean, as pairs of a class and a title."""
    made, left = [], 0
    for kind, title in parts:
        made.append(
            f'<rect class="{kind}" x="{left}" y="3" width="10" height="10" rx="2"/>'
            f'<text x="{left + 15}" y="12">{text_of(title)}</text>'
        )
        left += 15 + 7 * len(title) + 18
    return _svg(WIDTH, 18, "What the colours mean", made, "legend")


def horizontal_bars(title: str, bars: Sequence[Bar], unit: str) -> str:
    """Draw bars beneath each other, with their sums at the end."""
    if not bars:
        return ""
    longest = max(each.size for each in bars)
    room = WIDTH - LABEL_WIDTH - VALUE_WIDTH
    made = []
    for number, bar in enumerate(bars):
        top = number * (BAR_HEIGHT + BAR_GAP)
        middle = top + BAR_HEIGHT * 3 // 4
        made.append(
            f'<text class="label" x="{LABEL_WIDTH - 10}" y="{middle}" text-anchor="end">'
            f"{text_of(bar.label, LABEL_CHARS)}</text>"
        )
        left = Fraction(LABEL_WIDTH)
        for part in bar.parts:
            wide = max(part.value, Fraction(0)) / longest * room if longest else Fraction(0)
            if wide:
                made.append(
                    _rect(
                        part,
                        _Box(left, Fraction(top), wide, Fraction(BAR_HEIGHT)),
                        bar.label,
                        unit,
                    )
                )
            left += wide
        made.append(
            f'<text class="value" x="{_at(left + 8)}" y="{middle}">{_short(bar.sum)}</text>'
        )
    height = len(bars) * (BAR_HEIGHT + BAR_GAP)
    return _svg(WIDTH, height, f"{title}, {unit}", made)


def columns(title: str, bars: Sequence[Bar], unit: str) -> str:
    """Draw columns beside each other, over an axis."""
    tallest = max((each.size for each in bars), default=Fraction(0))
    step = step_of(tallest)
    top_value = max(step * -(-tallest // step), step)
    plot = PLOT_HEIGHT - PLOT_TOP
    made = []
    ticks = int(top_value / step)
    for tick in range(ticks + 1):
        y = PLOT_HEIGHT - plot * Fraction(tick, ticks)
        made.append(
            f'<line class="grid" x1="{PLOT_LEFT}" x2="{WIDTH}" y1="{_at(y)}" y2="{_at(y)}"/>'
            f'<text class="tick" x="{PLOT_LEFT - 8}" y="{_at(y + 4)}" text-anchor="end">'
            f"{_short(step * tick)}</text>"
        )
    room = Fraction(WIDTH - PLOT_LEFT, max(len(bars), 1))
    for number, bar in enumerate(bars):
        left = PLOT_LEFT + room * number + room / 8
        bottom = Fraction(PLOT_HEIGHT)
        for part in bar.parts:
            high = max(part.value, Fraction(0)) / top_value * plot
            bottom -= high
            if high:
                made.append(_rect(part, _Box(left, bottom, room * 3 / 4, high), bar.label, unit))
        made.append(
            f'<text class="tick" x="{_at(left + room * 3 / 8)}" y="{PLOT_HEIGHT + 16}" '
            f'text-anchor="middle">{text_of(bar.label)}</text>'
        )
    return _svg(WIDTH, PLOT_HEIGHT + PLOT_BOTTOM, f"{title}, {unit}", made)


def share_bar(title: str, parts: Sequence[BarPart], unit: str) -> str:
    """Draw one bar over the whole width, its parts as shares."""
    whole = sum((each.value for each in parts), Fraction(0))
    if whole <= 0:
        return ""
    made, left = [], Fraction(0)
    for part in parts:
        wide = max(part.value, Fraction(0)) / whole * WIDTH
        if wide:
            made.append(
                _rect(
                    part, _Box(left, Fraction(0), wide, Fraction(BAR_HEIGHT + 6)), part.title, unit
                )
            )
        left += wide
    return _svg(WIDTH, BAR_HEIGHT + 6, title, made)


def card(
    title: str,
    value: str,
    unit: str,
    points: Sequence[Fraction | None],
    *,
    path: Sequence[Fraction | None] = (),
    badge: str = "",
) -> str:
    """Draw a small card: what, how much, and a line of its months or years.

    `path` is a second, broken line over the same places; `badge` a word like `ahead`.
    """
    made = [
        f'<text class="card-title" x="{CARD_PAD}" y="{20 + 15 * number}">{text_of(line)}</text>'
        for number, line in enumerate(_lines_of(title))
    ]
    made.append(
        f'<text class="card-value" x="{CARD_PAD}" y="64">{text_of(value)}'
        f'<tspan class="card-unit" dx="5">{text_of(unit, CARD_UNIT_CHARS)}</tspan></text>'
    )
    known = [each for each in (*points, *path) if each is not None]
    if len(known) > 1:
        low, high = min(known), max(known)
        if path:
            made.append(_line(path, low, high, "path"))
        made.append(_line(points, low, high, "line"))
    if badge:
        kind = "good" if badge in {"ahead", "on path"} else "bad"
        made.append(
            f'<text class="badge {kind}" x="{CARD_WIDTH - CARD_PAD}" y="64" '
            f'text-anchor="end">{text_of(badge)}</text>'
        )
    frame = (
        f'<rect class="card-frame" x="0.5" y="0.5" width="{CARD_WIDTH - 1}" '
        f'height="{CARD_HEIGHT - 1}" rx="6"/>'
    )
    return _svg(CARD_WIDTH, CARD_HEIGHT, f"{title}: {value} {unit}", [frame, *made], "card")


def _lines_of(title: str) -> list[str]:
    """Break a title into lines that fit a card; what has no room is cut."""
    return textwrap.wrap(visible(title), CARD_CHARS, max_lines=CARD_LINES, placeholder="…")


def _line(points: Sequence[Fraction | None], low: Fraction, high: Fraction, kind: str) -> str:
    """Draw a line through what is known; what is not known is a gap."""
    room, plot = CARD_WIDTH - 2 * CARD_PAD, CARD_HEIGHT - CARD_TOP - CARD_PAD
    last = max(len(points) - 1, 1)
    words, is_on, dots = [], False, []
    for number, value in enumerate(points):
        if value is None:
            is_on = False
            continue
        x = CARD_PAD + Fraction(room * number, last)
        share = (value - low) / (high - low) if high > low else Fraction(1, 2)
        y = CARD_TOP + plot * (1 - share)
        words.append(f"{'L' if is_on else 'M'}{_at(x)} {_at(y)}")
        dots.append(f'<circle class="{kind}-dot" cx="{_at(x)}" cy="{_at(y)}" r="2"/>')
        is_on = True
    drawn = f'<path class="{kind}" d="{" ".join(words)}"/>'
    return drawn + ("".join(dots) if kind == "line" else "")


@dataclass(frozen=True, slots=True)
class _Box:
    """Where a part of a bar is drawn."""

    left: Fraction
    top: Fraction
    wide: Fraction
    high: Fraction


def _rect(part: BarPart, box: _Box, label: str, unit: str) -> str:
    told = label if label == part.title else f"{label}, {part.title}"
    return (
        f'<rect class="{part.kind}" x="{_at(box.left)}" y="{_at(box.top)}" '
        f'width="{_at(box.wide)}" height="{_at(box.high)}"><title>{text_of(told)}: '
        f"{_short(part.value)} {text_of(unit)}</title></rect>"
    )


def _svg(width: int, height: int, title: str, parts: Sequence[str], kind: str = "chart") -> str:
    return (
        f'<svg class="{kind}" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-label="{text_of(title)}">{"".join(parts)}</svg>'
    )


def step_of(top: Fraction) -> Fraction:
    """Choose a round distance of ticks, so that some four of them reach the top."""
    if top <= 0:
        return Fraction(1)
    size = Fraction(1)
    while size * 10 * TICKS < top:
        size *= 10
    while size * TICKS > top:
        size /= 10
    return next(size * each for each in STEPS if size * each * TICKS >= top)


def _at(value: Fraction | int) -> str:
    text = rounded_text(Fraction(value), 2)
    return text.rstrip("0").rstrip(".")


def _short(value: Fraction | Decimal) -> str:
    exact = Fraction(value)
    return shown_number(exact, 0 if abs(exact) >= 100 or exact.denominator == 1 else 1)  # noqa: PLR2004  # three digits
