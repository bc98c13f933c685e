"""Puts a report together of what was asked."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from tonne.quantities import exact_sum
from tonne.yearly import emissions, grounds, steering
from tonne.yearly.charts import Bar, BarPart, card, columns, horizontal_bars, legend, share_bar
from tonne.yearly.figures import Figure, Report, Section, Tile, shown_number

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from tonne.statements.answers import TargetProgress, YearFigure
    from tonne.yearly.asking import Answers
    from tonne.yearly.figures import Table

KG_PER_T = 1_000

SOURCE_KINDS = {"fossil": "c1", "nuclear": "c2", "renewable": "c3", "no stated source": "c4"}
"""Class of the colour of each source of energy."""

SCOPE_KINDS = {"scope1": "s1", "scope2.location": "s2", "scope2.market": "s2", "scope3": "s3"}

_OF_DISCLOSURES = (
    "Lines that records can answer, by templates that ship with Tonne. A line without a figure "
    "has no records; it is not zero. What a standard asks in words is not here."
)

CARDS_MAX = 12
"""Indicators that have a card; the table has all."""


def write(answers: Answers, stated: dt.datetime) -> Report:
    """Make the report of what was asked; `stated` is the only time that stands in it."""
    asked = answers.question
    sections = [
        _scopes(answers),
        _months(answers),
        _sites(answers),
        Section("gases", "Gases", (emissions.gases_table(answers),)),
        _energy(answers),
        _steering(answers),
        _last_year(answers),
        Section(
            "disclosures",
            "What standards ask",
            steering.disclosure_tables(answers),
            lines=(_OF_DISCLOSURES,),
        ),
        _grounds(answers),
        Section(
            "methods",
            "Methods and editions",
            (grounds.methods_table(answers), grounds.editions_table(answers)),
        ),
    ]
    return Report(
        asked.book,
        answers.book.display_name or asked.book,
        _year_text(answers),
        answers.from_period,
        answers.to_period,
        f"{stated:%Y-%m-%d %H:%M} UTC",
        _tiles(answers),
        _facts(answers),
        _warnings(answers),
        tuple(sections),
    )


def _year_text(answers: Answers) -> str:
    if answers.from_period.endswith("-01"):
        return str(answers.question.year)
    return f"{answers.from_period} to {answers.to_period}"


def _tiles(answers: Answers) -> tuple[Tile, ...]:
    found = emissions.scope_kg(answers)
    total = answers.total.total
    before = answers.last_year_total.total
    note = f"scope 2 {answers.question.method_2}-based"
    if before.record_count and before.kg_co2e:
        change = Fraction(total.kg_co2e) / Fraction(before.kg_co2e) - 1
        sign = "+" if change > 0 else ""
        note = f"{sign}{shown_number(change * 100, 1)} % to the year before; {note}"
    figure = Figure(total.kg_co2e, emissions.selection_of(answers, answers.summed))
    return (
        Tile("Total", figure if total.record_count else None, note),
        *(
            Tile(
                title,
                Figure(found[scope], emissions.selection_of(answers, (scope,)))
                if scope in found
                else None,
                "" if scope in found else "nothing is posted",
            )
            for scope, title in emissions.SCOPES.items()
        ),
    )


def _facts(answers: Answers) -> tuple[tuple[str, str], ...]:
    total = answers.total
    return (
        ("Book", answers.question.book),
        ("Months", f"{answers.from_period} to {answers.to_period} ({answers.book.time_zone})"),
        ("Scope 2 in the total", f"{answers.question.method_2}-based"),
        ("GWP set", total.gwp_set),
        ("Consolidation", total.consolidation.replace("-", " ")),
        ("Records in the total", f"{total.total.record_count:,}"),
        ("As of", f"commit {answers.moment.commit}, {answers.moment.time:%Y-%m-%dT%H:%M:%SZ}"),
        ("Method versions", ", ".join(map(str, answers.accounts.method_versions)) or "none"),
    )


def _warnings(answers: Answers) -> tuple[str, ...]:
    total = answers.accounts
    found = []
    if not total.total.record_count:
        found.append("No records are posted in these months.")
    if total.suspended_count:
        found.append(
            f"{_records(total.suspended_count, 'waits', 'wait')} in suspense, of these months and "
            "in no number."
        )
    if total.quarantined_count:
        found.append(
            f"{_records(total.quarantined_count, 'is', 'are')} in quarantine, of the whole book "
            "and in no number."
        )
    return tuple(found)


def _records(count: int, one: str, more: str) -> str:
    return f"1 record {one}" if count == 1 else f"{count:,} records {more}"


def _tonnes(cell: object) -> Fraction:
    return Fraction(cell.exact) / KG_PER_T if isinstance(cell, Figure) else Fraction(0)


def _stacks(answers: Answers, table: Table, label: slice = slice(None)) -> list[Bar]:
    """Make a bar of each row of a table by scope, of the scopes of the total."""
    places = {scope: place for place, scope in enumerate(emissions.SCOPES, 1)}
    return [
        Bar(
            str(row[0])[label],
            tuple(
                BarPart(SCOPE_KINDS[scope], emissions.SCOPES[scope], _tonnes(row[places[scope]]))
                for scope in answers.summed
            ),
        )
        for row in table.rows
    ]


def _scope_legend(answers: Answers) -> str:
    return legend([(SCOPE_KINDS[each], emissions.SCOPES[each]) for each in answers.summed])


def _scopes(answers: Answers) -> Section:
    table = emissions.scopes_table(answers)
    bars = [
        Bar(title, (BarPart(SCOPE_KINDS[scope], title, _tonnes(row[1])),))
        for (scope, title), row in zip(emissions.SCOPES.items(), table.rows, strict=False)
    ]
    tables = [table, emissions.accounts_table(answers)]
    outside = emissions.outside_table(answers)
    if outside.rows:
        tables.append(outside)
    charts = (horizontal_bars("Scopes by both methods", bars, "t CO2e"),)
    return Section("scopes", "Scopes", tuple(tables), charts)


def _months(answers: Answers) -> Section:
    table = emissions.months_table(answers)
    chart = columns("Emissions by month", _stacks(answers, table), "t CO2e")
    return Section("months", "Months", (table,), (_scope_legend(answers), chart))


def _sites(answers: Answers) -> Section:
    types, sites = emissions.types_table(answers), emissions.sites_table(answers)
    bars = [each for each in _stacks(answers, sites) if each.size]
    chart = horizontal_bars(sites.title, bars, "t CO2e")
    charts = (_scope_legend(answers), chart) if chart else ()
    return Section("sites", "Facilities", (types, sites), charts)


def _energy(answers: Answers) -> Section:
    table = steering.energy_table(answers)
    parts = [
        BarPart(SOURCE_KINDS[str(row[0])], str(row[0]), Fraction(row[1].exact) / KG_PER_T)
        for row in table.rows
        if isinstance(row[1], Figure) and row[1].exact
    ]
    chart = share_bar("Energy by source", parts, "MWh")
    drawn = (legend([(each.kind, each.title) for each in parts]), chart) if chart else ()
    lines = () if table.rows else ("No record of energy is posted in these months.",)
    return Section("energy", "Energy", (table,), drawn, lines)


def _steering(answers: Answers) -> Section:
    months: dict[str, dict[str, Fraction | None]] = {}
    for each in answers.indicator_months.values:
        months.setdefault(each.indicator, {})[each.from_period] = each.exact
    periods = sorted({each.from_period for each in answers.indicator_months.values})
    cards = [
        card(
            answers.definitions[value.indicator].title
            if value.indicator in answers.definitions
            else value.indicator,
            value.value,
            "" if value.unit == "1" else value.unit,
            [months.get(value.indicator, {}).get(period) for period in periods],
        )
        for value in answers.indicators.values
        if value.exact is not None
    ]
    goals = [_goal(each.progress) for each in answers.targets if each.progress is not None]
    told = {each.message for each in answers.accounts.notices}
    notices = [each.message for each in answers.indicators.notices if each.message not in told]
    return Section(
        "steering",
        "Indicators and targets",
        (steering.targets_table(answers), steering.indicators_table(answers)),
        (*filter(None, goals), *cards[:CARDS_MAX]),
        tuple(notices),
        has_cards=True,
    )


def _goal(found: TargetProgress) -> str:
    """Draw a target: its figures by year, and the path that they should take."""
    value = found.current.value
    if value is None:
        return ""
    unit, divisor = steering.TARGET_UNITS.get(found.unit, (found.unit, 1))
    number = Fraction(value) / divisor
    small = 100
    shown = shown_number(number, 2 if abs(number) < small else 0)
    years = sorted(found.years, key=lambda each: each.year_start)
    return card(
        found.display_name,
        shown,
        unit,
        _values(years, "value"),
        path=_values(years, "path_value"),
        badge=str(found.current.standing).replace("_", " "),
    )


def _values(years: Iterable[YearFigure], name: str) -> list[Fraction | None]:
    found = (getattr(each, name) for each in years)
    return [None if each is None else Fraction(each) for each in found]


def _last_year(answers: Answers) -> Section:
    before, now = answers.last_year_total.total, answers.total.total
    if not answers.last_year.total.record_count:
        lines: tuple[str, ...] = ("No record of the year before is posted in this book.",)
        return Section("last_year", "The year before", (), lines=lines)
    change = exact_sum((now.kg_co2e, before.kg_co2e.copy_negate()))
    old, new, difference = (
        shown_number(Fraction(each) / KG_PER_T, 1)
        for each in (before.kg_co2e, now.kg_co2e, change)
    )
    lines = (f"From {old} to {new} t CO2e: a difference of {difference} t CO2e.",)
    versions = answers.last_year.method_versions
    if versions != answers.accounts.method_versions:
        lines += ("The two years were posted under other versions of the method.",)
    return Section(
        "last_year", "The year before", (emissions.differences_table(answers),), lines=lines
    )


def _grounds(answers: Answers) -> Section:
    tables = [grounds.causes_table(answers)]
    lines = []
    found = answers.coverage
    if found is None:
        lines.append("Coverage was not asked for.")
    else:
        lines.append(
            f"{found.pair_count:,} pairs of a facility and an activity have records in these "
            f"months: {found.gap_pair_count:,} of them with gaps ({found.missing_days:,} days "
            f"without a record in all), {found.overlap_pair_count:,} with overlaps."
        )
        if found.worst:
            tables.append(grounds.coverage_table(answers))
    waiting = grounds.waiting_table(answers)
    if waiting.rows:
        tables.append(waiting)
    else:
        lines.append("Nothing of the book waits in suspense or quarantine.")
    tables.append(grounds.notices_table(answers))
    return Section("grounds", "How good the numbers are", tuple(tables), lines=tuple(lines))
