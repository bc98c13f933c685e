"""Factors: their search, and the cell in which a publisher printed one."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from tonne.console.parts.asking import together
from tonne.console.parts.blocks import (
    Command,
    Commands,
    Facts,
    Field,
    Form,
    Head,
    Number,
    Page,
    Table,
    Text,
)
from tonne.errors import FieldInvalid

if TYPE_CHECKING:
    from tonne.client.answers.factors import Factor
    from tonne.console.parts.blocks import Block, Cell
    from tonne.console.visits import Visit

FACTORS_MAX = 50
"""Factors that a search shows."""

ROW_MAX = 10_000_000


def figure_of(factor: Factor) -> str:
    """Write what a factor states, as it was printed; empty where an amount itself counts."""
    if not factor.unit:
        return ""
    found = [
        (factor.kg_co2e, "CO2e"),
        *(
            ()
            if factor.kg_co2e
            else (
                (factor.kg_co2, "CO2"),
                (factor.kg_ch4, "CH4"),
                (factor.kg_n2o, "N2O"),
                *((each.kg, each.gas) for each in factor.gases),
            )
        ),
    ]
    told = [f"{text} kg {gas}" for text, gas in found if text]
    if not told and factor.kwh:
        told = [f"{factor.kwh} kWh"]
    if not told and factor.kg_biogenic_co2:
        told = [f"{factor.kg_biogenic_co2} kg CO2 (biogenic)"]
    return f"{' + '.join(told) or '1'} / {factor.unit}"


def source_cell(visit: Visit, factor: Factor) -> str:
    """Write where a factor stands: edition, table, and the row as its publisher names it."""
    edition, row = names_of(factor.name)
    parts = [edition, factor.table, factor.row]
    if not factor.row:
        parts[2] = visit.say("row {row}", row=row)
    return " · ".join(filter(None, parts))


def names_of(name: str) -> tuple[str, str]:
    """Give the edition and the row of a factor's name."""
    parts = name.split("/")
    return (parts[-3], parts[-1]) if len(parts) > 3 else (name, "")  # noqa: PLR2004  # editions/E/factors/R


def factor_link(visit: Visit, name: str) -> str:
    """Write the address of a factor; empty where it has no place in the catalogue."""
    edition, row = names_of(name)
    if not row:
        return ""
    own = "1" if name.startswith("books/") else ""
    return visit.link("factors", edition, row, own=own)


def factors(visit: Visit) -> Page:
    """Search the factors of the book's method."""
    say = visit.say
    query, region, unit = (visit.given(name) for name in ("q", "region", "unit"))
    kept = [("lang", visit.asked_language)] if visit.asked_language else []
    form = Form(
        visit.place("factors"),
        [
            Field("q", say("Words"), query, hint="electricity guangdong", input_type="search"),
            Field("region", say("Region"), region, hint="CN-GD"),
            Field("unit", say("Unit"), unit, hint="kWh"),
        ],
        say("Search"),
        kept,
    )
    blocks: list[Block] = [form]
    with together() as questions:
        editions = questions.submit(_editions, visit)
        if query:
            blocks.append(_found(visit, query, region, unit))
    blocks.append(editions.result())
    return Page(
        say("Factors"),
        blocks,
        say("Published factors of the editions that the method takes, each with its source."),
    )


def _found(visit: Visit, query: str, region: str, unit: str) -> Table:
    say = visit.say
    found = visit.client.search_factors(
        query, book=visit.book, region=region, unit=unit, limit=FACTORS_MAX
    )
    rows = [
        (
            Text(each.activity, factor_link(visit, each.name), "code", each.stage),
            Text(each.region or "–"),
            Number(figure_of(each), "", factor_link(visit, each.name)),
            Text(each.valid_from, below=each.valid_to and f"– {each.valid_to}", look="whole"),
            Text(source_cell(visit, each), below=each.source),
            Text(each.licence, look="soft"),
        )
        for each in found.factors
    ]
    heads = [
        Head(say("Activity")),
        Head(say("Region")),
        Head(say("Figure"), is_number=True),
        Head(say("Valid")),
        Head(say("Source")),
        Head(say("Licence")),
    ]
    note = say("{shown} of {count} factors.", shown=len(rows), count=f"{found.total_size:,}")
    return Table(say("Found"), heads, rows, note=note, empty=say("No factor has all these words."))


def _editions(visit: Visit) -> Table:
    say = visit.say
    rows = [
        (
            Text(each.title or each.id, below=each.id),
            Text(each.publisher),
            Text(str(each.rank) if each.rank else say("not used")),
            Number(f"{each.factor_count:,}"),
            Text(each.licence, look="soft"),
        )
        for each in visit.client.list_editions(visit.book)
    ]
    heads = [
        Head(say("Edition")),
        Head(say("Publisher")),
        Head(say("Preference")),
        Head(say("Factors"), is_number=True),
        Head(say("Licence")),
    ]
    return Table(say("Editions, the preferred one first"), heads, rows)


def factor(visit: Visit) -> Page:
    """Show one factor as it stands in its edition."""
    say = visit.say
    edition, row = visit.values["edition"], visit.values["row"]
    if not (row.isascii() and row.isdecimal() and int(row) <= ROW_MAX):
        raise FieldInvalid(
            f"row: expected a number; got {row!r}", metadata={"field": "row", "value": row}
        )
    own = visit.given("own", ("", "1"))
    found = visit.client.get_factor(edition, int(row), book=visit.book if own else "")
    pairs: list[tuple[str, Cell]] = [
        (say("Publication"), Text(found.source)),
        (say("Table"), Text(found.table)),
        (say("Row"), Text(found.row or row)),
        (say("Edition"), Text(edition)),
        (say("Licence"), Text(found.licence)),
        (say("Evidence"), Text(found.evidence.replace("_", " "))),
    ]
    blocks: list[Block] = [
        Facts([(name, cell) for name, cell in pairs if isinstance(cell, Text) and cell.text]),
        _stated(visit, found),
        Commands(
            say("The same in a terminal"),
            [
                Command(
                    shlex.join(
                        ["tonne", "factor", "search", f"--book={visit.book}", found.activity]
                    )
                )
            ],
        ),
    ]
    title = " · ".join(filter(None, (found.activity, found.region, found.stage)))
    return Page(
        title, blocks, say("As its publisher printed it: {figure}", figure=figure_of(found))
    )


def _stated(visit: Visit, found: Factor) -> Table:
    say = visit.say
    gases = [(each.gas, f"{each.kg} kg") for each in found.gases]
    steps = [(each.name, f"{each.value} {each.unit}") for each in found.steps]
    named = [
        (say("Activity"), found.activity),
        (say("Region"), found.region),
        (say("Unit"), found.unit),
        (say("Valid from"), found.valid_from),
        (say("Valid to"), found.valid_to),
        ("kg CO2e", found.kg_co2e),
        ("kg CO2", found.kg_co2),
        ("kg CH4", found.kg_ch4),
        ("kg N2O", found.kg_n2o),
        (say("kg CO2e of CH4"), found.co2e_ch4),
        (say("kg CO2e of N2O"), found.co2e_n2o),
        (say("kg biogenic CO2"), found.kg_biogenic_co2),
        *gases,
        ("kWh", found.kwh),
        (say("GWP set"), found.gwp_set),
        (say("Stage"), found.stage),
        (say("Account"), found.account),
        (say("Loss"), found.loss),
        (say("Uncertainty"), found.uncertainty),
        *steps,
        (say("Hours"), found.hours),
        (say("Note"), found.note),
    ]
    rows = [(Text(name), Text(value)) for name, value in named if value]
    return Table(say("What it states"), [Head(say("Field")), Head(say("Value"))], rows)
