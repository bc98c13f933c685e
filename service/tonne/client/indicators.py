"""The client's questions about indicators, and what they bring: plain data, exact."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from tonne.client.answers.report_results import CONSOLIDATIONS
from tonne.client.answers.results import AsOf, BookMoment, moment_text, read_moment
from tonne.client.reports import approach_number, check_month, names_of
from tonne.client.wire.calls import Calls
from tonne.client.wire.resources import book_name
from tonne.errors import FieldInvalid
from tonne.v1 import indicators_pb2

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

PLACES = ("facility", "facility_type", "region", "entity")
"""What values can be given for, each apart."""

SPANS = ("month", "year", "rolling_year")
"""Of which months each value can be."""


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
    """One version of a definition; see `tonne.v1.Indicator`. `low` and `high` may be None."""

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
class MeterShare:
    """What a recipient has of a meter's month: its key, and kWh."""

    recipient: str
    key: Decimal
    kwh: Decimal


@dataclass(frozen=True, slots=True)
class MeterMonth:
    """A meter's month: `kwh` is the sum of the shares and of `unallocated_kwh`, exactly.

    `reason` and `message` say why it is not shared out, or what is wrong; empty where all is well.
    """

    period: str
    kwh: Decimal
    shares: tuple[MeterShare, ...]
    unallocated_kwh: Decimal
    key_unit: str
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class ClaimCheck:
    """What is found of a claim; `refusal` is empty where it fits its definition."""

    indicator: str
    value: str
    refusal: str
    grade: str


class IndicatorCalls(Calls):
    """Reads what a book is steered by."""

    _indicators: Any
    """Stub of IndicatorService."""

    def list_indicators(self, query: str = "") -> tuple[Indicator, ...]:
        """Find definitions that have all words in their id, title or source; all without words."""
        request = indicators_pb2.SearchIndicatorsRequest(query=query)
        found = self._call(self._indicators.SearchIndicators, request)
        return tuple(map(_read_definition, found.indicators))

    def indicators(
        self,
        book: str,
        indicators: Sequence[str] | str = (),
        *,
        from_period: str = "",
        to_period: str = "",
        by: str = "",
        span: str = "",
        facilities: Sequence[str] | str = (),
        regions: Sequence[str] | str = (),
        gwp_set: str = "",
        consolidation: str = "",
        coal_set: str = "",
        as_of: AsOf = "",
    ) -> IndicatorValues:
        """Read indicators of a book, complete up to the last acknowledgement of any server.

        Parameters
        ----------
        book : str
            Book id.
        indicators : sequence of str or str
            Ids; none means all.
        from_period, to_period : str
            Months `YYYY-MM`, both inclusive; empty means open.
        by : str
            One of `PLACES`; empty means all together.
        span : str
            One of `SPANS`; empty means all months together.
        facilities, regions : sequence of str or str
            Only these, or this one; none means all.
        gwp_set, consolidation : str
            As for `inventory`.
        coal_set : str
            Set of coal equivalents; empty means the first one.
        as_of : str, int or datetime
            As for `inventory`.
        """
        request = indicators_pb2.GetIndicatorValuesRequest(
            name=book_name(book),
            indicators=names_of(indicators),
            from_period=check_month(from_period),
            to_period=check_month(to_period),
            by=_enum("by", by, PLACES, "INDICATOR_PLACE"),
            span=_enum("span", span, SPANS, "INDICATOR_SPAN"),
            facilities=names_of(facilities),
            regions=names_of(regions),
            gwp_set=gwp_set,
            consolidation=approach_number(consolidation),
            coal_set=coal_set,
            as_of=moment_text(as_of),
        )
        return _read_values(
            self._stream_again(self._indicators.GetIndicatorValues, request, self._timeout_s)
        )

    def reconcile_meter(
        self,
        book: str,
        meter: str,
        recipients: Sequence[str] | str,
        key_account: str,
        *,
        meter_account: str = "",
        as_metered: bool = False,
        from_period: str = "",
        to_period: str = "",
        as_of: AsOf = "",
    ) -> tuple[MeterMonth, ...]:
        """Share out a meter's energy to facilities, month by month.

        Parameters
        ----------
        book, meter : str
            Book and facility ids.
        recipients : sequence of str or str
            Facilities that share it.
        key_account : str
            Account `memo.*` that says how much each has in a month.
        meter_account : str
            Account of the energy; empty means `memo.energy`.
        as_metered : bool
            Whether each has the kWh that the key measures, and not its share of the meter.
        from_period, to_period : str
            Months `YYYY-MM`, both inclusive; empty means open.
        as_of : str, int or datetime
            As for `inventory`.
        """
        request = indicators_pb2.GetMeterReconciliationRequest(
            name=book_name(book),
            meter=meter,
            meter_account=meter_account,
            recipients=names_of(recipients),
            key_account=key_account,
            as_metered=as_metered,
            from_period=check_month(from_period),
            to_period=check_month(to_period),
            as_of=moment_text(as_of),
        )
        found = self._call(self._indicators.GetMeterReconciliation, request)
        return tuple(map(_read_meter_month, found.months))

    def check_claims(self, claims: Sequence[tuple[str, str]]) -> tuple[ClaimCheck, ...]:
        """Hold claims, pairs of an indicator and a value like `over 80 %`, against definitions."""
        request = indicators_pb2.CheckIndicatorClaimsRequest(
            claims=[
                indicators_pb2.IndicatorClaim(indicator=indicator, value=value)
                for indicator, value in claims
            ]
        )
        found = self._call(self._indicators.CheckIndicatorClaims, request)
        return tuple(
            ClaimCheck(each.indicator, each.value, each.refusal, each.grade)
            for each in found.checks
        )


def _enum(field: str, value: str, known: tuple[str, ...], prefix: str) -> Any:
    if value and value not in known:
        raise FieldInvalid(
            f"{field}: expected one of {', '.join(known)}, or nothing; got {value!r}",
            metadata={"field": field, "value": value},
        )
    return f"{prefix}_{value.upper()}" if value else None


def _read_values(
    responses: Iterable[indicators_pb2.GetIndicatorValuesResponse],
) -> IndicatorValues:
    values: list[IndicatorValue] = []
    last = indicators_pb2.GetIndicatorValuesResponse()
    for last in responses:
        values.extend(map(_read_value, last.values))
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


def _read_value(item: indicators_pb2.IndicatorValue) -> IndicatorValue:
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


def _read_meter_month(item: indicators_pb2.MeterMonth) -> MeterMonth:
    return MeterMonth(
        item.period,
        Decimal(item.kwh),
        tuple(
            MeterShare(each.recipient, Decimal(each.key), Decimal(each.kwh))
            for each in item.shares
        ),
        Decimal(item.unallocated_kwh),
        item.key_unit,
        item.reason,
        item.message,
    )


def _read_definition(item: indicators_pb2.Indicator) -> Indicator:
    return Indicator(
        item.id,
        item.version,
        item.title,
        item.source,
        item.unit,
        item.digits,
        item.lower_is_better,
        tuple(map(_read_term, item.numerator)),
        tuple(map(_read_term, item.denominator)),
        Fraction(item.times or 1),
        item.by_site,
        Fraction(item.low) if item.HasField("low") else None,
        Fraction(item.high) if item.HasField("high") else None,
        item.at_most,
        item.note,
        tuple((each.grade, Fraction(each.limit)) for each in item.grades),
        item.grades_source,
    )


def _read_term(item: indicators_pb2.IndicatorTerm) -> IndicatorTerm:
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
