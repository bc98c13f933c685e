"""The inventory of a book, from what the ledger has now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from tonne.ledger.sums import sum_by
from tonne.reports.inventory import Inventory, inventory

if TYPE_CHECKING:
    from collections.abc import Iterable

    import polars as pl

    from tonne.catalogue.resolution import Resolution
    from tonne.reports.request import InventoryRequest


class Ledger(Protocol):
    """What a report asks of the ledger. Blocks."""

    def postings(self, book: str) -> pl.DataFrame:
        """Read all postings of a book, complete up to the last commit of any server."""

    def resolutions(self, book: str, ids: Iterable[str]) -> dict[str, Resolution]:
        """Read resolutions by their ids."""

    def facilities(self, book: str) -> pl.DataFrame:
        """Read the register of facilities."""


def book_inventory(ledger: Ledger, book: str, request: InventoryRequest) -> Inventory:
    """Compute the inventory of a book. Raises `BookUnknown`.

    The postings are read first: whatever they name is stored before them.
    """
    postings = ledger.postings(book)
    used = postings["resolution"].unique().drop_nulls().to_list()
    resolutions = ledger.resolutions(book, used)
    return inventory(postings, resolutions, ledger.facilities(book), request, sum_by)
