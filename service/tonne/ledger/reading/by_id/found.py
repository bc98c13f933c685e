"""Records by their id, found by keys, and by their place, whatever the size of the book."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

import polars as pl

from tonne.errors import FieldInvalid, StoreUnavailable
from tonne.ledger.budget import SEGMENT_ROW_BYTES
from tonne.ledger.files.files import SEGMENT
from tonne.ledger.files.frames import polars_errors
from tonne.ledger.files.overlay import Overlay, is_withdrawn
from tonne.ledger.keys.key_file import bucket_of
from tonne.ledger.keys.same import key_of_id
from tonne.ledger.reading.records import LedgerRecord, entry_numbers, ledger_records
from tonne.model import check_id
from tonne_kernel import shared_entries

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tonne.ledger.budget import Budget
    from tonne.ledger.files.files import FileReader
    from tonne.ledger.keys.runs import KeyRuns
    from tonne.store.manifest.manifest import Manifest
    from tonne.store.rows import FileRow

FOUND_MAX = 1_000
"""Most records of one id that an answer has, the latest ones."""

SEGMENTS_MAX = 1_000
"""Most segments that are read for one id, the latest ones."""


class FoundRecords:
    """Finds records of books. Safe to call from several threads.

    Parameters
    ----------
    manifest, reader
        Where the ledger is kept.
    key_runs : KeyRuns
    reads : Budget
        Memory of the calls that read: each holds that of one segment.
    """

    def __init__(
        self, manifest: Manifest, reader: FileReader, key_runs: KeyRuns, reads: Budget
    ) -> None:
        self._manifest = manifest
        self._reader = reader
        self._key_runs = key_runs
        self._reads = reads
        self._overlay = Overlay(manifest, reader)

    def by_id(self, book: str, record_id: str) -> tuple[LedgerRecord, ...]:
        """Give the records of an id in the order of their commits, reversed ones too.

        Raises
        ------
        NameInvalid, BookUnknown
        FieldInvalid
            No record of the book has the id; one in quarantine has none.
        StoreUnavailable
            The upkeep is still making keys: an older Tonne committed the records, or all are to
            be compared again.
        """
        if not record_id:
            raise _unknown("record_id", "expected the id of a record; got nothing", book)
        state = self._manifest.key_state(check_id("book", book))
        key = key_of_id(record_id, (state.hash_key, self._key_runs.hash_bits))
        seqs: set[int] = set()
        for part, file in self._manifest.key_files(book, bucket_of(key)):
            keys = self._key_runs.read(part, file, state.hash_key)
            found = pl.DataFrame(shared_entries(array("Q", [key]), keys.run))
            seqs.update(found["segment"].unique().to_list())
        if self._manifest.has_unkeyed(book):
            raise StoreUnavailable(
                f"the keys of some records of book {book} are being made, because an older "
                "version committed them or all were asked to be compared again: try again in a "
                "while, or list the records with a filter",
                metadata={"book": book},
                retry_delay_s=10.0,
            )
        latest = sorted(seqs)[-SEGMENTS_MAX:]
        segments = self._manifest.segments_at(book, latest)
        records = self._read(segments, pl.col("record_id") == record_id)
        if not records:
            raise _unknown(
                "record_id",
                f"no record of book {book} with the id {record_id!r} is posted, waits or is "
                "reversed; one in quarantine counts for nothing (`tonne quarantine list`)",
                book,
            )
        return records[-FOUND_MAX:]

    def at(self, book: str, source: str, offset: int) -> tuple[LedgerRecord, ...]:
        """Give the record at a place. Raises as `by_id`."""
        check_id("book", book)
        self._manifest.book_revision(book)
        ranges = self._manifest.segment_ranges(book, source, offset, offset + 1)
        files = self._manifest.get_files(each.file_id for each in ranges).values()
        segments = [each for each in files if each.kind == SEGMENT]
        place = (pl.col("channel") == source) & (pl.col("offset") == offset)
        records = self._read(segments, place)
        if not records:
            raise _unknown(
                "name",
                f"no record of {source} in book {book} with the offset {offset} is posted, waits "
                "or is reversed; it may be in quarantine (`tonne quarantine list`)",
                book,
            )
        return records

    def _read(self, segments: Iterable[FileRow], match: pl.Expr) -> tuple[LedgerRecord, ...]:
        found: list[LedgerRecord] = []
        for file in segments:
            with (
                self._reads.holding(file.row_count * SEGMENT_ROW_BYTES),
                polars_errors(file.path),
            ):
                clearings = self._overlay.find([file]).get(file.id, [])
                frame = self._reader.open(file).frame()
                texts = frame.with_columns(pl.col("channel", "record_id").cast(pl.String))
                rows = self._overlay.link(texts.filter(match), clearings)
                rows = rows.drop("posted_as", strict=False).filter(~is_withdrawn())
                numbers = entry_numbers(self._manifest, rows)
                found += ledger_records(file, rows, corrections=numbers)
        return tuple(found)


def _unknown(name: str, message: str, book: str) -> FieldInvalid:
    return FieldInvalid(f"{name}: {message}", metadata={"field": name, "book": book})
