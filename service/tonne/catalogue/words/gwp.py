"""Global warming potentials over 100 years: AR4, AR5 and AR6, exact as printed.

Source: IPCC AR4 WG1 table 2.14, AR5 WG1 table 8.A.1 (without climate-carbon feedbacks), AR6 WG1
table 7.SM.7; the rows of `shipped/gwp.csv` say where each figure was read.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING

from tonne.catalogue.words.method import GWP_SETS
from tonne.catalogue.words.tables import read_table

if TYPE_CHECKING:
    from collections.abc import Mapping

KYOTO_GROUPS = frozenset({"co2", "ch4", "n2o", "hfc", "pfc", "sf6", "nf3"})
"""Groups of gases that the scopes report (Kyoto Protocol, Doha Amendment)."""

CO2_BIOGENIC = "CO2-biogenic"
"""Name under which the CO2 of biomass stands among the gases, apart from fossil CO2."""


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
            potentials={name: row[name.lower()] for name in GWP_SETS if row[name.lower()]},
        )
        for row in read_table("gwp.csv")
    }


def is_kyoto(gas: str) -> bool:
    """Whether the scopes report a gas; one that no table knows is not."""
    known = gases().get(gas)
    return known is not None and known.group in KYOTO_GROUPS
