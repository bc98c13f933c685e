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
        "a record is a well-formed ActivityRecord",
        "encode it with the published proto and send it again",
    ),
    RowStatus.TEXT_MUST_BE_UTF8: StatusText(
        "a text is valid UTF-8",
        "convert the text to UTF-8 and send the record again",
    ),
    RowStatus.TEXT_MUST_FIT: StatusText(
        "a text fits its limit: 256 bytes, evidence 2,048, attributes 8,192, unread 1,024",
        "shorten the text and send the record again",
    ),
    RowStatus.FACILITY_MUST_BE_PRESENT: StatusText(
        "a record names its facility",
        "fill in the facility and send the record again",
    ),
    RowStatus.ACTIVITY_MUST_BE_PRESENT: StatusText(
        "a record names its activity",
        "fill in the activity and send the record again",
    ),
    RowStatus.UNIT_MUST_BE_PRESENT: StatusText(
        "a record names its unit",
        "fill in the unit and send the record again",
    ),
    RowStatus.QUANTITY_MUST_BE_PRESENT: StatusText(
        "a record has a quantity",
        "fill in the quantity and send the record again",
    ),
    RowStatus.QUANTITY_MUST_BE_A_NUMBER: StatusText(
        'a quantity is a decimal number like "-12.50" or "1.5e3"',
        "write it with a point and without grouping, and send the record again",
    ),
    RowStatus.QUANTITY_MUST_BE_FINITE: StatusText(
        "a quantity is finite, neither NaN nor infinite",
        "send the record again once the value is known",
    ),
    RowStatus.QUANTITY_MUST_BE_IN_RANGE: StatusText(
        "a quantity has at most 12 digits before the point",
        "use a larger unit, or split the record",
    ),
    RowStatus.START_MUST_BE_PRESENT: StatusText(
        "a record has a start (from a text: one in ISO 8601, like 2025-01-31)",
        "fill in the start and send the record again",
    ),
    RowStatus.END_MUST_BE_PRESENT: StatusText(
        "a record has an end (from a text: one in ISO 8601, like 2025-01-31)",
        "fill in the end and send the record again",
    ),
    RowStatus.START_MUST_BE_IN_RANGE: StatusText(
        "a start lies from 1970-01-01 to 2200-01-01 UTC",
        "correct the start and send the record again",
    ),
    RowStatus.END_MUST_BE_IN_RANGE: StatusText(
        "an end lies from 1970-01-01 to 2200-01-01 UTC",
        "correct the end and send the record again",
    ),
    RowStatus.END_MUST_FOLLOW_START: StatusText(
        "an end, which is exclusive, lies after the start",
        "correct start and end and send the record again",
    ),
    RowStatus.UNIT_MUST_BE_KNOWN: StatusText(
        "a unit is one that Tonne or a factor of the activity knows",
        "use a known unit and send the record again",
    ),
    RowStatus.UNIT_MUST_FIT_ACTIVITY: StatusText(
        "a unit has the dimension of one of the activity's factors",
        "use a unit of that dimension and send the record again",
    ),
    RowStatus.SPAN_MUST_FIT: StatusText(
        "the time from start to end is at most ten years, or what the server is set to "
        "(ingest.span_days_max)",
        "correct start and end, or split the record by time, and send it again",
    ),
    RowStatus.FIELD_MUST_BE_READABLE: StatusText(
        "the producer can read every field",
        "say how the file writes it, or write a time in ISO 8601 (2025-01-31) and a data quality "
        "as measured, calculated or estimated, and send the record again",
    ),
    RowStatus.FACILITY_MUST_BE_REGISTERED: StatusText(
        "the facility is in the book's register",
        "import the facility; the record is kept in suspense until then",
    ),
    RowStatus.FACTOR_MUST_EXIST: StatusText(
        "an edition of the book has a factor for the activity, region and period",
        "import an edition that has one; the record is kept in suspense until then",
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
    return f"{field_name(field)}: {text.expected}{found}: {remedy}"


def unread_message(unread: str) -> str:
    """Say which fields a producer could not read, what is written there, and what to do.

    Parameters
    ----------
    unread : str
        `ActivityRecord.unread`: one JSON object from fields to texts, or whatever came instead.
    """
    text = STATUS_TEXTS[RowStatus.FIELD_MUST_BE_READABLE]
    try:
        fields = json.loads(unread)
        found = "; ".join(f"{name}: got {value!r}" for name, value in fields.items() if value)
    except (ValueError, AttributeError):
        found = f"unread: got {unread!r}"
    return f"{found}: {text.expected}: {text.remedy}"
