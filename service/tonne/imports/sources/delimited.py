"""Delimited texts: CSV with any delimiter, tabs included, behind any preamble."""

from __future__ import annotations

import csv
import itertools
from typing import TYPE_CHECKING

import polars as pl

from tonne.errors import FieldInvalid
from tonne.imports.sources.tables import (
    HEAD_ROWS,
    ROW,
    HeaderRule,
    Table,
    chunk_rows,
    column_key,
    find_header,
)
from tonne.imports.sources.text_faults import find_fault
from tonne.imports.sources.texts import refuse_wide_text, unreadable_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

WORDS = {"tab": "\t", "\\t": "\t", "semicolon": ";", "comma": ",", "pipe": "|"}
"""Words for delimiters that a shell or a file hides."""

LIKELY = (";", "\t", "|", ",")
"""Delimiters that a header of one column is looked through for."""

HEAD_CELLS = 1_000_000
"""Cells from the beginning among which a header is looked for."""

FIELD_CHARS_MAX = 1 << 20
"""A field longer than this is a quote that nobody closed."""


def check_delimiter(text: str) -> str:
    """Read a delimiter or its word.

    Raises
    ------
    FieldInvalid
        Where it is not one ASCII character.
    """
    found = WORDS.get(text.lower(), text)
    if len(found) != 1 or not found.isascii() or found in '"\r\n':
        raise FieldInvalid(
            f"delimiter: expected one character, or one of {', '.join(WORDS)}; got {text!r}"
        )
    return found


def read_delimited(
    path: Path, name: str, delimiter: str, rule: HeaderRule, *, sheet: str = ""
) -> Table:
    """Read a delimited text that stands in UTF-8; `name` and `sheet` are for messages.

    Raises
    ------
    FieldInvalid
        Where the header is not there, or a row has more fields than it.
    """
    head = read_head(path, name, delimiter)
    header_row, header = find_header(head, rule, f"{name}, sheet {sheet!r}" if sheet else name)
    refuse_wide_text(name, header)
    if len(header) == 1 and not sheet:
        written = "".join(head[header_row - 1])
        other = likely_delimiter(written, delimiter)
        if other:
            raise delimiter_error(name, written, other)
    names = [column_key(index) for index in range(len(header))]
    line_count = _lines_until(path, delimiter, header_row)

    def rows() -> Iterator[pl.DataFrame]:
        try:
            yield from _scan(path, delimiter, names, header_row, line_count)
        except pl.exceptions.PolarsError as error:
            raise (
                unreadable_text(path, name)
                or _faulty_row(path, name, delimiter, header_row)
                or _first(name, error)
            ) from error

    return Table(name, sheet, header, header_row, rows)


def read_head(path: Path, name: str, delimiter: str) -> list[list[str]]:
    """Read the first rows, as they stand.

    Raises
    ------
    FieldInvalid
        Where they are no UTF-8, or a quote is left open.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            found: list[list[str]] = []
            cell_count = 0
            for row in itertools.islice(_rows(lines, delimiter), HEAD_ROWS):
                found.append(row)
                cell_count += len(row)
                if cell_count > HEAD_CELLS:
                    break
            return found
    except UnicodeDecodeError as error:
        raise unreadable_text(path, name) or _first(name, error) from error
    except csv.Error as error:
        raise _first(name, error) from error


def likely_delimiter(header: str, delimiter: str) -> str | None:
    """Find the delimiter that a header of one column looks as if it were written with."""
    counts = {each: header.count(each) for each in LIKELY if each != delimiter}
    best = max(counts, key=lambda each: counts[each])
    return best if counts[best] else None


def delimiter_error(name: str, header: str, delimiter: str) -> FieldInvalid:
    """Say which delimiter a header of one column looks like, and the option for it."""
    word = {";": "semicolon", "\t": "tab", "|": "pipe", ",": "comma"}[delimiter]
    decimal = " (and --decimal , where its numbers have a decimal comma)"
    return FieldInvalid(
        f"{name}: the header is one column: {header[:80]!r}; it looks delimited by {delimiter!r}: "
        f"add --delimiter {word}{decimal if delimiter == ';' else ''}",
        metadata={"file": name, "delimiter": delimiter},
    )


def _rows(lines: Iterator[str], delimiter: str) -> Iterator[list[str]]:
    csv.field_size_limit(FIELD_CHARS_MAX)
    return csv.reader(lines, delimiter=delimiter)


def _lines_until(path: Path, delimiter: str, row_count: int) -> int:
    """Count the lines that the first rows take: one in quotes may take several."""
    line_count = 0

    def counted(lines: Iterator[str]) -> Iterator[str]:
        nonlocal line_count
        for line in lines:
            line_count += line.count("\n")
            yield line

    with path.open(encoding="utf-8-sig", newline="") as lines:
        for _ in itertools.islice(_rows(counted(lines), delimiter), row_count):
            pass
    return line_count


def _scan(
    path: Path, delimiter: str, names: Sequence[str], header_row: int, line_count: int
) -> Iterator[pl.DataFrame]:
    frame = pl.scan_csv(
        path,
        has_header=False,
        separator=delimiter,
        skip_lines=line_count,
        schema=dict.fromkeys(names, pl.String),
        row_index_name=ROW,
        row_index_offset=header_row + 1,
    )
    yield from frame.collect_batches(chunk_size=chunk_rows(len(names)), maintain_order=True)


def _faulty_row(path: Path, name: str, delimiter: str, header_row: int) -> FieldInvalid | None:
    found = find_fault(path, delimiter, header_row)
    if found is None:
        return None
    return FieldInvalid(
        f"{name}, row {found.row}: {found.text}; or name the header's row with --header-row",
        metadata={"file": name, "row": str(found.row)},
    )


def _first(name: str, error: Exception) -> FieldInvalid:
    found = str(error).strip().split("\n", 1)[0] or type(error).__name__
    return FieldInvalid(
        f"{name}: expected delimited text; {found}: mend it, or name what it is with "
        "--file-format, --delimiter and --encoding",
        metadata={"file": name},
    )
