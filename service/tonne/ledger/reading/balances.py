"""Balances: what was posted, as the sum over the live postings files.

A snapshot of the manifest names the files. They are read in parts, whose decoded frames stay in
memory up to a bound, so that what a question holds follows its answer and not the book.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Protocol

import polars as pl

from tonne.errors import LedgerInconsistent
from tonne.ledger.files.files import POSTINGS_GROUP_ROWS, FileReader, Wanted
from tonne.ledger.files.frames import polars_errors
from tonne.ledger.files.postings import as_postings
from tonne.ledger.reading.frame_cache import FrameCache
from tonne.work import check_wanted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tonne.ledger.files.files import VerifiedFile
    from tonne.store.manifest.manifest import Manifest
    from tonne.store.objects.objects import Objects
    from tonne.store.rows import FileRow


class Parts(Protocol):
    """Reads files in parts of at most `POSTINGS_GROUP_ROWS` rows."""

    def __call__(
        self, files: Sequence[FileRow], /, *, wanted: Wanted = ...
    ) -> Iterable[pl.DataFrame]:
        """Give the parts of what is wanted, and maybe more."""


Add = Callable[[pl.DataFrame], None]
"""Takes the postings of a part of a book."""

ALL = Wanted()

FILTERED_ROWS_MIN = 1 << 13
"""Rows of a file from which on some facilities are read without the others."""

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
        self.cache = FrameCache(cache_bytes_max)
        self._readers = ThreadPoolExecutor(READ_THREADS, thread_name_prefix="balances")

    def close(self) -> None:
        """End the threads, after what they are doing."""
        self._readers.shutdown()

    def parts(
        self, files: Sequence[FileRow], *, keep: bool = True, wanted: Wanted = ALL
    ) -> Iterator[pl.DataFrame]:
        """Read files in parts of at most `POSTINGS_GROUP_ROWS` rows, small files side by side.

        What was not in memory stays there with `keep` alone. Files that have nothing that is
        `wanted` are not read; of large ones that are not in memory, its facilities alone.

        Raises
        ------
        ObjectMissing
        LedgerInconsistent
            A file cannot be read.
        """
        few: list[FileRow] = []
        rows = 0
        for file in wanted.of(files):
            check_wanted()
            if wanted.facilities and self._is_cold(file):
                yield from self._of_facilities(file, wanted.facilities)
                continue
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

    def _is_cold(self, file: FileRow) -> bool:
        """Whether a file is sorted, large, and not whole in memory."""
        if file.span is None or file.row_count < FILTERED_ROWS_MIN:
            return False
        if file.row_count <= POSTINGS_GROUP_ROWS:
            return self.cache.get(file.id) is None
        starts = range(0, file.row_count, POSTINGS_GROUP_ROWS)
        return any(self.cache.get(file.id, first) is None for first in starts)

    def _of_facilities(self, file: FileRow, facilities: Sequence[str]) -> Iterator[pl.DataFrame]:
        rows = _typed(self._reader.open(file).of_facilities(facilities), file.path)
        yield from rows.iter_slices(POSTINGS_GROUP_ROWS)

    def remember(self, file: FileRow, frame: pl.DataFrame) -> None:
        """Keep the frame of a file that was just committed: it need not be read back."""
        if file.row_count <= POSTINGS_GROUP_ROWS:
            self.cache.put(file.id, frame)

    def forget(self, ids: Sequence[str]) -> None:
        """Let go of the frames of files that a merge replaced."""
        self.cache.drop(ids)

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
            rows = self.cache.get(file.id, first)
            if rows is None:
                if verified is None:
                    verified = self._reader.open(file)
                rows = _typed(verified.rows(first, POSTINGS_GROUP_ROWS), file.path)
                if keep:
                    self.cache.put(file.id, rows, first)
            found_rows += rows.height
            yield rows
        _check_rows(file, found_rows)

    def _frame_of(self, file: FileRow, *, keep: bool) -> pl.DataFrame:
        frame = self.cache.get(file.id)
        if frame is None:
            frame = _typed(self._reader.open(file).frame(), file.path)
            if keep:
                self.cache.put(file.id, frame)
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
