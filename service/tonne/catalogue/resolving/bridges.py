"""Rows of steps alone: how an activity's unit leads to the factor of the activity above it."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING

from tonne.catalogue.editions.steps import links
from tonne.catalogue.resolving.conversion import BY_PROPERTY, SAME, Conversion, figures_place
from tonne.catalogue.resolving.resolution import UNIT_PROPERTY, Notice
from tonne.model import DAY_COUNT_MAX

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
    straight: Sequence[Conversion],
) -> list[tuple[Conversion, Factor | None]]:
    """Give the straight ways to a factor, and those over rows of steps alone, with the row.

    The latter serve the days without a straight way. Which figures led there is told.
    """
    found: list[tuple[Conversion, Factor | None]] = [(way, None) for way in straight]
    gaps = _gaps(straight)
    if not gaps:
        return found
    for bridge, edition in bridges:
        firsts = converter.ways(unit, bridge, (bridge.activity,), edition)
        rests = converter.ways(links(bridge.unit, bridge.steps)[-1].unit, factor, (), edition)
        figures = ", ".join(step.text for step in bridge.steps)
        place = f" ({where})" if (where := figures_place(bridge)) else ""
        text = f"{bridge.activity}: {bridge.unit} became {factor.unit} by {figures}{place}"
        for first, rest, gap in itertools.product(firsts, rests, gaps):
            way = first.then(rest)
            way = way and way.then(gap)
            if way is not None:
                notices = (*first.notices, Notice(UNIT_PROPERTY, text), *rest.notices)
                found.append((replace(way, kind=BY_PROPERTY, notices=notices), bridge))
    return found


def _gaps(ways: Sequence[Conversion]) -> list[Conversion]:
    """Spans of days on which none of some ways holds, which are in order of time."""
    stops = [0, *(way.stop_day for way in ways)]
    starts = [*(way.first_day for way in ways), DAY_COUNT_MAX]
    return [
        Conversion(SAME, first_day=stop, stop_day=start)
        for stop, start in zip(stops, starts, strict=True)
        if stop < start
    ]
