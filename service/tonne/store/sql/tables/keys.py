"""The tables of record keys, and of records of one id; a part of `schema`."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    text,
)

from tonne.store.sql.types import METADATA, UtcTime, id_type

_id, metadata = id_type, METADATA

book_key = Table(
    "book_key",
    metadata,
    Column("book", _id(), ForeignKey("book.id"), primary_key=True),
    # Under which the ids of the book's records are hashed: 16 bytes, drawn once, never changed.
    Column("hash_key", LargeBinary, nullable=False),
    # Segments up to this seq have been compared with each other.
    Column("checked_seq", BigInteger, nullable=False),
    # What becomes of a record that says what another one of its id says: reverse, report.
    Column("rule", String, nullable=False),
)

# The live key files: that of a segment, or a part of a run that was merged of several.
key_file = Table(
    "key_file",
    metadata,
    Column("file_id", String, primary_key=True),
    Column("book", _id(), nullable=False),
    Column("segment", BigInteger),  # seq of the one segment whose records these are
    Column("run", String, nullable=False),  # the parts of a run share it
    # Buckets of the first 12 bits of a hash that the part has; the second one is exclusive.
    Column("first_bucket", Integer, nullable=False),
    Column("stop_bucket", Integer, nullable=False),
    Index(None, "book", "segment"),
)

same_record = Table(
    "same_record",
    metadata,
    Column("book", _id(), ForeignKey("book.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),  # from 1, without gaps
    Column("kind", String, nullable=False),  # duplicate, conflict
    Column("state", String, nullable=False),  # open, deciding, decided
    Column("record_id", _id(), nullable=False),
    Column("facility", Text, nullable=False),
    Column("activity", Text, nullable=False),
    # Months, since 1970-01, in which one of the records has a part.
    Column("first_period", Integer, nullable=False),
    Column("last_period", Integer, nullable=False),
    Column("record_count", BigInteger, nullable=False),
    Column("members", Text, nullable=False),  # JSON
    Column("decision", Text, nullable=False),  # JSON: which members are kept; empty: none yet
    Column("author", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("create_time", UtcTime, nullable=False),
    Column("decide_time", UtcTime),
    Index(
        "ix_same_record_open",
        "book",
        "record_id",
        "kind",
        unique=True,
        postgresql_where=text("state = 'open'"),
        sqlite_where=text("state = 'open'"),
    ),
    Index(None, "book", "record_id"),
)
