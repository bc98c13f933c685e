"""Values of indicators: the exact ratio of two sums, or why there is none."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from tonne.catalogue.resolving.valuation import exact_text
from tonne.reports.indicators.definition import rounded_text
from tonne.reports.indicators.gaps import Gap, SiteGaps, months_text
from tonne.reports.indicators.worth import DENOMINATOR, NUMERATOR, Side

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tonne.reports.indicators.definition import Definition, Term
    from tonne.reports.indicators.sums import Sums, Window

NUMERATOR_MISSING = "NUMERATOR_MISSING"
DENOMINATOR_MISSING = "DENOMINATOR_MISSING"
DENOMINATOR_ZERO = "DENOMINATOR_ZERO"
UNITS_DIFFER = "UNITS_DIFFER"
OUT_OF_BOUNDS = "OUT_OF_BOUNDS"
"""Reasons why a part of the book has no value."""

UNLIKE_PERIODS = "UNLIKE_PERIODS"
"""Reason of the remark that the sides of a ratio are not of the same months."""

WHOLE = "the whole"


@dataclass(frozen=True, slots=True)
class Value:
    """An indicator of a part of the book in some months.

    Parameters
    ----------
    definition : Definition
    place : str
        The facility, type, region or entity; empty where all are together.
    window : Window
        Months.
    unit : str
        Of the value.
    numerator, denominator : Fraction
        The sums, in the units of their terms; zero where there is nothing.
    value : Fraction or None
        Exact; None where it is refused.
    grade : str
        Of the definition's table; empty outside all.
    refusal, message : str
        Why there is no value, and what to do; empty where there is one.
    remarks : tuple of str
        Months that the sides do not share, and months without a record of either.
    """

    definition: Definition
    place: str
    window: Window
    unit: str
    numerator: Fraction
    denominator: Fraction
    value: Fraction | None
    grade: str
    refusal: str
    message: str
    remarks: tuple[str, ...]

    @property
    def text(self) -> str:
        """The value as it is printed; empty where there is none."""
        return "" if self.value is None else rounded_text(self.value, self.definition.digits)


@dataclass(frozen=True, slots=True)
class Valuation:
    """What the values of a question are made of.

    Parameters
    ----------
    definitions : sequence of Definition
    sums : Sums
    denominators : mapping of Side to int
        What the sums are over.
    gaps : mapping
        Of sites, by indicator, place and window.
    """

    definitions: Sequence[Definition]
    sums: Sums
    denominators: Mapping[Side, int]
    gaps: Mapping[tuple[int, str, tuple[int, int]], SiteGaps]

    def values(self, places: Iterable[str], windows: Iterable[Window]) -> Iterator[Value]:
        """Give the values: of what has any record of a side."""
        for place in places:
            for window in windows:
                total = self.sums.total(place, window)
                by_indicator: defaultdict[int, dict[Side, int | Fraction]] = defaultdict(dict)
                for side, number in total.items():
                    by_indicator[side.indicator][side] = number
                for indicator in sorted(by_indicator):
                    if self._has_any(place, indicator, window):
                        yield self._value(indicator, place, window, by_indicator[indicator])

    def _has_any(self, place: str, indicator: int, window: Window) -> bool:
        return any(
            self.sums.months(place, indicator, side, window) for side in (NUMERATOR, DENOMINATOR)
        )

    def _value(
        self, indicator: int, place: str, window: Window, total: Mapping[Side, int | Fraction]
    ) -> Value:
        definition = self.definitions[indicator]
        sides: list[dict[str, Fraction]] = [{}, {}]
        for side, number in total.items():
            sides[side.side][side.money] = Fraction(number) / self.denominators[side]
        numerator = sum(sides[NUMERATOR].values(), Fraction(0))
        denominator = sum(sides[DENOMINATOR].values(), Fraction(0))
        moneys = sorted({money for side in sides for money in side if money})
        remarks = tuple(self._remarks(indicator, place, window))
        refusal, message = self._refusal(indicator, place, window, denominator, moneys)
        value: Fraction | None = None
        if not refusal:
            value = definition.times * numerator / denominator
            if message := definition.misfit(value):
                refusal, value = OUT_OF_BOUNDS, None
                exact = exact_text(definition.times * numerator / denominator)
                message = f"{message}; the records give {exact}: look at their meters and units"
        # Sums in two kinds of money are no sums.
        is_sum = len(moneys) <= 1
        return Value(
            definition,
            place,
            window,
            definition.unit.replace("{money}", moneys[0] if len(moneys) == 1 else "money"),
            numerator if is_sum else Fraction(0),
            denominator if is_sum else Fraction(0),
            value,
            "" if value is None else definition.grade(value),
            refusal,
            message,
            remarks,
        )

    def _refusal(
        self,
        indicator: int,
        place: str,
        window: Window,
        denominator: Fraction,
        moneys: Sequence[str],
    ) -> tuple[str, str]:
        """Say why a ratio has no value."""
        definition = self.definitions[indicator]
        if len(moneys) > 1:
            return UNITS_DIFFER, (
                f"the records are in {' and '.join(moneys)}, which do not add up: ask for months "
                "or facilities of one currency and price year, or replace the others"
            )
        if not self.sums.months(place, indicator, DENOMINATOR, window):
            needs = _needs(definition.denominator)
            return (
                DENOMINATOR_MISSING,
                f"no record of {needs}{self._lacking(indicator, place, window)}",
            )
        if denominator == 0:
            needs = _needs(definition.denominator)
            months = months_text(sorted(self.sums.months(place, indicator, DENOMINATOR, window)))
            return (
                DENOMINATOR_ZERO,
                f"{needs} adds up to nothing in {months}; nothing divides by it",
            )
        if denominator < 0:
            needs = _needs(definition.denominator)
            return OUT_OF_BOUNDS, (
                f"{needs} adds up to less than nothing, {exact_text(denominator)}, and makes no "
                "ratio: ask for the months whose records these corrections mend, too"
            )
        required = any(not term.is_optional for term in definition.numerator)
        if required and not self.sums.months(place, indicator, NUMERATOR, window):
            needs = _needs(definition.numerator)
            return (
                NUMERATOR_MISSING,
                f"no record of {needs}{self._lacking(indicator, place, window)}",
            )
        return "", ""

    def _lacking(self, indicator: int, place: str, window: Window) -> str:
        """Name the months and sites of the side that is there."""
        found = self.gaps.get((indicator, place, window))
        if found is not None and found.gaps:
            return f": {_sites_text(found, found.gaps)}"
        both = [self.sums.months(place, indicator, s, window) for s in (NUMERATOR, DENOMINATOR)]
        return f" in {months_text(sorted(both[0] ^ both[1]))}"

    def _remarks(self, indicator: int, place: str, window: Window) -> Iterator[str]:
        """Tell months of one side alone, and months of none."""
        definition = self.definitions[indicator]
        names = (_needs(definition.numerator), _needs(definition.denominator))
        have = [self.sums.months(place, indicator, s, window) for s in (NUMERATOR, DENOMINATOR)]
        is_optional = all(term.is_optional for term in definition.numerator)
        either = have[NUMERATOR] | have[DENOMINATOR]
        if 0 < len(either) <= window.last - window.first:
            neither = set(range(window.first, window.last + 1)) - either
            sides = dict.fromkeys(names[1:] if is_optional else names)
            yield f"no record of {' and '.join(sides)} in {months_text(sorted(neither))}"
        if is_optional:
            return
        found = self.gaps.get((indicator, place, window))
        if found is not None:
            for lacking in (DENOMINATOR, NUMERATOR):
                gaps = [gap for gap in found.gaps if gap.lacking == lacking]
                if gaps:
                    yield f"no record of {names[lacking]}: {_sites_text(found, gaps)}"
        if definition.by_site:
            return
        for lacking in (DENOMINATOR, NUMERATOR):
            months = have[1 - lacking] - have[lacking]
            if months:
                yield f"no record of {names[lacking]} in {months_text(sorted(months))}"


def _needs(terms: Iterable[Term]) -> str:
    """Name the accounts that a side needs."""
    accounts = dict.fromkeys(account for term in terms for account in term.accounts)
    return " or ".join(accounts)


def _sites_text(found: SiteGaps, gaps: Sequence[Gap]) -> str:
    named = "; ".join(f"{gap.site} in {months_text(gap.periods)}" for gap in gaps)
    more = found.site_count - len({gap.site for gap in found.gaps})
    return f"{named}; and {more:,} more sites" if more > 0 else named
