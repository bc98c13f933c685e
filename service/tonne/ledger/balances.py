"""Balances: what was posted, as the sum over the live postings files.

A snapshot of the manifest names the files; decoded frames stay in memory up to a bound. A
merge replaces many files by one with the same sums, so that what a reader must add up is
bounded by the number of distinct postings, not by the length of history.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import polars as pl

from tonne.errors import LedgerInconsistent
from tonne.ledger.files import POSTINGS, put_frame
from tonne.ledger.frames import Schema, polars_errors, read_parquet
from tonne.ledger.group import POSTED_KEYS
from tonne.ledger.sums import QUANTITY_TYPE, sum_by
from tonne.store.errors import LeaseLost, ObjectMissing
from tonne.work import check_wanted

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator, Sequence

    from tonne.store.manifest import Manifest
    from tonne.store.objects import Objects
    from tonne.store.rows import FileRow, Lease

logger = logging.getLogger(__name__)

READ_THREADS = 8
"""Postings files that are fetched side by side."""

SNAPSHOT_ATTEMPTS_MAX = 16
"""Snapshots that a reader takes when merges and garbage collection outrun it."""

TIER_ROWS_MIN = 1024
"""Files of fewer rows are of the lowest tier."""

TIER_FACTOR_BITS = 3
"""A tier's files have up to 8 times the rows of the tier below."""

MERGE_ROWS_MAX = 1 << 25
"""Most rows that one merge reads: about 2 GB in memory, and as much again for the sums."""

MERGE_LEASE_S = 120.0
"""How long a merge of a process that died keeps the others off, in seconds."""

POSTINGS_SCHEMA: Schema = {
    "facility": pl.Categorical,
    "activity": pl.Categorical,
    "unit": pl.Categorical,
    "region": pl.Categorical,
    "period": pl.Int32,
    "resolution": pl.Categorical,
    "status": pl.UInt8,
    "quantity": QUANTITY_TYPE,
    "record_count": pl.Int64,
    "record_start_count": pl.Int64,
}
"""Columns of postings. `region` is the effective one; `resolution` is null in suspense, where
`status` (0: posted) says why."""


class FrameCache:
    """Decoded frames of immutable files, the least used dropped beyond a bound.

    Parameters
    ----------
    bytes_max : int
        Most bytes of frames to keep; one that is larger alone is not kept.
    """

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max = bytes_max
        self._lock = threading.Lock()
        self._frames: OrderedDict[str, tuple[pl.DataFrame, int]] = OrderedDict()
        self._bytes = 0

    @property
    def size_bytes(self) -> int:
        """Bytes of the frames that are kept."""
        return self._bytes

    def get(self, file_id: str) -> pl.DataFrame | None:
        """Return a frame that is kept."""
        with self._lock:
            found = self._frames.get(file_id)
            if found is None:
                return None
            self._frames.move_to_end(file_id)
            return found[0]

    def put(self, file_id: str, frame: pl.DataFrame) -> None:
        """Keep a frame."""
        size = int(frame.estimated_size())
        if size > self._bytes_max:
            return
        with self._lock:
            self._drop(file_id)
            self._frames[file_id] = (frame, size)
            self._bytes += size
            while self._bytes > self._bytes_max:
                self._drop(next(iter(self._frames)))

    def drop(self, file_ids: Sequence[str]) -> None:
        """Forget frames whose files are dead."""
        with self._lock:
            for file_id in file_ids:
                self._drop(file_id)

    def _drop(self, file_id: str) -> None:
        found = self._frames.pop(file_id, None)
        if found is not None:
            self._bytes -= found[1]


class Balances:
    """Reads and merges the postings of books. Safe to call from several threads.

    Parameters
    ----------
    manifest, objects
        Where the ledger is kept.
    holder : str
        Name of this process in leases.
    cache_bytes_max : int
        Most bytes of decoded postings to keep in memory.
    merge_files_max : int
        A tier of more live files than this is merged.
    merge_lease_s : float
        How long a merge of a process that died keeps the others off, in seconds.
    clock : callable
        The time, UTC.
    """

    def __init__(
        self,
        manifest: Manifest,
        objects: Objects,
        *,
        holder: str,
        cache_bytes_max: int,
        merge_files_max: int,
        merge_lease_s: float = MERGE_LEASE_S,
        clock: Callable[[], dt.datetime],
    ) -> None:
        self._manifest = manifest
        self._objects = objects
        self._holder = holder
        self._merge_files_max = merge_files_max
        self._lease_s = merge_lease_s
        self._clock = clock
        self._cache = FrameCache(cache_bytes_max)
        self._readers = ThreadPoolExecutor(READ_THREADS, thread_name_prefix="balances")

    def close(self) -> None:
        """End the threads, after what they are doing."""
        self._readers.shutdown()

    def frame(self, book: str) -> pl.DataFrame:
        """Read all postings of a book, as of one moment.

        Returns
        -------
        polars.DataFrame
            Columns of `POSTINGS_SCHEMA`. A combination of keys may stand in several rows:
            `sums.sum_by` adds them up.

        Raises
        ------
        LedgerInconsistent
            A file that the manifest names is gone or cannot be read.
        """
        return self.snapshot(book)[1]

    def snapshot(self, book: str) -> tuple[list[FileRow], pl.DataFrame]:
        """Read the live postings files of one moment, and what they hold, as `frame` does."""
        for _ in range(SNAPSHOT_ATTEMPTS_MAX):
            files = self._manifest.live_postings(book)
            try:
                frames = self._read(files)
            except ObjectMissing as error:
                missing = error
                continue
            with polars_errors(f"postings of book {book}"):
                empty = pl.DataFrame(schema=POSTINGS_SCHEMA)
                return files, pl.concat([empty, *frames], rechunk=False)
        raise LedgerInconsistent(
            f"book {book} names postings files that are not there: {missing.message}",
            metadata={"book": book},
        ) from missing

    def remember(self, file: FileRow, frame: pl.DataFrame) -> None:
        """Keep the frame of a file that was just committed: it need not be read back."""
        self._cache.put(file.id, frame)

    def merge(self, book: str) -> int:
        """Merge each tier that has too many files; the sums stay what they are.

        One process at a time merges a book, by lease. One that was paused so long that
        another took the lease commits nothing: the manifest compares the fence.

        Returns
        -------
        int
            Files that were replaced.
        """
        if next(self._crowded(book), None) is None:
            return 0
        name = f"merge/{book}"
        lease = self._manifest.acquire_lease(name, self._holder, self._lease_s)
        if lease is None:
            return 0
        replaced = 0
        try:
            while files := next(self._crowded(book), None):
                if not self._merge_files(book, files, lease):
                    break
                replaced += len(files)
        except LeaseLost as error:
            logger.warning("a merge was left to another server: %s", error)
        finally:
            self._manifest.release_lease(lease)  # without effect on another's
        return replaced

    def _crowded(self, book: str) -> Iterator[list[FileRow]]:
        """Yield files to merge, tier by tier, the lowest first.

        Equal sizes meet equal sizes: each row is rewritten once per tier that it climbs, so
        that n files cost O(n log n) and not O(n^2).
        """
        tiers: dict[int, list[FileRow]] = {}
        for file in self._manifest.live_postings(book):
            tiers.setdefault(_tier(file), []).append(file)
        for _, files in sorted(tiers.items()):
            if len(files) <= self._merge_files_max:
                continue
            chosen: list[FileRow] = []
            rows = 0
            for file in files:
                rows += file.row_count
                if rows > MERGE_ROWS_MAX:
                    break
                chosen.append(file)
            if len(chosen) > 1:
                yield chosen

    def _merge_files(self, book: str, files: Sequence[FileRow], lease: Lease) -> bool:
        """Replace files by one with the same sums; False when another merge was first.

        Raises `LeaseLost` where another process has taken the lease.
        """
        try:
            frames = self._read(files)
        except ObjectMissing:
            return False
        with polars_errors(f"postings of book {book}"):
            before = pl.concat(frames, rechunk=False)
        merged = drop_zeros(sum_by(before, POSTED_KEYS)).select(list(POSTINGS_SCHEMA))
        if not sum_by(merged, ()).equals(sum_by(before, ())):
            raise LedgerInconsistent(
                f"a merge of {len(files)} postings files of book {book} changed their total; "
                "it was thrown away",
                metadata={"book": book},
            )
        # Reading and adding up can take as long as the lease: nothing is written without it.
        if self._manifest.renew_lease(lease, self._lease_s) is None:
            raise LeaseLost(lease.name, lease.holder, lease.fence)
        new = put_frame(
            self._objects, merged, POSTINGS, book=book, commit_id="", now=self._clock()
        )
        old_ids = [file.id for file in files]
        if not self._manifest.replace_postings(book, old_ids, new, lease):
            return False
        self._cache.drop(old_ids)
        self._cache.put(new.id, merged)
        return True

    def _read(self, files: Sequence[FileRow]) -> list[pl.DataFrame]:
        """Frames of files, from memory or side by side from the objects."""
        frames = []
        for frame in self._readers.map(self._frame_of, files):
            check_wanted()
            frames.append(frame)
        return frames

    def _frame_of(self, file: FileRow) -> pl.DataFrame:
        frame = self._cache.get(file.id)
        if frame is None:
            frame = read_parquet(self._objects.get(file.path), file.path)
            with polars_errors(file.path):
                frame = frame.select(
                    pl.col(name).cast(kind) for name, kind in POSTINGS_SCHEMA.items()
                )
            if frame.height != file.row_count:
                raise LedgerInconsistent(
                    f"{file.path} has {frame.height} rows; the manifest says {file.row_count}",
                    metadata={"path": file.path},
                )
            self._cache.put(file.id, frame)
        return frame


def drop_zeros(sums: pl.DataFrame) -> pl.DataFrame:
    """Leave out postings that were taken back whole: nothing, of no record."""
    with polars_errors("sums of postings"):
        is_left = pl.any_horizontal(
            pl.col(name) != 0 for name in ("quantity", "record_count", "record_start_count")
        )
        return sums.filter(is_left)


def _tier(file: FileRow) -> int:
    return (file.row_count // TIER_ROWS_MIN).bit_length() // TIER_FACTOR_BITS
