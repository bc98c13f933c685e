"""What may stand against the close of a period: one function each, all of them in `CHECKS`.

A check looks at the months that a close would close, the earlier ones without a close included,
at one moment of the book. It gives a finding with how many there are and what to do; a person
does that, or accepts it with a reason that is kept. What it misses because it comes later is no
matter: the close asserts that no commit has touched the months since.

A merge and a clearing under way are no findings. A merge changes no sum. A clearing commits
segment by segment: each of its commits lands before the close, or is refused behind it, and what
is left waits in suspense, which is counted here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from tonne.ledger.book.periods import month_boundaries_us
from tonne.ledger.files.frames import polars_errors
from tonne.ledger.files.postings import as_counted
from tonne.work import check_wanted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tonne.ledger.budget import Budget
    from tonne.ledger.files.files import FileReader
    from tonne.ledger.reading.balances import Parts
    from tonne.store.manifest.manifest import Manifest
    from tonne.store.rows import FileRow
    from tonne.store.statement_rows import CloseGround

REFUSED_ROW_BYTES = 64
"""Memory of a record in quarantine whose place and times are read."""

RESTATEMENTS_NAMED_MAX = 5
"""Restatements under way that a finding names."""

_FILES_BATCH = 256


@dataclass(frozen=True, slots=True)
class Finding:
    """What stands against a close: how many of what, and what to do about it."""

    check: str
    count: int
    text: str


@dataclass(frozen=True, slots=True)
class Ground:
    """What checks look at: a book at one moment, and the months that a close would close.

    Parameters
    ----------
    book : str
        Book id.
    time_zone : str
        Of the book.
    first, last : int
        The months, both included.
    at : CloseGround
        The moment.
    postings : sequence of FileRow
        The live postings files of that moment.
    quarantined_count : int
        Records that ever went to quarantine.
    manifest, reader, parts, reads
        Where the ledger is kept, as in `Ledger`.
    """

    book: str
    time_zone: str
    first: int
    last: int
    at: CloseGround
    postings: Sequence[FileRow]
    quarantined_count: int
    manifest: Manifest
    reader: FileReader
    parts: Parts
    reads: Budget


Check = Callable[[Ground], Finding | None]


def find_suspense(ground: Ground) -> Finding | None:
    """Count the records that wait and would count in the months: they are in no inventory yet."""
    count = 0
    for part in ground.parts(ground.postings):
        with polars_errors(f"postings of book {ground.book}"):
            waiting = as_counted(part).filter(
                (pl.col("status") > 0) & pl.col("period").is_between(ground.first, ground.last)
            )
            count += int(waiting["record_count"].sum())
    if not count:
        return None
    return Finding(
        "suspense",
        count,
        f"suspense: {_records(count)} of the period wait and count for nothing: clear them "
        "(`tonne suspense list --by-cause` says what they wait for)",
    )


def find_quarantine(ground: Ground) -> Finding | None:
    """Count the records of the months in quarantine that nothing stands for.

    One whose start cannot be read is of the month in which it came.
    """
    count = sum(_refused_counts(ground)) if ground.quarantined_count else 0
    if not count:
        return None
    return Finding(
        "quarantine",
        count,
        f"quarantine: {_records(count)} of the period {'are' if count > 1 else 'is'} refused and "
        "not mended (`tonne quarantine list`)",
    )


def find_imports(ground: Ground) -> Finding | None:
    """Count the files that are not wholly in: what is missing of them may be of the months."""
    count = ground.manifest.count_unfinished(ground.book)
    if not count:
        return None
    return Finding(
        "imports",
        count,
        f"imports: {count} file{'s' if count > 1 else ''} not wholly in (`tonne imports list`): "
        "run the same command again",
    )


def find_conflicts(ground: Ground) -> Finding | None:
    """Count records of one id with a part in the months that wait for a decision."""
    count = ground.manifest.undecided_count(ground.book, (ground.first, ground.last))
    if not count:
        return None
    return Finding(
        "conflicts",
        count,
        f"conflicts: {count} id{'s' if count > 1 else ''} of the period stand in several "
        "records that nobody has decided about (`tonne conflict list`, `tonne duplicate list`)",
    )


def find_uncompared(ground: Ground) -> Finding | None:
    """Count the segments whose records are not compared by their ids yet.

    What they hold may repeat records of any month.
    """
    count = ground.manifest.uncompared_count(ground.book, ground.at.seq)
    if not count:
        return None
    return Finding(
        "uncompared",
        count,
        f"uncompared: {count} segment{'s' if count > 1 else ''} of records not compared yet with "
        "those of the same id (`tonne duplicate status`): the upkeep does so by itself, ask again",
    )


def find_overlaps(ground: Ground) -> Finding | None:
    """Count the overlaps of the months that nobody has accepted: one of two may count twice."""
    count = ground.manifest.undecided_overlaps(ground.book, ground.first, ground.last)
    if not count:
        return None
    return Finding(
        "overlaps",
        count,
        f"overlaps: {count} time{'s' if count > 1 else ''} records of one facility and activity "
        "lie over each other in the period (`tonne overlap list`): accept what are several "
        "meters, reverse what counts twice",
    )


def find_unlaid(ground: Ground) -> Finding | None:
    """Count the months whose records were not laid side by side since they were touched."""
    months = ground.manifest.months_to_lay(
        ground.book, ground.first, ground.last, stop_seq=ground.at.seq
    )
    if not months:
        return None
    return Finding(
        "unlaid",
        len(months),
        f"unlaid: {len(months)} month{'s' if len(months) > 1 else ''} of records not looked at "
        "for overlaps since the last change: a close does so itself, and so does "
        "`tonne overlap check`",
    )


def find_restatements(ground: Ground) -> Finding | None:
    """Count the restatements of the months that were begun and have not ended."""
    ids = ground.manifest.restatements_under_way(ground.book, ground.first, ground.last)
    if not ids:
        return None
    return Finding(
        "restatements",
        len(ids),
        f"restatements: {', '.join(ids[:RESTATEMENTS_NAMED_MAX])} of the period "
        f"{'are' if len(ids) > 1 else 'is'} under way, and only in part posted: call "
        "`tonne restate apply` again as it was, and it goes on (`tonne restate applied`)",
    )


CHECKS: tuple[Check, ...] = (
    find_suspense,
    find_quarantine,
    find_imports,
    find_conflicts,
    find_uncompared,
    find_overlaps,
    find_unlaid,
    find_restatements,
)
"""Every check of a close and a seal, in the order in which they are told."""


def _refused_counts(ground: Ground) -> Iterator[int]:
    """Count what is not mended of the months, file by file of the quarantine."""
    boundaries = month_boundaries_us(ground.time_zone)
    start_us, stop_us = boundaries[ground.first], boundaries[ground.last + 1]
    after_seq = 0
    while files := ground.manifest.quarantine_files(ground.book, after_seq, _FILES_BATCH):
        for file in files:
            check_wanted()
            with (
                ground.reads.holding(file.row_count * REFUSED_ROW_BYTES),
                polars_errors(file.path),
            ):
                came_us = int(file.create_time.timestamp() * 1_000_000)
                frame = ground.reader.open(file).frame(("channel", "offset", "start"))
                begins = pl.col("start").cast(pl.Int64).fill_null(came_us)
                meant = frame.filter((begins >= start_us) & (begins < stop_us)).select(
                    pl.col("channel").cast(pl.String), "offset"
                )
                sources = meant["channel"].unique().to_list()
                mended = ground.manifest.mended(ground.book, sources) if sources else set()
                yield sum(place not in mended for place in meant.iter_rows())
        after_seq = files[-1].seq


def _records(count: int) -> str:
    return f"{count} record{'s' if count > 1 else ''}"
