"""Claims: what somebody says of an indicator, held against its definition.

"ERE over 80 %" is none: ERE is better where it is lower, so nobody boasts of more than that; what
was meant is a share of reused heat. Such a claim is refused, and the definition says what it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from tonne.catalogue.resolving.valuation import exact_text
from tonne.errors import FieldInvalid
from tonne.reports.indicators.definition import find, read_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tonne.reports.indicators.definition import Definition

CLAIMS_MAX = 100
"""Most claims of one call."""

_ABOVE = (
    "over",
    "above",
    "more than",
    "at least",
    "from",
    ">",
    ">=",
    "\N{GREATER-THAN OR EQUAL TO}",
)
_BELOW = (
    "under",
    "below",
    "less than",
    "at most",
    "up to",
    "<",
    "<=",
    "\N{LESS-THAN OR EQUAL TO}",
)
_CLAIM = re.compile(r"\s*(\D*?)\s*(-?\d{1,18}(?:\.\d{1,18})?)\s*(%?)\s*")


@dataclass(frozen=True, slots=True)
class Claim:
    """What is claimed: an indicator's id and its value as it is written."""

    indicator: str
    value: str


@dataclass(frozen=True, slots=True)
class ClaimCheck:
    """Why a claim does not fit, or which grade it reaches."""

    claim: Claim
    refusal: str
    grade: str


@dataclass(frozen=True, slots=True)
class _Read:
    definition: Definition
    value: Fraction
    is_above: bool
    is_below: bool
    has_percent: bool


def check_claims(claims: Sequence[Claim], own: Sequence[Definition] = ()) -> list[ClaimCheck]:
    """Hold claims of one subject against their definitions, and against each other.

    `own` are definitions of a book that claims may name.

    Raises
    ------
    FieldInvalid
        An indicator is not known, a value is no number, or there are too many.
    """
    if not 1 <= len(claims) <= CLAIMS_MAX:
        raise FieldInvalid(
            f"claims: expected 1 to {CLAIMS_MAX} of them; got {len(claims)}",
            metadata={"field": "claims", "value": str(len(claims))},
        )
    read = [_read(claim, own) for claim in claims]
    by_id = {each.definition.id: each for each in read}
    found = []
    for claim, each in zip(claims, read, strict=True):
        refusal = "; ".join(_refusals(each, by_id))
        grade = "" if refusal else each.definition.grade(each.value)
        found.append(ClaimCheck(claim, refusal, grade))
    return found


def _read(claim: Claim, own: Sequence[Definition]) -> _Read:
    definition = find(*read_name(claim.indicator), own)
    match = _CLAIM.fullmatch(claim.value)
    before = match[1].lower() if match else ""
    if match is None or (before and before not in (*_ABOVE, *_BELOW)):
        raise FieldInvalid(
            f"value of {claim.indicator}: expected a number like 1.1, 80 % or 'over 80 %'; got "
            f"{claim.value!r}",
            metadata={"field": "value", "value": claim.value},
        )
    value = Fraction(Decimal(match[2]))
    if match[3] and definition.unit != "%":
        value /= 100
    return _Read(definition, value, before in _ABOVE, before in _BELOW, bool(match[3]))


def _refusals(claim: _Read, others: Mapping[str, _Read]) -> Iterator[str]:
    definition = claim.definition
    if misfit := definition.misfit(claim.value):
        yield misfit
    better = "lower" if definition.is_lower_better else "higher"
    side = "over" if claim.is_above else "below"
    if claim.is_above if definition.is_lower_better else claim.is_below:
        yield f"{better} is better: a claim to be {side} a value says nothing good of it" + (
            f"; {definition.note}" if definition.note else ""
        )
    if claim.has_percent and definition.unit not in {"1", "%"}:
        yield f"its unit is {definition.unit}, and no share"
    bound = others.get(definition.at_most)
    if bound is not None and claim.value > bound.value:
        yield (
            f"{definition.id} cannot exceed {definition.at_most}, which is claimed to be "
            f"{exact_text(bound.value)}"
        )
