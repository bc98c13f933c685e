"""Records of one id: conflicts and duplicates, and what was decided of them."""

from __future__ import annotations

from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING

from tonne.client.wire.resources import source_of
from tonne.console.pages.waiting.overlaps import number_of
from tonne.console.pages.waiting.worklists import ROWS_MAX, command
from tonne.console.parts import numbers
from tonne.console.parts.blocks import Command, Commands, Facts, Head, Links, Page, Table, Text
from tonne.errors import FieldInvalid

if TYPE_CHECKING:
    from tonne.client import SameRecord
    from tonne.client.answers.import_results import SameRecordMember
    from tonne.client.answers.results import LedgerRecord
    from tonne.console.parts.blocks import Block, Cell
    from tonne.console.visits import Visit

KINDS = (("conflict", "Conflicts"), ("duplicate", "Duplicates"))
"""Kinds of entries, and the titles of their lists."""

_COLUMNS = ("Id", "N", "Facility", "Activity", "Quantity", "Time, UTC", "Channel and offset")

_WORDS = {
    "waits": "waits",
    "reversed": "reversed",
    "hourly": "not told: factors by the hour",
    "unnoted": "not told: its factors were not noted",
    "beyond_limit": "not told: too many segments",
}
"""What is said of a record that is not posted, or whose kg CO2e is not told."""


def conflicts(visit: Visit) -> Page:
    """Show ids of which records say different things, and duplicates that are not reversed."""
    say, client, book = visit.say, visit.client, visit.book
    summary = client.same_record_summary(book)
    tables = []
    for kind, title in KINDS:
        listed = client.list_same_records(
            book, kind, filter_by="state = SAME_RECORD_STATE_OPEN", with_kg_co2e=True
        )
        rows: list[tuple[Cell, ...]] = []
        for each in islice(listed, ROWS_MAX):
            decide = command(visit, f"{kind} decide {each.number} --keep N --reason WHY")
            for place, cells in enumerate(_members(visit, each)):
                rows.append((*cells, None if place else Command(decide)))
        heads = [*_heads(visit, with_worth=True), Head(say("Decide"))]
        tables.append(Table(say(title), heads, rows, empty=say("Nothing waits for a decision.")))
    state = (
        say("All records are compared.")
        if summary.is_complete
        else say("Compared up to commit {commit}.", commit=summary.complete_up_to_commit)
    )
    commands = [
        Command(command(visit, "duplicate status"), say("How far the comparison is")),
        Command(command(visit, "conflict list"), say("All conflicts")),
    ]
    return Page(
        say("Conflicts"),
        [*tables, Commands(say("To work it off"), commands)],
        f"{say('Several records of one id. All of them count until somebody decides.')} {state}",
    )


def _heads(visit: Visit, *, with_worth: bool) -> list[Head]:
    heads = [Head(visit.say(each)) for each in _COLUMNS]
    change = visit.say("Change if kept alone")
    worth = [Head("kg CO2e", is_number=True), Head(change, is_number=True)]
    return [*heads, *worth] if with_worth else heads


def _worth(visit: Visit, member: SameRecordMember) -> tuple[Cell, Cell]:
    """Write what a record counts for, and what changes where it is kept alone."""
    word = _WORDS.get(member.worth)
    change = member.kept_change_kg_co2e
    return (
        numbers.exactly(member.kg_co2e or Decimal(0))
        if word is None
        else Text(visit.say(word), look="soft"),
        Text("–") if change is None else numbers.exactly(change),
    )


def _members(visit: Visit, entry: SameRecord) -> list[tuple[Cell, ...]]:
    href = visit.link("conflicts", str(entry.number))
    return [
        (
            Text(entry.record_id, href, below=f"{entry.number}") if place == 1 else None,
            Text(str(place)),
            Text(member.facility),
            Text(member.activity, look="code"),
            Text(f"{numbers.digits(Decimal(member.quantity))} {member.unit}"),
            Text(numbers.span(member.start, member.end)),
            Text(
                f"{source_of(member.source)} @ {member.offset}",
                visit.link("records", source=source_of(member.source), offset=member.offset),
            ),
            *(_worth(visit, member) if member.worth else ()),
        )
        for place, member in enumerate(entry.members, 1)
    ]


def conflict(visit: Visit) -> Page:
    """Show the records of one id, and who decided what."""
    say = visit.say
    entry = entry_of(visit)
    rows = _members(visit, entry)
    kept = {
        place: Text(say("kept"), look="good")
        if place in entry.kept
        else Text(say("reversed"), look="soft")
        for place in range(1, len(rows) + 1)
        if entry.kept
    }
    cells = [(*row, kept.get(place)) for place, row in enumerate(rows, 1)]
    is_valued = any(each.worth for each in entry.members)
    heads = [*_heads(visit, with_worth=is_valued), Head(say("Decided"))]
    blocks: list[Block] = [Table(say("Records"), heads, cells)]
    if entry.reason:
        blocks.append(
            Facts(
                [
                    (say("Who"), Text(entry.author or say("nobody named"))),
                    (say("Why"), Text(entry.reason)),
                ]
            )
        )
    if entry.state == "open" and visit.rights.may("DecideSameRecord"):
        blocks.append(_choices(visit, entry))
    words = f"{entry.kind} decide {entry.number} --keep N --reason WHY"
    blocks.append(Commands(say("In a terminal"), [Command(command(visit, words))]))
    return Page(
        say("Records of {id}", id=entry.record_id),
        blocks,
        say("They say two things: who knows which is right, decides.")
        if entry.kind == "conflict"
        else say("They say the same, and each of them counts."),
    )


def _choices(visit: Visit, entry: SameRecord) -> Links:
    """Offer to keep one of the records, or all."""
    say = visit.say
    count = len(entry.members)
    places = [str(place) for place in range(1, count + 1)]
    choices = [*([place] for place in places), places]
    links = [
        Text(
            say("Keep all") if len(each) > 1 else say("Keep {kept} alone", kept=each[0]),
            visit.link("conflicts", str(entry.number), "decide", keep=",".join(each)),
        )
        for each in choices
    ]
    return Links(say("Decide"), links, is_titled=True)


def entry_of(visit: Visit) -> SameRecord:
    """Read the entry of the path. Raises `FieldInvalid` where there is none."""
    number = number_of(visit)
    for kind, _ in KINDS:
        listed = visit.client.list_same_records(
            visit.book, kind, filter_by=f"number = {number}", with_kg_co2e=True
        )
        for entry in listed:
            return entry
    raise FieldInvalid(
        f"number: expected that of an entry; book {visit.book} has none {number}: "
        "`tonne conflict list` has them",
        metadata={"field": "number", "value": str(number)},
    )


def member_records(visit: Visit, entry: SameRecord) -> list[LedgerRecord]:
    """Read the records of an entry, as they stand at their places."""
    return [
        visit.client.get_records(visit.book, source=source_of(each.source), offset=each.offset)[0]
        for each in entry.members
    ]
