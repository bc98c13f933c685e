"""Records that stand twice in what is appended, found before anything is posted.

Two records with one `record_id` are one record twice, or two that contradict each other. Neither
is posted without a word: a sum would count both. Ids are compared by 64-bit hashes first, and
what they find by the texts themselves, so that a collision costs a look and tells nothing wrong.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import polars as pl

from tonne.cli.input.sketch import Sketch
from tonne.client.answers.records import RECORD_FIELDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path


RECORDS_MAX = 20_000_000
"""Records up to which ids are compared: 8 bytes of memory each, and 16 while that is done."""

SHOWN_MAX = 5
"""Repeats and conflicts that are named one by one."""

_PLACE = ("facility", "activity", "region", "start", "end")
"""Of what a record is: two with one id that differ here are two records."""
_SEEDS = (0x746F6E6E, 0x6532)


@dataclass(frozen=True, slots=True)
class Source:
    """A file, or a part of one, that gives records: its name for people, and how it is read.

    `path` is that of the file, where there is one; `is_repeatable` says whether it can be read
    more than once, which a pipe cannot; `profile` and `profile_sha256` say what it is
    read by, where it is read by more than its columns. `makes_evidence` says, once it was read,
    whether the evidence of its records is made of their place in the file.
    """

    name: str
    read: Callable[[], Iterator[pl.DataFrame]]
    path: Path | None = None
    profile: str = ""
    profile_sha256: str = ""
    is_repeatable: bool = True
    makes_evidence: Callable[[], bool] = bool


@dataclass(frozen=True, slots=True)
class Repeats:
    """What stands twice, by positions in all records from 0; a pair is (position, earlier one).

    `exact` are the same in every field; `conflicts` have the id, the facility, the activity and
    the time in common. Where an id stands for records of several places or times it is no
    record's own: then what is the same in every field is `shared`. `is_complete` is false where
    there were too many records to look.
    """

    record_count: int = 0
    exact: pl.Series = field(default_factory=lambda: pl.Series(dtype=pl.UInt64))
    shown_exact: Sequence[tuple[int, int, str]] = ()
    conflict_count: int = 0
    shown_conflicts: Sequence[tuple[int, int, str]] = ()
    starts: Sequence[tuple[int, str]] = ()
    sketches: Sequence[Sketch] = ()
    shared_count: int = 0
    shown_shared: Sequence[tuple[int, int, str]] = ()
    is_complete: bool = True

    @property
    def exact_count(self) -> int:
        """How many records are the same as an earlier one."""
        return len(self.exact)

    def kept_before(self, position: int) -> int:
        """Count the records before a position that are not the same as an earlier one."""
        return position - int(self.exact.search_sorted(position))

    def place(self, position: int) -> str:
        """Name a record by its file and its number there, from 1 and without the header."""
        start, name = next(each for each in reversed(self.starts) if each[0] <= position)
        return f"{name}, record {position - start + 1:,}"


def find_repeats(sources: Sequence[Source], *, with_ids: bool = True) -> Repeats:
    """Look through all records for ids that stand twice; those without an id are passed over.

    What they are known by is found on the way, and alone where ids are not to be compared.
    """
    hashes: list[pl.Series] = []
    starts: list[tuple[int, str]] = []
    sketches: list[Sketch] = []
    count = 0
    for source in sources:
        starts.append((count, source.name))
        sketches.append(Sketch())
        for records in source.read():
            sketches[-1].add(records)
            count += len(records)
            if count > RECORDS_MAX or not with_ids:
                hashes.clear()
            else:
                hashes.append(_hash_ids(_ids(records)))
    if count > RECORDS_MAX and with_ids:
        return Repeats(count, starts=starts, sketches=sketches, is_complete=False)
    if not hashes:
        return Repeats(count, starts=starts, sketches=sketches)
    ids = pl.concat(hashes)
    in_order = ids.drop_nulls().sort()
    twice = in_order.filter(in_order == in_order.shift()).unique()
    positions = (
        pl.Series(dtype=pl.UInt32) if twice.is_empty() else ids.is_in(twice.implode()).arg_true()
    )
    found = _compare(sources, positions.cast(pl.UInt64), count, starts)
    return replace(found, sketches=sketches)


def without(pieces: Iterable[pl.DataFrame], positions: pl.Series) -> Iterator[pl.DataFrame]:
    """Leave out the records at some positions, sorted and counted from 0 over all pieces."""
    start = 0
    for piece in pieces:
        height = piece.height
        first, last = (positions.search_sorted(each) for each in (start, start + height))
        dropped = positions.slice(first, last - first)
        if dropped.is_empty():
            yield piece
        else:
            mine = pl.int_range(height, dtype=pl.UInt64, eager=True) + start
            yield piece.filter(~mine.is_in(dropped.implode()))
        start += height


def behind(pieces: Iterable[pl.DataFrame], count: int) -> Iterator[pl.DataFrame]:
    """Give the records behind the first ones of pieces."""
    left = count
    for piece in pieces:
        height = piece.height
        if left < height:
            yield piece[left:]
        left = max(0, left - height)


def head_of(pieces: Iterable[pl.DataFrame], count: int) -> Iterator[pl.DataFrame]:
    """Give the first records of pieces."""
    left = count
    for piece in pieces:
        if left <= 0:
            return
        yield piece.head(left)
        left -= piece.height


def sketch_behind(pieces: Iterable[pl.DataFrame], count: int) -> Sketch:
    """Find what the records behind the first ones are known by."""
    found, left = Sketch(), count
    for records in pieces:
        height = len(records)
        if left < height:
            found.add(records[left:])
        left = max(0, left - height)
    return found


def only(pieces: Iterable[pl.DataFrame], positions: pl.Series) -> Iterator[pl.DataFrame]:
    """Give the records at some positions alone, sorted and counted from 0 over all pieces."""
    start = 0
    for piece in pieces:
        height = piece.height
        first, last = (positions.search_sorted(each) for each in (start, start + height))
        if last > first:
            yield piece[positions.slice(first, last - first) - start]
        start += height


def _compare(
    sources: Sequence[Source], twice: pl.Series, count: int, starts: Sequence[tuple[int, str]]
) -> Repeats:
    """Compare the records at these positions by their texts."""
    if twice.is_empty():
        return Repeats(count, starts=starts)
    parts: list[pl.DataFrame] = []
    start = 0
    for source in sources:
        ignored = {"evidence"} if source.makes_evidence() else set[str]()
        for frame in _content_frames(source.read(), ignored):
            mine = pl.int_range(frame.height, dtype=pl.UInt64, eager=True) + start
            numbered = frame.with_columns(position=mine)
            parts.append(numbered.filter(pl.col("position").is_in(twice.implode())))
            start += frame.height
    content = ("record_id", "content", "content_2")
    found = pl.concat(parts).with_columns(
        pl.col("position").first().over(content).alias("same_as"),
        pl.col("position").first().over("record_id").alias("first"),
        (pl.col("place") != pl.col("place").first()).over("record_id").alias("is_elsewhere"),
    )
    # By what came before alone: a file that grows is read as it was.
    found = found.with_columns(
        pl.col("is_elsewhere").cast(pl.Int64).cum_sum().over("record_id").alias("elsewhere_count")
    )
    is_known = (pl.col("elsewhere_count") == 0) & (pl.col("first") < pl.col("position"))
    is_same = pl.col("same_as") < pl.col("position")
    exact = found.filter(is_known & is_same)
    conflicts = found.filter(is_known & ~is_same)
    shared = found.filter(~is_known & is_same)
    columns = ("position", "first", "record_id")
    return Repeats(
        count,
        exact["position"].sort(),
        exact.select("position", "same_as", "record_id").head(SHOWN_MAX).rows(),
        conflicts.height,
        conflicts.select(columns).head(SHOWN_MAX).rows(),
        starts,
        shared_count=shared.height,
        shown_shared=shared.select("position", "same_as", "record_id").head(SHOWN_MAX).rows(),
    )


def _hash_ids(ids: pl.Series) -> pl.Series:
    texts = ids.cast(pl.String)
    is_given = texts.str.len_bytes() > 0
    return pl.select(pl.when(is_given).then(texts.hash(_SEEDS[0]))).to_series()


def _ids(records: pl.DataFrame) -> pl.Series:
    if "record_id" in records.columns:
        return records["record_id"]
    return pl.repeat("", records.height, eager=True)


def _content_frames(pieces: Iterable[pl.DataFrame], ignored: set[str]) -> Iterator[pl.DataFrame]:
    """Give the id of each record and two hashes of all its fields but those ignored.

    A record is the same in a piece with other columns: a field that is not there says nothing.
    """
    for piece in pieces:
        texts = piece.with_columns(pl.col(pl.Enum).cast(pl.String)).with_columns(
            pl.lit(None, pl.String).alias(name)
            for name in RECORD_FIELDS
            if name not in piece.columns
        )
        frame = texts.select(name for name in RECORD_FIELDS if name not in ignored)
        hashes = frame.select(
            content=pl.struct(pl.all()).hash(_SEEDS[0]),
            content_2=pl.struct(pl.all()).hash(_SEEDS[1]),
            place=pl.struct(_PLACE).hash(_SEEDS[0]),
        )
        yield hashes.select(_ids(texts).fill_null("").alias("record_id"), pl.all())
