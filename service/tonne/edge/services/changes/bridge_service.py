"""BridgeService: why a number changed, what rests on something, and what is restated."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tonne.edge.access.gate import caller
from tonne.edge.messages import names, statement_codec
from tonne.edge.messages.reports import change_codec
from tonne.edge.services.calls import handlers_of
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
    import grpc

    from tonne.edge.border import Border
    from tonne.ledger.ledger import Ledger

NAME = "tonne.v1.BridgeService"


class BridgeService:
    """Methods of BridgeService."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

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
