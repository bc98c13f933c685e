"""Calls that read, and upkeep, do not move a process past the bound of docs/operations.md,
whatever they ask and however many of them at once."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import TYPE_CHECKING, Self

import grpc
import polars as pl
import psutil
import pytest

from tests.support.api import Api, details_of
from tests.support.server import ROOT, ServerProcess
from tonne.client.frames import encode_frame, prepare_frame
from tonne.ledger.budget import PART_BYTES
from tonne.v1 import ingest_pb2, ledger_pb2, report_pb2

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

MIB = 1 << 20
FACILITIES = 30_000
MONTHS = 12
CHANNELS = 3
CALLS = 8
"""Calls at once: `server.call_threads` by default."""
PROCESS_MIB = 130
"""The process itself, as docs/operations.md states it."""
READ_MIB, CACHE_MIB, MERGE_MIB = 256, 16, 64
SETTINGS = {
    # As an installed package has it: a process that compiles its modules takes 25 MiB more.
    "PYTHONDONTWRITEBYTECODE": "",
    "PYTHONPYCACHEPREFIX": str(ROOT / "build" / "pycache"),
    "TONNE_LEDGER_READ_BYTES_MAX": str(READ_MIB * MIB),
    "TONNE_LEDGER_POSTINGS_CACHE_BYTES_MAX": str(CACHE_MIB * MIB),
    "TONNE_LEDGER_MERGE_BYTES_MAX": str(MERGE_MIB * MIB),
    "TONNE_LEDGER_MERGE_FILES_MAX": "2",
    "TONNE_LEDGER_UPKEEP": "false",
}
TIMEOUT_S = 120.0
REFUSALS = {"SELECTION_MUST_FIT", "READS_EXHAUSTED"}


def batch(activity: str, months: int) -> bytes:
    """A record for each facility, over so many months; its id has 60 characters."""
    start = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
    frame = pl.DataFrame({"number": range(FACILITIES)}).select(
        record_id=pl.lit("r"),
        facility=pl.format("f{}", pl.col("number").cast(pl.String).str.zfill(59)),
        activity=pl.lit(activity),
        quantity=pl.lit("1.5"),
        unit=pl.lit("kWh"),
        region=pl.lit("DE"),
        start=pl.lit(start),
        end=pl.lit(start.replace(year=2024 + months // 12, month=1 + months % 12)),
    )
    return encode_frame(prepare_frame(frame))


def fill(api: Api, channel: str, arrow: bytes) -> None:
    """Append a batch and wait until it is durable."""
    epoch = api.open(channel).channel.epoch
    messages = [
        ingest_pb2.AppendRequest(channel=channel, epoch=epoch),
        ingest_pb2.AppendRequest(arrow_ipc=arrow),
    ]
    for answer in api.ingest.Append(iter(messages), timeout=TIMEOUT_S):
        assert not answer.HasField("error")


@pytest.fixture(scope="module")
def large(tmp_path_factory) -> Path:
    """A ledger with more postings than calls may hold, and many records in suspense."""
    data = tmp_path_factory.mktemp("large") / "ledger"
    with ServerProcess("--data", str(data), env=SETTINGS) as server:
        api = Api(server.address)
        book = api.make_book("acme")
        arrow = batch("electricity.grid", MONTHS)
        for number in range(CHANNELS):
            fill(api, f"{book}/channels/c{number}", arrow)
        fill(api, f"{book}/channels/waiting", batch("mystery", 1))
        api.close()
        server.terminate()
    return data


class Watch:
    """The most memory that a process had."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self.peak_mib = 0.0

    def _look(self) -> None:
        while not self._ended.wait(0.005):
            with contextlib.suppress(psutil.NoSuchProcess):
                self.peak_mib = max(self.peak_mib, self._process.memory_info().rss / MIB)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._ended.set()
        self._thread.join()
        print(f"at most {self.peak_mib:.0f} MiB")  # noqa: T201  # shown by -s


@pytest.fixture
def serve(large) -> Iterator[Callable[[], tuple[Api, Watch]]]:
    """Serve the large ledger in a small configuration, and watch its memory."""
    with contextlib.ExitStack() as stack:

        def start() -> tuple[Api, Watch]:
            server = stack.enter_context(ServerProcess("--data", str(large), env=SETTINGS))
            api = Api(server.address)
            stack.callback(api.close)
            return api, Watch(server.pid)

        yield start


def inventory(api: Api, *group_by: int, **selection: object) -> list:
    """The messages of an inventory."""
    request = report_pb2.GetInventoryRequest(name="books/acme", group_by=group_by, **selection)
    return list(api.report.GetInventory(request, timeout=TIMEOUT_S))


def reason(call: Callable[[], object]) -> str:
    """Why a call is refused; empty where it is not."""
    try:
        call()
    except grpc.RpcError as error:
        return details_of(error)[0].reason
    return ""


def dimension(name: str) -> int:
    """The number of a dimension."""
    return report_pb2.InventoryDimension.Value(f"INVENTORY_DIMENSION_{name}")


def questions(api: Api) -> Mapping[str, Callable[[], object]]:
    """What costs most, of each call that reads."""
    everything = report_pb2.GetInventoryRequest(name="books/acme")

    def explain(**options: object) -> object:
        request = report_pb2.ExplainRequest(selection=everything, **options)
        return sum(1 for _ in api.report.Explain(request, timeout=TIMEOUT_S))

    return {
        "total": lambda: inventory(api),
        "by account": lambda: inventory(api, dimension("ACCOUNT")),
        "by facility": lambda: inventory(api, dimension("FACILITY")),
        "by all": lambda: inventory(
            api, *map(dimension, ("FACILITY", "ACCOUNT", "PERIOD", "REGION"))
        ),
        "explain": explain,
        "replay": lambda: explain(replay=True, records_max=1_000),
        "records": lambda: api.records("books/acme", facility="nobody"),
        "clear": lambda: list(
            api.ledger.ClearSuspense(
                ledger_pb2.ClearSuspenseRequest(parent="books/acme"), timeout=TIMEOUT_S
            )
        ),
    }


@pytest.mark.parametrize(
    "name",
    ["total", "by account", "by facility", "by all", "explain", "replay", "records", "clear"],
)
def test_as_many_calls_as_may_run_stay_within_the_bound(serve, name):
    """Each kind of call, as often at once as calls may run: answered, or refused with a reason."""
    api, watch = serve()
    with watch, ThreadPoolExecutor(CALLS) as pool:
        reasons = list(pool.map(lambda _: reason(questions(api)[name]), range(CALLS)))
    assert set(reasons) <= {"", *REFUSALS}
    assert watch.peak_mib < PROCESS_MIB + READ_MIB + CACHE_MIB


def test_all_kinds_of_calls_at_once_stay_within_the_bound(serve):
    """One of each kind beside the others."""
    api, watch = serve()
    asked = questions(api)
    with watch, ThreadPoolExecutor(CALLS) as pool:
        reasons = dict(zip(asked, pool.map(reason, asked.values()), strict=True))
    assert set(reasons.values()) <= {"", *REFUSALS}
    assert watch.peak_mib < PROCESS_MIB + READ_MIB + CACHE_MIB


def test_a_total_of_any_book_is_answered(serve):
    """A total and a narrow question need no memory that follows the book; what does is told how
    to ask for less."""
    api, watch = serve()
    with watch:
        (answer,) = inventory(api)
        rows = inventory(api, dimension("PERIOD"), facilities=[f"f{7:059d}"])[-1].rows
        found = reason(questions(api)["by all"])
    quantity = Decimal("1.5") * FACILITIES * CHANNELS
    assert Decimal(answer.total.kg_co2e) == quantity * Decimal("0.4")
    assert answer.total.records_count == FACILITIES * CHANNELS
    assert answer.suspended_count == FACILITIES
    assert sum(Decimal(row.kg_co2e) for row in rows) == Decimal("1.5") * CHANNELS * Decimal("0.4")
    assert found == "SELECTION_MUST_FIT"
    assert watch.peak_mib < PROCESS_MIB + READ_MIB + CACHE_MIB


def test_a_merge_of_more_than_fits_stays_within_its_bound(large):
    """It is made in turns; the book has the same total after it."""
    command = [sys.executable, "-m", "tonne.cli.main", "maintain", "--data", str(large), "--once"]
    process = subprocess.Popen(command, env={**os.environ, **SETTINGS}, cwd=ROOT)
    with Watch(process.pid) as watch:
        assert process.wait(TIMEOUT_S) == 0
    assert watch.peak_mib < PROCESS_MIB + PART_BYTES / MIB + MERGE_MIB
    with ServerProcess("--data", str(large), env=SETTINGS) as server:
        api = Api(server.address)
        (answer,) = inventory(api)
        api.close()
    assert answer.total.records_count == FACILITIES * CHANNELS
