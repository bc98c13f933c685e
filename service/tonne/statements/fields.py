"""Fields of statements: what each may hold, read from texts and mappings, and written back."""

from __future__ import annotations

import dataclasses
import datetime as dt
import difflib
import enum
import re
import types
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Annotated, Any, Final, TypeVar, get_args, get_origin, get_type_hints

from tonne.errors import FieldInvalid

T = TypeVar("T")

TEXT_CHARS_MAX: Final = 1_000
"""Longest text of a field."""

ITEMS_MAX: Final = 200
"""Most items of a list."""

WHOLE_MAX: Final = 1_000_000
"""Largest whole number of a field."""


class Mark(enum.Enum):
    """What a text has to be; REQUIRED: it may not be empty."""

    REQUIRED = "a text"
    ID = "an id of small letters, digits, dots, hyphens and underscores"
    DAY = "a day as YYYY-MM-DD"
    MONTH = "a month as YYYY-MM"
    NUMBER = "a decimal number like -12.5"
    AMOUNT = "a decimal number of at least 0"
    SHARE = "a decimal number from 0 to 1"


Required = Annotated[str, Mark.REQUIRED]
Id = Annotated[str, Mark.ID]
Day = Annotated[str, Mark.DAY]
Month = Annotated[str, Mark.MONTH]
Number = Annotated[str, Mark.NUMBER]
Amount = Annotated[str, Mark.AMOUNT]
Share = Annotated[str, Mark.SHARE]

_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_MONTH: Final = re.compile(r"(19[7-9]\d|20\d\d|21\d\d)-(0[1-9]|1[0-2])", re.ASCII)
_NUMBER: Final = re.compile(r"-?\d{1,30}(\.\d{1,18})?", re.ASCII)
_WHOLE: Final = re.compile(r"-?\d{1,7}", re.ASCII)


def invalid(place: str, expected: str, got: object) -> FieldInvalid:
    """Say which field is wrong."""
    shown = repr(got) if isinstance(got, str) else str(got)
    return FieldInvalid(
        f"{place}: expected {expected}; got {shown[:200]}",
        metadata={"field": place, "value": str(got)[:200]},
    )


def check_id(place: str, text: str) -> str:
    """Return an id that fits, else raise `FieldInvalid`."""
    if not _ID.fullmatch(text):
        raise invalid(
            place, "an id of at most 128 letters, digits, dots, hyphens and underscores", text
        )
    return text


def check_fields(value: Any, place: str) -> None:
    """Check each field of a dataclass by what its type says, and the dataclasses within.

    Raises
    ------
    FieldInvalid
        Of the first field that is wrong.
    """
    known = hints(type(value))
    for each in dataclasses.fields(value):
        held, kind = getattr(value, each.name), known[each.name]
        if each.default is dataclasses.MISSING and held in ("", None):
            raise invalid(f"{place}.{each.name}", _expected(kind), "")
        _check(kind, held, f"{place}.{each.name}")


def _check(kind: Any, value: Any, place: str) -> None:
    inner, marks = _parts(kind)
    if get_origin(inner) is tuple:
        if len(value) > ITEMS_MAX:
            raise invalid(place, f"at most {ITEMS_MAX} items", f"{len(value)}")
        for index, item in enumerate(value):
            _check(get_args(inner)[0], item, f"{place}[{index}]")
    elif dataclasses.is_dataclass(inner):
        check_fields(value, place)
    elif inner is str:
        _check_text(marks, value, place)
    elif inner is int and not 0 <= value <= WHOLE_MAX:
        raise invalid(place, f"a whole number from 0 to {WHOLE_MAX}", value)


def _check_text(marks: tuple[Any, ...], text: str, place: str) -> None:
    if len(text) > TEXT_CHARS_MAX or "\x00" in text:
        raise invalid(
            place, f"at most {TEXT_CHARS_MAX} characters, none of them NUL", f"{text[:20]}..."
        )
    for mark in marks:
        if mark is Mark.REQUIRED:
            if not text.strip():
                raise invalid(place, mark.value, text)
        elif text and not _fits(mark, text):
            raise invalid(place, mark.value, text)


def _fits(mark: Mark, text: str) -> bool:
    if mark is Mark.ID:
        return _ID.fullmatch(text) is not None
    if mark is Mark.DAY:
        return is_day(text)
    if mark is Mark.MONTH:
        return is_month(text)
    if not is_number(text):
        return False
    number = Fraction(text)
    return mark is Mark.NUMBER or (number >= 0 and (mark is Mark.AMOUNT or number <= 1))


def is_number(text: str) -> bool:
    """Whether a text is a decimal number."""
    return _NUMBER.fullmatch(text) is not None


def is_month(text: str) -> bool:
    """Whether a text is a month of 1970 to 2199, YYYY-MM."""
    return _MONTH.fullmatch(text) is not None


def is_day(text: str) -> bool:
    """Whether a text is a day of the calendar."""
    try:
        return _DAY.fullmatch(text) is not None and bool(dt.date.fromisoformat(text))
    except ValueError:
        return False


def hints(kind: Any) -> dict[str, Any]:
    """Give the types of a dataclass's fields, with their marks."""
    return _hints(kind)


@cache
def _hints(kind: type) -> dict[str, Any]:
    found = get_type_hints(kind, include_extras=True)
    return {each.name: found[each.name] for each in dataclasses.fields(kind)}


def _parts(kind: Any) -> tuple[Any, tuple[Any, ...]]:
    """Give a type without its marks, and these; of an optional one, what it is if it is there."""
    if get_origin(kind) is Annotated:
        inner, *marks = get_args(kind)
        return inner, tuple(marks)
    if get_origin(kind) is types.UnionType:
        (kind,) = (each for each in get_args(kind) if each is not types.NoneType)
    return kind, ()


def plain_type(kind: Any) -> Any:
    """Give a type without marks, and without None."""
    return _parts(kind)[0]


def to_mapping(value: Any) -> dict[str, Any]:
    """Write a dataclass as a mapping of what is stated; what has its default is left out."""
    found = {}
    for each in dataclasses.fields(value):
        held = getattr(value, each.name)
        if held != each.default:
            found[each.name] = _plain(held)
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if dataclasses.is_dataclass(value):
        return to_mapping(value)
    return str(value) if isinstance(value, enum.StrEnum) else value


def from_mapping(kind: type[T], given: Any, place: str) -> T:
    """Read a dataclass from a mapping, or from texts as a command line or a table has them.

    Raises
    ------
    FieldInvalid
        A field is unknown (with the nearest that is known), missing, or of another type.
    """
    if not isinstance(given, dict):
        raise invalid(place, f"fields of {kind.__name__}", given)
    known = hints(kind)
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(str(name), known, 1)
            meant = f" (did you mean {near[0]}?)" if near else ""
            raise invalid(place, f"fields of {', '.join(known)}{meant}", str(name))
    values = {
        name: _read(known[name], value, f"{place}.{name}")
        for name, value in given.items()
        if value != ""
    }
    for each in dataclasses.fields(kind):  # type: ignore[arg-type]  # T is a dataclass
        if each.name not in values and each.default is dataclasses.MISSING:
            raise invalid(f"{place}.{each.name}", _expected(known[each.name]), "")
    return kind(**values)


def _read(kind: Any, value: Any, place: str) -> Any:
    inner, _ = _parts(kind)
    if get_origin(inner) is tuple:
        (item, *_) = get_args(inner)
        if isinstance(value, str):
            value = [each.strip() for each in value.split(",") if each.strip()]
        if not isinstance(value, list | tuple):
            raise invalid(place, "a list", value)
        return tuple(_read(item, each, f"{place}[{index}]") for index, each in enumerate(value))
    if dataclasses.is_dataclass(inner):
        return from_mapping(inner, value, place)  # type: ignore[arg-type]  # it is a class
    if inner is bool:
        return _read_bool(value, place)
    if inner is int:
        return _read_whole(value, place)
    if not isinstance(value, str):
        raise invalid(place, _expected(kind), value)
    if inner is Decimal:
        return Decimal(value)
    return _word(inner, value, place) if issubclass(inner, enum.StrEnum) else value


def _read_bool(value: Any, place: str) -> bool:
    if value not in (True, False, "true", "false"):
        raise invalid(place, "true or false", value)
    return value in (True, "true")


def _read_whole(value: Any, place: str) -> int:
    if isinstance(value, bool) or not _WHOLE.fullmatch(str(value)):
        raise invalid(place, "a whole number", value)
    return int(value)


def _word(kind: type[enum.StrEnum], value: str, place: str) -> enum.StrEnum:
    text = value.lower().replace("-", "_")
    try:
        return kind(text)
    except ValueError:
        raise invalid(place, _expected(kind), value) from None


def _expected(kind: Any) -> str:
    inner, marks = _parts(kind)
    if isinstance(inner, type) and issubclass(inner, enum.StrEnum):
        return f"one of {', '.join(each for each in inner if each)}"
    return str(marks[0].value) if marks else "a text"
