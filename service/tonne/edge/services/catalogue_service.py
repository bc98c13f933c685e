"""CatalogueService: editions and their factors, what a book imported and what is shipped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tonne.edge.access.gate import caller
from tonne.edge.messages import catalogue_codec as codec
from tonne.edge.messages import names
from tonne.edge.services.calls import handlers_of, read_ask, read_query
from tonne.v1 import catalogue_pb2

if TYPE_CHECKING:
    import grpc

    from tonne.edge.border import Border
    from tonne.ledger.ledger import Ledger

NAME = "tonne.v1.CatalogueService"


class CatalogueService:
    """Methods of CatalogueService."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def handlers(self, border: Border) -> dict[str, grpc.RpcMethodHandler[bytes, bytes]]:
        """Give the handlers by method."""
        return handlers_of(
            catalogue_pb2.DESCRIPTOR.services_by_name["CatalogueService"], self, border
        )

    def import_edition(self, request: catalogue_pb2.ImportEditionRequest) -> catalogue_pb2.Edition:
        """Import an edition from CSV."""
        book = names.read_book(request.parent, field="parent")
        edition = self._ledger.editions.import_edition(
            book,
            request.edition_id,
            request.csv,
            author=request.author or caller().subject,
            reason=request.reason,
        )
        return codec.write_edition(edition)

    def list_editions(
        self, request: catalogue_pb2.ListEditionsRequest
    ) -> catalogue_pb2.ListEditionsResponse:
        """List the editions of a book, or the shipped ones."""
        page = self._ledger.editions.list_editions(
            names.read_book(request.parent, field="parent") if request.parent else "",
            read_ask(request),
        )
        return catalogue_pb2.ListEditionsResponse(
            editions=[codec.write_edition(edition) for edition in page.items],
            next_page_token=page.next_page_token,
        )

    def list_factors(
        self, request: catalogue_pb2.ListFactorsRequest
    ) -> catalogue_pb2.ListFactorsResponse:
        """List the factors of an edition."""
        book, edition = names.read_edition(request.parent, field="parent")
        page = self._ledger.editions.list_factors(book, edition, read_ask(request))
        return catalogue_pb2.ListFactorsResponse(
            factors=[codec.write_factor(book, edition, factor) for factor in page.items],
            next_page_token=page.next_page_token,
        )

    def get_factor(self, request: catalogue_pb2.GetFactorRequest) -> catalogue_pb2.Factor:
        """Read one factor."""
        book, edition, row = names.read_factor(request.name)
        factor = self._ledger.editions.get_factor(book, edition, row)
        return codec.write_factor(book, edition, factor)

    def search_factors(
        self, request: catalogue_pb2.SearchFactorsRequest
    ) -> catalogue_pb2.SearchFactorsResponse:
        """Find factors by words."""
        found, total = self._ledger.editions.search_factors(
            names.read_book(request.parent, field="parent") if request.parent else "",
            read_query(request.query),
            region=request.region,
            unit=request.unit,
            page_size=request.page_size,
        )
        return catalogue_pb2.SearchFactorsResponse(
            factors=[codec.write_factor(*each) for each in found], total_size=total
        )

    def search_activities(
        self, request: catalogue_pb2.SearchActivitiesRequest
    ) -> catalogue_pb2.SearchActivitiesResponse:
        """Find activities by words."""
        found, total, nearest = self._ledger.editions.search_activities(
            read_query(request.query), page_size=request.page_size
        )
        return catalogue_pb2.SearchActivitiesResponse(
            activities=map(codec.write_activity, found), total_size=total, nearest=nearest
        )
