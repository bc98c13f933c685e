"""Checks of a ledger's books, and what is made again where one found it corrupt."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from tonne.errors import StoreUnavailable
from tonne.ledger.upkeep.check import BookCheck
from tonne.ledger.upkeep.rebuild import Rebuild
from tonne.ledger.upkeep.sampling import Sample, SampleCheck
from tonne.model import check_id

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    from tonne.ledger.upkeep.findings import BookFindings, Rebuilt
    from tonne.ledger.upkeep.rollups.maker import RollupMaker
    from tonne.store.manifest.manifest import Manifest
    from tonne.store.objects.objects import Objects
    from tonne.store.rows import Lease, Soundness

WAIT_S = 0.1
"""Time between two looks whether a merge is over: a busy server begins another soon."""

PATIENCE_S = 60.0
"""How long a rebuild waits, besides the time that the merge of a dead server keeps others off."""


class Checks:
    """Looks at all that is kept of books, or at a sample; rebuilds postings files.

    Parameters
    ----------
    manifest, objects
        Where the ledger is kept.
    rollups : RollupMaker
        Makes rollups again.
    holder : str
        Name of this process in leases.
    merge_lease_s : float
        How long a rebuild of a process that died keeps merges off, in seconds.
    clock : callable
        The time, UTC.
    """

    def __init__(
        self,
        manifest: Manifest,
        objects: Objects,
        rollups: RollupMaker,
        *,
        holder: str,
        merge_lease_s: float,
        clock: Callable[[], dt.datetime],
    ) -> None:
        self._manifest = manifest
        self._objects = objects
        self._rollups = rollups
        self._holder = holder
        self._merge_lease_s = merge_lease_s
        self._clock = clock

    def file_count(self, book: str) -> int:
        """Count the files that a check of all of a book reads."""
        return self._manifest.live_file_count(book)

    def check(
        self, book: str, *, sample: Sample | None = None, on_file: Callable[[], None]
    ) -> BookFindings:
        """Compare all that is kept twice of a book, or look at a sample of its files.

        `on_file` is called after each file. Raises BookUnknown, StoreUnavailable.
        """
        if sample is None:
            return BookCheck(self._manifest, self._objects, book, on_file=on_file).run()
        return SampleCheck(self._manifest, self._objects, book, sample, on_file=on_file).run()

    def rebuild(
        self,
        book: str,
        *,
        assumes_regions: bool = False,
        on_file: Callable[[], None],
        on_wait: Callable[[], None] = lambda: None,
    ) -> Rebuilt:
        """Make corrupt and missing postings files of a book again, from its records, and rollups.

        Waits while the book is merged, or for as long as the merge of a server that died keeps
        others off; `on_wait` is called meanwhile.

        Raises BookUnknown, StoreUnavailable where that took longer, and as `Rebuild.run` does.
        """
        lease = self._merge_lease(self._manifest.get_book(check_id("book", book)).id, on_wait)
        try:
            rebuilt = Rebuild(
                self._manifest,
                self._objects,
                book,
                lease=lease,
                lease_s=self._merge_lease_s,
                clock=self._clock,
                assumes_regions=assumes_regions,
                on_file=on_file,
            ).run()
            rollup_count = self._rollups.refresh(book, lease, is_anew=True)
            return replace(rebuilt, rollup_count=rollup_count)
        finally:
            self._manifest.release_lease(lease)

    def _merge_lease(self, book: str, on_wait: Callable[[], None]) -> Lease:
        stop_s = time.monotonic() + self._merge_lease_s + PATIENCE_S
        while True:
            lease = self._manifest.acquire_lease(
                f"merge/{book}", self._holder, self._merge_lease_s
            )
            if lease is not None:
                return lease
            if time.monotonic() > stop_s:
                raise StoreUnavailable(
                    f"book {book!r}: its files were being merged whenever this looked, for "
                    f"{self._merge_lease_s + PATIENCE_S:g} s: run the command again later, or "
                    "stop the merging (ledger.upkeep)",
                    metadata={"book": book},
                )
            on_wait()
            time.sleep(WAIT_S)

    def soundness(self, *, is_whole: bool) -> Soundness:
        """Ask the manifest's database whether its own pages are sound."""
        return self._manifest.soundness(is_whole=is_whole)
