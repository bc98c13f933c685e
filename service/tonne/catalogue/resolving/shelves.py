"""Editions as they are looked into: by activity, then by region."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from tonne.catalogue.editions.library import shipped_editions
from tonne.catalogue.words.regions import region_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tonne.catalogue.editions.by_activity import ShippedFactors
    from tonne.catalogue.editions.factor import Factor

ByRegion = dict[str, tuple["Factor", ...]]


@dataclass(frozen=True, slots=True)
class Shelf:
    """An edition, indexed by activity and region."""

    edition: str
    is_shipped: bool
    index: Mapping[str, ByRegion]


def shelve(edition: str, factors: Iterable[Factor]) -> Shelf:
    """Index an edition; a shipped one is indexed once for all books."""
    if edition in shipped_editions():
        return _shipped_shelf(edition)
    return Shelf(edition, is_shipped=False, index=_index(factors))


@cache
def _shipped_shelf(edition: str) -> Shelf:
    index = _ShippedIndex(shipped_editions()[edition].factors)
    return Shelf(edition, is_shipped=True, index=index)


class _ShippedIndex(Mapping[str, ByRegion]):
    """Index of a shipped edition, in which an activity is read when it is asked for."""

    def __init__(self, factors: ShippedFactors) -> None:
        self._factors = factors
        self._known: dict[str, ByRegion] = {}

    def __contains__(self, activity: object) -> bool:
        return activity in self._factors.activities

    def __getitem__(self, activity: str) -> ByRegion:
        found = self._known.get(activity)
        if found is None:
            if activity not in self._factors.activities:
                raise KeyError(activity)
            found = self._known[activity] = _index(self._factors.of(activity))[activity]
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._factors.activities)

    def __len__(self) -> int:
        return sum(1 for _ in self._factors.activities)


def _index(factors: Iterable[Factor]) -> dict[str, ByRegion]:
    index: dict[str, dict[str, list[Factor]]] = {}
    for factor in factors:
        by_region = index.setdefault(factor.activity, {})
        by_region.setdefault(region_id(factor.region), []).append(factor)
    return {
        activity: {region: tuple(found) for region, found in regions.items()}
        for activity, regions in index.items()
    }
