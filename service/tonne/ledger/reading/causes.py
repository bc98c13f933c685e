"""The suspense as a worklist: what its records wait for, and how many wait for each."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import polars as pl

from tonne.ledger.as_of import find_point
from tonne.ledger.budget import SEGMENT_ROW_BYTES
from tonne.ledger.files.frames import polars_errors
from tonne.ledger.files.overlay import Overlay, is_waiting
from tonne.ledger.files.quantities import QUANTITY_TYPE
from tonne.ledger.posting.suspense import SuspenseTexts
from tonne.ledger.reading.past.rules import PastRules
from tonne.ledger.reading.past.waiting import suspended_at
from tonne.model import RowStatus, check_id
from tonne.quantities import ATTO_PER_ONE, atto_of
from tonne.work import check_wanted

if TYPE_CHECKING:
    import datetime as dt

    from tonne.ledger.as_of import AsOf
    from tonne.ledger.book.book_state import BookStates
    from tonne.ledger.budget import Budget
    from tonne.ledger.files.files import FileReader
    from tonne.ledger.posting.suspense import Cause
    from tonne.store.manifest.manifest import Manifest
    from tonne.store.manifest.moments import Point
    from tonne.store.rows import FileRow

CAUSES_MAX = 10_000
"""Most causes of one answer; records of further ones are counted together."""

CAUSE_BYTES = 4_096
"""Memory of a cause."""

_FILES_BATCH = 256

_KEY = ("status", "facility", "activity", "unit", "region")
_COLUMNS = ("channel", "offset", *_KEY, "quantity", "start", "end")


@dataclass(slots=True)
class CauseCount:
    """Records that wait for one thing.

    `quantities_atto` are sums by unit, times 10^18; `start` is the earliest of the records',
    `end` the latest; `commit_time` that of the first that came. `kg_co2e` is what a clearing posts
    of them to the total, before shares of entities; None where that cannot be told.
    """

    status: RowStatus
    cause: Cause
    commit_time: dt.datetime
    start: dt.datetime
    end: dt.datetime
    record_count: int = 0
    quantities_atto: dict[str, int] = field(default_factory=dict)
    kg_co2e: Fraction | None = field(default_factory=Fraction)


@dataclass(frozen=True, slots=True)
class Causes:
    """What the records in suspense wait for, most records first.

    `omitted_count` are records of causes beyond `CAUSES_MAX`, `point` the moment.
    """

    causes: tuple[CauseCount, ...]
    omitted_count: int
    point: Point


class SuspenseCauses:
    """Counts what records in suspense wait for. Safe to call from several threads.

    Parameters
    ----------
    manifest, reader
        Where the ledger is kept.
    states : BookStates
        The rules of the books.
    reads : Budget
        Memory of the calls that read: a call holds that of one segment and of its answer.
    """

    def __init__(
        self, manifest: Manifest, reader: FileReader, states: BookStates, reads: Budget
    ) -> None:
        self._manifest = manifest
        self._reader = reader
        self._states = states
        self._past = PastRules(manifest, states)
        self._reads = reads
        self._overlay = Overlay(manifest, reader)

    def count(self, book: str, as_of: AsOf | None = None) -> Causes:
        """Go through the suspense of a book, as it is or was.

        Raises NameInvalid, BookUnknown, FileCorrupt; FieldInvalid where there is no such moment.
        """
        point = find_point(self._manifest, check_id("book", book), as_of)
        past = None if as_of is None else point
        texts = SuspenseTexts(self._states.refresh(book) if past is None else self._past.at(past))
        found: dict[tuple[RowStatus, str, str], CauseCount] = {}
        omitted_count = after_seq = 0
        with self._reads.holding(CAUSE_BYTES) as hold:
            while files := suspended_at(self._manifest, book, past, after_seq, _FILES_BATCH):
                for file in files:
                    check_wanted()
                    with hold.more(file.row_count * SEGMENT_ROW_BYTES):
                        omitted_count += self._add(file, texts, found, past)
                    hold.grow_to(CAUSE_BYTES * (1 + len(found)))
                after_seq = files[-1].seq
        causes = sorted(found.values(), key=lambda each: (-each.record_count, each.commit_time))
        return Causes(tuple(causes), omitted_count, point)

    def _add(
        self,
        file: FileRow,
        texts: SuspenseTexts,
        found: dict[tuple[RowStatus, str, str], CauseCount],
        past: Point | None,
    ) -> int:
        """Add the records of a segment; gives how many are of no cause that there is room for."""
        clearings = self._overlay.find([file]).get(file.id, [])
        if past is not None:
            clearings = [each for each in clearings if each.seq <= past.number]
        frame = self._overlay.apply(self._reader.open(file).frame(_COLUMNS), clearings)
        with polars_errors(file.path):
            waiting = frame.filter(is_waiting()).with_columns(
                pl.col("facility", "activity", "unit", "region").cast(pl.String).fill_null("")
            )
            # A segment's quantities fit 18 digits each: their sums cannot leave 38.
            groups = waiting.group_by(_KEY, maintain_order=True).agg(
                pl.len(),
                pl.col("quantity").cast(QUANTITY_TYPE).sum(),
                pl.col("start").min(),
                pl.col("end").max(),
            )
            cause_of = texts.causes_of(groups)
            omitted_count = 0
            for row in groups.iter_rows(named=True):
                status = RowStatus(row["status"])
                cause = cause_of(status, row)
                key = (status, cause.field, cause.got)
                if key not in found and len(found) >= CAUSES_MAX:
                    omitted_count += row["len"]
                    continue
                _count(found, key, cause, row, file.create_time)
        return omitted_count


def _count(
    found: dict[tuple[RowStatus, str, str], CauseCount],
    key: tuple[RowStatus, str, str],
    cause: Cause,
    row: dict[str, Any],
    commit_time: dt.datetime,
) -> None:
    counted = found.setdefault(
        key, CauseCount(key[0], cause, commit_time, row["start"], row["end"])
    )
    counted.record_count += row["len"]
    counted.start = min(counted.start, row["start"])
    counted.end = max(counted.end, row["end"])
    sums, atto = counted.quantities_atto, atto_of(row["quantity"])
    sums[row["unit"]] = sums.get(row["unit"], 0) + atto
    if cause.kg_co2e is None or counted.kg_co2e is None:
        counted.kg_co2e = None
    else:
        counted.kg_co2e += cause.kg_co2e * Fraction(atto, ATTO_PER_ONE)
