"""A book's method between its settings and its versions: which editions it may name, in order."""

from __future__ import annotations

import difflib
from dataclasses import replace
from typing import TYPE_CHECKING

from tonne.catalogue.editions.library import shipped_editions
from tonne.catalogue.words.method import MethodSettings
from tonne.errors import FieldInvalid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tonne.model import Book

_NEAREST_COUNT = 3


def settings_of(book: Book) -> MethodSettings:
    """Read the settings in force; of a book without a method, its editions as they came.

    A server of an older version makes such books during a rolling upgrade.
    """
    if not book.method_body:
        return MethodSettings(editions=book.editions)
    return MethodSettings.from_json(book.method_body)


def check_editions(settings: MethodSettings, imported: Sequence[str]) -> MethodSettings:
    """Return settings whose editions are all there: imported ones, or shipped ones.

    Raises
    ------
    FieldInvalid
        One is neither, with the nearest ids that are.
    """
    known = [*imported, *shipped_editions()]
    for edition in settings.editions:
        if edition not in known:
            near = difflib.get_close_matches(edition, known, _NEAREST_COUNT)
            hint = f"the nearest are {', '.join(near)}" if near else "import it first"
            raise FieldInvalid(
                "method.editions: expected editions that the book imported or that are shipped; "
                f"got {edition!r}: {hint}",
                metadata={"field": "method.editions", "value": edition},
            )
    return settings


def with_import(settings: MethodSettings, imported: Sequence[str], edition: str) -> MethodSettings:
    """Add an edition that is imported now: behind earlier imports, before what is shipped."""
    editions = [each for each in settings.editions if each != edition]
    place = max((at for at, each in enumerate(editions, 1) if each in imported), default=0)
    return replace(settings, editions=(*editions[:place], edition, *editions[place:]))


def with_order(settings: MethodSettings, book: str, editions: Sequence[str]) -> MethodSettings:
    """Set the order of the method's editions.

    Raises
    ------
    FieldInvalid
        `editions` does not name each of them once.
    """
    if sorted(editions) != sorted(settings.editions):
        raise FieldInvalid(
            f"editions: expected every edition of the method of book {book}, each once "
            f"({', '.join(settings.editions) or 'none'}); got {', '.join(editions) or 'none'}",
            metadata={"field": "editions", "book": book},
        )
    return replace(settings, editions=tuple(editions))
