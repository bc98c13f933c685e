"""StatementService: what is stated beside the records, and what follows from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tonne.edge.access.gate import caller
from tonne.edge.messages import names, statement_codec
from tonne.edge.services.calls import handlers_of, read_ask
from tonne.ledger.book.register import check_count
from tonne.ledger.book.statements.statements import STATEMENTS_PER_CALL, View
from tonne.v1 import statements_pb2

if TYPE_CHECKING:
    import grpc

    from tonne.edge.border import Border
    from tonne.ledger.ledger import Ledger

NAME = "tonne.v1.StatementService"


class StatementService:
    """Methods of StatementService."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def handlers(self, border: Border) -> dict[str, grpc.RpcMethodHandler[bytes, bytes]]:
        """Give the handlers by method."""
        described = statements_pb2.DESCRIPTOR.services_by_name["StatementService"]
        return handlers_of(described, self, border)

    def create_statements(
        self, request: statements_pb2.CreateStatementsRequest
    ) -> statements_pb2.CreateStatementsResponse:
        """State something."""
        book = names.read_book(request.parent, field="parent")
        check_count("statements", len(request.statements), STATEMENTS_PER_CALL)
        author = caller().subject
        given = [
            statement_codec.read_statement(each, f"statements[{index}]", author)
            for index, each in enumerate(request.statements)
        ]
        made = self._ledger.statements.add(book, given, request.request_id)
        return statements_pb2.CreateStatementsResponse(
            statements=[statement_codec.write_statement(book, each) for each in made]
        )

    def list_statements(
        self, request: statements_pb2.ListStatementsRequest
    ) -> statements_pb2.ListStatementsResponse:
        """List statements."""
        book = names.read_book(request.parent, field="parent")
        view = View(
            statement_codec.read_kind(request.kind, "kind"),
            statement_codec.read_moment(request, "as_of_time"),
            statement_codec.read_day(request, "valid_on", "valid_on"),
            request.all_versions,
        )
        page = self._ledger.statements.list_statements(book, view, read_ask(request))
        return statements_pb2.ListStatementsResponse(
            statements=[statement_codec.write_statement(book, each) for each in page.items],
            next_page_token=page.next_page_token,
        )
