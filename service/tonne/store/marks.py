"""Marks: objects that say how far a manifest had come, and what they are read and written as."""

from __future__ import annotations

import datetime as dt
import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from tonne.errors import LedgerInconsistent
from tonne.store.errors import ObjectMissing
from tonne.store.paths import IDENTITY

if TYPE_CHECKING:
    from tonne.store.objects.objects import Objects

MARKS_KEPT: Final = 4
"""Marks of an incarnation that are kept, the newest ones."""

_MARKS = f"{IDENTITY}/marks"
_MARK_PATH = re.compile(rf"{_MARKS}/([0-9]{{8}})-([0-9]{{20}})-([0-9]{{12}})\.json")


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a manifest had come in an incarnation, by the database's clock of that time.

    `witness` is the path of the newest segment that it had; empty where it had none, where the
    mark was written by a version without witnesses, or where only its name was read.
    """

    number: int
    position: int
    time: dt.datetime
    witness: str = ""

    @property
    def path(self) -> str:
        """Name the object that says it."""
        seconds = max(int(self.time.timestamp()), 0)
        return f"{_MARKS}/{self.number:08d}-{self.position:020d}-{seconds:012d}.json"


def list_marks(objects: Objects) -> list[Mark]:
    """List the marks of all incarnations."""
    found = (_MARK_PATH.fullmatch(info.path) for info in objects.list(_MARKS))
    return [
        Mark(int(one[1]), int(one[2]), dt.datetime.fromtimestamp(int(one[3]), tz=dt.UTC))
        for one in found
        if one
    ]


def newest_mark(objects: Objects, number: int) -> Mark | None:
    """Read the newest mark of an incarnation, with its witness."""
    marks = [mark for mark in list_marks(objects) if mark.number == number]
    mark = max(marks, key=lambda mark: (mark.position, mark.time), default=None)
    if mark is None:
        return None
    try:
        said = read_json(objects, mark.path)
    except ObjectMissing:  # newer ones came, and it went
        return mark
    return replace(mark, witness=str(said.get("witness", "")))


def remove_older_marks(objects: Objects, number: int) -> None:
    """Remove the marks of an incarnation but for the newest few."""
    own = sorted(
        (one for one in list_marks(objects) if one.number == number),
        key=lambda one: one.position,
    )
    for old in own[:-MARKS_KEPT]:
        objects.delete(old.path)


def write_json(said: dict[str, Any]) -> bytes:
    """Write what an object of the identity says."""
    return json.dumps(said, indent=1, sort_keys=True).encode() + b"\n"


def read_json(objects: Objects, path: str) -> dict[str, Any]:
    """Read what an object of the identity says. Raises ObjectMissing, LedgerInconsistent."""
    try:
        read = json.loads(objects.get(path))
    except ValueError as error:
        raise LedgerInconsistent(
            f"object {path} cannot be read: restore it from a copy of the objects",
            metadata={"path": path},
            detail=f"the objects are at {objects.location}",
        ) from error
    if not isinstance(read, dict):
        raise LedgerInconsistent(
            f"object {path} is not a JSON object: restore it from a copy of the objects",
            metadata={"path": path},
            detail=f"the objects are at {objects.location}",
        )
    return read
