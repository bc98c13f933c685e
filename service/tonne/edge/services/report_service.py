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
from tonne.edge.services.calls import handlers_of, last_told, read_ask, told
from tonne.errors import FieldInvalid
from tonne.ingest.decoder import KIND_NONE, check_kind, check_size
from tonne.ledger.as_of import read_as_of
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
    from tonne.ledger.budget import Hold
    from tonne.ledger.ledger import Ledger
    from tonne.ledger.reading.snapshot import Snapshot
    from tonne.store.manifest.moments import Point

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
            snapshot = self._take(book, request, hold)
            found = book_inventory(snapshot, wanted, hold)
            answer = report_codec.write_inventory(found)
            return WholeAnswer(last_told(answer, snapshot.point))

    def get_coverage(
        self, request: report_pb2.GetCoverageRequest
    ) -> Iterator[report_pb2.GetCoverageResponse]:
        """Lay out what the records cover."""
        wanted = report_codec.read_coverage(request)
        book = names.read_book(request.name)
        with self._ledger.reads.holding(PART_BYTES) as hold:
            as_of = read_as_of(request.as_of)
            snapshot = self._ledger.snapshots.take(book, as_of, hold=hold)
            rows = book_coverage(snapshot, wanted, hold)
            answer = report_codec.write_coverage(rows, snapshot.book.time_zone)
            empty = partial(report_pb2.GetCoverageResponse, time_zone=snapshot.book.time_zone)
            yield from last_told(answer, snapshot.point, empty)

    def allocate_meter(
        self, request: report_pb2.AllocateMeterRequest
    ) -> Iterator[report_pb2.AllocateMeterResponse]:
        """Allocate a meter by a key."""
        book = names.read_book(request.name)
        asked = allocation_codec.read_kept(request)
        as_of = read_as_of(request.as_of)
        with self._ledger.reads.holding(PART_BYTES) as hold:
            snapshot = self._ledger.snapshots.take(book, as_of, hold=hold)
            by, key = snapshot.point.time, None
            if asked is not None:
                key = kept_key(self._ledger.statements, book, *asked, by=by)
            wanted = allocation_codec.read_request(request, key)
            answer = allocation_codec.write_answer(
                book_allocation(snapshot, wanted, hold), wanted.key
            )
            yield from last_told(answer, snapshot.point)

    def explain(self, request: report_pb2.ExplainRequest) -> Iterator[report_pb2.ExplainResponse]:
        """Unfold the total of a selection."""
        book = names.read_book(request.selection.name, field="selection.name")
        wanted = report_codec.read_selection(request.selection)
        if request.replay and request.selection.method_version:
            raise FieldInvalid(
                "replay: a replay compares what was posted, under the methods of then: ask for it "
                "without method_version",
                metadata={"field": "replay"},
            )
        with self._ledger.reads.holding(PART_BYTES) as hold:
            snapshot = self._take(book, request.selection, hold)
            parts = explain(
                snapshot,
                wanted,
                replay=request.replay,
                records_max=request.records_max,
                hold=hold,
            )
            answer = explain_codec.write_parts(book, parts, request.lines_max)
            yield from last_told(answer, snapshot.point)

    def _take(self, book: str, selection: report_pb2.GetInventoryRequest, hold: Hold) -> Snapshot:
        """Take a snapshot of a book as of the moment and under the method of a selection."""
        return self._ledger.snapshots.take(
            book,
            read_as_of(selection.as_of),
            method=read_version(selection.method_version),
            hold=hold,
        )

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
            estimate, point = await lane.run(self._make_estimate, begun)
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
                answer = report_codec.write_estimate(await lane.run(estimate.finish))
                yield _estimate_told(answer, point)

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

    def _make_estimate(self, part: EstimatePart) -> tuple[Estimate, Point | None]:
        selection = part.selection or report_pb2.GetInventoryRequest()
        name = selection.name
        book = names.read_book(name, field="selection.name") if name else ""
        as_of, version = read_as_of(selection.as_of), read_version(selection.method_version)
        state, point = None, None
        if as_of or version:
            if not book:
                raise FieldInvalid(
                    "as_of, method_version: expected them of a book; the shipped catalogue has "
                    "neither: name a book, or leave them out",
                    metadata={"field": "as_of"},
                )
            state, point = self._ledger.snapshots.rules(book, as_of, version)
        estimate = Estimate(
            self._ledger.estimates.estimation(book, state),
            report_codec.read_selection(selection),
            each_record=part.each_record,
            row_errors_max=self._ingest.config.row_errors_max,
        )
        return estimate, point

    def list_records(
        self, request: report_pb2.ListRecordsRequest
    ) -> report_pb2.ListRecordsResponse:
        """List durable records."""
        book = names.read_book(request.parent, field="parent")
        page = self._ledger.records.list_records(book, read_ask(request))
        answer = report_pb2.ListRecordsResponse(
            records=[codec.write_record(book, record) for record in page.items],
            next_page_token=page.next_page_token,
        )
        return told(answer, page.point)


def read_version(version: int) -> int:
    """Read the version of a method, 0 where it is open. Raises `FieldInvalid`."""
    if version < 0:
        raise FieldInvalid(
            f"method_version: expected a version of the method, from 1, or 0 for those that were "
            f"in force; got {version}",
            metadata={"field": "method_version", "value": str(version)},
        )
    return version


def _estimate_told(
    messages: Iterable[report_pb2.EstimateResponse], point: Point | None
) -> Iterator[report_pb2.EstimateResponse]:
    """Write into an estimate as of which commit the rules are, where that was asked for."""
    for message in messages:
        if message.inventory.HasField("total"):
            told(message.inventory, point)
        yield message
