"""What balances of many facilities cost: `python -m tests.bench.balances --facilities 1000000`.

A ledger on SQLite and a directory, with a register of that many facilities, each with grid
electricity in every month, one in ten a data centre with a meter of its IT, and two years of the
company's traffic and revenue. The postings are put there by the month, and the merge makes one run
of them; no record is streamed. Each question is asked with the rollup and without, with nothing of
it in memory and then again: seconds, seconds of processors, and the most memory of the process so
far.

Run by `make bench`.
"""

from __future__ import annotations

import argparse
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
from tonne.store.rows import Span
from tonne.store.sql import schema
from tonne.store.sql.database import utc_now

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.ledger.conftest import Bench

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


def measure(name: str, call: Callable[[], object]) -> None:
    """Print the seconds of a call, at first and again."""
    found = []
    for _ in range(2):
        begun, begun_cpu = time.perf_counter(), time.process_time()
        call()
        found.append((time.perf_counter() - begun, time.process_time() - begun_cpu))
    texts = "  ".join(f"{wall:7.3f} s {cpu:7.3f} CPU s" for wall, cpu in found)
    sys.stdout.write(f"{name:>44}: {texts}  {peak_mib():6,} MiB\n")
    sys.stdout.flush()


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
    """Ask all questions."""
    span = InventoryRequest(FIRST, FIRST + MONTHS - 1)
    one = f"site-{7:07d}"
    for with_rollups in (True, False):
        sys.stdout.write("with rollups\n" if with_rollups else "without rollups\n")

        def asked(
            call: Callable[[object], object], *, with_rollups: bool = with_rollups
        ) -> Callable[[], object]:
            ledger = bench.other().ledger
            ledger.snapshots.take(bench.book)  # the register is in memory

            def run() -> object:
                snapshot = ledger.snapshots.take(bench.book)
                if not with_rollups:
                    snapshot = replace(snapshot, rollups=None)
                return call(snapshot)

            return run

        for name, request in (
            ("total", span),
            ("by account", replace(span, group_by=("account",))),
            ("by month, activity", replace(span, group_by=("period", "activity"))),
            ("by type and region", replace(span, group_by=("facility_type", "region"))),
            ("last month", replace(span, first_period=span.last_period)),
            (
                "a facility's year",
                replace(
                    span,
                    first_period=span.last_period - 11,
                    facilities=(one,),
                    group_by=("period",),
                ),
            ),
        ):
            measure(name, asked(lambda snapshot, r=request: book_inventory(snapshot, r)))
        measure(
            "all indicators",
            asked(lambda snapshot: list(book_indicators(snapshot, IndicatorRequest(span)).values)),
        )
        by_month = IndicatorRequest(span, span="month")
        measure(
            "all indicators, each month",
            asked(lambda snapshot, r=by_month: list(book_indicators(snapshot, r).values)),
        )


if __name__ == "__main__":
    main()
