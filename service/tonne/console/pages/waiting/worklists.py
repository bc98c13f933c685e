"""What waits for somebody, each with what works it off."""

from __future__ import annotations

import shlex
from itertools import islice
from typing import TYPE_CHECKING

from tonne.client.wire.resources import source_of
from tonne.console.parts import numbers
from tonne.console.parts.blocks import (
    Acts,
    Buttons,
    Command,
    Commands,
    Head,
    Links,
    Page,
    Table,
    Text,
)
from tonne.console.parts.record_rows import ACTIONS, record_cells, records_table
from tonne.yearly.causes import causes_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tonne.client.answers.results import QuarantineCause
    from tonne.console.parts.blocks import Cell
    from tonne.console.visits import Visit

ROWS_MAX = 100
"""Records that a list shows; the command has all."""


def command(visit: Visit, *words: str) -> str:
    """Write a command about the book, as a shell reads it."""
    return f"tonne {' '.join(words)} --book {shlex.quote(visit.book)}"


def suspense(visit: Visit) -> Page:
    """Show what records in suspense wait for."""
    say, client, book = visit.say, visit.client, visit.book
    causes, omitted = client.list_suspense_causes(book)
    rows = [
        (
            Text(
                f"{each.field}: {each.got}" if each.got else each.field,
                look="strong",
                below=each.message,
            ),
            numbers.count(each.record_count),
            Text(
                ", ".join(
                    f"{numbers.short(value)} {unit}" for unit, value in each.quantities.items()
                )
            ),
            Text(f"{each.start:%Y-%m-%d} – {each.end:%Y-%m-%d}"),
        )
        for each in causes
    ]
    heads = [
        Head(say("Waits for, and what to do")),
        Head(say("Records"), is_number=True),
        Head(say("Quantities")),
        Head(say("Time, UTC")),
    ]
    note = (
        say("{count} further records wait for something else.", count=omitted) if omitted else ""
    )
    table = Table(say("Causes"), heads, rows, note=note, empty=say("Nothing waits."))
    listed = list(islice(client.list_suspense(book), ROWS_MAX + 1)) if rows else []
    records = [
        (
            *record_cells(each.record, each.channel, each.offset),
            Text(_rule(each.status)),
            _acts(visit, "suspense", each.channel, each.offset),
        )
        for each in listed[:ROWS_MAX]
    ]
    commands = [
        Command(command(visit, "facility import FILE"), say("Register facilities")),
        Command(
            command(visit, "word learn activity TEXT MEANING --reason WHY"),
            say("Teach the book what a text means"),
        ),
        Command(command(visit, "suspense export"), say("Take the records to a spreadsheet")),
        Command(command(visit, "suspense mend FILE"), say("Bring them back, mended")),
        Command(command(visit, "suspense clear"), say("Post what can be posted by now")),
    ]
    return Page(
        say("Suspense"),
        [
            table,
            _clearing(visit, rows),
            *_list(visit, records, is_cut=len(listed) > ROWS_MAX),
            Commands(say("To work it off"), commands),
        ],
        say("Records that are valid and wait for a factor or a facility. They are in no number."),
    )


def _known_worth(visit: Visit, cause: QuarantineCause) -> Text:
    """Write what refused records would post, and of how many that is known."""
    if cause.kg_co2e is None:
        return Text(visit.say("not known"), look="soft")
    known, whole = cause.valued_record_count, cause.record_count
    of = visit.say("of {known} of {records} records", known=known, records=whole)
    return Text(numbers.short(cause.kg_co2e), below=of)


def quarantine(visit: Visit) -> Page:
    """Show the records that break a rule."""
    say = visit.say
    causes = [
        (
            Text(_rule(each.status), look="strong", below=each.message),
            Text(each.field, look="code"),
            numbers.count(each.record_count),
            Text(
                ", ".join(
                    f"{numbers.short(value)} {unit}" for unit, value in each.quantities.items()
                )
            ),
            _known_worth(visit, each),
            Text(f"{each.commit_time:%Y-%m-%d %H:%M}"),
        )
        for each in visit.client.list_quarantine_causes(visit.book)
    ]
    heads = [
        Head(say("Rule, and what to do")),
        Head(say("Field")),
        Head(say("Records"), is_number=True),
        Head(say("Quantities")),
        Head("kg CO2e"),
        Head(say("Since, UTC")),
    ]
    found = list(islice(visit.client.list_quarantine(visit.book), ROWS_MAX + 1)) if causes else []
    records = [
        (
            *record_cells(each.record, each.channel, each.offset),
            Text(_rule(each.status)),
            _acts(visit, "quarantine", each.channel, each.offset),
        )
        for each in found[:ROWS_MAX]
    ]
    commands = [
        Command(
            command(visit, "quarantine list --format csv"),
            say("Take the records to a spreadsheet"),
        ),
        Command(command(visit, "quarantine mend FILE"), say("Bring them back, mended")),
    ]
    tables = [
        Table(say("Causes"), heads, causes, empty=say("Nothing is in quarantine.")),
        *_list(visit, records, is_cut=len(found) > ROWS_MAX),
    ]
    return Page(
        say("Quarantine"),
        [*tables, Commands(say("To work it off"), commands)],
        say("Records that break a rule. They are kept as they came, and are in no number."),
    )


def _clearing(visit: Visit, rows: Sequence[object]) -> Buttons:
    """Lead to a clearing, where something waits and the caller may."""
    acts = []
    if rows and visit.rights.may("ClearSuspense"):
        acts.append((visit.link("suspense", "clear"), visit.say("Post what can be posted")))
    return Buttons(visit.say("Actions"), Acts(acts))


def _acts(visit: Visit, listed: str, channel: str, offset: int) -> Acts:
    """Lead to what can be done with a record that is not posted."""
    say, may = visit.say, visit.rights.may
    query: dict[str, object] = {"source": source_of(channel), "offset": offset}
    acts = []
    if may("MendRecords"):
        acts.append((visit.link("records", "mend", list=listed, **query), say("Mend")))
    if listed == "suspense" and may("ReverseRecords"):
        acts.append((visit.link("records", "reverse", **query), say("Take back")))
    return Acts(acts)


def _rule(status: str) -> str:
    return status.replace("_", " ").lower()


def _list(visit: Visit, rows: list[tuple[Cell, ...]], *, is_cut: bool) -> list[Table]:
    say = visit.say
    if not rows:
        return []
    note = say("The first {count} records; the command lists all.", count=ROWS_MAX)
    return [records_table(say, rows, ("Why", ACTIONS), note=note if is_cut else "")]


def notices(visit: Visit) -> Page:
    """Show notices one by one, by their causes."""
    say = visit.say
    chosen = visit.chosen()
    wanted = visit.given("cause")
    found = causes_of(visit.client.inventory(visit.book, by="scope", **chosen.asked()).notices)
    links = [
        Text(
            f"{say(each.title)} ({len(each.notices):,})",
            ""
            if each.reason == wanted
            else visit.link("notices", cause=each.reason, **chosen.query()),
        )
        for each in found
    ]
    shown = [each for each in found if each.reason == wanted or not wanted]
    places = numbers.mass_places(note.kg_co2e for each in shown for note in each.notices)
    heads = [
        Head(say("Notice")),
        Head(say("Records"), is_number=True),
        Head(say("Of the total"), numbers.MASS_UNIT, is_number=True),
    ]
    tables = [
        Table(
            say(each.title),
            heads,
            [
                (
                    Text(note.message),
                    numbers.count(note.record_count),
                    numbers.mass(note.kg_co2e, places),
                )
                for note in each.notices
            ],
            has_row_heads=False,
        )
        for each in shown
    ]
    return Page(
        say("Notices"),
        [Links(say("Causes"), links, is_titled=True), *tables],
        say("How numbers came about that did not come about the plain way."),
    )
