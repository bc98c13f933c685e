"""ChangeService: what was changed of a book, by whom and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tonne.edge.messages import names
from tonne.edge.messages.requests.period_requests import write_change
from tonne.edge.services.calls import handlers_of, read_ask
from tonne.v1 import changes_pb2

if TYPE_CHECKING:
    import grpc

    from tonne.edge.border import Border
    from tonne.ledger.ledger import Ledger

NAME = "tonne.v1.ChangeService"


class ChangeService:
    """Methods of ChangeService."""

    def __init__(self, ledger: Ledger) -> None:
        self._changes = ledger.changes

    def handlers(self, border: Border) -> dict[str, grpc.RpcMethodHandler[bytes, bytes]]:
        """Give the handlers by method."""
        return handlers_of(changes_pb2.DESCRIPTOR.services_by_name["ChangeService"], self, border)

    def list_changes(
        self, request: changes_pb2.ListChangesRequest
    ) -> changes_pb2.ListChangesResponse:
        """List the entries of a book."""
        book = names.read_book(request.parent, field="parent")
        page = self._changes.list_changes(book, read_ask(request))
        return changes_pb2.ListChangesResponse(
            changes=[write_change(book, each) for each in page.items],
            next_page_token=page.next_page_token,
        )
