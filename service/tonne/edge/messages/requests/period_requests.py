"""Periods and changes: messages to dataclasses and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tonne.edge.messages import names
from tonne.edge.messages.codec import timestamp
from tonne.errors import FieldInvalid
from tonne.model import month_of_period
from tonne.v1 import changes_pb2, ledger_pb2

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tonne.ledger.closing.periods import Period
    from tonne.store.statement_rows import Act, Change, PeriodClose


def read_accepted(accepted: Iterable[ledger_pb2.Acceptance]) -> dict[str, str]:
    """Read reasons by the checks that they are for. Raises `FieldInvalid`."""
    reasons: dict[str, str] = {}
    for index, each in enumerate(accepted):
        if each.check in reasons:
            raise FieldInvalid(
                f"accepted[{index}].check: expected each check once; got {each.check!r} again",
                metadata={"field": f"accepted[{index}].check", "value": each.check},
            )
        reasons[each.check] = each.reason
    return reasons


def write_period(book: str, period: Period) -> ledger_pb2.Period:
    """Write a period with its closes."""
    month = month_of_period(period.period)
    return ledger_pb2.Period(
        month=month,
        state=f"PERIOD_STATE_{period.state.name}",
        name=names.write_period(book, month),
        closes=map(_write_close, period.closes),
    )


def write_change(book: str, change: Change) -> changes_pb2.Change:
    """Write an entry of the log of changes."""
    return changes_pb2.Change(
        name=names.write_change(book, change.number),
        kind=change.kind,
        object=change.object,
        before=change.before,
        after=change.after,
        author=change.author,
        reason=change.reason,
        caller=change.caller,
        commit_number=change.seq,
        create_time=None if change.create_time is None else timestamp(change.create_time),
    )


def _write_close(close: PeriodClose) -> ledger_pb2.PeriodClose:
    return ledger_pb2.PeriodClose(
        revision=close.revision,
        closed=_write_act(close.closed),
        accepted=[
            ledger_pb2.Acceptance(check=each.check, count=each.count, reason=each.reason)
            for each in close.accepted
        ],
        sealed=_write_act(close.sealed),
        reopened=_write_act(close.reopened),
    )


def _write_act(act: Act | None) -> ledger_pb2.PeriodAct | None:
    if act is None:
        return None
    return ledger_pb2.PeriodAct(
        author=act.author, reason=act.reason, commit_number=act.seq, time=timestamp(act.time)
    )
