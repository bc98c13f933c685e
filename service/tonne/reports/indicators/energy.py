"""Energy in coal equivalent, and by its source: looked up when a question is asked.

So what was posted long ago has both, under whichever table the question names. A coefficient is
applied to the posted quantity, in its own unit where that converts by definition; elsewhere to the
kWh of the posting, which is told.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from tonne.catalogue.words import taxonomy, units
from tonne.catalogue.words.rules import CONTEXTS
from tonne.catalogue.words.tables import read_table
from tonne.errors import FieldInvalid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tonne.catalogue.resolving.resolution import Resolution

COAL_BY_ENERGY = "COAL_EQUIVALENT_BY_ENERGY"
"""Reason of the notice that coal equivalent follows from the kWh of a posting."""

SOURCE_UNKNOWN = "ENERGY_SOURCE_UNKNOWN"
"""Reason of the notice that the source of energy is not known."""

UNTOLD = "untold"

_ANY = "*"
_STATED_STAGES = frozenset({"contract", "supplier"})
"""Stages of market-based factors that are an instrument."""


@dataclass(frozen=True, slots=True)
class _Coefficient:
    unit: str
    kgce: Fraction


@cache
def coal_sets() -> tuple[str, ...]:
    """Give the sets of coefficients, the first one first."""
    return tuple(dict.fromkeys(row["set"] for row in read_table("coal_equivalents.csv")))


def check_coal_set(name: str) -> str:
    """Give a set's name, that of the first one where none is given. Raises FieldInvalid."""
    if name and name not in coal_sets():
        raise FieldInvalid(
            f"coal_set: expected one of {', '.join(coal_sets())}; got {name!r}",
            metadata={"field": "coal_set", "value": name},
        )
    return name or coal_sets()[0]


@cache
def _coefficients(set_: str) -> Mapping[str, tuple[_Coefficient, ...]]:
    found: dict[str, tuple[_Coefficient, ...]] = {}
    for row in read_table("coal_equivalents.csv"):
        if row["set"] == set_:
            one = _Coefficient(row["unit"], Fraction(row["kgce"]))
            found[row["activity"]] = (*found.get(row["activity"], ()), one)
    return found


@cache
def _sources() -> Mapping[str, str]:
    return {row["match"]: row["source"] for row in read_table("energy_sources.csv")}


def kgce(set_: str, activity: str, unit: str, kwh: Fraction) -> tuple[Fraction, bool]:
    """Compute the kilograms of coal equivalent of one unit of a posting.

    Parameters
    ----------
    set_ : str
        One of `coal_sets`.
    activity, unit : str
        Of the posting, as they are read.
    kwh : Fraction
        Energy of one unit.

    Returns
    -------
    tuple of Fraction and bool
        kgce, and whether the coefficient is that of the activity, not of its kWh.
    """
    table = _coefficients(set_)
    found = units.find(unit)
    for name in ids_of(activity):
        for each in table.get(name, ()):
            other = units.find(each.unit)
            if found is not None and other is not None and found.dimension == other.dimension:
                return each.kgce * found.factor / other.factor, True
    (by_energy,) = table[_ANY]
    return by_energy.kgce * kwh, False


def source_of(activity: str, resolution: Resolution) -> tuple[str, str]:
    """Tell the source of a posting's energy, by its activity and by its instrument.

    Returns
    -------
    tuple of str and str
        One of `definition.SOURCES`, and what to say where it is untold; empty of a grid's mix,
        which is told apart by nobody.
    """
    table = _sources()
    rule = _rule(activity)
    found = next((table[name] for name in ids_of(activity) if name in table), None)
    found = found or table.get(f"rule:{rule}", UNTOLD)
    if rule != "electricity":
        return found, "" if found != UNTOLD else f"the source of {activity} is not known"
    market = [entry for entry in resolution.entries if entry.account == "scope2.market"]
    by_instrument = bool(market) and all(each.stage in _STATED_STAGES for each in market)
    if found == UNTOLD and by_instrument:
        return UNTOLD, (
            f"{activity} is under a contract whose source is not stated: record it as "
            "electricity.grid.renewable or electricity.grid.nuclear where it is one of these"
        )
    if found in {"renewable", "nuclear"} and not by_instrument:
        return UNTOLD, (
            f"{activity} is under no contract or certificate: import a factor of its instrument "
            "(stage contract or supplier), or its source counts as untold"
        )
    return found, ""


@lru_cache(maxsize=1 << 12)
def ids_of(activity: str) -> tuple[str, ...]:
    """Give an id and those that it stands below, the longest first; without a context."""
    first, _, rest = activity.partition(".")
    name = rest if first in CONTEXTS and rest else activity
    words = (taxonomy.id_of(name) or name).split(".")
    return tuple(".".join(words[:count]) for count in range(len(words), 0, -1))


@lru_cache(maxsize=1 << 12)
def _rule(activity: str) -> str:
    found = taxonomy.subject(activity, lambda _: True)
    return "" if found is None else found.activity.rule
