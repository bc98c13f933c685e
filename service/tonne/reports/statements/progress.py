"""Where a target stands: progress, path, needed rate, projection.

    progress   = (base - current) / (base - target)
    path       = base + (target - base) * years since the base / years to the target,
                 or what a rule leaves of the base
    needed     = (target - current) / years left
    projection = current + mean yearly change of the last years * years left

Source: SBTi criteria, progress against targets: the share of the way from the base that is done.
Every figure is a rational until it is written.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from tonne.errors import InputError
from tonne.model import period_of_month
from tonne.reports.statements.figures import Figure, Found, with_stated
from tonne.reports.statements.numbers import decimal_of, maybe, people_text
from tonne.reports.statements.sums import YEAR_MONTHS, last_month, shifted, years_between
from tonne.statements.answers import (
    Basis,
    Standing,
    TargetOutcome,
    TargetProgress,
    YearFigure,
)
from tonne.statements.fields import invalid
from tonne.statements.rules import LINEAR, path_rules
from tonne.statements.targets import TargetType

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tonne.reports.statements.figures import FigureSource
    from tonne.statements.statement import Statement
    from tonne.statements.targets import Target

PROJECTION_YEARS: Final = 3
"""Years whose mean change a projection goes on with."""

YEARS_BEFORE: Final = 10
"""Years before the target's that are looked at where it has no base year."""

PERCENT: Final = "%"


@dataclass(frozen=True, slots=True)
class _Course:
    """A target with the figure of its base year, and what is to be reached."""

    target: Target
    base: Fraction | None
    aim: Fraction

    def path(self, year: str) -> Fraction | None:
        """Compute the value of the path in a year; None without a base."""
        target = self.target
        if self.base is None or not target.base_year_start or year < target.base_year_start:
            return None
        years = years_between(target.base_year_start, year)
        if target.path != LINEAR:
            rule = path_rules()[target.path]
            return self.base * rule.remaining(int(target.base_year_start[:4]), years)
        span = years_between(target.base_year_start, target.target_year_start)
        return self.base + (self.aim - self.base) * Fraction(min(years, span), span)

    def progress(self, value: Fraction) -> Fraction | None:
        """Compute how much of the way is done, in percent."""
        if self.base is None or self.base == self.aim:
            return None
        return 100 * (self.base - value) / (self.base - self.aim)

    def standing(self, difference: Fraction) -> Standing:
        """Say where a figure is that differs so much from the path."""
        if not difference:
            return Standing.ON_PATH
        is_ahead = (difference < 0) == self.target.is_lower_better
        return Standing.AHEAD if is_ahead else Standing.BEHIND

    def standing_of(self, value: Fraction | None, path: Fraction | None) -> Standing:
        """Say where a figure is: against the path, or the target itself where that has no base."""
        if value is None:
            return Standing.NONE
        if path is not None:
            return self.standing(value - path)
        if self.target.base_year_start:
            return Standing.NONE
        return Standing.REACHED if self.verdict(value) == "met" else Standing.NOT_REACHED

    def verdict(self, value: Fraction) -> str:
        """Say whether a figure is what is to be reached, or better."""
        is_met = value <= self.aim if self.target.is_lower_better else value >= self.aim
        return "met" if is_met else "missed"


def target_progress(
    statement: Statement, source: FigureSource, year_start: str = ""
) -> TargetProgress:
    """Compute where a target stands.

    Parameters
    ----------
    statement : Statement
        A version of the target.
    source : FigureSource
    year_start : str
        First month of the year whose figure is judged; empty: the latest that has one.

    Raises
    ------
    FieldInvalid
        The base year has no figure, or no year has one; the message says which months are
        missing, and what to do.
    """
    target: Target = statement.body
    years = years_of(target)
    if year_start and year_start not in years:
        raise invalid("year_start", f"one of {years[0]} to {years[-1]}, by years", year_start)
    found = with_stated(target, source.years(target, years))
    base = _base(statement, found)
    course = _Course(target, base.value if base else None, _aim(target, base))
    current = _current(statement, found, year_start)
    told = [_told(found.figures[year], course) for year in years if year in found.figures]
    value = current.value or Fraction(0)
    left = max(years_between(current.year_start, target.target_year_start), 0)
    needed = (course.aim - value) / left if left else None
    projected, projection = _projection(course, found, current, left)
    return TargetProgress(
        target=statement.id,
        version=statement.version,
        display_name=target.display_name,
        valid_from=statement.valid_from,
        reason=statement.reason,
        unit=_unit(target),
        path=target.path,
        rests_on=_rests_on(target, base, found),
        base=_told(base, course) if base else None,
        target_year_start=target.target_year_start,
        target_value=decimal_of(course.aim),
        current=_told(current, course),
        years=tuple(told),
        needed_yearly=maybe(needed),
        needed_yearly_percent=(
            maybe(100 * needed / course.base) if needed is not None and course.base else None
        ),
        projected_value=maybe(projected),
        projection=projection,
        notices=(*found.notices, *_rule_notices(statement, course)),
    )


def all_progress(
    statements: Iterable[Statement],
    source_of: Callable[[Target], FigureSource],
    year_start: str = "",
) -> Iterator[TargetOutcome]:
    """Tell of several targets where they stand, or why that cannot be told.

    Parameters
    ----------
    statements : iterable of Statement
        Versions of targets.
    source_of : callable
        Gives where the figures of a target come from.
    year_start : str
        As of `target_progress`; targets whose years begin in another month are judged by their
        latest figure.
    """
    if year_start:
        try:
            period_of_month(year_start)
        except InputError as error:
            raise invalid("year_start", "a month as YYYY-MM", year_start) from error
    for each in statements:
        target: Target = each.body
        is_of_year = target.target_year_start[-2:] == year_start[-2:]
        progress, code, message = None, "", ""
        try:
            progress = target_progress(each, source_of(target), year_start if is_of_year else "")
        except InputError as error:
            code, message = error.code, error.message
        yield TargetOutcome(each.id, each.version, target.display_name, progress, code, message)


def years_of(target: Target) -> list[str]:
    """List the years of a target, from the base, or what is looked at, to its own."""
    last = target.target_year_start
    stated = [each.year_start for each in target.stated]
    first = target.base_year_start or shifted(last, -YEARS_BEFORE * YEAR_MONTHS)
    first = min([first, *stated])
    last = max([last, *stated])
    return [shifted(first, YEAR_MONTHS * index) for index in range(years_between(first, last) + 1)]


def _base(statement: Statement, found: Found) -> Figure | None:
    target: Target = statement.body
    year = target.base_year_start
    if not year:
        return None
    figure = found.figures.get(year)
    if figure is not None and figure.value is not None:
        return figure
    raise invalid(
        "target",
        f"a figure of the base year {year} to {last_month(year)} of {statement.id}: "
        f"{_remedy(target)}",
        _lack(figure),
    )


def _current(statement: Statement, found: Found, year_start: str) -> Figure:
    there = [each for each in found.figures.values() if each.value is not None]
    if year_start:
        there = [each for each in there if each.year_start == year_start]
    if not there:
        target: Target = statement.body
        year = year_start or max(found.figures, default="")
        raise invalid(
            "year_start",
            f"a year of {statement.id} that has a figure: {_remedy(target)}",
            f"{year} with {_lack(found.figures.get(year))}" if year else _lack(None),
        )
    return max(there, key=lambda each: each.year_start)


def _remedy(target: Target) -> str:
    stated = "state it with its source (stated)"
    if target.type is TargetType.ENGAGEMENT:
        return f"state suppliers and their evidence, give their spend, or {stated}"
    return f"append the records of its missing months, or {stated}"


def _lack(figure: Figure | None) -> str:
    if figure is None or not figure.missing:
        return "no figure"
    return f"no record in {', '.join(figure.missing)}"


def _aim(target: Target, base: Figure | None) -> Fraction:
    if target.target_value:
        return Fraction(target.target_value)
    of_base = base.value if base and base.value is not None else Fraction(0)
    if target.change_amount:
        return of_base + Fraction(target.change_amount)
    return of_base * (1 + Fraction(target.change_percent) / 100)


def _told(figure: Figure, course: _Course) -> YearFigure:
    path = course.path(figure.year_start)
    value = figure.value
    difference = value - path if value is not None and path is not None else None
    return YearFigure(
        figure.year_start,
        maybe(value),
        figure.basis,
        figure.source,
        maybe(path),
        maybe(difference),
        maybe(course.progress(value)) if value is not None else None,
        course.standing_of(value, path),
        figure.missing,
    )


def _projection(
    course: _Course, found: Found, current: Figure, left: int
) -> tuple[Fraction | None, str]:
    """Go on with the mean change of the last years; says why, or why not.

    A figure after which no year is left is judged as it is, where none is before it.
    """
    value = current.value
    earlier = [
        each
        for each in found.figures.values()
        if each.value is not None
        and each.year_start < current.year_start
        and years_between(each.year_start, current.year_start) <= PROJECTION_YEARS
    ]
    if value is not None and not earlier and not left:
        return value, f"no year is left: the target is {course.verdict(value)}"
    if value is None or not earlier:
        return None, f"no figure of the {PROJECTION_YEARS} years before {current.year_start}"
    first = min(earlier, key=lambda each: each.year_start)
    span = years_between(first.year_start, current.year_start)
    assert first.value is not None  # noqa: S101  those without were left out
    change = (value - first.value) / span
    projected = value + change * left
    told = ""
    if projected < 0 <= value:  # no sum of emissions, no ratio and no share goes below
        projected, told = Fraction(0), ", where it stops at 0"
    yearly = f"{people_text(change)} {_unit(course.target)} a year"
    return projected, (
        f"{yearly}, the mean from {first.year_start} to {current.year_start}, for {left} more "
        f"years{told}: the target is {course.verdict(projected)}"
    )


def _unit(target: Target) -> str:
    if target.type is TargetType.ABSOLUTE:
        return "kg CO2e"
    if target.type is TargetType.INTENSITY:
        return target.unit
    return PERCENT


def _rests_on(target: Target, base: Figure | None, found: Found) -> str:
    """Say on which base a claim rests."""
    what = ", ".join(target.accounts) or target.indicator or "stated figures"
    if target.type is TargetType.ENGAGEMENT:
        what = f"{target.attribute} by {target.weight}"
    under = f" ({found.rests_on})" if found.rests_on else ""
    if base is None:
        return f"{what}{under}; no base year"
    told = "stated" if base.basis is Basis.STATED else "posted"
    return f"{what}{under}; base {base.year_start} to {last_month(base.year_start)}, {told}: " + (
        base.source
    )


def _rule_notices(statement: Statement, course: _Course) -> list[str]:
    """Say whether the target itself keeps to its rule, and whether the rule was in force."""
    target = course.target
    if target.path == LINEAR or course.base is None:
        return []
    rule = path_rules()[target.path]
    notices = [f"{rule.title} ({rule.source})"]
    if statement.valid_from < rule.valid_from or (
        rule.valid_to and statement.valid_from >= rule.valid_to
    ):
        until = f" until {rule.valid_to}" if rule.valid_to else ""
        notices.append(
            f"{rule.id} holds for targets from {rule.valid_from} on{until}; this version is of "
            f"{statement.valid_from}"
        )
    allowed = course.path(target.target_year_start)
    if allowed is not None and course.aim > allowed:
        notices.append(
            f"the target leaves {people_text(course.aim)} kg CO2e, and {rule.id} allows "
            f"{people_text(allowed)} by then: it does not keep to its rule"
        )
    return notices
