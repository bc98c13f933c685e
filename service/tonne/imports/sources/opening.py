"""From a file's name to its table, by its format."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from tonne.errors import FieldInvalid
from tonne.imports.sources.delimited import check_delimiter, read_delimited
from tonne.imports.sources.documents import (
    COLUMNS,
    JSON,
    JSON_LINES,
    read_columns,
    read_json,
    read_json_lines,
)
from tonne.imports.sources.texts import STANDARD_INPUT, as_file, as_utf8
from tonne.imports.sources.workbooks import WORKBOOKS, open_workbook

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tonne.imports.sources.tables import FileRule, Table

DELIMITED = {"csv": ",", "tsv": "\t", "txt": ""}
"""Formats of delimited texts, and the delimiters that their names say."""

FORMATS = (*DELIMITED, *WORKBOOKS, *JSON, *JSON_LINES, *COLUMNS)
"""Formats that are read as tables."""


def format_of(path: Path, stated: str = "") -> str:
    """Tell a file's format: what is stated, or else its suffix; empty where there is none.

    Raises
    ------
    FieldInvalid
        Where standard input is to be read and no format is stated.
    """
    if not stated and str(path) == STANDARD_INPUT:
        raise FieldInvalid(
            f"standard input: expected its format: add --file-format ({', '.join(FORMATS)})"
        )
    return (stated or path.suffix.removeprefix(".")).lower()


_PACKED = frozenset({"zip", "gz", "tgz", "bz2", "xz", "zst", "7z", "rar", "tar"})


@contextmanager
def open_table(path: Path, rule: FileRule, needed: Sequence[str] = ()) -> Iterator[Table]:
    """Open a file's table; what is copied for it goes with the context.

    `needed` are names by which the sheet of a workbook is recognized.

    Raises
    ------
    FieldInvalid
        Where the format is none of a table, or the file is not of the format.
    """
    kind = format_of(path, rule.format)
    name = "standard input" if str(path) == STANDARD_INPUT else path.name
    if kind in _PACKED:
        raise FieldInvalid(
            f"{name}: a .{kind} file holds others: unpack it, and give what is in it"
        )
    if kind not in FORMATS:
        raise FieldInvalid(
            f"{name}: expected a file of the formats {', '.join(FORMATS)}; got {kind!r}: name it "
            "with --file-format"
        )
    with ExitStack() as stack:
        file = stack.enter_context(as_file(path))
        if kind in WORKBOOKS:
            yield stack.enter_context(open_workbook(file, name, rule, needed))
        elif kind in COLUMNS:
            yield read_columns(file, name, kind)
        else:
            text = stack.enter_context(as_utf8(file, rule.encoding))
            if kind in DELIMITED:
                yield read_delimited(text, name, _delimiter(name, kind, rule), rule.header)
            else:
                yield (read_json if kind in JSON else read_json_lines)(text, name)


def _delimiter(name: str, kind: str, rule: FileRule) -> str:
    if rule.delimiter:
        return check_delimiter(rule.delimiter)
    if DELIMITED[kind]:
        return DELIMITED[kind]
    raise FieldInvalid(f"{name}: a .{kind} file may be delimited by anything: add --delimiter")
