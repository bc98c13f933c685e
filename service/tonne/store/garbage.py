"""Garbage collection: files that were replaced, and objects that no commit refers to."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tonne.errors import ConfigInvalid
from tonne.store import faults
from tonne.store.errors import LeaseLost
from tonne.store.part import split
from tonne.store.paths import is_ledger_file

if TYPE_CHECKING:
    from collections.abc import Callable

    from tonne.store.manifest import Manifest
    from tonne.store.objects import Objects
    from tonne.store.paths import ObjectInfo
    from tonne.store.rows import Lease

GRACE_S_MIN: Final = 900.0
"""Shortest grace, in seconds. A commit writes its files (about a minute each at most, see
`bucket`) and then runs some ten statements of 30 s at most: it is over within six minutes, or
it has failed. A reader that took the list of files before a merge has as long to read them."""

_BATCH_SIZE = 500


@dataclass(frozen=True, slots=True)
class Collected:
    """What one collection deleted."""

    dead_count: int
    orphans_count: int
    size_bytes: int


def collect(
    manifest: Manifest,
    objects: Objects,
    grace_s: float,
    now: Callable[[], dt.datetime],
    *,
    lease: Lease | None = None,
    lease_s: float = 0.0,
) -> Collected:
    """Delete dead files and orphans that are older than the grace.

    An orphan is an object without a row: its writer died, or lost its commit, or has not
    committed yet. The grace lets the last kind be; it is not what safety rests on. Before an
    object is deleted its path is condemned in the manifest, where a path is unique, so a commit
    that comes later than any grace fails instead of referring to what is gone.

    Only what is named like a ledger's file is ever taken: a directory or bucket may hold files
    of others, and even the manifest itself.

    Parameters
    ----------
    manifest : Manifest
    objects : Objects
    grace_s : float
        At least `GRACE_S_MIN`, in seconds: since the file was replaced (by the database's
        clock), since the object was modified (by the storage's clock, compared with `now`).
    now : Callable
        Aware time.
    lease : Lease, optional
        The right to collect; its fence is compared wherever something takes effect. None where
        nobody else can be collecting.
    lease_s : float
        For how long it is renewed, before each batch and at the end.

    Raises
    ------
    LeaseLost
        Another one collects: it has taken the lease.
    ConfigInvalid
        The grace is too short.
    StoreUnavailable
        Part of the work is done; the rest waits for the next collection.
    """
    if grace_s < GRACE_S_MIN:
        raise ConfigInvalid(
            f"the grace is {GRACE_S_MIN:.0f} s at least; got {grace_s:.0f} s",
            metadata={"grace_s": f"{grace_s:.0f}"},
        )
    right = _Right(manifest, lease, lease_s)
    dead_count, dead_bytes = _collect_dead(manifest, objects, grace_s, right)
    orphans_count, orphans_bytes = _collect_orphans(
        manifest, objects, now() - dt.timedelta(seconds=grace_s), right
    )
    right.renew()
    return Collected(dead_count, orphans_count, dead_bytes + orphans_bytes)


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
    manifest: Manifest, objects: Objects, grace_s: float, right: _Right
) -> tuple[int, int]:
    """Delete the objects first and their rows after, so that a crash between leaves the rows.

    To delete an object twice is harmless: its file is dead for ever, and its path unique.
    """
    count = size_bytes = 0
    while files := manifest.dead_files(grace_s, _BATCH_SIZE):
        right.renew()
        for file in files:
            faults.reach("garbage.before_delete")
            objects.delete(file.path)
            size_bytes += file.size_bytes
        faults.reach("garbage.before_forget")
        manifest.forget_files([file.id for file in files], right.lease)
        count += len(files)
    return count, size_bytes


def _collect_orphans(
    manifest: Manifest, objects: Objects, before: dt.datetime, right: _Right
) -> tuple[int, int]:
    count = size_bytes = 0
    old = (
        info
        for info in objects.list("")
        if info.modified_time < before and is_ledger_file(info.path)
    )
    for batch in split(old, _BATCH_SIZE):
        right.renew()
        unknown = _unknown_of(manifest, batch)
        faults.reach("garbage.before_condemn")
        condemned = manifest.condemn_orphans(list(unknown), right.lease)
        for path in sorted(condemned):
            faults.reach("garbage.before_delete")
            objects.delete(path)
            count += 1
            size_bytes += unknown[path].size_bytes
    return count, size_bytes


def _unknown_of(manifest: Manifest, batch: list[ObjectInfo]) -> dict[str, ObjectInfo]:
    known = manifest.known_paths([info.path for info in batch])
    return {info.path: info for info in batch if info.path not in known}
