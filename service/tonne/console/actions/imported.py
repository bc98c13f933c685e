"""What the pages of an import show: a file, what was guessed, tried, and done."""

from __future__ import annotations

from collections import deque
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from tonne.console.actions.effects import NOTHING, effect
from tonne.console.parts import numbers
from tonne.console.parts.blocks import Facts, Field, Head, Heading, Lines, Links, Table, Text
from tonne.console.uploading.command import AS_RECORDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tonne.console.parts.blocks import Block, Cell
    from tonne.console.uploading.uploads import Upload
    from tonne.console.visits import Visit

IMPORTS_SHOWN = 8

CELL_CHARS_MAX = 120
"""Characters of a cell of a file that a page shows."""

REPEATS = {
    "stop": "post nothing, and tell them",
    "skip": "leave the copies out",
    "keep": "each is a record of its own",
}
DIFFERING = {
    "stop": "post nothing, and tell them",
    "correct": "correct what is posted, with a reason",
}
NEGATIVE = {
    "corrections": "it lessens what was bought",
    "exports": "it was fed into the grid",
}


def facts(visit: Visit, upload: Upload) -> Facts:
    """Say which file it is."""
    say = visit.say
    profiles = {
        "": say("made from the file"),
        AS_RECORDS: say("none: its columns are those of a record"),
    }
    return Facts(
        [
            (say("File"), Text(upload.name, look="code")),
            (say("Size"), Text(say("{count} bytes", count=f"{upload.size_bytes:,}"))),
            (say("Profile"), Text(profiles.get(upload.profile, upload.profile))),
        ]
    )


def option_fields(visit: Visit, upload: Upload) -> list[Field]:
    """Ask how a file is imported."""
    say, options = visit.say, upload.options

    def given(name: str) -> str:
        return visit.query.get(name, options.get(name, ""))

    def choice(name: str, title: str, choices: dict[str, str]) -> Field:
        return Field(name, title, given(name), [(key, say(text)) for key, text in choices.items()])

    return [
        Field("channel", say("Channel"), given("channel")),
        Field(
            "constants",
            say("Fields of every record"),
            given("constants"),
            hint="region=US",
        ),
        choice("repeats", say("Records that stand twice"), REPEATS),
        choice("differing", say("Records that differ from what is posted"), DIFFERING),
        choice("negative", say("A negative quantity of electricity"), NEGATIVE),
    ]


def records_table(visit: Visit, title: str, rows: Sequence[dict[str, str]], empty: str) -> Table:
    """Lay out rows of a file as records."""
    say = visit.say
    names = [name for name in dict.fromkeys(key for row in rows for key in row)
             if name != "evidence" and any(row.get(name) for row in rows)]  # fmt: skip
    heads = [Head(say(name.replace("_", " "))) for name in names]
    return Table(
        title,
        heads,
        [[Text(_cut(row.get(name, ""))) for name in names] for row in rows],
        empty=empty,
        has_row_heads=False,
    )


def _cut(text: str) -> str:
    return text if len(text) <= CELL_CHARS_MAX else f"{text[:CELL_CHARS_MAX]}…"


def _said(visit: Visit, texts: Sequence[str]) -> list[Block]:
    """Show what the command says, in its words."""
    if not texts:
        return []
    return [Heading(visit.say("What the command says")), Lines(texts, "tight")]


def tried_blocks(visit: Visit, upload: Upload) -> list[Block]:
    """Lay out what the server said of each record."""
    say, tried = visit.say, upload.tried
    blocks: list[Block] = []
    new = say("{count} records that would be posted", count=f"{tried['posted']:,}")
    note = say(
        "Estimated under the method, the register and the factors of today: scopes 1, 2 by "
        "location and 3. What waits or is refused is in no number."
    )
    kg = Fraction(Decimal(tried["kg_co2e"]))
    blocks.append(effect(visit, [(Text(new, look="strong"), NOTHING, kg)], note))
    blocks += _counts(visit, tried, say("What would become of the records"))
    if tried["known"]:
        text = say(
            "{count} records of the file are in the ledger already, and are not posted again.",
            count=f"{tried['known']:,}",
        )
        blocks.append(Lines([text], "note"))
    errors: list[dict[str, Any]] = tried["row_errors"]
    if errors:
        blocks.append(_errors(visit, errors))
    title = say("The first records")
    blocks.append(records_table(visit, title, tried["first_records"], say("None.")))
    said = [each for each in tried["said"] if not each.startswith(("warning: record", "nothing"))]
    return [*blocks, *_said(visit, said)]


def _counts(visit: Visit, found: dict[str, Any], title: str) -> list[Block]:
    names = ("records", "posted", "quarantined", "suspended")
    titles = ("Records", "Posted", "Quarantine", "Suspense")
    pairs = [
        (visit.say(each), numbers.count(int(found[name])))
        for each, name in zip(titles, names, strict=True)
    ]
    return [Heading(title), Facts(pairs)]


def _errors(visit: Visit, errors: Sequence[dict[str, Any]]) -> Table:
    say = visit.say
    rows: list[list[Cell]] = [
        [
            numbers.count(int(each["position"]) + 1),
            Text(each["status"], look="code"),
            Text(each["message"], look="said"),
        ]
        for each in errors[:IMPORTS_SHOWN]
    ]
    left = len(errors) - len(rows)
    note = say("{count} further records would not be posted.", count=f"{left:,}") if left else ""
    heads = [Head(say("Record"), is_number=True), Head(say("Rule")), Head(say("What to do"))]
    title = say("What would not be posted")
    return Table(title, heads, rows, note=note, has_row_heads=False)


def outcome_blocks(visit: Visit, upload: Upload) -> list[Block]:
    """Lay out what has become of a file."""
    say, found = visit.say, upload.outcome
    posted, waiting = int(found["posted"]), int(found["suspended"])
    refused, skipped = int(found["quarantined"]), int(found.get("skipped") or 0)
    text = say("{count} records are posted.", count=f"{posted:,}")
    if skipped:
        text += " " + say(
            "{count} were in the ledger already, and are not posted again.", count=f"{skipped:,}"
        )
    channel = upload.options["channel"]
    links = [Text(say("Its records"), visit.link("records", channel=channel))]
    if waiting:
        links.append(Text(f"{say('Suspense')} ({waiting:,})", visit.link("suspense")))
    if refused:
        links.append(Text(f"{say('Quarantine')} ({refused:,})", visit.link("quarantine")))
    links += [
        Text(say("Overview"), visit.link("")),
        Text(say("Import another file"), visit.link("import")),
    ]
    return [
        Lines([text], "good"),
        *_counts(visit, found, say("What has become of the records")),
        Links(say("Go on"), links, is_titled=True),
        *_said(visit, found["said"]),
    ]


def earlier(visit: Visit) -> Table:
    """List the last files that were imported."""
    say = visit.say
    last = deque(visit.client.list_imports(visit.book), IMPORTS_SHOWN)
    rows: list[list[Cell]] = [
        [
            Text(_cut(each.file_name), look="strong", below=each.caller),
            Text(each.channel, visit.link("records", channel=each.channel)),
            Text(f"{each.create_time:%Y-%m-%d %H:%M}" if each.create_time else ""),
            numbers.count(each.record_count),
            numbers.count(each.durable_count),
        ]
        for each in reversed(last)
    ]
    heads = [
        Head(say("File")),
        Head(say("Channel")),
        Head(say("Begun, UTC")),
        Head(say("Records"), is_number=True),
        Head(say("In the ledger"), is_number=True),
    ]
    return Table(say("The last imports"), heads, rows, empty=say("No file was imported yet."))
