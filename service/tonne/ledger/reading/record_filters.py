"""By what listings of records are filtered, and how a filter looks at the frame of a file."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from tonne.ledger.filters import EQUALITY, Field, Fields, moment_field, text_field, word_field
from tonne.ledger.statuses import field_name
from tonne.model import RecordField, RowStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tonne.store.rows import Condition

NEVER_CLEARED: Final = ("channel", "record_id", "facility", "activity", "unit")
"""Columns that stand in a segment as they are listed: what is cleared later changes others."""

_COMPARISONS: Final[dict[str, Callable[[pl.Expr, Any], pl.Expr]]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "prefix": lambda value, prefix: value.str.starts_with(prefix),
    "set": lambda value, _: value != "",
}


def _read_source(text: str, book: str) -> str:
    """Read a channel, or a request: what its records stand under."""
    for prefix, kept in (
        (f"books/{book}/channels/", ""),
        (f"books/{book}/requests/", "requests/"),
    ):
        last = text.removeprefix(prefix)
        if last not in ("", text) and "/" not in last:
            return kept + last
    raise ValueError(text)


_SOURCE: Final = Field(
    "channel",
    EQUALITY,
    _read_source,
    "a name of the form books/{book}/channels/... or books/{book}/requests/...",
)
_RECORD_TEXTS: Final = {
    "record.record_id": text_field("record_id"),
    "record.facility": text_field("facility", is_optional=False),
    "record.activity": text_field("activity", is_optional=False),
    "record.unit": text_field("unit", is_optional=False),
    "record.region": text_field("region"),
}


def _statuses(statuses: Iterable[RowStatus]) -> dict[str, int]:
    return {f"ROW_STATUS_{each.name}": int(each) for each in statuses}


RECORD_FIELDS = Fields(
    {
        "channel": _SOURCE,
        **_RECORD_TEXTS,
        "record.start": moment_field("start"),
        "record.end": moment_field("end"),
        "status": word_field(
            "status",
            _statuses(each for each in RowStatus if not each.is_quarantine),
        ),
    },
    example='record.facility = "dc-1" AND record.start >= "2025-01-31T00:00:00Z"',
)
"""What a listing of durable records is filtered by."""

SUSPENSE_FIELDS = Fields(
    {
        **RECORD_FIELDS.fields,
        "status": word_field("status", _statuses(each for each in RowStatus if each.is_suspense)),
    },
    example='status = ROW_STATUS_FACTOR_MUST_EXIST AND record.activity = "fuel.diesel"',
)
"""What a listing of the records in suspense is filtered by."""

QUARANTINE_FIELDS = Fields(
    {
        "channel": _SOURCE,
        "status": word_field(
            "status", _statuses(each for each in RowStatus if each.is_quarantine)
        ),
        "field": word_field("field", {field_name(each): int(each) for each in RecordField}),
        **{
            f"record.{each}": text_field(each)
            for each in ("record_id", "facility", "activity", "unit", "region")
        },
    },
    example='field = quantity AND record.facility = "dc-1"',
)
"""What a listing of the records in quarantine is filtered by."""


def channel_of(conditions: Iterable[Condition]) -> str:
    """Give the channel that a filter wants alone, by which files are found; empty: any."""
    for each in conditions:
        if each.column == "channel" and each.operator == "=":
            return str(each.value)
    return ""


def match_of(conditions: Iterable[Condition]) -> pl.Expr:
    """Make the expression that conditions are in a frame; what is missing is an empty text."""
    parts = [pl.lit(True)]
    for each in conditions:
        column = pl.col(each.column)
        if isinstance(each.value, str) or each.operator == "set":
            column = column.cast(pl.String).fill_null("")
        parts.append(_COMPARISONS[each.operator](column, each.value))
    return pl.all_horizontal(parts)
