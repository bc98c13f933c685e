"""ReportService: inventories, what is behind their numbers, and estimates."""

from __future__ import annotations

from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING

from tonne.edge.access.gate import current
from tonne.edge.border import WholeAnswer
from tonne.edge.messages import codec, explain_codec, names, report_codec
from tonne.edge.messages.reports import allocation_codec
from tonne.edge.messages.requests.batch_requests import EstimatePart, read_estimate_request
from tonne.edge.services.calls import handlers_of, read_ask
from tonne.errors import FieldInvalid
from tonne.ingest.decoder import KIND_NONE, check_kind, check_size
from tonne.ledger.budget import PART_BYTES
from tonne.reports.allocation.book import book_allocation
from tonne.reports.allocation.kept import kept_key
from tonne.reports.coverage import book_coverage
from tonne.reports.estimate import Estimate
from tonne.reports.explanation.explain import explain
from tonne.reports.inventory.book import book_inventory
from tonne.v1 import report_pb2

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator

    import grpc

    from tonne.edge.access.lanes import Lane
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
        return handlers_of(
            report_pb2.DESCRIPTOR.services_by_name["ReportService"],
            self,
            border,
            own={
                "Estimate": border.raw_stream(
                    "Estimate",
                    self.begin_estimate,
                    partial(self.estimate, border.lanes.of("Estimate")),
                ),
            },
        )

    def get_inventory(self, request: report_pb2.GetInventoryRequest) -> WholeAnswer:
        """Compute an inventory."""
        wanted = report_codec.read_selection(request)
        book = names.read_book(request.name)
        with self._ledger.reads.holding(PART_BYTES) as hold:
            found = book_inventory(self._ledger.snapshots.take(book), wanted, hold)
            return WholeAnswer(report_codec.write_inventory(found))

    def get_coverage(
        self, request: report_pb2.GetCoverageRequest
    ) -> Iterator[report_pb2.GetCoverageResponse]:
        """Lay out what the records cover."""
        wanted = report_codec.read_coverage(request)
        book = names.read_book(request.name)
        with self._ledger.reads.holding(PART_BYTES) as hold:
            snapshot = self._ledger.snapshots.take(book)
            rows = book_coverage(snapshot, wanted, hold)
            yield from report_codec.write_coverage(rows, snapshot.book.time_zone)

    def allocate_meter(
        self, request: report_pb2.AllocateMeterRequest
    ) -> Iterator[report_pb2.AllocateMeterResponse]:
        """Allocate a meter by a key."""
        book = names.read_book(request.name)
        asked = allocation_codec.read_kept(request)
        key = None if asked is None else kept_key(self._ledger.statements, book, *asked)
        wanted = allocation_codec.read_request(request, key)
        with self._ledger.reads.holding(PART_BYTES) as hold:
            answer = book_allocation(self._ledger.snapshots.take(book), wanted, hold)
            yield from allocation_codec.write_answer(answer, wanted.key)

    def explain(self, request: report_pb2.ExplainRequest) -> Iterator[report_pb2.ExplainResponse]:
        """Unfold the total of a selection."""
        book = names.read_book(request.selection.name, field="selection.name")
        wanted = report_codec.read_selection(request.selection)
        with self._ledger.reads.holding(PART_BYTES) as hold:
            for part in explain(
                self._ledger.snapshots.take(book),
                wanted,
                replay=request.replay,
                records_max=request.records_max,
                hold=hold,
            ):
                yield explain_codec.write_part(book, part)

    async def begin_estimate(self, messages: AsyncIterator[bytes]) -> EstimatePart:
        """Read what an estimate is of, and see that the caller may have it."""
        async for message in messages:
            part = self._read_part(message)
            name = part.selection.name if part.selection else ""
            book = names.read_book(name, field="selection.name") if name else ""
            current().authorize(book, name)
            return part
        raise FieldInvalid(
            "selection: expected it in the first message of an estimate; got none",
            metadata={"field": "selection"},
        )

    async def estimate(
        self, lane: Lane, begun: EstimatePart, messages: AsyncIterator[bytes]
    ) -> AsyncGenerator[Iterable[report_pb2.EstimateResponse]]:
        """Compute what batches of records would post."""
        config = self._ingest.config
        with closing(self._ingest.open_estimate()) as opened:
            estimate = await lane.run(self._make_estimate, begun)
            opened.begin(has_book=estimate.has_book, each_record=begun.each_record)
            part = begun if begun.kind != KIND_NONE else await self._next_part(messages)
            del begun
            while part is not None:
                check_kind(part.kind)
                async with opened.batch(part.content, part.kind, part.content) as batch:
                    del part
                    records = await lane.run(estimate.add, batch)
                    kept = await lane.run(estimate.keep_at_most, config.estimate_postings_max)
                    opened.keep(kept)
                    yield report_codec.write_estimated_records(records)
                    del batch, records  # between messages an estimate keeps its sums alone
                part = await self._next_part(messages)
            async with opened.answer(*await lane.run(estimate.answer_size)):
                yield report_codec.write_estimate(await lane.run(estimate.finish))

    def _read_part(self, message: bytes) -> EstimatePart:
        check_size(len(message), self._ingest.config.message_bytes_max)
        return read_estimate_request(message)

    async def _next_part(self, messages: AsyncIterator[bytes]) -> EstimatePart | None:
        async for message in messages:
            part = self._read_part(message)
            if part.selection is not None or part.each_record:
                raise FieldInvalid(
                    "selection and each_record may only be in the first message: leave them out "
                    "of later ones",
                    metadata={"field": "selection"},
                )
            return part
        return None

    def _make_estimate(self, part: EstimatePart) -> Estimate:
        selection = part.selection or report_pb2.GetInventoryRequest()
        name = selection.name
        book = names.read_book(name, field="selection.name") if name else ""
        return Estimate(
            self._ledger.estimates.estimation(book),
            report_codec.read_selection(selection),
            each_record=part.each_record,
            row_errors_max=self._ingest.config.row_errors_max,
        )

    def list_records(
        self, request: report_pb2.ListRecordsRequest
    ) -> report_pb2.ListRecordsResponse:
        """List durable records."""
        book = names.read_book(request.parent, field="parent")
        page = self._ledger.records.list_records(book, read_ask(request))
        return report_pb2.ListRecordsResponse(
            records=[codec.write_record(book, record) for record in page.items],
            next_page_token=page.next_page_token,
        )
