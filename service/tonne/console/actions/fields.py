"""A record in a form: where it is, its fields as texts, and what people changed of them."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING

from tonne.client.answers.records import RECORD_FIELDS, REQUIRED_FIELDS
from tonne.client.wire.filters import all_of
from tonne.client.wire.resources import source_name
from tonne.console.parts.blocks import Command, Field, Form
from tonne.errors import FieldInvalid
from tonne.text.visible import csv_cell, visible
from tonne.yearly.figures import exact_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tonne.client.answers.results import LedgerRecord, QuarantinedRecord, SuspendedRecord
    from tonne.console.visits import Visit

RECORD = "record"
"""Name of the field that has a whole record."""

PREFIX = "f."
"""Begins the names of a record's fields in a form."""

FORM_FIELDS = tuple(name for name in RECORD_FIELDS if name != "unread")

CODES = ("error", "estimate", "duplicate", "other")
"""Why records are reversed, as a code."""

OFFSET_MAX = 10**15

LOOKED_AT_MAX = 10_000
"""Records of a channel that wait, among which one is looked for."""

QUALITIES = ("", "measured", "calculated", "estimated")


@dataclass(frozen=True, slots=True)
class RecordPlace:
    """Where a record is: a channel, or `requests/ID`, and the offset there."""

    source: str
    offset: int

    @property
    def text(self) -> str:
        """Write it for people."""
        return f"{self.source} @ {self.offset}"

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Give it as it stands in a form."""
        return [("source", self.source), ("offset", str(self.offset))]

    @property
    def query(self) -> dict[str, object]:
        """Give it as it stands in an address."""
        return dict(self.pairs)

    def posted(self, visit: Visit) -> LedgerRecord:
        """Read the record, posted or not any more. Raises `FieldInvalid`."""
        return visit.client.get_records(visit.book, source=self.source, offset=self.offset)[0]

    def waiting(self, visit: Visit, listed: str) -> QuarantinedRecord | SuspendedRecord:
        """Find it among what waits. Raises `FieldInvalid` where it is not, or no longer."""
        client, book = visit.client, visit.book
        mine = all_of("", channel=source_name(book, self.source))
        found: Iterator[QuarantinedRecord | SuspendedRecord] = (
            iter(client.list_suspense(book, filter_by=mine))
            if listed == "suspense"
            else client.list_quarantine(book, filter_by=mine)
        )
        for each in islice(found, LOOKED_AT_MAX):
            if each.offset == self.offset:
                return each
        raise FieldInvalid(
            f"offset: expected a record in {listed}; {self.text} is not there, or no longer: "
            f"`tonne {listed} list` has what waits",
            metadata={"field": "offset", "value": str(self.offset)},
        )


def place_of(visit: Visit) -> RecordPlace:
    """Read where a record is. Raises `FieldInvalid`."""
    source = visit.given("source")
    text = visit.given("offset")
    if not source or not (text.isascii() and text.isdecimal() and int(text) <= OFFSET_MAX):
        raise FieldInvalid(
            f"offset: expected the channel of a record and its offset there; got "
            f"{source!r} and {text!r}: choose one of a list",
            metadata={"field": "offset", "value": text},
        )
    return RecordPlace(source, int(text))


def texts_of(record: Mapping[str, object]) -> dict[str, str]:
    """Write the fields of a record; of what could not be read, what was written there."""
    unread = _unread(record.get("unread"))
    return {name: unread.get(name) or _text(record.get(name)) for name in FORM_FIELDS}


def _unread(text: object) -> dict[str, str]:
    try:
        found = json.loads(str(text or "{}"))
    except json.JSONDecodeError:
        return {}
    return {str(name): str(value) for name, value in found.items()}


def _text(value: object) -> str:
    if isinstance(value, Decimal):
        return exact_text(value)
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
    return str(value or "")


def is_filled(visit: Visit) -> bool:
    """Whether somebody has filled the fields in."""
    return RECORD in visit.query or any(name.startswith(PREFIX) for name in visit.query)


def sent(visit: Visit) -> dict[str, str]:
    """Read the record that was shown with what it changes, and sent. Raises `FieldInvalid`."""
    text = visit.given(RECORD)
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not (
        isinstance(found, dict)
        and found.keys() <= set(FORM_FIELDS)
        and all(isinstance(each, str) for each in found.values())
    ):
        raise FieldInvalid(
            f"{RECORD}: expected the fields of a record; got {text!r}: have it shown what it "
            "changes, and send that",
            metadata={"field": RECORD},
        )
    return found


def as_sent(record: Mapping[str, str]) -> tuple[str, str]:
    """Give a record as it stands in a form: all of it, so that sent twice it is the same."""
    return RECORD, json.dumps(record)


def mended(visit: Visit, record: Mapping[str, object]) -> dict[str, str]:
    """Give the record as it is to be: what was changed in the form, and else what it has.

    A field that was left as it was shown stays to the last character, hidden ones too.
    """
    if RECORD in visit.query:
        return sent(visit)
    shown = texts_of(record)
    wanted: dict[str, str] = {}
    for name in FORM_FIELDS:
        typed = visit.query.get(f"{PREFIX}{name}")
        if typed is None or typed.strip() == visible(shown[name]).strip():
            wanted[name] = shown[name]
        else:
            wanted[name] = typed.strip()
    return wanted


def fill_form(visit: Visit, place: RecordPlace, shown: Mapping[str, str], **kept: str) -> Form:
    """Make the form of a record's fields: it shows what is changed, and changes nothing."""
    say = visit.say
    pairs = [*place.pairs, *kept.items()]
    if visit.asked_language:
        pairs.append(("lang", visit.asked_language))
    fields = [_field(visit, name, shown[name]) for name in FORM_FIELDS]
    first = [each for each in fields if each.name.removeprefix(PREFIX) in FIRST]
    further = [each for each in fields if each not in first]
    return Form(
        visit.path, first, say("Show what it changes"), pairs, further, say("Further fields")
    )


FIRST = ("record_id", *REQUIRED_FIELDS, "region")
"""Fields that nearly every record has."""


def _field(visit: Visit, name: str, value: str) -> Field:
    given = visit.query.get(f"{PREFIX}{name}", value)
    choices = [(each, each or "–") for each in QUALITIES] if name == "data_quality" else []
    return Field(f"{PREFIX}{name}", visit.say(name.replace("_", " ")), given, choices)


def reason_code_field(visit: Visit) -> Field:
    """Ask why, as a code."""
    choices = [(each, visit.say(TITLES[each])) for each in CODES]
    return Field("code", visit.say("Kind of reason"), visit.given("code", CODES), choices)


TITLES = {
    "error": "it was wrong",
    "estimate": "it was an estimate that is settled",
    "duplicate": "it says what another record says",
    "other": "something else",
}


def file_of(name: str, place: RecordPlace, record: Mapping[str, str]) -> list[Command]:
    """Write the file for a command: its head, and the record."""
    told = {name: value for name, value in record.items() if value}
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["channel", "offset", *told])
    writer.writerow([place.source, place.offset, *map(csv_cell, told.values())])
    return [
        Command(line, "" if number else name)
        for number, line in enumerate(out.getvalue().splitlines())
    ]
