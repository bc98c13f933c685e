"""Which file brought which records, and which records stand for others in quarantine."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# Tables of their own: who does not know them leaves them alone.
works_from = "0002"


def _id() -> sa.String:
    return sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    """Make both tables."""
    op.create_table(
        "mend",
        sa.Column("book", _id(), nullable=False),
        sa.Column("source", _id(), nullable=False),
        sa.Column("offset", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("channel", _id(), nullable=False),
        sa.Column("channel_offset", sa.BigInteger(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("request", sa.String(), nullable=False),
        sa.Column("request_index", sa.Integer(), nullable=False),
        sa.Column("commit_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("book", "source", "offset", name="pk_mend"),
    )
    op.create_index(
        "ix_mend_book_channel_channel_offset", "mend", ["book", "channel", "channel_offset"]
    )
    op.create_table(
        "file_import",
        sa.Column("book", _id(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("channel", _id(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("first_offset", sa.BigInteger(), nullable=False),
        sa.Column("record_count", sa.BigInteger(), nullable=False),
        sa.Column("profile", sa.Text(), nullable=False),
        sa.Column("profile_sha256", sa.String(), nullable=False),
        sa.Column("sketch", sa.LargeBinary(), nullable=False),
        sa.Column("sketch_count", sa.BigInteger(), nullable=False),
        sa.Column("caller", sa.Text(), nullable=False),
        sa.Column("create_time", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["book"], ["book.id"], name="fk_file_import_book"),
        sa.PrimaryKeyConstraint("book", "number", name="pk_file_import"),
        sa.UniqueConstraint(
            "book",
            "channel",
            "first_offset",
            "sha256",
            "profile_sha256",
            name="uq_file_import_book_channel_first_offset_sha256_profile_sha256",
        ),
    )
