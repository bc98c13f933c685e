"""Garbage collection: files that were replaced, and objects that no commit refers to.

Both are listed first and deleted after days. What was replaced by a merge stays for as long as a
backup of the manifest may be restored that names it. What nobody knows stays for as long as
somebody may need to find out that the manifest was the wrong one. How long that is counts by the
time of the upkeep, which no clock that jumps moves by more than it was seen to pass.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tonne.errors import ConfigInvalid
from tonne.store import faults, pair
from tonne.store.errors import GarbageRefused, LeaseLost
from tonne.store.manifest.tables import split
from tonne.store.paths import is_ledger_file

if TYPE_CHECKING:
    from collections.abc import Callable

    from tonne.store.manifest.manifest import Manifest
    from tonne.store.objects.objects import Objects
    from tonne.store.rows import Lease

DAY_S: Final = 86_400.0

GRACE_S_MIN: Final = 900.0
"""Shortest grace, in seconds. A commit writes its files (about a minute each at most, see
`bucket`) and then runs some ten statements of 30 s at most: it is over within six minutes, or
it has failed. A reader that took the list of files before a merge has as long to read them."""

ELAPSED_S_MAX: Final = DAY_S
"""Most that the first collection of a process counts as passed since the one before."""

SHARE_FILES_MIN: Final = 32
"""So many unknown files may go at once, whatever their share: small ledgers have few files."""

_BATCH_SIZE = 500


@dataclass(frozen=True, slots=True)
class Rules:
    """How long what is garbage stays.

    Parameters
    ----------
    grace_s : float
        At least `GRACE_S_MIN`, in seconds: an object that was modified later is not looked at,
        by the storage's clock.
    quarantine_s : float
        How long an unknown object has been listed before it is deleted.
    backup_s : float
        How long a file that was replaced has been listed before it is deleted. Never less than
        the grace.
    share_max : float
        Largest share of the listed files that may go as unknown in one collection, 0 to 1.
    """

    grace_s: float = 3600.0
    quarantine_s: float = 7 * DAY_S
    backup_s: float = 35 * DAY_S
    share_max: float = 0.1

    def __post_init__(self) -> None:
        """Refuse a grace that a commit could outlast."""
        if self.grace_s < GRACE_S_MIN:
            raise ConfigInvalid(
                f"the grace must be at least {GRACE_S_MIN:.0f} s; got {self.grace_s:.0f} s",
                metadata={"grace_s": f"{self.grace_s:.0f}"},
            )


@dataclass(frozen=True, slots=True)
class Collected:
    """What one collection deleted, and how many unknown objects are listed after it."""

    dead_count: int
    orphan_count: int
    size_bytes: int
    unknown_count: int = 0


def collect(
    manifest: Manifest,
    objects: Objects,
    rules: Rules,
    now: Callable[[], dt.datetime],
    *,
    lease: Lease | None = None,
    lease_s: float = 0.0,
    elapsed_s_max: float = ELAPSED_S_MAX,
) -> Collected:
    """List what is garbage, and delete what has been listed for long enough.

    An orphan is an object without a row: its writer died, or lost its commit, or has not
    committed yet; or the manifest is not what it should be. The quarantine lets both be; it is
    not what safety from a late writer rests on. Before an object is deleted its path is condemned
    in the manifest, where a path is unique, so a commit that comes later than any quarantine
    fails instead of referring to what is gone.

    Only what is named like a ledger's file is ever taken: a directory or bucket may hold files
    of others, another ledger in a folder of its own, and even the manifest itself.

    Parameters
    ----------
    manifest : Manifest
    objects : Objects
    rules : Rules
    now : Callable
        Aware time, compared with the times of the objects.
    lease : Lease, optional
        The right to collect; its fence is compared wherever something takes effect. None where
        nobody else can be collecting.
    lease_s : float
        For how long it is renewed, before each batch and at the end.
    elapsed_s_max : float
        Most that counts as passed since the last collection, in seconds.

    Raises
    ------
    LedgerMismatch
        The manifest and the objects do not belong together, or the manifest is older than they
        know. Nothing is deleted.
    GarbageRefused
        More of the objects than the share would go as unknown. None of them is deleted.
    LeaseLost
        Another one collects: it has taken the lease.
    StoreUnavailable
        Part of the work is done; the rest waits for the next collection.
    """
    pair.check(manifest, objects)
    right = _Right(manifest, lease, lease_s)
    upkeep_time = manifest.advance_upkeep(elapsed_s_max, lease)
    dead_count, dead_bytes = _collect_dead(manifest, objects, upkeep_time, rules, right)
    before = now() - dt.timedelta(seconds=rules.grace_s)
    listed_count = _list_unknown(manifest, objects, before, upkeep_time, right)
    due = upkeep_time - dt.timedelta(seconds=rules.quarantine_s)
    _check_share(manifest, due, listed_count, rules)
    orphan_count, orphans_bytes = _collect_unknown(manifest, objects, due, right)
    right.renew()
    return Collected(
        dead_count, orphan_count, dead_bytes + orphans_bytes, manifest.count_unknown()
    )


@dataclass(frozen=True, slots=True)
class _Right:
    """The lease of a collection, renewed before each batch."""

    manifest: Manifest
    lease: Lease | None
    lease_s: float

    def renew(self) -> None:
        """Hold it on, or raise `LeaseLost`."""
        if self.lease and self.manifest.renew_lease(self.lease, self.lease_s) is None:
            raise LeaseLost(self.lease.name, self.lease.holder, self.lease.fence)


def _collect_dead(
    manifest: Manifest, objects: Objects, upkeep_time: dt.datetime, rules: Rules, right: _Right
) -> tuple[int, int]:
    """Delete the objects first and their rows after, so that a crash between leaves the rows.

    To delete an object twice is harmless: its file is dead for ever, and its path unique.
    """
    manifest.list_dead(upkeep_time, right.lease)
    due = upkeep_time - dt.timedelta(seconds=max(rules.backup_s, rules.grace_s))
    count = size_bytes = 0
    while files := manifest.dead_files(due, _BATCH_SIZE):
        right.renew()
        for file in files:
            faults.reach("garbage.before_delete")
            objects.delete(file.path)
            size_bytes += file.size_bytes
        faults.reach("garbage.before_forget")
        manifest.forget_files([file.id for file in files], right.lease)
        count += len(files)
    return count, size_bytes


def _list_unknown(
    manifest: Manifest,
    objects: Objects,
    before: dt.datetime,
    upkeep_time: dt.datetime,
    right: _Right,
) -> int:
    """Write down what no row names; how many files were met, known ones included.

    What was modified since `before` is left for the next time: its commit may be under way.
    """
    listing = uuid.uuid4().hex
    count = 0
    files = (info for info in objects.list("") if is_ledger_file(info.path))
    for batch in split(files, _BATCH_SIZE):
        count += len(batch)
        right.renew()
        old = [info for info in batch if info.modified_time < before]
        known = manifest.known_paths([info.path for info in old])
        faults.reach("garbage.before_list")
        unknown = [info for info in old if info.path not in known]
        manifest.list_unknown(unknown, listing, upkeep_time, right.lease)
    manifest.end_listing(listing, right.lease)
    faults.reach("garbage.after_list")
    return count


def _check_share(manifest: Manifest, due: dt.datetime, listed_count: int, rules: Rules) -> None:
    """Refuse to delete where it is likelier that the manifest is wrong than that all is garbage.

    Files that were replaced are not counted: the manifest names each, and the one that has its
    sums.
    """
    count = manifest.count_unknown(due)
    if count > max(SHARE_FILES_MIN, rules.share_max * listed_count):
        raise GarbageRefused(
            f"{count} of {listed_count} files are unknown to the manifest and would be deleted, "
            f"but a collection may delete at most {rules.share_max:.0%} "
            "(store.garbage_share_max). Nothing was deleted: look at `tonne garbage list`, and "
            "if the files are garbage, raise that setting for one collection",
            metadata={"unknown": str(count), "listed": str(listed_count)},
            detail=f"the manifest is at {manifest.location}",
        )


def _collect_unknown(
    manifest: Manifest, objects: Objects, due: dt.datetime, right: _Right
) -> tuple[int, int]:
    count = size_bytes = 0
    while batch := manifest.get_unknown(_BATCH_SIZE, before=due):
        right.renew()
        faults.reach("garbage.before_condemn")
        sizes = {one.path: one.size_bytes for one in batch}
        condemned = manifest.condemn_orphans(list(sizes), right.lease)
        for path in sorted(condemned):
            faults.reach("garbage.before_delete")
            objects.delete(path)
            count += 1
            size_bytes += sizes[path]
        manifest.forget_unknown(sizes, right.lease)
    return count, size_bytes
