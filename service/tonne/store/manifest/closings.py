"""Closed periods: what of a book takes no postings any more, since when, by whom and why.

Months close in their order, so the book's row says in two numbers what is closed and what is
sealed. A close raises the book's revision under the lock that every commit takes: one that began
before and lands behind it is looked at again, on whichever server it is. What was checked before
a close was checked at some commit; whether a later one touched the months is asked under the same
lock, so that nothing comes in between.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from tonne import model
from tonne.errors import PeriodMustBeClosed, PeriodOutOfOrder
from tonne.errors.periods import MONTHS_MAX
from tonne.store import faults
from tonne.store.errors import BookChanged
from tonne.store.manifest.changes import body_of, note_changes
from tonne.store.manifest.files import file_of
from tonne.store.manifest.marks import CLOSE, SEAL, put_mark
from tonne.store.manifest.numbers import bump_revision
from tonne.store.manifest.tables import Tables, check_book, lock_book
from tonne.store.sql import schema
from tonne.store.sql.tables.closing import period_close as table
from tonne.store.statement_rows import Acceptance, Act, Change, CloseGround, Fence, PeriodClose

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection

    from tonne.store.rows import FileRow


class ClosingTable(Tables):
    """The closed periods of the manifest."""

    def periods(self, book: str) -> list[tuple[int, model.PeriodState]]:
        """List the periods that have postings or were closed, in order. Raises BookUnknown."""
        posted = sa.select(schema.period.c.period).where(schema.period.c.book == book)
        closed = sa.select(table.c.period).where(table.c.book == book)
        both = posted.union(closed).subquery()
        with self._database.read() as connection:
            check_book(connection, book)
            fence = _fence(connection, book)
            found = connection.execute(sa.select(both.c.period).order_by(both.c.period)).scalars()
            return [(period, state_of(period, fence)) for period in found]

    def period_closes(self, book: str, period: int | None = None) -> list[PeriodClose]:
        """List the closes of a book, or of one of its periods, in their order."""
        query = sa.select(table).where(table.c.book == book)
        if period is not None:
            query = query.where(table.c.period == period)
        with self._database.read() as connection:
            check_book(connection, book)
            rows = connection.execute(query.order_by(table.c.period, table.c.revision))
            return [_close_of(row) for row in rows]

    def close_ground(self, book: str) -> tuple[CloseGround, list[FileRow], int]:
        """Read what a check of a close looks at, of one moment.

        Returns
        -------
        tuple of CloseGround, list of FileRow and int
            Where the book is, its live postings files, and how many records are in quarantine,
            mended ones too.
        """
        files = schema.file
        live = sa.and_(files.c.book == book, files.c.state == "live")
        refused = sa.select(sa.func.coalesce(sa.func.sum(files.c.row_count), 0))
        with self._database.read() as connection:
            check_book(connection, book)
            head = connection.execute(sa.select(schema.book).where(schema.book.c.id == book)).one()
            postings = connection.execute(
                sa.select(files).where(live, files.c.kind == "postings").order_by(files.c.seq)
            )
            return (
                CloseGround(
                    head.commit_seq, head.revision, Fence(head.closed_before, head.sealed_before)
                ),
                [file_of(row) for row in postings],
                int(
                    connection.execute(
                        refused.where(live, files.c.kind == "quarantine")
                    ).scalar_one()
                ),
            )

    def close_period(
        self,
        book: str,
        period: int,
        ground: CloseGround,
        *,
        accepted: Sequence[Acceptance],
        author: str,
        reason: str,
    ) -> PeriodClose:
        """Close a period that was checked.

        Raises
        ------
        BookUnknown
        BookChanged
            The book is not what was checked: its rules are others, or a commit touched a month
            that is to be closed.
        PeriodOutOfOrder
            It is closed already, or an earlier one with postings is open.
        """

        def work(connection: Connection) -> PeriodClose:
            revision = lock_book(connection, book)
            fence = _fence(connection, book)
            if period < fence.closed_before:
                raise PeriodOutOfOrder.already(book, model.month_of_period(period), "closed")
            _check_ground(connection, book, period, ground, revision)
            _check_earlier(connection, book, period, fence)
            number = 1 + _last_revision(connection, book, period)
            moved = Fence(period + 1, fence.sealed_before)
            seq, time = self._move_fence(connection, book, moved, mark=CLOSE)
            connection.execute(
                sa.insert(table).values(
                    book=book,
                    period=period,
                    revision=number,
                    seq=seq,
                    accepted_json=json.dumps([asdict(each) for each in accepted]),
                    author=author,
                    reason=reason,
                    create_time=time,
                )
            )
            self._note_periods(
                connection,
                book,
                [(period, _body(fence, period), body_of(_told("SOFT_CLOSED", number, accepted)))],
                author,
                reason,
            )
            faults.reach("period.in_sql")
            return _read(connection, book, period, number)

        return self._database.write(work, committed=lambda: faults.reach("period.after_sql"))

    def seal_period(
        self,
        book: str,
        period: int,
        ground: CloseGround,
        *,
        accepted: Sequence[Acceptance],
        author: str,
        reason: str,
    ) -> PeriodClose:
        """Seal a closed period that was checked: it takes no corrections any more.

        Raises
        ------
        BookUnknown, BookChanged
        PeriodMustBeClosed
            It is open.
        PeriodOutOfOrder
            It is sealed already, or an earlier one is not.
        """

        def work(connection: Connection) -> PeriodClose:
            revision = lock_book(connection, book)
            fence = _fence(connection, book)
            if period < fence.sealed_before:
                raise PeriodOutOfOrder.already(book, model.month_of_period(period), "sealed")
            number = _last_revision(connection, book, period)
            if period >= fence.closed_before or not number:
                raise PeriodMustBeClosed.to_be_sealed(book, model.month_of_period(period))
            _check_ground(connection, book, period, ground, revision)
            unsealed = _in_force(book).where(table.c.period < period, table.c.seal_time.is_(None))
            if earlier := _first_periods(connection, unsealed):
                raise PeriodOutOfOrder.before(
                    book, model.month_of_period(period), earlier, "sealed"
                )
            before = (*_read(connection, book, period, number).accepted, *accepted)
            moved = Fence(fence.closed_before, period + 1)
            seq, time = self._move_fence(connection, book, moved, mark=SEAL)
            connection.execute(
                sa.update(table)
                .where(table.c.book == book, table.c.period == period, table.c.revision == number)
                .values(
                    accepted_json=json.dumps([asdict(each) for each in before]),
                    seal_seq=seq,
                    seal_author=author,
                    seal_reason=reason,
                    seal_time=time,
                )
            )
            after = body_of(_told("SEALED", number, accepted))
            entry = (period, _body(fence, period), after)
            self._note_periods(connection, book, [entry], author, reason)
            faults.reach("period.in_sql")
            return _read(connection, book, period, number)

        return self._database.write(work, committed=lambda: faults.reach("period.after_sql"))

    def reopen_period(
        self, book: str, period: int, *, author: str, reason: str
    ) -> list[PeriodClose]:
        """Reopen a period and all that were closed after it; what they were stays in their rows.

        Raises
        ------
        BookUnknown
        PeriodMustBeClosed
            It is open.
        PeriodOutOfOrder
            A later one is sealed, and the book does not reopen those.
        """

        def work(connection: Connection) -> list[PeriodClose]:
            lock_book(connection, book)
            fence = _fence(connection, book)
            if period >= fence.closed_before:
                raise PeriodMustBeClosed.to_be_reopened(book, model.month_of_period(period))
            sealed = _in_force(book).where(table.c.period > period, table.c.seal_time.is_not(None))
            if not _reopens_sealed(connection, book) and (
                later := _first_periods(connection, sealed)
            ):
                raise PeriodOutOfOrder.sealed_behind(book, model.month_of_period(period), later)
            query = _in_force(book).where(table.c.period >= period).order_by(table.c.period)
            found = [(row.period, row.revision) for row in connection.execute(query)]
            seq, time = self._move_fence(
                connection, book, Fence(period, min(fence.sealed_before, period))
            )
            connection.execute(
                sa.update(table)
                .where(
                    table.c.book == book,
                    table.c.period >= period,
                    table.c.reopen_time.is_(None),
                )
                .values(
                    reopen_seq=seq,
                    reopen_author=author,
                    reopen_reason=reason,
                    reopen_time=time,
                )
            )
            # A month without a close of its own was closed by that of a later one.
            months = sorted({period, *(month for month, _ in found)})
            opened = body_of({"state": "OPEN"})
            entries = [(month, _body(fence, month), opened) for month in months]
            self._note_periods(connection, book, entries, author, reason)
            faults.reach("period.in_sql")
            return [_read(connection, book, month, number) for month, number in found]

        return self._database.write(work, committed=lambda: faults.reach("period.after_sql"))

    def _move_fence(
        self, connection: Connection, book: str, fence: Fence, *, mark: str = ""
    ) -> tuple[int, dt.datetime]:
        """Write the fence down, and raise the revision under which commits are made.

        A mark of that kind is put behind the commits that the act covers, so that what they made
        stays a set of files. Returns the last number of these, and the time of the act.
        """
        if mark:
            put_mark(connection, self._database, book, mark)
        row, period = schema.book, schema.period
        connection.execute(sa.update(row).where(row.c.id == book).values(**asdict(fence)))
        state = sa.case(
            (period.c.period < fence.sealed_before, int(model.PeriodState.SEALED)),
            (period.c.period < fence.closed_before, int(model.PeriodState.SOFT_CLOSED)),
            else_=int(model.PeriodState.OPEN),
        )
        connection.execute(
            sa.update(period)
            .where(period.c.book == book, period.c.state != state)
            .values(state=state)
        )
        step = bump_revision(connection, self._database, book)
        return step.first - 1, step.time

    def _note_periods(
        self,
        connection: Connection,
        book: str,
        entries: Iterable[tuple[int, str, str]],
        author: str,
        reason: str,
    ) -> None:
        changes = [
            Change("period", model.month_of_period(month), before, after, author, reason)
            for month, before, after in entries
        ]
        note_changes(connection, book, changes, self._database.now())


def state_of(period: int, fence: Fence) -> model.PeriodState:
    """Say whether a period is open, closed or sealed."""
    if period < fence.sealed_before:
        return model.PeriodState.SEALED
    if period < fence.closed_before:
        return model.PeriodState.SOFT_CLOSED
    return model.PeriodState.OPEN


def _body(fence: Fence, period: int) -> str:
    return body_of({"state": state_of(period, fence).name})


def _told(state: str, revision: int, accepted: Sequence[Acceptance]) -> dict[str, Any]:
    return {
        "state": state,
        "revision": revision,
        "accepted": [asdict(each) for each in accepted],
    }


def _fence(connection: Connection, book: str) -> Fence:
    row = schema.book
    query = sa.select(row.c.closed_before, row.c.sealed_before).where(row.c.id == book)
    found = connection.execute(query).one()
    return Fence(found.closed_before, found.sealed_before)


def _reopens_sealed(connection: Connection, book: str) -> bool:
    query = sa.select(schema.book.c.reopens_sealed).where(schema.book.c.id == book)
    return bool(connection.execute(query).scalar_one())


def _check_ground(
    connection: Connection, book: str, period: int, ground: CloseGround, revision: int
) -> None:
    """See that what was checked is so still. It costs the commits since."""
    commit = schema.ledger_commit
    touching = sa.select(commit.c.seq).where(
        commit.c.book == book,
        commit.c.seq > ground.seq,
        sa.func.coalesce(commit.c.first_period, 0) <= period,
    )
    if revision != ground.revision or connection.execute(touching.limit(1)).first() is not None:
        raise BookChanged.of(book, ground.revision, revision)


def _check_earlier(connection: Connection, book: str, period: int, fence: Fence) -> None:
    posted = schema.period
    query = sa.select(posted.c.period).where(
        posted.c.book == book,
        posted.c.period >= fence.closed_before,
        posted.c.period < period,
    )
    if earlier := _first_periods(connection, query):
        raise PeriodOutOfOrder.before(book, model.month_of_period(period), earlier, "closed")


def _first_periods(connection: Connection, query: sa.Select[Any]) -> list[str]:
    """Give the first months of a query, one more than a refusal names."""
    ordered = query.order_by(sa.literal_column("period")).limit(MONTHS_MAX + 1)
    return [model.month_of_period(row.period) for row in connection.execute(ordered)]


def _last_revision(connection: Connection, book: str, period: int) -> int:
    query = sa.select(sa.func.coalesce(sa.func.max(table.c.revision), 0))
    return int(
        connection.execute(
            query.where(table.c.book == book, table.c.period == period)
        ).scalar_one()
    )


def _in_force(book: str) -> sa.Select[Any]:
    return sa.select(table.c.period, table.c.revision).where(
        table.c.book == book, table.c.reopen_time.is_(None)
    )


def _read(connection: Connection, book: str, period: int, revision: int) -> PeriodClose:
    query = sa.select(table).where(
        table.c.book == book, table.c.period == period, table.c.revision == revision
    )
    return _close_of(connection.execute(query).one())


def _close_of(row: sa.Row[Any]) -> PeriodClose:
    return PeriodClose(
        row.period,
        row.revision,
        Act(row.author, row.reason, row.seq, row.create_time),
        tuple(Acceptance(**each) for each in json.loads(row.accepted_json)),
        None
        if row.seal_time is None
        else Act(row.seal_author, row.seal_reason, row.seal_seq, row.seal_time),
        None
        if row.reopen_time is None
        else Act(row.reopen_author, row.reopen_reason, row.reopen_seq, row.reopen_time),
    )
