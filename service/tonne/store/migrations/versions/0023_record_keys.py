"""Keys of record ids, how far they were compared, and records of one id that a person decides."""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

# What an older Tonne commits beside this one has no key file; the upkeep makes it.
works_from = "0021"


def _id() -> sa.String:
    return sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the tables. Books that are there are told of duplicates, and nothing is reversed."""
    keys = op.create_table(
        "book_key",
        sa.Column("book", _id(), nullable=False),
        sa.Column("hash_key", sa.LargeBinary(), nullable=False),
        sa.Column("checked_seq", sa.BigInteger(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["book"], ["book.id"], name="fk_book_key_book"),
        sa.PrimaryKeyConstraint("book", name="pk_book_key"),
    )
    books = op.get_bind().execute(sa.text("SELECT id FROM book")).scalars().all()
    if books:
        op.bulk_insert(
            keys,
            [
                {
                    "book": book,
                    "hash_key": secrets.token_bytes(16),
                    "checked_seq": 0,
                    "rule": "report",
                }
                for book in books
            ],
        )
    op.create_table(
        "key_file",
        sa.Column("file_id", sa.String(), nullable=False),
        sa.Column("book", _id(), nullable=False),
        sa.Column("segment", sa.BigInteger(), nullable=True),
        sa.Column("run", sa.String(), nullable=False),
        sa.Column("first_bucket", sa.Integer(), nullable=False),
        sa.Column("stop_bucket", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("file_id", name="pk_key_file"),
    )
    op.create_index("ix_key_file_book_segment", "key_file", ["book", "segment"])
    op.create_table(
        "same_record",
        sa.Column("book", _id(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("record_id", _id(), nullable=False),
        sa.Column("facility", sa.Text(), nullable=False),
        sa.Column("activity", sa.Text(), nullable=False),
        sa.Column("first_period", sa.Integer(), nullable=False),
        sa.Column("last_period", sa.Integer(), nullable=False),
        sa.Column("record_count", sa.BigInteger(), nullable=False),
        sa.Column("members", sa.Text(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("create_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decide_time", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["book"], ["book.id"], name="fk_same_record_book"),
        sa.PrimaryKeyConstraint("book", "number", name="pk_same_record"),
    )
    is_open = sa.text("state = 'open'")
    op.create_index(
        "ix_same_record_open",
        "same_record",
        ["book", "record_id", "kind"],
        unique=True,
        postgresql_where=is_open,
        sqlite_where=is_open,
    )
    op.create_index("ix_same_record_book_record_id", "same_record", ["book", "record_id"])
