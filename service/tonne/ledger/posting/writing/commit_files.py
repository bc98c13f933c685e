"""The files of a commit: encoded and put side by side, durable before the commit begins."""

from __future__ import annotations

import functools
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tonne.ledger.files.files import CLEARING, SEGMENT, put_frame
from tonne.store.statement_rows import KeyFile

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping

    from tonne.ledger.keys.runs import KeyRuns
    from tonne.ledger.posting.posted import PostedEntries
    from tonne.store.objects.objects import Objects
    from tonne.store.rows import FileRow
    from tonne.store.statement_rows import FileKind

WRITE_THREADS = 8
"""The four files of a commit are encoded and put side by side, for two commits at a time."""


@dataclass(frozen=True, slots=True)
class WrittenFiles:
    """The files of a commit: one of a kind, the clearings, and the keys of the segment."""

    of_kind: Mapping[FileKind, FileRow]
    further: tuple[FileRow, ...]
    keys: tuple[KeyFile, ...]

    def all(self) -> tuple[FileRow, ...]:
        """Give all of them."""
        return (*self.of_kind.values(), *self.further)


class CommitFiles:
    """Writes the files of commits. Safe to call from several threads.

    Parameters
    ----------
    objects : Objects
        Where they are put.
    key_runs : KeyRuns
        Writes the keys of records.
    clock : callable
        The time, UTC.
    """

    def __init__(
        self, objects: Objects, key_runs: KeyRuns, clock: Callable[[], dt.datetime]
    ) -> None:
        self._objects = objects
        self._key_runs = key_runs
        self._clock = clock
        self._writers = ThreadPoolExecutor(WRITE_THREADS, thread_name_prefix="journal")

    def close(self) -> None:
        """End the threads, after what they are doing."""
        self._writers.shutdown()

    def put(self, posted: PostedEntries, commit_id: str) -> WrittenFiles:
        """Encode and put the files of a commit side by side; all are durable on return."""
        now, book = self._clock(), posted.book.id

        def put_one(kind: FileKind) -> FileRow:
            return put_frame(
                self._objects,
                posted.frames[kind],
                kind,
                book=book,
                commit_id=commit_id,
                now=now,
                suspended_count=posted.suspended_count if kind == SEGMENT else 0,
                span=posted.segment_span if kind == SEGMENT else None,
            )

        def put_keys_of(segment: FileKind) -> FileRow:
            ids = posted.frames[segment]["record_id"]
            hash_key = self._key_runs.hash_key(book, posted.book.create_time)
            return self._key_runs.put_segment(ids, book, commit_id, hash_key)

        jobs = [functools.partial(put_one, kind) for kind in posted.frames]
        if SEGMENT in posted.frames:
            jobs.append(functools.partial(put_keys_of, SEGMENT))
        futures = [self._writers.submit(job) for job in jobs]
        # Every future is waited for before the first error is raised: no file of a commit
        # that failed is still being written when the caller tries again.
        errors = [error for future in futures if (error := future.exception()) is not None]
        if errors:
            raise errors[0]
        rows = [future.result() for future in futures]
        of_kind = {row.kind: row for row in rows[: len(posted.frames)]}
        keys = tuple(rows[len(posted.frames) :])
        return WrittenFiles(
            of_kind,
            (*keys, *self._put_clearings(posted, commit_id, now)),
            tuple(KeyFile(each.id, each.id, segment_id=of_kind[SEGMENT].id) for each in keys),
        )

    def _put_clearings(
        self, posted: PostedEntries, commit_id: str, now: dt.datetime
    ) -> list[FileRow]:
        put = functools.partial(put_frame, self._objects, book=posted.book.id, now=now)
        return [
            put(each.names, CLEARING, commit_id=commit_id, segment=each.clearing.segment_id)
            for each in posted.withdrawn
        ]
