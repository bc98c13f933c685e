"""Definitions of indicators as they are stated: what is divided by what, and who says so.

Those that ship and those of a book are written in the same form, and checked by the same rules:
what cannot add up, or would count twice, is refused before a value is ever computed.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, pairwise
from typing import TYPE_CHECKING, Any, Final

from tonne.catalogue.words.accounts import ACCOUNTS
from tonne.model import FACILITY_TYPES
from tonne.statements.fields import Id, Number, Required, from_mapping, invalid, is_number

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MONEY: Final = "money"
"""Unit of terms that take money of any currency and price year, but of one alone."""

UNITS_OF_MEASURES: Final = {"kg_co2e": "kg", "kwh": "kWh", "kgce": "kgce"}
"""What a measure is counted in before a term's unit."""

SOURCES: Final = ("fossil", "nuclear", "renewable", "untold")
"""Sources of energy; `untold` is energy whose source nobody stated, like that of a grid."""

NO_BOUND: Final = "none"
"""What stands in the place of a lower bound where there is none."""

PRODUCTS: Final = "product"
"""What the activities of suppliers' product footprints stand below: `product.SUPPLIER.ID`."""

DIGITS_MAX: Final = 12
"""Most decimal places that a value is printed with."""

_METHODS: Final = ("scope2.location", "scope2.market")


class IndicatorMeasure(enum.StrEnum):
    """What a term sums."""

    KG_CO2E = "kg_co2e"
    KWH = "kwh"
    KGCE = "kgce"
    AMOUNT = "amount"


@dataclass(frozen=True, slots=True)
class IndicatorTerm:
    """What one selection of postings adds to a side of a ratio.

    Parameters
    ----------
    accounts : tuple of str
        These accounts and those below them.
    measure : IndicatorMeasure
        What is summed.
    unit : str
        What it is summed in, or `MONEY`; empty: what the measure is counted in.
    activities : tuple of str
        Only these activities and those below them; none means all.
    facility_types : tuple of str
        Only facilities of these types; none means all.
    sources : tuple of str
        Only energy of these sources; none means all.
    taken_off : bool
        Whether it is subtracted.
    optional : bool
        Whether it is zero where there is no record; else a ratio without one is refused.
    """

    accounts: tuple[str, ...]
    measure: IndicatorMeasure
    unit: str = ""
    activities: tuple[str, ...] = ()
    facility_types: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    taken_off: bool = False
    optional: bool = False

    @property
    def unit_of_sum(self) -> str:
        """What it is summed in."""
        return self.unit or UNITS_OF_MEASURES.get(self.measure, "")

    def check(self, place: str) -> None:
        """Check that it selects something, of known words. Raises `FieldInvalid`."""
        if not self.accounts:
            raise invalid(f"{place}.accounts", "accounts like memo.energy, scope1", "")
        for each in self.accounts:
            _check_account(f"{place}.accounts", each, self.measure)
        if set(_METHODS) <= set(self.accounts):
            raise invalid(
                f"{place}.accounts",
                "one method of scope 2: both count the same energy",
                ", ".join(self.accounts),
            )
        from tonne.catalogue.words import taxonomy  # noqa: PLC0415  the client alone has none

        known = taxonomy.activities()
        for each in self.activities:
            is_product = each.split(".")[0] == PRODUCTS
            if not is_product and not any(f"{id_}.".startswith(f"{each}.") for id_ in known):
                raise invalid(
                    f"{place}.activities",
                    "ids of the taxonomy, or what they stand below, like electricity",
                    each,
                )
        for name, values, words in (
            ("facility_types", self.facility_types, FACILITY_TYPES),
            ("sources", self.sources, SOURCES),
        ):
            for each in values:
                if each not in words:
                    raise invalid(f"{place}.{name}", f"some of {', '.join(words)}", each)
        if self.sources and self.measure not in (IndicatorMeasure.KWH, IndicatorMeasure.KGCE):
            raise invalid(f"{place}.sources", "none: only energy has a source", self.measure)
        self._check_unit(f"{place}.unit")

    def _check_unit(self, place: str) -> None:
        from tonne.catalogue.words import units  # noqa: PLC0415  the client alone has none

        found = units.find(self.unit_of_sum)
        if self.measure is IndicatorMeasure.AMOUNT:
            if self.unit != MONEY and found is None:
                raise invalid(place, f"the unit of the amounts, or {MONEY}", self.unit)
            return
        base = units.find(UNITS_OF_MEASURES[self.measure])
        if found is None or base is None or found.dimension != base.dimension:
            raise invalid(place, f"a unit like {UNITS_OF_MEASURES[self.measure]}", self.unit)

    def overlaps(self, other: IndicatorTerm) -> bool:
        """Whether a posting could be of both."""
        return (
            _has_both(self.accounts, other.accounts)
            and self.measure is other.measure
            and _may_meet(self.facility_types, other.facility_types)
            and _may_meet(self.sources, other.sources)
            and (
                not self.activities
                or not other.activities
                or _has_both(self.activities, other.activities)
            )
        )


@dataclass(frozen=True, slots=True)
class IndicatorGrade:
    """A grade of a table: the value that reaches it, on the better side."""

    grade: Required
    limit: Number


@dataclass(frozen=True, slots=True)
class IndicatorDefinition:
    """What an indicator is.

    Parameters
    ----------
    title, source : str
        What it is, and who defines it so.
    unit : str
        Of the value; `{money}` stands for the currency and price year of the records.
    digits : int
        Decimal places that are printed, half-even, beside the exact value.
    lower_is_better : bool
        Which way it gets better.
    numerator, denominator : tuple of IndicatorTerm
        What is divided by what.
    times : str
        The ratio is multiplied by it: 10,000 of what is per 10,000 yuan; empty: 1.
    by_site : bool
        Whether both sides must be of the same sites and months; else of the same months.
    low, high : str
        Bounds of what it can be: a low one of 0 unless it is told or `NO_BOUND`, and no high one
        unless it is told.
    at_most : str
        Id of another indicator that it cannot exceed; may be empty.
    note : str
        What is often said in its name and is something else.
    grades : tuple of IndicatorGrade
        The best one first.
    grades_source : str
        Whose grades these are.
    """

    title: Required
    source: Required
    unit: Required
    digits: int
    lower_is_better: bool
    numerator: tuple[IndicatorTerm, ...]
    denominator: tuple[IndicatorTerm, ...]
    times: Number = ""
    by_site: bool = False
    low: str = ""
    high: Number = ""
    at_most: Id = ""
    note: str = ""
    grades: tuple[IndicatorGrade, ...] = ()
    grades_source: str = ""

    def check(self, place: str) -> None:
        """Check that it can be computed, and counts nothing twice. Raises `FieldInvalid`."""
        if self.digits > DIGITS_MAX:
            raise invalid(f"{place}.digits", f"0 to {DIGITS_MAX} places", self.digits)
        for name, terms in (("numerator", self.numerator), ("denominator", self.denominator)):
            _check_side(f"{place}.{name}", terms)
        if all(term.optional for term in self.denominator):
            raise invalid(
                f"{place}.denominator", "a term that must be there: nothing divides by 0", ""
            )
        has_money = any(term.unit == MONEY for term in (*self.numerator, *self.denominator))
        if has_money != ("{money}" in self.unit):
            expected = "a unit with {money}" if has_money else "a unit without {money}"
            raise invalid(f"{place}.unit", f"{expected}, as its terms are", self.unit)
        if self.times and Fraction(self.times) <= 0:
            raise invalid(f"{place}.times", "a number above 0", self.times)
        self._check_bounds(place)
        self._check_grades(f"{place}.grades")

    def _check_bounds(self, place: str) -> None:
        if self.low not in ("", NO_BOUND) and not is_number(self.low):
            raise invalid(f"{place}.low", f"a decimal number, or {NO_BOUND}", self.low)
        low = "" if self.low == NO_BOUND else self.low or "0"
        bounds = [each for each in (low, self.high) if each]
        if any(Fraction(after) <= Fraction(before) for before, after in pairwise(bounds)):
            raise invalid(f"{place}.high", f"a number above {low}", self.high)

    def _check_grades(self, place: str) -> None:
        limits = [Fraction(each.limit) for each in self.grades]
        for before, after in pairwise(limits):
            if after <= before if self.lower_is_better else after >= before:
                raise invalid(place, "the best grade first, each limit once", str(self.grades))
        if bool(self.grades) != bool(self.grades_source):
            expected = "whose grades these are" if self.grades else "none without grades"
            raise invalid(f"{place}_source", expected, self.grades_source)


def _check_side(place: str, terms: Sequence[IndicatorTerm]) -> None:
    """Check the terms of a side: in one unit, and no posting in two of them."""
    if not terms:
        raise invalid(place, "a term at least", "")
    for index, term in enumerate(terms):
        term.check(f"{place}[{index}]")
    names = {term.unit_of_sum for term in terms}
    if len(names) > 1:
        raise invalid(place, "terms in one unit, which add up", ", ".join(sorted(names)))
    for one, other in combinations(range(len(terms)), 2):
        if terms[one].taken_off == terms[other].taken_off and terms[one].overlaps(terms[other]):
            raise invalid(
                f"{place}[{other}]",
                f"other postings than those of {place}[{one}]: these would count twice",
                ", ".join(terms[other].accounts),
            )


def _check_account(place: str, account: str, measure: IndicatorMeasure) -> None:
    """Refuse an account that is not there, or has nothing of what is summed."""
    if not any(f"{known}.".startswith(f"{account}.") for known in ACCOUNTS):
        raise invalid(place, f"accounts of {', '.join(ACCOUNTS)}", account)
    if account == "scope2":
        raise invalid(place, f"one method of scope 2: {' or '.join(_METHODS)}", account)
    is_emission = account.startswith("scope")
    if measure is IndicatorMeasure.KG_CO2E and not is_emission:
        raise invalid(
            place, "accounts of the scopes, which alone have emissions that are summed", account
        )
    if measure is not IndicatorMeasure.KG_CO2E and not account.startswith("memo."):
        raise invalid(place, f"accounts memo.*, which have the {measure} of records", account)


def _has_both(ours: Sequence[str], theirs: Sequence[str]) -> bool:
    """Whether one of ours is one of theirs, or one stands below the other."""
    return any(
        f"{one}.".startswith(f"{other}.") or f"{other}.".startswith(f"{one}.")
        for one in ours
        for other in theirs
    )


def _may_meet(ours: Sequence[str], theirs: Sequence[str]) -> bool:
    return not ours or not theirs or bool(set(ours) & set(theirs))


def read_document(given: Mapping[str, Any], place: str) -> IndicatorDefinition:
    """Read a definition from a table of a TOML file, without its id and version.

    Raises
    ------
    FieldInvalid
        A field is unknown, missing, or of another type.
    """
    fields = dict(given)
    better = fields.pop("better", "")
    if better not in {"lower", "higher"}:
        raise invalid(f"{place}.better", "lower or higher", better)
    fields["lower_is_better"] = better == "lower"
    bounds = _table(fields, "bounds", ("low", "high", "at_most"), place)
    grades = _table(fields, "grades", ("source", "limits"), place)
    if grades:
        limits = grades.get("limits", {})
        if not isinstance(limits, dict):
            raise invalid(f"{place}.grades.limits", "a table of grades and limits", limits)
        fields["grades"] = [{"grade": name, "limit": str(limit)} for name, limit in limits.items()]
        fields["grades_source"] = grades.get("source", "")
    for side in ("numerator", "denominator"):
        terms = fields.get(side)
        if isinstance(terms, list):
            fields[side] = [_term(each, f"{place}.{side}") for each in terms]
    texts = {name: _text(fields[name]) for name in ("times",) if name in fields}
    bounds = {name: _text(value) for name, value in bounds.items()}
    return from_mapping(IndicatorDefinition, {**fields, **bounds, **texts}, place)


def _table(
    fields: dict[str, Any], name: str, known: tuple[str, ...], place: str
) -> dict[str, Any]:
    """Take a table out of a document."""
    table = fields.pop(name, {})
    if not isinstance(table, dict) or set(table) - set(known):
        raise invalid(f"{place}.{name}", f"a table with some of {', '.join(known)}", table)
    return dict(table)


def _term(given: Any, place: str) -> Any:
    """Read the sign of a term as whether it is taken off."""
    if not isinstance(given, dict) or "sign" not in given:
        return given
    fields = dict(given)
    sign = fields.pop("sign")
    if sign not in {"+", "-"}:
        raise invalid(f"{place}.sign", "+ or -", sign)
    return {**fields, "taken_off": sign == "-"}


def _text(value: Any) -> Any:
    """Read a number as it is written: files are read without floats."""
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    return str(value) if is_whole else value
