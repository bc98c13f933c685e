"""A value of an indicator apart: its terms, and the balances under each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tonne.client.answers.steering.explained_indicators import IndicatorLine, IndicatorTermSum
from tonne.console.pages.factors import factor_link, figure_of
from tonne.console.pages.steering.indicators import unit_of
from tonne.console.parts import numbers
from tonne.console.parts.blocks import (
    Facts,
    Field,
    Form,
    Head,
    Lines,
    Number,
    Page,
    Table,
    Text,
    Tile,
    Tiles,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tonne.client.answers.steering.explained_indicators import IndicatorPart
    from tonne.client.answers.steering.indicator_results import IndicatorTerm
    from tonne.console.parts.blocks import Cell
    from tonne.console.parts.selecting import Chosen
    from tonne.console.visits import Visit


LINES_SHOWN = 60

LINES_READ_MAX = 5_000
"""Balances that a page reads; a larger value is narrowed first."""


def indicator(visit: Visit) -> Page:
    """Take one value apart: its terms, and the balances under each."""
    say, name = visit.say, visit.values["indicator"]
    chosen = visit.chosen()
    asked: dict[str, Any] = {
        "from_period": chosen.from_period,
        "to_period": chosen.to_period,
        "facilities": chosen.facilities,
        "regions": chosen.regions,
    }
    values = visit.client.indicators(visit.book, name, **asked).values
    value = values[0] if values else None
    sums, lines, is_whole = _read(visit.client.explain_indicator(visit.book, name, **asked))
    known = {each.id: each for each in visit.client.list_indicators(book=visit.book)}
    found = known.get(name.partition("@")[0])
    tiles = []
    if value is not None:
        exact = numbers.digits(value.exact) if value.exact is not None else value.message
        tiles = [
            Tile(say("Value"), Number(value.value or "–"), unit_of(value), exact, "first"),
            Tile(say("Numerator"), numbers.amount(value.numerator)),
            Tile(say("Denominator"), numbers.amount(value.denominator)),
        ]
    pairs: list[tuple[str, Cell]] = []
    if found is not None:
        pairs = [
            (say("Who defines it"), Text(found.source)),
            (say("Note"), Text(found.note)),
            (say("Version"), Text(str(found.version))),
        ]
    months = " – ".join(filter(None, (chosen.from_period, chosen.to_period)))
    return Page(
        found.title if found else name,
        [
            _form(visit, name, chosen),
            Tiles(say("The number"), tiles),
            *([] if is_whole else [_cut(visit)]),
            Facts([(what, how) for what, how in pairs if isinstance(how, Text) and how.text]),
            _terms(visit, sums),
            _lines(visit, lines),
        ],
        months,
        "explain",
    )


def _read(
    parts: Iterator[IndicatorPart],
) -> tuple[list[IndicatorTermSum], list[IndicatorLine], bool]:
    """Read terms and balances, and whether these are all."""
    sums: list[IndicatorTermSum] = []
    lines: list[IndicatorLine] = []
    for part in parts:
        if isinstance(part, IndicatorLine):
            if len(lines) == LINES_READ_MAX:
                return sums, lines, False
            lines.append(part)
        elif isinstance(part, IndicatorTermSum):
            sums.append(part)
    return sums, lines, True


def _cut(visit: Visit) -> Lines:
    text = visit.say(
        "This value has more balances than a page reads: these are of the first {count}. Choose a "
        "facility or a month.",
        count=f"{LINES_READ_MAX:,}",
    )
    return Lines([text], "warning")


def _form(visit: Visit, name: str, chosen: Chosen) -> Form:
    say = visit.say
    facility = chosen.facilities[0] if chosen.facilities else ""
    fields = [
        Field("from", say("From"), chosen.from_period, hint="YYYY-MM"),
        Field("to", say("To"), chosen.to_period, hint="YYYY-MM"),
        Field("facility", say("Facility"), facility),
    ]
    kept = [("lang", visit.asked_language)] if visit.asked_language else []
    return Form(visit.place("indicators", name), fields, say("Show"), kept)


def _terms(visit: Visit, sums: list[IndicatorTermSum]) -> Table:
    say = visit.say
    rows = [
        (
            Text(say(each.side.capitalize())),
            Text(_term_text(each.term)),
            numbers.amount(each.sum, each.unit),
            Text(each.unit),
            numbers.count(each.balance_count),
        )
        for each in sums
    ]
    heads = [
        Head(say("Side")),
        Head(say("What is summed")),
        Head(say("Sum"), is_number=True),
        Head(say("Unit")),
        Head(say("Balances"), is_number=True),
    ]
    return Table(say("Terms"), heads, rows)


def _term_text(term: IndicatorTerm) -> str:
    parts = [
        " + ".join(term.accounts),
        ", ".join(term.activities),
        ", ".join(term.facility_types),
        ", ".join(term.sources),
    ]
    return ("− " if term.taken_off else "") + " · ".join(filter(None, parts))


def _lines(visit: Visit, lines: list[IndicatorLine]) -> Table:
    say = visit.say
    shown = sorted(lines, key=lambda each: -abs(each.added))[:LINES_SHOWN]
    rows = [
        (
            Text(each.line.facility or "–", below=each.line.account),
            Text(each.line.period),
            Number(
                f"{numbers.short(each.line.quantity)} {each.line.unit}",
                numbers.digits(each.line.quantity),
                visit.link(
                    "explain",
                    **{"from": each.line.period, "to": each.line.period},
                    account=each.line.account,
                    facility=each.line.facility,
                    activity=each.line.activity,
                ),
            ),
            Text(figure_of(each.line.factor), factor_link(visit, each.line.factor.name)),
            Number(numbers.short(each.added), numbers.digits(each.added)),
            Text(say(each.side)),
        )
        for each in shown
    ]
    heads = [
        Head(say("Facility")),
        Head(say("Month")),
        Head(say("Quantity"), is_number=True),
        Head(say("Factor")),
        Head(say("Adds"), is_number=True),
        Head(say("Side")),
    ]
    left = len(lines) - len(shown)
    note = (
        say("{count} further balances were read, all smaller.", count=f"{left:,}") if left else ""
    )
    return Table(say("Balances, the largest first"), heads, rows, note=note)
