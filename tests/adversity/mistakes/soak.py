"""An operator errs at random, hostile callers do what they can, honest producers go on.

At the end every acknowledged record is there once, or was named as missing to its producer; and
no inventory that anybody got on the way was wrong. Each act once by default; `make soak` goes on
for an hour, as root.
"""

from __future__ import annotations

import contextlib
import os
import random
import subprocess
import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.adversity.mistakes.acts import ON_POSTGRES, ON_SQLITE
from tests.adversity.mistakes.honest import BOOK, FACTOR, make_record, quantity_micro
from tests.adversity.mistakes.world import MIB, Cluster, World
from tests.support.checks.verdict import check_channels
from tests.support.stores.postgres import run_postgres
from tonne import Client

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

SECONDS = float(os.environ.get("TONNE_TEST_MISTAKES_S", "0"))
ROUND_S = 300.0
"""After so long a world is judged and a new one made."""

RESIDENT_BYTES_MAX = 1_500 * MIB
DISK = "256m"


@pytest.fixture
def seed() -> int:
    """The seed of all that happens: printed, and settable by TONNE_TEST_SEED."""
    seed = int(os.environ.get("TONNE_TEST_SEED", random.SystemRandom().getrandbits(30)))
    print(f"TONNE_TEST_SEED={seed}")  # noqa: T201  (shown when the test fails)
    return seed


def live_through(world: World, acts: Sequence[Callable[[World], str]], end_s: float) -> Counter:
    """Let everybody in, err until the time is over and each act was there, and judge."""
    counts: Counter[str] = Counter()
    waiting = world.chance.sample(acts, len(acts))
    world.open()
    try:
        world.producers.wait_for_progress()
        while waiting or time.monotonic() < end_s:
            act = waiting.pop() if waiting else world.chance.choice(acts)
            start_s = time.monotonic()
            said = act(world)
            resident_bytes = world.resident_bytes()
            print(  # noqa: T201  (shown by -s)
                f"{act.__name__}: {time.monotonic() - start_s:.1f} s, "
                f"{resident_bytes // MIB} MiB, {said}",
                flush=True,
            )
            counts[act.__name__] += 1
            assert resident_bytes < RESIDENT_BYTES_MAX
            assert not world.watcher.problems, world.watcher.problems
            assert not world.producers.problems, world.producers.problems
        world.close()
    except BaseException:
        world.abandon()
        raise
    judge(world)
    return counts


def judge(world: World) -> None:
    """All that was promised is there, once; the check finds nothing; the inventory is exact."""
    promised = {name: stand.promised() for name, stand in world.producers.stands.items()}
    counts = check_channels(world.manifest_url, world.objects_url, {}, BOOK, promised, make_record)
    done = world.tonne("check")
    assert done.code == 0, done.text
    world.start()
    micro = sum(quantity_micro(index) for count in counts.values() for index in range(count))
    with Client(world.targets()) as client:
        total = client.inventory(BOOK).total.kg_co2e
    world.stop()
    numerator, denominator = total.as_integer_ratio()
    from_text = FACTOR.replace(".", "")
    assert numerator * 10 ** (6 + len(FACTOR) - 2) == micro * int(from_text) * denominator
    print(  # noqa: T201  (shown by -s)
        f"{sum(counts.values())} records, each once; {world.watcher.number_count} inventories "
        f"right, {world.watcher.error_count} refused"
    )


@contextlib.contextmanager
def small_disk(directory: Path) -> Iterator[None]:
    """A disk of its own for the store, small enough to fill; as root alone."""
    store = directory / "store"
    store.mkdir(parents=True)
    if os.geteuid() != 0:
        yield
        return
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tonne", str(store)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(store)], check=True)


@pytest.mark.timeout(2 * SECONDS + 900)
def test_mistakes_on_sqlite_and_a_directory(tmp_path, seed):
    """One server, over a file and a directory on a small disk."""
    counts: Counter[str] = Counter()
    end_s = time.monotonic() + SECONDS / 2
    while not counts or time.monotonic() < end_s:
        folder = tmp_path / str(counts.total())
        with small_disk(folder):
            world = World(folder, seed + counts.total())
            round_end_s = min(time.monotonic() + ROUND_S, end_s)
            counts += live_through(world, ON_SQLITE, round_end_s)
    print(dict(counts))  # noqa: T201  (shown by -s)


@pytest.mark.timeout(2 * SECONDS + 900)
def test_mistakes_on_postgresql(tmp_path, seed):
    """Two servers over a PostgreSQL that fails over and loses transactions."""
    counts: Counter[str] = Counter()
    end_s = time.monotonic() + SECONDS / 2
    while not counts or time.monotonic() < end_s:
        with run_postgres() as server, server.database() as database:
            folder = tmp_path / str(counts.total())
            world = World(folder, seed + counts.total(), Cluster(server, database))
            round_end_s = min(time.monotonic() + ROUND_S, end_s)
            counts += live_through(world, ON_POSTGRES, round_end_s)
    print(dict(counts))  # noqa: T201  (shown by -s)
