"""Digests of records, by which a producer finds which of its records a channel has.

They propose; what they propose is compared whole before anything rests on it. So 64 bits do, and a
server of another version may have others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from tonne.ledger.posting.comparing.kept import (
    CORE,
    OPTIONAL,
    REFUSED,
    RULED,
    record_columns,
    timed,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

CONTENT = tuple(name for name in (*CORE, *OPTIONAL) if name not in {"offset", "evidence"})
"""Fields of a readable record by which it is known: where it was read may move."""

KEY = ("record_id", "facility", "activity", "region", "start", "end")
"""Fields that say which record it is, and not how much: what a correction leaves alone."""

_SEED = 0x746F6E6E


@dataclass(frozen=True, slots=True)
class Digests:
    """Digests of records in their order, of 8 bytes each; zeros where there is none.

    Records with one of `contents` say the same, but for their evidence; those with one of `keys`
    are of the same facility, activity, region and time, under the same id. `quarantined_offsets`
    are of those in quarantine.
    """

    contents: bytes
    keys: bytes
    quarantined_offsets: tuple[int, ...]


def digests_of(records: pl.DataFrame, refused: pl.DataFrame, offsets: tuple[int, int]) -> Digests:
    """Digest records and refused ones of ``[first, stop)``; of several generations, the last."""
    is_ruled = pl.col("status").is_in(RULED)
    ruled, unread = refused.filter(is_ruled), refused.filter(~is_ruled)
    readable = record_columns(ruled).with_columns(
        pl.lit(0 if kind == pl.UInt8 else "", kind).alias(name) for name, kind in OPTIONAL.items()
    )
    texts = [name for name in REFUSED if name != "offset"]
    parts = [
        _digest(_with_generation(records, records), CONTENT, is_refused=False),
        _digest(_with_generation(readable, ruled), CONTENT, is_refused=True),
        _digest(_with_generation(unread, unread), texts, is_refused=True),
    ]
    found = pl.concat(parts).sort("generation").unique("offset", keep="last")
    placed = pl.DataFrame({"offset": pl.int_range(*offsets, eager=True)}).join(
        found, on="offset", how="left", maintain_order="left"
    )
    return Digests(
        _bytes(placed["content"]),
        _bytes(placed["key"]),
        tuple(placed.filter("is_refused")["offset"].to_list()),
    )


def _with_generation(frame: pl.DataFrame, source: pl.DataFrame) -> pl.DataFrame:
    if "generation" in source.columns:
        return frame.with_columns(source["generation"])
    return frame.with_columns(generation=pl.lit(0, pl.Int32))


def _digest(frame: pl.DataFrame, names: Sequence[str], *, is_refused: bool) -> pl.DataFrame:
    return frame.select(
        "offset",
        "generation",
        pl.struct(names).hash(_SEED).alias("content"),
        pl.struct(timed(KEY)).hash(_SEED).alias("key"),
        pl.lit(is_refused).alias("is_refused"),
    )


def _bytes(digests: pl.Series) -> bytes:
    """Write digests, little-endian."""
    return b"".join(each.to_bytes(8, "little") for each in digests.fill_null(0))
