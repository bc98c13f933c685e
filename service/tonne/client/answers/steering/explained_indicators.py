"""A value of an indicator unfolded, as the client reads it: exact rationals, term by term."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from tonne.client.answers.explain_results import (
    ExplainLine,
    ExplainRecord,
    ExplainReplay,
    read_explain_part,
)
from tonne.client.answers.steering.indicator_results import (
    IndicatorTerm,
    IndicatorValue,
    read_term,
    read_value,
)
from tonne.v1 import indicators_pb2

if TYPE_CHECKING:
    from tonne.client.answers.report_results import InventoryRow


@dataclass(frozen=True, slots=True)
class IndicatorLine:
    """A line as `explain` has it, of a term of a side, and what it adds to the term."""

    side: str
    term_index: int
    line: ExplainLine
    added: Fraction


@dataclass(frozen=True, slots=True)
class IndicatorTermSum:
    """What a term of a side ("numerator", "denominator") adds up to."""

    side: str
    term_index: int
    term: IndicatorTerm
    sum: Fraction
    unit: str
    balance_count: int


IndicatorPart = IndicatorLine | ExplainRecord | ExplainReplay | IndicatorTermSum | IndicatorValue


def read_indicator_part(response: indicators_pb2.ExplainIndicatorResponse) -> IndicatorPart:
    """Read what a term rests on, its sum, or the value."""
    kind = response.WhichOneof("part")
    if kind == "value":
        return read_value(response.value)
    name = indicators_pb2.IndicatorSide.Name(response.side)
    side = name.removeprefix("INDICATOR_SIDE_").lower()
    if kind == "sum":
        item = response.sum
        return IndicatorTermSum(
            side,
            response.term_index,
            read_term(item.term),
            Fraction(item.sum),
            item.unit,
            item.balance_count,
        )
    part: ExplainLine | ExplainRecord | ExplainReplay | InventoryRow
    part = read_explain_part(response.explained)
    if isinstance(part, ExplainLine):
        return IndicatorLine(side, response.term_index, part, Fraction(response.added))
    assert isinstance(part, ExplainRecord | ExplainReplay)  # noqa: S101  a term has no total
    return part
