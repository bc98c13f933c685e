"""Late records: whether a book takes them, and from which month on a commit counts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

# An older Tonne merges postings without the month in which they count.
works_from = "0026"


def upgrade() -> None:
    """Add the columns. Before, a book refused late records, and all counted when it happened."""
    op.add_column(
        "book", sa.Column("late_records", sa.Integer(), nullable=False, server_default="1")
    )
    op.add_column(
        "file", sa.Column("counts_from", sa.Integer(), nullable=False, server_default="0")
    )
