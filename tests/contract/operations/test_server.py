"""The server around the services: health, reflection, the admin port, start and stop."""

from __future__ import annotations

import os
import signal
import socket

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from tests.support.servers.api import Producer, RunningServer, record
from tests.support.servers.server import ServerProcess
from tonne.config import load
from tonne.errors import ConfigInvalid, StoreUnavailable
from tonne.server import Server
from tonne.telemetry.labels import ERROR_CODES
from tonne.telemetry.metrics import METRICS

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


def _health(api, service: str = "") -> int:
    stub = health_pb2_grpc.HealthStub(api.channel)
    return stub.Check(health_pb2.HealthCheckRequest(service=service)).status


def _ending_of(connection: socket.socket) -> str:
    """Read until the other side ends the connection without a word."""
    try:
        return "answered" if connection.recv(64) else "closed"
    except ConnectionResetError:
        return "reset"


def test_health_speaks_of_each_service(api):
    """The empty name and the full name of each service are SERVING."""
    for name in ("", "tonne.v1.IngestService", "tonne.v1.ReportService"):
        assert _health(api, name) == SERVING
    with pytest.raises(grpc.RpcError) as refused:
        _health(api, "nobody")
    assert refused.value.code() is grpc.StatusCode.NOT_FOUND


def test_reflection_lists_the_services_and_their_files(api):
    """A client without the proto finds the four services and can read their descriptors."""
    stub = reflection_pb2_grpc.ServerReflectionStub(api.channel)
    requests = [
        reflection_pb2.ServerReflectionRequest(list_services=""),
        reflection_pb2.ServerReflectionRequest(file_containing_symbol="tonne.v1.IngestService"),
    ]
    listed, file = stub.ServerReflectionInfo(iter(requests))
    names = {one.name for one in listed.list_services_response.service}
    assert {
        f"tonne.v1.{one}Service" for one in ("Ingest", "Ledger", "Catalogue", "Report")
    } < names
    assert b"AppendRequest" in file.file_descriptor_response.file_descriptor_proto[0]


def test_reflection_answers_by_its_present_name_too(api):
    """Newer clients ask `grpc.reflection.v1`, with the same messages."""
    ask = api.channel.stream_stream(
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        request_serializer=reflection_pb2.ServerReflectionRequest.SerializeToString,
        response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
    )
    (listed,) = ask(iter([reflection_pb2.ServerReflectionRequest(list_services="")]))
    names = {one.name for one in listed.list_services_response.service}
    assert {"grpc.reflection.v1.ServerReflection", "tonne.v1.LedgerService"} <= names


def test_every_metric_is_there_from_the_start(running):
    """The admin port has every declared metric, and every code of an error at zero."""
    status, body = running.get("/metrics")
    assert status == 200
    names = {line.partition(" ")[0] for line in body.splitlines() if line[:1] != "#"}
    for metric in METRICS:
        assert any(name.startswith(metric.name) for name in names), metric.name
    for code in ("OK", *ERROR_CODES):
        assert f'tonne_batches_total{{code="{code}"}}' in names
    assert "process_resident_memory_bytes" in names
    assert len(names) < 2_000
    assert "_created" not in body


def test_the_admin_port_answers_probes(running):
    """Alive and ready; an unknown path is 404, anything but GET is refused."""
    assert running.get("/livez") == (200, "alive\n")
    assert running.get("/readyz") == (200, "ready\n")
    assert running.get("/else")[0] == 404
    host, _, port = running.server.admin_address.partition(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(b"POST /metrics HTTP/1.1\r\n\r\n")
        assert connection.recv(64).startswith(b"HTTP/1.1 405 ")


def test_a_garbage_client_of_the_admin_port_harms_nobody(running):
    """A head without end is dropped, a connection without words too."""
    host, _, port = running.server.admin_address.partition(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(b"x" * 40_000)
        assert _ending_of(connection) in {"closed", "reset"}
    socket.create_connection((host, int(port)), timeout=10).close()
    assert running.get("/livez")[0] == 200


def test_what_is_streamed_shows_in_the_metrics(running, api, book):
    """Records by outcome, batches by code, bytes and latencies move with a stream."""
    before = running.value("tonne_records_total", outcome="posted")
    refused = running.value("tonne_batches_total", code="OFFSET_GAP")
    acks = running.value("tonne_ack_latency_seconds_count")
    producer = Producer.opened(api, f"{book}/channels/meter")
    assert running.value("tonne_streams_active") == 1
    producer.send_rows(0, record(0), record(1, quantity=""), record(2, facility="elsewhere"))
    producer.send_rows(9, record(9))
    producer.finish()
    assert running.value("tonne_records_total", outcome="posted") == before + 2
    assert running.value("tonne_batches_total", code="OFFSET_GAP") == refused + 1
    assert running.value("tonne_ack_latency_seconds_count") == acks + 1
    assert running.value("tonne_received_bytes_total") > 0
    for stage in ("decode", "post", "write", "commit"):
        assert running.value("tonne_stage_duration_seconds_count", stage=stage) > 0
    assert running.value("tonne_worker_busy_seconds_total", pool="commit") > 0
    assert running.value("tonne_in_flight_bytes") == 0
    assert running.value("tonne_streams_active") == 0


def test_two_servers_fit_in_one_process(tmp_path):
    """Each has its own port, ledger and metrics."""
    with RunningServer(tmp_path / "a") as one, RunningServer(tmp_path / "b") as other:
        one.api.make_book("acme")
        assert one.server.address != other.server.address
        assert one.calls("CreateBook", "OK") == 1
        assert other.calls("CreateBook", "OK") == 0


def test_a_server_without_a_store_does_not_start():
    """The error names the setting and the option."""
    with pytest.raises(ConfigInvalid, match="--data"):
        Server(load(environ={})).start().send(None)


def test_an_address_in_use_stops_the_start(running, tmp_path):
    """Neither port is shared with another server: the setting is named."""
    for key in ("server__listen", "server__admin"):
        taken = {
            "server__listen": running.server.address,
            "server__admin": running.server.admin_address,
        }[key]
        second = RunningServer(tmp_path, **{key: taken})
        with pytest.raises(ConfigInvalid, match=key.replace("__", ".")):
            second.__enter__()
        second.abandon()


def test_a_database_that_is_away_stops_the_start(tmp_path):
    """The server says that the store cannot be reached."""
    url = "postgresql+psycopg://nobody@127.0.0.1:1/none?connect_timeout=1"
    server = RunningServer(tmp_path, store__manifest_url=url)
    with pytest.raises(StoreUnavailable):
        server.__enter__()
    server.abandon()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_process_with_zero(tmp_path, number):
    """The process says where it serves, drains on the signal, and exits with 0."""
    with ServerProcess("--data", str(tmp_path / "new" / "ledger")) as process:
        assert process.address.startswith("127.0.0.1:")
        os.kill(process.pid, number)
        assert process.process.wait(30) == 0
