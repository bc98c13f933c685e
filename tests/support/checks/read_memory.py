"""A ledger that is larger than what calls may hold, what costs most of it, and the most memory
that a process has meanwhile."""

from __future__ import annotations

import contextlib
import datetime as dt
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Self

import grpc
import polars as pl
import psutil

from tests.support.servers.api import EDITION, Api, details_of
from tests.support.servers.server import ROOT
from tonne.client.answers.book_days import Days
from tonne.client.wire.frames import encode_frame, prepare_frame
from tonne.v1 import indicators_pb2, ingest_pb2, ledger_pb2, report_pb2

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

MIB = 1 << 20
FACILITIES = 30_000
MONTHS = 12
FEW = 24_000
"""Facilities of what fits into the memory of reads: a replay of it takes nearly all."""
FEW_ACTIVITY = "cooling"
CHANNELS = 3
CALLS = 8
"""Calls at once: `server.call_threads` by default."""
PROCESS_MIB, MAINTAIN_MIB = 240, 160
"""A server and `tonne maintain` themselves, as docs/operations.md states them."""
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
REFUSALS = {"SELECTION_MUST_FIT", "READS_EXHAUSTED", "CALLS_EXHAUSTED"}


def batch(activity: str, months: int, facilities: int = FACILITIES) -> bytes:
    """A record for each facility, over so many months; its id has 60 characters."""
    start = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
    frame = pl.DataFrame({"number": range(facilities)}).select(
        record_id=pl.lit("r"),
        facility=pl.format("f{}", pl.col("number").cast(pl.String).str.zfill(59)),
        activity=pl.lit(activity),
        quantity=pl.lit("1.5"),
        unit=pl.lit("kWh"),
        region=pl.lit("DE"),
        start=pl.lit(start),
        end=pl.lit(start.replace(year=2024 + months // 12, month=1 + months % 12)),
    )
    return encode_frame(prepare_frame(frame, Days()))


def fill(api: Api, channel: str, arrow: bytes) -> None:
    """Append a batch and wait until it is durable."""
    epoch = api.open(channel).channel.epoch
    messages = [
        ingest_pb2.AppendRequest(channel=channel, epoch=epoch),
        ingest_pb2.AppendRequest(arrow_ipc=arrow),
    ]
    for answer in api.ingest.Append(iter(messages), timeout=TIMEOUT_S):
        assert not answer.HasField("error")


def fill_book(api: Api, facilities: int, few: int) -> None:
    """Write postings by facility and month, few of another activity, and records that wait."""
    priced = EDITION.rstrip("\n").splitlines()[1].replace("electricity.grid", FEW_ACTIVITY)
    book = api.make_book("acme", f"{EDITION}{priced}\n")
    arrow = batch("electricity.grid", MONTHS, facilities)
    for number in range(CHANNELS):
        fill(api, f"{book}/channels/c{number}", arrow)
    fill(api, f"{book}/channels/few", batch(FEW_ACTIVITY, 1, few))
    fill(api, f"{book}/channels/waiting", batch("mystery", 1, facilities))


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

    def explain(*activities: str, **options: object) -> object:
        selection = report_pb2.GetInventoryRequest(name="books/acme", activities=activities)
        request = report_pb2.ExplainRequest(selection=selection, **options)
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
        "explain few": lambda: explain(FEW_ACTIVITY, records_max=1_000),
        "replay few": lambda: explain(FEW_ACTIVITY, replay=True),
        "records": lambda: api.records("books/acme", facility="nobody"),
        "indicators": lambda: list(
            api.indicator.GetIndicatorValues(
                indicators_pb2.GetIndicatorValuesRequest(
                    name="books/acme",
                    by=indicators_pb2.INDICATOR_PLACE_FACILITY,
                    span=indicators_pb2.INDICATOR_SPAN_MONTH,
                ),
                timeout=TIMEOUT_S,
            )
        ),
        "clear": lambda: list(
            api.ledger.ClearSuspense(
                ledger_pb2.ClearSuspenseRequest(parent="books/acme"), timeout=TIMEOUT_S
            )
        ),
    }


def ask_at_once(calls: Iterable[Callable[[], object]]) -> list[str]:
    """Ask all at once; why each was refused, or nothing."""
    waiting = list(calls)
    with ThreadPoolExecutor(len(waiting)) as pool:
        return list(pool.map(reason, waiting))
