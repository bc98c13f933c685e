"""LedgerService: books, facilities, periods, and the records that are not posted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tonne.edge import codec, names
from tonne.errors import FieldInvalid
from tonne.v1 import ledger_pb2

if TYPE_CHECKING:
    from collections.abc import Callable

    import grpc
    from google.protobuf.message import Message

    from tonne.edge.border import Border
    from tonne.ledger.ledger import Ledger

NAME = "tonne.v1.LedgerService"


class LedgerService:
    """Methods of LedgerService."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def handlers(self, border: Border) -> dict[str, grpc.RpcMethodHandler[bytes, bytes]]:
        """Give the handlers by method."""
        methods: dict[str, tuple[type[Message], Callable[..., Message]]] = {
            "CreateBook": (ledger_pb2.CreateBookRequest, self.create_book),
            "GetBook": (ledger_pb2.GetBookRequest, self.get_book),
            "ListBooks": (ledger_pb2.ListBooksRequest, self.list_books),
            "SetEditionOrder": (ledger_pb2.SetEditionOrderRequest, self.set_edition_order),
            "ImportFacilities": (ledger_pb2.ImportFacilitiesRequest, self.import_facilities),
            "ListFacilities": (ledger_pb2.ListFacilitiesRequest, self.list_facilities),
            "ListPeriods": (ledger_pb2.ListPeriodsRequest, self.list_periods),
            "ListSuspense": (ledger_pb2.ListSuspenseRequest, self.list_suspense),
            "ListQuarantine": (ledger_pb2.ListQuarantineRequest, self.list_quarantine),
        }
        return {name: border.unary(name, kind, call) for name, (kind, call) in methods.items()}

    def create_book(self, request: ledger_pb2.CreateBookRequest) -> ledger_pb2.CreateBookResponse:
        """Make a book; without a time zone, its months are those of UTC."""
        book = self._ledger.create_book(
            request.book_id,
            display_name=request.book.display_name,
            time_zone=request.book.time_zone or "UTC",
            facility_rule=codec.read_facility_rule(request.book.facility_rule),
        )
        return ledger_pb2.CreateBookResponse(book=codec.write_book(book))

    def get_book(self, request: ledger_pb2.GetBookRequest) -> ledger_pb2.GetBookResponse:
        """Read a book."""
        book = self._ledger.get_book(names.read_book(request.name))
        return ledger_pb2.GetBookResponse(book=codec.write_book(book))

    def list_books(self, request: ledger_pb2.ListBooksRequest) -> ledger_pb2.ListBooksResponse:
        """List the books."""
        page = self._ledger.list_books(page_size=request.page_size, page_token=request.page_token)
        return ledger_pb2.ListBooksResponse(
            books=[codec.write_book(book) for book in page.items],
            next_page_token=page.next_page_token,
        )

    def set_edition_order(
        self, request: ledger_pb2.SetEditionOrderRequest
    ) -> ledger_pb2.SetEditionOrderResponse:
        """Set the order in which a book prefers its editions."""
        book = names.read_book(request.name)
        editions = []
        for name in request.editions:
            of_book, edition = names.read_edition(name, field="editions")
            if of_book != book:
                raise FieldInvalid(
                    f"editions: editions of book {book!r}; got {name!r}",
                    metadata={"field": "editions", "value": name},
                )
            editions.append(edition)
        changed = self._ledger.set_edition_order(book, editions)
        return ledger_pb2.SetEditionOrderResponse(book=codec.write_book(changed))

    def import_facilities(
        self, request: ledger_pb2.ImportFacilitiesRequest
    ) -> ledger_pb2.ImportFacilitiesResponse:
        """Add or replace facilities."""
        created, updated = self._ledger.import_facilities(
            names.read_book(request.parent, field="parent"),
            [codec.read_facility(index, one) for index, one in enumerate(request.facilities)],
        )
        return ledger_pb2.ImportFacilitiesResponse(created_count=created, updated_count=updated)

    def list_facilities(
        self, request: ledger_pb2.ListFacilitiesRequest
    ) -> ledger_pb2.ListFacilitiesResponse:
        """List the registered facilities."""
        page = self._ledger.list_facilities(
            names.read_book(request.parent, field="parent"),
            page_size=request.page_size,
            page_token=request.page_token,
        )
        return ledger_pb2.ListFacilitiesResponse(
            facilities=[codec.write_facility(facility) for facility in page.items],
            next_page_token=page.next_page_token,
        )

    def list_periods(
        self, request: ledger_pb2.ListPeriodsRequest
    ) -> ledger_pb2.ListPeriodsResponse:
        """List the periods that have postings."""
        periods = self._ledger.list_periods(names.read_book(request.parent, field="parent"))
        return ledger_pb2.ListPeriodsResponse(
            periods=[codec.write_period(period, state) for period, state in periods]
        )

    def list_suspense(
        self, request: ledger_pb2.ListSuspenseRequest
    ) -> ledger_pb2.ListSuspenseResponse:
        """List the records in suspense."""
        book = names.read_book(request.parent, field="parent")
        page = self._ledger.list_suspense(
            book, page_size=request.page_size, page_token=request.page_token
        )
        return ledger_pb2.ListSuspenseResponse(
            records=[codec.write_suspended(book, record) for record in page.items],
            next_page_token=page.next_page_token,
        )

    def list_quarantine(
        self, request: ledger_pb2.ListQuarantineRequest
    ) -> ledger_pb2.ListQuarantineResponse:
        """List the records in quarantine."""
        book = names.read_book(request.parent, field="parent")
        page = self._ledger.list_quarantine(
            book, page_size=request.page_size, page_token=request.page_token
        )
        return ledger_pb2.ListQuarantineResponse(
            records=[codec.write_quarantined(book, record) for record in page.items],
            next_page_token=page.next_page_token,
        )
