"""Books and their periods."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from tonne import model
from tonne.errors import BookExists, EditionUnknown, FieldInvalid
from tonne.store import schema
from tonne.store.part import Part, bump_revision, check_book, lock_book

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection


class Books(Part):
    """The books of the manifest."""

    def create_book(self, book: model.Book) -> model.Book:
        """Create a book at revision 1; `revision`, `create_time` and `editions` are ignored.

        Raises
        ------
        BookExists
            There is one of that id.
        """

        def work(connection: Connection) -> model.Book:
            inserted = connection.execute(
                self._database.insert(schema.book)
                .values(
                    id=book.id,
                    display_name=book.display_name,
                    time_zone=book.time_zone,
                    facility_rule=int(book.facility_rule),
                    revision=1,
                    commit_seq=0,
                    create_time=self._database.now(),
                )
                .on_conflict_do_nothing()
                .returning(schema.book.c.id)
            ).first()
            if inserted is None:
                raise BookExists(
                    f"a book called {book.id!r} exists already", metadata={"book": book.id}
                )
            return _get_book(connection, book.id)

        return self._database.write(work)

    def get_book(self, book: str) -> model.Book:
        """Read a book with its editions, most preferred first; `BookUnknown` if there is none."""
        with self._database.read() as connection:
            return _get_book(connection, book)

    def book_revision(self, book: str) -> int:
        """Read a book's revision; `BookUnknown` if there is none."""
        with self._database.read() as connection:
            return check_book(connection, book)

    def list_books(self, after: str, limit: int) -> list[model.Book]:
        """List books in order of their ids, from the first one after `after` ("" = all)."""
        table = schema.book
        query = sa.select(table).where(table.c.id > after).order_by(table.c.id).limit(limit)
        with self._database.read() as connection:
            rows = connection.execute(query).all()
            editions = _edition_ids(connection, [row.id for row in rows])
        return [_book_of(row, editions.get(row.id, ())) for row in rows]

    def set_edition_order(self, book: str, editions: Sequence[str]) -> model.Book:
        """Set the order of preference; the revision rises if it changes.

        Raises
        ------
        EditionUnknown, FieldInvalid
            `editions` does not name every edition of the book exactly once.
        """

        def work(connection: Connection) -> model.Book:
            lock_book(connection, book)
            present = _edition_ids(connection, [book]).get(book, ())
            _check_order(book, present, editions)
            if tuple(editions) != present:
                table = schema.edition
                connection.execute(
                    sa.update(table)
                    .where(table.c.book == book, table.c.id == sa.bindparam("edition_id"))
                    .values(rank=sa.bindparam("new_rank")),
                    [
                        {"edition_id": edition, "new_rank": rank}
                        for rank, edition in enumerate(editions, start=1)
                    ],
                )
                bump_revision(connection, book)
            return _get_book(connection, book)

        return self._database.write(work)

    def periods(self, book: str) -> list[tuple[int, model.PeriodState]]:
        """List the periods that have postings, in order; `BookUnknown` for an unknown book."""
        table = schema.period
        query = sa.select(table.c.period, table.c.state).where(table.c.book == book)
        with self._database.read() as connection:
            check_book(connection, book)
            rows = connection.execute(query.order_by(table.c.period)).all()
        return [(row.period, model.PeriodState(row.state)) for row in rows]


def _check_order(book: str, present: Sequence[str], editions: Sequence[str]) -> None:
    unknown = [edition for edition in editions if edition not in present]
    if unknown:
        raise EditionUnknown(
            f"book {book!r} has no edition {unknown[0]!r}",
            metadata={"book": book, "edition": unknown[0]},
        )
    if len(editions) != len(present) or set(editions) != set(present):
        raise FieldInvalid(
            f"the order of book {book!r} must name each of its editions once; they are "
            f"{', '.join(present) or 'none'}",
            metadata={"book": book, "field": "editions"},
        )


def _get_book(connection: Connection, book: str) -> model.Book:
    check_book(connection, book)
    row = connection.execute(sa.select(schema.book).where(schema.book.c.id == book)).one()
    return _book_of(row, _edition_ids(connection, [book]).get(book, ()))


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


def _book_of(row: sa.Row[Any], editions: tuple[str, ...]) -> model.Book:
    return model.Book(
        id=row.id,
        display_name=row.display_name,
        time_zone=row.time_zone,
        facility_rule=model.FacilityRule(row.facility_rule),
        revision=row.revision,
        create_time=row.create_time,
        editions=editions,
    )
