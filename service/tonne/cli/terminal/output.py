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
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tonne.text.visible import csv_cell, visible, visible_json

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sequence

TABLE_ROWS_MAX = 200
"""Rows that a table shows; the other formats have them all."""

PROSE_WIDTH_MIN = 40
"""Characters below which a column of sentences is no longer read with ease: a `width_min`."""

COLUMN_GAP = 2
"""Characters between two columns of a table."""

PIPE_WIDTH = 200
"""Width of a table that goes into a file or a pipe, in characters."""


class Format(enum.StrEnum):
    """How lists and reports are printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


FormatOption = Annotated[
    Format,
    typer.Option(
        "--format",
        help="Form of the output: table for people; csv or json, whole and exact, for programs.",
    ),
]


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its key, and its title in a table (empty: the key)."""

    key: str
    title: str = ""
    is_optional: bool = False
    """Whether a table leaves the column out where no row has a value for it."""

    is_rounded: bool = False
    """Whether a table rounds its decimals; else they have all their digits."""

    width_min: int | None = None
    """Characters down to which a table may break the texts into lines; None: not at all."""

    chars_max: int | None = None
    """Characters of a text that a table shows; None: all."""


def stdout_console() -> Console:
    """Make a console on standard output; what is piped is not cut to a terminal's width."""
    return Console(
        width=None if sys.stdout.isatty() else PIPE_WIDTH,
        highlight=False,
        markup=False,
        emoji=False,
    )


def stderr_console() -> Console:
    """Make a console on standard error."""
    return Console(stderr=True, highlight=False, markup=False, emoji=False, soft_wrap=True)


def shown(text: str, style: str = "") -> Text:
    """Make a text that a terminal takes for nothing but a text: what it hides is escaped."""
    return Text(visible(text), style)


def counted(count: int, noun: str) -> str:
    """Write a number of things: `1 facility`, `1,200 facilities`."""
    if count == 1:
        return f"1 {noun}"
    return f"{count:,} {noun[:-1]}ies" if noun.endswith("y") else f"{count:,} {noun}s"


def say(text: str) -> None:
    """Tell people something that is no part of the result, in one line."""
    stderr_console().print(shown(text))


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
    """Print a table; beyond `TABLE_ROWS_MAX` rows it says that there are more.

    Where the terminal is too narrow for the columns side by side, each row is a block of lines
    with one column each.
    """
    iterator = iter(rows)
    shown = list(itertools.islice(iterator, TABLE_ROWS_MAX))
    is_cut = next(iterator, None) is not None
    everything = [*shown, total] if total is not None else shown
    kept = [
        column
        for column in columns
        if not column.is_optional
        or any(row.get(column.key) not in (None, "") for row in everything)
    ]
    texts = {
        column.key: _people_texts(column, [row.get(column.key) for row in everything])
        for column in kept
    }
    console = stdout_console()
    if everything and _width(kept, texts) > console.width:
        _print_blocks(console, kept, texts, len(everything))
    else:
        numeric = {
            column.key
            for column in kept
            if any(isinstance(row.get(column.key), int | Decimal) for row in everything)
        }
        console.print(_make_table(kept, texts, numeric, len(shown), has_total=total is not None))
    if not everything:
        say("(none)")
    if is_cut:
        say(f"(the first {TABLE_ROWS_MAX} rows; --format csv or json prints all)")


def fits(columns: Sequence[Column], rows: Sequence[Mapping[str, object]]) -> bool:
    """Whether a table of these columns fits the terminal side by side."""
    texts = {
        each.key: _people_texts(each, [row.get(each.key) for row in rows]) for each in columns
    }
    return _width(columns, texts) <= stdout_console().width


def _width(columns: Sequence[Column], texts: Mapping[str, Sequence[str]]) -> int:
    """Characters that the columns take side by side, texts broken as far as they may be."""
    widths = []
    for column in columns:
        title = column.title or column.key
        width = max(cell_len(text) for text in (title, *texts[column.key]))
        widths.append(width if column.width_min is None else min(width, column.width_min))
    return sum(widths) + COLUMN_GAP * (len(widths) - 1)


def _make_table(
    columns: Sequence[Column],
    texts: Mapping[str, Sequence[str]],
    numeric: Container[str],
    row_count: int,
    *,
    has_total: bool,
) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", show_footer=has_total)
    for column in columns:
        table.add_column(
            Text(column.title or column.key),
            Text(texts[column.key][-1] if has_total else "", style="bold"),
            justify="right" if column.key in numeric else "left",
            no_wrap=column.width_min is None,
            overflow="fold",
        )
    for index in range(row_count):
        table.add_row(*(Text(texts[column.key][index]) for column in columns))
    return table


def _print_blocks(
    console: Console,
    columns: Sequence[Column],
    texts: Mapping[str, Sequence[str]],
    row_count: int,
) -> None:
    for index in range(row_count):
        if index:
            console.print()
        block = Table(box=None, pad_edge=False, show_header=False)
        block.add_column(style="bold", no_wrap=True)
        block.add_column(overflow="fold")
        for column in columns:
            if text := texts[column.key][index]:
                block.add_row(Text(column.title or column.key), Text(text))
        console.print(block)


def program_value(value: object) -> object:
    """Write a value for programs: decimals as exact texts, times in ISO 8601."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, dt.datetime):
        return value.isoformat().replace("+00:00", "Z")
    return value


def print_json(value: object) -> None:
    """Print one JSON document."""
    sys.stdout.write(json_text(value, indent=2) + "\n")


def json_text(value: object, indent: int | None = None) -> str:
    """Write a value as JSON; what its texts hide stands there as escapes, and is the same."""
    return visible_json(json.dumps(value, ensure_ascii=False, indent=indent))


def _print_csv(columns: Sequence[Column], rows: Iterable[Mapping[str, object]]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow([column.key for column in columns])
    for row in rows:
        writer.writerow([_csv_value(row.get(column.key)) for column in columns])


def _csv_value(value: object) -> object:
    """Write a cell; texts of others are cells that no spreadsheet runs (see `csv_cell`)."""
    if value is None:
        return ""
    return csv_cell(value) if isinstance(value, str) else program_value(value)


def _print_json_array(columns: Sequence[Column], rows: Iterable[Mapping[str, object]]) -> None:
    separator = "[\n  "
    for row in rows:
        item = {column.key: program_value(row.get(column.key)) for column in columns}
        sys.stdout.write(separator + json_text(item))
        separator = ",\n  "
    sys.stdout.write("[]\n" if separator.startswith("[") else "\n]\n")


def _people_texts(column: Column, values: Sequence[object]) -> list[str]:
    """Write a column for people: thousands separated, masses with the same places."""
    masses = [abs(value) for value in values if isinstance(value, Decimal)]
    places = 3 if masses and max(masses) < 1_000 else 1  # noqa: PLR2004  # from a tonne on
    texts = []
    for value in values:
        if value is None:
            texts.append("")
        elif isinstance(value, Decimal):
            texts.append(_rounded(value, places) if column.is_rounded else exact_text(value))
        elif isinstance(value, int) and not isinstance(value, bool):
            texts.append(f"{value:,}")
        else:
            text = str(program_value(value)).replace("T00:00:00Z", "")
            texts.append(visible(text)[: column.chars_max])
    return texts


def _rounded(value: Decimal, places: int) -> str:
    """Round for people; what would be shown as nothing keeps its first digit."""
    text = f"{value:,.{places}f}"
    if value and not text.strip("-0.,"):
        return f"{value:.{-value.adjusted()}f}"
    return text


def exact_text(value: Decimal) -> str:
    """Write all digits of a decimal, without the zeros at its end."""
    whole, point, places = f"{value:,f}".partition(".")
    return f"{whole}{point}{places}".rstrip("0").rstrip(".") if point else whole
