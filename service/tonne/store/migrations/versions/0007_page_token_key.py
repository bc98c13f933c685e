"""The key with which all servers of a ledger sign page tokens."""

from __future__ import annotations

import datetime as dt
import secrets

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# A table of its own: who does not know it leaves it alone.
works_from = "0002"

KEY_BYTES = 32


def upgrade() -> None:
    """Make the table, and the key: random, in its one row."""
    table = op.create_table(
        "page_token_key",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("create_time", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_page_token_key"),
    )
    key = secrets.token_bytes(KEY_BYTES)
    op.bulk_insert(table, [{"id": 1, "key": key, "create_time": dt.datetime.now(dt.UTC)}])
