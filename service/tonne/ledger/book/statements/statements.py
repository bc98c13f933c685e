"""The statements of books: added, listed, read as of a time."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from tonne.errors import FieldInvalid, StatementChanged, StatementUnknown
from tonne.ledger.book.part import LedgerPart, check_text
from tonne.ledger.book.statements.checks import check_lots, check_named, key_of
from tonne.ledger.filters import Fields, moment_field, number_field, text_field, word_field
from tonne.ledger.pages import FIRST_PAGE, Page
from tonne.model import check_id
from tonne.statements.fields import check_id as check_statement_id
from tonne.statements.fields import invalid, is_day
from tonne.statements.statement import BODIES, Kind, Statement, body_text, check_body, read_body
from tonne.store.statement_rows import StatementRow, StatementView

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Sequence

    from tonne.ledger.pages import Ask
    from tonne.store.manifest.statements import Ground

STATEMENTS_PER_CALL: Final = 1_000
"""Most statements of one call."""

STATEMENTS_MAX: Final = 1_000_000
"""Most statements of a book, of all versions."""

PAGE_SIZE_MAX: Final = 500
"""Most statements of a page: each may have some 16 KiB, and a page fits an answer."""

_REQUEST_CHARS_MAX: Final = 128

STATEMENT_FIELDS = Fields(
    {
        "number": number_field("number"),
        "kind": word_field("kind", {f"STATEMENT_KIND_{each.name}": str(each) for each in Kind}),
        "id": text_field("id"),
        "version": number_field("version"),
        "valid_from": text_field("valid_from"),
        "author": text_field("author"),
        "reason": text_field("reason"),
        "create_time": moment_field("create_time"),
    },
    example='kind = STATEMENT_KIND_SUPPLIER AND id : "north-*"',
    key="number",
)
"""What a listing of statements is filtered by."""


@dataclass(frozen=True, slots=True)
class View:
    """Which versions of statements are seen.

    Parameters
    ----------
    kind : Kind, optional
        Of this kind alone.
    as_of : datetime, optional
        What was stated by then; None: by now.
    day : str
        What speaks of this day, YYYY-MM-DD; empty: the last version, whatever it speaks of.
    has_all_versions : bool
        All versions, or of each statement the last one.
    """

    kind: Kind | None = None
    as_of: dt.datetime | None = None
    day: str = ""
    has_all_versions: bool = False

    def of_store(self) -> StatementView:
        """Give it as the store knows it. Raises `FieldInvalid` where the day is none."""
        if self.day and not is_day(self.day):
            raise invalid("valid_on", "a day as YYYY-MM-DD", self.day)
        return StatementView(self.kind or "", self.as_of, self.day, self.has_all_versions)


NOW: Final = View()
"""The last versions of all statements."""


class Statements(LedgerPart):
    """The statements of books. A version is never changed: another one follows it."""

    def add(
        self,
        book: str,
        given: Sequence[Statement],
        request_id: str = "",
        *,
        asked: str = "",
    ) -> list[Statement]:
        """State something, or state it anew; all of the call or nothing of it.

        What is in force already with the same words from the same day changes nothing.

        Parameters
        ----------
        book : str
        given : sequence of Statement
            Without numbers. An empty day means that of what is stated, where it has one, or
            today in the book's time zone; the version is the one that was read before, or 0.
        request_id : str
            Names the call: a repeat of it states nothing, and has the same answer.
        asked : str
            What was asked for, where that is not what is stated: a repeat asks for the same.

        Returns
        -------
        list of Statement
            As they are kept.

        Raises
        ------
        FieldInvalid
            Says which statement, which field, and what is expected there.
        StatementChanged
            Somebody stated it anew since it was read.
        ContentMustMatch
            The request stated something else before.
        NameInvalid, BookUnknown
        """
        check_id("book", book)
        self._check_call(given, request_id)
        checked = [_checked(each, f"statements[{index}]") for index, each in enumerate(given)]
        digest = _asked_digest(asked) if asked else _digest(checked)
        digest = digest if request_id else ""
        today = self.today(book)
        dated = [
            replace(each, valid_from=each.valid_from or getattr(each.body, "own_day", today))
            for each in checked
        ]
        rows = [_row_of(each) for each in dated]

        def check(ground: Ground, new: Sequence[StatementRow]) -> None:
            _check_versions(ground, new)
            check_named(ground, dated)
            check_lots(ground, dated)
            if ground.count + len(new) > STATEMENTS_MAX:
                raise FieldInvalid(
                    f"statements: book {book!r} has {ground.count} already, and may have "
                    f"{STATEMENTS_MAX}",
                    metadata={"field": "statements"},
                )

        return [
            _statement_of(row)
            for row in self._manifest.put_statements(book, rows, check, request_id, digest)
        ]

    def repeated(
        self, book: str, statement: Statement, request_id: str, asked: str
    ) -> Statement | None:
        """Find what an earlier call of the same name stated; None where there was none.

        Parameters
        ----------
        statement : Statement
            Its kind and its id.
        asked : str
            As in `add`.

        Raises
        ------
        ContentMustMatch
            The request asked for something else.
        BookUnknown
        """
        self._check_call([statement], request_id)
        if not request_id:
            return None
        row = StatementRow(str(statement.kind), statement.id, "", "")
        found = self._manifest.repeated_statement(book, row, request_id, _asked_digest(asked))
        return None if found is None else _statement_of(found)

    def list_statements(
        self, book: str, view: View = NOW, ask: Ask = FIRST_PAGE
    ) -> Page[Statement]:
        """List statements in the order in which they were made, unless it is `number desc`.

        Raises BookUnknown, FieldInvalid, PageTokenInvalid.
        """
        ask = replace(ask, page_size=min(ask.page_size, PAGE_SIZE_MAX))
        moment = "" if view.as_of is None else view.as_of.isoformat()
        query = (
            "statements",
            check_id("book", book),
            view.kind or "",
            moment,
            view.day,
            str(view.has_all_versions),
        )
        find = partial(self._manifest.find_statements, book, view.of_store())
        page = self._tokens.find(query, STATEMENT_FIELDS, ask, find, start=0)
        return Page(tuple(map(_statement_of, page.items)), page.next_page_token)

    def read(self, book: str, view: View, ids: Sequence[str] = ()) -> Iterator[Statement]:
        """Read the statements of a view that are in force, a few at a time. Raises BookUnknown."""
        self._manifest.get_book(check_id("book", book))
        yield from map(_statement_of, self._manifest.read_statements(book, view.of_store(), ids))

    def get(self, book: str, view: View, id_: str, version: int = 0) -> Statement:
        """Read one statement of the view's kind: the version that the view shows, or another.

        Raises
        ------
        StatementUnknown
            There is none, or the version withdraws it.
        BookUnknown, FieldInvalid
        """
        kind = view.kind or "statement"
        if version:
            view = replace(view, has_all_versions=True)
        for each in self.read(book, view, (id_,)):
            if each.body is not None and version in (0, each.version):
                return each
        told = f", version {version}" if version else ""
        if view.day:
            told += f" that speaks of {view.day}"
        raise StatementUnknown.of(book, kind, id_, told)

    def today(self, book: str, at: dt.datetime | None = None) -> str:
        """Give the day of a moment, or of now, in a book's time zone. Raises BookUnknown."""
        zone = ZoneInfo(self._manifest.get_book(book).time_zone)
        return (at or self._clock()).astimezone(zone).date().isoformat()

    def _check_call(self, given: Sequence[Statement], request_id: str) -> None:
        if not 0 < len(given) <= STATEMENTS_PER_CALL:
            raise invalid("statements", f"1 to {STATEMENTS_PER_CALL} of them", f"{len(given)}")
        if len(request_id) > _REQUEST_CHARS_MAX or "\x00" in request_id:
            raise invalid("request_id", f"at most {_REQUEST_CHARS_MAX} characters", request_id)
        seen: dict[tuple[Kind, str], int] = {}
        for index, each in enumerate(given):
            first = seen.setdefault((each.kind, each.id), index)
            if first != index:
                raise invalid(
                    f"statements[{index}].id",
                    f"each {each.kind} once; statements[{first}] has the same id",
                    each.id,
                )


def _checked(each: Statement, place: str) -> Statement:
    """Check a statement by itself. Raises `FieldInvalid`."""
    check_statement_id(f"{place}.id", each.id)
    if each.valid_from and not is_day(each.valid_from):
        raise invalid(f"{place}.valid_from", "a day as YYYY-MM-DD, or nothing", each.valid_from)
    check_text(f"{place}.reason", each.reason, is_required=True)
    if not check_text(f"{place}.author", each.author).strip():
        raise invalid(
            f"{place}.author",
            "who says so, since this server does not know its callers: name somebody (author, "
            "--author)",
            each.author,
        )
    if each.body is not None:
        if not isinstance(each.body, BODIES[each.kind]):
            raise invalid(place, f"what a {each.kind} says", type(each.body).__name__)
        check_body(each.body, f"{place}.{each.kind}")
    return each


def _check_versions(ground: Ground, rows: Sequence[StatementRow]) -> None:
    """Refuse what follows another version than the caller read, or withdraws what is not there."""
    for kind in sorted({row.kind for row in rows}):
        current = ground.find(kind, [row.id for row in rows if row.kind == kind])
        for index, row in enumerate(rows):
            if row.kind != kind:
                continue
            last = current.get(row.id)
            if row.version and row.version != (last.version if last else 0):
                raise StatementChanged.of(
                    f"statements[{index}]",
                    expected=row.version,
                    current=last.version if last else 0,
                )
            if not row.body and (last is None or not last.body):
                raise invalid(
                    f"statements[{index}].id", f"a {kind} that is in force, to withdraw it", row.id
                )


def _row_of(each: Statement) -> StatementRow:
    return StatementRow(
        str(each.kind),
        each.id,
        body_text(each.body),
        each.valid_from,
        key_of(each),
        each.author,
        each.reason,
        each.version,
    )


def _statement_of(row: StatementRow) -> Statement:
    kind = Kind(row.kind)
    return Statement(
        kind,
        row.id,
        read_body(kind, row.body),
        row.valid_from,
        row.reason,
        row.author,
        row.version,
        row.number,
        row.create_time,
    )


def _asked_digest(asked: str) -> str:
    return hashlib.sha256(asked.encode()).hexdigest()


def _digest(given: Sequence[Statement]) -> str:
    """Digest what a call states, as it came: of a repeat on another day it is the same."""
    told = [
        [each.kind, each.id, body_text(each.body), each.valid_from, each.reason, each.version]
        for each in given
    ]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()
