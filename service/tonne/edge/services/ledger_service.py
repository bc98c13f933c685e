"""LedgerService: books, their methods and organisation, and the records that are not posted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tonne.edge.access.gate import caller
from tonne.edge.access.roles import RULES
from tonne.edge.messages import codec, method_codec, names
from tonne.edge.messages.requests.period_requests import write_period
from tonne.edge.messages.word_codec import read_word, write_cause, write_refused, write_word
from tonne.edge.services.calls import handlers_of, read_ask, told
from tonne.edge.services.masks import read_mask
from tonne.ledger.as_of import read_as_of
from tonne.ledger.book.entities import ENTITIES_MAX
from tonne.ledger.book.facilities import TEXTS
from tonne.ledger.book.register import FACILITIES_MAX, check_count
from tonne.v1 import ledger_pb2

if TYPE_CHECKING:
    from collections.abc import Iterator

    import grpc

    from tonne.edge.border import Border
    from tonne.ledger.ledger import Ledger

NAME = "tonne.v1.LedgerService"

_BOOK_CHANGES = ("display_name", "facility_rule", "reopens_sealed", "late_records")
_ENTITY_CHANGES = ("display_name", "parent", "holdings")


class LedgerService:
    """Methods of LedgerService."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def handlers(self, border: Border) -> dict[str, grpc.RpcMethodHandler[bytes, bytes]]:
        """Give the handlers by method."""
        return handlers_of(ledger_pb2.DESCRIPTOR.services_by_name["LedgerService"], self, border)

    def create_book(self, request: ledger_pb2.CreateBookRequest) -> ledger_pb2.Book:
        """Make a book; without a time zone, its months are those of UTC."""
        settings = None
        if request.HasField("method"):
            settings = method_codec.read_settings(request.book_id, request.method)
        book = self._ledger.books.create_book(
            request.book_id,
            display_name=request.book.display_name,
            time_zone=request.book.time_zone or "UTC",
            facility_rule=codec.read_facility_rule(request.book),
            reopens_sealed=request.book.reopens_sealed,
            late_records=codec.read_late_records(request.book),
            method=settings,
            author=request.method.author or caller().subject,
            reason=request.method.reason,
        )
        return codec.write_book(book)

    def get_book(self, request: ledger_pb2.GetBookRequest) -> ledger_pb2.Book:
        """Read a book."""
        book = self._ledger.books.get_book(names.read_book(request.name))
        return codec.write_book(book)

    def get_access(self, request: ledger_pb2.GetAccessRequest) -> ledger_pb2.Access:
        """Say who calls, and what this caller may do with a book."""
        book = self._ledger.books.get_book(names.read_book(request.name))
        roles = caller().grants.on(book.id)
        return ledger_pb2.Access(
            caller=caller().subject,
            roles=sorted(roles),
            calls=sorted(name for name, rule in RULES.items() if roles & rule.roles),
        )

    def list_books(self, request: ledger_pb2.ListBooksRequest) -> ledger_pb2.ListBooksResponse:
        """List the books on which the caller has a role."""
        own = caller().grants.books
        if own is None:
            page = self._ledger.books.list_books(read_ask(request))
        else:
            page = self._ledger.books.list_own_books(own, read_ask(request))
        return ledger_pb2.ListBooksResponse(
            books=[codec.write_book(book) for book in page.items],
            next_page_token=page.next_page_token,
        )

    def update_book(self, request: ledger_pb2.UpdateBookRequest) -> ledger_pb2.Book:
        """Change a book's display name, its rule of facilities, or those of closed months."""
        book = names.read_book(request.book.name, field="book.name")
        mask = read_mask(request, request.book, _BOOK_CHANGES)
        given = {
            "display_name": request.book.display_name,
            "facility_rule": codec.read_facility_rule(request.book),
            "reopens_sealed": request.book.reopens_sealed,
            "late_records": codec.read_late_records(request.book),
        }
        changes = {name: given[name] for name in mask}
        return codec.write_book(self._ledger.books.update_book(book, changes))

    def update_method(self, request: ledger_pb2.UpdateMethodRequest) -> ledger_pb2.Method:
        """Write a new version of a method with some settings changed."""
        book, version = names.read_method(request.method.name, field="method.name")
        mask = read_mask(request, request.method, method_codec.SETTINGS)
        given = method_codec.read_settings(book, request.method)
        method = self._ledger.methods.update_method(
            book,
            {name: getattr(given, name) for name in mask},
            author=request.method.author or caller().subject,
            reason=request.method.reason,
            current_version=version,
        )
        return method_codec.write_method(self._ledger.books.get_book(book), method)

    def get_method(self, request: ledger_pb2.GetMethodRequest) -> ledger_pb2.Method:
        """Read a version of a method."""
        book, version = names.read_method(request.name)
        method = self._ledger.methods.get_method(book, version)
        return method_codec.write_method(self._ledger.books.get_book(book), method)

    def list_methods(
        self, request: ledger_pb2.ListMethodsRequest
    ) -> ledger_pb2.ListMethodsResponse:
        """List the versions of a method."""
        book = self._ledger.books.get_book(names.read_book(request.parent, field="parent"))
        page = self._ledger.methods.list_methods(book.id, read_ask(request))
        return ledger_pb2.ListMethodsResponse(
            methods=[method_codec.write_method(book, method) for method in page.items],
            next_page_token=page.next_page_token,
        )

    def import_facilities(
        self, request: ledger_pb2.ImportFacilitiesRequest
    ) -> ledger_pb2.ImportFacilitiesResponse:
        """Add or replace facilities."""
        check_count("facilities", len(request.facilities), FACILITIES_MAX)  # before they are read
        created, updated = self._ledger.register.import_facilities(
            names.read_book(request.parent, field="parent"),
            [
                codec.read_facility(f"facilities[{index}]", one)
                for index, one in enumerate(request.facilities)
            ],
        )
        return ledger_pb2.ImportFacilitiesResponse(created_count=created, updated_count=updated)

    def update_facility(self, request: ledger_pb2.UpdateFacilityRequest) -> ledger_pb2.Facility:
        """Change fields of a facility."""
        book = names.read_book(request.parent, field="parent")
        mask = read_mask(request, request.facility, TEXTS)
        given = codec.read_facility("facility", request.facility)
        changes = {name: getattr(given, name) for name in mask}
        return codec.write_facility(self._ledger.register.update_facility(book, given.id, changes))

    def list_facilities(
        self, request: ledger_pb2.ListFacilitiesRequest
    ) -> ledger_pb2.ListFacilitiesResponse:
        """List the registered facilities."""
        page = self._ledger.register.list_facilities(
            names.read_book(request.parent, field="parent"), read_ask(request)
        )
        return ledger_pb2.ListFacilitiesResponse(
            facilities=[codec.write_facility(facility) for facility in page.items],
            next_page_token=page.next_page_token,
        )

    def import_entities(
        self, request: ledger_pb2.ImportEntitiesRequest
    ) -> ledger_pb2.ImportEntitiesResponse:
        """Add or replace entities."""
        check_count("entities", len(request.entities), ENTITIES_MAX)
        created, updated = self._ledger.register.import_entities(
            names.read_book(request.parent, field="parent"),
            [
                method_codec.read_entity(f"entities[{index}]", one)
                for index, one in enumerate(request.entities)
            ],
        )
        return ledger_pb2.ImportEntitiesResponse(created_count=created, updated_count=updated)

    def update_entity(self, request: ledger_pb2.UpdateEntityRequest) -> ledger_pb2.Entity:
        """Change fields of an entity."""
        book = names.read_book(request.parent, field="parent")
        mask = read_mask(request, request.entity, _ENTITY_CHANGES)
        given = method_codec.read_entity("entity", request.entity)
        changes = {name: getattr(given, name) for name in mask}
        return method_codec.write_entity(
            self._ledger.register.update_entity(book, given.id, changes)
        )

    def list_entities(
        self, request: ledger_pb2.ListEntitiesRequest
    ) -> ledger_pb2.ListEntitiesResponse:
        """List the entities."""
        page = self._ledger.register.list_entities(
            names.read_book(request.parent, field="parent"), read_ask(request)
        )
        return ledger_pb2.ListEntitiesResponse(
            entities=[method_codec.write_entity(entity) for entity in page.items],
            next_page_token=page.next_page_token,
        )

    def create_word(self, request: ledger_pb2.CreateWordRequest) -> ledger_pb2.Word:
        """Teach a book a word, or have it forget one."""
        book = names.read_book(request.parent, field="parent")
        given = read_word(request.word, caller().subject)
        return write_word(book, self._ledger.words.add_word(book, given))

    def list_words(self, request: ledger_pb2.ListWordsRequest) -> ledger_pb2.ListWordsResponse:
        """List the entries of a book's words."""
        book = names.read_book(request.parent, field="parent")
        page = self._ledger.words.list_words(book, read_ask(request))
        return ledger_pb2.ListWordsResponse(
            words=[write_word(book, word) for word in page.items],
            next_page_token=page.next_page_token,
        )

    def list_periods(
        self, request: ledger_pb2.ListPeriodsRequest
    ) -> ledger_pb2.ListPeriodsResponse:
        """List the periods that have postings or were closed."""
        book = names.read_book(request.parent, field="parent")
        return ledger_pb2.ListPeriodsResponse(
            periods=[write_period(book, each) for each in self._ledger.periods.list_periods(book)]
        )

    def list_suspense(
        self, request: ledger_pb2.ListSuspenseRequest
    ) -> ledger_pb2.ListSuspenseResponse:
        """List the records in suspense."""
        book = names.read_book(request.parent, field="parent")
        page = self._ledger.records.list_suspense(book, read_ask(request))
        answer = ledger_pb2.ListSuspenseResponse(
            records=[codec.write_suspended(book, record) for record in page.items],
            next_page_token=page.next_page_token,
        )
        return told(answer, page.point)

    def list_suspense_causes(
        self, request: ledger_pb2.ListSuspenseCausesRequest
    ) -> ledger_pb2.ListSuspenseCausesResponse:
        """Count what the records in suspense wait for."""
        book = names.read_book(request.parent, field="parent")
        found = self._ledger.causes.count(book, read_as_of(request.as_of))
        answer = ledger_pb2.ListSuspenseCausesResponse(
            causes=map(write_cause, found.causes), omitted_count=found.omitted_count
        )
        return told(answer, found.point)

    def clear_suspense(
        self, request: ledger_pb2.ClearSuspenseRequest
    ) -> Iterator[ledger_pb2.ClearSuspenseResponse]:
        """Post the records in suspense that can be resolved by now."""
        steps = self._ledger.suspense.clear(names.read_book(request.parent, field="parent"))
        for step in steps:
            yield ledger_pb2.ClearSuspenseResponse(
                segment_count=step.segment_count,
                segments_done_count=step.segments_done_count,
                cleared_count=step.cleared_count,
                remaining_count=step.remaining_count,
            )

    def list_quarantine(
        self, request: ledger_pb2.ListQuarantineRequest
    ) -> ledger_pb2.ListQuarantineResponse:
        """List the records in quarantine."""
        book = names.read_book(request.parent, field="parent")
        page = self._ledger.records.list_quarantine(book, read_ask(request))
        answer = ledger_pb2.ListQuarantineResponse(
            records=[codec.write_quarantined(book, record) for record in page.items],
            next_page_token=page.next_page_token,
        )
        return told(answer, page.point)

    def list_quarantine_causes(
        self, request: ledger_pb2.ListQuarantineCausesRequest
    ) -> ledger_pb2.ListQuarantineCausesResponse:
        """Count the records in quarantine by the rule that they break."""
        book = names.read_book(request.parent, field="parent")
        causes, point = self._ledger.refused.count(book, read_as_of(request.as_of))
        answer = ledger_pb2.ListQuarantineCausesResponse(causes=map(write_refused, causes))
        return told(answer, point)

    def list_marks(self, request: ledger_pb2.ListMarksRequest) -> ledger_pb2.ListMarksResponse:
        """List the marks of a book, the last one first."""
        book = names.read_book(request.parent, field="parent")
        page = self._ledger.books.list_marks(book, request.page_size, request.page_token)
        return ledger_pb2.ListMarksResponse(
            marks=map(codec.write_mark, page.items), next_page_token=page.next_page_token
        )
