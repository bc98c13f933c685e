"""What a register of facilities costs, by its size: `python -m tests.bench.register [COUNT...]`.

CPU seconds of this process on SQLite: reading it at the start, taking a change of one facility in,
and finding the regions of the few facilities of a small commit.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from tests.unit.ledger.conftest import embedded_bench
from tonne.ledger.book.book_state import BookStates
from tonne.model import Facility

if TYPE_CHECKING:
    from collections.abc import Callable

COUNTS = (10_000, 100_000, 1_000_000)
PART = 10_000


def station(number: int, region: str = "GB") -> Facility:
    """A base station; every hundredth was bought within a month."""
    since = "" if number % 100 else "2024-01-15"
    return Facility(
        f"bs-{number:07d}", f"Station {number}", "base_station", region, valid_from=since
    )


def measure(name: str, call: Callable[[], object]) -> None:
    """Print the CPU seconds of a call."""
    start = time.process_time()
    call()
    print(f"  {name:42s} {time.process_time() - start:9.4f} CPU s", flush=True)  # noqa: T201  # its answer


def run(count: int) -> None:
    """Measure one size."""
    print(f"{count:,} facilities")  # noqa: T201  # its answer
    with tempfile.TemporaryDirectory() as folder, embedded_bench(Path(folder)) as bench:
        for first in range(0, count, PART):
            stations = [station(number) for number in range(first, min(first + PART, count))]
            bench.manifest.put_facilities(bench.book, stations)
        states = BookStates(bench.manifest)
        measure("read at the start", lambda: states.known(bench.book))
        bench.manifest.put_facilities(bench.book, [station(7, "FR")])
        measure("a change of one facility, taken in", lambda: states.refresh(bench.book))
        state = states.known(bench.book)
        few = pl.DataFrame({"facility": ["bs-0000007", "nobody"], "region": ["", ""]})
        state.with_effective_region(few)
        measure("regions of a commit of two records", lambda: state.with_effective_region(few))


if __name__ == "__main__":
    for each in [int(word) for word in sys.argv[1:]] or COUNTS:
        run(each)
