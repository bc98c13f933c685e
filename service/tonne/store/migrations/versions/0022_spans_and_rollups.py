"""The months and facilities that a merged postings file lies within; files of kinds `rollup*`."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

# Who knows neither reads every postings file, and leaves rollups alone: one whose run an older
# Tonne merged is of no use to anybody, and goes at the next round of a newer one.
works_from = "0021"


def upgrade() -> None:
    """Make the columns."""
    op.add_column("file", sa.Column("first_period", sa.Integer()))
    op.add_column("file", sa.Column("last_period", sa.Integer()))
    op.add_column("file", sa.Column("first_facility", sa.Text()))
    op.add_column("file", sa.Column("last_facility", sa.Text()))
