"""What is claimed apart from the inventory: enablement of others, and offsets.

Source: ITU-T L.1480 (December 2022): first-order effects are the footprint of the ICT solution,
second-order effects what it changes in what it serves, higher-order effects what follows from
that, such as rebound; tier 3 is a screening that may not be used publicly. States of lots: the
registries' own. Neither is a posting, and no total can have them.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from tonne.catalogue.words.folding import plain
from tonne.statements.fields import Amount, Day, Month, Number, Required, Share, invalid

TIER_MAX: Final = 3
"""The lowest tier of an assessment: a screening, not for publication."""

_YEAR_MIN, _YEAR_MAX = 1990, 2199


@dataclass(frozen=True, slots=True)
class Enablement:
    """What a solution of the enterprise changes for others in a year.

    Parameters
    ----------
    display_name : str
        Name for people.
    reference : str
        What would be without the solution.
    solution : str
        The ICT solution.
    functional_unit : str
        What both serve.
    year_start : str
        First month of the year.
    tier : int
        1, 2 or 3 of ITU-T L.1480.
    first_order_kg, second_order_kg : str
        Footprint of the solution, and what the reference emits more; kg CO2e.
    source : str
        Study, data, who assessed.
    higher_order_kg : str
        What follows besides, more emissions above 0; empty: not quantified.
    higher_order : str
        What is known of it in words; needed where it is not quantified.
    share : str
        Part of the effect that is the enterprise's, 0 to 1; empty: all.
    consequence_tree : str
        Where it is; needed of tier 1 and 2.
    published : bool
        Whether it is told to the public: never of tier 3.
    """

    display_name: Required
    reference: Required
    solution: Required
    functional_unit: Required
    year_start: Month
    tier: int
    first_order_kg: Amount
    second_order_kg: Amount
    source: Required
    higher_order_kg: Number = ""
    higher_order: str = ""
    share: Share = ""
    consequence_tree: str = ""
    published: bool = False

    @property
    def net_kg(self) -> Fraction:
        """What others emit less: second order less first order less higher order."""
        higher = Fraction(self.higher_order_kg or 0)
        return Fraction(self.second_order_kg) - Fraction(self.first_order_kg) - higher

    def check(self, place: str) -> None:
        """Check what the tier asks for. Raises `FieldInvalid`."""
        if not 1 <= self.tier <= TIER_MAX:
            raise invalid(f"{place}.tier", f"1 to {TIER_MAX}", self.tier)
        if self.tier == TIER_MAX and self.published:
            raise invalid(
                f"{place}.published",
                "false of tier 3: ITU-T L.1480 keeps a screening from the public",
                "true",
            )
        if self.tier < TIER_MAX and not self.consequence_tree:
            raise invalid(f"{place}.consequence_tree", f"where it is, of tier {self.tier}", "")
        if not self.higher_order_kg and not self.higher_order.strip():
            raise invalid(
                f"{place}.higher_order", "higher-order effects as a mass, or in words", ""
            )


class OffsetType(enum.StrEnum):
    """What a lot stands for."""

    REDUCTION = "reduction"
    REMOVAL = "removal"


class LotState(enum.StrEnum):
    """Where a lot is; RETIRED and CANCELLED are its end."""

    ISSUED = "issued"
    FROZEN = "frozen"
    TRADED = "traded"
    CANCELLED = "cancelled"
    RETIRED = "retired"

    @property
    def follows(self) -> frozenset[LotState]:
        """States that a lot may go to from here, besides staying."""
        return _FOLLOWS[self]


_FOLLOWS: Final = {
    LotState.ISSUED: frozenset(
        {LotState.FROZEN, LotState.TRADED, LotState.CANCELLED, LotState.RETIRED}
    ),
    LotState.FROZEN: frozenset({LotState.ISSUED, LotState.CANCELLED}),
    LotState.TRADED: frozenset({LotState.CANCELLED, LotState.RETIRED}),
    LotState.CANCELLED: frozenset[LotState](),
    LotState.RETIRED: frozenset[LotState](),
}


@dataclass(frozen=True, slots=True)
class Offset:
    """A lot of credits; it has one state, and is retired whole.

    Parameters
    ----------
    registry, project, serials : str
        Where it is registered, of what, and its serial numbers: no other lot has them.
    vintage_year : int
        Year of the reduction or removal.
    quantity_kg : str
        kg CO2e.
    type : OffsetType
    state : LotState
    state_date : str
        Since when it is in this state.
    source : str
        The registry's page or document.
    beneficiary, purpose : str
        For whom, and for what, it was retired; of RETIRED alone.
    """

    registry: Required
    project: Required
    serials: Required
    vintage_year: int
    quantity_kg: Amount
    type: OffsetType
    state: LotState
    state_date: Day
    source: Required
    beneficiary: str = ""
    purpose: str = ""

    @property
    def key(self) -> str:
        """What no two lots share."""
        return f"{_folded(self.registry)}|{_folded(self.serials)}"

    @property
    def own_day(self) -> str:
        """From when on it speaks, unless that is stated."""
        return self.state_date

    @property
    def fixed(self) -> tuple[object, ...]:
        """What stays the same whatever becomes of the lot."""
        return (self.key, self.project, self.vintage_year, Fraction(self.quantity_kg), self.type)

    def check(self, place: str) -> None:
        """Check the quantity, the year, and what a retirement needs. Raises `FieldInvalid`."""
        if not Fraction(self.quantity_kg):
            raise invalid(f"{place}.quantity_kg", "a mass above 0", self.quantity_kg)
        if not _YEAR_MIN <= self.vintage_year <= _YEAR_MAX:
            raise invalid(
                f"{place}.vintage_year", f"a year from {_YEAR_MIN} on", self.vintage_year
            )
        is_retired = self.state is LotState.RETIRED
        if is_retired and not self.beneficiary.strip():
            raise invalid(f"{place}.beneficiary", "for whom the lot was retired", "")
        if not is_retired and (self.beneficiary or self.purpose):
            raise invalid(
                f"{place}.beneficiary", f"none of a lot that is {self.state}", self.beneficiary
            )


def _folded(text: str) -> str:
    return plain(text).casefold()
