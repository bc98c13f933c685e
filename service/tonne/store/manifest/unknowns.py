"""Objects that no commit names and files that were replaced, listed before they are deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from tonne.store.manifest.files import file_of
from tonne.store.manifest.leases import check_lease
from tonne.store.manifest.tables import CHUNK_SIZE, Tables, split
from tonne.store.rows import UnknownObject
from tonne.store.sql import schema

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection

    from tonne.store.paths import ObjectInfo
    from tonne.store.rows import FileRow, Lease

_DEAD: sa.ColumnElement[str] = sa.literal_column("'dead'")
"""Literal: a database that plans without the parameters must see that the partial index serves."""


class UnknownTable(Tables):
    """The lists of what is to be deleted."""

    def list_unknown(
        self, infos: Sequence[ObjectInfo], listing: str, now: dt.datetime, lease: Lease | None
    ) -> None:
        """Write objects down as unknown; what stood there keeps the time at which it came.

        Raises `LeaseLost`.
        """
        table = schema.unknown_object
        if not infos:
            return
        insert = self._database.insert(table)
        statement = insert.on_conflict_do_update(
            index_elements=[table.c.path], set_={"listing": insert.excluded.listing}
        )

        def work(connection: Connection) -> None:
            check_lease(connection, lease)
            connection.execute(
                statement,
                [
                    {
                        "path": info.path,
                        "size_bytes": info.size_bytes,
                        "modified_time": info.modified_time,
                        "list_time": now,
                        "listing": listing,
                    }
                    for info in infos
                ],
            )

        self._database.write(work)

    def end_listing(self, listing: str, lease: Lease | None) -> None:
        """Forget what a whole listing did not meet as unknown. Raises `LeaseLost`."""
        table = schema.unknown_object

        def work(connection: Connection) -> None:
            check_lease(connection, lease)
            connection.execute(sa.delete(table).where(table.c.listing != listing))

        self._database.write(work)

    def count_unknown(self, before: dt.datetime | None = None) -> int:
        """Count what is listed as unknown, or what has been so since `before`."""
        table = schema.unknown_object
        query = sa.select(sa.func.count()).select_from(table)
        if before is not None:
            query = query.where(table.c.list_time <= before)
        with self._database.read() as connection:
            count: int = connection.execute(query).scalar_one()
        return count

    def get_unknown(
        self, limit: int, *, after: str = "", before: dt.datetime | None = None
    ) -> list[UnknownObject]:
        """Read a page of what is listed as unknown, in the order of paths.

        With `before`, only what has been listed since then or longer.
        """
        table = schema.unknown_object
        query = sa.select(table).where(table.c.path > after).order_by(table.c.path).limit(limit)
        if before is not None:
            query = query.where(table.c.list_time <= before)
        with self._database.read() as connection:
            return [_unknown_of(row) for row in connection.execute(query)]

    def forget_unknown(self, paths: Iterable[str], lease: Lease | None) -> None:
        """Take off the list what was deleted, or turned out to be known. Raises `LeaseLost`."""
        table = schema.unknown_object

        def work(connection: Connection) -> None:
            check_lease(connection, lease)
            for chunk in split(paths):
                connection.execute(sa.delete(table).where(table.c.path.in_(chunk)))

        self._database.write(work)

    def list_dead(self, now: dt.datetime, lease: Lease | None) -> None:
        """Write down since when files are dead, for those that died since the last time.

        Raises `LeaseLost`.
        """
        table = schema.file
        query = sa.select(table.c.id).where(table.c.state == _DEAD, table.c.list_time.is_(None))

        def work(connection: Connection) -> bool:
            check_lease(connection, lease)
            ids = list(connection.execute(query.limit(CHUNK_SIZE)).scalars())
            if ids:
                statement = sa.update(table).where(table.c.id.in_(ids)).values(list_time=now)
                connection.execute(statement)
            return len(ids) == CHUNK_SIZE

        while self._database.write(work):
            continue

    def dead_files(self, before: dt.datetime, limit: int) -> list[FileRow]:
        """List files that have been listed as dead since `before` or longer, oldest first.

        None of a published table, which no merge replaces: segments stay for ever.
        """
        table = schema.file
        query = (
            sa.select(table)
            .where(
                table.c.state == _DEAD,
                table.c.list_time <= before,
                # A published table names it, and readers of the table ask nobody.
                table.c.publish_batch.is_(None),
            )
            .order_by(table.c.list_time)
            .limit(limit)
        )
        with self._database.read() as connection:
            return [file_of(row) for row in connection.execute(query)]

    def count_dead(self) -> tuple[int, int, dt.datetime | None]:
        """Count the files that were replaced: how many, their bytes, since when the oldest."""
        table = schema.file
        query = sa.select(
            sa.func.count(),
            sa.func.coalesce(sa.func.sum(table.c.size_bytes), 0),
            sa.func.min(table.c.list_time),
        ).where(table.c.state == _DEAD)
        with self._database.read() as connection:
            count, size_bytes, oldest = connection.execute(query).one()
        return count, int(size_bytes), oldest


def _unknown_of(row: sa.Row[Any]) -> UnknownObject:
    return UnknownObject(
        path=row.path,
        size_bytes=row.size_bytes,
        modified_time=row.modified_time,
        list_time=row.list_time,
    )
