"""The client's calls about books: their methods, facilities and entities, what is not posted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from google.protobuf.field_mask_pb2 import FieldMask

from tonne.catalogue.words.method import MethodSettings
from tonne.client.answers import results
from tonne.client.answers.days import row_messages
from tonne.client.answers.records import record_mapping
from tonne.client.answers.results import AsOf, BookMoment, moment_text, telling
from tonne.client.methods import method_message, read_method
from tonne.client.wire.calls import PAGE_SIZE, Calls
from tonne.client.wire.resources import (
    book_name,
    entity_message,
    facility_message,
    read_book,
    read_cause,
    read_entity,
    read_facility,
    read_word,
)
from tonne.model import Book, Entity, Facility, FacilityRule, LateRecords, Method, Word, WordField
from tonne.v1 import ledger_pb2

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

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
        late_records: LateRecords = LateRecords.REFUSE,
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
        late_records : LateRecords
            Whether records of closed months are refused.
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
                late_records=ledger_pb2.LateRecords.Name(late_records),
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

    def update_book(
        self,
        book: str,
        *,
        display_name: str | None = None,
        facility_rule: FacilityRule | None = None,
        reopens_sealed: bool | None = None,
        late_records: LateRecords | None = None,
        reason: str = "",
    ) -> Book:
        """Change what may change of a book; None leaves it as it is.

        Parameters
        ----------
        display_name : str, optional
            Name for people.
        facility_rule : FacilityRule, optional
            Whether facilities must be registered.
        reopens_sealed : bool, optional
            Whether a month is reopened where later ones are sealed, and these with it.
        late_records : LateRecords, optional
            What becomes of records of closed months from now on.
        reason : str
            Why, for the log of changes; so it is in the other calls that change something.
        """
        given: dict[str, Any] = {
            "display_name": display_name,
            "facility_rule": facility_rule,
            "reopens_sealed": reopens_sealed,
            "late_records": late_records,
        }
        changed = ledger_pb2.Book(name=book_name(book), **given)
        paths = [name for name, value in given.items() if value is not None]
        request = ledger_pb2.UpdateBookRequest(
            book=changed, update_mask=FieldMask(paths=paths), reason=reason
        )
        return read_book(self._call(self._ledger.UpdateBook, request))

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
        """Put a new version of a book's method in force, all of its settings.

        `current_version` is the version that was read before: another one in force is an error;
        0 replaces whatever is in force.
        """
        method = method_message(book, settings, author, reason)
        return self._update_method(book, method, ["*"], current_version)

    def update_method(
        self, book: str, *, author: str, reason: str, current_version: int = 0, **changes: Any
    ) -> Method:
        """Put a new version of a book's method in force that has other values in some settings.

        `changes` are fields of `MethodSettings`, like ``gwp_set="AR6"`` or ``editions=("own",)``;
        `current_version` is as in `set_method`.
        """
        settings = MethodSettings(**changes)
        method = method_message(book, settings, author, reason)
        return self._update_method(book, method, list(changes), current_version)

    def _update_method(
        self, book: str, method: ledger_pb2.Method, paths: list[str], current_version: int
    ) -> Method:
        method.name = f"{book_name(book)}/methods/{current_version or 'current'}"
        request = ledger_pb2.UpdateMethodRequest(method=method, update_mask=FieldMask(paths=paths))
        return read_method(self._call(self._ledger.UpdateMethod, request))

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

    # Facilities and entities.

    def import_facilities(
        self, book: str, facilities: Iterable[Facility], *, reason: str = ""
    ) -> tuple[int, int]:
        """Register facilities, replacing those of the same id: (created, updated)."""
        messages = row_messages("facilities", facilities, facility_message)
        created_count = updated_count = 0
        for first in range(0, len(messages), FACILITIES_PER_CALL):
            response = self._call(
                self._ledger.ImportFacilities,
                ledger_pb2.ImportFacilitiesRequest(
                    parent=book_name(book),
                    facilities=messages[first : first + FACILITIES_PER_CALL],
                    reason=reason,
                ),
            )
            created_count += response.created_count
            updated_count += response.updated_count
        return created_count, updated_count

    def update_facility(
        self, book: str, facility: str, *, reason: str = "", **changes: str
    ) -> Facility:
        """Change fields of a registered facility, like ``display_name="North"``."""
        request = ledger_pb2.UpdateFacilityRequest(
            parent=book_name(book),
            facility=facility_message(Facility(facility, **changes), "facility"),
            update_mask=FieldMask(paths=list(changes)),
            reason=reason,
        )
        return read_facility(self._call(self._ledger.UpdateFacility, request))

    def list_facilities(
        self, book: str, *, filter_by: str = "", order_by: str = ""
    ) -> Iterator[Facility]:
        """List the registered facilities in order of their ids."""
        request = ledger_pb2.ListFacilitiesRequest(
            parent=book_name(book), page_size=PAGE_SIZE, filter=filter_by, order_by=order_by
        )
        for page in self._pages(self._ledger.ListFacilities, request):
            yield from map(read_facility, page.facilities)

    def import_entities(
        self, book: str, entities: Iterable[Entity], *, reason: str = ""
    ) -> tuple[int, int]:
        """Add entities, replacing those of the same id: (created, updated).

        All of them go in one call: a parent may come after its children.
        """
        request = ledger_pb2.ImportEntitiesRequest(
            parent=book_name(book),
            entities=row_messages("entities", entities, entity_message),
            reason=reason,
        )
        response = self._call(self._ledger.ImportEntities, request)
        return response.created_count, response.updated_count

    def update_entity(self, book: str, entity: str, *, reason: str = "", **changes: Any) -> Entity:
        """Change fields of an entity: `display_name`, `parent`, or `holdings`, all of them."""
        request = ledger_pb2.UpdateEntityRequest(
            parent=book_name(book),
            entity=entity_message(Entity(entity, **changes), "entity"),
            update_mask=FieldMask(paths=list(changes)),
            reason=reason,
        )
        return read_entity(self._call(self._ledger.UpdateEntity, request))

    def list_entities(
        self, book: str, *, filter_by: str = "", order_by: str = ""
    ) -> Iterator[Entity]:
        """List the entities of a book in order of their ids."""
        request = ledger_pb2.ListEntitiesRequest(
            parent=book_name(book), page_size=PAGE_SIZE, filter=filter_by, order_by=order_by
        )
        for page in self._pages(self._ledger.ListEntities, request):
            yield from map(read_entity, page.entities)

    # Words.

    def add_word(
        self,
        book: str,
        field: WordField | str,
        text: str,
        meaning: str,
        *,
        reason: str,
        author: str = "",
    ) -> Word:
        """Teach a book what a text of its records means, where nothing else reads it.

        Parameters
        ----------
        field : WordField or str
            `activity`, `unit` or `region`.
        text : str
            As records write it.
        meaning : str
            Id of an activity or region, or a unit; empty: the book forgets the word.
        author, reason : str
            Who says so, the caller where it is empty, and why.

        Returns
        -------
        Word
            Its `posted_count` are records posted under an earlier meaning, which stay so.
        """
        word = ledger_pb2.Word(
            field=f"WORD_FIELD_{WordField(field).name}",
            text=text,
            meaning=meaning,
            author=author,
            reason=reason,
        )
        request = ledger_pb2.CreateWordRequest(parent=book_name(book), word=word)
        return read_word(self._call(self._ledger.CreateWord, request))

    def list_words(self, book: str, *, filter_by: str = "", order_by: str = "") -> Iterator[Word]:
        """List the entries of a book's words in the order in which they were made."""
        request = ledger_pb2.ListWordsRequest(
            parent=book_name(book), page_size=PAGE_SIZE, filter=filter_by, order_by=order_by
        )
        for page in self._pages(self._ledger.ListWords, request):
            yield from map(read_word, page.words)

    # Records that are not posted.

    def list_suspense(
        self,
        book: str,
        *,
        filter_by: str = "",
        as_of: AsOf = "",
        on_moment: Callable[[BookMoment], None] | None = None,
    ) -> Iterator[results.SuspendedRecord]:
        """List the records in suspense in the order of their commits."""
        request = ledger_pb2.ListSuspenseRequest(
            parent=book_name(book),
            page_size=PAGE_SIZE,
            filter=filter_by,
            as_of=moment_text(as_of),
        )
        for page in telling(self._pages(self._ledger.ListSuspense, request), on_moment):
            for item in page.records:
                yield results.SuspendedRecord(
                    item.channel,
                    item.offset,
                    record_mapping(item.record),
                    results.status_name(item.status),
                    item.message,
                )

    def list_suspense_causes(
        self, book: str, *, as_of: AsOf = ""
    ) -> tuple[list[results.SuspenseCause], int]:
        """Count what the records in suspense wait for, most records first.

        Returns
        -------
        tuple of list of SuspenseCause and int
            And how many records wait for something else, where there are more causes than an
            answer has.
        """
        request = ledger_pb2.ListSuspenseCausesRequest(
            parent=book_name(book), as_of=moment_text(as_of)
        )
        answer = self._call(self._ledger.ListSuspenseCauses, request)
        return [read_cause(each) for each in answer.causes], answer.omitted_count

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
        self,
        book: str,
        *,
        filter_by: str = "",
        as_of: AsOf = "",
        on_moment: Callable[[BookMoment], None] | None = None,
    ) -> Iterator[results.QuarantinedRecord]:
        """List the records in quarantine in the order of their commits."""
        request = ledger_pb2.ListQuarantineRequest(
            parent=book_name(book),
            page_size=PAGE_SIZE,
            filter=filter_by,
            as_of=moment_text(as_of),
        )
        for page in telling(self._pages(self._ledger.ListQuarantine, request), on_moment):
            yield from map(results.read_quarantined, page.records)
