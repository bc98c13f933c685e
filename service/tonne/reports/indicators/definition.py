"""Definitions of indicators: what is divided by what, who says so, which claims fit.

They ship as TOML files beside the tables of the catalogue, and a book states its own. Both are
checked by the same rules. A version is never changed: another one stands beside it.
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
from tonne.statements.definitions.indicators import NO_BOUND, read_document
from tonne.statements.fields import check_fields

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tonne.statements.definitions.indicators import IndicatorDefinition, IndicatorTerm

VERSION_MAX = 1_000_000

Measure = Literal["kg_co2e", "kwh", "kgce", "amount"]


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
        data = tomllib.loads(file.read_text(encoding="utf-8"), parse_float=str)
        for item in data["indicator"]:
            fields = dict(item)
            id_, version = fields.pop("id"), fields.pop("version")
            body = read_document(fields, id_)
            check_fields(body, id_)
            body.check(id_)
            found.setdefault(id_, []).append(definition_of(id_, version, body))
    return {
        id_: tuple(sorted(versions, key=lambda each: each.version))
        for id_, versions in found.items()
    }


def definition_of(id_: str, version: int, body: IndicatorDefinition) -> Definition:
    """Make a definition of what is stated, which was checked."""
    return Definition(
        id=id_,
        version=version,
        title=body.title,
        source=body.source,
        unit=body.unit,
        digits=body.digits,
        is_lower_better=body.lower_is_better,
        numerator=tuple(map(_term_of, body.numerator)),
        denominator=tuple(map(_term_of, body.denominator)),
        times=Fraction(body.times or 1),
        by_site=body.by_site,
        low=None if body.low == NO_BOUND else Fraction(body.low or 0),
        high=Fraction(body.high) if body.high else None,
        at_most=body.at_most,
        note=body.note,
        grades=tuple(Grade(each.grade, Fraction(each.limit)) for each in body.grades),
        grades_source=body.grades_source,
    )


def _term_of(term: IndicatorTerm) -> Term:
    measure: Any = str(term.measure)
    return Term(
        term.accounts,
        measure,
        term.unit_of_sum,
        term.activities,
        term.facility_types,
        term.sources,
        term.taken_off,
        term.optional,
    )


def search(query: str, own: Iterable[Definition] = ()) -> list[Definition]:
    """Find the latest versions that have all words in their id, title or source; a book's last."""
    words = folded(query).split()
    return [
        each
        for each in (*(versions[-1] for versions in shipped().values()), *own)
        if all(word in folded(f"{each.id} {each.title} {each.source}") for word in words)
    ]


def read_name(name: str) -> tuple[str, int]:
    """Read an id, or one of a version like `pue_3@1`; 0 is the latest. Raises FieldInvalid."""
    id_, sign, text = name.partition("@")
    if sign and not (text.isascii() and text.isdecimal() and 0 < int(text[:9]) <= VERSION_MAX):
        raise FieldInvalid(
            f"indicators: expected a version from 1 up after the id, like pue_3@1; got {name!r}",
            metadata={"field": "indicators", "value": name},
        )
    return id_, int(text) if sign else 0


def find(id_: str, version: int = 0, own: Iterable[Definition] = ()) -> Definition:
    """Find a definition among those of a book and those that ship.

    The latest where no version is given. `own` are those of the book that can be asked for, the
    latest of an id last. Raises FieldInvalid.
    """
    of_book = [each for each in own if each.id == id_]
    versions = of_book or shipped().get(id_)
    if not versions:
        names = dict.fromkeys((*shipped(), *(each.id for each in own)))
        raise FieldInvalid(
            f"no indicator is called {id_!r}: the indicators are {', '.join(names)}",
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
