"""Imports: which file brought which records of a channel, and who may bring them.

Two producers that bring in the same records at the same moment, each to a channel of its own, meet
here. A claim says up to which import its file was compared with those of the book, so that one
that was noted meanwhile is not overlooked. And it fences the channels of those that it found with
nothing durable: whoever was at work there, or died there, commits nothing more under its epoch.
So there is no time after which a claim ends, and none that stands in the way for ever.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from tonne.errors import ChannelUnknown, EpochStale, ImportsChanged
from tonne.store.manifest.changes import body_of, note_changes
from tonne.store.manifest.tables import Tables, check_book, draw_step, identity, lock_book
from tonne.store.rows import ImportRow
from tonne.store.sql import schema
from tonne.store.statement_rows import Change

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from tonne.store.rows import ImportClaim


class ImportTable(Tables):
    """The imports of the manifest."""

    def count_unfinished(self, book: str) -> int:
        """Count the imports that have not ended and of which some records are not durable."""
        table, channel = schema.file_import, schema.channel
        joined = table.outerjoin(
            channel, sa.and_(channel.c.book == table.c.book, channel.c.id == table.c.channel)
        )
        reached = sa.func.coalesce(channel.c.committed_offset, 0)
        query = (
            sa.select(sa.func.count())
            .select_from(joined)
            .where(
                table.c.book == book,
                table.c.ended_offset.is_(None),
                reached < table.c.first_offset + table.c.record_count,
            )
        )
        with self._database.read() as connection:
            return int(connection.execute(query).scalar_one())

    def add_import(self, book: str, row: ImportRow, claim: ImportClaim | None = None) -> ImportRow:
        """Note an import, once for the same file, profile and place.

        Raises
        ------
        BookUnknown, ChannelUnknown
        EpochStale
            The channel is not open under the epoch of the claim.
        ImportsChanged
            There is an import that the claim does not know, or one that it supersedes has become
            durable.
        """
        table = schema.file_import

        def work(connection: Connection) -> ImportRow:
            check_book(connection, book)
            if claim is not None:
                _take(connection, book, row, claim)
            lock_book(connection, book)
            last = connection.execute(
                sa.select(sa.func.coalesce(sa.func.max(table.c.number), 0)).where(
                    table.c.book == book
                )
            ).scalar_one()
            if claim is not None:
                if last > claim.compared_number:
                    raise ImportsChanged.of(book, f"import {last} of the book was noted meanwhile")
                _end_others(connection, book, row)
            same = _same(book, row)
            connection.execute(sa.update(table).where(same).values(ended_offset=None))
            if connection.execute(_select().where(same)).one_or_none() is None:
                connection.execute(
                    sa.insert(table).values(
                        book=book,
                        number=last + 1,
                        create_time=self._database.now(),
                        **{name: getattr(row, name) for name in _GIVEN},
                    )
                )
                told = {name: getattr(row, name) for name in _TOLD}
                entry = Change("import", str(last + 1), after=body_of(told), author=row.caller)
                note_changes(connection, book, [entry], self._database.now())
            return _import_of(connection.execute(_select().where(same)).one())

        return self._database.write(work)

    def imports_of(
        self, book: str, channel: str, offsets: tuple[int, int], limit: int
    ) -> list[ImportRow]:
        """List imports that have some offsets of a channel, both included, in their order."""
        table = schema.file_import
        first, last = offsets
        query = _select().where(
            table.c.book == book,
            table.c.channel == channel,
            table.c.first_offset <= last,
            table.c.first_offset + table.c.record_count > first,
        )
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(table.c.number).limit(limit))
            return [_import_of(row) for row in rows]

    def list_imports(self, book: str, after: int, limit: int) -> list[ImportRow]:
        """List the imports of a book by their numbers, from the first one after `after`."""
        table = schema.file_import
        query = (
            _select()
            .where(table.c.book == book, table.c.number > after)
            .order_by(table.c.number)
            .limit(limit)
        )
        with self._database.read() as connection:
            check_book(connection, book)
            return [_import_of(row) for row in connection.execute(query)]


_GIVEN = (
    "channel",
    "file_name",
    "sha256",
    "first_offset",
    "record_count",
    "profile",
    "profile_sha256",
    "sketch",
    "sketch_count",
    "caller",
)
"""Columns that stand as the caller gave them."""


_TOLD = ("channel", "file_name", "sha256", "first_offset", "record_count", "profile")
"""Columns that the log of changes has of an import."""


def _same(book: str, row: ImportRow) -> sa.ColumnElement[bool]:
    """Match the entry of the same file, profile and place."""
    table = schema.file_import
    return sa.and_(
        table.c.book == book,
        table.c.channel == row.channel,
        table.c.first_offset == row.first_offset,
        table.c.sha256 == row.sha256,
        table.c.profile_sha256 == row.profile_sha256,
    )


def _take(connection: Connection, book: str, row: ImportRow, claim: ImportClaim) -> None:
    """Check that the channel is the caller's, and fence those of the imports it supersedes.

    The rows of channels are locked in the order of their ids and before that of the book, as a
    commit does: what it moved is seen here, or it is refused by the epoch.
    """
    imports, channel = schema.file_import, schema.channel
    ended = connection.execute(
        sa.select(imports.c.number, imports.c.channel, imports.c.first_offset).where(
            imports.c.book == book, imports.c.number.in_(claim.superseded)
        )
    ).all()
    ids = {row.channel, *(each.channel for each in ended)}
    locked = connection.execute(
        sa.select(channel)
        .where(channel.c.book == book, channel.c.id.in_(ids))
        .order_by(channel.c.id)
        .with_for_update()
    )
    found = {each.id: each for each in locked}
    if row.channel not in found:
        raise ChannelUnknown.named(book, row.channel)
    if found[row.channel].epoch != claim.epoch:
        raise EpochStale.of(book, row.channel, epoch=claim.epoch, current=found[row.channel].epoch)
    for each in ended:
        if each.channel in found and found[each.channel].committed_offset > each.first_offset:
            raise ImportsChanged.of(
                book, f"records of import {each.number} have become durable meanwhile"
            )
    for name in sorted({each.channel for each in ended} & found.keys() - {row.channel}):
        step = draw_step()
        connection.execute(
            sa.update(channel)
            .where(channel.c.book == book, channel.c.id == name)
            .values(
                epoch=channel.c.epoch + step,
                owner=identity(channel.c.epoch + step, secrets.token_hex(16)),
                previous_owner=channel.c.owner,
            )
        )


def _end_others(connection: Connection, book: str, row: ImportRow) -> None:
    """Note where older imports at this place of the channel have ended; this one goes on.

    Their producers lost the channel to the caller: what is durable there from now on is of this
    import.
    """
    table, channel = schema.file_import, schema.channel
    committed = (
        sa.select(channel.c.committed_offset)
        .where(channel.c.book == book, channel.c.id == row.channel)
        .scalar_subquery()
    )
    connection.execute(
        sa.update(table)
        .where(
            table.c.book == book,
            table.c.channel == row.channel,
            table.c.ended_offset.is_(None),
            table.c.first_offset < row.first_offset + row.record_count,
            table.c.first_offset + table.c.record_count > row.first_offset,
            table.c.first_offset + table.c.record_count > committed,
        )
        .values(ended_offset=committed)
    )


def _select() -> sa.Select[Any]:
    """Select imports with how far their channels are."""
    table, channel = schema.file_import, schema.channel
    joined = table.outerjoin(
        channel, sa.and_(channel.c.book == table.c.book, channel.c.id == table.c.channel)
    )
    return sa.select(table, channel.c.committed_offset).select_from(joined)


def _import_of(row: sa.Row[Any]) -> ImportRow:
    offset = row.committed_offset if row.ended_offset is None else row.ended_offset
    reached = (offset or 0) - row.first_offset
    return ImportRow(
        **{name: getattr(row, name) for name in _GIVEN},
        number=row.number,
        durable_count=max(0, min(row.record_count, reached)),
        create_time=row.create_time,
    )
