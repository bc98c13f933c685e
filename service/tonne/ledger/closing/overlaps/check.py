"""The check of months for overlaps: by the months' own segments, in bounded memory.

A month is looked at when it is closed or somebody asks, and again only where a commit touched it
since. No commit waits for it and none asks it anything. Records are parted by a hash of facility,
activity and month, in a temporary folder where they are many, and laid part by part. Where even
the folder would be more than its setting, the segments are read again for each share of them.
Months are looked at one by one. What was found is written down as it comes; that the month was
looked at, and that nothing else is there, is written last. A check that dies goes on with the
month in which it died. Two at once find the same, so that nobody
waits for another server that may be dead.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from tonne.ledger.budget import PART_BYTES
from tonne.ledger.closing.overlaps.gathering import MonthPieces
from tonne.ledger.closing.overlaps.laying import LAID_SCHEMA, SUBJECT, lay
from tonne.ledger.closing.overlaps.spilled import (
    PART_ROWS,
    SPILLED_ROW_BYTES,
    SpilledPieces,
    part_seed,
)
from tonne.ledger.files.frames import polars_errors
from tonne.model import month_of_period
from tonne.quantities import atto_of, quantity_text
from tonne.store.manifest.overlap_rows import Overlap, OverlapMonth

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tonne.ledger.budget import Budget, Hold
    from tonne.ledger.files.files import FileReader
    from tonne.ledger.reading.snapshot import Snapshots
    from tonne.store.manifest.manifest import Manifest
    from tonne.store.manifest.overlap_rows import SeveralMeters

logger = logging.getLogger(__name__)

OVERLAPS_MAX: Final = 10_000
"""Overlaps of a month that are written down; further ones are counted."""

SPILL_BYTES_MAX: Final = 4 << 30
"""Temporary folder of a check, unless told otherwise."""

PIECE_BYTES: Final = 1_500
"""Memory of a piece while it is laid. Measured: 950 to 1,250 where all lie over each other."""

_PUT_MAX: Final = 500
_SHARE_SEED: Final = part_seed(-1)


@dataclass(frozen=True, slots=True)
class Looked:
    """What a check did: months, parts of records laid side by side, overlaps found."""

    months: tuple[int, ...] = ()
    record_count: int = 0
    overlap_count: int = 0


class OverlapCheck:
    """Finds overlaps in months. Safe to call from several threads and servers.

    Parameters
    ----------
    manifest, reader
        Where the ledger is kept.
    snapshots : Snapshots
        A book at one moment.
    reads : Budget
        Memory of the calls that read.
    spill_bytes_max : int
        Most of a temporary folder.
    """

    def __init__(
        self,
        manifest: Manifest,
        reader: FileReader,
        snapshots: Snapshots,
        *,
        reads: Budget,
        spill_bytes_max: int = SPILL_BYTES_MAX,
    ) -> None:
        self._manifest = manifest
        self._reader = reader
        self._snapshots = snapshots
        self._reads = reads
        self._share_rows = max(spill_bytes_max // SPILLED_ROW_BYTES, 1)
        room = max(reads.bytes_max - PART_BYTES, 0) // (2 * PIECE_BYTES)
        self._part_rows = min(max(room, 1), PART_ROWS)

    def check(self, book: str, first: int, last: int) -> Looked:
        """Look at the months with postings that were touched since the last look, both included.

        Raises
        ------
        BookUnknown
        CapacityError
            Call again: nothing is marked that was not done.
        """
        months = self._manifest.months_to_lay(book, first, last)
        done = [self._look(book, month) for month in months]
        return Looked(
            tuple(months),
            sum(records for records, _ in done),
            sum(overlaps for _, overlaps in done),
        )

    def _look(self, book: str, month: int) -> tuple[int, int]:
        """Look at a month, and mark it; how many pieces it has, and how many overlaps."""
        with self._reads.holding(PART_BYTES) as hold:
            snapshot = self._snapshots.take(book, hold=hold)
            source = MonthPieces(self._manifest, self._reader, snapshot, month)
            found = _Findings(self._manifest, book, month, snapshot.point.number)
            rows = sum(file.row_count for files in source.files() for file in files)
            shares = max(-(-rows // self._share_rows), 1)
            records = 0
            for share in range(shares):
                with SpilledPieces(self._part_rows) as pieces:
                    for files in source.files():
                        for part in source.pieces(files, hold):
                            taken = _share(part, share, shares)
                            records += taken.height
                            pieces.add(taken)
                    for part in pieces.parts():
                        found.add(self._laid(part, found, hold))
            found.mark()
            return records, found.overlap_count

    def _laid(self, part: pl.DataFrame, found: _Findings, hold: Hold) -> pl.DataFrame:
        """Lay a part; what is too much to be laid is counted, and told in the log."""
        size_bytes = PART_BYTES + part.height * PIECE_BYTES
        if size_bytes > self._reads.bytes_max:
            subjects = part.select(SUBJECT).unique()
            for facility, activity, period in subjects.iter_rows():
                logger.warning(
                    "%s records of facility %s and activity %s in %s are too many to be laid side "
                    "by side (ledger.read_bytes_max)",
                    part.height,
                    facility,
                    activity,
                    month_of_period(period),
                )
                found.count_untold(facility, activity)
            return pl.DataFrame(schema=LAID_SCHEMA)
        with hold.more(part.height * PIECE_BYTES), polars_errors("records side by side"):
            return lay(part)


def _share(pieces: pl.DataFrame, share: int, shares: int) -> pl.DataFrame:
    if shares == 1:
        return pieces
    return pieces.filter(pl.struct(SUBJECT).hash(_SHARE_SEED) % shares == share)


class _Findings:
    """What a look at a month finds, written down as it comes."""

    def __init__(self, manifest: Manifest, book: str, month: int, seq: int) -> None:
        self._manifest = manifest
        self._book = book
        self._month = month
        self._seq = seq
        self._declared = [each for each in manifest.list_meters(book) if each.end_time is None]
        self._untold = 0
        self._waiting: list[Overlap] = []
        self.overlap_count = 0

    def add(self, laid: pl.DataFrame) -> None:
        """Take what was laid, columns of `LAID_SCHEMA`, sorted."""
        for found in overlaps_of(laid):
            self.overlap_count += 1
            if self.overlap_count > OVERLAPS_MAX:
                self.count_untold(found.facility, found.activity)
                continue
            self._waiting.append(found)
            if len(self._waiting) == _PUT_MAX:
                self._put()

    def count_untold(self, facility: str, activity: str) -> None:
        """Count what is not written down, unless it is accepted beforehand."""
        if not any(covers(each, facility, activity, self._month) for each in self._declared):
            self._untold += 1

    def mark(self) -> None:
        """Write down the rest, and that the month was looked at."""
        self._put()
        self._manifest.mark_overlaps(self._book, self._seq, {self._month: self._untold})

    def _put(self) -> None:
        if self._waiting:
            self._manifest.put_overlaps(self._book, self._waiting, self._seq)
            self._waiting = []


def covers(declared: SeveralMeters, facility: str, activity: str, period: int) -> bool:
    """Whether a declaration is about a facility and an activity in a month."""
    stem = declared.activity[:-1]
    is_of = declared.activity == activity or (
        declared.activity.endswith("*") and activity.startswith(stem)
    )
    return (
        is_of
        and declared.facility in {"", facility}
        and declared.first_period <= period <= declared.last_period
    )


def overlaps_of(laid: pl.DataFrame) -> Iterator[Overlap]:
    """Make overlaps of one month each of what was laid."""
    names = ("facility", "activity", "first_source", "second_source", "period")
    key: Callable[[dict[str, Any]], tuple[Any, ...]] = lambda row: tuple(  # noqa: E731  one key
        row[name] for name in names
    )
    for (facility, activity, first, second, period), rows in groupby(
        laid.iter_rows(named=True), key
    ):
        parts = list(rows)
        sides = [[each for each in parts if each["side"] == side] for side in (0, 1)]
        month = OverlapMonth(
            period=period,
            record_count=sum(each["record_count"] for each in parts),
            pair_count=parts[0]["pair_count"],
            sides=json.dumps([*map(_side, sides)], ensure_ascii=False, separators=(",", ":")),
        )
        yield Overlap(facility, activity, first, second, (month,))


def _side(parts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Describe a side: it has something in any case, of records of one channel too."""
    return {
        "record_count": sum(each["record_count"] for each in parts),
        "us_min": min(each["whole_us_min"] for each in parts),
        "us_max": max(each["whole_us_max"] for each in parts),
        "first_offset": min(each["first_offset"] for each in parts),
        "last_offset": max(each["last_offset"] for each in parts),
        "quantities": {each["unit"]: quantity_text(atto_of(each["quantity"])) for each in parts},
    }
