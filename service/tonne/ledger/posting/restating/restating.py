"""Restatements: records that are posted are posted again under the rules in force.

Nothing of a record changes but what it is posted as. Segment by segment, in one manifest
transaction each: a clearing file names the records, posted before and after, and notes under what
from now on; a postings file takes back what they were posted as and adds what they are now; an
entry says who, when and why, and what it makes of the numbers. The transaction asserts the book's
revision, that the months take adjustments, and how many records of the segment wait, are reversed
and were restated; the last count rises, so that of two servers that saw the same records one
fails and looks again, and finds them posted as they should be.

The act is written down before its first part, and ended behind its last. Killed in between, it is
under way: the same call again goes on, and until then a close of its months is refused.
"""

from __future__ import annotations

import uuid
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from tonne.errors import PeriodMustBeOpen, StoreUnavailable
from tonne.ledger.book.part import check_text
from tonne.ledger.book.periods import counts_from_now
from tonne.ledger.files.files import put_cleared
from tonne.ledger.files.frames import polars_errors
from tonne.ledger.files.postings import POSTINGS_SCHEMA
from tonne.ledger.posting.correcting.reversals import is_as_counted, revision_of
from tonne.ledger.posting.correcting.taking import read_kept, with_older_notes
from tonne.ledger.posting.mending.waiting import clearing_names
from tonne.ledger.posting.restating.acts import Acts
from tonne.ledger.posting.restating.asking import (
    RestatementProgress,
    check_same,
    part_of,
    row_of,
)
from tonne.ledger.posting.restating.planning import Planner
from tonne.model import check_id, month_of_period
from tonne.store import faults
from tonne.store.errors import BookChanged, SuspenseChanged
from tonne.store.rows import Clearing, Commit
from tonne.work import check_wanted

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator

    from tonne.ledger.book.book_state import BookState, BookStates
    from tonne.ledger.budget import Budget
    from tonne.ledger.files.files import FileReader
    from tonne.ledger.posting.restating.asking import Asked
    from tonne.ledger.posting.restating.criteria import Criteria
    from tonne.ledger.posting.restating.planning import Plan
    from tonne.store.manifest.manifest import Manifest
    from tonne.store.objects.objects import Objects
    from tonne.store.rows import FileRow
    from tonne.store.statement_rows import RestatementRow

ATTEMPTS_MAX = 32
"""How often a segment is looked at again because the book or the segment changed."""

PASSES_MAX = 8
"""How often all is gone through again because the method changed meanwhile."""

RESTATED_ROW_BYTES = 4_000
"""Memory of a record of a segment of which some are restated: read, posted twice, taken back."""

_SEGMENTS_BATCH = 256


class Restater:
    """Restates records of books. Safe to call from several threads and servers.

    Parameters
    ----------
    manifest, objects, reader
        Where the ledger is kept.
    states : BookStates
        The rules of the books.
    clock : callable
        The time, UTC.
    on_postings : callable
        As in `Journal`.
    reads : Budget
        Memory of the calls that read: a restatement holds that of one segment at a time.
    """

    def __init__(
        self,
        manifest: Manifest,
        objects: Objects,
        reader: FileReader,
        states: BookStates,
        *,
        clock: Callable[[], dt.datetime],
        on_postings: Callable[[FileRow, pl.DataFrame], None],
        reads: Budget,
    ) -> None:
        self._manifest = manifest
        self._objects = objects
        self._reader = reader
        self._states = states
        self._clock = clock
        self._on_postings = on_postings
        self._reads = reads
        self._acts = Acts(manifest)

    def look(self, book: str, criteria: Criteria) -> Iterator[RestatementProgress]:
        """Say what a restatement would do now, one segment at a step; nothing is kept.

        Raises
        ------
        NameInvalid, BookUnknown, FieldInvalid, CapacityError
            As `restate`.
        """
        self._manifest.get_book(check_id("book", book))
        planner = Planner(self._manifest, book, criteria)
        stop_seq = self._manifest.close_ground(book)[0].seq
        done = RestatementProgress()
        for id_ in self._segments(book, criteria, stop_seq):
            with self._planned(book, id_, planner, criteria) as (_, _, plan):
                done = done.after(plan)
            yield done
        fence = self._states.refresh(book).book.closed_before
        closed = tuple(each for each in sorted(done.periods) if each < fence)
        yield replace(done, is_done=True, closed=closed)

    def restate(self, book: str, asked: Asked) -> Iterator[RestatementProgress]:
        """Post records again under the rules in force, one segment at a step.

        First all is looked at, and refused whole where some of it is; then it is done. The last
        step has the act. One that has ended is told again, and nothing is done.

        Raises
        ------
        NameInvalid, BookUnknown
        FieldInvalid
            No author, no reason; the id is of another restatement; records that cannot be
            restated.
        PeriodMustBeOpen
            It touches a month that is sealed, or closed and not to be adjusted.
        CapacityError
            Call again: nothing is restated twice.
        """
        check_id("restatement", asked.id)
        check_text("author", asked.author, is_required=True)
        check_text("reason", asked.reason, is_required=True)
        self._manifest.get_book(check_id("book", book))
        found = self._manifest.get_restatement(book, asked.id)
        if found is not None:
            check_same(book, found, asked)
        if found is not None and found.end_seq:
            return iter((self._ended(book, found),))
        return self._steps(book, asked)

    def _steps(self, book: str, asked: Asked) -> Iterator[RestatementProgress]:
        looked = RestatementProgress()
        for step in self.look(book, asked.criteria):
            looked = step
            yield RestatementProgress(segments_done_count=step.segments_done_count)
        state = self._states.refresh(book)
        self._check_months(book, looked.periods, state, adjusts_closed=asked.adjusts_closed)
        act = self._manifest.get_restatement(book, asked.id)
        if act is None and not looked.restated_count:
            yield looked  # nothing to restate: nothing is written down
            return
        act = self._manifest.begin_restatement(book, row_of(asked))
        check_same(book, act, asked)
        if act.end_seq:  # another server was faster
            yield self._ended(book, act)
            return
        done = RestatementProgress()
        restated_count = 0
        for _ in range(PASSES_MAX):
            version = self._states.refresh(book).book.method_version
            done = RestatementProgress(restated_count=restated_count)
            planner = Planner(self._manifest, book, asked.criteria)
            for id_ in self._segments(book, asked.criteria, act.begin_seq):
                done = done.after(self._restate_segment(book, id_, planner, asked))
                yield done
            restated_count = done.restated_count
            if self._states.refresh(book).book.method_version == version:
                break
        before = self._acts.told(book, act).record_count - done.restated_count
        act = self._manifest.end_restatement(
            book,
            asked.id,
            unchanged_count=max(done.unchanged_count - before, 0),
            left_count=done.left_count,
        )
        yield self._ended(book, act)

    def _ended(self, book: str, row: RestatementRow) -> RestatementProgress:
        """Tell an act that has ended."""
        act = self._acts.told(book, row)
        return RestatementProgress(
            restated_count=act.record_count,
            unchanged_count=row.unchanged_count,
            left_count=row.left_count,
            figures=act.figures,
            periods=frozenset(act.figures.months()),
            is_done=True,
            act=act,
        )

    def _segments(self, book: str, criteria: Criteria, stop_seq: int) -> Iterator[str]:
        """Give the ids of the segments that may hold such records, up to and with a number."""
        months = (criteria.first_period, criteria.last_period)
        after_seq = 0
        while files := self._manifest.segments_of_months(
            book, *months, after_seq, _SEGMENTS_BATCH
        ):
            for file in files:
                if file.seq > stop_seq:
                    return
                check_wanted()
                yield file.id
            after_seq = files[-1].seq

    @contextmanager
    def _planned(
        self, book: str, segment_id: str, planner: Planner, criteria: Criteria
    ) -> Iterator[tuple[FileRow, BookState, Plan | None]]:
        """Read a segment and plan what becomes of it; its memory is held until that is done."""
        for _ in range(ATTEMPTS_MAX):
            file = self._manifest.get_files([segment_id])[segment_id]
            with self._reads.holding(file.row_count * RESTATED_ROW_BYTES):
                clearings = self._manifest.clearings_of([file.id]).get(file.id, [])
                records = read_kept(self._reader, file, clearings, whole=True)
                if not is_as_counted(file, records):
                    continue  # changed by another between the two
                state = self._states.refresh(book)
                meant = records.filter(criteria.meant(state.book.time_zone))
                plan = None
                if not meant.is_empty():
                    revision = revision_of(self._manifest, file, clearings)
                    meant = with_older_notes(meant, file, state, revision)
                    plan = planner.plan(meant, state)
                yield file, state, plan
                return
        raise _outrun(book, segment_id)

    def _restate_segment(
        self, book: str, segment_id: str, planner: Planner, asked: Asked
    ) -> Plan | None:
        for _ in range(ATTEMPTS_MAX):
            with self._planned(book, segment_id, planner, asked.criteria) as found:
                file, state, plan = found
                if plan is None or plan.records.is_empty():
                    return plan
                self._check_months(book, plan.periods, state, adjusts_closed=asked.adjusts_closed)
                try:
                    self._commit(file, state, plan, asked)
                except (BookChanged, SuspenseChanged):
                    continue
                return plan
        raise _outrun(book, segment_id)

    def _check_months(
        self,
        book: str,
        periods: tuple[int, ...] | frozenset[int],
        state: BookState,
        *,
        adjusts_closed: bool,
    ) -> None:
        """Refuse what is sealed, and what is closed and not to be adjusted."""
        sealed = [each for each in sorted(periods) if each < state.book.sealed_before]
        closed = [each for each in sorted(periods) if each < state.book.closed_before]
        if sealed:
            raise PeriodMustBeOpen.of(book, list(map(month_of_period, sealed)), "sealed")
        if closed and not adjusts_closed:
            raise PeriodMustBeOpen.to_be_restated(book, list(map(month_of_period, closed)))

    def _commit(self, file: FileRow, state: BookState, plan: Plan, asked: Asked) -> None:
        """Make the files of a part durable, then the part true."""
        commit_id, now, book = uuid.uuid4().hex, self._clock(), file.book
        count = plan.records.height
        with polars_errors(file.path):
            names, _ = clearing_names(plan.records, file.id)
            postings = pl.concat(
                part.select(pl.col(name).cast(kind) for name, kind in POSTINGS_SCHEMA.items())
                for part in (plan.taken, plan.posted)
            )
        clearing, written = put_cleared(self._objects, file, names, postings, commit_id, now)
        faults.reach("restatement.after_files")
        self._manifest.commit(
            Commit(
                id=commit_id,
                book=book,
                revision=state.book.revision,
                revision_token=state.book.revision_token,
                resolutions={each.id: each.to_json() for each in plan.resolutions},
                clearings=(
                    Clearing(
                        file.id,
                        file.suspended_count,
                        file.suspended_count,
                        reversed_before=file.reversed_count,
                        restated_before=file.restated_count,
                        restated_after=file.restated_count + count,
                    ),
                ),
                corrections=(part_of(asked, plan),),
                files=(clearing, written),
                periods=plan.periods,
                first_period=plan.first_period,
                counts_from=counts_from_now(state.book, is_entry=True),
            )
        )
        faults.reach("restatement.after_commit")
        self._on_postings(written, postings)


def _outrun(book: str, segment_id: str) -> StoreUnavailable:
    return StoreUnavailable(
        f"segment {segment_id} of book {book} changed while it was restated, again and again: "
        "try again",
        metadata={"book": book, "segment": segment_id},
        retry_delay_s=1.0,
    )
