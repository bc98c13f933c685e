"""Checks of a few files, chosen anew each night: rot is found before all of it is read."""

from __future__ import annotations

import hashlib
import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl

from tonne.errors import FieldInvalid, LedgerInconsistent
from tonne.ledger.files.files import (
    CLEARING,
    KEYS,
    POSTINGS,
    QUARANTINE,
    ROLLUP_KINDS,
    SEGMENT,
    FileReader,
)
from tonne.ledger.files.frames import polars_errors
from tonne.ledger.files.hours import HourFiles
from tonne.ledger.files.overlay import is_waiting, read_cleared, with_cleared
from tonne.ledger.keys.key_file import decode_keys
from tonne.ledger.upkeep.findings import (
    BookFindings,
    Problem,
    clearing_problems,
    held_text,
    resolution_problems,
)
from tonne.store.errors import ObjectMissing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tonne.store.manifest.manifest import Manifest
    from tonne.store.objects.objects import Objects
    from tonne.store.rows import FileRow

SAMPLE_FILES_MAX = 100_000
"""Most files of a sample that is given as a number: so many rows are kept."""

_FILES_BATCH = 256
_KINDS: Final = (SEGMENT, POSTINGS, QUARANTINE, CLEARING, KEYS, *ROLLUP_KINDS)
_RECORD_KINDS: Final = frozenset({SEGMENT, QUARANTINE})


@dataclass(frozen=True, slots=True)
class Sample:
    """Which files are looked at: a share of them, or a number.

    Parameters
    ----------
    seed : str
        Chooses; the same seed chooses the same files.
    share : float
        Of all files, more than 0 and at most 1; 0 where `count` says how many.
    count : int
        Files of each book.
    """

    seed: str
    share: float = 0.0
    count: int = 0

    @classmethod
    def parse(cls, text: str, seed: str) -> Sample:
        """Read `5%` or `1000`. Raises FieldInvalid."""
        number, percent, rest = text.strip().partition("%")
        try:
            share, count = (float(number) / 100, 0) if percent else (0.0, int(number))
        except ValueError:
            share = count = 0
        if rest or not (0 < share <= 1 or (not percent and 0 < count <= SAMPLE_FILES_MAX)):
            raise FieldInvalid(
                "sample: expected a share of the files like 5%, or a number of files of each "
                f"book from 1 to {SAMPLE_FILES_MAX}; got {text!r}",
                metadata={"field": "sample"},
            )
        return cls(seed, share, count)

    def rank(self, file: FileRow) -> float:
        """Give a file its place from 0 to 1, by the seed alone."""
        digest = hashlib.sha256(f"{self.seed}/{file.id}".encode()).digest()
        return int.from_bytes(digest[:8], "big") / 2**64

    def choose(self, files: Iterator[FileRow]) -> Iterator[FileRow]:
        """Choose among all files; a share is chosen as they come, a number once all were seen."""
        if self.share:
            yield from (file for file in files if self.rank(file) < self.share)
        else:
            yield from heapq.nsmallest(self.count, files, key=self.rank)


class SampleCheck:
    """The check of some files of a book, each by itself; parameters as of `BookCheck`."""

    def __init__(
        self,
        manifest: Manifest,
        objects: Objects,
        book: str,
        sample: Sample,
        *,
        on_file: Callable[[], None] = lambda: None,
    ) -> None:
        self._manifest = manifest
        self._reader = FileReader(manifest, objects)
        self._hours = HourFiles(objects)
        self._sample = sample
        self._on_file = on_file
        self._found = BookFindings(book)

    def run(self) -> BookFindings:
        """Look at the chosen files.

        Each has its digest and its rows; a segment's and a quarantine file's records stand
        within the offsets that the manifest knows, a segment has as many waiting records as it
        says, the resolutions of postings are there. What files add up to is not looked at.
        """
        snapshot = self._manifest.book_snapshot(self._found.book)
        for file in self._sample.choose(self._files(snapshot.stop_seq)):
            try:
                verified = self._reader.open(file)
                frame = pl.DataFrame() if file.kind == KEYS else verified.frame()
                if file.kind == KEYS:
                    decode_keys(verified, self._manifest.key_state(file.book).hash_key)
                for rule, text in self._look(file, frame, snapshot.suspended_counts):
                    self._found.problems.append(Problem(rule, text, file.id))
            except ObjectMissing:
                continue  # merged since the manifest was asked
            except LedgerInconsistent as error:
                held = held_text(self._manifest.ranges_of(file.id))
                problem = Problem("FILE_MUST_BE_WHOLE", f"{error.message}{held}", file.id)
                self._found.problems.append(problem)
            else:
                self._found.record_count += frame.height if file.kind in _RECORD_KINDS else 0
            self._found.file_count += 1
            self._found.size_bytes += file.size_bytes
            self._on_file()
        return self._found

    def _files(self, stop_seq: int) -> Iterator[FileRow]:
        after_seq = 0
        while page := self._manifest.live_files(
            self._found.book,
            _KINDS,
            after_seq=after_seq,
            stop_seq=stop_seq,
            limit=_FILES_BATCH,
        ):
            yield from page
            after_seq = page[-1].seq

    def _look(
        self, file: FileRow, frame: pl.DataFrame, suspended_counts: dict[str, int]
    ) -> Iterator[tuple[str, str]]:
        if file.kind == POSTINGS:
            ids = frame["resolution"].cast(pl.String).drop_nulls().unique().sort().to_list()
            for text in resolution_problems(self._manifest, self._hours, file.book, ids):
                yield "RESOLUTION_MUST_BE_WHOLE", text
        if file.kind in _RECORD_KINDS:
            yield from self._look_at_offsets(file, frame)
        if file.kind == SEGMENT:
            yield from self._look_at_suspense(file, frame, suspended_counts.get(file.id, 0))

    def _look_at_offsets(self, file: FileRow, frame: pl.DataFrame) -> Iterator[tuple[str, str]]:
        with polars_errors(file.path):
            found = frame.group_by(pl.col("channel").cast(pl.String)).agg(
                first=pl.col("offset").min(),
                last=pl.col("offset").max(),
                distinct=pl.col("offset").n_unique(),
                count=pl.len(),
            )
        spans = {row["channel"]: row for row in found.iter_rows(named=True)}
        ranges = {each.channel: each for each in self._manifest.ranges_of(file.id)}
        for name in sorted(spans.keys() | ranges.keys()):
            span, held = spans.get(name), ranges.get(name)
            if (
                span is None
                or held is None
                or span["distinct"] != span["count"]
                or not held.first_offset <= span["first"] <= span["last"] < held.stop_offset
            ):
                yield (
                    "OFFSETS_MUST_BE_DENSE",
                    f"{file.path}: the manifest says {held} of {name}, but the file has {span}",
                )

    def _look_at_suspense(
        self, file: FileRow, frame: pl.DataFrame, expected: int
    ) -> Iterator[tuple[str, str]]:
        known: Sequence[FileRow] = self._manifest.clearings_of([file.id]).get(file.id, ())
        cleared = read_cleared(self._reader, known)
        for text in clearing_problems(file, frame, cleared):
            yield "CLEARING_MUST_NAME_WAITING_RECORDS", text
        count = with_cleared(frame, cleared).filter(is_waiting()).height
        # What was cleared since the check began is fine: the count only falls.
        if count > expected:
            yield (
                "SUSPENSE_MUST_BE_COUNTED",
                f"{file.path}: {count} records are in suspense, but the manifest says {expected}",
            )
