"""Which ledger this is, and what is listed before it is deleted."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# Two tables of their own and a column that may be null: who does not know them leaves them alone.
works_from = "0002"


def _id() -> Any:
    return sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    """Add the tables, the column and its index. The row comes with the first start."""
    op.create_table(
        "ledger",
        sa.Column("row", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("incarnation", sa.String(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("is_placed", sa.Boolean(), nullable=False),
        sa.Column("is_copy", sa.Boolean(), nullable=False),
        sa.Column("create_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("incarnation_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("upkeep_time", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("row", name="pk_ledger"),
    )
    op.create_table(
        "unknown_object",
        sa.Column("path", _id(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("modified_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("list_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("listing", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("path", name="pk_unknown_object"),
    )
    op.create_index("ix_unknown_object_list_time", "unknown_object", ["list_time"])
    op.add_column("file", sa.Column("list_time", sa.DateTime(timezone=True), nullable=True))
    is_dead = sa.text("state = 'dead'")
    op.create_index(
        "ix_file_list_time",
        "file",
        ["list_time"],
        postgresql_where=is_dead,
        sqlite_where=is_dead,
    )
