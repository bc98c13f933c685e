"""Sets of the columns of an inventory: masses, energy and amounts, each by its number."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ColumnSet = int
"""A set of columns: bit N is set where column N is in it. `|`, `&` and `~` are those of sets. One
bit for each, since every sum of an inventory joins sets."""

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
