"""The inventory of a book at one moment: of everything acknowledged by then, by any server."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tonne.reports.inventory.gathering import Gathering
from tonne.reports.inventory.inventory import Inventory, inventory_of
from tonne.reports.inventory.parts.meanings import Meanings
from tonne.reports.inventory.selection import Selector

if TYPE_CHECKING:
    from tonne.ledger.budget import Hold
    from tonne.ledger.reading.snapshot import Snapshot
    from tonne.reports.inventory.request import InventoryRequest


def book_inventory(
    snapshot: Snapshot, request: InventoryRequest, hold: Hold | None = None
) -> Inventory:
    """Compute the inventory of a book.

    What the request leaves open (GWP set, consolidation) is that of the method in force. `hold`
    grows with the answer.

    Raises
    ------
    SelectionMustFit, ReadsExhausted
        The answer needs more memory than there is.
    LedgerInconsistent, QuantityOverflow
        As `inventory` and the ledger's sums say.
    """
    asked = request.under(snapshot.settings)
    meanings = Meanings(snapshot.resolutions, snapshot.texts)
    selector = Selector(snapshot.register, asked, snapshot.entities, meanings)
    gathering = Gathering(snapshot, selector, hold)
    chosen = gathering.select()
    found = inventory_of(chosen, gathering.resolutions, asked, hold)
    return replace(found, quarantined_count=snapshot.quarantined_count)
