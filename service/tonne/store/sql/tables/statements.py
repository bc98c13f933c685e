"""The tables of statements; a part of `schema`."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from tonne.store.sql.types import METADATA, UtcTime, id_type

_id, metadata = id_type, METADATA

statement = Table(
    "statement",
    metadata,
    Column("book", _id(), ForeignKey("book.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),  # from 1, without gaps
    Column("kind", String, nullable=False),
    Column("id", _id(), nullable=False),
    Column("version", Integer, nullable=False),  # of kind and id: from 1, without gaps
    Column("valid_from", String, nullable=False),  # ISO day
    Column("body", Text, nullable=False),  # canonical JSON; empty: withdrawn
    # What statements of a kind in force may not share, such as the serials of a lot; or empty.
    Column("key", _id(), nullable=False),
    Column("author", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("create_time", UtcTime, nullable=False),  # rises with the number
    UniqueConstraint("book", "kind", "id", "version"),
    Index(None, "book", "key"),
)

# What calls with a request id stated, so that a repeat of one states nothing.
statement_request = Table(
    "statement_request",
    metadata,
    Column("book", _id(), ForeignKey("book.id"), primary_key=True),
    Column("request_id", _id(), primary_key=True),
    Column("sha256", String, nullable=False),  # of what was stated
    Column("number", Integer, nullable=False),  # the last statement of the book behind it
)
