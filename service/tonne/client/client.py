"""The client: one server's calls as Python methods."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, Self

from tonne.client import results
from tonne.client.batches import Batches, Records
from tonne.client.calls import PAGE_SIZE
from tonne.client.channel import Channel
from tonne.client.errors import RecordsInvalid
from tonne.client.records import record_mapping
from tonne.client.reports import ReportCalls
from tonne.client.resources import (
    book_name,
    channel_name,
    facility_message,
    read_book,
    read_channel,
    read_edition,
    read_facility,
)
from tonne.client.retry import RetryPolicy
from tonne.client.stream import AppendStream
from tonne.client.transport import open_stream_connection, open_unary_connection
from tonne.model import Book, Edition, Facility, FacilityRule, Limits
from tonne.model import Channel as ChannelInfo
from tonne.v1 import (
    catalogue_pb2,
    catalogue_pb2_grpc,
    ingest_pb2,
    ingest_pb2_grpc,
    ledger_pb2,
    ledger_pb2_grpc,
    report_pb2_grpc,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    import grpc

FACILITIES_PER_CALL = 1_000
"""Facilities that one call of an import carries."""

POST_LIMITS = Limits(4 * 1024 * 1024, 0, 1_000_000, 0.0)
"""What one PostRecords call takes: gRPC's own default limit of a message."""


class Client(ReportCalls):
    """A connection to a Tonne server.

    Parameters
    ----------
    target : str
        `HOST:PORT`, or another gRPC name like `dns:///tonne.example:50051`.
    retry : RetryPolicy, optional
        How long appends go on without progress.
    timeout_s : float
        How long a single call may take.

    Notes
    -----
    Every method raises errors of `tonne.errors` and `tonne.client.errors`, never those of
    gRPC. Methods may be called from several threads; a `Channel` is used by one at a time.

    Examples
    --------
    >>> with Client() as client, client.channel("acme", "meters") as channel:  # doctest: +SKIP
    ...     channel.append([{"facility": "dc-1", "activity": "electricity.grid",
    ...                      "quantity": "12.5", "unit": "kWh",
    ...                      "start": "2025-01-01", "end": "2025-01-02"}])
    """

    def __init__(
        self,
        target: str = "127.0.0.1:50051",
        *,
        retry: RetryPolicy | None = None,
        timeout_s: float = 120.0,
    ) -> None:
        super().__init__(target, timeout_s)
        self._policy = retry or RetryPolicy()
        self._unary = open_unary_connection(target)
        self._streams = open_stream_connection(target)
        self._ingest = _stub(ingest_pb2_grpc.IngestServiceStub, self._unary)
        self._appends = _stub(ingest_pb2_grpc.IngestServiceStub, self._streams)
        self._ledger = _stub(ledger_pb2_grpc.LedgerServiceStub, self._unary)
        self._catalogue = _stub(catalogue_pb2_grpc.CatalogueServiceStub, self._unary)
        self._reports = _stub(report_pb2_grpc.ReportServiceStub, self._unary)

    def close(self) -> None:
        """Close the connections; streams that still run are cut."""
        self._streams.close()
        self._unary.close()

    def __enter__(self) -> Self:
        """Return the client itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections."""
        self.close()

    # Channels and records.

    def channel(self, book: str, channel: str) -> Channel:
        """Open a channel, making it if it is new. Any other owner of it is fenced."""
        return Channel(self, channel_name(book, channel), self._policy)

    def get_channel_info(self, book: str, channel: str) -> ChannelInfo:
        """Read a channel without touching its epoch."""
        return read_channel(self.get_channel(channel_name(book, channel)))

    def close_channel(self, book: str, channel: str) -> ChannelInfo:
        """Close a channel for ever."""
        request = ingest_pb2.CloseChannelRequest(name=channel_name(book, channel))
        return read_channel(self._call(self._ingest.CloseChannel, request).channel)

    def list_channels(self, book: str) -> Iterator[ChannelInfo]:
        """List the channels of a book in order of their names."""
        request = ingest_pb2.ListChannelsRequest(parent=book_name(book), page_size=PAGE_SIZE)
        for page in self._pages(self._ingest.ListChannels, request):
            yield from map(read_channel, page.channels)

    def post_records(
        self, book: str, records: Records, request_id: str | None = None
    ) -> results.AppendResult:
        """Post a few records in one call; for more, append to a channel.

        A repeat with the same `request_id` and the same records changes nothing.
        """
        batches = list(Batches(records, POST_LIMITS, bytes_target=POST_LIMITS.message_bytes_max))
        if len(batches) != 1:
            raise RecordsInvalid(
                "expected 1 to about 4 MiB of records for one call; "
                + ("got none" if not batches else "got more: append them to a channel")
            )
        request = ingest_pb2.PostRecordsRequest(
            parent=book_name(book), request_id=request_id or str(uuid.uuid4())
        )
        if batches[0].request.WhichOneof("batch") == "rows":
            request.rows.CopyFrom(batches[0].request.rows)
        else:
            request.arrow_ipc = batches[0].request.arrow_ipc
        response = self._call(self._ingest.PostRecords, request)
        totals = results.read_totals(response.control_totals)
        return results.AppendResult(
            totals.records_count,
            totals.posted_count,
            totals.quarantined_count,
            totals.suspended_count,
            results.quantity_decimal(totals.quantity_micro),
            tuple(results.read_row_error(error, 0) for error in response.row_errors),
            response.row_errors_omitted_count,
        )

    # Books and facilities.

    def create_book(
        self,
        book: str,
        *,
        display_name: str = "",
        time_zone: str = "UTC",
        facility_rule: FacilityRule = FacilityRule.WHEN_REGISTER_EXISTS,
    ) -> Book:
        """Make a book whose periods are the months of an IANA time zone."""
        request = ledger_pb2.CreateBookRequest(
            book_id=book,
            book=ledger_pb2.Book(
                display_name=display_name,
                time_zone=time_zone,
                facility_rule=ledger_pb2.FacilityRule.Name(facility_rule),
            ),
        )
        return read_book(self._call(self._ledger.CreateBook, request).book)

    def get_book(self, book: str) -> Book:
        """Read a book."""
        request = ledger_pb2.GetBookRequest(name=book_name(book))
        return read_book(self._call(self._ledger.GetBook, request).book)

    def list_books(self) -> Iterator[Book]:
        """List the books in order of their names."""
        request = ledger_pb2.ListBooksRequest(page_size=PAGE_SIZE)
        for page in self._pages(self._ledger.ListBooks, request):
            yield from map(read_book, page.books)

    def set_edition_order(self, book: str, editions: Sequence[str]) -> Book:
        """Set the order in which a book prefers its editions; all of them are named."""
        name = book_name(book)
        request = ledger_pb2.SetEditionOrderRequest(
            name=name, editions=[f"{name}/editions/{edition}" for edition in editions]
        )
        return read_book(self._call(self._ledger.SetEditionOrder, request).book)

    def import_facilities(self, book: str, facilities: Iterable[Facility]) -> tuple[int, int]:
        """Register facilities, replacing those of the same id: (created, updated)."""
        messages = [facility_message(facility) for facility in facilities]
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

    def list_facilities(self, book: str) -> Iterator[Facility]:
        """List the registered facilities in order of their ids."""
        request = ledger_pb2.ListFacilitiesRequest(parent=book_name(book), page_size=PAGE_SIZE)
        for page in self._pages(self._ledger.ListFacilities, request):
            yield from map(read_facility, page.facilities)

    def list_suspense(self, book: str) -> Iterator[results.SuspendedRecord]:
        """List the records in suspense in the order of their commits."""
        request = ledger_pb2.ListSuspenseRequest(parent=book_name(book), page_size=PAGE_SIZE)
        for page in self._pages(self._ledger.ListSuspense, request):
            for item in page.records:
                yield results.SuspendedRecord(
                    item.channel,
                    item.offset,
                    record_mapping(item.record),
                    results.status_name(item.status),
                    item.message,
                )

    def list_quarantine(self, book: str) -> Iterator[results.QuarantinedRecord]:
        """List the records in quarantine in the order of their commits."""
        request = ledger_pb2.ListQuarantineRequest(parent=book_name(book), page_size=PAGE_SIZE)
        for page in self._pages(self._ledger.ListQuarantine, request):
            yield from map(results.read_quarantined, page.records)

    # Editions.

    def import_edition(self, book: str, edition: str, csv: bytes) -> Edition:
        """Import an edition of factors; the same content again changes nothing."""
        request = catalogue_pb2.ImportEditionRequest(
            parent=book_name(book), edition_id=edition, csv=csv
        )
        return read_edition(self._call(self._catalogue.ImportEdition, request).edition)

    def list_editions(self, book: str) -> Iterator[Edition]:
        """List the editions of a book in its order of preference."""
        request = catalogue_pb2.ListEditionsRequest(parent=book_name(book), page_size=PAGE_SIZE)
        for page in self._pages(self._catalogue.ListEditions, request):
            yield from map(read_edition, page.editions)

    # What `Channel` asks for.

    def open_channel(self, name: str) -> ingest_pb2.OpenChannelResponse:
        """Open a channel by its full name, raising its epoch."""
        request = ingest_pb2.OpenChannelRequest(name=name)
        opened: ingest_pb2.OpenChannelResponse = self._call(self._ingest.OpenChannel, request)
        return opened

    def get_channel(self, name: str) -> ingest_pb2.Channel:
        """Read a channel by its full name."""
        request = ingest_pb2.GetChannelRequest(name=name)
        channel: ingest_pb2.Channel = self._call(self._ingest.GetChannel, request).channel
        return channel

    def open_stream(self, name: str, epoch: int) -> AppendStream:
        """Begin an Append call."""
        return AppendStream(self._appends, name, epoch, self.target)


def _stub(kind: Callable[[grpc.Channel], Any], connection: grpc.Channel) -> Any:
    """Make a generated stub; its methods are not typed."""
    return kind(connection)
