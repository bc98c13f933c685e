"""The tables of the manifest, in one place. `migrations/` makes them; a test compares the two.

There are no foreign keys on what a commit inserts by the hundred (ranges, requests): they are
written by one function in one transaction, and a check of each at COMMIT would lengthen the one
moment in which commits of a book wait for each other.

`factors_count`, `records_count`: older servers beside this one ask for these names.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from tonne.store.sql.tables import keys as keys  # noqa: PLC0414  # known to the metadata
from tonne.store.sql.tables import overlaps as overlaps  # noqa: PLC0414  # known to the metadata
from tonne.store.sql.tables.closing import period as period  # noqa: PLC0414  # named here, as all
from tonne.store.sql.tables.files import file_range as file_range  # noqa: PLC0414  # named here, as all
from tonne.store.sql.tables.files import span_columns
from tonne.store.sql.tables.moments import ledger_commit as ledger_commit  # noqa: PLC0414  # named here, as all
from tonne.store.sql.tables.moments import mark as mark  # noqa: PLC0414  # named here, as all
from tonne.store.sql.tables.moments import register_past as register_past  # noqa: PLC0414  # named here, as all
from tonne.store.sql.tables.register import entity as entity  # noqa: PLC0414  # named here, as all
from tonne.store.sql.tables.register import facility as facility  # noqa: PLC0414  # named here, as all
from tonne.store.sql.tables.register import holding as holding  # noqa: PLC0414  # named here, as all
from tonne.store.sql.tables.statements import statement as statement  # noqa: PLC0414  # named here, as all
from tonne.store.sql.tables.statements import (  # named here, as all
    statement_request as statement_request,  # noqa: PLC0414  # named here, as all
)
from tonne.store.sql.types import METADATA, ExactInteger, UtcTime, id_type

_id, metadata = id_type, METADATA

book = Table(
    "book",
    metadata,
    Column("id", _id(), primary_key=True),
    Column("display_name", Text, nullable=False),
    Column("time_zone", Text, nullable=False),
    Column("facility_rule", Integer, nullable=False),
    # Rises with whatever decides how records are resolved, posted and consolidated: the method,
    # facilities, entities, states of periods.
    Column("revision", BigInteger, nullable=False),
    # Names one state of what the revision counts, for ever: a database that lost its last
    # transactions gives out the same number again, for something else. Like "7.91f0…"; of another
    # number, or empty, where a Tonne raised the revision that knew no tokens.
    Column("revision_token", String, nullable=False, server_default=""),
    # The last seq that was given out; its row lock puts the commits of a book in order.
    Column("commit_seq", BigInteger, nullable=False),
    Column("create_time", UtcTime, nullable=False),
    Column("commit_time", UtcTime),  # of the last number; it only rises
    Column("day_end", UtcTime),  # of the day of that, in the time zone: then there is a mark
    # Months before these are closed, and sealed; 0 where none is.
    Column("closed_before", Integer, nullable=False, server_default="0"),
    Column("sealed_before", Integer, nullable=False, server_default="0"),
    # Whether a month is reopened where later ones are sealed, which reopens them.
    Column("reopens_sealed", Boolean, nullable=False, server_default=sa.false()),
    # What becomes of a record of a closed month: 1 refused, 2 it counts in the next open one.
    Column("late_records", Integer, nullable=False, server_default="1"),
)

# The last revisions of a book, each with its name: what says that one state came of another. A gap
# is a revision that an older Tonne made.
revision = Table(
    "revision",
    metadata,
    Column("book", _id(), ForeignKey("book.id"), primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("name", String, nullable=False),
)

method = Table(
    "method",
    metadata,
    Column("book", _id(), ForeignKey("book.id"), primary_key=True),
    # From 1, without gaps; the highest is in force.
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("body", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("create_time", UtcTime, nullable=False),
)

edition = Table(
    "edition",
    metadata,
    Column("book", _id(), ForeignKey("book.id"), primary_key=True),
    Column("id", _id(), primary_key=True),
    Column("rank", Integer, nullable=False),  # order of the imports; preference is the method's
    Column("factors_count", Integer, nullable=False),
    Column("sha256", String, nullable=False),
    Column("create_time", UtcTime, nullable=False),
)

factor = Table(
    "factor",
    metadata,
    Column("book", _id(), primary_key=True),
    Column("edition", _id(), primary_key=True),
    Column("row", Integer, primary_key=True, autoincrement=False),
    Column("activity", _id(), nullable=False),
    Column("region", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("valid_from", String, nullable=False),
    Column("valid_to", String, nullable=False),
    # Decimals exactly as the publisher printed them; empty where there is none.
    Column("kg_co2e", Text, nullable=False),
    Column("kg_co2", Text, nullable=False),
    Column("kg_ch4", Text, nullable=False),
    Column("kg_n2o", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("table", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("stage", Text, nullable=False, server_default=""),
    Column("gwp_set", Text, nullable=False, server_default=""),
    Column("co2e_ch4", Text, nullable=False, server_default=""),
    Column("co2e_n2o", Text, nullable=False, server_default=""),
    Column("kg_biogenic_co2", Text, nullable=False, server_default=""),
    Column("gases", Text, nullable=False, server_default=""),  # like HFC-32=0.5;HFC-125=0.5
    Column("kwh", Text, nullable=False, server_default=""),
    Column("loss", Text, nullable=False, server_default=""),
    Column("uncertainty", Text, nullable=False, server_default=""),
    Column("cell", Text, nullable=False, server_default=""),  # the row, as its publisher names it
    Column("licence", Text, nullable=False, server_default=""),
    Column("evidence", Text, nullable=False, server_default=""),
    Column("steps", Text, nullable=False, server_default=""),  # like ncv=20.3 GJ/t;oxidation=0.98
    Column("hours", Text, nullable=False, server_default=""),  # names a series
    ForeignKeyConstraint(["book", "edition"], ["edition.book", "edition.id"]),
    Index(None, "book", "edition", "activity", "row"),
)

channel = Table(
    "channel",
    metadata,
    Column("book", _id(), ForeignKey("book.id"), primary_key=True),
    Column("id", _id(), primary_key=True),
    Column("epoch", BigInteger, nullable=False),
    # Who opened the channel at this epoch, like "7.5c1e…": as the revision token of a book.
    Column("owner", String, nullable=False, server_default=""),
    # What `owner` was before the last opening.
    Column("previous_owner", String, nullable=False, server_default=""),
    Column("committed_offset", BigInteger, nullable=False),
    Column("state", Integer, nullable=False),
    Column("records_count", BigInteger, nullable=False),
    Column("posted_count", BigInteger, nullable=False),
    Column("quarantined_count", BigInteger, nullable=False),
    Column("suspended_count", BigInteger, nullable=False),
    Column("quantity_atto", ExactInteger, nullable=False),
    Column("create_time", UtcTime, nullable=False),
    Column("commit_time", UtcTime),
)

request = Table(
    "request",
    metadata,
    Column("book", _id(), primary_key=True),
    Column("id", _id(), primary_key=True),
    Column("content_sha256", String, nullable=False),
    Column("records_count", BigInteger, nullable=False),
    Column("posted_count", BigInteger, nullable=False),
    Column("quarantined_count", BigInteger, nullable=False),
    Column("suspended_count", BigInteger, nullable=False),
    Column("quantity_atto", ExactInteger, nullable=False),
    Column("row_errors_json", Text, nullable=False),
    Column("commit_id", String, nullable=False),
    Column("create_time", UtcTime, nullable=False),
)

mend = Table(
    "mend",
    metadata,
    Column("book", _id(), primary_key=True),
    # The record in quarantine or suspense that is superseded, as files name it: a channel id or
    # `requests/{id}`, and an offset there. Each is superseded once.
    Column("source", _id(), primary_key=True),
    Column("offset", BigInteger, primary_key=True, autoincrement=False),
    # The place in the channel that the record was appended to, however often it is mended; the
    # highest generation is in force.
    Column("channel", _id(), nullable=False),
    Column("channel_offset", BigInteger, nullable=False),
    Column("generation", Integer, nullable=False),
    # The record that stands for it: of a request, by its index there.
    Column("request", String, nullable=False),
    Column("request_index", Integer, nullable=False),
    Column("commit_id", String, nullable=False),
    # Where the one that is superseded waited in suspense: its segment.
    Column("segment", String, nullable=False, server_default=""),
    Index(None, "book", "channel", "channel_offset"),
)

file_import = Table(
    "file_import",
    metadata,
    Column("book", _id(), ForeignKey("book.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),  # from 1, without gaps
    Column("channel", _id(), nullable=False),
    Column("file_name", Text, nullable=False),
    Column("sha256", String, nullable=False),
    Column("first_offset", BigInteger, nullable=False),
    Column("record_count", BigInteger, nullable=False),
    Column("profile", Text, nullable=False),
    Column("profile_sha256", String, nullable=False),
    Column("sketch", LargeBinary, nullable=False),  # the least digests of records
    Column("sketch_count", BigInteger, nullable=False),
    Column("caller", Text, nullable=False),
    Column("create_time", UtcTime, nullable=False),
    # Where the channel stood when another import took the place of what was not durable of this
    # one; null where none did.
    Column("ended_offset", BigInteger),
    UniqueConstraint("book", "channel", "first_offset", "sha256", "profile_sha256"),
)

word = Table(
    "word",
    metadata,
    Column("book", _id(), ForeignKey("book.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),  # from 1, without gaps
    Column("field", String, nullable=False),  # activity, unit, region
    Column("key", _id(), nullable=False),  # the text as compared: its highest number is in force
    Column("text", Text, nullable=False),
    Column("meaning", Text, nullable=False),  # empty: none any more
    Column("author", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("create_time", UtcTime, nullable=False),
    Index(None, "book", "field", "key", "number"),
)

correction = Table(
    "correction",
    metadata,
    Column("book", _id(), ForeignKey("book.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),  # from 1, without gaps
    Column("kind", String, nullable=False),  # reversal, correction, restatement
    Column("selection", Text, nullable=False),  # what was asked for, for people
    Column("record_count", BigInteger, nullable=False),  # that were reversed
    Column("request", String, nullable=False),  # that posted the new records; empty: none
    Column("author", Text, nullable=False),
    Column("reason_code", String, nullable=False),
    Column("reason", Text, nullable=False),
    Column("commit_id", String, nullable=False),
    Column("create_time", UtcTime, nullable=False),
    Column("of_closed", Boolean, nullable=False, server_default=sa.false()),
    Column("restatement", _id(), nullable=False, server_default=""),  # its id; empty: of none
    Column("figures", Text, nullable=False, server_default=""),  # of a part of a restatement
    Index(None, "commit_id"),
    Index(None, "book", "restatement", "number"),
)

resolution = Table(
    "resolution",
    metadata,
    Column("book", _id(), ForeignKey("book.id"), primary_key=True),
    Column("id", _id(), primary_key=True),  # sha256 of the body
    Column("body", Text, nullable=False),
)

file = Table(
    "file",
    metadata,
    Column("id", String, primary_key=True),
    Column("book", _id(), nullable=False),
    # segment, postings, quarantine, clearing, keys, rollup, rollup_members, rollup_sites, orphan
    Column("kind", String, nullable=False),
    # Unique across all states: a commit and a collection that meet at one cannot both have it.
    Column("path", _id(), nullable=False, unique=True),
    Column("row_count", BigInteger, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("sha256", String, nullable=False),
    Column("commit_id", String, ForeignKey("ledger_commit.id")),
    Column("seq", BigInteger),
    Column("suspended_count", BigInteger, nullable=False),
    # Of a segment: how many of its records were reversed; it rises with each reversal.
    Column("reversed_count", BigInteger, nullable=False, server_default="0"),
    # Of a segment: how often records of it were posted again under other rules.
    Column("restated_count", BigInteger, nullable=False, server_default="0"),
    Column("state", String, nullable=False),  # live, dead, condemned
    Column("dead_time", UtcTime),
    Column("create_time", UtcTime, nullable=False),
    # Of a clearing: the segment whose records it posts. Of a rollup: the run that it is of.
    Column("segment", String),
    # Of a segment: the batch in which it is, or is about to be, in the published table.
    Column("publish_batch", BigInteger),
    # Of a dead file: when a collection first found it so, by the time of the upkeep.
    Column("list_time", UtcTime),
    # Of merged postings: the first and the last seq of what they sum.
    Column("first_commit", BigInteger),
    Column("last_commit", BigInteger),
    # Of a file of a commit: the first month in which what it posts counts; 0: each in its own.
    Column("counts_from", Integer, nullable=False, server_default="0"),
    *span_columns(),
    UniqueConstraint("book", "seq"),
    Index(None, "book", "kind", "state", "seq"),
    Index(None, "state", "dead_time"),
    Index(None, "segment"),
    Index(
        "ix_file_list_time",
        "list_time",
        postgresql_where=sa.text("state = 'dead'"),
        sqlite_where=sa.text("state = 'dead'"),
    ),
    Index(
        "ix_file_book_seq_suspended",
        "book",
        "seq",
        postgresql_where=sa.text("suspended_count > 0"),
        sqlite_where=sa.text("suspended_count > 0"),
    ),
    Index(
        "ix_file_book_publish_batch",
        "book",
        "publish_batch",
        "seq",
        postgresql_where=sa.text("kind = 'segment'"),
        sqlite_where=sa.text("kind = 'segment'"),
    ),
)

publication = Table(
    "publication",
    metadata,
    Column("book", _id(), ForeignKey("book.id"), primary_key=True),
    # Rises with every rebuild; the table and its transactions carry it.
    Column("generation", BigInteger, nullable=False),
    # A rebuild has begun to take the segments out of their batches.
    Column("is_resetting", Boolean, nullable=False),
    # The last batch that was written down, and the last one known to be in the table.
    Column("batch", BigInteger, nullable=False),
    Column("published_batch", BigInteger, nullable=False),
)

migration = Table(
    "migration",
    metadata,
    Column("revision", String, primary_key=True),
    # The oldest revision whose Tonne works on the tables of this one.
    Column("works_from", String, nullable=False),
    Column("create_time", UtcTime, nullable=False),
)

lease = Table(
    "lease",
    metadata,
    Column("name", String, primary_key=True),
    Column("holder", String, nullable=False),
    Column("fence", BigInteger, nullable=False),
    Column("expire_time", UtcTime, nullable=False),
)

page_token_key = Table(
    "page_token_key",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("key", LargeBinary, nullable=False),
    Column("create_time", UtcTime, nullable=False),
)

ledger = Table(
    "ledger",
    metadata,
    Column("row", Integer, primary_key=True, autoincrement=False),  # 1, and no other
    Column("id", String, nullable=False),
    # New whenever a restored manifest is adopted; `number` counts them from 1.
    Column("incarnation", String, nullable=False),
    Column("number", BigInteger, nullable=False),
    # The objects hold the identity too; until then it is being made.
    Column("is_placed", Boolean, nullable=False),
    # A backup made this manifest; it is adopted before anything serves it.
    Column("is_copy", Boolean, nullable=False),
    Column("create_time", UtcTime, nullable=False),
    Column("incarnation_time", UtcTime, nullable=False),
    # The time of the upkeep: see `identities.Identities.advance_upkeep`.
    Column("upkeep_time", UtcTime, nullable=False),
)

unknown_object = Table(
    "unknown_object",
    metadata,
    Column("path", _id(), primary_key=True),
    Column("size_bytes", BigInteger, nullable=False),
    Column("modified_time", UtcTime, nullable=False),  # by the storage's clock
    Column("list_time", UtcTime, nullable=False, index=True),  # first, by the upkeep's time
    Column("listing", String, nullable=False),  # the last one that met it
)
