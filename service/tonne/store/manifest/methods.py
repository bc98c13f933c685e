"""Versions of the books' methods. A version is never changed; the highest is in force."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from tonne import model
from tonne.errors import MethodChanged, MethodUnknown
from tonne.store.manifest.changes import note_changes
from tonne.store.manifest.numbers import bump_revision
from tonne.store.manifest.tables import Tables, check_book, lock_book, split
from tonne.store.rows import Found
from tonne.store.sql import schema
from tonne.store.sql.scan import scan
from tonne.store.statement_rows import Change

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from tonne.store.rows import NewMethod, Window


class MethodTable(Tables):
    """The methods of the manifest."""

    def put_method(self, book: str, new: NewMethod) -> model.Method:
        """Write a version that follows the one it expects; the revision rises.

        What is in force already with the same body changes nothing, whatever is expected.

        Raises
        ------
        BookUnknown
        MethodChanged
            Another version is in force.
        """

        def work(connection: Connection) -> model.Method:
            lock_book(connection, book)
            current = current_methods(connection, [book]).get(book)
            if current is not None and current.body == new.body:
                return current
            step = bump_revision(connection, self._database, book)
            version = insert_method(connection, book, new, step.time)
            return _get_method(connection, book, version)

        return self._database.write(work)

    def get_method(self, book: str, version: int = 0) -> model.Method:
        """Read a version, or the one in force (0).

        Raises
        ------
        BookUnknown, MethodUnknown
        """
        with self._database.read() as connection:
            check_book(connection, book)
            return _get_method(connection, book, version)

    def method_at(self, book: str, time: dt.datetime) -> model.Method:
        """Read the version that was in force at a time of the book. Raises MethodUnknown."""
        with self._database.read() as connection:
            return _get_method(connection, book, 0, time)

    def list_methods(self, book: str, after_version: int, limit: int) -> list[model.Method]:
        """List the versions, the first one first, from the one after `after_version`."""
        table = schema.method
        query = (
            sa.select(table)
            .where(table.c.book == book, table.c.version > after_version)
            .order_by(table.c.version)
            .limit(limit)
        )
        with self._database.read() as connection:
            check_book(connection, book)
            return [_method_of(row) for row in connection.execute(query)]

    def find_methods(self, book: str, window: Window) -> Found[model.Method]:
        """Find versions of a method in their order. Raises BookUnknown."""
        table = schema.method
        with self._database.read() as connection:
            check_book(connection, book)
            rows, last = scan(connection, table, table.c.version, [table.c.book == book], window)
        return Found([_method_of(row) for row in rows], last)


def insert_method(connection: Connection, book: str, new: NewMethod, now: Any) -> int:
    """Insert a version of a book that is locked, giving its number.

    Raises
    ------
    MethodChanged
        Another version is in force than the new one expects.
    """
    table = schema.method
    last = sa.select(sa.func.coalesce(sa.func.max(table.c.version), 0)).where(table.c.book == book)
    current: int = connection.execute(last).scalar_one()
    if current != new.expected_version:
        raise MethodChanged(
            f"the method of book {book!r} is at version {current}, but the change expects "
            f"{new.expected_version}: read the method again, then change it",
            metadata={
                "book": book,
                "expected": str(new.expected_version),
                "version": str(current),
            },
        )
    connection.execute(
        sa.insert(table).values(
            book=book,
            version=current + 1,
            body=new.body,
            author=new.author,
            reason=new.reason,
            create_time=now,
        )
    )
    entry = Change(
        "method",
        str(current + 1),
        before=_get_method(connection, book, current).body if current else "",
        after=new.body,
        author=new.author,
        reason=new.reason,
    )
    note_changes(connection, book, [entry], now)
    return current + 1


def current_methods(connection: Connection, books: Iterable[str]) -> dict[str, model.Method]:
    """Read the methods in force; a book that was made before there were methods has none."""
    table = schema.method
    newer = table.alias()
    is_last = ~sa.exists().where(newer.c.book == table.c.book, newer.c.version > table.c.version)
    found: dict[str, model.Method] = {}
    for chunk in split(books):
        query = sa.select(table).where(table.c.book.in_(chunk), is_last)
        found.update((row.book, _method_of(row)) for row in connection.execute(query))
    return found


def _get_method(
    connection: Connection, book: str, version: int, time: dt.datetime | None = None
) -> model.Method:
    table = schema.method
    query = sa.select(table).where(table.c.book == book)
    if version:
        query = query.where(table.c.version == version)
    if time is not None:
        query = query.where(table.c.create_time <= time)
    row = connection.execute(query.order_by(table.c.version.desc()).limit(1)).one_or_none()
    if row is None:
        raise MethodUnknown(
            f"the method of book {book!r} has no version {version or 'in force'}: `tonne method "
            "list` shows its versions",
            metadata={"book": book, "version": str(version)},
        )
    return _method_of(row)


def _method_of(row: sa.Row[Any]) -> model.Method:
    return model.Method(
        book=row.book,
        version=row.version,
        body=row.body,
        author=row.author,
        reason=row.reason,
        create_time=row.create_time,
    )
