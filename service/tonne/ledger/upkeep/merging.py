"""Merges of postings files: many become few with the same sums.

So what a reader must add up is bounded by the number of distinct postings, not by the length of
history. Memory is bounded by a setting: a merge of more than fits is made in several turns, each
of which takes the postings of a share of the keys from all of its files. The files that come of
one merge are a run; runs of one size are merged with each other, and none across a mark.
"""

from __future__ import annotations

import bisect
import logging
import uuid
from typing import TYPE_CHECKING

import polars as pl

from tonne.errors import LedgerInconsistent
from tonne.ledger.files.files import POSTINGS, POSTINGS_GROUP_ROWS, put_frame, run_of
from tonne.ledger.files.frames import polars_errors
from tonne.ledger.files.postings import POSTINGS_SCHEMA, drop_zeros, months_late
from tonne.ledger.files.sums import RunningSums
from tonne.ledger.upkeep.rollups.maker import CONSERVED, in_order
from tonne.ledger.upkeep.turns import Layout
from tonne.store.errors import LeaseLost, ObjectMissing
from tonne.store.statement_rows import Span

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from tonne.ledger.reading.balances import Parts
    from tonne.ledger.upkeep.rollups.maker import RollupMaker
    from tonne.ledger.upkeep.turns import Turn
    from tonne.store.manifest.manifest import Manifest
    from tonne.store.objects.objects import Objects
    from tonne.store.rows import FileRow, Lease

logger = logging.getLogger(__name__)

TIER_ROWS_MIN = 1024
"""Runs of fewer rows are of the lowest tier."""

TIER_FACTOR_BITS = 3
"""A tier's runs have up to 8 times the rows of the tier below."""

MERGE_BYTES_MAX = 256 << 20
"""Memory of a merge, unless told otherwise."""

MERGE_LEASE_S = 120.0
"""How long a merge of a process that died keeps the others off, in seconds."""

ROW_BYTES = 420
"""Memory of a merge for each posting of a turn, besides its texts. Measured, see
docs/operations.md: the sums so far, what waits to be added to them, and the sums of both."""

TURNS_MAX = 64
"""Most turns of one merge: each of them reads all of its files."""

FILE_ROWS_MAX = 1 << 17
"""Most rows of a merged file: a question for a facility's year reads twelve of them, or fewer."""

_ORDER = ("period", "facility")
"""Order of the rows of a merged file: that of the files of a run, too."""


class Merger:
    """Merges the postings files of books. Safe to call from several threads.

    Parameters
    ----------
    manifest, objects
        Where the ledger is kept.
    parts : callable
        Reads files in parts.
    holder : str
        Name of this process in leases.
    files_max : int
        A tier of more live runs than this is merged.
    bytes_max : int
        Most memory of a merge.
    lease_s : float
        How long a merge of a process that died keeps the others off, in seconds.
    clock : callable
        The time, UTC.
    on_dead : callable
        Told the ids of the files that were replaced.
    rollups : RollupMaker
        Sums the files of a run without their facilities.
    """

    def __init__(
        self,
        manifest: Manifest,
        objects: Objects,
        parts: Parts,
        *,
        holder: str,
        files_max: int,
        bytes_max: int,
        lease_s: float,
        clock: Callable[[], dt.datetime],
        on_dead: Callable[[Sequence[str]], None],
        rollups: RollupMaker,
    ) -> None:
        self._manifest = manifest
        self._objects = objects
        self._parts = parts
        self._holder = holder
        self._files_max = files_max
        self._bytes_max = bytes_max
        self._lease_s = lease_s
        self._clock = clock
        self._on_dead = on_dead
        self._rollups = rollups

    def merge(self, book: str) -> int:
        """Merge each tier that has too many runs; the sums stay what they are.

        Then make the rollups that are missing, or not right any more.

        One process at a time merges a book, by lease. One that was paused so long that
        another took the lease commits nothing: the manifest compares the fence.

        Returns
        -------
        int
            Files that were replaced.
        """
        postings = self._manifest.live_postings(book)
        is_crowded = next(self._crowded(book, postings), None) is not None
        if not is_crowded and not self._rollups.is_due(book, postings):
            return 0
        lease = self._manifest.acquire_lease(f"merge/{book}", self._holder, self._lease_s)
        if lease is None:
            return 0
        replaced = 0
        try:
            while files := next(self._crowded(book, self._manifest.live_postings(book)), None):
                if not self._merge_files(book, files, lease):
                    break
                replaced += len(files)
            if self._rollups.is_due(book, self._manifest.live_postings(book)):
                self._rollups.refresh(book, lease)
        except LeaseLost as error:
            logger.warning("another server took over a merge: %s", error)
        finally:
            self._manifest.release_lease(lease)  # without effect on another's
        return replaced

    def _crowded(self, book: str, postings: Sequence[FileRow]) -> Iterator[list[FileRow]]:
        """Yield files to merge, tier by tier, the lowest first.

        Equal sizes meet equal sizes: each row is rewritten once per tier that it climbs, so
        that n files cost O(n log n) and not O(n^2).

        Files on two sides of a mark are never merged with each other, so that the balances as of
        it stay a set of files. What lies between two marks gets no more files, and becomes one
        run. What was there before the first mark is many days at once: it keeps its tiers.
        """
        # Read behind the files: a mark that is put meanwhile lies behind them all.
        marks = sorted({each.number for each in self._manifest.marks(book)})
        tiers: dict[tuple[int, int], list[list[FileRow]]] = {}
        for run in _runs(postings):
            place = bisect.bisect_left(marks, run[0].last_commit)
            is_whole = 0 < place < len(marks)
            tiers.setdefault((place, 0 if is_whole else _tier(run)), []).append(run)
        for (place, _), runs in sorted(tiers.items()):
            if len(runs) <= (1 if 0 < place < len(marks) else self._files_max):
                continue
            chosen: list[FileRow] = []
            count = rows = 0
            for run in runs:
                rows += sum(file.row_count for file in run)
                if rows * ROW_BYTES > self._bytes_max * TURNS_MAX:
                    break
                chosen += run
                count += 1
            if count > 1:
                yield chosen

    def _merge_files(self, book: str, files: Sequence[FileRow], lease: Lease) -> bool:
        """Replace files by a run with the same sums; False when another merge was first.

        Raises `LeaseLost` where another process has taken the lease.
        """
        old_ids = [file.id for file in files]
        try:
            turns, before = self._look(files)
            new = self._merge_in_turns(book, files, turns, lease)
        except ObjectMissing:
            return False
        rollup = self._check_written(book, before, new)
        old_runs = sorted({run_of(file) for file in files if not file.commit_id})
        if not self._manifest.replace_postings(
            book, old_ids, new[0], lease, further=new[1:], rollup=rollup, old_runs=old_runs
        ):
            return False
        self._on_dead(old_ids)
        return True

    def _look(self, files: Sequence[FileRow]) -> tuple[list[Turn], pl.DataFrame]:
        """Find in which turns files can be merged, and what they add up to."""
        sums = RunningSums(CONSERVED)
        layout = Layout()
        rows = text_bytes = 0
        for part in self._parts(files):
            rows += part.height
            text_bytes += _text_bytes(part)
            sums.add(part)
            with polars_errors("postings to merge"):
                layout.add(part)
        memory = rows * ROW_BYTES + text_bytes
        rows_max = max(rows * self._bytes_max // max(memory, 1), 1)
        return layout.turns(rows_max), in_order(sums)

    def _merge_in_turns(
        self, book: str, files: Sequence[FileRow], turns: Sequence[Turn], lease: Lease
    ) -> list[FileRow]:
        """Write the files of a run; none is live yet. One is written where nothing is left."""
        name = uuid.uuid4().hex
        new: list[FileRow] = []
        for turn in turns:
            merged = self._merge_turn(files, turn)
            for part in merged.iter_slices(FILE_ROWS_MAX):
                new.append(self._put(book, part, f"{name}-{len(new)}", lease))
        return new or [self._put(book, pl.DataFrame(schema=POSTINGS_SCHEMA), f"{name}-0", lease)]

    def _put(self, book: str, part: pl.DataFrame, name: str, lease: Lease) -> FileRow:
        # Reading and adding up can take as long as the lease: nothing is written without it.
        if self._manifest.renew_lease(lease, self._lease_s) is None:
            raise LeaseLost(lease.name, lease.holder, lease.fence)
        return put_frame(
            self._objects,
            part,
            POSTINGS,
            book=book,
            commit_id="",
            now=self._clock(),
            name=name,
            span=_span(part),
        )

    def _check_written(
        self, book: str, before: pl.DataFrame, new: Sequence[FileRow]
    ) -> Sequence[FileRow]:
        """Read a run back as it lies, and compare its sums with those of what it is to replace.

        Month by month, resolution by resolution: quantities and counts. The bytes are read again
        from the storage: what they replace is deleted some time later. The rollup is made of what
        was read; gives its files.
        """
        sums = RunningSums(CONSERVED)
        roller = self._rollups.begin(book, new)
        try:
            for part in self._parts(new):
                sums.add(part)
                if roller is not None:
                    roller.add(part)
        except (LedgerInconsistent, ObjectMissing) as error:
            raise LedgerInconsistent(
                f"the merged postings file of book {book!r} cannot be read back. It was thrown "
                f"away, and the files that it was to replace stay: {error.message}",
                metadata={"book": book},
            ) from error
        if not in_order(sums).equals(before):
            raise LedgerInconsistent(
                f"the merged postings file of book {book!r} has other sums than the files before "
                "it. It was thrown away, and the files that it was to replace stay",
                metadata={"book": book},
            )
        return () if roller is None else self._rollups.put(book, new, roller, before)

    def _merge_turn(self, files: Sequence[FileRow], turn: Turn) -> pl.DataFrame:
        """Sum the postings of a turn, in the order of the files.

        The texts are categories of this turn alone, which are gone with its frames: a posting
        takes a third of the memory.
        """
        kind = pl.Categorical(pl.Categories.random("merge"))
        texts = [name for name, each in POSTINGS_SCHEMA.items() if each == pl.String]
        coded = {**POSTINGS_SCHEMA, **dict.fromkeys(texts, kind)}
        sums = RunningSums(coded, pending_rows_min=POSTINGS_GROUP_ROWS)
        for part in self._parts(files, wanted=turn.wanted):
            with polars_errors("postings to merge"):
                coded_part = turn.of(part).with_columns(pl.col(texts).cast(kind))
            sums.add(coded_part)
        with polars_errors("merged postings"):
            merged = drop_zeros(sums.frame()).sort(_ORDER, maintain_order=True)
            return merged.select(pl.col(n).cast(each) for n, each in POSTINGS_SCHEMA.items())


def _span(part: pl.DataFrame) -> Span | None:
    """Give the months and the facilities that postings lie within.

    The months are those in which they happened and those in which they count.
    """
    if part.is_empty():
        return None
    facilities = part["facility"]
    with polars_errors("merged postings"):
        first, last = part.select(
            pl.col("period").min().alias("first"), (pl.col("period") + months_late()).max()
        ).row(0)
        return Span(first, last, str(facilities.min()), str(facilities.max()))


def _runs(files: Iterable[FileRow]) -> list[list[FileRow]]:
    """Put the files of each merge together."""
    runs: dict[str, list[FileRow]] = {}
    for file in files:
        runs.setdefault(run_of(file), []).append(file)
    return list(runs.values())


def _tier(run: Sequence[FileRow]) -> int:
    rows = sum(file.row_count for file in run)
    return (rows // TIER_ROWS_MIN).bit_length() // TIER_FACTOR_BITS


def _text_bytes(part: pl.DataFrame) -> int:
    """Count the bytes of a part's distinct texts."""
    with polars_errors("texts of postings"):
        texts = (part[name] for name, kind in POSTINGS_SCHEMA.items() if kind == pl.String)
        return sum(int(each.unique().str.len_bytes().sum()) for each in texts)
