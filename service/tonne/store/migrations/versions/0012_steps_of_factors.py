"""The steps of a factor: how its unit leads to another one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

# Who does not know the column would take the masses of such a row as per its unit.
works_from = "0012"


def upgrade() -> None:
    """Add the column."""
    op.add_column("factor", sa.Column("steps", sa.Text(), nullable=False, server_default=""))
