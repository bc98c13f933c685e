"""Bodies of statements for properties: any that pass their own checks."""

from __future__ import annotations

import dataclasses
import enum
from typing import get_args, get_origin

from hypothesis import strategies as st

from tonne.statements.changes.bridges import Cause
from tonne.statements.changes.restatements import (
    BaseYear,
    RestatedFigure,
    RestatedPart,
    Restatement,
    RestatementCause,
    Treatment,
)
from tonne.statements.claims import Enablement, LotState, Offset, OffsetType
from tonne.statements.definitions.indicators import (
    IndicatorDefinition,
    IndicatorMeasure,
    IndicatorTerm,
)
from tonne.statements.definitions.keys import (
    AllocationBasis,
    AllocationSpan,
    AllocationWeight,
    KeptKey,
)
from tonne.statements.fields import Mark, hints
from tonne.statements.measures import Measure, MeasureMethod, MeasureState
from tonne.statements.products import Exchange, Footprint, Packaging, Product
from tonne.statements.statement import BODIES, Kind, statement_of
from tonne.statements.suppliers import Attribute, Evidence, Supplier
from tonne.statements.targets import Target, TargetType

texts = st.text(
    st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=20
).filter(str.strip)
ids = st.from_regex(r"[a-z0-9][a-z0-9._-]{0,10}", fullmatch=True)
days = st.dates().filter(lambda day: day.year >= 1970).map(str)
months = st.builds("{:04d}-{:02d}".format, st.integers(1970, 2150), st.integers(1, 12))
numbers = st.decimals(-(10**12), 10**12, places=6).map(lambda each: format(each, "f"))
amounts = st.decimals(0, 10**12, places=6).map(lambda each: format(each, "f"))
shares = st.decimals(0, 1, places=6).map(lambda each: format(each, "f"))

_OF_MARK = {
    Mark.REQUIRED: texts,
    Mark.ID: ids,
    Mark.DAY: days,
    Mark.MONTH: months,
    Mark.NUMBER: numbers,
    Mark.AMOUNT: amounts,
    Mark.SHARE: shares,
}


def any_of(kind):
    """Any value of a dataclass whose fields fit their marks, whatever they mean together."""
    known = hints(kind)
    return st.builds(kind, **{name: _field(hint) for name, hint in known.items()})


def _field(hint):
    inner, marks = hint, ()
    if hasattr(hint, "__metadata__"):
        inner, marks = hint.__origin__, hint.__metadata__
    if get_origin(inner) is tuple:
        return st.lists(_field(get_args(inner)[0]), max_size=3).map(tuple)
    if dataclasses.is_dataclass(inner):
        return any_of(inner)
    if issubclass(inner, enum.StrEnum):
        return st.sampled_from([each for each in inner if each])
    plain = {bool: st.booleans(), int: st.integers(0, 1_000_000), str: texts}
    return _OF_MARK[marks[0]] if marks else plain[inner]


def restated(number):
    """A figure of a restatement."""
    return RestatedFigure(str(10**9 + number), "AR6", "equity-share", str(number + 1))


def valid(number):
    """A statement of each kind that fits, told apart by a number; refers to those of the same."""
    year = f"20{number % 20 + 20}-01"
    return {
        Kind.SUPPLIER: Supplier(f"Supplier {number}"),
        Kind.EVIDENCE: Evidence("x", Attribute.PUBLIC_TARGET, f"{year}-01", f"report {number}"),
        Kind.TARGET: Target(
            "Half", TargetType.ABSOLUTE, "2060-01", year, ("scope1", "scope2.market"),
            change_percent=f"-{number % 99 + 1}",
        ),
        Kind.MEASURE: Measure(
            "Solar", f"{year}-01", MeasureState.RUNNING, MeasureMethod.STATED, "contract",
            expected_kg_co2e=str(10**9 + number), targets=("x",),
        ),
        Kind.ENABLEMENT: Enablement(
            "Meetings", "Flights", "Video", "a meeting", year, 1, "1", str(10**9 + number),
            "study", higher_order_kg="-7", consequence_tree="annex",
        ),
        Kind.OFFSET: Offset(
            "CCER", "Wind", "1-9", 2023, str(10**9), OffsetType.REMOVAL, LotState.ISSUED,
            f"{year}-01", "registry",
        ),
        Kind.PRODUCT: Product(f"Laptop {number}"),
        Kind.FOOTPRINT: Footprint("x", Exchange.DECLARED, str(10**9 + number), "report"),
        Kind.BASE_YEAR: BaseYear(year, f"{number % 20 + 1}", ("scope1", "scope2.market")),
        Kind.RESTATEMENT: Restatement(
            "Scope 1", year, f"{year[:4]}-12", restated(number), restated(number + 1), "1",
            RestatementCause.METHOD, True, Treatment.NOTED,
            parts=(RestatedPart(Cause.METHOD, "1"),),
        ),
        Kind.PACKAGING: Packaging("Trays", year, str(10**9 + number), "foam", "report", "x"),
        Kind.INDICATOR: IndicatorDefinition(
            f"Energy per piece {number}", "the board", "kWh/unit", 2, True,
            (IndicatorTerm(("memo.energy",), IndicatorMeasure.KWH),),
            (IndicatorTerm(("memo.output",), IndicatorMeasure.AMOUNT, "unit"),),
        ),
        Kind.ALLOCATION_KEY: KeptKey(
            AllocationBasis.AREA, "m2",
            (AllocationSpan(f"{year}-01", weights=(AllocationWeight("a", str(number + 1)),)),),
        ),
    }  # fmt: skip


def statements(number, kinds=Kind):
    """Statements `x` of these kinds."""
    bodies = valid(number)
    return [statement_of("x", bodies[kind], reason=f"step {number}") for kind in kinds]


assert valid(0).keys() == BODIES.keys()
