"""Printing: tables for people, JSON and CSV for programs."""

from __future__ import annotations

import csv
import datetime as dt
import enum
import itertools
import json
import sys
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

TABLE_ROWS_MAX = 200
"""Rows that a table shows; the other formats have them all."""

PIPE_WIDTH = 200
"""Width of a table that goes into a file or a pipe, in characters."""


class Format(enum.StrEnum):
    """How lists and reports are printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


FormatOption = Annotated[
    Format, typer.Option("--format", help="For people, or whole and exact for programs.")
]


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its key, and its title in a table (empty: the key)."""

    key: str
    title: str = ""
    is_optional: bool = False
    """Whether a table leaves the column out where no row has a value for it."""


def stdout_console() -> Console:
    """Make a console on standard output; what is piped is not cut to a terminal's width."""
    return Console(
        width=None if sys.stdout.isatty() else PIPE_WIDTH, highlight=False, markup=False
    )


def stderr_console() -> Console:
    """Make a console on standard error."""
    return Console(stderr=True, highlight=False, markup=False, soft_wrap=True)


def say(text: str) -> None:
    """Tell people something that is no part of the result."""
    stderr_console().print(text)


def print_rows(
    columns: Sequence[Column], rows: Iterable[Mapping[str, object]], form: Format
) -> None:
    """Print a list: a table, a JSON array of objects, or CSV with a header."""
    if form is Format.CSV:
        _print_csv(columns, rows)
    elif form is Format.JSON:
        _print_json_array(columns, rows)
    else:
        print_table(columns, rows)


def print_table(
    columns: Sequence[Column],
    rows: Iterable[Mapping[str, object]],
    total: Mapping[str, object] | None = None,
) -> None:
    """Print a table; beyond `TABLE_ROWS_MAX` rows it says that there are more."""
    iterator = iter(rows)
    shown = list(itertools.islice(iterator, TABLE_ROWS_MAX))
    is_cut = next(iterator, None) is not None
    everything = [*shown, total] if total is not None else shown
    table = Table(box=None, pad_edge=False, header_style="bold", show_footer=total is not None)
    kept = [
        column
        for column in columns
        if not column.is_optional
        or any(row.get(column.key) not in (None, "") for row in everything)
    ]
    texts = {
        column.key: _people_texts([row.get(column.key) for row in everything]) for column in kept
    }
    for column in kept:
        is_number = any(isinstance(row.get(column.key), int | Decimal) for row in everything)
        footer = texts[column.key][-1] if total is not None else ""
        table.add_column(
            Text(column.title or column.key),
            Text(footer, style="bold"),
            justify="right" if is_number else "left",
            overflow="fold",
        )
    for index in range(len(shown)):
        table.add_row(*(Text(texts[column.key][index]) for column in kept))
    stdout_console().print(table)
    if is_cut:
        say(f"(the first {TABLE_ROWS_MAX}; --format csv or json has all)")


def program_value(value: object) -> object:
    """Write a value for programs: decimals as exact texts, times in ISO 8601."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, dt.datetime):
        return value.isoformat().replace("+00:00", "Z")
    return value


def print_json(value: object) -> None:
    """Print one JSON document."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def _print_csv(columns: Sequence[Column], rows: Iterable[Mapping[str, object]]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow([column.key for column in columns])
    for row in rows:
        values = (program_value(row.get(column.key)) for column in columns)
        writer.writerow(["" if value is None else value for value in values])


def _print_json_array(columns: Sequence[Column], rows: Iterable[Mapping[str, object]]) -> None:
    separator = "[\n  "
    for row in rows:
        item = {column.key: program_value(row.get(column.key)) for column in columns}
        sys.stdout.write(separator + json.dumps(item, ensure_ascii=False))
        separator = ",\n  "
    sys.stdout.write("[]\n" if separator.startswith("[") else "\n]\n")


def _people_texts(values: Sequence[object]) -> list[str]:
    """Write a column for people: thousands separated, the same places in each row."""
    masses = [abs(value) for value in values if isinstance(value, Decimal)]
    places = 3 if masses and max(masses) < 1_000 else 1  # noqa: PLR2004  # from a tonne on
    texts = []
    for value in values:
        if value is None:
            texts.append("")
        elif isinstance(value, Decimal):
            texts.append(f"{value:,.{places}f}")
        elif isinstance(value, int) and not isinstance(value, bool):
            texts.append(f"{value:,}")
        else:
            texts.append(str(program_value(value)).replace("T00:00:00Z", ""))
    return texts
