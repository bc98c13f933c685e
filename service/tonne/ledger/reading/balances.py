"""Balances: what was posted, as the sum over the live postings files.

A snapshot of the manifest names the files. They are read in parts, whose decoded frames stay in
memory up to a bound, so that what a question holds follows its answer and not the book.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import polars as pl

from tonne.errors import LedgerInconsistent
from tonne.ledger.files.files import POSTINGS_GROUP_ROWS, FileReader
from tonne.ledger.files.frames import polars_errors
from tonne.ledger.files.postings import as_postings
from tonne.ledger.reading.frame_cache import FrameCache
from tonne.work import check_wanted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tonne.ledger.files.files import VerifiedFile
    from tonne.store.manifest.manifest import Manifest
    from tonne.store.objects.objects import Objects
    from tonne.store.rows import FileRow

Parts = Callable[[Sequence["FileRow"]], Iterable[pl.DataFrame]]
"""Reads files in parts of at most `POSTINGS_GROUP_ROWS` rows."""

Add = Callable[[pl.DataFrame], None]
"""Takes the postings of a part of a book."""

READ_THREADS = 8
"""Postings files that are fetched side by side."""


class Balances:
    """Reads the postings of books. Safe to call from several threads.

    Parameters
    ----------
    manifest, objects
        Where the ledger is kept.
    cache_bytes_max : int
        Most bytes of decoded postings to keep in memory.
    reader : FileReader, optional
        Reads the files; one of its own where none is given.
    """

    def __init__(
        self,
        manifest: Manifest,
        objects: Objects,
        *,
        cache_bytes_max: int,
        reader: FileReader | None = None,
    ) -> None:
        self._manifest = manifest
        self._reader = reader or FileReader(manifest, objects)
        self._cache = FrameCache(cache_bytes_max)
        self._readers = ThreadPoolExecutor(READ_THREADS, thread_name_prefix="balances")

    def close(self) -> None:
        """End the threads, after what they are doing."""
        self._readers.shutdown()

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

    def forget(self, ids: Sequence[str]) -> None:
        """Let go of the frames of files that a merge replaced."""
        self._cache.drop(ids)

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
        return as_postings(frame)


def _check_rows(file: FileRow, count: int) -> None:
    if count != file.row_count:
        raise LedgerInconsistent(
            f"{file.path} has {count} rows; the manifest says {file.row_count}",
            metadata={"path": file.path},
        )
