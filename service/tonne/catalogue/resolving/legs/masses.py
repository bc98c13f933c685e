"""What a factor says, as the texts that a resolution keeps."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from tonne.catalogue.editions.factor import plain_text
from tonne.catalogue.editions.steps import is_co2
from tonne.catalogue.resolving.resolution import METHANE_ORIGIN, FactorMasses, Notice
from tonne.catalogue.words.gwp import METHANE, is_kyoto, methane_origin

if TYPE_CHECKING:
    from decimal import Decimal

    from tonne.catalogue.editions.factor import Factor
    from tonne.catalogue.resolving.choice import Pick


def masses_of(
    factor: Factor, gases: str = "all", *, unknown_methane: str = "non-fossil"
) -> FactorMasses | None:
    """Masses of a factor as texts; of a composition those of a kind of gas, None without any.

    `unknown_methane`: as what methane of unknown origin counts.
    """
    if is_co2(factor.steps):
        return FactorMasses(kg_co2e="1", kg_co2="1", gwp_set="CO2")  # a kilogram of CO2 is one
    if factor.hours:  # what counts of a quantity is weighted by its hours: it is in kg CO2e
        return FactorMasses(kg_co2e="1", gwp_set=factor.gwp_set)
    parts = tuple(
        (gas, plain_text(mass))
        for gas, mass in factor.gases
        if gases == "all" or is_kyoto(gas) == (gases == "kyoto")
    )
    if factor.gases and not parts:
        return None
    # A composition has no printed total: the total of some of its gases is not printed.
    total = factor.kg_co2e
    if total is None and factor.gwp_set == "CO2":
        total = factor.kg_co2
    return FactorMasses(
        kg_co2e=_text(total),
        kg_co2=_text(factor.kg_co2),
        kg_ch4=_text(factor.kg_ch4),
        kg_n2o=_text(factor.kg_n2o),
        co2e_ch4=_text(factor.co2e_ch4),
        co2e_n2o=_text(factor.co2e_n2o),
        gases=parts,
        gwp_set=factor.gwp_set,
        methane=_origin(factor, unknown_methane) if _has_methane(factor) else "",
    )


def _origin(factor: Factor, unknown: str) -> str:
    origin = methane_origin(factor.activity)
    return "fossil" if not origin and unknown == "fossil" else origin


def methane_notices(factor: Factor, masses: FactorMasses) -> list[Notice]:
    """Tell that the method says of methane of unknown origin that it is fossil."""
    if masses.methane != "fossil" or methane_origin(factor.activity):
        return []
    text = f"{factor.activity}: CH4 of unknown origin counts as fossil, as the method says"
    return [Notice(METHANE_ORIGIN, text)]


def _has_methane(factor: Factor) -> bool:
    """Whether a factor states methane without naming its origin."""
    stated = (factor.kg_ch4, factor.co2e_ch4, dict(factor.gases).get(METHANE))
    return any(stated)


def _text(value: Decimal | None) -> str | None:
    return None if value is None else plain_text(value)


def printed_total(pick: Pick) -> Fraction | None:
    """CO2e, or CO2, of one unit of the record as printed."""
    factor = pick.candidate.factor
    value = factor.kg_co2e if factor.kg_co2e is not None else factor.kg_co2
    if value is None:
        return None
    ratio = Fraction(1)
    for step in pick.candidate.conversion.steps:
        ratio *= step.ratio
    return Fraction(value) * ratio
