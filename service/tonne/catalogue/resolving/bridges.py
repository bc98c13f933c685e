"""Rows of steps alone: how an activity's unit leads to the factor of the activity above it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tonne.catalogue.editions.steps import links
from tonne.catalogue.resolving.conversion import BY_PROPERTY, Conversion, figures_place
from tonne.catalogue.resolving.resolution import UNIT_PROPERTY, Notice

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tonne.catalogue.editions.factor import Factor
    from tonne.catalogue.resolving.conversion import Converter


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


def over(
    converter: Converter,
    unit: str,
    factor: Factor,
    bridges: Iterable[tuple[Factor, str]],
    straight: Conversion | None,
) -> list[tuple[Conversion, Factor | None]]:
    """Give the straight way to a factor, or else those over rows of steps alone, with the row.

    Which figures led there is told.
    """
    if straight is not None:
        return [(straight, None)]
    found: list[tuple[Conversion, Factor | None]] = []
    for bridge, edition in bridges:
        first = converter.way(unit, bridge, (bridge.activity,), edition)
        rest = converter.way(links(bridge.unit, bridge.steps)[-1].unit, factor, (), edition)
        if first is None or rest is None:
            continue
        figures = ", ".join(step.text for step in bridge.steps)
        place = f" ({where})" if (where := figures_place(bridge)) else ""
        text = f"{bridge.activity}: {bridge.unit} became {factor.unit} by {figures}{place}"
        notices = (*first.notices, Notice(UNIT_PROPERTY, text), *rest.notices)
        found.append((Conversion(BY_PROPERTY, (*first.steps, *rest.steps), notices), bridge))
    return found
