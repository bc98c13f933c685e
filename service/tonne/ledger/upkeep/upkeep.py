"""What keeps a ledger well, round after round: merges, marks, the collection of garbage."""

from __future__ import annotations

import datetime as dt
import logging
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tonne.errors import DefectError
from tonne.store import LeaseLost, Rules, garbage, pair
from tonne.store.statement_rows import SameKind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tonne.ledger.book.books import Books
    from tonne.ledger.upkeep.merging import Merger
    from tonne.ledger.upkeep.same.check import SameCheck
    from tonne.store.garbage import Collected
    from tonne.store.manifest.clearings import Refused
    from tonne.store.manifest.manifest import Manifest
    from tonne.store.objects.objects import Objects

logger = logging.getLogger(__name__)

MARK_INTERVAL_S = 60.0
"""How often it is written down how far the manifest has come, unless told otherwise."""

GARBAGE_INTERVAL_S = 900.0
"""How often the objects are listed to find garbage, by whichever process."""


@dataclass(frozen=True, slots=True)
class Round:
    """What one round of upkeep did. `collected` is None where it was not this round's turn.

    `compared_segment_count` and `reversed_count` are of the check for records of one id;
    `undecided_counts` is what waits for a decision, by kind, and `uncompared_age_s` the age of the
    oldest records that are not compared. `waiting_counts` and `waiting_ages_s` are of the
    worklists of all books: how many records, and for how long the oldest waits.
    `undecided_overlap_count` is of overlaps.
    """

    merged_file_count: int
    collected: Collected | None
    compared_segment_count: int = 0
    reversed_count: int = 0
    undecided_counts: Mapping[str, int] = field(default_factory=dict)
    uncompared_age_s: float = 0.0
    waiting_counts: Mapping[str, int] = field(default_factory=dict)
    waiting_ages_s: Mapping[str, float] = field(default_factory=dict)
    undecided_overlap_count: int = 0


class Upkeep:
    """Keeps the files and the objects of a ledger well. Safe to call from several threads.

    Parameters
    ----------
    manifest, objects
        Where the ledger is kept.
    books : Books
    merger : Merger
    same : SameCheck
    holder : str
        Name of this process in leases.
    garbage_rules : Rules, optional
        How long garbage stays.
    mark_interval_s : float
        How often it is written down how far the manifest has come, in seconds.
    clock : callable
        The time, UTC.
    """

    def __init__(
        self,
        manifest: Manifest,
        objects: Objects,
        books: Books,
        merger: Merger,
        same: SameCheck,
        *,
        holder: str,
        garbage_rules: Rules | None,
        mark_interval_s: float,
        clock: Callable[[], dt.datetime],
    ) -> None:
        self._manifest = manifest
        self._objects = objects
        self._books = books
        self._merger = merger
        self._same = same
        self._holder = holder
        self._garbage_rules = garbage_rules or Rules()
        self._mark_interval_s = mark_interval_s
        self._clock = clock
        self._next_garbage_time = clock()
        self._collected_s: float | None = None  # by the monotonic clock of this process
        self._marked_s: float | None = None
        self._refused: Mapping[str, Refused] = {}

    def probe_objects(self) -> None:
        """See that the objects can be reached, or raise `StoreUnavailable`. Blocks."""
        self._objects.probe()

    def check_pair(self, incarnation: str = "") -> str:
        """See that the manifest and the objects still belong together; gives the incarnation.

        Raises
        ------
        LedgerMismatch
            They do not, or the manifest went back, or was adopted since it was of `incarnation`.
        StoreUnavailable
            One of them cannot be reached.
        """
        return pair.check_incarnation(self._manifest, self._objects, incarnation)

    def maintain(self) -> Round:
        """Merge postings, compare records of one id, collect garbage. Call it every few seconds.

        Each job is done under a lease, so any number of processes may call it: no work is
        done twice, and one that lost its lease meanwhile changes nothing. A book in
        which that fails keeps no other back; its defect is raised at the end.

        Raises
        ------
        LedgerMismatch
            The manifest and the objects do not belong together any more. Nothing was done.
        GarbageRefused
            A collection would have deleted too much.
        """
        self._mark()
        merged_count = compared_count = reversed_count = 0
        failures: list[DefectError] = []
        for book in self._books.book_ids():
            try:
                merged_count += self._merger.merge(book)
                checked = self._same.check_when_due(book)
                compared_count += checked.segment_count
                reversed_count += checked.reversed_count
            except DefectError as error:
                logger.error("the upkeep of book %s failed: %s", book, error)  # noqa: TRY400  # raised below
                failures.append(error)
        collected = self._collect_garbage()
        if failures:
            raise failures[0]
        waiting = self._manifest.waiting()
        self._refused = self._manifest.refused(self._refused)
        refused_count = sum(each.left_count for each in self._refused.values())
        since: dict[str, dt.datetime | None] = {str(each): None for each in SameKind}
        since |= self._manifest.undecided_since()
        since["suspense"] = waiting.suspended_since
        return Round(
            merged_count,
            collected,
            compared_count,
            reversed_count,
            self._manifest.undecided_counts(),
            self._age_s(self._manifest.oldest_uncompared()),
            {"suspense": waiting.suspended_count, "quarantine": refused_count},
            {name: self._age_s(each) for name, each in since.items()},
            self._manifest.undecided_overlap_count(),
        )

    def _age_s(self, since: dt.datetime | None) -> float:
        """Tell for how long something waits; 0 where nothing does."""
        return 0.0 if since is None else max((self._clock() - since).total_seconds(), 0.0)

    def write_mark(self, interval_s: float = 0.0) -> None:
        """Write down how far the manifest has come, unless that was done since. As `maintain`."""
        pair.write_mark(self._manifest, self._objects, interval_s)

    def _mark(self) -> None:
        """See now and then that the pair is one, and write down how far it has come."""
        now_s = time.monotonic()
        if self._marked_s is None or now_s - self._marked_s >= self._mark_interval_s:
            self.write_mark(self._mark_interval_s)
            self._marked_s = now_s

    def _collect_garbage(self) -> Collected | None:
        """Collect garbage where that is due.

        The lease is not given back: until it expires nobody needs to look again.
        """
        if self._clock() < self._next_garbage_time:
            return None
        self._next_garbage_time = self._clock() + dt.timedelta(seconds=GARBAGE_INTERVAL_S)
        lease = self._manifest.acquire_lease("garbage", self._holder, GARBAGE_INTERVAL_S)
        if lease is None:
            return None
        before_s, self._collected_s = self._collected_s, time.monotonic()
        elapsed_s = garbage.ELAPSED_S_MAX if before_s is None else self._collected_s - before_s
        try:
            return garbage.collect(
                self._manifest,
                self._objects,
                self._garbage_rules,
                self._clock,
                lease=lease,
                lease_s=GARBAGE_INTERVAL_S,
                elapsed_s_max=elapsed_s,
            )
        except LeaseLost as error:
            logger.warning("another server took over a collection of garbage: %s", error)
            return None
        except BaseException:
            self._manifest.release_lease(lease)  # somebody else may go on
            raise
