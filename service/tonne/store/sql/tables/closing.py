"""The tables of periods, of restatements and of the log of changes; a part of `schema`."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table, Text

from tonne.store.sql.types import METADATA, UtcTime, id_type

_id, metadata = id_type, METADATA

# Months that have postings.
period = Table(
    "period",
    metadata,
    Column("book", _id(), ForeignKey("book.id"), primary_key=True),
    Column("period", Integer, primary_key=True, autoincrement=False),
    Column("state", Integer, nullable=False),
)

# One row for each close of a period; what was sealed or reopened stays, with who and why.
period_close = Table(
    "period_close",
    metadata,
    Column("book", _id(), ForeignKey("book.id"), primary_key=True),
    Column("period", Integer, primary_key=True, autoincrement=False),
    Column("revision", Integer, primary_key=True, autoincrement=False),  # from 1, without gaps
    Column("seq", BigInteger, nullable=False),  # the book's commit number at the close
    Column("accepted_json", Text, nullable=False),  # what stood against it, and why it closed
    Column("author", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("create_time", UtcTime, nullable=False),
    Column("seal_seq", BigInteger),
    Column("seal_author", Text),
    Column("seal_reason", Text),
    Column("seal_time", UtcTime),
    Column("reopen_seq", BigInteger),
    Column("reopen_author", Text),
    Column("reopen_reason", Text),
    Column("reopen_time", UtcTime),
)

# Acts that post records again under the rules in force: who, why, which records, how far.
restatement = Table(
    "restatement",
    metadata,
    Column("book", _id(), ForeignKey("book.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),  # from 1, without gaps
    Column("id", _id(), nullable=False),
    Column("selection", Text, nullable=False),  # canonical JSON
    Column("cause", String, nullable=False),
    Column("author", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("first_period", Integer, nullable=False),  # months that are asked about
    Column("last_period", Integer, nullable=False),
    Column("begin_seq", BigInteger, nullable=False),  # as of it nothing is restated yet
    Column("create_time", UtcTime, nullable=False),
    Column("end_seq", BigInteger),  # as of it all is; null: it is under way
    Column("end_time", UtcTime),
    Column("unchanged_count", BigInteger, nullable=False),  # posted so already
    Column("left_count", BigInteger, nullable=False),  # that the rules do not post: they stay
    Index(None, "book", "id", unique=True),
)

# Every change but the commits of records: written in the transaction that changes.
change = Table(
    "change",
    metadata,
    Column("book", _id(), ForeignKey("book.id"), primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),  # from 1, without gaps
    Column("kind", String, nullable=False),
    Column("object", _id(), nullable=False),
    Column("before_json", Text, nullable=False),  # empty: it was not there
    Column("after_json", Text, nullable=False),  # empty: it is not there any more
    Column("author", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("caller", Text, nullable=False),
    Column("seq", BigInteger, nullable=False),  # the book's last number, with its own
    Column("create_time", UtcTime, nullable=False),
    Index(None, "book", "kind", "object", "number"),
)
