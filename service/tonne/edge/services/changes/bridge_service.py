"""BridgeService: why a number changed, what rests on something, and what is restated."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tonne.edge.access.gate import caller
from tonne.edge.messages import names, statement_codec
from tonne.edge.messages.reports import applied_codec, change_codec
from tonne.edge.services.calls import handlers_of, read_ask
from tonne.errors import FieldInvalid
from tonne.ledger.book.statements.statements import View
from tonne.ledger.budget import PART_BYTES
from tonne.reports.bridge.book import book_bridge
from tonne.reports.restating.base_years import (
    check_base_year,
    estimate_restatement,
    the_base_year,
)
from tonne.reports.restating.notes import restatement_of
from tonne.statements.statement import Kind, Statement
from tonne.v1 import bridges_pb2

if TYPE_CHECKING:
    from collections.abc import Iterator

    import grpc

    from tonne.edge.border import Border
    from tonne.ledger.ledger import Ledger
    from tonne.telemetry import Telemetry

NAME = "tonne.v1.BridgeService"


class BridgeService:
    """Methods of BridgeService."""

    def __init__(self, ledger: Ledger, telemetry: Telemetry) -> None:
        self._ledger = ledger
        self._telemetry = telemetry

    def handlers(self, border: Border) -> dict[str, grpc.RpcMethodHandler[bytes, bytes]]:
        """Give the handlers by method."""
        described = bridges_pb2.DESCRIPTOR.services_by_name["BridgeService"]
        return handlers_of(described, self, border)

    def compute_bridge(self, request: bridges_pb2.ComputeBridgeRequest) -> bridges_pb2.Bridge:
        """Split the difference of two answers by cause."""
        book = names.read_book(request.name)
        wanted = change_codec.read_bridge(request)
        with self._ledger.reads.holding(PART_BYTES) as hold:
            found = book_bridge(self._ledger.sights_of(book, hold), wanted, hold)
            return statement_codec.write_answer(bridges_pb2.Bridge(), found)

    def estimate_restatement(
        self, request: bridges_pb2.EstimateRestatementRequest
    ) -> bridges_pb2.RestatementEstimate:
        """Tell what rests on something, and what it would be."""
        book = names.read_book(request.name)
        subject = change_codec.read_subject(request)
        base = the_base_year(self._ledger.statements.read(book, View(Kind.BASE_YEAR)))
        with self._ledger.reads.holding(PART_BYTES) as hold:
            found = estimate_restatement(
                self._ledger.sights_of(book, hold), subject, base.body if base else None, hold
            )
            return statement_codec.write_answer(bridges_pb2.RestatementEstimate(), found)

    def note_restatement(
        self, request: bridges_pb2.NoteRestatementRequest
    ) -> bridges_pb2.NoteRestatementResponse:
        """Note a restatement, its figures computed here."""
        book = names.read_book(request.parent, field="parent")
        wanted = change_codec.read_restatement(request)
        given = Statement(
            Kind.RESTATEMENT,
            request.id,
            reason=request.reason,
            author=request.author or caller().subject,
        )
        asked = request.SerializeToString(deterministic=True).hex()
        statements, name = self._ledger.statements, request.request_id
        # What was noted stays, whatever the figures are by now.
        made = statements.repeated(book, given, name, asked)
        if made is None:
            with self._ledger.reads.holding(PART_BYTES) as hold:
                body = restatement_of(self._ledger.sights_of(book, hold), wanted, hold)
            (made,) = statements.add(book, [replace(given, body=body)], name, asked=asked)
        return change_codec.write_noted(book, made)

    def apply_restatement(
        self, request: bridges_pb2.ApplyRestatementRequest
    ) -> Iterator[bridges_pb2.ApplyRestatementResponse]:
        """Post records again under the rules in force, one segment at a step."""
        book = names.read_book(request.parent, field="parent")
        criteria = applied_codec.read_criteria(request.selection)
        restating = self._ledger.restating
        if request.validate_only:
            steps = restating.look(book, criteria)
        else:
            author = request.author or caller().subject
            steps = restating.restate(book, applied_codec.read_asked(request, author))
        before = 0
        for step in steps:
            if not request.validate_only and not step.is_done:
                self._telemetry.add("tonne_restated_records_total", step.restated_count - before)
                before = step.restated_count
            answer = bridges_pb2.ApplyRestatementResponse(
                segments_done_count=step.segments_done_count
            )
            if step.is_done:
                told = applied_codec.outcome_of(step, criteria)
                statement_codec.write_answer(answer.restatement, told)
            yield answer

    def list_applied_restatements(
        self, request: bridges_pb2.ListAppliedRestatementsRequest
    ) -> bridges_pb2.ListAppliedRestatementsResponse:
        """List what was restated."""
        book = names.read_book(request.parent, field="parent")
        page = self._ledger.acts.list(book, read_ask(request))
        answer = bridges_pb2.ListAppliedRestatementsResponse(next_page_token=page.next_page_token)
        for each in page.items:
            told = applied_codec.applied_of(each)
            statement_codec.write_answer(answer.restatements.add(), told)
        return answer

    def check_base_year(
        self, request: bridges_pb2.CheckBaseYearRequest
    ) -> bridges_pb2.BaseYearCheck:
        """Tell whether a base year is restated by its policy."""
        book = names.read_book(request.name)
        statements = self._ledger.statements
        base = the_base_year(statements.read(book, View(Kind.BASE_YEAR)), request.base_year)
        if base is None:
            raise FieldInvalid(
                f"base_year: book {book!r} has no base year, and no threshold is assumed: state "
                "them (`tonne base-year add`)",
                metadata={"field": "base_year", "book": book},
            )
        now = change_codec.read_now(request, statements.today(book))
        with self._ledger.reads.holding(PART_BYTES) as hold:
            found = check_base_year(
                self._ledger.sights_of(book, hold),
                base,
                now,
                statements.read(book, View(Kind.RESTATEMENT)),
                hold,
            )
            return statement_codec.write_answer(bridges_pb2.BaseYearCheck(), found)
