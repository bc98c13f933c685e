"""From a file's name to its table, by its format."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from tonne.errors import FieldInvalid
from tonne.imports.sources.delimited import check_delimiter, read_delimited
from tonne.imports.sources.texts import STANDARD_INPUT, as_file, as_utf8

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tonne.imports.sources.tables import FileRule, Table

DELIMITED = {"csv": ",", "tsv": "\t", "txt": ""}
"""Formats of delimited texts, and the delimiters that their names say."""

FORMATS = (*DELIMITED,)
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


@contextmanager
def open_table(path: Path, rule: FileRule) -> Iterator[Table]:
    """Open a file's table; what is copied for it goes with the context.

    Raises
    ------
    FieldInvalid
        Where the format is none of a table, or the file is not of the format.
    """
    kind = format_of(path, rule.format)
    name = "standard input" if str(path) == STANDARD_INPUT else path.name
    if kind not in FORMATS:
        raise FieldInvalid(
            f"{name}: expected a file of the formats {', '.join(FORMATS)}; got {kind!r}: name it "
            "with --file-format"
        )
    with as_file(path) as file, as_utf8(file, rule.encoding) as text:
        yield read_delimited(text, name, _delimiter(name, kind, rule), rule.header)


def _delimiter(name: str, kind: str, rule: FileRule) -> str:
    if rule.delimiter:
        return check_delimiter(rule.delimiter)
    if DELIMITED[kind]:
        return DELIMITED[kind]
    raise FieldInvalid(f"{name}: a .{kind} file may be delimited by anything: add --delimiter")
