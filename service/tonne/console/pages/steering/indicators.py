"""Targets, and the indicators of a year."""

from __future__ import annotations

from calendar import monthrange
from fractions import Fraction
from typing import TYPE_CHECKING

from tonne.console.pages.overview import year_links, year_of
from tonne.console.parts import numbers
from tonne.console.parts.asking import together
from tonne.console.parts.blocks import (
    Drawing,
    Head,
    Lines,
    Number,
    Page,
    Table,
    Text,
)
from tonne.statements.answers import Standing
from tonne.yearly.charts import card
from tonne.yearly.figures import shown_number

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tonne.client.answers.steering.indicator_results import IndicatorValue
    from tonne.console.pages.overview import Year
    from tonne.console.parts.blocks import Block, Cell
    from tonne.console.visits import Visit
    from tonne.statements.answers import TargetOutcome, TargetProgress, YearFigure


CARDS_MAX = 12

TARGET_UNITS = {"kg CO2e": ("t CO2e", 1_000)}
"""Units of targets that people see in others."""

GOOD = (Standing.AHEAD, Standing.ON_PATH, Standing.REACHED)
"""Standings that nobody need act upon."""

SMALL = 100
"""Below it a target's figure has two places."""


def indicators(visit: Visit) -> Page:
    """Show targets and the indicators of a year."""
    say, client, book = visit.say, visit.client, visit.book
    year = year_of(visit)
    months = {"from_period": year.chosen.from_period, "to_period": year.chosen.to_period}
    with together() as questions:
        ask = questions.submit
        asked = ask(client.indicators, book, **months)
        stated = ask(_targets_of, visit, year)
        known = ask(client.list_indicators, book=book)
        # Months of those that are drawn alone: of all they are most of what the page costs.
        values = asked.result()
        drawn = [each for each in values.values if each.exact is not None][:CARDS_MAX]
        by_month = _months_of(visit, [each.indicator for each in drawn], months)
    titles = {each.id: each.title for each in known.result()}
    periods = sorted({period for found in by_month.values() for period in found})
    cards = [
        card(
            titles.get(value.indicator, value.indicator),
            value.value,
            unit_of(value),
            [by_month.get(value.indicator, {}).get(period) for period in periods],
        )
        for value in drawn
    ]
    blocks: list[Block] = [year_links(visit, year, "indicators")]
    targets = stated.result()
    goals = [goal for each in targets if (goal := _goal(visit, each.progress))]
    blocks += [
        Drawing(say("Targets"), goals, has_cards=True),
        _targets_table(visit, targets),
        Drawing(say("Indicators"), cards, has_cards=True),
        _values(visit, year, values.values, titles),
        Lines([each.message for each in values.notices], "note"),
    ]
    return Page(
        say("Indicators and targets"),
        blocks,
        say("Each value leads to its terms, and from there to records and factors."),
    )


def _months_of(
    visit: Visit, names: list[str], months: dict[str, str]
) -> dict[str, dict[str, Fraction | None]]:
    """Read the months of indicators, by indicator and month; without a name none is asked."""
    by_month: dict[str, dict[str, Fraction | None]] = {}
    if names:
        found = visit.client.indicators(visit.book, names, **months, span="month")
        for each in found.values:
            by_month.setdefault(each.indicator, {})[each.from_period] = each.exact
    return by_month


def unit_of(value: IndicatorValue) -> str:
    """Give the unit of a value; that of a plain ratio is empty."""
    return "" if value.unit == "1" else value.unit


def _values(
    visit: Visit, year: Year, values: Iterable[IndicatorValue], titles: dict[str, str]
) -> Table:
    say = visit.say
    rows: list[tuple[Cell, ...]] = []
    lacking = 0
    for value in values:
        if value.refusal.endswith("_MISSING"):
            lacking += 1
            continue
        href = visit.link(
            "indicators",
            value.indicator,
            **{"from": year.chosen.from_period, "to": year.chosen.to_period},
        )
        number = Number("")
        if value.exact is not None:
            number = Number(value.value, f"{numbers.digits(value.exact)} {unit_of(value)}", href)
        rows.append(
            (
                Text(titles.get(value.indicator, value.indicator), href, below=value.indicator),
                number,
                Text(unit_of(value)),
                Text(value.grade),
                Text(value.message or "; ".join(value.remarks), look="soft"),
            )
        )
    heads = [
        Head(say("Indicator")),
        Head(say("Value"), is_number=True),
        Head(say("Unit")),
        Head(say("Grade")),
        Head(say("Remark")),
    ]
    note = say("{count} further definitions have no records on one side.", count=lacking)
    return Table(say("Indicators of the year"), heads, rows, note=note if lacking else "")


def _last_day(year: Year) -> str:
    last = year.chosen.to_period
    return f"{last}-{monthrange(*map(int, last.split('-')))[1]:02d}"


def _targets_of(visit: Visit, year: Year) -> list[TargetOutcome]:
    """Tell of the targets in force at the end of a year where they stand."""
    return list(
        visit.client.list_target_progress(
            visit.book, year_start=year.chosen.from_period, valid_on=_last_day(year)
        )
    )


def _goal(visit: Visit, progress: TargetProgress | None) -> str:
    """Draw a target: its figures by year, and the path that they should take."""
    if progress is None or progress.current.value is None:
        return ""
    shown, unit = _in_unit(progress, progress.current.value)
    years = sorted(progress.years, key=lambda each: each.year_start)
    return card(
        progress.display_name,
        shown,
        unit,
        _points(years, "value"),
        path=_points(years, "path_value"),
        badge=_standing(visit, progress),
    )


def _standing(visit: Visit, progress: TargetProgress) -> str:
    return visit.say(str(progress.current.standing).replace("_", " "))


def _points(years: Iterable[YearFigure], name: str) -> list[Fraction | None]:
    found = (getattr(each, name) for each in years)
    return [None if each is None else Fraction(each) for each in found]


def _in_unit(progress: TargetProgress, value: object) -> tuple[str, str]:
    unit, divisor = TARGET_UNITS.get(progress.unit, (progress.unit, 1))
    exact = Fraction(str(value)) / divisor
    return shown_number(exact, 2 if abs(exact) < SMALL else 0), unit


def _target_number(progress: TargetProgress, value: object) -> Number:
    if value is None:
        return Number("")
    return Number(_in_unit(progress, value)[0], f"{value} {progress.unit}")


def _targets_table(visit: Visit, found: list[TargetOutcome]) -> Table:
    say = visit.say
    rows: list[tuple[Cell, ...]] = []
    for each in found:
        name, title, progress = each.target, each.display_name, each.progress
        if progress is None:
            blank = Text("")
            told = Text(each.message, look="said")
            rows.append((Text(title, below=name), blank, blank, blank, blank, told))
            continue
        base, current = progress.base, progress.current
        done = current.progress_percent
        look = "good" if current.standing in GOOD else "bad"
        rows.append(
            (
                Text(title, below=name),
                Text(_in_unit(progress, 0)[1]),
                _target_number(progress, None if base is None else base.value),
                _target_number(progress, current.value),
                _target_number(progress, progress.target_value),
                Text(
                    _standing(visit, progress),
                    look=look if current.standing else "",
                    below="" if done is None else numbers.percent(done).shown,
                ),
            )
        )
    heads = [
        Head(say("Target")),
        Head(say("Unit")),
        Head(say("Base"), is_number=True),
        Head(say("Now"), is_number=True),
        Head(say("Aim"), is_number=True),
        Head(say("Standing")),
    ]
    return Table(say("Targets, and where they stand"), heads, rows, empty=say("No target."))
