"""A restored manifest, or restored objects: what would be lost, and how they are a pair again.

Until a restored pair is adopted nothing serves it and nothing is deleted: the manifest is older
than the marks, or its incarnation is not the objects'. Adoption begins a new incarnation, in the
objects first, created if absent, so that one of several adopters has it and every other manifest
is locked out from that moment; then in the manifest. Who dies between has locked out everybody,
and adopts again.
"""

from __future__ import annotations

import logging
import uuid
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tonne.errors import LedgerInconsistent
from tonne.store import faults, pair
from tonne.store.errors import LedgerMismatch, ObjectExists
from tonne.store.manifest.tables import split
from tonne.store.paths import is_ledger_file
from tonne.store.sql.database import utc_now

if TYPE_CHECKING:
    import datetime as dt

    from tonne.store.manifest.manifest import Manifest
    from tonne.store.marks import Mark
    from tonne.store.objects.objects import Objects
    from tonne.store.pair import LedgerIdentity
    from tonne.store.rows import LedgerRow

logger = logging.getLogger(__name__)

_BATCH_SIZE: Final = 500


@dataclass(frozen=True, slots=True)
class Survey:
    """What is known of a manifest and the objects before it.

    Parameters
    ----------
    ledger_id : str
        The ledger of both.
    number : int
        The incarnation of the manifest; 0 where it has none.
    objects_number : int
        The newest incarnation that the objects know; 0 where they know none.
    position : int
        How far the manifest has come.
    commit_time : datetime or None
        When the newest commit was made that the manifest knows; None where it knows none.
    mark : Mark or None
        How far the objects knew the ledger to have come, in their newest incarnation.
    live_count, missing_count : int
        Files that the manifest names as counting, and those of them that are not there.
    unknown : Counter of (str, str)
        Files that are there and that the manifest does not name, by book and folder.
    unknown_bytes : int
        Their bytes.
    refusal : str
        Why servers refuse the two; empty where they are a pair.
    has_witness : bool
        Whether the manifest names the segment that the mark does.
    """

    ledger_id: str
    number: int
    objects_number: int
    position: int
    commit_time: dt.datetime | None
    mark: Mark | None
    live_count: int
    missing_count: int
    unknown: Counter[tuple[str, str]]
    unknown_bytes: int
    refusal: str
    has_witness: bool = True

    @property
    def is_behind(self) -> bool:
        """Whether the objects know more than the manifest."""
        return self.mark is not None and (
            self.objects_number != self.number
            or self.mark.position > self.position
            or not self.has_witness
        )


def survey(manifest: Manifest, objects: Objects) -> Survey:
    """Compare a manifest with the objects, each file of them. Changes nothing.

    Raises
    ------
    LedgerMismatch
        They are of two ledgers, or there is none.
    StoreUnavailable
        One of them cannot be reached.
    """
    found = pair.read_identity(objects)
    row = manifest.get_ledger()
    ledger_id = _one_ledger(manifest, objects, row, found)
    unknown: Counter[tuple[str, str]] = Counter()
    unknown_bytes = live_seen = 0
    files = (info for info in objects.list("") if is_ledger_file(info.path))
    for batch in split(files, _BATCH_SIZE):
        states = manifest.get_states([info.path for info in batch])
        live_seen += sum(state == "live" for state in states.values())
        for info in batch:
            if info.path not in states:
                book, folder = info.path.split("/")[:2]
                unknown[book, folder] += 1
                unknown_bytes += info.size_bytes
    live_count = manifest.count_live()
    witness = found.mark.witness if found and found.mark else ""
    return Survey(
        ledger_id=ledger_id,
        number=row.number if row else 0,
        objects_number=found.number if found else 0,
        position=manifest.get_position().value,
        commit_time=manifest.newest_commit_time(),
        mark=found.mark if found else None,
        live_count=live_count,
        missing_count=max(live_count - live_seen, 0),
        unknown=unknown,
        unknown_bytes=unknown_bytes,
        has_witness=not witness or bool(manifest.known_paths([witness])),
        refusal=_refusal(manifest, objects),
    )


def adopt(manifest: Manifest, objects: Objects, ledger_id: str) -> LedgerRow:
    """Make a manifest and its objects a pair again, under a new incarnation.

    Parameters
    ----------
    manifest : Manifest
    objects : Objects
    ledger_id : str
        The ledger that is meant: that of both.

    Raises
    ------
    LedgerMismatch
        They are of two ledgers, or of another one than the one that is meant, or somebody else
        adopted one of them at the same time.
    StoreUnavailable, OutcomeUnknown
        Adopt again: what is half-done locks everybody out and nothing else.
    """
    found = pair.read_identity(objects)
    row = manifest.get_ledger()
    if _one_ledger(manifest, objects, row, found) != ledger_id:
        raise LedgerMismatch(
            f"the ledger is not {ledger_id!r}: `tonne restore show` names it",
            metadata={"ledger": ledger_id},
            detail=pair.where(manifest, objects),
        )
    number = max(row.number if row else 0, found.number if found else 0) + 1
    incarnation = uuid.uuid4().hex
    faults.reach("adopt.before_put")
    try:
        pair.place_ledger(objects, ledger_id)
        pair.place_incarnation(objects, ledger_id, incarnation, number, utc_now().isoformat())
    except ObjectExists as error:
        raise LedgerMismatch(
            "somebody else adopted the objects at the same time: look at them again with `tonne "
            "restore show`",
            detail=pair.where(manifest, objects),
        ) from error
    faults.reach("adopt.after_put")
    adopted = manifest.take_incarnation(row, ledger_id, incarnation, number)
    logger.warning(
        "the manifest at %s was adopted as incarnation %d (%s) of ledger %s, with the objects "
        "at %s; before, the manifest was at incarnation %d and the objects at %d",
        manifest.location,
        number,
        incarnation,
        ledger_id,
        objects.location,
        row.number if row else 0,
        found.number if found else 0,
    )
    return adopted


def _refusal(manifest: Manifest, objects: Objects) -> str:
    """Say why servers refuse the two, or nothing."""
    try:
        pair.check(manifest, objects)
    except LedgerMismatch as error:
        return error.message
    return ""


def _one_ledger(
    manifest: Manifest, objects: Objects, row: LedgerRow | None, found: LedgerIdentity | None
) -> str:
    """Name the ledger of both, or raise `LedgerMismatch`."""
    if row is None and not manifest.has_books():
        raise LedgerMismatch(
            "the manifest holds no ledger and no book, so there is nothing to adopt: restore a "
            "backup of the manifest first, or name the right manifest",
            detail=pair.where(manifest, objects),
        )
    if row is None and found is None:
        raise LedgerMismatch(
            "neither the manifest nor the objects hold the identity of a ledger: start a "
            "server, which makes it",
            detail=pair.where(manifest, objects),
        )
    if row and found and row.id != found.id:
        raise LedgerMismatch(
            f"the manifest holds ledger {row.id}, but the objects belong to ledger {found.id}, "
            "and one cannot be adopted for the other: name a manifest and objects of one ledger",
            metadata={"ledger": row.id, "objectsLedger": found.id},
            detail=pair.where(manifest, objects),
        )
    known = found.id if found else row.id if row else ""
    if not known:
        raise LedgerInconsistent(
            "the objects name no ledger: restore `_tonne` from a copy of the objects",
            detail=pair.where(manifest, objects),
        )
    return known
