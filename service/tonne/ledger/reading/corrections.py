"""Corrections as they are listed: entries with who, why and when, and records before and after."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

import polars as pl

from tonne.ledger.files.files import SEGMENT
from tonne.ledger.files.frames import polars_errors
from tonne.ledger.files.overlay import is_restated, read_cleared
from tonne.ledger.filters import Fields, moment_field, number_field, text_field, word_field
from tonne.ledger.pages import FIRST_PAGE, Page, PageTokens
from tonne.ledger.reading.past.listed import listed_point
from tonne.ledger.reading.records import LedgerRecord, ledger_records
from tonne.model import check_id
from tonne.store.statement_rows import CorrectionKind, ReasonCode

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tonne.ledger.files.files import FileReader
    from tonne.ledger.pages import Ask
    from tonne.store.manifest.manifest import Manifest
    from tonne.store.statement_rows import Correction

EXAMPLES_MAX: Final = 10
"""Records of an entry that are listed with it, before and after; all of them are counted."""

CORRECTION_FIELDS = Fields(
    {
        "number": number_field("number"),
        "kind": word_field(
            "kind", {f"CORRECTION_KIND_{each.name}": str(each) for each in CorrectionKind}
        ),
        "author": text_field("author"),
        "reason_code": word_field(
            "reason_code", {f"REASON_CODE_{each.name}": str(each) for each in ReasonCode}
        ),
        "reason": text_field("reason"),
        "create_time": moment_field("create_time"),
    },
    example='kind = CORRECTION_KIND_REVERSAL AND author = "ada"',
    key="number",
)
"""What a listing of corrections is filtered by."""

_Place = tuple[str, int]


@dataclass(frozen=True, slots=True)
class CorrectedRecord:
    """A record as it was, and the one that stands for it, if there is one."""

    before: LedgerRecord
    after: LedgerRecord | None


@dataclass(frozen=True, slots=True)
class CorrectionEntry:
    """An entry, with the first of its records."""

    correction: Correction
    records: tuple[CorrectedRecord, ...]


class Corrections:
    """Lists the corrections of books. Safe to call from several threads.

    Parameters
    ----------
    manifest, reader
        Where the ledger is kept.
    """

    def __init__(self, manifest: Manifest, reader: FileReader) -> None:
        self._manifest = manifest
        self._reader = reader
        self._tokens = PageTokens(manifest.page_token_key)

    def list_corrections(self, book: str, ask: Ask = FIRST_PAGE) -> Page[CorrectionEntry]:
        """List the entries in the order in which they were made, unless it is `number desc`.

        Raises BookUnknown, FieldInvalid, PageTokenInvalid.
        """
        query = ("corrections", check_id("book", book))
        point = listed_point(self._manifest, self._tokens, book, ask, ask.bound(query))
        find = partial(self._manifest.find_corrections, book)
        page = self._tokens.find(query, CORRECTION_FIELDS, ask, find, start=0, point=point)
        items = tuple(CorrectionEntry(each, self._records(book, each)) for each in page.items)
        return Page(items, page.next_page_token, point)

    def _records(self, book: str, entry: Correction) -> tuple[CorrectedRecord, ...]:
        """Read the first records of an entry."""
        found: list[CorrectedRecord] = []
        ids = self._manifest.reversals_of(entry.commit_id)
        for file in sorted(self._manifest.get_files(ids).values(), key=lambda each: each.seq):
            with polars_errors(file.path):
                cleared = read_cleared(self._reader, [file])
                names = cleared.filter(pl.col("is_reversed") | is_restated())
                rows = names.head(EXAMPLES_MAX - len(found)).select(
                    "channel", "offset", "by_source", "by_offset"
                )
            if rows.is_empty():
                continue
            before = self._read([file.segment], [row[:2] for row in rows.iter_rows()])
            places = [(source, offset) for *_, source, offset in rows.iter_rows() if source]
            after = self._after(book, places)
            found += (
                CorrectedRecord(before[channel, offset], after.get((source, by_offset)))
                for channel, offset, source, by_offset in rows.iter_rows()
            )
        return tuple(found)

    def _after(self, book: str, places: Iterable[_Place]) -> dict[_Place, LedgerRecord]:
        """Read the records that stand for others."""
        by_source: defaultdict[str, list[int]] = defaultdict(list)
        for source, offset in places:
            by_source[source].append(offset)
        ids = {
            each.file_id
            for source, offsets in by_source.items()
            for each in self._manifest.segment_ranges(book, source, min(offsets), max(offsets) + 1)
        }
        return self._read(ids, places)

    def _read(
        self, segment_ids: Iterable[str], places: Iterable[_Place]
    ) -> dict[_Place, LedgerRecord]:
        """Read records of segments, as they came."""
        wanted = set(places)
        found: dict[_Place, LedgerRecord] = {}
        for file in self._manifest.get_files(segment_ids).values():
            if file.kind != SEGMENT:
                continue
            frame = self._reader.open(file).frame()
            with polars_errors(file.path):
                offsets = {offset for _, offset in wanted}
                rows = frame.filter(pl.col("offset").is_in(sorted(offsets)))
            for row, record in zip(
                rows["channel"].to_list(), ledger_records(file, rows), strict=True
            ):
                if (row, record.offset) in wanted:
                    found[row, record.offset] = record
        return found
