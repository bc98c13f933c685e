"""Records of one id about which somebody decides: found by a check, claimed, decided."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from tonne.store import faults
from tonne.store.errors import LeaseLost
from tonne.store.manifest.changes import body_of, note_changes
from tonne.store.manifest.keys import advance_compared
from tonne.store.manifest.leases import check_lease
from tonne.store.manifest.tables import Tables, check_book, lock_book, split
from tonne.store.rows import Found
from tonne.store.sql.scan import scan
from tonne.store.sql.tables.keys import book_key, same_record
from tonne.store.sql.types import UtcTime
from tonne.store.statement_rows import Change, SameKind, SameRecord, SameState

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection

    from tonne.store.rows import Lease, Window

_UNDECIDED = same_record.c.state != str(SameState.DECIDED)


class SameRecordTable(Tables):
    """The records of one id of the manifest."""

    def mark_compared(
        self, book: str, span: tuple[int, int], found: Sequence[SameRecord], lease: Lease
    ) -> None:
        """Write down what a check found, and how far it came, in one transaction.

        Of an id that waits already the entry is brought up to date; beside one whose decision is
        under way there is a new one.

        Parameters
        ----------
        span : tuple of int and int
            From which seq it was compared, and to which it is now.

        Raises
        ------
        LeaseLost
            Another one checks the book, or has: nothing happened.
        """
        faults.reach("same.before_mark")
        from_seq, to_seq = span

        def work(connection: Connection) -> None:
            check_lease(connection, lease)
            lock_book(connection, book)
            if not advance_compared(connection, book, from_seq, to_seq):
                raise LeaseLost(lease.name, lease.holder, lease.fence)
            _put(connection, self._database.now(), book, found)

        self._database.write(
            work,
            settle=lambda connection: _is_marked(connection, book, to_seq),
            committed=lambda: faults.reach("same.after_mark"),
        )

    def put_same_records(self, book: str, found: Sequence[SameRecord], lease: Lease) -> None:
        """Write down some of what a check found, before all of it is. Raises LeaseLost."""

        def work(connection: Connection) -> None:
            check_lease(connection, lease)
            lock_book(connection, book)
            _put(connection, self._database.now(), book, found)

        self._database.write(work)

    def find_same_records(self, book: str, kind: SameKind, window: Window) -> Found[SameRecord]:
        """Find entries of a kind in the order in which they were found. Raises BookUnknown."""
        table = same_record
        scope = [table.c.book == book, table.c.kind == str(kind)]
        with self._database.read() as connection:
            check_book(connection, book)
            rows, last = scan(connection, table, table.c.number, scope, window)
        return Found([_of(row) for row in rows], last)

    def get_same_record(self, book: str, number: int) -> SameRecord | None:
        """Read an entry."""
        table = same_record
        query = sa.select(table).where(table.c.book == book, table.c.number == number)
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else _of(row)

    def deciding_same_records(self, book: str, after: int, limit: int) -> list[SameRecord]:
        """List entries after a number whose decision is claimed, and not closed."""
        table = same_record
        query = (
            sa.select(table)
            .where(
                table.c.book == book,
                table.c.state == str(SameState.DECIDING),
                table.c.number > after,
            )
            .order_by(table.c.number)
            .limit(limit)
        )
        with self._database.read() as connection:
            return [_of(row) for row in connection.execute(query)]

    def decided_same_records(
        self, book: str, record_ids: Iterable[str]
    ) -> dict[str, list[SameRecord]]:
        """Give the entries of ids that are decided, or about to be, by the id."""
        table = same_record
        found: dict[str, list[SameRecord]] = {}
        with self._database.read() as connection:
            for chunk in split(sorted(set(record_ids))):
                query = sa.select(table).where(
                    table.c.book == book,
                    table.c.record_id.in_(chunk),
                    table.c.state != str(SameState.OPEN),
                )
                for row in connection.execute(query.order_by(table.c.number)):
                    found.setdefault(row.record_id, []).append(_of(row))
        return found

    def claim_decision(self, made: SameRecord, book: str) -> SameRecord:
        """Take an open entry for a decision, and give it as it is now.

        Whoever finds it claimed by another decision changes nothing, and sees that in what comes
        back.
        """
        table = same_record

        def work(connection: Connection) -> SameRecord:
            lock_book(connection, book)
            claimed = connection.execute(
                sa.update(table)
                .where(
                    table.c.book == book,
                    table.c.number == made.number,
                    table.c.state == str(SameState.OPEN),
                    table.c.members == made.members,
                )
                .values(
                    state=str(SameState.DECIDING),
                    decision=made.decision,
                    author=made.author,
                    reason=made.reason,
                )
            )
            if claimed.rowcount:
                entry = _entry(made, made.decision)
                note_changes(connection, book, [entry], self._database.now())
            query = sa.select(table).where(table.c.book == book, table.c.number == made.number)
            return _of(connection.execute(query).one())

        claimed = self._database.write(work)
        faults.reach("same.after_claim")
        return claimed

    def close_decision(self, book: str, number: int) -> None:
        """Note that a decision is carried out; noted before is fine."""
        faults.reach("same.after_reversals")
        self._leave(book, number, state=str(SameState.DECIDED), decide_time=self._database.now())

    def release_decision(self, book: str, number: int) -> None:
        """Give an entry back of whose decision nothing could be carried out."""
        table = same_record
        other = sa.alias(table)
        is_found_again = sa.exists().where(
            other.c.book == book,
            other.c.record_id == table.c.record_id,
            other.c.kind == table.c.kind,
            other.c.state == str(SameState.OPEN),
        )
        # One that was found again meanwhile is decided there.
        state = sa.case((is_found_again, str(SameState.DECIDED)), else_=str(SameState.OPEN))
        nothing = '{"keep":[],"contents":[]}'
        decision = sa.case((is_found_again, nothing), else_="")
        self._leave(book, number, state=state, decision=decision, author="", reason="")

    def _leave(self, book: str, number: int, **values: object) -> None:
        table = same_record
        statement = (
            sa.update(table)
            .where(
                table.c.book == book,
                table.c.number == number,
                table.c.state == str(SameState.DECIDING),
            )
            .values(**values)
        )

        def work(connection: Connection) -> None:
            lock_book(connection, book)
            query = sa.select(table).where(table.c.book == book, table.c.number == number)
            row = connection.execute(query).one()
            left = connection.execute(statement)
            if left.rowcount and "decision" in values:
                entry = _entry(_of(row), "", before=row.decision)
                note_changes(connection, book, [entry], self._database.now())

        self._database.write(work)

    def undecided_count(
        self, book: str, periods: tuple[int, int] | None = None, kind: SameKind | None = None
    ) -> int:
        """Count what waits for a decision, of all, or with a record in months since 1970-01."""
        table = same_record
        query = sa.select(sa.func.count()).where(table.c.book == book, _UNDECIDED)
        if periods is not None:
            first, last = periods
            query = query.where(table.c.first_period <= last, table.c.last_period >= first)
        if kind is not None:
            query = query.where(table.c.kind == str(kind))
        with self._database.read() as connection:
            return int(connection.execute(query).scalar_one())

    def undecided_since(self) -> dict[str, dt.datetime]:
        """Say since when the oldest waits for a decision, in all books, by kind."""
        table = same_record
        oldest = sa.func.min(table.c.create_time, type_=UtcTime)
        query = sa.select(table.c.kind, oldest).where(_UNDECIDED).group_by(table.c.kind)
        with self._database.read() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def undecided_counts(self) -> dict[str, int]:
        """Count what waits for a decision, in all books, by kind."""
        table = same_record
        query = sa.select(table.c.kind, sa.func.count()).where(_UNDECIDED).group_by(table.c.kind)
        with self._database.read() as connection:
            found: dict[str, int] = {row[0]: row[1] for row in connection.execute(query)}
        return {str(kind): found.get(str(kind), 0) for kind in SameKind}

    def undecided_groups(
        self, book: str, kind: SameKind, limit: int
    ) -> list[tuple[str, str, int, int, int, dt.datetime]]:
        """Group what waits by facility and activity: entries, records, the oldest's number, time.

        The largest groups first, at most `limit` of them.
        """
        table = same_record
        count = sa.func.count()
        query = (
            sa.select(
                table.c.facility,
                table.c.activity,
                count.label("entry_count"),
                sa.func.sum(table.c.record_count),
                sa.func.min(table.c.number),
                sa.func.min(table.c.create_time, type_=UtcTime),
            )
            .where(table.c.book == book, _UNDECIDED, table.c.kind == str(kind))
            .group_by(table.c.facility, table.c.activity)
            .order_by(count.desc(), table.c.facility, table.c.activity)
            .limit(limit)
        )
        with self._database.read() as connection:
            check_book(connection, book)
            return [
                (facility, activity, entries, int(records), first, since)
                for facility, activity, entries, records, first, since in connection.execute(query)
            ]


def _put(
    connection: Connection,
    now: sa.ColumnElement[dt.datetime],
    book: str,
    found: Sequence[SameRecord],
) -> None:
    """Insert entries behind the others of the book, whose row is locked; refresh what waits."""
    if not found:
        return
    table = same_record
    waiting: dict[tuple[str, str], int] = {}
    for chunk in split(sorted({each.record_id for each in found})):
        query = sa.select(table.c.number, table.c.kind, table.c.record_id).where(
            table.c.book == book,
            table.c.record_id.in_(chunk),
            table.c.state == str(SameState.OPEN),
        )
        for found_row in connection.execute(query):
            waiting[found_row.record_id, found_row.kind] = found_row.number
    last = connection.execute(
        sa.select(sa.func.coalesce(sa.func.max(table.c.number), 0)).where(table.c.book == book)
    ).scalar_one()
    new = [each for each in found if (each.record_id, str(each.kind)) not in waiting]
    if new:
        time = connection.execute(sa.select(now)).scalar_one()
        connection.execute(
            sa.insert(table),
            [
                {
                    "book": book,
                    "number": number,
                    "state": str(SameState.OPEN),
                    "decision": "",
                    "author": "",
                    "reason": each.reason,
                    "create_time": time,
                    "decide_time": None,
                    **_values(each),
                }
                for number, each in enumerate(new, last + 1)
            ],
        )
    for each in found:
        number = waiting.get((each.record_id, str(each.kind)))
        if number is not None:
            connection.execute(
                sa.update(table)
                .where(table.c.book == book, table.c.number == number)
                .values(reason=each.reason, **_values(each))
            )


def _values(each: SameRecord) -> dict[str, object]:
    return {
        "kind": str(each.kind),
        "record_id": each.record_id,
        "facility": each.facility,
        "activity": each.activity,
        "first_period": each.first_period,
        "last_period": each.last_period,
        "record_count": each.record_count,
        "members": each.members,
    }


def _entry(of: SameRecord, after: str, before: str = "") -> Change:
    """Give the entry of a decision, or of one that was given back."""
    about = {"kind": str(of.kind), "record_id": of.record_id}
    written = [body_of({**about, **json.loads(each)}) if each else "" for each in (before, after)]
    return Change(
        "same_record",
        str(of.number),
        before=written[0],
        after=written[1],
        author=of.author,
        reason=of.reason,
    )


def _is_marked(connection: Connection, book: str, to_seq: int) -> bool:
    lock_book(connection, book)  # see commits: whoever held it has ended
    query = sa.select(book_key.c.checked_seq).where(book_key.c.book == book)
    return bool(connection.execute(query).scalar_one() >= to_seq)


def _of(row: sa.Row[Any]) -> SameRecord:
    return SameRecord(
        kind=SameKind(row.kind),
        record_id=row.record_id,
        facility=row.facility,
        activity=row.activity,
        first_period=row.first_period,
        last_period=row.last_period,
        record_count=row.record_count,
        members=row.members,
        number=row.number,
        state=SameState(row.state),
        decision=row.decision,
        author=row.author,
        reason=row.reason,
        create_time=row.create_time,
        decide_time=row.decide_time,
    )
