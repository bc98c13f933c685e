"""Nobody starves another: producers are answered whatever readers and strangers do.

`pytest -s` shows the figures.
"""

from __future__ import annotations

import contextlib
import itertools
import statistics
import threading
import time
from typing import TYPE_CHECKING

import grpc
import polars as pl
import psutil
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from tests.support.loads.h2_stall import RawConnection, framed
from tests.support.servers.api import TIMEOUT_S, Api, Producer, record
from tests.support.servers.identities import AUDIENCE, ISSUER, Issuer, api_for
from tests.support.servers.server import ServerProcess
from tests.support.timing.patience import until
from tonne.client.answers.book_days import Days
from tonne.client.wire.frames import encode_frame, prepare_frame
from tonne.config import CallsConfig
from tonne.v1 import catalogue_pb2, ingest_pb2, report_pb2

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.alone

MIB = 1 << 20
READERS_COUNT = 24
GROUPS_COUNT = 150_000
BATCH_RECORDS = 50_000
SAMPLES_MIN = 60
OPEN_S_MAX = 0.1
"""What is promised: the median of OpenChannel."""
REPORT_BYTES_MAX = 1_024
"""What a report of a group holds while it is computed, at most."""
STREAMS_MAX = 16


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with Issuer() as made:
        yield made


@contextlib.contextmanager
def guarded(
    tmp_path: Path, issuer: Issuer, **settings: object
) -> Iterator[tuple[ServerProcess, Api, Api]]:
    """A server that knows its callers, with a book; its admin and its producer."""
    path = tmp_path / "tonne.toml"
    path.write_text(
        f'[security]\naudience = "{AUDIENCE}"\n[security.issuers]\n"{ISSUER}" = "{issuer.url}"\n'
    )
    env = {f"TONNE_{key.upper()}": str(value) for key, value in settings.items()}
    arguments = ("--config", str(path), "--data", str(tmp_path / "ledger"))
    with ServerProcess(*arguments, env=env) as server:
        admin = api_for(server.address, issuer.token("root", ["*:admin"]))
        admin.make_book("acme")
        gateway = api_for(server.address, issuer.token("gateway", ["acme:producer"]))
        yield server, admin, gateway
        gateway.close()
        admin.close()


def append_one(api: Api, name: str) -> None:
    """See that a producer is served."""
    producer = Producer.opened(api, name)
    offset = api.committed(name)
    producer.send_rows(offset, record(offset))
    producer.until_durable(offset + 1)
    producer.finish()


def facilities(first: int, count: int) -> bytes:
    """A batch of one record for each of many facilities."""
    frame = pl.DataFrame({"facility": [f"f{n:07d}" for n in range(first, first + count)]})
    one = record()
    texts = ("record_id", "activity", "quantity", "unit", "region")
    return encode_frame(
        prepare_frame(
            frame.with_columns(
                *(pl.lit(getattr(one, name)).alias(name) for name in texts),
                start=pl.lit(one.start.ToDatetime()),
                end=pl.lit(one.end.ToDatetime()),
            ),
            Days(),
        )
    )


def test_producers_are_answered_while_24_readers_read_nothing(tmp_path):
    """Readers ask for everything and read nothing, or go away and ask again: OpenChannel of
    another book is answered as promised, records become durable, memory stays bounded."""
    with ServerProcess("--data", str(tmp_path / "ledger")) as server:
        api = Api(server.address)
        large, small = api.make_book("acme"), api.make_book("other")
        producer = Producer.opened(api, f"{large}/channels/all")
        for first in range(0, GROUPS_COUNT, BATCH_RECORDS):
            producer.send(offset=first, arrow_ipc=facilities(first, BATCH_RECORDS))
        producer.until_durable(GROUPS_COUNT)
        producer.finish()
        resident = psutil.Process(server.pid).memory_info
        base_bytes = peak_bytes = resident().rss
        request = report_pb2.GetInventoryRequest(name=large, group_by=[1])
        ended = threading.Event()

        def read_nothing(number: int) -> None:
            options = [("grpc.use_local_subchannel_pool", 1)]
            with grpc.insecure_channel(server.address, options) as channel:
                reader = Api(server.address, channel)
                while not ended.is_set():
                    call = reader.report.GetInventory(request, timeout=4 * TIMEOUT_S)
                    ended.wait(1 + number / 8)
                    call.cancel()

        readers = [
            threading.Thread(target=read_nothing, args=(number,))
            for number in range(READERS_COUNT)
        ]
        for reader in readers:
            reader.start()
        steady = Producer.opened(api, f"{small}/channels/steady")
        open_s, ack_s = [], []
        stop_s = time.monotonic() + 8
        for number in itertools.count():
            start_s = time.perf_counter()
            api.open(f"{small}/channels/another")
            open_s.append(time.perf_counter() - start_s)
            start_s = time.perf_counter()
            steady.send_rows(number, record(number))
            steady.until_durable(number + 1)
            ack_s.append(time.perf_counter() - start_s)
            peak_bytes = max(peak_bytes, resident().rss)
            if len(open_s) >= SAMPLES_MIN and time.monotonic() > stop_s:
                break
        ended.set()
        for reader in readers:
            reader.join(TIMEOUT_S)
        steady.finish()
        api.close()
    median_s = statistics.median(open_s)
    text = (
        f"{READERS_COUNT} readers: OpenChannel {median_s * 1000:.0f} ms "
        f"(99 %: {statistics.quantiles(open_s, n=100)[98] * 1000:.0f}, of {len(open_s)}), "
        f"acknowledgement {statistics.median(ack_s) * 1000:.0f} ms; "
        f"{(peak_bytes - base_bytes) / MIB:.0f} MiB more"
    )
    print(text)  # noqa: T201  (shown with -s)
    assert median_s < OPEN_S_MAX, text
    calls = CallsConfig()
    reports_bytes = calls.report_threads * GROUPS_COUNT * REPORT_BYTES_MAX * 2
    assert peak_bytes - base_bytes < calls.answer_bytes_max + reports_bytes, text


def test_silent_streams_of_a_stranger_take_no_place(tmp_path, issuer):
    """A caller without a role opens streams without end: nothing, a byte at a time, or a
    message for a book of others. The producer has its place at once."""
    with guarded(tmp_path, issuer, ingest_streams_max=STREAMS_MAX) as (server, _, gateway):
        token = issuer.token("mallory", {})
        path = "/tonne.v1.IngestService/Append"
        foreign = ingest_pb2.AppendRequest(channel="books/acme/channels/c", epoch=1)
        with contextlib.ExitStack() as stack:
            for _ in range(4):
                connection = stack.enter_context(RawConnection(server.address))
                for number in range(STREAMS_MAX):
                    stream = connection.begin(path, token)
                    if number % 4 == 1:
                        connection.send(stream, framed(b"x" * 100)[:3])
                    elif number % 4 == 2:
                        connection.send(stream, framed(foreign.SerializeToString()))
                    elif number % 4 == 3:
                        connection.send(stream, framed(b"x" * MIB)[: 10 << 10])
            for _ in range(3):
                append_one(gateway, "books/acme/channels/meter")


def test_a_stream_that_says_nothing_ends(tmp_path, issuer):
    """After its time for the first message it is told in-band and by the status, and gone."""
    settings = {"ingest_first_message_s_max": 0.5}
    with guarded(tmp_path, issuer, **settings) as (server, _, _):
        stranger = api_for(server.address, issuer.token("mallory", {}))
        for method in ("IngestService/Append", "ReportService/Estimate"):
            call = stranger.channel.stream_stream(f"/tonne.v1.{method}")(
                iter(threading.Event().wait, None), timeout=TIMEOUT_S
            )
            with pytest.raises(grpc.RpcError):
                for _ in call:
                    pass
            assert call.code() is grpc.StatusCode.DEADLINE_EXCEEDED
            assert "ingest.first_message_s_max" in call.details()
        stranger.close()


def test_unread_answers_of_a_stranger_keep_nobody_from_theirs(tmp_path, issuer):
    """What needs no role, asked for by several strangers and not read: others are answered."""
    with guarded(tmp_path, issuer) as (server, admin, gateway):
        methods = {
            "/tonne.v1.CatalogueService/SearchActivities": (
                catalogue_pb2.SearchActivitiesRequest(query="", page_size=1_000)
            ),
            "/tonne.v1.CatalogueService/SearchFactors": (
                catalogue_pb2.SearchFactorsRequest(query="e", page_size=1_000)
            ),
        }
        with contextlib.ExitStack() as stack:
            for name in ("mallory", "mike", "nan"):
                token = issuer.token(name, {})
                connection = stack.enter_context(RawConnection(server.address))
                for (path, request), _ in itertools.product(methods.items(), range(16)):
                    connection.ask(path, request.SerializeToString(), token)
            append_one(gateway, "books/acme/channels/meter")
            request = report_pb2.GetInventoryRequest(name="books/acme")
            assert list(admin.report.GetInventory(request, timeout=TIMEOUT_S))
            assert admin.records("books/acme")


def test_estimates_without_end_keep_nobody_from_a_report(tmp_path, issuer):
    """A stranger holds as many estimates open as it can; a reader's report is computed."""
    with guarded(tmp_path, issuer) as (server, admin, gateway):
        append_one(gateway, "books/acme/channels/meter")
        path = "/tonne.v1.ReportService/Estimate"
        with contextlib.ExitStack() as stack:
            for name in ("mallory", "mike", "nan"):
                connection = stack.enter_context(RawConnection(server.address))
                for _ in range(20):
                    stream = connection.begin(path, issuer.token(name, {}))
                    connection.send(stream, framed(b""))
            request = report_pb2.GetInventoryRequest(name="books/acme")
            assert list(admin.report.GetInventory(request, timeout=TIMEOUT_S))
            append_one(gateway, "books/acme/channels/meter")


def test_watches_that_are_not_read_hold_nobody_up(tmp_path):
    """Strangers watch the server's health and take no byte of it: others are told when it
    goes, it stops in its time, and one address has so many watches alone."""
    path = "/grpc.health.v1.Health/Watch"
    env = {"TONNE_SERVER_STOP_GRACE_S": "2"}
    with (
        ServerProcess("--data", str(tmp_path / "ledger"), env=env) as server,
        contextlib.ExitStack() as stack,
    ):
        for _ in range(3):
            connection = stack.enter_context(RawConnection(server.address))
            for _ in range(10):
                connection.ask(path, b"")
        with grpc.insecure_channel(server.address) as channel:
            health = health_pb2_grpc.HealthStub(channel)
            watch = health.Watch(health_pb2.HealthCheckRequest(), timeout=TIMEOUT_S)
            assert next(watch).status == health_pb2.HealthCheckResponse.SERVING
            own = [("grpc.use_local_subchannel_pool", 1)]
            others = [
                stack.enter_context(grpc.insecure_channel(server.address, own)) for _ in range(2)
            ]
            more = [
                health_pb2_grpc.HealthStub(other).Watch(
                    health_pb2.HealthCheckRequest(), timeout=TIMEOUT_S
                )
                for other in others
                for _ in range(40)
            ]
            codes = []
            for each in more:
                try:
                    next(each)
                except grpc.RpcError as error:
                    codes.append(error.code())
            assert set(codes) == {grpc.StatusCode.RESOURCE_EXHAUSTED}
            answer = health.Check(health_pb2.HealthCheckRequest(), timeout=TIMEOUT_S)
            assert answer.status == health_pb2.HealthCheckResponse.SERVING
            for each in more:
                each.cancel()
            server.process.terminate()
            assert next(watch).status == health_pb2.HealthCheckResponse.NOT_SERVING
        assert server.process.wait(TIMEOUT_S) == 0


def test_one_producer_does_not_take_every_place(tmp_path, issuer):
    """A producer with every place open is asked to give one up for another producer."""
    with guarded(tmp_path, issuer, ingest_streams_max=4) as (server, admin, gateway):
        greedy = api_for(server.address, issuer.token("greedy", ["acme:producer"]))
        held = [Producer.opened(greedy, f"books/acme/channels/g{n}") for n in range(4)]
        append_one(gateway, "books/acme/channels/meter")
        asked = held[0].receive()
        assert asked.close_signal.reason == "displaced"
        for producer in held:
            producer.finish()
        until(lambda: admin.committed("books/acme/channels/meter") == 1, "the record is durable")
        greedy.close()
