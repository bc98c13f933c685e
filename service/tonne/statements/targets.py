"""Targets: of an absolute sum, of an intensity, of a share, of an engagement.

Source: SBTi criteria and the published targets of operators and manufacturers. A target rests on
one method of scope 2: one by location and one by market are two targets, and have two verdicts.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from tonne.catalogue.words.accounts import ACCOUNTS, scope_of
from tonne.catalogue.words.method import CONSOLIDATIONS, GWP_SETS
from tonne.statements.fields import Id, Month, Number, Required, invalid
from tonne.statements.rules import LINEAR, path_rules
from tonne.statements.suppliers import MATURITY_MAX, Attribute

HUNDRED: Final = 100


class TargetType(enum.StrEnum):
    """What is to change."""

    ABSOLUTE = "absolute"
    INTENSITY = "intensity"
    SHARE = "share"
    ENGAGEMENT = "engagement"


class Weight(enum.StrEnum):
    """What a share of suppliers is a share of."""

    NONE = ""
    SPEND = "spend"
    COUNT = "count"


class Direction(enum.StrEnum):
    """Which way is better."""

    NONE = ""
    LOWER = "lower"
    HIGHER = "higher"


@dataclass(frozen=True, slots=True)
class StatedFigure:
    """The figure of a year that the ledger does not hold.

    Parameters
    ----------
    year_start : str
        First month of the year.
    value : str
        In the target's unit: kg CO2e of an absolute one, percent of a share.
    source : str
        Where it was published.
    """

    year_start: Month
    value: Number
    source: Required


@dataclass(frozen=True, slots=True)
class Target:
    """What is to be reached by when.

    Parameters
    ----------
    display_name : str
        Name for people.
    type : TargetType
    target_year_start : str
        First month of the year by whose figure it is judged, like `2029-04`.
    base_year_start : str
        First month of the base year; needed where the target is a change.
    accounts, activities, facilities : tuple of str
        What an ABSOLUTE one sums; accounts of scopes alone, and of one method of scope 2. Of an
        INTENSITY or a SHARE: the facilities whose figures count; none means all.
    indicator : str
        Whose figures an INTENSITY or a SHARE are; empty: they are stated alone.
    attribute, maturity_level_min, weight
        Of which suppliers an ENGAGEMENT is the share, and by what.
    direction : Direction
        Which way is better; empty: lower of a sum and an intensity, higher of a share.
    change_percent, change_amount, target_value : str
        One of them: the change against the base year in percent (-50: half) or in the unit, or
        the value itself.
    unit : str
        For people; an ABSOLUTE one is in kg CO2e, shares are in percent.
    path : str
        `linear` or the id of a rule.
    gwp_set, consolidation : str
        As in an inventory; empty: those of the book's method.
    stated : tuple of StatedFigure
        Figures of years that the ledger does not hold. They are told as such.
    source : str
        Where the target was published.
    entity : str
        Of an INTENSITY or a SHARE: the entity whose figures count; empty: all.
    """

    display_name: Required
    type: TargetType
    target_year_start: Month
    base_year_start: Month = ""
    accounts: tuple[str, ...] = ()
    activities: tuple[str, ...] = ()
    facilities: tuple[str, ...] = ()
    indicator: Id = ""
    attribute: Attribute = Attribute.NONE
    maturity_level_min: int = 0
    weight: Weight = Weight.NONE
    direction: Direction = Direction.NONE
    change_percent: Number = ""
    change_amount: Number = ""
    target_value: Number = ""
    unit: str = ""
    path: str = LINEAR
    gwp_set: str = ""
    consolidation: str = ""
    stated: tuple[StatedFigure, ...] = ()
    source: str = ""
    entity: str = ""

    @property
    def is_lower_better(self) -> bool:
        """Whether less is better."""
        if self.direction:
            return self.direction is Direction.LOWER
        return self.type in (TargetType.ABSOLUTE, TargetType.INTENSITY)

    def check(self, place: str) -> None:
        """Check what fits the type, the years and the path. Raises `FieldInvalid`."""
        self._check_aim(place)
        self._check_years(place)
        self._check_path(place)
        if self.type is TargetType.ABSOLUTE:
            check_accounts(f"{place}.accounts", self.accounts)
        has_indicator = self.type in (TargetType.INTENSITY, TargetType.SHARE)
        self._check_selection(place)
        if self.indicator and not has_indicator:
            raise invalid(f"{place}.indicator", f"none of a target of {self.type}", self.indicator)
        self._check_engagement(place)
        for field, value, known in (
            ("gwp_set", self.gwp_set, GWP_SETS),
            ("consolidation", self.consolidation, CONSOLIDATIONS),
        ):
            if value and value not in known:
                raise invalid(f"{place}.{field}", f"one of {', '.join(known)}, or nothing", value)

    def _check_selection(self, place: str) -> None:
        """Refuse a selection that the figures of the type do not have."""
        is_absolute = self.type is TargetType.ABSOLUTE
        for name, may_have in (
            ("accounts", is_absolute),
            ("activities", is_absolute),
            ("facilities", is_absolute or bool(self.indicator)),
            ("entity", bool(self.indicator)),
        ):
            if getattr(self, name) and not may_have:
                raise invalid(
                    f"{place}.{name}", f"none of a target of {self.type}", str(getattr(self, name))
                )

    def _check_aim(self, place: str) -> None:
        given = [
            name
            for name in ("change_percent", "change_amount", "target_value")
            if getattr(self, name)
        ]
        if len(given) != 1:
            raise invalid(
                f"{place}.target_value",
                "one of change_percent, change_amount, target_value",
                ", ".join(given),
            )
        if given != ["target_value"] and not self.base_year_start:
            raise invalid(
                f"{place}.base_year_start", "the base year that the change is against", ""
            )
        change = Fraction(self.change_percent or self.change_amount or "0")
        if change and (change < 0) != self.is_lower_better:
            better = "less, so a change below 0" if self.is_lower_better else "more, above 0"
            raise invalid(f"{place}.{given[0]}", f"{better} (or another direction)", f"{change}")
        if self.type in (TargetType.SHARE, TargetType.ENGAGEMENT):
            for name, value in (
                (f"{place}.target_value", self.target_value),
                *((f"{place}.stated", each.value) for each in self.stated),
            ):
                if value and not 0 <= Fraction(value) <= HUNDRED:
                    raise invalid(name, "a share of 0 to 100 percent", value)

    def _check_years(self, place: str) -> None:
        base, last = self.base_year_start, self.target_year_start
        if base and base >= last:
            raise invalid(f"{place}.target_year_start", f"a year after {base}", last)
        months = [base, *(each.year_start for each in self.stated)]
        for each in filter(None, months):
            if each[-2:] != last[-2:]:
                raise invalid(
                    f"{place}.target_year_start",
                    f"years that all begin in the same month, like {each}",
                    last,
                )
        years = [each.year_start for each in self.stated]
        if len(set(years)) < len(years):
            raise invalid(f"{place}.stated", "each year once", ", ".join(years))

    def _check_path(self, place: str) -> None:
        rules = path_rules()
        if self.path != LINEAR and self.path not in rules:
            raise invalid(f"{place}.path", f"{LINEAR} or one of {', '.join(rules)}", self.path)
        if self.path == LINEAR:
            return
        if self.type is not TargetType.ABSOLUTE or not self.base_year_start:
            raise invalid(
                f"{place}.path", f"{LINEAR}: rules are of absolute targets with a base", self.path
            )
        rules[self.path].check(f"{place}.path", {scope_of(each) for each in self.accounts})

    def _check_engagement(self, place: str) -> None:
        is_engagement = self.type is TargetType.ENGAGEMENT
        if is_engagement != bool(self.attribute):
            known = ", ".join(each for each in Attribute if each)
            raise invalid(
                f"{place}.attribute",
                f"one of {known}" if is_engagement else f"none of a target of {self.type}",
                self.attribute,
            )
        if is_engagement != bool(self.weight):
            raise invalid(
                f"{place}.weight",
                "spend or count" if is_engagement else f"none of a target of {self.type}",
                self.weight,
            )
        is_maturity = self.attribute is Attribute.MATURITY
        if is_maturity != (1 <= self.maturity_level_min <= MATURITY_MAX):
            raise invalid(
                f"{place}.maturity_level_min",
                f"1 to {MATURITY_MAX} of maturity, else none",
                self.maturity_level_min,
            )


def check_accounts(place: str, accounts: tuple[str, ...]) -> None:
    """Refuse accounts whose sum is no sum of emissions of the scopes.

    Raises
    ------
    FieldInvalid
        None is named, one is unknown, is no account of a scope, lies in another one, or both
        methods of scope 2 are there.
    """
    if not accounts:
        raise invalid(place, "accounts like scope1, scope2.market", "")
    for each in accounts:
        known = [name for name in ACCOUNTS if name == each or name.startswith(f"{each}.")]
        if not known:
            raise invalid(place, f"accounts of {', '.join(ACCOUNTS)}", each)
        if not each.startswith("scope"):
            raise invalid(
                place,
                "accounts of the scopes: what is avoided, outside or a memo is in no total",
                each,
            )
        for other in accounts:
            if other.startswith(f"{each}.") or (other == each and accounts.count(each) > 1):
                raise invalid(place, "accounts none of which is counted twice", other)
    methods = {"scope2.location", "scope2.market"}
    if "scope2" in accounts or methods <= set(accounts):
        raise invalid(
            place,
            "one method of scope 2, scope2.location or scope2.market: the two are two targets",
            ", ".join(accounts),
        )
