"""Numbers of answers: rationals as decimals."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from tonne.catalogue.resolving.valuation import decimal_text

if TYPE_CHECKING:
    from fractions import Fraction


def decimal_of(value: Fraction) -> Decimal:
    """Write a rational as a decimal: exact within 18 places, else rounded there, half-even."""
    return Decimal(decimal_text(value))


def maybe(value: Fraction | None) -> Decimal | None:
    """Write a rational that may not be there."""
    return None if value is None else decimal_of(value)


def share_percent(part: Fraction, whole: Fraction) -> Decimal | None:
    """Write a part in percent of a whole; None of nothing."""
    return decimal_of(100 * part / whole) if whole else None
