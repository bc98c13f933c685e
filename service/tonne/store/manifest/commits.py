"""The commit: one transaction in which channels move and files become part of the book.

Order inside the transaction, and why. First the channels' rows, locked in the order of their
ids, so that two commits that meet on several channels queue instead of locking each other out;
what was read under the lock is compared with what the commit expects. Then the segments that are
cleared, in the order of theirs, by the same comparison. Then what nobody waits for: requests,
ranges, periods. The book's row comes last: every commit of a book updates it, so
from there to COMMIT the commits of one book pass one at a time. This buys two things:

- `seq`. A sequence or identity of PostgreSQL is given out when asked for, and a lower number may
  commit after a higher one: a pager that has read the higher one skips the lower for ever. Here
  the number is taken under the lock that is held to the end of the transaction, so numbers become
  visible in their order, without gaps that fill later.
- The revision. It is compared under the same lock that everyone takes who changes it, so no
  record is committed under rules that were replaced a moment before. What is closed is part of
  what the revision covers: a commit that began before a close is looked at again behind it.

Nothing is taken from memory that the database might have lost since it was put there (a fail-over
to a replica that was behind, a crash, a copy from yesterday). Numbers come again after such a
loss, so what is compared are names that do not: the revision's token, the owner of an epoch.
Resolutions that the postings name are looked for by each commit, and inserted where they are
missing: first of all, in the order of their ids, so that two commits that insert the same ones
wait for each other while they hold nothing else. And a commit names an earlier one of its process
as a witness: where that is gone, the database went back, and whoever remembers it is told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from tonne import model
from tonne.errors import BookUnknown, LedgerInconsistent, PeriodMustBeOpen, StoreUnavailable
from tonne.store import faults
from tonne.store.errors import (
    BookChanged,
    HistoryLost,
    MendsKnown,
    PositionLost,
    RequestKnown,
    SuspenseChanged,
)
from tonne.store.manifest.clearings import clear_segments, shift_totals
from tonne.store.manifest.corrections import insert_corrections
from tonne.store.manifest.files import condemned_paths, insert_files
from tonne.store.manifest.keys import insert_key_files
from tonne.store.manifest.mends import insert_mends
from tonne.store.manifest.numbers import take_numbers
from tonne.store.manifest.tables import Tables, lock_book, name_of, split, totals_of, totals_values
from tonne.store.sql import schema

if TYPE_CHECKING:
    import datetime as dt

    from sqlalchemy import Connection

    from tonne.store.rows import Commit, Move
    from tonne.store.statement_rows import Fence


class CommitTable(Tables):
    """The commits of the manifest."""

    def commit(self, commit: Commit) -> None:
        """Make a commit true, all of it or nothing.

        A commit that happened before under the same id is fine: a caller that does not know
        the outcome may simply try again.

        Raises
        ------
        PositionLost
            Some channels are not at the expected epoch and offset, or not open.
        RequestKnown
            Some request ids were posted before.
        MendsKnown
            Some records in quarantine were mended meanwhile.
        SuspenseChanged
            Some segments to be cleared have other records in suspense.
        BookChanged
            The book's revision moved.
        PeriodMustBeOpen
            A period takes no postings.
        HistoryLost
            The commit's witness is not there: the database lost its last transactions.
        StoreUnavailable
            Nothing happened; try again.
        OutcomeUnknown
            The connection broke during COMMIT, and so did the attempts to read the outcome.
        """
        faults.reach("commit.before_sql")
        try:
            self._database.write(
                lambda connection: self._commit(connection, commit),
                settle=lambda connection: _settle(connection, commit),
                committed=lambda: faults.reach("commit.after_sql"),
            )
        except (
            PositionLost,
            RequestKnown,
            MendsKnown,
            SuspenseChanged,
            BookChanged,
            LedgerInconsistent,
        ) as error:
            if self.commit_exists(commit.id):
                return  # it was this very commit that moved the channels
            if isinstance(error, LedgerInconsistent):
                self._check_condemned(commit, error)
            raise

    def commit_exists(self, commit_id: str) -> bool:
        """Say whether a commit of that id happened."""
        with self._database.read() as connection:
            return _exists(connection, commit_id)

    def _commit(self, connection: Connection, commit: Commit) -> None:
        now = self._begin(connection, commit)
        self._put_resolutions(connection, commit)
        _move_channels(connection, commit, now)
        shift_totals(connection, commit)
        clear_segments(connection, commit)
        self._claim_requests(connection, commit, now)
        insert_mends(connection, self._database, commit)
        _insert_ranges(connection, commit)
        self._open_periods(connection, commit)
        step = take_numbers(connection, self._database, commit.book, len(commit.files))
        _check_revision(commit, step.revision, step.revision_token)
        _check_fence(commit, step.fence)
        connection.execute(
            sa.insert(schema.ledger_commit).values(
                id=commit.id,
                book=commit.book,
                seq=step.number,
                revision=commit.revision,
                create_time=step.time,
                first_period=commit.first_period,
            )
        )
        insert_corrections(connection, commit, step.time, step.fence)
        insert_files(connection, commit.files, step.first, counts_from=commit.counts_from)
        insert_key_files(connection, commit, step.first)
        faults.reach("commit.in_sql")

    def _begin(self, connection: Connection, commit: Commit) -> dt.datetime:
        """Read the database's clock; give up early on a book that has moved on, or gone back."""
        table = schema.book
        seen = sa.exists().where(schema.ledger_commit.c.id == commit.witness)
        query = sa.select(
            table.c.revision,
            table.c.revision_token,
            self._database.now().label("now"),
            seen.label("is_seen") if commit.witness else sa.true().label("is_seen"),
        )
        row = connection.execute(query.where(table.c.id == commit.book)).one_or_none()
        if not (row.is_seen if row is not None else not commit.witness):
            raise HistoryLost(commit.book, commit.witness)
        if row is None:
            raise BookUnknown.named(commit.book)
        _check_revision(commit, row.revision, name_of(row.revision, row.revision_token))
        now: dt.datetime = row.now
        return now

    def _put_resolutions(self, connection: Connection, commit: Commit) -> None:
        """Insert what is missing of the resolutions that the postings name."""
        table = schema.resolution
        missing: list[str] = []
        for chunk in split(sorted(commit.resolutions)):
            query = sa.select(table.c.id).where(table.c.book == commit.book, table.c.id.in_(chunk))
            found = set(connection.execute(query).scalars())
            missing.extend(id_ for id_ in chunk if id_ not in found)
        if missing:
            connection.execute(
                self._database.insert(table).on_conflict_do_nothing(),
                [
                    {"book": commit.book, "id": id_, "body": commit.resolutions[id_]}
                    for id_ in missing
                ],
            )

    def _claim_requests(self, connection: Connection, commit: Commit, now: dt.datetime) -> None:
        """Insert the requests; another transaction's claim of one is waited for, then seen."""
        if not commit.requests:
            return
        table = schema.request
        connection.execute(
            self._database.insert(table).on_conflict_do_nothing(),
            [
                {
                    "book": commit.book,
                    "id": each.request_id,
                    "content_sha256": each.content_sha256,
                    **totals_values(each.totals),
                    "row_errors_json": each.row_errors_json,
                    "commit_id": commit.id,
                    "create_time": now,
                }
                for each in sorted(commit.requests, key=lambda each: each.request_id)
            ],
        )
        known: set[str] = set()
        for chunk in split(each.request_id for each in commit.requests):
            query = sa.select(table.c.id).where(
                table.c.book == commit.book,
                table.c.id.in_(chunk),
                table.c.commit_id != commit.id,
            )
            known.update(connection.execute(query).scalars())
        if known:
            raise RequestKnown(commit.book, known)

    def _open_periods(self, connection: Connection, commit: Commit) -> None:
        """Insert the periods that are missing; what is closed stands in the book's own row."""
        table = schema.period
        known: set[int] = set()
        for chunk in split(commit.periods):
            query = sa.select(table.c.period).where(
                table.c.book == commit.book, table.c.period.in_(chunk)
            )
            known.update(connection.execute(query).scalars())
        missing = sorted(set(commit.periods) - known)
        if missing:
            connection.execute(
                self._database.insert(table).on_conflict_do_nothing(),
                [
                    {"book": commit.book, "period": p, "state": int(model.PeriodState.OPEN)}
                    for p in missing
                ],
            )

    def _check_condemned(self, commit: Commit, error: LedgerInconsistent) -> None:
        """Tell a file that was collected as garbage from a real contradiction."""
        with self._database.read() as connection:
            taken = condemned_paths(connection, [each.path for each in commit.files])
        if taken:
            raise StoreUnavailable(
                "the files of this commit waited too long and were collected as garbage: write "
                "them again under new names",
                detail=", ".join(sorted(taken)),
            ) from error


def _settle(connection: Connection, commit: Commit) -> bool:
    """Say whether a commit whose reply was lost happened.

    The old transaction took the book's row before COMMIT was sent and holds it to its end; once
    this one has the row, the old one has ended, so that "no" is as final as "yes".
    """
    lock_book(connection, commit.book)
    return _exists(connection, commit.id)


def _check_revision(commit: Commit, revision: int, token: str) -> None:
    if revision != commit.revision or commit.revision_token not in {"", token}:
        raise BookChanged.of(commit.book, commit.revision, revision)


def _check_fence(commit: Commit, fence: Fence) -> None:
    """Refuse what would land in a closed month; a correction may, until it is sealed."""
    first_open = fence.sealed_before if commit.corrections else fence.closed_before
    closed = sorted(period for period in commit.periods if period < first_open)
    if closed:
        months = [model.month_of_period(period) for period in closed]
        state = "sealed" if closed[-1] < fence.sealed_before else "closed"
        raise PeriodMustBeOpen.of(commit.book, months, state)


def _exists(connection: Connection, commit_id: str) -> bool:
    table = schema.ledger_commit
    query = sa.select(table.c.id).where(table.c.id == commit_id)
    return connection.execute(query).first() is not None


def _move_channels(connection: Connection, commit: Commit, now: dt.datetime) -> None:
    """Lock, compare and move the channels: one SELECT and one executemany, however many."""
    if not commit.moves:
        return
    table = schema.channel
    rows: dict[str, sa.Row[Any]] = {}
    for chunk in split(sorted(move.channel for move in commit.moves)):
        query = (
            sa.select(table)
            .where(table.c.book == commit.book, table.c.id.in_(chunk))
            .order_by(table.c.id)
            .with_for_update(key_share=True)
        )
        rows.update((row.id, row) for row in connection.execute(query))
    lost = {m.channel for m in commit.moves if not _is_ours(rows.get(m.channel), m)}
    if lost:
        raise PositionLost(commit.book, lost)
    statement = (
        sa.update(table)
        .where(
            table.c.book == commit.book,
            table.c.id == sa.bindparam("channel"),
            table.c.epoch == sa.bindparam("expected_epoch"),
            table.c.committed_offset == sa.bindparam("from_offset"),
        )
        .values(committed_offset=sa.bindparam("to_offset"), commit_time=sa.bindparam("now"))
    )
    result = connection.execute(
        statement,
        [
            {
                "channel": move.channel,
                "expected_epoch": move.epoch,
                "from_offset": move.from_offset,
                "to_offset": move.to_offset,
                "now": now,
                **totals_values(totals_of(rows[move.channel]) + move.totals),
            }
            for move in commit.moves
        ],
    )
    if result.rowcount != len(commit.moves):
        raise LedgerInconsistent(
            f"{len(commit.moves)} locked channels of book {commit.book!r} must move, but "
            f"{result.rowcount} moved",
            metadata={"book": commit.book},
        )


def _is_ours(row: sa.Row[Any] | None, move: Move) -> bool:
    return (
        row is not None
        and row.epoch == move.epoch
        and move.owner in {"", name_of(row.epoch, row.owner)}
        and row.committed_offset == move.from_offset
        and row.state == model.ChannelState.OPEN
    )


def _insert_ranges(connection: Connection, commit: Commit) -> None:
    if commit.ranges:
        connection.execute(
            sa.insert(schema.file_range),
            [
                {
                    "file_id": each.file_id,
                    "channel": each.channel,
                    "first_offset": each.first_offset,
                    "stop_offset": each.stop_offset,
                    "commit_id": commit.id,
                    "book": commit.book,
                }
                for each in commit.ranges
            ],
        )
