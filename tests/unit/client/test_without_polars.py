"""A producer of mappings needs no Polars; a frame without it is refused with what to install."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import sys
sys.modules["polars"] = None  # as where it is not installed
from tonne.client import PolarsMissing
from tonne.client.answers.book_days import Days
from tonne.client.append.batches import Batches
from tonne.model import Limits

class Table:
    def __arrow_c_stream__(self, schema=None): ...

record = dict(facility="f", activity="a", quantity="1", unit="kg")
record |= dict(start="2025-01-01", end="2025-02-01")
limits = Limits(1 << 20, 1 << 20, batch_records_max=10, stream_lifetime_s=60.0)
print(sum(batch.record_count for batch in Batches([record] * 25, limits, days=Days())))
try:
    next(Batches(Table(), limits, days=Days()))
except PolarsMissing as error:
    print(error)
"""


def test_mappings_travel_without_polars_and_frames_say_what_they_need():
    """In a process in which Polars cannot be imported."""
    command = [sys.executable, "-c", SCRIPT]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    count, message = done.stdout.splitlines()
    assert count == "25"
    assert "tonne-client[polars]" in message
