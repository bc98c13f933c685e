"""Valuation: kilograms of a quantity under a resolution, exact until it is printed.

    mass (kg) = quantity (record's unit) * conversion (factor's units per record's unit)
                * factor (kg per factor's unit)

Rounded once, half-even, at the last printed place; see `decimal_text`.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from tonne.model import MICRO_PER_ONE

if TYPE_CHECKING:
    from tonne.catalogue.resolution import ResolutionEntry

Mass = Literal["kg_co2e", "kg_co2", "kg_ch4", "kg_n2o"]

MASSES: tuple[Mass, ...] = ("kg_co2e", "kg_co2", "kg_ch4", "kg_n2o")
"""What can be valued: kg CO2e, and kg of each gas."""

TEXT_PLACES_MAX = 18
"""Most decimal places that `decimal_text` prints."""


def kg_per_micro(entry: ResolutionEntry, mass: Mass) -> Fraction | None:
    """Kilograms per millionth of the record's unit; None where the factor does not state it."""
    text: str | None = getattr(entry.factor, mass)
    if text is None:
        return None
    return Fraction(Fraction(text) * entry.conversion, MICRO_PER_ONE)


def kg(quantity_micro: int, entry: ResolutionEntry, mass: Mass = "kg_co2e") -> Fraction | None:
    """Kilograms of `quantity_micro` millionths; None where the factor does not state it."""
    per_micro = kg_per_micro(entry, mass)
    return None if per_micro is None else quantity_micro * per_micro


def decimal_text(value: Fraction) -> str:
    """Write a rational as a plain decimal, like `"12.5"`, `"0"` or `"-3"`.

    It is exact where the decimal ends within 18 places, else rounded once, half-even, at the
    18th. No trailing zeros, no exponent, no minus zero.
    """
    return ratio_text(value.numerator, value.denominator)


def ratio_text(numerator: int, denominator: int) -> str:
    """Write `numerator / denominator` as `decimal_text` does; `denominator` is positive."""
    scaled, rest = divmod(abs(numerator) * 10**TEXT_PLACES_MAX, denominator)
    # Half-even: up beyond the half; at the half up where that makes the last digit even.
    if 2 * rest > denominator or (2 * rest == denominator and scaled % 2 == 1):
        scaled += 1
    if scaled == 0:
        return "0"
    whole, part = divmod(scaled, 10**TEXT_PLACES_MAX)
    sign = "-" if numerator < 0 else ""
    if part == 0:
        return f"{sign}{whole}"
    return f"{sign}{whole}.{part:018d}".rstrip("0")
