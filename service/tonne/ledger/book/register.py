"""The register of facilities, and the entities that they belong to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tonne.errors import FieldInvalid
from tonne.ledger.book.entities import ENTITIES_MAX, check_entity, check_tree
from tonne.ledger.book.facilities import check_facility
from tonne.ledger.book.part import LedgerPart, check_rows
from tonne.ledger.pages import page_limit
from tonne.model import check_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

    from tonne.ledger.pages import Page
    from tonne.model import Entity, Facility

FACILITIES_MAX = 10_000
"""Most facilities of one import."""


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

    def list_facilities(
        self, book: str, *, page_size: int = 0, page_token: str = ""
    ) -> Page[Facility]:
        """List the register in order of ids. Raises BookUnknown, PageTokenInvalid."""
        query = ("facilities", check_id("book", book))
        after, _ = self._tokens.read(page_token, query, "")
        limit = page_limit(page_size)
        rows = self._manifest.list_facilities(book, str(after), limit + 1)
        return self._tokens.page(query, rows, limit, lambda facility: facility.id)

    def facilities(self, book: str) -> pl.DataFrame:
        """Read the whole register, columns of `book_state.REGISTER_SCHEMA`."""
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

    def list_entities(
        self, book: str, *, page_size: int = 0, page_token: str = ""
    ) -> Page[Entity]:
        """List the entities in order of their ids. Raises BookUnknown, PageTokenInvalid."""
        query = ("entities", check_id("book", book))
        after, _ = self._tokens.read(page_token, query, "")
        limit = page_limit(page_size)
        rows = self._manifest.list_entities(book, str(after), limit + 1)
        return self._tokens.page(query, rows, limit, lambda entity: entity.id)

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
