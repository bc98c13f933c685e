"""Runs of mappings as columns: what thousands of records cost one message each, one frame does."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import polars as pl

from tonne.client.answers.records import RECORD_FIELDS, REQUIRED_FIELDS, attributes_text
from tonne.client.wire.frames import INSTANT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

_NUMBERS = frozenset({int, str, Decimal})
_NONE = type(None)


def frame_of(mappings: Sequence[object]) -> pl.DataFrame | None:
    """Put records into a frame that says the same as their messages.

    Returns
    -------
    polars.DataFrame or None
        For `prepare_frame`. None where a mapping is no dict, has a key that is no field, or
        where a column has types that a frame cannot hold beside each other: who makes a message
        of each record finds the one at fault, if it is one.
    """
    if set(map(type, mappings)) != {dict}:
        return None
    records: Sequence[dict[str, object]] = mappings  # type: ignore[assignment]  # by their types
    layouts = set(map(tuple, records))
    names = {name for layout in layouts for name in layout}
    if not names or not names <= _FIELDS:
        return None
    columns: Iterable[tuple[str, Sequence[object]]]
    if len(layouts) == 1:
        columns = zip(layouts.pop(), zip(*map(dict.values, records), strict=True), strict=True)
    else:
        columns = ((name, [each.get(name) for each in records]) for name in names)
    try:
        found = {name: _COLUMNS.get(name, _texts)(values) for name, values in columns}
    except (TypeError, ValueError, OverflowError, pl.exceptions.PolarsError):
        return None
    if any(column is None for column in found.values()):
        return None
    missing = {name: None for name in REQUIRED_FIELDS if name not in found}
    return pl.DataFrame(found).with_columns(**missing)


def _kinds(values: Sequence[object]) -> set[type]:
    return set(map(type, values)) - {_NONE}


def _texts(values: Sequence[object]) -> pl.Series | None:
    return pl.Series(values, dtype=pl.String) if _kinds(values) <= {str} else None


def _quantities(values: Sequence[object]) -> pl.Series | None:
    kinds = _kinds(values)
    if kinds == {float}:
        return pl.Series(values, dtype=pl.Float64)
    if kinds <= {str}:
        return pl.Series(values, dtype=pl.String)
    if kinds <= _NUMBERS:
        return pl.Series([None if each is None else str(each) for each in values], dtype=pl.String)
    return None


def _times(values: Sequence[Any]) -> pl.Series | None:
    kinds = _kinds(values)
    if kinds <= {str}:
        return pl.Series(values, dtype=pl.String)
    if kinds == {dt.date}:
        return pl.Series(values, dtype=pl.Date)
    if kinds != {dt.datetime}:
        return None
    zones = {each.tzinfo for each in values if each is not None}
    naive = values if zones == {None} else [each and _utc(each) for each in values]
    return pl.Series(naive, dtype=pl.Datetime("us")).dt.replace_time_zone("UTC").cast(INSTANT)


def _utc(time: dt.datetime) -> dt.datetime:
    """Give a time in UTC without its zone; without one it is UTC already."""
    return time.astimezone(dt.UTC).replace(tzinfo=None) if time.tzinfo else time


def _attributes(values: Sequence[object]) -> pl.Series | None:
    if not _kinds(values) <= {str, dict}:
        return None
    return pl.Series(
        [None if each is None else attributes_text(each) for each in values], dtype=pl.String
    )


_FIELDS = frozenset(RECORD_FIELDS)

_COLUMNS: Mapping[str, Callable[[Sequence[Any]], pl.Series | None]] = {
    "quantity": _quantities,
    "start": _times,
    "end": _times,
    "attributes": _attributes,
}
