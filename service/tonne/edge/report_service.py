"""ReportService: the inventory, and the records behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tonne.edge import codec, names, report_codec
from tonne.reports.book import book_inventory
from tonne.v1 import report_pb2

if TYPE_CHECKING:
    from collections.abc import Iterable

    import grpc

    from tonne.edge.border import Border
    from tonne.ledger.ledger import Ledger

NAME = "tonne.v1.ReportService"


class ReportService:
    """Methods of ReportService."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def handlers(self, border: Border) -> dict[str, grpc.RpcMethodHandler[bytes, bytes]]:
        """Give the handlers by method."""
        return {
            "GetInventory": border.server_stream(
                "GetInventory", report_pb2.GetInventoryRequest, self.get_inventory
            ),
            "ListRecords": border.unary(
                "ListRecords", report_pb2.ListRecordsRequest, self.list_records
            ),
        }

    def get_inventory(
        self, request: report_pb2.GetInventoryRequest
    ) -> Iterable[report_pb2.GetInventoryResponse]:
        """Compute an inventory."""
        wanted = report_codec.read_selection(request)
        found = book_inventory(self._ledger, names.read_book(request.name), wanted)
        return report_codec.write_inventory(found)

    def list_records(
        self, request: report_pb2.ListRecordsRequest
    ) -> report_pb2.ListRecordsResponse:
        """List durable records."""
        book = names.read_book(request.parent, field="parent")
        page = self._ledger.list_records(
            book,
            facility=request.facility,
            activity=request.activity,
            channel=names.read_source(request.channel, book) if request.channel else "",
            page_size=request.page_size,
            page_token=request.page_token,
        )
        return report_pb2.ListRecordsResponse(
            records=[codec.write_record(book, record) for record in page.items],
            next_page_token=page.next_page_token,
        )
