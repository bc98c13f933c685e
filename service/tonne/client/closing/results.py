"""What calls about periods and changes answer."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tonne.model import PeriodState
from tonne.v1 import ledger_pb2

if TYPE_CHECKING:
    from tonne.v1 import changes_pb2, periods_pb2


@dataclass(frozen=True, slots=True)
class PeriodFinding:
    """What stands against a close: how many of what, and what to do."""

    check: str
    count: int
    message: str


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What stood against a close, and why the period was closed all the same."""

    check: str
    count: int
    reason: str


@dataclass(frozen=True, slots=True)
class PeriodAct:
    """Who did it, why and when, and the number of the book's last commit then."""

    author: str
    reason: str
    commit_number: int
    time: dt.datetime


@dataclass(frozen=True, slots=True)
class PeriodClose:
    """One close of a period, and what became of it."""

    revision: int
    closed: PeriodAct
    accepted: tuple[Acceptance, ...]
    sealed: PeriodAct | None
    reopened: PeriodAct | None


@dataclass(frozen=True, slots=True)
class Period:
    """A month of a book: whether it takes postings, and every close that it had."""

    month: str
    state: PeriodState
    closes: tuple[PeriodClose, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of the log of changes; `before` and `after` are None where there was nothing."""

    number: int
    kind: str
    object: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    author: str
    reason: str
    caller: str
    commit_number: int
    create_time: dt.datetime


def read_finding(message: periods_pb2.PeriodFinding) -> PeriodFinding:
    """Read a finding."""
    return PeriodFinding(message.check, message.count, message.message)


def read_period(message: ledger_pb2.Period) -> Period:
    """Read a period."""
    name = ledger_pb2.PeriodState.Name(message.state).removeprefix("PERIOD_STATE_")
    return Period(message.month, PeriodState[name], tuple(map(_read_close, message.closes)))


def read_change(message: changes_pb2.Change) -> Change:
    """Read an entry."""
    return Change(
        number=int(message.name.rpartition("/")[2]),
        kind=message.kind,
        object=message.object,
        before=json.loads(message.before) if message.before else None,
        after=json.loads(message.after) if message.after else None,
        author=message.author,
        reason=message.reason,
        caller=message.caller,
        commit_number=message.commit_number,
        create_time=message.create_time.ToDatetime(dt.UTC),
    )


def _read_close(message: ledger_pb2.PeriodClose) -> PeriodClose:
    return PeriodClose(
        message.revision,
        _read_act(message.closed),
        tuple(Acceptance(each.check, each.count, each.reason) for each in message.accepted),
        _read_act(message.sealed) if message.HasField("sealed") else None,
        _read_act(message.reopened) if message.HasField("reopened") else None,
    )


def _read_act(message: ledger_pb2.PeriodAct) -> PeriodAct:
    return PeriodAct(
        message.author, message.reason, message.commit_number, message.time.ToDatetime(dt.UTC)
    )
