"""The tables of overlaps: what lies over what, who accepted it, how far it is looked at."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Table, Text

from tonne.store.sql.types import METADATA, UtcTime, id_type

_id, metadata = id_type, METADATA

# One for each facility, activity and two channels whose records lie over each other, for ever.
overlap = Table(
    "overlap",
    metadata,
    Column("book", _id(), ForeignKey("book.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),  # from 1, without gaps
    Column("facility", _id(), nullable=False),
    Column("activity", _id(), nullable=False),
    # Channel ids in their order, which may be one; `requests` of records posted by calls, `*` of
    # further channels.
    Column("first_source", _id(), nullable=False),
    Column("second_source", _id(), nullable=False),
    Column("create_time", UtcTime, nullable=False),
    Index(
        None,
        "book",
        "facility",
        "activity",
        "first_source",
        "second_source",
        unique=True,
    ),
)

# What of an overlap lies in a month, by the last check of it; no records: nothing any more.
overlap_month = Table(
    "overlap_month",
    metadata,
    Column("book", _id(), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("period", Integer, primary_key=True, autoincrement=False),
    Column("record_count", BigInteger, nullable=False),
    Column("pair_count", BigInteger, nullable=False),
    Column("sides", Text, nullable=False),  # JSON: what each side has
    Column("seq", BigInteger, nullable=False),  # commits up to which that check looked
    # What there was when somebody accepted it: more than that is undecided again.
    Column("accepted_record_count", BigInteger, nullable=False),
    Column("accepted_pair_count", BigInteger, nullable=False),
    Column("author", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("accept_time", UtcTime),
    Index(None, "book", "period"),
)

# Facilities that have several meters of an activity: their overlaps are accepted beforehand.
several_meters = Table(
    "several_meters",
    metadata,
    Column("book", _id(), ForeignKey("book.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),  # from 1, without gaps
    Column("facility", _id(), nullable=False),  # empty: of every facility
    Column("activity", _id(), nullable=False),  # `fuel.*` is a whole family
    Column("first_period", Integer, nullable=False),
    Column("last_period", Integer, nullable=False),
    Column("author", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("create_time", UtcTime, nullable=False),
    Column("end_author", Text, nullable=False),
    Column("end_reason", Text, nullable=False),
    Column("end_time", UtcTime),  # withdrawn
)

# Up to which commit the records of a month were laid side by side.
overlap_check = Table(
    "overlap_check",
    metadata,
    Column("book", _id(), ForeignKey("book.id"), primary_key=True),
    Column("period", Integer, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    Column("untold_count", BigInteger, nullable=False),  # found beyond what is written down
    Column("create_time", UtcTime, nullable=False),
)
