"""The check for records of one id: under a lease, segment after segment, in bounded memory.

New keys are compared with each other and with those of all earlier records, a sixteenth of the
hashes at a time. Equal keys are candidates, whose records are read and compared. Of those that say
the same all but the first are reversed, or reported, as the book says; an estimate that a measured
record settles is reversed; of the others a person decides. Only then is it marked how far the book
is compared: a check that dies is done again, and finds what was reversed no more.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from tonne.errors import FieldInvalid, PeriodMustBeOpen, StoreUnavailable
from tonne.ledger.book.periods import month_boundaries_us
from tonne.ledger.keys.key_file import KEY_USES_MAX
from tonne.ledger.keys.same import SAME_ROW_BYTES, SAME_SCHEMA, read_same, sorted_out
from tonne.ledger.posting.correcting.duplicates import DUPLICATE, SETTLED
from tonne.ledger.upkeep.same.candidates import Candidates
from tonne.ledger.upkeep.same.entries import (
    conflicts_of,
    duplicates_of,
    overused_of,
    unsettled,
    without_decided,
)
from tonne.model import LateRecords
from tonne.store.errors import BookChanged, LeaseLost, SuspenseChanged
from tonne.store.statement_rows import SameRule

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tonne.ledger.budget import Budget
    from tonne.ledger.files.files import FileReader
    from tonne.ledger.keys.key_file import Keys
    from tonne.ledger.keys.runs import KeyRuns
    from tonne.ledger.posting.correcting.deciding import Decider
    from tonne.ledger.posting.correcting.duplicates import Cause, DuplicateTaker
    from tonne.store.manifest.manifest import Manifest
    from tonne.store.rows import FileRow, Lease
    from tonne.store.statement_rows import KeyFile, KeyState, SameRecord

logger = logging.getLogger(__name__)

NEW_KEYS_MAX: Final = 1 << 20
"""Keys of new records that are compared at once: 12 MiB, and as much again while they merge."""

LATE_ROUNDS_MAX: Final = 8
"""Rounds of what came while a check was at it, before the next check goes on."""

FOUND_CHARS_MAX: Final = 4 << 20
"""What entries name of their records, of those that are written down together."""

_FILES_BATCH: Final = 256
_ATTEMPTS_MAX: Final = 32
_REST_FACTOR: Final = 20
"""A check rests so many times as long as it took: it takes a twentieth of a core at most."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check did: segments compared, records reversed, entries written, files merged."""

    segment_count: int = 0
    reversed_count: int = 0
    entry_count: int = 0
    merged_file_count: int = 0


class SameCheck:
    """Finds records of one id. Safe to call from several threads and servers.

    Parameters
    ----------
    manifest, reader
        Where the ledger is kept.
    key_runs : KeyRuns
    taker : DuplicateTaker
    decider : Decider
        Finishes decisions whose caller died.
    reads : Budget
        Memory of the calls that read.
    holder : str
        Name of this process in leases.
    lease_s : float
        How long a check of a process that died keeps the others off, in seconds.
    """

    def __init__(
        self,
        manifest: Manifest,
        reader: FileReader,
        key_runs: KeyRuns,
        taker: DuplicateTaker,
        decider: Decider,
        *,
        reads: Budget,
        holder: str,
        lease_s: float,
    ) -> None:
        self._manifest = manifest
        self._key_runs = key_runs
        self._decider = decider
        self._holder = holder
        self._tools = _Tools(manifest, reader, key_runs, taker, reads, lease_s)
        self._rest_until_s: dict[str, float] = {}
        self._turns: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def check_when_due(self, book: str) -> Checked:
        """Do as `check`, unless the last check of the book is so near that it has to rest."""
        if time.monotonic() < self._rest_until_s.get(book, 0.0):
            return Checked()
        began_s = time.monotonic()
        done = self.check(book)
        ended_s = time.monotonic()
        self._rest_until_s[book] = ended_s + _REST_FACTOR * (ended_s - began_s)
        return done

    def check(self, book: str, *, time_s_max: float = math.inf) -> Checked:
        """Compare all records that came since the last check, with all others.

        It waits for another check of the book in this process; where another server is at it,
        nothing is done.

        Parameters
        ----------
        time_s_max : float
            After so many seconds it waits no longer, or begins with no more of them; the next
            check does.

        Raises
        ------
        BookUnknown
        CapacityError
            Call again: nothing is reversed twice, and nothing is marked that was not done.
        """
        end_s = time.monotonic() + time_s_max
        turn = self._turns[book]
        # So a close is not refused because the upkeep is at it just now.
        if not turn.acquire(timeout=time_s_max if math.isfinite(time_s_max) else -1):
            return Checked()
        try:
            return self._check(book, end_s)
        finally:
            turn.release()

    def _check(self, book: str, end_s: float) -> Checked:
        self._decider.finish_all(book)
        state = self._manifest.key_state(book)
        if not self._manifest.uncompared_segments(book, state.checked_seq, 1):
            return Checked()
        lease = self._manifest.acquire_lease(f"keys/{book}", self._holder, self._tools.lease_s)
        if lease is None:
            return Checked()
        done = Checked()
        last_seq = self._manifest.find_point(book).number
        late_rounds = 0
        try:
            while segments := self._next(book, state.checked_seq):
                # Of what comes meanwhile only some: under a load that never ends no check would.
                late_rounds += segments[0].seq > last_seq
                if late_rounds > LATE_ROUNDS_MAX or (
                    done.segment_count and time.monotonic() > end_s
                ):
                    break
                done = _Round(self._tools, book, state, lease).run(segments, done)
                state = self._manifest.key_state(book)
                # After each round: what the next one reads does not grow with their number.
                merged = self._key_runs.merge(book, state, lease)
                done = replace(done, merged_file_count=done.merged_file_count + merged)
        except LeaseLost as error:
            logger.warning("another server took over a check for records of one id: %s", error)
        finally:
            self._manifest.release_lease(lease)  # without effect on another's
        return done

    def _next(self, book: str, checked_seq: int) -> list[FileRow]:
        """Give the next segments to compare, in the order of their commits."""
        chosen: list[FileRow] = []
        rows = 0
        for file in self._manifest.uncompared_segments(book, checked_seq, _FILES_BATCH):
            rows += file.row_count
            if chosen and rows > NEW_KEYS_MAX:
                break
            chosen.append(file)
        return chosen


@dataclass(frozen=True, slots=True, eq=False)
class _Tools:
    """What a check works with."""

    manifest: Manifest
    reader: FileReader
    key_runs: KeyRuns
    taker: DuplicateTaker
    reads: Budget
    lease_s: float


class _Round:
    """Some new segments of a book, compared with each other and all before."""

    def __init__(self, tools: _Tools, book: str, state: KeyState, lease: Lease) -> None:
        self._tools = tools
        self._manifest = tools.manifest
        self._key_runs = tools.key_runs
        self._book = book
        self._state = state
        self._lease = lease
        self._time_zone = self._manifest.get_book(book).time_zone
        self._reversed_count = 0
        self._entry_count = 0

    def run(self, segments: Sequence[FileRow], before: Checked) -> Checked:
        """Compare, see to what is found, and mark it done."""
        new = self._key_runs.of_segments(self._book, segments, self._state.hash_key, self._lease)
        found: list[SameRecord] = []
        for candidates in self._candidates(new):
            found += self._settle(candidates)
            if sum(len(each.members) for each in found) >= FOUND_CHARS_MAX:
                self._manifest.put_same_records(self._book, found, self._lease)
                self._entry_count += len(found)
                found = []
            self._renew()
        self._entry_count += len(found)
        span = self._state.checked_seq, segments[-1].seq
        self._manifest.mark_compared(self._book, span, found, self._lease)
        return Checked(
            before.segment_count + len(segments),
            before.reversed_count + self._reversed_count,
            before.entry_count + self._entry_count,
            before.merged_file_count,
        )

    def _renew(self) -> None:
        lease = self._lease
        if self._manifest.renew_lease(lease, self._tools.lease_s) is None:
            raise LeaseLost(lease.name, lease.holder, lease.fence)

    def _candidates(self, new: Keys) -> Iterator[pl.DataFrame]:
        """Yield entries (key, segment, uses) whose key stands in several, of which one is new."""
        old = [
            (part, file)
            for part, file in self._manifest.key_files(self._book)
            if part.segment <= self._state.checked_seq
        ]
        return Candidates(new, old, self._read, self._renew).entries()

    def _read(self, part: KeyFile, file: FileRow) -> Keys:
        return self._key_runs.read(part, file, self._state.hash_key)

    def _settle(self, candidates: pl.DataFrame) -> list[SameRecord]:
        """See to candidates: reverse what says the same, and give what is to be decided."""
        overused = candidates.filter(pl.col("uses") > KEY_USES_MAX)
        chosen = candidates.filter(pl.col("uses") <= KEY_USES_MAX)
        found: list[SameRecord] = []
        for _ in range(_ATTEMPTS_MAX):
            seen: dict[str, FileRow] = {}
            records = self._records(chosen, seen)
            if records is None:
                continue
            told = without_decided(self._manifest, self._book, sorted_out(records))
            try:
                found = self._duplicates(told.filter(~pl.col("is_first")), seen)
                told = self._estimates(told, seen)
            except (BookChanged, SuspenseChanged):
                continue  # what was reversed by now is not found again
            found += conflicts_of(self._manifest, self._book, told, self._periods)
            return found + self._overused(overused)
        raise StoreUnavailable(
            f"records of book {self._book!r} changed while they were compared, again and again: "
            "the upkeep tries again",
            metadata={"book": self._book},
            retry_delay_s=1.0,
        )

    def _records(self, candidates: pl.DataFrame, seen: dict[str, FileRow]) -> pl.DataFrame | None:
        """Read the records of candidates; None where a segment was changed meanwhile."""
        parts = [pl.DataFrame(schema=SAME_SCHEMA)]
        by_segment: dict[Any, pl.DataFrame] = candidates.partition_by("segment", as_dict=True)
        hashing = self._state.hash_key, self._key_runs.hash_bits
        for file in self._manifest.segments_at(self._book, [key[0] for key in by_segment]):
            with self._tools.reads.holding(file.row_count * SAME_ROW_BYTES):
                keys = by_segment[file.seq,]["key"]
                rows = read_same(self._manifest, self._tools.reader, file, keys, hashing)
            if rows is None:
                return None
            seen[file.id] = file
            parts.append(rows)
        return pl.concat(parts)

    def _duplicates(self, later: pl.DataFrame, seen: dict[str, FileRow]) -> list[SameRecord]:
        """Reverse what says what an earlier record says; what cannot be is to be decided."""
        if self._state.rule is SameRule.REPORT:
            return duplicates_of(later, self._periods, "")
        refused: list[SameRecord] = []
        for rows, message in self._taken(later, seen, DUPLICATE):
            refused += duplicates_of(rows, self._periods, message)
        return refused

    def _estimates(self, told: pl.DataFrame, seen: dict[str, FileRow]) -> pl.DataFrame:
        """Reverse estimates that are settled; those that cannot be conflict with the others."""
        is_settled = pl.col("settled_segment").is_not_null()
        if self._state.rule is SameRule.REPORT:
            return unsettled(told, is_settled)
        settled = told.filter(is_settled).with_columns(
            pl.col(f"settled_{name}").alias(f"first_{name}")
            for name in ("segment", "channel", "offset")
        )
        for rows, _ in self._taken(settled, seen, SETTLED):
            ids = rows["record_id"].unique().to_list()
            told = unsettled(told, pl.col("record_id").is_in(ids))
        return told

    def _taken(
        self, later: pl.DataFrame, seen: dict[str, FileRow], cause: Cause
    ) -> Iterator[tuple[pl.DataFrame, str]]:
        """Reverse records that others stand for; yield those that cannot be, and why."""
        for rows in later.partition_by("seq", maintain_order=True):
            for counts_from, month in self._by_month(rows, seen, cause):
                file = seen[month["segment"][0]]
                try:
                    self._tools.taker.take(file, month, seen, cause, counts_from)
                except (PeriodMustBeOpen, FieldInvalid) as error:
                    yield month, error.message
                else:
                    self._reversed_count += month.height

    def _by_month(
        self, rows: pl.DataFrame, seen: dict[str, FileRow], cause: Cause
    ) -> Iterator[tuple[int, pl.DataFrame]]:
        """Cut rows where some of their months are sealed, so that these stop no others.

        Where sealed months do not matter, cut them by the month in which that counts: an estimate
        leaves its month for the one in which the late record counts that settles it.
        """
        book = self._manifest.get_book(self._book)
        firsts = [(self._periods(row)[0], row) for row in rows.iter_rows(named=True)]
        if book.late_records is LateRecords.NEXT_OPEN:
            settles = cause is SETTLED
            later = [seen[row["first_segment"]].counts_from * settles for _, row in firsts]
            cuts = [
                late if first < late else 0 for (first, _), late in zip(firsts, later, strict=True)
            ]
        else:
            cuts = [int(first < book.sealed_before) for first, _ in firsts]
        told = rows.with_columns(cut=pl.Series(cuts, dtype=pl.Int32))
        for (cut,), part in told.group_by("cut", maintain_order=True):
            late = book.late_records is LateRecords.NEXT_OPEN
            yield int(str(cut)) if late else 0, part

    def _overused(self, uses: pl.DataFrame) -> list[SameRecord]:
        """Tell of ids that stand in so many records that these are counted alone."""
        if uses.is_empty():
            return []
        records = None
        while records is None:
            records = self._records(uses, {})
        counts = dict(uses.select("key", "uses").iter_rows())
        hashing = self._state.hash_key, self._key_runs.hash_bits
        return overused_of(records, counts, hashing, self._periods)

    def _periods(self, row: dict[str, Any]) -> tuple[int, int]:
        """Give the first and the last month of a record."""
        boundaries = month_boundaries_us(self._time_zone)
        start = int(row["start"].timestamp()) * 1_000_000
        end = int(row["end"].timestamp()) * 1_000_000
        first = bisect_right(boundaries, start) - 1
        return first, max(bisect_right(boundaries, end - 1) - 1, first)
