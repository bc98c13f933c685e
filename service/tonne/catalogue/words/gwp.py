"""Global warming potentials over 100 years: AR4, AR5 and AR6, exact as printed.

Methane of fossil origin warms more than other methane, because its carbon ends as CO2 that was
not in the air before: under AR6 29.8 and 27.0 kg CO2e a kilogram, under AR5 30 and 28; AR4 has
25 for both. Which it is follows from what was burnt, leaked or treated
(`shipped/methane_origins.csv`).

Source: IPCC AR4 WG1 table 2.14, AR5 WG1 tables 8.7 and 8.A.1 (without climate-carbon feedbacks),
AR6 WG1 tables 7.15 and 7.SM.7; GHG Protocol, IPCC Global Warming Potential Values (August 2024),
for methane and SF6 of AR6; the rows of `shipped/gwp.csv` say where each figure was read.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING

from tonne.catalogue.words import taxonomy
from tonne.catalogue.words.method import GWP_SETS
from tonne.catalogue.words.tables import read_table

if TYPE_CHECKING:
    from collections.abc import Mapping

KYOTO_GROUPS = frozenset({"co2", "ch4", "n2o", "hfc", "pfc", "sf6", "nf3"})
"""Groups of gases that the scopes report (Kyoto Protocol, Doha Amendment)."""

CO2_BIOGENIC = "CO2-biogenic"
"""Name under which the CO2 of biomass stands among the gases, apart from fossil CO2."""

METHANE = "CH4"
"""Methane of unknown origin; without one it counts as methane that is not fossil."""

METHANE_FOSSIL = "CH4-fossil"
"""Methane of fossil origin."""

METHANE_BY_ORIGIN = {"": METHANE, "fossil": METHANE_FOSSIL, "biogenic": "CH4-biogenic"}
"""Names of methane by its origin; an empty origin is unknown."""


@dataclass(frozen=True, slots=True)
class Gas:
    """A gas and its warming potentials.

    Parameters
    ----------
    id, name : str
        Like `HFC-134a`, `1,1,1,2-tetrafluoroethane`.
    group : str
        `co2`, `ch4`, `n2o`, `hfc`, `pfc`, `sf6`, `nf3`, `montreal` or `other`.
    potentials : Mapping of str to str
        kg CO2e per kg by GWP set, as printed; sets that do not list the gas are left out.
    """

    id: str
    name: str
    group: str
    potentials: Mapping[str, str]

    def potential(self, gwp_set: str) -> Fraction | None:
        """GWP in a set, or None."""
        text = self.potentials.get(gwp_set)
        return None if text is None else Fraction(text)


@cache
def gases() -> Mapping[str, Gas]:
    """All gases by id."""
    return {
        row["gas"]: Gas(
            id=row["gas"],
            name=row["name"],
            group=row["group"],
            potentials=_potentials(row),
        )
        for row in read_table("gwp.csv")
    }


def _potentials(row: Mapping[str, str]) -> dict[str, str]:
    """Read the sets of a row; `AR6-7SM7` has a figure of its own only where it differs."""
    texts = {name: row[name.lower().replace("-", "_")] for name in GWP_SETS}
    texts["AR6-7SM7"] = texts["AR6-7SM7"] or texts["AR6"]
    return {name: text for name, text in texts.items() if text}


def methane_origin(activity: str) -> str:
    """Origin of the methane of an activity: `fossil`, `biogenic`, or empty where it is unknown.

    That of the fuel which is burnt or leaks, or of what is treated. The row that names most of
    the activity's beginning counts, and of two such the one that also names its end.
    """
    known = taxonomy.find(activity)
    words = (activity if known is None else known.id).split(".")
    for count in range(len(words), 0, -1):
        beginning = ".".join(words[:count])
        for end in (words[-1], ""):
            origin = _origins().get((beginning, end))
            if origin is not None:
                return origin if origin != "unknown" else ""
    return ""


@cache
def _origins() -> Mapping[tuple[str, str], str]:
    rows = read_table("methane_origins.csv")
    return {(row["begins"], row["ends"]): row["origin"] for row in rows}


def is_kyoto(gas: str) -> bool:
    """Whether the scopes report a gas; one that no table knows is not."""
    known = gases().get(gas)
    return known is not None and known.group in KYOTO_GROUPS
