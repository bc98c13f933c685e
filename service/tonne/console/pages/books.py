"""The first page: the books that the caller may see."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING
from urllib.parse import quote

from tonne.console.parts.blocks import Command, Commands, Head, Page, Table, Text

if TYPE_CHECKING:
    from tonne.console.visits import Visit

BOOKS_MAX = 200
"""Books that the page lists."""


def books(visit: Visit) -> Page:
    """List the books."""
    say = visit.say
    found = list(islice(visit.client.list_books(), BOOKS_MAX + 1))
    rows = [
        (
            Text(
                each.display_name or each.id,
                visit.address(f"/books/{quote(each.id, safe='')}"),
                "strong",
            ),
            Text(each.id, look="code"),
            Text(each.time_zone),
            Text(f"{each.create_time:%Y-%m-%d}"),
        )
        for each in found[:BOOKS_MAX]
    ]
    table = Table(
        say("Books"),
        (Head(say("Book")), Head(say("Id")), Head(say("Time zone")), Head(say("Made"))),
        rows,
        note=say("The first {count} books.", count=BOOKS_MAX) if len(found) > BOOKS_MAX else "",
        empty=say("There is no book that you may see."),
    )
    blocks = [table]
    if not found:
        make = Command("tonne book create acme", say("Make a book"))
        return Page(say("Books"), [*blocks, Commands(say("To begin"), [make])])
    return Page(say("Books"), blocks, say("Each book is the ledger of one organisation."))
