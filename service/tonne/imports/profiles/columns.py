"""From the names of a profile to the columns of a table."""

from __future__ import annotations

import datetime as dt
import difflib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from tonne.errors import FieldInvalid
from tonne.imports.profiles.profile import describe_column
from tonne.imports.sources.tables import column_key, folded
from tonne.imports.values.dates import CLOCK, DAY, MONTH, read_dates, read_format, read_formats
from tonne.imports.values.faults import FAULT
from tonne.imports.values.months import is_month

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tonne.imports.profiles.profile import ColumnRule, LeaveOutRule, ValueRule
    from tonne.imports.sources.tables import Table

NAMES_SHOWN = 40
"""Names of columns that a message lists."""

_NO_DAY = dt.datetime(2000, 1, 1)  # noqa: DTZ001  # carries a time of day


@dataclass(frozen=True, slots=True)
class ValueColumn:
    """A column of quantities: its key, its header, and what the header says of its records."""

    key: str
    header: str
    constants: Mapping[str, str] = field(default_factory=dict)
    first: dt.datetime | None = None
    """The day, month or time that the header names."""

    step: str = ""
    """How long what the header names is, like `1mo`; empty where it is a time."""

    is_found: bool = False
    """Whether a pattern or a date found it; else a person named it."""

    offset: dt.timedelta | None = None
    """The time of day that the header names."""


@dataclass(frozen=True, slots=True)
class Text:
    """Where a field's text is: keys of columns, and what stands between them."""

    keys: tuple[str, ...]
    headers: tuple[str, ...]
    separator: str = ""

    def expression(self) -> pl.Expr:
        """Make the field's text."""
        if len(self.keys) == 1:
            return pl.col(self.keys[0])
        parts = [pl.col(key).str.strip_chars() for key in self.keys]
        return pl.concat_str(parts, separator=self.separator, ignore_nulls=True)


def find_text(table: Table, rule: ColumnRule, what: str) -> Text:
    """Find the columns of a field.

    Raises
    ------
    FieldInvalid
        Where the table has none of that name, or several and the profile does not say which.
    """
    if rule.join:
        places = [_by_name(table, name, 0, what) for name in rule.join]
        return Text(tuple(map(column_key, places)), tuple(rule.join), separator=rule.separator)
    if rule.position:
        if rule.position > len(table.header):
            raise FieldInvalid(
                f"{table.place}: {what}: expected column {rule.position}; the header in row "
                f"{table.header_row} has {len(table.header)} columns"
            )
        place = rule.position - 1
    else:
        place = _by_name(table, rule.name, rule.occurrence, what)
    return Text((column_key(place),), (table.header[place],))


def find_searched(table: Table, rule: LeaveOutRule, texts: Mapping[str, Text]) -> Text | None:
    """Find where a rule looks for what it leaves out; None: in all columns.

    `texts` are the columns of fields.

    Raises
    ------
    FieldInvalid
        Where the table has no such column, or the field is made of none.
    """
    if rule.column:
        return find_text(table, rule.column, "leave_out")
    if rule.field and rule.field not in texts:
        raise FieldInvalid(
            f"{table.place}: leave_out.field: [columns] names no column for {rule.field!r}; name "
            "the column by leave_out.column instead",
            metadata={"field": rule.field},
        )
    return texts[rule.field] if rule.field else None


def find_values(
    table: Table, rules: Sequence[ValueRule], taken: Sequence[str]
) -> list[ValueColumn]:
    """Find the columns of quantities, in the table's order; `taken` are keys of other fields.

    Raises
    ------
    FieldInvalid
        Where a rule finds none, or two rules find the same.
    """
    found: dict[str, ValueColumn] = {}
    for rule in rules:
        columns = _matching(table, rule, taken)
        if not columns:
            raise FieldInvalid(
                f"{table.place}: values: expected a column {_rule_text(rule)}; the columns are "
                f"{_listed(table.header)}"
            )
        for column in columns:
            if column.key in found:
                raise FieldInvalid(
                    f"{table.place}: values: two rules find column {column.header!r}"
                )
            found[column.key] = column
    order = {column_key(index): index for index in range(len(table.header))}
    return sorted(found.values(), key=lambda column: order[column.key])


def unused_columns(table: Table, used: Sequence[str]) -> tuple[str, ...]:
    """List the named columns of which no field is made."""
    taken = set(used)
    return tuple(
        name for index, name in enumerate(table.header) if name and column_key(index) not in taken
    )


def _matching(table: Table, rule: ValueRule, taken: Sequence[str]) -> list[ValueColumn]:
    if rule.column:
        text = find_text(table, rule.column, "values")
        return [ValueColumn(text.keys[0], text.headers[0], rule.constants)]
    others = [
        (column_key(index), name)
        for index, name in enumerate(table.header)
        if name and column_key(index) not in taken
    ]
    if rule.pattern:
        pattern = re.compile(rule.pattern)
        matches = [(key, name, pattern.fullmatch(name)) for key, name in others]
        return [
            ValueColumn(
                key,
                name,
                {**rule.constants, **{k: v for k, v in match.groupdict().items() if v}},
                is_found=True,
            )
            for key, name, match in matches
            if match
        ]
    return _dated(others, rule)


def _dated(others: list[tuple[str, str]], rule: ValueRule) -> list[ValueColumn]:
    form = read_format(rule.date_word)
    names = pl.Series([name for _, name in others], dtype=pl.String)
    if rule.year:
        names = _with_years(names, rule)
    if form.kind == CLOCK:
        formats = tuple(read_format(f"yyyy-mm-dd {word}") for word in (form.word, "hh:mm:ss"))
        local = read_dates("2000-01-01 " + names, formats)["local"]
        return [
            ValueColumn(key, name, rule.constants, is_found=True, offset=time - _NO_DAY)
            for (key, name), time in zip(others, local, strict=True)
            if time is not None
        ]
    reading = read_dates(names, read_formats((rule.date_word,)))
    step = f"{form.months}mo" if form.months else "1d" if form.kind == DAY else ""
    found = [
        ValueColumn(key, name, rule.constants, first=time, step=step, is_found=True)
        for (key, name), time in zip(others, reading["local"], strict=True)
        if time is not None
    ]
    if form.kind == MONTH:
        _refuse_other_months(others, found, rule)
    seen: dict[object, str] = {}
    for each in found:
        if each.first in seen:
            raise FieldInvalid(
                f"the header has two columns of one time, {seen[each.first]!r} and "
                f"{each.header!r}: both would count; take one out, or name the columns by a "
                "pattern",
                metadata={"column": each.header},
            )
        seen[each.first] = each.header
    return found


def _refuse_other_months(
    others: list[tuple[str, str]], found: list[ValueColumn], rule: ValueRule
) -> None:
    """Refuse a column between those of months that is a month to a person, and none by the rule.

    So is one whose name is an error of the spreadsheet: what it held would be missing.
    """
    keys = {column.key for column in found}
    wrong = [
        name
        for key, name in others
        if key not in keys and (is_month(name, with_year=not rule.year) or re.search(FAULT, name))
    ]
    if found and wrong:
        raise FieldInvalid(
            f"values: the columns {_listed(wrong)} may be months or days, too, and none reads as "
            f"{rule.dates!r}: what they hold would be missing; name them like the others, or give "
            "them a table [[values]] of their own",
            metadata={"column": wrong[0]},
        )


def _with_years(names: pl.Series, rule: ValueRule) -> pl.Series:
    """Put years behind names of months: a month that goes back begins the next one."""
    months = read_dates(names + f" {rule.year}", (read_format(rule.date_word),))["local"]
    year, last, found = int(rule.year), 0, []
    for name, time in zip(names, months, strict=True):
        if time is not None:
            year += time.month <= last
            last = time.month
        found.append(f"{name} {year:04}")
    if year > int(rule.year) + 1:
        raise FieldInvalid(
            f"values: expected months named {rule.dates!r} of at most two years, in their order; "
            f"the columns go back several times: {_listed(names.to_list())}"
        )
    return pl.Series(found, dtype=pl.String)


def _by_name(table: Table, name: str, occurrence: int, what: str) -> int:
    places = [index for index, each in enumerate(table.header) if folded(each) == folded(name)]
    if occurrence and len(places) >= occurrence:
        return places[occurrence - 1]
    if len(places) == 1 and not occurrence:
        return places[0]
    if len(places) > 1 and not occurrence:
        return _first_of(table, places)
    near = difflib.get_close_matches(name, [each for each in table.header if each], 1, 0.5)
    hint = f"; the nearest is {near[0]!r}" if near else ""
    nth = f" ({occurrence} of that name; there are {len(places)})" if occurrence else ""
    raise FieldInvalid(
        f"{table.place}: {what}: expected a column {name!r}{nth} in the header, row "
        f"{table.header_row}{hint}; the columns are {_listed(table.header)}",
        metadata={"file": table.file, "column": name},
    )


def _first_of(table: Table, places: list[int]) -> int:
    numbers = ", ".join(str(place + 1) for place in places)
    name = table.header[places[0]]
    raise FieldInvalid(
        f"{table.place}: the header has {name!r} {len(places)} times, in the columns {numbers}: "
        f"say which: {{ position = {places[0] + 1} }} or {{ name = {name!r}, occurrence = 1 }}",
        metadata={"file": table.file, "column": name},
    )


def _rule_text(rule: ValueRule) -> str:
    if rule.column:
        return describe_column(rule.column)
    return f"that matches {rule.pattern!r}" if rule.pattern else f"named like {rule.dates!r}"


def _listed(header: Sequence[str]) -> str:
    names = [name for name in header if name]
    more = f" and {len(names) - NAMES_SHOWN:,} more" if len(names) > NAMES_SHOWN else ""
    return ", ".join(map(repr, names[:NAMES_SHOWN])) + more or "without names"
