"""The table of a file whose form nobody has stated: encoding, delimiter, sheet, header."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import polars as pl

from tonne.errors import FieldInvalid
from tonne.imports.guessing import headers
from tonne.imports.profiles.profile import PLAIN
from tonne.imports.profiles.report import Rows
from tonne.imports.profiles.screening import is_hidden
from tonne.imports.sources.delimited import WORDS, read_head
from tonne.imports.sources.opening import DELIMITED, format_of, open_table
from tonne.imports.sources.tables import ROW, FileRule, HeaderRule, column_key
from tonne.imports.sources.texts import as_file, as_utf8, fitting_encodings, marked_encoding
from tonne.imports.sources.workbooks import WORKBOOKS, sheet_heads

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tonne.imports.guessing.draft import Draft
    from tonne.imports.options import ReadingOptions
    from tonne.imports.sources.tables import Table

SAMPLE_ROWS = 5_000
"""Rows that a guess looks at, where a table is no wide one."""

SAMPLE_CELLS = 500_000
"""Cells that a guess looks at."""

COLUMNS_MAX = 1_000
"""Columns whose texts a guess looks at; of the others it knows the names."""

NAMES_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Sample:
    """The first rows of a table, and its header."""

    header: tuple[str, ...]
    rows: pl.DataFrame
    """Texts, stripped; what is blank is null."""

    numbers_are_plain: bool
    """Whether the file has numbers as such, and no texts of them."""

    def column(self, place: int) -> pl.Series:
        """Take a column's texts; what is blank, or was not looked at, is null."""
        key = column_key(place)
        if key in self.rows.columns:
            return self.rows[key].alias("text")
        return pl.repeat(None, self.rows.height, dtype=pl.String, eager=True).alias("text")

    def has_numbers(self, place: int) -> bool:
        """Whether a column holds digits at all."""
        return bool(self.column(place).str.contains("[0-9]").any())

    def rule(self, place: int) -> object:
        """Write which column it is: its name, or which of that name."""
        name = self.header[place]
        if not name:
            return {"position": place + 1}
        same = [index for index, each in enumerate(self.header) if each == name]
        if len(same) == 1:
            return name
        return {"name": name, "occurrence": same.index(place) + 1}

    def series(self) -> pl.Series:
        """Name what each row is a reading of."""
        places = headers.roles(self.header)
        names = [column_key(places[name]) for name in ("facility", "activity") if name in places]
        if not names:
            return pl.repeat("", self.rows.height, eager=True)
        return self.rows.select(
            pl.concat_str(names, separator="\0", ignore_nulls=True)
        ).to_series()


def take_sample(path: Path, options: ReadingOptions, draft: Draft) -> Sample:
    """Find a file's table and take its first rows.

    Raises
    ------
    FieldInvalid
        Where there is no table.
    """
    kind = format_of(path, options.file_format)
    rule = options.over(PLAIN).file
    with ExitStack() as stack:
        file = stack.enter_context(as_file(path))
        named = replace(rule, format=kind)
        if kind in WORKBOOKS:
            named = _sheet(file, path.name, named, draft)
        elif kind in DELIMITED:
            named = _delimited(file, path.name, named, draft)
        with open_table(file, named) as table:
            rows = next(iter(table.rows()), pl.DataFrame())
            rows = rows.head(min(SAMPLE_ROWS, SAMPLE_CELLS // max(1, rows.width) + 1))
            if not rows.height:
                raise FieldInvalid(
                    f"{table.place}: expected rows below the header; there are none"
                )
            keys = [name for name in rows.columns if name != ROW][:COLUMNS_MAX]
            rows = rows.select(ROW, *keys)
            if len(table.header) > COLUMNS_MAX:
                draft.assumptions.append(
                    f"of {len(table.header):,} columns the first {COLUMNS_MAX:,} were looked at"
                )
            rows = rows.with_columns(pl.col(keys).str.strip_chars().replace("", None))
            is_blank = rows.select(pl.all_horizontal(pl.col(keys).is_null())).to_series()
            rows = rows.filter(~is_blank)
            _ask_hidden(table, rows, draft)
            draft.assumptions += table.notes
            return Sample(table.header, rows, kind not in DELIMITED)


def _ask_hidden(table: Table, rows: pl.DataFrame, draft: Draft) -> None:
    """Ask what becomes of rows and columns with values that the sheet hides."""
    hidden = Rows()
    hidden.add(rows[ROW].filter(is_hidden(table, rows[ROW])))
    names = [
        table.header[place]
        for place in table.hidden_columns
        if place < len(table.header) and table.header[place]
    ]
    found = [f"{hidden.count:,} with values ({hidden})"] if hidden.count else []
    found += [f"the columns {', '.join(map(repr, names[:NAMES_SHOWN]))}"] if names else []
    if found:
        by = " by a filter" if table.is_filtered else ""
        draft.put_open(
            "file",
            "hidden",
            "read",
            asked=f"the sheet hides{by} {' and '.join(found)}: are they records? (read or "
            "leave_out)",
        )


def _sheet(file: Path, name: str, rule: FileRule, draft: Draft) -> FileRule:
    heads = {sheet: head for sheet, head in sheet_heads(file, name).items() if head}
    if rule.sheet in heads:
        heads = {rule.sheet: heads[rule.sheet]}
    if not heads:
        raise FieldInvalid(f"{name}: expected a sheet with rows; every sheet is empty")

    def fit(sheet: str) -> int:
        head = heads[sheet]
        return len(headers.roles(head[headers.find_header_row(head) - 1]))

    best = max(heads, key=fit)
    rivals = [sheet for sheet in heads if fit(sheet) == fit(best) and sheet != best]
    if len(heads) > 1:
        listed = ", ".join(map(repr, heads))
        asked = f"which sheet is it? ({listed})" if rivals else ""
        assumed = f"of the sheets {listed} it is {best!r}"
        draft.put("file", "sheet", best, asked=asked, assumed=assumed)
    return _header(heads[best], replace(rule, sheet=best), draft)


def _delimited(file: Path, name: str, rule: FileRule, draft: Draft) -> FileRule:
    encoding = rule.encoding
    if not encoding and not marked_encoding(file):
        fitting = fitting_encodings(file)
        if fitting:
            encoding = fitting[0][0]
            choices = "; ".join(f"{each} reads {shown!r}" for each, shown in fitting)
            asked = f"which encoding is right? ({choices})" if len(fitting) > 1 else ""
            assumed = f"the encoding is {encoding}, which reads {fitting[0][1]!r}"
            draft.put("file", "encoding", encoding, asked=asked, assumed=assumed)
    elif encoding:
        draft.put("file", "encoding", encoding)
    with as_utf8(file, encoding) as text_file:
        delimiter = rule.delimiter or _delimiter(text_file, name)
        if delimiter != DELIMITED[rule.format]:
            words = {sign: word for word, sign in WORDS.items() if word != "\\t"}
            draft.put(
                "file",
                "delimiter",
                words.get(delimiter, delimiter),
                assumed=f"columns are parted by {delimiter!r}",
            )
        head = read_head(text_file, name, WORDS.get(delimiter, delimiter))
    return _header(head, replace(rule, encoding=encoding, delimiter=delimiter), draft)


def _delimiter(file: Path, name: str) -> str:
    """Find the delimiter by which the most rows have the same, largest number of columns."""

    def fit(delimiter: str) -> tuple[int, int]:
        try:
            widths = Counter(len(row) for row in read_head(file, name, delimiter))
        except FieldInvalid:  # no delimiter of this file: one field is longer than any
            return (-1, 0)
        widths.pop(0, None)
        widths.pop(1, None)
        return max(((count, width) for width, count in widths.items()), default=(0, 0))

    return max((",", ";", "\t", "|"), key=fit)


def _header(head: Sequence[Sequence[str]], rule: FileRule, draft: Draft) -> FileRule:
    if rule.header != HeaderRule():
        draft.put("file", "header_row", rule.header.row)
        return rule
    first, row = headers.header_rows(head)
    if first < row:
        assumed = f"the names of the columns stand in the rows {first} and {row}"
        draft.put("file", "header_row", [first, row], assumed=assumed)
    elif row > 1:
        draft.put(
            "file", "header_row", row, assumed=f"the names of the columns stand in row {row}"
        )
    return replace(rule, header=HeaderRule(row=first, row_last=row))
