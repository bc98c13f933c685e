"""Postings files that others replace, and the rollups of those that a merge made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from tonne.errors import LedgerInconsistent, StoreUnavailable
from tonne.store import faults
from tonne.store.manifest.files import (
    NotLiveError,
    condemned_paths,
    file_of,
    insert_files,
    kill_files,
    lock_files,
)
from tonne.store.manifest.leases import check_lease
from tonne.store.manifest.marks import check_marks
from tonne.store.manifest.numbers import take_numbers
from tonne.store.manifest.tables import Tables, lock_book, split
from tonne.store.sql import schema

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from tonne.store.rows import FileRow, Lease

_ROLLUPS = ("rollup", "rollup_members", "rollup_sites")
_LIVE = "live"
_DEAD = "dead"


class MergeTable(Tables):
    """What merges make of postings files."""

    def live_rollups(self, book: str) -> list[FileRow]:
        """List the live files of a book's rollups, in the order of `seq`."""
        table = schema.file
        query = sa.select(table).where(
            table.c.book == book, table.c.kind.in_(_ROLLUPS), table.c.state == _LIVE
        )
        with self._database.read() as connection:
            return [file_of(row) for row in connection.execute(query.order_by(table.c.seq))]

    def replace_postings(
        self,
        book: str,
        old_ids: Sequence[str],
        new: FileRow,
        lease: Lease | None = None,
        *,
        further: Sequence[FileRow] = (),
        rollup: Sequence[FileRow] = (),
        old_runs: Sequence[str] = (),
    ) -> bool:
        """Replace live postings files by one that holds the same sums, in one transaction.

        `new` gets a `seq` of its own and an empty `commit_id`; so does each of `further`, the
        files that hold the same sums together with it, and of `rollup`, the files of their
        rollup. Those of `old_runs` go with the files.

        Returns
        -------
        bool
            False if an old one was not live any more: nothing happened. A merge that happened
            before under the same new id is fine.

        Raises
        ------
        LeaseLost
            Another one has taken the `lease` under which this is done: nothing happened.
        """
        faults.reach("merge.before_sql")

        def work(connection: Connection) -> None:
            check_lease(connection, lease)
            first, last = kill_files(connection, self._database, (book, "postings"), old_ids)
            self._kill_rollups(connection, book, old_runs)
            files = [new, *further, *rollup]
            step = take_numbers(connection, self._database, book, len(files))
            check_marks(connection, book, first, last)
            insert_files(connection, files, step.first, merged=(first, last))

        def settle(connection: Connection) -> bool:
            lock_book(connection, book)  # see commits: whoever held it has ended
            return _exists(connection, new.id)

        try:
            self._database.write(
                work, settle=settle, committed=lambda: faults.reach("merge.after_sql")
            )
        except NotLiveError:
            with self._database.read() as connection:
                return _exists(connection, new.id)
        except LedgerInconsistent as error:
            with self._database.read() as connection:
                paths = [each.path for each in (new, *further, *rollup)]
                taken = condemned_paths(connection, paths)
            if taken:
                raise StoreUnavailable(
                    "the merged postings file waited too long and was collected as garbage: "
                    "merge again",
                    detail=f"{min(taken)} is one that was",
                ) from error
            raise
        return True

    def replace_rollup(
        self,
        book: str,
        run: str,
        postings_ids: Sequence[str],
        new: Sequence[FileRow],
        lease: Lease | None = None,
    ) -> bool:
        """Give a run of live postings files another rollup, or none, in one transaction.

        Returns
        -------
        bool
            False if one of the postings files is not live: nothing happened.

        Raises
        ------
        LeaseLost
            Another one has taken the `lease` under which this is done: nothing happened.
        """
        faults.reach("rollup.before_sql")

        def work(connection: Connection) -> None:
            check_lease(connection, lease)
            summed = lock_files(connection, (book, "postings"), postings_ids)
            self._kill_rollups(connection, book, [run])
            step = take_numbers(connection, self._database, book, len(new))
            insert_files(connection, new, step.first, merged=summed)

        def settle(connection: Connection) -> bool:
            lock_book(connection, book)
            return all(_exists(connection, each.id) for each in new)

        try:
            self._database.write(
                work, settle=settle, committed=lambda: faults.reach("rollup.after_sql")
            )
        except NotLiveError:
            return False
        return True

    def _kill_rollups(self, connection: Connection, book: str, runs: Sequence[str]) -> None:
        """Mark the rollups of runs dead, where they have any."""
        table = schema.file
        for chunk in split(sorted(set(runs))):
            connection.execute(
                sa.update(table)
                .where(
                    table.c.book == book,
                    table.c.kind.in_(_ROLLUPS),
                    table.c.state == _LIVE,
                    table.c.segment.in_(chunk),
                )
                .values(state=_DEAD, dead_time=self._database.now())
            )


def _exists(connection: Connection, file_id: str) -> bool:
    query = sa.select(schema.file.c.id).where(schema.file.c.id == file_id)
    return connection.execute(query).first() is not None
