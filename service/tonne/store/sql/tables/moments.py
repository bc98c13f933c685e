"""The tables that order what happens in books, and keep what was before; a part of `schema`."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from tonne.store.sql.types import METADATA, UtcTime, id_type

_id, metadata = id_type, METADATA

# Commits of records, and changes of what decides about them: a moment of the book each.
ledger_commit = Table(
    "ledger_commit",
    metadata,
    Column("id", String, primary_key=True),
    Column("book", _id(), ForeignKey("book.id"), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("revision", BigInteger, nullable=False),  # in force from then on
    Column("create_time", UtcTime, nullable=False),  # rises with the number
    Column("first_period", Integer),  # of its records, behind all without; null: of before
    UniqueConstraint("book", "seq"),
    Index(None, "book", "create_time", "seq"),
)

# Numbers of a book that no merge of postings crosses.
mark = Table(
    "mark",
    metadata,
    Column("book", _id(), ForeignKey("book.id"), primary_key=True),
    Column("commit", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", String, primary_key=True),  # start, day, close, seal
    Column("at", UtcTime, nullable=False),
)

# What a facility, an entity or the book itself was before a change.
register_past = Table(
    "register_past",
    metadata,
    Column("book", _id(), ForeignKey("book.id"), primary_key=True),
    Column("kind", String, primary_key=True),  # facility, entity, book
    Column("id", _id(), primary_key=True),
    # It was so at revisions of the book from the first one up to this, exclusive.
    Column("stop_revision", BigInteger, primary_key=True, autoincrement=False),
    Column("first_revision", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
    Index(None, "book", "kind", "stop_revision"),
)
