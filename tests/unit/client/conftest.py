"""An honest server in memory: offsets, epochs and acknowledgements as on the wire.

It keeps record ids as they come and can be told to misbehave at the next chance: each fault
happens once, in the order in which it was asked for.
"""

from __future__ import annotations

import io
import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import grpc
import polars as pl
import pytest

from tonne.client import Client, RetryPolicy
from tonne.v1 import ingest_pb2, ingest_pb2_grpc, status_pb2

MESSAGE_BYTES_MAX = 64 * 1024
FAST = RetryPolicy(
    budget_s=5.0, open_budget_s=2.0, delay_first_s=0.001, delay_s_max=0.01, ack_timeout_s=0.3
)


@dataclass
class Store:
    """What the server keeps of one channel."""

    epoch: int = 0
    records: list[str] = field(default_factory=list)


class MemoryIngest(ingest_pb2_grpc.IngestServiceServicer):
    """IngestService on lists; the gRPC parts are real."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.stores: dict[str, Store] = {}
        self.faults: deque[str] = deque()
        self.thaw = threading.Event()
        self.open_count = 0
        self.stream_count = 0
        self.batch_counts: list[int] = []
        self.body_kinds: set[str] = set()
        self.backlogs: list[int] = []
        self.window_bytes = 4 * MESSAGE_BYTES_MAX
        self.credit_bytes = 0
        self.hold_count = 0
        self.in_flight_max = 0

    def take_fault(self, *names: str) -> str:
        with self.lock:
            if self.faults and self.faults[0] in names:
                return self.faults.popleft()
            return ""

    def state(self, name: str) -> ingest_pb2.Channel:
        store = self.stores[name]
        count = len(store.records)
        return ingest_pb2.Channel(
            name=name,
            epoch=store.epoch,
            committed_offset=count,
            state=ingest_pb2.CHANNEL_STATE_OPEN,
            control_totals=ingest_pb2.ControlTotals(
                record_count=count, posted_count=count, quantity_sum=f"{count}.000000"
            ),
        )

    def OpenChannel(self, request, context):  # noqa: N802  # the name of the API
        if self.take_fault("open_hangs"):
            self.thaw.wait(10)
            context.abort(grpc.StatusCode.UNAVAILABLE, "too late")
        with self.lock:
            if self.take_fault("open_refused"):
                context.abort(grpc.StatusCode.UNAVAILABLE, "not now")
            self.open_count += 1
            store = self.stores.setdefault(request.name, Store())
            if self.take_fault("open_stolen"):
                store.epoch += 1
                store.records.append("other")
            store.epoch += 1
            if self.take_fault("open_lost"):
                context.abort(grpc.StatusCode.UNAVAILABLE, "the answer was lost")
            return ingest_pb2.OpenChannelResponse(
                channel=self.state(request.name),
                limits=ingest_pb2.Limits(
                    message_bytes_max=MESSAGE_BYTES_MAX,
                    in_flight_bytes_max=self.window_bytes,
                    batch_records_max=10_000,
                ),
            )

    def GetChannel(self, request, _context):  # noqa: N802  # the name of the API
        with self.lock:
            return ingest_pb2.GetChannelResponse(channel=self.state(request.name))

    def Append(self, requests, context):  # noqa: C901, N802  # every fault in one place; API name
        first = next(requests)
        with self.lock:
            self.stream_count += 1
            store = self.stores[first.channel]
        held = []
        for request in requests:
            fault = self.take_fault(
                "drop", "lose_ack", "close", "silence", "future_ack", "negative_ack",
                "absent_ack", "none", "refuse", "steal", "busy", "end", "repeat_ack", "late_error",
                "expire", "revoke",
            )  # fmt: skip
            if fault == "drop":
                context.abort(grpc.StatusCode.UNAVAILABLE, "the connection broke")
            if fault == "end":
                return
            if fault == "silence":
                for _ in requests:
                    pass
                return
            if fault == "steal":
                with self.lock:
                    store.epoch += 1
            with self.lock:
                answer = self.take(store, first.epoch, request, fault)
            if fault == "lose_ack":
                context.abort(grpc.StatusCode.UNAVAILABLE, "the acknowledgement was lost")
            if fault == "close":
                yield ingest_pb2.AppendResponse(
                    close_signal=ingest_pb2.CloseSignal(reason="stream_lifetime")
                )
                yield answer
                return
            held.append(answer)
            if len(held) < self.hold_count:
                continue
            self.hold_count = 0
            yield from held
            held.clear()
            if answer.HasField("error") and answer.error.code != 6:  # a repeat is harmless
                return

    def refusal(self, store, epoch, request, fault):
        if fault == "busy":
            busy = _error(8, "STREAMS_EXHAUSTED", "too many streams")
            busy.error.retry_delay.FromMilliseconds(1)
            return busy
        ids = _record_ids(request)
        stop = request.offset + len(ids)
        is_repeat = store.records[request.offset : stop] == ids
        for holds, error in (
            (epoch != store.epoch, (10, "EPOCH_STALE", f"epoch {epoch} is over")),
            (fault == "refuse", (3, "BATCH_MUST_PARSE", "the batch cannot be read")),
            (fault == "expire", (16, "CREDENTIALS_INVALID", "the token has expired")),
            (fault == "revoke", (7, "ROLE_MISSING", "append needs the role producer")),
            (is_repeat, (6, "OFFSET_REPEAT", "durable already")),
            (stop <= len(store.records), (3, "CONTENT_MUST_MATCH", "other content")),
            (request.offset != len(store.records), (11, "OFFSET_GAP", "a gap")),
        ):
            if holds:
                return _error(*error)
        return None

    def take(self, store, epoch, request, fault):
        self.backlogs.append(request.backlog.record_count)
        self.in_flight_max = max(self.in_flight_max, request.ByteSize())
        refusal = self.refusal(store, epoch, request, fault)
        if refusal is not None:
            return refusal
        ids = _record_ids(request)
        self.body_kinds.add(request.WhichOneof("batch"))
        self.batch_counts.append(len(ids))
        store.records.extend(ids)
        totals = ingest_pb2.ControlTotals(
            record_count=len(ids), posted_count=len(ids), quantity_sum=f"{len(ids)}.000000"
        )
        answer = ingest_pb2.AppendResponse(
            durable_up_to_offset=len(store.records),
            control_totals=totals,
            credit_bytes=self.credit_bytes,
        )
        if fault == "future_ack":
            answer.durable_up_to_offset += 1_000_000
        elif fault == "negative_ack":
            answer.durable_up_to_offset = -1
        elif fault == "late_error":
            answer.row_errors.add(offset=0, status=status_pb2.ROW_STATUS_UNIT_MUST_BE_KNOWN)
        elif fault == "absent_ack":
            answer.ClearField("durable_up_to_offset")
        return answer


def _error(code: int, reason: str, message: str) -> ingest_pb2.AppendResponse:
    return ingest_pb2.AppendResponse(
        error=status_pb2.Status(code=code, reason=reason, message=message)
    )


def _record_ids(request: ingest_pb2.AppendRequest) -> list[str]:
    if request.WhichOneof("batch") == "rows":
        return [record.record_id for record in request.rows.records]
    return pl.read_ipc_stream(io.BytesIO(request.arrow_ipc))["record_id"].to_list()


@pytest.fixture
def ingest():
    return MemoryIngest()


@pytest.fixture
def target(ingest):
    server = grpc.server(ThreadPoolExecutor(8), options=[("grpc.so_reuseport", 0)])
    ingest_pb2_grpc.add_IngestServiceServicer_to_server(ingest, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"127.0.0.1:{port}"
    server.stop(None).wait()


@pytest.fixture
def client(target):
    with Client(target, retry=FAST) as opened:
        yield opened
