"""What `tonne append` looks at before anything is posted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tonne.catalogue.words.taxonomy import EXPORT
from tonne.cli.appending.outcome import NegativeRule, RepeatRule, tell_row_errors
from tonne.cli.input.repeats import RECORDS_MAX as REPEATS_RECORDS_MAX
from tonne.cli.terminal.output import counted, say
from tonne.model import RowStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tonne.cli.input.files import Piece
    from tonne.cli.input.repeats import Repeats
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


def tell_repeats(found: Repeats, rule: RepeatRule) -> bool:
    """Tell what stands twice, and what is done about it; whether it stops the command."""
    if not found.is_complete:
        say(
            f"notice: {counted(found.record_count, 'record')} are too many to compare their ids "
            f"with each other; that is done up to {REPEATS_RECORDS_MAX:,}"
        )
        return False
    exact_count = found.exact_count
    for position, earlier, record_id in found.shown_exact:
        say(
            f"duplicate: {found.place(position)} is the same record as {found.place(earlier)}, "
            f"in every field (record_id {record_id!r})"
        )
    if exact_count > len(found.shown_exact):
        say(f"{counted(exact_count - len(found.shown_exact), 'more duplicate')}")
    for position, earlier, record_id in found.shown_conflicts:
        say(
            f"conflict: {found.place(position)} has the record_id {record_id!r} of "
            f"{found.place(earlier)}, and says something else"
        )
    if found.conflict_count > len(found.shown_conflicts):
        say(f"{counted(found.conflict_count - len(found.shown_conflicts), 'more conflict')}")
    for position, earlier, record_id in found.shown_shared[:1]:
        say(
            f"notice: {found.place(position)} is the same as {found.place(earlier)} in all fields"
            + (f", and so are {found.shared_count - 1:,} more" if found.shared_count > 1 else "")
            + f"; their record_id ({record_id!r}) stands for records of several times or places, "
            "so that each is kept"
        )
    if not (exact_count or found.conflict_count):
        return False
    if found.conflict_count or rule is RepeatRule.STOP:
        remedy = (
            "mend the file; where each of them is a record of its own: --repeats keep"
            if found.conflict_count
            else "to leave the duplicates out: --repeats skip; where each of them is a record of "
            "its own: --repeats keep"
        )
        say(f"nothing was posted; {remedy}")
        return True
    say(f"{counted(exact_count, 'duplicate')} left out, and so they are whenever this runs again")
    return False


def tell_negatives(count: int, rule: NegativeRule) -> None:
    """Tell what became of purchased electricity with a negative quantity."""
    if not count:
        return
    what = f"notice: {counted(count, 'record')} of purchased electricity with a negative quantity"
    if rule is NegativeRule.EXPORTS:
        say(f"{what}: posted as {EXPORT}, apart from what was bought")
    else:
        say(
            f"{what}: counted as corrections, which lessen what was bought; where it was fed "
            f"into the grid: --negative {NegativeRule.EXPORTS}"
        )


def _is_quarantine(status: str) -> bool:
    """Whether a record of this status goes to quarantine; one of a newer server's may."""
    known = RowStatus.__members__.get(status)
    return known is None or known.is_quarantine


def _tried(pieces: Iterator[Piece]) -> Iterator[list[Piece]]:
    """Gather pieces until they are as many records as are tried at a time."""
    gathered: list[Piece] = []
    count = 0
    for piece in pieces:
        if gathered and count + piece.height > ESTIMATE_RECORDS:
            yield gathered
            gathered, count = [], 0
        gathered.append(piece)
        count += piece.height
    if gathered:
        yield gathered
