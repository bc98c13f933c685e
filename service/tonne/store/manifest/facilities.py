"""The register of facilities."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from tonne import model
from tonne.errors import NotRegistered
from tonne.store.manifest.changes import body_of, note_changes
from tonne.store.manifest.numbers import bump_revision
from tonne.store.manifest.past import FACILITY, keep_past
from tonne.store.manifest.tables import Tables, check_book, lock_book, split
from tonne.store.rows import Found
from tonne.store.sql import schema
from tonne.store.sql.scan import scan
from tonne.store.statement_rows import Change

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sqlalchemy import Connection

    from tonne.store.rows import Window

_FIELDS = (
    "display_name",
    "type",
    "region",
    "entity",
    "ownership",
    "valid_from",
    "valid_to",
)

PART_ROWS = 20_000
"""Facilities that are read at a time where a register is read whole."""


class FacilityTable(Tables):
    """The facilities of the manifest."""

    def put_facilities(self, book: str, facilities: Sequence[model.Facility]) -> tuple[int, int]:
        """Add facilities, or replace those of the same id; the last of an id counts.

        Returns
        -------
        tuple[int, int]
            How many were created, and how many of the others changed. The revision of the book
            rises if any did.
        """
        wanted = {facility.id: facility for facility in facilities}

        def work(connection: Connection) -> tuple[int, int]:
            lock_book(connection, book)
            rows = _find(connection, book, list(wanted))
            present = {id_: _facility_of(row) for id_, row in rows.items()}
            new = [each for each in wanted.values() if each.id not in present]
            changed = [each for each in wanted.values() if present.get(each.id, each) != each]
            if not (new or changed):
                return 0, 0
            revision = bump_revision(connection, self._database, book).revision
            if new:
                connection.execute(
                    sa.insert(schema.facility),
                    [{"book": book, "revision": revision, **asdict(each)} for each in new],
                )
            if changed:
                _update(connection, book, changed, revision, rows)
            self._note_facilities(connection, book, present, [*new, *changed])
            return len(new), len(changed)

        return self._database.write(work)

    def change_facility(
        self, book: str, id_: str, change: Callable[[model.Facility], model.Facility]
    ) -> model.Facility:
        """Replace a facility by what `change` makes of it, under the book's lock.

        Raises
        ------
        BookUnknown, NotRegistered
        """

        def work(connection: Connection) -> model.Facility:
            lock_book(connection, book)
            rows = _find(connection, book, [id_])
            if id_ not in rows:
                raise NotRegistered.of("facility", book, id_)
            before = _facility_of(rows[id_])
            after = change(before)
            if after != before:
                revision = bump_revision(connection, self._database, book).revision
                _update(connection, book, [after], revision, rows)
                self._note_facilities(connection, book, {id_: before}, [after])
            return after

        return self._database.write(work)

    def _note_facilities(
        self,
        connection: Connection,
        book: str,
        before: Mapping[str, model.Facility],
        after: Sequence[model.Facility],
    ) -> None:
        entries = [
            Change("facility", each.id, before=_body(before.get(each.id)), after=_body(each))
            for each in after
        ]
        note_changes(connection, book, entries, self._database.now())

    def facility_parts(
        self, book: str, after_revision: int | None = None
    ) -> Iterator[list[tuple[str, ...]]]:
        """Read the register in order of its ids, a part at a time.

        Parameters
        ----------
        book : str
        after_revision : int, optional
            Only what was changed after this revision of the book.

        Yields
        ------
        list of tuple of str
            Columns: id, then the fields of a facility in their order.
        """
        table = schema.facility
        query = (
            sa.select(table.c.id, *(table.c[name] for name in _FIELDS))
            .where(table.c.book == book)
            .order_by(table.c.id)
        )
        if after_revision is not None:
            query = query.where(table.c.revision > after_revision)
        with self._database.read() as connection:
            check_book(connection, book)
            found = connection.execution_options(yield_per=PART_ROWS).execute(query)
            for rows in found.partitions():
                yield list(zip(*rows, strict=True))

    def find_facilities(self, book: str, window: Window) -> Found[model.Facility]:
        """Find facilities in order of their ids. Raises BookUnknown."""
        table = schema.facility
        with self._database.read() as connection:
            check_book(connection, book)
            rows, last = scan(connection, table, table.c.id, [table.c.book == book], window)
        return Found([_facility_of(row) for row in rows], last)


def _body(facility: model.Facility | None) -> str:
    """Write what is known of a facility, without what is not."""
    if facility is None:
        return ""
    return body_of({name: text for name in _FIELDS if (text := getattr(facility, name))})


def _update(
    connection: Connection,
    book: str,
    facilities: Sequence[model.Facility],
    revision: int,
    before: Mapping[str, sa.Row[Any]],
) -> None:
    """Replace facilities, and keep what they were."""
    table = schema.facility
    past = [
        (each.id, row.revision, {name: getattr(row, name) for name in _FIELDS})
        for each in facilities
        for row in (before[each.id],)
    ]
    keep_past(connection, book, FACILITY, past, revision)
    statement = (
        sa.update(table)
        .where(table.c.book == book, table.c.id == sa.bindparam("facility_id"))
        .values({name: sa.bindparam(f"new_{name}") for name in _FIELDS} | {"revision": revision})
    )
    connection.execute(
        statement,
        [
            {"facility_id": each.id, **{f"new_{name}": getattr(each, name) for name in _FIELDS}}
            for each in facilities
        ],
    )


def _find(connection: Connection, book: str, ids: Sequence[str]) -> dict[str, sa.Row[Any]]:
    table = schema.facility
    found: dict[str, sa.Row[Any]] = {}
    for chunk in split(ids):
        query = sa.select(table).where(table.c.book == book, table.c.id.in_(chunk))
        for row in connection.execute(query):
            found[row.id] = row
    return found


def _facility_of(row: sa.Row[Any]) -> model.Facility:
    return model.Facility(id=row.id, **{name: getattr(row, name) for name in _FIELDS})
