"""What the entities of an organisation must be: each by itself, and all of them as a tree."""

from __future__ import annotations

import datetime as dt
import itertools
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from tonne.catalogue.words.method import is_day
from tonne.errors import FieldInvalid
from tonne.ledger.book.facilities import ID_BYTES_MAX, TEXT_CHARACTERS_MAX
from tonne.model import day_of_number, number_of_day

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tonne.model import Entity, Holding

ENTITIES_MAX = 10_000
"""Most entities of one import."""

HOLDINGS_MAX = 1000
"""Most holdings of one entity."""

_SHARE = re.compile(r"(?:0(?:\.\d{1,24})?|1(?:\.0{1,24})?)", re.ASCII)


def check_entity(entity: Entity, place: str) -> Entity:
    """Return an entity whose fields are right, its holdings in order of time.

    Raises
    ------
    FieldInvalid
        Naming `place`.
    """
    if not 0 < len(entity.id.encode()) <= ID_BYTES_MAX:
        raise _invalid(place, "id", f"1 to {ID_BYTES_MAX} bytes", repr(entity.id))
    for name in ("id", "display_name", "parent"):
        text = getattr(entity, name)
        if len(text) > TEXT_CHARACTERS_MAX or "\x00" in text:
            expected = f"at most {TEXT_CHARACTERS_MAX} characters, none of them NUL"
            raise _invalid(place, name, expected, "others")
    if len(entity.holdings) > HOLDINGS_MAX:
        got = str(len(entity.holdings))
        raise _invalid(place, "holdings", f"at most {HOLDINGS_MAX}", got)
    for holding in entity.holdings:
        _check_holding(holding, place)
    holdings = tuple(sorted(entity.holdings, key=lambda each: each.valid_from))
    for before, after in itertools.pairwise(holdings):
        if not before.valid_to or after.valid_from < before.valid_to:
            end = before.valid_to or "no end"
            raise _invalid(
                place,
                "valid_from",
                f"holdings of {entity.id!r} that do not overlap; got one with {end}",
                f"and the next from {after.valid_from or 'the beginning'}",
            )
    return replace(entity, holdings=holdings)


def check_tree(entities: Mapping[str, Entity]) -> None:
    """Check that every parent is there and that nothing belongs to itself.

    Raises
    ------
    FieldInvalid
        Naming the entity.
    """
    rooted: set[str] = set()
    for entity in entities.values():
        path: dict[str, None] = {}
        link = entity
        while link.id not in rooted:
            if link.id in path:
                circle = " -> ".join([*path, link.id])
                raise _invalid(link.id, "parent", "a tree", f"the circle {circle}")
            path[link.id] = None
            if not link.parent:
                break
            if link.parent not in entities:
                expected = "an entity of the book or of this import, or nothing"
                raise _invalid(link.id, "parent", expected, repr(link.parent))
            link = entities[link.parent]
        rooted.update(path)


def share_cuts(
    register: pl.DataFrame, entities: Sequence[Entity]
) -> tuple[list[frozenset[int]], pl.DataFrame]:
    """Find the dates within months on which shares of facilities may change.

    Returns
    -------
    tuple of list of frozenset of int and polars.DataFrame
        Sets of days, the first of them empty; facility and `cuts`, the number of its set, of the
        facilities that have one. Facilities of one entity and one time share a set.
    """
    by_id = {entity.id: entity for entity in entities}
    profile = ["entity", "valid_from", "valid_to"]
    numbers: dict[frozenset[int], int] = {frozenset(): 0}
    rows = []
    for row in register.select(profile).unique(maintain_order=True).iter_rows():
        days = frozenset(day for day in share_days(by_id, *row) if day_of_number(day).day > 1)
        rows.append((*row, numbers.setdefault(days, len(numbers))))
    schema = {**dict.fromkeys(profile, pl.String), "cuts": pl.Int32}
    table = pl.DataFrame(rows, schema=schema, orient="row").filter(pl.col("cuts") > 0)
    cuts = register.select("facility", *profile).join(table, on=profile, how="inner")
    return list(numbers), cuts.select("facility", "cuts")


def share_days(
    entities: Mapping[str, Entity], entity: str, valid_from: str, valid_to: str
) -> tuple[int, ...]:
    """Find the days on which a facility's share may change, whatever the approach.

    Parameters
    ----------
    entities : mapping of str to Entity
        All entities of the book.
    entity, valid_from, valid_to : str
        Of the facility; all may be empty.

    Returns
    -------
    tuple of int
        Days since 1970-01-01, ascending: those of the facility itself, and of the holdings of
        its entity and of all that this belongs to.
    """
    days = {valid_from, valid_to}
    path: set[str] = set()
    while entity in entities and entity not in path:
        path.add(entity)
        for holding in entities[entity].holdings:
            days |= {holding.valid_from, holding.valid_to}
        entity = entities[entity].parent
    return tuple(sorted(number_of_day(dt.date.fromisoformat(day)) for day in days if day))


def _check_holding(holding: Holding, place: str) -> None:
    if not _SHARE.fullmatch(holding.equity_share):
        expected = "a decimal from 0 to 1, like 0.83"
        raise _invalid(place, "equity_share", expected, repr(holding.equity_share))
    for name in ("valid_from", "valid_to"):
        day = getattr(holding, name)
        if day and not is_day(day):
            raise _invalid(place, name, "a day as YYYY-MM-DD, or nothing", repr(day))
    if holding.valid_to and holding.valid_to <= holding.valid_from:
        expected = f"a day after valid_from ({holding.valid_from})"
        raise _invalid(place, "valid_to", expected, repr(holding.valid_to))


def _invalid(place: str, field: str, expected: str, got: str) -> FieldInvalid:
    return FieldInvalid(
        f"entities: {place}, {field}: expected {expected}; got {got}",
        metadata={"place": place, "field": field},
    )
