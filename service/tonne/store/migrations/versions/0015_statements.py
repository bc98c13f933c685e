"""What a book states beside its records, with all its versions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0016"
branch_labels = None
depends_on = None

# Who does not know the tables neither reads nor writes them; the revision before says the same.
works_from = "0013"


def _id() -> sa.String:
    return sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "statement",
        sa.Column("book", _id(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("id", _id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("key", _id(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("create_time", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["book"], ["book.id"], name="fk_statement_book"),
        sa.PrimaryKeyConstraint("book", "number", name="pk_statement"),
        sa.UniqueConstraint(
            "book", "kind", "id", "version", name="uq_statement_book_kind_id_version"
        ),
    )
    op.create_index("ix_statement_book_key", "statement", ["book", "key"])
    op.create_table(
        "statement_request",
        sa.Column("book", _id(), nullable=False),
        sa.Column("request_id", _id(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["book"], ["book.id"], name="fk_statement_request_book"),
        sa.PrimaryKeyConstraint("book", "request_id", name="pk_statement_request"),
    )
