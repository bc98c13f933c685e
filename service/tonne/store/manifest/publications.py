"""What is published: which segments are in the Delta table of their book, batch by batch.

A batch is written down before the table is touched, and marked as published after. Which
segments it holds never changes between the two, so that whoever finds it unfinished, whatever
became of the one who began it, adds the same ones under the same number; and the table's own
transaction says whether that has happened. Segments are chosen by `publish_batch is null`, never
by paging: no order in which commits become visible can hide one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from tonne.errors import LedgerInconsistent
from tonne.store import faults
from tonne.store.manifest.files import file_of
from tonne.store.manifest.leases import check_lease
from tonne.store.manifest.tables import CHUNK_SIZE, Tables, check_book, split
from tonne.store.rows import PublicationBatch
from tonne.store.sql import schema

if TYPE_CHECKING:
    import datetime as dt

    from sqlalchemy import Connection

    from tonne.store.rows import FileRow, Lease


class PublicationTable(Tables):
    """The published tables of the manifest."""

    def published_before(self, book: str) -> tuple[dt.datetime, bool]:
        """Say up to which moment all of a book is published, and whether nothing is left.

        Returns
        -------
        tuple of datetime and bool
            When the oldest segment was made that is not known to be in the table, and False; or
            the database's clock, and True.
        """
        with self._database.read() as connection:
            check_book(connection, book)
            now: dt.datetime = connection.execute(sa.select(self._database.now())).scalar_one()
            row = _row(connection, book)
            waiting = [_selected(book, None)]
            if row is not None and row.batch > row.published_batch:
                waiting.append(_selected(book, row.batch))
            if row is not None and row.is_resetting:
                waiting.append(_segments(book).order_by(schema.file.c.seq))
            found = [connection.execute(query.limit(1)).one_or_none() for query in waiting]
        times = [row.create_time for row in found if row is not None]
        return (min(times), False) if times else (now, True)

    def begin_batch(self, book: str, files_max: int, lease: Lease) -> PublicationBatch | None:
        """Write down the next batch of a book, or give the one that was not finished.

        Parameters
        ----------
        book : str
        files_max : int
            Most segments of a new batch.
        lease : Lease
            The right to publish the book.

        Returns
        -------
        PublicationBatch or None
            None where every segment is published.

        Raises
        ------
        BookUnknown
        LeaseLost
            Another one publishes: nothing happened.
        """
        self._finish_reset(book, lease)

        def work(connection: Connection) -> PublicationBatch | None:
            check_lease(connection, lease)
            check_book(connection, book)
            row = self._lock(connection, book)
            if row.batch > row.published_batch:
                files = _files(connection, _selected(book, row.batch))
                return PublicationBatch(book, row.generation, row.batch, files)
            files = _files(connection, _selected(book, None).limit(files_max))
            if not files:
                return None
            number = row.batch + 1
            _set_batch(connection, [file.id for file in files], number)
            _update(connection, book, batch=number)
            return PublicationBatch(book, row.generation, number, files)

        return self._database.write(work)

    def finish_batch(self, batch: PublicationBatch, lease: Lease) -> None:
        """Note that a batch is in the table; noted before is fine. Raises `LeaseLost`."""

        def work(connection: Connection) -> None:
            check_lease(connection, lease)
            row = self._lock(connection, batch.book)
            if (row.generation, row.batch) != (batch.generation, batch.number):
                raise LedgerInconsistent(
                    f"batch {batch.number} of generation {batch.generation} of book "
                    f"{batch.book!r} was published, but the manifest has batch {row.batch} of "
                    f"generation {row.generation}",
                    metadata={"book": batch.book},
                )
            _update(connection, batch.book, published_batch=batch.number)

        def settle(connection: Connection) -> bool:
            row = self._lock(connection, batch.book)
            return bool(row.published_batch >= batch.number or row.generation > batch.generation)

        self._database.write(
            work, settle=settle, committed=lambda: faults.reach("publish.after_mark")
        )

    def reset_publication(self, book: str, lease: Lease) -> None:
        """Begin a new generation of a book's table: everything is to be published again.

        Done in steps of a bounded size; `begin_batch` goes on with it if this call dies.

        Raises
        ------
        BookUnknown
        LeaseLost
        """

        def work(connection: Connection) -> None:
            check_lease(connection, lease)
            check_book(connection, book)
            generation = self._lock(connection, book).generation + 1
            _update(
                connection,
                book,
                generation=generation,
                is_resetting=True,
                batch=0,
                published_batch=0,
            )

        self._database.write(work)
        self._finish_reset(book, lease)

    def _finish_reset(self, book: str, lease: Lease) -> None:
        """Take the segments of an earlier generation out of their batches, some at a time."""

        def step(connection: Connection) -> bool:
            check_lease(connection, lease)
            row = _row(connection, book)
            if row is None or not row.is_resetting:
                return False
            table = schema.file
            query = (
                _segments(book)
                .with_only_columns(table.c.id)
                .where(table.c.publish_batch > 0)
                .order_by(table.c.publish_batch)
                .limit(CHUNK_SIZE)
            )
            ids = list(connection.execute(query).scalars())
            _set_batch(connection, ids, None)
            if not ids:
                _update(connection, book, is_resetting=False)
            return bool(ids)

        with self._database.read() as connection:
            row = _row(connection, book)
        if row is None or not row.is_resetting:
            return
        while self._database.write(step):
            continue

    def _lock(self, connection: Connection, book: str) -> sa.Row[Any]:
        """Lock the book's row to the end of the transaction; it is made where it is not there."""
        table = schema.publication
        first = {"generation": 1, "is_resetting": False, "batch": 0, "published_batch": 0}
        connection.execute(
            self._database.insert(table).values(book=book, **first).on_conflict_do_nothing()
        )
        query = sa.select(table).where(table.c.book == book).with_for_update()
        return connection.execute(query).one()


def _row(connection: Connection, book: str) -> sa.Row[Any] | None:
    table = schema.publication
    return connection.execute(sa.select(table).where(table.c.book == book)).one_or_none()


def _update(connection: Connection, book: str, **values: object) -> None:
    table = schema.publication
    connection.execute(sa.update(table).where(table.c.book == book).values(**values))


def _segments(book: str) -> sa.Select[tuple[object, ...]]:
    """Select what the partial index on batches serves.

    The state is not asked for, which would lead SQLite to another index and through all of the
    book: a segment is live for ever.
    """
    table = schema.file
    return sa.select(table).where(
        table.c.book == book,
        # Literal: a database that plans without the parameters must see that the index serves.
        table.c.kind == sa.literal_column("'segment'"),
    )


def _selected(book: str, number: int | None) -> sa.Select[tuple[object, ...]]:
    """Select the segments of a batch, or those of none, in the order of the index."""
    column = schema.file.c.publish_batch
    query = _segments(book).where(column.is_(None) if number is None else column == number)
    return query.order_by(column, schema.file.c.seq)


def _files(connection: Connection, query: sa.Select[tuple[object, ...]]) -> tuple[FileRow, ...]:
    return tuple(file_of(row) for row in connection.execute(query))


def _set_batch(connection: Connection, ids: list[str], number: int | None) -> None:
    table = schema.file
    for chunk in split(ids):
        connection.execute(
            sa.update(table).where(table.c.id.in_(chunk)).values(publish_batch=number)
        )
