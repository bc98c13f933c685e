"""Quantities have 18 places: control totals are in units of 10^-18."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

# An older Tonne knows neither the columns nor the files: it would read a segment that has a column
# of what its millionths leave out as if the column were not there.
works_from = "0011"


def upgrade() -> None:
    """Rename the totals of channels and requests, and multiply them."""
    for name in ("channel", "request"):
        table = sa.table(name, sa.column("quantity_atto"))
        atto = table.c.quantity_atto
        if op.get_bind().dialect.name == "postgresql":
            op.alter_column(
                name,
                "quantity_micro",
                new_column_name="quantity_atto",
                type_=sa.Numeric(57, 0),
                existing_type=sa.Numeric(39, 0),
                existing_nullable=False,
            )
            op.execute(sa.update(table).values(quantity_atto=atto * sa.literal(10**12)))
        else:
            # Decimal texts: ten times as much is a zero more.
            op.execute(f"ALTER TABLE {name} RENAME COLUMN quantity_micro TO quantity_atto")
            more = atto.op("||")(sa.literal("0" * 12))
            op.execute(sa.update(table).values(quantity_atto=more).where(atto != "0"))
