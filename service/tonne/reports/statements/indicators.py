"""Figures of indicators by year: of targets of intensity and share."""

from __future__ import annotations

import re
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from tonne.errors import InputError
from tonne.model import period_of_month
from tonne.reports.indicators.book import book_indicators
from tonne.reports.indicators.definition import find, shipped
from tonne.reports.indicators.request import IndicatorRequest
from tonne.reports.indicators.values import DENOMINATOR_MISSING, NUMERATOR_MISSING
from tonne.reports.inventory.request import InventoryRequest
from tonne.reports.statements.figures import Figure, Found
from tonne.reports.statements.progress import years_of
from tonne.reports.statements.sums import last_month, waiting_text, year_months
from tonne.statements.answers import Basis
from tonne.statements.fields import invalid, is_number
from tonne.statements.statement import Kind
from tonne.statements.targets import TargetType

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tonne.ledger.budget import Hold
    from tonne.ledger.reading.snapshot import Snapshot
    from tonne.reports.indicators.definition import Definition
    from tonne.reports.indicators.values import Value
    from tonne.statements.statement import Statement
    from tonne.statements.targets import Target

PERCENT = "%"

_PRICE_YEAR = re.compile(r"\b([A-Z]{3})\d{4}\b")


@dataclass(slots=True)
class _Year:
    """The sides of a ratio in a year."""

    numerator: Fraction = field(default_factory=Fraction)
    denominator: Fraction = field(default_factory=Fraction)
    months: set[int] = field(default_factory=set)
    units: set[str] = field(default_factory=set)
    remarks: list[str] = field(default_factory=list)
    has_any: bool = False

    def add(self, value: Value) -> None:
        """Add a month, unless a side has no record in it."""
        self.has_any = True
        if value.refusal in {NUMERATOR_MISSING, DENOMINATOR_MISSING}:
            return
        self.numerator += value.numerator
        self.denominator += value.denominator
        self.months.add(value.window.first)
        self.units.add(value.unit)
        self.remarks += value.remarks


class IndicatorFigures:
    """Ratios of sums of the ledger, by year: the sums of its months divided, as an indicator is.

    Parameters
    ----------
    snapshot : Snapshot
    hold : Hold
        Grows with the sums.
    own : tuple of Definition
        Those of the book that its targets may name.
    beside : sequence of Target
        Further targets of the same call: those of one selection are read together, once.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        hold: Hold,
        own: tuple[Definition, ...] = (),
        beside: Sequence[Target] = (),
    ) -> None:
        self._snapshot = snapshot
        self._hold = hold
        self._own = own
        self._known: dict[tuple[_Asked, str], _Answer] = {}
        self._beside: defaultdict[_Asked, set[str]] = defaultdict(set)
        for each in beside:
            # One that cannot be asked for is told when its turn comes.
            with suppress(InputError):
                if _is_known(each, own):
                    self._beside[_asked(each, years_of(each))].add(each.indicator)

    def years(self, target: Target, years: Sequence[str]) -> Found:
        """Give the ratios of years, with the months in which a side has no record.

        Raises
        ------
        FieldInvalid
            The target is in another unit than its indicator.
        """
        if not _is_known(target, self._own):
            return Found({}, (f"no indicator is called {target.indicator}: figures are stated",))
        definition = find(target.indicator, 0, self._own)
        answer = self._answer(target, years)
        sums = {period_of_month(year): _Year() for year in years}
        first = period_of_month(years[0])
        for value in (each for each in answer.values if each.place == target.entity):
            month = value.window.first
            sums[month - (month - first) % len(year_months(years[0]))].add(value)
        notices = list(answer.notices)
        if answer.suspended_count:
            notices.append(waiting_text(answer.suspended_count))
        figures = {}
        for year in years:
            of_year = sums[period_of_month(year)]
            if of_year.has_any:
                _check_unit(target, of_year.units)
                figures[year] = _figure(target, definition, year, of_year, notices)
        of = ", ".join(filter(None, (target.entity, *target.facilities)))
        rests_on = f"{definition.title}, version {definition.version}"
        rests_on += f", of {of}; {answer.gwp_set}" if of else f"; {answer.gwp_set}"
        return Found(figures, tuple(notices), rests_on)

    def _answer(self, target: Target, years: Sequence[str]) -> _Answer:
        """Read the months of an indicator, with those of the other targets of its selection."""
        asked, name = _asked(target, years), target.indicator
        if (asked, name) not in self._known:
            beside = sorted(self._beside[asked] | {name})
            try:
                self._read(asked, beside)
            except InputError:
                if len(beside) == 1:
                    raise
                # Together they may be too much, or one of them refused: each is told by itself.
                del self._beside[asked]
                self._read(asked, [name])
        return self._known[asked, name]

    def _read(self, asked: _Asked, names: Sequence[str]) -> None:
        request = IndicatorRequest(
            asked.selection, tuple(names), by=asked.by, span="month", own=self._own
        )
        answer = book_indicators(self._snapshot, request, self._hold)
        values: defaultdict[str, list[Value]] = defaultdict(list)
        for value in answer.values:
            values[value.definition.id].append(value)
        for name in names:
            notices = tuple(each.message for each in answer.notices if name in each.indicators)
            self._known[asked, name] = _Answer(
                values[name], notices, answer.suspended_count, answer.gwp_set
            )


class _Asked(NamedTuple):
    """What is asked about the years of a target, but for its indicator."""

    selection: InventoryRequest
    by: str


def _asked(target: Target, years: Sequence[str]) -> _Asked:
    selection = InventoryRequest(
        period_of_month(years[0]),
        period_of_month(last_month(years[-1])),
        facilities=target.facilities,
        gwp_set=target.gwp_set,
        consolidation=target.consolidation,
    )
    return _Asked(selection, "entity" if target.entity else "")


@dataclass(frozen=True, slots=True)
class _Answer:
    """What there is of one indicator: its values by place and month, and what is told of it."""

    values: Sequence[Value]
    notices: tuple[str, ...]
    suspended_count: int
    gwp_set: str


def _figure(
    target: Target, definition: Definition, year: str, of_year: _Year, notices: list[str]
) -> Figure:
    """Divide the sums of a year, where all its months are there and it can be so."""
    missing = tuple(
        month for month in year_months(year) if period_of_month(month) not in of_year.months
    )
    value = None
    told = ""
    if len(of_year.units) > 1:
        told = f"the records are in {' and '.join(sorted(of_year.units))}, which do not add up"
    elif of_year.denominator <= 0:
        less = "less than " if of_year.denominator else ""
        told = f"the denominator adds up to {less}nothing; nothing divides by it"
    elif not missing:
        value = definition.times * of_year.numerator / of_year.denominator
        told = definition.misfit(value)
        if of_year.remarks:
            notices.append(f"{year}: {'; '.join(of_year.remarks)}")
    if told:
        notices.append(f"{year}: {told}")
        value = None
    return Figure(
        year,
        None if value is None else value * _scale(target, definition),
        Basis.LEDGER,
        f"{definition.id} of the ledger",
        missing,
    )


def _check_unit(target: Target, units: Iterable[str]) -> None:
    """Refuse a target in another unit than its indicator, but for a price year."""
    if target.type is not TargetType.INTENSITY or not target.unit:
        return
    for unit in units:
        names = {unit, "kWh/kWh"} if unit == "1" else {unit}
        if _PRICE_YEAR.sub(r"\1", target.unit) not in {_PRICE_YEAR.sub(r"\1", n) for n in names}:
            expected = f"{unit}, in which {target.indicator} is: state the target anew in it"
            raise invalid("unit", expected, target.unit)


def _scale(target: Target, definition: Definition) -> int:
    """Give what makes a share of 1 one in percent."""
    return 100 if target.type is TargetType.SHARE and definition.unit != PERCENT else 1


def _is_known(target: Target, own: Iterable[Definition]) -> bool:
    return target.indicator in shipped() or any(each.id == target.indicator for each in own)


def check_targets(given: Sequence[Statement], own: Sequence[Definition] = ()) -> None:
    """Refuse targets and stated figures that an indicator cannot have: a PUE below 1.

    `own` are definitions of the book that targets may name.

    Raises
    ------
    FieldInvalid
    """
    for index, each in enumerate(given):
        if each.kind is not Kind.TARGET or each.body is None:
            continue
        target: Target = each.body
        if not _is_known(target, own):
            continue
        definition = find(target.indicator, 0, own)
        scale = _scale(target, definition)
        values = [("target_value", target.target_value)]
        values += [("stated", one.value) for one in target.stated]
        for name, text in values:
            if not is_number(text):
                continue  # told where fields are checked; 1e99999999 would take minutes to read
            if misfit := definition.misfit(Fraction(text) / scale):
                raise invalid(f"statements[{index}].target.{name}", misfit, text)
