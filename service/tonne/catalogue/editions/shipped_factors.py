"""The factors of a shipped edition: a row is read when it is asked for, and once.

A server starts with all editions and uses a few rows of each, so only the activity at the
beginning of each line is looked at in advance. A shipped file has a row a line (no cell holds a
line feed), and its activities are never quoted; tests hold both.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, overload

from tonne.catalogue.editions.edition import read_row
from tonne.catalogue.words.regions import region_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tonne.catalogue.editions.factor import Factor


class ShippedFactors(Sequence["Factor"]):
    """Factors of a shipped edition, in the order of its rows.

    Parameters
    ----------
    content : bytes
        CSV of the edition.

    Notes
    -----
    Safe to share between threads: two that read the same row at once make equal factors.
    """

    def __init__(self, content: bytes) -> None:
        header, *self._lines = content.decode().removesuffix("\n").split("\n")
        self._columns = header.split(",")
        self._factors: dict[int, Factor] = {}
        self._places: dict[str, list[int]] = {}
        for place, line in enumerate(self._lines):
            self._places.setdefault(line.partition(",")[0], []).append(place)

    def __len__(self) -> int:
        """Count the factors; reads none."""
        return len(self._lines)

    @overload
    def __getitem__(self, place: int) -> Factor: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Factor, ...]: ...
    def __getitem__(self, place: int | slice) -> Factor | tuple[Factor, ...]:
        """Give the factor of a place from 0, which is of the row after it."""
        if isinstance(place, slice):
            return tuple(self[each] for each in range(len(self))[place])
        place = range(len(self))[place]
        factor = self._factors.get(place)
        if factor is None:
            factor = self._factors[place] = read_row(place + 1, self._cells(place))
        return factor

    def __iter__(self) -> Iterator[Factor]:
        """Read all factors."""
        return map(self.__getitem__, range(len(self)))

    def activities(self) -> Iterator[str]:
        """Give the activities that it has factors of."""
        return iter(self._places)

    def of_activity(
        self, activity: str, may_be: Callable[[str], bool] | None = None
    ) -> tuple[Factor, ...]:
        """Read the factors of an activity alone, or those of its lines that may be wanted."""
        places = self._places.get(activity, ())
        return tuple(
            self[place] for place in places if may_be is None or may_be(self._lines[place])
        )

    def _cells(self, place: int) -> dict[str, str]:
        (cells,) = csv.reader((self._lines[place],), strict=True)
        return dict(zip(self._columns, cells, strict=True))


class ShippedIndex(Mapping[str, dict[str, tuple["Factor", ...]]]):
    """Factors of a shipped edition by activity and region, an activity at a time.

    Parameters
    ----------
    factors : ShippedFactors
        Of the edition.
    """

    def __init__(self, factors: ShippedFactors) -> None:
        self._factors = factors
        self._activities = frozenset(factors.activities())
        self._found: dict[str, dict[str, tuple[Factor, ...]]] = {}

    def __getitem__(self, activity: str) -> dict[str, tuple[Factor, ...]]:
        """Give the factors of an activity by the ids of their regions."""
        found = self._found.get(activity)
        if found is None:
            if activity not in self._activities:
                raise KeyError(activity)
            by_region: dict[str, list[Factor]] = {}
            for factor in self._factors.of_activity(activity):
                by_region.setdefault(region_id(factor.region), []).append(factor)
            found = {region: tuple(factors) for region, factors in by_region.items()}
            self._found[activity] = found
        return found

    def __contains__(self, activity: object) -> bool:
        """Tell whether an activity has factors; reads none."""
        return activity in self._activities

    def __iter__(self) -> Iterator[str]:
        """Give all activities."""
        return iter(self._activities)

    def __len__(self) -> int:
        """Count the activities."""
        return len(self._activities)
