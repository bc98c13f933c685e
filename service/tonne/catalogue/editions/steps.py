"""The steps of a factor: a product of measured or agreed figures, kept one by one.

A row of an edition may say how its unit leads to another one, as a chain of named figures:

    t        ncv=20.304 GJ/t; carbon=26.18 kg/GJ; oxidation=0.985      a fuel's own analysis
    t        ncv=42.3 GJ/t; co2=74.1 kg/GJ; oxidation=0.995            the same by EU ETS
    t        distance=1050 km                                         mass by distance
    unit     power=0.35 kW/unit; hours=8760 h; lifetime=4             a use over the lifetime
    vCPU.h   life=1/35040; share=1/96                                 a part of a server's making

A figure `x A/B` turns B into A; `x A` turns what there is into its product with A (`t` and `km`
into `t.km`, `kW` and `h` into `kWh`); a figure without a unit is a share or a count. A figure
may be a ratio of two decimals, `1/96`, which is exact where its decimal would not end. The row's
masses are then per unit of what the chain leads to. A chain with `carbon` ends as CO2 (44/12 kg
CO2 for each kg of C), one with `co2` is CO2: they need no masses. A row with steps alone leads
to the factor of the activity above its own.

Source: IPCC 2006 Guidelines, volume 2, box 1.1 and equation 1.1 (calorific value, carbon content,
oxidation; 44/12); Commission Implementing Regulation (EU) 2018/2066, article 24 (EU ETS); GHG
Protocol Scope 3 Calculation Guidance, chapters 4 (mass by distance) and 11 (use of products).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Protocol

from tonne.catalogue.words import units
from tonne.errors import FieldInvalid

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

STEPS_MAX = 12
"""Most figures in a chain."""

CO2_PER_CARBON = Fraction(44, 12)
"""kg CO2 for each kg of C that is oxidised (IPCC 2006, volume 2, equation 1.1)."""

CARBON, CO2 = "carbon", "co2"
"""Names of figures that make a chain end as carbon, or as CO2."""

HEAT = {"ncv": units.ENERGY_NET, "gcv": units.ENERGY_GROSS}
"""Names of figures that are a fuel's heat, and the dimension of that energy."""

DEFAULT = "default_"
"""How names of figures begin that nobody measured: a published default, which is told."""

_DECIMAL = r"\d{1,18}(?:\.\d{1,24})?"
_STEP = re.compile(rf"([a-z][a-z0-9_]*)=({_DECIMAL}(?:/{_DECIMAL})?)(?: (\S+))?", re.ASCII)
# What two dimensions make, and how many of their base units are in one of it.
_PRODUCTS = {
    ("mass", "length"): ("t.km", 10**6),  # kg, m
    ("power", "time"): ("kWh", 3_600_000),  # W, s
    ("time", "power"): ("kWh", 3_600_000),  # s, W
    ("count", "length"): ("km", 1000),  # rides, m
}
_ENERGIES = frozenset({units.ENERGY, units.ENERGY_NET, units.ENERGY_GROSS})


@dataclass(frozen=True, slots=True)
class FactorStep:
    """One figure of a chain.

    Parameters
    ----------
    name : str
        What it is, like `ncv`, `oxidation`, `distance`.
    value : str
        A decimal, or a ratio of two, as written.
    unit : str
        `A/B`, `A`, or empty.
    """

    name: str
    value: str
    unit: str = ""

    @property
    def text(self) -> str:
        """The figure as written, like `ncv 20.304 GJ/t`."""
        return " ".join(filter(None, (self.name, self.value, self.unit)))


class Figure(Protocol):
    """What `write_steps` writes: a `FactorStep`, here or in an answer."""

    @property
    def name(self) -> str:
        """What it is."""

    @property
    def value(self) -> str:
        """A decimal, or a ratio of two, as written."""

    @property
    def unit(self) -> str:
        """`A/B`, `A`, or empty."""


@dataclass(frozen=True, slots=True)
class Link:
    """A figure of a chain as a ratio: units of `unit` for each unit of the link before it."""

    step: FactorStep
    ratio: Fraction
    unit: str


def read_steps(text: str) -> tuple[FactorStep, ...]:
    """Read `name=value unit; ...`. Raises FieldInvalid, which names the figure."""
    found = []
    for part in filter(None, (each.strip() for each in text.split(";"))):
        match = _STEP.fullmatch(" ".join(part.split()))
        if match is None:
            raise _invalid("figures like 'ncv=20.304 GJ/t; oxidation=0.985'", part)
        if not all(map(Fraction, match[2].split("/"))):
            raise _invalid("a figure above zero", part)
        found.append(FactorStep(match[1], match[2], match[3] or ""))
    if len(found) > STEPS_MAX:
        raise _invalid(f"at most {STEPS_MAX} figures", str(len(found)))
    return tuple(found)


def read_chain(
    text: str, unit: str, taken: Container[str], *, has_masses: bool, leads_on: bool
) -> tuple[FactorStep, ...]:
    """Read the steps of a row, and check that they say one thing and lead somewhere.

    Parameters
    ----------
    text, unit : str
        Of the row.
    taken : container of str
        Which of the columns kwh, loss, account and stage the row fills in.
    has_masses : bool
        Whether it has a mass.
    leads_on : bool
        Whether its activity stands below one that has factors.

    Raises
    ------
    FieldInvalid
        Its text is what was expected.
    """
    steps = read_steps(text)
    if not steps:
        return ()
    links(unit, steps)
    if "kwh" in taken or "loss" in taken:
        raise FieldInvalid("nothing beside kwh or loss, which are figures of their own")
    if is_co2(steps):
        if has_masses:
            raise FieldInvalid("no masses beside steps that lead to CO2 by themselves")
        if not _is_mass(links(unit, steps)[-1].unit):
            raise FieldInvalid("steps that lead to a mass of CO2")
    elif not has_masses and ("account" in taken or "stage" in taken or not leads_on):
        raise FieldInvalid(
            "a mass per unit of what they lead to; or nothing in account and stage, and an "
            "activity below one that has factors"
        )
    return steps


def write_steps(steps: Iterable[Figure]) -> str:
    """Write what `read_steps` reads."""
    return ";".join(
        f"{step.name}={step.value}{' ' if step.unit else ''}{step.unit}" for step in steps
    )


def links(unit: str, steps: tuple[FactorStep, ...]) -> tuple[Link, ...]:
    """Follow a chain from a unit on.

    Raises
    ------
    FieldInvalid
        A figure's unit is not known, or does not take what the figures before it lead to.
    """
    found = []
    for step in steps:
        ratio, unit = _follow(unit, step)
        found.append(Link(step, ratio, unit))
    if any(step.name == CARBON for step in steps):
        kilograms = units.conversion(unit, "kg") if _is_mass(unit) else None
        if kilograms is None:
            raise _invalid("a chain with carbon that leads to its mass", unit)
        molar = FactorStep("co2_per_carbon", "44/12")
        found.append(Link(molar, kilograms * CO2_PER_CARBON, "kg"))
    return tuple(found)


def is_co2(steps: tuple[FactorStep, ...]) -> bool:
    """Whether a chain leads to CO2 by itself."""
    return any(step.name in {CARBON, CO2} for step in steps)


def _follow(unit: str, step: FactorStep) -> tuple[Fraction, str]:
    """Ratio of a figure, and the unit that it leads to."""
    above, _, below = step.value.partition("/")
    value = Fraction(above) / Fraction(below or 1)
    if not step.unit:
        return value, unit
    target, _, source = step.unit.partition("/")
    if source:
        return _taken(unit, source, step) * value, _with_heat(target, step)
    first, second = _known(unit, step), _known(target, step)
    product = _PRODUCTS.get((first.dimension, second.dimension))
    if product is None:
        raise _invalid(f"a figure per {unit}, like 'kg/{unit}'", step.text)
    made, base_count = product
    return first.factor * second.factor * value / base_count, made


def _taken(unit: str, source: str, step: FactorStep) -> Fraction:
    """How many of a figure's denominator are in a unit; heat of the chain is taken as it is."""
    first, last = _known(unit, step), _known(source, step)
    if first.dimension == last.dimension or {first.dimension, last.dimension} <= _ENERGIES:
        return first.factor / last.factor
    raise _invalid(f"a figure per {unit}, which the ones before it lead to", step.text)


def _with_heat(target: str, step: FactorStep) -> str:
    """Give the unit that a figure leads to; a calorific value's energy has its basis."""
    known = _known(target, step)
    if step.name in HEAT and known.dimension in _ENERGIES:
        basis = f"{known.symbol}_{'net' if step.name == 'ncv' else 'gross'}"
        return basis if units.find(basis) is not None else known.symbol
    return known.symbol


def _known(text: str, step: FactorStep) -> units.Unit:
    unit = units.find(text)
    if unit is None:
        raise _invalid(units.advice(text) or "units of docs/units.md", step.text)
    return unit


def _is_mass(unit: str) -> bool:
    known = units.find(unit)
    return known is not None and known.dimension == "mass"


def _invalid(expected: str, given: str) -> FieldInvalid:
    return FieldInvalid(f"{expected}, and no {given!r}", metadata={"field": "steps"})
