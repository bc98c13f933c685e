"""Indicators, their values and claims: messages to dataclasses and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

from tonne.catalogue.resolving.valuation import exact_text
from tonne.edge.messages.explain_codec import write_part
from tonne.edge.messages.names import write_book
from tonne.edge.messages.report_codec import APPROACHES, read_approach, read_enum, read_months
from tonne.model import month_of_period
from tonne.reports.explanation.indicators import IndicatorExplainRequest, TermPart, TermSum
from tonne.reports.indicators.claims import Claim
from tonne.reports.indicators.definition import Measure
from tonne.reports.indicators.request import PLACES, SPANS, IndicatorRequest
from tonne.reports.inventory.request import InventoryRequest
from tonne.v1 import indicators_pb2

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tonne.reports.indicators.book import IndicatorAnswer
    from tonne.reports.indicators.claims import ClaimCheck
    from tonne.reports.indicators.definition import Definition, Term
    from tonne.reports.indicators.values import Value

VALUES_PER_MESSAGE = 500
"""Values of one chunk: each has a text that may name sites."""

_MEASURES = ("", *get_args(Measure))
"""Measures, numbered as `tonne.v1.IndicatorMeasure`."""


def read_request(
    request: indicators_pb2.GetIndicatorValuesRequest, own: tuple[Definition, ...]
) -> IndicatorRequest:
    """Read what indicators are asked for, with the book's own. Raises `FieldInvalid`."""
    first, last = read_months(request)
    return IndicatorRequest(
        InventoryRequest(
            first_period=first,
            last_period=last,
            facilities=tuple(request.facilities),
            regions=tuple(request.regions),
            gwp_set=request.gwp_set,
            consolidation=read_approach(request),
        ),
        indicators=tuple(request.indicators),
        by=read_enum("by", request.by, PLACES) if request.HasField("by") else "",
        span=read_enum("span", request.span, SPANS) if request.HasField("span") else "",
        coal_set=request.coal_set,
        own=own,
    )


def write_answer(answer: IndicatorAnswer) -> Iterator[indicators_pb2.GetIndicatorValuesResponse]:
    """Write values in chunks; the last one carries the notices."""
    chunk = indicators_pb2.GetIndicatorValuesResponse()
    for value in answer.values:
        if len(chunk.values) == VALUES_PER_MESSAGE:
            yield chunk
            chunk = indicators_pb2.GetIndicatorValuesResponse()
        chunk.values.append(_write_value(value))
    chunk.notices.extend(
        indicators_pb2.IndicatorNotice(
            reason=each.reason, message=each.message, indicators=each.indicators
        )
        for each in answer.notices
    )
    chunk.suspended_count = answer.suspended_count
    chunk.quarantined_count = answer.quarantined_count
    chunk.gwp_set = answer.gwp_set
    number: Any = APPROACHES.index(answer.consolidation)
    chunk.consolidation = number
    chunk.coal_set = answer.coal_set
    yield chunk


def _write_value(value: Value) -> indicators_pb2.IndicatorValue:
    return indicators_pb2.IndicatorValue(
        indicator=value.definition.id,
        version=value.definition.version,
        place=value.place,
        from_period=month_of_period(value.window.first),
        to_period=month_of_period(value.window.last),
        unit=value.unit,
        value=value.text,
        value_exact="" if value.value is None else exact_text(value.value),
        numerator=exact_text(value.numerator),
        denominator=exact_text(value.denominator),
        grade=value.grade,
        refusal=value.refusal,
        message=value.message,
        remarks=value.remarks,
    )


def read_explain_request(
    request: indicators_pb2.ExplainIndicatorRequest, own: tuple[Definition, ...]
) -> IndicatorExplainRequest:
    """Read which value is explained, with the book's own. Raises `FieldInvalid`."""
    first, last = read_months(request)
    values = IndicatorRequest(
        InventoryRequest(
            first_period=first,
            last_period=last,
            facilities=tuple(request.facilities),
            regions=tuple(request.regions),
            gwp_set=request.gwp_set,
            consolidation=read_approach(request),
        ),
        indicators=(request.indicator,),
        by=read_enum("by", request.by, PLACES) if request.HasField("by") else "",
        coal_set=request.coal_set,
        own=own,
    )
    return IndicatorExplainRequest(values, request.place, request.replay, request.records_max)


def write_explained(
    book: str, part: TermPart | TermSum | Value
) -> indicators_pb2.ExplainIndicatorResponse:
    """Write what a term rests on, its sum, or the value."""
    if not isinstance(part, TermPart | TermSum):
        return indicators_pb2.ExplainIndicatorResponse(value=_write_value(part))
    side: Any = part.key.side + 1
    written = indicators_pb2.ExplainIndicatorResponse(side=side, term_index=part.key.term_index)
    if isinstance(part, TermPart):
        written.explained.CopyFrom(write_part(book, part.explained))
        written.added = "" if part.added is None else exact_text(part.added)
        return written
    written.sum.term.CopyFrom(_write_term(part.term))
    written.sum.sum = exact_text(part.sum)
    written.sum.unit = part.unit
    written.sum.balance_count = part.balance_count
    return written


def write_definition(definition: Definition, book: str = "") -> indicators_pb2.Indicator:
    """Write a definition: of a book's own, or without a book one that ships."""
    return indicators_pb2.Indicator(
        id=definition.id,
        version=definition.version,
        title=definition.title,
        source=definition.source,
        unit=definition.unit,
        digits=definition.digits,
        lower_is_better=definition.is_lower_better,
        numerator=map(_write_term, definition.numerator),
        denominator=map(_write_term, definition.denominator),
        times=exact_text(definition.times),
        by_site=definition.by_site,
        low=None if definition.low is None else exact_text(definition.low),
        high=None if definition.high is None else exact_text(definition.high),
        at_most=definition.at_most,
        note=definition.note,
        grades=[
            indicators_pb2.IndicatorGrade(grade=each.name, limit=exact_text(each.limit))
            for each in definition.grades
        ],
        grades_source=definition.grades_source,
        book=write_book(book) if book else "",
    )


def _write_term(term: Term) -> indicators_pb2.IndicatorTerm:
    measure: Any = _MEASURES.index(term.measure)
    return indicators_pb2.IndicatorTerm(
        accounts=term.accounts,
        measure=measure,
        unit=term.unit,
        activities=term.activities,
        facility_types=term.facility_types,
        sources=term.sources,
        taken_off=term.is_taken_off,
        optional=term.is_optional,
    )


def read_claims(request: indicators_pb2.CheckIndicatorClaimsRequest) -> list[Claim]:
    """Read claims."""
    return [Claim(each.indicator, each.value) for each in request.claims]


def write_checks(
    checks: Iterable[ClaimCheck],
) -> indicators_pb2.CheckIndicatorClaimsResponse:
    """Write what was found of claims."""
    return indicators_pb2.CheckIndicatorClaimsResponse(
        checks=[
            indicators_pb2.IndicatorClaimCheck(
                indicator=each.claim.indicator,
                value=each.claim.value,
                refusal=each.refusal,
                grade=each.grade,
            )
            for each in checks
        ]
    )
