"""The register of facilities, and the entities that they belong to."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from tonne.errors import FieldInvalid
from tonne.ledger.book.entities import ENTITIES_MAX, check_entity, check_tree
from tonne.ledger.book.facilities import check_facility
from tonne.ledger.book.part import LedgerPart, check_rows
from tonne.ledger.filters import Fields, day_field, key_field, text_field, word_field
from tonne.ledger.pages import FIRST_PAGE
from tonne.model import FACILITY_TYPES, check_id

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import polars as pl

    from tonne.ledger.pages import Ask, Page
    from tonne.model import Entity, Facility

FACILITIES_MAX = 10_000
"""Most facilities of one import."""

FACILITY_FIELDS = Fields(
    {
        "id": key_field(),
        "display_name": text_field("display_name"),
        "type": word_field(
            "type",
            {f"FACILITY_TYPE_{name.upper()}": name for name in FACILITY_TYPES if name},
            is_optional=True,
        ),
        "region": text_field("region"),
        "entity": text_field("entity"),
        "ownership": text_field("ownership"),
        "valid_from": day_field("valid_from"),
        "valid_to": day_field("valid_to"),
    },
    example='region = "DE" AND type = FACILITY_TYPE_OFFICE',
    key="id",
)
"""What a listing of facilities is filtered by."""

ENTITY_FIELDS = Fields(
    {
        "id": key_field(),
        "display_name": text_field("display_name"),
        "parent": text_field("parent"),
    },
    example='parent = "holding"',
    key="id",
)
"""What a listing of entities is filtered by."""


class Register(LedgerPart):
    """The facilities and entities of a ledger's books."""

    def import_facilities(self, book: str, facilities: Sequence[Facility]) -> tuple[int, int]:
        """Add facilities, or replace those of the same id: `(created, updated)` counts.

        Raises FieldInvalid, BookUnknown; then nothing was changed.
        """
        check_id("book", book)
        check_count("facilities", len(facilities), FACILITIES_MAX)
        check_rows("facilities", facilities, check_facility)
        _check_once("facilities", [facility.id for facility in facilities])
        return self._manifest.put_facilities(book, facilities)

    def update_facility(self, book: str, id_: str, changes: Mapping[str, Any]) -> Facility:
        """Change fields of a facility. Raises FieldInvalid, BookUnknown, NotRegistered."""
        return self._manifest.change_facility(
            check_id("book", book),
            id_,
            lambda before: check_facility(replace(before, **changes), "facility"),
        )

    def list_facilities(self, book: str, ask: Ask = FIRST_PAGE) -> Page[Facility]:
        """List the register in order of ids. Raises BookUnknown, FieldInvalid, PageTokenInvalid.

        A page may be short, or empty, and have a token still: see `store.sql.scan`.
        """
        query = ("facilities", check_id("book", book))
        find = partial(self._manifest.find_facilities, book)
        return self._tokens.find(query, FACILITY_FIELDS, ask, find)

    def facilities(self, book: str) -> pl.DataFrame:
        """Read the whole register, columns of `facilities.REGISTER_SCHEMA`."""
        return self._states.refresh(check_id("book", book)).register

    def import_entities(self, book: str, entities: Sequence[Entity]) -> tuple[int, int]:
        """Add entities, or replace those of the same id: `(created, updated)` counts.

        Raises FieldInvalid, BookUnknown; then nothing was changed.
        """
        check_id("book", book)
        check_count("entities", len(entities), ENTITIES_MAX)
        checked = check_rows("entities", entities, check_entity)
        _check_once("entities", [entity.id for entity in checked])
        return self._manifest.put_entities(book, checked, check_tree)

    def update_entity(self, book: str, id_: str, changes: Mapping[str, Any]) -> Entity:
        """Change fields of an entity. Raises FieldInvalid, BookUnknown, NotRegistered."""
        return self._manifest.change_entity(
            check_id("book", book),
            id_,
            lambda before: check_entity(replace(before, **changes), "entity"),
            check_tree,
        )

    def list_entities(self, book: str, ask: Ask = FIRST_PAGE) -> Page[Entity]:
        """List the entities in order of ids. Raises BookUnknown, FieldInvalid, PageTokenInvalid.

        A page may be short, or empty, and have a token still: see `store.sql.scan`.
        """
        query = ("entities", check_id("book", book))
        find = partial(self._manifest.find_entities, book)
        return self._tokens.find(query, ENTITY_FIELDS, ask, find)

    def entities(self, book: str) -> list[Entity]:
        """Read all entities in order of their ids. Raises NameInvalid, BookUnknown."""
        return self._manifest.list_entities(check_id("book", book))


def check_count(field: str, count: int, count_max: int) -> None:
    """Refuse an import of too many. Raises `FieldInvalid`."""
    if count > count_max:
        raise FieldInvalid(
            f"{field}: expected at most {count_max} in one import; got {count}: import them in "
            "several parts",
            metadata={"field": field},
        )


def _check_once(field: str, ids: Sequence[str]) -> None:
    seen = set()
    for index, each in enumerate(ids):
        if each in seen:
            raise FieldInvalid(
                f"{field}[{index}], id: expected each id once; got {each!r} again",
                metadata={"field": "id", "place": f"{field}[{index}]"},
            )
        seen.add(each)
