"""A manifest and its objects belong together: both hold the same identity.

The objects' half lies below `_tonne/`, immutable like everything else:

- `_tonne/ledger.json` names the ledger. It is created if absent, so that of two manifests that
  meet the same empty objects one gets them.
- `_tonne/incarnations/N.json`, one for each time that a restored manifest was adopted, the first
  for the beginning. Created if absent as well: the highest names the manifest that may go on.
- `_tonne/marks/...`, which say how far the manifest had come, in their names, and name a segment
  that it had committed: a copy of the manifest that went its own way came as far without it.

The identity is made in the manifest first, in one row that says that it is not placed yet, then
in the objects, from what the row says, then the row is marked. So whoever is interrupted, or
does it at the same time, does the same again. Objects are read before the manifest: a manifest
that is read later cannot be older than they say, unless it is.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tonne.store import faults
from tonne.store.errors import LedgerMismatch, ObjectExists, ObjectMissing
from tonne.store.marks import Mark, newest_mark, read_json, remove_older_marks, write_json
from tonne.store.paths import IDENTITY, is_ledger_file

if TYPE_CHECKING:
    from tonne.store.manifest.manifest import Manifest
    from tonne.store.objects.objects import Objects
    from tonne.store.rows import LedgerRow

logger = logging.getLogger(__name__)

SAMPLE_COUNT: Final = 16
"""Files that must be there before a ledger of a version without identities is given one."""

_LEDGER_PATH = f"{IDENTITY}/ledger.json"
_INCARNATIONS = f"{IDENTITY}/incarnations"
_INCARNATION_PATH = re.compile(rf"{_INCARNATIONS}/([0-9]{{8}})\.json")


@dataclass(frozen=True, slots=True)
class LedgerIdentity:
    """What the objects say: the ledger, its newest incarnation, the newest mark of that one."""

    id: str
    incarnation: str
    number: int
    time: str
    mark: Mark | None


def meet(manifest: Manifest, objects: Objects) -> LedgerRow:
    """See that the manifest and the objects belong together; make them so where both are new.

    Any number of processes may do it at the same time, and any may die in it.

    Raises
    ------
    LedgerMismatch
        They do not belong together, or the manifest is older than the objects know.
    StoreUnavailable
        One of them cannot be reached.
    """
    try:
        return _meet(manifest, objects)
    except LedgerMismatch:
        return _meet(manifest, objects)  # another process may have been making it just now


def check(manifest: Manifest, objects: Objects) -> tuple[LedgerRow, LedgerIdentity]:
    """See that they belong together, and change nothing. Raises as `meet` does."""
    found = read_identity(objects)
    row = manifest.get_ledger()
    if row is None:
        raise _without_ledger(manifest, objects, found)
    if found is None:
        raise LedgerMismatch(
            f"the manifest holds ledger {row.id}, but the objects hold none: name the bucket, "
            "prefix or directory of that ledger in store.objects_url, or restore the objects "
            "and run `tonne restore adopt`",
            metadata={"ledger": row.id},
            detail=where(manifest, objects),
        )
    if row.id != found.id:
        raise LedgerMismatch(
            f"the manifest holds ledger {row.id}, but the objects belong to ledger {found.id}: "
            "name a manifest and objects of one ledger in store.manifest_url and "
            "store.objects_url, or an empty bucket, prefix or directory for a new ledger",
            metadata={"ledger": row.id, "objectsLedger": found.id},
            detail=where(manifest, objects),
        )
    _check_incarnation(manifest, objects, row, found)
    return row, found


def check_incarnation(manifest: Manifest, objects: Objects, incarnation: str) -> str:
    """See that they belong together, at `incarnation` where it is given; gives what it is.

    Raises as `meet` does.
    """
    row, _ = check(manifest, objects)
    if incarnation and row.incarnation != incarnation:
        raise LedgerMismatch(
            f"the manifest was adopted as incarnation {row.incarnation} while this process ran "
            f"on {incarnation}: start this process again",
            metadata={"incarnation": row.incarnation},
            detail=where(manifest, objects),
        )
    return row.incarnation


def where(manifest: Manifest, objects: Objects) -> str:
    """Say where both are: a detail of errors, which operators are told and callers are not."""
    return f"the manifest is at {manifest.location}, the objects at {objects.location}"


def read_identity(objects: Objects) -> LedgerIdentity | None:
    """Read what the objects say; None where they hold no ledger."""
    try:
        ledger = read_json(objects, _LEDGER_PATH)
    except ObjectMissing:
        return None
    numbers = [
        int(match[1])
        for info in objects.list(_INCARNATIONS)
        if (match := _INCARNATION_PATH.fullmatch(info.path))
    ]
    if not numbers:
        return LedgerIdentity(str(ledger["ledger"]), "", 0, "", None)  # its maker was interrupted
    number = max(numbers)
    newest = read_json(objects, _incarnation_path(number))
    return LedgerIdentity(
        id=str(ledger["ledger"]),
        incarnation=str(newest["incarnation"]),
        number=number,
        time=str(newest["time"]),
        mark=newest_mark(objects, number),
    )


def place_incarnation(
    objects: Objects, row_id: str, incarnation: str, number: int, time: str
) -> None:
    """Write an incarnation down among the objects. Raises `ObjectExists` where another one is."""
    said = {"ledger": row_id, "incarnation": incarnation, "number": number, "time": time}
    objects.put(_incarnation_path(number), write_json(said))


def place_ledger(objects: Objects, row_id: str) -> None:
    """Write down which ledger the objects belong to. Raises `ObjectExists`."""
    about = "These objects belong to a ledger of Tonne. Removing this file breaks it."
    objects.put(_LEDGER_PATH, write_json({"ledger": row_id, "about": about}))


def write_mark(manifest: Manifest, objects: Objects, interval_s: float) -> Mark | None:
    """Write down how far the manifest has come, where the last mark is older than the interval.

    Nothing is written while nothing happened. Older marks are removed, but for a few.

    Returns
    -------
    Mark or None
        The mark that was written.

    Raises
    ------
    LedgerMismatch
        They do not belong together, or the manifest is older than the objects know.
    """
    row, found = check(manifest, objects)
    position, witness = manifest.get_witness()
    last = found.mark
    if last is not None:
        # Either way: a clock that was set back must not keep the next mark off for hours.
        age_s = abs((position.time - last.time).total_seconds())
        if last.position >= position.value or age_s < interval_s:
            return None
    mark = Mark(row.number, position.value, position.time, witness)
    faults.reach("mark.before_put")
    said = {"ledger": row.id, "incarnation": row.incarnation, "witness": witness}
    try:
        objects.put(mark.path, write_json(said))
    except ObjectExists:  # of a copy of the manifest, which came as far in the same second
        check(manifest, objects)
        return None
    remove_older_marks(objects, row.number)
    return mark


def _meet(manifest: Manifest, objects: Objects) -> LedgerRow:
    found = read_identity(objects)
    row = manifest.get_ledger()
    if row is None or not row.is_placed:
        if found is None:
            _check_new(manifest, objects)
        elif row is None or row.id != found.id:
            raise _without_ledger(manifest, objects, found)
        row = _make(manifest, objects)
    return check(manifest, objects)[0]


def _make(manifest: Manifest, objects: Objects) -> LedgerRow:
    row = manifest.make_ledger()
    faults.reach("identity.after_row")
    try:
        place_ledger(objects, row.id)
        faults.reach("identity.after_ledger")
        place_incarnation(
            objects, row.id, row.incarnation, row.number, row.incarnation_time.isoformat()
        )
    except ObjectExists as error:
        raise LedgerMismatch(
            "another ledger took the objects at the same time: name an empty bucket, prefix or "
            "directory for a new one",
            detail=where(manifest, objects),
        ) from error
    faults.reach("identity.after_incarnation")
    manifest.mark_placed(row)
    logger.info(
        "the manifest at %s and the objects at %s are now ledger %s",
        manifest.location,
        objects.location,
        row.id,
    )
    return row


def _check_new(manifest: Manifest, objects: Objects) -> None:
    """See that both are new, or a ledger that was made before there were identities."""
    sample = manifest.sample_paths(SAMPLE_COUNT)
    missing = [path for path in sample if not _exists(objects, path)]
    if missing:
        raise LedgerMismatch(
            f"the objects lack {len(missing)} of {len(sample)} files that the manifest names: "
            "name the bucket, prefix or directory of this manifest in store.objects_url",
            detail=f"{where(manifest, objects)}; {missing[0]} is missing",
        )
    if sample:
        logger.warning(
            "this ledger was made by a version without identities and gets one now; %d of its "
            "files were looked for and found",
            len(sample),
        )
        return
    stranger = next((info for info in objects.list("") if is_ledger_file(info.path)), None)
    if stranger is not None:
        raise LedgerMismatch(
            "the manifest names no file, but the objects hold files of a ledger: name the "
            "manifest of these objects in store.manifest_url, or an empty bucket, prefix or "
            "directory for a new ledger",
            detail=f"{where(manifest, objects)}; {stranger.path} is there",
        )


def _check_incarnation(
    manifest: Manifest, objects: Objects, row: LedgerRow, found: LedgerIdentity
) -> None:
    subject = f"the manifest is incarnation {row.number} ({row.incarnation}) of ledger {row.id}"
    detail = where(manifest, objects)
    advice = (
        "name the manifest that was used last in store.manifest_url; or, if this one is a "
        "restored backup, run `tonne restore adopt`"
    )
    metadata = {"ledger": row.id, "incarnation": row.incarnation}
    if row.is_copy:
        raise LedgerMismatch(
            f"{subject}, but the objects are at incarnation {found.number}. This manifest is a "
            "copy that a backup made: run `tonne restore adopt`",
            metadata=metadata,
            detail=detail,
        )
    if (row.number, row.incarnation) != (found.number, found.incarnation):
        raise LedgerMismatch(
            f"{subject}, but the objects are at incarnation {found.number} "
            f"({found.incarnation or 'none'}), of {found.time or 'no time'}: {advice}",
            metadata=metadata | {"objectsIncarnation": found.incarnation},
            detail=detail,
        )
    if found.mark is not None:
        position, witness = manifest.get_position(), found.mark.witness
        if position.value < found.mark.position:
            raise LedgerMismatch(
                f"{subject}. The objects knew it at position {found.mark.position} at "
                f"{found.mark.time.isoformat()}, but it is older, at {position.value}: {advice}",
                metadata=metadata,
                detail=detail,
            )
        if witness and not manifest.known_paths([witness]):
            raise LedgerMismatch(
                f"{subject}. The objects knew it at {found.mark.time.isoformat()} with the "
                f"segment {witness}, which it does not name now. It is a copy that went its own "
                f"way, or it lost what was committed then: {advice}",
                metadata=metadata | {"path": witness},
                detail=detail,
            )


def _without_ledger(
    manifest: Manifest, objects: Objects, found: LedgerIdentity | None
) -> LedgerMismatch:
    row = manifest.get_ledger()
    held = f"ledger {row.id}" if row else "no ledger"
    said = f"belong to ledger {found.id}" if found else "hold none"
    return LedgerMismatch(
        f"the manifest holds {held}, but the objects {said}: name the manifest of that ledger "
        "in store.manifest_url, or an empty bucket, prefix or directory for a new one; or, if "
        "this manifest is a restored backup of it, run `tonne restore adopt`",
        metadata={"objectsLedger": found.id if found else ""},
        detail=where(manifest, objects),
    )


def _exists(objects: Objects, path: str) -> bool:
    try:
        objects.get(path)
    except ObjectMissing:
        return False
    return True


def _incarnation_path(number: int) -> str:
    return f"{_INCARNATIONS}/{number:08d}.json"
