"""Statements of books. No version is ever changed: a later one follows, or withdraws it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from tonne.errors import ContentMustMatch
from tonne.store.manifest.changes import note_changes
from tonne.store.manifest.numbers import insert_moment, take_numbers
from tonne.store.manifest.tables import Tables, check_book, lock_book, split
from tonne.store.rows import Found
from tonne.store.sql.scan import scan
from tonne.store.sql.tables.statements import statement, statement_request
from tonne.store.statement_rows import Change, StatementRow, StatementView

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from sqlalchemy import Connection

    from tonne.store.rows import Window

    Check = Callable[["Ground", Sequence[StatementRow]], None]

_READ_ROWS: Final = 1_000
"""Statements that are in memory at once while all are read."""


class Ground:
    """What is in force where statements are to be made, read under the book's lock."""

    def __init__(self, connection: Connection, book: str, count: int) -> None:
        self._connection = connection
        self._book = book
        self.count = count
        """How many statements the book has, of all versions."""

    def find(self, kind: str, ids: Iterable[str]) -> dict[str, StatementRow]:
        """Give the last versions of statements, by id; withdrawn ones have no body."""
        table, found = statement, {}
        for chunk in split(sorted(set(ids))):
            query = sa.select(table).where(
                table.c.book == self._book, table.c.kind == kind, table.c.id.in_(chunk)
            )
            for row in self._connection.execute(query.where(~_is_followed(StatementView()))):
                found[row.id] = _row_of(row)
        return found

    def holders(self, keys: Iterable[str]) -> dict[str, StatementRow]:
        """Give the statements in force that hold keys, by key."""
        table, found = statement, {}
        for chunk in split(sorted(set(keys))):
            query = sa.select(table).where(
                table.c.book == self._book, table.c.key.in_(chunk), table.c.body != ""
            )
            for row in self._connection.execute(query.where(~_is_followed(StatementView()))):
                found[row.key] = _row_of(row)
        return found


class StatementTable(Tables):
    """The statements of the manifest."""

    def repeated_statement(
        self, book: str, row: StatementRow, request_id: str, sha256: str
    ) -> StatementRow | None:
        """Find the version that a request stated before, of a kind and an id; None of a new one.

        Raises
        ------
        BookUnknown
        ContentMustMatch
            The request stated something else.
        """
        with self._database.read() as connection:
            check_book(connection, book)
            before = _repeated(connection, book, request_id, sha256)
            return None if before is None else _as_known(connection, book, [row], before)[0]

    def put_statements(
        self,
        book: str,
        rows: Sequence[StatementRow],
        check: Check,
        request_id: str = "",
        sha256: str = "",
    ) -> list[StatementRow]:
        """Write statements behind the others, all of them or none.

        What is in force already with the same body from the same day changes nothing.

        Parameters
        ----------
        book : str
        rows : sequence of StatementRow
            At most one of a kind and an id.
        check : callable
            Refuses, by an error, what may not follow what is there. It is called under the
            book's lock.
        request_id, sha256 : str
            Of the call, or empty; the digest is of what it states. A repeat writes nothing.

        Returns
        -------
        list of StatementRow
            As they are kept, in the order of `rows`.

        Raises
        ------
        BookUnknown
        ContentMustMatch
            The request stated something else.
        """

        def work(connection: Connection) -> list[StatementRow]:
            lock_book(connection, book)
            before = _repeated(connection, book, request_id, sha256)
            if before is not None:
                return _as_known(connection, book, rows, before)
            count = _end(connection, book)
            ground = Ground(connection, book, count)
            current = _current(ground, rows)
            check(ground, rows)
            made = _number(rows, current, count)
            if any(row.number > count for row in made):
                # What is stated is a moment of the book; its rules stay.
                step = take_numbers(connection, self._database, book, 1)
                insert_moment(connection, book, step.number, step.revision, step.time)
                made = [
                    replace(row, create_time=step.time) if row.number > count else row
                    for row in made
                ]
            new = [row for row in made if row.number > count]
            if new:
                values = [
                    {"book": book} | {name: getattr(row, name) for name in _COLUMNS} for row in new
                ]
                connection.execute(sa.insert(statement), values)
                note_changes(connection, book, _entries(new, current), self._database.now())
            if request_id:
                connection.execute(
                    sa.insert(statement_request).values(
                        book=book, request_id=request_id, sha256=sha256, number=count + len(new)
                    )
                )
            return made

        return self._database.write(work)

    def find_statements(
        self, book: str, view: StatementView, window: Window
    ) -> Found[StatementRow]:
        """Find statements in the order in which they were made. Raises BookUnknown."""
        table = statement
        with self._database.read() as connection:
            check_book(connection, book)
            scope = _scope(book, view)
            rows, last = scan(connection, table, table.c.number, scope, window)
        return Found([_row_of(row) for row in rows], last)

    def read_statements(
        self, book: str, view: StatementView, ids: Sequence[str] = ()
    ) -> Iterator[StatementRow]:
        """Read all statements of a view that are not withdrawn, `_READ_ROWS` at a time.

        What is stated meanwhile is not seen: else a statement would come twice.
        """
        table, after = statement, 0
        with self._database.read() as connection:
            count = _end(connection, book)
        scope = _scope(book, replace(view, number_max=count))
        if ids:
            scope.append(table.c.id.in_(ids))
        if not view.has_all_versions:
            scope.append(table.c.body != "")
        while True:
            query = sa.select(table).where(*scope, table.c.number > after)
            with self._database.read() as connection:
                rows = list(connection.execute(query.order_by(table.c.number).limit(_READ_ROWS)))
            yield from map(_row_of, rows)
            if len(rows) < _READ_ROWS:
                return
            after = rows[-1].number


_COLUMNS: Final = (
    "number",
    "kind",
    "id",
    "version",
    "valid_from",
    "body",
    "key",
    "author",
    "reason",
    "create_time",
)


def _scope(book: str, view: StatementView) -> list[sa.ColumnElement[bool]]:
    table = statement
    scope = [table.c.book == book, *_seen(table, view)]
    if view.kind:
        scope.append(table.c.kind == view.kind)
    if not view.has_all_versions:
        scope.append(~_is_followed(view))
    return scope


def _seen(table: Any, view: StatementView) -> list[sa.ColumnElement[bool]]:
    """Say which versions are known at the moment, and speak of the day, of a view."""
    seen: list[sa.ColumnElement[bool]] = []
    if view.as_of is not None:
        seen.append(table.c.create_time <= view.as_of)
    if view.day:
        seen.append(table.c.valid_from <= view.day)
    if view.number_max is not None:
        seen.append(table.c.number <= view.number_max)
    return seen


def _is_followed(view: StatementView) -> sa.ColumnElement[bool]:
    """Whether a later version of the same statement is seen."""
    table = statement
    later = table.alias()
    return sa.exists().where(
        later.c.book == table.c.book,
        later.c.kind == table.c.kind,
        later.c.id == table.c.id,
        later.c.version > table.c.version,
        *_seen(later, view),
    )


def _repeated(connection: Connection, book: str, request_id: str, sha256: str) -> int | None:
    """Give the last statement behind a request that was there before; None of a new one."""
    if not request_id:
        return None
    table = statement_request
    query = sa.select(table).where(table.c.book == book, table.c.request_id == request_id)
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    if row.sha256 != sha256:
        raise ContentMustMatch.of_statements(book, request_id)
    number: int = row.number
    return number


def _as_known(
    connection: Connection, book: str, rows: Sequence[StatementRow], number: int
) -> list[StatementRow]:
    """Give statements as they were in force behind a statement of the book."""
    table = statement
    found = []
    for row in rows:
        query = sa.select(table).where(
            table.c.book == book,
            table.c.kind == row.kind,
            table.c.id == row.id,
            table.c.number <= number,
        )
        found.append(
            _row_of(connection.execute(query.order_by(table.c.version.desc()).limit(1)).one())
        )
    return found


def _end(connection: Connection, book: str) -> int:
    """Give the number of the last statement of a book."""
    table = statement
    query = sa.select(sa.func.coalesce(sa.func.max(table.c.number), 0))
    return int(connection.execute(query.where(table.c.book == book)).scalar_one())


def _current(ground: Ground, rows: Sequence[StatementRow]) -> dict[tuple[str, str], StatementRow]:
    ids = defaultdict(list)
    for row in rows:
        ids[row.kind].append(row.id)
    return {
        (kind, id_): row
        for kind, of_kind in ids.items()
        for id_, row in ground.find(kind, of_kind).items()
    }


def _entries(
    new: Sequence[StatementRow], current: dict[tuple[str, str], StatementRow]
) -> list[Change]:
    """Give the entries of the log of changes; the bodies are canonical JSON already."""
    return [
        Change(
            "statement",
            f"{row.kind}/{row.id}",
            before=last.body if (last := current.get((row.kind, row.id))) else "",
            after=row.body,
            author=row.author,
            reason=row.reason,
        )
        for row in new
    ]


def _number(
    rows: Sequence[StatementRow],
    current: dict[tuple[str, str], StatementRow],
    count: int,
) -> list[StatementRow]:
    """Give new statements their numbers; what changes nothing is what is there."""
    made = []
    for row in rows:
        last = current.get((row.kind, row.id))
        if last and (last.body, last.valid_from) == (row.body, row.valid_from):
            made.append(last)
            continue
        count += 1
        version = 1 + (last.version if last else 0)
        made.append(replace(row, version=version, number=count))
    return made


def _row_of(row: sa.Row[Any]) -> StatementRow:
    return StatementRow(**{name: getattr(row, name) for name in _COLUMNS})
