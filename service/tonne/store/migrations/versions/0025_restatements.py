"""Restatements: records that are posted again, each time counted; acts with who and why."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

# An older Tonne takes back what a record was first posted as, also after it was restated.
works_from = "0025"


def _id() -> sa.String:
    return sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the table and the columns. Nothing was restated before."""
    op.create_table(
        "restatement",
        sa.Column("book", _id(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", _id(), nullable=False),
        sa.Column("selection", sa.Text(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("first_period", sa.Integer(), nullable=False),
        sa.Column("last_period", sa.Integer(), nullable=False),
        sa.Column("begin_seq", sa.BigInteger(), nullable=False),
        sa.Column("create_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("end_seq", sa.BigInteger(), nullable=True),
        sa.Column("end_time", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unchanged_count", sa.BigInteger(), nullable=False),
        sa.Column("left_count", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["book"], ["book.id"], name="fk_restatement_book"),
        sa.PrimaryKeyConstraint("book", "number", name="pk_restatement"),
    )
    op.create_index("ix_restatement_book_id", "restatement", ["book", "id"], unique=True)
    op.add_column("correction", sa.Column("restatement", _id(), nullable=False, server_default=""))
    op.add_column("correction", sa.Column("figures", sa.Text(), nullable=False, server_default=""))
    op.create_index(
        "ix_correction_book_restatement_number", "correction", ["book", "restatement", "number"]
    )
    op.add_column(
        "file", sa.Column("restated_count", sa.BigInteger(), nullable=False, server_default="0")
    )
