"""The books of a caller that may not see all: found by their ids, none of the others touched."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tonne.errors import BookUnknown, NameInvalid
from tonne.ledger.pages import page_limit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tonne.ledger.ledger import Ledger
    from tonne.ledger.pages import Page
    from tonne.model import Book


def own_books(ledger: Ledger, own: Sequence[str], page_size: int, page_token: str) -> Page[Book]:
    """List those of `own` (ids in order) that exist.

    A page token knows of no other book, and is good for the same caller alone.

    Raises
    ------
    PageTokenInvalid
    """
    query = ("own books", *own)
    after, _ = ledger.tokens.read(page_token, query, "")
    limit = page_limit(page_size)
    found: list[Book] = []
    for book in own:
        if book <= str(after):
            continue
        try:
            found.append(ledger.get_book(book))
        except (BookUnknown, NameInvalid):
            continue  # a role on a book that is not made yet
        if len(found) > limit:
            break
    return ledger.tokens.page(query, found, limit, lambda each: each.id)
