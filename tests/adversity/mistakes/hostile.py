"""Hostile callers, in a process of their own, until standard input ends.

They send nonsense to every RPC, batches that become far more than they are, page tokens that
nobody gave out, streams that say nothing, and they ask for everything and read none of it. What
a server must never answer is written to standard error, and then the exit code is 1.
"""

from __future__ import annotations

import base64
import contextlib
import json
import sys
import threading
from typing import TYPE_CHECKING

import grpc
import pyarrow as pa

from tests.adversity.mistakes.honest import BOOK as HONEST
from tests.support.loads.wire_fuzzer import Fuzzer, all_rpcs
from tests.support.servers.api import Api
from tonne.v1 import ingest_pb2, ledger_pb2, report_pb2

if TYPE_CHECKING:
    from collections.abc import Iterator

BOOK = "books/acme"
TIMEOUT_S = 10.0
READERS_COUNT = 12
SILENT_COUNT = 40
TELLS = ("Traceback", 'File "', "site-packages", "sqlalchemy", "psycopg", "SELECT ")
EVERYTHING = (
    report_pb2.INVENTORY_DIMENSION_FACILITY,
    report_pb2.INVENTORY_DIMENSION_ACCOUNT,
    report_pb2.INVENTORY_DIMENSION_PERIOD,
)
YEAR_US = 31_556_952_000_000
EPOCH = 1_704_067_200_000_000


class Caller:
    """One thread's mischief."""

    def __init__(self, address: str, seed: int, ended: threading.Event) -> None:
        self.findings: list[str] = []
        self._address = address
        self._fuzzer = Fuzzer(seed)
        self._ended = ended
        self._rpcs = [rpc for rpc in all_rpcs() if not rpc.path.endswith("/Append")]

    def run(self) -> None:
        """Do mischief until it ends; servers come and go meanwhile."""
        try:
            self._run()
        except BaseException as error:  # noqa: BLE001  (a caller who fell silent is no test)
            self.findings.append(repr(error))

    def _run(self) -> None:
        deeds = (self._nonsense, self._nonsense, self._bomb, self._forge, self._stare, self._hush)
        while not self._ended.is_set():
            with contextlib.closing(Api(self._address)) as api:
                deed = self._fuzzer.chance.choice(deeds)
                try:
                    deed(api)
                except grpc.RpcError as error:
                    self._judge(deed.__name__, error)
            self._ended.wait(0.05)

    def _judge(self, deed: str, error: grpc.RpcError) -> None:
        told = f"{error.code().name} {error.details()}"
        if any(word in told for word in TELLS):
            self.findings.append(f"{deed}: a caller was told {told}")

    def _nonsense(self, api: Api) -> None:
        for _ in range(20):
            rpc = self._fuzzer.chance.choice(self._rpcs)
            requests = list(self._fuzzer.requests(rpc)) or [b""]
            with contextlib.suppress(grpc.RpcError):
                if rpc.client_streaming:
                    call = api.channel.stream_stream(rpc.path)(iter(requests), timeout=TIMEOUT_S)
                    self._take(call)
                elif rpc.server_streaming:
                    self._take(api.channel.unary_stream(rpc.path)(requests[0], timeout=TIMEOUT_S))
                else:
                    api.channel.unary_unary(rpc.path)(requests[0], timeout=TIMEOUT_S)

    @staticmethod
    def _take(call) -> None:
        for _, _ in zip(range(50), call, strict=False):
            pass
        call.cancel()

    def _bomb(self, api: Api) -> None:
        """A small message that stands for long texts, or for centuries."""
        chance = self._fuzzer.chance
        with contextlib.suppress(grpc.RpcError):
            api.ledger.CreateBook(ledger_pb2.CreateBookRequest(book_id="acme"))
        body = chance.choice((_centuries, _long_texts))(chance.choice((500, 3_000)))
        if chance.random() < 0.5:
            request = report_pb2.EstimateRequest(
                selection=report_pb2.GetInventoryRequest(), arrow_ipc=body
            )
            list(api.report.Estimate(iter([request]), timeout=TIMEOUT_S))
            return
        name = f"{BOOK}/channels/bomb-{chance.randrange(8)}"
        opened = api.open(name).channel
        first = ingest_pb2.AppendRequest(
            channel=name, epoch=opened.epoch, offset=opened.committed_offset, arrow_ipc=body
        )
        list(api.ingest.Append(iter([first]), timeout=TIMEOUT_S))

    def _forge(self, api: Api) -> None:
        """Page tokens of our own making."""
        chance = self._fuzzer.chance
        forged = chance.choice(
            (
                base64.urlsafe_b64encode(json.dumps(["0" * 16, 10**30, 0]).encode()).decode(),
                "A" * chance.randrange(1, 200),
                base64.urlsafe_b64encode(chance.randbytes(60)).decode(),
            )
        )
        try:
            api.report.ListRecords(
                report_pb2.ListRecordsRequest(parent=f"books/{HONEST}", page_token=forged),
                timeout=TIMEOUT_S,
            )
        except grpc.RpcError as error:
            if error.code() in {grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN}:
                self.findings.append(f"a forged page token is answered {error.code().name}")
        else:
            self.findings.append("a forged page token is taken")

    def _stare(self, api: Api) -> None:
        """Ask for everything, and read none of it."""
        request = report_pb2.GetInventoryRequest(name=f"books/{HONEST}", group_by=EVERYTHING)
        calls = [api.report.GetInventory(request, timeout=TIMEOUT_S) for _ in range(READERS_COUNT)]
        self._ended.wait(1.0)
        for call in calls:
            call.cancel()

    def _hush(self, api: Api) -> None:
        """Streams that say nothing."""
        ended = self._ended

        def silence() -> Iterator[ingest_pb2.AppendRequest]:
            ended.wait(3.0)
            yield from ()

        calls = [api.ingest.Append(silence(), timeout=TIMEOUT_S) for _ in range(SILENT_COUNT)]
        self._ended.wait(1.0)
        for call in calls:
            call.cancel()


def _batch(columns: dict[str, pa.Array]) -> bytes:
    table = pa.table(columns)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def _columns(count: int, start: int, end: int, text: str) -> dict[str, pa.Array]:
    zeros = pa.array([0] * count, pa.int8())
    moment = pa.timestamp("us", tz="UTC")

    def constant(value: str) -> pa.Array:
        return pa.DictionaryArray.from_arrays(zeros, pa.array([value]))

    return {
        "record_id": constant(text),
        "facility": constant(text[:64]),
        "activity": constant("electricity.grid"),
        "unit": constant("kWh"),
        "region": constant("DE"),
        "quantity": constant("1.5"),
        "start": pa.array([start] * count, pa.int64()).cast(moment),
        "end": pa.array([end] * count, pa.int64()).cast(moment),
    }


def _centuries(count: int) -> bytes:
    return _batch(_columns(count, EPOCH - 50 * YEAR_US, EPOCH + 150 * YEAR_US, "r"))


def _long_texts(count: int) -> bytes:
    return _batch(_columns(count * 20, EPOCH, EPOCH + 1, "x" * 250))


def main() -> None:
    """Do mischief until standard input ends."""
    address, seed = sys.argv[1], int(sys.argv[2])
    ended = threading.Event()
    callers = [Caller(address, seed + number, ended) for number in range(3)]
    threads = [threading.Thread(target=caller.run) for caller in callers]
    for thread in threads:
        thread.start()
    sys.stdin.read()
    ended.set()
    for thread in threads:
        thread.join()
    findings = sorted({finding for caller in callers for finding in caller.findings})
    sys.stderr.write("\n".join(findings[:20]))
    sys.exit(1 if findings else 0)


if __name__ == "__main__":
    main()
