"""Frames of records: their columns in the types that travel, and their Arrow IPC bytes."""

from __future__ import annotations

import datetime as dt
import io
from typing import TYPE_CHECKING, Any

import polars as pl

from tonne.client.answers.places import is_rounded
from tonne.client.answers.quality_words import data_quality_of
from tonne.client.answers.records import (
    DATA_QUALITIES,
    RECORD_FIELDS,
    REQUIRED_FIELDS,
    UNREAD_CHARS_MAX,
    read_time,
)
from tonne.client.errors import RecordsInvalid
from tonne.quantities import QUANTITY_PLACES

if TYPE_CHECKING:
    from tonne.client.answers.book_days import Days

DICTIONARY_FIELDS = ("facility", "activity", "unit", "region", "supplier", "product")
"""Columns that travel as dictionary and indices where few texts repeat."""

ROWS_PER_TEXT_MIN = 4
"""Mean number of rows per distinct text from which a dictionary is smaller than the texts."""

SHARED_TEXTS_MAX = 64
"""Texts of a dictionary that is made once for many messages, although few of them need all of it:
each of them carries it whole."""

MAY_BE_UNREADABLE = ("start", "end", "data_quality")
"""Fields whose text may say nothing to us."""

INSTANT = pl.Datetime("us", "UTC")

_TEXTS = (pl.String, pl.Categorical, pl.Enum)
_INT64 = (pl.Int8, pl.Int16, pl.Int32, pl.Int64, pl.UInt8, pl.UInt16, pl.UInt32)


def prepare_frame(frame: pl.DataFrame, days: Days) -> pl.DataFrame:
    """Bring a frame's columns into the types that travel.

    Texts become String, those with a dictionary of their own may keep it. A quantity stays
    Float64, Decimal or String; integers become Int64, a Float32 the text of its shortest decimal,
    so that 0.1 stays 0.1. Start and end become microseconds UTC: naive times are taken as UTC,
    dates as days of the book, texts as ISO 8601. A text that is no time, or no data quality,
    becomes null and stands in the column `unread`: the server puts its record into quarantine
    with what is written there.

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
    prepared = frame.select(_prepare(frame[name], days) for name in frame.columns)
    return _with_unread(frame, prepared)


def find_rounded(quantity: pl.Series) -> tuple[int, str]:
    """Count the quantities of a prepared column that lose digits, and give the first of them."""
    kind = quantity.dtype
    if isinstance(kind, pl.Decimal):
        if kind.scale <= QUANTITY_PLACES:
            return 0, ""
    elif kind not in (pl.String, pl.Float64):
        return 0, ""
    texts = quantity.cast(pl.String).drop_nulls()
    texts = texts.filter(texts.str.contains(rf"\.\d{{{QUANTITY_PLACES}}}\d*[1-9]|[eE]"))
    lossy = [text for text in texts.to_list() if is_rounded(text)]
    return len(lossy), lossy[0] if lossy else ""


def read_arrow(table: Any) -> pl.DataFrame:
    """Read anything that exports Arrow as a frame."""
    return pl.DataFrame(table)


def encode_frame(frame: pl.DataFrame) -> bytes:
    """Write a prepared frame as an Arrow IPC stream, not compressed.

    Columns in which few texts repeat travel as a dictionary of just these texts, those that say
    nothing not at all.
    """
    encoded = pl.DataFrame(
        [
            _as_dictionary(column) if column.name in DICTIONARY_FIELDS else column
            for column in frame
            if column.name in REQUIRED_FIELDS or column.null_count() < frame.height
        ]
    )
    buffer = io.BytesIO()
    encoded.write_ipc_stream(
        buffer, compression="uncompressed", compat_level=pl.CompatLevel.oldest()
    )
    return buffer.getvalue()


def with_dictionaries(frame: pl.DataFrame, slice_records: int) -> pl.DataFrame:
    """Make the dictionaries of a whole frame, where each of its slices would have nearly the same.

    Parameters
    ----------
    frame : polars.DataFrame
        Columns of texts may have their dictionaries already.
    slice_records : int
        Records of the slices that are going to be encoded.
    """
    return pl.DataFrame(
        [
            _shared_dictionary(column, slice_records)
            if column.name in DICTIONARY_FIELDS
            else column
            for column in frame
        ]
    )


def drop_records(arrow_ipc: bytes, count: int) -> bytes:
    """Write an Arrow IPC stream again without its first `count` records."""
    frame = pl.read_ipc_stream(io.BytesIO(arrow_ipc))
    texts = [name for name in DICTIONARY_FIELDS if name in frame.columns]
    return encode_frame(frame.slice(count).with_columns(pl.col(texts).cast(pl.String)))


def _shared_dictionary(column: pl.Series, slice_records: int) -> pl.Series:
    if column.dtype not in (pl.String, pl.Enum):
        return column
    first = column.head(slice_records)
    texts_max = first.len() // ROWS_PER_TEXT_MIN
    texts = _distinct(first)
    count = texts.len()
    if first.len() < column.len() and count <= texts_max:
        texts = _distinct(column)
    # Much of what few slices need would travel with each of them.
    if 0 < texts.len() <= min(texts_max, max(SHARED_TEXTS_MAX, count + count // 4)):
        return column if column.dtype == pl.Enum else column.cast(pl.Enum(texts))
    return column.cast(pl.String)


def _as_dictionary(column: pl.Series) -> pl.Series:
    if column.dtype != pl.String:
        return column
    texts = _distinct(column)
    if not 0 < texts.len() <= column.len() // ROWS_PER_TEXT_MIN:
        return column
    return column.cast(pl.Enum(texts))


def _distinct(column: pl.Series) -> pl.Series:
    kind = column.dtype
    return kind.categories if isinstance(kind, pl.Enum) else column.unique().drop_nulls()


def _with_unread(frame: pl.DataFrame, prepared: pl.DataFrame) -> pl.DataFrame:
    """Keep what is written in fields that could not be read."""
    texts = {
        name: frame[name].cast(pl.String).set(prepared[name].is_not_null(), None)
        for name in MAY_BE_UNREADABLE
        if name in frame.columns
        and frame[name].dtype in _TEXTS
        and frame[name].null_count() != prepared[name].null_count()
    }
    unread = {name: text for name, text in texts.items() if (text.str.strip_chars() != "").any()}
    if not unread:
        return prepared
    found = pl.DataFrame(unread).with_columns(
        pl.when(pl.col(name).str.strip_chars() != "").then(
            pl.when(pl.col(name).str.len_chars() > UNREAD_CHARS_MAX)
            .then(pl.col(name).str.head(UNREAD_CHARS_MAX - 1) + "…")
            .otherwise(pl.col(name))
        )
        for name in unread
    )
    said = found.select(
        pl.when(pl.any_horizontal(pl.all().is_not_null()))
        .then(pl.struct(pl.all()).struct.json_encode())
        .alias("unread")
    )["unread"]
    if "unread" in prepared.columns:
        said = pl.select(pl.coalesce(said, prepared["unread"]).alias("unread"))["unread"]
    return prepared.with_columns(said)


def _prepare(column: pl.Series, days: Days) -> pl.Series:
    if column.dtype == pl.Null:
        return column.cast(_EMPTY.get(column.name, pl.String()))
    if column.name == "quantity":
        return _prepare_quantity(column)
    if column.name in ("start", "end"):
        return _prepare_time(column, days)
    if column.name == "data_quality":
        return _prepare_data_quality(column)
    if column.dtype.is_nested() or column.dtype in (pl.Binary, pl.Object):
        raise _type_error(column, "texts")
    is_coded = column.dtype == pl.Enum and column.name in DICTIONARY_FIELDS
    return column if is_coded or column.dtype == pl.String else column.cast(pl.String)


_EMPTY: dict[str, pl.DataType] = {
    "start": INSTANT,
    "end": INSTANT,
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


def _prepare_time(column: pl.Series, days: Days) -> pl.Series:
    kind = column.dtype
    if isinstance(kind, pl.Datetime):
        if kind.time_zone is None:
            column = column.dt.replace_time_zone("UTC")
        return column.cast(INSTANT)
    if kind == pl.Date:
        return _first_instants(column, days)
    if kind in _TEXTS:
        return read_times(column.cast(pl.String), days)
    raise _type_error(column, "times, dates or ISO 8601 texts")


def _first_instants(column: pl.Series, days: Days) -> pl.Series:
    """First instants of dates, each day once."""
    distinct = column.unique().drop_nulls()
    if distinct.is_empty():
        return column.cast(INSTANT)
    starts = [days.start(day) for day in distinct]
    return column.replace_strict(distinct, pl.Series(starts, dtype=INSTANT), return_dtype=INSTANT)


def read_times(texts: pl.Series, days: Days) -> pl.Series:
    """Read ISO 8601 texts as microseconds UTC; null where a text is none.

    Without an offset a time is UTC; without a time it is the first instant of a day of the book.
    """
    # Most files have one of these two forms throughout.
    times = texts.str.to_datetime(
        "%Y-%m-%dT%H:%M:%SZ", time_unit="us", time_zone="UTC", strict=False
    )
    if times.null_count() == texts.null_count():
        return times
    dates = texts.str.strip_chars().str.to_date("%Y-%m-%d", strict=False)
    first_instants = _first_instants(dates, days)
    if dates.null_count() == texts.null_count():
        return first_instants.alias(texts.name)
    trimmed = pl.col("text").str.strip_chars()
    marked = trimmed.str.replace(" ", "T", literal=True).str.replace(r"[Zz]$", "+00:00")
    zoned = (
        pl.when(marked.str.contains(r"[+-]\d\d(:?\d\d)?$") & marked.str.contains("T"))
        .then(marked.str.replace(r"([+-]\d\d)$", "${1}:00"))
        .otherwise(marked + "+00:00")
    )
    forms = (
        (zoned, "%Y-%m-%dT%H:%M:%S%.f%z"),
        (zoned, "%Y-%m-%dT%H:%M%z"),
    )
    found = (
        texts.alias("text")
        .to_frame()
        .select(
            pl.coalesce(
                first_instants,
                *(
                    expression.str.to_datetime(form, time_unit="us", time_zone="UTC", strict=False)
                    for expression, form in forms
                ),
            )
        )
        .to_series()
        .alias(texts.name)
    )
    return found if found.null_count() == texts.null_count() else _with_rarer(found, texts, days)


def _with_rarer(found: pl.Series, texts: pl.Series, days: Days) -> pl.Series:
    """Read what is still unread as a single record's times are: ISO 8601 has rarer forms."""
    distinct = texts.filter(found.is_null()).drop_nulls().unique()
    times = {text: read_time(text, days) for text in distinct}
    read = {text: time.astimezone(dt.UTC) for text, time in times.items() if time is not None}
    if not read:
        return found
    rarer = texts.replace_strict(
        list(read),
        pl.Series(list(read.values()), dtype=INSTANT),
        default=None,
        return_dtype=INSTANT,
    )
    return pl.select(pl.coalesce(found, rarer)).to_series().alias(texts.name)


def _prepare_data_quality(column: pl.Series) -> pl.Series:
    if column.dtype.is_integer():
        return column.cast(pl.UInt8)
    if column.dtype not in (pl.String, pl.Categorical, pl.Enum):
        raise _type_error(column, "measured, calculated or estimated")
    texts = column.cast(pl.String)
    read = {text: data_quality_of(text) for text in texts.unique().drop_nulls()}
    numbers = {text: DATA_QUALITIES.index(each) for text, each in read.items() if each is not None}
    return texts.replace_strict(numbers, default=None, return_dtype=pl.UInt8)


def _type_error(column: pl.Series, expected: str) -> RecordsInvalid:
    return RecordsInvalid(
        f"column {column.name}: expected {expected}; got {column.dtype}",
        metadata={"field": column.name},
    )
