"""Marks, the past of the register, and times of books that never go back: what as-of rests on."""

from __future__ import annotations

import datetime as dt
import uuid

import sqlalchemy as sa
from alembic import op

from tonne.store.sql.types import UtcTime

revision = "0019"
down_revision = "0017"
branch_labels = None
depends_on = None

# An older Tonne merges across marks, and changes registers without a trace of what was before.
works_from = "0019"


def _id() -> sa.String:
    return sa.String().with_variant(sa.String(collation="C"), "postgresql")


def _time() -> sa.DateTime:
    return sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables and the columns; begin the history of each book where it is."""
    op.add_column("book", sa.Column("commit_time", _time()))
    op.add_column("book", sa.Column("day_end", _time()))
    op.add_column("file", sa.Column("first_commit", sa.BigInteger()))
    op.add_column("file", sa.Column("last_commit", sa.BigInteger()))
    op.add_column(
        "entity", sa.Column("revision", sa.BigInteger(), nullable=False, server_default="0")
    )
    op.create_table(
        "mark",
        sa.Column("book", _id(), nullable=False),
        sa.Column("commit", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("at", _time(), nullable=False),
        sa.ForeignKeyConstraint(["book"], ["book.id"], name="fk_mark_book"),
        sa.PrimaryKeyConstraint("book", "commit", "kind", name="pk_mark"),
    )
    op.create_table(
        "register_past",
        sa.Column("book", _id(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("id", _id(), nullable=False),
        sa.Column("stop_revision", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("first_revision", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["book"], ["book.id"], name="fk_register_past_book"),
        sa.PrimaryKeyConstraint("book", "kind", "id", "stop_revision", name="pk_register_past"),
    )
    op.create_index(
        "ix_register_past_book_kind_stop_revision",
        "register_past",
        ["book", "kind", "stop_revision"],
    )
    op.create_index(
        "ix_ledger_commit_book_create_time_seq", "ledger_commit", ["book", "create_time", "seq"]
    )
    _begin()


def _begin() -> None:
    """Give each book a moment of its own, and a mark there: earlier ones cannot be told apart.

    Its time is behind all that the book has: commits, methods, words, statements.
    """
    connection = op.get_bind()
    book = sa.table(
        "book",
        sa.column("id"),
        sa.column("revision"),
        sa.column("commit_seq"),
        sa.column("commit_time", UtcTime),
    )
    commit = sa.table(
        "ledger_commit",
        sa.column("id"),
        sa.column("book"),
        sa.column("seq"),
        sa.column("revision"),
        sa.column("create_time", UtcTime),
    )
    mark = sa.table(
        "mark", sa.column("book"), sa.column("commit"), sa.column("kind"), sa.column("at", UtcTime)
    )
    timed = [
        sa.table(name, sa.column("book"), sa.column("create_time", UtcTime))
        for name in ("ledger_commit", "method", "word", "statement")
    ]
    moment = dt.datetime.now(dt.UTC)
    if connection.dialect.name == "postgresql":
        moment = connection.execute(sa.select(sa.func.now(type_=UtcTime))).scalar_one()
    for row in connection.execute(sa.select(book)).all():
        last = [moment]
        for table in timed:
            query = sa.select(sa.func.max(table.c.create_time, type_=UtcTime))
            found = connection.execute(query.where(table.c.book == row.id)).scalar_one()
            if found is not None:
                last.append(found)
        at, number = max(last), row.commit_seq + 1
        connection.execute(
            sa.update(book).where(book.c.id == row.id).values(commit_seq=number, commit_time=at)
        )
        connection.execute(
            sa.insert(commit).values(
                id=uuid.uuid4().hex, book=row.id, seq=number, revision=row.revision, create_time=at
            )
        )
        connection.execute(sa.insert(mark).values(book=row.id, commit=number, kind="start", at=at))
