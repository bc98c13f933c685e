"""The factors that a leg can be made of, by kind, for one activity, unit, region and facility."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tonne.catalogue.words.rules import DIRECT, LIFE_CYCLE, Leg
from tonne.catalogue.words.units import symbol_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tonne.catalogue.editions.factor import Factor
    from tonne.catalogue.resolving.candidates import Candidates
    from tonne.catalogue.resolving.choice import Candidate, Pick
    from tonne.catalogue.resolving.conversion import Conversion
    from tonne.catalogue.words.method import MethodSettings

GRID = ("electricity.grid",)
_ENERGY_UNITS = ("kWh_net", "kWh_gross", "kWh")


@dataclass(frozen=True, slots=True, eq=False)
class Sources:
    """Candidates for one activity, unit, region and facility; remembers those of each kind.

    Parameters
    ----------
    candidates : Candidates
        All factors of the book.
    settings : MethodSettings
        The method.
    activities : tuple of str
        Ids under which factors are looked up.
    unit, region : str
        Of the record.
    facility : str
        Of the record, where the method has rates for it alone; else empty.
    rule : str
        Name of the activity's rule; may be empty.
    with_proxies : bool
        Whether proxy regions may stand in.
    imports_only : bool
        Whether imported factors that name their accounts are all there is.
    """

    candidates: Candidates
    settings: MethodSettings
    activities: tuple[str, ...]
    unit: str
    region: str
    facility: str
    rule: str
    with_proxies: bool
    imports_only: bool = False
    _found: dict[tuple[object, ...], list[Candidate]] = field(default_factory=dict, init=False)

    def find(
        self,
        activities: tuple[str, ...],
        unit: str,
        serves: Callable[[Factor, bool], bool],
        *,
        with_proxies: bool = False,
        prefer: Callable[[Factor], int] = lambda _: 0,
    ) -> list[Candidate]:
        """Find factors of any kind, the preferred one first; see `Candidates.find`."""
        return self.candidates.find(
            activities,
            unit,
            self.region,
            serves=serves,
            with_proxies=with_proxies,
            prefer=prefer,
            facility=self.facility,
        )

    def of_stages(self, stages: tuple[str, ...]) -> list[Candidate]:
        """Factors of some stages."""
        return self.serving(Leg("", stages=stages))

    def serving(self, leg: Leg) -> list[Candidate]:
        """Factors of a leg's stages whose account, where they name one, is the leg's."""
        key = ("serving", leg.account, leg.stages, leg.gases)
        if key not in self._found:
            is_other = leg.gases == "other"

            def serves(factor: Factor, is_shipped: bool) -> bool:  # noqa: FBT001 - a predicate
                if self.imports_only and (is_shipped or not factor.account):
                    return False
                if factor.account:
                    if leg.account and factor.account != leg.account:
                        return False
                elif is_other and not factor.gases:
                    return False  # a printed total of unnamed gases is that of the Kyoto ones
                if leg.stages and factor.stage not in leg.stages:
                    return False
                return factor.loss is None and factor.kwh is None

            self._found[key] = self.find(
                self.activities,
                self.unit,
                serves,
                with_proxies=self.with_proxies,
                prefer=self._prefer_blend,
            )
        return self._found[key]

    def _prefer_blend(self, factor: Factor) -> int:
        """Composition or printed figure of a released gas, as the method chooses."""
        if factor.stage != "release":
            return 0
        return int(bool(factor.gases) == (self.settings.blend_gwp == "published"))

    def direct(self) -> list[Candidate]:
        """Factors of the activity itself."""
        return self.of_stages(DIRECT)

    def plain_direct(self) -> list[Candidate]:
        """Factors of the activity itself that are no series of hours."""
        return [each for each in self.direct() if not each.factor.hours]

    def life_cycle(self) -> list[Candidate]:
        """Figures of the activity that hold the upstream too."""
        return self.of_stages(LIFE_CYCLE)

    def upstream(self) -> list[Candidate]:
        """Factors of what comes before it."""
        return self.of_stages(("wtt",))

    def losses(self) -> list[Candidate]:
        """Find what is printed for losses."""
        return self.of_stages(("losses",))

    def of_losses_wtt(self) -> list[Candidate]:
        """Find what is printed for what comes before losses."""
        return self.of_stages(("wtt_losses",))

    def shares(self) -> list[Candidate]:
        """Factors that give the share that is lost."""
        return self._special("shares", self.activities, lambda factor: factor.loss is not None)

    def uses(self) -> list[Candidate]:
        """Factors that give the electricity of a use."""
        return self._special("uses", self.activities, lambda factor: factor.kwh is not None)

    def _special(
        self, name: str, activities: tuple[str, ...], is_it: Callable[[Factor], bool]
    ) -> list[Candidate]:
        key = (name,)
        if key not in self._found:
            self._found[key] = self.find(
                activities,
                self.unit,
                lambda factor, _: is_it(factor),
                with_proxies=self.with_proxies,
            )
        return self._found[key]

    def kwh_of(self, stage: str) -> list[Candidate]:
        """Give the factors that state kWh at a stage, of proxy regions too."""
        return self._special(
            f"kwh {stage}",
            self.activities,
            lambda factor: factor.kwh is not None and factor.stage == stage,
        )

    @property
    def is_fuel(self) -> bool:
        """Whether the activity burns a fuel."""
        return self.rule.startswith("fuel")

    def to_energy(self, pick: Pick | None, day: int) -> Conversion | None:
        """Conversion to energy by the heat content that goes with a set's factor."""
        for ways in self.energy_ways(pick.candidate if pick else None):
            for conversion in ways:
                if conversion.holds_on(day):
                    return conversion
        return None

    def amount_ways(self, unit: str) -> tuple[Conversion, ...]:
        """Conversions to a unit of amounts; to the record's own where it is empty."""
        converter = self.candidates.converter(self.facility)
        return converter.conversions(self.unit, unit or symbol_of(self.unit))

    def energy_ways(self, candidate: Candidate | None) -> Iterator[tuple[Conversion, ...]]:
        """Conversions to each unit of energy, the better unit first.

        A factor's own calorific value goes before others; those of a fuel go with its factor.
        """
        converter = self.candidates.converter(self.facility)
        edition, region = "", ""
        if candidate is not None and self.is_fuel:
            edition, region = candidate.edition, candidate.factor.region
        for target in _ENERGY_UNITS if self.is_fuel else ("kWh",):
            if candidate is not None:
                over = candidate.conversion if candidate.bridge else None
                yield converter.heats(self.unit, candidate.factor, target, over)
            yield converter.conversions(
                self.unit, target, self.activities, edition=edition, region=region
            )
