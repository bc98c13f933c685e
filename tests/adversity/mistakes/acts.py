"""The mistakes: each takes a world where all is well, errs, and leaves one where all is well.

Producers, the watcher and hostile callers go on through all of it. An act that takes back what
was acknowledged says so first (`may_lose`): from then on whoever notices must be told, and only
until the act is over.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.adversity.mistakes.world import World

PROGRESS_COUNT = 200
"""Records of each channel after which an act counts as lived through."""

STEP_H_MAX = 30
FLIPS_MAX = 4


def wrong_manifest(world: World) -> str:
    """A misspelt manifest_url makes an empty manifest over the ledger's objects."""
    typo = world.directory / f"typo-{world.chance.getrandbits(30)}.db"
    return _is_refused(world, {"TONNE_STORE_MANIFEST_URL": f"sqlite:///{typo}"})


def foreign_manifest(world: World) -> str:
    """A server of another ledger is pointed at this ledger's objects."""
    folder = world.directory / "other"
    url = f"sqlite:///{folder / 'manifest.db'}"
    own = {
        "TONNE_STORE_MANIFEST_URL": url,
        "TONNE_STORE_OBJECTS_URL": (folder / "objects").as_uri(),
    }
    folder.mkdir(exist_ok=True)
    done = world.tonne("maintain", "--once", changed=own)
    assert done.code == 0, done.text
    return _is_refused(world, {"TONNE_STORE_MANIFEST_URL": url})


def wrong_objects(world: World) -> str:
    """A server is pointed at an empty directory, below or beside the objects."""
    place = world.chance.choice((world.directory / "elsewhere", world.objects / "honest"))
    return _is_refused(world, {"TONNE_STORE_OBJECTS_URL": place.as_uri()})


def older_manifest_and_back(world: World) -> str:
    """The wrong dump is put in place; then the right one again, and nothing is missing."""
    backup = world.directory / "older"
    world.copy_of_manifest(backup)
    world.producers.wait_for_progress(PROGRESS_COUNT)
    world.stop()
    right = world.directory / "right"
    world.copy_of_manifest(right)
    before = world.inventory_of_files()
    world.put_manifest(backup)
    said = world.refuses_to_start({})
    done = world.tonne("maintain", "--once")
    assert done.code != 0, "upkeep ran over a manifest that is older than its objects"
    after = world.inventory_of_files()
    assert before.keys() <= after.keys(), f"deleted: {sorted(before.keys() - after.keys())}"
    world.put_manifest(right)
    world.start()
    world.producers.wait_for_progress()
    return said.splitlines()[-1]


def older_manifest_adopted(world: World) -> str:
    """A backup is restored and adopted: what came after it is named as missing, to everybody."""
    backup = world.directory / "adopted"
    world.copy_of_manifest(backup)
    world.producers.wait_for_progress(PROGRESS_COUNT)
    world.stop()  # which leaves a mark; a manifest that lost less than a mark says starts
    with _losing(world):
        world.put_manifest(backup)
        world.refuses_to_start({})
        said = world.adopt()
        world.start()
        world.producers.wait_for_progress()
        _all_looked_back(world)
    return said


def lossy_failover(world: World) -> str:
    """The database goes back under running servers, as an asynchronous replica would be."""
    assert world.postgres is not None
    backup = world.directory / "replica"
    world.copy_of_manifest(backup)
    world.producers.wait_for_progress(PROGRESS_COUNT)
    with _losing(world):
        world.postgres.restore(backup)
        if world.chance.random() < 0.5:
            world.postgres.crash()
        world.recover_from_loss()
        world.producers.wait_for_progress()
        _all_looked_back(world)
    losses = sum(len(stand.losses) for stand in world.producers.stands.values())
    return f"{losses} losses told to producers"


def database_crash(world: World) -> str:
    """PostgreSQL crashes and recovers: nothing acknowledged is lost."""
    assert world.postgres is not None
    world.postgres.crash()
    world.producers.wait_for_progress(PROGRESS_COUNT)
    return ""


def servers_killed(world: World) -> str:
    """All servers die at once."""
    world.kill()
    world.start()
    world.producers.wait_for_progress(PROGRESS_COUNT)
    return ""


def flipped_bits(world: World) -> str:
    """Bits rot in a few files; no number comes of them, and the check names each."""
    with _broken(world, world.chance.randint(1, FLIPS_MAX), _flip) as chosen:
        named = _is_found(world, chosen)
    return f"{named} of {len(chosen)} files named"


def removed_objects(world: World) -> str:
    """Files are removed by hand; no number comes without them, and the check names each."""
    with _broken(world, world.chance.randint(1, FLIPS_MAX), _remove) as chosen:
        named = _is_found(world, chosen)
    return f"{named} of {len(chosen)} files named"


def rotten_postings_rebuilt(world: World) -> str:
    """A postings file rots and is made again from its segments."""
    kept = world.files("postings")
    if not kept:
        return "no postings yet"
    with _quiet(world):
        chosen = world.chance.choice(world.files("postings"))
        world.watcher.expects_defects.set()
        _flip(world, chosen)
        world.rebuild_postings()
    world.producers.wait_for_progress()
    world.watcher.look()
    world.watcher.expects_defects.clear()
    return chosen.name


def full_disk(world: World) -> str:
    """The disk fills up under commits, and is given room again."""
    filler = world.directory / "store" / "filler"
    with contextlib.suppress(OSError), filler.open("wb") as file:
        block = bytes(1 << 20)
        while True:
            file.write(block)
            file.flush()
    sizes = shutil.disk_usage(filler.parent)
    world.wait_a_moment(3.0)
    filler.unlink()
    world.producers.wait_for_progress(PROGRESS_COUNT)
    return f"{sizes.free} bytes were free"


def clock_steps(world: World) -> str:
    """The clock on the wall steps by hours, to and fro, while upkeep runs."""
    before = world.inventory_of_files()
    hours = []
    for _ in range(world.chance.randint(1, 3)):
        hours.append(world.chance.randint(-STEP_H_MAX, STEP_H_MAX))
        world.set_clock(hours[-1] * 3600)
        world.wait_a_moment(1.0)
        world.producers.wait_for_progress()
    world.set_clock(0)
    world.producers.wait_for_progress()
    gone = before.keys() - world.inventory_of_files().keys()
    lost = [path for path in gone if "/segments/" in path]
    assert not lost, f"deleted when the clock stepped by {hours} h: {lost}"
    return f"steps of {hours} h"


ANYWHERE: tuple[Callable[[World], str], ...] = (
    *(wrong_manifest, foreign_manifest, wrong_objects, older_manifest_and_back),
    *(older_manifest_adopted, servers_killed, flipped_bits, removed_objects),
    *(rotten_postings_rebuilt, clock_steps),
)
ON_SQLITE = (*ANYWHERE, *([full_disk] if os.geteuid() == 0 else []))
ON_POSTGRES = (*ANYWHERE, lossy_failover, database_crash)


# --- parts of acts -----------------------------------------------------------------------


def _is_refused(world: World, changed: dict[str, str]) -> str:
    """A server and an upkeep so configured do not start, and nothing is deleted."""
    before = world.inventory_of_files()
    said = world.refuses_to_start(changed)
    done = world.tonne("maintain", "--once", changed=changed)
    assert done.code != 0, "upkeep ran over a ledger that is not its own"
    after = world.inventory_of_files()
    lost = [path for path in before.keys() - after.keys() if "/segments/" in path]
    assert not lost, f"deleted: {lost}"
    world.producers.wait_for_progress()
    return said.splitlines()[-1]


@contextlib.contextmanager
def _losing(world: World) -> Iterator[None]:
    world.producers.may_lose.set()
    yield
    world.watcher.look()
    world.producers.may_lose.clear()


def _all_looked_back(world: World) -> None:
    """Every producer has become durable once more, so it knows where the ledger stands."""
    world.producers.wait_for_progress()


@contextlib.contextmanager
def _quiet(world: World) -> Iterator[None]:
    """No server runs, so files stand still."""
    world.stop()
    yield
    world.start()


@contextlib.contextmanager
def _broken(world: World, count: int, harm: Callable[[World, Path], None]) -> Iterator[list[Path]]:
    """Some live files are broken for a while, with no server running at first."""
    world.stop()
    live = world.live_files()
    chosen = world.chance.sample(live, min(count, len(live)))
    kept = {path: path.read_bytes() for path in chosen}
    world.watcher.expects_defects.set()
    for path in chosen:
        harm(world, path)
    world.start_if_it_can()
    yield chosen
    world.kill()
    for path, content in kept.items():
        path.unlink(missing_ok=True)
        path.write_bytes(content)
    world.start()
    world.producers.wait_for_progress()
    world.watcher.look()
    world.watcher.expects_defects.clear()


def _flip(world: World, path: Path) -> None:
    content = bytearray(path.read_bytes())
    at = world.chance.randrange(len(content))
    content[at] ^= 1 << world.chance.randrange(8)
    path.chmod(0o600)
    path.write_bytes(content)


def _remove(world: World, path: Path) -> None:
    del world
    path.unlink()


def _is_found(world: World, chosen: list[Path]) -> int:
    """The servers live on a while, and then the check names every broken file."""
    world.wait_a_moment(2.0)
    done = world.tonne("check", "--book", "honest")
    assert done.code != 0, f"the check found nothing wrong with {chosen}:\n{done.text}"
    unnamed = [path.name for path in chosen if path.stem not in done.text.replace("\n", "")]
    assert not unnamed, f"the check does not name {unnamed}:\n{done.text}"
    return len(chosen)
