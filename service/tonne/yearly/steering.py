"""Tables of what a book is steered by, and of what standards ask: indicators, targets, energy."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from tonne.disclosure.filling import AccountFigures, IndicatorFigures, fill
from tonne.disclosure.templates import templates
from tonne.yearly.emissions import gases_of, selection_of
from tonne.yearly.figures import Column, Figure, Table, number, shown_number

if TYPE_CHECKING:
    from collections.abc import Collection

    from tonne.client.answers.steering.indicator_results import IndicatorValue
    from tonne.disclosure.filling import FilledLine
    from tonne.statements.answers import TargetProgress
    from tonne.yearly.asking import Answers
    from tonne.yearly.figures import Cell

ENERGY_SOURCES = {
    "fossil": "esrs_e1_5_fossil",
    "nuclear": "esrs_e1_5_nuclear",
    "renewable": "esrs_e1_5_renewable",
    "no stated source": "esrs_e1_5_untold",
}
"""Sources of energy, and the indicator whose numerator is the energy of each."""

TARGET_UNITS = {"kg CO2e": ("t CO2e", 1_000)}
"""Units of targets that people see in others."""


def energy_table(answers: Answers) -> Table:
    """Make the table of energy by source, as the indicators have it."""
    values = {each.indicator: each for each in answers.indicators.values}
    rows: list[tuple[Cell, ...]] = []
    whole: Fraction | None = None
    where = selection_of(answers, ("memo.energy",))
    for name, indicator in ENERGY_SOURCES.items():
        value = values.get(indicator)
        if value is None or value.exact is None:
            continue
        whole = value.denominator
        share = Figure(value.exact, shown=value.value)
        rows.append((name, Figure(value.numerator), share))
    total: tuple[Cell, ...] | None = None
    if whole is not None:
        total = ("Total", Figure(whole, where), Figure(Fraction(100), shown="100"))
    return Table(
        "energy",
        "Energy by source",
        (
            Column("source", "Source"),
            Column("kwh", "Energy", "MWh", "kWh", 1_000),
            Column("percent", "Share", "%", "%"),
        ),
        tuple(rows),
        total,
        note="As the indicators esrs_e1_5_* have it. Energy of fuels is by net calorific value.",
    )


def is_lacking(value: IndicatorValue) -> bool:
    """Whether an indicator has no value for want of records alone."""
    return value.refusal.endswith("_MISSING")


def indicators_table(answers: Answers) -> Table:
    """Make the table of the indicators that have a value, or a fault to look at."""
    rows: list[tuple[Cell, ...]] = []
    lacking = 0
    for value in answers.indicators.values:
        if is_lacking(value):
            lacking += 1
            continue
        known = answers.definitions.get(value.indicator)
        unit = "" if value.unit == "1" else value.unit
        rows.append(
            (
                known.title if known else value.indicator,
                value.indicator,
                None if value.exact is None else Figure(value.exact, shown=value.value, unit=unit),
                unit,
                value.grade,
                value.message or "; ".join(value.remarks),
                known.source if known else "",
            )
        )
    note = f"{lacking} further definitions have no records on one side." if lacking else ""
    return Table(
        "indicators",
        "Indicators of the year",
        (
            Column("title", "Indicator"),
            Column("id", "Id"),
            number("value", "Value"),
            Column("unit", "Unit"),
            Column("grade", "Grade"),
            Column("remark", "Remark"),
            Column("source", "Who defines it"),
        ),
        tuple(rows),
        note=note,
    )


def targets_table(answers: Answers) -> Table:
    """Make the table of targets: where they stand, ahead or behind."""
    told = {each.message for each in answers.accounts.notices}
    rows: list[tuple[Cell, ...]] = []
    for each in answers.targets:
        found = each.progress
        if found is None:
            title = f"{each.title} ({each.id})"
            rows.append((title, "", None, "", None, "", None, "", each.refusal))
            continue
        rows.append(_target_row(found, told))
    return Table(
        "targets",
        "Targets",
        (
            Column("title", "Target"),
            Column("unit", "Unit"),
            number("base", "Base"),
            Column("base_year", "Year from"),
            number("now", "Now"),
            Column("year", "Year from"),
            number("aim", "Aim"),
            Column("standing", "Standing"),
            Column("remark", "Remark"),
        ),
        tuple(rows),
        note="Each target rests on one method of scope 2. Stated figures are told as such. "
        "Notices of the inventory, on which targets rest too, are not told again.",
    )


def _target_row(found: TargetProgress, told: Collection[str]) -> tuple[Cell, ...]:
    unit, divisor = TARGET_UNITS.get(found.unit, (found.unit, 1))
    base = None if found.base is None else found.base.value
    done = found.current.progress_percent
    standing = str(found.current.standing).replace("_", " ")
    percent = "" if done is None else f"{shown_number(Fraction(done), 1)} % of the way"
    remarks = [f"{found.current.basis} figure"] if found.current.basis else []
    if found.current.missing_periods:
        remarks.append(f"no records in {', '.join(found.current.missing_periods)}")
    remarks += [each for each in found.notices if each not in told]
    return (
        f"{found.display_name} ({found.target})",
        unit,
        None if base is None else Figure(Fraction(base) / divisor, unit=unit),
        "" if found.base is None else found.base.year_start,
        None
        if found.current.value is None
        else Figure(Fraction(found.current.value) / divisor, unit=unit),
        found.current.year_start,
        Figure(Fraction(found.target_value) / divisor, unit=unit),
        ", ".join(filter(None, (standing, percent))),
        "; ".join(remarks),
    )


def disclosure_tables(answers: Answers) -> tuple[Table, ...]:
    """Make a table of each template that ships."""
    accounts = {
        row.group["account"]: AccountFigures(
            row.kg_co2e, gases_of(row), frozenset(each.upper() for each in row.partial_gases)
        )
        for row in answers.accounts.rows
        if not row.group["account"].startswith("memo")
    }
    indicators = {
        each.indicator: IndicatorFigures(
            "" if each.unit == "1" else each.unit,
            each.value,
            each.exact,
            each.numerator,
            each.denominator,
            each.message,
        )
        for each in answers.indicators.values
    }
    return tuple(
        Table(
            f"disclosure_{each.id}",
            f"{each.title} (template {each.id}, version {each.version})",
            (
                Column("ref", "Line"),
                Column("title", "What it is"),
                number("value", "Figure"),
                Column("unit", "Unit"),
                Column("how", "How it comes about"),
            ),
            tuple(_disclosure_row(answers, line) for line in fill(each, accounts, indicators)),
            source=each.source,
            remarks=tuple(f"Left out: {text}" for text in each.left_out),
        )
        for each in templates()
    )


def _disclosure_row(answers: Answers, filled: FilledLine) -> tuple[Cell, ...]:
    line = filled.line
    figure = None
    if filled.exact is not None:
        where = selection_of(answers, line.accounts) if line.accounts else None
        exact = Fraction(filled.exact) / filled.divisor
        figure = Figure(exact, where, filled.printed, filled.unit)
    if line.accounts:
        what = f"{line.gas} of " if line.gas else ""
        how = f"{what}{' + '.join(line.accounts)}"
    else:
        side = "" if line.side == "value" else f"{line.side} of "
        how = f"{side}indicator {line.indicator}"
    remarks = [text for text in filled.remarks if text]
    return (line.ref, line.title, figure, filled.unit, "; ".join((how, *remarks)))
