"""What the numbers rest on: the method with its versions, the channels that bring records."""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING

from tonne.console.parts import numbers
from tonne.console.parts.blocks import Command, Commands, Facts, Head, Page, Table, Text

if TYPE_CHECKING:
    from tonne.console.parts.blocks import Block, Cell
    from tonne.console.visits import Visit

CHANNELS_MAX = 500

FACILITIES_MAX = 200


def method(visit: Visit) -> Page:
    """Show the method in force, its editions in their order, and the versions before."""
    say, client, book = visit.say, visit.client, visit.book
    found = client.get_book(book)
    current = client.get_method(book)
    settings: dict[str, object] = json.loads(current.body)
    editions = settings.pop("editions", [])
    pairs: list[tuple[str, Cell]] = [
        (say("Version"), Text(str(current.version))),
        (say("Since"), Text(f"{current.create_time:%Y-%m-%d}")),
        (say("Who"), Text(current.author or "–")),
        (say("Why"), Text(current.reason or "–")),
        (say("Time zone"), Text(found.time_zone)),
    ]
    named = {each.id: each for each in client.list_editions(book)}
    ranked: list[tuple[Cell, ...]] = []
    for place, name in enumerate(editions if isinstance(editions, list) else [], 1):
        each = named.get(name)
        ranked.append(
            (
                Text(str(place)),
                Text(each.title or name if each else name, below=name),
                Text(each.publisher if each else ""),
                numbers.count(each.factor_count) if each else None,
                Text(each.licence if each else "", look="soft"),
            )
        )
    rows = [
        (
            Text(name.replace("_", " ")),
            Text(value if isinstance(value, str) else json.dumps(value)),
        )
        for name, value in sorted(settings.items())
        if value not in ("", [], None)
    ]
    versions = [
        (
            Text(str(each.version)),
            Text(f"{each.create_time:%Y-%m-%d %H:%M}"),
            Text(each.author),
            Text(each.reason, look="soft"),
        )
        for each in client.list_methods(book)
    ]
    blocks: list[Block] = [
        Facts(pairs),
        Table(
            say("Editions, the preferred one first"),
            [
                Head(say("Place")),
                Head(say("Edition")),
                Head(say("Publisher")),
                Head(say("Factors"), is_number=True),
                Head(say("Licence")),
            ],
            ranked,
        ),
        Table(say("Settings"), [Head(say("Setting")), Head(say("Value"))], rows),
        Table(
            say("Versions"),
            [Head(say("Version")), Head(say("Made")), Head(say("Who")), Head(say("Why"))],
            versions[::-1],
        ),
        Commands(say("In a terminal"), [Command(f"tonne method show --book {visit.book}")]),
    ]
    return Page(say("Method"), blocks, say("How the book turns activities into emissions."))


def channels(visit: Visit) -> Page:
    """Show the channels, and what they brought."""
    say = visit.say
    found = list(islice(visit.client.list_channels(visit.book), CHANNELS_MAX + 1))
    rows = [
        (
            Text(each.id, look="strong", below=each.owner),
            Text(say(each.state.name.lower())),
            numbers.count(each.committed_offset),
            numbers.count(each.totals.posted_count),
            numbers.count(each.totals.suspended_count),
            numbers.count(each.totals.quarantined_count),
            Text(f"{each.commit_time:%Y-%m-%d %H:%M}" if each.commit_time else "–"),
        )
        for each in found[:CHANNELS_MAX]
    ]
    heads = [
        Head(say("Channel")),
        Head(say("State")),
        Head(say("Durable up to"), is_number=True),
        Head(say("Posted"), is_number=True),
        Head(say("Suspense"), is_number=True),
        Head(say("Quarantine"), is_number=True),
        Head(say("Last commit, UTC")),
    ]
    note = say("The first {count} channels.", count=CHANNELS_MAX)
    return Page(
        say("Channels"),
        [
            Table(
                say("Channels"),
                heads,
                rows,
                note=note if len(found) > CHANNELS_MAX else "",
                empty=say("No channel was opened."),
            ),
            Commands(say("In a terminal"), [Command(f"tonne channel list --book {visit.book}")]),
        ],
        say("Each producer streams its records in order, and goes on from what is durable."),
    )
