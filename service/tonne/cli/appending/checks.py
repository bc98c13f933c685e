"""What `tonne append` looks at before anything is posted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tonne.cli.appending.outcome import tell_row_errors
from tonne.cli.terminal.output import counted, say
from tonne.model import RowStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tonne.cli.input.files import Piece
    from tonne.client import Client, Estimate, RowError

    Read = Callable[[], Iterator[Piece]]

ESTIMATE_RECORDS = 50_000
"""Records that are tried at a time: an estimate has a limit of postings."""


def refused_before(client: Client, read: Read, book: str, start_offset: int) -> int:
    """Try all records without posting one; tell those that would go to quarantine, count them."""
    errors: list[RowError] = []
    refused_count = record_count = 0
    for pieces in _tried(read()):
        found: Estimate = client.estimate(pieces, book=book)
        refused_count += found.quarantined_count
        offset = start_offset + record_count
        errors += [
            replace(error, offset=offset + error.position)
            for error in found.row_errors
            if _is_quarantine(error.status)
        ]
        record_count += found.record_count
    if refused_count:
        tell_row_errors(errors, refused_count - len(errors))
        say(
            f"{counted(refused_count, 'record')} of {record_count:,} would go to quarantine; "
            "nothing was posted: mend the rows and run the command again, or leave out --strict "
            "to post the others"
        )
    return refused_count


def _is_quarantine(status: str) -> bool:
    """Whether a record of this status goes to quarantine; one of a newer server's may."""
    known = RowStatus.__members__.get(status)
    return known is None or known.is_quarantine


def _tried(pieces: Iterator[Piece]) -> Iterator[list[Piece]]:
    """Gather pieces until they are as many records as are tried at a time."""
    gathered: list[Piece] = []
    count = 0
    for piece in pieces:
        size = 1 if isinstance(piece, dict) else piece.height
        if gathered and count + size > ESTIMATE_RECORDS:
            yield gathered
            gathered, count = [], 0
        gathered.append(piece)
        count += size
    if gathered:
        yield gathered
