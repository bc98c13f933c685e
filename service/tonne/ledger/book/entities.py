"""What the entities of an organisation must be: each by itself, and all of them as a tree."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from tonne.catalogue.words.method import is_day
from tonne.errors import FieldInvalid
from tonne.ledger.book.facilities import ID_BYTES_MAX, TEXT_CHARACTERS_MAX

if TYPE_CHECKING:
    from collections.abc import Mapping

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
