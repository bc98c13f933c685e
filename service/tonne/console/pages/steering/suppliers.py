"""Suppliers, and what evidence shows of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tonne.console.parts import numbers
from tonne.console.parts.blocks import (
    Command,
    Commands,
    Head,
    Lines,
    Number,
    Page,
    Table,
    Text,
)
from tonne.errors import FieldInvalid
from tonne.statements.statement import Kind
from tonne.statements.suppliers import Supplier

if TYPE_CHECKING:
    from tonne.console.parts.blocks import Block
    from tonne.console.visits import Visit
    from tonne.statements.answers import SupplierCoverage


SUPPLIERS_MAX = 500


def suppliers(visit: Visit) -> Page:
    """Show the suppliers, and of how many of them something is shown."""
    say, client, book = visit.say, visit.client, visit.book
    try:
        shown = _shown(visit, client.supplier_coverage(book))
    except FieldInvalid as error:
        shown = [Lines([error.message], "warning")]
    register = [
        (
            Text(each.body.display_name, below=each.id),
            Text(each.body.category),
            Text(each.body.region),
            Text(each.valid_from),
        )
        for each in client.list_statements(book, Kind.SUPPLIER)
        if isinstance(each.body, Supplier)
    ]
    words = [Head(say(each)) for each in ("Supplier", "Category", "Region", "Since")]
    note = say("The first {count} suppliers.", count=SUPPLIERS_MAX)
    return Page(
        say("Suppliers"),
        [
            *shown,
            Table(
                say("Register"),
                words,
                register[:SUPPLIERS_MAX],
                note=note if len(register) > SUPPLIERS_MAX else "",
                empty=say("No supplier is stated."),
            ),
            Commands(
                say("In a terminal"), [Command(f"tonne supplier coverage --book {visit.book}")]
            ),
        ],
        say("Suppliers, and what evidence shows of them."),
    )


def _shown(visit: Visit, found: SupplierCoverage) -> list[Block]:
    """Make the table of what evidence shows, by number and by spend."""
    say = visit.say
    rows = [
        (
            Text(
                say(str(each.attribute).replace("_", " ").capitalize()),
                below=say("level {level} or more", level=each.level_min) if each.level_min else "",
            ),
            Number(f"{each.supplier_count:,} / {each.supplier_total_count:,}"),
            numbers.percent(each.count_percent),
            numbers.amount(each.spend, found.currency),
            numbers.percent(each.spend_percent),
            Text(
                " – ".join(
                    dict.fromkeys(filter(None, (each.evidence_date_min, each.evidence_date_max)))
                )
            ),
            numbers.count(each.expired_count),
        )
        for each in found.rows
    ]
    heads = [
        Head(say("What is shown")),
        Head(say("Suppliers"), is_number=True),
        Head(say("Of their number"), is_number=True),
        Head(say("Spend"), found.currency, is_number=True),
        Head(say("Of the spend"), is_number=True),
        Head(say("Evidence of")),
        Head(say("Expired"), is_number=True),
    ]
    return [
        Table(say("What is shown, on {day}", day=found.day), heads, rows),
        Lines(found.notices, "note"),
    ]
