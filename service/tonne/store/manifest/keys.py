"""Key files of record ids, and how far the records of a book were compared with each other.

A segment's key file becomes true with the segment. Those of segments that are compared are merged
into runs; a segment without one (an older Tonne committed it) gets it from the upkeep.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import sqlalchemy as sa

from tonne.errors import BookUnknown, LedgerInconsistent, StoreUnavailable
from tonne.store import faults
from tonne.store.manifest.changes import body_of, note_changes
from tonne.store.manifest.files import (
    NotLiveError,
    condemned_paths,
    file_of,
    insert_files,
    kill_files,
)
from tonne.store.manifest.leases import check_lease
from tonne.store.manifest.numbers import take_numbers
from tonne.store.manifest.tables import Tables, check_book, lock_book, split
from tonne.store.sql import schema
from tonne.store.sql.tables.keys import book_key, key_file
from tonne.store.statement_rows import Change, KeyFile, KeyState, SameRule

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Iterable, Sequence

    from sqlalchemy import Connection

    from tonne.store.rows import Commit, FileRow, Lease
    from tonne.store.sql.database import Database

KEY_BYTES = 16


class KeyTable(Tables):
    """The keys of the manifest."""

    def key_state(self, book: str) -> KeyState:
        """Read the hash key of a book, how far it is compared, its rule. Raises BookUnknown.

        A book that an older Tonne made beside this one is given its key here.
        """
        with self._database.read() as connection:
            found = _state(connection, book)
            if found is None:
                check_book(connection, book)
        if found is not None:
            return found

        def work(connection: Connection) -> KeyState:
            lock_book(connection, book)
            insert_book_key(connection, self._database, book)
            made = _state(connection, book)
            if made is None:
                raise BookUnknown.named(book)
            return made

        return self._database.write(work)

    def set_same_rule(self, book: str, rule: SameRule) -> None:
        """Say what becomes of duplicates from now on. Raises BookUnknown."""
        self.key_state(book)
        statement = sa.update(book_key).where(book_key.c.book == book).values(rule=str(rule))

        def work(connection: Connection) -> None:
            lock_book(connection, book)
            before = _state(connection, book)
            connection.execute(statement)
            if before is not None and before.rule is not rule:
                written = [
                    body_of({"same_record_rule": str(each)}) for each in (before.rule, rule)
                ]
                entry = Change("book", book, before=written[0], after=written[1])
                note_changes(connection, book, [entry], self._database.now())

        self._database.write(work)

    def uncompared_segments(self, book: str, after_seq: int, limit: int) -> list[FileRow]:
        """List segments after a seq in the order of the commits, as `segments` does."""
        table = schema.file
        query = _segments(book, after_seq).order_by(table.c.seq).limit(limit)
        with self._database.read() as connection:
            return [file_of(row) for row in connection.execute(query)]

    def has_unkeyed(self, book: str) -> bool:
        """Whether some segment has no key file yet."""
        table = schema.file
        query = _segments(book, 0).with_only_columns(table.c.id)
        checked = sa.select(book_key.c.checked_seq).where(book_key.c.book == book)
        has_own = sa.exists().where(key_file.c.book == book, key_file.c.segment == table.c.seq)
        # What is compared has keys, be it in a run.
        query = query.where(table.c.seq > sa.func.coalesce(checked.scalar_subquery(), 0), ~has_own)
        with self._database.read() as connection:
            return connection.execute(query.limit(1)).first() is not None

    def keys_of_segments(self, book: str, seqs: Collection[int]) -> dict[int, FileRow]:
        """Give the key files of segments that have one of their own, by the segments' seqs."""
        found: dict[int, FileRow] = {}
        with self._database.read() as connection:
            for chunk in split(sorted(seqs)):
                query = (
                    _key_files(book)
                    .add_columns(key_file.c.segment.label("of_segment"))
                    .where(key_file.c.segment.in_(chunk))
                )
                found.update((row.of_segment, file_of(row)) for row in connection.execute(query))
        return found

    def key_files(self, book: str, bucket: int | None = None) -> list[tuple[KeyFile, FileRow]]:
        """List the live key files of a book, or those that have a bucket: one consistent state."""
        query = _key_files(book).add_columns(
            key_file.c.segment.label("of_segment"),
            key_file.c.run,
            key_file.c.first_bucket,
            key_file.c.stop_bucket,
        )
        if bucket is not None:
            query = query.where(key_file.c.first_bucket <= bucket, key_file.c.stop_bucket > bucket)
        with self._database.read() as connection:
            check_book(connection, book)
            return [
                (
                    KeyFile(
                        row.id,
                        row.run,
                        row.of_segment or 0,
                        "",
                        row.first_bucket,
                        row.stop_bucket,
                    ),
                    file_of(row),
                )
                for row in connection.execute(query.order_by(schema.file.c.seq))
            ]

    def segments_at(self, book: str, seqs: Iterable[int]) -> list[FileRow]:
        """Read live segments by their seqs, in the order of the commits."""
        table = schema.file
        found: list[FileRow] = []
        with self._database.read() as connection:
            for chunk in split(sorted(set(seqs))):
                query = _segments(book, 0).where(table.c.seq.in_(chunk)).order_by(table.c.seq)
                found.extend(file_of(row) for row in connection.execute(query))
        return found

    def put_key_files(
        self,
        book: str,
        files: Sequence[FileRow],
        keys: Sequence[KeyFile],
        lease: Lease,
        *,
        old_ids: Sequence[str] = (),
    ) -> bool:
        """Make key files live, in the place of others or of none, in one transaction.

        Returns
        -------
        bool
            False if an old one was not live any more: nothing happened.

        Raises
        ------
        LeaseLost
            Another one has taken the lease: nothing happened.
        """
        faults.reach("keys.before_sql")
        first = files[0].id

        def work(connection: Connection) -> None:
            check_lease(connection, lease)
            kill_files(connection, self._database, (book, "keys"), old_ids)
            for chunk in split(old_ids):
                connection.execute(sa.delete(key_file).where(key_file.c.file_id.in_(chunk)))
            step = take_numbers(connection, self._database, book, len(files))
            insert_files(connection, files, step.first)
            _insert(connection, book, keys)

        def settle(connection: Connection) -> bool:
            lock_book(connection, book)  # see commits: whoever held it has ended
            return _exists(connection, first)

        try:
            self._database.write(
                work, settle=settle, committed=lambda: faults.reach("keys.after_sql")
            )
        except NotLiveError:
            with self._database.read() as connection:
                return _exists(connection, first)
        except LedgerInconsistent as error:
            with self._database.read() as connection:
                taken = condemned_paths(connection, [each.path for each in files])
            if taken:
                raise StoreUnavailable(
                    "key files waited too long and were collected as garbage: they are made again",
                    detail=f"{min(taken)} is one that was",
                ) from error
            raise
        return True

    def forget_keys(self, book: str) -> int:
        """Have the upkeep make all key files of a book anew and compare all its records again.

        For key files that are lost or broken; what was decided stays decided.

        Returns
        -------
        int
            Files that were forgotten.
        """

        def work(connection: Connection) -> int:
            lock_book(connection, book)
            ids = list(
                connection.execute(
                    sa.select(key_file.c.file_id).where(key_file.c.book == book)
                ).scalars()
            )
            kill_files(connection, self._database, (book, "keys"), ids)
            connection.execute(sa.delete(key_file).where(key_file.c.book == book))
            connection.execute(
                sa.update(book_key).where(book_key.c.book == book).values(checked_seq=0)
            )
            return len(ids)

        return self._database.write(work)

    def duplicates_complete_up_to(self, book: str) -> int:
        """Say up to which commit all records of a book have been compared with each other.

        Records of one id that came in this or an earlier commit are reversed, or among those that
        wait for a decision. It is the last commit where nothing is behind.
        """
        table = schema.file
        with self._database.read() as connection:
            check_book(connection, book)
            found = _state(connection, book)
            checked = found.checked_seq if found is not None else 0
            least = sa.select(sa.func.min(table.c.seq)).where(
                table.c.book == book,
                table.c.kind == "segment",
                table.c.state == "live",
                table.c.seq > checked,
            )
            behind = connection.execute(least).scalar_one_or_none()
            if behind is not None:
                return int(behind) - 1
            last = sa.select(schema.book.c.commit_seq).where(schema.book.c.id == book)
            return int(connection.execute(last).scalar_one())

    def uncompared_count(self, book: str, stop_seq: int) -> int:
        """Count the segments up to and with a seq that are not compared yet."""
        checked = sa.select(book_key.c.checked_seq).where(book_key.c.book == book)
        table = schema.file
        query = (
            _segments(book, 0)
            .where(
                table.c.seq > sa.func.coalesce(checked.scalar_subquery(), 0),
                table.c.seq <= stop_seq,
            )
            .with_only_columns(sa.func.count())
        )
        with self._database.read() as connection:
            return int(connection.execute(query).scalar_one())

    def oldest_uncompared(self) -> dt.datetime | None:
        """Say when the oldest segment was made that is not compared, of any book."""
        table = schema.file
        query = sa.select(sa.func.min(table.c.create_time)).where(
            table.c.book == book_key.c.book,
            table.c.kind == "segment",
            table.c.state == "live",
            table.c.seq > book_key.c.checked_seq,
        )
        with self._database.read() as connection:
            found: dt.datetime | None = connection.execute(query).scalar_one_or_none()
        return found


def insert_book_key(connection: Connection, database: Database, book: str) -> None:
    """Draw the hash key of a book; one that is there stays."""
    connection.execute(
        database.insert(book_key)
        .values(
            book=book,
            hash_key=secrets.token_bytes(KEY_BYTES),
            checked_seq=0,
            rule=str(SameRule.REVERSE),
        )
        .on_conflict_do_nothing()
    )


def insert_key_files(connection: Connection, commit: Commit, first_seq: int) -> None:
    """Insert the key files of a commit, whose files are numbered from `first_seq`."""
    seqs = {each.id: seq for seq, each in enumerate(commit.files, first_seq)}
    _insert(
        connection,
        commit.book,
        [
            KeyFile(each.file_id, each.run, seqs[each.segment_id], each.segment_id)
            for each in commit.keys
        ],
    )


def advance_compared(connection: Connection, book: str, from_seq: int, to_seq: int) -> bool:
    """Move how far a book is compared; False where another one has moved it."""
    moved = connection.execute(
        sa.update(book_key)
        .where(book_key.c.book == book, book_key.c.checked_seq == from_seq)
        .values(checked_seq=to_seq)
    )
    return moved.rowcount == 1


def _insert(connection: Connection, book: str, keys: Sequence[KeyFile]) -> None:
    if keys:
        connection.execute(
            sa.insert(key_file),
            [
                {
                    "file_id": each.file_id,
                    "book": book,
                    "segment": each.segment or None,
                    "run": each.run,
                    "first_bucket": each.first_bucket,
                    "stop_bucket": each.stop_bucket,
                }
                for each in keys
            ],
        )


def _state(connection: Connection, book: str) -> KeyState | None:
    row = connection.execute(sa.select(book_key).where(book_key.c.book == book)).one_or_none()
    if row is None:
        return None
    return KeyState(bytes(row.hash_key), row.checked_seq, SameRule(row.rule))


def _segments(book: str, after_seq: int) -> sa.Select[tuple[object, ...]]:
    table = schema.file
    return sa.select(table).where(
        table.c.book == book,
        table.c.kind == "segment",
        table.c.state == "live",
        table.c.seq > after_seq,
    )


def _key_files(book: str) -> sa.Select[tuple[object, ...]]:
    table = schema.file
    return (
        sa.select(table)
        .join(key_file, key_file.c.file_id == table.c.id)
        .where(key_file.c.book == book, table.c.state == "live")
    )


def _exists(connection: Connection, file_id: str) -> bool:
    query = sa.select(schema.file.c.id).where(schema.file.c.id == file_id)
    return connection.execute(query).first() is not None
