"""The facilities of a book in memory: in order of their ids, found by search, changed by change.

At a million facilities a look for a few of them must not go through all, and a change of one must
not read the others again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tonne.ledger.files.frames import Schema
    from tonne.model import Facility

REGISTER_SCHEMA: Schema = {
    "facility": pl.String,
    "display_name": pl.String,
    "type": pl.String,
    "region": pl.String,
    "entity": pl.String,
    "ownership": pl.String,
    "valid_from": pl.String,
    "valid_to": pl.String,
}
"""Columns of a register of facilities."""


def register_frame(facilities: Sequence[Facility]) -> pl.DataFrame:
    """Write a register as a frame: one row per facility, columns of `REGISTER_SCHEMA`."""
    columns = {
        name: [getattr(each, "id" if name == "facility" else name) for each in facilities]
        for name in REGISTER_SCHEMA
    }
    return pl.DataFrame(columns, schema=REGISTER_SCHEMA)


def read_register(parts: Iterable[Sequence[Sequence[str]]]) -> pl.DataFrame:
    """Write a register that comes in parts, each as the columns of `REGISTER_SCHEMA`."""
    empty = pl.DataFrame(schema=REGISTER_SCHEMA)
    frames = [pl.DataFrame(list(part), schema=REGISTER_SCHEMA) for part in parts]
    return pl.concat([empty, *frames])


def in_order(register: pl.DataFrame) -> pl.DataFrame:
    """Put a register in order of its ids, where it is not."""
    return register if register["facility"].is_sorted() else register.sort("facility")


def with_changes(register: pl.DataFrame, changed: pl.DataFrame) -> pl.DataFrame:
    """Put the facilities that are new or other than before into a register, both in order."""
    if changed.is_empty():
        return register
    kept = register.filter(~pl.col("facility").is_in(changed["facility"].implode()))
    return kept.merge_sorted(changed, key="facility")


def look_up(ids: pl.Series, values: pl.Series, asked: pl.Series) -> pl.Series:
    """Give the value of each id that is asked for; null where there is none.

    Parameters
    ----------
    ids, values : polars.Series
        Ids in order, each once, and what they have.
    asked : polars.Series
        Ids in any order.
    """
    if ids.is_empty():
        return pl.Series(values.name, [None], values.dtype).new_from_index(0, asked.len())
    places = pl.Series(ids.search_sorted(asked)).clip(upper_bound=ids.len() - 1)
    is_there = ids.gather(places) == asked
    return values.gather(places).set(~is_there, None)
