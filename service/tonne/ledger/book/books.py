"""Books: made, read, listed."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from tonne.catalogue.editions.library import default_settings
from tonne.errors import BookUnknown, NameInvalid
from tonne.ledger.book.methods import check_editions
from tonne.ledger.book.part import LedgerPart, check_text
from tonne.ledger.book.periods import check_time_zone
from tonne.ledger.filters import Fields, is_match, moment_field, name_field, text_field, word_field
from tonne.ledger.pages import FIRST_PAGE, page_limit
from tonne.model import Book, FacilityRule, LateRecords, check_id
from tonne.store.rows import Found, NewMethod, Window

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tonne.catalogue.words.method import MethodSettings
    from tonne.ledger.pages import Ask, Page
    from tonne.store.manifest.marks import Mark

_BOOKS_BATCH = 1000

BOOK_FIELDS = Fields(
    {
        "name": name_field("books"),
        "display_name": text_field("display_name"),
        "time_zone": text_field("time_zone", is_optional=False),
        "facility_rule": word_field(
            "facility_rule", {f"FACILITY_RULE_{each.name}": int(each) for each in FacilityRule}
        ),
        "create_time": moment_field("create_time"),
    },
    example='time_zone = "Europe/Berlin"',
    key="name",
)
"""What a listing of books is filtered by."""


class Books(LedgerPart):
    """The books of a ledger."""

    def create_book(
        self,
        book_id: str,
        *,
        display_name: str = "",
        time_zone: str = "UTC",
        facility_rule: FacilityRule = FacilityRule.WHEN_REGISTER_EXISTS,
        reopens_sealed: bool = False,
        late_records: LateRecords = LateRecords.REFUSE,
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
                reopens_sealed=reopens_sealed,
                late_records=late_records,
            ),
            NewMethod(
                expected_version=0,
                body=settings.to_json(),
                author=check_text("method.author", author),
                reason=check_text("method.reason", reason) or "the book was created",
            ),
        )

    def update_book(self, book: str, changes: Mapping[str, Any]) -> Book:
        """Change what may change of a book; nothing else does than its `changes`.

        Parameters
        ----------
        book : str
        changes : mapping
            `display_name` (text), `facility_rule` (FacilityRule), `reopens_sealed` (bool),
            `late_records` (LateRecords): those that change.

        Raises
        ------
        NameInvalid, FieldInvalid, BookUnknown
        """
        if "display_name" in changes:
            check_text("book.display_name", changes["display_name"])
        return self._manifest.update_book(check_id("book", book), changes)

    def list_books(self, ask: Ask = FIRST_PAGE) -> Page[Book]:
        """List the books in order of their ids. Raises FieldInvalid, PageTokenInvalid."""
        return self._tokens.find(("books",), BOOK_FIELDS, ask, self._manifest.find_books)

    def list_marks(self, book: str, page_size: int = 0, page_token: str = "") -> Page[Mark]:
        """List the marks of a book, the last one first.

        Raises NameInvalid, BookUnknown, FieldInvalid, PageTokenInvalid.
        """
        query = ("marks", check_id("book", book))
        before, _ = self._tokens.read(page_token, query, "")
        number, _, kind = str(before).partition(" ")
        limit = page_limit(page_size)
        place = (int(number), kind) if number else None
        marks = self._manifest.last_marks(book, place, limit + 1)
        return self._tokens.page(query, marks, limit, lambda each: f"{each.number} {each.kind}")

    def list_own_books(self, own: Sequence[str], ask: Ask = FIRST_PAGE) -> Page[Book]:
        """List those of `own` (ids in order) that exist: for a caller that may not see all.

        None of the other books is touched. A page token knows of no other book, and is good
        for the same caller alone. Raises FieldInvalid, PageTokenInvalid.
        """
        find = partial(self._find_own, own)
        return self._tokens.find(("own books", *own), BOOK_FIELDS, ask, find)

    def _find_own(self, own: Sequence[str], window: Window) -> Found[Book]:
        found: list[Book] = []
        for book in reversed(own) if window.is_descending else own:
            if window.after is not None and (
                book >= str(window.after) if window.is_descending else book <= str(window.after)
            ):
                continue
            try:
                head = self.get_book(book)
            except (BookUnknown, NameInvalid):
                continue  # a role on a book that is not made yet
            if not is_match(head, window.conditions):
                continue
            if len(found) == window.limit:
                return Found(found, found[-1].id)
            found.append(head)
        return Found(found, None)

    def book_ids(self) -> Iterator[str]:
        """Give the ids of all books."""
        after = ""
        while books := self._manifest.list_books(after, _BOOKS_BATCH):
            yield from (book.id for book in books)
            after = books[-1].id
