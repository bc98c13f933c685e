"""CatalogueService: editions and their factors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tonne.edge import codec, names
from tonne.v1 import catalogue_pb2

if TYPE_CHECKING:
    from collections.abc import Callable

    import grpc
    from google.protobuf.message import Message

    from tonne.edge.border import Border
    from tonne.ledger.ledger import Ledger

NAME = "tonne.v1.CatalogueService"


class CatalogueService:
    """Methods of CatalogueService."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def handlers(self, border: Border) -> dict[str, grpc.RpcMethodHandler[bytes, bytes]]:
        """Give the handlers by method."""
        methods: dict[str, tuple[type[Message], Callable[..., Message]]] = {
            "ImportEdition": (catalogue_pb2.ImportEditionRequest, self.import_edition),
            "ListEditions": (catalogue_pb2.ListEditionsRequest, self.list_editions),
            "ListFactors": (catalogue_pb2.ListFactorsRequest, self.list_factors),
            "GetFactor": (catalogue_pb2.GetFactorRequest, self.get_factor),
        }
        return {name: border.unary(name, kind, call) for name, (kind, call) in methods.items()}

    def import_edition(
        self, request: catalogue_pb2.ImportEditionRequest
    ) -> catalogue_pb2.ImportEditionResponse:
        """Import an edition from CSV."""
        book = names.read_book(request.parent, field="parent")
        edition = self._ledger.import_edition(book, request.edition_id, request.csv)
        return catalogue_pb2.ImportEditionResponse(edition=codec.write_edition(edition))

    def list_editions(
        self, request: catalogue_pb2.ListEditionsRequest
    ) -> catalogue_pb2.ListEditionsResponse:
        """List the editions of a book."""
        page = self._ledger.list_editions(
            names.read_book(request.parent, field="parent"),
            page_size=request.page_size,
            page_token=request.page_token,
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
        page = self._ledger.list_factors(
            book,
            edition,
            activity=request.activity,
            page_size=request.page_size,
            page_token=request.page_token,
        )
        return catalogue_pb2.ListFactorsResponse(
            factors=[codec.write_factor(book, edition, factor) for factor in page.items],
            next_page_token=page.next_page_token,
        )

    def get_factor(
        self, request: catalogue_pb2.GetFactorRequest
    ) -> catalogue_pb2.GetFactorResponse:
        """Read one factor."""
        book, edition, row = names.read_factor(request.name)
        factor = self._ledger.get_factor(book, edition, row)
        return catalogue_pb2.GetFactorResponse(factor=codec.write_factor(book, edition, factor))
