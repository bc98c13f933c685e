"""Valuation: what a unit of a record is worth under a GWP set, exact until it is printed.

    mass (kg) = quantity (record's unit) * conversion (factor's units per record's unit)
                * factor (kg per factor's unit)
    CO2e (kg) = printed total, or sum over gases of mass * GWP100

Where a publisher printed a total under the GWP set of the valuation, that total counts, to its
last digit, even where the printed gases add up to a little more or less. Under another set the
gases count. Rounded once, half-even, at the last printed place; see `decimal_text`.

Methane counts by its origin (`gwp.methane_origin`), which is told where it is unknown. A publisher
that states AR4 or AR5 took the one figure of that set for all methane: under that set so does
its factor, and that is told where the origin's figure is another one.

Source: GHG Protocol Corporate Standard, chapter 6 (CO2e from gases and their GWP); GHG Protocol,
IPCC Global Warming Potential Values, August 2024 (methane by origin).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from tonne.catalogue.resolving.resolution import GWP_SET_FALLBACK, METHANE_ORIGIN, Notice
from tonne.catalogue.words.accounts import scope_of
from tonne.catalogue.words.gwp import (
    CO2_BIOGENIC,
    METHANE,
    METHANE_BY_ORIGIN,
    METHANE_FOSSIL,
    gases,
)
from tonne.catalogue.words.method import GWP_SETS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tonne.catalogue.resolving.resolution import FactorMasses, Resolution, ResolutionEntry

_TOTAL_SCOPES = ("scope1", "scope3")

TEXT_PLACES_MAX = 18
"""Most decimal places that `decimal_text` prints."""

MAIN_GASES = ("CO2", "CH4", "N2O")
"""Gases that a factor states in columns of their own."""

ONE_METHANE = frozenset({"AR4", "AR5"})
"""GWP sets that publishers state with one figure for methane, whatever its origin.

Source: IPCC AR5 WG1 table 8.A.1, as EPA's hub (table 11) and the UK's factors take it.
"""

AMOUNT = "no emission: an amount"
PRINTED = "printed total"
SUM_OF_GASES = "sum of gases"
SUM_AND_REST = "sum of gases, and what the printed total has beyond them"


@dataclass(frozen=True, slots=True)
class Worth:
    """The worth of one unit.

    Parameters
    ----------
    kg_co2e : Fraction
        kg CO2e.
    masses : Mapping of str to Fraction
        kg of each gas that is stated, by name.
    kwh : Fraction
        Energy; zero but in entries of `memo.*`.
    basis : str
        How the CO2e follows: `PRINTED`, `SUM_OF_GASES`, `SUM_AND_REST`, `AMOUNT`.
    potentials : Mapping of str to str
        GWP applied to each gas, as printed; empty where the printed total counts.
    notices : tuple of Notice
        Where the GWP set was not to be had.
    amount : Fraction or None
        What is no mass and no energy, in the factor's unit of amounts.
    """

    kg_co2e: Fraction
    masses: Mapping[str, Fraction]
    kwh: Fraction
    basis: str
    potentials: Mapping[str, str]
    notices: tuple[Notice, ...] = ()
    amount: Fraction | None = None

    def times(self, ratio: Fraction) -> Worth:
        """Compute what `ratio` units are worth."""
        masses = {gas: kg * ratio for gas, kg in self.masses.items()}
        return Worth(
            self.kg_co2e * ratio,
            masses,
            self.kwh * ratio,
            self.basis,
            self.potentials,
            self.notices,
            None if self.amount is None else self.amount * ratio,
        )


def entry_worth(entry: ResolutionEntry, gwp_set: str) -> Worth:
    """Compute what one unit of the record is worth in an entry.

    With `hours` it is the worth of a unit of the part that counts there.
    """
    return factor_worth(entry.factor, gwp_set).times(entry.conversion)


def total_worth(resolution: Resolution, gwp_set: str) -> Fraction | None:
    """Sum the kg CO2e that one unit adds to the total, by the location-based method.

    Before shares of entities. None where an entry counts by the hour: then it is no one number.
    """
    if any(each.hours for each in resolution.entries):
        return None
    return sum(
        (
            entry_worth(each, gwp_set).kg_co2e
            for each in resolution.entries
            if each.account == "scope2.location" or scope_of(each.account) in _TOTAL_SCOPES
        ),
        Fraction(0),
    )


def factor_worth(factor: FactorMasses, gwp_set: str) -> Worth:
    """Compute what one unit of a factor is worth under a GWP set.

    Parameters
    ----------
    factor : FactorMasses
        As printed.
    gwp_set : str
        One of `method.GWP_SETS`.
    """
    masses = gas_masses(factor)
    kwh = Fraction(factor.kwh or 0)
    if factor.amount is not None:
        return Worth(Fraction(0), {}, kwh, AMOUNT, {}, amount=Fraction(factor.amount))
    total = None if factor.kg_co2e is None else Fraction(factor.kg_co2e)
    if total is not None and factor.gwp_set in {gwp_set, "", "CO2"}:
        return Worth(total, masses, kwh, PRINTED, {})
    if not masses:
        notices: tuple[Notice, ...] = ()
        if total:
            notices = (_fallback(f"its CO2e is of {factor.gwp_set} and names no gases", gwp_set),)
        return Worth(total or Fraction(0), masses, kwh, PRINTED, {}, notices)
    summed, potentials, found = _sum(masses, gwp_set, factor.gwp_set)
    if total is None:
        return Worth(summed, masses, kwh, SUM_OF_GASES, potentials, found)
    rest = total - _sum(masses, factor.gwp_set, factor.gwp_set)[0]
    if abs(rest) <= _tolerance(factor):
        return Worth(summed, masses, kwh, SUM_OF_GASES, potentials, found)
    notice = _fallback(
        f"{decimal_text(rest)} kg CO2e a unit of its printed total is of no stated gas and stays "
        f"as {factor.gwp_set}",
        gwp_set,
    )
    return Worth(summed + rest, masses, kwh, SUM_AND_REST, potentials, (*found, notice))


def gas_masses(factor: FactorMasses) -> dict[str, Fraction]:
    """Masses of the gases that a factor states, in kg per unit.

    A factor that is a composition of other gases has no CO2, CH4 and N2O: they are zero there,
    not unknown.
    """
    masses: dict[str, Fraction] = {}
    if factor.gases and not any(gas == CO2_BIOGENIC for gas, _ in factor.gases):
        masses.update(dict.fromkeys(MAIN_GASES, Fraction(0)))
    parts = (
        ("CO2", factor.kg_co2, None),
        ("CH4", factor.kg_ch4, factor.co2e_ch4),
        ("N2O", factor.kg_n2o, factor.co2e_n2o),
    )
    for gas, mass, co2e in parts:
        if mass is not None:
            masses[gas] = Fraction(mass)
        elif co2e is not None:
            named = METHANE_BY_ORIGIN[factor.methane] if gas == METHANE else gas
            potential = gases()[_counted_as(named, factor.gwp_set, factor.gwp_set)].potential(
                factor.gwp_set
            )
            if potential is not None:
                masses[gas] = Fraction(co2e) / potential
    for gas, mass in factor.gases:
        masses[gas] = masses.get(gas, Fraction(0)) + Fraction(mass)
    if factor.methane and METHANE in masses:
        named = METHANE_BY_ORIGIN[factor.methane]
        masses[named] = masses.get(named, Fraction(0)) + masses.pop(METHANE)
    return masses


def by_gas(masses: Mapping[str, Fraction]) -> dict[str, Fraction]:
    """Masses with methane of every origin as CH4."""
    found: dict[str, Fraction] = {}
    origins = set(METHANE_BY_ORIGIN.values())
    for gas, mass in masses.items():
        name = METHANE if gas in origins else gas
        found[name] = found.get(name, Fraction(0)) + mass
    return found


def _counted_as(gas: str, gwp_set: str, stated: str) -> str:
    """Name of the gas whose figure counts under a set, for a factor that states a set."""
    is_one = gwp_set == stated and gwp_set in ONE_METHANE
    return METHANE if is_one and gas in METHANE_BY_ORIGIN.values() else gas


def _sum(
    masses: Mapping[str, Fraction], gwp_set: str, stated: str
) -> tuple[Fraction, dict[str, str], tuple[Notice, ...]]:
    """Sum of mass times GWP, the GWPs, and notices of what did not count by its own figure."""
    total = Fraction(0)
    potentials: dict[str, str] = {}
    notices = []
    for gas, mass in masses.items():
        known = gases().get(_counted_as(gas, gwp_set, stated))
        listed = {} if known is None else known.potentials
        if gwp_set in listed:
            used = gwp_set
        else:
            used = next((name for name in _nearest_sets(gwp_set) if name in listed), "")
            if mass:
                what = f"takes {used}" if used else "counts nothing, no set lists it"
                notices.append(_fallback(f"{gas} {what}", gwp_set))
        if used:
            potentials[gas] = listed[used]
            total += mass * Fraction(listed[used])
        if mass and gas in {METHANE, METHANE_FOSSIL}:
            notices += _methane_notices(gas, gwp_set, listed[gwp_set], stated)
    return total, potentials, tuple(notices)


def _methane_notices(gas: str, gwp_set: str, taken: str, stated: str) -> list[Notice]:
    """Tell of methane whose origin is unknown, or does not count."""
    fossil = gases()[METHANE_FOSSIL].potentials[gwp_set]
    if Fraction(taken) == Fraction(fossil):
        return []
    if gas == METHANE_FOSSIL:
        text = (
            f"CH4 of fossil origin counts {taken} and not {fossil}: the factor's publisher states "
            f"{gwp_set} with one figure for all CH4"
        )
    elif gwp_set == stated:
        return []  # the publisher's own figure, which knows no origin
    else:
        text = (
            f"CH4 of unknown origin counts as not fossil: {taken} under {gwp_set}, and {fossil} "
            "if it were fossil; a factor says which by CH4-fossil or CH4-biogenic in its gases"
        )
    return [Notice(METHANE_ORIGIN, text)]


def _nearest_sets(gwp_set: str) -> list[str]:
    """All sets, the nearest in time first and of two as near the later one."""
    place = GWP_SETS.index(gwp_set)
    return sorted(GWP_SETS, key=lambda name: abs(2 * (GWP_SETS.index(name) - place) - 1))


def _fallback(what: str, gwp_set: str) -> Notice:
    return Notice(GWP_SET_FALLBACK, f"no full {gwp_set} valuation: {what}")


def _tolerance(factor: FactorMasses) -> Fraction:
    """By how much printed gases may miss a printed total: half a last digit of each."""
    half_digits = Fraction(0)
    potential_of = {
        "kg_ch4": gases()["CH4"].potential(factor.gwp_set),
        "kg_n2o": gases()["N2O"].potential(factor.gwp_set),
    }
    for name in ("kg_co2e", "kg_co2", "kg_ch4", "kg_n2o", "co2e_ch4", "co2e_n2o"):
        text: str | None = getattr(factor, name)
        if text is not None:
            exponent = Decimal(text).as_tuple().exponent
            assert isinstance(exponent, int)  # noqa: S101  a finite decimal
            half_digits += Fraction(10) ** exponent / 2 * (potential_of.get(name) or 1)
    return half_digits


def decimal_text(value: Fraction) -> str:
    """Write a rational as a plain decimal, like `"12.5"`, `"0"` or `"-3"`.

    It is exact where the decimal ends within 18 places, else rounded once, half-even, at the
    18th. No trailing zeros, no exponent, no minus zero.
    """
    return ratio_text(value.numerator, value.denominator)


def exact_text(value: Fraction) -> str:
    """Write a rational without rounding: as a decimal where that ends, else as `"1/3"`."""
    denominator = value.denominator
    places = 0
    for prime in (2, 5):
        power = 0
        while denominator % prime == 0:
            denominator //= prime
            power += 1
        places = max(places, power)
    if denominator > 1:
        return f"{value.numerator}/{value.denominator}"
    whole, part = divmod(abs(value.numerator) * 10**places // value.denominator, 10**places)
    sign = "-" if value < 0 else ""
    return f"{sign}{whole}.{part:0{places}d}" if part else f"{sign}{whole}"


def ratio_text(numerator: int | Fraction, denominator: int) -> str:
    """Write `numerator / denominator` as `decimal_text` does; `denominator` is positive."""
    numerator, denominator = numerator.numerator, denominator * numerator.denominator
    scaled, rest = divmod(abs(numerator) * 10**TEXT_PLACES_MAX, denominator)
    # Half-even: up beyond the half; at the half up where that makes the last digit even.
    if 2 * rest > denominator or (2 * rest == denominator and scaled % 2 == 1):
        scaled += 1
    if scaled == 0:
        return "0"
    whole, part = divmod(scaled, 10**TEXT_PLACES_MAX)
    sign = "-" if numerator < 0 else ""
    if part == 0:
        return f"{sign}{whole}"
    return f"{sign}{whole}.{part:018d}".rstrip("0")
