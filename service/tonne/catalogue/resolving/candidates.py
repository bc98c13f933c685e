"""Factors that could serve a record, the preferred one first.

In this order: the region's own chain (`US-WA-Seattle`, `US-WA`, `US`, everywhere) before a proxy
region; the book's preferred edition; in an edition the most specific region (shipped editions
that follow each other in the method count as one there: a state's factor of one goes before the
country's of another); the record's own activity before a wider one; a factor in the record's own
unit before one that converts, and one that converts by definition before one that assumes
something; the one that became valid last; the first row. Which of them serves a day: see
`choice`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tonne.catalogue.resolving.bridges import bridges_of, over
from tonne.catalogue.resolving.choice import Candidate, Choice, days_of
from tonne.catalogue.resolving.conversion import Converter
from tonne.catalogue.words.regions import region_chain

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tonne.catalogue.editions.factor import Factor
    from tonne.catalogue.resolving.bridges import Bridge
    from tonne.catalogue.resolving.conversion import Conversion
    from tonne.catalogue.resolving.resolution import ResolutionEntry
    from tonne.catalogue.resolving.shelves import Shelf
    from tonne.catalogue.words.method import MethodSettings


Gaps = tuple[tuple[int, int], ...]
"""Times in microseconds since 1970, the ends exclusive, in order."""


def _groups(shelves: Sequence[Shelf]) -> list[int]:
    """Rank of each edition, the same for shipped ones that follow each other."""
    groups: list[int] = []
    for place, shelf in enumerate(shelves):
        goes_on = shelf.is_shipped and place > 0 and shelves[place - 1].is_shipped
        groups.append(groups[-1] if goes_on else place)
    return groups


def _candidate(
    shelf: Shelf,
    factor: Factor,
    conversion: Conversion,
    wish: tuple[int, int, int],
    at: tuple[int, int, int],
) -> Candidate:
    """Make an candidate of what was wished (choice, proxy, group) and where it stood."""
    distance, _, id_distance = at
    first, stop = days_of(factor)
    recency = -factor.valid_from.toordinal()
    return Candidate(
        preference=(*wish, *at, conversion.kind, recency, factor.row),
        first_day=first,
        stop_day=stop,
        edition=shelf.edition,
        is_shipped=shelf.is_shipped,
        factor=factor,
        conversion=conversion,
        is_proxy=bool(wish[1]),
        distance=distance,
        id_distance=id_distance,
    )


def _led(candidate: Candidate, bridge: Bridge) -> Candidate:
    """Say over which row a candidate is reached; a publisher's row is of the activity itself."""
    distance = bridge.id_distance if bridge.is_shipped else candidate.id_distance
    return replace(candidate, bridge=bridge.row, id_distance=distance)


class Candidates:
    """Finds candidates under a method. Immutable but for its converters' memory."""

    def __init__(self, shelves: Sequence[Shelf], settings: MethodSettings) -> None:
        self.shelves = shelves
        self._groups = _groups(shelves)
        self._settings = settings
        choice = Choice(settings)
        self.pick, self.starts = choice.pick, choice.starts
        self._converters: dict[str, Converter] = {}
        self._gaps: dict[tuple[str, int], Gaps] = {}

    def note_gaps(self, candidate: Candidate) -> None:
        """Remember the gaps of a factor of hours that an entry is made of."""
        if candidate.factor.gaps:
            self._gaps[candidate.edition, candidate.factor.row] = candidate.factor.gaps

    def holes(self, entries: Sequence[ResolutionEntry]) -> Gaps:
        """Give the times at which no entry of an account serves: gaps without a rest."""
        served = {
            (each.account, each.hours.series)
            for each in entries
            if each.hours is not None and each.hours.kind == "rest"
        }
        found = sorted(
            gap
            for each in entries
            if each.hours is not None
            and each.hours.kind == "values"
            and (each.account, each.hours.series) not in served
            for gap in self._gaps.get((each.edition, each.factor_row), ())
        )
        merged: list[tuple[int, int]] = []
        for start, stop in found:
            if merged and start <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(stop, merged[-1][1]))
            else:
                merged.append((start, stop))
        return tuple(merged)

    def converter(self, facility: str = "") -> Converter:
        """Give what converts units at a facility that the method has rates for, or at any."""
        found = self._converters.get(facility)
        if found is None:
            found = self._converters.setdefault(facility, Converter(self._settings, facility))
        return found

    def is_known(self, activity: str) -> bool:
        """Whether some factor stands under an id."""
        return any(activity in shelf.index for shelf in self.shelves)

    def units_of(self, activities: Sequence[str]) -> frozenset[str]:
        """Units of all factors of some activities, wherever and whenever they hold."""
        return frozenset(
            factor.unit
            for shelf in self.shelves
            for activity in activities
            for factors in shelf.index.get(activity, {}).values()
            for factor in factors
        )

    def find(
        self,
        activities: tuple[str, ...],
        unit: str,
        region: str,
        *,
        serves: Callable[[Factor, bool], bool],
        with_proxies: bool = False,
        prefer: Callable[[Factor], int] = lambda _: 0,
        facility: str = "",
    ) -> list[Candidate]:
        """Find all factors that could serve, the preferred one first.

        Parameters
        ----------
        activities : tuple of str
            Ids under which to look, the most specific first.
        unit, region : str
            Of the record.
        serves : callable
            Whether a factor, of a shipped edition or not, is of the right kind.
        with_proxies : bool
            Whether the method's proxy regions may stand in.
        prefer : callable
            What goes before all other preferences; the smaller, the better.
        facility : str
            Whose rates convert, where the method has some for it alone.
        """
        places = dict.fromkeys(region_chain(region), False)
        if with_proxies:
            for proxy in self._settings.proxy_regions:
                places.setdefault(proxy, True)
        found: list[Candidate] = []
        converter = self.converter(facility)
        bridges = bridges_of(self.shelves, activities, places)
        for rank, shelf in enumerate(self.shelves):
            for id_distance, activity in enumerate(activities):
                by_region = shelf.index.get(activity)
                if by_region is None:
                    continue
                for distance, (place, is_proxy) in enumerate(places.items()):
                    for factor in by_region.get(place, ()):
                        if factor.is_bridge or not serves(factor, shelf.is_shipped):
                            continue
                        wish = (prefer(factor), int(is_proxy), self._groups[rank])
                        at = (distance, rank, id_distance)
                        ways = converter.ways(unit, factor, activities, shelf.edition)
                        for way, bridge in over(converter, unit, factor, bridges, ways):
                            one = _candidate(shelf, factor, way, wish, at)
                            found.append(_led(one, bridge) if bridge else one)
        return sorted(found, key=lambda candidate: candidate.preference)
