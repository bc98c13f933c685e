"""The client's calls about books: their methods, facilities and entities, what is not posted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tonne.client.answers import results
from tonne.client.answers.days import row_messages
from tonne.client.answers.records import record_mapping
from tonne.client.methods import method_message, read_method
from tonne.client.wire.calls import PAGE_SIZE, Calls
from tonne.client.wire.resources import (
    book_name,
    entity_message,
    facility_message,
    read_book,
    read_entity,
    read_facility,
)
from tonne.model import Book, Entity, Facility, FacilityRule, Method
from tonne.v1 import ledger_pb2

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tonne.catalogue.words.method import MethodSettings

FACILITIES_PER_CALL = 1_000
"""Facilities that one call of an import carries."""


class BookCalls(Calls):
    """Makes books and changes what decides about their records."""

    _ledger: Any
    """Stub of LedgerService."""

    def create_book(
        self,
        book: str,
        *,
        display_name: str = "",
        time_zone: str = "UTC",
        facility_rule: FacilityRule = FacilityRule.WHEN_REGISTER_EXISTS,
        method: MethodSettings | None = None,
        author: str = "",
        reason: str = "",
    ) -> Book:
        """Make a book whose periods are the months of an IANA time zone.

        Parameters
        ----------
        book : str
            Its id.
        display_name : str
            Name for people.
        time_zone : str
            IANA time zone.
        facility_rule : FacilityRule
            Whether facilities must be registered.
        method : MethodSettings, optional
            Its first method; None means the shipped editions in their default order.
        author, reason : str
            Who chose the method, and why.
        """
        request = ledger_pb2.CreateBookRequest(
            book_id=book,
            book=ledger_pb2.Book(
                display_name=display_name,
                time_zone=time_zone,
                facility_rule=ledger_pb2.FacilityRule.Name(facility_rule),
            ),
        )
        if method is not None:
            request.method.CopyFrom(method_message(book, method, author, reason))
        return read_book(self._call(self._ledger.CreateBook, request))

    def get_book(self, book: str) -> Book:
        """Read a book; its editions are those of its method, the preferred one first."""
        request = ledger_pb2.GetBookRequest(name=book_name(book))
        return read_book(self._call(self._ledger.GetBook, request))

    def list_books(self, *, filter_by: str = "", order_by: str = "") -> Iterator[Book]:
        """List the books in order of their names.

        `filter_by` and `order_by` of this and the other lists are as in `ListBooksRequest`, like
        ``time_zone = "UTC"`` and ``name desc``; what a list takes is told where it is something
        else.
        """
        request = ledger_pb2.ListBooksRequest(
            page_size=PAGE_SIZE, filter=filter_by, order_by=order_by
        )
        for page in self._pages(self._ledger.ListBooks, request):
            yield from map(read_book, page.books)

    # Methods.

    def set_method(
        self,
        book: str,
        settings: MethodSettings,
        *,
        author: str,
        reason: str,
        current_version: int = 0,
    ) -> Method:
        """Put a new version of a book's method in force.

        `current_version` is the version that was read before: another one in force is an error;
        0 replaces whatever is in force.
        """
        request = ledger_pb2.SetMethodRequest(
            parent=book_name(book),
            method=method_message(book, settings, author, reason),
            current_version=current_version,
        )
        return read_method(self._call(self._ledger.SetMethod, request))

    def get_method(self, book: str, version: int = 0) -> Method:
        """Read a version of a book's method, or the one in force."""
        name = f"{book_name(book)}/methods/{version or 'current'}"
        request = ledger_pb2.GetMethodRequest(name=name)
        return read_method(self._call(self._ledger.GetMethod, request))

    def list_methods(
        self, book: str, *, filter_by: str = "", order_by: str = ""
    ) -> Iterator[Method]:
        """List the versions of a book's method, the first one first."""
        request = ledger_pb2.ListMethodsRequest(
            parent=book_name(book), page_size=PAGE_SIZE, filter=filter_by, order_by=order_by
        )
        for page in self._pages(self._ledger.ListMethods, request):
            yield from map(read_method, page.methods)

    def set_edition_order(self, book: str, editions: Sequence[str]) -> Book:
        """Set the order in which a book prefers its editions; all of the method are named."""
        name = book_name(book)
        request = ledger_pb2.SetEditionOrderRequest(
            name=name, editions=[f"{name}/editions/{edition}" for edition in editions]
        )
        return read_book(self._call(self._ledger.SetEditionOrder, request))

    # Facilities and entities.

    def import_facilities(self, book: str, facilities: Iterable[Facility]) -> tuple[int, int]:
        """Register facilities, replacing those of the same id: (created, updated)."""
        messages = row_messages("facilities", facilities, facility_message)
        created_count = updated_count = 0
        for first in range(0, len(messages), FACILITIES_PER_CALL):
            response = self._call(
                self._ledger.ImportFacilities,
                ledger_pb2.ImportFacilitiesRequest(
                    parent=book_name(book),
                    facilities=messages[first : first + FACILITIES_PER_CALL],
                ),
            )
            created_count += response.created_count
            updated_count += response.updated_count
        return created_count, updated_count

    def list_facilities(
        self, book: str, *, filter_by: str = "", order_by: str = ""
    ) -> Iterator[Facility]:
        """List the registered facilities in order of their ids."""
        request = ledger_pb2.ListFacilitiesRequest(
            parent=book_name(book), page_size=PAGE_SIZE, filter=filter_by, order_by=order_by
        )
        for page in self._pages(self._ledger.ListFacilities, request):
            yield from map(read_facility, page.facilities)

    def import_entities(self, book: str, entities: Iterable[Entity]) -> tuple[int, int]:
        """Add entities, replacing those of the same id: (created, updated).

        All of them go in one call: a parent may come after its children.
        """
        request = ledger_pb2.ImportEntitiesRequest(
            parent=book_name(book), entities=row_messages("entities", entities, entity_message)
        )
        response = self._call(self._ledger.ImportEntities, request)
        return response.created_count, response.updated_count

    def list_entities(
        self, book: str, *, filter_by: str = "", order_by: str = ""
    ) -> Iterator[Entity]:
        """List the entities of a book in order of their ids."""
        request = ledger_pb2.ListEntitiesRequest(
            parent=book_name(book), page_size=PAGE_SIZE, filter=filter_by, order_by=order_by
        )
        for page in self._pages(self._ledger.ListEntities, request):
            yield from map(read_entity, page.entities)

    # Records that are not posted.

    def list_suspense(
        self, book: str, *, filter_by: str = ""
    ) -> Iterator[results.SuspendedRecord]:
        """List the records in suspense in the order of their commits."""
        request = ledger_pb2.ListSuspenseRequest(
            parent=book_name(book), page_size=PAGE_SIZE, filter=filter_by
        )
        for page in self._pages(self._ledger.ListSuspense, request):
            for item in page.records:
                yield results.SuspendedRecord(
                    item.channel,
                    item.offset,
                    record_mapping(item.record),
                    results.status_name(item.status),
                    item.message,
                )

    def clear_suspense(self, book: str) -> Iterator[results.ClearingProgress]:
        """Post the records in suspense that can be resolved by now, each exactly once.

        Yields how far it is after each segment, the last time when it is done. There is no
        deadline. A call that fails may be repeated: nothing is posted twice.
        """
        request = ledger_pb2.ClearSuspenseRequest(parent=book_name(book))
        for step in self._stream(self._ledger.ClearSuspense, request, timeout_s=None):
            yield results.ClearingProgress(
                step.segment_count,
                step.segments_done_count,
                step.cleared_count,
                step.remaining_count,
            )

    def list_quarantine(
        self, book: str, *, filter_by: str = ""
    ) -> Iterator[results.QuarantinedRecord]:
        """List the records in quarantine in the order of their commits."""
        request = ledger_pb2.ListQuarantineRequest(
            parent=book_name(book), page_size=PAGE_SIZE, filter=filter_by
        )
        for page in self._pages(self._ledger.ListQuarantine, request):
            yield from map(results.read_quarantined, page.records)
