"""Filters and orders of listings: a small part of AIP-160, and what AIP-132 says of order_by.

A filter is comparisons that all hold: ``type = FACILITY_TYPE_OFFICE AND id : "berlin-*"``. There
is no OR, no NOT and no bracket. What each listing takes stands beside it as `Fields`.
"""

from __future__ import annotations

import datetime as dt
import operator
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from tonne.errors import FieldInvalid
from tonne.store.rows import Condition

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

FILTER_CHARS_MAX: Final = 2_000
"""Longest filter."""

CONDITIONS_MAX: Final = 20
"""Most comparisons of a filter."""

_INTEGER_DIGITS_MAX: Final = 18
_SHOWN_CHARS: Final = 24

EQUALITY: Final = ("=", "!=")
ORDERED: Final = ("=", "!=", "<", "<=", ">", ">=")
TEXT: Final = ("=", "!=", ":")

_TOKEN: Final = re.compile(
    r"""\s*(?:
        (?P<quoted>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
      | (?P<operator>!=|<=|>=|[=<>:])
      | (?P<bare>[^\s=<>!:"'()]+)
    )""",
    re.VERBOSE | re.DOTALL,
)
_BARE_VALUE: Final = re.compile(r"[\w.+/*-]+")
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Field:
    """A field by which a listing is filtered.

    Parameters
    ----------
    column : str
        Its value in the store.
    operators : sequence of str
        What it may be compared by.
    read : callable
        Reads a value for a book; raises `ValueError`.
    expected : str
        What a value is, for messages.
    is_optional : bool
        Whether it may be empty: then `field:*` asks whether it is not, and no order holds of it.
    """

    column: str
    operators: Sequence[str]
    read: Callable[[str, str], object]
    expected: str
    is_optional: bool = False


@dataclass(frozen=True, slots=True)
class Fields:
    """What one listing is filtered by, and ordered by.

    Parameters
    ----------
    fields : mapping of str to Field
        By name in the resource.
    example : str
        A filter that it takes.
    key : str
        Name of the field that gives its order; empty where there is one order alone.
    """

    fields: Mapping[str, Field]
    example: str
    key: str = ""

    def conditions(self, filter_by: str, book: str = "") -> tuple[Condition, ...]:
        """Read a filter; empty: no conditions.

        Raises
        ------
        FieldInvalid
            With the place, the fields that may be used, and an example.
        """
        if len(filter_by) > FILTER_CHARS_MAX:
            raise self.refusal(
                filter_by, 0, f"at most {FILTER_CHARS_MAX} characters", f"{len(filter_by)}"
            )
        return tuple(_Reader(self, filter_by, book).conditions())

    def is_descending(self, order_by: str) -> bool:
        """Read an order: that of the key, or `desc` against it. Raises `FieldInvalid`."""
        words = order_by.split()
        if not words or words in ([self.key], [self.key, "asc"]):
            return False
        if words == [self.key, "desc"]:
            return True
        known = f"{self.key!r} or '{self.key} desc'"
        raise FieldInvalid(
            f"order_by: expected {known}, since no index gives another order; got "
            f"{order_by[:_SHOWN_CHARS]!r}",
            metadata={"field": "order_by", "fields": self.key},
        )

    def refusal(self, text: str, position: int, expected: str, got: str = "") -> FieldInvalid:
        """Say what was expected at a position of a filter."""
        rest = text[position : position + _SHOWN_CHARS]
        got = got or (repr(rest) if rest else "the end")
        names = ", ".join(self.fields)
        return FieldInvalid(
            f"filter: at character {position + 1}, expected {expected}; got {got}. The fields are "
            f"{names}; comparisons are joined by AND, as in: {self.example}",
            metadata={
                "field": "filter",
                "position": str(position + 1),
                "fields": names,
                "example": self.example,
            },
        )


class _Reader:
    """Reads one filter, from the left to the right."""

    def __init__(self, fields: Fields, text: str, book: str) -> None:
        self._fields = fields
        self._text = text
        self._book = book
        self._at = 0

    def conditions(self) -> Iterable[Condition]:
        if not self._text.strip():
            return
        count = 0
        while True:
            count += 1
            if count > CONDITIONS_MAX:
                raise self._refuse(self._at, f"at most {CONDITIONS_MAX} comparisons", "more")
            yield from self._comparison()
            start = self._skip()
            if start == len(self._text):
                return
            kind, word = self._take()
            if (kind, word) != ("bare", "AND"):
                raise self._refuse(start, "AND or the end")

    def _comparison(self) -> Iterable[Condition]:
        start = self._skip()
        kind, name = self._take()
        field = self._fields.fields.get(name) if kind == "bare" else None
        if field is None:
            raise self._refuse(start, "a field")
        start = self._skip()
        kind, symbol = self._take()
        if kind != "operator" or symbol not in field.operators:
            among = ", ".join(field.operators)
            raise self._refuse(start, f"one of {among} behind {name}")
        start = self._skip()
        kind, text = self._take()
        if kind not in ("quoted", "bare") or (kind == "bare" and not _BARE_VALUE.fullmatch(text)):
            raise self._refuse(start, f"{field.expected}, in quotes")
        if symbol == ":":
            yield self._has(field, kind, text, start)
            return
        value = self._value(field, text, start)
        if field.is_optional and symbol not in EQUALITY:
            yield Condition(field.column, "set")
        yield Condition(field.column, cast("Any", symbol), value)

    def _has(self, field: Field, kind: str, text: str, start: int) -> Condition:
        if kind == "bare" and text == "*" and field.is_optional:
            return Condition(field.column, "set")
        if text.endswith("*") and text != "*" and "=" in field.operators and field.read is as_text:
            return Condition(field.column, "prefix", text[:-1])
        if field.read is not as_text:
            raise self._refuse(start, "* alone, which asks whether the field is set")
        begins = 'the beginning of a text and a star, like "north-*"'
        raise self._refuse(
            start, f"{begins}, or * alone where it may be empty" if field.is_optional else begins
        )

    def _value(self, field: Field, text: str, start: int) -> object:
        try:
            return field.read(text, self._book)
        except ValueError:
            raise self._refuse(start, field.expected) from None

    def _skip(self) -> int:
        """Go over white space, giving where the next token begins."""
        rest = self._text[self._at :]
        self._at += len(rest) - len(rest.lstrip())
        return self._at

    def _take(self) -> tuple[str, str]:
        found = _TOKEN.match(self._text, self._at)
        if found is None or found.lastgroup is None:
            return "", ""
        self._at = found.end()
        token = found[found.lastgroup]
        if found.lastgroup == "quoted":
            return "quoted", re.sub(r"\\(.)", r"\1", token[1:-1], flags=re.DOTALL)
        return found.lastgroup, token

    def _refuse(self, position: int, expected: str, got: str = "") -> FieldInvalid:
        return self._fields.refusal(self._text, position, expected, got)


def as_text(text: str, _: str) -> str:
    """Take a text as it is."""
    return text


def key_field(column: str = "id") -> Field:
    """Make the field of a key: an index serves each comparison."""
    return Field(column, (*ORDERED, ":"), as_text, "a text")


def text_field(column: str, *, is_optional: bool = True) -> Field:
    """Make the field of a text, which has no order of its own."""
    return Field(column, TEXT, as_text, "a text", is_optional)


def number_field(column: str, *, is_optional: bool = False) -> Field:
    """Make the field of a whole number; one that is optional is not zero."""
    operators = (*ORDERED, ":") if is_optional else ORDERED
    return Field(column, operators, _number, "a whole number", is_optional)


def day_field(column: str) -> Field:
    """Make the field of a day that may be open."""
    return Field(column, (*ORDERED, ":"), _day, "a day like 2025-01-31", is_optional=True)


def moment_field(column: str, *, is_optional: bool = False) -> Field:
    """Make the field of a moment."""
    operators = (*ORDERED, ":") if is_optional else ORDERED
    return Field(column, operators, _moment, "a moment like 2025-01-31T12:00:00Z", is_optional)


def word_field(column: str, words: Mapping[str, object], *, is_optional: bool = False) -> Field:
    """Make the field of an enum: its names in the API, each with its value in the store."""

    def read(text: str, _: str) -> object:
        if text not in words:
            raise ValueError(text)
        return words[text]

    operators = (*EQUALITY, ":") if is_optional else EQUALITY
    return Field(column, operators, read, f"one of {', '.join(words)}", is_optional)


def name_field(collection: str, *, column: str = "id", is_ordered: bool = True) -> Field:
    """Make the field of a resource name, of which the store has the last part.

    `collection` is like `books/{book}/channels`.
    """

    def read(text: str, book: str) -> object:
        prefix = collection.format(book=book) + "/"
        last = text.removeprefix(prefix)
        if last == text or "/" in last:
            raise ValueError(text)
        return last

    return Field(
        column, ORDERED if is_ordered else EQUALITY, read, f"a name of the form {collection}/..."
    )


_COMPARE: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "prefix": lambda value, prefix: value.startswith(prefix),
    "set": lambda value, _: bool(value),
}


def is_match(item: object, conditions: Iterable[Condition]) -> bool:
    """Whether the attributes of an object in memory fulfil conditions."""
    return all(
        _COMPARE[each.operator](getattr(item, each.column), each.value) for each in conditions
    )


def _number(text: str, _: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= _INTEGER_DIGITS_MAX):
        raise ValueError(text)
    return int(text)


def _day(text: str, _: str) -> str:
    if not text:
        return ""  # of a day that is open
    if not _DAY.fullmatch(text):
        raise ValueError(text)
    return dt.date.fromisoformat(text).isoformat()


def _moment(text: str, _: str) -> dt.datetime:
    moment = dt.datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    try:
        return moment.astimezone(dt.UTC)
    except OverflowError:
        raise ValueError(text) from None
