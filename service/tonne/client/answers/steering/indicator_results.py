"""Indicators, their values, meters and claims, as the client reads them: plain data, exact."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from tonne.client.answers.report_results import CONSOLIDATIONS
from tonne.client.answers.results import BookMoment, read_moment
from tonne.v1 import indicators_pb2

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class IndicatorTerm:
    """What one selection of postings adds to a side of a ratio; see `tonne.v1.IndicatorTerm`."""

    accounts: tuple[str, ...]
    measure: str
    unit: str
    activities: tuple[str, ...]
    facility_types: tuple[str, ...]
    sources: tuple[str, ...]
    taken_off: bool
    optional: bool


@dataclass(frozen=True, slots=True)
class Indicator:
    """One version of a definition; see `tonne.v1.Indicator`. `low` and `high` may be None.

    `book` is whose own it is; empty where it ships.
    """

    id: str
    version: int
    title: str
    source: str
    unit: str
    digits: int
    lower_is_better: bool
    numerator: tuple[IndicatorTerm, ...]
    denominator: tuple[IndicatorTerm, ...]
    times: Fraction
    by_site: bool
    low: Fraction | None
    high: Fraction | None
    at_most: str
    note: str
    grades: tuple[tuple[str, Fraction], ...]
    grades_source: str
    book: str = ""


@dataclass(frozen=True, slots=True)
class IndicatorValue:
    """An indicator of a part of the book in some months.

    `value` is the text that is printed, rounded half-even; `exact`, `numerator` and `denominator`
    are exact. Without a value `exact` is None, `refusal` is a stable reason and `message` what is
    wrong. `remarks` name months and sites of which one side alone has records.
    """

    indicator: str
    version: int
    place: str
    from_period: str
    to_period: str
    unit: str
    value: str
    exact: Fraction | None
    numerator: Fraction
    denominator: Fraction
    grade: str
    refusal: str
    message: str
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IndicatorNotice:
    """A remark on how the values of some indicators came about."""

    reason: str
    message: str
    indicators: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IndicatorValues:
    """Values by place, months and indicator, and how they came about.

    `suspended_count` are records that wait and are in no value, `quarantined_count` those of the
    whole book in quarantine; `moment` is the commit as of which it all is.
    """

    values: tuple[IndicatorValue, ...]
    notices: tuple[IndicatorNotice, ...]
    suspended_count: int
    quarantined_count: int
    gwp_set: str
    consolidation: str
    coal_set: str
    moment: BookMoment | None = None


@dataclass(frozen=True, slots=True)
class ClaimCheck:
    """What is found of a claim; `refusal` is empty where it fits its definition."""

    indicator: str
    value: str
    refusal: str
    grade: str


def read_values(
    responses: Iterable[indicators_pb2.GetIndicatorValuesResponse],
) -> IndicatorValues:
    """Read values in chunks; the last one carries the notices."""
    values: list[IndicatorValue] = []
    last = indicators_pb2.GetIndicatorValuesResponse()
    for last in responses:
        values.extend(map(read_value, last.values))
    return IndicatorValues(
        tuple(values),
        tuple(
            IndicatorNotice(each.reason, each.message, tuple(each.indicators))
            for each in last.notices
        ),
        last.suspended_count,
        last.quarantined_count,
        last.gwp_set,
        CONSOLIDATIONS.get(last.consolidation, ""),
        last.coal_set,
        read_moment(last),
    )


def read_value(item: indicators_pb2.IndicatorValue) -> IndicatorValue:
    """Read a value."""
    return IndicatorValue(
        item.indicator,
        item.version,
        item.place,
        item.from_period,
        item.to_period,
        item.unit,
        item.value,
        Fraction(item.value_exact) if item.value_exact else None,
        Fraction(item.numerator or 0),
        Fraction(item.denominator or 0),
        item.grade,
        item.refusal,
        item.message,
        tuple(item.remarks),
    )


def read_definition(item: indicators_pb2.Indicator) -> Indicator:
    """Read a definition."""
    return Indicator(
        item.id,
        item.version,
        item.title,
        item.source,
        item.unit,
        item.digits,
        item.lower_is_better,
        tuple(map(read_term, item.numerator)),
        tuple(map(read_term, item.denominator)),
        Fraction(item.times or 1),
        item.by_site,
        Fraction(item.low) if item.HasField("low") else None,
        Fraction(item.high) if item.HasField("high") else None,
        item.at_most,
        item.note,
        tuple((each.grade, Fraction(each.limit)) for each in item.grades),
        item.grades_source,
        item.book.removeprefix("books/"),
    )


def read_term(item: indicators_pb2.IndicatorTerm) -> IndicatorTerm:
    """Read a term."""
    name = indicators_pb2.IndicatorMeasure.Name(item.measure)
    return IndicatorTerm(
        tuple(item.accounts),
        name.removeprefix("INDICATOR_MEASURE_").lower(),
        item.unit,
        tuple(item.activities),
        tuple(item.facility_types),
        tuple(item.sources),
        item.taken_off,
        item.optional,
    )
