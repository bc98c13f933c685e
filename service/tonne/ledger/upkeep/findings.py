"""What a check finds and a rebuild replaced, and what whole checks and samples compare."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from tonne.catalogue.resolving.resolution import Resolution
from tonne.errors import FieldInvalid, LedgerInconsistent
from tonne.ledger.files.overlay import REVERSED, is_restated
from tonne.ledger.files.sums import sum_by
from tonne.ledger.keys.key_file import decode_keys
from tonne.ledger.reading.rollups import as_rollup, files_by_run
from tonne.ledger.upkeep.rollups.rolling import RollupCheck
from tonne.model import ControlTotals, RowStatus
from tonne.quantities import atto_of
from tonne.store.errors import ObjectMissing

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from tonne.ledger.files.files import FileReader
    from tonne.ledger.files.hours import HourFiles
    from tonne.model import Method
    from tonne.store.manifest.manifest import Manifest
    from tonne.store.rows import BookSnapshot, FileRow, RangeRow

    OnFile = Callable[[FileRow, str], None]

METHODS_BATCH = 1000
"""Versions of a method that are read at a time."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What contradicts what.

    Parameters
    ----------
    rule : str
        What should hold, like `FILE_MUST_BE_WHOLE`.
    message : str
        What was expected, what was there, where.
    file : str
        Id of the file, where it is one file.
    """

    rule: str
    message: str
    file: str = ""


@dataclass(slots=True)
class BookFindings:
    """What a check of a book found: `notes` say what could not be compared, and why."""

    book: str
    file_count: int = 0
    size_bytes: int = 0
    record_count: int = 0
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def held_text(ranges: Iterable[RangeRow]) -> str:
    """Say which offsets of which channels a file holds."""
    held = [f"{each.channel} from {each.first_offset} to {each.stop_offset}" for each in ranges]
    return f". It holds the offsets of {'; '.join(held)} (exclusive)" if held else ""


def clearing_problems(
    file: FileRow, segment: pl.DataFrame, cleared: pl.DataFrame
) -> Iterator[str]:
    """Say where the clearings of a segment name records that were not there, or one twice.

    `cleared` is in the order of the commits. A record leaves suspense once, and is reversed once;
    while it is posted it may be restated, each time under a note.
    """
    place = ["channel", "offset"]
    texts = pl.col("channel").cast(pl.String)
    named = cleared.with_columns(texts)
    first = named.unique(place, keep="first")
    here = segment.select(texts, "offset", "status")
    came = first.join(here, on=[*place, "status"], how="semi")
    # What is posted is named to be reversed, or to be restated under another note.
    changed = (pl.col("status") > 0) | pl.col("is_reversed") | pl.col("posted_as").is_not_null()
    sound = came.filter(changed)
    # Whoever is named again was posted by the clearing before.
    gone = pl.col("is_reversed") | pl.col("is_withdrawn")
    later = named.with_columns(gone_before=gone.shift(1).over(place)).filter(
        pl.col("gone_before").is_not_null()
    )
    twice = later.filter(pl.col("gone_before") | (pl.col("status") != 0) | ~changed)
    if sound.height != first.height or twice.height:
        yield (
            f"{file.path}: its clearings name {first.height} records, {later.height} of them "
            f"again: {twice.height} of these that were not posted any more, and "
            f"{first.height - sound.height} that were not in suspense"
        )


def resolution_problems(
    manifest: Manifest, hours: HourFiles, book: str, ids: Sequence[str]
) -> Iterator[str]:
    """Say which resolutions are not there, or not what their id says; also of their hours."""
    texts = manifest.get_resolutions(book, ids)
    for id_ in ids:
        text = texts.get(id_)
        if text is None:
            yield f"postings of book {book} name a resolution that is missing: {id_}"
        elif hashlib.sha256(text.encode()).hexdigest() != id_:
            yield f"resolution {id_} of book {book} does not have the content that its id says"
        else:
            try:
                found = Resolution.from_json(text)
                for series in {each.hours.series for each in found.entries if each.hours}:
                    hours.get(book, series)
            except LedgerInconsistent as error:
                yield error.message


def totals_of(rows: pl.DataFrame) -> ControlTotals:
    """Add up records, columns channel, offset, status, quantity."""
    is_suspended = pl.col("status") >= RowStatus.FACILITY_MUST_BE_REGISTERED
    # What is reversed was posted, or waited: it counts as posted, see `reversals.reversal_of`.
    is_posted = pl.col("status").is_in([RowStatus.POSTED, RowStatus.REVERSED])
    return ControlTotals(
        record_count=rows.height,
        posted_count=rows.filter(is_posted).height,
        quarantined_count=rows.filter(~is_posted & ~is_suspended).height,
        suspended_count=rows.filter(is_suspended).height,
        quantity_atto=atto_of(sum_by(rows, ())["quantity"].item()),
    )


def check_keys(
    manifest: Manifest, reader: FileReader, book: str, stop_seq: int, on_file: OnFile
) -> None:
    """Check that each key file is one of the book; one that was merged since is left."""
    hash_key = manifest.key_state(book).hash_key
    for part, file in manifest.key_files(book):
        if file.seq > stop_seq:
            continue
        problem = ""
        try:
            decode_keys(reader.open(file), hash_key, part.segment)
        except ObjectMissing:
            continue
        except LedgerInconsistent as error:
            problem = error.message
        on_file(file, problem)


def count_problems(
    snapshot: BookSnapshot, file: FileRow, rows: pl.DataFrame, cleared: pl.DataFrame
) -> Iterator[str]:
    """Say where a segment has not as many records reversed and restated as its row says."""
    for what, count, counts in (
        ("reversed", (rows["status"] == REVERSED).sum(), snapshot.reversed_counts),
        ("restated", cleared.filter(is_restated()).height, snapshot.restated_counts),
    ):
        if count != (expected := counts.get(file.id, 0)):
            yield f"{file.path}: {count} records are {what}, but the manifest says {expected}"


def methods_of(manifest: Manifest, book: str) -> list[Method]:
    """Read the versions of a book's method, the first one first."""
    found: list[Method] = []
    while page := manifest.list_methods(book, found[-1].version if found else 0, METHODS_BATCH):
        found += page
    return found


def regions_unknown(book: str, count: int) -> FieldInvalid:
    """Make what is told where a rebuild cannot know the regions of records."""
    return FieldInvalid(
        f"{count} records of book {book!r} named no region and were posted under the region of "
        "their facility. The register of facilities may have changed since, and their segments, "
        "which an older Tonne wrote, do not note it. Restore the postings file from a copy; or, "
        "where no facility has changed its region, give --assume-regions to take today's regions",
        metadata={"book": book, "count": str(count)},
    )


def has_late(files: Iterable[FileRow]) -> bool:
    """Whether what a segment's commits posted may count in other months than it happened."""
    return any(each.counts_from for each in files)


def whole_rollups(
    manifest: Manifest, reader: FileReader, book: str, live: Collection[str], on_file: OnFile
) -> dict[str, RollupCheck]:
    """Read the rollups of the `live` runs that have all their files."""
    found = {}
    for run, files in files_by_run(manifest.live_rollups(book)).items():
        if run not in live:
            continue  # a merge was faster, or its run went with an older server
        stored = {}
        for kind, file in files.items():
            problem = ""
            try:
                stored[kind] = as_rollup(reader.open(file).frame(), kind)
            except ObjectMissing:
                pass
            except LedgerInconsistent as error:
                problem = error.message
            on_file(file, problem)
        if len(stored) == len(files):
            found[run] = RollupCheck(stored)
    return found


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuild replaced: postings files that were corrupt, by one that has their sums.

    `assumed_count` is of records without a region whose facility's region was taken to be
    today's, `rollup_count` of rollups that were made.
    """

    replaced: tuple[FileRow, ...] = ()
    row_count: int = 0
    record_count: int = 0
    assumed_count: int = 0
    rollup_count: int = 0
