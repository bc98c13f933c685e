"""What cannot repeat beside what can: a book's revision and a channel's epoch get an identity."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# Columns with a default, whose values begin with the number that they belong to: where an older
# Tonne raises the number alone, a newer one sees that the identity is of another number.
works_from = "0002"


def upgrade() -> None:
    """Add the columns; empty: no identity was drawn yet."""
    op.add_column(
        "book", sa.Column("revision_token", sa.String(), nullable=False, server_default="")
    )
    for name in ("owner", "previous_owner"):
        op.add_column("channel", sa.Column(name, sa.String(), nullable=False, server_default=""))
