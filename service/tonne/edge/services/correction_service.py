"""CorrectionService: records that are reversed, and corrected."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tonne.edge.access.gate import caller, current
from tonne.edge.messages import codec, names
from tonne.edge.messages.requests.correction_requests import (
    read_entry,
    read_selection,
    write_correction,
)
from tonne.edge.messages.requests.import_requests import read_correct_request
from tonne.edge.services.calls import handlers_of, read_ask, told
from tonne.ingest.posts import Mending
from tonne.store.statement_rows import CorrectionKind
from tonne.v1 import corrections_pb2

if TYPE_CHECKING:
    from collections.abc import Iterator

    import grpc

    from tonne.edge.border import Border
    from tonne.ingest.ingest import Ingest
    from tonne.ledger.ledger import Ledger
    from tonne.telemetry import Telemetry

NAME = "tonne.v1.CorrectionService"


class CorrectionService:
    """Methods of CorrectionService."""

    def __init__(self, ledger: Ledger, ingest: Ingest, telemetry: Telemetry) -> None:
        self._ledger = ledger
        self._ingest = ingest
        self._telemetry = telemetry

    def handlers(self, border: Border) -> dict[str, grpc.RpcMethodHandler[bytes, bytes]]:
        """Give the handlers by method."""
        return handlers_of(
            corrections_pb2.DESCRIPTOR.services_by_name["CorrectionService"],
            self,
            border,
            own={"CorrectRecords": border.raw_unary("CorrectRecords", self.correct_records)},
        )

    def reverse_records(
        self, request: corrections_pb2.ReverseRecordsRequest
    ) -> Iterator[corrections_pb2.ReverseRecordsResponse]:
        """Reverse records, one segment at a step."""
        book = names.read_book(request.parent, field="parent")
        entry = read_entry(
            CorrectionKind.REVERSAL,
            request.reason_code,
            request.reason,
            request.author or caller().subject,
        )
        selection = read_selection(book, request.selection)
        before = 0
        for step in self._ledger.reversals.reverse(book, selection, entry):
            self._telemetry.add("tonne_reversed_records_total", step.reversed_count - before)
            before = step.reversed_count
            yield corrections_pb2.ReverseRecordsResponse(
                segment_count=step.segment_count,
                segments_done_count=step.segments_done_count,
                reversed_count=step.reversed_count,
                already_reversed_count=step.already_count,
                quarantined_count=step.quarantined_count,
            )

    async def correct_records(self, message: bytes) -> corrections_pb2.CorrectRecordsResponse:
        """Reverse records and post others for them, at once."""
        request = read_correct_request(message)
        book, source = names.read_mended(request.name)
        current().authorize(book, request.name, request.request_id)
        entry = read_entry(
            CorrectionKind.CORRECTION,
            request.reason_code,
            request.reason,
            request.author or caller().subject,
            f"{source}: {len(request.offsets)} records from offset "
            f"{min(request.offsets, default=0)} on",
        )
        durable = await self._ingest.mend_records(
            book,
            Mending(source, request.offsets, entry),
            request.request_id,
            request.kind,
            request.content,
        )
        if not durable.already_posted:
            self._telemetry.add("tonne_reversed_records_total", len(request.offsets))
        return corrections_pb2.CorrectRecordsResponse(
            control_totals=codec.write_totals(durable.totals),
            row_errors=[codec.write_row_error(error) for error in durable.row_errors],
            row_errors_omitted_count=durable.row_error_count - len(durable.row_errors),
            already_posted=durable.already_posted,
        )

    def list_corrections(
        self, request: corrections_pb2.ListCorrectionsRequest
    ) -> corrections_pb2.ListCorrectionsResponse:
        """List what was reversed and corrected."""
        book = names.read_book(request.parent, field="parent")
        page = self._ledger.corrections.list_corrections(book, read_ask(request))
        answer = corrections_pb2.ListCorrectionsResponse(
            corrections=[write_correction(book, each) for each in page.items],
            next_page_token=page.next_page_token,
        )
        return told(answer, page.point)
