"""Overlaps of records: what the checks of months found, and what somebody accepted of it.

A check finds the same overlaps again and again, so an overlap is there once, whatever was found of
it when; what lies in a month is brought up to date by each check of that month. Nothing of it
counts for any number of the book.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from tonne import model
from tonne.store import faults
from tonne.store.manifest.changes import body_of, note_changes
from tonne.store.manifest.overlap_rows import Overlap, OverlapMonth
from tonne.store.manifest.several_meters import covering
from tonne.store.manifest.tables import Tables, check_book, lock_book, split
from tonne.store.rows import Found
from tonne.store.sql import schema
from tonne.store.sql.scan import scan
from tonne.store.sql.tables.overlaps import overlap, overlap_check, overlap_month
from tonne.store.statement_rows import Change

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import Connection

    from tonne.store.rows import Window

_NAMES = ("facility", "activity", "first_source", "second_source")

_MORE = sa.or_(
    overlap_month.c.accept_time.is_(None),
    overlap_month.c.record_count > overlap_month.c.accepted_record_count,
    overlap_month.c.pair_count > overlap_month.c.accepted_pair_count,
)
_UNDECIDED = sa.and_(
    overlap_month.c.record_count > 0, _MORE, covering(overlap, overlap_month).is_(None)
)
_JOINED = sa.and_(
    overlap_month.c.book == overlap.c.book, overlap_month.c.number == overlap.c.number
)


class OverlapTable(Tables):
    """The overlaps of the manifest."""

    def put_overlaps(self, book: str, found: Sequence[Overlap], seq: int) -> None:
        """Write down some of what a check found; what a later one says stays.

        Parameters
        ----------
        seq : int
            Commits up to which the check looked.
        """
        faults.reach("overlaps.before_put")
        insert = self._database.insert(overlap_month)
        names = ("record_count", "pair_count", "sides", "seq")
        put = insert.on_conflict_do_update(
            index_elements=["book", "number", "period"],
            set_={name: insert.excluded[name] for name in names},
            where=overlap_month.c.seq <= insert.excluded.seq,
        )

        def work(connection: Connection) -> None:
            lock_book(connection, book)
            numbers = self._numbers(connection, book, found)
            rows = (
                {
                    "book": book,
                    "number": numbers[_key(each)],
                    "period": month.period,
                    "record_count": month.record_count,
                    "pair_count": month.pair_count,
                    "sides": month.sides,
                    "seq": seq,
                    "accepted_record_count": 0,
                    "accepted_pair_count": 0,
                    "author": "",
                    "reason": "",
                    "accept_time": None,
                }
                for each in found
                for month in each.months
            )
            for chunk in split(rows):
                connection.execute(put, chunk)

        self._database.write(work)

    def mark_overlaps(self, book: str, seq: int, untold: Mapping[int, int]) -> None:
        """Note up to which commit months were looked at; what was not found then is no more.

        Where another check looked at later commits, what that one says stays.

        Parameters
        ----------
        untold : mapping of int to int
            Every month that was looked at, and how many overlaps of it are not written down.
        """
        faults.reach("overlaps.before_mark")
        insert = self._database.insert(overlap_check)
        names = ("seq", "untold_count", "create_time")
        put = insert.on_conflict_do_update(
            index_elements=["book", "period"],
            set_={name: insert.excluded[name] for name in names},
            where=overlap_check.c.seq <= insert.excluded.seq,
        )
        looked = (
            sa.select(overlap_check.c.seq)
            .where(
                overlap_check.c.book == overlap_month.c.book,
                overlap_check.c.period == overlap_month.c.period,
            )
            .scalar_subquery()
        )

        def work(connection: Connection) -> None:
            lock_book(connection, book)
            time = connection.execute(sa.select(self._database.now())).scalar_one()
            for chunk in split(sorted(untold)):
                rows = [
                    {
                        "book": book,
                        "period": period,
                        "seq": seq,
                        "untold_count": untold[period],
                        "create_time": time,
                    }
                    for period in chunk
                ]
                connection.execute(put, rows)
                connection.execute(
                    sa.update(overlap_month)
                    .where(
                        overlap_month.c.book == book,
                        overlap_month.c.period.in_(chunk),
                        overlap_month.c.seq < looked,
                    )
                    .values(record_count=0, pair_count=0, sides="[]", seq=looked)
                )

        self._database.write(
            work,
            settle=lambda connection: _is_marked(connection, book, seq, min(untold)),
            committed=lambda: faults.reach("overlaps.after_mark"),
        )

    def months_to_lay(
        self, book: str, first: int, last: int, stop_seq: int | None = None
    ) -> list[int]:
        """List months with postings that were not looked at since they were touched, in order.

        Both months are included; of commits up to and with `stop_seq` alone, where it is given.
        It costs the commits since the last look.
        """
        posted, commit = schema.period, schema.ledger_commit
        looked = sa.func.coalesce(overlap_check.c.seq, -1)
        touched = sa.exists().where(
            commit.c.book == posted.c.book,
            commit.c.seq > looked,
            sa.func.coalesce(commit.c.first_period, 0) <= posted.c.period,
        )
        if stop_seq is not None:
            touched = touched.where(commit.c.seq <= stop_seq)
        query = (
            sa.select(posted.c.period)
            .select_from(
                posted.outerjoin(
                    overlap_check,
                    sa.and_(
                        overlap_check.c.book == posted.c.book,
                        overlap_check.c.period == posted.c.period,
                    ),
                )
            )
            .where(posted.c.book == book, posted.c.period.between(first, last), touched)
            .order_by(posted.c.period)
        )
        with self._database.read() as connection:
            check_book(connection, book)
            return list(connection.execute(query).scalars())

    def find_overlaps(
        self,
        book: str,
        window: Window,
        months: tuple[int, int],
        *,
        undecided: bool = False,
    ) -> Found[Overlap]:
        """Find overlaps with records in some months, both included, in order of their numbers.

        They come with all their months. With `undecided` only those of which something in these
        months waits for a decision. Raises BookUnknown.
        """
        first, last = months
        there = _UNDECIDED if undecided else overlap_month.c.record_count > 0
        has = sa.exists().where(_JOINED, there, overlap_month.c.period.between(first, last))
        with self._database.read() as connection:
            check_book(connection, book)
            scope = [overlap.c.book == book, has]
            rows, after = scan(connection, overlap, overlap.c.number, scope, window)
            return Found(_with_months(connection, book, rows), after)

    def get_overlap(self, book: str, number: int) -> Overlap | None:
        """Read an overlap with its months, those too of which nothing is left."""
        query = sa.select(overlap).where(overlap.c.book == book, overlap.c.number == number)
        with self._database.read() as connection:
            check_book(connection, book)
            found = _with_months(connection, book, connection.execute(query).all())
        return found[0] if found else None

    def accept_overlap(
        self, book: str, number: int, months: tuple[int, int], author: str, reason: str
    ) -> int:
        """Accept what waits of an overlap in some months, both included; how many months did."""
        first, last = months
        table = overlap_month

        def work(connection: Connection) -> int:
            lock_book(connection, book)
            waiting = (
                sa.select(table)
                .join(overlap, _JOINED)
                .where(
                    table.c.book == book,
                    table.c.number == number,
                    table.c.period.between(first, last),
                    _UNDECIDED,
                )
                .order_by(table.c.period)
            )
            rows = connection.execute(waiting).all()
            if not rows:
                return 0
            for chunk in split(row.period for row in rows):
                connection.execute(
                    sa.update(table)
                    .where(
                        table.c.book == book,
                        table.c.number == number,
                        table.c.period.in_(chunk),
                    )
                    .values(
                        accepted_record_count=table.c.record_count,
                        accepted_pair_count=table.c.pair_count,
                        author=author,
                        reason=reason,
                        accept_time=self._database.now(),
                    )
                )
            entry = Change(
                "overlap",
                str(number),
                after=body_of({"accepted": [_told(row) for row in rows]}),
                author=author,
                reason=reason,
            )
            note_changes(connection, book, [entry], self._database.now())
            return len(rows)

        return self._database.write(work)

    def undecided_overlaps(self, book: str, first: int, last: int) -> int:
        """Count the overlaps that wait in months, both included; those not written down too."""
        waiting = (
            sa.select(sa.func.count(sa.distinct(overlap_month.c.number)))
            .select_from(overlap_month.join(overlap, _JOINED))
            .where(
                overlap_month.c.book == book,
                overlap_month.c.period.between(first, last),
                _UNDECIDED,
            )
        )
        untold = sa.select(sa.func.coalesce(sa.func.sum(overlap_check.c.untold_count), 0)).where(
            overlap_check.c.book == book, overlap_check.c.period.between(first, last)
        )
        with self._database.read() as connection:
            return sum(int(connection.execute(each).scalar_one()) for each in (waiting, untold))

    def undecided_overlap_count(self) -> int:
        """Count the overlaps that wait, of all books."""
        table = overlap_month
        numbers = (
            sa.select(table.c.book, table.c.number)
            .select_from(table.join(overlap, _JOINED))
            .where(_UNDECIDED)
            .distinct()
            .subquery()
        )
        with self._database.read() as connection:
            query = sa.select(sa.func.count()).select_from(numbers)
            return int(connection.execute(query).scalar_one())

    def _numbers(
        self, connection: Connection, book: str, found: Iterable[Overlap]
    ) -> dict[tuple[str, ...], int]:
        """Give the numbers of overlaps; those that are new get the next ones."""
        wanted = {_key(each): each for each in found}
        numbers: dict[tuple[str, ...], int] = {}
        columns = [overlap.c[name] for name in _NAMES]
        for chunk in split(sorted({key[0] for key in wanted})):
            query = sa.select(overlap.c.number, *columns).where(
                overlap.c.book == book, overlap.c.facility.in_(chunk)
            )
            numbers |= {tuple(row)[1:]: row.number for row in connection.execute(query)}
        last = connection.execute(
            sa.select(sa.func.coalesce(sa.func.max(overlap.c.number), 0)).where(
                overlap.c.book == book
            )
        ).scalar_one()
        time = connection.execute(sa.select(self._database.now())).scalar_one()
        new = [key for key in wanted if key not in numbers]
        numbers |= {key: number for number, key in enumerate(new, last + 1)}
        for part in split(new):
            connection.execute(
                sa.insert(overlap),
                [
                    {
                        "book": book,
                        "number": numbers[key],
                        **dict(zip(_NAMES, key, strict=True)),
                        "create_time": time,
                    }
                    for key in part
                ],
            )
        return numbers


def _key(of: Overlap) -> tuple[str, ...]:
    return tuple(getattr(of, name) for name in _NAMES)


def _is_marked(connection: Connection, book: str, seq: int, period: int) -> bool:
    lock_book(connection, book)  # see commits: whoever held it has ended
    table = overlap_check
    query = sa.select(table.c.seq).where(table.c.book == book, table.c.period == period)
    return (connection.execute(query).scalar_one_or_none() or 0) >= seq


def _told(row: sa.Row[Any]) -> dict[str, object]:
    return {
        "month": model.month_of_period(row.period),
        "record_count": row.record_count,
        "pair_count": row.pair_count,
    }


def _with_months(connection: Connection, book: str, rows: Sequence[sa.Row[Any]]) -> list[Overlap]:
    months: dict[int, list[OverlapMonth]] = {}
    table = overlap_month
    for chunk in split(row.number for row in rows):
        query = (
            sa.select(table, covering(overlap, table).label("declaration"))
            .join(overlap, _JOINED)
            .where(table.c.book == book, table.c.number.in_(chunk))
            .order_by(table.c.number, table.c.period)
        )
        for row in connection.execute(query):
            months.setdefault(row.number, []).append(
                OverlapMonth(
                    period=row.period,
                    record_count=row.record_count,
                    pair_count=row.pair_count,
                    sides=row.sides,
                    accepted_record_count=row.accepted_record_count,
                    accepted_pair_count=row.accepted_pair_count,
                    author=row.author,
                    reason=row.reason,
                    accept_time=row.accept_time,
                    declaration=row.declaration or 0,
                )
            )
    return [
        Overlap(
            row.facility,
            row.activity,
            row.first_source,
            row.second_source,
            months=tuple(months.get(row.number, ())),
            number=row.number,
            create_time=row.create_time,
        )
        for row in rows
    ]
