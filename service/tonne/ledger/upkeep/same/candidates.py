"""Entries whose key stands in several records, of which one is new, in bounded memory.

The hashes are gone through a sixteenth at a time, and by less where many stand in several. An id
that stands in more records than are compared becomes one entry, with the count beside it.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Final

import polars as pl

from tonne.ledger.keys.key_file import BUCKET_COUNT, KEY_USES_MAX, Keys
from tonne_kernel import repeated_keys, shared_entries

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tonne.ledger.keys.key_file import Run
    from tonne.store.rows import FileRow
    from tonne.store.statement_rows import KeyFile

CANDIDATES_MAX: Final = 1 << 15
"""Entries whose records are read together: 2 KB each while they are compared."""

SLICE_COUNT: Final = 16
_ENTRIES_MAX: Final = 1 << 18
_HELD_BYTES_MAX: Final = 24 << 20
_ENTRY_BYTES: Final = 12

_SCHEMA: Final = {"key": pl.UInt64, "segment": pl.Int64, "uses": pl.UInt32}

Part = tuple["KeyFile", "FileRow"]


class Candidates:
    """The keys of new records beside all those of before. For one thread, once.

    Parameters
    ----------
    new : Keys
        Of the new records.
    old : sequence of (KeyFile, FileRow)
        The key files of all records of before.
    read : callable
        Reads one of these.
    renew : callable
        Called between slices: keeps the lease.
    """

    def __init__(
        self,
        new: Keys,
        old: Sequence[Part],
        read: Callable[[KeyFile, FileRow], Keys],
        renew: Callable[[], None],
    ) -> None:
        self._new = new
        self._old = old
        self._load = read
        self._renew = renew
        self._held: dict[str, Keys] = {}

    def entries(self) -> Iterator[pl.DataFrame]:
        """Yield entries (key, segment, uses), all of a key together.

        `uses` counts the records of the key. Where they are more than `KEY_USES_MAX` one entry
        stands for all, with the last segment.
        """
        waiting: list[pl.DataFrame] = []
        width = BUCKET_COUNT // SLICE_COUNT
        slices = [(first, first + width) for first in range(0, BUCKET_COUNT, width)]
        while slices:
            buckets = slices.pop(0)
            mine = self._new.within(*buckets)
            if not mine.count:
                continue
            self._renew()
            found = self._shared(mine, buckets)
            if found is None:
                middle = (buckets[0] + buckets[1]) // 2
                slices[:0] = [(buckets[0], middle), (middle, buckets[1])]
                continue
            waiting.append(found)
            if sum(each.height for each in waiting) >= CANDIDATES_MAX:
                yield from _cut(pl.concat(waiting))
                waiting = []
        if waiting:
            yield from _cut(pl.concat(waiting))

    def _shared(self, mine: Keys, buckets: tuple[int, int]) -> pl.DataFrame | None:
        """Find the entries of some buckets; None: too many, and there is less than these."""
        may_cut = buckets[1] - buckets[0] > 1
        found = pl.DataFrame(schema=_SCHEMA)
        for part, file in self._old:
            first = max(part.first_bucket, buckets[0])
            stop = min(part.stop_bucket, buckets[1])
            if first >= stop or not mine.within(first, stop).count:
                continue
            keys = self._read(part, file).within(*buckets)
            found = _added(found, _entries(mine.keys, keys.run))
            if may_cut and found.height > _ENTRIES_MAX:
                return None
        repeated = pl.Series(memoryview(repeated_keys(mine.keys)).cast("Q"), dtype=pl.UInt64)
        hit = pl.concat([found["key"], repeated]).unique().sort()
        if hit.is_empty():
            return found
        found = _added(found, _entries(array("Q", hit.to_list()), mine.run))
        return None if may_cut and found.height > _ENTRIES_MAX else found

    def _read(self, part: KeyFile, file: FileRow) -> Keys:
        """Read a part; one that several slices need stays, as long as there is room."""
        if part.file_id in self._held:
            return self._held[part.file_id]
        keys = self._load(part, file)
        is_wide = part.stop_bucket - part.first_bucket > BUCKET_COUNT // SLICE_COUNT
        held_bytes = sum(each.count * _ENTRY_BYTES for each in self._held.values())
        if is_wide and held_bytes + keys.count * _ENTRY_BYTES < _HELD_BYTES_MAX:
            self._held[part.file_id] = keys
        return keys


def _entries(keys: memoryview | array[int], run: Run) -> pl.DataFrame:
    """Give the entries of a run whose key is among some."""
    found = pl.DataFrame(shared_entries(keys, run))
    entry = pl.col("key").cast(pl.UInt64), pl.col("segment").cast(pl.Int64)
    return _gathered(found.select(*entry, uses=pl.lit(1, pl.UInt32)))


def _added(found: pl.DataFrame, more: pl.DataFrame) -> pl.DataFrame:
    """Put entries together; those of a key that has too many by now become one."""
    return found if more.is_empty() else _gathered(pl.concat([found, more]))


def _gathered(entries: pl.DataFrame) -> pl.DataFrame:
    uses = entries.with_columns(total=pl.col("uses").sum().over("key"))
    is_over = pl.col("total") > KEY_USES_MAX
    if not uses.select(is_over.any()).item():
        return entries
    over = uses.filter(is_over).group_by("key").agg(pl.col("segment").max(), pl.col("uses").sum())
    return pl.concat([uses.filter(~is_over).select(*_SCHEMA), over.select(*_SCHEMA)])


def _cut(entries: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Cut entries so that all of a key stay together."""
    told = entries.with_columns(
        pl.col("uses").sum().over("key"), rank=pl.col("key").rank("min").cast(pl.UInt64) - 1
    )
    pieces = told.with_columns(piece=pl.col("rank") // CANDIDATES_MAX)
    for piece in pieces.partition_by("piece", maintain_order=True):
        yield piece.select(*_SCHEMA)
