"""A published emission factor, with every digit of its publisher."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tonne.catalogue.editions.steps import is_co2
from tonne.catalogue.words.method import GWP_SETS

if TYPE_CHECKING:
    import datetime as dt
    from decimal import Decimal

    from tonne.catalogue.editions.steps import FactorStep

STAGES = (
    "",
    "combustion",
    "generation",
    "operation",
    "release",
    "production",
    "treatment",
    "wtt",
    "losses",
    "wtt_losses",
    "biogenic",
    "contract",
    "supplier",
    "residual",
    "embodied",
    "life_cycle",
    "energy",
    "charging",
)
"""Stages of the life cycle; an empty one is the activity itself. `energy` and `charging` state
the kWh of a vehicle by distance: of its fuel (net calorific value), of its electricity."""

AMOUNTS = (
    "kg_co2e",
    "kg_co2",
    "kg_ch4",
    "kg_n2o",
    "co2e_ch4",
    "co2e_n2o",
    "kg_biogenic_co2",
    "kwh",
    "loss",
)
"""Columns that hold a decimal number."""

FACTOR_GWP_SETS = ("", *GWP_SETS, "CO2")
"""GWP sets of a printed total; `CO2` where it is CO2 alone."""


@dataclass(frozen=True, slots=True)
class Factor:
    """One published emission factor.

    Parameters
    ----------
    row : int
        Its row in the edition, from 1, the header not counted.
    activity, region, unit : str
        What it holds for; an empty region is everywhere.
    valid_from : datetime.date
        First valid day.
    valid_to : datetime.date or None
        First day after the validity, exclusive; None is open.
    kg_co2e, kg_co2, kg_ch4, kg_n2o : Decimal or None
        Kilograms per unit, with the publisher's digits; None is unknown, not zero.
    account : str
        Where it posts to; empty where the posting rule of the activity decides.
    source, table, note : str
        Where the publisher printed it, and what is to be said about it.
    stage : str
        One of `STAGES`.
    gwp_set : str
        One of `FACTOR_GWP_SETS`: of `kg_co2e`, `co2e_ch4` and `co2e_n2o`.
    co2e_ch4, co2e_n2o : Decimal or None
        kg CO2e of the gas per unit, where the publisher prints that and not the mass.
    kg_biogenic_co2 : Decimal or None
        kg CO2 of biomass per unit, reported outside the scopes.
    gases : tuple of (str, Decimal)
        kg of other gases per unit, by name, sorted.
    kwh : Decimal or None
        kWh that one unit uses: of electricity, at the stage `energy` of fuel.
    loss : Decimal or None
        Share of the generated electricity that is lost before the consumer.
    uncertainty : Decimal or None
        Half-width of the 95 % interval, in percent.
    cell : str
        Row or cell in the table (column `row` of the CSV).
    licence, evidence : str
        Licence of the figure, and how direct the copy is.
    steps : tuple of FactorStep
        Figures by which the unit leads to another one, which the masses are per unit of.
    hours : str
        SHA-256 of the series of hours that it stands for, which has its kg CO2e; else empty.
    gaps : tuple of (int, int)
        Times of its days that are missing in that series: microseconds since 1970, the end
        exclusive, in order.
    """

    row: int
    activity: str
    region: str
    unit: str
    valid_from: dt.date
    valid_to: dt.date | None
    kg_co2e: Decimal | None
    kg_co2: Decimal | None = None
    kg_ch4: Decimal | None = None
    kg_n2o: Decimal | None = None
    account: str = ""
    source: str = ""
    table: str = ""
    note: str = ""
    stage: str = ""
    gwp_set: str = ""
    co2e_ch4: Decimal | None = None
    co2e_n2o: Decimal | None = None
    kg_biogenic_co2: Decimal | None = None
    gases: tuple[tuple[str, Decimal], ...] = ()
    kwh: Decimal | None = None
    loss: Decimal | None = None
    uncertainty: Decimal | None = None
    cell: str = ""
    licence: str = ""
    evidence: str = ""
    steps: tuple[FactorStep, ...] = ()
    hours: str = ""
    gaps: tuple[tuple[int, int], ...] = ()

    @property
    def is_bridge(self) -> bool:
        """Whether it has steps alone, and leads to the factor of an activity above its own."""
        if not self.steps or self.gases or is_co2(self.steps):
            return False
        return all(getattr(self, name) is None for name in AMOUNTS)


def plain_text(value: Decimal) -> str:
    """Write a factor's decimal without an exponent, all its digits kept (`0.0530`)."""
    return format(value, "f")


def cell_of(factor: Factor) -> str:
    """Where the publisher printed a factor."""
    parts = (factor.source, factor.table, f"row {factor.cell}" if factor.cell else "")
    return "; ".join(filter(None, parts))
