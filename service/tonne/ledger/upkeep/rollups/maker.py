"""Rollups of a book: which are missing or not right, and how they come to be."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from tonne.errors import LedgerInconsistent
from tonne.ledger.files.files import put_frame, run_of
from tonne.ledger.files.frames import polars_errors
from tonne.ledger.files.postings import POSTINGS_SCHEMA, drop_zeros
from tonne.ledger.files.sums import RunningSums
from tonne.ledger.reading.rollups import ROLLED_ROWS_MIN, RolledRun, files_by_run
from tonne.ledger.upkeep.rollups.rolling import Roller
from tonne.store.errors import LeaseLost, ObjectMissing

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Sequence

    import polars as pl

    from tonne.ledger.book.book_state import BookStates
    from tonne.ledger.reading.balances import Parts
    from tonne.ledger.reading.rollups import Rollups
    from tonne.store.manifest.manifest import Manifest
    from tonne.store.objects.objects import Objects
    from tonne.store.rows import FileRow, Lease

logger = logging.getLogger(__name__)

CONSERVED = {
    name: kind
    for name, kind in POSTINGS_SCHEMA.items()
    if name not in {"facility", "activity", "unit", "region"}
}
"""What a merge and a rollup must not change: sums by month, resolution and status."""


REFRESH_S = 600.0
"""How long a rollup stays, at least, whose register has changed, in seconds: making it reads all
postings of its run. Until then what depends on the register is read from these."""


class RollupMaker:
    """Makes the rollups of books. Safe to call from several threads.

    Parameters
    ----------
    manifest, objects
        Where the ledger is kept.
    rollups : Rollups
        Says which are right.
    states : BookStates
        The registers of books.
    parts : callable
        Reads postings files in parts.
    lease_s : float
        For how long the lease of the merge is renewed, in seconds.
    clock : callable
        The time, UTC.
    on_dead : callable
        Told the ids of the files that were replaced.
    """

    def __init__(
        self,
        manifest: Manifest,
        objects: Objects,
        rollups: Rollups,
        states: BookStates,
        parts: Parts,
        *,
        lease_s: float,
        clock: Callable[[], dt.datetime],
        on_dead: Callable[[Sequence[str]], None],
    ) -> None:
        self._manifest = manifest
        self._objects = objects
        self._rollups = rollups
        self._states = states
        self._parts = parts
        self._lease_s = lease_s
        self._clock = clock
        self._on_dead = on_dead
        # What was found of a book, by its files and its rules: nothing is due while these stay.
        self._settled: dict[str, tuple[str, frozenset[str]]] = {}

    def begin(self, book: str, run: Sequence[FileRow]) -> Roller | None:
        """Begin the rollup of a run; None where it has too few postings for one."""
        if not _is_large(run):
            return None
        return Roller(self._states.refresh(book).register)

    def put(
        self, book: str, run: Sequence[FileRow], roller: Roller, sums: pl.DataFrame
    ) -> list[FileRow]:
        """Write the rollup of a run, whose postings add up to `sums` by month and resolution.

        Gives its files; none is live yet, and there are none where it is not worth one.

        Raises
        ------
        LedgerInconsistent
            The rollup adds up to something else.
        """
        rolled = roller.finish()
        if rolled is None:
            return []
        row_count = sum(file.row_count for file in run)
        whole = RunningSums(CONSERVED)
        whole.add(rolled.sums)
        posting_count = rolled.sums["posting_count"].sum()
        if not in_order(whole).equals(sums) or posting_count != row_count:
            raise LedgerInconsistent(
                f"the rollup of postings of book {book!r} has other sums than its postings. It "
                "was thrown away",
                metadata={"book": book},
            )
        return [
            put_frame(
                self._objects,
                frame,
                kind,
                book=book,
                commit_id="",
                now=self._clock(),
                segment=run_of(run[0]),
            )
            for kind, frame in rolled.frames.items()
        ]

    def is_due(self, book: str, postings: Sequence[FileRow]) -> bool:
        """Whether a book's rollups may have to be made, by its live postings files."""
        if not any(_is_large(run) for run in _runs(postings).values()):
            return False
        return self._settled.get(book) != self._state_of(book, postings)

    def refresh(self, book: str, lease: Lease, *, is_anew: bool = False) -> int:
        """Make the rollups that are missing, or of another register; end those of runs that went.

        One that is of another register, and young, waits: see `REFRESH_S`. A run that is not
        worth one is looked at again when the book's files or its rules change. With `is_anew`
        all are made.

        Returns
        -------
        int
            Rollups that were made.

        Raises
        ------
        LeaseLost
            Another process has taken the lease of the merge.
        """
        postings = self._manifest.live_postings(book)
        state = self._state_of(book, postings)
        runs = _runs(postings)
        register = self._states.refresh(book).register
        rollups = self._manifest.live_rollups(book)
        made_count = 0
        is_settled = True
        for name in dict.fromkeys([*(file.segment for file in rollups), *runs]):
            run = runs.get(name, [])
            old = [file for file in rollups if file.segment == name]
            whole = files_by_run(old).get(name, {})
            if _is_large(run) and whole and not is_anew:
                rolled = RolledRun(name, tuple(run), whole)
                if (
                    self._rollups.is_right(rolled, register)
                    and self._rollups.sums(rolled) is not None
                ):
                    continue
                if (self._clock() - old[0].create_time).total_seconds() < REFRESH_S:
                    is_settled = False
                    continue
            made_count += self._replace(book, name, run, old, lease)
        if made_count:
            logger.info("book %s: %d rollups were made", book, made_count)
        if is_settled:
            self._settled[book] = state
        return made_count

    def _state_of(self, book: str, postings: Sequence[FileRow]) -> tuple[str, frozenset[str]]:
        """Name what rollups rest on: the rules of the book, and its merged files."""
        merged = frozenset(file.id for file in postings if not file.commit_id)
        return self._states.refresh(book).book.revision_token, merged

    def _replace(
        self, book: str, name: str, run: Sequence[FileRow], old: Sequence[FileRow], lease: Lease
    ) -> bool:
        """Make the rollup of a run, where it is worth one, and end the old one; whether it was."""
        if not (old or _is_large(run)):
            return False
        new = self._make(book, run, lease)
        if new is None or not (new or old):
            return False
        ids = [file.id for file in run]
        if not self._manifest.replace_rollup(book, name, ids, new, lease):
            return False
        self._on_dead([file.id for file in old])
        return bool(new)

    def _make(self, book: str, run: Sequence[FileRow], lease: Lease) -> list[FileRow] | None:
        """Write the rollup of a run, where it is worth one; None where the run went meanwhile."""
        if self._manifest.renew_lease(lease, self._lease_s) is None:
            raise LeaseLost(lease.name, lease.holder, lease.fence)
        roller = self.begin(book, run)
        if roller is None:
            return []
        sums = RunningSums(CONSERVED)
        try:
            for part in self._parts(run):
                sums.add(part)
                roller.add(part)
        except ObjectMissing:
            return None
        return self.put(book, run, roller, in_order(sums))


def _runs(postings: Sequence[FileRow]) -> dict[str, list[FileRow]]:
    """Put the merged files of each run together."""
    runs: dict[str, list[FileRow]] = {}
    for file in postings:
        if not file.commit_id:
            runs.setdefault(run_of(file), []).append(file)
    return runs


def _is_large(run: Sequence[FileRow]) -> bool:
    return sum(file.row_count for file in run) >= ROLLED_ROWS_MIN


def in_order(sums: RunningSums) -> pl.DataFrame:
    """Give sums that are not nothing, in one order."""
    with polars_errors("sums of postings"):
        return drop_zeros(sums.frame()).sort(
            "period", "first_day", "last_day", "resolution", "status", "late"
        )
