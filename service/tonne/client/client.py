"""The client: one server's calls as Python methods."""

from __future__ import annotations

import threading
import uuid
from typing import TYPE_CHECKING, Any, Self

from tonne.client.answers import results
from tonne.client.append.batches import Batches, Records
from tonne.client.append.channel import Channel
from tonne.client.append.stream import AppendStream
from tonne.client.books import BookCalls
from tonne.client.catalogue import CatalogueCalls
from tonne.client.changes.calls import BridgeCalls
from tonne.client.closing.calls import ClosingCalls
from tonne.client.closing.overlaps import OverlapCalls
from tonne.client.corrections import CorrectionCalls
from tonne.client.errors import RecordsInvalid
from tonne.client.indicators import IndicatorCalls
from tonne.client.meters import MeterCalls
from tonne.client.reports import ReportCalls
from tonne.client.statements import StatementCalls
from tonne.client.wire.calls import PAGE_SIZE
from tonne.client.wire.credentials import Credentials, TokenSource
from tonne.client.wire.resources import book_name, channel_name, read_channel
from tonne.client.wire.retry import RetryPolicy
from tonne.client.wire.transport import open_stream_connection, open_unary_connection
from tonne.model import Channel as ChannelInfo
from tonne.model import Limits
from tonne.quantities import quantity_decimal
from tonne.v1 import (
    bridges_pb2_grpc,
    catalogue_pb2_grpc,
    changes_pb2_grpc,
    corrections_pb2_grpc,
    imports_pb2_grpc,
    indicators_pb2_grpc,
    ingest_pb2,
    ingest_pb2_grpc,
    ledger_pb2,
    ledger_pb2_grpc,
    overlaps_pb2_grpc,
    periods_pb2_grpc,
    report_pb2_grpc,
    statements_pb2_grpc,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import grpc

POST_LIMITS = Limits(4 * 1024 * 1024, 0, 1_000_000, 0.0)
"""What one PostRecords call takes: gRPC's own default limit of a message."""


class Client(
    BookCalls,
    CatalogueCalls,
    BridgeCalls,
    ClosingCalls,
    CorrectionCalls,
    IndicatorCalls,
    MeterCalls,
    OverlapCalls,
    ReportCalls,
    StatementCalls,
):
    """A connection to a Tonne server.

    Parameters
    ----------
    target : str
        `HOST:PORT`, or another gRPC name like `dns:///tonne.example:50051`.
    retry : RetryPolicy, optional
        How long appends go on without progress.
    timeout_s : float
        How long a single call may take.
    credentials : Credentials, optional
        What the client is known by, and TLS.

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
        credentials: Credentials | None = None,
    ) -> None:
        super().__init__(target, timeout_s)
        self._policy = retry or RetryPolicy()
        self._credentials = credentials or Credentials()
        self._credentials.check(target)
        token = self._credentials.token
        self._tokens = TokenSource(token) if token else None
        self._connecting = threading.Lock()
        self._retired: list[grpc.Channel] = []
        self._connect()

    def _connect(self) -> None:
        self._signature = self._credentials.sign()
        known_by = (self.target, self._credentials, self._tokens)
        self._unary = open_unary_connection(*known_by)
        self._streams = open_stream_connection(*known_by)
        self._ingest = _stub(ingest_pb2_grpc.IngestServiceStub, self._unary)
        self._appends = _stub(ingest_pb2_grpc.IngestServiceStub, self._streams)
        self._imports = _stub(imports_pb2_grpc.ImportServiceStub, self._unary)
        self._corrections = _stub(corrections_pb2_grpc.CorrectionServiceStub, self._unary)
        self._bridges = _stub(bridges_pb2_grpc.BridgeServiceStub, self._unary)
        self._ledger = _stub(ledger_pb2_grpc.LedgerServiceStub, self._unary)
        self._periods = _stub(periods_pb2_grpc.PeriodServiceStub, self._unary)
        self._overlaps = _stub(overlaps_pb2_grpc.OverlapServiceStub, self._unary)
        self._changes = _stub(changes_pb2_grpc.ChangeServiceStub, self._unary)
        self._catalogue = _stub(catalogue_pb2_grpc.CatalogueServiceStub, self._unary)
        self._indicators = _stub(indicators_pb2_grpc.IndicatorServiceStub, self._unary)
        self._reports = _stub(report_pb2_grpc.ReportServiceStub, self._unary)
        self._statements = _stub(statements_pb2_grpc.StatementServiceStub, self._unary)

    def close(self) -> None:
        """Close the connections; streams that still run are cut."""
        for connection in (self._streams, self._unary, *self._retired):
            connection.close()

    def __enter__(self) -> Self:
        """Return the client itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections."""
        self.close()

    def get_access(self, book: str) -> results.Access:
        """Say who calls, and what this caller may do with a book."""
        request = ledger_pb2.GetAccessRequest(name=book_name(book))
        answer = self._call(self._ledger.GetAccess, request)
        return results.Access(answer.caller, tuple(answer.roles), frozenset(answer.calls))

    # Channels and records.

    def channel(self, book: str, channel: str) -> Channel:
        """Open a channel, making it if it is new. Any other owner of it is fenced."""
        return Channel.open(self, channel_name(book, channel), self._policy)

    def get_channel_info(self, book: str, channel: str) -> ChannelInfo:
        """Read a channel without touching its epoch."""
        return read_channel(self.get_channel(channel_name(book, channel)))

    def close_channel(self, book: str, channel: str) -> ChannelInfo:
        """Close a channel for ever."""
        request = ingest_pb2.CloseChannelRequest(name=channel_name(book, channel))
        return read_channel(self._call(self._ingest.CloseChannel, request))

    def list_channels(
        self, book: str, *, filter_by: str = "", order_by: str = ""
    ) -> Iterator[ChannelInfo]:
        """List the channels of a book in order of their names."""
        request = ingest_pb2.ListChannelsRequest(
            parent=book_name(book), page_size=PAGE_SIZE, filter=filter_by, order_by=order_by
        )
        for page in self._pages(self._ingest.ListChannels, request):
            yield from map(read_channel, page.channels)

    def post_records(
        self, book: str, records: Records, request_id: str | None = None
    ) -> results.AppendResult:
        """Post a few records in one call; for more, append to a channel.

        A repeat with the same `request_id` and the same records changes nothing.
        """
        size = POST_LIMITS.message_bytes_max
        cut = Batches(records, POST_LIMITS, bytes_target=size, days=self._days_of(book))
        batches, rounded = list(cut), cut.rounded
        if len(batches) != 1:
            raise RecordsInvalid(
                "records: expected at least one record, and at most about 4 MiB of them, for "
                "one call; "
                + ("got none" if not batches else "got more: append the records to a channel")
            )
        request = ingest_pb2.PostRecordsRequest(
            parent=book_name(book), request_id=request_id or str(uuid.uuid4())
        )
        batches[0].put_into(request)
        response = self._call(self._ingest.PostRecords, request)
        totals = results.read_totals(response.control_totals)
        return results.AppendResult(
            totals.record_count,
            totals.posted_count,
            totals.quarantined_count,
            totals.suspended_count,
            quantity_decimal(totals.quantity_atto),
            tuple(results.read_row_error(error, 0) for error in response.row_errors),
            response.row_errors_omitted_count,
            rounded_count=rounded.count,
            rounded_first=rounded.first,
        )

    # What `Channel` asks for.

    def open_channel(self, name: str, owner: str = "") -> ingest_pb2.OpenChannelResponse:
        """Open a channel by its full name for an owner, raising its epoch.

        A server that stands still is given up as soon as a stream to it would be.
        """
        self._follow_files()
        request = ingest_pb2.OpenChannelRequest(name=name, owner=owner)
        opened: ingest_pb2.OpenChannelResponse = self._call(
            self._ingest.OpenChannel, request, self._policy.ack_timeout_s
        )
        return opened

    def get_channel(self, name: str) -> ingest_pb2.Channel:
        """Read a channel by its full name."""
        request = ingest_pb2.GetChannelRequest(name=name)
        answer: ingest_pb2.GetChannelResponse = self._call(
            self._ingest.GetChannel, request, self._policy.ack_timeout_s
        )
        return answer.channel

    def read_time_zone(self, name: str) -> str:
        """Read the time zone of a channel's book."""
        return self._time_zone_of(name.split("/")[1])

    def open_stream(self, name: str, epoch: int) -> AppendStream:
        """Begin an Append call."""
        if self._tokens is None:
            return AppendStream(self._appends, name, epoch, self.target)
        self._tokens.get()  # where there is none it is better told here than in the stream
        return AppendStream(
            self._appends, name, epoch, self.target, on_token_expiry=self._tokens.expire
        )

    def renew_token(self) -> bool:
        """Ask for a token in place of one that was refused; whether there is another one."""
        return self._tokens is not None and self._tokens.renew()

    def _follow_files(self) -> None:
        """Connect anew where certificates were rotated; what runs goes on as it began."""
        with self._connecting:
            if self._credentials.sign() == self._signature:
                return
            # What was retired by the rotation before has outlived its streams.
            for connection in self._retired:
                connection.close()
            self._retired = [self._unary, self._streams]
            self._connect()


def _stub(kind: Callable[[grpc.Channel], Any], connection: grpc.Channel) -> Any:
    """Make a generated stub; its methods are not typed."""
    return kind(connection)
