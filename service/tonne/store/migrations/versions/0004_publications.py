"""Which segments are in the published table of their book, batch by batch."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# A column that may be null and a table of its own: who does not know them leaves them alone.
works_from = "0002"


def _id() -> Any:
    return sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    """Add the table, the column and the index that finds what is not published."""
    op.create_table(
        "publication",
        sa.Column("book", _id(), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("is_resetting", sa.Boolean(), nullable=False),
        sa.Column("batch", sa.BigInteger(), nullable=False),
        sa.Column("published_batch", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["book"], ["book.id"], name="fk_publication_book"),
        sa.PrimaryKeyConstraint("book", name="pk_publication"),
    )
    op.add_column("file", sa.Column("publish_batch", sa.BigInteger(), nullable=True))
    is_segment = sa.text("kind = 'segment'")
    op.create_index(
        "ix_file_book_publish_batch",
        "file",
        ["book", "publish_batch", "seq"],
        postgresql_where=is_segment,
        sqlite_where=is_segment,
    )
