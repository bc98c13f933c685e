"""Facilities: what each must be, and a book's in memory, in order of their ids.

At a million of them a look for a few must not go through all, and a change of one must not read
the others again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from tonne.catalogue.words.method import is_day
from tonne.errors import FieldInvalid
from tonne.model import FACILITY_TYPES, Facility

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tonne.ledger.files.frames import Schema

TEXTS = ("display_name", "type", "region", "entity", "ownership", "valid_from", "valid_to")
"""Fields beside the id."""

ID_BYTES_MAX = 256
"""Longest facility id, as in a record."""

TEXT_CHARACTERS_MAX = 1000
"""Most characters of another field."""

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


def check_facility(facility: Facility, place: str) -> Facility:
    """Return a facility whose fields are right, else raise `FieldInvalid` naming `place`."""
    if not 0 < len(facility.id.encode()) <= ID_BYTES_MAX:
        raise _invalid(place, "id", f"1 to {ID_BYTES_MAX} bytes", repr(facility.id))
    if facility.type not in FACILITY_TYPES:
        known = ", ".join(FACILITY_TYPES[1:])
        raise _invalid(place, "type", f"one of {known}, or nothing", repr(facility.type))
    for name in TEXTS:
        if len(getattr(facility, name)) > TEXT_CHARACTERS_MAX:
            raise _invalid(place, name, f"at most {TEXT_CHARACTERS_MAX} characters", "more")
    for name in ("valid_from", "valid_to"):
        day = getattr(facility, name)
        if day and not is_day(day):
            raise _invalid(place, name, "a day as YYYY-MM-DD, or nothing", repr(day))
    if facility.valid_from and facility.valid_to and facility.valid_to <= facility.valid_from:
        raise _invalid(
            place,
            "valid_to",
            f"a day after valid_from ({facility.valid_from})",
            repr(facility.valid_to),
        )
    return facility


def _invalid(place: str, field: str, expected: str, got: str) -> FieldInvalid:
    return FieldInvalid(
        f"facilities: {place}, {field}: expected {expected}; got {got}",
        metadata={"place": place, "field": field},
    )


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
    places = places_of(ids, asked)
    if ids.is_empty():
        return places.cast(values.dtype).alias(values.name)
    return values.gather(places)


def places_of(ids: pl.Series, asked: pl.Series) -> pl.Series:
    """Give the place of each id that is asked for among ids in order; null where it is none."""
    if ids.is_empty():
        return pl.repeat(None, asked.len(), dtype=pl.UInt32, eager=True)
    places = pl.Series(ids.search_sorted(asked)).clip(upper_bound=ids.len() - 1)
    return places.set(ids.gather(places) != asked, None)
