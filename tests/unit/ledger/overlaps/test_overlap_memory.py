"""A look at more records than its memory holds, in a process of its own."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import polars as pl

from tests.unit.ledger.conftest import T0, embedded_bench
from tonne.ledger.ledger import Ledger
from tonne.ledger.posting.entries import ChannelEntry, Durable
from tonne.store.manifest.manifest import Manifest
from tonne.store.objects.objects import open_objects

FACILITIES = 1_000
SEGMENT_RECORDS = 50_000
SEGMENTS = 8
READ_MIB = 128
"""What all calls that read may hold: the least that the settings allow."""


def batch(channel: str, first: int) -> pl.DataFrame:
    """Hourly readings of many facilities, from a number on."""
    number = pl.int_range(first, first + SEGMENT_RECORDS, eager=True)
    start = pl.lit(T0) + pl.duration(hours=number // FACILITIES)
    return pl.select(
        record_id=channel + number.cast(pl.String),
        facility="site-" + (number % FACILITIES).cast(pl.String),
        activity=pl.lit("electricity.grid"),
        quantity=pl.lit("1.5"),
        unit=pl.lit("kWh"),
        start=start.cast(pl.Datetime("us", "UTC")),
        end=(start + pl.duration(hours=1)).cast(pl.Datetime("us", "UTC")),
        region=pl.lit(""),
    )


def fill(bench):
    """Fill a book: two channels have the same hours of all facilities."""
    for channel in "ab":
        opened = bench.ledger.channels.open_channel("acme", channel)
        for place in range(SEGMENTS):
            buffer = io.BytesIO()
            first = place * SEGMENT_RECORDS
            batch(channel, first).write_ipc_stream(buffer, compression="uncompressed")
            message = buffer.getvalue()
            decoded = bench.session.decode_arrow(message, 0, len(message))
            (outcome,) = bench.write([ChannelEntry(decoded, channel, opened.epoch, first)])
            assert isinstance(outcome, Durable)


def peak_mib() -> float:
    """Most memory of the process since it was asked to begin anew."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def look(folder: str) -> None:
    """Look in a process of its own, and say what was found and what that needed."""
    objects = open_objects((Path(folder) / "objects").as_uri(), {})
    manifest = Manifest.open(f"sqlite:///{folder}/manifest.sqlite")
    ledger = Ledger(manifest, objects, holder="look", read_bytes_max=READ_MIB << 20)
    ledger.records.list_records("acme")
    Path("/proc/self/clear_refs").write_text("5")
    before_mib = peak_mib()
    done = ledger.overlaps.check("acme")
    print(done.record_count, done.overlap_count, peak_mib() - before_mib)  # noqa: T201  the answer of the process


def test_a_look_holds_what_it_may(tmp_path):
    """All records overlap, and are three times what memory holds at once."""
    with embedded_bench(tmp_path) as bench:
        fill(bench)
        answer = subprocess.run(
            [sys.executable, __file__, str(tmp_path)],
            check=True,
            capture_output=True,
            text=True,
            env={"PYTHONPATH": str(Path(__file__).parents[4])},
        ).stdout.split()
        assert answer[:2] == [str(2 * SEGMENTS * SEGMENT_RECORDS), str(FACILITIES)]
        assert float(answer[2]) < READ_MIB
        (each, *_) = bench.ledger.overlaps.list_overlaps("acme").items
        assert each.months[0].pair_count == SEGMENTS * SEGMENT_RECORDS // FACILITIES


if __name__ == "__main__":
    look(sys.argv[1])
