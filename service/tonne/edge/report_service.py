"""ReportService: inventories, what is behind their numbers, and estimates."""

from __future__ import annotations

from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING

from tonne.edge import codec, explain_codec, names, report_codec
from tonne.edge.estimate_request import EstimatePart, read_estimate_request
from tonne.edge.gate import current
from tonne.errors import FieldInvalid
from tonne.ingest.decoder import KIND_NONE, check_kind
from tonne.reports.book import book_inventory
from tonne.reports.estimate import Estimate
from tonne.reports.explain import explain
from tonne.v1 import report_pb2

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator

    import grpc

    from tonne.edge.border import Border
    from tonne.ingest.ingest import Ingest
    from tonne.ledger.ledger import Ledger

NAME = "tonne.v1.ReportService"


class ReportService:
    """Methods of ReportService."""

    def __init__(self, ledger: Ledger, ingest: Ingest) -> None:
        self._ledger = ledger
        self._ingest = ingest

    def handlers(self, border: Border) -> dict[str, grpc.RpcMethodHandler[bytes, bytes]]:
        """Give the handlers by method."""
        return {
            "GetInventory": border.server_stream(
                "GetInventory", report_pb2.GetInventoryRequest, self.get_inventory
            ),
            "Explain": border.server_stream("Explain", report_pb2.ExplainRequest, self.explain),
            "Estimate": border.raw_stream("Estimate", partial(self.estimate, border)),
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

    def explain(self, request: report_pb2.ExplainRequest) -> Iterator[report_pb2.ExplainResponse]:
        """Unfold the total of a selection."""
        book = names.read_book(request.selection.name, field="selection.name")
        parts = explain(
            self._ledger,
            book,
            report_codec.read_selection(request.selection),
            replay=request.replay,
            records_max=request.records_max,
        )
        return (explain_codec.write_part(book, part) for part in parts)

    async def estimate(
        self, border: Border, messages: AsyncIterator[bytes]
    ) -> AsyncGenerator[Iterable[report_pb2.EstimateResponse]]:
        """Compute what batches of records would post."""
        with closing(self._ingest.open_estimate()) as opened:
            estimate: Estimate | None = None
            async for message in messages:
                part = read_estimate_request(message)
                if estimate is None:
                    estimate = await border.in_thread(self._begin_estimate, part)
                    opened.begin(has_book=estimate.has_book, each_record=part.each_record)
                    if part.kind == KIND_NONE:
                        continue
                elif part.selection is not None or part.each_record:
                    raise FieldInvalid(
                        "selection and each_record stand in the first message alone",
                        metadata={"field": "selection"},
                    )
                check_kind(part.kind)
                async with opened.batch(message, part.kind, part.content) as batch:
                    records = await border.in_thread(estimate.add, batch)
                    postings_count = await border.in_thread(
                        estimate.keep_at_most, self._ingest.config.estimate_postings_max
                    )
                    opened.keep(postings_count)
                    yield report_codec.write_estimated_records(records)
                    del batch, records  # between messages an estimate keeps its sums alone
            if estimate is None:
                raise FieldInvalid(
                    "an estimate begins with a message that has its selection; got none",
                    metadata={"field": "selection"},
                )
            size = await border.in_thread(estimate.answer_size)
            async with opened.answer(*size):
                yield report_codec.write_estimate(await border.in_thread(estimate.finish))

    def _begin_estimate(self, part: EstimatePart) -> Estimate:
        selection = part.selection or report_pb2.GetInventoryRequest()
        book = names.read_book(selection.name, field="selection.name") if selection.name else ""
        current().authorize(book, selection.name)
        return Estimate(
            self._ledger,
            book,
            report_codec.read_selection(selection),
            each_record=part.each_record,
            row_errors_max=self._ingest.config.row_errors_max,
        )

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
