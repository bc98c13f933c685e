"""Entries of corrections: what was reversed, by whom, when and why. None is ever changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from tonne.store.manifest.changes import body_of, note_changes
from tonne.store.manifest.files import file_of
from tonne.store.manifest.tables import Tables, check_book, split
from tonne.store.rows import Found
from tonne.store.sql import schema
from tonne.store.sql.scan import scan
from tonne.store.sql.types import UtcTime
from tonne.store.statement_rows import Change, Correction, CorrectionKind, ReasonCode

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from tonne.store.rows import Commit, FileRow, Window
    from tonne.store.statement_rows import Fence


class CorrectionTable(Tables):
    """The corrections of the manifest."""

    def find_corrections(self, book: str, window: Window) -> Found[Correction]:
        """Find entries in the order in which they were made. Raises BookUnknown."""
        table = schema.correction
        with self._database.read() as connection:
            check_book(connection, book)
            rows, last = scan(connection, table, table.c.number, [table.c.book == book], window)
        return Found([correction_of(row) for row in rows], last)

    def corrections_by(self, commit_ids: Iterable[str]) -> dict[str, Correction]:
        """Give the entries that commits made, by the commit; most made none."""
        table = schema.correction
        found: dict[str, Correction] = {}
        with self._database.read() as connection:
            for chunk in split(sorted(set(commit_ids))):
                query = sa.select(table).where(table.c.commit_id.in_(chunk))
                for row in connection.execute(query):
                    found.setdefault(row.commit_id, correction_of(row))
        return found

    def entries_by(self, commit_ids: Iterable[str]) -> dict[str, list[Correction]]:
        """Give all entries that commits made, by the commit, in the order of their numbers."""
        table = schema.correction
        found: dict[str, list[Correction]] = {}
        with self._database.read() as connection:
            for chunk in split(sorted(set(commit_ids))):
                query = sa.select(table).where(table.c.commit_id.in_(chunk))
                for row in connection.execute(query.order_by(table.c.number)):
                    found.setdefault(row.commit_id, []).append(correction_of(row))
        return found

    def segments_by(self, commit_id: str) -> list[FileRow]:
        """List the segments that a commit wrote."""
        table = schema.file
        query = (
            sa.select(table)
            .where(table.c.commit_id == commit_id, table.c.kind == "segment")
            .order_by(table.c.seq)
        )
        with self._database.read() as connection:
            return [file_of(row) for row in connection.execute(query)]

    def reversals_of(self, commit_id: str) -> list[str]:
        """Give the ids of the files that name what a commit reversed."""
        table = schema.file
        query = (
            sa.select(table.c.id)
            .where(table.c.commit_id == commit_id, table.c.segment.is_not(None))
            .order_by(table.c.seq)
        )
        with self._database.read() as connection:
            return list(connection.execute(query).scalars())


def insert_corrections(
    connection: Connection, commit: Commit, now: dt.datetime, fence: Fence
) -> None:
    """Insert the entries of a commit behind the others of its book, whose row is locked."""
    if not commit.corrections:
        return
    table = schema.correction
    query = sa.select(sa.func.coalesce(sa.func.max(table.c.number), 0))
    last = connection.execute(query.where(table.c.book == commit.book)).scalar_one()
    connection.execute(
        sa.insert(table),
        [
            {
                "book": commit.book,
                "number": number,
                "kind": str(each.kind),
                "selection": each.selection,
                "record_count": each.record_count,
                "request": each.request_id,
                "author": each.author,
                "reason_code": str(each.reason_code),
                "reason": each.reason,
                "commit_id": commit.id,
                "create_time": now,
                "of_closed": _is_of_closed(each, fence),
                "restatement": each.restatement,
                "figures": each.figures,
            }
            for number, each in enumerate(commit.corrections, last + 1)
        ],
    )
    entries = [
        Change(
            "correction",
            str(number),
            after=body_of(
                {
                    "kind": str(each.kind),
                    "selection": each.selection,
                    "record_count": each.record_count,
                    "request": each.request_id,
                    "reason_code": str(each.reason_code),
                    "of_closed": _is_of_closed(each, fence),
                    **({"restatement": each.restatement} if each.restatement else {}),
                }
            ),
            author=each.author,
            reason=each.reason,
        )
        for number, each in enumerate(commit.corrections, last + 1)
    ]
    note_changes(connection, commit.book, entries, sa.literal(now, UtcTime))


def _is_of_closed(correction: Correction, fence: Fence) -> bool:
    return 0 <= correction.first_period < fence.closed_before


def correction_of(row: sa.Row[Any]) -> Correction:
    """Read a row of the table."""
    return Correction(
        kind=CorrectionKind(row.kind),
        selection=row.selection,
        record_count=row.record_count,
        request_id=row.request,
        author=row.author,
        reason_code=ReasonCode(row.reason_code),
        reason=row.reason,
        number=row.number,
        commit_id=row.commit_id,
        create_time=row.create_time,
        of_closed=row.of_closed,
        restatement=row.restatement,
        figures=row.figures,
    )
