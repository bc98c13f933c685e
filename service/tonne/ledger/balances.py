"""Balances: what was posted, as the sum over the live postings files.

A snapshot of the manifest names the files. They are read in parts, whose decoded frames stay in
memory up to a bound, so that what a question holds follows its answer and not the book.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import polars as pl

from tonne.errors import LedgerInconsistent
from tonne.ledger.files import POSTINGS_GROUP_ROWS, FileReader
from tonne.ledger.frame_cache import FrameCache
from tonne.ledger.frames import polars_errors
from tonne.ledger.merging import MERGE_BYTES_MAX, MERGE_LEASE_S, Merger
from tonne.ledger.postings import POSTINGS_SCHEMA
from tonne.store.errors import ObjectMissing
from tonne.work import check_wanted

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Sequence

    from tonne.ledger.files import VerifiedFile
    from tonne.store.manifest import Manifest
    from tonne.store.objects import Objects
    from tonne.store.rows import FileRow

Add = Callable[[pl.DataFrame], None]
"""Takes the postings of a part of a book."""

READ_THREADS = 8
"""Postings files that are fetched side by side."""

SNAPSHOT_ATTEMPTS_MAX = 16
"""Snapshots that a reader takes when merges and garbage collection outrun it."""


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
        A tier of more live merges or commits than this is merged.
    merge_bytes_max : int
        Most memory of a merge.
    merge_lease_s : float
        How long a merge of a process that died keeps the others off, in seconds.
    clock : callable
        The time, UTC.
    reader : FileReader, optional
        Reads the files; one of its own where none is given.
    """

    def __init__(
        self,
        manifest: Manifest,
        objects: Objects,
        *,
        holder: str,
        cache_bytes_max: int,
        merge_files_max: int,
        merge_bytes_max: int = MERGE_BYTES_MAX,
        merge_lease_s: float = MERGE_LEASE_S,
        clock: Callable[[], dt.datetime],
        reader: FileReader | None = None,
    ) -> None:
        self._manifest = manifest
        self._reader = reader or FileReader(manifest, objects)
        self._cache = FrameCache(cache_bytes_max)
        self._merger = Merger(
            manifest,
            objects,
            functools.partial(self.parts, keep=False),
            holder=holder,
            files_max=merge_files_max,
            bytes_max=merge_bytes_max,
            lease_s=merge_lease_s,
            clock=clock,
            on_dead=self._cache.drop,
        )
        self._readers = ThreadPoolExecutor(READ_THREADS, thread_name_prefix="balances")

    def close(self) -> None:
        """End the threads, after what they are doing."""
        self._readers.shutdown()

    def frame(self, book: str) -> pl.DataFrame:
        """Read all postings of a book, as of one moment: for checks, since memory holds all.

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
        parts: list[pl.DataFrame] = []

        def begin() -> Add:
            parts.clear()
            return parts.append

        self.fold(book, begin)
        with polars_errors(f"postings of book {book}"):
            return pl.concat([pl.DataFrame(schema=POSTINGS_SCHEMA), *parts], rechunk=False)

    def fold(self, book: str, begin: Callable[[], Add]) -> list[FileRow]:
        """Go through the postings of one moment, part by part; give the files that hold them.

        Memory holds a part of at most `POSTINGS_GROUP_ROWS` rows, whatever the size of the book
        and of its files.

        Parameters
        ----------
        book : str
            Book id.
        begin : callable
            Gives what takes the parts, columns of `POSTINGS_SCHEMA`; called anew where merges
            and garbage collection outran the reading.

        Raises
        ------
        LedgerInconsistent
            As `frame` says.
        """
        for _ in range(SNAPSHOT_ATTEMPTS_MAX):
            files = self._manifest.live_postings(book)
            add = begin()
            try:
                for part in self.parts(files):
                    add(part)
            except ObjectMissing as error:
                missing = error
                continue
            return files
        raise _not_there(book, missing) from missing

    def parts(self, files: Sequence[FileRow], *, keep: bool = True) -> Iterator[pl.DataFrame]:
        """Read files in parts of at most `POSTINGS_GROUP_ROWS` rows, small files side by side.

        What was not in memory stays there with `keep` alone.

        Raises
        ------
        ObjectMissing
        LedgerInconsistent
            A file cannot be read.
        """
        few: list[FileRow] = []
        rows = 0
        for file in files:
            check_wanted()
            if few and rows + file.row_count > POSTINGS_GROUP_ROWS:
                yield self._together(few, keep=keep)
                few, rows = [], 0
            if file.row_count > POSTINGS_GROUP_ROWS:
                yield from self._slices(file, keep=keep)
            else:
                few.append(file)
                rows += file.row_count
        if few:
            yield self._together(few, keep=keep)

    def remember(self, file: FileRow, frame: pl.DataFrame) -> None:
        """Keep the frame of a file that was just committed: it need not be read back."""
        if file.row_count <= POSTINGS_GROUP_ROWS:
            self._cache.put(file.id, frame)

    def merge(self, book: str) -> int:
        """Merge each tier that has too many files; how many were replaced. See `Merger`."""
        return self._merger.merge(book)

    def _together(self, files: Sequence[FileRow], *, keep: bool) -> pl.DataFrame:
        with polars_errors("postings files"):
            return pl.concat(
                self._readers.map(functools.partial(self._frame_of, keep=keep), files),
                rechunk=False,
            )

    def _slices(self, file: FileRow, *, keep: bool) -> Iterator[pl.DataFrame]:
        """Read a large file some rows at a time; nothing else of it is decoded."""
        verified: VerifiedFile | None = None
        found_rows = 0
        for first in range(0, file.row_count, POSTINGS_GROUP_ROWS):
            check_wanted()
            rows = self._cache.get(file.id, first)
            if rows is None:
                if verified is None:
                    verified = self._reader.open(file)
                rows = _typed(verified.rows(first, POSTINGS_GROUP_ROWS), file.path)
                if keep:
                    self._cache.put(file.id, rows, first)
            found_rows += rows.height
            yield rows
        _check_rows(file, found_rows)

    def _frame_of(self, file: FileRow, *, keep: bool) -> pl.DataFrame:
        frame = self._cache.get(file.id)
        if frame is None:
            frame = _typed(self._reader.open(file).frame(), file.path)
            if keep:
                self._cache.put(file.id, frame)
        return frame


def _typed(frame: pl.DataFrame, path: str) -> pl.DataFrame:
    with polars_errors(path):
        return frame.select(pl.col(name).cast(kind) for name, kind in POSTINGS_SCHEMA.items())


def _check_rows(file: FileRow, count: int) -> None:
    if count != file.row_count:
        raise LedgerInconsistent(
            f"{file.path} has {count} rows; the manifest says {file.row_count}",
            metadata={"path": file.path},
        )


def _not_there(book: str, missing: ObjectMissing) -> LedgerInconsistent:
    return LedgerInconsistent(
        f"book {book} names postings files that are not there: {missing.message}",
        metadata={"book": book},
    )
