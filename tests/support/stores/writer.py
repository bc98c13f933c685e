"""A small writer of a ledger, to be killed: commits, merges, collects, and tells what is durable.

`python -m tests.support.stores.writer DIRECTORY FAULTS` prints a line `acked OFFSET` after each
commit.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tests.support.stores.store import collect_all, make_commit, make_file, make_move, new_id
from tonne.store import Manifest, faults, meet, open_objects

if TYPE_CHECKING:
    from collections.abc import Iterator

STEPS_COUNT = 3
STEP_RECORDS_COUNT = 10
STEP_QUANTITY_MICRO = 2**65


def write(directory: str) -> Iterator[int]:
    """Commit, merge and collect a few times; yield the offset after each commit."""
    manifest = Manifest.open(f"sqlite:///{directory}/manifest.db")
    objects = open_objects(f"file://{directory}/objects", {})
    meet(manifest, objects)
    for _ in range(STEPS_COUNT):
        channel = manifest.open_channel("acme", "meter")
        move = make_move(channel, STEP_RECORDS_COUNT, STEP_QUANTITY_MICRO)
        commit = make_commit("acme", move)
        for file in commit.files:
            objects.put(file.path, file.id.encode())
        manifest.commit(commit)
        yield move.to_offset
        live = manifest.live_postings("acme")
        merged = make_file("acme", "postings", "", row_count=sum(f.row_count for f in live))
        objects.put(merged.path, merged.id.encode())
        assert manifest.replace_postings("acme", [file.id for file in live], merged)
        objects.put(f"acme/lost/2026-01-01/{new_id()}.parquet", b"")
        collect_all(manifest, objects)
    manifest.close()


if __name__ == "__main__":
    faults.arm(sys.argv[2])
    for offset in write(sys.argv[1]):
        sys.stdout.write(f"acked {offset}\n")
        sys.stdout.flush()
