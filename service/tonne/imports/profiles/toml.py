"""Profiles as TOML files: read, with every key known, and found by name."""

from __future__ import annotations

import difflib
import hashlib
import tomllib
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tonne.client.answers.records import RECORD_FIELDS
from tonne.errors import FieldInvalid
from tonne.imports.profiles.profile import (
    ColumnRule,
    ComputedRule,
    DateRule,
    LeaveOutRule,
    Profile,
    Term,
    ValueRule,
)
from tonne.imports.sources.tables import FileRule, HeaderRule
from tonne.imports.values.numbers import NumberForm

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

SHIPPED = Path(__file__).parents[1] / "shipped"
"""Profiles that come with Tonne."""

SUFFIX = ".toml"
ASK = "# ASK:"
"""A line that begins so is a question that a person has to answer and to take out."""

UNKNOWN = "?"
"""What stands where a person has to put a word."""

_TOP = ("name", "description", "file", "numbers", "dates", "columns", "constants", "aliases")
_TABLES = ("registers", "values", "leave_out", "computed")
_FILE = (
    *("format", "encoding", "delimiter", "sheet", "header_row", "header_has"),
    *("hidden", "totals"),
)
_COLUMN = tuple(field.name for field in fields(ColumnRule))
_VALUE = ("column", "pattern", "dates", "year", *RECORD_FIELDS)
_TERM = tuple(field.name for field in fields(Term))
_LEAVE_OUT = tuple(field.name for field in fields(LeaveOutRule))


def shipped_names() -> list[str]:
    """List the profiles that come with Tonne."""
    return sorted(path.stem for path in SHIPPED.glob(f"*{SUFFIX}"))


def find_profile(name: str) -> Profile:
    """Read a profile: a file, or one that comes with Tonne, by its name.

    Raises
    ------
    FieldInvalid
        Where there is none, a question stands in it, or a key or a value is wrong.
    """
    path = _path_of(name)
    if not path.is_file():
        near = difflib.get_close_matches(name, shipped_names(), 1, 0.5)
        raise FieldInvalid(
            f"profile {name!r}: expected a file, or one of {', '.join(shipped_names())}"
            + (f"; the nearest is {near[0]!r}" if near else "")
            + "; `tonne import --guess FILE` makes one",
            metadata={"profile": name},
        )
    try:
        text = path.read_text("utf-8")
    except (UnicodeDecodeError, OSError) as error:
        raise FieldInvalid(f"profile {name}: expected a text in UTF-8; {error}") from error
    return read_profile(text, name)


def profile_sha256(name: str) -> str:
    """Digest a profile as it is written; empty for none."""
    return hashlib.sha256(_path_of(name).read_bytes()).hexdigest() if name else ""


def _path_of(name: str) -> Path:
    return SHIPPED / f"{name}{SUFFIX}" if name in shipped_names() else Path(name)


def read_profile(text: str, name: str, *, is_preview: bool = False) -> Profile:
    """Read a profile from its text; `name` is for messages.

    A preview may have words that are still unknown.

    Raises
    ------
    FieldInvalid
        Where a question stands in it, or a key or a value is wrong.
    """
    asked = [
        (number, line.strip().removeprefix(ASK).strip())
        for number, line in enumerate(text.splitlines(), 1)
        if line.strip().startswith(ASK)
    ]
    if asked:
        questions = "; ".join(f"line {number}: {question}" for number, question in asked)
        raise FieldInvalid(
            f"profile {name}: {len(asked)} to answer: {questions}. Set the value below each "
            f"question and take the line `{ASK}` out",
            metadata={"profile": name},
        )
    try:
        given = tomllib.loads(text)
        if not is_preview:
            _check_answered(given)
        return _profile(given)
    except tomllib.TOMLDecodeError as error:
        raise FieldInvalid(f"profile {name}: expected TOML; {error}") from error
    except FieldInvalid as error:
        raise FieldInvalid(f"profile {name}: {error}", metadata=error.metadata) from error


def _check_answered(given: Mapping[str, Any]) -> None:
    """Refuse what nobody has answered yet, wherever it stands."""
    found = [each for name in given if name != "leave_out" for each in _open(given[name], name)]
    if found:
        where, word = found[0]
        also = f" (and {', '.join(key for key, _ in found[1:])})" if found[1:] else ""
        raise FieldInvalid(
            f"{where}: expected a word; got {word!r}: put the one that is meant{also}",
            metadata={"key": where},
        )


def _open(given: object, where: str) -> Iterator[tuple[str, str]]:
    """List the keys that have no answer, each with what stands there."""
    if isinstance(given, dict):
        for key, value in given.items():
            is_word = where.startswith("aliases.")
            yield from _open(value, f"{where}.{key!r}" if is_word else f"{where}.{key}")
    elif isinstance(given, list):
        for value in given:
            yield from _open(value, where)
    elif given == UNKNOWN or (given == "" and where.startswith(("constants.", "aliases."))):
        yield where, str(given)


def _profile(given: Mapping[str, Any]) -> Profile:
    _check_keys(given, (*_TOP, *_TABLES), "")
    columns = _table(given, "columns")
    values = tuple(_value(each) for each in _list(given, "values", dict))
    registers = dict(_table(given, "registers"))
    readings = _text(registers, "readings", "registers.")
    registers.pop("readings", None)
    return Profile(
        name=_text(given, "name"),
        description=_text(given, "description"),
        is_plain=not columns and not values,
        file=_file(_table(given, "file")),
        numbers=_numbers(_table(given, "numbers")),
        dates=_dates(_table(given, "dates")),
        readings=readings,
        registers=registers,
        computed=tuple(_computed(name, rule) for name, rule in _table(given, "computed").items()),
        columns={field: _column(rule, f"columns.{field}") for field, rule in columns.items()},
        constants=_texts(_table(given, "constants"), "constants"),
        aliases={
            field: _texts(_table(_table(given, "aliases"), field), f"aliases.{field}")
            for field in _table(given, "aliases")
        },
        values=values,
        leave_out=tuple(_leave_out(each) for each in _list(given, "leave_out", dict)),
    )


def _file(given: Mapping[str, Any]) -> FileRule:
    _check_keys(given, _FILE, "file.")
    rows = given.get("header_row", 0)
    rows = rows if isinstance(rows, list) else [rows, rows]
    if len(rows) != 2 or not all(isinstance(row, int) and row >= 0 for row in rows):  # noqa: PLR2004  # first and last
        raise FieldInvalid(
            f"file.header_row: expected a row like 9, or the first and last like [9, 10]; got "
            f"{given['header_row']!r}"
        )
    sheet = given.get("sheet", "")
    return FileRule(
        format=_text(given, "format", "file."),
        encoding=_text(given, "encoding", "file."),
        delimiter=_text(given, "delimiter", "file."),
        sheet=str(sheet) if isinstance(sheet, int) else _text(given, "sheet", "file."),
        header=HeaderRule(rows[0], rows[1], _words(given, "header_has", "file.")),
        hidden=_text(given, "hidden", "file."),
        totals=_text(given, "totals", "file."),
    )


def _numbers(given: Mapping[str, Any]) -> NumberForm:
    _check_keys(given, ("decimal", "grouping", "minus"), "numbers.")
    return NumberForm(
        _text(given, "decimal", "numbers.") or ".",
        _words(given, "grouping", "numbers."),
        _text(given, "minus", "numbers.") or "leading",
    )


def _dates(given: Mapping[str, Any]) -> DateRule:
    _check_keys(given, [field.name for field in fields(DateRule)], "dates.")
    inclusive = given.get("inclusive_ends", False)
    if not isinstance(inclusive, bool):
        raise _kind_error("dates.inclusive_ends", "true or false", inclusive)
    return DateRule(
        formats=_words(given, "formats", "dates."),
        time_zone=_text(given, "time_zone", "dates."),
        inclusive_ends=inclusive,
        interval=_text(given, "interval", "dates."),
        label=_text(given, "label", "dates.") or "start",
    )


def _column(given: object, where: str) -> ColumnRule:
    """Read where a field stands: a name, or a table of `name` and `occurrence` and so on."""
    if isinstance(given, str):
        return ColumnRule(given)
    if not isinstance(given, dict):
        raise _kind_error(where, "the name of a column, or a table", given)
    _check_keys(given, _COLUMN, f"{where}.")
    counts = {name: given.get(name, 0) for name in ("position", "occurrence")}
    for name, count in counts.items():
        if not isinstance(count, int) or (name in given and count < 1):
            raise _kind_error(f"{where}.{name}", "a number from 1 up", count)
    fill = given.get("fill", False)
    if not isinstance(fill, bool):
        raise _kind_error(f"{where}.fill", "true or false", fill)
    rule = ColumnRule(
        name=_text(given, "name", f"{where}."),
        join=_words(given, "join", f"{where}."),
        separator=_text(given, "separator", f"{where}.") or " / ",
        fill=fill,
        **counts,
    )
    if bool(rule.name) + bool(rule.position) + bool(rule.join) != 1:
        raise _kind_error(where, "one of name, position and join", given)
    return rule


def _value(given: Mapping[str, Any]) -> ValueRule:
    _check_keys(given, _VALUE, "values.")
    constants = {name: word for name, word in given.items() if name in RECORD_FIELDS}
    column = given.get("column")
    return ValueRule(
        column=None if column is None else _column(column, "values.column"),
        pattern=_text(given, "pattern", "values."),
        dates=_text(given, "dates", "values."),
        year=_text(given, "year", "values."),
        constants=_texts(constants, "values"),
    )


def _computed(name: str, given: object) -> ComputedRule:
    where = f"computed.{name}"
    if not isinstance(given, dict):
        raise _kind_error(where, f"a table [{where}]", given)
    _check_keys(given, ("times", "where_blank"), f"{where}.")
    times = given.get("times", [])
    if not isinstance(times, list):
        raise _kind_error(f"{where}.times", "a list of columns", times)
    terms = tuple(_term(each, f"{where}.times") for each in times)
    return ComputedRule(name, terms, _text(given, "where_blank", f"{where}."))


def _term(given: object, where: str) -> Term:
    """Read a factor of a product: a column's name, or a table of it and what counts of it."""
    if isinstance(given, str):
        return Term(given)
    if not isinstance(given, dict) or not isinstance(given.get("column"), str):
        raise _kind_error(where, "the name of a column, or a table with column", given)
    _check_keys(given, _TERM, f"{where}.")
    blank = given.get("blank", False)
    if not isinstance(blank, bool):
        raise _kind_error(f"{where}.blank", "true or false", blank)
    texts = {name: _text(given, name, f"{where}.") for name in _TERM if name != "blank"}
    return Term(**texts, blank=blank)


def _leave_out(given: Mapping[str, Any]) -> LeaveOutRule:
    _check_keys(given, _LEAVE_OUT, "leave_out.")
    column, blank = given.get("column"), given.get("blank", False)
    if not isinstance(blank, bool):
        raise _kind_error("leave_out.blank", "true or false", blank)
    return LeaveOutRule(
        column=None if column is None else _column(column, "leave_out.column"),
        field=_text(given, "field", "leave_out."),
        equals=_words(given, "equals", "leave_out."),
        matches=_text(given, "matches", "leave_out."),
        blank=blank,
    )


def _check_keys(given: Mapping[str, Any], known: Sequence[str], where: str) -> None:
    for key in given:
        if key not in known:
            near = difflib.get_close_matches(key, known, 1, 0.5)
            hint = f"; the nearest is {near[0]!r}" if near else ""
            raise FieldInvalid(
                f"{where}{key}: no key of a profile{hint}; the keys here are {', '.join(known)}",
                metadata={"key": f"{where}{key}"},
            )


def _table(given: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = given.get(key, {})
    if not isinstance(found, dict):
        raise _kind_error(key, f"a table [{key}]", found)
    return found


def _list(given: Mapping[str, Any], key: str, kind: type) -> list[Any]:
    found = given.get(key, [])
    if not isinstance(found, list) or not all(isinstance(each, kind) for each in found):
        raise _kind_error(key, f"tables [[{key}]]", found)
    return found


def _text(given: Mapping[str, Any], key: str, where: str = "") -> str:
    found = given.get(key, "")
    if not isinstance(found, str):
        raise _kind_error(f"{where}{key}", "a text in quotes", found)
    return found


def _words(given: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
    found = given.get(key, [])
    found = [found] if isinstance(found, str) else found
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        raise _kind_error(f"{where}{key}", "a text in quotes, or a list of them", found)
    return tuple(found)


def _texts(given: Mapping[str, Any], where: str) -> dict[str, str]:
    return {key: _text(given, key, f"{where}.") for key in given}


def _kind_error(where: str, expected: str, found: object) -> FieldInvalid:
    return FieldInvalid(f"{where}: expected {expected}; got {found!r}", metadata={"key": where})
