"""Moments of books: which commit a time or a number means, and what there was by then.

What was posted by a moment is a set of files, unless a merge put earlier and later commits
together. Then the merged file is left out, and what it holds of the commits up to the moment is
named: by the postings files of these commits, as long as they are not collected, and by the
segments and clearings of the others. No merge crosses a mark, so these lie behind the last one.
"""

from __future__ import annotations

import datetime as dt  # noqa: TC003  dataclass fields are read at run time by tools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from tonne.errors import FieldInvalid, LedgerInconsistent
from tonne.model import Entity, Facility, FacilityRule
from tonne.store.manifest.entities import entity_of_body, read_entities
from tonne.store.manifest.files import count_quarantined, file_of, summed
from tonne.store.manifest.mends import count_mends
from tonne.store.manifest.numbers import START
from tonne.store.manifest.past import BOOK, ENTITY, FACILITY, read_past
from tonne.store.manifest.tables import Tables, check_book, name_of
from tonne.store.rows import FileRow  # noqa: TC001  see dt
from tonne.store.sql import schema

if TYPE_CHECKING:
    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class Point:
    """A moment of a book: the number of a commit or a change, its time, the revision from then.

    `is_last` says whether there was none behind it when it was read.
    """

    book: str
    number: int
    time: dt.datetime
    revision: int
    is_last: bool = field(default=True, compare=False)


@dataclass(frozen=True, slots=True)
class PostingsAt:
    """What was posted by a moment.

    Parameters
    ----------
    files : tuple of FileRow
        Postings files that hold nothing else.
    first : int
        From this number up to the moment's, commits that are not `known` are summed again from
        their segments and clearings; 0: none are.
    known : frozenset of str
        Commits from then on whose postings are among the files.
    """

    files: tuple[FileRow, ...]
    first: int = 0
    known: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class BookMoment:
    """What a report reads of a book in one transaction.

    `revision_token` is that of the present rules; those of the moment are the same where
    `point.revision` is the present revision, which `is_ruled_now` says.
    """

    revision_token: str
    point: Point
    is_ruled_now: bool
    entities: tuple[Entity, ...]
    at: PostingsAt
    quarantined_count: int

    @property
    def postings(self) -> tuple[FileRow, ...]:
        """Files of the postings; all of them where nothing was committed since."""
        return self.at.files


@dataclass(frozen=True, slots=True)
class PastRegister:
    """How a register differed at a revision from what it is now.

    `added` are ids that were not there yet, `facilities` those that were something else.
    `facility_rule` is None where it was as it is.
    """

    added: tuple[str, ...]
    facilities: tuple[Facility, ...]
    facility_rule: FacilityRule | None


class MomentTable(Tables):
    """The moments of the manifest's books."""

    def find_point(
        self, book: str, *, number: int | None = None, time: dt.datetime | None = None
    ) -> Point:
        """Find the last moment up to and with a number or a time; the last of all without.

        Raises
        ------
        BookUnknown
        FieldInvalid
            The book was not there yet, or its moments were not told apart; or the book has no
            such number yet, or the time is yet to come.
        """
        with self._database.read() as connection:
            check_book(connection, book)
            if time is not None:
                self._check_time(connection, book, time)
            return _find(connection, book, number, time)

    def book_moment(
        self, book: str, number: int | None = None, *, dead: bool = True
    ) -> BookMoment:
        """Read what there was by a moment, or by now, in one transaction.

        With `dead`, postings files that a merge replaced are among the files, until they are
        collected. Raises BookUnknown; FieldInvalid as `find_point` does.
        """
        with self._database.read() as connection:
            check_book(connection, book)
            point = _find(connection, book, number, None)
            head = connection.execute(
                sa.select(schema.book.c.revision, schema.book.c.revision_token).where(
                    schema.book.c.id == book
                )
            ).one()
            is_ruled_now = point.revision == head.revision
            stop = None if point.is_last else point.number
            return BookMoment(
                revision_token=name_of(head.revision, head.revision_token),
                point=point,
                is_ruled_now=is_ruled_now,
                entities=_entities(connection, book, None if is_ruled_now else point.revision),
                at=_postings(connection, book, point, dead=dead),
                quarantined_count=count_quarantined(connection, book, stop)
                - count_mends(connection, book, stop),
            )

    def past_register(self, book: str, revision: int) -> PastRegister:
        """Read how the register of a book differed at a revision from what it is now."""
        table = schema.facility
        with self._database.read() as connection:
            rows = connection.execute(
                sa.select(table.c.id).where(table.c.book == book, table.c.revision > revision)
            )
            changed = set(rows.scalars())
            past = {each.id: each.body for each in read_past(connection, book, FACILITY, revision)}
            rules = read_past(connection, book, BOOK, revision)
        rule = FacilityRule(rules[0].body["facility_rule"]) if rules else None
        return PastRegister(
            tuple(sorted(changed - past.keys())),
            tuple(Facility(id=id_, **body) for id_, body in past.items()),
            rule,
        )

    def past_entities(self, book: str, revision: int) -> list[Entity]:
        """Read the entities of a book as they were at a revision, in order of their ids."""
        with self._database.read() as connection:
            return list(_entities(connection, book, revision))

    def changed_segments(
        self, book: str, first: int, last: int, known: frozenset[str]
    ) -> list[FileRow]:
        """List the segments that commits of some numbers made, cleared or reversed.

        Commits of `known` are left out.
        """
        table = schema.file
        clearing = table.alias()
        within = sa.and_(table.c.book == book, table.c.seq.between(first, last))
        made = sa.select(table).where(within, table.c.kind == "segment", table.c.state == "live")
        touched = (
            sa.select(table, clearing.c.commit_id.label("by"))
            .join(clearing, clearing.c.segment == table.c.id)
            .where(clearing.c.book == book, clearing.c.seq.between(first, last))
        )
        found: dict[str, FileRow] = {}
        with self._database.read() as connection:
            for row in connection.execute(made):
                if row.commit_id not in known:
                    found[row.id] = file_of(row)
            for row in connection.execute(touched):
                if row.by not in known:
                    found[row.id] = file_of(row)
        return sorted(found.values(), key=lambda each: each.seq)

    def _check_time(self, connection: Connection, book: str, time: dt.datetime) -> None:
        table = schema.book
        row = connection.execute(
            sa.select(table.c.commit_time, self._database.now().label("now")).where(
                table.c.id == book
            )
        ).one()
        now = max(row.now, row.commit_time or row.now)
        if time > now:
            raise _invalid(
                book,
                _text(time),
                f"expected a time that has come; got {_text(time)}, and it is {_text(now)}: what "
                "will be known by then is not known",
            )


def _find(
    connection: Connection, book: str, number: int | None, time: dt.datetime | None
) -> Point:
    table, marks = schema.ledger_commit, schema.mark
    newest = table.c.seq.desc()
    query = sa.select(table.c.seq, table.c.revision, table.c.create_time)
    query = query.where(table.c.book == book)
    last = connection.execute(query.order_by(newest).limit(1)).one_or_none()
    if last is None:
        raise LedgerInconsistent(
            f"book {book!r} has no moment that it began with", metadata={"book": book}
        )
    row: Any = last
    if number is not None:
        if number > last.seq:
            head = connection.execute(
                sa.select(schema.book.c.commit_seq).where(schema.book.c.id == book)
            ).scalar_one()
            if number > head:
                raise _invalid(
                    book,
                    str(number),
                    f"expected a commit of book {book!r}, whose last one is {last.seq}; got "
                    f"{number}",
                )
        query = query.where(table.c.seq <= number).order_by(newest)
        row = connection.execute(query.limit(1)).one_or_none()
    elif time is not None:
        query = query.where(table.c.create_time <= time)
        query = query.order_by(table.c.create_time.desc(), newest)
        row = connection.execute(query.limit(1)).one_or_none()
    start = connection.execute(
        sa.select(marks.c.commit, marks.c.at)
        .where(marks.c.book == book, marks.c.kind == START)
        .order_by(marks.c.commit)
        .limit(1)
    ).one()
    if row is None or row.seq < start.commit:
        given = str(number) if number is not None else _text(time)
        raise _invalid(
            book,
            given,
            f"expected a commit of book {book!r} from {start.commit} on, or a time from "
            f"{_text(start.at)}; got {given}: "
            + (
                "the book was not there yet"
                if start.commit == 0
                else "what was before was merged by a version of Tonne that kept no marks, and "
                "its commits cannot be told apart"
            ),
        )
    return Point(book, row.seq, row.create_time, row.revision, row.seq == last.seq)


def _postings(connection: Connection, book: str, point: Point, *, dead: bool) -> PostingsAt:
    table = schema.file
    number = point.number
    is_postings = sa.and_(table.c.book == book, table.c.kind == "postings")
    first_number, _ = summed(table)
    rows = connection.execute(
        sa.select(table)
        .where(is_postings, table.c.state == "live", first_number <= number)
        .order_by(table.c.seq)
    )
    files = [file_of(row) for row in rows]
    first = min((each.first_commit for each in files if each.last_commit > number), default=0)
    if not first:
        return PostingsAt(tuple(files))
    # What was merged with what is to be told apart is told apart, too.
    merged = sorted((each for each in files if not each.commit_id), key=lambda f: -f.last_commit)
    for each in merged:
        if each.last_commit >= first:
            first = min(first, each.first_commit)
    own = connection.execute(
        sa.select(table)
        .where(
            is_postings,
            table.c.commit_id.is_not(None),
            table.c.seq.between(first, number),
            table.c.state.in_(["live", "dead"] if dead else ["live"]),
        )
        .order_by(table.c.seq)
    )
    alone = [file_of(row) for row in own]
    whole = [each for each in files if each.last_commit < first]
    return PostingsAt((*whole, *alone), first, frozenset(each.commit_id for each in alone))


def _entities(connection: Connection, book: str, revision: int | None) -> tuple[Entity, ...]:
    """Read entities as they are, or as they were at a revision."""
    now = read_entities(connection, book)
    if revision is None:
        return tuple(now)
    table = schema.entity
    rows = connection.execute(
        sa.select(table.c.id).where(table.c.book == book, table.c.revision > revision)
    )
    changed = set(rows.scalars())
    past = read_past(connection, book, ENTITY, revision)
    found = [each for each in now if each.id not in changed]
    found += [entity_of_body(each.id, each.body) for each in past]
    return tuple(sorted(found, key=lambda each: each.id.encode()))


def _text(time: dt.datetime | None) -> str:
    return "" if time is None else time.isoformat().replace("+00:00", "Z")


def _invalid(book: str, given: str, message: str) -> FieldInvalid:
    return FieldInvalid(
        f"as_of: {message}", metadata={"field": "as_of", "value": given, "book": book}
    )
