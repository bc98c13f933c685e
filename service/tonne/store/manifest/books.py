"""Books."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from tonne import model
from tonne.errors import BookExists
from tonne.store.manifest.changes import body_of, note_changes
from tonne.store.manifest.keys import insert_book_key
from tonne.store.manifest.methods import current_methods, insert_method
from tonne.store.manifest.numbers import START, bump_revision, day_end, insert_mark, insert_moment
from tonne.store.manifest.past import BOOK, keep_past
from tonne.store.manifest.tables import (
    Tables,
    check_book,
    identity,
    lock_book,
    name_of,
)
from tonne.store.rows import Found
from tonne.store.sql import schema
from tonne.store.sql.scan import scan
from tonne.store.statement_rows import Change

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

    from tonne.store.rows import NewMethod, Window


class BookTable(Tables):
    """The books of the manifest."""

    def create_book(self, book: model.Book, method: NewMethod) -> model.Book:
        """Create a book at revision 1 with its first method.

        Of `book`, what the manifest decides (revision, time, editions, method) is ignored.

        Raises
        ------
        BookExists
            There is one of that id.
        """

        def work(connection: Connection) -> model.Book:
            now = connection.execute(sa.select(self._database.now())).scalar_one()
            name = secrets.token_hex(16)
            inserted = connection.execute(
                self._database.insert(schema.book)
                .values(
                    id=book.id,
                    display_name=book.display_name,
                    time_zone=book.time_zone,
                    facility_rule=int(book.facility_rule),
                    reopens_sealed=book.reopens_sealed,
                    late_records=int(book.late_records),
                    revision=1,
                    revision_token=identity(1, name),
                    commit_seq=0,
                    create_time=now,
                    commit_time=now,
                    day_end=day_end(now, book.time_zone),
                )
                .on_conflict_do_nothing()
                .returning(schema.book.c.id)
            ).first()
            if inserted is None:
                raise BookExists(
                    f"book {book.id!r} exists already: use it, or choose another id",
                    metadata={"book": book.id},
                )
            connection.execute(
                sa.insert(schema.revision).values(book=book.id, number=1, name=name)
            )
            made = _get_book(connection, book.id)
            entry = Change("book", book.id, after=_body(made), author=method.author)
            note_changes(connection, book.id, [entry], now)
            insert_book_key(connection, self._database, book.id)
            insert_method(connection, book.id, method, now)
            insert_moment(connection, book.id, 0, 1, now)
            insert_mark(connection, self._database, book.id, 0, kind=START, at=now)
            return _get_book(connection, book.id)

        return self._database.write(work)

    def update_book(self, book: str, changes: Mapping[str, Any]) -> model.Book:
        """Change columns of a book; the revision rises where its rules are others.

        Raises
        ------
        BookUnknown
        """
        table = schema.book

        def work(connection: Connection) -> model.Book:
            lock_book(connection, book)
            before = _get_book(connection, book)
            connection.execute(sa.update(table).where(table.c.id == book).values(**changes))
            if changes.get("facility_rule", before.facility_rule) != before.facility_rule:
                rule = {"facility_rule": int(before.facility_rule)}
                stop = bump_revision(connection, self._database, book).revision
                keep_past(connection, book, BOOK, [("", 0, rule)], stop)
            elif changes.get("late_records", before.late_records) != before.late_records:
                # A server that goes by what it was is refused, and reads the book again.
                bump_revision(connection, self._database, book)
            after = _get_book(connection, book)
            if _body(after) != _body(before):
                entry = Change("book", book, before=_body(before), after=_body(after))
                note_changes(connection, book, [entry], self._database.now())
            return after

        return self._database.write(work)

    def get_book(self, book: str) -> model.Book:
        """Read a book with its imported editions in the order of their import, and its method.

        Raises
        ------
        BookUnknown
        """
        with self._database.read() as connection:
            return _get_book(connection, book)

    def book_revision(self, book: str) -> int:
        """Read a book's revision; `BookUnknown` if there is none."""
        with self._database.read() as connection:
            return check_book(connection, book)

    def revision_token(self, book: str) -> str:
        """Read the token of a book's revision; empty where none was drawn; `BookUnknown`."""
        table = schema.book
        query = sa.select(table.c.revision, table.c.revision_token).where(table.c.id == book)
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
            if row is None:
                check_book(connection, book)
                return ""
        return name_of(row.revision, row.revision_token)

    def follows(self, later: model.Book, earlier: model.Book) -> bool:
        """Whether one state of a book came of another, change by change.

        False too where that cannot be told: too many changes lie between the two, or an older
        Tonne made one of them, or a database lost what the earlier one was read from.
        """
        table = schema.revision
        query = (
            sa.select(table.c.number, table.c.name)
            .where(
                table.c.book == later.id,
                table.c.number >= earlier.revision,
                table.c.number <= later.revision,
            )
            .order_by(table.c.number)
        )
        with self._database.read() as connection:
            names = [(row.number, row.name) for row in connection.execute(query)]
        return (
            len(names) == later.revision - earlier.revision + 1
            and names[0] == (earlier.revision, earlier.revision_token)
            and names[-1] == (later.revision, later.revision_token)
        )

    def draw_revision_token(self, book: str) -> None:
        """Give a book's revision a token where it has none: an older Tonne raised it.

        Raises
        ------
        BookUnknown
        """
        table = schema.book

        def work(connection: Connection) -> None:
            revision = lock_book(connection, book)
            connection.execute(
                sa.update(table)
                .where(
                    table.c.id == book,
                    table.c.revision_token.not_like(f"{revision}.%"),
                )
                .values(revision_token=identity(revision, secrets.token_hex(16)))
            )

        self._database.write(work)

    def list_books(self, after: str, limit: int) -> list[model.Book]:
        """List books in order of their ids, from the first one after `after` ("" = all)."""
        table = schema.book
        query = sa.select(table).where(table.c.id > after).order_by(table.c.id).limit(limit)
        with self._database.read() as connection:
            return _books_of(connection, connection.execute(query).all())

    def find_books(self, window: Window) -> Found[model.Book]:
        """Find books in order of their ids."""
        table = schema.book
        with self._database.read() as connection:
            rows, last = scan(connection, table, table.c.id, [], window)
            return Found(_books_of(connection, rows), last)


def _body(book: model.Book) -> str:
    """Write what may be changed of a book, and its time zone."""
    return body_of(
        {
            "display_name": book.display_name,
            "time_zone": book.time_zone,
            "facility_rule": book.facility_rule.name,
            "reopens_sealed": book.reopens_sealed,
            "late_records": book.late_records.name,
        }
    )


def _get_book(connection: Connection, book: str) -> model.Book:
    check_book(connection, book)
    rows = connection.execute(sa.select(schema.book).where(schema.book.c.id == book)).all()
    return _books_of(connection, rows)[0]


def _books_of(connection: Connection, rows: Sequence[sa.Row[Any]]) -> list[model.Book]:
    ids = [row.id for row in rows]
    editions = _edition_ids(connection, ids)
    methods = current_methods(connection, ids)
    return [_book_of(row, editions.get(row.id, ()), methods.get(row.id)) for row in rows]


def _edition_ids(connection: Connection, books: Sequence[str]) -> dict[str, tuple[str, ...]]:
    table = schema.edition
    query = (
        sa.select(table.c.book, table.c.id)
        .where(table.c.book.in_(books))
        .order_by(table.c.book, table.c.rank)
    )
    found: dict[str, tuple[str, ...]] = {}
    for row in connection.execute(query):
        found[row.book] = (*found.get(row.book, ()), row.id)
    return found


def _book_of(
    row: sa.Row[Any], editions: tuple[str, ...], method: model.Method | None
) -> model.Book:
    return model.Book(
        id=row.id,
        display_name=row.display_name,
        time_zone=row.time_zone,
        facility_rule=model.FacilityRule(row.facility_rule),
        revision=row.revision,
        revision_token=name_of(row.revision, row.revision_token),
        create_time=row.create_time,
        editions=editions,
        method_version=0 if method is None else method.version,
        method_body="" if method is None else method.body,
        closed_before=row.closed_before,
        sealed_before=row.sealed_before,
        reopens_sealed=row.reopens_sealed,
        late_records=model.LateRecords(row.late_records),
    )
