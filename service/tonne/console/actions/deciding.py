"""Decisions: which records of an id stay, and whether both sides of an overlap count."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from tonne.client.wire.resources import source_of
from tonne.console.actions.action import Action, Done, Prepared
from tonne.console.actions.correcting import REVERSED_MAX, reverse_at
from tonne.console.actions.effects import by_today, effect, estimate, words
from tonne.console.pages.waiting.overlaps import number_of, own_sources, quantities
from tonne.console.pages.waiting.same import entry_of, member_records
from tonne.console.parts import numbers
from tonne.console.parts.blocks import Command, Field, Lines, Text
from tonne.errors import FieldInvalid

if TYPE_CHECKING:
    from decimal import Decimal

    from tonne.client import SameRecord
    from tonne.client.answers.results import LedgerRecord
    from tonne.client.closing.overlaps import Overlap
    from tonne.console.actions.action import Said
    from tonne.console.parts.blocks import Block
    from tonne.console.visits import Visit

SIDES = ("1", "2")


def decide_prepared(visit: Visit) -> Prepared:
    """Show what each record of an id adds, and which of them go."""
    say = visit.say
    entry = entry_of(visit)
    kept = _kept(visit, entry)
    records = member_records(visit, entry)
    kgs, remark = estimate(visit, [each.record for each in records])
    rows = [
        (
            Text(
                f"{place} · {numbers.plain(each.record['quantity'])} {each.record['unit']}",
                look="strong" if place in kept else "soft",
                below=f"{source_of(each.channel)} @ {each.offset}",
            ),
            kg,
            kg if place in kept else Fraction(0),
        )
        for place, (each, kg) in enumerate(zip(records, kgs, strict=True), 1)
    ]
    blocks: list[Block] = [effect(visit, rows, f"{by_today(visit)} {remark}".strip())]
    kind = str(entry.kind)
    options = [word for place in sorted(kept) for word in ("--keep", str(place))]
    command = words(visit, kind, "decide", str(entry.number), *options, "--reason", "WHY")
    refusal = ""
    if entry.state != "open":
        refusal = say(
            "{author} decided this before: {reason}", author=entry.author, reason=entry.reason
        )
    return Prepared(
        say("Keep {kept} of {id}", kept=", ".join(map(str, sorted(kept))), id=entry.record_id),
        say("The others are reversed: they stay in every list, and count for nothing."),
        blocks,
        say("Decide"),
        [Command(command)],
        visit.link("conflicts", str(entry.number)),
        hidden=[("keep", ",".join(map(str, sorted(kept))))],
        refusal=refusal,
    )


def _kept(visit: Visit, entry: SameRecord) -> set[int]:
    """Read which members stay. Raises `FieldInvalid`."""
    text = visit.given("keep")
    places = {int(each) for each in text.split(",") if each.isascii() and each.isdecimal()}
    count = len(entry.members)
    if not places or not places <= set(range(1, count + 1)):
        raise FieldInvalid(
            f"keep: expected numbers of records that stay, 1 to {count}, like 1,2; got {text!r}",
            metadata={"field": "keep", "value": text},
        )
    return places


def decide(visit: Visit, said: Said) -> Done:
    """Decide; the same decision again does nothing more."""
    entry = entry_of(visit)
    kept = sorted(_kept(visit, entry))
    made = visit.client.decide_same_record(visit.book, entry.number, kept, **said.why)
    text = visit.say(
        "{kept} kept, {gone} reversed.",
        kept=len(made.kept),
        gone=len(made.members) - len(made.kept),
    )
    return Done(visit.place("conflicts", str(entry.number)), text)


def accept_prepared(visit: Visit) -> Prepared:
    """Show what stays counted twice."""
    say = visit.say
    found = visit.client.get_overlap(visit.book, number_of(visit))
    waiting = [each for each in found.months if each.state == "open"]
    rows = [
        (
            Text(each.month, below=quantities(each.sides[place].quantities)),
            _fraction(each.sides[place].kg_co2e),
            _fraction(each.sides[place].kg_co2e),
        )
        for each in waiting
        for place in range(len(each.sides))
    ]
    note = say("Both sides count as they do now: no number changes.")
    return Prepared(
        say("Accept overlap {number}", number=found.number),
        f"{found.facility} · {found.activity}",
        [effect(visit, rows, note)],
        say("Both sides count"),
        [Command(words(visit, "overlap", "accept", str(found.number), "--reason", "WHY"))],
        visit.link("overlaps", str(found.number)),
        refusal="" if waiting else say("Nothing of it waits for a decision."),
    )


def accept(visit: Visit, said: Said) -> Done:
    """Accept what waits of an overlap."""
    number = number_of(visit)
    found = visit.client.accept_overlap(visit.book, number, **said.why)
    count = sum(each.state == "accepted" for each in found.months)
    text = visit.say("Accepted in {count} months.", count=count)
    return Done(visit.place("overlaps", str(number)), text)


def declare_prepared(visit: Visit) -> Prepared:
    """Show what a declaration of several meters is of."""
    say = visit.say
    found = visit.client.get_overlap(visit.book, number_of(visit))
    command = words(
        visit, "overlap", "declare", found.activity, "--facility", found.facility,
        "--reason", "WHY",
    )  # fmt: skip
    lines = [
        say("No number changes: what overlaps counts on both sides, now and whatever comes."),
        say("It hides daily sums over hourly readings, too: look at both sides first."),
    ]
    return Prepared(
        say("Declare several meters"),
        f"{found.facility} · {found.activity}",
        [Lines(lines, "note")],
        say("Declare"),
        [Command(command)],
        visit.link("overlaps", str(found.number)),
        fields=[
            Field("from", say("From month"), visit.given("from"), hint="YYYY-MM"),
            Field("to", say("To month"), visit.given("to"), hint="YYYY-MM"),
        ],
    )


def declare(visit: Visit, said: Said) -> Done:
    """Declare several meters of the facility and the activity of an overlap."""
    found = visit.client.get_overlap(visit.book, number_of(visit))
    made = visit.client.declare_several_meters(
        visit.book,
        found.activity,
        facility=found.facility,
        from_month=visit.given("from"),
        to_month=visit.given("to"),
        **said.why,
    )
    text = visit.say("Declaration {number} is in force.", number=made.number)
    return Done(visit.place("overlaps", str(found.number)), text)


def side_prepared(visit: Visit) -> Prepared:
    """Show the records of a side, and what they add: all of them go."""
    say = visit.say
    found, place, records = _side(visit)
    kgs, remark = estimate(visit, [each.record for each in records])
    rows = [
        (
            Text(
                numbers.span(each.record["start"], each.record["end"]),
                below=f"{source_of(each.channel)} @ {each.offset} · "
                f"{numbers.plain(each.record['quantity'])} {each.record['unit']}",
            ),
            kg,
            Fraction(0),
        )
        for each, kg in zip(records, kgs, strict=True)
    ]
    laid = sum(
        month.sides[place - 1].record_count for month in found.months if len(month.sides) >= place
    )
    lines = [
        say(
            "{count} records go, each as a whole: those of the facility and the activity between "
            "the first offset of the side and its last. {laid} were found to lie over the other "
            "side; one over a month's end is counted in both months.",
            count=len(records),
            laid=laid,
        )
    ]
    offsets = [word for each in records for word in ("--offset", str(each.offset))]
    source = source_of(records[0].channel) if records else ""
    command = words(visit, "record", "reverse", "--channel", source, *offsets, "--reason", "WHY")
    return Prepared(
        say("Take side {side} back", side=place),
        f"{found.facility} · {found.activity}",
        [Lines(lines, "note"), effect(visit, rows, f"{by_today(visit)} {remark}".strip())],
        say("Reverse {count} records", count=len(records)),
        [Command(command)],
        visit.link("overlaps", str(found.number)),
        hidden=[("side", str(place)), ("offsets", ",".join(str(each.offset) for each in records))],
        refusal="" if records else say("No record of this side counts any more."),
    )


def _side(visit: Visit) -> tuple[Overlap, int, list[LedgerRecord]]:
    """Read the records of a side that count. Raises `FieldInvalid` where they are too many."""
    found = visit.client.get_overlap(visit.book, number_of(visit))
    place = int(visit.given("side", SIDES, SIDES[0]))
    source = own_sources(found)[place - 1]
    sides = [month.sides[place - 1] for month in found.months if len(month.sides) >= place]
    if not source:
        raise FieldInvalid(
            f"side: expected one that a channel of its own brought; side {place} is none: take "
            "its records back one by one",
            metadata={"field": "side", "value": str(place)},
        )
    if not sides:
        return found, place, []
    first = min(each.first_offset for each in sides)
    last = max(each.last_offset for each in sides)
    listed = visit.client.list_records(
        visit.book, facility=found.facility, activity=found.activity, channel=source
    )
    records = [
        each for each in listed if first <= each.offset <= last and each.status != "REVERSED"
    ]
    if len(records) > REVERSED_MAX:
        raise FieldInvalid(
            f"side: expected at most {REVERSED_MAX} records; it has {len(records)}: `tonne record "
            f"reverse --channel {source} --from-offset {first} --to-offset {last + 1}` takes back "
            "all that is there, of other facilities too",
            metadata={"field": "side", "value": str(place)},
        )
    return found, place, sorted(records, key=lambda each: each.offset)


def reverse_side(visit: Visit, said: Said) -> Done:
    """Reverse the records that were shown, and no others."""
    found = visit.client.get_overlap(visit.book, number_of(visit))
    place = int(visit.given("side", SIDES, SIDES[0]))
    source = own_sources(found)[place - 1]
    text = visit.given("offsets")
    offsets = [int(each) for each in text.split(",") if each.isascii() and each.isdecimal()]
    told = reverse_at(visit, said, source, offsets, "duplicate")
    # What is left of the overlap is found by a look; its page would else tell of before.
    months = sorted(each.month for each in found.months)
    if visit.rights.may("CheckOverlaps") and months:
        visit.client.check_overlaps(visit.book, from_month=months[0], to_month=months[-1])
    return Done(visit.place("overlaps", str(found.number)), told)


def look_prepared(visit: Visit) -> Prepared:
    """Say what a look for overlaps does."""
    say = visit.say
    visit.client.get_book(visit.book)  # of a book that one may not see there is no page
    return Prepared(
        say("Look for overlaps"),
        say("Months that were touched since the last look are laid side by side."),
        [Lines([say("No number changes.")], "note")],
        say("Look"),
        [Command(words(visit, "overlap", "check"))],
        visit.link("overlaps"),
        has_reason=False,
    )


def look(visit: Visit, _said: Said) -> Done:
    """Look for overlaps in all months that were touched."""
    found = visit.client.check_overlaps(visit.book)
    text = visit.say(
        "{months} months looked at, {records} records laid side by side.",
        months=len(found.months),
        records=f"{found.record_count:,}",
    )
    return Done(visit.place("overlaps"), text)


def _fraction(value: Decimal | None) -> Fraction | None:
    return None if value is None else Fraction(value)


ACTIONS = {
    "/books/{book}/conflicts/{number}/decide": Action("DecideSameRecord", decide_prepared, decide),
    "/books/{book}/overlaps/check": Action("CheckOverlaps", look_prepared, look),
    "/books/{book}/overlaps/{number}/accept": Action("AcceptOverlap", accept_prepared, accept),
    "/books/{book}/overlaps/{number}/declare": Action(
        "DeclareSeveralMeters", declare_prepared, declare
    ),
    "/books/{book}/overlaps/{number}/reverse": Action(
        "ReverseRecords", side_prepared, reverse_side
    ),
}
"""By their paths."""
