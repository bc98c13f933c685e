"""Makes postings files again that the storage lost or changed: from the records, exactly.

What the files must hold is what all records add to the balances, less what the good files hold.
Records do not say under which resolution they were posted. It follows from the method that was
in force at their commit, which is kept, and is taken only where it is one that the book has
recorded: nothing is resolved under today's method. Where it does not follow, nothing is rebuilt.
"""

from __future__ import annotations

import bisect
from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from tonne.catalogue.words.book_words import BookWords
from tonne.catalogue.words.method import settings_of
from tonne.errors import FileCorrupt, LedgerInconsistent
from tonne.ledger.book.book_state import BookState
from tonne.ledger.book.facilities import read_register
from tonne.ledger.book.factors import edition_factors
from tonne.ledger.files.files import POSTINGS, SEGMENT, FileReader, put_frame, run_of
from tonne.ledger.files.frames import polars_errors
from tonne.ledger.files.overlay import REVERSED, is_waiting, read_cleared, with_cleared
from tonne.ledger.files.postings import POSTINGS_SCHEMA, as_postings, by_month, drop_zeros
from tonne.ledger.files.repost import repost
from tonne.ledger.files.spilled_sums import SpilledSums
from tonne.ledger.files.sums import RunningSums, sum_by
from tonne.ledger.posting.correcting.noted import POSTED_AS
from tonne.ledger.posting.correcting.taking import read_kept, take_back
from tonne.ledger.posting.repost import posted_then
from tonne.ledger.posting.writing.laid_out import POSTING_REGION
from tonne.ledger.reading.past.postings import added
from tonne.ledger.upkeep.between_marks import SUMS_ROWS_MAX, by_interval, missing_between, span_of
from tonne.ledger.upkeep.findings import Rebuilt, has_late, methods_of, regions_unknown
from tonne.ledger.upkeep.restated import restated_of
from tonne.model import FacilityRule, RowStatus
from tonne.store.errors import LeaseLost

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator, Sequence

    from tonne.store.manifest.manifest import Manifest
    from tonne.store.objects.objects import Objects
    from tonne.store.rows import BookSnapshot, CommitRow, FileRow, Lease

BATCH_ROWS = 1 << 16

_FILES_BATCH = 256
_SUMMED = ("quantity", "record_count", "record_start_count")
_KEYS = [name for name in POSTINGS_SCHEMA if name not in _SUMMED]


class Rebuild:
    """The rebuild of a book's postings files, under the lease of its merge.

    Parameters
    ----------
    manifest, objects
        Where the ledger is kept.
    book : str
    lease : Lease
        Of the merge of the book.
    lease_s : float
        For how long it is renewed.
    clock : callable
        The time, UTC.
    assumes_regions : bool
        Whether records that named no region, committed when the register may have been another
        one, are taken to have been posted under the region that their facility has today.
    on_file : callable, optional
        Called after each file.
    """

    def __init__(
        self,
        manifest: Manifest,
        objects: Objects,
        book: str,
        *,
        lease: Lease,
        lease_s: float,
        clock: Callable[[], dt.datetime],
        assumes_regions: bool = False,
        on_file: Callable[[], None] = lambda: None,
    ) -> None:
        self._manifest = manifest
        self._objects = objects
        self._reader = FileReader(manifest, objects)
        self._lease = lease
        self._lease_s = lease_s
        self._clock = clock
        self._assumes_regions = assumes_regions
        self._on_file = on_file
        self._book = manifest.get_book(book)
        self._register = read_register(manifest.facility_parts(book))
        self._entities = manifest.list_entities(book)
        self._methods = methods_of(manifest, book)
        self._words = manifest.list_words(book)
        self._states: dict[tuple[int, int], BookState] = {}
        self._assumed_count = 0
        self._reversed = RunningSums(POSTINGS_SCHEMA)

    def run(self) -> Rebuilt:
        """Replace the live postings files that are not what was written.

        Raises
        ------
        FileCorrupt
            A segment, or a clearing, is not what was written: its records cannot be posted again.
        FieldInvalid
            Regions under which records were posted do not follow from what is kept.
        LedgerInconsistent
            What the records add contradicts the good files, or no recorded resolution fits.
        LeaseLost
            Another process has taken the lease: nothing happened.
        """
        snapshot = self._manifest.book_snapshot(self._book.id)
        with SpilledSums(POSTINGS_SCHEMA, SUMS_ROWS_MAX) as sums:
            corrupt = self._take_off_the_good(snapshot, sums)
            if not corrupt:
                return Rebuilt()
            marks = sorted({each.number for each in self._manifest.marks(self._book.id)})
            (*later, _) = by_interval(marks, corrupt).items()
            if later:
                done = [self._rebuild_between(snapshot, *each) for each in later]
                rest = self.run()
                return replace(
                    rest,
                    replaced=(*(file for one, _ in done for file in one), *rest.replaced),
                    row_count=rest.row_count + sum(count for _, count in done),
                )
            record_count = 0
            for file, clearings in self._segments(snapshot):
                record_count += self._add_records(file, clearings, sums)
            if self._assumed_count and not self._assumes_regions:
                return self._rebuild_noted(snapshot, corrupt, marks, record_count)
            frame = pl.concat([pl.DataFrame(schema=POSTINGS_SCHEMA), *sums.nonzero()])
        frame = self._in_known_slices(frame)
        self._check(frame)
        self._replace(corrupt, frame)
        return Rebuilt(tuple(corrupt), frame.height, record_count, self._assumed_count)

    def _take_off_the_good(self, snapshot: BookSnapshot, sums: SpilledSums) -> list[FileRow]:
        """Take what the good files hold off; gives the others."""
        corrupt = []
        for file in snapshot.postings:
            self._renew()
            try:
                frame = self._reader.open(file).frame()
            except FileCorrupt:
                corrupt.append(file)
            else:
                with polars_errors(file.path):
                    sums.add(as_postings(frame).with_columns(-pl.col(_SUMMED)))
            self._on_file()
        return corrupt

    def _rebuild_between(
        self,
        snapshot: BookSnapshot,
        interval: tuple[int, int | None],
        corrupt: Sequence[FileRow],
    ) -> tuple[Sequence[FileRow], int]:
        """Make the corrupt files between two marks again: what commits there added says it all."""
        frame = self._missing(snapshot, interval, corrupt)
        self._replace(corrupt, frame)
        return corrupt, frame.height

    def _rebuild_noted(
        self,
        snapshot: BookSnapshot,
        corrupt: Sequence[FileRow],
        marks: Sequence[int],
        record_count: int,
    ) -> Rebuilt:
        """Make files again as the segments note that their records were posted.

        So the register of then need not be known; what an older Tonne committed has no notes.
        """
        (interval,) = by_interval(marks, corrupt)
        if not interval[0]:
            raise regions_unknown(self._book.id, self._assumed_count)
        try:
            frame = self._missing(snapshot, interval, corrupt)
        except LedgerInconsistent as error:
            raise regions_unknown(self._book.id, self._assumed_count) from error
        self._check(frame)
        self._replace(corrupt, frame)
        return Rebuilt(tuple(corrupt), frame.height, record_count)

    def _missing(
        self,
        snapshot: BookSnapshot,
        interval: tuple[int, int | None],
        corrupt: Sequence[FileRow],
    ) -> pl.DataFrame:
        return missing_between(
            self._manifest,
            self._reader,
            self._book,
            [each for each in snapshot.postings if each not in corrupt],
            span_of(snapshot, interval, self._clock()),
        )

    def _segments(self, snapshot: BookSnapshot) -> Iterator[tuple[FileRow, list[FileRow]]]:
        after_seq = 0
        while files := self._manifest.live_files(
            self._book.id,
            (SEGMENT,),
            after_seq=after_seq,
            stop_seq=snapshot.stop_seq,
            limit=_FILES_BATCH,
        ):
            self._renew()
            clearings = self._manifest.clearings_of(file.id for file in files)
            for file in files:
                known = clearings.get(file.id, ())
                yield file, [each for each in known if each.seq <= snapshot.stop_seq]
                self._on_file()
            after_seq = files[-1].seq

    def _add_records(self, file: FileRow, clearings: Sequence[FileRow], sums: SpilledSums) -> int:
        """Post a segment's records as they were: at its commit, and at those of its clearings."""
        if has_late((file, *clearings)):
            return self._add_late(file, clearings, sums)
        now = segment = self._reader.open(file).frame()
        commits = self._manifest.get_commits([each.commit_id for each in (file, *clearings)])
        # What was reversed since was taken back under what it was posted as: to nothing.
        last = with_cleared(segment, read_cleared(self._reader, clearings))
        if any(last["status"] == REVERSED):
            self._note_reversed(file, clearings)
        # What was restated since is posted as its last note says, and was taken back before.
        restated = restated_of(self._reader, file, clearings, self._book)
        sums.add(restated.now)
        self._reversed.add(restated.taken_back)
        stays = ((last["status"] == RowStatus.POSTED) & ~restated.were).alias("stays")
        came = segment.filter((segment["status"] == RowStatus.POSTED) & stays)
        self._post(came, commits[file.commit_id], sums)
        for clearing in clearings:
            after = with_cleared(now, read_cleared(self._reader, [clearing]))
            left = now.filter((now["status"] > 0) & (after["status"] == RowStatus.POSTED) & stays)
            self._post(left, commits[clearing.commit_id], sums)
            now = after
        self._wait(now.filter(is_waiting()), sums)
        return segment.height

    def _add_late(self, file: FileRow, clearings: Sequence[FileRow], sums: SpilledSums) -> int:
        """Post a segment's records as its commits did; each notes under what, and where."""
        periods = self._state(self._book.method_version, len(self._words)).periods
        for part in added(self._reader, (file, clearings), periods):
            sums.add(part)
        self._note_reversed(file, clearings)
        self._reversed.add(restated_of(self._reader, file, clearings, self._book).taken_back)
        return file.row_count

    def _note_reversed(self, file: FileRow, clearings: Sequence[FileRow]) -> None:
        """Sum what reversals took back: so much less may stand in a file than nothing."""
        is_gone = (pl.col("status") == REVERSED) & pl.col(POSTED_AS).is_not_null()
        gone = read_kept(self._reader, file, clearings, whole=True).filter(is_gone)
        gone = gone.with_columns(pl.lit(int(RowStatus.POSTED), pl.UInt8).alias("status"))
        periods = self._state(self._book.method_version, len(self._words)).periods
        self._reversed.add(take_back(gone, periods, self._book.id))

    def _with_reversed(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Add what was reversed, as it was posted: sums that are never negative."""
        posted = self._reversed.frame().with_columns(-pl.col(_SUMMED))
        # In months of when it happened: what was taken back may count later than it did.
        return sum_by(pl.concat([frame, posted]), [each for each in _KEYS if each != "late"])

    def _post(self, records: pl.DataFrame, commit: CommitRow, sums: SpilledSums) -> None:
        """Post records under the method and the words that were in force at a commit."""
        times = [method.create_time for method in self._methods]
        version = bisect.bisect_right(times, commit.create_time)
        word_times = [word.create_time for word in self._words if word.create_time is not None]
        word_count = bisect.bisect_right(word_times, commit.create_time)
        state = self._state(version, word_count)
        # Each version and each word raised the revision by one. What raised it else may have been
        # the register.
        raised = self._book.revision - commit.revision
        if raised != self._book.method_version - version + len(self._words) - word_count:
            self._note_regions(records)
        for rows in records.iter_slices(BATCH_ROWS):
            sums.add(posted_then(rows, state, self._book.id))

    def _note_regions(self, records: pl.DataFrame) -> None:
        """Count the records whose region was their facility's, when that may have been another.

        What is not in the register now has never been in it.
        """
        registered = self._register["facility"].implode()
        self._assumed_count += records.filter(
            pl.col("region").cast(pl.String).fill_null("") == "",
            pl.col("facility").cast(pl.String).is_in(registered),
        ).height

    def _wait(self, records: pl.DataFrame, sums: SpilledSums) -> None:
        """Post the records that wait: the segment notes under which region."""
        noted = pl.col(POSTING_REGION) if POSTING_REGION in records.columns else pl.lit(None)
        region = pl.coalesce(noted.cast(pl.String), pl.col("region").cast(pl.String))
        periods = self._state(self._book.method_version, len(self._words)).periods
        by_region = records.with_columns(region=region)
        for (status,), rows in by_region.group_by("status", maintain_order=True):
            for part in rows.iter_slices(BATCH_ROWS):
                plain = repost(part, periods).with_columns(
                    resolution=pl.lit(None, pl.String),
                    status=pl.lit(status, pl.UInt8),
                    late=pl.lit(0, pl.UInt16),
                )
                sums.add(plain.select(list(POSTINGS_SCHEMA)))

    def _state(self, version: int, word_count: int) -> BookState:
        """Make what decides how records are posted: a version, and the first words of the book.

        Any facility will do.
        """
        key = (version, word_count)
        if key not in self._states:
            body = self._methods[version - 1].body if version else ""
            book = replace(
                self._book,
                method_version=version,
                method_body=body,
                facility_rule=FacilityRule.ANY,
            )
            settings = settings_of(book)
            editions = [
                (each, edition_factors(self._manifest, book, each)) for each in settings.editions
            ]
            words = BookWords(self._words[:word_count])
            self._states[key] = BookState(
                book, editions, settings, self._register, self._entities, words=words
            )
        return self._states[key]

    def _in_known_slices(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Keep the slices, unless they are not those of then: then a posting has its whole month.

        Dates of facilities and holdings are those of today; where they were others at a commit,
        the good files have other slices, and only months add up.
        """
        is_astray = (pl.col("status") == RowStatus.POSTED) & (pl.col("record_count") < 0)
        if self._with_reversed(frame).filter(is_astray).is_empty():
            return frame
        months = self._reversed.frame()
        self._reversed = RunningSums(POSTINGS_SCHEMA)
        self._reversed.add(by_month(months))
        return drop_zeros(sum_by(by_month(frame), _KEYS)).select(list(POSTINGS_SCHEMA))

    def _check(self, frame: pl.DataFrame) -> None:
        """See that what is left can be the content of files, under recorded resolutions."""
        used = sorted(frame["resolution"].drop_nulls().unique())
        recorded = self._manifest.get_resolutions(self._book.id, used)
        unknown = [each for each in used if each not in recorded]
        astray = self._with_reversed(frame).filter(
            (pl.col("status") == RowStatus.POSTED)
            & ((pl.col("record_count") < 0) | pl.col("resolution").is_null())
        )
        if unknown or astray.height:
            raise LedgerInconsistent(
                f"the postings files of book {self._book.id!r} cannot be made again: "
                f"{len(unknown)} resolutions that it needs were never recorded, and "
                f"{astray.height} sums contradict the good files. Restore the file from a copy, "
                "or rebuild with the version of Tonne that posted the records",
                metadata={"book": self._book.id},
            )

    def _replace(self, corrupt: Sequence[FileRow], frame: pl.DataFrame) -> None:
        """Write what was rebuilt, read it back, and swap: in one transaction under the lease."""
        new = put_frame(
            self._objects,
            frame.select(list(POSTINGS_SCHEMA)),
            POSTINGS,
            book=self._book.id,
            commit_id="",
            now=self._clock(),
        )
        with polars_errors(new.path):
            is_same = self._reader.open(new).frame().select(list(POSTINGS_SCHEMA)).equals(frame)
        if not is_same:
            raise LedgerInconsistent(
                f"the rebuilt file {new.path} does not read back as written: rebuild again",
                metadata={"book": self._book.id, "path": new.path},
            )
        self._renew()
        ids = [file.id for file in corrupt]
        runs = [run_of(file) for file in corrupt if not file.commit_id]
        book = self._book.id
        if not self._manifest.replace_postings(book, ids, new, self._lease, old_runs=runs):
            raise LeaseLost(self._lease.name, self._lease.holder, self._lease.fence)

    def _renew(self) -> None:
        if self._manifest.renew_lease(self._lease, self._lease_s) is None:
            raise LeaseLost(self._lease.name, self._lease.holder, self._lease.fence)
