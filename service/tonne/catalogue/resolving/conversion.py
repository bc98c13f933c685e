"""The way from a record's unit to a factor's: exact ratios, each with its reason.

Units of one dimension convert by definition. Beyond that only what a source gives: a fuel's
density and its gross or net heat content (`shipped/properties.csv`), and the method's rates
(money, occupancy, units of the book's own). Whatever is assumed on the way is told by a notice.
"""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING

from tonne.catalogue.editions.factor import cell_of
from tonne.catalogue.editions.steps import HEAT, is_co2, links
from tonne.catalogue.resolving.resolution import (
    PRICE_YEAR,
    UNIT_BASIS,
    UNIT_PROPERTY,
    UNIT_RATE,
    Notice,
    Step,
)
from tonne.catalogue.resolving.valuation import exact_text
from tonne.catalogue.words import units
from tonne.catalogue.words.folding import squeezed
from tonne.catalogue.words.tables import read_table
from tonne.catalogue.words.units import ENERGY, ENERGY_GROSS, ENERGY_NET

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tonne.catalogue.editions.factor import Factor
    from tonne.catalogue.words.method import MethodSettings, Rate
    from tonne.catalogue.words.units import Unit

SAME, BY_DEFINITION, BY_BASIS, BY_PROPERTY, BY_RATE = range(5)
"""Kinds of conversion, the better one first."""

_PROPERTY_STEPS_MAX = 3
_RATES_MAX = 4


@dataclass(frozen=True, slots=True)
class Conversion:
    """How a record's unit becomes a factor's.

    Parameters
    ----------
    kind : int
        `SAME` to `BY_RATE`: the lower, the less was assumed.
    steps : tuple of Step
        Their product is how many of the factor's unit are in one of the record's.
    notices : tuple of Notice
        What was assumed.
    """

    kind: int
    steps: tuple[Step, ...] = ()
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class _Edge:
    """One property of a fuel: base units of `target` in one base unit of `source`."""

    source: str
    target: str
    ratio: Fraction
    edition: str
    text: str
    is_density: bool


class Converter:
    """Converts under a method's rates. Safe to share between threads; remembers what it did."""

    def __init__(self, settings: MethodSettings) -> None:
        self._settings = settings
        self._rates = _rates_by_unit(settings)
        self._known: dict[tuple[object, ...], Conversion | None] = {}

    def convert(
        self,
        source: str,
        target: str,
        activities: tuple[str, ...] = (),
        *,
        edition: str = "",
        region: str = "",
    ) -> Conversion | None:
        """Find the way from a unit to another one.

        Parameters
        ----------
        source, target : str
            Units as the record and the factor give them.
        activities : tuple of str
            Ids of the activity, whose properties may serve.
        edition : str
            The factor's edition, whose own properties come first.
        region : str
            The factor's region: properties that a publisher of it gives come next.

        Returns
        -------
        Conversion or None
            None where no source gives a way.
        """
        key = (source, target, activities, edition, region)
        if key not in self._known:
            edges = self._edge_sets(activities, edition, region)
            self._known[key] = _as_read(source, target, self._convert(source, target, edges))
        return self._known[key]

    def way(
        self, source: str, factor: Factor, activities: tuple[str, ...], edition: str
    ) -> Conversion | None:
        """Find the way from a unit to what a factor's masses are per unit of: also its steps."""
        found = self.convert(
            source, factor.unit, activities, edition=edition, region=factor.region
        )
        return found if found is None or not factor.steps else _chained(found, factor)

    def heat(
        self, source: str, factor: Factor, target: str, over: Conversion | None
    ) -> Conversion | None:
        """Find the way to the energy that a factor's own calorific value gives, or a bridge.

        `over` is the way to the factor over a row of steps alone.
        """
        if over is not None:
            rest = self.convert(factor.unit, target)
            is_energy = rest is not None and rest.kind <= BY_DEFINITION and not factor.steps
            return replace(over, steps=(*over.steps, *rest.steps)) if rest and is_energy else None
        names = [step.name for step in factor.steps]
        place = next((index for index, name in enumerate(names) if name in HEAT), None)
        found = self.convert(source, factor.unit, (factor.activity,))
        if place is None or found is None:
            return None
        cut = replace(factor, steps=factor.steps[: place + 1])
        rest = self.convert(links(cut.unit, cut.steps)[-1].unit, target)
        if rest is None or rest.kind > BY_DEFINITION:
            return None
        return replace(found, steps=(*_chained(found, cut).steps, *rest.steps))

    def _convert(
        self, source: str, target: str, edge_sets: Iterator[tuple[_Edge, ...]]
    ) -> Conversion | None:
        first, last = units.find(source), units.find(target)
        if source == target or (first is not None and first == last):
            return Conversion(SAME)
        rated = self._by_rate(source, target)
        if rated is not None or first is None or last is None:
            return rated
        if first.dimension == last.dimension:
            return Conversion(BY_DEFINITION, (_by_definition(first, last),))
        if units.currency(first):
            return self._by_prices(first, last)
        ways = (_by_property(first, last, edges) for edges in edge_sets)
        return next(filter(None, ways), None) or _by_basis(first, last)

    def _by_rate(self, source: str, target: str) -> Conversion | None:
        """Convert by the method's rate, for money or whatever has no definition."""
        found = self._rates.get((units.symbol_of(source), units.symbol_of(target)))
        if found is None:
            return None
        step = _rate_step(*found)
        unit = units.find(source)
        reason = PRICE_YEAR if unit is not None and units.currency(unit) else UNIT_RATE
        return Conversion(BY_RATE, (step,), (Notice(reason, step.text),))

    def _by_prices(self, first: Unit, last: Unit) -> Conversion | None:
        """Convert money over several of the method's rates, each a step that is told.

        Exchange rates, deflators and margins in any order, the fewest first; at the end prices may
        stand still between years, which is told too. Producer and purchaser prices never do.
        """
        queue: deque[tuple[str, tuple[Step, ...]]] = deque([(first.symbol, ())])
        seen = {first.symbol}
        standing: Conversion | None = None
        while queue:
            place, steps = queue.popleft()
            here = units.find(place)
            if here is None or not units.currency(here):
                continue
            if place == last.symbol:
                return _told(steps)
            if standing is None and (step := _standing(here, last)) is not None:
                standing = _told((*steps, step))
            for (source, target), (ratio, rate) in self._rates.items():
                if source == place and target not in seen and len(steps) < _RATES_MAX:
                    seen.add(target)
                    queue.append((target, (*steps, _rate_step(ratio, rate))))
        return standing

    def _edge_sets(
        self, activities: tuple[str, ...], edition: str, region: str
    ) -> Iterator[tuple[_Edge, ...]]:
        """Properties of the activity: heat contents of one source after the other.

        A gross and a net heat content of two sources are of two fuels; a density may be of
        another one. The factor's own edition comes first, then its series, then the publishers of
        its region, then the method's order.
        """
        edges = [edge for activity in activities for edge in _properties().get(activity, ())]
        order = {name: place for place, name in enumerate(self._settings.editions)}
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
                name,
            ),
        )
        edges.sort(key=lambda edge: sources.index(edge.edition))
        for source in sources:
            own = tuple(edge for edge in edges if edge.edition == source)
            yield (*own, *(edge for edge in edges if edge.is_density and edge not in own))


def _chained(found: Conversion, factor: Factor) -> Conversion:
    """Add a factor's steps, each with its evidence; what leads to CO2 ends in kilograms."""
    place = f" ({where})" if (where := figures_place(factor)) else ""
    chain = links(factor.unit, factor.steps)
    steps = [Step("figure", f"{link.step.text}{place}", link.ratio) for link in chain]
    if is_co2(factor.steps) and chain[-1].unit != "kg":
        first, last = units.find(chain[-1].unit), units.UNITS["kg"]
        assert first is not None  # noqa: S101  an edition takes no other chain
        steps.append(_by_definition(first, last))
    return replace(found, steps=(*found.steps, *steps))


def figures_place(factor: Factor) -> str:
    """Tell where the figures of a row are from."""
    return "; ".join(filter(None, (cell_of(factor), factor.evidence)))


def _rates_by_unit(settings: MethodSettings) -> dict[tuple[str, str], tuple[Fraction, Rate]]:
    """Index the method's rates by their units in any spelling; the first of two counts."""
    found: dict[tuple[str, str], tuple[Fraction, Rate]] = {}
    for rate in settings.rates:
        first, last = units.symbol_of(rate.from_unit), units.symbol_of(rate.to_unit)
        found.setdefault((first, last), (Fraction(rate.rate), rate))
        found.setdefault((last, first), (1 / Fraction(rate.rate), rate))
    return found


def _as_read(source: str, target: str, found: Conversion | None) -> Conversion | None:
    """Put first which unit a text was read as, where it is more than its case that differs."""
    symbol = units.symbol_of(source)
    is_plain = squeezed(source).casefold() == squeezed(symbol).casefold()
    if found is None or is_plain or source == target:
        return found
    step = Step("unit", f"{source!r} read as {symbol}", Fraction(1))
    return replace(found, steps=(step, *found.steps))


def _rate_step(ratio: Fraction, rate: Rate) -> Step:
    """Make a rate of the method a step, which says what kind of rate it is."""
    first, last = units.find(rate.from_unit), units.find(rate.to_unit)
    what = "" if first is None or last is None else _kind_of_rate(first, last)
    place = f" ({rate.source})" if rate.source else ""
    text = f"{what}1 {rate.from_unit} = {rate.rate} {rate.to_unit} by the method{place}"
    return Step("rate", text, ratio)


def _kind_of_rate(first: Unit, last: Unit) -> str:
    """Word for a rate between units of money; empty for others."""
    if not (units.currency(first) and units.currency(last)):
        return ""
    if units.currency(first) != units.currency(last):
        return "exchange rate: "
    return "price basis: " if _basis(first) != _basis(last) else "deflator: "


def _basis(unit: Unit) -> str:
    return units.PRODUCER if unit.symbol.endswith(units.PRODUCER) else ""


def _standing(first: Unit, last: Unit) -> Step | None:
    """Money of one currency, as if prices stood still between the years."""
    if units.currency(first) != units.currency(last) or _basis(first) != _basis(last):
        return None
    text = f"{first.symbol} taken as {last.symbol}: the method has no rate between them"
    return Step("rate", text, Fraction(1))


def _told(steps: tuple[Step, ...]) -> Conversion:
    """Convert by rates of money, each told."""
    notices = tuple(Notice(PRICE_YEAR, step.text) for step in steps)
    return Conversion(BY_RATE, steps, notices)


def _by_definition(first: Unit, last: Unit) -> Step:
    ratio = first.factor / last.factor
    return Step("unit", f"1 {first.symbol} = {exact_text(ratio)} {last.symbol}", ratio)


def _by_basis(first: Unit, last: Unit) -> Conversion | None:
    """Energy of no stated basis against a basis, one for one: an assumption that is told."""
    dimensions = {first.dimension, last.dimension}
    if ENERGY not in dimensions or not dimensions & {ENERGY_GROSS, ENERGY_NET}:
        return None
    text = f"{first.symbol} taken as {last.symbol}: the calorific basis is not stated"
    step = Step("unit", text, first.factor / last.factor)
    return Conversion(BY_BASIS, (step,), (Notice(UNIT_BASIS, text),))


def _by_property(first: Unit, last: Unit, edges: Sequence[_Edge]) -> Conversion | None:
    """Over densities and heat contents of the fuel. Plain energy is taken as gross there."""
    start = ENERGY_GROSS if first.dimension == ENERGY else first.dimension
    path = _shortest_path(start, last.dimension, edges)
    if not path:
        return None
    notices = []
    steps = []
    if first.dimension == ENERGY:
        text = f"{first.symbol} taken on gross calorific value"
        notices.append(Notice(UNIT_BASIS, text))
    if first.factor != 1:
        text = f"1 {first.symbol} = {exact_text(first.factor)} {_base(start)}"
        steps.append(Step("unit", text, first.factor))
    steps += [Step("property", edge.text, edge.ratio) for edge in path]
    if last.factor != 1:
        text = f"1 {_base(last.dimension)} = {exact_text(1 / last.factor)} {last.symbol}"
        steps.append(Step("unit", text, 1 / last.factor))
    means = "; ".join(edge.text for edge in path)
    notices.append(Notice(UNIT_PROPERTY, f"{first.symbol} became {last.symbol} by {means}"))
    return Conversion(BY_PROPERTY, tuple(steps), tuple(notices))


def _shortest_path(start: str, goal: str, edges: Sequence[_Edge]) -> tuple[_Edge, ...]:
    """Fewest properties from a dimension to another one; earlier edges win a tie."""
    queue: deque[tuple[str, tuple[_Edge, ...]]] = deque([(start, ())])
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
def _base(dimension: str) -> str:
    """Symbol of a dimension's base unit."""
    return next(
        unit.symbol
        for unit in units.UNITS.values()
        if unit.dimension == dimension and unit.factor == 1
    )


@cache
def _properties() -> Mapping[str, tuple[_Edge, ...]]:
    found: dict[str, list[_Edge]] = defaultdict(list)
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
                _Edge(source, target, value, row["edition"], text, is_density)
            )
    return {activity: tuple(edges) for activity, edges in found.items()}


def _property_unit(text: str, name: str) -> Unit:
    """Find the unit of half a property; a heat content's energy has the basis of its name."""
    basis = {"gcv": "_gross", "ncv": "_net"}.get(name, "")
    unit = units.find(text + basis) or units.find(text)
    if unit is None:
        raise ValueError(f"properties.csv: unit {text!r} of {name} is not known")
    return unit
