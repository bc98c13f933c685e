"""Records are taken back for which others of their id stand: copies, and settled estimates.

Segment by segment, as every reversal; and the commit asserts that the segments of the earlier
records are as they were when both were compared, so that of two that say the same one stays,
whoever reverses the other one at the same moment.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tonne.ledger.files.overlay import is_kept, is_waiting
from tonne.ledger.posting.correcting.reversals import is_as_counted, revision_of
from tonne.ledger.posting.correcting.taking import (
    TAKEN_ROW_BYTES,
    read_kept,
    with_older_notes,
)
from tonne.store.errors import SuspenseChanged
from tonne.store.statement_rows import Correction, CorrectionKind, ReasonCode

if TYPE_CHECKING:
    import polars as pl

    from tonne.ledger.book.book_state import BookStates
    from tonne.ledger.budget import Budget
    from tonne.ledger.files.files import FileReader
    from tonne.ledger.posting.correcting.reversals import Reverser
    from tonne.store.manifest.manifest import Manifest
    from tonne.store.rows import FileRow

AUTHOR = "tonne"
"""Who reverses them where nobody is asked."""


@dataclass(frozen=True, slots=True)
class Cause:
    """Why records are taken back: a code, what was asked for, and the reason."""

    code: ReasonCode
    what: str
    reason: str


DUPLICATE = Cause(
    ReasonCode.DUPLICATE,
    "of ids that the book had",
    "the book has an earlier record of the same id that says the same",
)
SETTLED = Cause(
    ReasonCode.ESTIMATE,
    "that were estimates",
    "a later record of the same id, facility, activity and time is measured or calculated",
)


class DuplicateTaker:
    """Takes such records back. Safe to call from several threads and servers.

    Parameters
    ----------
    reversals : Reverser
        Commits what is taken back.
    manifest, reader, states, reads
        As in `Reverser`.
    """

    def __init__(
        self,
        reversals: Reverser,
        manifest: Manifest,
        reader: FileReader,
        states: BookStates,
        *,
        reads: Budget,
    ) -> None:
        self._reversals = reversals
        self._manifest = manifest
        self._reader = reader
        self._states = states
        self._reads = reads

    def take(
        self,
        file: FileRow,
        rows: pl.DataFrame,
        seen: dict[str, FileRow],
        cause: Cause,
        counts_from: int = 0,
    ) -> None:
        """Take records of a segment back, all of them at once.

        Parameters
        ----------
        file : FileRow
            The segment as it was when they were compared.
        rows : polars.DataFrame
            channel, offset, and first_channel, first_offset, first_segment of the record that
            stands for each one.
        seen : dict
            The segments of those, as they were; this one is brought up to date.
        cause : Cause
        counts_from : int
            The first month in which it counts that they are taken back.

        Raises
        ------
        SuspenseChanged, BookChanged
            Something is not as it was: compare again. Nothing happened.
        PeriodMustBeOpen
            A record has a part in a sealed month.
        FieldInvalid
            An older Tonne posted them, and the rules of the book have changed since.
        """
        with self._reads.holding(file.row_count * TAKEN_ROW_BYTES):
            clearings = self._manifest.clearings_of([file.id]).get(file.id, [])
            records = read_kept(self._reader, file, clearings, whole=True)
            places = rows.select(
                "channel", "offset", by_source="first_channel", by_offset="first_offset"
            )
            chosen = records.filter(is_kept()).join(
                places, on=["channel", "offset"], how="inner", maintain_order="left"
            )
            if not is_as_counted(file, records) or chosen.height != rows.height:
                raise SuspenseChanged.of(file.book, [file.id])
            state = self._states.refresh(file.book)
            revision = revision_of(self._manifest, file, clearings)
            chosen = with_older_notes(chosen, file, state, revision)
            firsts = sorted(set(rows["first_segment"].to_list()) - {file.id})
            what = f"{chosen.height} record{'s' if chosen.height > 1 else ''} {cause.what}"
            self._reversals.commit(
                file,
                state,
                chosen,
                Correction(CorrectionKind.REVERSAL, what, AUTHOR, cause.code, cause.reason),
                points=("same.after_files", "same.after_commit"),
                unchanged=[seen[each] for each in firsts],
                counts_from=counts_from,
            )
        waiting = chosen.filter(is_waiting()).height
        seen[file.id] = replace(
            file,
            suspended_count=file.suspended_count - waiting,
            reversed_count=file.reversed_count + chosen.height,
        )
