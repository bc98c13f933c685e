"""Makes the entries of a leg on a day: which factor, which steps, which notices."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from tonne.catalogue.editions.factor import cell_of, plain_text
from tonne.catalogue.editions.hours import HoursPart
from tonne.catalogue.resolving.choice import open_series, share_steps
from tonne.catalogue.resolving.legs import electric
from tonne.catalogue.resolving.legs.losses import loss_step, of_set
from tonne.catalogue.resolving.legs.masses import masses_of, methane_notices
from tonne.catalogue.resolving.legs.notices import notices_of, residual_mix_missing
from tonne.catalogue.resolving.legs.sources import GRID, Sources
from tonne.catalogue.resolving.resolution import (
    LEG_MISSING,
    FactorMasses,
    Notice,
    ResolutionEntry,
    Step,
)
from tonne.catalogue.words.gwp import CO2_BIOGENIC
from tonne.catalogue.words.rules import NETWORKS, Leg
from tonne.catalogue.words.units import symbol_of
from tonne.model import DAY_COUNT_MAX

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from tonne.catalogue.editions.factor import Factor
    from tonne.catalogue.resolving.choice import Candidate, Pick
    from tonne.catalogue.resolving.conversion import Conversion
    from tonne.catalogue.words.rules import LegKind

MARKET_STAGES = ("contract", "supplier", "residual")
"""Stages of market-based factors in the order of the hierarchy.

Source: Scope 2 Guidance table 6.3: certificates first, which no factor can say; contracts,
supplier rates, the residual mix; then the grid's average with a disclosure.
"""


@dataclass(frozen=True, slots=True)
class _Kind:
    """How a kind of leg makes its entries, and which candidates it looks at.

    `has_own`: those that serve the leg's own stages; `stages_by_day`: also those of stages that
    are chosen day by day, whatever the year rule; `by_grid`: those of such legs of a kWh from
    the grid.
    """

    entries: Callable[[Assembly, Leg, int], list[ResolutionEntry]]
    looks_at: tuple[Callable[[Sources], list[Candidate]], ...]
    stages_by_day: tuple[str, ...] = ()
    has_own: bool = False
    by_grid: tuple[LegKind, ...] = ()


def _borders(ways: Iterable[Conversion]) -> set[int]:
    """Give the days on which a rate begins or ends."""
    days = (day for way in ways for day in (way.first_day, way.stop_day))
    return {day for day in days if day < DAY_COUNT_MAX}


class Assembly:
    """Entries for one activity, unit, region and facility.

    Parameters
    ----------
    sources : Sources
        What they are made of.
    own_id_count : int
        How many of the ids under which factors are looked up mean the activity itself.
    legs : tuple of Leg
        Legs that imported factors make by naming their accounts.
    """

    def __init__(self, sources: Sources, own_id_count: int, legs: tuple[Leg, ...] = ()) -> None:
        self.sources = sources
        self.activities = sources.activities
        self.region = sources.region
        self.own_id_count = own_id_count
        self.legs = legs
        self.pick = sources.candidates.pick

    def of_imports(self, own_ids: tuple[str, ...]) -> Assembly:
        """Assembly of the imported factors that name their accounts, with a leg for each."""

        def serves(factor: Factor, is_shipped: bool) -> bool:  # noqa: FBT001 - a predicate
            return bool(factor.account) and not is_shipped

        found = self.sources.find(own_ids, self.sources.unit, serves)
        accounts = dict.fromkeys((o.factor.account, o.factor.stage) for o in found)
        sources = replace(self.sources, activities=own_ids, with_proxies=False, imports_only=True)
        legs = tuple(Leg(account, stages=(stage,)) for account, stage in accounts)
        return Assembly(sources, len(own_ids), legs)

    def starts(self, legs: Sequence[Leg]) -> set[int]:
        """Days on which the entries of some legs may change."""
        found: set[int] = set()
        for leg in legs:
            for candidates, by_day in self.looked_at(leg):
                found |= self.sources.candidates.starts(candidates, by_day=by_day)
            if leg.kind == "energy":
                sets = (None, *self.sources.direct())
                ways = (way for each in sets for way in self.sources.energy_ways(each))
                found |= _borders(conversion for way in ways for conversion in way)
            if leg.kind == "amount":
                found |= _borders(self.sources.amount_ways(leg.unit))
        return found

    def looked_at(self, leg: Leg) -> list[tuple[list[Candidate], bool]]:
        """Candidates that a leg looks at, and whether it does day by day."""
        kind = self._KINDS[leg.kind]
        by_day = [(self.sources.of_stages((stage,)), True) for stage in kind.stages_by_day]
        own = [(self.sources.serving(leg), False)] if kind.has_own else []
        others = [(candidates(self.sources), False) for candidates in kind.looks_at]
        grid = [each for name in kind.by_grid for each in self.grid.looked_at(Leg("", kind=name))]
        return [*by_day, *own, *others, *grid]

    @cached_property
    def grid(self) -> Assembly:
        """Assembly of a kWh from the grid of the region."""
        sources = replace(
            self.sources,
            activities=GRID,
            unit="kWh",
            rule="electricity",
            with_proxies=False,
            imports_only=False,
        )
        return Assembly(sources, len(GRID))

    def entries(self, leg: Leg, day: int) -> list[ResolutionEntry]:
        """Entries of a leg on a day; none where no factor serves."""
        return self._KINDS[leg.kind].entries(self, leg, day)

    def picks(self, leg: Leg, day: int) -> list[Pick]:
        """Factors of a leg's stages that serve a day."""
        return self.pick(self.sources.serving(leg), day)

    def direct(self, day: int) -> list[Pick]:
        """Factors of the activity itself that serve a day."""
        return self.pick(self.sources.direct(), day)

    def holds_upstream(self, day: int) -> bool:
        """Whether the average of a day is a life-cycle one, with the upstream in it."""
        return not self.direct(day) and bool(self.pick(self.sources.life_cycle(), day))

    def averages(self, day: int, rest_of: str = "") -> list[Pick]:
        """Pick the grid's average; its life-cycle average where no direct one is known.

        `rest_of` names the series of which the missing hours alone are to be served.
        """
        direct = self.pick(self.sources.direct(), day, rest_of=rest_of)
        series = open_series(direct)
        if direct and not series:
            return direct
        return [
            *direct,
            *self.pick(self.sources.life_cycle(), day, rest_of=series or rest_of),
        ]

    # Kinds of legs.

    def _energy(self, leg: Leg, day: int) -> list[ResolutionEntry]:
        """Give the energy itself, in kWh; of fuels on net calorific value where that is known."""
        picks: Sequence[Pick | None] = self.direct(day) or [None]
        ways = [(self.sources.to_energy(pick, day), pick) for pick in picks]
        # Shipped factors and properties belong together; beside an own one it is told.
        is_own = any(pick is not None and not pick.candidate.is_shipped for pick in picks)
        is_one = len({conversion for conversion, _ in ways}) == 1
        return [
            ResolutionEntry(
                leg.account,
                "",
                0,
                FactorMasses(kwh="1"),
                steps=(*conversion.steps, *(share_steps(pick) if pick and not is_one else ())),
                notices=conversion.notices if is_own else (),
            )
            for conversion, pick in (ways[:1] if is_one else ways)
            if conversion is not None
        ]

    def _amount(self, leg: Leg, day: int) -> list[ResolutionEntry]:
        """Give what was recorded: in the unit of the leg, money in its own."""
        for way in self.sources.amount_ways(leg.unit):
            if way.holds_on(day):
                unit = leg.unit or symbol_of(self.sources.unit)
                masses = FactorMasses(amount="1", unit=unit)
                return [
                    ResolutionEntry(leg.account, "", 0, masses, way.steps, notices=way.notices)
                ]
        return []

    def _market(self, leg: Leg, day: int) -> list[ResolutionEntry]:
        """Contract, supplier rate, residual mix, else the grid's average with a notice."""
        found: list[ResolutionEntry] = []
        series = ""
        for stage in MARKET_STAGES:
            candidates = self.sources.of_stages((stage,))
            picks = self.pick(candidates, day, by_day=True, rest_of=series)
            found += [self.plain_entry(leg.account, pick) for pick in picks]
            series = open_series(picks) or (series if not picks else "")
            if found and not series:
                return found
        picks = self.averages(day, series)
        entries = [self.plain_entry(leg.account, pick) for pick in picks]
        if self.sources.rule not in NETWORKS:
            notice = residual_mix_missing(self.activities[0], self.region)
            entries = [replace(entry, notices=(*entry.notices, notice)) for entry in entries]
        return [*found, *entries]

    def _average(self, leg: Leg, day: int) -> list[ResolutionEntry]:
        return [self.plain_entry(leg.account, pick) for pick in self.averages(day)]

    def _upstream(self, leg: Leg, day: int) -> list[ResolutionEntry]:
        """Post the upstream, but where the life-cycle average holds it."""
        if self.holds_upstream(day):
            return []
        return self._upstream_apart(self._served(leg, day), day)

    def _upstream_apart(
        self, entries: Sequence[ResolutionEntry], day: int
    ) -> list[ResolutionEntry]:
        """Leave the upstream of hours out that a life-cycle average serves: it holds theirs."""
        series = open_series(self.direct(day))
        if not series or open_series(self.averages(day)):
            return list(entries)
        return [replace(entry, hours=HoursPart(series, "within")) for entry in entries]

    def _lost(self, leg: Leg, day: int) -> list[ResolutionEntry]:
        """Losses: the publisher's factors, or a share of the generation's and its upstream's."""
        convention = self.sources.settings.loss_convention
        printed = self.pick(self.sources.losses(), day)
        # What is lost follows from the figures of a year, whatever the hours have.
        direct = self.pick(self.sources.plain_direct(), day)
        if convention == "defra" and printed:
            upstream = self.pick(self.sources.of_losses_wtt(), day)
            return [self.plain_entry(leg.account, pick) for pick in (*printed, *upstream)]
        shares = self.pick(self.sources.shares(), day)
        upstream = self.pick(self.sources.upstream(), day)
        if convention == "ghg-protocol-combustion" or not self.direct(day):
            upstream = []
        found: list[list[ResolutionEntry]] = []
        for picks in (self.averages(day), upstream):
            found.append([])
            for pick in picks:
                # In a year of several sets, what is lost of each is that of its own set.
                own = [of_set(each, pick) for each in (shares, printed, direct)]
                step = loss_step(convention, *own)
                if step is None:
                    return []
                entry = self.plain_entry(leg.account, pick, step)
                told = self.notices_of((own[0] or own[1])[0])
                found[-1].append(replace(entry, notices=(*entry.notices, *told)))
        return [*found[0], *self._upstream_apart(found[1], day)]

    def _use(self, leg: Leg, day: int) -> list[ResolutionEntry]:
        """Take the electricity of a use the grid's average of the region."""
        grid = [self.plain_entry(leg.account, pick) for pick in self.grid.averages(day)]
        return electric.used(self, self.pick(self.sources.uses(), day), grid)

    def _biogenic(self, leg: Leg, day: int) -> list[ResolutionEntry]:
        """CO2 of biomass: of the very fuel or grid of the direct factor, with it or in a row."""
        picks, lacking = [], []
        for pick in self.pick(self.sources.plain_direct(), day):  # hours say nothing of biomass
            row = self._row_beside(pick, self.sources.serving(leg), day)
            if pick.candidate.factor.kg_biogenic_co2 is not None:
                picks.append(pick)
            elif row is not None:
                picks.append(replace(pick, candidate=row))
            else:
                lacking.append(pick)
        told = tuple(
            Notice(
                LEG_MISSING,
                f"{self.activities[0]}: nothing posted to {leg.account} for the part of edition "
                f"{pick.candidate.edition} ({pick.rule_text}): it states no CO2 of biomass",
            )
            for pick in lacking
        )
        found = []
        for pick in picks:
            mass = pick.candidate.factor.kg_biogenic_co2
            if mass:
                text = plain_text(mass)
                masses = FactorMasses(kg_co2e=text, gases=((CO2_BIOGENIC, text),), gwp_set="CO2")
                entry = self.entry(leg.account, pick, masses)
                found.append(replace(entry, notices=(*entry.notices, *told)))
        return found

    @staticmethod
    def _row_beside(pick: Pick, candidates: Sequence[Candidate], day: int) -> Candidate | None:
        """Row of the same set: of its edition and region, and of its time."""
        candidate = pick.candidate
        return next(
            (
                each
                for each in candidates
                if each.edition == candidate.edition
                and each.factor.region == candidate.factor.region
                and each.conversion.holds_on(day)
                and each.first_day < candidate.stop_day
                and candidate.first_day < each.stop_day
            ),
            None,
        )

    def _served(self, leg: Leg, day: int) -> list[ResolutionEntry]:
        """Take the factors of the leg's stages as they are."""
        found = []
        for pick in self.picks(leg, day):
            masses = self._masses_of(pick, leg.gases)
            if masses is not None:
                found.append(self.entry(leg.account, pick, masses))
        return found

    _KINDS: ClassVar[dict[LegKind, _Kind]] = {
        "factor": _Kind(_served, (Sources.direct,), has_own=True),
        "average": _Kind(_average, (Sources.direct, Sources.life_cycle)),
        "upstream": _Kind(_upstream, (Sources.direct, Sources.life_cycle), has_own=True),
        "energy": _Kind(_energy, (Sources.direct,)),
        "amount": _Kind(_amount, ()),
        "market": _Kind(
            _market, (Sources.direct, Sources.life_cycle), stages_by_day=MARKET_STAGES
        ),
        "losses": _Kind(
            _lost,
            (
                Sources.direct,
                Sources.life_cycle,
                Sources.upstream,
                Sources.losses,
                Sources.shares,
                Sources.of_losses_wtt,
            ),
        ),
        "electricity": _Kind(_use, (Sources.uses,), by_grid=("average",)),
        "charging": _Kind(electric.charged, (electric.looked_at,), by_grid=("average",)),
        "charging_market": _Kind(
            electric.charged_by_market, (electric.looked_at,), by_grid=("market",)
        ),
        "charging_losses": _Kind(
            electric.charged_losses, (electric.looked_at,), by_grid=("losses",)
        ),
        "charging_wtt": _Kind(electric.charged_upstream, (electric.looked_at,)),
        "driving": _Kind(electric.driving_energy, (electric.looked_at,)),
        "biogenic": _Kind(_biogenic, (Sources.direct,), has_own=True),
    }

    # Entries.

    def plain_entry(self, account: str, pick: Pick, share: Step | None = None) -> ResolutionEntry:
        """Make the entry of a factor with all its gases, and of a share of it."""
        masses = self._masses_of(pick)
        assert masses is not None  # noqa: S101  all gases are asked for
        entry = self.entry(account, pick, masses)
        return entry if share is None else replace(entry, steps=(*entry.steps, share))

    def _masses_of(self, pick: Pick, gases: str = "all") -> FactorMasses | None:
        unknown = self.sources.settings.unknown_methane
        return masses_of(pick.candidate.factor, gases, unknown_methane=unknown)

    def entry(self, account: str, pick: Pick, masses: FactorMasses) -> ResolutionEntry:
        """Make the entry of a factor with the masses that count."""
        candidate = pick.candidate
        self.sources.candidates.note_gaps(candidate)
        steps = (*candidate.conversion.steps, *share_steps(pick))
        return ResolutionEntry(
            account=account,
            edition=candidate.edition,
            factor_row=candidate.factor.row,
            factor=masses,
            steps=steps,
            stage=candidate.factor.stage,
            cell=cell_of(candidate.factor),
            notices=(
                *self.notices_of(pick),
                *candidate.conversion.notices,
                *methane_notices(candidate.factor, masses),
            ),
            hours=pick.hours,
        )

    def notices_of(self, pick: Pick) -> list[Notice]:
        """Tell every way in which the factor is not exactly the record's."""
        is_own = pick.candidate.id_distance < self.own_id_count
        return notices_of(
            pick, self.region, self.activities[0], rule=self.sources.rule, is_own=is_own
        )
