"""Overlaps of records: what was found, what was accepted, how far months were looked at."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

# What an older Tonne commits beside this one names no months: the first look notes them.
works_from = "0021"


def _id() -> sa.String:
    return sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the tables. Nothing is looked at before somebody asks or closes a month."""
    _make_overlaps()
    op.create_table(
        "several_meters",
        sa.Column("book", _id(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("facility", _id(), nullable=False),
        sa.Column("activity", _id(), nullable=False),
        sa.Column("first_period", sa.Integer(), nullable=False),
        sa.Column("last_period", sa.Integer(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("create_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("end_author", sa.Text(), nullable=False),
        sa.Column("end_reason", sa.Text(), nullable=False),
        sa.Column("end_time", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["book"], ["book.id"], name="fk_several_meters_book"),
        sa.PrimaryKeyConstraint("book", "number", name="pk_several_meters"),
    )
    op.create_table(
        "overlap_check",
        sa.Column("book", _id(), nullable=False),
        sa.Column("period", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("untold_count", sa.BigInteger(), nullable=False),
        sa.Column("create_time", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["book"], ["book.id"], name="fk_overlap_check_book"),
        sa.PrimaryKeyConstraint("book", "period", name="pk_overlap_check"),
    )


def _make_overlaps() -> None:
    op.create_table(
        "overlap",
        sa.Column("book", _id(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("facility", _id(), nullable=False),
        sa.Column("activity", _id(), nullable=False),
        sa.Column("first_source", _id(), nullable=False),
        sa.Column("second_source", _id(), nullable=False),
        sa.Column("create_time", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["book"], ["book.id"], name="fk_overlap_book"),
        sa.PrimaryKeyConstraint("book", "number", name="pk_overlap"),
    )
    op.create_index(
        "ix_overlap_book_facility_activity_first_source_second_source",
        "overlap",
        ["book", "facility", "activity", "first_source", "second_source"],
        unique=True,
    )
    op.create_table(
        "overlap_month",
        sa.Column("book", _id(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("period", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("record_count", sa.BigInteger(), nullable=False),
        sa.Column("pair_count", sa.BigInteger(), nullable=False),
        sa.Column("sides", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("accepted_record_count", sa.BigInteger(), nullable=False),
        sa.Column("accepted_pair_count", sa.BigInteger(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("accept_time", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("book", "number", "period", name="pk_overlap_month"),
    )
    op.create_index("ix_overlap_month_book_period", "overlap_month", ["book", "period"])
