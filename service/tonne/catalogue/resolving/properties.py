"""What a publisher prints of a fuel: density, gross and net heat content (`properties.csv`)."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING

from tonne.catalogue.words import units
from tonne.catalogue.words.tables import read_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tonne.catalogue.words.units import Unit

_PROPERTY_STEPS_MAX = 3


@dataclass(frozen=True, slots=True)
class Edge:
    """One property of a fuel: base units of `target` in one base unit of `source`."""

    source: str
    target: str
    ratio: Fraction
    edition: str
    text: str
    is_density: bool


def edge_sets(
    editions: Sequence[str], activities: tuple[str, ...], edition: str, region: str
) -> Iterator[tuple[Edge, ...]]:
    """Give the properties of an activity: heat contents of one source after the other.

    A gross and a net heat content of two sources are of two fuels; a density may be of
    another one. The factor's own edition comes first, then its series, then the publishers of
    its region, then the method's order (`editions`), then the latest of a series.
    """
    edges = [edge for activity in activities for edge in properties().get(activity, ())]
    order = {name: place for place, name in enumerate(editions)}
    series = edition.rpartition("-")[0]
    country = region.partition("-")[0]
    regions = {row["id"]: row["region"] for row in read_table("editions.csv")}
    sources = sorted(
        {edge.edition for edge in edges},
        key=lambda name: (
            name != edition,
            name.rpartition("-")[0] != series,
            not country or regions.get(name) != country,
            order.get(name, len(order)),
            -_year(name),
            name,
        ),
    )
    edges.sort(key=lambda edge: sources.index(edge.edition))
    for source in sources:
        own = tuple(edge for edge in edges if edge.edition == source)
        yield (*own, *(edge for edge in edges if edge.is_density and edge not in own))


def _year(edition: str) -> int:
    """Year at the end of an edition's id; 0 where there is none. Of many, the newest counts."""
    year = edition.rpartition("-")[2]
    return int(year) if year.isdigit() else 0


def shortest_path(start: str, goal: str, edges: Sequence[Edge]) -> tuple[Edge, ...]:
    """Fewest properties from a dimension to another one; earlier edges win a tie."""
    queue: deque[tuple[str, tuple[Edge, ...]]] = deque([(start, ())])
    seen = {start}
    while queue:
        place, path = queue.popleft()
        if place == goal:
            return path
        if len(path) == _PROPERTY_STEPS_MAX:
            continue
        for edge in edges:
            if edge.source == place and edge.target not in seen:
                seen.add(edge.target)
                queue.append((edge.target, (*path, edge)))
    return ()


@cache
def base_unit(dimension: str) -> str:
    """Symbol of a dimension's base unit."""
    return next(
        unit.symbol
        for unit in units.UNITS.values()
        if unit.dimension == dimension and unit.factor == 1
    )


@cache
def properties() -> Mapping[str, tuple[Edge, ...]]:
    """Give all properties by the id of an activity, each there and back."""
    found: dict[str, list[Edge]] = defaultdict(list)
    for row in read_table("properties.csv"):
        over, under = (_property_unit(part, row["property"]) for part in row["unit"].split("/"))
        ratio = Fraction(row["value"]) * over.factor / under.factor
        if not ratio:
            continue  # a gas that does not burn
        place = "; ".join(filter(None, (row["source"], row["table"])))
        text = f"{row['property']} {row['value']} {row['unit']} ({place})"
        for source, target, value in (
            (under.dimension, over.dimension, ratio),
            (over.dimension, under.dimension, 1 / ratio),
        ):
            is_density = row["property"] == "density"
            found[row["activity"]].append(
                Edge(source, target, value, row["edition"], text, is_density)
            )
    return {activity: tuple(edges) for activity, edges in found.items()}


def _property_unit(text: str, name: str) -> Unit:
    """Find the unit of half a property; a heat content's energy has the basis of its name."""
    basis = {"gcv": "_gross", "ncv": "_net"}.get(name, "")
    unit = units.find(text + basis) or units.find(text)
    if unit is None:
        raise ValueError(f"properties.csv: unit {text!r} of {name} is not known")
    return unit
