"""Quantities as whole numbers: units of the eighteenth place, exact whatever is done with them."""

from __future__ import annotations

from decimal import Context, Decimal, Inexact, InvalidOperation
from fractions import Fraction
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

QUANTITY_PLACES = 18
"""Decimal places of a quantity in the ledger."""

ATTO_PER_ONE = 10**QUANTITY_PLACES
"""Units of the last place in one: a quantity in them is a whole number."""

SHOWN_PLACES_MIN = 6
"""Places with which a quantity is written that has no more."""


def quantity_text(atto: int) -> str:
    """Write units of 10^-18 as a decimal with at least 6 places, like `"-1.500000"`."""
    sign = "-" if atto < 0 else ""
    whole, part = divmod(abs(atto), ATTO_PER_ONE)
    places = f"{part:0{QUANTITY_PLACES}d}".rstrip("0")
    return f"{sign}{whole}.{places:0<{SHOWN_PLACES_MIN}}"


def quantity_decimal(atto: int) -> Decimal:
    """Write units of 10^-18 as an exact decimal, however many digits it has."""
    return Decimal(quantity_text(atto))


def atto_of(quantity: Decimal) -> int:
    """Read a decimal of at most 18 places as units of 10^-18, whatever the decimal context."""
    return int(Fraction(quantity) * ATTO_PER_ONE)


_EXACT: Final = Context(prec=1_000, traps=[Inexact, InvalidOperation])
"""A context that rounds nothing: Python's own keeps 28 digits."""


def exact_sum(values: Iterable[Decimal]) -> Decimal:
    """Add decimals to the last digit, however many they have."""
    total = Decimal(0)
    for value in values:
        total = _EXACT.add(total, value)
    return total


def shifted(value: Decimal, places: int) -> Decimal:
    """Multiply a decimal by a power of ten, with all its digits."""
    return _EXACT.scaleb(value, places)
