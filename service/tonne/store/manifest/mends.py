"""Records that stand for others: written with the commit that posts them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from tonne.store.errors import MendsKnown
from tonne.store.manifest.tables import Tables, split
from tonne.store.rows import MendRow
from tonne.store.sql import schema

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from tonne.store.rows import Commit
    from tonne.store.sql.database import Database


class MendTable(Tables):
    """The mends of the manifest."""

    def mends_of(self, book: str, channel: str, from_offset: int, to_offset: int) -> list[MendRow]:
        """List the mends of ``[from_offset, to_offset)`` of a channel, older ones first."""
        table = schema.mend
        query = (
            sa.select(table)
            .where(
                table.c.book == book,
                table.c.channel == channel,
                table.c.channel_offset >= from_offset,
                table.c.channel_offset < to_offset,
            )
            .order_by(table.c.channel_offset, table.c.generation)
        )
        with self._database.read() as connection:
            return [_mend_of(row) for row in connection.execute(query)]

    def mends_by(self, book: str, request_id: str) -> dict[int, MendRow]:
        """List what the records of a request stand for, by their indexes; most mend nothing."""
        table = schema.mend
        query = sa.select(table).where(table.c.book == book, table.c.request == request_id)
        with self._database.read() as connection:
            return {row.request_index: _mend_of(row) for row in connection.execute(query)}

    def mended(
        self, book: str, sources: Iterable[str], last: int | None = None
    ) -> set[tuple[str, int]]:
        """Say which records in quarantine of some sources others stand for, or did by a number."""
        table = schema.mend
        found: set[tuple[str, int]] = set()
        with self._database.read() as connection:
            for chunk in split(sorted(sources)):
                query = sa.select(table.c.source, table.c.offset).where(
                    table.c.book == book, table.c.source.in_(chunk)
                )
                if last is not None:
                    query = query.where(_by(last))
                found.update((row.source, row.offset) for row in connection.execute(query))
        return found


def count_mends(connection: Connection, book: str, last: int | None = None) -> int:
    """Count the records in quarantine of a book that others stand for, or stood by a number."""
    table = schema.mend
    query = sa.select(sa.func.count()).where(table.c.book == book, table.c.segment == "")
    if last is not None:
        query = query.where(_by(last))
    return int(connection.execute(query).scalar_one())


def _by(last: int) -> sa.ColumnElement[bool]:
    """Whether a mend was made by a commit up to a number."""
    commit = schema.ledger_commit
    return sa.exists().where(commit.c.id == schema.mend.c.commit_id, commit.c.seq <= last)


def insert_mends(connection: Connection, database: Database, commit: Commit) -> None:
    """Insert the mends of a commit. Raises MendsKnown where one was there before."""
    if not commit.mends:
        return
    table = schema.mend
    connection.execute(
        database.insert(table).on_conflict_do_nothing(),
        [
            {
                "book": commit.book,
                "source": each.source,
                "offset": each.offset,
                "channel": each.channel,
                "channel_offset": each.channel_offset,
                "generation": each.generation,
                "request": each.request_id,
                "request_index": each.index,
                "commit_id": commit.id,
                "segment": each.segment,
            }
            for each in sorted(commit.mends, key=lambda each: (each.source, each.offset))
        ],
    )
    # Two requests of one commit may mend the same record, too: it is the first one's.
    ours: dict[tuple[str, int], str] = {}
    for chunk in split(sorted({each.source for each in commit.mends})):
        query = sa.select(table.c.source, table.c.offset, table.c.request).where(
            table.c.book == commit.book,
            table.c.source.in_(chunk),
            table.c.commit_id == commit.id,
        )
        ours.update(((row.source, row.offset), row.request) for row in connection.execute(query))
    lost = {
        each.request_id
        for each in commit.mends
        if ours.get((each.source, each.offset)) != each.request_id
    }
    if lost:
        raise MendsKnown.of(commit.book, lost)


def _mend_of(row: sa.Row[Any]) -> MendRow:
    return MendRow(
        source=row.source,
        offset=row.offset,
        channel=row.channel,
        channel_offset=row.channel_offset,
        generation=row.generation,
        request_id=row.request,
        index=row.request_index,
        segment=row.segment,
    )
