"""What the parts of the manifest share: the database, and how a book's row is read and locked."""

from __future__ import annotations

import secrets
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa

from tonne import model
from tonne.errors import BookUnknown
from tonne.store.sql import schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy import Connection

    from tonne.store.sql.database import Database

T = TypeVar("T")

_STEP_MAX = 1 << 32
"""So large that two draws meet never in practice, so small that 64 bits last for ever: an owner
that opens its channel every second uses them up in a lifetime."""

CHUNK_SIZE = 5000
"""Most values in one IN list: SQLite binds 32,766 in a statement, PostgreSQL 65,535."""


REVISIONS_KEPT = 1_000
"""Last revisions of a book whose names are kept: who is further behind reads it whole."""


class Tables:
    """One subject of the manifest, working on the shared database."""

    def __init__(self, database: Database) -> None:
        self._database = database


def check_book(connection: Connection, book: str) -> int:
    """Return the book's revision, or raise `BookUnknown`."""
    return _revision(connection, sa.select(schema.book.c.revision), book)


def lock_book(connection: Connection, book: str) -> int:
    """Lock the book's row to the end of the transaction and return its revision.

    Whoever holds it is alone in changing what decides how the book's records are resolved, and
    knows that every commit of the book that took the lock before has ended.
    """
    return _revision(
        connection, sa.select(schema.book.c.revision).with_for_update(key_share=True), book
    )


def identity(number: sa.ColumnElement[int] | int, name: str) -> sa.ColumnElement[str]:
    """Bind a name that cannot repeat to a number that can: ``"7.91f0…"``."""
    return sa.cast(number, sa.String) + sa.literal(f".{name}", sa.String)


def draw_step() -> int:
    """Draw by how much a number rises that must not be given out a second time.

    A database that lost its last transactions counts on from where it was before: two that count
    by one from there meet.
    """
    return 1 + secrets.randbelow(_STEP_MAX)


def name_of(number: int, bound: str) -> str:
    """Read the name that is bound to a number; empty where it is bound to another or to none."""
    prefix = f"{number}."
    return bound.removeprefix(prefix) if bound.startswith(prefix) else ""


def split(items: Iterable[T], size: int = CHUNK_SIZE) -> Iterator[list[T]]:
    """Split into lists of at most `size`."""
    rest = iter(items)
    while chunk := list(islice(rest, size)):
        yield chunk


def totals_of(row: sa.Row[Any]) -> model.ControlTotals:
    """Read the five columns of control totals."""
    return model.ControlTotals(
        record_count=row.records_count,
        posted_count=row.posted_count,
        quarantined_count=row.quarantined_count,
        suspended_count=row.suspended_count,
        quantity_atto=row.quantity_atto,
    )


def totals_values(totals: model.ControlTotals) -> dict[str, int]:
    """Name the five columns of control totals."""
    return {
        "records_count": totals.record_count,
        "posted_count": totals.posted_count,
        "quarantined_count": totals.quarantined_count,
        "suspended_count": totals.suspended_count,
        "quantity_atto": totals.quantity_atto,
    }


def _revision(connection: Connection, query: sa.Select[int], book: str) -> int:
    revision = connection.execute(query.where(schema.book.c.id == book)).scalar_one_or_none()
    if revision is None:
        raise BookUnknown.named(book)
    return revision
