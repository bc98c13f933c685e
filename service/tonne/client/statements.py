"""The client's calls about statements: suppliers, targets, measures, claims, products."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tonne.client.answers.results import moment_text
from tonne.client.wire.calls import PAGE_SIZE, Calls
from tonne.client.wire.resources import book_name
from tonne.client.wire.statement_results import read_statement
from tonne.errors import StatementUnknown
from tonne.statements import messages
from tonne.statements.answers import (
    Claims,
    MeasureEffect,
    Pipeline,
    ProductTotals,
    Scope3Evidence,
    SupplierCoverage,
    TargetOutcome,
    TargetProgress,
)
from tonne.statements.statement import Kind, Statement
from tonne.v1 import statements_pb2

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Mapping, Sequence

    from tonne.client.answers.results import AsOf

STATEMENTS_PER_CALL = 1_000
"""Statements that one call carries."""

CALL_BYTES = 2 << 20
"""Size of statements beyond which another call carries the next ones; a server takes 4 MiB."""


class StatementCalls(Calls):
    """States things about a book, and reads what was stated."""

    _statements: Any
    """Stub of StatementService."""

    def add_statements(
        self, book: str, given: Sequence[Statement], *, author: str = "", request_id: str = ""
    ) -> list[Statement]:
        """State something, or state it anew.

        Parameters
        ----------
        given : sequence of Statement
            As `tonne.statements.statement.statement_of` makes them; one without a body
            withdraws what was stated. Those of one call are made all or none; more than 1,000,
            or than 2 MiB, go in several.
        author : str
            Who says so, where a statement names nobody; the caller where it is empty.
        request_id : str
            Names the call: a repeat states nothing, and has the same answer.

        Returns
        -------
        list of Statement
            As they are kept, with their versions.
        """
        made: list[Statement] = []
        for number, part in enumerate(_parts(given, author)):
            request = statements_pb2.CreateStatementsRequest(
                parent=book_name(book),
                statements=part,
                request_id=f"{request_id}-{number}" if request_id and number else request_id,
            )
            answer = self._call(self._statements.CreateStatements, request)
            made.extend(map(read_statement, answer.statements))
        return made

    def list_statements(
        self,
        book: str,
        kind: Kind | str = "",
        *,
        all_versions: bool = False,
        as_of: AsOf = "",
        valid_on: str = "",
        filter_by: str = "",
        order_by: str = "",
    ) -> Iterator[Statement]:
        """List statements in the order in which they were made, withdrawn ones without a body.

        Parameters
        ----------
        kind : Kind or str
            Of this kind alone; empty: of all.
        all_versions : bool
            All versions, or of each statement the last one.
        as_of : str, int or datetime
            As of the number of a commit, or a time; empty: now.
        valid_on : str
            Only versions that speak of this day, YYYY-MM-DD.
        """
        request = statements_pb2.ListStatementsRequest(
            parent=book_name(book),
            kind=f"STATEMENT_KIND_{Kind(kind).name}" if kind else None,
            all_versions=all_versions,
            page_size=PAGE_SIZE,
            filter=filter_by,
            order_by=order_by,
        )
        _ask(request, as_of, valid_on=valid_on)
        for page in self._pages(self._statements.ListStatements, request):
            yield from map(read_statement, page.statements)

    def get_statement(self, book: str, kind: Kind | str, statement: str) -> Statement:
        """Read the version in force of a statement. Raises `StatementUnknown`."""
        found = self.list_statements(book, kind, filter_by=f'id = "{statement}"')
        for each in found:
            if not each.is_withdrawn:
                return each
        raise StatementUnknown.of(book, Kind(kind), statement)

    def supplier_coverage(
        self,
        book: str,
        *,
        spend: Mapping[str, Decimal | str] | None = None,
        currency: str = "",
        valid_on: str = "",
        as_of: AsOf = "",
        stated_by: dt.datetime | None = None,
    ) -> SupplierCoverage:
        """Tell of which suppliers something is shown, by number and by spend.

        Parameters
        ----------
        spend : mapping of str to Decimal or str, optional
            What was spent by supplier; those outside the register count in the whole. None: as
            the ledger has it in the twelve months that end with that of the day.
        currency : str
            Of the spend.
        valid_on : str
            The day on which suppliers and evidence count, YYYY-MM-DD; empty: today, or that of
            the moment.
        as_of : str, int or datetime
            As of the number of a commit, or a time: what was recorded and stated by then; empty:
            now.
        stated_by : datetime, optional
            Only what was stated by then, beside the records of the moment; aware.
        """
        request = statements_pb2.ComputeSupplierCoverageRequest(
            name=book_name(book), spend=_spend(spend, currency)
        )
        _ask(request, as_of, stated_by, valid_on)
        answer = self._call(self._statements.ComputeSupplierCoverage, request)
        return messages.read(SupplierCoverage, answer, "coverage")

    def scope3_evidence(
        self,
        book: str,
        *,
        from_period: str = "",
        to_period: str = "",
        gwp_set: str = "",
        consolidation: str = "",
        parts_max: int = 0,
        valid_on: str = "",
        as_of: AsOf = "",
        stated_by: dt.datetime | None = None,
    ) -> Scope3Evidence:
        """Tell on what kind of evidence scope 3 rests: suppliers' own data, means, or money.

        Parameters
        ----------
        from_period, to_period : str
            Months `YYYY-MM`, both inclusive; empty: from the beginning, to the end.
        gwp_set, consolidation : str
            As for `inventory`.
        parts_max : int
            Most parts by activity and factor, the largest first; at most 1,000.
        valid_on : str
            The day on which suppliers and evidence count, YYYY-MM-DD; empty: today, or that of
            the moment.
        as_of, stated_by
            As of `supplier_coverage`.
        """
        request = statements_pb2.ComputeScope3EvidenceRequest(
            name=book_name(book),
            from_period=from_period,
            to_period=to_period,
            gwp_set=gwp_set,
            consolidation=consolidation,
            parts_max=parts_max,
        )
        _ask(request, as_of, stated_by, valid_on)
        answer = self._call(self._statements.ComputeScope3Evidence, request)
        return messages.read(Scope3Evidence, answer, "scope3")

    def target_progress(
        self,
        book: str,
        target: str,
        *,
        year_start: str = "",
        version: int = 0,
        spend: Mapping[str, Decimal | str] | None = None,
        currency: str = "",
        valid_on: str = "",
        as_of: AsOf = "",
        stated_by: dt.datetime | None = None,
    ) -> TargetProgress:
        """Tell where a target stands.

        Parameters
        ----------
        year_start : str
            First month of the year whose figure is judged, YYYY-MM; empty: the latest.
        version : int
            Of the target; 0: the one of `valid_on` and `as_of`.
        spend, currency, valid_on, as_of, stated_by
            As of `supplier_coverage`; spend of a target of engagement by spend.
        """
        request = statements_pb2.ComputeTargetProgressRequest(
            name=book_name(book),
            target=target,
            year_start=year_start,
            version=version,
            spend=_spend(spend, currency),
        )
        _ask(request, as_of, stated_by, valid_on)
        answer = self._call(self._statements.ComputeTargetProgress, request)
        return messages.read(TargetProgress, answer, "progress")

    def list_target_progress(
        self,
        book: str,
        *,
        year_start: str = "",
        spend: Mapping[str, Decimal | str] | None = None,
        currency: str = "",
        valid_on: str = "",
        as_of: AsOf = "",
        stated_by: dt.datetime | None = None,
        filter_by: str = "",
    ) -> Iterator[TargetOutcome]:
        """Tell of all targets in force where they stand; of one that cannot be told, why.

        Parameters
        ----------
        year_start : str
            First month of the year whose figures are judged, YYYY-MM; empty: the latest. Targets
            whose years begin in another month are judged by their latest figure.
        filter_by : str
            As of `list_statements`.
        spend, currency, valid_on, as_of, stated_by
            As of `supplier_coverage`; spend of targets of engagement by spend.
        """
        request = statements_pb2.ListTargetProgressRequest(
            name=book_name(book),
            year_start=year_start,
            spend=_spend(spend, currency),
            filter=filter_by,
        )
        _ask(request, as_of, stated_by, valid_on)
        for page in self._pages(self._statements.ListTargetProgress, request):
            for each in page.targets:
                # As of when the answer is stands once, beside the targets.
                if each.HasField("progress"):
                    each.progress.commit = page.commit
                    each.progress.as_of_time.CopyFrom(page.as_of_time)
                yield messages.read(TargetOutcome, each, "outcome")

    def measure_effect(
        self,
        book: str,
        measure: str,
        *,
        year_start: str = "",
        as_of: AsOf = "",
        stated_by: dt.datetime | None = None,
    ) -> MeasureEffect:
        """Compute the effect of a measure in a year, with the numbers that it is made of."""
        request = statements_pb2.GetMeasureEffectRequest(
            name=book_name(book), measure=measure, year_start=year_start
        )
        _ask(request, as_of, stated_by)
        answer = self._call(self._statements.GetMeasureEffect, request)
        return messages.read(MeasureEffect, answer, "effect")

    def measure_pipeline(
        self,
        book: str,
        target: str,
        *,
        as_of: AsOf = "",
        stated_by: dt.datetime | None = None,
    ) -> Pipeline:
        """Set the measures for an absolute target against what is left of it."""
        request = statements_pb2.GetMeasurePipelineRequest(name=book_name(book), target=target)
        _ask(request, as_of, stated_by)
        answer = self._call(self._statements.GetMeasurePipeline, request)
        return messages.read(Pipeline, answer, "pipeline")

    def claims(
        self,
        book: str,
        *,
        for_publication: bool = False,
        as_of: AsOf = "",
        stated_by: dt.datetime | None = None,
    ) -> Claims:
        """Tell what is claimed apart from the inventory: enablement, and offsets."""
        request = statements_pb2.GetClaimsRequest(
            name=book_name(book), for_publication=for_publication
        )
        _ask(request, as_of, stated_by)
        return messages.read(Claims, self._call(self._statements.GetClaims, request), "claims")

    def product_totals(
        self,
        book: str,
        *,
        valid_on: str = "",
        as_of: AsOf = "",
        stated_by: dt.datetime | None = None,
    ) -> ProductTotals:
        """Add up what is stated of products: footprints, programmes, materials, packaging."""
        request = statements_pb2.GetProductTotalsRequest(name=book_name(book))
        _ask(request, as_of, stated_by, valid_on)
        answer = self._call(self._statements.GetProductTotals, request)
        return messages.read(ProductTotals, answer, "totals")


def _parts(given: Sequence[Statement], author: str) -> Iterator[list[statements_pb2.Statement]]:
    """Make messages, as many at once as a call carries."""
    part: list[statements_pb2.Statement] = []
    size = 0
    for index, each in enumerate(given):
        message = _message(each, f"statements[{index}]", author)
        size += message.ByteSize()
        if part and (len(part) == STATEMENTS_PER_CALL or size > CALL_BYTES):
            yield part
            part, size = [], message.ByteSize()
        part.append(message)
    if part:
        yield part


def _message(statement: Statement, place: str, author: str) -> statements_pb2.Statement:
    message = statements_pb2.Statement(
        kind=f"STATEMENT_KIND_{statement.kind.name}",
        id=statement.id,
        version=statement.version,
        reason=statement.reason,
        author=statement.author or author,
        withdrawn=statement.is_withdrawn,
    )
    if statement.valid_from:
        day = messages.date_message(statement.valid_from, f"{place}.valid_from")
        message.valid_from.CopyFrom(day)
    if statement.body is not None:
        said = getattr(message, statement.kind)
        said.SetInParent()
        messages.fill(said, statement.body, f"{place}.{statement.kind}")
    return message


def _spend(
    spend: Mapping[str, Decimal | str] | None, currency: str
) -> list[statements_pb2.SupplierSpend]:
    return [
        statements_pb2.SupplierSpend(
            supplier=supplier,
            amount=format(amount, "f") if isinstance(amount, Decimal) else amount,
            currency=currency,
        )
        for supplier, amount in (spend or {}).items()
    ]


def _ask(
    request: Any, as_of: AsOf, stated_by: dt.datetime | None = None, valid_on: str = ""
) -> None:
    """Put in of when an answer is wanted."""
    request.as_of = moment_text(as_of)
    if valid_on:
        request.valid_on.CopyFrom(messages.date_message(valid_on, "valid_on"))
    if stated_by is not None:
        request.as_of_time.FromDatetime(stated_by)
