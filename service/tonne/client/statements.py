"""The client's calls about statements: suppliers, targets, measures, claims, products."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tonne.client.wire.calls import PAGE_SIZE, Calls
from tonne.client.wire.resources import book_name, last_id, read_timestamp
from tonne.errors import StatementUnknown
from tonne.statements import messages
from tonne.statements.statement import BODIES, Kind, Statement
from tonne.v1 import statements_pb2

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Sequence

STATEMENTS_PER_CALL = 1_000
"""Statements that one call carries."""


class StatementCalls(Calls):
    """States things about a book, and reads what was stated."""

    _statements: Any
    """Stub of StatementService."""

    def add_statements(
        self, book: str, given: Sequence[Statement], *, author: str = "", request_id: str = ""
    ) -> list[Statement]:
        """State something, or state it anew.

        Parameters
        ----------
        given : sequence of Statement
            As `tonne.statements.statement.statement_of` makes them; one without a body
            withdraws what was stated. Those of one call are made all or none; more than 1,000
            go in several.
        author : str
            Who says so, where a statement names nobody; the caller where it is empty.
        request_id : str
            Names the call: a repeat states nothing, and has the same answer.

        Returns
        -------
        list of Statement
            As they are kept, with their versions.
        """
        made: list[Statement] = []
        for first in range(0, len(given), STATEMENTS_PER_CALL):
            part = given[first : first + STATEMENTS_PER_CALL]
            request = statements_pb2.CreateStatementsRequest(
                parent=book_name(book),
                statements=[
                    _message(each, f"statements[{first + index}]", author)
                    for index, each in enumerate(part)
                ],
                request_id=f"{request_id}-{first}" if request_id and first else request_id,
            )
            answer = self._call(self._statements.CreateStatements, request)
            made.extend(map(read_statement, answer.statements))
        return made

    def list_statements(
        self,
        book: str,
        kind: Kind | str = "",
        *,
        all_versions: bool = False,
        as_of: dt.datetime | None = None,
        valid_on: str = "",
        filter_by: str = "",
        order_by: str = "",
    ) -> Iterator[Statement]:
        """List statements in the order in which they were made, withdrawn ones without a body.

        Parameters
        ----------
        kind : Kind or str
            Of this kind alone; empty: of all.
        all_versions : bool
            All versions, or of each statement the last one.
        as_of : datetime, optional
            Only what was stated by then; aware.
        valid_on : str
            Only versions that speak of this day, YYYY-MM-DD.
        """
        request = statements_pb2.ListStatementsRequest(
            parent=book_name(book),
            kind=f"STATEMENT_KIND_{Kind(kind).name}" if kind else None,
            all_versions=all_versions,
            page_size=PAGE_SIZE,
            filter=filter_by,
            order_by=order_by,
        )
        if as_of is not None:
            request.as_of_time.FromDatetime(as_of)
        if valid_on:
            request.valid_on.CopyFrom(messages.date_message(valid_on, "valid_on"))
        for page in self._pages(self._statements.ListStatements, request):
            yield from map(read_statement, page.statements)

    def get_statement(self, book: str, kind: Kind | str, statement: str) -> Statement:
        """Read the version in force of a statement. Raises `StatementUnknown`."""
        found = self.list_statements(book, kind, filter_by=f'id = "{statement}"')
        for each in found:
            if not each.is_withdrawn:
                return each
        raise StatementUnknown.of(book, Kind(kind), statement)


def _message(statement: Statement, place: str, author: str) -> statements_pb2.Statement:
    message = statements_pb2.Statement(
        kind=f"STATEMENT_KIND_{statement.kind.name}",
        id=statement.id,
        version=statement.version,
        reason=statement.reason,
        author=statement.author or author,
        withdrawn=statement.is_withdrawn,
    )
    if statement.valid_from:
        day = messages.date_message(statement.valid_from, f"{place}.valid_from")
        message.valid_from.CopyFrom(day)
    if statement.body is not None:
        said = getattr(message, statement.kind)
        said.SetInParent()
        messages.fill(said, statement.body, f"{place}.{statement.kind}")
    return message


def read_statement(message: statements_pb2.Statement) -> Statement:
    """Read a version of a statement."""
    kind = Kind[statements_pb2.StatementKind.Name(message.kind).removeprefix("STATEMENT_KIND_")]
    body = None
    if not message.withdrawn:
        body = messages.read(BODIES[kind], getattr(message, kind), str(kind))
    return Statement(
        kind,
        message.id,
        body,
        messages.read_date(message.valid_from, "valid_from"),
        message.reason,
        message.author,
        message.version,
        int(last_id(message.name)),
        read_timestamp(message.create_time),
    )
