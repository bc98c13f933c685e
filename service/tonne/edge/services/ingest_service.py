"""IngestService: channels, streams of batches, small posts."""

from __future__ import annotations

import logging
import time
from functools import partial
from typing import TYPE_CHECKING

import grpc

from tonne.edge.access.gate import current
from tonne.edge.messages import codec, names
from tonne.edge.messages.requests.batch_requests import read_post_request
from tonne.edge.messages.status import answer_of, set_status
from tonne.edge.services.calls import handlers_of, read_ask
from tonne.model import Limits
from tonne.v1 import ingest_pb2

if TYPE_CHECKING:
    from tonne.config import IngestConfig
    from tonne.edge.access.gate import Call, Gate
    from tonne.edge.border import Border
    from tonne.edge.messages.status import CallContext
    from tonne.errors import TonneError
    from tonne.ingest.ingest import Ingest
    from tonne.ingest.streams.replies import Reply
    from tonne.ledger.ledger import Ledger

logger = logging.getLogger(__name__)

NAME = "tonne.v1.IngestService"


class AppendWire:
    """One Append call as `tonne.ingest` sees it: messages in as bytes, replies out."""

    def __init__(self, context: CallContext, call: Call) -> None:
        self._context = context
        self._call = call

    async def admit(self) -> float | None:
        """Find out who the producer is; how long that holds, None for ever."""
        await self._call.identify()
        return self._call.left_s()

    @property
    def caller(self) -> str:
        """Name the producer for limits."""
        return self._call.caller_key

    def authorize(self, book: str, name: str) -> None:
        """See that the producer may append to a channel of a book."""
        self._call.authorize(book, name)

    async def read(self) -> bytes | None:
        """Give the next message; None after the half-close, or when the call is gone."""
        try:
            message = await self._context.read()
        except (grpc.aio.UsageError, grpc.aio.InternalError, grpc.RpcError):
            return None
        return message if isinstance(message, bytes) else None

    async def write(self, reply: Reply) -> None:
        """Send a reply."""
        await self._context.write(codec.write_reply(reply).SerializeToString())


class IngestService:
    """Methods of IngestService."""

    def __init__(self, ledger: Ledger, ingest: Ingest, config: IngestConfig) -> None:
        self._ledger = ledger
        self._ingest = ingest
        self._config = config

    def handlers(self, border: Border) -> dict[str, grpc.RpcMethodHandler[bytes, bytes]]:
        """Give the handlers by method."""
        return handlers_of(
            ingest_pb2.DESCRIPTOR.services_by_name["IngestService"],
            self,
            border,
            own={
                "Append": grpc.stream_stream_rpc_method_handler(partial(self.append, border.gate)),
                "PostRecords": border.raw_unary("PostRecords", self.post_records),
            },
        )

    async def append(self, gate: Gate, _: object, context: CallContext) -> None:
        """Serve one stream; what it failed of has been told in-band, and is its status, too."""
        start_s = time.perf_counter()
        code = "CANCELLED"
        call = gate.open("Append", context)
        failure: TonneError | None = None
        try:
            failure = await self._ingest.append(AppendWire(context, call))
            code = "OK" if failure is None else answer_of(failure).code.name
        finally:
            call.settle(failure, is_cancelled=code == "CANCELLED")
            self._ingest.telemetry.end_call("Append", code, start_s)
        if failure is not None:
            set_status(context, failure)

    async def post_records(self, message: bytes) -> ingest_pb2.PostRecordsResponse:
        """Post a few records."""
        request = read_post_request(message)
        book = names.read_book(request.parent, field="parent")
        current().authorize(book, request.parent, request.request_id)
        durable = await self._ingest.post_records(
            book, request.request_id, request.kind, request.content
        )
        return ingest_pb2.PostRecordsResponse(
            control_totals=codec.write_totals(durable.totals),
            row_errors=[codec.write_row_error(error) for error in durable.row_errors],
            row_errors_omitted_count=durable.row_error_count - len(durable.row_errors),
            already_posted=durable.already_posted,
        )

    def open_channel(
        self, request: ingest_pb2.OpenChannelRequest
    ) -> ingest_pb2.OpenChannelResponse:
        """Open a channel."""
        owner = names.read_owner(request.owner)
        channel = self._ledger.channels.open_channel(*names.read_channel(request.name), owner)
        config = self._config
        limits = Limits(
            message_bytes_max=config.message_bytes_max,
            in_flight_bytes_max=config.stream_window_bytes,
            batch_records_max=config.batch_records_max,
            stream_lifetime_s=config.stream_lifetime_s_min,
        )
        return ingest_pb2.OpenChannelResponse(
            channel=codec.write_channel(channel),
            limits=codec.write_limits(limits),
            previous_owner=channel.previous_owner,
        )

    def get_channel(self, request: ingest_pb2.GetChannelRequest) -> ingest_pb2.GetChannelResponse:
        """Read a channel."""
        channel = self._ledger.channels.get_channel(*names.read_channel(request.name))
        return ingest_pb2.GetChannelResponse(channel=codec.write_channel(channel))

    def list_channels(
        self, request: ingest_pb2.ListChannelsRequest
    ) -> ingest_pb2.ListChannelsResponse:
        """List the channels of a book."""
        page = self._ledger.channels.list_channels(
            names.read_book(request.parent, field="parent"), read_ask(request)
        )
        return ingest_pb2.ListChannelsResponse(
            channels=[codec.write_channel(channel) for channel in page.items],
            next_page_token=page.next_page_token,
        )

    def close_channel(self, request: ingest_pb2.CloseChannelRequest) -> ingest_pb2.Channel:
        """Close a channel for ever."""
        channel = self._ledger.channels.close_channel(*names.read_channel(request.name))
        return codec.write_channel(channel)
