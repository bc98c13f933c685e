"""What became of the book: periods, changes, bridges from one answer to another."""

from __future__ import annotations

import json
import shlex
from fractions import Fraction
from itertools import islice
from typing import TYPE_CHECKING

from tonne.client.wire.filters import all_of
from tonne.console.parts import numbers
from tonne.console.parts.blocks import (
    Acts,
    Command,
    Commands,
    Drawing,
    Field,
    Form,
    Head,
    Lines,
    Page,
    Table,
    Text,
    Tile,
    Tiles,
)
from tonne.console.parts.drawing import differences
from tonne.console.parts.record_rows import ACTIONS, offered
from tonne.console.parts.selecting import Chosen
from tonne.model import PeriodState, month_of_period, period_of_month
from tonne.statements.changes.bridges import Side

if TYPE_CHECKING:
    from tonne.client.closing.results import Change, Period
    from tonne.console.parts.blocks import Cell
    from tonne.console.visits import Visit
    from tonne.statements.changes.bridges import Bridge

CHANGES_SHOWN = 100

KINDS = (
    *("", "book", "method", "edition", "facility", "entity", "word", "statement", "correction"),
    *("import", "channel", "period", "same_record", "overlap", "several_meters", "restatement"),
    "ledger",
)
"""What an entry of the log is about."""

STATES = {
    PeriodState.OPEN: ("open", ""),
    PeriodState.SOFT_CLOSED: ("closed", "wait"),
    PeriodState.SEALED: ("sealed", "good"),
}

_VALUE_CHARS = 160


def periods(visit: Visit) -> Page:
    """Show the months of the book, and every close that they had."""
    say = visit.say
    found = visit.client.list_periods(visit.book)
    rows = [_period(visit, each) for each in reversed(found)]
    heads = [Head(say("Month")), Head(say("State")), Head(say("History")), Head(say(ACTIONS))]
    table = Table(say("Months"), heads, rows, empty=say("No month has records."))
    commands = [
        Command(f"tonne period check --book {visit.book} YYYY-MM", say("What stands against it")),
        Command(
            f"tonne period close --book {visit.book} YYYY-MM --reason WHY", say("Close a month")
        ),
        Command(f"tonne period seal --book {visit.book} YYYY-MM --reason WHY", say("Seal it")),
    ]
    return Page(
        say("Periods"),
        [
            offered(table, say(ACTIONS)),
            Commands(say("In a terminal"), commands),
        ],
        say("A closed month takes corrections alone; a sealed one nothing."),
    )


def _period(visit: Visit, period: Period) -> tuple[Cell, ...]:
    say = visit.say
    title, look = STATES[period.state]
    acts = []
    for close in period.closes:
        for verb, act in (
            ("closed", close.closed),
            ("sealed", close.sealed),
            ("reopened", close.reopened),
        ):
            if act is not None:
                acts.append(
                    say(
                        "{verb} {time} by {author}: {reason}",
                        verb=say(verb),
                        time=f"{act.time:%Y-%m-%d}",
                        author=act.author or say("nobody named"),
                        reason=act.reason,
                    )
                )
        acts += [
            say(
                "accepted: {check}, {count}: {reason}",
                check=x.check,
                count=x.count,
                reason=x.reason,
            )
            for x in close.accepted
        ]
    chosen = Chosen(period.month, period.month)
    return (
        Text(period.month, visit.link("inventory", by="account", **chosen.query())),
        Text(say(title), look=look),
        Text(" · ".join(acts), look="soft"),
        _act(visit, period),
    )


def _act(visit: Visit, period: Period) -> Acts:
    """Lead to what becomes of a month next, for those who may; a page of its own has it all."""
    say, may = visit.say, visit.rights.may
    if period.state is PeriodState.OPEN:
        acts = [("ClosePeriod", "close", say("Close"))]
    else:
        acts = [("SealPeriod", "seal", say("Seal")), ("ReopenPeriod", "reopen", say("Reopen"))]
    if period.state is PeriodState.SEALED:
        del acts[0]
    return Acts(
        [
            (visit.link("periods", period.month, verb), title)
            for call, verb, title in acts
            if may(call)
        ]
    )


def changes(visit: Visit) -> Page:
    """Show the log of changes, the last one first."""
    say = visit.say
    kind = visit.given("kind", KINDS)
    who = visit.given("who")
    listed = visit.client.list_changes(
        visit.book, filter_by=all_of("", kind=kind, author=who), order_by="number desc"
    )
    found = list(islice(listed, CHANGES_SHOWN + 1))
    kept = [("lang", visit.asked_language)] if visit.asked_language else []
    form = Form(
        visit.place("changes"),
        [
            Field(
                "kind",
                say("About"),
                kind,
                [(each, say(each) if each else say("all")) for each in KINDS],
            ),
            Field("who", say("Who"), who),
        ],
        say("Show"),
        kept,
    )
    heads = [
        Head(say("Number"), is_number=True),
        Head(say("Time, UTC")),
        Head(say("What")),
        Head(say("Before and after")),
        Head(say("Who")),
        Head(say("Why")),
    ]
    note = say("The last {count}; the command lists all.", count=CHANGES_SHOWN)
    table = Table(
        say("Entries"),
        heads,
        [_change(visit, each) for each in found[:CHANGES_SHOWN]],
        note=note if len(found) > CHANGES_SHOWN else "",
        empty=say("No entry."),
    )
    words = shlex.join(["tonne", "audit", "list", f"--book={visit.book}"])
    return Page(
        say("Changes"),
        [form, table, Commands(say("In a terminal"), [Command(words)])],
        say("What was changed besides records: by whom, when, why. No entry is ever changed."),
    )


def _change(visit: Visit, change: Change) -> tuple[Cell, ...]:
    return (
        numbers.count(change.number),
        Text(f"{change.create_time:%Y-%m-%d %H:%M:%S}"),
        Text(visit.say(change.kind), below=change.object),
        Text(_difference(change), look="code"),
        Text(change.author, below=change.caller if change.caller != change.author else ""),
        Text(change.reason, look="soft"),
    )


def _difference(change: Change) -> str:
    """Write what differs between before and after, shortened."""
    before, after = change.before or {}, change.after or {}
    if not before:
        text = json.dumps(after, ensure_ascii=False)
    elif not after:
        text = f"− {json.dumps(before, ensure_ascii=False)}"
    else:
        text = "; ".join(
            f"{name}: {before.get(name)!r} → {after.get(name)!r}"
            for name in sorted({*before, *after})
            if before.get(name) != after.get(name)
        )
    return text if len(text) <= _VALUE_CHARS else f"{text[:_VALUE_CHARS]}…"


def bridge(visit: Visit) -> Page:
    """Show why a number changed, cause by cause."""
    say = visit.say
    before, after = _sides(visit)
    form = _bridge_form(visit, before, after)
    found = visit.client.bridge(visit.book, before, after)
    places = numbers.mass_places([found.from_kg_co2e, found.to_kg_co2e, found.difference_kg_co2e])
    sides = [
        (say("Before"), found.from_kg_co2e, before, ""),
        (say("After"), found.to_kg_co2e, after, ""),
    ]
    tiles = [
        Tile(
            title,
            numbers.mass(kg, places, visit.explain(_of_side(side))),
            numbers.MASS_UNIT,
            _side_text(side) or say("all months"),
            look,
        )
        for title, kg, side, look in sides
    ]
    difference = numbers.mass(found.difference_kg_co2e, places)
    tiles.append(Tile(say("Difference"), difference, numbers.MASS_UNIT, look="first"))
    bars = [
        (say(str(part.cause).replace("_", " ")), Fraction(part.kg_co2e) / numbers.KG_PER_T)
        for part in found.parts
    ]
    title = say("By cause")
    return Page(
        say("Bridge"),
        [
            form,
            Tiles(say("From one answer to another"), tiles),
            Drawing(title, [differences(title, bars, numbers.MASS_UNIT)] if bars else []),
            _parts(visit, found, places),
            Lines(found.notices, "note"),
            Commands(
                say("The same in a terminal"), [Command(_bridge_words(visit, before, after))]
            ),
        ],
        say("Why a number changed: the parts add up to the difference to the last digit."),
    )


def _sides(visit: Visit) -> tuple[Side, Side]:
    """Read both sides; without any, the last two months that have records."""
    names = ("from", "to", "as_of")
    given = {
        side: [visit.given(f"{side}_{name}") for name in names] for side in ("before", "after")
    }
    if not any(value for values in given.values() for value in values):
        found = visit.client.list_periods(visit.book)
        last = found[-1].month if found else "2025-12"
        previous = month_of_period(period_of_month(last) - 1)
        given = {"before": [previous, previous, ""], "after": [last, last, ""]}
    before, after = (
        Side(_month(values[0]), _month(values[1]), as_of=values[2]) for values in given.values()
    )
    return before, after


def _month(text: str) -> str:
    """Check a month. Raises `NameInvalid`."""
    return month_of_period(period_of_month(text)) if text else ""


def _of_side(side: Side) -> Chosen:
    return Chosen(side.from_period, side.to_period, as_of=side.as_of)


def _side_text(side: Side) -> str:
    months = " – ".join(dict.fromkeys(filter(None, (side.from_period, side.to_period))))
    return " @ ".join(filter(None, (months, side.as_of)))


def _bridge_form(visit: Visit, before: Side, after: Side) -> Form:
    say = visit.say
    fields = [
        Field(f"{name}_{end}", say(f"{title}, {end}"), value, hint="YYYY-MM")
        for name, title, side in (("before", "Before", before), ("after", "After", after))
        for end, value in (("from", side.from_period), ("to", side.to_period))
    ]
    further = [
        Field("before_as_of", say("Before, as of commit"), before.as_of),
        Field("after_as_of", say("After, as of commit"), after.as_of),
    ]
    kept = [("lang", visit.asked_language)] if visit.asked_language else []
    return Form(
        visit.place("bridge"), fields, say("Show"), kept, further, say("As of an earlier commit")
    )


def _parts(visit: Visit, found: Bridge, places: int) -> Table:
    say = visit.say
    rows: list[tuple[Cell, ...]] = []
    strong = set()
    for part in found.parts:
        strong.add(len(rows))
        rows.append(
            (
                Text(say(str(part.cause).replace("_", " "))),
                Text(""),
                numbers.mass(part.kg_co2e, places),
            )
        )
        rows += [
            (None, Text(" · ".join(row.group)), numbers.mass(row.kg_co2e, places))
            for row in part.rows
        ]
        if part.other_count:
            others = say("{count} others", count=part.other_count)
            rows.append((None, Text(others), numbers.mass(part.other_kg_co2e, places)))
    heads = [
        Head(say("Cause")),
        Head(say("Account")),
        Head(say("Part"), numbers.MASS_UNIT, is_number=True),
    ]
    total = (Text(say("Difference")), None, numbers.mass(found.difference_kg_co2e, places))
    return Table(
        say("Parts"),
        heads,
        rows,
        total if rows else (),
        empty=say("Nothing differs."),
        strong=frozenset(strong),
    )


def _bridge_words(visit: Visit, before: Side, after: Side) -> str:
    words = ["tonne", "bridge", f"--book={visit.book}"]
    for name, side in (("from", before), ("to", after)):
        months = "..".join(filter(None, (side.from_period, side.to_period)))
        words += [f"--{name}={months}"] if months else []
        words += [f"--{name}-as-of={side.as_of}"] if side.as_of else []
    return shlex.join(words)
