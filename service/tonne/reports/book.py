"""The inventory of a book as it stands: everything acknowledged so far, by any server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from tonne.ledger.methods import settings_of
from tonne.ledger.sums import sum_by
from tonne.reports.gathering import Gathering, PostingsOfBooks
from tonne.reports.inventory import Inventory, inventory_of
from tonne.reports.selection import Selector

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

    from tonne.ledger.budget import Hold
    from tonne.model import Book, Entity
    from tonne.reports.request import InventoryRequest


class Books(PostingsOfBooks, Protocol):
    """What an inventory takes from the ledger."""

    def get_book(self, book: str) -> Book:
        """Read a book with the body of its method."""

    def facilities(self, book: str) -> pl.DataFrame:
        """Read the register of facilities."""

    def entities(self, book: str) -> Sequence[Entity]:
        """Read all entities."""


def book_inventory(
    books: Books, book: str, request: InventoryRequest, hold: Hold | None = None
) -> Inventory:
    """Compute the inventory of a book.

    What the request leaves open (GWP set, consolidation) is that of the method in force. `hold`
    grows with the answer.

    Raises
    ------
    BookUnknown
        There is no such book.
    SelectionMustFit, ReadsExhausted
        The answer needs more memory than there is.
    LedgerInconsistent, QuantityOverflow
        As `inventory` and the ledger's sums say.
    """
    asked = request.under(settings_of(books.get_book(book)))
    selector = Selector(books.facilities(book), asked, books.entities(book))
    gathering = Gathering(books, book, selector, hold)
    chosen = gathering.select()
    return inventory_of(chosen, gathering.resolutions, asked, sum_by, hold)
