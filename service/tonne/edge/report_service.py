"""ReportService: the inventory, and the records behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tonne.edge import codec, names
from tonne.errors import FieldInvalid, NameInvalid
from tonne.model import PERIOD_COUNT_MAX, period_of_month
from tonne.reports.book import book_inventory
from tonne.reports.request import InventoryRequest
from tonne.v1 import report_pb2

if TYPE_CHECKING:
    from collections.abc import Sequence

    import grpc

    from tonne.edge.border import Border
    from tonne.ledger.ledger import Ledger

NAME = "tonne.v1.ReportService"

ROWS_PER_MESSAGE = 2_000
"""Rows of one chunk of an inventory."""


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
    ) -> Sequence[report_pb2.GetInventoryResponse]:
        """Compute an inventory."""
        wanted = InventoryRequest(
            first_period=_read_month("from_period", request.from_period, 0),
            last_period=_read_month("to_period", request.to_period, PERIOD_COUNT_MAX - 1),
            group_by=codec.read_dimensions(request.group_by),
            facilities=tuple(request.facilities),
            activities=tuple(request.activities),
            accounts=tuple(request.accounts),
            regions=tuple(request.regions),
        )
        found = book_inventory(self._ledger, names.read_book(request.name), wanted)
        return codec.write_inventory(found, ROWS_PER_MESSAGE)

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


def _read_month(field: str, text: str, otherwise: int) -> int:
    if not text:
        return otherwise
    try:
        return period_of_month(text)
    except NameInvalid as error:
        raise FieldInvalid(
            f"{field}: {error.message}", metadata={"field": field, "value": text}
        ) from error
