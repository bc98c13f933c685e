"""The files that the manifest knows: which are live, what they cover, which are to go."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from tonne.store.manifest.leases import check_lease
from tonne.store.manifest.tables import Tables, check_book, split
from tonne.store.rows import FileRow, RangeRow
from tonne.store.sql import schema
from tonne.store.statement_rows import Span

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import Connection

    from tonne.store.rows import Lease
    from tonne.store.sql.database import Database
    from tonne.store.statement_rows import FileKind

_LIVE = "live"
_DEAD = "dead"
_CONDEMNED = "condemned"


class NotLiveError(Exception):
    """A file to be replaced is not live any more."""


class FileTable(Tables):
    """The files of the manifest."""

    def live_postings(self, book: str) -> list[FileRow]:
        """List all live postings files of a book, one consistent state, in the order of `seq`."""
        table = schema.file
        query = sa.select(table).where(
            table.c.book == book, table.c.kind == "postings", table.c.state == _LIVE
        )
        with self._database.read() as connection:
            check_book(connection, book)
            return [file_of(row) for row in connection.execute(query.order_by(table.c.seq))]

    def segments(
        self, book: str, *, channel: str = "", after_seq: int = 0, limit: int
    ) -> list[FileRow]:
        """List segments in the order of the commits, from the first one after `after_seq`.

        A segment that is committed later always comes later. With `channel`, only segments that
        hold records of it.
        """
        return self._list("segment", book, after_seq, limit, channel)

    def segments_of_months(
        self, book: str, first: int, last: int, after_seq: int, limit: int
    ) -> list[FileRow]:
        """List segments with records of months since 1970-01, in the order of the commits.

        Both months are included. One whose months nobody noted is among them.
        """
        table = schema.file
        touches = sa.or_(
            table.c.first_period.is_(None),
            sa.and_(table.c.first_period <= last, table.c.last_period >= first),
        )
        query = sa.select(table).where(
            table.c.book == book,
            table.c.kind == "segment",
            table.c.state == _LIVE,
            table.c.seq > after_seq,
            touches,
        )
        with self._database.read() as connection:
            check_book(connection, book)
            rows = connection.execute(query.order_by(table.c.seq).limit(limit))
            return [file_of(row) for row in rows]

    def note_months(self, months: Mapping[str, tuple[int, int]]) -> None:
        """Note the first and the last month of segments of which nobody did, by their ids."""
        table = schema.file

        def work(connection: Connection) -> None:
            for file_id, (first, last) in sorted(months.items()):
                connection.execute(
                    sa.update(table)
                    .where(
                        table.c.id == file_id,
                        table.c.kind == "segment",
                        table.c.first_period.is_(None),
                    )
                    .values(
                        first_period=first, last_period=last, first_facility="", last_facility=""
                    )
                )

        if months:
            self._database.write(work)

    def quarantine_files(
        self, book: str, after_seq: int, limit: int, *, channel: str = ""
    ) -> list[FileRow]:
        """List quarantine files in the order of the commits, as `segments` does."""
        return self._list("quarantine", book, after_seq, limit, channel)

    def segment_ranges(
        self, book: str, channel: str, from_offset: int, to_offset: int
    ) -> list[RangeRow]:
        """List what covers ``[from_offset, to_offset)`` of a channel, in the order of offsets.

        These are ranges of segments and of quarantine files; `get_files` reads the files.
        """
        table = schema.file_range
        query = (
            sa.select(table)
            .where(
                table.c.book == book,
                table.c.channel == channel,
                table.c.stop_offset > from_offset,
                table.c.first_offset < to_offset,
            )
            .order_by(table.c.first_offset, table.c.file_id)
        )
        with self._database.read() as connection:
            return [
                RangeRow(
                    file_id=row.file_id,
                    commit_id=row.commit_id,
                    channel=row.channel,
                    first_offset=row.first_offset,
                    stop_offset=row.stop_offset,
                )
                for row in connection.execute(query)
            ]

    def get_files(self, ids: Iterable[str]) -> dict[str, FileRow]:
        """Read files by id, live or dead; those that are not there are left out."""
        table = schema.file
        found: dict[str, FileRow] = {}
        with self._database.read() as connection:
            for chunk in split(dict.fromkeys(ids)):
                query = sa.select(table).where(table.c.id.in_(chunk), table.c.state != _CONDEMNED)
                found.update((row.id, file_of(row)) for row in connection.execute(query))
        return found

    def forget_files(self, ids: Iterable[str], lease: Lease | None = None) -> None:
        """Remove the rows of dead files whose objects are gone. Raises `LeaseLost`."""
        table = schema.file

        def work(connection: Connection) -> None:
            check_lease(connection, lease)
            for chunk in split(ids):
                connection.execute(
                    sa.delete(table).where(table.c.id.in_(chunk), table.c.state == _DEAD)
                )

        self._database.write(work)

    def known_paths(self, paths: Sequence[str]) -> set[str]:
        """Say which paths belong to a live or dead file."""
        table = schema.file
        found: set[str] = set()
        with self._database.read() as connection:
            for chunk in split(paths):
                query = sa.select(table.c.path).where(
                    table.c.path.in_(chunk), table.c.state != _CONDEMNED
                )
                found.update(connection.execute(query).scalars())
        return found

    def condemn_orphans(self, paths: Sequence[str], lease: Lease | None = None) -> set[str]:
        """Take paths that no file has, so that no commit can have them from now on.

        A path is unique among all files. A commit that inserts the same one at this moment is
        waited for: either it has the path, or this call has it, and the other fails. So what is
        returned may be deleted, however late its writer comes. The rows stay.

        Returns
        -------
        set of str
            The paths that are condemned now, by this call or an earlier one.

        Raises
        ------
        LeaseLost
            Another one has taken the `lease` under which this is done: nothing happened.
        """
        table = schema.file
        if not paths:
            return set()

        def work(connection: Connection) -> set[str]:
            check_lease(connection, lease)
            now = connection.execute(sa.select(self._database.now())).scalar_one()
            connection.execute(
                self._database.insert(table).on_conflict_do_nothing(index_elements=[table.c.path]),
                [_orphan_values(path, now) for path in sorted(paths)],
            )
            return condemned_paths(connection, paths)

        return self._database.write(work)

    def _list(
        self, kind: str, book: str, after_seq: int, limit: int, channel: str
    ) -> list[FileRow]:
        table = schema.file
        ranges = schema.file_range
        query = sa.select(table).where(
            table.c.book == book,
            table.c.kind == kind,
            table.c.state == _LIVE,
            table.c.seq > after_seq,
        )
        if channel:
            query = query.where(
                sa.exists().where(ranges.c.file_id == table.c.id, ranges.c.channel == channel)
            )
        with self._database.read() as connection:
            check_book(connection, book)
            rows = connection.execute(query.order_by(table.c.seq).limit(limit))
            return [file_of(row) for row in rows]


def lock_files(
    connection: Connection, scope: tuple[str, FileKind], ids: Iterable[str]
) -> tuple[int, int]:
    """Lock the rows of live files of a book and kind, in one order by everyone.

    Gives the first and the last number of what they sum. Raises `NotLiveError` where one was not
    live any more.
    """
    table = schema.file
    book, kind = scope
    numbers: list[tuple[int, int]] = []
    for chunk in split(sorted(set(ids))):
        query = sa.select(*summed(table)).where(
            table.c.id.in_(chunk),
            table.c.book == book,
            table.c.kind == kind,
            table.c.state == _LIVE,
        )
        query = query.order_by(table.c.id).with_for_update(key_share=True)
        rows = connection.execute(query).all()
        if len(rows) != len(chunk):
            raise NotLiveError
        numbers += [(row.first_number, row.last_number) for row in rows]
    return (
        min((first for first, _ in numbers), default=0),
        max((last for _, last in numbers), default=0),
    )


def kill_files(
    connection: Connection, database: Database, scope: tuple[str, FileKind], ids: Iterable[str]
) -> tuple[int, int]:
    """Mark live files of a book and kind dead; gives and raises what `lock_files` does."""
    table = schema.file
    wanted = sorted(set(ids))
    numbers = lock_files(connection, scope, wanted)
    for chunk in split(wanted):
        connection.execute(
            sa.update(table)
            .where(table.c.id.in_(chunk))
            .values(state=_DEAD, dead_time=database.now())
        )
    return numbers


def insert_files(
    connection: Connection,
    files: Sequence[FileRow],
    first_seq: int,
    *,
    merged: tuple[int, int] | None = None,
    counts_from: int = 0,
) -> None:
    """Insert files as live, numbered from `first_seq`.

    `merged` are the first and the last number of what the files sum, where a merge made them;
    `counts_from` is that of their commit.
    """
    first, last = merged or (None, None)
    if files:
        connection.execute(
            sa.insert(schema.file),
            [
                {
                    "id": each.id,
                    "book": each.book,
                    "kind": each.kind,
                    "path": each.path,
                    "row_count": each.row_count,
                    "size_bytes": each.size_bytes,
                    "sha256": each.sha256,
                    "commit_id": None if merged else each.commit_id or None,
                    "seq": seq,
                    "suspended_count": each.suspended_count,
                    "segment": each.segment or None,
                    "state": _LIVE,
                    "dead_time": None,
                    "create_time": each.create_time,
                    "first_commit": first,
                    "last_commit": last,
                    "counts_from": counts_from,
                    **_span_values(each.span),
                }
                for seq, each in enumerate(files, start=first_seq)
            ],
        )


def count_quarantined(connection: Connection, book: str, last: int | None = None) -> int:
    """Count the records of a book in quarantine, of all commits or up to a number."""
    table = schema.file
    query = sa.select(sa.func.coalesce(sa.func.sum(table.c.row_count), 0)).where(
        table.c.book == book, table.c.kind == "quarantine", table.c.state == "live"
    )
    if last is not None:
        query = query.where(table.c.seq <= last)
    return int(connection.execute(query).scalar_one())


def condemned_paths(connection: Connection, paths: Sequence[str]) -> set[str]:
    """Say which paths were taken as garbage."""
    table = schema.file
    found: set[str] = set()
    for chunk in split(paths):
        query = sa.select(table.c.path).where(table.c.path.in_(chunk), table.c.state == _CONDEMNED)
        found.update(connection.execute(query).scalars())
    return found


def _span_values(span: Span | None) -> dict[str, int | str | None]:
    return {name: getattr(span, name, None) for name in Span.__dataclass_fields__}


def _orphan_values(path: str, now: dt.datetime) -> dict[str, Any]:
    return {
        "id": uuid.uuid4().hex,
        "book": "",
        "kind": "orphan",
        "path": path,
        "row_count": 0,
        "size_bytes": 0,
        "sha256": "",
        "commit_id": None,
        "seq": None,
        "suspended_count": 0,
        "segment": None,
        "state": _CONDEMNED,
        "dead_time": now,
        "create_time": now,
        **_span_values(None),
    }


def file_of(row: sa.Row[Any]) -> FileRow:
    """Read a row of the table."""
    return FileRow(
        id=row.id,
        book=row.book,
        kind=row.kind,
        path=row.path,
        row_count=row.row_count,
        size_bytes=row.size_bytes,
        sha256=row.sha256,
        commit_id=row.commit_id or "",
        create_time=row.create_time,
        seq=row.seq,
        suspended_count=row.suspended_count,
        reversed_count=row.reversed_count,
        restated_count=row.restated_count,
        segment=row.segment or "",
        first_commit=row.seq if row.first_commit is None else row.first_commit,
        last_commit=row.seq if row.last_commit is None else row.last_commit,
        span=None
        if row.first_period is None
        else Span(row.first_period, row.last_period, row.first_facility, row.last_facility),
        counts_from=row.counts_from,
    )


def summed(table: Any) -> tuple[sa.ColumnElement[int], sa.ColumnElement[int]]:
    """Express the first and the last number of what a postings file sums."""
    return (
        sa.func.coalesce(table.c.first_commit, table.c.seq).label("first_number"),
        sa.func.coalesce(table.c.last_commit, table.c.seq).label("last_number"),
    )
