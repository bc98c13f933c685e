"""Editions of factors, and the resolutions made from them."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from tonne import model
from tonne.errors import EditionExists, EditionUnknown, FactorUnknown
from tonne.store.manifest.changes import body_of, note_changes
from tonne.store.manifest.methods import insert_method
from tonne.store.manifest.numbers import bump_revision
from tonne.store.manifest.tables import Tables, check_book, lock_book, split
from tonne.store.rows import FactorRow, Found
from tonne.store.sql import schema
from tonne.store.sql.scan import scan
from tonne.store.statement_rows import Change

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection

    from tonne.store.rows import NewMethod, Window


class EditionTable(Tables):
    """The editions, factors and resolutions of the manifest."""

    def add_edition(
        self,
        book: str,
        edition_id: str,
        sha256: str,
        factors: Sequence[FactorRow],
        method: NewMethod,
    ) -> tuple[model.Edition, bool]:
        """Add an edition under a new method, which says its preference; the revision rises.

        Returns
        -------
        tuple[model.Edition, bool]
            The edition, and whether it was created: one of the same content is returned as is.

        Raises
        ------
        BookUnknown
        EditionExists
            One of that id has another `sha256`.
        MethodChanged
            Another version of the method is in force than the new one expects.
        """

        def work(connection: Connection) -> tuple[model.Edition, bool]:
            lock_book(connection, book)
            old = _find_edition(connection, book, edition_id)
            if old is not None:
                if old.sha256 != sha256:
                    raise EditionExists.in_book(book, edition_id)
                return old, False
            now = bump_revision(connection, self._database, book).time
            insert_method(connection, book, method, now)
            _insert_edition(connection, now, book, edition_id, sha256=sha256, factors=factors)
            made = _find_edition(connection, book, edition_id)
            assert made is not None  # noqa: S101  inserted in this transaction
            body = body_of({"sha256": sha256, "factor_count": len(factors)})
            entry = Change("edition", edition_id, after=body, author=method.author)
            note_changes(connection, book, [entry], now)
            return made, True

        return self._database.write(work)

    def list_editions(
        self, book: str, after_rank: int = 0, limit: int | None = None
    ) -> list[model.Edition]:
        """List editions in the order of their import, from the first one after `after_rank`."""
        table = schema.edition
        query = (
            sa.select(table)
            .where(table.c.book == book, table.c.rank > after_rank)
            .order_by(table.c.rank)
            .limit(limit)
        )
        with self._database.read() as connection:
            check_book(connection, book)
            return [_edition_of(row) for row in connection.execute(query)]

    def factors(
        self,
        book: str,
        edition: str,
        *,
        activity: str = "",
        after_row: int = 0,
        limit: int | None = None,
    ) -> list[FactorRow]:
        """List factors in the order of their rows, of one activity or of all ("").

        Raises
        ------
        BookUnknown, EditionUnknown
        """
        table = schema.factor
        query = (
            sa.select(table)
            .where(table.c.book == book, table.c.edition == edition, table.c.row > after_row)
            .order_by(table.c.row)
            .limit(limit)
        )
        if activity:
            query = query.where(table.c.activity == activity)
        with self._database.read() as connection:
            _check_edition(connection, book, edition)
            return [_factor_of(row) for row in connection.execute(query)]

    def find_factors(self, book: str, edition: str, window: Window) -> Found[FactorRow]:
        """Find factors in the order of their rows.

        Raises
        ------
        BookUnknown, EditionUnknown
        """
        table = schema.factor
        scope = [table.c.book == book, table.c.edition == edition]
        with self._database.read() as connection:
            _check_edition(connection, book, edition)
            rows, last = scan(connection, table, table.c.row, scope, window, ("activity",))
        return Found([_factor_of(row) for row in rows], last)

    def get_factor(self, book: str, edition: str, row: int) -> FactorRow:
        """Read one factor.

        Raises
        ------
        BookUnknown, EditionUnknown, FactorUnknown
        """
        table = schema.factor
        query = sa.select(table).where(
            table.c.book == book, table.c.edition == edition, table.c.row == row
        )
        with self._database.read() as connection:
            _check_edition(connection, book, edition)
            found = connection.execute(query).one_or_none()
        if found is None:
            raise FactorUnknown.of(book, edition, row)
        return _factor_of(found)

    def get_resolutions(self, book: str, ids: Iterable[str]) -> dict[str, str]:
        """Read resolutions by id; those that are not there are left out."""
        table = schema.resolution
        found: dict[str, str] = {}
        with self._database.read() as connection:
            for chunk in split(dict.fromkeys(ids)):
                query = sa.select(table.c.id, table.c.body)
                query = query.where(table.c.book == book, table.c.id.in_(chunk))
                found.update((row.id, row.body) for row in connection.execute(query))
        return found


def _insert_edition(
    connection: Connection,
    now: dt.datetime,
    book: str,
    edition_id: str,
    *,
    sha256: str,
    factors: Sequence[FactorRow],
) -> None:
    table = schema.edition
    last = sa.select(sa.func.coalesce(sa.func.max(table.c.rank), 0)).where(table.c.book == book)
    connection.execute(
        sa.insert(table).values(
            book=book,
            id=edition_id,
            rank=connection.execute(last).scalar_one() + 1,
            factors_count=len(factors),
            sha256=sha256,
            create_time=now,
        )
    )
    if factors:
        connection.execute(
            sa.insert(schema.factor),
            [{"book": book, "edition": edition_id, **asdict(row)} for row in factors],
        )


def _check_edition(connection: Connection, book: str, edition: str) -> None:
    check_book(connection, book)
    if _find_edition(connection, book, edition) is None:
        raise EditionUnknown.in_book(book, edition)


def _find_edition(connection: Connection, book: str, edition_id: str) -> model.Edition | None:
    table = schema.edition
    query = sa.select(table).where(table.c.book == book, table.c.id == edition_id)
    row = connection.execute(query).one_or_none()
    return None if row is None else _edition_of(row)


def _edition_of(row: sa.Row[Any]) -> model.Edition:
    return model.Edition(
        book=row.book,
        id=row.id,
        factor_count=row.factors_count,
        sha256=row.sha256,
        create_time=row.create_time,
        rank=row.rank,
    )


def _factor_of(row: sa.Row[Any]) -> FactorRow:
    values = dict(row._mapping)  # noqa: SLF001  SQLAlchemy's documented name of a row's mapping
    del values["book"], values["edition"]
    return FactorRow(**values)
