"""After an append: records of one id, told at once and not some seconds later."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tonne.cli.terminal.output import counted, say
from tonne.errors import TonneError

if TYPE_CHECKING:
    from tonne.client import Client, SameRecordComparison


def compare_ids(client: Client, book: str) -> SameRecordComparison | None:
    """Have the ledger compare what came; None where it cannot now, and does it later by itself."""
    try:
        return client.compare_same_records(book)
    except TonneError:  # what was appended is durable: this is no failure of the command
        return None


def tell_compared(found: SameRecordComparison | None, book: str) -> None:
    """Tell what was reversed, and what a person is to decide."""
    if found is None or not found.is_complete:
        say(
            "records of one id are compared in a while, and until then may count twice: "
            f"`tonne duplicate status --book {book}`"
        )
    if found is None:
        return
    if found.reversed_count:
        say(
            f"{counted(found.reversed_count, 'record')} reversed, for which another one of the id "
            f"stands: `tonne correction list --book {book}`"
        )
    if found.entry_count:
        say(
            f"warning: {counted(found.entry_count, 'id')} of several records that all count until "
            f"somebody decides: `tonne conflict list --book {book}`, `tonne duplicate list`"
        )
