"""The tables of facilities and entities; a part of `schema`."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Table,
    Text,
)

from tonne.store.sql.types import METADATA, id_type

_id, metadata = id_type, METADATA

facility = Table(
    "facility",
    metadata,
    Column("book", _id(), ForeignKey("book.id"), primary_key=True),
    Column("id", _id(), primary_key=True),
    Column("display_name", Text, nullable=False),
    Column("type", String, nullable=False),
    Column("region", Text, nullable=False),
    Column("entity", Text, nullable=False),
    Column("ownership", Text, nullable=False),
    Column("valid_from", String, nullable=False),
    Column("valid_to", String, nullable=False),
    # The book's at the last change of the facility; 0 where an older Tonne made it.
    Column("revision", BigInteger, nullable=False, server_default="0"),
    Index(None, "book", "revision"),
)

entity = Table(
    "entity",
    metadata,
    Column("book", _id(), ForeignKey("book.id"), primary_key=True),
    Column("id", _id(), primary_key=True),
    Column("display_name", Text, nullable=False),
    Column("parent", _id(), nullable=False),  # empty: the reporting organisation itself
    # The book's at the last change of the entity; 0 where it was made before such were noted.
    Column("revision", BigInteger, nullable=False, server_default="0"),
)

holding = Table(
    "holding",
    metadata,
    Column("book", _id(), primary_key=True),
    Column("entity", _id(), primary_key=True),
    Column("valid_from", String, primary_key=True),
    Column("valid_to", String, nullable=False),
    Column("equity_share", Text, nullable=False),
    Column("financial_control", Integer, nullable=False),
    Column("is_operated", Boolean, nullable=False),
    ForeignKeyConstraint(["book", "entity"], ["entity.book", "entity.id"]),
)
