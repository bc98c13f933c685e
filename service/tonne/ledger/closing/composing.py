"""What closes months, composed: the check for overlaps, their decisions, the periods."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tonne.ledger.closing.overlaps.check import OverlapCheck
from tonne.ledger.closing.overlaps.deciding import Overlaps
from tonne.ledger.closing.periods import Periods

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    from tonne.ledger.book.book_state import BookStates
    from tonne.ledger.budget import Budget
    from tonne.ledger.files.files import FileReader
    from tonne.ledger.reading.balances import Parts
    from tonne.ledger.reading.snapshot import Snapshots
    from tonne.store.manifest.manifest import Manifest


def compose_closing(
    kept: tuple[Manifest, FileReader, BookStates, Callable[[], dt.datetime]],
    read: tuple[Snapshots, Parts, Budget, Callable[[str], object]],
    spill_bytes_max: int,
) -> tuple[Overlaps, Periods]:
    """Make the parts of a ledger that look for overlaps and close months.

    Parameters
    ----------
    kept : tuple
        Where the ledger is kept, the rules of its books, the time.
    read : tuple
        Snapshots, parts of postings, the memory of calls, and what compares records by their ids.
    spill_bytes_max : int
        As in `OverlapCheck`.
    """
    manifest, reader, states, clock = kept
    snapshots, parts, reads, compare = read
    check = OverlapCheck(manifest, reader, snapshots, reads=reads, spill_bytes_max=spill_bytes_max)
    periods = Periods(
        manifest,
        reader,
        states,
        clock,
        parts=parts,
        reads=reads,
        compare=compare,
        lay=check.check,
    )
    return Overlaps(manifest, check), periods
