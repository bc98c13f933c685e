"""Segments whose records wait in suspense, and the clearings that post some of them.

A segment is never written again. What left suspense stands in clearing files beside it; its row
counts what still waits, and that count alone is compared and set: it strictly falls.
"""

from __future__ import annotations

import datetime as dt  # noqa: TC003  dataclass fields are read at run time by tools
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from tonne.errors import LedgerInconsistent
from tonne.store.errors import SuspenseChanged
from tonne.store.manifest.files import file_of
from tonne.store.manifest.mends import count_mends
from tonne.store.manifest.tables import Tables, check_book, split
from tonne.store.sql import schema
from tonne.store.sql.types import UtcTime

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy import Connection

    from tonne.store.rows import Clearing, Commit, FileRow


@dataclass(frozen=True, slots=True)
class Waiting:
    """Records of all books that wait in suspense.

    `suspended_since` is when the oldest segment was made in which one waits.
    """

    suspended_count: int
    suspended_since: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Refused:
    """Records of a book that were refused, up to a commit; others stand for some of them."""

    commit_seq: int = 0
    record_count: int = 0
    mended_count: int = 0

    @property
    def left_count(self) -> int:
        """Those for which nothing stands."""
        return self.record_count - self.mended_count


_NOTHING = Refused()


class ClearingTable(Tables):
    """The records in suspense of the manifest, segment by segment."""

    def suspended_segments(
        self,
        book: str,
        *,
        after_seq: int = 0,
        stop_seq: int | None = None,
        limit: int,
        cleared_after: int | None = None,
    ) -> list[FileRow]:
        """List segments with records in suspense in the order of the commits.

        From the first one after `after_seq`, up to and with `stop_seq`; those too of which
        records were cleared or reversed after the number `cleared_after`.
        """
        table = schema.file
        query = _suspended(book) if cleared_after is None else _changed(book, cleared_after)
        query = query.where(table.c.seq > after_seq)
        if stop_seq is not None:
            query = query.where(table.c.seq <= stop_seq)
        with self._database.read() as connection:
            check_book(connection, book)
            rows = connection.execute(query.order_by(table.c.seq).limit(limit))
            return [file_of(row) for row in rows]

    def suspended_extent(self, book: str) -> tuple[int, int]:
        """Count the segments with records in suspense, and give the last one's `seq` (or 0)."""
        found = _suspended(book).subquery()
        query = sa.select(sa.func.count(), sa.func.coalesce(sa.func.max(found.c.seq), 0))
        with self._database.read() as connection:
            check_book(connection, book)
            count, last_seq = connection.execute(query.select_from(found)).one()
        return count, last_seq

    def waiting(self) -> Waiting:
        """Count the records in suspense, in all books: it costs the segments with some."""
        table = schema.file
        suspended = sa.select(
            sa.func.coalesce(sa.func.sum(table.c.suspended_count), 0),
            sa.func.min(table.c.create_time, type_=UtcTime),
        ).where(_is_waiting())
        with self._database.read() as connection:
            count, since = connection.execute(suspended).one()
        return Waiting(int(count), since)

    def refused(self, known: Mapping[str, Refused]) -> dict[str, Refused]:
        """Count the records that were refused, by book, from what is known of earlier commits.

        It costs the commits since, and the mends of the books that have some.

        Parameters
        ----------
        known : mapping of str to Refused
            What this gave before, by book.
        """
        table, book = schema.file, schema.book
        found = {}
        with self._database.read() as connection:
            # One snapshot: the count of a book is that of the number beside it.
            for name, last in connection.execute(sa.select(book.c.id, book.c.commit_seq)).all():
                before = known.get(name, _NOTHING)
                if before.commit_seq > last:
                    before = _NOTHING  # the manifest went back
                if before.commit_seq == last:
                    found[name] = before
                    continue
                more = sa.select(sa.func.coalesce(sa.func.sum(table.c.row_count), 0)).where(
                    table.c.book == name,
                    table.c.kind == "quarantine",
                    table.c.state == "live",
                    table.c.seq > before.commit_seq,
                    table.c.seq <= last,
                )
                count = before.record_count + int(connection.execute(more).scalar_one())
                # Of a book that refused nothing nothing is mended.
                mended_count = count_mends(connection, name) if count else 0
                found[name] = Refused(last, count, mended_count)
        return found

    def clearings_of(self, segment_ids: Iterable[str]) -> dict[str, list[FileRow]]:
        """List the clearing files of segments in the order of the commits; none are left out."""
        table = schema.file
        found: dict[str, list[FileRow]] = defaultdict(list)
        with self._database.read() as connection:
            for chunk in split(dict.fromkeys(segment_ids)):
                query = sa.select(table).where(table.c.segment.in_(chunk)).order_by(table.c.seq)
                for row in connection.execute(query):
                    found[row.segment].append(file_of(row))
        return dict(found)


def shift_totals(connection: Connection, commit: Commit) -> None:
    """Move records from suspended to posted, or to quarantined, in the totals of their channels.

    The rows are locked in the order of their ids, as a commit locks them that moves channels.
    """
    posted: dict[str, int] = defaultdict(int)
    withdrawn: dict[str, int] = defaultdict(int)
    for clearing in commit.clearings:
        for channel, count in clearing.channels:
            posted[channel] += count
        for channel, count in clearing.withdrawn_channels:
            withdrawn[channel] += count
    table = schema.channel
    for channel in sorted({*posted, *withdrawn}):
        changed = connection.execute(
            sa.update(table)
            .where(table.c.book == commit.book, table.c.id == channel)
            .values(
                posted_count=table.c.posted_count + posted[channel],
                quarantined_count=table.c.quarantined_count + withdrawn[channel],
                suspended_count=table.c.suspended_count - posted[channel] - withdrawn[channel],
            )
        )
        if changed.rowcount != 1:
            raise LedgerInconsistent(
                f"channel {channel!r} of book {commit.book!r} has records but is missing",
                metadata={"book": commit.book, "channel": channel},
            )


def clear_segments(connection: Connection, commit: Commit) -> None:
    """Compare and set how many records of the segments wait, are reversed, and were restated.

    Raises
    ------
    SuspenseChanged
        Some wait for others than the commit took them to be.
    """
    table = schema.file
    lost = []
    for clearing in sorted(commit.clearings, key=lambda each: each.segment_id):
        if clearing.is_asserted:
            if not _is_as_asserted(connection, commit, clearing):
                lost.append(clearing.segment_id)
            continue
        _check_clearing(commit, clearing)
        # What is taken back was read with what was reversed and restated by then.
        takes_back = clearing.reversed_after or clearing.restated_after
        taken = [
            table.c.reversed_count == clearing.reversed_before,
            table.c.restated_count == clearing.restated_before,
        ]
        changed = connection.execute(
            sa.update(table)
            .where(
                table.c.id == clearing.segment_id,
                table.c.book == commit.book,
                table.c.kind == "segment",
                table.c.suspended_count == clearing.suspended_before,
                *(taken if takes_back else []),
            )
            .values(
                suspended_count=clearing.suspended_after,
                reversed_count=clearing.reversed_after or table.c.reversed_count,
                restated_count=clearing.restated_after or table.c.restated_count,
            )
        )
        if changed.rowcount != 1:
            lost.append(clearing.segment_id)
    if lost:
        raise SuspenseChanged.of(commit.book, lost)


def _is_as_asserted(connection: Connection, commit: Commit, clearing: Clearing) -> bool:
    """Whether a segment has the counts of a clearing that asserts them, to the end of this.

    The row is locked against others that change it, in the same order as all.
    """
    table = schema.file
    query = (
        sa.select(table.c.id)
        .where(
            table.c.id == clearing.segment_id,
            table.c.book == commit.book,
            table.c.suspended_count == clearing.suspended_before,
            table.c.reversed_count == clearing.reversed_before,
        )
        .with_for_update(read=True)
    )
    return connection.execute(query).first() is not None


def _check_clearing(commit: Commit, clearing: Clearing) -> None:
    """See that one of the counts moves, and none against its way."""
    moves = (
        clearing.suspended_before - clearing.suspended_after,
        clearing.reversed_after - clearing.reversed_before if clearing.reversed_after else 0,
        clearing.restated_after - clearing.restated_before if clearing.restated_after else 0,
    )
    if clearing.suspended_after < 0 or min(moves) < 0 or not any(moves):
        raise LedgerInconsistent(
            f"a clearing of segment {clearing.segment_id} would leave "
            f"{clearing.suspended_after} of {clearing.suspended_before} records in suspense, and "
            f"{clearing.reversed_after} reversed of {clearing.reversed_before} before, "
            f"{clearing.restated_after} restated of {clearing.restated_before} before",
            metadata={"book": commit.book, "segment": clearing.segment_id},
        )


def _changed(book: str, number: int) -> sa.Select[tuple[object, ...]]:
    """Select segments with records in suspense, or with clearings after a number."""
    table = schema.file
    clearing = table.alias()
    later = (
        sa.select(clearing.c.segment)
        .where(clearing.c.book == book, clearing.c.kind == "clearing", clearing.c.seq > number)
        .where(clearing.c.state == "live")
    )
    return sa.select(table).where(
        table.c.book == book,
        (table.c.suspended_count > 0) | table.c.id.in_(later),
        table.c.kind == "segment",
        table.c.state == "live",
    )


def _suspended(book: str) -> sa.Select[tuple[object, ...]]:
    """Select what the partial index on waiting segments serves."""
    table = schema.file
    return sa.select(table).where(table.c.book == book, _is_waiting())


def _is_waiting() -> sa.ColumnElement[bool]:
    table = schema.file
    return sa.and_(
        # Literal: a database that plans without the parameters must see that the index serves.
        table.c.suspended_count > sa.literal_column("0"),
        table.c.kind == "segment",
        table.c.state == "live",
    )
