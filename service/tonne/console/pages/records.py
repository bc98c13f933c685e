"""Records, one by one: found by an id, a place, or by facility, activity and channel."""

from __future__ import annotations

import shlex
from itertools import islice
from typing import TYPE_CHECKING

from tonne.client.wire.resources import source_of
from tonne.console.parts.blocks import (
    Acts,
    Command,
    Commands,
    Field,
    Form,
    Page,
    Text,
)
from tonne.console.parts.record_rows import ACTIONS, record_cells, records_table
from tonne.errors import FieldInvalid, InputError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tonne.client.answers.results import LedgerRecord
    from tonne.console.parts.blocks import Block, Cell, Table
    from tonne.console.visits import Visit

RECORDS_MAX = 100
"""Records that the page lists; the command has all."""

OFFSET_MAX = 10**15

STATUSES = {"": ("posted", "good"), "REVERSED": ("reversed", "soft")}
"""What is said of a status; of others that the record waits."""


def records(visit: Visit) -> Page:
    """Find records, and lead to what can be done with each."""
    say = visit.say
    asked = {
        name: visit.given(name)
        for name in ("id", "source", "offset", "facility", "activity", "channel")
    }
    blocks: list[Block] = [_form(visit, asked)]
    if not any(asked.values()):
        visit.client.get_book(visit.book)  # of a book that one may not see there is no page
    else:
        found = list(islice(_found(visit, asked), RECORDS_MAX + 1))
        blocks.append(_table(visit, found[:RECORDS_MAX], is_cut=len(found) > RECORDS_MAX))
    options = " ".join(
        f"--{name}={shlex.quote(asked[name])}" for name in ("facility", "activity") if asked[name]
    )
    words = f"tonne record list --book {shlex.quote(visit.book)} {options}".rstrip()
    blocks.append(Commands(say("In a terminal"), [Command(words)]))
    return Page(
        say("Records"),
        blocks,
        say("A record is never changed: it is taken back, or corrected by another one."),
        "wide",
    )


def _found(visit: Visit, asked: dict[str, str]) -> Iterable[LedgerRecord]:
    client, book = visit.client, visit.book
    if asked["id"]:
        return client.get_records(book, asked["id"])
    if asked["source"]:
        return client.get_records(book, source=asked["source"], offset=_offset(asked["offset"]))
    return client.list_records(
        book,
        facility=asked["facility"],
        activity=asked["activity"],
        channel=asked["channel"],
    )


def _offset(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and int(text) <= OFFSET_MAX):
        raise FieldInvalid(
            f"offset: expected the number of a record in its channel; got {text!r}",
            metadata={"field": "offset", "value": text},
        )
    return int(text)


def _form(visit: Visit, asked: dict[str, str]) -> Form:
    say = visit.say
    kept = [("lang", visit.asked_language)] if visit.asked_language else []
    fields = [
        Field("id", say("Id"), asked["id"]),
        Field("facility", say("Facility"), asked["facility"]),
        Field("activity", say("Activity"), asked["activity"], hint="electricity.grid"),
        Field("channel", say("Channel"), asked["channel"]),
    ]
    return Form(visit.place("records"), fields, say("Search"), kept)


def _table(visit: Visit, found: list[LedgerRecord], *, is_cut: bool) -> Table:
    say = visit.say
    note = say("The first {count} records; the command lists all.", count=RECORDS_MAX)
    return records_table(
        say,
        [_row(visit, each) for each in found],
        ("State", ACTIONS),
        note=note if is_cut else "",
        empty=say("No such record."),
    )


def _row(visit: Visit, found: LedgerRecord) -> tuple[Cell, ...]:
    title, look = STATUSES.get(found.status, ("waits in suspense", "wait"))
    return (
        *record_cells(found.record, found.channel, found.offset),
        Text(visit.say(title), look=look, below=_why(visit, found)),
        _actions(visit, found),
    )


def _why(visit: Visit, found: LedgerRecord) -> str:
    """Say who took a record back and why, as far as the caller may read that."""
    if not found.correction:
        return ""
    number = found.correction.rpartition("/")[2]
    try:
        for entry in visit.client.list_corrections(visit.book, filter_by=f"number = {number}"):
            return f"{entry.author}: {entry.reason}"
    except InputError:
        return ""
    return ""


def _actions(visit: Visit, found: LedgerRecord) -> Cell:
    """Lead to what can be done with a record: it is corrected, or taken back."""
    say, may = visit.say, visit.rights.may
    if found.status == "REVERSED":
        if not found.replaced_by:
            return None
        source = source_of(found.replaced_by)
        href = visit.link("records", source=source, offset=found.replaced_by_offset)
        return Text(say("What stands for it"), href)
    query: dict[str, object] = {"source": source_of(found.channel), "offset": found.offset}
    acts = [
        ("CorrectRecords", "correct", say("Correct")),
        ("ReverseRecords", "reverse", say("Take back")),
    ]
    return Acts(
        [(visit.link("records", verb, **query), title) for call, verb, title in acts if may(call)]
    )
