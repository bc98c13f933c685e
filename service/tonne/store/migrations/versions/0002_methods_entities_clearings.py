"""Methods, entities and their holdings, all that a factor states, and clearings of suspense."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

works_from = "0002"

# The settings under which books were posted before there were methods. They are written out: a
# migration makes the same rows for ever, whatever becomes of the class.
_FIRST_SETTINGS = {
    "blend_gwp": "composition",
    "consolidation": "operational-control",
    "gwp_set": "AR5",
    "loss_convention": "defra",
    "proxy_regions": ["GB", "US"],
    "rates": [],
    "reporting_year_start": 1,
    "transport_wtt": True,
    "year_fallback_years": 5,
    "year_rule": "month",
}

_FACTOR_TEXTS = (
    "stage",
    "gwp_set",
    "co2e_ch4",
    "co2e_n2o",
    "kg_biogenic_co2",
    "gases",
    "kwh",
    "loss",
    "uncertainty",
    "cell",
    "licence",
    "evidence",
)


def _id() -> Any:
    return sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the tables and columns, and give every book its first method."""
    _create_methods()
    _create_entities()
    for name in _FACTOR_TEXTS:
        op.add_column("factor", sa.Column(name, sa.Text(), nullable=False, server_default=""))
    op.add_column("file", sa.Column("segment", sa.String(), nullable=True))
    op.create_index("ix_file_segment", "file", ["segment"])
    waits = sa.text("suspended_count > 0")
    op.create_index(
        "ix_file_book_seq_suspended",
        "file",
        ["book", "seq"],
        postgresql_where=waits,
        sqlite_where=waits,
    )


def _create_methods() -> None:
    method = op.create_table(
        "method",
        sa.Column("book", _id(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("create_time", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["book"], ["book.id"], name="fk_method_book"),
        sa.PrimaryKeyConstraint("book", "version", name="pk_method"),
    )
    connection = op.get_bind()
    book = sa.table("book", sa.column("id", sa.String()))
    edition = sa.table(
        "edition",
        sa.column("book", sa.String()),
        sa.column("id", sa.String()),
        sa.column("rank", sa.Integer()),
    )
    editions: dict[str, list[str]] = {
        each: [] for each in connection.scalars(sa.select(book.c.id))
    }
    ranked = sa.select(edition.c.book, edition.c.id).order_by(edition.c.book, edition.c.rank)
    for row in connection.execute(ranked):
        editions[row.book].append(row.id)
    now = dt.datetime.now(dt.UTC)
    if connection.dialect.name != "postgresql":
        now = now.replace(tzinfo=None)  # as the manifest keeps its times there
    rows = [
        {
            "book": each,
            "version": 1,
            "body": json.dumps(
                _FIRST_SETTINGS | {"editions": ids}, sort_keys=True, separators=(",", ":")
            ),
            "author": "migration",
            "reason": "the order of editions as it was before there were methods",
            "create_time": now,
        }
        for each, ids in editions.items()
    ]
    if rows:
        op.bulk_insert(method, rows)


def _create_entities() -> None:
    op.create_table(
        "entity",
        sa.Column("book", _id(), nullable=False),
        sa.Column("id", _id(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("parent", _id(), nullable=False),
        sa.ForeignKeyConstraint(["book"], ["book.id"], name="fk_entity_book"),
        sa.PrimaryKeyConstraint("book", "id", name="pk_entity"),
    )
    op.create_table(
        "holding",
        sa.Column("book", _id(), nullable=False),
        sa.Column("entity", _id(), nullable=False),
        sa.Column("valid_from", sa.String(), nullable=False),
        sa.Column("valid_to", sa.String(), nullable=False),
        sa.Column("equity_share", sa.Text(), nullable=False),
        sa.Column("financial_control", sa.Integer(), nullable=False),
        sa.Column("is_operated", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["book", "entity"], ["entity.book", "entity.id"], name="fk_holding_entity"
        ),
        sa.PrimaryKeyConstraint("book", "entity", "valid_from", name="pk_holding"),
    )
