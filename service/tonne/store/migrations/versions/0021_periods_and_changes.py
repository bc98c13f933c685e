"""What of a book is closed, each close with who and why; the log of changes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0019"
branch_labels = None
depends_on = None

# An older Tonne takes records of closed months that have no row, and changes without an entry.
works_from = "0021"


def _id() -> sa.String:
    return sa.String().with_variant(sa.String(collation="C"), "postgresql")


def _time(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    """Make the tables and the columns. Periods that an older Tonne has are all open."""
    op.add_column(
        "book", sa.Column("closed_before", sa.Integer(), nullable=False, server_default="0")
    )
    op.add_column(
        "book", sa.Column("sealed_before", sa.Integer(), nullable=False, server_default="0")
    )
    op.add_column(
        "book",
        sa.Column("reopens_sealed", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.add_column("ledger_commit", sa.Column("first_period", sa.Integer(), nullable=True))
    op.add_column(
        "correction",
        sa.Column("of_closed", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.create_table(
        "period_close",
        sa.Column("book", _id(), nullable=False),
        sa.Column("period", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("accepted_json", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        _time("create_time"),
        sa.Column("seal_seq", sa.BigInteger(), nullable=True),
        sa.Column("seal_author", sa.Text(), nullable=True),
        sa.Column("seal_reason", sa.Text(), nullable=True),
        _time("seal_time", nullable=True),
        sa.Column("reopen_seq", sa.BigInteger(), nullable=True),
        sa.Column("reopen_author", sa.Text(), nullable=True),
        sa.Column("reopen_reason", sa.Text(), nullable=True),
        _time("reopen_time", nullable=True),
        sa.ForeignKeyConstraint(["book"], ["book.id"], name="fk_period_close_book"),
        sa.PrimaryKeyConstraint("book", "period", "revision", name="pk_period_close"),
    )
    op.create_table(
        "change",
        sa.Column("book", _id(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("object", _id(), nullable=False),
        sa.Column("before_json", sa.Text(), nullable=False),
        sa.Column("after_json", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("caller", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        _time("create_time"),
        sa.ForeignKeyConstraint(["book"], ["book.id"], name="fk_change_book"),
        sa.PrimaryKeyConstraint("book", "number", name="pk_change"),
    )
    op.create_index(
        "ix_change_book_kind_object_number", "change", ["book", "kind", "object", "number"]
    )
