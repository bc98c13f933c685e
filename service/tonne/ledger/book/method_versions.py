"""The versions of a book's method: who put which in force, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from tonne.errors import MethodChanged, StoreUnavailable
from tonne.ledger.book.methods import check_editions, settings_of, with_order
from tonne.ledger.book.part import LedgerPart, check_text
from tonne.ledger.pages import page_limit
from tonne.model import check_id
from tonne.store.rows import NewMethod

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tonne.catalogue.words.method import MethodSettings
    from tonne.ledger.pages import Page
    from tonne.model import Book, Method
    from tonne.store.manifest.manifest import Manifest

T = TypeVar("T")

METHOD_RACES_MAX = 32
"""Versions that others may write before one that builds on the latest is given up."""


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
        check_text("method.author", author, is_required=True)
        check_text("method.reason", reason, is_required=True)

        def write(head: Book) -> Method:
            check_editions(settings, head.editions)
            expected = current_version or head.method_version
            return self._manifest.put_method(
                book, NewMethod(expected, settings.to_json(), author, reason)
            )

        return (
            write(self.get_book(book))
            if current_version
            else build_on(self._manifest, book, write)
        )

    def get_method(self, book: str, version: int = 0) -> Method:
        """Read a version of the method, or the one in force (0).

        Raises
        ------
        NameInvalid, BookUnknown, MethodUnknown
        """
        return self._manifest.get_method(check_id("book", book), version)

    def list_methods(self, book: str, *, page_size: int = 0, page_token: str = "") -> Page[Method]:
        """List the versions, the first one first. Raises BookUnknown, PageTokenInvalid."""
        query = ("methods", check_id("book", book))
        after, _ = self._tokens.read(page_token, query, 0)
        limit = page_limit(page_size)
        rows = self._manifest.list_methods(book, int(after), limit + 1)
        return self._tokens.page(query, rows, limit, lambda method: method.version)

    def set_edition_order(
        self, book: str, editions: Sequence[str], *, author: str = "", reason: str = ""
    ) -> Book:
        """Set the method's order of preference, as a new version where it changes.

        Raises FieldInvalid unless all editions of the method are there, each once.
        """

        def write(head: Book) -> Book:
            settings = settings_of(head)
            ordered = with_order(settings, book, editions)
            if ordered == settings:
                return head
            new = NewMethod(
                head.method_version,
                ordered.to_json(),
                check_text("author", author),
                check_text("reason", reason) or "another order of editions",
            )
            self._manifest.put_method(book, new)
            return self.get_book(book)

        return build_on(self._manifest, book, write)


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
