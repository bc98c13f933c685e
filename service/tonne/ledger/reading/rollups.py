"""Rollups: what the postings of a run add up to without their facilities, and whether that holds.

A run is what one merge wrote. Beside its postings files lies a rollup: sums by everything but the
facility, and by what the register said of the facility when the rollup was made. Who asks for
what the register says may use it where it says the same of every facility of the run today.
Nothing rests on a rollup alone: where there is none, or it is not right, the postings are read.
"""

from __future__ import annotations

import logging
import threading
import weakref
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl

from tonne.errors import LedgerInconsistent
from tonne.ledger.files.files import (
    ROLLUP,
    ROLLUP_KINDS,
    ROLLUP_MEMBERS,
    ROLLUP_SITES,
    FileReader,
    run_of,
)
from tonne.ledger.files.frames import Schema, polars_errors
from tonne.ledger.files.postings import POSTINGS_SCHEMA
from tonne.store.errors import ObjectMissing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tonne.ledger.reading.frame_cache import FrameCache
    from tonne.store.manifest.manifest import Manifest
    from tonne.store.rows import FileRow
    from tonne.store.statement_rows import FileKind

logger = logging.getLogger(__name__)

ROLLED_ROWS_MIN: Final = 1 << 15
"""Postings of a run from which on it has a rollup. Reports tell facilities apart, asked or not, up
to so many sums (`gathering.DETAIL_KEPT_ROWS`): of fewer postings they would not use it."""

ATTRIBUTES = ("type", "region", "entity", "valid_from", "valid_to")
"""What reports ask of the register, beside whether a facility is in it."""

PROFILE_SCHEMA: Schema = {f"facility_{name}": pl.String for name in ATTRIBUTES}

ROLLUP_SCHEMA: Schema = {
    **PROFILE_SCHEMA,
    **{name: kind for name, kind in POSTINGS_SCHEMA.items() if name != "facility"},
    "posting_count": pl.Int64,
}
"""Columns of a rollup: what the register says of the facility (nothing of one that is not in it),
columns of postings, and how many postings a row stands for. A date of the facility stands there
where it lies within the slice; on all other days it is the same as none, or nothing counts, see
`upkeep.rollups.rolling`."""

MEMBERS_SCHEMA: Schema = {"facility": pl.String, **dict.fromkeys(ATTRIBUTES, pl.String)}
"""Columns of the members of a rollup: the facilities that have postings, and what the register
said of them."""

SITES_SCHEMA: Schema = {
    **dict.fromkeys(("facility", "facility_type", "activity", "resolution"), pl.String),
    "block": pl.Int32,
    "mask": pl.UInt32,
}
"""Columns of the sites of a rollup: the months of a block in which postings of a facility count,
a bit for each. A row without a facility names a type whose facilities are left out: they are
many."""

SITE_BLOCK_MONTHS: Final = 32
"""Months of a block."""


@dataclass(frozen=True, slots=True)
class RolledRun:
    """The files of a run, and those of its rollup by their kinds."""

    name: str
    postings: tuple[FileRow, ...]
    files: Mapping[FileKind, FileRow]


class Rollups:
    """Reads rollups. Safe to call from several threads.

    Parameters
    ----------
    manifest, reader
        Where the ledger is kept.
    cache : FrameCache
        Keeps what is read.
    """

    def __init__(self, manifest: Manifest, reader: FileReader, cache: FrameCache) -> None:
        self._manifest = manifest
        self._reader = reader
        self._cache = cache
        self._lock = threading.Lock()
        self._right: dict[str, tuple[weakref.ref[pl.DataFrame], bool]] = {}

    def runs(self, book: str, postings: Sequence[FileRow]) -> list[RolledRun]:
        """Find the runs among postings files that have a rollup, their sizes being right."""
        runs: defaultdict[str, list[FileRow]] = defaultdict(list)
        for file in postings:
            if not file.commit_id:
                runs[run_of(file)].append(file)
        if not any(_row_count(files) >= ROLLED_ROWS_MIN for files in runs.values()):
            return []
        rollups = files_by_run(self._manifest.live_rollups(book))
        return [
            RolledRun(name, tuple(files), rollups[name])
            for name, files in runs.items()
            if name in rollups and _row_count(files) >= ROLLED_ROWS_MIN
        ]

    def sums(self, run: RolledRun) -> pl.DataFrame | None:
        """Read a rollup, columns of `ROLLUP_SCHEMA`; None where it cannot be used."""
        sums = self._read(run.files[ROLLUP], ROLLUP_SCHEMA)
        # An older Tonne replaces a file of a run and knows of no rollup.
        if sums is None or sums["posting_count"].sum() != _row_count(run.postings):
            return None
        return sums

    def is_right(self, run: RolledRun, register: pl.DataFrame) -> bool:
        """Whether a register says of each facility of a run what it said for the rollup.

        What was found is remembered for as long as the register is the same frame.
        """
        file = run.files[ROLLUP_MEMBERS]
        with self._lock:
            known = self._right.get(file.id)
        if known is not None and known[0]() is register:
            return known[1]
        members = self._open(file)
        if members is None:
            return False
        with polars_errors(file.path):
            is_right = members_differ(members, register).is_empty()
        with self._lock:
            alive = {key: each for key, each in self._right.items() if each[0]() is not None}
            self._right = alive
            self._right[file.id] = (weakref.ref(register), is_right)
        return is_right

    def sites(self, run: RolledRun) -> pl.DataFrame | None:
        """Read the sites of a rollup, columns of `SITES_SCHEMA`; None if they cannot be used."""
        return self._read(run.files[ROLLUP_SITES], SITES_SCHEMA)

    def _read(self, file: FileRow, schema: Schema) -> pl.DataFrame | None:
        found = self._cache.get(file.id)
        if found is not None:
            return found
        frame = self._open(file)
        if frame is None:
            return None
        with polars_errors(file.path):
            whole = as_rollup(frame, file.kind)
            typed = whole.select(pl.col(name).cast(kind) for name, kind in schema.items())
        self._cache.put(file.id, typed)
        return typed

    def _open(self, file: FileRow) -> pl.DataFrame | None:
        """Read a file of a rollup; one that is gone or corrupt costs time, and no answer."""
        try:
            return self._reader.open(file).frame()
        except ObjectMissing:
            return None
        except LedgerInconsistent as error:
            logger.warning("a rollup is not used: %s", error)
            return None


def as_rollup(frame: pl.DataFrame, kind: FileKind) -> pl.DataFrame:
    """Give the columns of a rollup's file; sums of before records could be late have none."""
    if kind != ROLLUP or "late" in frame.columns:
        return frame
    return frame.with_columns(late=pl.lit(0, pl.UInt16)).select(list(ROLLUP_SCHEMA))


def files_by_run(rollups: Sequence[FileRow]) -> dict[str, dict[FileKind, FileRow]]:
    """Put the files of rollups together by their runs; what is not whole is left out."""
    found: defaultdict[str, dict[FileKind, FileRow]] = defaultdict(dict)
    for file in rollups:
        found[file.segment][file.kind] = file
    return {run: files for run, files in found.items() if len(files) == len(ROLLUP_KINDS)}


def members_differ(members: pl.DataFrame, register: pl.DataFrame) -> pl.DataFrame:
    """Give the members of whom a register says something else than they have."""
    told = register.select("facility", *(pl.col(name).alias(f"now_{name}") for name in ATTRIBUTES))
    now = members.join(told, on="facility", how="left")
    return now.filter(
        pl.any_horizontal(
            pl.col(name) != pl.col(f"now_{name}").fill_null("") for name in ATTRIBUTES
        )
    )


def _row_count(files: Sequence[FileRow]) -> int:
    return sum(file.row_count for file in files)
