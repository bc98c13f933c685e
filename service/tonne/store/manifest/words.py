"""Words of books: what texts of records mean. No entry is ever changed: a later one follows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from tonne import model
from tonne.store.errors import BookChanged
from tonne.store.manifest.changes import body_of, note_changes
from tonne.store.manifest.numbers import bump_revision
from tonne.store.manifest.tables import Tables, check_book, lock_book
from tonne.store.rows import Found
from tonne.store.sql import schema
from tonne.store.sql.scan import scan
from tonne.store.statement_rows import Change

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    from sqlalchemy import Connection

    from tonne.store.rows import Window


class WordTable(Tables):
    """The words of the manifest."""

    def put_word(
        self,
        book: str,
        new: model.Word,
        check: Callable[[model.Word | None, int], None],
        *,
        revision: int,
    ) -> model.Word:
        """Write an entry behind the others; the revision rises.

        What is in force already with the same meaning changes nothing.

        Parameters
        ----------
        book : str
        new : Word
            With its key.
        check : callable
            Refuses, by an error, what may not follow the entry in force (or none) where so many
            entries are there. It is called under the book's lock.
        revision : int
            Of the book under which the entry was looked at.

        Raises
        ------
        BookUnknown
        BookChanged
            The book is at another revision.
        """
        table = schema.word

        def work(connection: Connection) -> model.Word:
            found = lock_book(connection, book)
            if found != revision:
                raise BookChanged.of(book, revision, found)
            query = _select().where(
                table.c.book == book, table.c.field == new.field, table.c.key == new.key
            )
            last = connection.execute(query.order_by(table.c.number.desc()).limit(1)).first()
            current = None if last is None else _word_of(last)
            if current is not None and current.meaning == new.meaning and new.meaning:
                return current
            count = connection.execute(
                sa.select(sa.func.count()).select_from(table).where(table.c.book == book)
            ).scalar_one()
            check(current, count)
            step = bump_revision(connection, self._database, book)
            connection.execute(
                sa.insert(table).values(
                    book=book,
                    number=count + 1,
                    field=str(new.field),
                    key=new.key,
                    text=new.text,
                    meaning=new.meaning,
                    author=new.author,
                    reason=new.reason,
                    create_time=step.time,
                )
            )
            note_changes(connection, book, [_entry(new, current)], step.time)
            return _word_of(
                connection.execute(
                    _select().where(table.c.book == book, table.c.number == count + 1)
                ).one()
            )

        return self._database.write(work)

    def list_words(self, book: str) -> list[model.Word]:
        """Read all entries of a book in the order in which they were made."""
        table = schema.word
        query = _select().where(table.c.book == book).order_by(table.c.number)
        with self._database.read() as connection:
            return [_word_of(row) for row in connection.execute(query)]

    def words_at(self, book: str, time: dt.datetime) -> list[model.Word]:
        """Read the entries that a book had at a time, in the order in which they were made."""
        table = schema.word
        query = _select().where(table.c.book == book, table.c.create_time <= time)
        with self._database.read() as connection:
            return [_word_of(row) for row in connection.execute(query.order_by(table.c.number))]

    def find_words(self, book: str, window: Window) -> Found[model.Word]:
        """Find entries in the order in which they were made. Raises BookUnknown."""
        table = schema.word
        with self._database.read() as connection:
            check_book(connection, book)
            rows, last = scan(connection, table, table.c.number, [table.c.book == book], window)
            followed = set(
                connection.execute(
                    sa.select(table.c.number).where(
                        table.c.book == book,
                        table.c.number.in_([row.number for row in rows]),
                        _is_followed(),
                    )
                ).scalars()
            )
        return Found([_word_of(row, is_followed=row.number in followed) for row in rows], last)


def _entry(new: model.Word, current: model.Word | None) -> Change:
    before = current.meaning if current is not None else ""
    return Change(
        "word",
        f"{new.field}/{new.key}",
        before=body_of({"meaning": before} if before else None),
        after=body_of({"meaning": new.meaning} if new.meaning else None),
        author=new.author,
        reason=new.reason,
    )


def _is_followed() -> sa.ColumnElement[bool]:
    """Whether a later entry is about the same text."""
    table = schema.word
    later = table.alias()
    return sa.exists().where(
        later.c.book == table.c.book,
        later.c.field == table.c.field,
        later.c.key == table.c.key,
        later.c.number > table.c.number,
    )


def _select() -> sa.Select[Any]:
    return sa.select(schema.word)


def _word_of(row: sa.Row[Any], *, is_followed: bool = False) -> model.Word:
    return model.Word(
        field=model.WordField(row.field),
        text=row.text,
        meaning=row.meaning,
        author=row.author,
        reason=row.reason,
        number=row.number,
        key=row.key,
        is_in_force=not is_followed,
        create_time=row.create_time,
    )
