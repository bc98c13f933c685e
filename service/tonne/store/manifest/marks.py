"""Marks: numbers of a book at which its balances are a set of files, for ever."""

from __future__ import annotations

import datetime as dt  # noqa: TC003  dataclass fields are read at run time by tools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from tonne.errors import LedgerInconsistent
from tonne.store.manifest.numbers import insert_mark
from tonne.store.manifest.tables import Tables, check_book
from tonne.store.sql import schema

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from tonne.store.sql.database import Database

CLOSE: Final = "close"
"""Kind of the mark behind what a close of a period covers."""

SEAL: Final = "seal"
"""Kind of the mark behind what a seal of a period covers."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark: the number that it stands at, its kind (start, day, close, seal), and its time."""

    number: int
    kind: str
    at: dt.datetime


class MarkTable(Tables):
    """The marks of the manifest."""

    def marks(self, book: str) -> list[Mark]:
        """List the marks of a book in their order. Raises BookUnknown."""
        table = schema.mark
        query = sa.select(table).where(table.c.book == book).order_by(table.c.commit, table.c.kind)
        with self._database.read() as connection:
            check_book(connection, book)
            return [Mark(row.commit, row.kind, row.at) for row in connection.execute(query)]

    def last_marks(self, book: str, before: tuple[int, str] | None, limit: int) -> list[Mark]:
        """List marks, the last one first, from behind a number and a kind. Raises BookUnknown."""
        table = schema.mark
        query = sa.select(table).where(table.c.book == book)
        if before is not None:
            number, kind = before
            query = query.where(
                (table.c.commit < number) | ((table.c.commit == number) & (table.c.kind > kind))
            )
        query = query.order_by(table.c.commit.desc(), table.c.kind).limit(limit)
        with self._database.read() as connection:
            check_book(connection, book)
            return [Mark(row.commit, row.kind, row.at) for row in connection.execute(query)]


def put_mark(connection: Connection, database: Database, book: str, kind: str) -> Mark:
    """Put a mark at a book's last number, in a transaction of the caller's that has its row.

    The row must be locked (`lock_book`, or a number taken): then no merge can have read files
    behind the mark, and none crosses it from now on.

    Parameters
    ----------
    kind : str
        `close` or `seal`; others are put where they belong.
    """
    table = schema.book
    row = connection.execute(
        sa.select(table.c.commit_seq, table.c.commit_time, database.now().label("now")).where(
            table.c.id == book
        )
    ).one()
    at = max(row.now, row.commit_time or row.now)
    insert_mark(connection, database, book, row.commit_seq, kind=kind, at=at)
    return Mark(row.commit_seq, kind, at)


def check_marks(connection: Connection, book: str, first: int, last: int) -> None:
    """See that what a merge sums, from a first to a last number, lies on one side of each mark."""
    table = schema.mark
    query = sa.select(table.c.commit).where(
        table.c.book == book, table.c.commit >= first, table.c.commit < last
    )
    crossed = connection.execute(query.limit(1)).scalar_one_or_none()
    if crossed is not None:
        raise LedgerInconsistent(
            f"a merge of postings of book {book!r}, of the numbers {first} to {last}, would cross "
            f"the mark at {crossed}: it was thrown away, and the files it was to replace stay",
            metadata={"book": book, "mark": str(crossed)},
        )
