"""Rows of steps alone: how an activity's unit leads to the factor of the activity above it.

Where record, row and factor have units of one dimension the row's figures are what the record
means (the storage of a cloud, with what its building uses beside it): it goes before the straight
way, on the days on which it holds. A rate of the method goes before it, as it is dated and named.
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from tonne.catalogue.editions.steps import DEFAULT, links
from tonne.catalogue.resolving.conversion import (
    BY_DEFINITION,
    BY_PROPERTY,
    SAME,
    Conversion,
    figures_place,
)
from tonne.catalogue.resolving.resolution import DEFAULT_FIGURE, UNIT_PROPERTY, Notice
from tonne.model import DAY_COUNT_MAX

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tonne.catalogue.editions.factor import Factor
    from tonne.catalogue.resolving.conversion import Converter
    from tonne.catalogue.resolving.shelves import Shelf


FIRST = -1
"""Kind of a conversion over a row in the record's own unit: it goes before all others."""


class Bridge(NamedTuple):
    """A row of steps alone, its edition, and the place of its activity among those asked for."""

    row: Factor
    edition: str
    is_shipped: bool
    id_distance: int


def bridges_of(
    shelves: Iterable[Shelf], activities: Sequence[str], places: Iterable[str]
) -> list[Bridge]:
    """Find the rows of editions, in the order of places, then of editions.

    Parameters
    ----------
    shelves : iterable of Shelf
        Editions.
    activities, places : sequence of str
        Where to look, the most specific first.
    """
    known = [
        (shelf, distance, by_region)
        for shelf in shelves
        for distance, activity in enumerate(activities)
        if (by_region := shelf.index.get(activity)) is not None
    ]
    return [
        Bridge(factor, shelf.edition, shelf.is_shipped, distance)
        for place in places
        for shelf, distance, by_region in known
        for factor in by_region.get(place, ())
        if factor.is_bridge
    ]


def over(
    converter: Converter,
    unit: str,
    factor: Factor,
    bridges: Iterable[Bridge],
    straight: Sequence[Conversion],
) -> list[tuple[Conversion, Bridge | None]]:
    """Give the straight ways to a factor, and those over rows of steps alone, with the row.

    The latter serve the days without a straight way. Where they are in the record's own unit they
    also go before a way that is by definition alone. Which figures led there is told, where they
    are those of an import; where one is a default that nobody measured it is told of any.
    """
    found: list[tuple[Conversion, Bridge | None]] = [(way, None) for way in straight]
    gaps = _gaps(straight)
    is_straight = any(way.kind <= BY_DEFINITION for way in straight)
    for bridge in bridges:
        row = bridge.row
        firsts = converter.ways(unit, row, (row.activity,), bridge.edition)
        rests = converter.ways(links(row.unit, row.steps)[-1].unit, factor, (), bridge.edition)
        told = _told(bridge, factor)
        for first, rest in itertools.product(firsts, rests):
            is_own = is_straight and first.kind <= BY_DEFINITION
            for gap in (Conversion(SAME),) if is_own else gaps:
                way = first.then(rest)
                way = way and way.then(gap)
                if way is not None:
                    notices = (*first.notices, *told, *rest.notices)
                    kind = FIRST if is_own else BY_PROPERTY
                    found.append((replace(way, kind=kind, notices=notices), bridge))
    return found


def _told(bridge: Bridge, factor: Factor) -> list[Notice]:
    """Tell the figures of an import, and the defaults of any row."""
    row = bridge.row
    place = f" ({where})" if (where := figures_place(row)) else ""
    defaults = ", ".join(step.text for step in row.steps if step.name.startswith(DEFAULT))
    found = []
    if not bridge.is_shipped:
        figures = ", ".join(step.text for step in row.steps)
        text = f"{row.activity}: {row.unit} became {factor.unit} by {figures}{place}"
        found.append(Notice(UNIT_PROPERTY, text))
    if defaults:
        text = f"{row.activity}: {defaults} is a published default, and not measured{place}"
        found.append(Notice(DEFAULT_FIGURE, text))
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
