"""Nonsense on the wire, to every RPC: each call is answered, nothing internal is told, the
server lives. A minute by default; `make fuzz` takes an hour."""

from __future__ import annotations

import contextlib
import math
import os
import random
import re
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING

import grpc
import pytest

from tests.support.checks.recompute import Recompute
from tests.support.loads.arrow import arrow_batch
from tests.support.loads.wire_fuzzer import Fuzzer, Rpc, all_rpcs
from tests.support.servers.api import TIMEOUT_S, Api, Producer, record
from tests.support.servers.server import ServerProcess
from tonne.ledger.ledger import Ledger
from tonne.store import Manifest, open_objects
from tonne.v1 import ingest_pb2

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.alone

SECONDS = float(os.environ.get("TONNE_TEST_FUZZ_S", "60"))
ROUND_S = 300.0
"""After so long the ledger is checked and a new one begun: replays of a ledger of very many tiny
segments, which are among the calls, take longer with each of them."""

THREADS_COUNT = 4
ANSWERS_MAX = 200
CHANNEL = "books/acme/channels/fuzz-{}"
INTERNAL = re.compile(r"the server failed\. The incident is logged as [0-9a-f-]+")
LEAK = re.compile(
    r"Traceback|File \"|site-packages|/service/tonne|\.py\b|object at 0x|sqlalchemy|psycopg"
    r"|sqlite|alembic|polars|pyo3|obstore|\bSELECT\b|\bINSERT\b|Exception|KeyError|TypeError"
    r"|AttributeError|ValueError|grpc\._|NoneType"
)
# What a caller may be told of a call that it made wrong, or that comes at a bad time.
ANSWERS = {
    *(grpc.StatusCode.OK, grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND),
    *(grpc.StatusCode.ALREADY_EXISTS, grpc.StatusCode.FAILED_PRECONDITION),
    *(grpc.StatusCode.OUT_OF_RANGE, grpc.StatusCode.ABORTED),
    grpc.StatusCode.RESOURCE_EXHAUSTED,
}
# A recheck, which this test asks for too, has the keys made anew: meanwhile no id is looked up.
LATER = {("/tonne.v1.CorrectionService/GetRecords", grpc.StatusCode.UNAVAILABLE)}


class Attack:
    """One thread's calls, and what is wrong with the answers."""

    def __init__(self, seed: int, number: int, address: str, leak: str) -> None:
        self.counts: Counter[tuple[str, str]] = Counter()
        self.findings: list[str] = []
        self._fuzzer = Fuzzer(seed + number)
        self._number = number
        self._address = address
        self._leak = leak
        self._rpcs = all_rpcs()

    def run(self, end_s: float) -> None:
        """Call until the time is over."""
        try:
            self._run(end_s)
        except BaseException as error:  # noqa: BLE001  (the test shows it)
            self.findings.append(repr(error))

    def _run(self, end_s: float) -> None:
        with contextlib.closing(Api(self._address)) as api:
            while time.monotonic() < end_s and not self.findings:
                rpc = self._fuzzer.chance.choice(self._rpcs)
                requests = list(self._requests(rpc, api))
                self._call(rpc, requests, api)

    def _requests(self, rpc: Rpc, api: Api) -> Iterator[bytes]:
        if not rpc.path.endswith("/Append"):
            yield from (
                self._fuzzer.requests(rpc) if rpc.client_streaming else [self._fuzzer.request(rpc)]
            )
            return
        chance = self._fuzzer.chance
        channel = CHANNEL.format(self._number)
        opened = api.open(channel).channel
        first = ingest_pb2.AppendRequest(channel=channel, epoch=opened.epoch)
        yield first.SerializeToString() if chance.random() < 0.9 else self._fuzzer.request(rpc)
        offset = opened.committed_offset
        for _ in range(chance.randrange(5)):
            good = self._good_batch(offset)
            yield good if chance.random() < 0.3 else self._fuzzer.broken(good)
            offset += chance.choice((0, 3, 3, 3))

    def _good_batch(self, offset: int) -> bytes:
        records = [record(offset + number) for number in range(3)]
        request = ingest_pb2.AppendRequest(offset=offset)
        if self._fuzzer.chance.random() < 0.5:
            request.rows.records.extend(records)
        else:
            request.arrow_ipc = arrow_batch(records)
        return request.SerializeToString()

    def _call(self, rpc: Rpc, requests: list[bytes], api: Api) -> None:
        shape = ("stream" if rpc.client_streaming else "unary") + (
            "_stream" if rpc.server_streaming else "_unary"
        )
        call = getattr(api.channel, shape)(rpc.path)
        told: list[bytes] = []
        try:
            answer = call(
                iter(requests) if rpc.client_streaming else requests[0], timeout=TIMEOUT_S
            )
            if rpc.server_streaming:
                for one in answer:
                    told.append(one)
                    if len(told) >= ANSWERS_MAX:
                        answer.cancel()
                        break
            code, details = grpc.StatusCode.OK, ""
        except grpc.RpcError as error:
            code, details = error.code(), error.details() or ""
            told.extend(
                value if isinstance(value, bytes) else value.encode()
                for _, value in error.trailing_metadata() or ()
            )
        self.counts[rpc.path, code.name] += 1
        text = details + "\n" + "\n".join(one.decode("latin-1") for one in told)
        sent = "\n".join(one.decode("latin-1") for one in requests)
        leaked = {found for found in LEAK.findall(text) if found not in sent}
        if self._leak in text:
            leaked.add(self._leak)
        if (code not in ANSWERS and (rpc.path, code) not in LATER) or leaked:
            hexes = [one.hex()[:4_000] for one in requests]
            self.findings.append(f"{rpc.path} {code.name} {details!r} {leaked} {hexes}")


@pytest.mark.timeout(2 * SECONDS + 240)
def test_nonsense_on_the_wire_is_answered(tmp_path):
    """Whatever comes, the server answers within its limits, lives, and its ledger is right."""
    seed = int(os.environ.get("TONNE_TEST_SEED", random.SystemRandom().getrandbits(30)))
    print(f"TONNE_TEST_SEED={seed}")  # noqa: T201  (shown when the test fails)
    counts = Counter[tuple[str, str]]()
    round_count = math.ceil(SECONDS / ROUND_S)
    for number in range(round_count):
        folder = tmp_path / str(number)
        folder.mkdir()
        counts += attack(seed + number * THREADS_COUNT, folder, SECONDS / round_count)
    by_code = Counter[str]()
    for (_, code), count in counts.items():
        by_code[code] += count
    print(f"{counts.total()} calls: {dict(by_code)}")  # noqa: T201  (shown by -s)
    assert {path for path, _ in counts} == {rpc.path for rpc in all_rpcs()}


def attack(seed: int, folder: Path, seconds: float) -> Counter[tuple[str, str]]:
    """Attack a new server for some time, and see what is left of it; calls by RPC and code."""
    data, log = folder / "ledger", folder / "server.log"
    settings = {"TONNE_INGEST_ERROR_GRACE_S": "0.2"}
    with ServerProcess("--data", str(data), env=settings, log=log) as server:
        with contextlib.closing(Api(server.address)) as api:
            api.make_book("acme")
        end_s = time.monotonic() + seconds
        attacks = [
            Attack(seed, number, server.address, str(folder)) for number in range(THREADS_COUNT)
        ]
        threads = [threading.Thread(target=each.run, args=(end_s,)) for each in attacks]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert server.process.poll() is None, log.read_text()[-10_000:]
        assert [finding for each in attacks for finding in each.findings] == []
        with contextlib.closing(Api(server.address)) as api:
            producer = Producer.opened(api, "books/acme/channels/after")
            producer.send_rows(0, record(0))
            assert producer.finish()[-1].durable_up_to_offset == 1
        assert server.terminate() == 0
    check_books(data)
    return sum((each.counts for each in attacks), Counter())


def check_books(data) -> None:
    """What nonsense was posted, or not, is the same by every path."""
    manifest = Manifest.open(f"sqlite:///{data / 'manifest.db'}")
    objects = open_objects((data / "objects").as_uri(), {})
    ledger = Ledger(manifest, objects, holder="check")
    try:
        assert Recompute(manifest, objects).check_book(ledger, "acme") == ()
    finally:
        ledger.close()
        manifest.close()
