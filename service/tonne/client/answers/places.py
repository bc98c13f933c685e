"""Places of a quantity: the ledger keeps 18, and what is rounded to them is told."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from tonne.quantities import QUANTITY_PLACES


@dataclass(slots=True)
class Rounded:
    """Quantities of more places: how many, and the first of them as written."""

    count: int = 0
    first: str = ""

    def add(self, count: int, first: str) -> None:
        """Take note of more of them."""
        if count and not self.count:
            self.first = first
        self.count += count


def is_rounded(quantity: object) -> bool:
    """Whether a quantity loses digits: it has others than 0 behind the 18th place.

    A float stands for its shortest decimal. What is no number is none that is rounded.
    """
    if isinstance(quantity, int):
        return False
    text = str(quantity)
    if len(text) <= QUANTITY_PLACES + 1 and "e" not in text.lower():
        return False
    try:
        number = Decimal(text)
    except InvalidOperation:
        return False
    _, digits, exponent = number.as_tuple()
    if not isinstance(exponent, int) or exponent >= -QUANTITY_PLACES:
        return False
    return any(digits[exponent + QUANTITY_PLACES :])
