"""The inventory of a book as it stands: everything acknowledged so far, by any server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from tonne.ledger.methods import settings_of
from tonne.ledger.sums import sum_by
from tonne.reports.inventory import Inventory, inventory

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import polars as pl

    from tonne.catalogue.resolution import Resolution
    from tonne.model import Book, Entity
    from tonne.reports.request import InventoryRequest


class Books(Protocol):
    """What an inventory takes from the ledger."""

    def get_book(self, book: str) -> Book:
        """Read a book with the body of its method."""

    def postings(self, book: str) -> pl.DataFrame:
        """Read all postings of a book, as of one moment."""

    def resolutions(self, book: str, ids: Iterable[str]) -> Mapping[str, Resolution]:
        """Read resolutions by their ids."""

    def facilities(self, book: str) -> pl.DataFrame:
        """Read the register of facilities."""

    def entities(self, book: str) -> Sequence[Entity]:
        """Read all entities."""


def book_inventory(books: Books, book: str, request: InventoryRequest) -> Inventory:
    """Compute the inventory of a book.

    What the request leaves open (GWP set, consolidation) is that of the method in force.

    Raises
    ------
    BookUnknown
        There is no such book.
    LedgerInconsistent, QuantityOverflow
        As `inventory` and the ledger's sums say.
    """
    settings = settings_of(books.get_book(book))
    postings = books.postings(book)
    ids = [name for name in postings.get_column("resolution").unique().to_list() if name]
    return inventory(
        postings,
        books.resolutions(book, ids),
        books.facilities(book),
        request.under(settings),
        sum_by,
        entities=books.entities(book),
    )
