"""StatementService: what is stated beside the records, and what follows from it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from tonne.edge.access.gate import caller
from tonne.edge.messages import names, statement_codec
from tonne.edge.messages.report_codec import read_months
from tonne.edge.services.calls import handlers_of, read_ask, told
from tonne.ledger.book.register import check_count
from tonne.ledger.book.statements.statements import STATEMENTS_PER_CALL
from tonne.ledger.budget import PART_BYTES
from tonne.ledger.pages import page_limit
from tonne.reports.allocation.kept import check_keys
from tonne.reports.indicators.own import check_definitions, in_force
from tonne.reports.inventory.request import InventoryRequest
from tonne.reports.statements.claims import claims
from tonne.reports.statements.effects import measure_effect, pipeline
from tonne.reports.statements.figures import LedgerFigures
from tonne.reports.statements.indicators import IndicatorFigures, check_targets
from tonne.reports.statements.products import product_totals
from tonne.reports.statements.progress import all_progress, target_progress
from tonne.reports.suppliers.coverage import read_spend, supplier_coverage
from tonne.reports.suppliers.engagement import engagement_figures
from tonne.reports.suppliers.scope3 import SCOPE3, Makers, scope3_evidence
from tonne.reports.suppliers.spending import ledger_spend
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
    from tonne.ledger.reading.snapshot import Snapshot
    from tonne.reports.statements.figures import FigureSource
    from tonne.reports.suppliers.coverage import Spend
    from tonne.statements.statement import Statement
    from tonne.statements.targets import Target
    from tonne.store.manifest.moments import Point

NAME = "tonne.v1.StatementService"

TARGETS_MAX = 100
"""Targets of a page: each may be a reading of the book."""


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
        kind = statement_codec.read_kind(request, "kind")
        asked, ask = statement_codec.read_asked(request), read_ask(request)
        point = None if asked.as_of is None else self._ledger.snapshots.point(book, asked.as_of)
        view = (asked if point is None else asked.at(point)).view(kind)
        view = replace(view, has_all_versions=request.all_versions)
        page = self._ledger.statements.list_statements(book, view, ask)
        answer = statements_pb2.ListStatementsResponse(
            statements=[statement_codec.write_statement(book, each) for each in page.items],
            next_page_token=page.next_page_token,
        )
        return told(answer, point)

    def compute_supplier_coverage(
        self, request: statements_pb2.ComputeSupplierCoverageRequest
    ) -> statements_pb2.SupplierCoverage:
        """Tell of which suppliers something is shown."""
        book = names.read_book(request.name)
        asked = statement_codec.read_asked(request)
        spend = read_spend(statement_codec.read_spend(request.spend))
        with self._ledger.reads.holding(PART_BYTES) as hold:
            snapshot, asked = self._take(book, asked, hold)
            asked = self._on_a_day(snapshot.point, asked)
            spend = spend or ledger_spend(snapshot, asked.day, hold)
            found = supplier_coverage(
                self._read(book, Kind.SUPPLIER, asked),
                self._read(book, Kind.EVIDENCE, asked),
                spend,
                asked.day,
                partial(grow, hold),
            )
            answer = statement_codec.write_answer(statements_pb2.SupplierCoverage(), found)
            return told(answer, snapshot.point)

    def compute_scope3_evidence(
        self, request: statements_pb2.ComputeScope3EvidenceRequest
    ) -> statements_pb2.Scope3Evidence:
        """Tell on what kind of evidence scope 3 rests."""
        book = names.read_book(request.name)
        asked = statement_codec.read_asked(request)
        first, last = read_months(request)
        wanted = InventoryRequest(
            first,
            last,
            group_by=("activity", "account"),
            accounts=(SCOPE3,),
            gwp_set=request.gwp_set,
            consolidation=request.consolidation,
        )
        with self._ledger.reads.holding(PART_BYTES) as hold:
            snapshot, asked = self._take(book, asked, hold)
            asked = self._on_a_day(snapshot.point, asked)
            makers = Makers.read(
                self._read(book, Kind.SUPPLIER, asked),
                self._read(book, Kind.EVIDENCE, asked),
                asked.day,
                partial(grow, hold),
            )
            count = max(request.parts_max, 0)
            found = scope3_evidence(snapshot, wanted, makers, asked.day, count, hold)
            answer = statement_codec.write_answer(statements_pb2.Scope3Evidence(), found)
            return told(answer, snapshot.point)

    def compute_target_progress(
        self, request: statements_pb2.ComputeTargetProgressRequest
    ) -> statements_pb2.TargetProgress:
        """Tell where a target stands."""
        book = names.read_book(request.name)
        asked = statement_codec.read_asked(request)
        spend = read_spend(statement_codec.read_spend(request.spend))
        with self._ledger.reads.holding(PART_BYTES) as hold:
            snapshot, asked = self._take(book, asked, hold)
            statement = self._ledger.statements.get(
                book, asked.view(Kind.TARGET), request.target, request.version
            )
            source = self._figures(statement.body, snapshot, asked, spend, hold)
            found = target_progress(statement, source, request.year_start)
            answer = statement_codec.write_answer(statements_pb2.TargetProgress(), found)
            return told(answer, snapshot.point)

    def list_target_progress(
        self, request: statements_pb2.ListTargetProgressRequest
    ) -> statements_pb2.ListTargetProgressResponse:
        """Tell where the targets of a page stand."""
        book = names.read_book(request.name)
        asked, ask = statement_codec.read_asked(request), read_ask(request)
        spend = read_spend(statement_codec.read_spend(request.spend))
        ask = replace(ask, page_size=page_limit(ask.page_size, default=TARGETS_MAX))
        with self._ledger.reads.holding(PART_BYTES) as hold:
            snapshot, then = self._take(book, asked, hold)
            # A page goes on with what its token names: "now" is no part of that.
            view = (asked if asked.as_of is None else then).view(Kind.TARGET)
            page = self._ledger.statements.list_statements(book, view, ask)
            there = [each for each in page.items if each.body is not None]
            ids = sorted({each.body.indicator for each in there} - {""})
            own = in_force(self._ledger.statements, book, ids, by=then.by) if ids else ()
            shared = IndicatorFigures(snapshot, hold, own, [each.body for each in there])

            def source_of(target: Target) -> FigureSource:
                if target.indicator:
                    return shared
                return self._figures(target, snapshot, then, spend, hold)

            found = all_progress(there, source_of, request.year_start)
            answer = statements_pb2.ListTargetProgressResponse(
                targets=[
                    statement_codec.write_answer(statements_pb2.TargetOutcome(), each)
                    for each in found
                ],
                next_page_token=page.next_page_token,
            )
            return told(answer, snapshot.point)

    def _figures(
        self,
        target: Target,
        snapshot: Snapshot,
        asked: statement_codec.Asked,
        spend: Spend | None,
        hold: Hold,
    ) -> FigureSource:
        """Choose where the figures of a target's years come from."""
        book = snapshot.book.id
        if target.indicator:
            ids = (target.indicator,)
            own = in_force(self._ledger.statements, book, ids, by=asked.by)
            return IndicatorFigures(snapshot, hold, own)
        if target.type is not TargetType.ENGAGEMENT:
            return LedgerFigures(snapshot, hold)
        asked = self._on_a_day(snapshot.point, asked)
        return engagement_figures(
            target,
            self._read(book, Kind.SUPPLIER, asked),
            self._read(book, Kind.EVIDENCE, asked),
            spend or ledger_spend(snapshot, asked.day, hold),
            asked.day,
            partial(grow, hold),
        )

    def get_measure_effect(
        self, request: statements_pb2.GetMeasureEffectRequest
    ) -> statements_pb2.MeasureEffect:
        """Compute the effect of a measure in a year."""
        book = names.read_book(request.name)
        asked = statement_codec.read_asked(request)
        with self._ledger.reads.holding(PART_BYTES) as hold:
            snapshot, asked = self._take(book, asked, hold)
            view = asked.view(Kind.MEASURE)
            measure = self._ledger.statements.get(book, view, request.measure)
            found = measure_effect(measure, snapshot, hold, request.year_start)
            answer = statement_codec.write_answer(statements_pb2.MeasureEffect(), found)
            return told(answer, snapshot.point)

    def get_measure_pipeline(
        self, request: statements_pb2.GetMeasurePipelineRequest
    ) -> statements_pb2.MeasurePipeline:
        """Set measures against what is left of a target."""
        book = names.read_book(request.name)
        asked = statement_codec.read_asked(request)
        with self._ledger.reads.holding(PART_BYTES) as hold:
            snapshot, asked = self._take(book, asked, hold)
            target = self._ledger.statements.get(book, asked.view(Kind.TARGET), request.target)
            if target.body.type is not TargetType.ABSOLUTE:
                raise invalid(
                    "target", "an absolute target, which measures bring nearer", target.id
                )
            progress = target_progress(target, LedgerFigures(snapshot, hold))
            found = pipeline(progress, self._read(book, Kind.MEASURE, asked), partial(grow, hold))
            answer = statement_codec.write_answer(statements_pb2.MeasurePipeline(), found)
            return told(answer, snapshot.point)

    def get_claims(self, request: statements_pb2.GetClaimsRequest) -> statements_pb2.Claims:
        """Tell what is claimed apart from the inventory."""
        book = names.read_book(request.name)
        asked = statement_codec.read_asked(request)
        point = self._ledger.snapshots.point(book, asked.as_of)
        asked = asked.at(point)
        with self._ledger.reads.holding(PART_BYTES) as hold:
            found = claims(
                self._read(book, Kind.ENABLEMENT, asked),
                self._read(book, Kind.OFFSET, asked),
                for_publication=request.for_publication,
                grow=partial(grow, hold),
            )
            return told(statement_codec.write_answer(statements_pb2.Claims(), found), point)

    def get_product_totals(
        self, request: statements_pb2.GetProductTotalsRequest
    ) -> statements_pb2.ProductTotals:
        """Add up what is stated of products."""
        book = names.read_book(request.name)
        asked = statement_codec.read_asked(request)
        point = self._ledger.snapshots.point(book, asked.as_of)
        asked = self._on_a_day(point, asked.at(point))
        with self._ledger.reads.holding(PART_BYTES) as hold:
            found = product_totals(
                self._read(book, Kind.PRODUCT, asked),
                self._read(book, Kind.FOOTPRINT, asked),
                self._read(book, Kind.PACKAGING, asked),
                asked.day,
                partial(grow, hold),
            )
            answer = statement_codec.write_answer(statements_pb2.ProductTotals(), found)
            return told(answer, point)

    def _take(
        self, book: str, asked: statement_codec.Asked, hold: Hold
    ) -> tuple[Snapshot, statement_codec.Asked]:
        """Take a snapshot as of what is asked for, and ask for what was stated by then."""
        snapshot = self._ledger.snapshots.take(book, asked.as_of, hold=hold)
        return snapshot, asked.at(snapshot.point)

    def _on_a_day(self, point: Point, asked: statement_codec.Asked) -> statement_codec.Asked:
        """Name the day that is left open: today, or that of the moment which is asked for."""
        if asked.day:
            return asked
        at = None if asked.as_of is None else point.time
        return replace(asked, day=self._ledger.statements.today(point.book, at))

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
