"""Books: made, read, listed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tonne.catalogue.editions.library import default_settings
from tonne.errors import BookUnknown, NameInvalid
from tonne.ledger.book.methods import check_editions
from tonne.ledger.book.part import LedgerPart, check_text
from tonne.ledger.book.periods import check_time_zone
from tonne.ledger.pages import page_limit
from tonne.model import Book, FacilityRule, PeriodState, check_id
from tonne.store.rows import NewMethod

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tonne.catalogue.words.method import MethodSettings
    from tonne.ledger.pages import Page

_BOOKS_BATCH = 1000


class Books(LedgerPart):
    """The books of a ledger."""

    def create_book(
        self,
        book_id: str,
        *,
        display_name: str = "",
        time_zone: str = "UTC",
        facility_rule: FacilityRule = FacilityRule.WHEN_REGISTER_EXISTS,
        method: MethodSettings | None = None,
        author: str = "",
        reason: str = "",
    ) -> Book:
        """Make a book with its first method; None is the shipped editions in default order.

        Raises
        ------
        NameInvalid, FieldInvalid, BookExists
        """
        settings = default_settings() if method is None else check_editions(method, ())
        return self._manifest.create_book(
            Book(
                id=check_id("book", book_id),
                display_name=check_text("display_name", display_name),
                time_zone=check_time_zone(time_zone),
                facility_rule=facility_rule,
                revision=1,
                create_time=self._clock(),
            ),
            NewMethod(
                expected_version=0,
                body=settings.to_json(),
                author=check_text("method.author", author),
                reason=check_text("method.reason", reason) or "the book was created",
            ),
        )

    def list_books(self, *, page_size: int = 0, page_token: str = "") -> Page[Book]:
        """List the books in order of their ids. Raises PageTokenInvalid."""
        query = ("books",)
        after, _ = self._tokens.read(page_token, query, "")
        limit = page_limit(page_size)
        return self._tokens.page(
            query, self._manifest.list_books(str(after), limit + 1), limit, lambda b: b.id
        )

    def list_periods(self, book: str) -> list[tuple[int, PeriodState]]:
        """List the periods that have postings, in order. Raises BookUnknown."""
        self.get_book(book)
        return self._manifest.periods(book)

    def list_own_books(
        self, own: Sequence[str], *, page_size: int = 0, page_token: str = ""
    ) -> Page[Book]:
        """List those of `own` (ids in order) that exist: for a caller that may not see all.

        None of the other books is touched. A page token knows of no other book, and is good
        for the same caller alone. Raises PageTokenInvalid.
        """
        query = ("own books", *own)
        after, _ = self._tokens.read(page_token, query, "")
        limit = page_limit(page_size)
        found: list[Book] = []
        for book in own:
            if book <= str(after):
                continue
            try:
                found.append(self.get_book(book))
            except (BookUnknown, NameInvalid):
                continue  # a role on a book that is not made yet
            if len(found) > limit:
                break
        return self._tokens.page(query, found, limit, lambda each: each.id)

    def book_ids(self) -> Iterator[str]:
        """Give the ids of all books."""
        after = ""
        while books := self._manifest.list_books(after, _BOOKS_BATCH):
            yield from (book.id for book in books)
            after = books[-1].id
