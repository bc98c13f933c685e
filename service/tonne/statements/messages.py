"""Dataclasses of statements and of what is computed from them, as messages, and back.

A field has one name in the dataclass, in the message and in JSON. Days are `google.type.Date` on
the wire, numbers are decimal texts, words are enums.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar, get_args, get_origin

from google.protobuf.timestamp_pb2 import Timestamp
from google.type.date_pb2 import Date

from tonne.statements.fields import hints, invalid, is_day, plain_type

if TYPE_CHECKING:
    import enum

    from google.protobuf.descriptor import EnumDescriptor
    from google.protobuf.message import Message

T = TypeVar("T")


def fill(message: Message, value: Any, place: str) -> None:
    """Write a dataclass into a message.

    Raises
    ------
    FieldInvalid
        A day is none of the calendar: a message cannot hold it.
    """
    fields = message.DESCRIPTOR.fields_by_name
    for each in dataclasses.fields(value):
        held = getattr(value, each.name)
        field = fields[each.name]
        if held is None or held in ("", ()) or (field.has_presence and held == 0):
            continue  # absent says the same
        _put(message, field, held, f"{place}.{each.name}")


def _put(message: Message, field: Any, held: Any, place: str) -> None:
    if field.is_repeated:
        for index, item in enumerate(held):
            if field.message_type is not None:
                fill(getattr(message, field.name).add(), item, f"{place}[{index}]")
            else:
                getattr(message, field.name).append(item)
    elif field.message_type is not None:
        inner = getattr(message, field.name)
        if isinstance(inner, Date):
            inner.CopyFrom(date_message(held, place))
        elif isinstance(inner, Timestamp):
            inner.FromDatetime(held)
        else:
            inner.SetInParent()
            fill(inner, held, place)
    elif field.enum_type is not None:
        setattr(message, field.name, f"{prefix(field.enum_type)}{held.name}")
    else:
        setattr(message, field.name, format(held, "f") if isinstance(held, Decimal) else held)


def read(kind: type[T], message: Message, place: str) -> T:
    """Read a dataclass from a message.

    Raises
    ------
    FieldInvalid
        A word is unknown, or no day.
    """
    known = hints(kind)
    values = {
        name: _get(message, message.DESCRIPTOR.fields_by_name[name], hint, f"{place}.{name}")
        for name, hint in known.items()
    }
    # What a message leaves open is what the dataclass has for it.
    defaults = {
        each.name
        for each in dataclasses.fields(kind)  # type: ignore[arg-type]  # T is a dataclass
        if each.default is not dataclasses.MISSING and values[each.name] == ""
    }
    return kind(**{name: value for name, value in values.items() if name not in defaults})


def _get(message: Message, field: Any, hint: Any, place: str) -> Any:
    inner, held = plain_type(hint), getattr(message, field.name)
    if get_origin(inner) is tuple:
        item = plain_type(get_args(inner)[0])
        if field.message_type is None:
            return tuple(held)
        return tuple(read(item, each, f"{place}[{index}]") for index, each in enumerate(held))
    if field.message_type is not None:
        return _get_message(message, field, inner, place)
    if field.enum_type is not None:
        return _word(inner, message, field, place)
    return (Decimal(held) if held else None) if inner is Decimal else held


def _get_message(message: Message, field: Any, inner: Any, place: str) -> Any:
    held = getattr(message, field.name)
    is_there = message.HasField(field.name)
    if isinstance(held, Date):
        return read_date(held, place) if is_there else ""
    if not is_there:
        return None
    if isinstance(held, Timestamp):
        return held.ToDatetime(tzinfo=dt.UTC)
    return read(inner, held, place)


def _word(kind: type[enum.StrEnum], message: Message, field: Any, place: str) -> Any:
    if field.has_presence and not message.HasField(field.name):
        return kind("") if "" in set(kind) else None  # whether it may be is checked later
    known: EnumDescriptor = field.enum_type
    number = getattr(message, field.name)
    found = known.values_by_number.get(number)
    if number == 0 or found is None:
        words = ", ".join(each.name for each in known.values if each.number)
        raise invalid(place, f"one of {words}", str(number))
    return kind[found.name.removeprefix(prefix(known))]


def prefix(known: EnumDescriptor) -> str:
    """Give what the words of an enum begin with: `TARGET_TYPE_` of `TargetType`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", known.name).upper() + "_"


def date_message(day: str, place: str) -> Date:
    """Write a day. Raises `FieldInvalid` where it is none of the calendar."""
    if not is_day(day):
        raise invalid(place, "a day as YYYY-MM-DD", day)
    year, month, number = map(int, day.split("-"))
    return Date(year=year, month=month, day=number)


def read_date(message: Date, place: str) -> str:
    """Read a day as YYYY-MM-DD. Raises `FieldInvalid` where it is none of the calendar."""
    text = f"{message.year:04d}-{message.month:02d}-{message.day:02d}"
    if not is_day(text):
        raise invalid(place, "a day of the calendar", text)
    return text


def read_moment(message: Timestamp, place: str) -> dt.datetime:
    """Read a moment. Raises `FieldInvalid` where the calendar has none."""
    try:
        return message.ToDatetime(tzinfo=dt.UTC)
    except (ValueError, OverflowError):
        raise invalid(
            place, "a moment from year 1 to 9999", f"{message.seconds} seconds"
        ) from None
