"""Electricity that something uses by the unit: a service by the gigabyte, a vehicle by distance.

The publisher's figure per distance counts where it is of the record's own region. Elsewhere a
vehicle takes the same electricity but another grid's: the kWh per distance, of a proxy region
where the method allows one, and for each of these kWh what a kWh from the grid of the region has.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Protocol

from tonne.catalogue.editions.factor import cell_of, plain_text
from tonne.catalogue.resolving.choice import open_series, share_steps
from tonne.catalogue.resolving.legs.losses import loss_step, of_set
from tonne.catalogue.resolving.legs.notices import residual_mix_missing
from tonne.catalogue.resolving.resolution import FactorMasses, Notice, ResolutionEntry, Step
from tonne.catalogue.words.rules import CHARGING, DRIVING, Leg

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tonne.catalogue.resolving.choice import Candidate, Pick
    from tonne.catalogue.resolving.legs.sources import Sources


class Assembly(Protocol):
    """What makes the entries of an activity in a region: `entries.Assembly`."""

    activities: tuple[str, ...]
    region: str
    sources: Sources

    @property
    def grid(self) -> Assembly:
        """What makes the entries of a kWh from the grid of the region."""

    def pick(
        self, candidates: Sequence[Candidate], day: int, *, by_day: bool = False
    ) -> list[Pick]:
        """Choose what serves a day."""

    def entries(self, leg: Leg, day: int) -> list[ResolutionEntry]:
        """Make the entries of a leg."""

    def plain_entry(self, account: str, pick: Pick, share: Step | None = None) -> ResolutionEntry:
        """Make the entry of a factor with all its gases."""

    def entry(self, account: str, pick: Pick, masses: FactorMasses) -> ResolutionEntry:
        """Make the entry of a factor with the masses that count."""

    def notices_of(self, pick: Pick) -> list[Notice]:
        """Tell how a factor is not exactly the record's."""


def used(
    assembly: Assembly, uses: Iterable[Pick], of_grid: Iterable[ResolutionEntry]
) -> list[ResolutionEntry]:
    """Take for each kWh of a use what a kWh from the grid has.

    How the use is not exactly the record's is told, as of any factor.
    """
    grid = list(of_grid)
    found = []
    for use in uses:
        factor = use.candidate.factor
        assert factor.kwh is not None  # noqa: S101  uses are those that say it
        text = f"{plain_text(factor.kwh)} kWh per {factor.unit} ({cell_of(factor)})"
        energy = Step("energy", text, Fraction(factor.kwh))
        conversion = use.candidate.conversion
        steps = (*conversion.steps, *share_steps(use), energy)
        told = (*assembly.notices_of(use), *conversion.notices)
        found += [
            replace(entry, steps=(*steps, *entry.steps), notices=(*told, *entry.notices))
            for entry in grid
        ]
    return found


def printed(sources: Sources, stage: str) -> list[Candidate]:
    """Figures per distance for electricity of the record's own region: no proxy has its grid."""
    return [each for each in sources.of_stages((stage,)) if not each.is_proxy]


def charged(assembly: Assembly, leg: Leg, day: int) -> list[ResolutionEntry]:
    """Electricity of a vehicle at the grid's average."""
    picks = assembly.pick(printed(assembly.sources, CHARGING), day)
    if picks:
        return [assembly.plain_entry(leg.account, pick) for pick in picks]
    return _by_kwh(assembly, Leg(leg.account, kind="average"), day)


def charged_by_market(assembly: Assembly, leg: Leg, day: int) -> list[ResolutionEntry]:
    """Give the residual mix for the kWh where the region has one, else the grid's average.

    No contract counts: those of the book are for the electricity that it meters, and a vehicle
    is charged anywhere.
    """
    residual = assembly.grid.pick(assembly.grid.sources.of_stages(("residual",)), day, by_day=True)
    if open_series(residual):
        residual = []
    mix = [assembly.grid.plain_entry(leg.account, pick) for pick in residual]
    found = used(assembly, _kwh(assembly, day), mix) if mix else []
    if found:
        return found
    notice = residual_mix_missing(assembly.activities[0], assembly.region)
    return [
        replace(entry, notices=(*entry.notices, notice)) for entry in charged(assembly, leg, day)
    ]


def charged_losses(assembly: Assembly, leg: Leg, day: int) -> list[ResolutionEntry]:
    """Losses on the way of the electricity of a vehicle, by the method's convention.

    Printed figures are per distance. For another convention than `defra` the loss follows from
    them and from those of the generation; what is upstream of the electricity is not printed
    apart from what is upstream of the fuel, so no share of it is added.
    """
    direct = assembly.pick(printed(assembly.sources, CHARGING), day)
    if not direct:
        return _by_kwh(assembly, Leg(leg.account, kind="losses"), day)
    lost = assembly.pick(printed(assembly.sources, "losses"), day)
    convention = assembly.sources.settings.loss_convention
    if convention == "defra":
        return [assembly.plain_entry(leg.account, pick) for pick in lost]
    found = []
    for pick in direct:
        # In a year of several sets, what is lost of each is that of its own set.
        share = loss_step(convention, (), of_set(lost, pick), of_set(direct, pick))
        if share is None:
            return []
        found.append(assembly.plain_entry(leg.account, pick, share))
    return found


def charged_upstream(assembly: Assembly, leg: Leg, day: int) -> list[ResolutionEntry]:
    """Upstream of a vehicle as printed for the region: a proxy's holds that of another grid."""
    picks = assembly.pick(printed(assembly.sources, "wtt"), day)
    return [assembly.plain_entry(leg.account, pick) for pick in picks]


def driving_energy(assembly: Assembly, leg: Leg, day: int) -> list[ResolutionEntry]:
    """Energy of a vehicle: kWh of its fuel (net calorific value) and of its electricity."""
    found = []
    for stage in DRIVING:
        for pick in assembly.pick(assembly.sources.kwh_of(stage), day):
            factor = pick.candidate.factor
            assert factor.kwh is not None  # noqa: S101  it is what was asked for
            masses = FactorMasses(kwh=plain_text(factor.kwh))
            found.append(assembly.entry(leg.account, pick, masses))
    return found


def looked_at(sources: Sources) -> list[Candidate]:
    """Give all candidates for the electricity of a vehicle, but for those of the grid."""
    found = [each for stage in (CHARGING, "losses", "wtt") for each in printed(sources, stage)]
    return found + [each for stage in DRIVING for each in sources.kwh_of(stage)]


def _kwh(assembly: Assembly, day: int) -> list[Pick]:
    return assembly.pick(assembly.sources.kwh_of("charging"), day)


def _by_kwh(assembly: Assembly, leg: Leg, day: int) -> list[ResolutionEntry]:
    """Give for the kWh of a vehicle what a leg of a kWh from the grid gives."""
    return used(assembly, _kwh(assembly, day), assembly.grid.entries(leg, day))
