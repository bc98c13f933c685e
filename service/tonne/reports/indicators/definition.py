"""Definitions of indicators: what is divided by what, who says so, which claims fit.

They ship as TOML files beside the tables of the catalogue. A version is never changed: another
one stands beside it.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Literal

from tonne.catalogue.resolving.valuation import decimal_text
from tonne.catalogue.words.folding import folded
from tonne.errors import FieldInvalid

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Measure = Literal["kg_co2e", "kwh", "kgce", "amount"]

MONEY = "money"
"""Unit of terms that take money of any currency and price year, but of one alone."""

UNITS_OF_MEASURES = {"kg_co2e": "kg", "kwh": "kWh", "kgce": "kgce"}
"""What a measure is counted in before a term's unit."""

SOURCES = ("fossil", "nuclear", "renewable", "untold")
"""Sources of energy; `untold` is energy whose source nobody stated, like that of a grid."""


@dataclass(frozen=True, slots=True)
class Term:
    """What one selection of postings adds to a side of a ratio.

    Parameters
    ----------
    accounts : tuple of str
        These accounts and those below them.
    measure : str
        What is summed.
    unit : str
        What it is summed in, or `MONEY`.
    activities : tuple of str
        Only these activities and those below them; none means all.
    facility_types : tuple of str
        Only facilities of these types; none means all.
    sources : tuple of str
        Only energy of these sources; none means all.
    is_taken_off : bool
        Whether it is subtracted.
    is_optional : bool
        Whether it is zero where there is no record; else a ratio without one is refused.
    """

    accounts: tuple[str, ...]
    measure: Measure
    unit: str
    activities: tuple[str, ...] = ()
    facility_types: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    is_taken_off: bool = False
    is_optional: bool = False


@dataclass(frozen=True, slots=True)
class Grade:
    """A grade of a table: the value that reaches it, on the better side."""

    name: str
    limit: Fraction


@dataclass(frozen=True, slots=True)
class Definition:
    """One version of an indicator.

    Parameters
    ----------
    id, version, title, source : str, int, str, str
        Its name, and who defines it so.
    unit : str
        Of the value; `{money}` stands for the currency and price year of the records.
    digits : int
        Decimal places that are printed, half-even, beside the exact value.
    is_lower_better : bool
        Which way it gets better.
    numerator, denominator : tuple of Term
        What is divided by what.
    times : Fraction
        The ratio is multiplied by it: 10,000 of what is per 10,000 yuan.
    by_site : bool
        Whether both sides must be of the same sites and months; else of the same months.
    low, high : Fraction or None
        Bounds of what it can be.
    at_most : str
        Id of another indicator that it cannot exceed; may be empty.
    note : str
        What is often said in its name and is something else.
    grades : tuple of Grade
        The best one first.
    grades_source : str
        Whose grades these are.
    """

    id: str
    version: int
    title: str
    source: str
    unit: str
    digits: int
    is_lower_better: bool
    numerator: tuple[Term, ...]
    denominator: tuple[Term, ...]
    times: Fraction = Fraction(1)
    by_site: bool = False
    low: Fraction | None = Fraction(0)
    high: Fraction | None = None
    at_most: str = ""
    note: str = ""
    grades: tuple[Grade, ...] = ()
    grades_source: str = ""

    @property
    def terms(self) -> tuple[Term, ...]:
        """Terms of both sides."""
        return (*self.numerator, *self.denominator)

    def grade(self, value: Fraction) -> str:
        """Name the grade of a value; empty outside all grades, or where there are none."""
        for grade in self.grades:
            reached = value <= grade.limit if self.is_lower_better else value >= grade.limit
            if reached:
                return grade.name
        return ""

    def misfit(self, value: Fraction) -> str:
        """Say why a value cannot be; empty where it can."""
        for bound, side, is_beyond in (
            (self.low, "below", self.low is not None and value < self.low),
            (self.high, "above", self.high is not None and value > self.high),
        ):
            if bound is not None and is_beyond:
                unit = "" if self.unit == "1" else f" {self.unit}"
                return f"{self.title} cannot be {side} {decimal_text(bound)}{unit}"
        return ""


def rounded_text(value: Fraction, digits: int) -> str:
    """Write a value with so many places, half-even; a zero has no minus."""
    scaled = round(value * 10**digits)
    sign = "-" if scaled < 0 else ""
    whole, part = divmod(abs(scaled), 10**digits)
    return f"{sign}{whole}.{part:0{digits}d}" if digits else f"{sign}{whole}"


@cache
def shipped() -> Mapping[str, tuple[Definition, ...]]:
    """Give the definitions that ship: all versions by id, the latest last; ids in their order."""
    found: dict[str, list[Definition]] = {}
    folder = resources.files("tonne.catalogue.shipped").joinpath("indicators")
    for file in sorted(folder.iterdir(), key=lambda each: each.name):
        data = tomllib.loads(file.read_text(encoding="utf-8"))
        for item in data["indicator"]:
            definition = read_definition(item)
            found.setdefault(definition.id, []).append(definition)
    return {
        id_: tuple(sorted(versions, key=lambda each: each.version))
        for id_, versions in found.items()
    }


def search(query: str) -> list[Definition]:
    """Find the latest versions that have all words in their id, title or source."""
    words = folded(query).split()
    return [
        latest
        for latest in (versions[-1] for versions in shipped().values())
        if all(word in folded(f"{latest.id} {latest.title} {latest.source}") for word in words)
    ]


def find(id_: str, version: int = 0) -> Definition:
    """Find a definition; the latest where no version is given. Raises FieldInvalid."""
    versions = shipped().get(id_)
    if versions is None:
        raise FieldInvalid(
            f"no indicator is called {id_!r}: the indicators are {', '.join(shipped())}",
            metadata={"field": "indicators", "value": id_},
        )
    if not version:
        return versions[-1]
    for each in versions:
        if each.version == version:
            return each
    numbers = ", ".join(str(each.version) for each in versions)
    raise FieldInvalid(
        f"indicator {id_} has no version {version}: it has {numbers}",
        metadata={"field": "version", "value": str(version)},
    )


def read_definition(data: Mapping[str, Any]) -> Definition:
    """Read a definition from a document; raises KeyError, TypeError, ValueError on nonsense."""
    bounds = data.get("bounds", {})
    grades = data.get("grades", {})
    low, high = bounds.get("low", "0"), bounds.get("high")
    return Definition(
        id=data["id"],
        version=data["version"],
        title=data["title"],
        source=data["source"],
        unit=data["unit"],
        digits=data["digits"],
        is_lower_better={"lower": True, "higher": False}[data["better"]],
        numerator=_read_terms(data["numerator"]),
        denominator=_read_terms(data["denominator"]),
        times=Fraction(data.get("times", "1")),
        by_site=data.get("by_site", False),
        low=None if low == "none" else Fraction(low),
        high=None if high is None else Fraction(high),
        at_most=bounds.get("at_most", ""),
        note=data.get("note", ""),
        grades=tuple(
            Grade(name, Fraction(limit)) for name, limit in grades.get("limits", {}).items()
        ),
        grades_source=grades.get("source", ""),
    )


def _read_terms(items: Iterable[Mapping[str, Any]]) -> tuple[Term, ...]:
    return tuple(
        Term(
            accounts=tuple(item["accounts"]),
            measure=item["measure"],
            unit=item.get("unit") or UNITS_OF_MEASURES[item["measure"]],
            activities=tuple(item.get("activities", ())),
            facility_types=tuple(item.get("facility_types", ())),
            sources=tuple(item.get("sources", ())),
            is_taken_off=item.get("sign", "+") == "-",
            is_optional=item.get("optional", False),
        )
        for item in items
    )
