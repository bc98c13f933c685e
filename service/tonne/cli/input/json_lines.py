"""Records as JSON lines, read many lines at a time; a line that is at fault is named."""

from __future__ import annotations

import codecs
import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import polars as pl

from tonne.client.answers.records import RECORD_FIELDS, REQUIRED_FIELDS
from tonne.client.wire.columns import frame_of
from tonne.errors import FieldInvalid
from tonne.text.documents import load_json
from tonne_kernel import cut_json_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

CHUNK_BYTES = 4 * 1024 * 1024
"""Bytes of a file that are read at a time; a line is read whole."""


_BETWEEN, _NOTHING = "\x1f", "\x01"
"""What the kernel writes between fields, and for null."""

_AS_WRITTEN: dict[str, Any] = dict.fromkeys(("parse_float", "parse_constant"), Decimal)
"""A number keeps its digits; NaN, which JSON has not and many write, is a quantity at fault."""


def read_json_lines(path: Path) -> Iterator[pl.DataFrame]:
    """Read a file of one JSON object a line, in frames of texts.

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
            yield _with_required(frame)
        number += lines.count(b"\n") + 1


def _read_lines(path: Path) -> Iterator[bytes]:
    """Give the whole lines of what can be read at a time: of a pipe, of what is there by now."""
    parts: list[bytes] = []
    mark = codecs.BOM_UTF8
    with path.open("rb", buffering=0) as file:
        while data := file.read(CHUNK_BYTES):
            whole, end, rest = data.rpartition(b"\n")
            if not end:
                parts.append(data)
                continue
            yield b"".join([*parts, whole]).removeprefix(mark)
            parts, mark = [rest], b""
    if last := b"".join(parts).removeprefix(mark):
        yield last


def _quick_frame(lines: bytes) -> pl.DataFrame | None:
    """Read lines that all look like the first one; None where one of them does not.

    The same fields in the same order, each once, a text without escapes or null, of the quantity
    a number too: what a columnar reader would pass over in silence is not there.
    """
    names = _names(lines.partition(b"\n")[0])
    if not names:
        return None
    number = names.index("quantity") if "quantity" in names else -1
    fields = cut_json_lines(lines, tuple(name.encode() for name in names), number)
    if fields is None:
        return None
    try:
        return pl.read_csv(
            fields,
            has_header=False,
            separator=_BETWEEN,
            quote_char=None,
            schema=dict.fromkeys(names, pl.String),
            null_values=_NOTHING,
            empty_string_is_null=False,
        )
    except pl.exceptions.ComputeError:
        return None  # not UTF-8, which is told with its place


def _names(line: bytes) -> list[str]:
    """Give the fields of a record in their order; none where it is none, or one stands twice."""
    try:
        pairs = json.loads(line, object_pairs_hook=list)
        names = [name for name, _ in pairs]
    except (ValueError, TypeError, RecursionError):
        return []
    is_known = len(set(names)) == len(names) and set(names) <= set(RECORD_FIELDS)
    return names if is_known else []


def _slow_frame(path: Path, lines: bytes, number: int) -> pl.DataFrame:
    """Read line by line, to name the one that is at fault."""
    try:
        texts = lines.decode().split("\n")
    except UnicodeDecodeError as error:
        raise FieldInvalid(f"{path}: expected UTF-8; {error}") from error
    records = [
        _record(line, f"{path}, line {at}")
        for at, line in enumerate(texts, number)
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


def _with_required(frame: pl.DataFrame) -> pl.DataFrame:
    """Give what no line says as nothing, in columns of texts."""
    nothing = pl.lit(None, dtype=pl.String)
    return frame.select(
        *(pl.col(name).cast(pl.String) for name in frame.columns),
        *(nothing.alias(name) for name in REQUIRED_FIELDS if name not in frame.columns),
    )


def _line_error(place: str, found: str) -> FieldInvalid:
    return FieldInvalid(f"{place}: expected one JSON object per line; {found}")
