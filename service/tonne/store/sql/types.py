"""Types of columns that both databases keep exactly, and the names of what tables have."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import DateTime, MetaData, Numeric, String, Text, TypeDecorator

from tonne.errors import QuantityOverflow

if TYPE_CHECKING:
    from sqlalchemy import Dialect
    from sqlalchemy.types import TypeEngine

DIGITS_MAX = 57
"""Digits of an exact whole number: 39 before the point of a quantity, and its 18 places."""

_LIMIT = 10**DIGITS_MAX


def id_type() -> String:
    """Type an id: ordered by its bytes in both databases, so that pages have the same order."""
    return String().with_variant(String(collation="C"), "postgresql")


METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class ExactInteger(TypeDecorator[int]):
    """A whole number of up to 57 digits: NUMERIC(57, 0), or decimal text where that is a float.

    Sums of it are made in Python, under the lock of the row.
    """

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """NUMERIC on PostgreSQL, TEXT on SQLite, whose numbers end at 64 bits."""
        exact = Numeric(DIGITS_MAX, 0) if dialect.name == "postgresql" else Text()
        return dialect.type_descriptor(exact)

    def process_bind_param(self, value: int | None, dialect: Dialect) -> Decimal | str | None:
        """Refuse what has more digits; never round."""
        if value is None:
            return None
        if not -_LIMIT < value < _LIMIT:
            raise QuantityOverflow.of_sum(f"got {value}")
        return Decimal(value) if dialect.name == "postgresql" else str(value)

    def process_result_value(self, value: Decimal | str | None, dialect: Dialect) -> int | None:
        """Read it back as an int."""
        del dialect
        return None if value is None else int(value)


class UtcTime(TypeDecorator[dt.datetime]):
    """A moment in UTC, aware in Python, in microseconds."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> Any:
        """Refuse a time without zone, whose moment nobody knows."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time needs a time zone; got {value.isoformat()}")
        moment = value.astimezone(dt.UTC)
        return moment if dialect.name == "postgresql" else moment.replace(tzinfo=None)

    def process_result_value(
        self, value: dt.datetime | None, dialect: Dialect
    ) -> dt.datetime | None:
        """Read it back in UTC, whatever the zone of the connection."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)
