"""What grows with history, and what does not: `python -m tests.bench.growth [RECORDS...]`.

A book of 2,000 sites and a year, filled in the order of time by the ledger's own journal, with a
mark in its middle as a close or the end of a day puts one, and merged as the upkeep does. Then a
server of its own is asked: seconds by the clock, and seconds of the server's processors, of a
question at first and again. What is read of the whole ledger is flat in the number of records; a
table of all sizes comes last.

Run by `make bench`.
"""

from __future__ import annotations

import argparse
import datetime as dt
import io
import itertools
import os
import re
import statistics
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from tests.support.servers.server import ServerProcess
from tests.unit.ledger.conftest import embedded_bench
from tonne.client import Client
from tonne.ledger.posting.entries import ChannelEntry, Durable
from tonne.model import Facility
from tonne.statements.changes.bridges import Side
from tonne.store.manifest.marks import CLOSE, put_mark
from tonne.store.manifest.tables import lock_book

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.ledger.conftest import Bench

BOOK = "acme"
SITES = 2_000
BATCH = 50_000
BATCHES_OF_A_COMMIT = 4
COMMITS_OF_A_ROUND = 32
BEGIN = dt.datetime(2015, 1, 1, tzinfo=dt.UTC)
YEAR_US = 365 * 86_400 * 1_000_000
CORRECTED = 100_000
TICKS = os.sysconf("SC_CLK_TCK")


def batch(first: int, count: int, of: int) -> pl.DataFrame:
    """Make records in the order of time: each site in turn, steps of a year."""
    number = pl.int_range(first, first + count, eager=True)
    step_us = YEAR_US // -(-of // SITES)
    start = pl.Series([BEGIN]).new_from_index(0, count) + (number // SITES * step_us).cast(
        pl.Duration("us")
    )
    return pl.DataFrame(
        {
            "record_id": "r" + number.cast(pl.String),
            "facility": "site-" + (number % SITES).cast(pl.String).str.zfill(4),
            "activity": pl.Series(["electricity.grid"]).new_from_index(0, count),
            "quantity": (number % 97 + 1).cast(pl.String) + ".25",
            "unit": pl.Series(["kWh"]).new_from_index(0, count),
            "start": start.cast(pl.Datetime("us", "UTC")),
            "end": (start + dt.timedelta(microseconds=step_us)).cast(pl.Datetime("us", "UTC")),
            "region": pl.Series([""]).new_from_index(0, count),
        }
    )


def fill(bench: Bench, count: int) -> int:
    """Fill the book; gives the number of the mark in its middle."""
    sites = [Facility(f"site-{number:04d}", type="base_station") for number in range(SITES)]
    bench.ledger.register.import_facilities(BOOK, sites)
    opened = bench.ledger.channels.open_channel(BOOK, "meters")
    firsts = [
        range(first, min(first + BATCH * BATCHES_OF_A_COMMIT, count), BATCH)
        for first in range(0, count, BATCH * BATCHES_OF_A_COMMIT)
    ]
    mark = 0
    for number, of_commit in enumerate(firsts):
        if number == len(firsts) // 2:
            mark = put_a_mark(bench)
        entries = []
        for first in of_commit:
            buffer = io.BytesIO()
            batch(first, min(BATCH, count - first), count).write_ipc_stream(
                buffer, compression="uncompressed"
            )
            message = buffer.getvalue()
            decoded = bench.session.decode_arrow(message, 0, len(message))
            entries.append(ChannelEntry(decoded, "meters", opened.epoch, first))
        assert all(isinstance(each, Durable) for each in bench.write(entries))
        if number % COMMITS_OF_A_ROUND == 0:
            bench.ledger.merger.merge(BOOK)
    bench.ledger.merger.merge(BOOK)
    return mark


def put_a_mark(bench: Bench) -> int:
    """Put a mark where the book stands."""
    database = bench.manifest._database

    def work(connection: object) -> int:
        lock_book(connection, BOOK)
        return put_mark(connection, database, BOOK, CLOSE).number

    return database.write(work)


def cpu_s(pid: int) -> float:
    """Seconds of processors that a process took so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def peak_mib(pid: int) -> int:
    """Most memory of a process so far."""
    found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) >> 10 if found else 0


def questions(client: Client, mark: int, last: int) -> dict[str, Callable[[], object]]:
    """Give what is asked, by name."""
    inventory = partial(client.inventory, BOOK)
    months = {"from_period": "2015-10", "to_period": "2015-10"}
    return {
        "inventory, total": inventory,
        "by account and month": partial(inventory, by=("account", "period")),
        "by facility": partial(inventory, by=("facility",)),
        "as of the mark": partial(inventory, by=("account", "period"), as_of=str(mark)),
        "as of a commit, later": partial(inventory, by=("account", "period"), as_of=str(last - 1)),
        "bridge, mark to now": partial(client.bridge, BOOK, Side(as_of=str(mark)), Side()),
        "bridge, month to month": partial(
            client.bridge, BOOK, Side("2015-09", "2015-09"), Side("2015-10", "2015-10")
        ),
        "what rests on an edition": partial(
            client.estimate_restatement, BOOK, edition="paper-2015"
        ),
        "ten records of a site": lambda: list(
            itertools.islice(client.list_records(BOOK, facility="site-0007"), 10)
        ),
        "explained, a site's month": lambda: list(
            client.explain(BOOK, facilities="site-0007", **months)
        ),
        "replayed, a site's month": lambda: list(
            client.explain(BOOK, facilities="site-0007", replay=True, **months)
        ),
    }


def measure(count: int) -> dict[str, str]:
    """Measure one size; gives a column of the table."""
    column = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        begun, begun_cpu = time.perf_counter(), time.process_time()
        with embedded_bench(folder) as bench:
            mark = fill(bench, count)
            last = bench.manifest.find_point(BOOK).number
            filled = (
                f"{time.perf_counter() - begun:.0f} s, {time.process_time() - begun_cpu:.0f} CPU s"
            )
            begun_cpu = time.process_time()
            bench.ledger.same_check.check(BOOK)
            column["filled"] = filled
            column["record ids compared"] = f"{time.process_time() - begun_cpu:.0f} CPU s"
            column["files of postings"] = f"{len(bench.manifest.live_postings(BOOK)):,}"
        (folder / "manifest.sqlite").rename(folder / "manifest.db")
        files = [each for each in folder.rglob("*") if each.is_file()]
        column["files, MiB"] = (
            f"{len(files):,}, {sum(each.stat().st_size for each in files) >> 20:,}"
        )
        tell(count, column)
        with (
            ServerProcess("--data", str(folder)) as server,
            Client(server.address, timeout_s=3600) as client,
        ):
            pid = server.pid
            for question, ask in questions(client, mark, last).items():
                column[question] = timed(ask, pid)
                tell(count, {question: column[question]})
            column |= streamed(client, pid, count)
            column["most memory"] = f"{peak_mib(pid):,} MiB"
            tell(count, column)
    return column


def timed(ask: Callable[[], object], pid: int) -> str:
    """Ask twice; gives the seconds, and those of the server's processors."""
    found = []
    for _ in range(2):
        begun, begun_cpu = time.perf_counter(), cpu_s(pid)
        ask()
        found.append(f"{time.perf_counter() - begun:.3f} ({cpu_s(pid) - begun_cpu:.2f})")
    return ", ".join(found)


def streamed(client: Client, pid: int, count: int) -> dict[str, str]:
    """Stream single records, then new ones and corrections in turns, all acknowledged."""
    column = {}
    with client.channel(BOOK, "single") as channel:
        spent = []
        begun_cpu = cpu_s(pid)
        for number in range(20):
            record = batch(number, 1, count).with_columns(record_id=pl.lit(f"one-{number}"))
            begun = time.perf_counter()
            channel.append(record)
            spent.append(time.perf_counter() - begun)
        each_cpu = (cpu_s(pid) - begun_cpu) / len(spent)
        column["a commit of one record"] = f"{statistics.median(spent):.4f} ({each_cpu:.3f})"
    ratios, cpus = [], []
    for turn in range(3):
        new = batch(turn * CORRECTED, CORRECTED, count)
        new = new.with_columns(record_id=pl.lit(f"new-{turn}-") + pl.col("record_id"))
        right = new.with_columns(quantity=pl.lit("3.5"))
        walls, used = [], []
        for ask in (partial(append, client, new), partial(correct, client, right, turn)):
            begun, begun_cpu = time.perf_counter(), cpu_s(pid)
            ask()
            walls.append(time.perf_counter() - begun)
            used.append(cpu_s(pid) - begun_cpu)
        ratios.append(walls[0] / walls[1])
        cpus.append(used[0] / used[1])
    column["corrections to new records"] = (
        f"{statistics.median(ratios):.2f} of the rate, {statistics.median(cpus):.2f} by CPU"
    )
    return column


def append(client: Client, records: pl.DataFrame) -> None:
    """Stream records."""
    with client.channel(BOOK, "new") as channel:
        channel.append(records)


def correct(client: Client, records: pl.DataFrame, turn: int) -> None:
    """Correct the records that were streamed in a turn."""
    offsets = range(turn * CORRECTED, (turn + 1) * CORRECTED)
    client.correct_records(BOOK, "new", offsets, records, author="ada", reason="read")


def tell(count: int, column: dict[str, str]) -> None:
    """Print what is known of a size."""
    for name, text in column.items():
        sys.stdout.write(f"{count:>13,} {name:>28}: {text}\n")
    sys.stdout.flush()
    if len(column) > 1:
        sys.stdout.write("\n")


def main() -> None:
    """Measure the sizes, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("records", type=int, nargs="*", default=[100_000, 1_000_000])
    sizes = parser.parse_args().records
    columns = {count: measure(count) for count in sizes}
    sys.stdout.write("| question | " + " | ".join(f"{each:,}" for each in sizes) + " |\n")
    sys.stdout.write("|---|" + "---:|" * len(sizes) + "\n")
    for name in next(iter(columns.values())):
        texts = " | ".join(column[name] for column in columns.values())
        sys.stdout.write(f"| {name} | {texts} |\n")


if __name__ == "__main__":
    main()
