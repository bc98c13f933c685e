"""Finds the factor of an activity, unit, region and month in a book's editions.

In this order: the book's preferred edition first; in an edition the most specific region of
the chain (`US-WA-Seattle`, `US-WA`, `US`, everywhere); in a region a factor in the record's
own unit before one that converts; then the one that became valid last; then the first row.
A factor holds for a month when the month's first day is in its validity.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from tonne.catalogue import units
from tonne.catalogue.edition import Factor, plain_text
from tonne.catalogue.resolution import (
    REGION_FALLBACK,
    FactorMasses,
    Notice,
    Resolution,
    ResolutionEntry,
)
from tonne.model import PERIOD_COUNT_MAX, PERIOD_EPOCH_YEAR, RowStatus

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

_CACHE_KEYS_MAX = 1 << 17
"""Keys come from producers: the cache is emptied rather than grown beyond this."""


@dataclass(frozen=True, slots=True)
class Run:
    """`outcome` holds from `first_period` (months since 1970-01) to the next run's."""

    first_period: int
    outcome: Resolution | RowStatus


@dataclass(frozen=True, slots=True)
class _Offer:
    """A factor that could serve one (activity, unit, region), and from when to when."""

    preference: tuple[int, int, int, int, int]
    first_period: int
    stop_period: int
    edition: str
    factor: Factor
    conversion: Fraction


class Resolver:
    """All factors of a book at one revision, indexed by activity and region.

    Parameters
    ----------
    editions : Sequence[tuple[str, Sequence[Factor]]]
        Ids and factors of the editions, the preferred one first.

    Notes
    -----
    Immutable but for its cache, and safe to share between threads.
    """

    def __init__(self, editions: Sequence[tuple[str, Sequence[Factor]]]) -> None:
        self._editions = tuple(edition for edition, _ in editions)
        index: dict[str, dict[str, list[tuple[int, Factor]]]] = defaultdict(dict)
        for rank, (_, factors) in enumerate(editions):
            for factor in factors:
                index[factor.activity].setdefault(factor.region, []).append((rank, factor))
        self._index = dict(index)
        self._units = {
            activity: frozenset(factor.unit for offers in regions.values() for _, factor in offers)
            for activity, regions in index.items()
        }
        self._cache: dict[tuple[str, str, str], tuple[Run, ...]] = {}

    def resolve(self, activity: str, unit: str, region: str) -> tuple[Run, ...]:
        """Find what holds for an activity, unit and region in every month.

        Returns
        -------
        tuple[Run, ...]
            Ascending; the first begins at period 0, and neighbours differ.
        """
        key = (activity, unit, region)
        runs = self._cache.get(key)
        if runs is None:
            runs = self._resolve(activity, unit, region)
            if len(self._cache) >= _CACHE_KEYS_MAX:
                self._cache.clear()
            self._cache[key] = runs
        return runs

    def _resolve(self, activity: str, unit: str, region: str) -> tuple[Run, ...]:
        known_units = self._units.get(activity, frozenset())
        if units.find(unit) is None and unit not in known_units:
            return (Run(0, RowStatus.UNIT_MUST_BE_KNOWN),)
        if known_units and all(_conversion(unit, other) is None for other in known_units):
            return (Run(0, RowStatus.UNIT_MUST_FIT_ACTIVITY),)
        offers = self._offers(activity, unit, region)
        starts = {0}
        for offer in offers:
            starts |= {offer.first_period, offer.stop_period}
        runs: list[Run] = []
        for start in sorted(period for period in starts if period < PERIOD_COUNT_MAX):
            outcome = self._outcome(offers, start, region)
            if not runs or runs[-1].outcome != outcome:
                runs.append(Run(start, outcome))
        return tuple(runs)

    def _offers(self, activity: str, unit: str, region: str) -> list[_Offer]:
        """All factors that could serve, the preferred one first."""
        regions = self._index.get(activity, {})
        offers = []
        for distance, place in enumerate(region_chain(region)):
            for rank, factor in regions.get(place, ()):
                ratio = _conversion(unit, factor.unit)
                if ratio is None:
                    continue
                first, stop = _periods(factor)
                is_converted = int(not _is_same_unit(unit, factor.unit))
                recency = -factor.valid_from.toordinal()
                preference = (rank, distance, is_converted, recency, factor.row)
                offers.append(_Offer(preference, first, stop, self._editions[rank], factor, ratio))
        return sorted(offers, key=lambda offer: offer.preference)

    @staticmethod
    def _outcome(offers: Sequence[_Offer], period: int, region: str) -> Resolution | RowStatus:
        for offer in offers:
            if offer.first_period <= period < offer.stop_period:
                return Resolution((_entry(offer, region),))
        return RowStatus.FACTOR_MUST_EXIST


def region_chain(region: str) -> tuple[str, ...]:
    """Regions that hold `region`, from itself to everywhere (`""`), cut at the last hyphen."""
    chain = [region]
    while chain[-1]:
        chain.append(chain[-1].rpartition("-")[0])
    return tuple(chain)


def _entry(offer: _Offer, region: str) -> ResolutionEntry:
    factor = offer.factor
    notices = []
    if factor.region != region:
        found = f"of region {factor.region!r}" if factor.region else "that holds everywhere"
        message = f"{factor.activity}: no factor of region {region!r}; took the one {found}"
        notices.append(Notice(REGION_FALLBACK, message))
    return ResolutionEntry(
        account=factor.account,
        edition=offer.edition,
        factor_row=factor.row,
        factor=FactorMasses(
            kg_co2e=plain_text(factor.kg_co2e),
            kg_co2=None if factor.kg_co2 is None else plain_text(factor.kg_co2),
            kg_ch4=None if factor.kg_ch4 is None else plain_text(factor.kg_ch4),
            kg_n2o=None if factor.kg_n2o is None else plain_text(factor.kg_n2o),
        ),
        conversion=offer.conversion,
        notices=tuple(notices),
    )


def _is_same_unit(text: str, other: str) -> bool:
    return text == other or ((unit := units.find(text)) is not None and unit == units.find(other))


def _conversion(text: str, other: str) -> Fraction | None:
    """How many `other` are in one `text`, or None where they do not convert."""
    if text == other:
        return Fraction(1)
    unit, target = units.find(text), units.find(other)
    if unit is None or target is None or unit.dimension != target.dimension:
        return None
    return unit.factor / target.factor


def _periods(factor: Factor) -> tuple[int, int]:
    """Months whose first day is in the factor's validity, as [first, stop)."""
    first = _period_from(factor.valid_from)
    stop = PERIOD_COUNT_MAX if factor.valid_to is None else _period_from(factor.valid_to)
    return first, stop


def _period_from(day: dt.date) -> int:
    """First month that begins on `day` or later, within the months that Tonne knows."""
    months = (day.year - PERIOD_EPOCH_YEAR) * 12 + day.month - 1 + (day.day > 1)
    return min(max(months, 0), PERIOD_COUNT_MAX)
