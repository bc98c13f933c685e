"""SIGKILL at every fault point: what the manifest says is there, and nothing half-done is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.stores.store import collect_all, create_book, dead_ids
from tests.support.stores.writer import write
from tonne.store import Manifest, faults, meet, open_objects

ROOT = Path(__file__).parents[3]


def run_writer(directory: Path, spec: str) -> tuple[int, int]:
    """Run the writer to its death or end; return its exit code and the last acked offset."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.stores.writer", str(directory), spec],
        cwd=ROOT,
        env={"PYTHONPATH": ":".join([str(ROOT), *sys.path])},
        check=False,
        capture_output=True,
        text=True,
    )
    acked = [int(line.split()[1]) for line in done.stdout.splitlines() if "acked" in line]
    assert done.returncode in (0, -9), done.stderr
    return done.returncode, max(acked, default=0)


def check_ledger(directory: Path, acked: int) -> None:
    """What holds after any crash."""
    manifest = Manifest.open(f"sqlite:///{directory}/manifest.db")
    objects = open_objects(f"file://{directory}/objects", {})
    channels = manifest.list_channels("acme", "", 10)
    offset = channels[0].committed_offset if channels else 0
    totals = channels[0].totals if channels else None
    # All that was acknowledged is there; of what was not, whole commits only.
    assert offset in (acked, acked + 10)
    if totals is not None:
        assert (totals.record_count, totals.quantity_atto) == (offset, (offset // 10) << 65)
    ranges = manifest.segment_ranges("acme", "meter", 0, 1000)
    assert [(r.first_offset, r.stop_offset) for r in ranges] == [
        (first, first + 10) for first in range(0, offset, 10)
    ]
    # Segments and postings stand for the same commits, and every file is whole.
    segments, postings = manifest.segments("acme", limit=100), manifest.live_postings("acme")
    assert len(segments) == sum(file.row_count for file in postings) == offset // 10
    for file in segments + postings:
        assert objects.get(file.path) == file.id.encode()
    # A later collection removes all else.
    meet(manifest, objects)
    collect_all(manifest, objects)
    rest = {info.path for info in objects.list("acme")}
    assert dead_ids(manifest) == []
    assert rest == {file.path for file in segments + postings}
    manifest.close()


ROOM_POINTS = [
    name
    for name in faults.POINTS
    if name.split(".")[0] in {"objects", "commit", "merge", "open_channel", "garbage"}
]
"""Those of the store; the other rooms' points are hit by their own tests."""


@pytest.mark.usefixtures("armed")
def test_the_writer_reaches_every_point(tmp_path):
    """Unharmed, the writer passes every point of this room twice, so that each can kill it."""
    manifest = Manifest.open(f"sqlite:///{tmp_path}/manifest.db")
    create_book(manifest)
    manifest.close()
    assert list(write(str(tmp_path))) == [10, 20, 30]
    assert min(faults.arrivals()[point] for point in ROOM_POINTS) >= 2
    check_ledger(tmp_path, 30)


@pytest.mark.parametrize("point", ROOM_POINTS)
def test_a_kill_at_any_point_leaves_the_ledger_whole(tmp_path, point):
    """After a kill at the first or second arrival at a point, and a restart, all holds."""
    manifest = Manifest.open(f"sqlite:///{tmp_path}/manifest.db")
    create_book(manifest)
    manifest.close()
    acked = 0
    for arrival in (1, 2):
        code, last = run_writer(tmp_path, f"{point}=kill:{arrival}")
        assert code == -9
        acked = max(acked, last)
        offset = _offset(tmp_path)
        check_ledger(tmp_path, acked)
        acked = offset  # the next writer begins where the ledger stands
    assert list(write(str(tmp_path))) == [acked + 10, acked + 20, acked + 30]
    check_ledger(tmp_path, acked + 30)


def _offset(directory: Path) -> int:
    manifest = Manifest.open(f"sqlite:///{directory}/manifest.db")
    channels = manifest.list_channels("acme", "", 1)
    manifest.close()
    return channels[0].committed_offset if channels else 0
