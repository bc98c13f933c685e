"""The log of changes: what was changed of a book, by whom, when and why. No entry ever changes.

Whoever changes something gives its entries to `note_changes` in the transaction that changes it,
holding the book's row: so the numbers of a book have no gaps, and there is no change without its
entry. Commits of records are none of them: they are the ledger itself.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from tonne.store.manifest.tables import Tables, check_book, split
from tonne.store.rows import Found
from tonne.store.sql import schema
from tonne.store.sql.scan import scan
from tonne.store.sql.tables.closing import change as table
from tonne.store.sql.types import UtcTime
from tonne.store.statement_rows import Change
from tonne.work import actor

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from tonne.store.rows import Window


class ChangeTable(Tables):
    """The log of changes of the manifest."""

    def find_changes(self, book: str, window: Window) -> Found[Change]:
        """Find entries in the order in which they were made. Raises BookUnknown."""
        served = {each.column for each in window.conditions if each.operator == "="}
        scope = [table.c.book == book]
        with self._database.read() as connection:
            check_book(connection, book)
            # The index serves a kind, and of a kind an object.
            in_index = ("kind", "object") if "kind" in served else ()
            rows, last = scan(connection, table, table.c.number, scope, window, in_index)
        return Found([_change_of(row) for row in rows], last)


def note_changes(
    connection: Connection,
    book: str,
    changes: Sequence[Change],
    now: dt.datetime | sa.ColumnElement[dt.datetime],
) -> None:
    """Write entries behind the others of a book, whose row is locked.

    Where an entry names no author and no reason, they are the caller's.
    """
    if not changes:
        return
    by = actor()
    clock = now if isinstance(now, sa.ColumnElement) else sa.literal(now, UtcTime)
    last = sa.select(sa.func.coalesce(sa.func.max(table.c.number), 0)).where(table.c.book == book)
    head = sa.select(
        schema.book.c.commit_seq, last.scalar_subquery().label("last"), clock.label("now")
    )
    found = connection.execute(head.where(schema.book.c.id == book)).one()
    for part in split(enumerate(changes, found.last + 1)):
        connection.execute(
            sa.insert(table),
            [
                {
                    "book": book,
                    "number": number,
                    "kind": each.kind,
                    "object": each.object,
                    "before_json": each.before,
                    "after_json": each.after,
                    "author": each.author or by.subject,
                    "reason": each.reason or by.reason,
                    "caller": by.subject,
                    "seq": found.commit_seq,
                    "create_time": found.now,
                }
                for number, each in part
            ],
        )


def body_of(values: dict[str, Any] | None) -> str:
    """Write what something was or is as JSON, the same for the same; empty of nothing."""
    if values is None:
        return ""
    return json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _change_of(row: sa.Row[Any]) -> Change:
    return Change(
        kind=row.kind,
        object=row.object,
        before=row.before_json,
        after=row.after_json,
        author=row.author,
        reason=row.reason,
        caller=row.caller,
        number=row.number,
        seq=row.seq,
        create_time=row.create_time,
    )
