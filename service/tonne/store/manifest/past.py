"""What facilities, entities and books were before they were changed: kept by each change."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from tonne.store.sql import schema

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

FACILITY: Final = "facility"
ENTITY: Final = "entity"
BOOK: Final = "book"


@dataclass(frozen=True, slots=True)
class Past:
    """What something was at a revision, and is no more."""

    id: str
    body: dict[str, Any]


def keep_past(
    connection: Connection,
    book: str,
    kind: str,
    past: Iterable[tuple[str, int, dict[str, Any]]],
    stop_revision: int,
) -> None:
    """Keep what was before a change.

    Parameters
    ----------
    past : iterable of (str, int, dict)
        Id, the revision from which on it was so, and its values as JSON knows them.
    stop_revision : int
        Of the change: the first at which it is not so.
    """
    rows = [
        {
            "book": book,
            "kind": kind,
            "id": id_,
            "stop_revision": stop_revision,
            "first_revision": first_revision,
            "body": json.dumps(body, ensure_ascii=False, sort_keys=True),
        }
        for id_, first_revision, body in past
    ]
    if rows:
        connection.execute(sa.insert(schema.register_past), rows)


def read_past(connection: Connection, book: str, kind: str, revision: int) -> list[Past]:
    """Read what was so at a revision and was changed after it; it costs what was changed."""
    table = schema.register_past
    query = sa.select(table.c.id, table.c.body).where(
        table.c.book == book,
        table.c.kind == kind,
        table.c.stop_revision > revision,
        table.c.first_revision <= revision,
    )
    rows = connection.execute(query.order_by(table.c.id, table.c.stop_revision))
    return [Past(row.id, json.loads(row.body)) for row in rows]
