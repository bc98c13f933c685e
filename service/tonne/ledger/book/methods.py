"""A book's method: its versions, who put which in force and why, which editions it may name."""

from __future__ import annotations

import difflib
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from tonne.catalogue.editions.library import shipped_editions
from tonne.catalogue.words.method import settings_of
from tonne.errors import FieldInvalid, MethodChanged, StoreUnavailable
from tonne.ledger.book.part import LedgerPart, check_text
from tonne.ledger.filters import Fields, moment_field, number_field, text_field
from tonne.ledger.pages import FIRST_PAGE
from tonne.model import check_id
from tonne.store.rows import NewMethod

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tonne.catalogue.words.method import MethodSettings
    from tonne.ledger.pages import Ask, Page
    from tonne.model import Book, Method
    from tonne.store.manifest.manifest import Manifest

T = TypeVar("T")


_NEAREST_COUNT = 3

METHOD_RACES_MAX = 32
"""Versions that others may write before one that builds on the latest is given up."""

METHOD_FIELDS = Fields(
    {
        "version": number_field("version"),
        "author": text_field("author"),
        "reason": text_field("reason"),
        "create_time": moment_field("create_time"),
    },
    example='author = "anna" AND version > 3',
    key="version",
)
"""What a listing of a method's versions is filtered by."""


class MethodVersions(LedgerPart):
    """The methods of books. A version is never changed: another one follows it."""

    def set_method(
        self,
        book: str,
        settings: MethodSettings,
        *,
        author: str,
        reason: str,
        current_version: int = 0,
    ) -> Method:
        """Put a new version of the method in force; the same settings again change nothing.

        Parameters
        ----------
        book : str
        settings : MethodSettings
            All of them.
        author, reason : str
            Who changes it and why; both are required.
        current_version : int
            The version that the caller read; 0: whatever is in force.

        Raises
        ------
        FieldInvalid
            A text is missing, or an edition is neither imported nor shipped.
        MethodChanged
            Another version than `current_version` is in force.
        NameInvalid, BookUnknown
        """
        return self._write(
            book,
            lambda _: settings,
            author=author,
            reason=reason,
            current_version=current_version,
        )

    def get_method(self, book: str, version: int = 0) -> Method:
        """Read a version of the method, or the one in force (0).

        Raises
        ------
        NameInvalid, BookUnknown, MethodUnknown
        """
        return self._manifest.get_method(check_id("book", book), version)

    def list_methods(self, book: str, ask: Ask = FIRST_PAGE) -> Page[Method]:
        """List the versions, the first one first, unless the order is `version desc`.

        Raises BookUnknown, FieldInvalid, PageTokenInvalid.
        """
        query = ("methods", check_id("book", book))
        find = partial(self._manifest.find_methods, book)
        return self._tokens.find(query, METHOD_FIELDS, ask, find, start=0)

    def update_method(
        self,
        book: str,
        changes: Mapping[str, Any],
        *,
        author: str,
        reason: str,
        current_version: int = 0,
    ) -> Method:
        """Put a version in force that has other values in some settings of the one before.

        Parameters
        ----------
        book : str
        changes : mapping
            Values by names of `MethodSettings`.
        author, reason, current_version
            As in `set_method`.

        Raises
        ------
        FieldInvalid, MethodChanged, NameInvalid, BookUnknown
        """

        def changed(head: Book) -> MethodSettings:
            return replace(settings_of(head), **changes)

        return self._write(
            book, changed, author=author, reason=reason, current_version=current_version
        )

    def _write(
        self,
        book: str,
        settings: Callable[[Book], MethodSettings],
        *,
        author: str,
        reason: str,
        current_version: int,
    ) -> Method:
        check_text("method.author", author, is_required=True)
        check_text("method.reason", reason, is_required=True)

        def write(head: Book) -> Method:
            wanted = check_editions(settings(head), head.editions)
            expected = current_version or head.method_version
            return self._manifest.put_method(
                book, NewMethod(expected, wanted.to_json(), author, reason)
            )

        return (
            write(self.get_book(book))
            if current_version
            else build_on(self._manifest, book, write)
        )


def build_on(manifest: Manifest, book: str, write: Callable[[Book], T]) -> T:
    """Write what builds on the method in force, again when another version comes between."""
    for _ in range(METHOD_RACES_MAX):
        try:
            return write(manifest.get_book(check_id("book", book)))
        except MethodChanged as error:
            changed = error
    raise StoreUnavailable(
        f"the method of book {book} changed while it was read, again and again: try again",
        metadata={"book": book},
        retry_delay_s=1.0,
    ) from changed


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
