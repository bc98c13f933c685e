"""Records as mappings: to the message that travels, and back."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from tonne.client.answers.quality_words import data_quality_of
from tonne.client.errors import RecordsInvalid
from tonne.v1 import ingest_pb2

if TYPE_CHECKING:
    from tonne.client.answers.book_days import Days

TEXT_FIELDS = (
    "record_id",
    "facility",
    "activity",
    "unit",
    "region",
    "supplier",
    "product",
    "evidence",
    "unread",
)
"""Fields that are plain text."""

REQUIRED_FIELDS = ("facility", "activity", "quantity", "unit", "start", "end")
"""Fields without which no record can be posted."""

RECORD_FIELDS = (
    "record_id",
    "facility",
    "activity",
    "quantity",
    "unit",
    "start",
    "end",
    "region",
    "supplier",
    "product",
    "data_quality",
    "evidence",
    "attributes",
    "unread",
)
"""All fields of a record, in the order in which files carry them."""

DATA_QUALITIES = ("", "measured", "calculated", "estimated")
"""Data qualities, numbered as `tonne.v1.DataQuality`."""

DAY_CHARS = 10
"""Characters of a day without a time: 2025-01-31."""

UNREAD_CHARS_MAX = 50
"""Characters that a record keeps of a text that could not be read: three fit the limit, however
they are escaped."""

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def record_message(
    record: Mapping[str, object], position: int, days: Days
) -> ingest_pb2.ActivityRecord:
    """Make the message of a record.

    Parameters
    ----------
    record : Mapping
        Keys of `RECORD_FIELDS`. A quantity is an int, a Decimal, a decimal text, or a float,
        which stands for the shortest decimal that reads back as it. Start and end are aware
        datetimes, naive ones (taken as UTC), dates (days of the book) or ISO 8601 texts. A
        text that is no time, or no data quality, goes into `unread`: the server puts the record
        into quarantine with what is written there.
    position : int
        Number of the record in the call, for messages.
    days : Days
        When the book's days begin.

    Raises
    ------
    RecordsInvalid
        Where a key is no field, or a value has a type that the field cannot have.
    """
    message = ingest_pb2.ActivityRecord()
    unread: dict[str, str] = {}
    for name, value in record.items():
        if value is None:
            continue
        put = _PUT.get(name)
        if put is None:
            raise RecordsInvalid(
                f"record {position}: {name!r} is not a field of a record: rename or drop it; "
                f"the fields are {', '.join(RECORD_FIELDS)}",
                metadata={"record": str(position), "field": str(name)},
            )
        try:
            found = _as_read(name, value, days)
            if found is None:
                unread[name] = str(value)
            else:
                put(message, name, found)
        except (TypeError, ValueError, OverflowError) as error:
            raise RecordsInvalid(
                f"record {position}, field {name}: {error}",
                metadata={"record": str(position), "field": name},
            ) from error
    if unread:
        message.unread = unread_text(unread)
    return message


def record_mapping(message: ingest_pb2.ActivityRecord) -> dict[str, object]:
    """Read a message as a mapping; quantities as Decimal, times as aware datetimes in UTC."""
    record: dict[str, object] = {name: getattr(message, name) for name in TEXT_FIELDS}
    record["quantity"] = Decimal(message.quantity) if message.quantity else None
    for name in ("start", "end"):
        record[name] = (
            getattr(message, name).ToDatetime(tzinfo=dt.UTC) if message.HasField(name) else None
        )
    record["data_quality"] = DATA_QUALITIES[message.data_quality]
    record["attributes"] = message.attributes
    record["unread"] = message.unread
    return {name: record[name] for name in RECORD_FIELDS}


def read_time(text: str, days: Days) -> dt.datetime | None:
    """Read an ISO 8601 text as a time; None where it is none.

    Without a time it is the first instant of a day of the book, without an offset it is UTC.
    """
    text = text.strip()
    try:
        if len(text) == DAY_CHARS:
            return days.start(dt.date.fromisoformat(text))
        if text.isdigit():
            return None  # 20250131, 45717: by no rule a day
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)


def unread_text(fields: Mapping[str, str]) -> str:
    """Write what could not be read as `ActivityRecord.unread`: each text cut to a length."""
    cut = {name: cut_unread(text) for name, text in fields.items()}
    return json.dumps(cut, ensure_ascii=False)


def attributes_text(value: object) -> object:
    """Write attributes that are given as a mapping as the JSON text that travels."""
    if not isinstance(value, Mapping):
        return value
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def cut_unread(text: str) -> str:
    """Cut a text that could not be read to what a record keeps of it."""
    return text if len(text) <= UNREAD_CHARS_MAX else text[: UNREAD_CHARS_MAX - 1] + "…"


def _as_read(name: str, value: object, days: Days) -> object | None:
    """Read the fields whose texts may be unreadable; None where this one is."""
    if name == "data_quality" and isinstance(value, str):
        return data_quality_of(value)
    if name not in {"start", "end"}:
        return value
    if isinstance(value, str):
        # An empty text is no value: the server says that the field is missing.
        return read_time(value, days) if value.strip() else value
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return days.start(value)
    return value


def _put_text(message: ingest_pb2.ActivityRecord, name: str, value: object) -> None:
    if not isinstance(value, str):
        raise TypeError(f"expected a text, got {type(value).__name__}: {value!r}")
    setattr(message, name, value)


def _put_quantity(message: ingest_pb2.ActivityRecord, _name: str, value: object) -> None:
    if isinstance(value, float):
        message.quantity_double = value
    elif isinstance(value, str | Decimal) or (
        isinstance(value, int) and not isinstance(value, bool)
    ):
        message.quantity = str(value)
    else:
        raise TypeError(
            f"expected an int, a Decimal, a decimal text or a float, got "
            f"{type(value).__name__}: {value!r}"
        )


def _put_time(message: ingest_pb2.ActivityRecord, name: str, value: object) -> None:
    if isinstance(value, str):
        return  # an empty one
    if not isinstance(value, dt.datetime):
        raise TypeError(
            f"expected a datetime, a date or an ISO 8601 text, got "
            f"{type(value).__name__}: {value!r}"
        )
    if value.tzinfo is None:
        value = value.replace(tzinfo=dt.UTC)
    since = value - _EPOCH
    field = message.start if name == "start" else message.end
    field.seconds = since.days * 86_400 + since.seconds
    field.nanos = since.microseconds * 1_000


def _put_data_quality(message: ingest_pb2.ActivityRecord, _name: str, value: object) -> None:
    quality = data_quality_of(value) if isinstance(value, str) else None
    if quality is None:
        raise ValueError(f"expected one of measured, calculated, estimated; got {value!r}")
    if not quality:
        return  # not stated
    number = ingest_pb2.DataQuality.Name(DATA_QUALITIES.index(quality))
    message.MergeFrom(ingest_pb2.ActivityRecord(data_quality=number))


def _put_attributes(message: ingest_pb2.ActivityRecord, _name: str, value: object) -> None:
    _put_text(message, "attributes", attributes_text(value))


_PUT: dict[str, Callable[[ingest_pb2.ActivityRecord, str, object], None]] = {
    **dict.fromkeys(TEXT_FIELDS, _put_text),
    "quantity": _put_quantity,
    "start": _put_time,
    "end": _put_time,
    "data_quality": _put_data_quality,
    "attributes": _put_attributes,
}
