"""What one unit of a posting adds to the sides of the ratios."""

from __future__ import annotations

from dataclasses import dataclass
from math import lcm
from typing import TYPE_CHECKING, NamedTuple

from tonne.catalogue.resolving.resolution import LEG_MISSING, Notice
from tonne.catalogue.resolving.valuation import entry_worth
from tonne.catalogue.words import units
from tonne.catalogue.words.accounts import scope_of
from tonne.quantities import ATTO_PER_ONE
from tonne.reports.indicators.energy import (
    COAL_BY_ENERGY,
    SOURCE_UNKNOWN,
    ids_of,
    kgce,
    source_of,
)
from tonne.reports.inventory.footprint import INVESTMENTS, is_invested
from tonne.reports.inventory.request import is_within
from tonne.statements.definitions.indicators import MONEY, UNITS_OF_MEASURES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from fractions import Fraction

    from tonne.catalogue.editions.hours import HoursPart
    from tonne.catalogue.resolving.resolution import Resolution, ResolutionEntry
    from tonne.catalogue.resolving.valuation import Worth
    from tonne.reports.indicators.definition import Term
    from tonne.reports.inventory.boundary import Portion

Terms = tuple["Term", ...]
"""Terms of one side."""

NUMERATOR, DENOMINATOR = 0, 1


class Side(NamedTuple):
    """One side of a ratio: of which indicator, which side, and which money it is in."""

    indicator: int
    side: int
    money: str


class Key(NamedTuple):
    """What postings have in common that add the same by the unit."""

    resolution: str
    portion: int
    activity: str
    unit: str
    facility_type: str


@dataclass(frozen=True, slots=True)
class SideWorth:
    """What 10^-18 of a posting's unit adds to a side, and whether the term must be there.

    With `hours` it is of the amount that these make of the quantity.
    """

    side: Side
    value: Fraction
    is_required: bool
    hours: HoursPart | None


class Scaled(NamedTuple):
    """The same as a whole number over the denominator of its side."""

    side: Side
    number: int
    is_required: bool
    hours: HoursPart | None


@dataclass(frozen=True, slots=True)
class Worths:
    """What each key adds: whole numbers over the denominator of its side.

    Parameters
    ----------
    parts : mapping of Key to tuple of Scaled
        Keys that add nothing are left out.
    denominators : mapping of Side to int
    notices : set of (int, Notice)
        What is told of each indicator.
    """

    parts: Mapping[Key, tuple[Scaled, ...]]
    denominators: Mapping[Side, int]
    notices: AbstractSet[tuple[int, Notice]]


class Weigher:
    """Says what postings add to the sides of some indicators.

    Parameters
    ----------
    sides : sequence of pairs of terms
        Both sides of each ratio.
    gwp_set, coal_set : str
        Of the question.
    """

    def __init__(self, sides: Sequence[tuple[Terms, Terms]], gwp_set: str, coal_set: str) -> None:
        self._gwp_set = gwp_set
        self._coal_set = coal_set
        self._terms = [
            (Side(number, side, ""), term)
            for number, both in enumerate(sides)
            for side, terms in enumerate(both)
            for term in terms
        ]
        self._notices: set[tuple[int, Notice]] = set()

    def weigh(
        self,
        keys: Iterable[Key],
        resolutions: Mapping[str, Resolution],
        portions: Sequence[Portion],
    ) -> Worths:
        """Compute what keys add."""
        self._notices = set()
        found = {
            key: parts
            for key in keys
            if (parts := self._parts(key, resolutions[key.resolution], portions[key.portion]))
        }
        denominators: dict[Side, int] = {}
        for part in (part for parts in found.values() for part in parts):
            known = denominators.get(part.side, 1)
            denominators[part.side] = lcm(known, part.value.denominator)
        scaled = {
            key: tuple(
                Scaled(
                    each.side,
                    int(each.value * denominators[each.side]),
                    each.is_required,
                    each.hours,
                )
                for each in parts
            )
            for key, parts in found.items()
        }
        return Worths(scaled, denominators, self._notices)

    def _parts(self, key: Key, resolution: Resolution, portion: Portion) -> list[SideWorth]:
        found = []
        for account, entry, share in counted_entries(resolution, portion):
            worth = entry_worth(entry, self._gwp_set)
            for side, term in self._terms:
                if not any(is_within(account, root) for root in term.accounts):
                    continue
                if not self._is_of(key, term, resolution, side):
                    continue
                measured = self._measure(term, key, entry, worth, side)
                if measured is None:
                    continue
                value, money = measured
                sign = -1 if term.is_taken_off else 1
                found.append(
                    SideWorth(
                        side._replace(money=money),
                        value * share * sign / ATTO_PER_ONE,
                        not term.is_optional,
                        entry.hours,
                    )
                )
                if term.measure == "kg_co2e":
                    told = (each for each in resolution.notices if _concerns(each, term))
                    for notice in (*entry.notices, *told):
                        self._tell(side, notice)
        return found

    def _is_of(self, key: Key, term: Term, resolution: Resolution, side: Side) -> bool:
        if term.facility_types and key.facility_type not in term.facility_types:
            return False
        if term.activities and not set(term.activities) & set(ids_of(key.activity)):
            return False
        if not term.sources:
            return True
        source, told = source_of(key.activity, resolution)
        if told:
            self._tell(side, Notice(SOURCE_UNKNOWN, told))
        return source in term.sources

    def _measure(
        self, term: Term, key: Key, entry: ResolutionEntry, worth: Worth, side: Side
    ) -> tuple[Fraction, str] | None:
        """Measure one unit of a posting, and say in which money."""
        if term.measure == "kg_co2e":
            for notice in worth.notices:
                self._tell(side, notice)
            return worth.kg_co2e * _ratio(term), ""
        if term.measure == "amount":
            return _amount(term, worth.amount, entry.factor.unit)
        if entry.factor.kwh is None or scope_of(entry.account) != "memo":
            return None
        if term.measure == "kwh":
            return worth.kwh * _ratio(term), ""
        value, is_own = kgce(self._coal_set, key.activity, key.unit, worth.kwh)
        if not is_own:
            text = (
                f"{key.activity} in {key.unit}: {self._coal_set} has no coefficient for it; its "
                "coal equivalent follows from its kWh"
            )
            self._tell(side, Notice(COAL_BY_ENERGY, text))
        return value * _ratio(term), ""

    def _tell(self, side: Side, notice: Notice) -> None:
        self._notices.add((side.indicator, notice))


def _concerns(notice: Notice, term: Term) -> bool:
    """Whether a remark on a resolution is of a term: a missing leg names its account."""
    return notice.reason != LEG_MISSING or any(root in notice.message for root in term.accounts)


def counted_entries(
    resolution: Resolution, portion: Portion
) -> Iterator[tuple[str, ResolutionEntry, Fraction]]:
    """Give what of a resolution counts: account, entry and share."""
    for entry in resolution.entries:
        if portion.share:
            yield entry.account, entry, portion.share
        if portion.invested and is_invested(entry.account):
            yield INVESTMENTS, entry, portion.invested


def _amount(term: Term, amount: Fraction | None, unit: str) -> tuple[Fraction, str] | None:
    """Give an amount in a term's unit, or in its own where that is money, and which money."""
    if amount is None:
        return None
    if term.unit == MONEY:
        return amount, unit
    return amount * units.conversion(unit, term.unit), ""


def _ratio(term: Term) -> Fraction:
    return units.conversion(UNITS_OF_MEASURES[term.measure], term.unit)
