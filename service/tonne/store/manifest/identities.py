"""Which ledger the manifest holds, how far it has come, and the time of its upkeep."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from tonne.store import faults
from tonne.store.errors import LedgerMismatch
from tonne.store.manifest.changes import body_of, note_changes
from tonne.store.manifest.leases import check_lease
from tonne.store.manifest.tables import Tables, lock_book, split
from tonne.store.rows import LedgerRow
from tonne.store.sql import schema
from tonne.store.sql.types import UtcTime
from tonne.store.statement_rows import Change, Position

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from tonne.store.rows import Lease

_ROW = 1
_COUNT_STEP = 100_000


class IdentityTable(Tables):
    """The identity of the ledger in the manifest."""

    @property
    def location(self) -> str:
        """Where the manifest is, for people, without secrets."""
        return self._database.location

    def get_ledger(self) -> LedgerRow | None:
        """Read which ledger this is; None where the manifest has met no objects yet."""
        with self._database.read() as connection:
            return _read(connection)

    def make_ledger(self) -> LedgerRow:
        """Make the manifest a ledger of its own; the first one of several that try has made it."""
        row_id, incarnation = uuid.uuid4().hex, uuid.uuid4().hex

        def work(connection: Connection) -> LedgerRow:
            now = self._now(connection)
            values = {
                "row": _ROW,
                "id": row_id,
                "incarnation": incarnation,
                "number": 1,
                "is_placed": False,
                "is_copy": False,
                "create_time": now,
                "incarnation_time": now,
                "upkeep_time": now,
            }
            connection.execute(
                self._database.insert(schema.ledger).values(values).on_conflict_do_nothing()
            )
            return _needed(_read(connection))

        return self._database.write(work)

    def mark_placed(self, row: LedgerRow) -> None:
        """Note that the objects hold the identity too; noted before is fine."""
        table = schema.ledger

        def work(connection: Connection) -> None:
            connection.execute(
                sa.update(table)
                .where(table.c.id == row.id, table.c.incarnation == row.incarnation)
                .values(is_placed=True)
            )

        self._database.write(work)

    def take_incarnation(
        self, before: LedgerRow | None, ledger_id: str, incarnation: str, number: int
    ) -> LedgerRow:
        """Begin an incarnation that the objects hold already. What was listed is listed anew.

        Raises
        ------
        LedgerMismatch
            The manifest is not what `before` says: somebody else adopted it at the same time.
        """
        table = schema.ledger

        def work(connection: Connection) -> LedgerRow:
            now = self._now(connection)
            if _read(connection, lock=True) != before:
                raise LedgerMismatch(
                    "somebody else adopted the manifest at the same time: look at it again with "
                    "`tonne restore show`",
                    detail=f"at {self.location}",
                )
            values: dict[str, Any] = {
                "id": ledger_id,
                "incarnation": incarnation,
                "number": number,
                "is_placed": True,
                "is_copy": False,
                "incarnation_time": now,
            }
            if before is None:
                values |= {"row": _ROW, "create_time": now, "upkeep_time": now}
                connection.execute(sa.insert(table).values(values))
            else:
                connection.execute(sa.update(table).values(values))
            connection.execute(sa.delete(schema.unknown_object))
            if before is not None:
                _note(connection, before, values, now)
            return _needed(_read(connection))

        def settle(connection: Connection) -> bool:
            row = _read(connection)
            return row is not None and row.incarnation == incarnation

        return self._database.write(
            work, settle=settle, committed=lambda: faults.reach("adopt.after_sql")
        )

    def get_position(self) -> Position:
        """Read how far the books have come. It costs a row for each book, whatever they hold."""
        with self._database.read() as connection:
            return self._position(connection)

    def get_witness(self) -> tuple[Position, str]:
        """Read how far the books have come, and the path of the newest segment of all of them.

        Both of one moment. Segments stay for ever, so a manifest that does not name this one
        has not come this way. It costs a row and a file for each book.
        """
        book, file = schema.book, schema.file
        newest = (
            sa.select(file.c.id)
            .where(file.c.book == book.c.id, file.c.kind == "segment", file.c.state == "live")
            .order_by(file.c.seq.desc())
            .limit(1)
            .scalar_subquery()
        )
        path = (
            sa.select(file.c.path)
            .where(file.c.id.in_(sa.select(newest)))
            .order_by(file.c.create_time.desc(), file.c.path)
            .limit(1)
        )
        with self._database.read() as connection:
            return self._position(connection), connection.execute(path).scalar_one_or_none() or ""

    def newest_commit_time(self) -> dt.datetime | None:
        """Read when the newest commit of all books was made; None where there is none."""
        book, commit = schema.book, schema.ledger_commit
        newest = sa.and_(commit.c.book == book.c.id, commit.c.seq == book.c.commit_seq)
        query = sa.select(sa.func.max(commit.c.create_time)).join_from(book, commit, newest)
        with self._database.read() as connection:
            time: dt.datetime | None = connection.execute(query).scalar_one()
        return time

    def has_books(self) -> bool:
        """Whether there is any book."""
        with self._database.read() as connection:
            return connection.execute(sa.select(schema.book.c.id).limit(1)).first() is not None

    def sample_paths(self, count: int) -> list[str]:
        """Name some live files, the first and the last of them in the order of paths."""
        table = schema.file
        half = (count + 1) // 2
        live = sa.select(table.c.path).where(table.c.state == "live")
        with self._database.read() as connection:
            first = connection.execute(live.order_by(table.c.path).limit(half)).scalars()
            last = live.order_by(table.c.path.desc()).limit(count - half)
            return list(dict.fromkeys([*first, *connection.execute(last).scalars()]))

    def count_live(self) -> int:
        """Count the live files of all books, in steps that no statement's time limit ends."""
        table = schema.file
        count, after = 0, ""
        while True:
            page = sa.select(table.c.path, table.c.state).where(table.c.path > after)
            part = page.order_by(table.c.path).limit(_COUNT_STEP).subquery()
            live = sa.func.count().filter(part.c.state == "live")
            with self._database.read() as connection:
                row = connection.execute(sa.select(live, sa.func.max(part.c.path))).one()
            count += int(row[0])
            if row[1] is None:
                return count
            after = row[1]

    def get_states(self, paths: Sequence[str]) -> dict[str, str]:
        """Read the states of the files that have these paths."""
        table = schema.file
        found: dict[str, str] = {}
        with self._database.read() as connection:
            for chunk in split(paths):
                query = sa.select(table.c.path, table.c.state).where(table.c.path.in_(chunk))
                found.update((row.path, row.state) for row in connection.execute(query))
        return found

    def advance_upkeep(self, elapsed_s_max: float, lease: Lease | None = None) -> dt.datetime:
        """Move the time of the upkeep on to the database's clock, and read it.

        It never goes back, and goes on by `elapsed_s_max` at most, so that a clock that jumps
        makes nothing older than it was seen to become.

        Raises
        ------
        LeaseLost
            Another one has taken the `lease` under which this is done: nothing happened.
        LedgerMismatch
            The manifest holds no ledger.
        """
        table = schema.ledger
        step_max = dt.timedelta(seconds=elapsed_s_max)

        def work(connection: Connection) -> dt.datetime:
            check_lease(connection, lease)
            row = connection.execute(sa.select(table).with_for_update()).one_or_none()
            if row is None:
                raise LedgerMismatch(
                    "the manifest holds no ledger: start a server, which makes one",
                    detail=f"at {self.location}",
                )
            before: dt.datetime = row.upkeep_time
            moved = max(before, min(self._now(connection), before + step_max))
            connection.execute(sa.update(table).values(upkeep_time=moved))
            return moved

        return self._database.write(work)

    def get_upkeep_time(self) -> dt.datetime | None:
        """Read the time of the upkeep."""
        with self._database.read() as connection:
            query = sa.select(schema.ledger.c.upkeep_time)
            return connection.execute(query).scalar_one_or_none()

    def _position(self, connection: Connection) -> Position:
        table = schema.book
        total = sa.func.coalesce(sa.func.sum(table.c.commit_seq + table.c.revision), 0)
        query = sa.select(total.label("value"), self._database.now().label("now"))
        row = connection.execute(query).one()
        return Position(int(row.value), row.now)

    def _now(self, connection: Connection) -> dt.datetime:
        now: dt.datetime = connection.execute(sa.select(self._database.now())).scalar_one()
        return now


def _note(
    connection: Connection, before: LedgerRow, after: dict[str, Any], now: dt.datetime
) -> None:
    """Write in the log of every book that the ledger goes on as another incarnation."""
    entry = Change(
        "ledger",
        str(after["id"]),
        before=body_of({"incarnation": before.incarnation, "number": before.number}),
        after=body_of({"incarnation": after["incarnation"], "number": after["number"]}),
    )
    for book in connection.execute(sa.select(schema.book.c.id).order_by(schema.book.c.id)).all():
        lock_book(connection, book.id)
        note_changes(connection, book.id, [entry], sa.literal(now, UtcTime))


def _read(connection: Connection, *, lock: bool = False) -> LedgerRow | None:
    query = sa.select(schema.ledger)
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        return None
    return LedgerRow(
        id=row.id,
        incarnation=row.incarnation,
        number=row.number,
        is_placed=row.is_placed,
        is_copy=row.is_copy,
        create_time=row.create_time,
        incarnation_time=row.incarnation_time,
    )


def _needed(row: LedgerRow | None) -> LedgerRow:
    if row is None:
        raise AssertionError("the row was written in this transaction, or before it")
    return row
