"""The inventory of a book as it stands: everything acknowledged so far, by any server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from tonne.ledger.sums import sum_by
from tonne.reports.inventory import Inventory, inventory

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import polars as pl

    from tonne.catalogue.resolution import Resolution
    from tonne.reports.request import InventoryRequest


class Books(Protocol):
    """What an inventory takes from the ledger."""

    def postings(self, book: str) -> pl.DataFrame:
        """Read all postings of a book, as of one moment."""

    def resolutions(self, book: str, ids: Iterable[str]) -> Mapping[str, Resolution]:
        """Read resolutions by their ids."""

    def facilities(self, book: str) -> pl.DataFrame:
        """Read the register of facilities."""


def book_inventory(books: Books, book: str, request: InventoryRequest) -> Inventory:
    """Compute the inventory of a book.

    Raises
    ------
    BookUnknown
        There is no such book.
    LedgerInconsistent, QuantityOverflow
        As `inventory` and the ledger's sums say.
    """
    postings = books.postings(book)
    ids = [name for name in postings.get_column("resolution").unique().to_list() if name]
    resolutions = books.resolutions(book, ids)
    return inventory(postings, resolutions, books.facilities(book), request, sum_by)
