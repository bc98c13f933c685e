"""Factors that could serve a record, the preferred one first, and which one serves a month.

In this order: the region's own chain (`US-WA-Seattle`, `US-WA`, `US`, everywhere) before a proxy
region; the book's preferred edition; in an edition the most specific region (shipped editions
that follow each other in the method count as one there: a state's factor of one goes before the
country's of another); the record's own activity before a wider one; a factor in the record's own
unit before one that converts, and one that converts by definition before one that assumes
something; the one that became valid last; the first row.

A factor holds for a month when the month's first day is in its validity. Where none of a region
holds, the set of a shipped edition that is nearest in time stands in, as far as the method
allows, before a wider region's shipped factor; imported factors end when they end.
"""

from __future__ import annotations

import calendar
from collections import Counter
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING

from tonne.catalogue.editions.library import shipped_editions
from tonne.catalogue.resolving.bridges import bridges_of, over
from tonne.catalogue.resolving.conversion import Conversion, Converter
from tonne.catalogue.words.regions import Regions, region_chain, region_id
from tonne.catalogue.words.taxonomy import key_of, read
from tonne.model import PERIOD_COUNT_MAX, PERIOD_EPOCH_YEAR

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from tonne.catalogue.editions.factor import Factor
    from tonne.catalogue.words.method import MethodSettings

MONTHS = 12

ByRegion = dict[str, tuple["Factor", ...]]


@dataclass(frozen=True, slots=True)
class Shelf:
    """An edition, indexed by activity and region."""

    edition: str
    is_shipped: bool
    index: Mapping[str, ByRegion]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A factor that could serve, and from when to when.

    Parameters
    ----------
    preference : tuple of int
        The smaller, the better.
    first_period, stop_period : int
        Months whose first day is in the validity.
    edition : str
        Id of the edition.
    is_shipped : bool
        Whether the edition ships with the package.
    factor : Factor
        The factor.
    conversion : Conversion
        From the record's unit to the factor's.
    is_proxy : bool
        Whether the factor is of a proxy region.
    distance : int
        Place of the factor's region in the record's chain of regions.
    id_distance : int
        Place of the factor's activity among the ids that were looked up.
    bridge : Factor or None
        Row of steps over which the conversion goes; it serves while that holds.
    """

    preference: tuple[int, ...]
    first_period: int
    stop_period: int
    edition: str
    is_shipped: bool
    factor: Factor
    conversion: Conversion
    is_proxy: bool
    distance: int
    id_distance: int
    bridge: Factor | None = None


@dataclass(frozen=True, slots=True)
class Pick:
    """An candidate that serves a month, and for which share of it."""

    candidate: Candidate
    share: Fraction = Fraction(1)
    gap_months: int = 0
    rule_text: str = ""


def shelve(edition: str, factors: Iterable[Factor]) -> Shelf:
    """Index an edition; a shipped one is indexed once for all books."""
    if edition in shipped_editions():
        return _shipped_shelf(edition)
    return Shelf(edition, is_shipped=False, index=_index(factors))


@cache
def _shipped_shelf(edition: str) -> Shelf:
    factors = shipped_editions()[edition].factors
    return Shelf(edition, is_shipped=True, index=_index(factors))


def _index(factors: Iterable[Factor]) -> dict[str, ByRegion]:
    index: dict[str, dict[str, list[Factor]]] = {}
    for factor in factors:
        by_region = index.setdefault(factor.activity, {})
        by_region.setdefault(region_id(factor.region), []).append(factor)
    return {
        activity: {region: tuple(found) for region, found in regions.items()}
        for activity, regions in index.items()
    }


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
    first, stop = periods(factor)
    recency = -factor.valid_from.toordinal()
    return Candidate(
        preference=(*wish, *at, conversion.kind, recency, factor.row),
        first_period=first,
        stop_period=stop,
        edition=shelf.edition,
        is_shipped=shelf.is_shipped,
        factor=factor,
        conversion=conversion,
        is_proxy=bool(wish[1]),
        distance=distance,
        id_distance=id_distance,
    )


class Candidates:
    """Finds candidates under a method. Immutable but for its converter's memory."""

    def __init__(self, shelves: Sequence[Shelf], settings: MethodSettings) -> None:
        self._shelves = shelves
        self._groups = _groups(shelves)
        self._settings = settings
        self.converter = Converter(settings)
        own_ids = {each for shelf in shelves if not shelf.is_shipped for each in shelf.index}
        keys = Counter(map(key_of, own_ids))
        self._own_ids = {key: each for each in own_ids if keys[key := key_of(each)] == 1}
        self.regions = Regions(
            factor_region
            for shelf in shelves
            if not shelf.is_shipped
            for by_region in shelf.index.values()
            for factor_region in by_region
        )

    def is_known(self, activity: str) -> bool:
        """Whether some factor stands under an id."""
        return any(activity in shelf.index for shelf in self._shelves)

    def activity_of(self, text: str) -> str:
        """Give the id that a text means, of a factor or of the taxonomy; else the text itself."""
        if self.is_known(text):
            return text
        return self._own_ids.get(key_of(text)) or read(text) or text

    def units_of(self, activities: Sequence[str]) -> frozenset[str]:
        """Units of all factors of some activities, wherever and whenever they hold."""
        return frozenset(
            factor.unit
            for shelf in self._shelves
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
        """
        places = dict.fromkeys(region_chain(region), False)
        if with_proxies:
            for proxy in self._settings.proxy_regions:
                places.setdefault(proxy, True)
        found = []
        own = ((each.edition, each.index) for each in self._shelves if not each.is_shipped)
        bridges = bridges_of(own, activities, places)
        for rank, shelf in enumerate(self._shelves):
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
                        way = self.converter.way(unit, factor, activities, shelf.edition)
                        for each, bridge in over(self.converter, unit, factor, bridges, way):
                            one = _candidate(shelf, factor, each, wish, at)
                            found.append(replace(one, bridge=bridge) if bridge else one)
        return sorted(found, key=lambda candidate: candidate.preference)

    def pick(
        self, candidates: Sequence[Candidate], period: int, *, by_month: bool = False
    ) -> list[Pick]:
        """Choose what serves a month by the method's year rule; nothing where nothing does."""
        if self._settings.year_rule == "month" or by_month:
            pick = self._at(candidates, period)
            return [] if pick is None else [pick]
        year_start = self._year_start(period)
        days: dict[int, int] = {}
        picks: dict[int, Pick] = {}
        for month in range(year_start, year_start + MONTHS):
            pick = self._at(candidates, month)
            if pick is not None:
                key = id(pick.candidate.factor)
                days[key] = days.get(key, 0) + _days_of(month)
                known = picks.get(key)
                if known is None or pick.gap_months < known.gap_months:
                    picks[key] = pick
        if len(picks) <= 1:
            return list(picks.values())
        total = sum(days.values())
        if self._settings.year_rule == "majority":
            # The earlier one of two that hold equally long: dictionaries keep their order.
            chosen = max(days, key=lambda key: days[key])
            text = f"holds for {days[chosen]} of {total} days of the reporting year"
            return [Pick(picks[chosen].candidate, Fraction(1), picks[chosen].gap_months, text)]
        return [
            Pick(
                pick.candidate,
                Fraction(days[key], total),
                pick.gap_months,
                f"{days[key]} of {total} days of the reporting year",
            )
            for key, pick in picks.items()
        ]

    def starts(self, candidates: Sequence[Candidate], *, by_month: bool = False) -> set[int]:
        """Months in which what `pick` gives may change."""
        found = {0}
        by_distance: dict[int, set[tuple[int, int]]] = {}
        for candidate in candidates:
            found |= {candidate.first_period, candidate.stop_period}
            if candidate.bridge is not None:
                found |= set(periods(candidate.bridge))
            if candidate.is_shipped:
                span = (candidate.first_period, candidate.stop_period)
                by_distance.setdefault(candidate.distance, set()).add(span)
        for spans in by_distance.values():
            found |= self._fallback_starts(spans)
        if self._settings.year_rule != "month" and not by_month:
            years = {self._year_start(period) for period in found}
            found |= years | {start + MONTHS for start in years}
        return {period for period in found if 0 <= period < PERIOD_COUNT_MAX}

    def _fallback_starts(self, spans: Iterable[tuple[int, int]]) -> set[int]:
        """Months in which another shipped set becomes the nearest one, or none is near enough."""
        reach = self._settings.year_fallback_years * MONTHS
        firsts = sorted({first for first, _ in spans})
        found = {first - reach for first in firsts}
        for stop in {stop for _, stop in spans}:
            found.add(stop + reach)
            later = next((first for first in firsts if first > stop), None)
            if later is not None:
                # p - stop + 1 months after the earlier one, later - p before the later one.
                found.add((stop + later - 1) // 2 + 1)
        return found

    def _at(self, candidates: Sequence[Candidate], period: int) -> Pick | None:
        """Choose what serves a month: the region's own valid or nearest set, proxies last."""
        candidates = [each for each in candidates if _is_open(each, period)]
        for is_proxy in (False, True):
            valid = next(
                (
                    candidate
                    for candidate in candidates
                    if candidate.is_proxy == is_proxy
                    and candidate.first_period <= period < candidate.stop_period
                ),
                None,
            )
            if valid is not None and not valid.is_shipped:
                return Pick(valid)
            nearest = self._nearest(candidates, period, valid, is_proxy=is_proxy)
            if nearest is not None:
                return Pick(nearest, gap_months=_gap(nearest, period))
            if valid is not None:
                return Pick(valid)
        return None

    def _nearest(
        self,
        candidates: Sequence[Candidate],
        period: int,
        valid: Candidate | None,
        *,
        is_proxy: bool,
    ) -> Candidate | None:
        """Shipped factor nearest in time, of a more specific region than the valid one."""
        reach = self._settings.year_fallback_years * MONTHS
        best: Candidate | None = None
        best_key: tuple[int, ...] = ()
        for candidate in candidates:
            if not candidate.is_shipped or candidate.is_proxy != is_proxy:
                continue
            gap = _gap(candidate, period)
            if not gap or (valid is not None and not _is_nearer(candidate, valid)):
                continue
            # The most specific region; of two as near in time the earlier one, which was known.
            key = (candidate.distance, 2 * gap + (period < candidate.first_period))
            if gap <= reach and (best is None or key < best_key):
                best, best_key = candidate, key
        return best

    def _year_start(self, period: int) -> int:
        """First month of the reporting year that a month lies in."""
        return period - (period - (self._settings.reporting_year_start - 1)) % MONTHS


def _is_open(candidate: Candidate, period: int) -> bool:
    """Whether the steps that lead to a candidate hold in a month, where there are any."""
    first, stop = periods(candidate.bridge) if candidate.bridge else (0, PERIOD_COUNT_MAX)
    return first <= period < stop


def _is_nearer(candidate: Candidate, valid: Candidate) -> bool:
    """Whether an candidate that does not hold is of a more specific region, and no less wanted."""
    return candidate.distance < valid.distance and candidate.preference[0] <= valid.preference[0]


def _gap(candidate: Candidate, period: int) -> int:
    """Months from a month to the nearest one in which an candidate is valid."""
    if period < candidate.first_period:
        return candidate.first_period - period
    return max(0, period - candidate.stop_period + 1)


def _days_of(period: int) -> int:
    year, month = divmod(period, MONTHS)
    return calendar.monthrange(PERIOD_EPOCH_YEAR + year, month + 1)[1]


def periods(factor: Factor) -> tuple[int, int]:
    """Months whose first day is in the factor's validity, as [first, stop)."""
    first = _period_from(factor.valid_from)
    stop = PERIOD_COUNT_MAX if factor.valid_to is None else _period_from(factor.valid_to)
    return first, stop


def _period_from(day: dt.date) -> int:
    """First month that begins on `day` or later, within the months that Tonne knows."""
    months = (day.year - PERIOD_EPOCH_YEAR) * MONTHS + day.month - 1 + (day.day > 1)
    return min(max(months, 0), PERIOD_COUNT_MAX)
