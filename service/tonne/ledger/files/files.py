"""The ledger's files: their kinds, their paths, and how a frame becomes one."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from tonne.errors import FileCorrupt, FileMissing, LedgerInconsistent
from tonne.ledger.files.frames import (
    ROW_GROUP_ROWS,
    read_columns,
    read_parquet,
    read_rows,
    read_where,
    write_parquet,
)
from tonne.model import PERIOD_COUNT_MAX
from tonne.store.errors import ObjectMissing
from tonne.store.rows import FileRow

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable, Sequence

    import polars as pl

    from tonne.store.manifest.manifest import Manifest
    from tonne.store.objects.objects import Objects
    from tonne.store.statement_rows import FileKind, Span

SEGMENT: Final = "segment"
POSTINGS: Final = "postings"
QUARANTINE: Final = "quarantine"
CLEARING: Final = "clearing"
KEYS: Final = "keys"
ROLLUP: Final = "rollup"
ROLLUP_MEMBERS: Final = "rollup_members"
ROLLUP_SITES: Final = "rollup_sites"
ROLLUP_KINDS: Final = (ROLLUP, ROLLUP_MEMBERS, ROLLUP_SITES)
"""Files of a rollup: sums, the facilities that they are of, the months that some of these have."""

POSTINGS_GROUP_ROWS = 1 << 16
"""Rows of a row group of postings, which are read so many at a time: at most 76 MiB in memory."""

_FOLDERS: dict[FileKind, str] = {
    SEGMENT: "segments",
    POSTINGS: "postings",
    QUARANTINE: "quarantine",
    CLEARING: "clearings",
    KEYS: "keys",
    **dict.fromkeys(ROLLUP_KINDS, "rollups"),
}


_DEPENDENTS: dict[FileKind, str] = {
    SEGMENT: (
        "lists, explanations and replays of its records, repeats of its offsets and the "
        "clearing of its records in suspense. Inventories rest on postings files and stay right"
    ),
    POSTINGS: "every inventory and explanation of the book, and the merge of its postings",
    QUARANTINE: (
        "the list of quarantined records, and repeats of its offsets. Inventories do not depend "
        "on it"
    ),
    CLEARING: (
        "which records of its segment left suspense: their lists, replays and further clearing. "
        "Inventories rest on postings files and stay right"
    ),
    KEYS: (
        "the search for records of one id, and records by their id. No number depends on it, but "
        "a record that comes twice is not found before it is mended"
    ),
}
_ROLLUP_DEPENDENTS = (
    "how fast inventories and indicators of the book are. They read its postings files instead "
    "and stay right"
)
_DEPENDENTS |= dict.fromkeys(ROLLUP_KINDS, _ROLLUP_DEPENDENTS)
_ASK = (
    "restore the object under the same path from a copy, or ask the producers for its records "
    "again: `tonne check --book {book}` names the channels and offsets that it holds"
)
_REMEDIES: dict[FileKind, str] = {
    SEGMENT: _ASK,
    POSTINGS: (
        "run `tonne rebuild --book {book}` with the --config or --data of the server; it makes "
        "the file again from the segments"
    ),
    QUARANTINE: _ASK,
    CLEARING: (
        "restore the object under the same path from a copy, then run `tonne check --book {book}`"
    ),
    KEYS: (
        "run `tonne duplicate recheck --book {book}`; the upkeep makes the key files again from "
        "the segments"
    ),
}
_REMEDIES |= dict.fromkeys(
    ROLLUP_KINDS,
    "run `tonne rebuild --book {book}` with the --config or --data of the server; it makes the "
    "rollup again from the postings files",
)
"""What mends a file. It stands in logs of servers and in what `tonne check` says itself."""


def segments_folder(book: str) -> str:
    """Name the folder of a book's segments: the root of its published table."""
    return f"{book}/{_FOLDERS[SEGMENT]}"


def put_frame(
    objects: Objects,
    frame: pl.DataFrame,
    kind: FileKind,
    *,
    book: str,
    commit_id: str,
    now: dt.datetime,
    suspended_count: int = 0,
    segment: str = "",
    name: str = "",
    span: Span | None = None,
) -> FileRow:
    """Encode a frame and put it under a new path; it is durable on return.

    Nothing refers to it before the row that is returned is committed. `name` is never used
    twice; without one it is made.
    """
    rows = POSTINGS_GROUP_ROWS if kind == POSTINGS else ROW_GROUP_ROWS
    encoded = write_parquet(frame, rows)
    row = FileRow(
        id=uuid.uuid4().hex,
        book=book,
        kind=kind,
        path=_new_path(book, kind, now, f"{name or uuid.uuid4().hex}.parquet"),
        row_count=encoded.row_count,
        size_bytes=len(encoded.content),
        sha256=encoded.sha256,
        commit_id=commit_id,
        create_time=now,
        suspended_count=suspended_count,
        segment=segment,
        span=span,
    )
    objects.put(row.path, encoded.content)
    return row


def put_cleared(  # noqa: PLR0917  # what, of what, and by which commit
    objects: Objects,
    segment: FileRow,
    names: pl.DataFrame,
    postings: pl.DataFrame,
    commit_id: str,
    now: dt.datetime,
) -> tuple[FileRow, FileRow]:
    """Put the files of a commit that posts records of a segment otherwise: clearing, postings."""
    put = partial(put_frame, objects, book=segment.book, commit_id=commit_id, now=now)
    return put(names, CLEARING, segment=segment.id), put(postings, POSTINGS)


def put_keys(
    objects: Objects,
    content: bytes,
    count: int,
    *,
    book: str,
    commit_id: str,
    now: dt.datetime,
) -> FileRow:
    """Put the bytes of a key file of `count` keys under a new path; it is durable on return."""
    row = FileRow(
        id=uuid.uuid4().hex,
        book=book,
        kind=KEYS,
        path=_new_path(book, KEYS, now, f"{uuid.uuid4().hex}.keys"),
        row_count=count,
        size_bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        commit_id=commit_id,
        create_time=now,
    )
    objects.put(row.path, content)
    return row


def _new_path(book: str, kind: FileKind, now: dt.datetime, name: str) -> str:
    """Name an object: books apart, kinds apart, days apart, never used before."""
    # A table of the segments may be published with their folder as its root: a VACUUM passes over
    # folders that begin with "_".
    day = f"{'_' if kind == SEGMENT else ''}{now.date().isoformat()}"
    return f"{book}/{_FOLDERS[kind]}/{day}/{name}"


def run_of(postings: FileRow) -> str:
    """Name the run of a postings file: the files of one merge have one name, and a number each."""
    return postings.path.rpartition("/")[2].partition(".")[0].partition("-")[0]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which postings a reader needs; it may be given others, and leaves them out.

    Parameters
    ----------
    first_period, last_period : int
        Months, both inclusive.
    facilities : tuple of str
        Only these; none means all.
    """

    first_period: int = 0
    last_period: int = PERIOD_COUNT_MAX - 1
    facilities: tuple[str, ...] = ()

    def of(self, files: Iterable[FileRow]) -> list[FileRow]:
        """Leave out the files that have none of it, as far as the manifest knows."""
        return [file for file in files if file.span is None or self._meets(file.span)]

    def _meets(self, span: Span) -> bool:
        if span.last_period < self.first_period or span.first_period > self.last_period:
            return False
        return not self.facilities or any(
            span.first_facility <= each <= span.last_facility for each in self.facilities
        )


@dataclass(frozen=True, slots=True, eq=False)
class VerifiedFile:
    """Bytes of a file that are those that were written."""

    row: FileRow
    content: bytes

    @property
    def path(self) -> str:
        """Path of the object."""
        return self.row.path

    def frame(self, columns: Sequence[str] | None = None) -> pl.DataFrame:
        """Decode the file, or some of its columns; `LedgerInconsistent` where it cannot be."""
        frame = read_parquet(self.content, self.path, columns)
        if frame.height != self.row.row_count:
            raise LedgerInconsistent(
                f"{self.path} has {frame.height} rows, the manifest says {self.row.row_count}",
                metadata={"path": self.path},
            )
        return frame

    def columns(self) -> tuple[str, ...]:
        """Give the names of its columns; `LedgerInconsistent` where it is broken."""
        return read_columns(self.content, self.path)

    def rows(self, first: int, count: int) -> pl.DataFrame:
        """Decode some rows alone; `LedgerInconsistent` where they cannot be."""
        return read_rows(self.content, self.path, first, count)

    def of_facilities(self, facilities: Sequence[str]) -> pl.DataFrame:
        """Decode the rows of some facilities; `LedgerInconsistent` where they cannot be."""
        return read_where(self.content, self.path, "facility", facilities)


class FileReader:
    """The one door through which the ledger reads its files. Safe to call from several threads.

    What comes out has the size and the SHA-256 that the manifest knows of the file: a bit that
    turned over in the storage, half an object, or the object of another file are errors that
    name the file, and never a number.

    Parameters
    ----------
    manifest, objects
        Where the ledger is kept.
    on_corrupt : callable, optional
        Called with every such error before it is raised.
    """

    def __init__(
        self,
        manifest: Manifest,
        objects: Objects,
        on_corrupt: Callable[[FileCorrupt], None] | None = None,
    ) -> None:
        self._manifest = manifest
        self._objects = objects
        self._on_corrupt = on_corrupt

    def open(self, file: FileRow) -> VerifiedFile:
        """Read a file whole and compare it with what the manifest says.

        Raises
        ------
        FileCorrupt
            Its bytes are others.
        FileMissing
            It counts, and its object is gone.
        ObjectMissing
            A file of postings, of their rollup or of keys, merged and collected since the
            manifest was asked: ask again.
        StoreUnavailable
        """
        try:
            content = self._objects.get(file.path)
        except ObjectMissing as error:
            if file.kind in {POSTINGS, KEYS, *ROLLUP_KINDS} and not self._is_live(file):
                raise
            raise self._told(FileMissing, file, "the object is missing") from error
        digest = hashlib.sha256(content).hexdigest()
        if len(content) != file.size_bytes or digest != file.sha256:
            there = f"the object has {len(content)} bytes with the SHA-256 {digest}"
            raise self._told(FileCorrupt, file, there)
        return VerifiedFile(file, content)

    def _is_live(self, file: FileRow) -> bool:
        if file.kind == KEYS:
            return any(each.id == file.id for _, each in self._manifest.key_files(file.book))
        live = (
            self._manifest.live_postings(file.book)
            if file.kind == POSTINGS
            else self._manifest.live_rollups(file.book)
        )
        return any(each.id == file.id for each in live)

    def _told(self, kind: type[FileCorrupt], file: FileRow, there: str) -> FileCorrupt:
        error = kind(
            f"{file.kind} file {file.id} of book {file.book!r} ({file.path}): expected "
            f"{file.size_bytes} bytes with the SHA-256 {file.sha256}; {there}. What depends on "
            f"it: {_DEPENDENTS[file.kind]}. What to do: "
            f"{_REMEDIES[file.kind].format(book=file.book)}",
            metadata={"file": file.id, "book": file.book, "kind": file.kind, "path": file.path},
        )
        if self._on_corrupt is not None:
            self._on_corrupt(error)
        return error
