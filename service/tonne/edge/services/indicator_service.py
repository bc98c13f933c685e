"""IndicatorService: definitions, values of a book, claims."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tonne.edge.messages import names
from tonne.edge.messages.reports import indicator_codec
from tonne.edge.services.calls import handlers_of, last_told, read_query
from tonne.ledger.as_of import read_as_of
from tonne.ledger.budget import PART_BYTES
from tonne.reports.explanation.indicators import explain_indicator
from tonne.reports.indicators.book import book_indicators
from tonne.reports.indicators.claims import check_claims
from tonne.reports.indicators.definition import search
from tonne.reports.indicators.own import in_force, own_definitions
from tonne.v1 import indicators_pb2

if TYPE_CHECKING:
    from collections.abc import Iterator

    import grpc

    from tonne.edge.border import Border
    from tonne.ledger.ledger import Ledger

NAME = "tonne.v1.IndicatorService"


class IndicatorService:
    """Methods of IndicatorService."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def handlers(self, border: Border) -> dict[str, grpc.RpcMethodHandler[bytes, bytes]]:
        """Give the handlers by method."""
        described = indicators_pb2.DESCRIPTOR.services_by_name["IndicatorService"]
        return handlers_of(described, self, border)

    def search_indicators(
        self, request: indicators_pb2.SearchIndicatorsRequest
    ) -> indicators_pb2.SearchIndicatorsResponse:
        """Find definitions by words."""
        book = names.read_book(request.parent, field="parent") if request.parent else ""
        own = in_force(self._ledger.statements, book) if book else ()
        return indicators_pb2.SearchIndicatorsResponse(
            indicators=[
                indicator_codec.write_definition(each, book if each in own else "")
                for each in search(read_query(request.query), own)
            ]
        )

    def get_indicator_values(
        self, request: indicators_pb2.GetIndicatorValuesRequest
    ) -> Iterator[indicators_pb2.GetIndicatorValuesResponse]:
        """Compute indicators of a book."""
        book = names.read_book(request.name)
        as_of = read_as_of(request.as_of)
        with self._ledger.reads.holding(PART_BYTES) as hold:
            snapshot = self._ledger.snapshots.take(book, as_of, hold=hold)
            own = own_definitions(
                self._ledger.statements, book, request.indicators, by=snapshot.point.time
            )
            wanted = indicator_codec.read_request(request, own)
            answer = indicator_codec.write_answer(book_indicators(snapshot, wanted, hold))
            yield from last_told(answer, snapshot.point)

    def explain_indicator(
        self, request: indicators_pb2.ExplainIndicatorRequest
    ) -> Iterator[indicators_pb2.ExplainIndicatorResponse]:
        """Unfold one value."""
        book = names.read_book(request.name)
        snapshot = self._ledger.snapshots.take(book, read_as_of(request.as_of))
        point = snapshot.point
        own = own_definitions(self._ledger.statements, book, (request.indicator,), by=point.time)
        wanted = indicator_codec.read_explain_request(request, own)
        holding = partial(self._ledger.reads.holding, PART_BYTES)
        parts = explain_indicator(snapshot, wanted, holding)
        yield from last_told((indicator_codec.write_explained(book, x) for x in parts), point)

    def check_indicator_claims(
        self, request: indicators_pb2.CheckIndicatorClaimsRequest
    ) -> indicators_pb2.CheckIndicatorClaimsResponse:
        """Tell whether claims fit their definitions."""
        book = names.read_book(request.parent, field="parent") if request.parent else ""
        claims = indicator_codec.read_claims(request)
        ids = [each.indicator for each in claims]
        own = own_definitions(self._ledger.statements, book, ids) if book else ()
        return indicator_codec.write_checks(check_claims(claims, own))
