"""What it costs to compare each file with its digest: `python -m tests.bench.verification`.

The same ledger and the same calls, in turns, with the comparison and with a door that leaves it
out, which exists here alone. Nothing is remembered between calls; the files are in the system's
page cache, so that the comparison weighs as much as it can.
"""

from __future__ import annotations

import datetime as dt
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING
from unittest import mock

from tests.unit.ledger.conftest import HOUR, T0, embedded_bench
from tonne.ledger.files.files import FileReader, VerifiedFile
from tonne.ledger.pages import Ask
from tonne.ledger.upkeep.merging import Merger
from tonne.reports.inventory.book import book_inventory
from tonne.reports.inventory.request import InventoryRequest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.ledger.conftest import Bench
    from tonne.store.rows import FileRow

ROUNDS = 9
COMMITS = 130
RECORDS = 8_000
FACILITIES = 2_000


def fill(bench: Bench) -> None:
    """Commit readings of base stations, 8,000 at a time, quarter hour by quarter hour."""
    for commit in range(COMMITS):
        first = commit * RECORDS
        bench.append(
            "collector",
            [
                {
                    "record_id": f"reading-{number:012d}",
                    "facility": f"station-{number % FACILITIES:06d}",
                    "activity": "electricity.grid",
                    "quantity": f"{number * 7919 % 100_000}.{number % 1000:03d}",
                    "unit": "kWh",
                    "start": (start := T0 + dt.timedelta(minutes=15 * (number // FACILITIES))),
                    "end": start + HOUR / 4,
                    "region": "",
                }
                for number in range(first, first + RECORDS)
            ],
            "arrow",
        )


def unverified(reader: FileReader, file: FileRow) -> VerifiedFile:
    """Read a file and believe it."""
    return VerifiedFile(file, reader._objects.get(file.path))


def believed(*_: object) -> None:
    """Believe that what was written lies there as it was written."""


def measure(
    name: str,
    call: Callable[[], object],
    owner: type = FileReader,
    attribute: str = "open",
    without_it: Callable[..., object] = unverified,
) -> None:
    """Time a call in turns with a method and with what leaves it out; print the medians."""
    with_it = getattr(owner, attribute)
    times: dict[bool, list[float]] = {True: [], False: []}
    for number in range(2 * ROUNDS + 2):
        verifies = number % 2 == 0
        with mock.patch.object(owner, attribute, with_it if verifies else without_it):
            begin_s = time.perf_counter()
            call()
            took_s = time.perf_counter() - begin_s
        if number > 1:  # the first of each warms up
            times[verifies].append(took_s)
    ours, without = statistics.median(times[True]), statistics.median(times[False])
    low, high = min(times[True]), max(times[True])
    sys.stdout.write(
        f"{name}: {1000 * ours:.1f} ms ({1000 * low:.1f} to {1000 * high:.1f}), without "
        f"{1000 * without:.1f} ms, ratio {ours / without:.3f}\n"
    )


def main() -> None:
    """Measure inventory, list and merge."""
    with tempfile.TemporaryDirectory() as folder, embedded_bench(Path(folder)) as bench:
        fill(bench)
        for kind in ("segments", "postings"):
            sizes = [info.size_bytes for info in bench.objects.list(f"acme/{kind}")]
            sys.stdout.write(f"{len(sizes)} {kind}, {sum(sizes):,} bytes\n")

        def cold(**options: int) -> Bench:
            return bench.other(cache_bytes_max=0, **options)

        def inventory() -> None:
            server = cold()
            book_inventory(server.ledger.snapshots.take("acme"), InventoryRequest())
            server.ledger.close()

        def page() -> None:
            server = cold()
            assert (
                len(server.ledger.records.list_records("acme", Ask(page_size=1000)).items) == 1000
            )
            server.ledger.close()

        def search() -> None:
            server = cold()
            server.ledger.records.list_records(
                "acme", Ask('record.facility = "station-nowhere"', page_size=1000)
            )
            server.ledger.close()

        def merge() -> None:
            server = cold(merge_files_max=2)
            # All of a merge but its last step: the files stay as they are for the next round.
            with mock.patch.object(type(bench.manifest), "replace_postings", return_value=False):
                server.ledger.merger.merge("acme")
            server.ledger.close()

        measure("inventory, nothing in memory", inventory)
        measure("a page of 1,000 records", page)
        measure("a search through all segments", search)
        measure("merge", merge)
        measure("the reading back of a merge", merge, Merger, "_check_written", believed)


if __name__ == "__main__":
    main()
