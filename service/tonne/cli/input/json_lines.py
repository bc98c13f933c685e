"""Records as JSON lines, read many lines at a time; a line that is at fault is named."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import polars as pl

from tonne.client.answers.records import RECORD_FIELDS
from tonne.client.wire.columns import frame_of
from tonne.errors import FieldInvalid
from tonne.text.documents import load_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

CHUNK_BYTES = 4 * 1024 * 1024
"""Bytes of a file that are read at a time; a line is read whole."""


_SPACE = r"[ \t]*"
_COMMA = f"{_SPACE},{_SPACE}"
_COLON = f"{_SPACE}:{_SPACE}"
_TEXT = r'"[^"\\\x00-\x1f]*"'
_NUMBER = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?"
"""The grammar of RFC 8259, as far as a line of a record needs it."""

_AS_WRITTEN: dict[str, Any] = dict.fromkeys(("parse_float", "parse_constant"), Decimal)
"""A number keeps its digits; NaN, which JSON has not and many write, is a quantity at fault."""


def read_json_lines(path: Path) -> Iterator[pl.DataFrame]:
    """Read a file of one JSON object a line, in frames that have all fields as texts.

    Raises
    ------
    FieldInvalid
        Where the file is not UTF-8, or a line is no record: it names line and field.
    """
    number = 1
    for lines in _read_lines(path):
        frame = _quick_frame(lines)
        if frame is None:
            frame = _slow_frame(path, lines, number)
        if frame.height:
            yield _with_all_fields(frame)
        number += len(lines)


def _read_lines(path: Path) -> Iterator[list[str]]:
    """Give the whole lines of what can be read at a time: of a pipe, of what is there by now."""
    parts: list[bytes] = []
    encoding = "utf-8-sig"
    with path.open("rb", buffering=0) as file:
        while data := file.read(CHUNK_BYTES):
            whole, end, rest = data.rpartition(b"\n")
            if not end:
                parts.append(data)
                continue
            yield _decoded(path, b"".join([*parts, whole]), encoding)
            parts, encoding = [rest], "utf-8"
    if last := b"".join(parts):
        yield _decoded(path, last, encoding)


def _decoded(path: Path, content: bytes, encoding: str) -> list[str]:
    try:
        return content.decode(encoding).split("\n")
    except UnicodeDecodeError as error:
        raise FieldInvalid(f"{path}: expected UTF-8; {error}") from error


def _quick_frame(lines: list[str]) -> pl.DataFrame | None:
    """Read lines that all look like the first one; None where one of them does not.

    Each line is held against a pattern first: the same fields in the same order, each once, a
    text without escapes or null, of the quantity a number too. So what the columnar reader would
    pass over in silence is not there, and a quantity is cut out with its digits.
    """
    names = _names(lines[0])
    if not names:
        return None
    texts = pl.Series(lines, dtype=pl.String)
    fields = _COMMA.join(
        f'"{name}"{_COLON}(?:{_TEXT}|null{f"|{_NUMBER}" if name == "quantity" else ""})'
        for name in names
    )
    if not texts.str.contains(rf"^{_SPACE}\{{{_SPACE}{fields}{_SPACE}\}}{_SPACE}\r?$").all():
        return None
    schema = dict.fromkeys(names, pl.String)
    frame = pl.read_ndjson("\n".join(lines).encode(), schema=schema)
    if frame.height != len(lines):
        return None
    if "quantity" not in names:
        return frame
    numbers = texts.str.extract(f'"quantity"{_COLON}({_NUMBER})')
    return frame.with_columns(quantity=pl.coalesce(numbers, pl.col("quantity")))


def _names(line: str) -> list[str]:
    """Give the fields of a record in their order; none where it is none, or one stands twice."""
    try:
        pairs = json.loads(line, object_pairs_hook=list)
        names = [name for name, _ in pairs]
    except (ValueError, TypeError, RecursionError):
        return []
    is_known = len(set(names)) == len(names) and set(names) <= set(RECORD_FIELDS)
    return names if is_known else []


def _slow_frame(path: Path, lines: list[str], number: int) -> pl.DataFrame:
    """Read line by line, to name the one that is at fault."""
    records = [
        _record(line, f"{path}, line {at}")
        for at, line in enumerate(lines, number)
        if line.strip()
    ]
    if not records:
        return pl.DataFrame()
    frame = frame_of(records)
    if frame is None:  # each of them was looked at
        raise FieldInvalid(f"{path}, from line {number}: expected records")
    return frame


def _record(line: str, place: str) -> dict[str, object]:
    try:
        record = load_json(line, **_AS_WRITTEN)
    except ValueError as error:
        raise _line_error(place, str(error)) from error
    if not isinstance(record, dict):
        raise _line_error(place, f"got {_kind(record)}")
    return {name: _value(name, value, f"{place}, field {name}") for name, value in record.items()}


def _value(name: str, value: object, place: str) -> object:
    if name not in RECORD_FIELDS:
        raise FieldInvalid(
            f"{place}: no record has it: rename or drop it; the fields are "
            + ", ".join(RECORD_FIELDS),
            metadata={"field": name},
        )
    if name == "attributes" and isinstance(value, dict):
        return _plain(value, place)
    if value is None or isinstance(value, str):
        return value
    if name == "quantity" and isinstance(value, int | Decimal) and not isinstance(value, bool):
        return value
    expected = "a number, or a text" if name == "quantity" else "a text"
    raise FieldInvalid(
        f"{place}: expected {expected}; got {_kind(value)}: {str(value)[:50]}",
        metadata={"field": name},
    )


def _plain(value: object, place: str) -> object:
    """Give attributes with numbers as numbers, where these keep their digits."""
    if isinstance(value, dict):
        return {name: _plain(each, place) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain(each, place) for each in value]
    if not isinstance(value, Decimal):
        return value
    if Decimal(repr(float(value))) != value:
        raise FieldInvalid(
            f"{place}: expected numbers that a float keeps whole; got {value}: write it as a text",
            metadata={"field": "attributes"},
        )
    return float(value)


_KINDS: Mapping[type, str] = {
    str: "a text",
    int: "a number",
    Decimal: "a number",
    bool: "true or false",
    list: "an array",
    dict: "an object",
}


def _kind(value: object) -> str:
    return _KINDS.get(type(value), "null")


def _with_all_fields(frame: pl.DataFrame) -> pl.DataFrame:
    """Give all frames the same columns: what is hashed is the same wherever it stands."""
    nothing = pl.lit(None, dtype=pl.String)
    return frame.select(
        (pl.col(name).cast(pl.String) if name in frame.columns else nothing).alias(name)
        for name in RECORD_FIELDS
    )


def _line_error(place: str, found: str) -> FieldInvalid:
    return FieldInvalid(f"{place}: expected one JSON object per line; {found}")
