"""Where the records of files stand in a channel: in their order, or wherever they are found.

A channel counts records as they came. A sheet that grows by a column, or by a row in between,
gives the same records in another order. They are looked for by digests, then compared whole at
the offsets where they were found; what is not there is new, and goes behind.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tonne.cli.input.files import Piece
    from tonne.client import Digests


@dataclass(frozen=True, slots=True, eq=False)
class Placement:
    """Which records of the files a channel has, and where.

    Parameters
    ----------
    record_count : int
        Records of the files.
    start_offset, committed_offset : int
        Records of the channel before those of the files, and all of it.
    runs : tuple of (int, int)
        What the channel has of them, as offset and number of records, in the order in which they
        are read.
    order : Series, optional
        Positions in the files, in the order in which they are read; as they stand without it.
    gone, gone_quarantined : tuple of int
        Offsets of records that are not in the files: posted or in suspense, and in quarantine.
    """

    record_count: int = 0
    start_offset: int = 0
    committed_offset: int = 0
    runs: tuple[tuple[int, int], ...] = ()
    order: pl.Series | None = None
    gone: tuple[int, ...] = ()
    gone_quarantined: tuple[int, ...] = ()

    @property
    def known_count(self) -> int:
        """How many records of the files the channel has; they are the first ones read."""
        return sum(count for _, count in self.runs)

    @property
    def new_count(self) -> int:
        """How many it does not have."""
        return self.record_count - self.known_count

    @property
    def new_offset(self) -> int:
        """Offset of the first record that the channel does not have."""
        if self.order is not None:
            return self.committed_offset
        return self.start_offset + self.known_count

    @property
    def first_offset(self) -> int:
        """Where the files begin, if their records stood together up to the last new one."""
        return self.new_offset + self.new_count - self.record_count

    @property
    def behind_count(self) -> int:
        """Records that the channel has after those of the files, which stand in their order."""
        if self.order is not None:
            return 0
        return max(0, self.committed_offset - self.start_offset - self.record_count)

    def positions(self, offsets: Iterable[int]) -> pl.Series:
        """Give which of the records that are read stand at some offsets, ascending."""
        given = pl.DataFrame({"offset": pl.Series(offsets, dtype=pl.Int64)})
        starts = list(accumulate((count for _, count in self.runs), initial=0))[:-1]
        runs = pl.DataFrame(
            {"offset": [offset for offset, _ in self.runs], "start": starts},
            schema={"offset": pl.Int64, "start": pl.Int64},
        ).with_columns(pl.col("offset").alias("first"))
        joined = given.join_asof(runs, on="offset")
        return joined.select(
            (pl.col("start") + pl.col("offset") - pl.col("first")).cast(pl.UInt64)
        ).to_series()

    def number(self, offset: int) -> int:
        """Give which record of the files stands at an offset, from 1."""
        (position,) = self.positions([offset])
        return 1 + (position if self.order is None else int(self.order[position]))

    def arranged(self, pieces: Iterator[Piece]) -> Iterator[Piece]:
        """Give the records of the files in the order in which they are read."""
        if self.order is None:
            yield from pieces
            return
        held = list(pieces)
        heights = [piece.height for piece in held]
        starts = pl.Series(list(accumulate(heights, initial=0))[:-1], dtype=pl.UInt64)
        which = pl.Series(starts.search_sorted(self.order, side="right")) - 1
        done = 0
        for length, index in which.rle().struct.unnest().iter_rows():
            yield held[index][self.order.slice(done, length) - starts[index]]
            done += length


def in_order(record_count: int, start_offset: int, committed_offset: int) -> Placement:
    """Take it that the channel has the records in the order of the files."""
    count = min(record_count, committed_offset - start_offset)
    runs = ((start_offset, count),) if count > 0 else ()
    return Placement(record_count, start_offset, committed_offset, runs)


def paired(kept: Digests, came: Digests, before: Placement) -> Placement | None:
    """Find the records of the files among those of the channel by their digests.

    None where none is there, or all stand in the order of the files.
    """
    start = before.start_offset
    mine, theirs = _frame(came, "position", 0), _frame(kept, "offset", start)
    pairs = pl.DataFrame(schema={"offset": pl.Int64, "position": pl.Int64})
    for name in ("content", "key", ""):
        left_kept = theirs.join(pairs, on="offset", how="anti", maintain_order="left")
        left_came = mine.join(pairs, on="position", how="anti", maintain_order="left")
        if not name and pairs.is_empty():
            return None
        more = _pairs(left_kept, left_came, name) if name else _next_to(left_kept, pairs, start)
        pairs = pl.concat([pairs, more.join(left_came, on="position", how="semi")])
    pairs = pairs.sort("offset")
    if pairs.height == before.known_count and (pairs["offset"] - start).equals(pairs["position"]):
        return None
    gone = theirs.join(pairs, on="offset", how="anti", maintain_order="left")
    rest = mine.join(pairs, on="position", how="anti", maintain_order="left")
    return Placement(
        before.record_count,
        start,
        before.committed_offset,
        _runs(pairs["offset"]),
        pl.concat([pairs["position"], rest["position"]]).cast(pl.UInt64),
        tuple(gone.filter(~pl.col("is_quarantined"))["offset"].to_list()),
        tuple(gone.filter("is_quarantined")["offset"].to_list()),
    )


def _frame(digests: Digests, number: str, first: int) -> pl.DataFrame:
    quarantined = pl.Series(digests.quarantined_offsets, dtype=pl.Int64)
    columns = {
        name: pl.Series([texts], dtype=pl.Binary)
        .bin.reinterpret(dtype=pl.Array(pl.UInt64, len(texts) // 8), endianness="little")
        .explode()
        for name, texts in (("content", digests.contents), ("key", digests.keys))
    }
    return pl.DataFrame(columns).select(
        (pl.int_range(pl.len(), dtype=pl.Int64) + first).alias(number),
        "content",
        "key",
        (pl.int_range(pl.len(), dtype=pl.Int64) + first)
        .is_in(quarantined.implode())
        .alias("is_quarantined"),
    )


def _pairs(kept: pl.DataFrame, came: pl.DataFrame, name: str) -> pl.DataFrame:
    """Pair records with one digest: the first with the first, the second with the second."""

    def counted(frame: pl.DataFrame, number: str) -> pl.DataFrame:
        known = frame.filter(pl.col(name) != 0)
        return known.select(number, name, pl.int_range(pl.len()).over(name).alias("occurrence"))

    return counted(kept, "offset").join(
        counted(came, "position"), on=[name, "occurrence"], how="inner"
    ).select("offset", "position")  # fmt: skip


def _next_to(kept: pl.DataFrame, pairs: pl.DataFrame, start_offset: int) -> pl.DataFrame:
    """Propose for what is in quarantine the record as far behind the last one that was found."""
    first = pl.DataFrame({"offset": [start_offset - 1], "position": [-1]}, schema=pairs.schema)
    known = pl.concat([first, pairs]).sort("offset").with_columns(last=pl.col("offset"))
    return (
        kept.filter("is_quarantined")
        .select("offset")
        .join_asof(known, on="offset")
        .select("offset", pl.col("position") + pl.col("offset") - pl.col("last"))
        .unique("position", keep="first", maintain_order=True)
    )


def _runs(offsets: pl.Series) -> tuple[tuple[int, int], ...]:
    """Join offsets that follow each other."""
    groups = (
        offsets.to_frame("offset")
        .with_row_index()
        .group_by(pl.col("offset") - pl.col("index"), maintain_order=True)
        .agg(pl.col("offset").first().alias("first"), pl.len())
    )
    return tuple(groups.select("first", "len").rows())
