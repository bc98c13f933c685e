"""Recomputes what should be true of a book from its records alone.

A replay feeds the segments' records to the kernel again and gives the postings that follow from
them. It reads the whole book: for checks, for a crash's aftermath and for auditors, not for
every day.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from tonne.ledger.files.files import FileReader
from tonne.ledger.files.overlay import Overlay
from tonne.ledger.files.sums import RunningSums, sum_by
from tonne.ledger.posting.repost import REPOST_KEYS, REPOSTED_SCHEMA, as_reposted, post_segment
from tonne.ledger.posting.writing.laid_out import POSTED_KEYS
from tonne.ledger.upkeep.check import BookCheck

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tonne.ledger.ledger import Ledger
    from tonne.store.manifest.manifest import Manifest
    from tonne.store.objects.objects import Objects
    from tonne.store.rows import FileRow

__all__ = ["REPOST_KEYS", "Recompute", "as_reposted"]

_FILES_BATCH = 256


class Recompute:
    """Reads a ledger's files past everything that the ledger remembers.

    Parameters
    ----------
    manifest, objects
        Where the ledger is kept.
    """

    def __init__(self, manifest: Manifest, objects: Objects) -> None:
        self._manifest = manifest
        self._objects = objects
        self._reader = FileReader(manifest, objects)
        self._overlay = Overlay(manifest, self._reader)

    def postings(self, book: str) -> pl.DataFrame:
        """Recompute a book's postings from its segments and their clearings.

        Returns
        -------
        polars.DataFrame
            `REPOST_KEYS`, `quantity`, `record_count`, `record_start_count`; each key once.
        """
        time_zone = self._manifest.get_book(book).time_zone
        sums = RunningSums(REPOSTED_SCHEMA)
        for file in self._segments(book):
            for postings in post_segment(self._read(file), time_zone):
                sums.add(postings)
        return sums.frame()

    def check_book(self, ledger: Ledger, book: str) -> tuple[str, ...]:
        """Check a book as `tonne check` does, and that a server remembers what the files say.

        No commit may happen meanwhile.

        Returns
        -------
        tuple of str
            What contradicts what; empty where all is well.
        """
        found = BookCheck(self._manifest, self._objects, book).run()
        problems = [each.message for each in found.problems]
        if problems:
            return (*problems, *found.notes)
        frames = [self._reader.open(file).frame() for file in self._manifest.live_postings(book)]
        if not _sums([ledger.snapshots.take(book).frame()]).equals(_sums(frames)):
            return (f"book {book}: the server's balances are not those of the files",)
        return ()

    def _segments(self, book: str) -> Iterator[FileRow]:
        after_seq = 0
        while batch := self._manifest.segments(book, after_seq=after_seq, limit=_FILES_BATCH):
            yield from batch
            after_seq = batch[-1].seq

    def _read(self, file: FileRow) -> pl.DataFrame:
        segment = self._reader.open(file).frame()
        return self._overlay.apply(segment, self._overlay.find([file]).get(file.id, []))


def _sums(frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """All sums, in one order."""
    if not any(frame.height for frame in frames):
        return pl.DataFrame()
    return sum_by(pl.concat(frames), POSTED_KEYS).sort(POSTED_KEYS)
