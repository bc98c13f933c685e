"""The rates of a method over time: what a unit is worth in another one on a day.

Money goes over several rates where none leads straight: exchange rates, deflators and margins in
any order, the fewest first, each one that holds on the day. Money without a price year is money at
the prices of the day's year, where a rate or the factor names that year. At the end prices may
stand still between years, which is told too. Producer and purchaser prices never do.
"""

from __future__ import annotations

import datetime as dt
import re
from bisect import bisect_right
from collections import defaultdict, deque
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

from tonne.catalogue.resolving.resolution import Step
from tonne.catalogue.words import units
from tonne.model import DAY_COUNT_MAX, day_of_number, number_of_day

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tonne.catalogue.words.method import MethodSettings, Rate
    from tonne.catalogue.words.units import Unit

RATES_MAX = 4
"""Most rates on the way from one unit of money to another one."""

_PRICE_YEAR = re.compile(r"[A-Z]{3}(\d{4})(?:_producer)?$")

_Rated = tuple[Fraction, "Rate"]
"""How many of the target's unit are one of the source's, and the rate that says so."""

_Pair = tuple[str, str]
_Span = tuple[int, int, _Rated | None]
_Way = tuple[int, int, tuple[Step, ...] | None]


class Rates:
    """Rates that a facility's records have. Safe to share between threads; remembers its ways.

    Parameters
    ----------
    settings : MethodSettings
        The method.
    facility : str
        Whose rates go before those of all.
    """

    def __init__(self, settings: MethodSettings, facility: str = "") -> None:
        self._rates = _rates_by_unit(settings, facility)
        self._targets: defaultdict[str, list[str]] = defaultdict(list)
        for source, target in self._rates:
            self._targets[source].append(target)
        self._spans: dict[_Pair, list[_Span]] = {}
        self._ways: dict[_Pair, list[_Way]] = {}

    def straight(self, source: str, target: str) -> Iterator[_Way]:
        """Give the step of one rate between two units in any spelling, or None, by spans of days.

        Yields
        ------
        tuple of int, int and tuple of Step or None
            First day, the day after the last (days since 1970-01-01), and what holds.
        """
        pair = (units.symbol_of(source), units.symbol_of(target))
        for start, stop, rated in self._over_time(pair):
            yield start, stop, None if rated is None else (_rate_step(*rated),)

    def of_money(self, first: Unit, last: Unit) -> list[_Way]:
        """Give the steps of several rates between two units of money, by spans of days.

        Returns
        -------
        list of tuple of int, int and tuple of Step or None
            As `straight`.
        """
        key = (first.symbol, last.symbol)
        found = self._ways.get(key)
        if found is None:
            days = {0, DAY_COUNT_MAX}
            for pair in self._reached(first.symbol):
                days |= {start for start, _, _ in self._over_time(pair)}
            days |= self._year_starts(last)
            found = []
            for start, stop in pairwise(sorted(days)):
                steps = self._over(first, last, start)
                if found and found[-1][2] == steps:
                    found[-1] = (found[-1][0], stop, steps)
                else:
                    found.append((start, stop, steps))
            self._ways[key] = found
        return found

    def _over(self, first: Unit, last: Unit, day: int) -> tuple[Step, ...] | None:
        """Find the fewest rates that hold on a day; prices stand still where none leads on."""
        queue: deque[tuple[str, tuple[Step, ...]]] = deque([(first.symbol, ())])
        seen = {first.symbol}
        standing: tuple[Step, ...] | None = None
        while queue:
            place, steps = queue.popleft()
            here = units.find(place)
            if here is None or not units.currency(here):
                continue
            if place == last.symbol:
                return steps
            if standing is None and (step := _standing(here, last)) is not None:
                standing = (*steps, step)
            if len(steps) == RATES_MAX:
                continue
            dated = _at_prices_of(here, day)
            if dated not in seen and (dated == last.symbol or dated in self._targets):
                seen.add(dated)
                text = f"{here.symbol} taken as {dated}: the prices of the record's year"
                queue.append((dated, (*steps, Step("rate", text, Fraction(1)))))
            for target in self._targets.get(place, ()):
                rated = None if target in seen else self._on(day, (place, target))
                if rated is not None:
                    seen.add(target)
                    queue.append((target, (*steps, _rate_step(*rated))))
        return standing

    def _year_starts(self, last: Unit) -> set[int]:
        """Days on which money without a price year may become money of another year."""
        years = {
            int(match[1])
            for symbol in (last.symbol, *self._targets)
            if (match := _PRICE_YEAR.match(symbol))
        }
        days = {number_of_day(dt.date(year + more, 1, 1)) for year in years for more in (0, 1)}
        return {day for day in days if 0 < day < DAY_COUNT_MAX}

    def _reached(self, source: str) -> set[_Pair]:
        """Pairs of units that a way from one of them may go over, on whatever day."""
        pairs: set[_Pair] = set()
        places = {source}
        for _ in range(RATES_MAX):
            places |= {each for each in self._targets if _is_priced_as(each, places)}
            new = {(place, target) for place in places for target in self._targets.get(place, ())}
            places = {target for _, target in new - pairs}
            pairs |= new
        return pairs

    def _on(self, day: int, pair: _Pair) -> _Rated | None:
        spans = self._over_time(pair)
        return spans[bisect_right(spans, day, key=lambda span: span[0]) - 1][2]

    def _over_time(self, pair: _Pair) -> list[_Span]:
        found = self._spans.get(pair)
        if found is None:
            found = self._spans[pair] = list(_over_time(self._rates.get(pair, ())))
        return found


def _rates_by_unit(settings: MethodSettings, facility: str) -> Mapping[_Pair, Sequence[_Rated]]:
    """Index the rates that a facility's records have, by their units in any spelling.

    The facility's own come first, then those of all, in the order of the method.
    """
    found: defaultdict[_Pair, list[_Rated]] = defaultdict(list)
    own = [rate for rate in settings.rates if facility and rate.facility == facility]
    for rate in (*own, *(rate for rate in settings.rates if not rate.facility)):
        first, last = units.symbol_of(rate.from_unit), units.symbol_of(rate.to_unit)
        ratio = Fraction(rate.rate)
        found[first, last].append((ratio, rate))
        if ratio:
            found[last, first].append((1 / ratio, rate))
    return found


def _over_time(rates: Sequence[_Rated]) -> Iterator[_Span]:
    """Give the spans of days, and the first of some rates that holds in each, if any does."""
    spans = [(_number(rate.valid_from, 0), _number(rate.valid_to), rate) for _, rate in rates]
    days = {0, DAY_COUNT_MAX} | {day for first, stop, _ in spans for day in (first, stop)}
    before: _Span | None = None
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


def _rate_step(ratio: Fraction, rate: Rate) -> Step:
    """Make a rate of the method a step, which says what kind of rate it is, and of what."""
    first, last = units.find(rate.from_unit), units.find(rate.to_unit)
    what = "" if first is None or last is None else _kind_of_rate(first, last)
    scope = [rate.source] if rate.source else []
    scope += [f"of {rate.facility}"] if rate.facility else []
    scope += [f"from {rate.valid_from}"] if rate.valid_from else []
    scope += [f"before {rate.valid_to}"] if rate.valid_to else []
    place = f" ({', '.join(scope)})" if scope else ""
    text = f"{what}1 {rate.from_unit} = {rate.rate} {rate.to_unit} by the method{place}"
    return Step("rate", text, ratio)


def _kind_of_rate(first: Unit, last: Unit) -> str:
    """Word for a rate between units of money; empty for others."""
    if not (units.currency(first) and units.currency(last)):
        return ""
    if units.currency(first) != units.currency(last):
        return "exchange rate: "
    return "price basis: " if _basis(first) != _basis(last) else "deflator: "


def _at_prices_of(unit: Unit, day: int) -> str:
    """Symbol of money without a price year at the prices of a day's year; other money's own."""
    if _PRICE_YEAR.match(unit.symbol):
        return unit.symbol
    return f"{units.currency(unit)}{day_of_number(day).year}{_basis(unit)}"


def _is_priced_as(symbol: str, places: set[str]) -> bool:
    """Whether a unit of money with a price year is one of some places without it."""
    return bool(_PRICE_YEAR.match(symbol)) and f"{symbol[:3]}{symbol[7:]}" in places


def _basis(unit: Unit) -> str:
    return units.PRODUCER if unit.symbol.endswith(units.PRODUCER) else ""


def _standing(first: Unit, last: Unit) -> Step | None:
    """Money of one currency, as if prices stood still between the years."""
    if units.currency(first) != units.currency(last) or _basis(first) != _basis(last):
        return None
    text = f"{first.symbol} taken as {last.symbol}: the method has no rate between them"
    return Step("rate", text, Fraction(1))
