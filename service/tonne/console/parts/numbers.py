"""Numbers as texts: rounded once for the eye, with all digits beside."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from tonne.console.parts.blocks import Head, Number
from tonne.yearly.figures import exact_text, shown_number

if TYPE_CHECKING:
    from collections.abc import Iterable

KG_PER_T = 1_000

SMALL = 1_000
"""Below it numbers are shown with three places, from it on with one."""

MASS_UNIT = "t CO2e"


def mass_places(masses: Iterable[Decimal | Fraction | None]) -> int:
    """Choose how many places tonnes of a table have, from its kg."""
    sizes = [abs(Fraction(each)) / KG_PER_T for each in masses if each is not None]
    return 3 if sizes and max(sizes) < SMALL else 1


def mass(kg: Decimal | Fraction | None, places: int, href: str = "", shade: str = "") -> Number:
    """Write kg CO2e as tonnes; nothing where nothing is posted, which is not zero."""
    if kg is None:
        return Number("")
    return Number(
        shown_number(Fraction(kg) / KG_PER_T, places),
        f"{exact_text(kg)} kg CO2e",
        href,
        shade,
    )


def amount(value: Decimal | Fraction | None, unit: str = "", href: str = "") -> Number:
    """Write a number whose unit stands beside it."""
    if value is None:
        return Number("")
    exact = Fraction(value)
    places = 0 if exact.denominator == 1 else 3 if abs(exact) < SMALL else 1
    return Number(shown_number(exact, places), f"{exact_text(value)} {unit}".rstrip(), href)


def digits(value: Decimal | Fraction) -> str:
    """Write a number with all its digits, thousands separated; a fraction like `1/3` as it is."""
    text = exact_text(value)
    if "/" in text:
        return text
    sign, text = ("-", text[1:]) if text.startswith("-") else ("", text)
    whole, point, rest = text.partition(".")
    return f"{sign}{int(whole):,}{point}{rest}"


def short(value: Decimal | Fraction, places: int = 9) -> str:
    """Write a number with a few places; `≈` in front says that it was rounded."""
    exact = Fraction(value)
    whole = digits(exact)
    if "/" not in whole and len(whole.partition(".")[2]) <= places:
        return whole
    return f"≈{shown_number(exact, places)}"


def exactly(kg: Decimal | Fraction) -> Number:
    """Write kg CO2e with a few places, and all of its digits beside."""
    return Number(short(kg), f"{digits(kg)} kg CO2e")


def count(value: int, href: str = "") -> Number:
    """Write how many."""
    return Number(f"{value:,}", "", href)


def percent(value: Decimal | Fraction | None, href: str = "") -> Number:
    """Write a percentage with one place."""
    if value is None:
        return Number("")
    return Number(f"{shown_number(Fraction(value), 1)} %", f"{exact_text(value)} %", href)


def plain(value: object) -> str:
    """Write a record's quantity with its digits; one that is no number as it came."""
    return digits(value) if isinstance(value, Decimal) else str(value or "")


def span(start: object, end: object) -> str:
    """Write from when to when, UTC; two midnights as days alone."""
    found = [each for each in (start, end) if isinstance(each, dt.datetime)]
    are_days = all(each.astimezone(dt.UTC).time() == dt.time() for each in found)
    return " – ".join(filter(None, (_time(each, are_days=are_days) for each in (start, end))))


def _time(value: object, *, are_days: bool) -> str:
    if not isinstance(value, dt.datetime):
        return str(value or "").removesuffix("T00:00:00Z")
    moment = value.astimezone(dt.UTC)
    if are_days:
        return f"{moment:%Y-%m-%d}"
    return f"{moment:%Y-%m-%d %H:%M}" + (f":{moment:%S}" if moment.second else "")


def month_head(month: str) -> Head:
    """Make the head of a column of a month: `2025-03` as 03 over 2025."""
    year, _, number = month.partition("-")
    return Head(number, year, is_number=True)
