"""How far an import came whose place in its channel another one took."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# A column that may be null: who does not know it leaves it alone.
works_from = "0002"


def upgrade() -> None:
    """Add the column; of the imports before nobody knows."""
    op.add_column("file_import", sa.Column("ended_offset", sa.BigInteger(), nullable=True))
