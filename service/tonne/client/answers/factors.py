"""Factors as the client gives them: texts as their publisher printed them."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tonne.client.answers.days import read_day

if TYPE_CHECKING:
    from tonne.v1 import catalogue_pb2


@dataclass(frozen=True, slots=True)
class GasMass:
    """kg of one gas, an exact decimal as text."""

    gas: str
    kg: str


@dataclass(frozen=True, slots=True)
class FactorStep:
    """A figure by which a factor's unit leads to another one, as its row has it."""

    name: str
    value: str
    unit: str


@dataclass(frozen=True, slots=True)
class Factor:
    """One published factor, its fields as in `tonne.v1.Factor`; what is not known is empty.

    `valid_from` and `valid_to` (exclusive) are days YYYY-MM-DD, an empty one is open.
    """

    name: str
    activity: str = ""
    region: str = ""
    unit: str = ""
    valid_from: str = ""
    valid_to: str = ""
    kg_co2e: str = ""
    kg_co2: str = ""
    kg_ch4: str = ""
    kg_n2o: str = ""
    account: str = ""
    source: str = ""
    table: str = ""
    note: str = ""
    stage: str = ""
    gwp_set: str = ""
    co2e_ch4: str = ""
    co2e_n2o: str = ""
    kg_biogenic_co2: str = ""
    gases: tuple[GasMass, ...] = ()
    kwh: str = ""
    loss: str = ""
    uncertainty: str = ""
    row: str = ""
    licence: str = ""
    evidence: str = ""
    steps: tuple[FactorStep, ...] = ()
    hours: str = ""
    has_gaps: bool = False


@dataclass(frozen=True, slots=True)
class FactorsFound:
    """Factors of a search, the best match first, and how many matched in all."""

    factors: tuple[Factor, ...]
    total_size: int


def read_factor(message: catalogue_pb2.Factor) -> Factor:
    """Read a factor."""
    values: dict[str, Any] = {name: getattr(message, name) for name in _TEXTS}
    return Factor(
        valid_from=read_day(message, "valid_from"),
        valid_to=read_day(message, "valid_to"),
        gases=tuple(GasMass(each.gas, each.kg) for each in message.gases),
        steps=tuple(FactorStep(each.name, each.value, each.unit) for each in message.steps),
        has_gaps=message.has_gaps,
        **values,
    )


_TEXTS = tuple(
    field.name
    for field in dataclasses.fields(Factor)
    if field.name not in ("valid_from", "valid_to", "gases", "steps", "has_gaps")
)
