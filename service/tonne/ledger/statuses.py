"""What each row status means to a person: what was expected, and what to do."""

from __future__ import annotations

import json
from dataclasses import dataclass

from tonne.catalogue.words import units
from tonne.model import RecordField, RowError, RowStatus

GOT_CHARS_MAX = 160
"""Characters of a text that an error repeats."""


@dataclass(frozen=True, slots=True)
class StatusText:
    """The rule of a status (`expected`) and how to mend a record that breaks it."""

    expected: str
    remedy: str


STATUS_TEXTS: dict[RowStatus, StatusText] = {
    RowStatus.RECORD_MUST_DECODE: StatusText(
        "a well-formed ActivityRecord",
        "encode the record with the published proto and send it again",
    ),
    RowStatus.TEXT_MUST_BE_UTF8: StatusText(
        "valid UTF-8",
        "convert the text to UTF-8 and send the record again",
    ),
    RowStatus.TEXT_MUST_FIT: StatusText(
        "at most 256 bytes (evidence 2,048, attributes 8,192, unread 1,024)",
        "shorten the text and send the record again",
    ),
    RowStatus.FACILITY_MUST_BE_PRESENT: StatusText(
        "the id of a facility",
        "fill in the facility and send the record again",
    ),
    RowStatus.ACTIVITY_MUST_BE_PRESENT: StatusText(
        "the id of an activity",
        "fill in the activity and send the record again",
    ),
    RowStatus.UNIT_MUST_BE_PRESENT: StatusText(
        "a unit",
        "fill in the unit and send the record again",
    ),
    RowStatus.QUANTITY_MUST_BE_PRESENT: StatusText(
        "a quantity",
        "fill in the quantity and send the record again",
    ),
    RowStatus.QUANTITY_MUST_BE_A_NUMBER: StatusText(
        'a decimal number like "-12.50" or "1.5e3"',
        "write the quantity with a decimal point and without separators of thousands, and send "
        "the record again",
    ),
    RowStatus.QUANTITY_MUST_BE_FINITE: StatusText(
        "a finite number, neither NaN nor infinite",
        "send the record again when the quantity is known",
    ),
    RowStatus.QUANTITY_MUST_BE_IN_RANGE: StatusText(
        "at most 12 digits before the point",
        "use a larger unit or split the record, and send it again",
    ),
    RowStatus.START_MUST_BE_PRESENT: StatusText(
        "a start (as a text: in ISO 8601, like 2025-01-31)",
        "fill in the start and send the record again",
    ),
    RowStatus.END_MUST_BE_PRESENT: StatusText(
        "an end (as a text: in ISO 8601, like 2025-01-31)",
        "fill in the end and send the record again",
    ),
    RowStatus.START_MUST_BE_IN_RANGE: StatusText(
        "a time from 1970-01-01 to 2200-01-01 UTC",
        "correct the start and send the record again",
    ),
    RowStatus.END_MUST_BE_IN_RANGE: StatusText(
        "a time from 1970-01-01 to 2200-01-01 UTC",
        "correct the end and send the record again",
    ),
    RowStatus.END_MUST_FOLLOW_START: StatusText(
        "a time after the start (the end is exclusive)",
        "correct start and end and send the record again",
    ),
    RowStatus.UNIT_MUST_BE_KNOWN: StatusText(
        "a unit that Tonne or a factor of the activity knows",
        "use a known unit and send the record again, or say what it is in the book (`tonne word "
        "learn unit`) and mend the quarantine with the row as it is",
    ),
    RowStatus.UNIT_MUST_FIT_ACTIVITY: StatusText(
        "a unit with the dimension of one of the activity's factors",
        "use such a unit and send the record again",
    ),
    RowStatus.SPAN_MUST_FIT: StatusText(
        "at most ten years from start to end, or the server's ingest.span_days_max",
        "correct start and end, or split the record by time, and send it again",
    ),
    RowStatus.FIELD_MUST_BE_READABLE: StatusText(
        "what the producer can read",
        "say how the file writes it, or write a time in ISO 8601 (2025-01-31) and a data quality "
        "as measured, calculated or estimated, and send the record again",
    ),
    RowStatus.PERIOD_MUST_BE_OPEN: StatusText(
        "a time from the first day of the first open month on",
        "send the record with times in an open month, or ask who keeps the book to reopen the "
        "month (`tonne period reopen`), or to let late records count in the next open one "
        "(`tonne book update --late-records next-open`), and mend the quarantine with the row as "
        "it is",
    ),
    RowStatus.FACILITY_MUST_BE_REGISTERED: StatusText(
        "a facility in the book's register",
        "import the facility (`tonne facility import`), then clear the suspense (`tonne suspense "
        "clear`), where the record waits",
    ),
    RowStatus.FACTOR_MUST_EXIST: StatusText(
        "a factor for the activity, region and period in an edition of the book",
        "import an edition with such a factor, then clear the suspense, where the record waits",
    ),
}
"""The text of every status but POSTED."""


def field_name(field: RecordField) -> str:
    """Name of a field as in ActivityRecord; `record` for the record as a whole."""
    return field.name.lower()


def row_error_message(error: RowError) -> str:
    """Say of a record that was not posted what was expected, what was there, what to do."""
    return status_message(error.status, error.field, error.got or None)


def status_message(status: RowStatus, field: RecordField, got: str | None = None) -> str:
    """Say what was expected, what was there (`got`, where it is known), and what to do."""
    if status is RowStatus.FIELD_MUST_BE_READABLE and got is not None:
        return unread_message(got)
    text = STATUS_TEXTS[status]
    remedy = text.remedy
    if status is RowStatus.UNIT_MUST_BE_KNOWN and got:
        remedy = "; ".join(filter(None, (units.advice(got), remedy)))
    found = "" if got is None else f"; got {got!r}"
    return f"{field_name(field)}: expected {text.expected}{found}: {remedy}"


def unread_message(unread: str) -> str:
    """Say which fields a producer could not read, what is written there, and what to do.

    Parameters
    ----------
    unread : str
        `ActivityRecord.unread`: one JSON object from fields to texts, or whatever came instead.
    """
    text = STATUS_TEXTS[RowStatus.FIELD_MUST_BE_READABLE]
    try:
        found = {name: value for name, value in json.loads(unread).items() if value}
    except (ValueError, AttributeError):
        found = {"unread": unread}
    names, values = ", ".join(found), ", ".join(repr(value) for value in found.values())
    return f"{names}: expected {text.expected}; got {values}: {text.remedy}"
