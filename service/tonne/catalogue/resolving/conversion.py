"""The way from a record's unit to a factor's: exact ratios, each with its reason.

Units of one dimension convert by definition. Beyond that only what a source gives: a fuel's
density and its gross or net heat content (`shipped/properties.csv`), and the method's rates
(money, occupancy, units of the book's own). Whatever is assumed on the way is told by a notice.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict, deque
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache, partial
from itertools import pairwise
from typing import TYPE_CHECKING

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
from tonne.model import DAY_COUNT_MAX, number_of_day

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from tonne.catalogue.words.method import MethodSettings, Rate
    from tonne.catalogue.words.units import Unit

_Rated = tuple[Fraction, "Rate"]
"""How many of the target's unit are one of the source's, and the rate that says so."""

SAME, BY_DEFINITION, BY_BASIS, BY_PROPERTY, BY_RATE = range(5)
"""Kinds of conversion, the better one first."""

_PROPERTY_STEPS_MAX = 3


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
    first_day, stop_day : int
        Days since 1970-01-01 on which it holds, `stop_day` exclusive.
    """

    kind: int
    steps: tuple[Step, ...] = ()
    notices: tuple[Notice, ...] = ()
    first_day: int = 0
    stop_day: int = DAY_COUNT_MAX

    def holds_on(self, day: int) -> bool:
        """Whether it holds on a day."""
        return self.first_day <= day < self.stop_day


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
    """Converts under a method's rates. Safe to share between threads; remembers what it did.

    Parameters
    ----------
    settings : MethodSettings
        The method.
    facility : str
        Whose rates go before those of all.
    """

    def __init__(self, settings: MethodSettings, facility: str = "") -> None:
        self._settings = settings
        self._rates = _rates_by_unit(settings, facility)
        self._known: dict[tuple[object, ...], tuple[Conversion, ...]] = {}

    def conversions(
        self,
        source: str,
        target: str,
        activities: tuple[str, ...] = (),
        *,
        edition: str = "",
        region: str = "",
    ) -> tuple[Conversion, ...]:
        """Find the way from a unit to another one, or what is it from time to time.

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
        tuple of Conversion
            In order of time, one for each span of days; on days of none, no source gives a way.
        """
        key = (source, target, activities, edition, region)
        found = self._known.get(key)
        if found is None:
            edges = partial(self._edge_sets, activities, edition, region)
            ways = self._convert(source, target, edges)
            found = self._known[key] = tuple(_as_read(source, target, each) for each in ways)
        return found

    def _convert(
        self, source: str, target: str, edge_sets: Callable[[], Iterator[tuple[_Edge, ...]]]
    ) -> Iterator[Conversion]:
        first, last = units.find(source), units.find(target)
        if source == target or (first is not None and first == last):
            yield Conversion(SAME)
            return
        pair = (units.symbol_of(source), units.symbol_of(target))
        plain: Conversion | None = None
        if first is not None and last is not None:
            plain = self._plainly(first, last, edge_sets())
        for start, stop, rated in _over_time(self._rates.get(pair, ())):
            found = plain if rated is None else _by_rate(source, *rated)
            if found is not None:
                yield replace(found, first_day=start, stop_day=stop)

    @staticmethod
    def _plainly(
        first: Unit, last: Unit, edge_sets: Iterator[tuple[_Edge, ...]]
    ) -> Conversion | None:
        """Convert without a rate of the method."""
        if first.dimension == last.dimension:
            return Conversion(BY_DEFINITION, (_by_definition(first, last),))
        if units.currency(first):
            return _by_standing_prices(first, last)
        ways = (_by_property(first, last, edges) for edges in edge_sets)
        return next(filter(None, ways), None) or _by_basis(first, last)

    def _edge_sets(
        self, activities: tuple[str, ...], edition: str, region: str
    ) -> Iterator[tuple[_Edge, ...]]:
        """Properties of the activity: heat contents of one source after the other.

        A gross and a net heat content of two sources are of two fuels; a density may be of
        another one. The factor's own edition comes first, then its series, then the publishers of
        its region, then the method's order, then the latest of a series.
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


def _rates_by_unit(
    settings: MethodSettings, facility: str
) -> Mapping[tuple[str, str], Sequence[_Rated]]:
    """Index the rates that a facility's records have, by their units in any spelling.

    The facility's own come first, then those of all, in the order of the method.
    """
    found: defaultdict[tuple[str, str], list[_Rated]] = defaultdict(list)
    own = [rate for rate in settings.rates if facility and rate.facility == facility]
    for rate in (*own, *(rate for rate in settings.rates if not rate.facility)):
        first, last = units.symbol_of(rate.from_unit), units.symbol_of(rate.to_unit)
        ratio = Fraction(rate.rate)
        found[first, last].append((ratio, rate))
        if ratio:
            found[last, first].append((1 / ratio, rate))
    return found


def _over_time(rates: Sequence[_Rated]) -> Iterator[tuple[int, int, _Rated | None]]:
    """Give the spans of days, and the first of some rates that holds in each, if any does."""
    spans = [(_number(rate.valid_from, 0), _number(rate.valid_to), rate) for _, rate in rates]
    days = {0, DAY_COUNT_MAX} | {day for first, stop, _ in spans for day in (first, stop)}
    before: tuple[int, int, _Rated | None] | None = None
    for start, stop in pairwise(sorted(days)):
        held = (
            rated
            for rated, (first, end, _) in zip(rates, spans, strict=True)
            if first <= start < end
        )
        found = next(held, None)
        if before is not None and before[2] == found:
            before = (before[0], stop, found)
            continue
        if before is not None:
            yield before
        before = (start, stop, found)
    if before is not None:
        yield before


def _number(day: str, otherwise: int = DAY_COUNT_MAX) -> int:
    return number_of_day(dt.date.fromisoformat(day)) if day else otherwise


def _by_rate(source: str, ratio: Fraction, rate: Rate) -> Conversion:
    """Convert by a rate of the method, for money or whatever has no definition."""
    scope = [rate.source] if rate.source else []
    scope += [f"of {rate.facility}"] if rate.facility else []
    scope += [f"from {rate.valid_from}"] if rate.valid_from else []
    scope += [f"before {rate.valid_to}"] if rate.valid_to else []
    place = f" ({', '.join(scope)})" if scope else ""
    text = f"1 {rate.from_unit} = {rate.rate} {rate.to_unit} by the method{place}"
    unit = units.find(source)
    reason = PRICE_YEAR if unit is not None and units.currency(unit) else UNIT_RATE
    return Conversion(BY_RATE, (Step("rate", text, ratio),), (Notice(reason, text),))


def _as_read(source: str, target: str, found: Conversion) -> Conversion:
    """Put first which unit a text was read as, where it is more than its case that differs."""
    symbol = units.symbol_of(source)
    is_plain = squeezed(source).casefold() == squeezed(symbol).casefold()
    if is_plain or source == target:
        return found
    step = Step("unit", f"{source!r} read as {symbol}", Fraction(1))
    return replace(found, steps=(step, *found.steps))


def _by_standing_prices(first: Unit, last: Unit) -> Conversion | None:
    """Money of one currency, as if prices stood still between the years; that is told."""
    if units.currency(first) != units.currency(last):
        return None
    text = f"{first.symbol} taken as {last.symbol}: the method has no rate between them"
    step = Step("rate", text, Fraction(1))
    return Conversion(BY_RATE, (step,), (Notice(PRICE_YEAR, text),))


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
