"""A key of allocation: who has how much of a meter, from a day to a day.

Source: GHG Protocol Corporate Value Chain Standard (2011), chapter 8 (allocation by physical and
economic factors); ISO 14064-1:2018, annex H (an allocation is stated with its basis and reason).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

from tonne.catalogue.resolving.valuation import exact_text
from tonne.catalogue.words import units
from tonne.errors import FieldInvalid
from tonne.model import (
    DAY_COUNT_MAX,
    day_of_number,
    first_day_of,
    number_of_day,
    period_of_day,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

DIMENSIONS = {
    "energy": "energy",
    "area": "area",
    "revenue": units.MONEY,
    "mass": "mass",
    "count": "count",
}
"""What a key can be by, and of which dimension its unit is (how that of money begins)."""

BASES = tuple(DIMENSIONS)

SPANS_MAX = 1_000
"""Most spans of a key."""

RECIPIENTS_MAX = 1_000
"""Most recipients of a key, over all its spans."""

DIGITS_MAX = 18
"""Digits of a weight before the point, and behind it."""

NAME_CHARACTERS_MAX = 200
"""Most characters of a recipient's name."""

_SHOWN_MAX = 5
"""Spans of days that a message lists."""


@dataclass(frozen=True, slots=True)
class Weight:
    """What of a span is one recipient's: a number of the key's unit."""

    recipient: str
    value: Fraction


@dataclass(frozen=True, slots=True)
class Span:
    """What a key says of some days.

    Parameters
    ----------
    first_day, stop_day : int
        Days since 1970-01-01, `stop_day` exclusive; `DAY_COUNT_MAX` is until further notice.
    weights : tuple of Weight
        Each recipient once.
    whole : Fraction or None
        What the weights are parts of, in the key's unit; None: of their sum.
    is_metered : bool
        Whether they are parts of what the meter itself shows in these days.
    """

    first_day: int
    stop_day: int
    weights: tuple[Weight, ...]
    whole: Fraction | None = None
    is_metered: bool = False

    @property
    def days_text(self) -> str:
        """The days, the last one named."""
        return _days_text(self.first_day, self.stop_day)

    @property
    def total(self) -> Fraction:
        """What the weights add up to."""
        return sum((each.value for each in self.weights), Fraction(0))

    def check(self, where: str, basis: str) -> None:
        """Refuse what contradicts itself in a key by some basis. Raises `FieldInvalid`."""
        if self.first_day >= self.stop_day:
            raise _invalid(where, "valid_to after valid_from, being exclusive", self.days_text)
        seen = set()
        for name, value in ((each.recipient, each.value) for each in self.weights):
            if not name.strip() or len(name) > NAME_CHARACTERS_MAX:
                raise _invalid(where, f"names of 1 to {NAME_CHARACTERS_MAX} characters", name)
            if name in seen:
                raise _invalid(where, "each recipient once", name)
            if value < 0:
                raise _invalid(where, f"a weight of {name!r} that is not below 0", str(value))
            seen.add(name)
        if self.weights and not self.total:
            raise _invalid(where, "weights above 0, or none where all is nobody's", "only zeros")
        self._check_whole(where, basis)

    def _check_whole(self, where: str, basis: str) -> None:
        if self.is_metered and basis != "energy":
            raise _invalid(where, "a key by energy for parts of the meter itself", basis)
        if self.is_metered and (self.whole is not None or self.stop_day == DAY_COUNT_MAX):
            raise _invalid(
                where, "valid_to, and no whole, for parts of the meter itself", self.days_text
            )
        if self.whole is not None and (self.whole <= 0 or self.total > self.whole):
            raise _invalid(
                where,
                "a whole above 0 and no less than its weights, which add up to "
                f"{exact_text(self.total)}",
                exact_text(self.whole),
            )


@dataclass(frozen=True, slots=True)
class Key:
    """A key of allocation: dated, versioned, with its reason.

    Parameters
    ----------
    id : str
        What it is called.
    version : int
        From 1.
    basis : str
        One of `BASES`.
    unit : str
        Of its weights: a unit of the basis.
    reason : str
        Why it is this one.
    spans : tuple of Span
        In order of time.
    source : str
        Where the weights are from.

    Raises
    ------
    FieldInvalid
        Something of this is missing or contradicts itself; the message names the span.
    """

    id: str
    version: int
    basis: str
    unit: str
    reason: str
    spans: tuple[Span, ...]
    source: str = ""

    def __post_init__(self) -> None:
        """Check the key."""
        for field, text in (("id", self.id), ("reason", self.reason)):
            if not text.strip():
                raise _invalid(field, f"a text, as every key has its {field}", text)
        if self.version < 1:
            raise _invalid("version", "a number from 1 up", str(self.version))
        if self.basis not in BASES:
            raise _invalid("basis", f"one of {', '.join(BASES)}", self.basis)
        unit = units.find(self.unit)
        dimension = DIMENSIONS[self.basis]
        if unit is None or not unit.dimension.startswith(dimension):
            expected = f"a unit of {dimension.strip()} for a key by {self.basis}"
            raise _invalid("unit", expected, self.unit)
        self._check_spans()
        count = len(self.recipients)
        if count > RECIPIENTS_MAX:
            raise _invalid("spans", f"at most {RECIPIENTS_MAX:,} recipients", f"{count:,}")

    def _check_spans(self) -> None:
        if not 1 <= len(self.spans) <= SPANS_MAX:
            raise _invalid("spans", f"1 to {SPANS_MAX:,} spans of days", str(len(self.spans)))
        for number, span in enumerate(self.spans):
            span.check(f"spans[{number}]", self.basis)
        for before, after in pairwise(self.spans):
            if after.first_day < before.stop_day:
                raise _invalid(
                    "spans",
                    "spans in order of time, none over another",
                    f"{before.days_text} and {after.days_text}",
                )

    @property
    def recipients(self) -> tuple[str, ...]:
        """All recipients, sorted."""
        return tuple(sorted({each.recipient for span in self.spans for each in span.weights}))

    def check_covers(self, first_period: int, last_period: int) -> None:
        """Refuse a key that does not say whose each day of some months is; names the days."""
        missing = list(
            _gaps(self.spans, first_day_of(first_period), first_day_of(last_period + 1))
        )
        if missing:
            shown = ", ".join(_days_text(*each) for each in missing[:_SHOWN_MAX])
            more = f" and {len(missing) - _SHOWN_MAX} more" if len(missing) > _SHOWN_MAX else ""
            count = sum(stop - first for first, stop in missing)
            raise FieldInvalid(
                f"key {self.id!r} says nothing of {count:,} days of the months that are asked "
                f"for: {shown}{more}; add a span for them (without weights, where they are "
                "nobody's), or ask for the months that it covers",
                metadata={"field": "key.spans", "key": self.id, "missing_days": str(count)},
            )


def read_span(
    where: str,
    valid_from: str,
    valid_to: str,
    weights: Iterable[tuple[str, str]],
    whole: str = "",
    *,
    is_metered: bool = False,
) -> Span:
    """Read a span from texts: days as YYYY-MM-DD, decimals. Raises `FieldInvalid`.

    An empty `valid_to` is until further notice.
    """
    return Span(
        _day(f"{where}.valid_from", valid_from),
        _day(f"{where}.valid_to", valid_to) if valid_to else DAY_COUNT_MAX,
        tuple(
            Weight(name, _decimal(f"{where}.weights[{name!r}]", value)) for name, value in weights
        ),
        _decimal(f"{where}.whole", whole) if whole else None,
        is_metered,
    )


def months_of(span: Span) -> tuple[int, int]:
    """First and last month of a span."""
    return period_of_day(span.first_day), period_of_day(span.stop_day - 1)


def _gaps(spans: Iterable[Span], first: int, stop: int) -> Iterable[tuple[int, int]]:
    """Spans of days of none of the key's."""
    day = first
    for span in spans:
        if span.stop_day <= day:
            continue
        if span.first_day >= stop:
            break
        if span.first_day > day:
            yield day, span.first_day
        day = span.stop_day
    if day < stop:
        yield day, stop


def _days_text(first_day: int, stop_day: int) -> str:
    first = day_of_number(first_day).isoformat()
    if stop_day == DAY_COUNT_MAX:
        return f"{first} on"
    last = day_of_number(max(stop_day - 1, 0)).isoformat()
    return first if first == last else f"{first} to {last}"


def _day(field: str, text: str) -> int:
    try:
        return number_of_day(dt.date.fromisoformat(text))
    except ValueError:
        raise _invalid(field, "a day like 2025-01-31", text) from None


def _decimal(field: str, text: str) -> Fraction:
    whole, _, places = text.partition(".")
    digits = f"{whole}{places}"
    is_decimal = digits.isascii() and digits.isdigit() and bool(whole)
    if not is_decimal or len(whole) > DIGITS_MAX or len(places) > DIGITS_MAX:
        raise _invalid(
            field, f"a decimal like 12.5, at most {DIGITS_MAX} digits on each side", text
        )
    return Fraction(text.rstrip("."))


def _invalid(field: str, expected: str, given: str) -> FieldInvalid:
    return FieldInvalid(
        f"key.{field}: expected {expected}; got {given!r}",
        metadata={"field": f"key.{field}", "value": given},
    )
