"""What a book reads the texts of its records as; mends of what waits in suspense."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# Who does not know the table leaves what is written in words in suspense; the column has its
# default.
works_from = "0002"


def _id() -> sa.String:
    return sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the table and the column."""
    op.create_table(
        "word",
        sa.Column("book", _id(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("key", _id(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("meaning", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("create_time", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["book"], ["book.id"], name="fk_word_book"),
        sa.PrimaryKeyConstraint("book", "number", name="pk_word"),
    )
    op.create_index("ix_word_book_field_key_number", "word", ["book", "field", "key", "number"])
    op.add_column("mend", sa.Column("segment", sa.String(), nullable=False, server_default=""))
