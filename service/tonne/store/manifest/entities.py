"""The entities of a book's organisation, and what is held of them when."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from tonne import model
from tonne.errors import NotRegistered
from tonne.store.manifest.changes import body_of, note_changes
from tonne.store.manifest.numbers import bump_revision
from tonne.store.manifest.past import ENTITY, keep_past
from tonne.store.manifest.tables import Tables, check_book, lock_book, split
from tonne.store.rows import Found
from tonne.store.sql import schema
from tonne.store.sql.scan import scan
from tonne.store.statement_rows import Change

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from sqlalchemy import Connection

    from tonne.store.rows import Window


class EntityTable(Tables):
    """The entities of the manifest."""

    def put_entities(
        self,
        book: str,
        entities: Sequence[model.Entity],
        check: Callable[[Mapping[str, model.Entity]], None] = lambda _: None,
    ) -> tuple[int, int]:
        """Add entities, or replace those of the same id with their holdings.

        Parameters
        ----------
        book : str
        entities : sequence of Entity
            The last of an id counts.
        check : Callable
            Is given all entities as they would be, under the book's lock; what it raises
            leaves them as they are. Without the lock, two imports that are right alone could
            close a circle together.

        Returns
        -------
        tuple[int, int]
            How many were created, and how many of the others changed. The revision of the book
            rises if any did.
        """
        wanted = {entity.id: entity for entity in entities}

        def work(connection: Connection) -> tuple[int, int]:
            lock_book(connection, book)
            present = {each.id: each for each in read_entities(connection, book)}
            check(present | wanted)
            new = [each for each in wanted.values() if each.id not in present]
            changed = [each for each in wanted.values() if present.get(each.id, each) != each]
            if new or changed:
                revision = bump_revision(connection, self._database, book).revision
                _keep_past(connection, book, [present[each.id] for each in changed], revision)
                _delete(connection, book, [each.id for each in changed])
                _insert(connection, book, [*new, *changed], revision)
                self._note_entities(connection, book, present, [*new, *changed])
            return len(new), len(changed)

        return self._database.write(work)

    def change_entity(
        self,
        book: str,
        id_: str,
        change: Callable[[model.Entity], model.Entity],
        check: Callable[[Mapping[str, model.Entity]], None],
    ) -> model.Entity:
        """Replace an entity by what `change` makes of it, under the book's lock.

        `check` is as in `put_entities`.

        Raises
        ------
        BookUnknown, NotRegistered
        """

        def work(connection: Connection) -> model.Entity:
            lock_book(connection, book)
            present = {each.id: each for each in read_entities(connection, book)}
            before = present.get(id_)
            if before is None:
                raise NotRegistered.of("entity", book, id_)
            after = change(before)
            if after != before:
                check(present | {id_: after})
                revision = bump_revision(connection, self._database, book).revision
                _keep_past(connection, book, [before], revision)
                _delete(connection, book, [id_])
                _insert(connection, book, [after], revision)
                self._note_entities(connection, book, present, [after])
            return after

        return self._database.write(work)

    def _note_entities(
        self,
        connection: Connection,
        book: str,
        before: Mapping[str, model.Entity],
        after: Sequence[model.Entity],
    ) -> None:
        entries = [
            Change("entity", each.id, before=_body(before.get(each.id)), after=_body(each))
            for each in after
        ]
        note_changes(connection, book, entries, self._database.now())

    def list_entities(
        self, book: str, after: str = "", limit: int | None = None
    ) -> list[model.Entity]:
        """List entities in order of their ids, from the first one after `after` ("" = all)."""
        with self._database.read() as connection:
            check_book(connection, book)
            return read_entities(connection, book, after, limit)

    def find_entities(self, book: str, window: Window) -> Found[model.Entity]:
        """Find entities in order of their ids. Raises BookUnknown."""
        table = schema.entity
        with self._database.read() as connection:
            check_book(connection, book)
            rows, last = scan(connection, table, table.c.id, [table.c.book == book], window)
            return Found(_with_holdings(connection, book, rows), last)


def _body(entity: model.Entity | None) -> str:
    """Write an entity with what is held of it."""
    return "" if entity is None else body_of(asdict(entity))


def read_entities(
    connection: Connection, book: str, after: str = "", limit: int | None = None
) -> list[model.Entity]:
    """List entities in order of their ids, in a transaction of the caller's."""
    table = schema.entity
    query = (
        sa.select(table)
        .where(table.c.book == book, table.c.id > after)
        .order_by(table.c.id)
        .limit(limit)
    )
    return _with_holdings(connection, book, connection.execute(query).all())


def _with_holdings(
    connection: Connection, book: str, rows: Sequence[sa.Row[Any]]
) -> list[model.Entity]:
    """Read the holdings of entities, which are some of the book's in an order of their ids."""
    if not rows:
        return []
    holding = schema.holding
    first, last = sorted((rows[0].id, rows[-1].id), key=str.encode)
    wanted = {row.id for row in rows}
    holdings: dict[str, list[model.Holding]] = defaultdict(list)
    held = sa.select(holding).where(
        holding.c.book == book, holding.c.entity >= first, holding.c.entity <= last
    )
    for row in connection.execute(held.order_by(holding.c.entity, holding.c.valid_from)):
        if row.entity in wanted:
            holdings[row.entity].append(_holding_of(row))
    return [
        model.Entity(row.id, row.display_name, row.parent, tuple(holdings[row.id])) for row in rows
    ]


def _keep_past(
    connection: Connection, book: str, entities: Sequence[model.Entity], stop_revision: int
) -> None:
    table = schema.entity
    first: dict[str, int] = {}
    for chunk in split(each.id for each in entities):
        query = sa.select(table.c.id, table.c.revision).where(
            table.c.book == book, table.c.id.in_(chunk)
        )
        first.update((row.id, row.revision) for row in connection.execute(query))
    past = [(each.id, first[each.id], _body_of(each)) for each in entities]
    keep_past(connection, book, ENTITY, past, stop_revision)


def _body_of(entity: model.Entity) -> dict[str, Any]:
    """Give an entity as plain values, which `entity_of_body` reads."""
    body = asdict(entity)
    del body["id"]
    for held in body["holdings"]:
        held["financial_control"] = int(held["financial_control"])
    return body


def entity_of_body(id_: str, body: Mapping[str, Any]) -> model.Entity:
    """Read what an entity was."""
    holdings = (
        {**held, "financial_control": model.FinancialControl(held["financial_control"])}
        for held in body["holdings"]
    )
    return model.Entity(
        id_,
        body["display_name"],
        body["parent"],
        tuple(model.Holding(**held) for held in holdings),
    )


def _delete(connection: Connection, book: str, ids: Iterable[str]) -> None:
    for chunk in split(ids):
        for table, column in (
            (schema.holding, schema.holding.c.entity),
            (schema.entity, schema.entity.c.id),
        ):
            connection.execute(sa.delete(table).where(table.c.book == book, column.in_(chunk)))


def _insert(
    connection: Connection, book: str, entities: Sequence[model.Entity], revision: int
) -> None:
    connection.execute(
        sa.insert(schema.entity),
        [
            {
                "book": book,
                "id": each.id,
                "display_name": each.display_name,
                "parent": each.parent,
                "revision": revision,
            }
            for each in entities
        ],
    )
    holdings = [
        {
            "book": book,
            "entity": each.id,
            "valid_from": holding.valid_from,
            "valid_to": holding.valid_to,
            "equity_share": holding.equity_share,
            "financial_control": int(holding.financial_control),
            "is_operated": holding.is_operated,
        }
        for each in entities
        for holding in each.holdings
    ]
    if holdings:
        connection.execute(sa.insert(schema.holding), holdings)


def _holding_of(row: sa.Row[Any]) -> model.Holding:
    return model.Holding(
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        equity_share=row.equity_share,
        financial_control=model.FinancialControl(row.financial_control),
        is_operated=row.is_operated,
    )
