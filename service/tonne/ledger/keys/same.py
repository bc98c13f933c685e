"""Records of one id, read from their segments and compared whole.

What says the same is every field but the place, the evidence (where it was read, which moves with
a file) and what the ledger made of it. Keys only propose: it is the ids that are compared here.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from tonne.ledger.files.frames import polars_errors
from tonne.ledger.files.overlay import REVERSED, is_kept, is_waiting, read_cleared, with_cleared
from tonne.ledger.files.quantities import QUANTITY_TYPE
from tonne.quantities import atto_of, quantity_text
from tonne_kernel import hash_texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tonne.ledger.files.files import FileReader
    from tonne.ledger.files.frames import Schema
    from tonne.store.manifest.manifest import Manifest
    from tonne.store.rows import FileRow

CONTENT: Final[Schema] = {
    "facility": pl.String,
    "activity": pl.String,
    "unit": pl.String,
    "region": pl.String,
    "quantity": QUANTITY_TYPE,
    "start": pl.Datetime("us", "UTC"),
    "end": pl.Datetime("us", "UTC"),
    "supplier": pl.String,
    "product": pl.String,
    "data_quality": pl.UInt8,
    "attributes": pl.String,
}
"""What records of one id say alike, or not."""

PLACE: Final[Schema] = {
    "seq": pl.Int64,
    "segment": pl.String,
    "channel": pl.String,
    "offset": pl.Int64,
    "row": pl.UInt32,
}
"""Where a record stands: the seq and the id of its segment, its place, its row."""

SAME_SCHEMA: Final[Schema] = {"record_id": pl.String, **PLACE, **CONTENT}

SAME_ROW_BYTES: Final = 1_000
"""Memory of a record of a segment of which some are compared: a column at a time, and hashed."""

_PLACE: Final = ("segment", "channel", "offset")
_SETTLES: Final = ("record_id", "facility", "activity", "start", "end")
_ESTIMATED: Final = 3
_BETTER: Final = (1, 2)
"""Measured and calculated: numbers of `DataQuality` in ingest.proto."""

_READ: Final = ("record_id", "channel", "offset", *CONTENT)
_EMPTY: Final[dict[Any, Any]] = {pl.String: "", pl.UInt8: 0}


def read_same(
    manifest: Manifest,
    reader: FileReader,
    file: FileRow,
    keys: pl.Series,
    hashing: tuple[bytes, int],
) -> pl.DataFrame | None:
    """Read the records of a segment that count and whose keys are among some.

    Parameters
    ----------
    keys : polars.Series
        UInt64.
    hashing : tuple of bytes and int
        The hash key of the book, and the bits of the hashes.

    Returns
    -------
    polars.DataFrame or None
        Columns of `SAME_SCHEMA`. None where the segment was changed while it was read.
    """
    clearings = manifest.clearings_of([file.id]).get(file.id, [])
    opened = reader.open(file)
    cleared = read_cleared(reader, clearings)
    place = ["status"] if cleared.is_empty() else ["channel", "offset", "status"]
    with polars_errors(file.path):
        # A column at a time: a segment of long texts is not in memory whole for some of its rows.
        now = with_cleared(opened.frame(place), cleared).select("status")
        waiting = now.filter(is_waiting()).height
        gone = now.filter(pl.col("status") == REVERSED).height
        if waiting != file.suspended_count or gone != file.reversed_count:
            return None
        key = pl.Series("key", _hashes(opened.frame(["record_id"])["record_id"], hashing))
        wanted = key.is_in(keys.implode()) & now.select(is_kept()).to_series()
        rows = wanted.arg_true()
        in_file = opened.columns()
        read = {name: opened.frame([name])[name].gather(rows) for name in _READ if name in in_file}
        chosen = pl.DataFrame(read)
        return chosen.select(
            pl.col("record_id").cast(pl.String),
            pl.lit(file.seq, pl.Int64).alias("seq"),
            pl.lit(file.id).alias("segment"),
            pl.col("channel").cast(pl.String),
            "offset",
            rows.cast(pl.UInt32).alias("row"),
            *(_content(name, chosen.columns) for name in CONTENT),
        )


def key_of_id(record_id: str, hashing: tuple[bytes, int]) -> int:
    """Give the key of an id."""
    return int(_hashes(pl.Series([record_id]), hashing)[0])


def sorted_out(records: pl.DataFrame) -> pl.DataFrame:
    """Tell first records from those that say the same later, and estimates that are settled.

    An estimate is settled by the first measured or calculated record that came later, of the same
    id, facility, activity, start and end.

    Parameters
    ----------
    records : polars.DataFrame
        Columns of `SAME_SCHEMA`.

    Returns
    -------
    polars.DataFrame
        Those of ids that several have, in the order of their commits; with `is_first` of its
        content, `first_segment`, `first_channel` and `first_offset` of the one that says the same,
        `settled_segment`, `settled_channel` and `settled_offset` of the one that settles an
        estimate (null: none), and `content_count` of the id, without settled ones.
    """
    with polars_errors("records of one id"):
        several = records.filter(pl.len().over("record_id") > 1).sort("seq", "row")
        content = ["record_id", *CONTENT]
        told = several.with_columns(
            is_first=pl.int_range(pl.len()).over(content) == 0,
            **{f"first_{name}": pl.col(name).first().over(content) for name in _PLACE},
        )
        is_estimate = pl.col("is_first") & (pl.col("data_quality") == _ESTIMATED)
        is_better = pl.col("is_first") & pl.col("data_quality").is_in(_BETTER)
        settled = told.with_columns(
            pl.when(is_estimate)
            .then(pl.when(is_better).then(name).backward_fill().over(_SETTLES))
            .alias(f"settled_{name}")
            for name in _PLACE
        )
        return with_content_counts(settled)


def with_content_counts(told: pl.DataFrame) -> pl.DataFrame:
    """Count what the records of an id say that count, as `content_count`."""
    counts = pl.col("is_first") & pl.col("settled_segment").is_null()
    return told.with_columns(content_count=counts.sum().over("record_id"))


def members_of(rows: Sequence[dict[str, Any]]) -> str:
    """Write records as JSON: their places, what they say for people, and a digest of it."""
    return json.dumps(
        [
            {
                "segment": row["segment"],
                "source": row["channel"],
                "offset": row["offset"],
                "facility": row["facility"],
                "activity": row["activity"],
                "quantity": quantity_text(atto_of(row["quantity"])),
                "unit": row["unit"],
                "start": _moment(row["start"]),
                "end": _moment(row["end"]),
                "content": content_digest(row),
            }
            for row in rows
        ],
        ensure_ascii=False,
        separators=(",", ":"),
    )


def content_digest(row: dict[str, Any]) -> str:
    """Digest what a record says."""
    said = [_text(row[name]) for name in CONTENT]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def _hashes(record_ids: pl.Series, hashing: tuple[bytes, int]) -> pl.Series:
    key, bits = hashing
    return pl.Series(hash_texts(record_ids.cast(pl.String), key, bits=bits))


def _content(name: str, columns: Sequence[str]) -> pl.Expr:
    kind = CONTENT[name]
    empty = _EMPTY.get(kind)
    if name not in columns:
        return pl.lit(empty, kind).alias(name)
    column = pl.col(name).cast(kind)
    return column if empty is None else column.fill_null(empty)


def _text(value: object) -> str:
    return _moment(value) if isinstance(value, dt.datetime) else str(value)


def _moment(value: dt.datetime) -> str:
    return value.isoformat().replace("+00:00", "Z")
