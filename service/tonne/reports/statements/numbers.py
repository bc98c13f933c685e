"""Numbers of answers: rationals as decimals."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from tonne.catalogue.resolving.valuation import decimal_text

PLACES, PLACES_MAX, DIGITS_MIN = 3, 18, 4
"""Places of a number in a sentence; more where it would have fewer digits than the least."""

if TYPE_CHECKING:
    from fractions import Fraction


def decimal_of(value: Fraction) -> Decimal:
    """Write a rational as a decimal: exact within 18 places, else rounded there, half-even."""
    return Decimal(decimal_text(value))


def people_text(value: Fraction) -> str:
    """Write a rational in a sentence: exact where it is short, else its first digits, "about"."""
    exact = decimal_text(value)
    places = PLACES
    while value and abs(value) * 10**places < 10 ** (DIGITS_MIN - 1) and places < PLACES_MAX:
        places += 1
    rounded = round(value, places)
    return exact if rounded == value else f"about {decimal_text(rounded)}"


def maybe(value: Fraction | None) -> Decimal | None:
    """Write a rational that may not be there."""
    return None if value is None else decimal_of(value)


def share_percent(part: Fraction, whole: Fraction) -> Decimal | None:
    """Write a part in percent of a whole; None of nothing."""
    return decimal_of(100 * part / whole) if whole else None
