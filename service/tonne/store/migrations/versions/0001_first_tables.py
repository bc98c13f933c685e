"""The first tables: books, editions, channels, commits and their files."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

works_from = "0001"


def _id() -> Any:
    return sa.String().with_variant(sa.String(collation="C"), "postgresql")


def _exact() -> Any:
    return sa.Text().with_variant(sa.Numeric(39, 0), "postgresql")


def upgrade() -> None:
    """Make the tables in an empty database."""
    _create_books()
    _create_catalogue()
    _create_channels()
    _create_commits()


def _create_books() -> None:
    """Make books, their resolutions and their periods."""
    op.create_table(
        "book",
        sa.Column("id", _id(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("facility_rule", sa.Integer(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("commit_seq", sa.BigInteger(), nullable=False),
        sa.Column("create_time", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_book"),
    )
    op.create_table(
        "resolution",
        sa.Column("book", _id(), nullable=False),
        sa.Column("id", _id(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["book"], ["book.id"], name="fk_resolution_book"),
        sa.PrimaryKeyConstraint("book", "id", name="pk_resolution"),
    )
    op.create_table(
        "period",
        sa.Column("book", _id(), nullable=False),
        sa.Column("period", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("state", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["book"], ["book.id"], name="fk_period_book"),
        sa.PrimaryKeyConstraint("book", "period", name="pk_period"),
    )


def _create_catalogue() -> None:
    """Make what decides how the records of a book are resolved: factors and facilities."""
    op.create_table(
        "edition",
        sa.Column("book", _id(), nullable=False),
        sa.Column("id", _id(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("factors_count", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("create_time", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["book"], ["book.id"], name="fk_edition_book"),
        sa.PrimaryKeyConstraint("book", "id", name="pk_edition"),
    )
    op.create_table(
        "factor",
        sa.Column("book", _id(), nullable=False),
        sa.Column("edition", _id(), nullable=False),
        sa.Column("row", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("activity", _id(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.String(), nullable=False),
        sa.Column("valid_to", sa.String(), nullable=False),
        sa.Column("kg_co2e", sa.Text(), nullable=False),
        sa.Column("kg_co2", sa.Text(), nullable=False),
        sa.Column("kg_ch4", sa.Text(), nullable=False),
        sa.Column("kg_n2o", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("table", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["book", "edition"], ["edition.book", "edition.id"], name="fk_factor_edition"
        ),
        sa.PrimaryKeyConstraint("book", "edition", "row", name="pk_factor"),
    )
    op.create_index(
        "ix_factor_book_edition_activity_row", "factor", ["book", "edition", "activity", "row"]
    )
    op.create_table(
        "facility",
        sa.Column("book", _id(), nullable=False),
        sa.Column("id", _id(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("ownership", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.String(), nullable=False),
        sa.Column("valid_to", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["book"], ["book.id"], name="fk_facility_book"),
        sa.PrimaryKeyConstraint("book", "id", name="pk_facility"),
    )


def _create_channels() -> None:
    """Make who sends records, and how far each one has come."""
    op.create_table(
        "channel",
        sa.Column("book", _id(), nullable=False),
        sa.Column("id", _id(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("committed_offset", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Integer(), nullable=False),
        sa.Column("records_count", sa.BigInteger(), nullable=False),
        sa.Column("posted_count", sa.BigInteger(), nullable=False),
        sa.Column("quarantined_count", sa.BigInteger(), nullable=False),
        sa.Column("suspended_count", sa.BigInteger(), nullable=False),
        sa.Column("quantity_micro", _exact(), nullable=False),
        sa.Column("create_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("commit_time", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["book"], ["book.id"], name="fk_channel_book"),
        sa.PrimaryKeyConstraint("book", "id", name="pk_channel"),
    )
    op.create_table(
        "request",
        sa.Column("book", _id(), nullable=False),
        sa.Column("id", _id(), nullable=False),
        sa.Column("content_sha256", sa.String(), nullable=False),
        sa.Column("records_count", sa.BigInteger(), nullable=False),
        sa.Column("posted_count", sa.BigInteger(), nullable=False),
        sa.Column("quarantined_count", sa.BigInteger(), nullable=False),
        sa.Column("suspended_count", sa.BigInteger(), nullable=False),
        sa.Column("quantity_micro", _exact(), nullable=False),
        sa.Column("row_errors_json", sa.Text(), nullable=False),
        sa.Column("commit_id", sa.String(), nullable=False),
        sa.Column("create_time", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("book", "id", name="pk_request"),
    )
    op.create_table(
        "lease",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("expire_time", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_lease"),
    )


def _create_commits() -> None:
    """Make what is committed: the commits, their files, the offsets these cover."""
    op.create_table(
        "ledger_commit",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("book", _id(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("create_time", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["book"], ["book.id"], name="fk_ledger_commit_book"),
        sa.PrimaryKeyConstraint("id", name="pk_ledger_commit"),
        sa.UniqueConstraint("book", "seq", name="uq_ledger_commit_book_seq"),
    )
    op.create_table(
        "file",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("book", _id(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("path", _id(), nullable=False),
        sa.Column("row_count", sa.BigInteger(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("commit_id", sa.String(), nullable=True),
        sa.Column("seq", sa.BigInteger(), nullable=True),
        sa.Column("suspended_count", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("dead_time", sa.DateTime(timezone=True), nullable=True),
        sa.Column("create_time", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["commit_id"], ["ledger_commit.id"], name="fk_file_ledger_commit"),
        sa.PrimaryKeyConstraint("id", name="pk_file"),
        sa.UniqueConstraint("book", "seq", name="uq_file_book_seq"),
        sa.UniqueConstraint("path", name="uq_file_path"),
    )
    op.create_index("ix_file_book_kind_state_seq", "file", ["book", "kind", "state", "seq"])
    op.create_index("ix_file_state_dead_time", "file", ["state", "dead_time"])
    op.create_table(
        "file_range",
        sa.Column("file_id", sa.String(), nullable=False),
        sa.Column("channel", _id(), nullable=False),
        sa.Column("first_offset", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("stop_offset", sa.BigInteger(), nullable=False),
        sa.Column("commit_id", sa.String(), nullable=False),
        sa.Column("book", _id(), nullable=False),
        sa.PrimaryKeyConstraint("file_id", "channel", "first_offset", name="pk_file_range"),
    )
    op.create_index(
        "ix_file_range_book_channel_stop_offset", "file_range", ["book", "channel", "stop_offset"]
    )
