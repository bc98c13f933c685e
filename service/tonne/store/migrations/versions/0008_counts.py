"""One word for a count: the singular, as in the protocol."""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# An older Tonne asks for the old names.
works_from = "0008"

COLUMNS = (
    ("edition", "factors_count", "factor_count"),
    ("channel", "records_count", "record_count"),
    ("request", "records_count", "record_count"),
)


def upgrade() -> None:
    """Rename the columns."""
    for table, old, new in COLUMNS:
        op.execute(f"ALTER TABLE {table} RENAME COLUMN {old} TO {new}")
