"""Calls that a stream answers: repeated where no server took them, ended by their deadline."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest

from tests.support.servers.killing import free_port
from tonne.client import Client
from tonne.client.errors import ServerRefused, ServerUnavailable
from tonne.errors import TonneError
from tonne.v1 import report_pb2, report_pb2_grpc

DEADLINE_S = 2.0
SLACK_S = 8.0
"""How late a call's end may be seen on a busy machine; without one it never ends."""

KILLS_COUNT = 6
CALLERS_COUNT = 4
SERVER = """
import sys, threading
from concurrent.futures import ThreadPoolExecutor
import grpc
from tonne.v1 import report_pb2, report_pb2_grpc

class Report(report_pb2_grpc.ReportServiceServicer):
    def GetInventory(self, request, context):
        for _ in range(3):
            threading.Event().wait(0.01)
            yield report_pb2.GetInventoryResponse()

server = grpc.server(ThreadPoolExecutor(8), options=[("grpc.so_reuseport", 0)])
report_pb2_grpc.add_ReportServiceServicer_to_server(Report(), server)
server.add_insecure_port(sys.argv[1])
server.start()
print("up", flush=True)
server.wait_for_termination()
"""


class Report(report_pb2_grpc.ReportServiceServicer):
    """Fails as it is told, one entry a call: a code, and after how many answers."""

    def __init__(self, *failures: tuple[grpc.StatusCode, int]) -> None:
        self.failures = list(failures)
        self.call_count = 0

    def Explain(self, _request, context):  # noqa: N802  # the name of the API
        self.call_count += 1
        code, answer_count = self.failures.pop(0) if self.failures else (None, 2)
        for _ in range(answer_count):
            yield report_pb2.ExplainResponse(line=report_pb2.ExplainLine(**LINE))
        if code is not None:
            context.abort(code, "as told")


@pytest.fixture
def serve():
    """Serve a Report; gives a client of it."""
    with ThreadPoolExecutor(2) as pool:
        server = grpc.server(pool)
        port = server.add_insecure_port("127.0.0.1:0")
        clients = []

        def start(report: Report) -> Client:
            report_pb2_grpc.add_ReportServiceServicer_to_server(report, server)
            server.start()
            clients.append(Client(f"127.0.0.1:{port}"))
            return clients[0]

        yield start
        for client in clients:
            client.close()
        server.stop(None).wait()


LINE = {"account": "a", "quantity": "1", "share": "1", "kg_co2e": "1"}
AWAY = grpc.StatusCode.UNAVAILABLE


@pytest.mark.parametrize("failure_count", [0, 1, 3])
def test_a_stream_is_asked_for_again_where_nobody_took_the_call(serve, failure_count):
    """Each answer comes once."""
    report = Report(*[(AWAY, 0)] * failure_count)
    assert len(list(serve(report).explain("acme"))) == 2
    assert report.call_count == failure_count + 1


def test_a_server_that_stays_away_is_an_error(serve):
    """After the fourth attempt."""
    report = Report(*[(AWAY, 0)] * 9)
    with pytest.raises(ServerUnavailable, match="as told"):
        list(serve(report).explain("acme"))
    assert report.call_count == 4


def test_a_stream_that_broke_on_its_way_is_not_repeated(serve):
    """Its first answers were handed on already."""
    report = Report((AWAY, 1))
    parts = serve(report).explain("acme")
    assert next(parts)
    with pytest.raises(ServerUnavailable):
        next(parts)
    assert report.call_count == 1


def test_what_was_refused_is_not_repeated(serve):
    """The server has answered."""
    report = Report((grpc.StatusCode.INVALID_ARGUMENT, 0))
    with pytest.raises(ServerRefused):
        list(serve(report).explain("acme"))
    assert report.call_count == 1


@pytest.mark.alone
def test_calls_end_by_their_deadline_whenever_a_server_dies():
    """Killed in the middle of answers, again and again, and started again."""
    address = f"127.0.0.1:{free_port()}"
    durations_s: list[float] = []
    ended = threading.Event()

    def ask() -> None:
        while not ended.is_set():
            with Client(address, timeout_s=DEADLINE_S) as client:
                begun_s = time.monotonic()
                try:
                    while not ended.is_set():
                        begun_s = time.monotonic()
                        client.inventory("acme")
                        durations_s.append(time.monotonic() - begun_s)
                except TonneError:
                    durations_s.append(time.monotonic() - begun_s)

    callers = [threading.Thread(target=ask, daemon=True) for _ in range(CALLERS_COUNT)]
    for number in range(KILLS_COUNT):
        with subprocess.Popen(
            [sys.executable, "-c", SERVER, address], stdout=subprocess.PIPE, text=True
        ) as server:
            assert server.stdout is not None
            assert server.stdout.readline() == "up\n"
            if number == 0:
                for caller in callers:
                    caller.start()
            ended.wait(0.5)  # of calls, at any of whose moments it dies
            server.kill()
    ended.set()
    for caller in callers:
        caller.join(DEADLINE_S + SLACK_S)
        assert not caller.is_alive(), "a call did not end by its deadline"
    assert max(durations_s) < DEADLINE_S + SLACK_S
