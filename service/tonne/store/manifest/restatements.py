"""Restatements: acts that post records again, begun once, their parts counted, ended once.

The act is written down before the first of its records is posted again, and ended behind the
last. What lies between is in commits of its own, segment by segment, each with an entry of the
table `correction`: so one who takes up the act of another that died finds what is done.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from tonne.store import faults
from tonne.store.manifest.changes import body_of, note_changes
from tonne.store.manifest.corrections import correction_of
from tonne.store.manifest.numbers import insert_moment, take_numbers
from tonne.store.manifest.tables import Tables, check_book, lock_book
from tonne.store.rows import Found
from tonne.store.sql.scan import scan
from tonne.store.sql.schema import correction
from tonne.store.sql.tables.closing import restatement as table
from tonne.store.statement_rows import Change, RestatementRow

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from tonne.store.rows import Window
    from tonne.store.statement_rows import Correction


class RestatementTable(Tables):
    """The restatements of the manifest."""

    def get_restatement(self, book: str, id_: str) -> RestatementRow | None:
        """Give an act by its id. Raises BookUnknown."""
        with self._database.read() as connection:
            check_book(connection, book)
            return _find(connection, book, id_)

    def begin_restatement(self, book: str, asked: RestatementRow) -> RestatementRow:
        """Write an act down that nothing of is done yet; the one of its id where it is there.

        It is a moment of the book that touches its months: a close that was checked before it is
        checked again.
        """

        def work(connection: Connection) -> RestatementRow:
            lock_book(connection, book)
            if (found := _find(connection, book, asked.id)) is not None:
                return found
            last = sa.select(sa.func.coalesce(sa.func.max(table.c.number), 0))
            number = 1 + connection.execute(last.where(table.c.book == book)).scalar_one()
            step = take_numbers(connection, self._database, book, 1)
            insert_moment(
                connection,
                book,
                step.number,
                step.revision,
                step.time,
                first_period=asked.first_period,
            )
            connection.execute(
                sa.insert(table).values(
                    book=book,
                    number=number,
                    id=asked.id,
                    selection=asked.selection,
                    cause=asked.cause,
                    author=asked.author,
                    reason=asked.reason,
                    first_period=asked.first_period,
                    last_period=asked.last_period,
                    begin_seq=step.number,
                    create_time=step.time,
                    unchanged_count=0,
                    left_count=0,
                )
            )
            after = {"cause": asked.cause, "selection": asked.selection, "state": "BEGUN"}
            self._note(connection, book, asked, "", body_of(after))
            return _there(connection, book, asked.id)

        def settle(connection: Connection) -> bool:
            lock_book(connection, book)
            found = _find(connection, book, asked.id)
            return found is not None and (found.selection, found.cause) == (
                asked.selection,
                asked.cause,
            )

        return self._database.write(
            work, settle=settle, committed=lambda: faults.reach("restatement.after_begin")
        )

    def end_restatement(
        self, book: str, id_: str, *, unchanged_count: int, left_count: int
    ) -> RestatementRow:
        """Say that all of an act is done; one that has ended stays as it is."""

        def work(connection: Connection) -> RestatementRow:
            lock_book(connection, book)
            found = _there(connection, book, id_)
            if found.end_seq:
                return found
            step = take_numbers(connection, self._database, book, 1)
            insert_moment(connection, book, step.number, step.revision, step.time)
            connection.execute(
                sa.update(table)
                .where(table.c.book == book, table.c.id == id_)
                .values(
                    end_seq=step.number,
                    end_time=step.time,
                    unchanged_count=unchanged_count,
                    left_count=left_count,
                )
            )
            after = {"state": "ENDED", "unchanged": unchanged_count, "left": left_count}
            self._note(connection, book, found, body_of({"state": "BEGUN"}), body_of(after))
            return _there(connection, book, id_)

        def settle(connection: Connection) -> bool:
            lock_book(connection, book)
            return bool(_there(connection, book, id_).end_seq)

        return self._database.write(
            work, settle=settle, committed=lambda: faults.reach("restatement.after_end")
        )

    def find_restatements(self, book: str, window: Window) -> Found[RestatementRow]:
        """Find acts in the order in which they were begun. Raises BookUnknown."""
        with self._database.read() as connection:
            check_book(connection, book)
            rows, last = scan(connection, table, table.c.number, [table.c.book == book], window)
        return Found([_row_of(row) for row in rows], last)

    def restatement_parts(self, book: str, id_: str, after: int, limit: int) -> list[Correction]:
        """List what an act did, entry by entry, from behind a number on."""
        query = sa.select(correction).where(
            correction.c.book == book,
            correction.c.restatement == id_,
            correction.c.number > after,
        )
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(correction.c.number).limit(limit))
            return [correction_of(row) for row in rows]

    def restatements_under_way(self, book: str, first: int, last: int) -> list[str]:
        """Give the ids of acts that have not ended and are of some of these months."""
        query = sa.select(table.c.id).where(
            table.c.book == book,
            table.c.end_seq.is_(None),
            table.c.first_period <= last,
            table.c.last_period >= first,
        )
        with self._database.read() as connection:
            return list(connection.execute(query.order_by(table.c.number)).scalars())

    def _note(
        self, connection: Connection, book: str, row: RestatementRow, before: str, after: str
    ) -> None:
        entry = Change("restatement", row.id, before, after, row.author, row.reason)
        note_changes(connection, book, [entry], self._database.now())


def _find(connection: Connection, book: str, id_: str) -> RestatementRow | None:
    query = sa.select(table).where(table.c.book == book, table.c.id == id_)
    row = connection.execute(query).one_or_none()
    return None if row is None else _row_of(row)


def _there(connection: Connection, book: str, id_: str) -> RestatementRow:
    query = sa.select(table).where(table.c.book == book, table.c.id == id_)
    return _row_of(connection.execute(query).one())


def _row_of(row: sa.Row[Any]) -> RestatementRow:
    return RestatementRow(
        id=row.id,
        selection=row.selection,
        cause=row.cause,
        author=row.author,
        reason=row.reason,
        first_period=row.first_period,
        last_period=row.last_period,
        number=row.number,
        begin_seq=row.begin_seq,
        create_time=row.create_time,
        end_seq=row.end_seq or 0,
        end_time=row.end_time,
        unchanged_count=row.unchanged_count,
        left_count=row.left_count,
    )
