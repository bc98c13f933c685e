"""The columns of figures, and sets of them.

A set has one bit for each column, since every sum of an inventory joins sets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tonne.catalogue.resolving.valuation import MAIN_GASES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

KG_CO2E, KWH, FIRST_GAS = 0, 1, 2
"""Columns: kg CO2e, energy, then the gases, of which `MAIN_GASES` come first."""

FIRST_OTHER_GAS = FIRST_GAS + len(MAIN_GASES)

ColumnSet = int
"""A set of columns: bit N is set where column N is in it. `|`, `&` and `~` are those of sets."""

NO_COLUMNS: ColumnSet = 0
ALL_COLUMNS: ColumnSet = ~NO_COLUMNS


def set_of(columns: Iterable[int]) -> ColumnSet:
    """Make a set of columns."""
    found = NO_COLUMNS
    for column in columns:
        found |= 1 << column
    return found


def has(columns: ColumnSet, column: int) -> bool:
    """Whether a column is in a set."""
    return bool(columns >> column & 1)


def columns_from(columns: ColumnSet, first: int) -> Iterator[int]:
    """Give the columns of a set from one on, ascending."""
    rest = columns >> first << first
    while rest:
        lowest = rest & -rest
        yield lowest.bit_length() - 1
        rest ^= lowest


MAIN_GAS_COLUMNS = set_of(range(FIRST_GAS, FIRST_OTHER_GAS))
ENERGY_COLUMN = set_of((KWH,))
