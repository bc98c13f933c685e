"""The way from a record's unit to a factor's: exact ratios, each with its reason.

Units of one dimension convert by definition. Beyond that only what a source gives: a fuel's
density and its gross or net heat content (`shipped/properties.csv`), and the method's rates
(money, occupancy, units of the book's own). Whatever is assumed on the way is told by a notice.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING

from tonne.catalogue.editions.factor import cell_of
from tonne.catalogue.editions.steps import HEAT, is_co2, links
from tonne.catalogue.resolving.properties import base_unit, edge_sets, shortest_path
from tonne.catalogue.resolving.rates import Rates
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
from tonne.catalogue.words.units import ENERGY, ENERGY_GROSS, ENERGY_NET
from tonne.model import DAY_COUNT_MAX

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from tonne.catalogue.editions.factor import Factor
    from tonne.catalogue.resolving.properties import Edge
    from tonne.catalogue.words.method import MethodSettings
    from tonne.catalogue.words.units import Unit

SAME, BY_DEFINITION, BY_BASIS, BY_PROPERTY, BY_RATE = range(5)
"""Kinds of conversion, the better one first."""


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

    def then(self, rest: Conversion) -> Conversion | None:
        """Go on by the steps of another one; None where they hold on no day together."""
        first, stop = max(self.first_day, rest.first_day), min(self.stop_day, rest.stop_day)
        if first >= stop:
            return None
        return replace(self, steps=(*self.steps, *rest.steps), first_day=first, stop_day=stop)


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
        self._rates = Rates(settings, facility)
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
            edges = partial(edge_sets, self._settings.editions, activities, edition, region)
            ways = self._convert(source, target, edges)
            found = self._known[key] = tuple(_as_read(source, target, each) for each in ways)
        return found

    def ways(
        self, source: str, factor: Factor, activities: tuple[str, ...], edition: str
    ) -> tuple[Conversion, ...]:
        """Find the way from a unit to what a factor's masses are per unit of: also its steps.

        Returns
        -------
        tuple of Conversion
            As `conversions`.
        """
        found = self.conversions(
            source, factor.unit, activities, edition=edition, region=factor.region
        )
        return tuple(_chained(each, factor) for each in found) if factor.steps else found

    def heats(
        self, source: str, factor: Factor, target: str, over: Conversion | None
    ) -> tuple[Conversion, ...]:
        """Find the way to the energy that a factor's own calorific value gives, or a bridge.

        Parameters
        ----------
        source, target : str
            Units of the record and of energy.
        factor : Factor
            The factor.
        over : Conversion or None
            The way to the factor over a row of steps alone, where there is one.

        Returns
        -------
        tuple of Conversion
            As `conversions`.
        """
        ways: tuple[Conversion, ...]
        if over is not None:
            ways, last = (over,), "" if factor.steps else factor.unit
        else:
            names = [step.name for step in factor.steps]
            place = next((index for index, name in enumerate(names) if name in HEAT), None)
            if place is None:
                return ()
            cut = replace(factor, steps=factor.steps[: place + 1])
            found = self.conversions(source, factor.unit, (factor.activity,))
            ways = tuple(_chained(each, cut) for each in found)
            last = links(cut.unit, cut.steps)[-1].unit
        rests = self.conversions(last, target) if last else ()
        by_definition = [rest for rest in rests if rest.kind <= BY_DEFINITION]
        joined = (way.then(rest) for way in ways for rest in by_definition)
        return tuple(filter(None, joined))

    def _convert(
        self, source: str, target: str, edge_sets_of: Callable[[], Iterator[tuple[Edge, ...]]]
    ) -> Iterator[Conversion]:
        first, last = units.find(source), units.find(target)
        if source == target or (first is not None and first == last):
            yield Conversion(SAME)
            return
        is_money = first is not None and bool(units.currency(first))
        plain: Conversion | None = None
        ways: Iterable[tuple[int, int, tuple[Step, ...] | None]]
        ways = self._rates.straight(source, target)
        if first is not None and last is not None:
            if is_money and units.currency(last) and first.dimension != last.dimension:
                ways = self._rates.of_money(first, last)
            else:
                plain = _plainly(first, last, edge_sets_of())
        for start, stop, steps in ways:
            found = plain if steps is None else _by_rates(steps, is_money=is_money)
            if found is not None:
                yield replace(found, first_day=start, stop_day=stop)


def _plainly(
    first: Unit, last: Unit, edges_of_each: Iterator[tuple[Edge, ...]]
) -> Conversion | None:
    """Convert without a rate of the method."""
    if first.dimension == last.dimension:
        return Conversion(BY_DEFINITION, (_by_definition(first, last),))
    if units.currency(first):
        return None
    ways = (_by_property(first, last, edges) for edges in edges_of_each)
    return next(filter(None, ways), None) or _by_basis(first, last)


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


def _as_read(source: str, target: str, found: Conversion) -> Conversion:
    """Put first which unit a text was read as, where it is more than its case that differs."""
    symbol = units.symbol_of(source)
    is_plain = squeezed(source).casefold() == squeezed(symbol).casefold()
    if is_plain or source == target:
        return found
    step = Step("unit", f"{source!r} read as {symbol}", Fraction(1))
    return replace(found, steps=(step, *found.steps))


def _by_rates(steps: tuple[Step, ...], *, is_money: bool) -> Conversion:
    """Convert by rates of the method, for money or whatever has no definition; each is told."""
    reason = PRICE_YEAR if is_money else UNIT_RATE
    return Conversion(BY_RATE, steps, tuple(Notice(reason, step.text) for step in steps))


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


def _by_property(first: Unit, last: Unit, edges: Sequence[Edge]) -> Conversion | None:
    """Over densities and heat contents of the fuel. Plain energy is taken as gross there."""
    start = ENERGY_GROSS if first.dimension == ENERGY else first.dimension
    path = shortest_path(start, last.dimension, edges)
    if not path:
        return None
    notices = []
    steps = []
    if first.dimension == ENERGY:
        text = f"{first.symbol} taken on gross calorific value"
        notices.append(Notice(UNIT_BASIS, text))
    if first.factor != 1:
        text = f"1 {first.symbol} = {exact_text(first.factor)} {base_unit(start)}"
        steps.append(Step("unit", text, first.factor))
    steps += [Step("property", edge.text, edge.ratio) for edge in path]
    if last.factor != 1:
        text = f"1 {base_unit(last.dimension)} = {exact_text(1 / last.factor)} {last.symbol}"
        steps.append(Step("unit", text, 1 / last.factor))
    means = "; ".join(edge.text for edge in path)
    notices.append(Notice(UNIT_PROPERTY, f"{first.symbol} became {last.symbol} by {means}"))
    return Conversion(BY_PROPERTY, tuple(steps), tuple(notices))
