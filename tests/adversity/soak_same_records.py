"""A thousand planted duplicates and conflicts among 10^7 records, or `TONNE_TEST_RECORDS`; the
short form, with an oracle of its own, is `tests/unit/ledger/same/test_planted.py`."""

from __future__ import annotations

import io
import itertools
import os
import resource
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from tests.unit.ledger.conftest import embedded_bench
from tests.unit.ledger.same.test_planted import batch
from tonne.ledger.ledger import Ledger
from tonne.ledger.posting.entries import ChannelEntry, Durable
from tonne.model import Facility
from tonne.store.manifest.manifest import Manifest
from tonne.store.objects.objects import open_objects

RECORDS = int(os.environ.get("TONNE_TEST_RECORDS", "10000000"))
SEGMENT_RECORDS = 50_000
PLANTED = 1_000
MEMORY_MIB_MAX = 64
"""What a check may need beside the frames of one segment, and the process as it is at rest."""


def fill(bench):
    """Fill a book; the last segments repeat a thousand ids, every second with another quantity."""
    bench.ledger.register.import_facilities("acme", [Facility("dc-1")])
    opened = bench.ledger.channels.open_channel("acme", "a")
    step = RECORDS // PLANTED
    copies = pl.concat(
        [batch(place * step, 1) for place in range(PLANTED)], how="vertical"
    ).with_columns(
        quantity=pl.when(pl.int_range(pl.len()) % 2 == 0).then("quantity").otherwise(pl.lit("0.5"))
    )
    offset = 0
    parts = [(first, SEGMENT_RECORDS) for first in range(0, RECORDS, SEGMENT_RECORDS)]
    for frame in itertools.chain(itertools.starmap(batch, parts), [copies]):
        buffer = io.BytesIO()
        frame.write_ipc_stream(buffer, compression="uncompressed")
        message = buffer.getvalue()
        decoded = bench.session.decode_arrow(message, 0, len(message))
        entry = ChannelEntry(decoded, "a", opened.epoch, offset)
        (outcome,) = bench.write([entry])
        assert isinstance(outcome, Durable)
        offset += frame.height


def peak_mib() -> float:
    """Most memory of the process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def check(folder: str, bits: int) -> None:
    """Check the book in a process of its own, and say what that needed."""
    objects = open_objects((Path(folder) / "objects").as_uri(), {})
    manifest = Manifest.open(f"sqlite:///{folder}/manifest.sqlite")
    ledger = Ledger(manifest, objects, holder="check", hash_bits=bits)
    ledger.records.list_records("acme")
    reader, (file,) = ledger.records._reader, manifest.segments("acme", limit=1)
    reader.open(file).frame().with_columns(pl.col("record_id").cast(pl.String)).clone()
    before_mib = peak_mib()
    done = ledger.same_check.check("acme")
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(  # noqa: T201  the answer of the process
        done.reversed_count,
        done.entry_count,
        peak_mib() - before_mib,
        used.ru_utime + used.ru_stime,
        len(manifest.key_files("acme")),
    )


@pytest.mark.parametrize("bits", [64])
def test_exactly_the_planted_ones_are_found_in_bounded_memory(tmp_path, bits):
    """Half of them duplicates, half conflicts."""
    with embedded_bench(tmp_path) as bench:
        fill(bench)
    code = "import sys; from tests.adversity.soak_same_records import check; "
    command = [sys.executable, "-c", f"{code}check(sys.argv[1], {bits})", str(tmp_path)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    reversed_count, entry_count, more_mib, cpu_s, files = answer.split()
    sys.stderr.write(
        f"{RECORDS:,} records: {float(more_mib):.0f} MiB, {float(cpu_s):.1f} CPU s, "
        f"{files} key files\n"
    )
    assert (int(reversed_count), int(entry_count)) == (PLANTED // 2, PLANTED // 2)
    assert float(more_mib) < MEMORY_MIB_MAX
