"""Runs of keys: read, made of segments that lack them, merged so that their number is bounded.

The runs of a tier have up to 8 times the keys of the tier below. When a tier has more than eight,
its smallest are merged, each key once for every tier that it climbs. A run is cut into parts of
some 65,536 keys by their first bits, so that whoever looks for an id reads one part of each run.
Of an id that stands in more records than are compared the last ones stay in it.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Final

from tonne.errors import LedgerInconsistent
from tonne.ledger.files.files import put_keys
from tonne.ledger.keys.key_file import (
    BUCKET_BITS,
    BUCKET_COUNT,
    KEY_USES_MAX,
    Keys,
    decode_keys,
    encode_keys,
    keys_of,
)
from tonne.store.errors import LeaseLost
from tonne.store.statement_rows import KeyFile
from tonne_kernel import latest_entries, merge_keys, record_keys

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator, Sequence

    import polars as pl

    from tonne.ledger.files.files import FileReader
    from tonne.store.manifest.manifest import Manifest
    from tonne.store.objects.objects import Objects
    from tonne.store.rows import FileRow, Lease
    from tonne.store.statement_rows import KeyState

PART_KEYS: Final = 1 << 16
"""Keys of a part, about: 786,432 bytes."""

TIER_RUNS_MAX: Final = 8
"""A tier of more runs than this is merged."""

MERGED_RUNS_MAX: Final = 16
"""Most runs of one merge: each holds one part in memory."""

_TIER_KEYS_MIN: Final = 4096
_TIER_FACTOR_BITS: Final = 3

_Part = tuple[KeyFile, "FileRow"]


class KeyRuns:
    """The key files of books. Safe to call from several threads.

    Parameters
    ----------
    manifest, objects, reader
        Where the ledger is kept.
    clock : callable
        The time, UTC.
    hash_bits : int
        First bits of the hashes that are kept; fewer than 64 for tests alone.
    """

    def __init__(
        self,
        manifest: Manifest,
        objects: Objects,
        reader: FileReader,
        *,
        clock: Callable[[], dt.datetime],
        hash_bits: int = 64,
    ) -> None:
        self._manifest = manifest
        self._objects = objects
        self._reader = reader
        self._clock = clock
        self.hash_bits = hash_bits
        self._states: dict[tuple[str, dt.datetime], KeyState] = {}

    def hash_key(self, book: str, create_time: dt.datetime) -> bytes:
        """Give the hash key of a book, which never changes while the book is there."""
        found = self._states.get((book, create_time))
        if found is None:
            found = self._states[book, create_time] = self._manifest.key_state(book)
        return found.hash_key

    def put_segment(
        self, record_ids: pl.Series, book: str, commit_id: str, hash_key: bytes
    ) -> FileRow:
        """Write the key file of a segment's records; it is durable on return."""
        keys = record_keys(record_ids, hash_key, bits=self.hash_bits)
        return put_keys(
            self._objects,
            encode_keys(keys, None, 0, hash_key),
            len(keys) // 8,
            book=book,
            commit_id=commit_id,
            now=self._clock(),
        )

    def read(self, part: KeyFile, file: FileRow, hash_key: bytes) -> Keys:
        """Read a key file."""
        return decode_keys(self._reader.open(file), hash_key, part.segment)

    def of_segments(
        self, book: str, segments: Sequence[FileRow], hash_key: bytes, lease: Lease
    ) -> Keys:
        """Give the keys of segments in one run; those that lack a key file get it."""
        own = self._manifest.keys_of_segments(book, [each.seq for each in segments])
        missing = [each for each in segments if each.seq not in own]
        if missing:
            files = [
                self.put_segment(
                    self._reader.open(each).frame(["record_id"])["record_id"], book, "", hash_key
                )
                for each in missing
            ]
            keys = [
                KeyFile(file.id, file.id, segment.seq)
                for file, segment in zip(files, missing, strict=True)
            ]
            self._manifest.put_key_files(book, files, keys, lease)
            own |= {segment.seq: file for segment, file in zip(missing, files, strict=True)}
        return merged(
            [
                decode_keys(self._reader.open(own[each.seq]), hash_key, each.seq)
                for each in segments
            ]
        )

    def merge(self, book: str, state: KeyState, lease: Lease) -> int:
        """Merge each tier that has too many runs. Raises `LeaseLost`.

        Returns
        -------
        int
            Files that were replaced.
        """
        replaced = 0
        while chosen := self._crowded(book, state.checked_seq):
            replaced += self._merge(book, chosen, state.hash_key, lease)
        return replaced

    def _crowded(self, book: str, checked_seq: int) -> list[list[_Part]]:
        """Choose runs to merge, of the lowest tier that has too many; none: no tier has."""
        runs: dict[str, list[_Part]] = {}
        for part in self._manifest.key_files(book):
            if part[0].segment <= checked_seq:
                runs.setdefault(part[0].run, []).append(part)
        tiers: dict[int, list[list[_Part]]] = {}
        for run in runs.values():
            tiers.setdefault(_tier(_count(run)), []).append(run)
        for _, of_tier in sorted(tiers.items()):
            if len(of_tier) > TIER_RUNS_MAX:
                return sorted(of_tier, key=_count)[:MERGED_RUNS_MAX]
        return []

    def _merge(
        self, book: str, runs: Sequence[Sequence[_Part]], hash_key: bytes, lease: Lease
    ) -> int:
        total = sum(map(_count, runs))
        bits = 0
        while bits < BUCKET_BITS and total >> bits > PART_KEYS:
            bits += 1
        width = BUCKET_COUNT >> bits
        name = uuid.uuid4().hex
        cursors = [_Cursor(self, run, hash_key) for run in runs]
        files: list[FileRow] = []
        keys: list[KeyFile] = []
        count = dropped = 0
        for first in range(0, BUCKET_COUNT, width):
            inputs = [part for cursor in cursors for part in cursor.within(first, first + width)]
            made = merged(inputs, is_kept_apart=True)
            dropped += made.count
            made = _without_overused(made)
            dropped -= made.count
            content = encode_keys(
                bytes(made.keys), bytes(made.segments or b""), made.base, hash_key
            )
            file = put_keys(
                self._objects, content, made.count, book=book, commit_id="", now=self._clock()
            )
            files.append(file)
            keys.append(KeyFile(file.id, name, 0, "", first, first + width))
            count += made.count
        if count + dropped != total:
            raise LedgerInconsistent(
                f"the merged keys of book {book!r} are {count + dropped}, and not {total} as "
                "before: they were thrown away, and the files that they were to replace stay",
                metadata={"book": book},
            )
        if self._manifest.renew_lease(lease, _LEASE_S) is None:
            raise LeaseLost(lease.name, lease.holder, lease.fence)
        old = [file.id for run in runs for _, file in run]
        self._manifest.put_key_files(book, files, keys, lease, old_ids=old)
        return len(old)


_LEASE_S: Final = 120.0


class _Cursor:
    """Goes through the parts of a run in the order of their buckets, one in memory."""

    def __init__(self, runs: KeyRuns, parts: Sequence[_Part], hash_key: bytes) -> None:
        self._runs = runs
        self._parts = sorted(parts, key=lambda part: part[0].first_bucket)
        self._hash_key = hash_key
        self._held: tuple[str, Keys] | None = None

    def within(self, first: int, stop: int) -> Iterator[Keys]:
        """Give the keys of some buckets."""
        for part, file in self._parts:
            if part.first_bucket < stop and part.stop_bucket > first:
                if self._held is None or self._held[0] != part.file_id:
                    self._held = part.file_id, self._runs.read(part, file, self._hash_key)
                yield self._held[1].within(first, stop)


def merged(parts: Sequence[Keys], *, is_kept_apart: bool = False) -> Keys:
    """Merge keys into one; each keeps its segment.

    `is_kept_apart`: one that is alone gets segments beside its keys, too.
    """
    full = [each for each in parts if each.count]
    if len(full) == 1 and not is_kept_apart:
        return full[0]
    while len(full) > MERGED_RUNS_MAX:
        full = [
            merged(full[first : first + MERGED_RUNS_MAX])
            for first in range(0, len(full), MERGED_RUNS_MAX)
        ]
    base = min((each.base for each in full), default=0)
    return keys_of(*merge_keys([each.run for each in full], base), base)


def _without_overused(keys: Keys) -> Keys:
    """Leave out entries of ids of so many records that these are counted alone."""
    if keys.segments is None:
        raise ValueError("keys of one segment are not merged")
    kept, segments = latest_entries(keys.keys, keys.segments, KEY_USES_MAX + 1)
    return keys if kept is keys.keys else keys_of(bytes(kept), bytes(segments), keys.base)


def _count(run: Sequence[_Part]) -> int:
    return sum(file.row_count for _, file in run)


def _tier(count: int) -> int:
    return (max(count, 1) // _TIER_KEYS_MIN).bit_length() // _TIER_FACTOR_BITS
