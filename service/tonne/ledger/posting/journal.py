"""The durable path: batches become files together, then one commit, then outcomes.

Order is everything: (1) rules and posting, in memory; (2) files, durable; (3) one manifest
transaction that asserts the book's revision and every channel's position; (4) outcomes. A
crash before (3) leaves files without a row, which are garbage; after it, a commit
whose producers read the new position.
"""

from __future__ import annotations

import threading
import uuid
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tonne.errors import PeriodMustBeOpen, StoreUnavailable
from tonne.ledger.files.files import POSTINGS
from tonne.ledger.posting.entries import (
    ChannelEntry,
    Durable,
    Entry,
    Lost,
    Outcome,
    RequestEntry,
    entry_key,
    plain_and_corrections,
)
from tonne.ledger.posting.posted import entry_position, post_entries
from tonne.ledger.posting.refusal import (
    answer_request,
    reason_lost,
    refuse_corrections,
    refuse_gaps,
    refuse_mends,
    refuse_older_epochs,
)
from tonne.store import faults
from tonne.store.errors import (
    BookChanged,
    HistoryLost,
    MendsKnown,
    PositionLost,
    RequestKnown,
    SuspenseChanged,
)
from tonne.store.rows import Commit

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Sequence
    from contextlib import AbstractContextManager

    import polars as pl

    from tonne.errors import TonneError
    from tonne.ledger.book.book_state import BookStates
    from tonne.ledger.posting.acknowledged import Acknowledged
    from tonne.ledger.posting.mending.withdrawal import Withdrawals
    from tonne.ledger.posting.writing.commit_files import CommitFiles
    from tonne.store.manifest.manifest import Manifest
    from tonne.store.rows import FileRow

    Stage = Callable[[str], AbstractContextManager[object]]

BOOK_CHANGES_MAX = 32
"""Attempts under ever newer revisions before the caller is asked to wait."""

UNSETTLED_MAX = 64
"""Attempts of unknown outcome that are remembered per book, the latest ones."""


@dataclass(frozen=True, slots=True, eq=False)
class _Attempt:
    """A commit that was tried, and what its entries are told if it took place."""

    commit_id: str
    outcomes: dict[Hashable, Durable]


class _Refused(Exception):  # caught beside where it is raised
    """Requests that cannot be posted as they are, with what they are told."""

    def __init__(self, outcomes: dict[str, Outcome]) -> None:
        super().__init__()
        self.outcomes = outcomes
        self.request_ids = frozenset(outcomes)


class _Apart(Exception):  # caught beside where it is raised
    """One of several corrections decides in which month all of them would count."""


@dataclass(slots=True, eq=False)
class _Call:
    """One call of `write` under way."""

    book: str
    entries: Sequence[Entry]
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    done: list[_Attempt] = field(default_factory=list)
    book_changes: int = 0

    def open_channel_entries(self) -> Iterator[tuple[int, ChannelEntry]]:
        for i, entry in enumerate(self.entries):
            if i not in self.outcomes and isinstance(entry, ChannelEntry):
                yield i, entry

    def open_request_entries(self) -> Iterator[tuple[int, RequestEntry]]:
        for i, entry in enumerate(self.entries):
            if i not in self.outcomes and isinstance(entry, RequestEntry):
                yield i, entry


class Journal:
    """Writes entries, as many in one commit as may be. Safe to call from several threads.

    Parameters
    ----------
    manifest : Manifest
        Decides what is committed.
    files : CommitFiles
        Writes the files of a commit.
    states : BookStates
        The rules of the books.
    withdrawals : Withdrawals
        Take out of suspense what records stand for.
    row_errors_max : int
        Most row errors that an outcome names.
    on_postings : callable
        Called with each committed postings file's row and frame, to spare reading it back.
    acknowledged : Acknowledged
        Remembers what was committed, to tell where the database lost it.
    stage : callable
        Gives the context in which a stage runs (post, write, commit), to time it.
    """

    def __init__(
        self,
        manifest: Manifest,
        files: CommitFiles,
        states: BookStates,
        withdrawals: Withdrawals,
        *,
        row_errors_max: int,
        on_postings: Callable[[FileRow, pl.DataFrame], None],
        acknowledged: Acknowledged,
        stage: Stage = nullcontext,
    ) -> None:
        self._manifest = manifest
        self._files = files
        self._states = states
        self._withdrawals = withdrawals
        self._row_errors_max = row_errors_max
        self._on_postings = on_postings
        self._acknowledged = acknowledged
        self._stage = stage
        self._lock = threading.Lock()
        self._unsettled: dict[str, list[_Attempt]] = {}

    def close(self) -> None:
        """End the threads, after what they are doing."""
        self._files.close()

    def write(self, book: str, entries: Sequence[Entry]) -> list[Outcome]:
        """Make entries durable.

        Parameters
        ----------
        book : str
            Book id.
        entries : sequence of Entry
            Batches of any channels and requests; those of one channel in the order of their
            offsets, without gaps.

        Returns
        -------
        list of Outcome
            One per entry, in order: durable, or refused with the reason. What is refused
            takes nothing else with it.

        Raises
        ------
        CapacityError
            The store is away, or the outcome of the commit is unknown. Call again with the
            same entries: what was committed meanwhile is found and not posted twice.
        DefectError
            A sum overflowed or stored data contradict each other; nothing was committed.
        """
        call = _Call(book, entries)
        self._settle(call)
        refuse_older_epochs(book, entries, call.outcomes)
        refuse_gaps(book, entries, call.outcomes)
        for indices in plain_and_corrections(entries):
            self._advance(call, indices)
        # Not earlier: a failure of a later attempt would have lost what an earlier one did.
        self._deliver(call)
        return [call.outcomes[i] for i in range(len(entries))]

    def _advance(self, call: _Call, indices: Sequence[int]) -> None:
        """Try until each of these entries has its outcome."""
        while chosen := _next_entries(call, indices):
            try:
                attempt = self._attempt(call.book, [call.entries[i] for i in chosen])
            except (BookChanged, SuspenseChanged) as error:
                call.book_changes += 1
                self._reload(call, error)
            except HistoryLost:
                self._acknowledged.tell_lost(call.book)
            except PositionLost as error:
                self._settle(call)
                self._refuse_channels(call, error.channels)
            except (RequestKnown, MendsKnown, _Refused) as error:
                self._answer_requests(call, error)
            except _Apart:
                for i in chosen:
                    self._advance(call, [i])
            except PeriodMustBeOpen as error:
                self._advance_apart(call, chosen, error)
            else:
                call.done.append(attempt)
                call.outcomes.update(
                    (i, attempt.outcomes[entry_key(call.entries[i])]) for i in chosen
                )

    def _attempt(self, book: str, entries: Sequence[Entry]) -> _Attempt:
        """Post, write files, commit: once."""
        with self._stage("post"):
            posted = post_entries(book, entries, self._states, row_errors_max=self._row_errors_max)
            if refused := refuse_corrections(posted.entries, posted.outcomes):
                raise _Refused(refused)
            withdrawn = self._withdrawals.withdraw(posted)
            if withdrawn.counts_from > posted.counts_from and len(entries) > 1:
                raise _Apart
            posted = withdrawn
        faults.reach("journal.after_post")
        commit_id = uuid.uuid4().hex
        with self._stage("write"):
            files = self._files.put(posted, commit_id)
        faults.reach("journal.after_files")
        attempt = _Attempt(
            commit_id,
            {entry_key(e): o for e, o in zip(entries, posted.outcomes, strict=True)},
        )
        self._remember(book, attempt)
        commit = Commit(
            id=commit_id,
            book=book,
            revision=posted.book.revision,
            revision_token=posted.book.revision_token,
            resolutions=posted.resolutions,
            witness=self._acknowledged.witness(book),
            moves=posted.moves(),
            requests=posted.claims(),
            mends=posted.mends(),
            clearings=tuple(each.clearing for each in posted.withdrawn),
            corrections=posted.corrections,
            files=files.all(),
            keys=files.keys,
            ranges=posted.ranges(commit_id, {kind: row.id for kind, row in files.of_kind.items()}),
            periods=posted.counted_periods,
            first_period=posted.first_period,
            counts_from=posted.counts_from,
        )
        with self._stage("commit"):
            self._manifest.commit(commit)
        self._acknowledged.note_commit(commit)
        faults.reach("journal.after_commit")
        if POSTINGS in files.of_kind:
            self._on_postings(files.of_kind[POSTINGS], posted.frames[POSTINGS])
        return attempt

    def _reload(self, call: _Call, error: BookChanged | SuspenseChanged) -> None:
        if call.book_changes > BOOK_CHANGES_MAX:
            raise StoreUnavailable(
                f"book {call.book} changed while records were posted, again and again: try again",
                metadata={"book": call.book},
                retry_delay_s=1.0,
            ) from error
        self._states.refresh(call.book)

    def _remember(self, book: str, attempt: _Attempt) -> None:
        with self._lock:
            attempts = self._unsettled.setdefault(book, [])
            attempts.append(attempt)
            del attempts[:-UNSETTLED_MAX]

    def _deliver(self, call: _Call) -> None:
        """Forget what is remembered of entries whose outcomes are told now."""
        keys = {entry_key(entry) for entry in call.entries}
        with self._lock:
            attempts = self._unsettled.pop(call.book, [])
            for attempt in attempts:
                for key in keys & attempt.outcomes.keys():
                    del attempt.outcomes[key]
            if left := [attempt for attempt in attempts if attempt.outcomes]:
                self._unsettled[call.book] = left

    def _settle(self, call: _Call) -> None:
        """Find entries that an earlier attempt of unknown outcome has committed."""
        with self._lock:
            attempts = [
                attempt
                for attempt in self._unsettled.get(call.book, ())
                if attempt not in call.done
            ]
        if not attempts:
            return
        positions = {
            entry_key(entry): i for i, entry in enumerate(call.entries) if i not in call.outcomes
        }
        for attempt in attempts:
            mine = positions.keys() & attempt.outcomes.keys()
            if mine and self._manifest.commit_exists(attempt.commit_id):
                call.outcomes.update((positions[key], attempt.outcomes[key]) for key in mine)
                call.done.append(attempt)

    def _refuse_channels(self, call: _Call, channels: frozenset[str]) -> None:
        """Drop the entries of channels that are not where the call took them to be."""
        reasons: dict[str, TonneError] = {}
        for i, entry in call.open_channel_entries():
            if entry.channel in channels:
                if entry.channel not in reasons:
                    reasons[entry.channel] = reason_lost(
                        self._manifest, self._acknowledged, call.book, entry
                    )
                call.outcomes[i] = Lost(reasons[entry.channel])

    def _answer_requests(self, call: _Call, error: RequestKnown | MendsKnown | _Refused) -> None:
        """Answer the requests that were posted before, and those that cannot be."""
        if not isinstance(error, _Refused):
            self._settle(call)
        for i, entry in list(call.open_request_entries()):
            if entry.request_id not in error.request_ids:
                continue
            if isinstance(error, RequestKnown):
                call.outcomes[i] = answer_request(self._manifest, call.book, entry)
            elif isinstance(error, MendsKnown):
                call.outcomes[i] = refuse_mends(call.book, entry)
            else:
                call.outcomes[i] = error.outcomes[entry.request_id]

    def _advance_apart(self, call: _Call, chosen: Sequence[int], error: PeriodMustBeOpen) -> None:
        """Find the source that touches a closed period: the others do not fall with it."""
        sources: dict[str, list[int]] = {}
        for i in chosen:
            sources.setdefault(entry_position(call.entries[i])[0], []).append(i)
        if len(sources) == 1:
            call.outcomes.update(dict.fromkeys(chosen, Lost(error)))
            return
        for part in sources.values():
            self._advance(call, part)


def _next_entries(call: _Call, indices: Sequence[int]) -> list[int]:
    """Entries to try, of these: all open ones, but each request id once.

    A second request of the same id is answered after the first, as if it had come later.
    """
    request_ids = set()
    chosen = []
    for i in indices:
        entry = call.entries[i]
        if i in call.outcomes:
            continue
        if isinstance(entry, RequestEntry):
            if entry.request_id in request_ids:
                continue
            request_ids.add(entry.request_id)
        chosen.append(i)
    return chosen
