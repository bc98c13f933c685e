"""Checks a book: every file against its digest, and everything that the ledger keeps twice.

File by file, in the order of the commits. In memory are one file with its clearings, the sums of
`SUMS_ROWS_MAX` postings (more wait in a temporary folder), the rollups, and some hundred bytes for
each channel and each live postings file; nothing that grows with the records.

A book may be written to meanwhile: what is compared is the moment at which the check began.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

import polars as pl

from tonne.errors import LedgerInconsistent
from tonne.ledger.book.periods import period_table
from tonne.ledger.files.files import QUARANTINE, SEGMENT, FileReader, run_of
from tonne.ledger.files.frames import polars_errors
from tonne.ledger.files.hours import HourFiles
from tonne.ledger.files.overlay import (
    Overlay,
    is_waiting,
    read_cleared,
    with_cleared,
)
from tonne.ledger.files.postings import as_postings
from tonne.ledger.files.quantities import QUANTITY_TYPE
from tonne.ledger.files.spilled_sums import SpilledSums
from tonne.ledger.posting.entries import REQUEST_PREFIX
from tonne.ledger.posting.repost import REPOSTED_SCHEMA, as_reposted, post_segment
from tonne.ledger.reading.past.postings import added
from tonne.ledger.reading.snapshot import ATTEMPTS_MAX
from tonne.ledger.upkeep.findings import (
    BookFindings,
    Problem,
    check_keys,
    clearing_problems,
    count_problems,
    has_late,
    held_text,
    resolution_problems,
    totals_of,
    whole_rollups,
)
from tonne.model import ControlTotals, month_of_period
from tonne.quantities import atto_of, quantity_text
from tonne.store.errors import ObjectMissing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from tonne.ledger.files.frames import Schema
    from tonne.ledger.upkeep.rollups.rolling import RollupCheck
    from tonne.store.manifest.manifest import Manifest
    from tonne.store.objects.objects import Objects
    from tonne.store.rows import BookSnapshot, FileRow

SUMS_ROWS_MAX = 1 << 18
"""Sums of postings that a check keeps in memory: with keys of 90 bytes it takes about 300 MiB."""

EXAMPLES_MAX = 10
"""Sums that differ which are told one by one."""

_FILES_BATCH = 256

_SUMS = ("quantity", "record_count", "record_start_count")

_KEPT: Schema = {
    "channel": pl.String,
    "offset": pl.Int64,
    "status": pl.UInt8,
    "first_status": pl.UInt8,
    "quantity": QUANTITY_TYPE,
}


@dataclass(slots=True)
class _Source:
    """What the files so far hold of a channel. `is_whole`: none of them is lost."""

    next_offset: int = 0
    totals: ControlTotals = field(default_factory=ControlTotals)
    is_whole: bool = True


class BookCheck:
    """The check of one book.

    Parameters
    ----------
    manifest, objects
        Where the ledger is kept. Nothing that a server remembers is used.
    on_file : callable, optional
        Called after each file.
    sums_rows_max : int
        Most sums of postings in memory.
    """

    def __init__(
        self,
        manifest: Manifest,
        objects: Objects,
        book: str,
        *,
        on_file: Callable[[], None] = lambda: None,
        sums_rows_max: int = SUMS_ROWS_MAX,
    ) -> None:
        self._manifest = manifest
        self._reader = FileReader(manifest, objects)
        self._overlay = Overlay(manifest, self._reader)
        self._hours = HourFiles(objects)  # of its own: it reads each series from the store
        self._book = book
        self._on_file = on_file
        self._sums_rows_max = sums_rows_max
        self._time_zone = manifest.get_book(book).time_zone
        self._periods = period_table(self._time_zone)
        self._found = BookFindings(book)
        self._sources: dict[str, _Source] = {}
        self._lost_count = 0

    def run(self) -> BookFindings:
        """Compare everything.

        Every file has its digest and its rows; a clearing clears records that waited, each once;
        every channel's offsets are dense up to its committed offset, over segments and
        quarantine; every channel's and request's totals are the sums of its records; the balances
        are what the segments' records add up to, month by month; each rollup is what the postings
        of its run add up to; every resolution that a posting names is there and is what its id
        says.
        """
        for _ in range(ATTEMPTS_MAX):
            snapshot = self._manifest.book_snapshot(self._book)
            with SpilledSums(REPOSTED_SCHEMA, self._sums_rows_max) as difference:
                if not self._take_postings(snapshot, difference):
                    self._found = BookFindings(self._book)
                    continue
                for files in self._commits(snapshot):
                    self._check_commit(snapshot, files, difference)
                check_keys(
                    self._manifest, self._reader, self._book, snapshot.stop_seq, self._count
                )
                self._check_channels(snapshot)
                self._check_difference(difference)
                return self._found
        raise LedgerInconsistent(
            f"the postings of book {self._book} were merged while they were read, again and "
            "again: check again",
            metadata={"book": self._book},
        )

    def _tell(self, rule: str, message: str, file: str = "") -> None:
        self._found.problems.append(Problem(rule, message, file))

    def _count(self, file: FileRow, problem: str = "") -> None:
        if problem:
            self._tell("FILE_MUST_BE_WHOLE", problem, file.id)
        self._found.file_count += 1
        self._found.size_bytes += file.size_bytes
        self._on_file()

    def _take_postings(self, snapshot: BookSnapshot, difference: SpilledSums) -> bool:
        """Take the balances off what the records will add; False where a merge was faster."""
        ids: set[str] = set()
        rollups = self._rollups(snapshot)
        for file in snapshot.postings:
            try:
                frame = self._reader.open(file).frame()
            except ObjectMissing:
                return False
            except LedgerInconsistent as error:
                self._tell("FILE_MUST_BE_WHOLE", error.message, file.id)
                self._lost_count += 1
            else:
                with polars_errors(file.path):
                    ids.update(frame["resolution"].drop_nulls().unique())
                    sums = as_reposted(frame).with_columns(-pl.col(_SUMS))
                difference.add(sums)
                if run_of(file) in rollups:
                    rollups[run_of(file)].add(as_postings(frame))
            self._count(file)
        if not self._lost_count:
            self._check_rollups(rollups)
        self._check_resolutions(sorted(ids))
        return True

    def _rollups(self, snapshot: BookSnapshot) -> dict[str, RollupCheck]:
        """Read the rollups of the runs that the postings are of."""
        live = {run_of(file) for file in snapshot.postings}
        return whole_rollups(self._manifest, self._reader, self._book, live, self._count)

    def _check_rollups(self, rollups: Mapping[str, RollupCheck]) -> None:
        for run, rollup in rollups.items():
            kinds = ", ".join(rollup.differing())
            if kinds:
                self._tell(
                    "ROLLUP_MUST_BE_THE_POSTINGS",
                    f"{kinds} of the run {run}: not what its postings add up to. Run `tonne "
                    f"rebuild --book {self._book}`, which makes it again",
                )

    def _check_resolutions(self, ids: Sequence[str]) -> None:
        for first in range(0, len(ids), _FILES_BATCH):
            wanted = ids[first : first + _FILES_BATCH]
            for problem in resolution_problems(self._manifest, self._hours, self._book, wanted):
                self._tell("RESOLUTION_MUST_BE_WHOLE", problem)

    def _commits(
        self, snapshot: BookSnapshot
    ) -> Iterator[list[tuple[FileRow, Sequence[FileRow]]]]:
        """Give the segment and the quarantine file of each commit, the segment with clearings."""

        def files() -> Iterator[tuple[FileRow, Sequence[FileRow]]]:
            after_seq = 0
            while page := self._manifest.live_files(
                self._book,
                (SEGMENT, QUARANTINE),
                after_seq=after_seq,
                stop_seq=snapshot.stop_seq,
                limit=_FILES_BATCH,
            ):
                clearings = self._overlay.find(file for file in page if file.kind == SEGMENT)
                for file in page:
                    known = clearings.get(file.id, ())
                    yield file, [each for each in known if each.seq <= snapshot.stop_seq]
                after_seq = page[-1].seq

        for _, group in itertools.groupby(files(), lambda pair: pair[0].commit_id):
            yield list(group)

    def _check_commit(
        self,
        snapshot: BookSnapshot,
        files: Sequence[tuple[FileRow, Sequence[FileRow]]],
        difference: SpilledSums,
    ) -> None:
        """Check the files of a commit, and that its sources go on where they were."""
        parts = [pl.DataFrame(schema=_KEPT)]
        lost: dict[str, int] = {}
        for file, clearings in files:
            try:
                rows = self._read(snapshot, file, clearings, difference)
            except LedgerInconsistent as error:
                self._lose(file, error, lost)
            else:
                parts.append(rows)
                self._found.record_count += rows.height
            for each in (file, *clearings):
                self._count(each)
        kept = pl.concat(parts)
        for (source,), rows in kept.group_by("channel", maintain_order=True):
            name = str(source)
            if name.startswith(REQUEST_PREFIX):
                if name not in lost:
                    self._check_request(name, files[0][0].commit_id, rows)
            else:
                self._advance(name, rows, is_lost=name in lost)
        for name, stop_offset in lost.items():
            source = self._sources.setdefault(name, _Source())
            source.is_whole = False
            source.next_offset = max(source.next_offset, stop_offset)

    def _read(
        self,
        snapshot: BookSnapshot,
        file: FileRow,
        clearings: Sequence[FileRow],
        difference: SpilledSums,
    ) -> pl.DataFrame:
        """Read a file's records, columns of `_KEPT`; a segment's are posted again."""
        frame = self._reader.open(file).frame()
        if file.kind == QUARANTINE:
            rows = frame.with_columns(pl.lit(0).alias("quantity"), first_status="status")
        else:
            cleared = read_cleared(self._reader, clearings)
            for problem in clearing_problems(file, frame, cleared):
                self._tell("CLEARING_MUST_NAME_WAITING_RECORDS", problem, file.id)
            now = with_cleared(frame, cleared)
            rows = now.with_columns(first_status=frame["status"])
            for problem in count_problems(snapshot, file, rows, cleared):
                self._tell("REVERSALS_MUST_BE_COUNTED", problem, file.id)
            waiting_count = rows.filter(is_waiting()).height
            expected = snapshot.suspended_counts.get(file.id, 0)
            if waiting_count != expected:
                self._tell(
                    "SUSPENSE_MUST_BE_COUNTED",
                    f"{file.path}: {waiting_count} records are in suspense, but the manifest "
                    f"says {expected}",
                    file.id,
                )
            if has_late((file, *clearings)):
                # Each of its commits may count elsewhere: what they added says where.
                for postings in added(self._reader, (file, clearings), self._periods):
                    difference.add(as_reposted(postings))
            else:
                for postings in post_segment(now, self._time_zone):
                    difference.add(postings)
        with polars_errors(file.path):
            return rows.select(pl.col(name).cast(kind) for name, kind in _KEPT.items())

    def _lose(self, file: FileRow, error: LedgerInconsistent, lost: dict[str, int]) -> None:
        """Note a file that cannot be read, and which records stand in it."""
        ranges = self._manifest.ranges_of(file.id)
        for each in ranges:
            lost[each.channel] = max(lost.get(each.channel, 0), each.stop_offset)
        self._lost_count += file.kind == SEGMENT
        self._tell("FILE_MUST_BE_WHOLE", f"{error.message}{held_text(ranges)}", file.id)

    def _advance(self, name: str, rows: pl.DataFrame, *, is_lost: bool) -> None:
        """Move a channel on by the records of a commit: they follow without a gap."""
        source = self._sources.setdefault(name, _Source())
        offsets = rows["offset"]
        first, last = int(offsets.min()), int(offsets.max())  # type: ignore[arg-type]  # integers
        is_dense = offsets.n_unique() == rows.height == last - first + 1
        if not is_lost and not (is_dense and first == source.next_offset):
            self._tell(
                "OFFSETS_MUST_BE_DENSE",
                f"{name}: expected the offsets from {source.next_offset}, each once; got "
                f"{rows.height} offsets, {offsets.n_unique()} distinct, from {first} to {last}",
            )
        source.next_offset = max(source.next_offset, last + 1)
        source.totals += totals_of(rows)

    def _check_request(self, name: str, commit_id: str, rows: pl.DataFrame) -> None:
        """Compare a request's records with its answer, which stays whatever is cleared."""
        request = self._manifest.get_request(self._book, name.removeprefix(REQUEST_PREFIX))
        if request is None or request.commit_id != commit_id:
            self._tell(
                "SOURCE_MUST_EXIST",
                f"{name}: {rows.height} records of a source that the manifest does not have",
            )
            return
        found = totals_of(rows.with_columns(status="first_status"))
        self._compare_totals(name, found, request.totals)

    def _check_channels(self, snapshot: BookSnapshot) -> None:
        sources = self._sources
        for channel in snapshot.channels:
            source = sources.pop(channel.id, _Source())
            if source.next_offset != channel.committed_offset:
                self._tell(
                    "OFFSETS_MUST_BE_DENSE",
                    f"{channel.id}: expected the offsets 0 to {channel.committed_offset}, each "
                    f"once; the segments end at {source.next_offset}",
                )
            if source.is_whole:
                self._compare_totals(channel.id, source.totals, channel.totals)
            else:
                self._found.notes.append(
                    f"{channel.id}: its totals were not compared, because a file with some of "
                    "its records cannot be read"
                )
        for name in sources:
            if not name.startswith(REQUEST_PREFIX):
                self._tell(
                    "SOURCE_MUST_EXIST",
                    f"{name}: records of a source that the manifest does not have",
                )

    def _compare_totals(self, name: str, found: ControlTotals, expected: ControlTotals) -> None:
        if found != expected:
            self._tell(
                "TOTALS_MUST_AGREE",
                f"{name}: the records add up to {found}, but the manifest says {expected}",
            )

    def _check_difference(self, difference: SpilledSums) -> None:
        """See that the records add up to the balances, key by key."""
        if self._lost_count:
            self._found.notes.append(
                f"the balances were not compared with the records, because {self._lost_count} "
                "segments and postings files cannot be read"
            )
            return
        count = 0
        examples: list[str] = []
        for frame in difference.nonzero():
            count += frame.height
            examples += map(_difference_text, frame.head(EXAMPLES_MAX).iter_rows(named=True))
        if count:
            self._tell(
                "BALANCES_MUST_BE_THE_RECORDS",
                f"{count} sums of the balances differ from those of the records: "
                + "; ".join(examples[:EXAMPLES_MAX]),
            )


def _difference_text(row: dict[str, object]) -> str:
    key = ", ".join(repr(row[name]) for name in ("facility", "activity", "unit"))
    quantity = quantity_text(atto_of(Decimal(str(row["quantity"]))))
    return (
        f"{key}, {month_of_period(int(str(row['period'])))}: the records add "
        f"{quantity} and {row['record_count']} records to the balances"
    )
