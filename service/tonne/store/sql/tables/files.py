"""What is known of files beside their rows; a part of `schema`."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table, Text

from tonne.store.sql.types import METADATA, id_type

_id, metadata = id_type, METADATA


def span_columns() -> list[Column[int] | Column[str]]:
    """Make the columns of what a file is of: months of segments and of merged postings.

    Such postings have their facilities, too.
    """
    return [
        Column("first_period", Integer),
        Column("last_period", Integer),
        Column("first_facility", Text),
        Column("last_facility", Text),
    ]


file_range = Table(
    "file_range",
    metadata,
    Column("file_id", String, primary_key=True),
    Column("channel", _id(), primary_key=True),
    Column("first_offset", BigInteger, primary_key=True, autoincrement=False),
    Column("stop_offset", BigInteger, nullable=False),
    Column("commit_id", String, nullable=False),
    Column("book", _id(), nullable=False),
    Index(None, "book", "channel", "stop_offset"),
)
