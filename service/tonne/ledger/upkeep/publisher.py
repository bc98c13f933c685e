"""The published view: a Delta table of each book's records, over the segments as they lie.

One process at a time publishes a book, by lease; each batch is written down before it is
published and marked after, so that a death at any moment leaves what the next one finishes. A
holder that was paused until another took its lease can only repeat what it had written down,
and the table takes a batch once (`tonne.store.delta`).
"""

from __future__ import annotations

import datetime as dt  # noqa: TC003  dataclass fields are read at run time by tools
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tonne.errors import CapacityError, TonneError
from tonne.ledger.files.files import segments_folder
from tonne.store import faults
from tonne.store.errors import LeaseLost

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tonne.store.delta import DeltaTables
    from tonne.store.manifest.manifest import Manifest
    from tonne.store.rows import Lease

logger = logging.getLogger(__name__)

COLUMNS: Final = {
    "channel": "string",
    "offset": "long",
    "record_id": "string",
    "facility": "string",
    "activity": "string",
    "quantity": "decimal(18,6)",
    "unit": "string",
    "start": "timestamp",
    "end": "timestamp",
    "region": "string",
    "supplier": "string",
    "product": "string",
    "data_quality": "integer",
    "evidence": "string",
    "attributes": "string",
    "status": "integer",
    "posting_region": "string",
    "quantity_rest": "decimal(18,18)",
}
"""Columns of a published table in the words of Delta: all that a segment may have. A file without
some of them reads as null there."""

STATISTICS: Final = ("channel", "facility", "activity", "unit", "region", "status")
"""Columns of which a table may keep bounds. No decimal, which are floats there and lose rows; no
time, which are cut to milliseconds."""

_BOOKS_BATCH = 1000


@dataclass(frozen=True, slots=True)
class Published:
    """What one round of publishing did.

    Parameters
    ----------
    batch_count : int
        Batches that came into tables.
    before : datetime or None
        All that was committed before this moment is published, in every book; None where there
        is no book.
    failures : tuple of TonneError
        Why books were left, one each.
    """

    batch_count: int
    before: dt.datetime | None
    failures: tuple[TonneError, ...]


class Publisher:
    """Publishes the books of one store. Safe to call from several threads; every call blocks.

    Parameters
    ----------
    manifest : Manifest
    tables : DeltaTables
        With `COLUMNS` and `STATISTICS`.
    holder : str
        Name of this process in leases, different from every other's.
    lease_s : float
        How long a publisher that died keeps the others off a book, in seconds.
    batch_files_max : int
        Most segments of one batch.
    round_batches_max : int
        Most batches of one book in one round.
    checkpoint_batches : int
        Batches after which a table's log is summed up.
    """

    def __init__(
        self,
        manifest: Manifest,
        tables: DeltaTables,
        *,
        holder: str,
        lease_s: float,
        batch_files_max: int,
        round_batches_max: int,
        checkpoint_batches: int,
    ) -> None:
        self._manifest = manifest
        self._tables = tables
        self._holder = holder
        self._lease_s = lease_s
        self._batch_files_max = batch_files_max
        self._round_batches_max = round_batches_max
        self._checkpoint_batches = checkpoint_batches

    def publish_all(self) -> Published:
        """Publish what was committed, book by book; a book that fails keeps no other back.

        Raises
        ------
        StoreUnavailable
            The manifest cannot be reached.
        """
        count = 0
        times: list[dt.datetime] = []
        failures: list[TonneError] = []
        for book in self._books():
            before, is_done = self._manifest.published_before(book)
            if not is_done:
                try:
                    count += self._publish(book)
                except TonneError as error:
                    failures.append(error)
                before, _ = self._manifest.published_before(book)
            times.append(before)
        return Published(count, min(times, default=None), tuple(failures))

    def publish(self, book: str) -> int:
        """Publish a book's segments, up to the most batches of a round; how many batches.

        Raises
        ------
        LedgerInconsistent
            The table is not what the manifest says; `rebuild` mends it.
        CapacityError
            The store refused. What is begun is finished by the next call, whoever makes it.
        """
        return 0 if self._manifest.published_before(book)[1] else self._publish(book)

    def rebuild(self, book: str) -> int:
        """Publish all segments of a book anew, as a new generation of its table.

        The table's readers see it grow from its first batch on. What this call does not do, up
        to the most batches of a round, the rounds that follow do.

        Returns
        -------
        int
            Batches that came into the table.

        Raises
        ------
        BookUnknown
        LedgerInconsistent
            The table's log cannot be read: it must be removed before.
        CapacityError
            Another process publishes the book at this moment, or the store refused. Call again.
        """
        self._manifest.get_book(book)
        name = f"publish/{book}"
        lease = self._manifest.acquire_lease(name, self._holder, self._lease_s)
        if lease is None:
            raise CapacityError(
                f"book {book!r} is being published by another process: try again later",
                metadata={"book": book},
            )
        try:
            self._manifest.reset_publication(book, lease)
            return self._publish_batches(book, lease)
        finally:
            self._manifest.release_lease(lease)

    def _publish(self, book: str) -> int:
        lease = self._manifest.acquire_lease(f"publish/{book}", self._holder, self._lease_s)
        if lease is None:
            return 0
        try:
            return self._publish_batches(book, lease)
        finally:
            self._manifest.release_lease(lease)  # without effect on another's

    def _publish_batches(self, book: str, lease: Lease) -> int:
        count = 0
        try:
            while count < self._round_batches_max and self._publish_batch(book, lease):
                count += 1
        except LeaseLost as error:
            logger.warning("another publisher took over publishing: %s", error)
        return count

    def _publish_batch(self, book: str, lease: Lease) -> bool:
        """Publish one batch; False where nothing is left."""
        self._hold(lease)
        batch = self._manifest.begin_batch(book, self._batch_files_max, lease)
        if batch is None:
            return False
        faults.reach("publish.after_intent")
        folder = segments_folder(book)
        try:
            self._tables.add(folder, batch)
        except TonneError:
            self._hold(lease)  # whose lease was taken may well find the table ahead of it
            raise
        self._manifest.finish_batch(batch, lease)
        if batch.number % self._checkpoint_batches == 0:
            self._tables.checkpoint(folder)
        return True

    def _hold(self, lease: Lease) -> None:
        if self._manifest.renew_lease(lease, self._lease_s) is None:
            raise LeaseLost(lease.name, lease.holder, lease.fence)

    def _books(self) -> Iterator[str]:
        after = ""
        while books := self._manifest.list_books(after, _BOOKS_BATCH):
            yield from (book.id for book in books)
            after = books[-1].id
