"""Frames of records: their columns in the types that travel, and their Arrow IPC bytes."""

from __future__ import annotations

import io
from typing import Any

import polars as pl

from tonne.client.answers.records import DATA_QUALITIES, RECORD_FIELDS, REQUIRED_FIELDS
from tonne.client.errors import RecordsInvalid

DICTIONARY_FIELDS = ("facility", "activity", "unit", "region", "supplier", "product")
"""Columns that travel as dictionary and indices where few texts repeat."""

ROWS_PER_TEXT_MIN = 4
"""Mean number of rows per distinct text from which a dictionary is smaller than the texts."""

_INT64 = (pl.Int8, pl.Int16, pl.Int32, pl.Int64, pl.UInt8, pl.UInt16, pl.UInt32)


def prepare_frame(frame: pl.DataFrame) -> pl.DataFrame:
    """Bring a frame's columns into the types that travel.

    Texts become String. A quantity stays Float64, Decimal or String; integers become Int64, a
    Float32 the text of its shortest decimal, so that 0.1 stays 0.1. Start and end become
    microseconds UTC: naive times are taken as UTC, dates as midnight, texts as ISO 8601; a
    text that is no time becomes null, and the server says so in the record's status.

    Raises
    ------
    RecordsInvalid
        Where a column is missing, is no field of a record, or has a type it cannot have.
    """
    unknown = [name for name in frame.columns if name not in RECORD_FIELDS]
    missing = [name for name in REQUIRED_FIELDS if name not in frame.columns]
    if unknown or missing:
        raise RecordsInvalid(
            "expected the columns "
            + ", ".join(RECORD_FIELDS)
            + f" (required: {', '.join(REQUIRED_FIELDS)}); "
            + "; ".join(
                text
                for text, names in (
                    (f"missing: {', '.join(missing)}", missing),
                    (f"no such field: {', '.join(unknown)}: rename or drop it", unknown),
                )
                if names
            ),
            metadata={"missing": ",".join(missing), "unknown": ",".join(unknown)},
        )
    return frame.select(_prepare(frame[name]) for name in frame.columns)


def read_arrow(table: Any) -> pl.DataFrame:
    """Read anything that exports Arrow as a frame."""
    return pl.DataFrame(table)


def encode_frame(frame: pl.DataFrame) -> bytes:
    """Write a prepared frame as an Arrow IPC stream, not compressed.

    Columns in which few texts repeat travel as a dictionary of just these texts.
    """
    encoded = frame.with_columns(
        _as_dictionary(frame[name]) for name in DICTIONARY_FIELDS if name in frame.columns
    )
    buffer = io.BytesIO()
    encoded.write_ipc_stream(
        buffer, compression="uncompressed", compat_level=pl.CompatLevel.oldest()
    )
    return buffer.getvalue()


def drop_records(arrow_ipc: bytes, count: int) -> bytes:
    """Write an Arrow IPC stream again without its first `count` records."""
    frame = pl.read_ipc_stream(io.BytesIO(arrow_ipc))
    texts = [name for name in DICTIONARY_FIELDS if name in frame.columns]
    return encode_frame(frame.slice(count).with_columns(pl.col(texts).cast(pl.String)))


def _as_dictionary(column: pl.Series) -> pl.Series:
    texts = column.unique().drop_nulls()
    if texts.len() == 0 or texts.len() * ROWS_PER_TEXT_MIN > column.len():
        return column
    return column.cast(pl.Enum(texts))


def _prepare(column: pl.Series) -> pl.Series:
    if column.dtype == pl.Null:
        return column.cast(_EMPTY.get(column.name, pl.String()))
    if column.name == "quantity":
        return _prepare_quantity(column)
    if column.name in ("start", "end"):
        return _prepare_time(column)
    if column.name == "data_quality":
        return _prepare_data_quality(column)
    if column.dtype.is_nested() or column.dtype in (pl.Binary, pl.Object):
        raise _type_error(column, "texts")
    return column if column.dtype == pl.String else column.cast(pl.String)


_EMPTY: dict[str, pl.DataType] = {
    "start": pl.Datetime("us", "UTC"),
    "end": pl.Datetime("us", "UTC"),
    "data_quality": pl.UInt8(),
}


def _prepare_quantity(column: pl.Series) -> pl.Series:
    kind = column.dtype
    if kind in (pl.String, pl.Float64, pl.Int64) or kind.is_decimal():
        return column
    if kind in _INT64:
        return column.cast(pl.Int64)
    if kind.is_integer() or kind in (pl.Float32, pl.Categorical, pl.Enum):
        return column.cast(pl.String)
    raise _type_error(column, "texts, integers, decimals or floats")


def _prepare_time(column: pl.Series) -> pl.Series:
    kind = column.dtype
    if isinstance(kind, pl.Datetime):
        if kind.time_zone is None:
            column = column.dt.replace_time_zone("UTC")
        return column.cast(pl.Datetime("us", "UTC"))
    if kind == pl.Date:
        return column.cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    if kind in (pl.String, pl.Categorical, pl.Enum):
        return read_times(column.cast(pl.String))
    raise _type_error(column, "times, dates or ISO 8601 texts")


def read_times(texts: pl.Series) -> pl.Series:
    """Read ISO 8601 texts as microseconds UTC; null where a text is none.

    Without an offset a time is UTC; without a time a day is its midnight.
    """
    # Most files have one of these two forms throughout.
    for form in ("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d"):
        times = texts.str.to_datetime(form, time_unit="us", time_zone="UTC", strict=False)
        if times.null_count() == texts.null_count():
            return times
    trimmed = pl.col("text").str.strip_chars()
    marked = trimmed.str.replace(" ", "T", literal=True).str.replace(r"[Zz]$", "+00:00")
    zoned = (
        pl.when(marked.str.contains(r"[+-]\d\d(:?\d\d)?$") & marked.str.contains("T"))
        .then(marked.str.replace(r"([+-]\d\d)$", "${1}:00"))
        .otherwise(marked + "+00:00")
    )
    forms = (
        (trimmed, "%Y-%m-%d"),
        (zoned, "%Y-%m-%dT%H:%M:%S%.f%z"),
        (zoned, "%Y-%m-%dT%H:%M%z"),
    )
    return (
        texts.alias("text")
        .to_frame()
        .select(
            pl.coalesce(
                expression.str.to_datetime(form, time_unit="us", time_zone="UTC", strict=False)
                for expression, form in forms
            )
        )
        .to_series()
        .alias(texts.name)
    )


def _prepare_data_quality(column: pl.Series) -> pl.Series:
    if column.dtype.is_integer():
        return column.cast(pl.UInt8)
    if column.dtype not in (pl.String, pl.Categorical, pl.Enum):
        raise _type_error(column, "measured, calculated or estimated")
    texts = column.cast(pl.String)
    numbers = texts.replace_strict(
        list(DATA_QUALITIES), range(len(DATA_QUALITIES)), default=None, return_dtype=pl.UInt8
    )
    wrong = texts.filter(numbers.is_null() & texts.is_not_null())
    if wrong.len():
        raise RecordsInvalid(
            f"column data_quality: expected measured, calculated or estimated; got {wrong[0]!r}",
            metadata={"field": "data_quality"},
        )
    return numbers


def _type_error(column: pl.Series, expected: str) -> RecordsInvalid:
    return RecordsInvalid(
        f"column {column.name}: expected {expected}; got {column.dtype}",
        metadata={"field": column.name},
    )
