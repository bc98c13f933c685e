"""SIGKILL at every fault point: what the manifest says is there, and nothing half-done is."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.store import create_book
from tonne.store import Manifest, collect, faults, open_objects

ROOT = Path(__file__).parents[3]

WRITER = """
import sys
from tests.support.store import make_commit, make_file, make_move
from tonne.store import Manifest, faults, open_objects
import datetime as dt
from tonne.store import collect

directory, spec = sys.argv[1:]
manifest = Manifest.open(f"sqlite:///{directory}/manifest.db")
objects = open_objects(f"file://{directory}/objects", {})
faults.arm(spec)

def later():
    return dt.datetime.now(tz=dt.UTC) + dt.timedelta(days=2)

for step in range(3):
    channel = manifest.open_channel("acme", "meter")
    commit = make_commit("acme", make_move(channel, 10, 2**65))
    for file in commit.files:
        objects.put(file.path, file.id.encode())
    manifest.commit(commit)
    print("acked", commit.moves[0].to_offset, flush=True)
    live = manifest.live_postings("acme")
    merged = make_file("acme", "postings", "", row_count=sum(f.row_count for f in live))
    objects.put(merged.path, merged.id.encode())
    if not manifest.replace_postings("acme", [file.id for file in live], merged):
        raise SystemExit("nobody else merges")
    objects.put(f"acme/lost/{step}", b"")
    collect(manifest, objects, 86400, later)
print("done", flush=True)
"""


def run_writer(directory: Path, spec: str) -> tuple[int, int]:
    """Run the writer to its death or end; return its exit code and the last acked offset."""
    done = subprocess.run(
        [sys.executable, "-c", WRITER, str(directory), spec],
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
        assert (totals.records_count, totals.quantity_micro) == (offset, (offset // 10) << 65)
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
    later = dt.datetime.now(tz=dt.UTC) + dt.timedelta(days=2)
    collect(manifest, objects, 86_400, lambda: later)
    rest = {info.path for info in objects.list("")}
    dead = {file.path for file in manifest.dead_files(0)}
    assert rest == {file.path for file in segments + postings} | dead
    manifest.close()


def test_the_writer_reaches_every_point(tmp_path):
    """Unharmed, the writer passes all points of this room, so that each can kill it."""
    manifest = Manifest.open(f"sqlite:///{tmp_path}/manifest.db")
    create_book(manifest)
    manifest.close()
    assert run_writer(tmp_path, "") == (0, 30)
    check_ledger(tmp_path, 30)


ROOM_POINTS = [
    name
    for name in faults.POINTS
    if name.split(".")[0] in {"objects", "commit", "merge", "open_channel", "garbage"}
]
"""Those of the store; the other rooms' points are hit by their own tests."""


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
    code, last = run_writer(tmp_path, "")
    assert (code, last) == (0, acked + 30)
    check_ledger(tmp_path, last)


def _offset(directory: Path) -> int:
    manifest = Manifest.open(f"sqlite:///{directory}/manifest.db")
    channels = manifest.list_channels("acme", "", 1)
    manifest.close()
    return channels[0].committed_offset if channels else 0
