"""Data frames at the ledger's borders: from Arrow, to and from Parquet, errors translated."""

from __future__ import annotations

import hashlib
import io
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from tonne.errors import LedgerInconsistent
from tonne.ledger.files.quantities import QUANTITY_REST, with_whole_quantities

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Schema = dict[str, pl.DataType | type[pl.DataType]]
"""Columns and their types."""

ROW_GROUP_ROWS = 1 << 20
"""A file of one commit is one row group: small ones cost more than they skip."""

ZSTD_LEVEL = 1
"""Measured on 80,000 meter readings: level 3 takes half as long again and saves nothing."""


@dataclass(frozen=True, slots=True)
class ParquetFile:
    """A frame as Parquet: its bytes, their SHA-256 in hexadecimal, and its rows."""

    content: bytes
    sha256: str
    row_count: int


@contextmanager
def polars_errors(subject: str) -> Iterator[None]:
    """Turn what Polars raises over `subject` into `LedgerInconsistent`.

    A panic of Polars is a BaseException: without this it would pass every handler.
    """
    try:
        yield
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise LedgerInconsistent(
            f"{subject} cannot be read or written: {type(error).__name__}: {error}",
            metadata={"subject": subject},
        ) from error


def frame_of(exported: Any) -> pl.DataFrame:
    """Take what the kernel exports to read it."""
    with polars_errors("the kernel's columns"):
        return _to_read(frame_to_write(exported))


def frame_to_write(exported: Any) -> pl.DataFrame:
    """Take what the kernel exports to write it.

    Columns of few texts are categories of this frame alone: they are written in a fraction of
    the time, are not to be compared with another frame's, and go with it.
    """
    with polars_errors("the kernel's columns"):
        return pl.DataFrame(exported)


def write_parquet(frame: pl.DataFrame, group_rows: int = ROW_GROUP_ROWS) -> ParquetFile:
    """Encode a frame.

    Statistics are left out: the manifest knows what a file holds, and readers that trust
    decimal statistics as floats lose rows.
    """
    buffer = io.BytesIO()
    with polars_errors("a Parquet file"):
        frame.write_parquet(
            buffer,
            compression="zstd",
            compression_level=ZSTD_LEVEL,
            statistics=False,
            row_group_size=group_rows,
        )
    content = buffer.getvalue()
    return ParquetFile(content, hashlib.sha256(content).hexdigest(), frame.height)


def read_rows(content: bytes, path: str, first: int, count: int) -> pl.DataFrame:
    """Decode some rows of a file; raises `LedgerInconsistent` where it is broken."""
    with polars_errors(path):
        rows = pl.scan_parquet(io.BytesIO(content)).slice(first, count).collect()
        return _to_read(rows)


def read_where(content: bytes, path: str, column: str, texts: Sequence[str]) -> pl.DataFrame:
    """Decode the rows whose text is one of some; other columns of other rows are not decoded."""
    with polars_errors(path):
        is_one = pl.col(column).cast(pl.String).is_in(list(texts))
        return _to_read(pl.scan_parquet(io.BytesIO(content)).filter(is_one).collect())


def read_parquet(content: bytes, path: str, columns: Sequence[str] | None = None) -> pl.DataFrame:
    """Decode a file, or some of its columns; raises `LedgerInconsistent` where it is broken.

    For `files.VerifiedFile` alone: bytes that nobody compared with the manifest are no numbers.
    """
    with polars_errors(path):
        names = None if columns is None else list(columns)
        if names and "quantity" in names:  # which is in two columns where a file needs them
            in_file = pl.read_parquet_schema(io.BytesIO(content))
            names += [name for name in (QUANTITY_REST,) if name in in_file]
        return _to_read(pl.read_parquet(io.BytesIO(content), columns=names))


def read_columns(content: bytes, path: str) -> tuple[str, ...]:
    """Read the names of a file's columns; raises `LedgerInconsistent` where it is broken."""
    with polars_errors(path):
        names = pl.read_parquet_schema(io.BytesIO(content))
        return tuple(name for name in names if name != QUANTITY_REST)


def _to_read(frame: pl.DataFrame) -> pl.DataFrame:
    """Read categories, those of segments and of older files, as texts, and quantities whole.

    Polars keeps every category of a name that any frame ever had for as long as one such frame
    lives: none may stay.
    """
    return with_whole_quantities(frame.cast({pl.Categorical: pl.String}))
