"""Which migrations were applied, and how old a Tonne may be that works on their tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

works_from = "0002"


def upgrade() -> None:
    """Make the table; `migrations.upgrade` fills it."""
    op.create_table(
        "migration",
        sa.Column("revision", sa.String(), nullable=False),
        sa.Column("works_from", sa.String(), nullable=False),
        sa.Column("create_time", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("revision", name="pk_migration"),
    )
