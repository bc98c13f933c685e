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
from tonne.edge.messages.requests.same_requests import (
    read_kind,
    read_rule,
    write_group,
    write_same_record,
)
from tonne.edge.services.calls import handlers_of, read_ask, told
from tonne.errors import FieldInvalid
from tonne.ingest.posts import Mending
from tonne.ledger.posting.correcting.worth import sums_by_subject
from tonne.store.statement_rows import CorrectionKind, SameKind
from tonne.v1 import corrections_pb2

if TYPE_CHECKING:
    from collections.abc import Iterator
    from fractions import Fraction

    import grpc

    from tonne.edge.border import Border
    from tonne.ingest.ingest import Ingest
    from tonne.ledger.ledger import Ledger
    from tonne.telemetry import Telemetry

NAME = "tonne.v1.CorrectionService"


COMPARE_S_MAX = 10.0
"""How long a call compares records before it leaves the rest to the upkeep."""


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

    def get_records(
        self, request: corrections_pb2.GetRecordsRequest
    ) -> corrections_pb2.GetRecordsResponse:
        """Find the records of an id, or the one at a place."""
        book = names.read_book(request.parent, field="parent")
        if bool(request.record_id) == bool(request.source):
            raise FieldInvalid(
                "record_id: expected the id of a record, or a source and an offset instead",
                metadata={"field": "record_id"},
            )
        if request.record_id:
            records = self._ledger.found.by_id(book, request.record_id)
        else:
            of_book, source = names.read_mended(request.source, field="source")
            if of_book != book:
                raise FieldInvalid(
                    f"source: expected a channel of book {book}; got {request.source!r}",
                    metadata={"field": "source"},
                )
            records = self._ledger.found.at(book, source, request.offset)
        return corrections_pb2.GetRecordsResponse(
            records=[codec.write_record(book, each) for each in records]
        )

    def list_same_records(
        self, request: corrections_pb2.ListSameRecordsRequest
    ) -> corrections_pb2.ListSameRecordsResponse:
        """List duplicates, or conflicts."""
        book = names.read_book(request.parent, field="parent")
        page = self._ledger.same.list(book, read_kind(request.kind), read_ask(request))
        worths = self._ledger.same_worth.of(book, page.items) if request.with_kg_co2e else {}
        return corrections_pb2.ListSameRecordsResponse(
            same_records=[
                write_same_record(book, each, worths.get(each.number)) for each in page.items
            ],
            next_page_token=page.next_page_token,
        )

    def get_same_record_summary(
        self, request: corrections_pb2.GetSameRecordSummaryRequest
    ) -> corrections_pb2.GetSameRecordSummaryResponse:
        """Say up to where records are compared, and what waits."""
        book = names.read_book(request.name)
        found = self._ledger.same.summary(book)
        kinds = (SameKind.CONFLICT, SameKind.DUPLICATE)
        valued = {kind: self._valued(book, kind) if request.with_kg_co2e else {} for kind in kinds}
        return corrections_pb2.GetSameRecordSummaryResponse(
            complete_up_to_commit=found.complete_up_to,
            is_complete=found.is_complete,
            rule=f"SAME_RECORD_RULE_{found.rule.name}",
            undecided_count=found.undecided_count,
            groups=[
                write_group(book, kind, each, valued[kind].get((each.facility, each.activity)))
                for kind in kinds
                for each in self._ledger.same.groups(book, kind)
            ],
        )

    def _valued(self, book: str, kind: SameKind) -> dict[tuple[str, str], tuple[int, Fraction]]:
        """Value the oldest entries of a kind, by facility and activity."""
        oldest = self._ledger.same.oldest(book, kind)
        return sums_by_subject(oldest, self._ledger.same_worth.of(book, oldest))

    def decide_same_record(
        self, request: corrections_pb2.DecideSameRecordRequest
    ) -> corrections_pb2.DecideSameRecordResponse:
        """Decide which records of one id stay."""
        book, number = names.read_same_record(request.name)
        author = request.author or caller().subject
        entry = self._ledger.same.decide(book, number, request.keep, author, request.reason)
        return corrections_pb2.DecideSameRecordResponse(same_record=write_same_record(book, entry))

    def set_same_record_rule(
        self, request: corrections_pb2.SetSameRecordRuleRequest
    ) -> corrections_pb2.SetSameRecordRuleResponse:
        """Say what becomes of duplicates."""
        book = names.read_book(request.name)
        rule = read_rule(request.rule)
        self._ledger.same.set_rule(book, rule)
        return corrections_pb2.SetSameRecordRuleResponse(rule=f"SAME_RECORD_RULE_{rule.name}")

    def compare_same_records(
        self, request: corrections_pb2.CompareSameRecordsRequest
    ) -> corrections_pb2.CompareSameRecordsResponse:
        """Compare what came since the last time."""
        book = names.read_book(request.name)
        done = self._ledger.same_check.check(book, time_s_max=COMPARE_S_MAX)
        return corrections_pb2.CompareSameRecordsResponse(
            reversed_count=done.reversed_count,
            entry_count=done.entry_count,
            is_complete=self._ledger.same.summary(book).is_complete,
        )

    def recheck_same_records(
        self, request: corrections_pb2.RecheckSameRecordsRequest
    ) -> corrections_pb2.RecheckSameRecordsResponse:
        """Have all records compared again."""
        book = names.read_book(request.name)
        count = self._ledger.same.recheck(book)
        return corrections_pb2.RecheckSameRecordsResponse(key_file_count=count)
