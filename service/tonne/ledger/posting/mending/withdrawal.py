"""Withdrawals: what waits, or is corrected, is taken out in the commit of what stands for it.

The record itself stays in its segment, and is posted by nothing any more. A clearing file names
it, a posting takes it back, and the count of the segment moves, all in the one transaction that
posts the other record: so each is mended at most once, and counts once, whatever breaks.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from tonne.ledger.book.periods import month_start_us, period_at, period_table
from tonne.ledger.files.files import POSTINGS, SEGMENT
from tonne.ledger.files.frames import polars_errors
from tonne.ledger.files.overlay import COUNTS_FROM, Overlay, is_kept, is_waiting
from tonne.ledger.files.postings import POSTINGS_SCHEMA, with_late
from tonne.ledger.files.sums import sum_by
from tonne.ledger.posting.correcting.noted import POSTED_AS
from tonne.ledger.posting.correcting.reversals import is_as_counted, reversal_of, revision_of
from tonne.ledger.posting.correcting.taking import read_kept, take_back, with_older_notes
from tonne.ledger.posting.entries import REQUEST_PREFIX, RequestEntry
from tonne.ledger.posting.mending.waiting import clearing_names
from tonne.ledger.posting.posted import Withdrawn
from tonne.ledger.posting.writing.laid_out import POSTED_KEYS
from tonne.store.errors import MendsKnown, SuspenseChanged

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from tonne.ledger.book.book_state import BookStates
    from tonne.ledger.files.files import FileReader
    from tonne.ledger.posting.posted import PostedEntries
    from tonne.store.manifest.manifest import Manifest
    from tonne.store.rows import FileRow, MendRow

Place = tuple[str, int]
"""A record by its source, as files name it, and its offset there."""

_PLACE = {"channel": pl.String, "offset": pl.Int64}


class Withdrawals:
    """Finds records that wait, and withdraws them. Safe to call from several threads.

    Parameters
    ----------
    manifest, reader
        Where the ledger is kept.
    states : BookStates
        The rules of the books.
    """

    def __init__(self, manifest: Manifest, reader: FileReader, states: BookStates) -> None:
        self._manifest = manifest
        self._states = states
        self._reader = reader
        self._overlay = Overlay(manifest, reader)

    def find(
        self, book: str, places: Iterable[Place], *, with_posted: bool = False
    ) -> dict[Place, str]:
        """Say in which segment records wait now, or are posted; the others are left out."""
        by_source: defaultdict[str, list[int]] = defaultdict(list)
        for source, offset in places:
            by_source[source].append(offset)
        found: dict[Place, str] = {}
        for source, offsets in by_source.items():
            ranges = self._manifest.segment_ranges(book, source, min(offsets), max(offsets) + 1)
            files = self._manifest.get_files(each.file_id for each in ranges)
            for file in files.values():
                if file.kind == SEGMENT and (with_posted or file.suspended_count):
                    there = self._places(file, source, offsets, with_posted=with_posted)
                    found.update(((source, offset), file.id) for offset in there)
        return found

    def withdraw(self, posted: PostedEntries) -> PostedEntries:
        """Add to a commit what its records stand for in suspense, as it is at this moment.

        Raises
        ------
        MendsKnown
            Some of that waits no longer.
        SuspenseChanged
            A segment changed while it was read: post the entries again.
        """
        by_segment: defaultdict[str, list[MendRow]] = defaultdict(list)
        for mend in posted.mends():
            if mend.segment:
                by_segment[mend.segment].append(mend)
        if not by_segment:
            return posted
        book = posted.book.id
        periods = period_table(posted.book.time_zone)
        files = self._manifest.get_files(by_segment)
        entries = {
            each.request_id: each.correction
            for each in posted.entries
            if isinstance(each, RequestEntry) and each.correction is not None
        }
        counts: Counter[str] = Counter()
        first_periods: dict[str, int] = {}
        taken = {
            segment_id: self._take(files[segment_id], mends, entries.keys())
            for segment_id, mends in sorted(by_segment.items())
        }
        counts_from = max(posted.counts_from, *_late_from(taken.values(), posted.book.time_zone))
        withdrawn, postings = [], []
        for segment_id, records in taken.items():
            counts.update(each.request_id for each in by_segment[segment_id])
            for request_id, first in _first_periods(records, posted.book.time_zone):
                first_periods[request_id] = min(first_periods.get(request_id, first), first)
            with polars_errors(f"mended records of book {book}"):
                withdrawn.append(_withdrawn(files[segment_id], records))
                postings.append(take_back(records, periods, book, counts_from))
        with polars_errors(f"postings of book {book}"):
            own = posted.frames.get(POSTINGS, pl.DataFrame(schema=POSTINGS_SCHEMA))
            if counts_from > posted.counts_from:
                own = with_late(
                    sum_by(own, [each for each in POSTED_KEYS if each != "late"]), counts_from
                )
            parts = [own.select(list(POSTINGS_SCHEMA)), *postings]
            together = pl.concat(
                part.select(pl.col(name).cast(kind) for name, kind in POSTINGS_SCHEMA.items())
                for part in parts
            )
            touched = together["period"].unique().to_list()
        return replace(
            posted,
            frames={**posted.frames, POSTINGS: together},
            periods=tuple(sorted(touched)),
            withdrawn=tuple(withdrawn),
            corrections=tuple(
                replace(
                    entry,
                    request_id=request_id,
                    record_count=counts[request_id],
                    first_period=first_periods[request_id],
                )
                for request_id, entry in entries.items()
            ),
            counts_from=counts_from,
        )

    def _take(
        self, file: FileRow, mends: Sequence[MendRow], corrected: Collection[str]
    ) -> pl.DataFrame:
        """Read the records of a segment that mends stand for; posted ones, where they correct.

        With the place of what stands for them, and whether it is a correction: `is_reversed`.
        """
        clearings = self._overlay.find([file]).get(file.id, [])
        records = read_kept(self._reader, file, clearings, whole=True)
        if not is_as_counted(file, records):
            raise SuspenseChanged.of(file.book, [file.id])
        with polars_errors(file.path):
            asked = pl.DataFrame(
                [
                    (
                        each.source,
                        each.offset,
                        REQUEST_PREFIX + each.request_id,
                        each.index,
                        each.request_id in corrected,
                    )
                    for each in mends
                ],
                schema=_PLACE
                | {"by_source": pl.String, "by_offset": pl.Int64, "is_reversed": pl.Boolean},
                orient="row",
            )
            there_now = records.filter(is_kept()).join(
                asked, on=list(_PLACE), how="inner", maintain_order="left"
            )
            found = there_now.filter(is_waiting() | pl.col("is_reversed"))
            there = set(found.select(*_PLACE).iter_rows())
        lost = [each.request_id for each in mends if (each.source, each.offset) not in there]
        if lost:
            raise MendsKnown.of(file.book, lost)
        if found.filter(pl.col(POSTED_AS).is_null() & ~is_waiting()).is_empty():
            return found
        revision = revision_of(self._manifest, file, clearings)
        return with_older_notes(found, file, self._states.refresh(file.book), revision)

    def _places(
        self, file: FileRow, source: str, offsets: Sequence[int], *, with_posted: bool
    ) -> list[int]:
        head = self._reader.open(file).frame(["channel", "offset", "status"])
        now = self._overlay.apply(head, self._overlay.find([file]).get(file.id, []))
        with polars_errors(file.path):
            is_there = is_kept() if with_posted else is_waiting()
            mine = (pl.col("channel").cast(pl.String) == source) & is_there
            return now.filter(mine & pl.col("offset").is_in(list(offsets)))["offset"].to_list()


def _late_from(taken: Iterable[pl.DataFrame], time_zone: str) -> Iterator[int]:
    """Give from which months on late records count that are corrected; 0 first of all.

    What stands for one counts where that did, or later: a closed month in which it did not count
    stays as it is.
    """
    yield 0
    for records in taken:
        corrected = records.filter("is_reversed")
        starts = corrected.group_by(COUNTS_FROM).agg(pl.col("start").cast(pl.Int64).min())
        for first, start_us in starts.iter_rows():
            if first and start_us < month_start_us(time_zone, first):
                yield first


def _first_periods(records: pl.DataFrame, time_zone: str) -> Iterator[tuple[str, int]]:
    """Give the first month of what each request takes back."""
    starts = records.group_by("by_source").agg(pl.col("start").cast(pl.Int64).min())
    for source, start_us in starts.iter_rows():
        yield source.removeprefix(REQUEST_PREFIX), period_at(time_zone, start_us)


def _withdrawn(file: FileRow, records: pl.DataFrame) -> Withdrawn:
    """Say what leaves suspense, or is reversed, and how the counts of its segment change."""
    mended, corrected = records.filter(~pl.col("is_reversed")), records.filter("is_reversed")
    parts = []
    clearing = reversal_of(file, corrected)
    if not corrected.is_empty():
        parts.append(clearing_names(corrected, file.id, is_reversed=True)[0])
    if not mended.is_empty():
        names, channels = clearing_names(mended, file.id, is_withdrawn=True)
        parts.append(names)
        clearing = replace(
            clearing,
            suspended_after=clearing.suspended_after - mended.height,
            withdrawn_channels=channels,
        )
    if corrected.is_empty():
        clearing = replace(clearing, reversed_before=0, reversed_after=0)
    return Withdrawn(clearing, pl.concat(parts))
