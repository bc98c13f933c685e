"""Makes the entries of a leg in a month: which factor, which steps, which notices."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar

from tonne.catalogue.editions.factor import cell_of, plain_text
from tonne.catalogue.resolving.losses import loss_step
from tonne.catalogue.resolving.masses import masses_of
from tonne.catalogue.resolving.resolution import (
    ACTIVITY_FALLBACK,
    CO2_ONLY,
    REGION_FALLBACK,
    REGION_PROXY,
    RESIDUAL_MIX_MISSING,
    YEAR_FALLBACK,
    YEAR_RULE,
    FactorMasses,
    Notice,
    ResolutionEntry,
    Step,
)
from tonne.catalogue.words.gwp import CO2_BIOGENIC
from tonne.catalogue.words.regions import region_id
from tonne.catalogue.words.rules import DIRECT, NETWORKS, Leg
from tonne.model import month_of_period

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tonne.catalogue.editions.factor import Factor
    from tonne.catalogue.resolving.candidates import Candidate, Candidates, Pick
    from tonne.catalogue.words.method import MethodSettings
    from tonne.catalogue.words.rules import LegKind

MARKET_STAGES = ("contract", "supplier", "residual")
"""Stages of market-based factors in the order of the hierarchy.

Source: Scope 2 Guidance table 6.3: certificates first, which no factor can say; contracts,
supplier rates, the residual mix; then the grid's average with a disclosure.
"""

GRID = ("electricity.grid",)
_ENERGY_UNITS = ("kWh_net", "kWh_gross", "kWh")


@dataclass(frozen=True, slots=True)
class _Kind:
    """How a kind of leg makes its entries, and which candidates it looks at.

    `has_own`: those that serve the leg's own stages; `stages_by_month`: also those of stages
    that are chosen month by month.
    """

    entries: Callable[[Assembly, Leg, int], list[ResolutionEntry]]
    looks_at: tuple[Callable[[Assembly], list[Candidate]], ...]
    stages_by_month: tuple[str, ...] = ()
    has_own: bool = False


class Assembly:
    """Entries for one activity, unit and region. Remembers the candidates of each kind.

    Parameters
    ----------
    candidates : Candidates
        All factors of the book.
    settings : MethodSettings
        The method.
    activities : tuple of str
        Ids under which factors are looked up.
    own_id_count : int
        How many of them mean the activity itself.
    unit, region : str
        Of the record.
    rule : str
        Name of the activity's rule; may be empty.
    with_proxies : bool
        Whether proxy regions may stand in.
    legs : tuple of Leg
        Legs that imported factors make by naming their accounts.
    """

    def __init__(
        self,
        candidates: Candidates,
        settings: MethodSettings,
        *,
        activities: tuple[str, ...],
        own_id_count: int,
        unit: str,
        region: str,
        rule: str,
        with_proxies: bool,
        legs: tuple[Leg, ...] = (),
        imports_only: bool = False,
    ) -> None:
        self._candidates = candidates
        self._settings = settings
        self.activities = activities
        self.own_id_count = own_id_count
        self.region = region
        self.legs = legs
        self._unit = unit
        self._rule = rule
        self._with_proxies = with_proxies
        self._imports_only = imports_only
        self._found: dict[tuple[object, ...], list[Candidate]] = {}

    def of_imports(self, own_ids: tuple[str, ...]) -> Assembly:
        """Assembly of the imported factors that name their accounts, with a leg for each."""

        def serves(factor: Factor, is_shipped: bool) -> bool:  # noqa: FBT001 - a predicate
            return bool(factor.account) and not is_shipped

        found = self._candidates.find(own_ids, self._unit, self.region, serves=serves)
        accounts = dict.fromkeys((o.factor.account, o.factor.stage) for o in found)
        return Assembly(
            self._candidates,
            self._settings,
            activities=own_ids,
            own_id_count=len(own_ids),
            unit=self._unit,
            region=self.region,
            rule=self._rule,
            with_proxies=False,
            legs=tuple(Leg(account, stages=(stage,)) for account, stage in accounts),
            imports_only=True,
        )

    def starts(self, legs: Sequence[Leg]) -> set[int]:
        """Months in which the entries of some legs may change."""
        found: set[int] = set()
        for leg in legs:
            for candidates, by_month in self._sources(leg):
                found |= self._candidates.starts(candidates, by_month=by_month)
        return found

    def _sources(self, leg: Leg) -> list[tuple[list[Candidate], bool]]:
        """Candidates that a leg looks at, and whether it does month by month."""
        kind = self._KINDS[leg.kind]
        by_month = [(self._of_stages((stage,)), True) for stage in kind.stages_by_month]
        own = [(self._serving(leg), False)] if kind.has_own else []
        return [*by_month, *own, *((candidates(self), False) for candidates in kind.looks_at)]

    def entries(self, leg: Leg, period: int) -> list[ResolutionEntry]:
        """Entries of a leg in a month; none where no factor serves."""
        return self._KINDS[leg.kind].entries(self, leg, period)

    # Candidates.

    def picks(self, leg: Leg, period: int) -> list[Pick]:
        """Factors of a leg's stages that serve a month."""
        return self._candidates.pick(self._serving(leg), period)

    def direct(self, period: int) -> list[Pick]:
        """Factors of the activity itself that serve a month."""
        return self._candidates.pick(self._direct(), period)

    def _of_stages(self, stages: tuple[str, ...]) -> list[Candidate]:
        return self._serving(Leg("", stages=stages))

    def _serving(self, leg: Leg) -> list[Candidate]:
        """Factors of a leg's stages whose account, where they name one, is the leg's."""
        key = ("serving", leg.account, leg.stages, leg.gases)
        if key not in self._found:
            is_other = leg.gases == "other"

            def serves(factor: Factor, is_shipped: bool) -> bool:  # noqa: FBT001 - a predicate
                if self._imports_only and (is_shipped or not factor.account):
                    return False
                if factor.account:
                    if leg.account and factor.account != leg.account:
                        return False
                elif is_other and not factor.gases:
                    return False  # a printed total of unnamed gases is that of the Kyoto ones
                if leg.stages and factor.stage not in leg.stages:
                    return False
                return factor.loss is None and factor.kwh is None

            self._found[key] = self._candidates.find(
                self.activities,
                self._unit,
                self.region,
                serves=serves,
                with_proxies=self._with_proxies,
                prefer=self._prefer_blend,
            )
        return self._found[key]

    def _prefer_blend(self, factor: Factor) -> int:
        """Composition or printed figure of a released gas, as the method chooses."""
        if factor.stage != "release":
            return 0
        return int(bool(factor.gases) == (self._settings.blend_gwp == "published"))

    def _direct(self) -> list[Candidate]:
        return self._of_stages(DIRECT)

    def _upstream(self) -> list[Candidate]:
        return self._of_stages(("wtt",))

    def _losses(self) -> list[Candidate]:
        return self._of_stages(("losses",))

    def _of_losses_wtt(self) -> list[Candidate]:
        return self._of_stages(("wtt_losses",))

    def _shares(self) -> list[Candidate]:
        """Factors that give the share that is lost."""
        return self._special("shares", self.activities, lambda factor: factor.loss is not None)

    def _uses(self) -> list[Candidate]:
        """Factors that give the electricity of a use."""
        return self._special("uses", self.activities, lambda factor: factor.kwh is not None)

    def _special(
        self, name: str, activities: tuple[str, ...], is_it: Callable[[Factor], bool]
    ) -> list[Candidate]:
        key = (name,)
        if key not in self._found:
            self._found[key] = self._candidates.find(
                activities, self._unit, self.region, serves=lambda factor, _: is_it(factor)
            )
        return self._found[key]

    def _grid(self) -> list[Candidate]:
        """Factors of grid electricity, for kWh."""
        if ("grid",) not in self._found:
            self._found[("grid",)] = self._candidates.find(
                GRID, "kWh", self.region, serves=lambda factor, _: factor.stage in DIRECT
            )
        return self._found[("grid",)]

    # Kinds of legs.

    def _energy(self, leg: Leg, period: int) -> list[ResolutionEntry]:
        """Give the energy itself, in kWh; of fuels on net calorific value where that is known."""
        is_fuel = self._rule.startswith("fuel")
        direct = self.direct(period)
        first = direct[0].candidate if direct else None
        edition, place = (first.edition, first.factor.region) if is_fuel and first else ("", "")
        converter = self._candidates.converter
        for target in _ENERGY_UNITS if is_fuel else ("kWh",):
            over = first.conversion if first and first.bridge else None
            own = converter.heat(self._unit, first.factor, target, over) if first else None
            found = own or converter.convert(
                self._unit, target, self.activities, edition=edition, region=place
            )
            if found is not None:
                # Shipped factors and properties belong together; beside an own one it is told.
                notices = found.notices if first and not first.is_shipped else ()
                masses = FactorMasses(kwh="1")
                return [ResolutionEntry(leg.account, "", 0, masses, found.steps, notices=notices)]
        return []

    def _market(self, leg: Leg, period: int) -> list[ResolutionEntry]:
        """Contract, supplier rate, residual mix, else the grid's average with a notice."""
        for stage in MARKET_STAGES:
            picks = self._candidates.pick(self._of_stages((stage,)), period, by_month=True)
            if picks:
                return [self._plain_entry(leg.account, pick) for pick in picks]
        entries = [self._plain_entry(leg.account, pick) for pick in self.direct(period)]
        if self._rule in NETWORKS:
            return entries
        notice = Notice(
            RESIDUAL_MIX_MISSING,
            f"{self.activities[0]}: no residual mix of region {self.region!r} is known; the "
            "grid's average counts in scope2.market, where others may count the same green "
            "power",
        )
        return [replace(entry, notices=(*entry.notices, notice)) for entry in entries]

    def _lost(self, leg: Leg, period: int) -> list[ResolutionEntry]:
        """Losses: the publisher's factors, or a share of the generation's and its upstream's."""
        convention = self._settings.loss_convention
        printed = self._candidates.pick(self._losses(), period)
        direct = self._candidates.pick(self._direct(), period)
        if convention == "defra" and printed:
            upstream = self._candidates.pick(self._of_losses_wtt(), period)
            return [self._plain_entry(leg.account, pick) for pick in (*printed, *upstream)]
        shares = self._candidates.pick(self._shares(), period)
        share = loss_step(convention, shares, printed, direct)
        if share is None:
            return []
        upstream = self._candidates.pick(self._upstream(), period)
        if convention == "ghg-protocol-combustion":
            upstream = []
        told = [each for pick in (shares or printed)[:1] for each in self._notices(pick)]
        found = [self._plain_entry(leg.account, pick, share) for pick in (*direct, *upstream)]
        return [replace(each, notices=(*each.notices, *told)) for each in found]

    def _use(self, leg: Leg, period: int) -> list[ResolutionEntry]:
        """Take the electricity of a use the grid's average of the region."""
        found = []
        for use in self._candidates.pick(self._uses(), period):
            factor = use.candidate.factor
            assert factor.kwh is not None  # noqa: S101  it is what _uses asks for
            text = f"{plain_text(factor.kwh)} kWh per {factor.unit} ({cell_of(factor)})"
            steps = (*use.candidate.conversion.steps, Step("energy", text, Fraction(factor.kwh)))
            told = (*self._notices(use), *use.candidate.conversion.notices)
            for pick in self._candidates.pick(self._grid(), period):
                entry = self._plain_entry(leg.account, pick)
                notices = (*told, *entry.notices)
                found.append(replace(entry, steps=(*steps, *entry.steps), notices=notices))
        return found

    def _biogenic(self, leg: Leg, period: int) -> list[ResolutionEntry]:
        """CO2 of biomass: of the very fuel or grid of the direct factor, with it or in a row."""
        direct = self._candidates.pick(self._direct(), period)
        picks = [pick for pick in direct if pick.candidate.factor.kg_biogenic_co2 is not None]
        if not picks:
            origins = {(pick.candidate.edition, pick.candidate.factor.region) for pick in direct}
            picks = [
                pick
                for pick in self._candidates.pick(self._serving(leg), period)
                if (pick.candidate.edition, pick.candidate.factor.region) in origins
            ]
        found = []
        for pick in picks:
            mass = pick.candidate.factor.kg_biogenic_co2
            if mass:
                text = plain_text(mass)
                masses = FactorMasses(kg_co2e=text, gases=((CO2_BIOGENIC, text),), gwp_set="CO2")
                found.append(self._entry(leg.account, pick, masses))
        return found

    def _served(self, leg: Leg, period: int) -> list[ResolutionEntry]:
        """Take the factors of the leg's stages as they are."""
        found = []
        for pick in self._candidates.pick(self._serving(leg), period):
            masses = masses_of(pick.candidate.factor, leg.gases)
            if masses is not None:
                found.append(self._entry(leg.account, pick, masses))
        return found

    _KINDS: ClassVar[dict[LegKind, _Kind]] = {
        "factor": _Kind(_served, (_direct,), has_own=True),
        "energy": _Kind(_energy, (_direct,)),
        "market": _Kind(_market, (_direct,), stages_by_month=MARKET_STAGES),
        "losses": _Kind(_lost, (_direct, _upstream, _losses, _shares, _of_losses_wtt)),
        "electricity": _Kind(_use, (_uses, _grid)),
        "biogenic": _Kind(_biogenic, (_direct,), has_own=True),
    }

    # Entries.

    def _plain_entry(self, account: str, pick: Pick, share: Step | None = None) -> ResolutionEntry:
        masses = masses_of(pick.candidate.factor)
        assert masses is not None  # noqa: S101  all gases are asked for
        entry = self._entry(account, pick, masses)
        return entry if share is None else replace(entry, steps=(*entry.steps, share))

    def _entry(self, account: str, pick: Pick, masses: FactorMasses) -> ResolutionEntry:
        candidate = pick.candidate
        steps = candidate.conversion.steps
        if pick.share != 1:
            steps = (*steps, Step("days", pick.rule_text, pick.share))
        return ResolutionEntry(
            account=account,
            edition=candidate.edition,
            factor_row=candidate.factor.row,
            factor=masses,
            steps=steps,
            stage=candidate.factor.stage,
            cell=cell_of(candidate.factor),
            notices=(*self._notices(pick), *candidate.conversion.notices),
        )

    def _notices(self, pick: Pick) -> list[Notice]:
        """Tell every way in which the factor is not exactly the record's."""
        candidate, factor = pick.candidate, pick.candidate.factor
        name = f"{factor.activity} ({factor.stage})" if factor.stage else factor.activity
        found = []
        if candidate.is_proxy:
            text = f"{name}: no factor of region {self.region!r}; took that of {factor.region!r}"
            found.append(Notice(REGION_PROXY, text))
        elif region_id(factor.region) != self.region and factor.stage != "release":
            which = f"of region {factor.region!r}" if factor.region else "that holds everywhere"
            text = f"{name}: no factor of region {self.region!r}; took the one {which}"
            found.append(Notice(REGION_FALLBACK, text))
        if pick.gap_months:
            first, last = (
                month_of_period(candidate.first_period),
                month_of_period(candidate.stop_period - 1),
            )
            text = f"{name}: no set of the time; took the nearest one, of {first} to {last}"
            found.append(Notice(YEAR_FALLBACK, text))
        if pick.rule_text:
            text = f"{name}: the factor of edition {candidate.edition} {pick.rule_text}"
            found.append(Notice(YEAR_RULE, text))
        if candidate.id_distance >= self.own_id_count:
            text = f"{self.activities[0]}: no such factor of its own; took that of {name}"
            found.append(Notice(ACTIVITY_FALLBACK, text))
        if factor.gwp_set == "CO2" and factor.stage != "biogenic":
            text = f"{name}: the factor states CO2 alone; CH4 and N2O are not in it"
            found.append(Notice(CO2_ONLY, text))
        return found
