"""JSON documents and lines, Parquet and Arrow files, as tables of texts."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any

import polars as pl

from tonne.errors import FieldInvalid
from tonne.imports.sources.tables import CHUNK_ROWS, ROW, Table, chunk_rows, column_key
from tonne.text.documents import load_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

JSON_BYTES_MAX = 256 << 20
"""Size of a JSON document, which is read whole; JSON lines have no such bound."""

WHOLE = "attributes"
"""The member that stays an object: a record's own."""

JSON, JSON_LINES = ("json",), ("jsonl", "ndjson")
COLUMNS = ("parquet", "arrow", "ipc", "feather", "arrows")


def read_json(path: Path, name: str) -> Table:
    """Read a document: an array of objects, or an object with one such array.

    Raises
    ------
    FieldInvalid
        Where it is neither, or too large.
    """
    size_bytes = path.stat().st_size
    if size_bytes > JSON_BYTES_MAX:
        raise FieldInvalid(
            f"{name}: expected at most {JSON_BYTES_MAX:,} bytes of JSON; got {size_bytes:,}: "
            "write one object a line and name it .jsonl",
            metadata={"file": name},
        )
    try:
        document = _load(path.read_bytes().decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise FieldInvalid(f"{name}: expected JSON; {error}", metadata={"file": name}) from error
    if isinstance(document, dict):
        arrays = {key: value for key, value in document.items() if _is_objects(value)}
        if len(arrays) != 1:
            found = f"it has {', '.join(map(repr, arrays))}" if arrays else "it has none"
            raise FieldInvalid(
                f"{name}: expected an array of objects, or an object with one such array; {found}",
                metadata={"file": name},
            )
        document = next(iter(arrays.values()))
    if not _is_objects(document):
        raise FieldInvalid(
            f"{name}: expected an array of objects; got {type(document).__name__}",
            metadata={"file": name},
        )
    rows = [_flat(each) for each in document]
    header = tuple(dict.fromkeys(itertools.chain.from_iterable(rows)))

    def chunks() -> Iterator[pl.DataFrame]:
        for first in range(0, len(rows), CHUNK_ROWS):
            yield _frame(rows[first : first + CHUNK_ROWS], header, first + 1)

    return Table(name, "", header, 0, chunks)


def read_json_lines(path: Path, name: str) -> Table:
    """Read a file with one JSON object a line; the first lines say which members there are.

    Raises
    ------
    FieldInvalid
        Where a line is none, or has a member that none of the first lines has.
    """
    with path.open(encoding="utf-8-sig") as lines:
        first = list(itertools.islice(_objects(lines, name), CHUNK_ROWS))
    header = tuple(dict.fromkeys(itertools.chain.from_iterable(row for _, row in first)))

    def chunks() -> Iterator[pl.DataFrame]:
        with path.open(encoding="utf-8-sig") as lines:
            numbered = _objects(lines, name)
            while part := list(itertools.islice(numbered, CHUNK_ROWS)):
                for number, row in part:
                    unknown = row.keys() - set(header)
                    if unknown:
                        raise FieldInvalid(
                            f"{name}, line {number}: {min(unknown)!r} stands in none of the first "
                            f"{CHUNK_ROWS:,} lines: put a line with it first"
                        )
                frame = _frame([row for _, row in part], header, 1)
                numbers = pl.Series(ROW, [number for number, _ in part], pl.UInt32)
                yield frame.with_columns(numbers)

    return Table(name, "", header, 0, chunks)


def read_columns(path: Path, name: str, kind: str) -> Table:
    """Read a Parquet or Arrow file, its values as texts.

    Raises
    ------
    FieldInvalid
        Where it is none, or a column has lists or bytes.
    """
    try:
        frame = (
            pl.scan_parquet(path)
            if kind == "parquet"
            else pl.read_ipc_stream(path).lazy()
            if kind == "arrows"
            else pl.scan_ipc(path)
        )
        schema = frame.collect_schema()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise _broken(name, kind, error) from error
    nested = [key for key, of in schema.items() if of.is_nested() or of == pl.Binary]
    if nested:
        raise FieldInvalid(
            f"{name}: expected columns of texts, numbers and times; {nested[0]!r} is "
            f"{schema[nested[0]]}: leave it out or write it as a text",
            metadata={"file": name, "column": nested[0]},
        )
    texts = [
        _text(key, of).alias(column_key(index)) for index, (key, of) in enumerate(schema.items())
    ]

    def chunks() -> Iterator[pl.DataFrame]:
        numbered = frame.select(texts).with_row_index(ROW, 1)
        try:
            yield from numbered.collect_batches(
                chunk_size=chunk_rows(len(texts)), maintain_order=True
            )
        except pl.exceptions.PolarsError as error:
            raise _broken(name, kind, error) from error

    return Table(name, "", tuple(schema), 0, chunks)


def _text(key: str, kind: pl.DataType) -> pl.Expr:
    column = pl.col(key)
    if isinstance(kind, pl.Datetime):
        if kind.time_zone:
            return column.dt.convert_time_zone("UTC").dt.strftime("%Y-%m-%dT%H:%M:%S%.fZ")
        return column.dt.strftime("%Y-%m-%dT%H:%M:%S%.f")
    return column.cast(pl.String)


def _objects(lines: Iterable[str], name: str) -> Iterator[tuple[int, dict[str, str | None]]]:
    number = 0
    try:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            found = _load(line)
            if not isinstance(found, dict):
                raise FieldInvalid(
                    f"{name}, line {number}: expected one JSON object per line; got "
                    f"{type(found).__name__}"
                )
            yield number, _flat(found)
    except (ValueError, RecursionError) as error:
        raise FieldInvalid(
            f"{name}, line {number + isinstance(error, UnicodeDecodeError)}: expected one JSON "
            f"object per line, in UTF-8; {error}"
        ) from error


def _load(text: str) -> Any:
    """Read JSON; a number stays the text that it was written as."""
    return load_json(text, parse_float=str, parse_int=str, parse_constant=str)


def _is_objects(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, dict) for each in value)


def _flat(value: Mapping[str, Any], before: str = "") -> dict[str, str | None]:
    """Name the members of members by their path, `a.b`."""
    found: dict[str, str | None] = {}
    for key, member in value.items():
        name = f"{before}{key}"
        if isinstance(member, dict) and member and name != WHOLE:
            found |= _flat(member, f"{name}.")
        elif isinstance(member, dict | list):
            found[name] = json.dumps(member, ensure_ascii=False)
        elif isinstance(member, bool):
            found[name] = str(member).lower()
        else:
            found[name] = member
    return found


def _frame(
    rows: Sequence[Mapping[str, str | None]], header: Sequence[str], first: int
) -> pl.DataFrame:
    columns = {
        column_key(index): pl.Series([row.get(key) for row in rows], dtype=pl.String)
        for index, key in enumerate(header)
    }
    numbers = pl.int_range(first, first + len(rows), dtype=pl.UInt32, eager=True)
    return pl.DataFrame({ROW: numbers, **columns})


def _broken(name: str, kind: str, error: Exception) -> FieldInvalid:
    found = str(error).strip().split("\n", 1)[0] or type(error).__name__
    return FieldInvalid(
        f"{name}: expected a readable {kind} file; {found}", metadata={"file": name}
    )
