"""The series of hours that a factor stands for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

# Who does not know the column would take such a row as one of no kilograms.
works_from = "0013"


def upgrade() -> None:
    """Add the column."""
    op.add_column("factor", sa.Column("hours", sa.Text(), nullable=False, server_default=""))
