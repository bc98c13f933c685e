"""Overlaps: records that lie over each other in time, found by facility, activity and channels."""

from __future__ import annotations

import shlex
from itertools import islice
from typing import TYPE_CHECKING

from tonne.client.wire.filters import all_of
from tonne.console.pages.waiting.worklists import command
from tonne.console.parts import numbers
from tonne.console.parts.blocks import (
    Acts,
    Buttons,
    Command,
    Commands,
    Field,
    Form,
    Head,
    Links,
    Page,
    Table,
    Text,
)
from tonne.errors import FieldInvalid

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from decimal import Decimal

    from tonne.client.closing.overlaps import Overlap, OverlapMonth, OverlapSide, SeveralMeters
    from tonne.console.parts.blocks import Block, Cell
    from tonne.console.visits import Visit

OVERLAPS_MAX = 100
"""Overlaps that a page lists; the command has all."""

NUMBER_MAX = 1_000_000_000

STATES = {
    "open": ("waits for a decision", "wait"),
    "accepted": ("both count", "good"),
    "declared": ("both count, as declared", "good"),
    "gone": ("gone", "soft"),
}
"""What is said of a state, and how it looks."""

LENGTHS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))
"""Units of how long records are: seconds, and the sign."""


def overlaps(visit: Visit) -> Page:
    """List what waits for a decision, or all that was ever found."""
    say = visit.say
    facility, activity = visit.given("facility"), visit.given("activity")
    shows_all = visit.given("show", ("", "all")) == "all"
    listed = visit.client.list_overlaps(
        visit.book,
        is_undecided=not shows_all,
        filter_by=all_of("", facility=facility, activity=activity),
    )
    found = list(islice(listed, OVERLAPS_MAX + 1))
    shown = found[:OVERLAPS_MAX]
    blocks: list[Block] = [
        _form(visit, facility, activity, "all" if shows_all else ""),
        _looking(visit),
        _table(visit, shown, shows_all=shows_all, is_cut=len(found) > len(shown)),
        _declared(visit, visit.client.list_several_meters(visit.book)),
        _commands(visit),
    ]
    return Page(
        say("Overlaps"),
        blocks,
        say(
            "Records of one facility and activity, by other ids, that lie over each other in "
            "time. Both sides count until somebody decides."
        ),
        "wide",
    )


def overlap(visit: Visit) -> Page:
    """Show one: both sides of each month, who decided, and the files that brought its records."""
    say = visit.say
    found = visit.client.get_overlap(visit.book, number_of(visit))
    rows: list[tuple[Cell, ...]] = []
    for month in found.months:
        rows += _sides(visit, found, month)
    brought = [
        (Text(str(each.side)), Text(str(each.import_number)), Text(each.file_name))
        for each in found.origins
    ]
    decided = [
        (
            Text(each.month),
            Text(f"{each.accept_time:%Y-%m-%d}" if each.accept_time else ""),
            Text(each.author or say("nobody named")),
            Text(each.reason, look="soft"),
        )
        for each in found.months
        if each.reason
    ]
    heads = (Head(say("Month")), Head(say("When")), Head(say("Who")), Head(say("Why")))
    blocks: list[Block] = [
        _deciding(visit, found),
        Table(say("Months and sides"), _heads(visit), rows, empty=say("Nothing overlaps.")),
        Table(say("Decided"), heads, decided, empty=say("Nobody has decided.")),
        Table(
            say("Files that brought the records"),
            (Head(say("Side")), Head(say("Import")), Head(say("File"))),
            brought,
            empty=say("No file is known: the records were streamed or posted."),
        ),
        Links(
            say("Further"),
            [
                Text(say("All overlaps"), visit.link("overlaps")),
                Text(say("Coverage"), visit.link("coverage", facility=found.facility)),
            ],
        ),
        Commands(say("To work it off"), _decisions(visit, found)),
    ]
    title = say("Overlap {number}", number=found.number)
    return Page(title, blocks, f"{found.facility} · {found.activity}", "wide")


def own_sources(found: Overlap) -> tuple[str, str]:
    """Give the channel of each side that is one's own; empty where offsets do not tell it.

    Records of calls have no offsets in common, and of one channel both sides have the same.
    """
    sources = (found.first_source, found.second_source)
    if sources[0] == sources[1]:
        return "", ""
    first, second = ("" if each in {"requests", "*"} else each for each in sources)
    return first, second


def number_of(visit: Visit) -> int:
    """Read the number of the path. Raises `FieldInvalid`."""
    text = visit.values["number"]
    if not (text.isascii() and text.isdecimal() and int(text) <= NUMBER_MAX):
        raise FieldInvalid(
            f"number: expected that of an entry, as it is listed; got {text!r}",
            metadata={"field": "number", "value": text},
        )
    return int(text)


def _looking(visit: Visit) -> Buttons:
    acts = []
    if visit.rights.may("CheckOverlaps"):
        acts.append((visit.link("overlaps", "check"), visit.say("Look for overlaps")))
    return Buttons(visit.say("Actions"), Acts(acts))


def _deciding(visit: Visit, found: Overlap) -> Buttons:
    """Lead to what can be decided, where something waits and the caller may."""
    say, may, number = visit.say, visit.rights.may, str(found.number)
    waits = any(each.state == "open" for each in found.months)
    acts = []
    if waits and may("AcceptOverlap"):
        acts.append((visit.link("overlaps", number, "accept"), say("Both sides count")))
    if waits and may("DeclareSeveralMeters"):
        acts.append((visit.link("overlaps", number, "declare"), say("Declare several meters")))
    for side, source in enumerate(own_sources(found), 1):
        if waits and source and may("ReverseRecords"):
            href = visit.link("overlaps", number, "reverse", side=side)
            acts.append((href, say("Take side {side} back", side=side)))
    return Buttons(say("Actions"), Acts(acts))


def _form(visit: Visit, facility: str, activity: str, show: str) -> Form:
    say = visit.say
    kept = [("lang", visit.asked_language)] if visit.asked_language else []
    choices = [("", say("what waits for a decision")), ("all", say("all that was ever found"))]
    fields = [
        Field("facility", say("Facility"), facility),
        Field("activity", say("Activity"), activity, hint="electricity.grid"),
        Field("show", say("Show"), show, choices),
    ]
    return Form(visit.place("overlaps"), fields, say("Show"), kept)


def _heads(visit: Visit) -> list[Head]:
    say = visit.say
    return [
        Head(say("Month")),
        Head(say("State")),
        Head(say("Side")),
        Head(say("Channel, and offsets")),
        Head(say("Records"), is_number=True),
        Head(say("Each")),
        Head(say("Quantity over the other")),
        Head("kg CO2e", is_number=True),
    ]


def _table(visit: Visit, found: list[Overlap], *, shows_all: bool, is_cut: bool) -> Table:
    """List the months of overlaps, a row for each side; the first one names the overlap."""
    say = visit.say
    rows: list[tuple[Cell, ...]] = []
    for each in found:
        months = [month for month in each.months if shows_all or month.state == "open"]
        for place, month in enumerate(months):
            rows += [
                (_named(visit, each) if not place and row[0] else None, *row)
                for row in _sides(visit, each, month)
            ]
    note = [say("kg CO2e is what the quantity over the other side is worth, as it was posted.")]
    if is_cut:
        note.append(say("The first {count} overlaps; the command lists all.", count=OVERLAPS_MAX))
    return Table(
        say("Overlaps"),
        [Head(say("Facility and activity")), *_heads(visit)],
        rows,
        note=" ".join(note) if rows else "",
        empty=say("Nothing waits for a decision."),
    )


def _named(visit: Visit, found: Overlap) -> Text:
    href = visit.link("overlaps", str(found.number))
    return Text(found.facility, href, "strong", f"{found.activity} · {found.number}")


def _sides(visit: Visit, found: Overlap, month: OverlapMonth) -> Iterable[tuple[Cell, ...]]:
    """Give a row for each side of a month; the first one says the month and its state."""
    title, look = STATES.get(month.state, (month.state, ""))
    state = Text(visit.say(title), look=look, below=month.reason)
    sources = (found.first_source, found.second_source)
    for place, side in enumerate(month.sides):
        is_first = not place
        yield (
            Text(month.month) if is_first else None,
            state if is_first else None,
            Text(str(place + 1)),
            Text(sources[place], below=f"{side.first_offset} – {side.last_offset}"),
            numbers.count(side.record_count),
            Text(lengths(side)),
            Text(quantities(side.quantities)),
            worth(side),
        )
    if not month.sides:
        blank = Text("–")
        yield Text(month.month), state, blank, blank, None, blank, blank, None


def worth(side: OverlapSide | OverlapMonth) -> Cell:
    """Write what a side is worth; of what is not posted nothing is told, which is not zero."""
    if side.kg_co2e is None:
        return Text("–")
    return numbers.exactly(side.kg_co2e)


def quantities(found: Mapping[str, Decimal]) -> str:
    """Write quantities by their units."""
    return ", ".join(f"{numbers.short(value)} {unit}" for unit, value in found.items())


def lengths(side: OverlapSide) -> str:
    """Say how long the records are: one length, or the shortest and the longest."""
    return " – ".join(dict.fromkeys(map(_length, (side.seconds_min, side.seconds_max))))


def _length(seconds: float) -> str:
    for size, unit in LENGTHS:
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:,.0f} {unit}"
    return f"{seconds:g} s"


def _declared(visit: Visit, found: list[SeveralMeters]) -> Table:
    say = visit.say
    rows = [
        (
            Text(str(each.number)),
            Text(each.facility or say("each facility")),
            Text(each.activity, look="code"),
            Text(" – ".join((each.from_month or "…", each.to_month or "…"))),
            Text(each.author or say("nobody named"), below=each.reason),
            Text(
                say("withdrawn") if each.withdraw_time else say("in force"),
                look="soft" if each.withdraw_time else "good",
                below=each.withdraw_reason,
            ),
        )
        for each in found
    ]
    heads = [
        Head(say(each))
        for each in ("Number", "Facility", "Activity", "Months", "Who and why", "State")
    ]
    return Table(
        say("Facilities with several meters"), heads, rows, empty=say("None is declared.")
    )


def _commands(visit: Visit) -> Commands:
    say = visit.say
    return Commands(
        say("To work it off"),
        [
            Command(command(visit, "overlap check"), say("Look at what was touched since")),
            Command(command(visit, "overlap show NUMBER"), say("Both sides, and their files")),
            Command(command(visit, "overlap accept NUMBER --reason WHY"), say("Both sides count")),
            Command(
                command(visit, "overlap declare ACTIVITY --facility FACILITY --reason WHY"),
                say("A facility has several meters"),
            ),
        ],
    )


def _decisions(visit: Visit, found: Overlap) -> list[Command]:
    say = visit.say
    made = [
        Command(
            command(visit, f"overlap accept {found.number} --reason WHY"), say("Both sides count")
        ),
        Command(
            command(
                visit,
                f"overlap declare {shlex.quote(found.activity)} "
                f"--facility {shlex.quote(found.facility)} --reason WHY",
            ),
            say("A facility has several meters"),
        ),
    ]
    for place, source in enumerate(own_sources(found), 1):
        if not source:
            continue
        sides = [month.sides[place - 1] for month in found.months if len(month.sides) >= place]
        if sides:
            first = min(each.first_offset for each in sides)
            stop = max(each.last_offset for each in sides) + 1
            words = (
                f"record reverse --channel {shlex.quote(source)} --from-offset {first} "
                f"--to-offset {stop} --reason WHY"
            )
            made.append(
                Command(
                    command(visit, words),
                    say("Side {side} goes, and all else between", side=place),
                )
            )
    return made
