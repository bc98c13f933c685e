"""Declarations that a facility has several meters of an activity: overlaps accepted beforehand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from tonne import model
from tonne.store.manifest.changes import body_of, note_changes
from tonne.store.manifest.overlap_rows import SeveralMeters
from tonne.store.manifest.tables import Tables, check_book, lock_book
from tonne.store.sql.tables.overlaps import several_meters as table
from tonne.store.statement_rows import Change

if TYPE_CHECKING:
    from sqlalchemy import Connection


class SeveralMetersTable(Tables):
    """The declarations of the manifest."""

    def declare_meters(
        self, book: str, new: SeveralMeters, count_max: int
    ) -> SeveralMeters | None:
        """Write a declaration behind the others of the book.

        The same one in force already is given back, and nothing changes.

        Returns
        -------
        SeveralMeters or None
            None where `count_max` are in force: nothing happened.

        Raises
        ------
        BookUnknown
        """
        said = ("facility", "activity", "first_period", "last_period")
        values = {name: getattr(new, name) for name in said}

        def work(connection: Connection) -> SeveralMeters | None:
            lock_book(connection, book)
            in_force = sa.select(table).where(table.c.book == book, table.c.end_time.is_(None))
            same = in_force.where(*(table.c[name] == value for name, value in values.items()))
            if (row := connection.execute(same.limit(1)).one_or_none()) is not None:
                return _of(row)
            count = sa.select(sa.func.count()).select_from(in_force.subquery())
            if connection.execute(count).scalar_one() >= count_max:
                return None
            last = sa.select(sa.func.coalesce(sa.func.max(table.c.number), 0)).where(
                table.c.book == book
            )
            number = connection.execute(last).scalar_one() + 1
            connection.execute(
                sa.insert(table).values(
                    book=book,
                    number=number,
                    author=new.author,
                    reason=new.reason,
                    create_time=self._database.now(),
                    end_author="",
                    end_reason="",
                    end_time=None,
                    **values,
                )
            )
            entry = Change(
                "several_meters",
                str(number),
                after=_body(new),
                author=new.author,
                reason=new.reason,
            )
            note_changes(connection, book, [entry], self._database.now())
            return _read(connection, book, number)

        return self._database.write(work)

    def withdraw_meters(
        self, book: str, number: int, author: str, reason: str
    ) -> SeveralMeters | None:
        """Take a declaration out of force; None where there is none of the number.

        One that is out of force stays as it is.
        """

        def work(connection: Connection) -> SeveralMeters | None:
            lock_book(connection, book)
            found = _read(connection, book, number)
            if found is None or found.end_time is not None:
                return found
            connection.execute(
                sa.update(table)
                .where(table.c.book == book, table.c.number == number)
                .values(end_author=author, end_reason=reason, end_time=self._database.now())
            )
            entry = Change(
                "several_meters",
                str(number),
                before=_body(found),
                author=author,
                reason=reason,
            )
            note_changes(connection, book, [entry], self._database.now())
            return _read(connection, book, number)

        return self._database.write(work)

    def list_meters(self, book: str) -> list[SeveralMeters]:
        """List the declarations of a book, those that were withdrawn too. Raises BookUnknown."""
        query = sa.select(table).where(table.c.book == book).order_by(table.c.number)
        with self._database.read() as connection:
            check_book(connection, book)
            return [_of(row) for row in connection.execute(query)]


def covering(of: sa.Table, month: sa.Table) -> sa.ScalarSelect[Any]:
    """Express the first declaration in force that covers an overlap in a month; null: none.

    Parameters
    ----------
    of, month : Table
        The tables of overlaps, and of their months.
    """
    # `fuel.*` covers what begins with `fuel.`; LIKE would read an underscore as any character.
    stem = sa.func.substr(table.c.activity, 1, sa.func.length(table.c.activity) - 1)
    begins = sa.func.substr(of.c.activity, 1, sa.func.length(table.c.activity) - 1) == stem
    is_family = sa.func.substr(table.c.activity, sa.func.length(table.c.activity)) == "*"
    query = sa.select(sa.func.min(table.c.number)).where(
        table.c.book == of.c.book,
        table.c.end_time.is_(None),
        table.c.facility.in_(["", of.c.facility]),
        sa.or_(table.c.activity == of.c.activity, sa.and_(is_family, begins)),
        table.c.first_period <= month.c.period,
        table.c.last_period >= month.c.period,
    )
    return query.correlate(of, month).scalar_subquery()


def _body(of: SeveralMeters) -> str:
    return body_of(
        {
            "facility": of.facility,
            "activity": of.activity,
            "from": model.month_of_period(of.first_period),
            "to": model.month_of_period(of.last_period),
        }
    )


def _read(connection: Connection, book: str, number: int) -> SeveralMeters | None:
    query = sa.select(table).where(table.c.book == book, table.c.number == number)
    row = connection.execute(query).one_or_none()
    return None if row is None else _of(row)


def _of(row: sa.Row[Any]) -> SeveralMeters:
    return SeveralMeters(
        facility=row.facility,
        activity=row.activity,
        first_period=row.first_period,
        last_period=row.last_period,
        author=row.author,
        reason=row.reason,
        number=row.number,
        create_time=row.create_time,
        end_author=row.end_author,
        end_reason=row.end_reason,
        end_time=row.end_time,
    )
