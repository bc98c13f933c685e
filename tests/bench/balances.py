"""What balances of many facilities cost: `python -m tests.bench.balances --facilities 1000000`.

A ledger on SQLite and a directory, with a register of that many facilities, each with grid
electricity in every month, one in ten a data centre with a meter of its IT, and two years of the
company's traffic and revenue. The postings are put there by the month, and the merge makes one
run of them; no record is streamed. Each question is asked of a server that has the register in
memory and nothing else, and then again; two of them of the postings alone. Seconds, seconds of
processors, and the most memory of the process so far.

Run by `make bench`.
"""

from __future__ import annotations

import argparse
import functools
import resource
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import sqlalchemy as sa

from tests.bench.indicators import FIRST, MONTHS, ONE_IN, RESOLUTIONS, postings_of
from tests.unit.ledger.conftest import embedded_bench
from tonne.ledger.files.files import POSTINGS, put_frame
from tonne.model import Facility
from tonne.reports.indicators.book import book_indicators
from tonne.reports.indicators.request import IndicatorRequest
from tonne.reports.inventory.book import book_inventory
from tonne.reports.inventory.request import InventoryRequest
from tonne.store.sql import schema
from tonne.store.sql.database import utc_now
from tonne.store.statement_rows import Span

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.ledger.conftest import Bench
    from tonne.ledger.reading.snapshot import Snapshot

PART = 10_000
REGIONS = ("CN-BJ", "CN-GD", "CN-SH", "CN-ZJ")


def fill(bench: Bench, count: int) -> None:
    """Register facilities, and put their postings as one file a month, not yet merged."""
    names = pl.Series([f"site-{number:07d}" for number in range(count)])
    for first in range(0, count, PART):
        bench.manifest.put_facilities(
            bench.book,
            [
                Facility(
                    names[number],
                    type="base_station" if number % ONE_IN else "data_centre",
                    region=REGIONS[number % len(REGIONS)],
                )
                for number in range(first, min(first + PART, count))
            ],
        )
    table = schema.resolution
    rows = [
        {"book": bench.book, "id": each.id, "body": each.to_json()}
        for each in RESOLUTIONS.values()
    ]
    bench.manifest._database.write(lambda connection: connection.execute(sa.insert(table), rows))
    company = pl.Series(["company"])
    subjects = {
        "electricity.grid": names,
        "electricity.it": names.gather_every(ONE_IN),
        "driver.traffic": company,
        "driver.revenue": company,
    }
    for period in range(FIRST, FIRST + MONTHS):
        months = [postings_of(each, name, (period,)) for name, each in subjects.items()]
        put(bench, pl.concat(months), Span(period, period, "", "t"))


def put(bench: Bench, frame: pl.DataFrame, span: Span) -> None:
    """Make a live postings file, as a merge would that stopped before it was in order."""
    new = put_frame(
        bench.objects, frame, POSTINGS, book=bench.book, commit_id="", now=utc_now(), span=span
    )
    bench.manifest.replace_postings(bench.book, [], new)


def peak_mib() -> int:
    """Most memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10


def measure(name: str, call: Callable[[], object], rounds: int) -> None:
    """Print the seconds of a call, at first and again."""
    sys.stdout.write(f"{name:>26}:")
    for _ in range(rounds):
        begun, begun_cpu = time.perf_counter(), time.process_time()
        call()
        wall_s, cpu_s = time.perf_counter() - begun, time.process_time() - begun_cpu
        sys.stdout.write(f" {wall_s:7.3f} s {cpu_s:7.3f} CPU s")
        sys.stdout.flush()
    sys.stdout.write(f" {peak_mib():6,} MiB\n")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--facilities", type=int, default=100_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, embedded_bench(Path(folder)) as bench:
        begun = time.process_time()
        fill(bench, given.facilities)
        files = bench.manifest.live_postings(bench.book)
        rows = sum(file.row_count for file in files)
        sys.stdout.write(
            f"{given.facilities:,} facilities, {MONTHS} months, {rows:,} postings, made in "
            f"{time.process_time() - begun:.0f} CPU s, {peak_mib():,} MiB\n"
        )
        server = bench.other(merge_files_max=2).ledger
        begun = time.process_time()
        server.merger.merge(bench.book)
        files = bench.manifest.live_postings(bench.book)
        rolled = bench.manifest.live_rollups(bench.book)
        sys.stdout.write(
            f"merged in {time.process_time() - begun:.1f} CPU s: {len(files)} files of "
            f"{sum(file.size_bytes for file in files) >> 20} MiB; rollup "
            + ", ".join(
                f"{each.row_count:,} rows {each.size_bytes >> 10:,} KiB" for each in rolled
            )
            + f"; {peak_mib():,} MiB\n"
        )
        ask(bench)


def ask(bench: Bench) -> None:
    """Ask all questions of the rollup, twice, and two of them of the postings."""
    span = InventoryRequest(FIRST, FIRST + MONTHS - 1)
    year = replace(span, first_period=span.last_period - 11, facilities=("site-0000007",))
    month = replace(span, first_period=span.last_period)
    inventories = {
        "total": span,
        "by account": replace(span, group_by=("account",)),
        "by month, activity": replace(span, group_by=("period", "activity")),
        "by type and region": replace(span, group_by=("facility_type", "region")),
        "last month": month,
        "a facility's year": replace(year, group_by=("period",)),
    }
    calls: dict[str, Callable[[Snapshot], object]] = {
        name: functools.partial(book_inventory, request=request)
        for name, request in inventories.items()
    }
    for name, by_months in (("all indicators", ""), ("indicators by month", "month")):
        request = IndicatorRequest(span, span=by_months)
        calls[name] = lambda snapshot, asked=request: list(book_indicators(snapshot, asked).values)
    for name, call in calls.items():
        measure(name, asker(bench, call, with_rollups=True), 2)
    for name in ("total", "all indicators"):
        measure(f"{name}, postings", asker(bench, calls[name], with_rollups=False), 1)


def asker(
    bench: Bench, call: Callable[[Snapshot], object], *, with_rollups: bool
) -> Callable[[], object]:
    """Make a server that has the register in memory, and no postings; gives what asks it."""
    ledger = bench.other().ledger
    ledger.snapshots.take(bench.book)

    def run() -> object:
        snapshot = ledger.snapshots.take(bench.book)
        return call(snapshot if with_rollups else replace(snapshot, rollups=None))

    return run


if __name__ == "__main__":
    main()
