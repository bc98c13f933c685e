"""StatementService: what is stated beside the records, and what follows from it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tonne.edge.access.gate import caller
from tonne.edge.messages import names, statement_codec
from tonne.edge.services.calls import handlers_of, read_ask
from tonne.ledger.book.register import check_count
from tonne.ledger.book.statements.statements import STATEMENTS_PER_CALL, View
from tonne.ledger.budget import PART_BYTES
from tonne.reports.allocation.kept import check_keys
from tonne.reports.indicators.own import check_definitions, in_force
from tonne.reports.statements.claims import claims
from tonne.reports.statements.coverage import read_spend, supplier_coverage
from tonne.reports.statements.effects import measure_effect, pipeline
from tonne.reports.statements.engagement import engagement_figures
from tonne.reports.statements.figures import LedgerFigures
from tonne.reports.statements.indicators import IndicatorFigures, check_targets
from tonne.reports.statements.products import product_totals
from tonne.reports.statements.progress import target_progress
from tonne.reports.statements.spending import ledger_spend
from tonne.statements.fields import invalid
from tonne.statements.statement import Kind
from tonne.statements.targets import TargetType
from tonne.v1 import statements_pb2

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import grpc

    from tonne.edge.border import Border
    from tonne.ledger.budget import Hold
    from tonne.ledger.ledger import Ledger
    from tonne.reports.statements.figures import FigureSource
    from tonne.statements.statement import Statement

NAME = "tonne.v1.StatementService"


class StatementService:
    """Methods of StatementService."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def handlers(self, border: Border) -> dict[str, grpc.RpcMethodHandler[bytes, bytes]]:
        """Give the handlers by method."""
        described = statements_pb2.DESCRIPTOR.services_by_name["StatementService"]
        return handlers_of(described, self, border)

    def create_statements(
        self, request: statements_pb2.CreateStatementsRequest
    ) -> statements_pb2.CreateStatementsResponse:
        """State something."""
        book = names.read_book(request.parent, field="parent")
        check_count("statements", len(request.statements), STATEMENTS_PER_CALL)
        author = caller().subject
        given = [
            statement_codec.read_statement(each, f"statements[{index}]", author)
            for index, each in enumerate(request.statements)
        ]
        kept = self._ledger.statements
        ids = [each.body.indicator for each in given if each.kind is Kind.TARGET and each.body]
        check_targets(given, in_force(kept, book, ids) if any(ids) else ())
        check_definitions(kept, book, given)
        check_keys(given)
        check_made_by_hand(given)
        made = self._ledger.statements.add(book, given, request.request_id)
        return statements_pb2.CreateStatementsResponse(
            statements=[statement_codec.write_statement(book, each) for each in made]
        )

    def list_statements(
        self, request: statements_pb2.ListStatementsRequest
    ) -> statements_pb2.ListStatementsResponse:
        """List statements."""
        book = names.read_book(request.parent, field="parent")
        view = View(
            statement_codec.read_kind(request, "kind"),
            statement_codec.read_moment(request, "as_of_time"),
            statement_codec.read_day(request, "valid_on", "valid_on"),
            request.all_versions,
        )
        page = self._ledger.statements.list_statements(book, view, read_ask(request))
        return statements_pb2.ListStatementsResponse(
            statements=[statement_codec.write_statement(book, each) for each in page.items],
            next_page_token=page.next_page_token,
        )

    def compute_supplier_coverage(
        self, request: statements_pb2.ComputeSupplierCoverageRequest
    ) -> statements_pb2.SupplierCoverage:
        """Tell of which suppliers something is shown."""
        book = names.read_book(request.name)
        asked = statement_codec.read_asked(request)
        spend = read_spend(statement_codec.read_spend(request.spend))
        day = asked.day or self._ledger.statements.today(book)
        with self._ledger.reads.holding(PART_BYTES) as hold:
            spend = spend or ledger_spend(self._ledger.snapshots.take(book), day, hold)
            found = supplier_coverage(
                self._read(book, Kind.SUPPLIER, asked.on(day)),
                self._read(book, Kind.EVIDENCE, asked.on(day)),
                spend,
                day,
                partial(grow, hold),
            )
            return statement_codec.write_answer(statements_pb2.SupplierCoverage(), found)

    def compute_target_progress(
        self, request: statements_pb2.ComputeTargetProgressRequest
    ) -> statements_pb2.TargetProgress:
        """Tell where a target stands."""
        book = names.read_book(request.name)
        asked = statement_codec.read_asked(request)
        spend = read_spend(statement_codec.read_spend(request.spend))
        statement = self._ledger.statements.get(
            book, asked.view(Kind.TARGET), request.target, request.version
        )
        with self._ledger.reads.holding(PART_BYTES) as hold:
            take = self._ledger.snapshots.take
            source: FigureSource = LedgerFigures(book, take, hold)
            if statement.body.indicator:
                own = in_force(self._ledger.statements, book, (statement.body.indicator,))
                source = IndicatorFigures(book, take, hold, own)
            elif statement.body.type is TargetType.ENGAGEMENT:
                day = asked.day or self._ledger.statements.today(book)
                spend = spend or ledger_spend(take(book), day, hold)
                source = engagement_figures(
                    statement.body,
                    self._read(book, Kind.SUPPLIER, asked.on(day)),
                    self._read(book, Kind.EVIDENCE, asked.on(day)),
                    spend,
                    day,
                    partial(grow, hold),
                )
            found = target_progress(statement, source, request.year_start)
            return statement_codec.write_answer(statements_pb2.TargetProgress(), found)

    def get_measure_effect(
        self, request: statements_pb2.GetMeasureEffectRequest
    ) -> statements_pb2.MeasureEffect:
        """Compute the effect of a measure in a year."""
        book = names.read_book(request.name)
        asked = statement_codec.read_asked(request)
        measure = self._ledger.statements.get(book, asked.view(Kind.MEASURE), request.measure)
        with self._ledger.reads.holding(PART_BYTES) as hold:
            snapshot = self._ledger.snapshots.take(book)
            found = measure_effect(measure, snapshot, hold, request.year_start)
            return statement_codec.write_answer(statements_pb2.MeasureEffect(), found)

    def get_measure_pipeline(
        self, request: statements_pb2.GetMeasurePipelineRequest
    ) -> statements_pb2.MeasurePipeline:
        """Set measures against what is left of a target."""
        book = names.read_book(request.name)
        asked = statement_codec.read_asked(request)
        target = self._ledger.statements.get(book, asked.view(Kind.TARGET), request.target)
        if target.body.type is not TargetType.ABSOLUTE:
            raise invalid("target", "an absolute target, which measures bring nearer", target.id)
        with self._ledger.reads.holding(PART_BYTES) as hold:
            source = LedgerFigures(book, self._ledger.snapshots.take, hold)
            progress = target_progress(target, source)
            found = pipeline(progress, self._read(book, Kind.MEASURE, asked), partial(grow, hold))
            return statement_codec.write_answer(statements_pb2.MeasurePipeline(), found)

    def get_claims(self, request: statements_pb2.GetClaimsRequest) -> statements_pb2.Claims:
        """Tell what is claimed apart from the inventory."""
        book = names.read_book(request.name)
        asked = statement_codec.read_asked(request)
        with self._ledger.reads.holding(PART_BYTES) as hold:
            found = claims(
                self._read(book, Kind.ENABLEMENT, asked),
                self._read(book, Kind.OFFSET, asked),
                for_publication=request.for_publication,
                grow=partial(grow, hold),
            )
            return statement_codec.write_answer(statements_pb2.Claims(), found)

    def get_product_totals(
        self, request: statements_pb2.GetProductTotalsRequest
    ) -> statements_pb2.ProductTotals:
        """Add up what is stated of products."""
        book = names.read_book(request.name)
        asked = statement_codec.read_asked(request)
        day = asked.day or self._ledger.statements.today(book)
        with self._ledger.reads.holding(PART_BYTES) as hold:
            found = product_totals(
                self._read(book, Kind.PRODUCT, asked.on(day)),
                self._read(book, Kind.FOOTPRINT, asked.on(day)),
                self._read(book, Kind.PACKAGING, asked.on(day)),
                day,
                partial(grow, hold),
            )
            return statement_codec.write_answer(statements_pb2.ProductTotals(), found)

    def _read(self, book: str, kind: Kind, asked: statement_codec.Asked) -> Iterator[Statement]:
        return self._ledger.statements.read(book, asked.view(kind))


def check_made_by_hand(given: Sequence[Statement]) -> None:
    """Refuse restatements that somebody wrote: their figures are the ledger's.

    Raises
    ------
    FieldInvalid
    """
    for index, each in enumerate(given):
        if each.kind is Kind.RESTATEMENT and each.body is not None:
            raise invalid(
                f"statements[{index}].restatement",
                "nothing: NoteRestatement (`tonne restate note`) computes both figures and notes "
                "them",
                each.id,
            )


def grow(hold: Hold, size_bytes: int) -> None:
    """Ask for the memory of an answer that is being made, beside that of one part."""
    hold.grow_to(PART_BYTES + size_bytes)
