"""Numbers of a book: each commit and each change of its rules has one, and a time that rises.

Whoever takes a number holds the book's row to the end of the transaction, so that numbers and
times become visible in their order. The first number of a new day puts a mark behind the one
before: what is merged from then on lies on one side of it.
"""

from __future__ import annotations

import datetime as dt
import secrets
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from tonne import model
from tonne.errors import BookUnknown
from tonne.store.manifest.tables import REVISIONS_KEPT, identity, name_of
from tonne.store.sql import schema
from tonne.store.sql.types import UtcTime
from tonne.store.statement_rows import Fence

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from tonne.store.sql.database import Database

_TICK: Final = dt.timedelta(microseconds=1)

DAY: Final = "day"
"""Kind of the mark at the end of a day, in the book's time zone."""

START: Final = "start"
"""Kind of the mark from which on a book's moments are told apart."""


@dataclass(frozen=True, slots=True)
class Step:
    """Numbers that were taken of a book, and its rules at them.

    Parameters
    ----------
    first, number : int
        The first and the last of the numbers.
    time : datetime
        Of the last one; later than that of any number before.
    revision : int
        Of the book, and its token.
    fence : Fence
        What of the book is closed.
    """

    first: int
    number: int
    time: dt.datetime
    revision: int
    revision_token: str
    fence: Fence


def take_numbers(
    connection: Connection,
    database: Database,
    book: str,
    count: int,
    *,
    changes: dict[str, Any] | None = None,
) -> Step:
    """Lock the book's row to the end of the transaction and take `count` numbers (at least 1).

    `changes` are made of the row with it. Raises BookUnknown.
    """
    table = schema.book
    taken = max(count, 1)
    row = connection.execute(
        sa.update(table)
        .where(table.c.id == book)
        .values(
            commit_seq=table.c.commit_seq + taken,
            commit_time=_next_time(connection, database, book),
            **(changes or {}),
        )
        .returning(
            table.c.revision,
            table.c.revision_token,
            table.c.commit_seq,
            table.c.commit_time,
            table.c.day_end,
            table.c.time_zone,
            table.c.closed_before,
            table.c.sealed_before,
        )
    ).one_or_none()
    if row is None:
        raise BookUnknown.named(book)
    if row.day_end is None or row.commit_time >= row.day_end:
        if row.day_end is not None:
            insert_mark(
                connection, database, book, row.commit_seq - taken, kind=DAY, at=row.day_end
            )
        connection.execute(
            sa.update(table)
            .where(table.c.id == book)
            .values(day_end=day_end(row.commit_time, row.time_zone))
        )
    return Step(
        row.commit_seq - taken + 1,
        row.commit_seq,
        row.commit_time,
        row.revision,
        name_of(row.revision, row.revision_token),
        Fence(row.closed_before, row.sealed_before),
    )


def bump_revision(connection: Connection, database: Database, book: str) -> Step:
    """Raise the revision of a book that is locked, and name what it stands for from now on.

    The change is a moment of the book with a number of its own: what was committed before it was
    committed under the rules before.
    """
    table, names = schema.book, schema.revision
    number = table.c.revision + 1
    name = secrets.token_hex(16)
    step = take_numbers(
        connection,
        database,
        book,
        1,
        changes={"revision": number, "revision_token": identity(number, name)},
    )
    connection.execute(sa.insert(names).values(book=book, number=step.revision, name=name))
    connection.execute(
        sa.delete(names).where(
            names.c.book == book, names.c.number <= step.revision - REVISIONS_KEPT
        )
    )
    insert_moment(connection, book, step.number, step.revision, step.time)
    return step


def insert_moment(
    connection: Connection,
    book: str,
    number: int,
    revision: int,
    time: dt.datetime | sa.ColumnElement[dt.datetime],
    *,
    first_period: int = model.PERIOD_COUNT_MAX,
) -> None:
    """Insert a moment at which no record was committed, and from which month on it touches some.

    By default it touches none.
    """
    connection.execute(
        sa.insert(schema.ledger_commit).values(
            id=uuid.uuid4().hex,
            book=book,
            seq=number,
            revision=revision,
            create_time=time,
            first_period=first_period,
        )
    )


def insert_mark(
    connection: Connection,
    database: Database,
    book: str,
    number: int,
    *,
    kind: str,
    at: dt.datetime | sa.ColumnElement[dt.datetime],
) -> None:
    """Insert a mark of a book whose row is locked; one that is there is left."""
    connection.execute(
        database.insert(schema.mark)
        .values(book=book, commit=number, kind=kind, at=at)
        .on_conflict_do_nothing()
    )


def day_end(time: dt.datetime, time_zone: str) -> dt.datetime:
    """Give the end of a moment's day in a time zone: the first instant of the next one."""
    zone = ZoneInfo(time_zone)
    next_day = time.astimezone(zone).date() + dt.timedelta(days=1)
    return dt.datetime.combine(next_day, dt.time(), zone).astimezone(dt.UTC)


def _next_time(
    connection: Connection, database: Database, book: str
) -> sa.ColumnElement[dt.datetime]:
    """Express the database's clock, or what comes right behind the last time of the book."""
    table = schema.book
    if database.is_postgres:
        tick = sa.literal(_TICK, sa.Interval)
        return sa.func.greatest(table.c.commit_time + tick, database.now(), type_=UtcTime)
    # A transaction of SQLite that writes is alone: what it reads stays.
    last = connection.execute(
        sa.select(table.c.commit_time, database.now().label("now")).where(table.c.id == book)
    ).one_or_none()
    if last is None:
        raise BookUnknown.named(book)
    return sa.literal(max(last.now, (last.commit_time or last.now - _TICK) + _TICK), UtcTime)
