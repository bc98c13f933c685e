"""Rows of steps alone: how an activity's unit leads to the factor of the activity above it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tonne.catalogue.editions.factor import Factor


def bridges_of(
    imports: Iterable[tuple[str, Mapping[str, Mapping[str, Sequence[Factor]]]]],
    activities: Sequence[str],
    places: Iterable[str],
) -> list[tuple[Factor, str]]:
    """Find the rows of imports with their editions, in the order of places, then of imports.

    Parameters
    ----------
    imports : iterable of (str, mapping)
        Ids of editions, and their factors by activity and region.
    activities, places : sequence of str
        Where to look, the most specific first.
    """
    shelves = list(imports)
    return [
        (factor, edition)
        for place in places
        for edition, index in shelves
        for activity in activities
        for factor in index.get(activity, {}).get(place, ())
        if factor.is_bridge
    ]
