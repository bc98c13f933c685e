"""Keys of allocation that a book keeps: who has how much of a meter, from a day to a day.

What a key says of its days is checked where it is computed with: `reports.allocation.kept`.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from tonne.statements.fields import Amount, Day, Required, invalid


class AllocationBasis(enum.StrEnum):
    """What a key is by."""

    ENERGY = "energy"
    AREA = "area"
    REVENUE = "revenue"
    MASS = "mass"
    COUNT = "count"


@dataclass(frozen=True, slots=True)
class AllocationWeight:
    """What of a span of days is one recipient's, in the unit of the key."""

    recipient: Required
    value: Amount


@dataclass(frozen=True, slots=True)
class AllocationSpan:
    """What a key says of some days.

    Parameters
    ----------
    valid_from, valid_to : str
        First day, and the day behind the last one; empty: until further notice.
    weights : tuple of AllocationWeight
        Each recipient once; none where all is nobody's.
    whole : str
        What the weights are parts of; empty: their sum.
    metered : bool
        Whether they are parts of what the meter itself shows in these days.
    """

    valid_from: Day
    valid_to: Day = ""
    weights: tuple[AllocationWeight, ...] = ()
    whole: Amount = ""
    metered: bool = False


@dataclass(frozen=True, slots=True)
class KeptKey:
    """A key of allocation.

    Parameters
    ----------
    basis : AllocationBasis
    unit : str
        Of its weights: a unit of the basis.
    spans : tuple of AllocationSpan
        In order of time, none over another.
    source : str
        Where the weights are from.
    """

    basis: AllocationBasis
    unit: Required
    spans: tuple[AllocationSpan, ...]
    source: str = ""

    def check(self, place: str) -> None:
        """Check that it says something. Raises `FieldInvalid`."""
        if not self.spans:
            raise invalid(f"{place}.spans", "a span of days at least", "")
