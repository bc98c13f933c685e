"""Named points where a test can make the server die, fail or wait.

A point is reached by `faults.reach("commit.before_sql")`. Nothing happens there, at the cost of
one test of a module-level boolean, until `arm` is called, which only a server does whose
configuration says so, or a test.

The points are process-wide, as the death of a process is; so is what is armed.
"""

from __future__ import annotations

import os
import re
import signal
import threading
from dataclasses import dataclass
from typing import Final

from tonne.errors import ConfigInvalid, StoreUnavailable

POINTS: Final[dict[str, str]] = {
    "objects.before_put": "nothing of the object is written yet",
    "objects.after_temp_write": "directory: the temporary file is written and fsynced, no link",
    "objects.after_link": "directory: the name is there, its directory not yet fsynced",
    "objects.after_put": "the object is durable, the caller does not know yet",
    "journal.after_post": "entries of a commit are posted in memory, no file is begun",
    "journal.after_files": "the files of a commit are durable, the commit is not begun",
    "journal.after_commit": "the commit has happened, no outcome is told; raise = a lost reply",
    "clearing.after_files": "a clearing's files are durable, no commit is begun",
    "clearing.after_commit": "a clearing has happened, nothing is told; raise = a lost reply",
    "reversal.after_files": "a reversal's files are durable, no commit is begun",
    "reversal.after_commit": "a reversal has happened, nothing is told; raise = a lost reply",
    "restatement.after_begin": "a restatement is written down, nothing is posted again",
    "restatement.after_files": "the files of a part of a restatement are durable, no commit",
    "restatement.after_commit": "a part of a restatement has happened; raise = a lost reply",
    "restatement.after_end": "a restatement has ended, nothing is told; raise = a lost reply",
    "commit.before_sql": "the files are durable, the transaction has not begun",
    "commit.in_sql": "the positions have moved inside the transaction, before COMMIT",
    "commit.after_sql": "COMMIT has happened, the caller does not know yet; raise = a lost reply",
    "period.in_sql": "a period is closed, sealed or reopened in the transaction, before COMMIT",
    "period.after_sql": "a period is closed, sealed or reopened; raise = a lost reply",
    "merge.before_sql": "the merged postings file is durable, nothing refers to it",
    "merge.after_sql": "the merge has happened, the caller does not know; raise = a lost reply",
    "keys.before_sql": "merged or older keys are durable, nothing refers to them",
    "keys.after_sql": "the keys have happened, the caller does not know; raise = a lost reply",
    "same.after_files": "a duplicate's reversal is durable as files, no commit is begun",
    "same.after_commit": "duplicates are reversed, their segments not yet marked as compared",
    "same.before_mark": "all candidates of a check are seen to, nothing is marked",
    "same.after_mark": "a check is marked, the caller does not know; raise = a lost reply",
    "overlaps.before_put": "some overlaps are found, none of these is written down",
    "overlaps.before_mark": "what a check of months found is written down, nothing is marked",
    "overlaps.after_mark": "the months are marked, the caller does not know; raise = a lost reply",
    "same.after_claim": "a decision is claimed, no record is reversed",
    "same.after_reversals": "what a decision reverses is reversed, it is not yet closed",
    "rollup.before_sql": "the rollup of a run is durable, nothing refers to it",
    "rollup.after_sql": "the rollup is live, the caller does not know; raise = a lost reply",
    "publish.after_intent": "a batch is written down, the published table not yet read",
    "publish.before_commit": "the table is read and lacks the batch, its commit has not begun",
    "publish.after_commit": "the batch is in the table, the manifest does not know",
    "publish.after_mark": "the manifest knows; raise = a lost reply",
    "open_channel.after_sql": "the epoch is bumped, the caller does not know it",
    "identity.after_row": "the manifest is a ledger, the objects do not know it",
    "identity.after_ledger": "the objects name the ledger, not yet its first incarnation",
    "identity.after_incarnation": "the objects hold the identity, the manifest does not know it",
    "mark.before_put": "how far the manifest has come is read, not yet written down",
    "adopt.before_put": "a restored manifest is looked at, nothing is written",
    "adopt.after_put": "the objects hold the new incarnation, the manifest does not",
    "adopt.after_sql": "the manifest is adopted, the caller does not know; raise = a lost reply",
    "backup.before_link": "a copy of the manifest is whole and checked, without its name",
    "garbage.before_list": "some objects are found unknown, none of these is written down",
    "garbage.after_list": "all that is unknown is written down, nothing is deleted",
    "garbage.before_condemn": "orphans are found, none is condemned",
    "garbage.before_delete": "the path is condemned, the object still there",
    "garbage.before_forget": "objects of dead files are deleted, their rows still there",
}
"""Every fault point and where it stands. A room that adds a point adds its line here."""

_ACTION = re.compile(r"(kill|raise|hang)(?::([1-9][0-9]*))?")


@dataclass(frozen=True, slots=True)
class _Action:
    """What to do at the `arrival`th arrival, counted from 1."""

    kind: str
    arrival: int


_armed = False
_actions: dict[str, _Action] = {}
_arrivals: dict[str, int] = {}
_changed = threading.Condition()
_released = threading.Event()


def reach(name: str) -> None:
    """Pass the fault point `name`; see `POINTS`."""
    if _armed:
        _arrive(name)


def arm(spec: str) -> None:
    """Arm fault points and count arrivals at all of them from 0.

    Parameters
    ----------
    spec : str
        Like ``"commit.before_sql=kill:3,objects.after_put=raise"``: at the 3rd arrival at the
        one the process gets SIGKILL, at the first arrival at the other `StoreUnavailable` is
        raised; ``hang`` waits until `release`. Empty: only count.

    Raises
    ------
    ConfigInvalid
        An unknown point or action.
    """
    global _armed  # noqa: PLW0603  one process-wide flag is what makes an unarmed point free
    actions = dict(_parse(item.strip()) for item in spec.split(",") if item.strip())
    with _changed:
        _released.clear()
        _actions.clear()
        _actions.update(actions)
        _arrivals.clear()
        _arrivals.update(dict.fromkeys(POINTS, 0))
        _armed = True


def disarm() -> None:
    """Make all points free again and let go what hangs. The counts stay readable."""
    global _armed  # noqa: PLW0603  see arm
    with _changed:
        _armed = False
        _actions.clear()
    _released.set()


def release() -> None:
    """Let go all that hangs, now and later."""
    _released.set()


def arrivals() -> dict[str, int]:
    """Count arrivals at each point since `arm`."""
    with _changed:
        return dict(_arrivals)


def await_arrival(name: str, arrival: int = 1, *, timeout_s: float = 30.0) -> bool:
    """Wait for the `arrival`th arrival at `name` since `arm`; False when it did not come."""
    _check(name)
    with _changed:
        return _changed.wait_for(lambda: _arrivals.get(name, 0) >= arrival, timeout_s)


def _arrive(name: str) -> None:
    _check(name)
    with _changed:
        _arrivals[name] = arrival = _arrivals.get(name, 0) + 1
        action = _actions.get(name)
        _changed.notify_all()
    if action is None or action.arrival != arrival:
        return
    if action.kind == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif action.kind == "raise":
        raise StoreUnavailable(
            f"fault point {name} was armed to raise at arrival {arrival}",
            metadata={"point": name},
        )
    else:
        _released.wait()


def _parse(item: str) -> tuple[str, _Action]:
    name, _, text = item.partition("=")
    _check(name)
    found = _ACTION.fullmatch(text)
    if found is None:
        raise ConfigInvalid(
            "faults.points: expected point=kill, point=raise or point=hang, with :n for the nth "
            f"arrival; got {item!r}",
            metadata={"fault": item},
        )
    return name, _Action(found[1], int(found[2] or 1))


def _check(name: str) -> None:
    if name not in POINTS:
        raise ConfigInvalid(
            f"no fault point is called {name!r}: the fault points are {', '.join(POINTS)}",
            metadata={"point": name},
        )
