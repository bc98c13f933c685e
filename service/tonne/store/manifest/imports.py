"""Imports: which file brought which records of a channel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from tonne.store.manifest.tables import Tables, check_book, lock_book
from tonne.store.rows import ImportRow
from tonne.store.sql import schema

if TYPE_CHECKING:
    from sqlalchemy import Connection


class ImportTable(Tables):
    """The imports of the manifest."""

    def add_import(self, book: str, row: ImportRow) -> ImportRow:
        """Note an import, once for the same file, profile and place. Raises BookUnknown."""
        table = schema.file_import
        same = sa.and_(
            table.c.book == book,
            table.c.channel == row.channel,
            table.c.first_offset == row.first_offset,
            table.c.sha256 == row.sha256,
            table.c.profile_sha256 == row.profile_sha256,
        )

        def work(connection: Connection) -> ImportRow:
            check_book(connection, book)
            lock_book(connection, book)
            if (found := connection.execute(_select().where(same)).one_or_none()) is not None:
                return _import_of(found)
            last = sa.select(sa.func.coalesce(sa.func.max(table.c.number), 0)).where(
                table.c.book == book
            )
            connection.execute(
                sa.insert(table).values(
                    book=book,
                    number=connection.execute(last).scalar_one() + 1,
                    channel=row.channel,
                    file_name=row.file_name,
                    sha256=row.sha256,
                    first_offset=row.first_offset,
                    record_count=row.record_count,
                    profile=row.profile,
                    profile_sha256=row.profile_sha256,
                    sketch=row.sketch,
                    sketch_count=row.sketch_count,
                    caller=row.caller,
                    create_time=self._database.now(),
                )
            )
            return _import_of(connection.execute(_select().where(same)).one())

        return self._database.write(work)

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


def _select() -> sa.Select[Any]:
    """Select imports with how far their channels are."""
    table, channel = schema.file_import, schema.channel
    joined = table.outerjoin(
        channel, sa.and_(channel.c.book == table.c.book, channel.c.id == table.c.channel)
    )
    return sa.select(table, channel.c.committed_offset).select_from(joined)


def _import_of(row: sa.Row[Any]) -> ImportRow:
    reached = (row.committed_offset or 0) - row.first_offset
    return ImportRow(
        channel=row.channel,
        file_name=row.file_name,
        sha256=row.sha256,
        first_offset=row.first_offset,
        record_count=row.record_count,
        profile=row.profile,
        profile_sha256=row.profile_sha256,
        sketch=row.sketch,
        sketch_count=row.sketch_count,
        caller=row.caller,
        number=row.number,
        durable_count=max(0, min(row.record_count, reached)),
        create_time=row.create_time,
    )
