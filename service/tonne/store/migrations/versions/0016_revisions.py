"""The revision of a book at which a facility was changed last; names of the last revisions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0013"
branch_labels = None
depends_on = None

# Who knows neither leaves a gap in the names, and then a register is read whole; who does not know
# series of hours (0013) must stop.
works_from = "0013"


def _id() -> sa.String:
    return sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the table and the column."""
    op.create_table(
        "revision",
        sa.Column("book", _id(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["book"], ["book.id"], name="fk_revision_book"),
        sa.PrimaryKeyConstraint("book", "number", name="pk_revision"),
    )
    op.add_column(
        "facility", sa.Column("revision", sa.BigInteger(), nullable=False, server_default="0")
    )
    op.create_index("ix_facility_book_revision", "facility", ["book", "revision"])
