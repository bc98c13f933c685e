"""ImportService: which file brought which records, compared with what is kept, and mended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tonne.edge.access.gate import caller, current
from tonne.edge.messages import codec, names
from tonne.edge.messages.requests.import_requests import (
    read_claim,
    read_compare_request,
    read_digest_request,
    read_import,
    read_mend_request,
    write_import,
)
from tonne.edge.services.calls import handlers_of
from tonne.ingest.decoder import KIND_NONE
from tonne.ingest.posts import Mending
from tonne.v1 import imports_pb2

if TYPE_CHECKING:
    import grpc

    from tonne.edge.border import Border
    from tonne.ingest.ingest import Ingest
    from tonne.ledger.ledger import Ledger

NAME = "tonne.v1.ImportService"


class ImportService:
    """Methods of ImportService."""

    def __init__(self, ledger: Ledger, ingest: Ingest) -> None:
        self._ledger = ledger
        self._ingest = ingest

    def handlers(self, border: Border) -> dict[str, grpc.RpcMethodHandler[bytes, bytes]]:
        """Give the handlers by method."""
        return handlers_of(
            imports_pb2.DESCRIPTOR.services_by_name["ImportService"],
            self,
            border,
            own={
                "CompareRecords": border.raw_unary("CompareRecords", self.compare_records),
                "DigestRecords": border.raw_unary("DigestRecords", self.digest_records),
                "MendRecords": border.raw_unary("MendRecords", self.mend_records),
            },
        )

    def create_import(self, request: imports_pb2.CreateImportRequest) -> imports_pb2.Import:
        """Note that a file is brought into a channel."""
        book = names.read_book(request.parent, field="parent")
        row = read_import(book, request.entry, caller().subject)
        noted = self._ledger.channels.add_import(book, row, read_claim(request))
        return write_import(book, noted)

    def list_imports(
        self, request: imports_pb2.ListImportsRequest
    ) -> imports_pb2.ListImportsResponse:
        """List the imports of a book."""
        book = names.read_book(request.parent, field="parent")
        page = self._ledger.channels.list_imports(
            book, page_size=request.page_size, page_token=request.page_token
        )
        return imports_pb2.ListImportsResponse(
            imports=[write_import(book, row) for row in page.items],
            next_page_token=page.next_page_token,
        )

    async def compare_records(self, message: bytes) -> imports_pb2.CompareRecordsResponse:
        """Compare records with those that are durable at their offsets."""
        request = read_compare_request(message)
        book, channel = names.read_channel(request.name)
        current().authorize(book, request.name)
        reads = current().reads(book)
        found = await self._ingest.compare_records(
            (book, channel),
            request.offset,
            request.kind,
            request.content,
            frozenset({"evidence"} if request.ignores_evidence else ()),
        )
        return imports_pb2.CompareRecordsResponse(
            differences=[
                imports_pb2.RecordDifference(
                    offset=each.offset,
                    fields=[
                        imports_pb2.FieldDifference(
                            field=name, kept=kept if reads else "", came=came
                        )
                        for name, kept, came in each.fields
                    ],
                )
                for each in found.differences
            ],
            difference_count=found.difference_count,
            mendable_offsets=found.mendable_offsets,
            quarantined_count=found.quarantined_count,
            correctable_offsets=found.correctable_offsets,
        )

    async def digest_records(self, message: bytes) -> imports_pb2.DigestRecordsResponse:
        """Digest records, given or durable."""
        request = read_digest_request(message)
        place = names.read_channel(request.name)
        current().authorize(place[0], request.name)
        if request.kind == KIND_NONE:
            found = await self._ingest.digest_kept(place, request.offset, request.record_count)
        else:
            found = await self._ingest.digest_records(place, request.kind, request.content)
        return imports_pb2.DigestRecordsResponse(
            contents=found.contents,
            keys=found.keys,
            quarantined_offsets=found.quarantined_offsets,
        )

    async def mend_records(self, message: bytes) -> imports_pb2.MendRecordsResponse:
        """Post records in place of those in quarantine or in suspense."""
        request = read_mend_request(message)
        book, source = names.read_mended(request.name)
        current().authorize(book, request.name, request.request_id)
        durable = await self._ingest.mend_records(
            book,
            Mending(source, request.offsets),
            request.request_id,
            request.kind,
            request.content,
        )
        return imports_pb2.MendRecordsResponse(
            control_totals=codec.write_totals(durable.totals),
            row_errors=[codec.write_row_error(error) for error in durable.row_errors],
            row_errors_omitted_count=durable.row_error_count - len(durable.row_errors),
            already_posted=durable.already_posted,
        )
