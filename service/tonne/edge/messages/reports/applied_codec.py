"""Restatements that are applied: messages to what the ledger takes, and back."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from tonne.catalogue.resolving.valuation import decimal_text
from tonne.edge.messages.reports.change_codec import read_word
from tonne.ledger.posting.restating.asking import Asked
from tonne.ledger.posting.restating.criteria import LAST_PERIOD, Criteria
from tonne.model import month_of_period, period_of_month
from tonne.statements.changes.applied import AppliedRestatement, RestatedRow
from tonne.statements.changes.restatements import RestatementCause
from tonne.statements.fields import invalid

if TYPE_CHECKING:
    from fractions import Fraction

    from tonne.ledger.posting.restating.acts import Act
    from tonne.ledger.posting.restating.asking import RestatementProgress
    from tonne.ledger.posting.restating.figures import Figures
    from tonne.v1 import bridges_pb2


def read_criteria(message: bridges_pb2.RestatementSelection) -> Criteria:
    """Read which records are meant. Raises `FieldInvalid`, `NameInvalid`."""
    return Criteria(
        edition=message.edition,
        factor=message.factor,
        posted_version=message.posted_version,
        facility=message.facility,
        first_period=period_of_month(message.from_period) if message.from_period else 0,
        last_period=period_of_month(message.to_period) if message.to_period else LAST_PERIOD,
    )


def read_asked(request: bridges_pb2.ApplyRestatementRequest, author: str) -> Asked:
    """Read what is to be restated, and why. Raises `FieldInvalid`, `NameInvalid`."""
    cause = read_word(request, "cause", RestatementCause)
    if cause is None:
        raise invalid("cause", f"one of {', '.join(RestatementCause)}", "")
    return Asked(
        request.id,
        read_criteria(request.selection),
        cause,
        author,
        request.reason,
        request.adjusts_closed,
    )


def applied_of(act: Act) -> AppliedRestatement:
    """Tell a restatement that was begun."""
    row = act.row
    counts = (act.record_count, row.unchanged_count, row.left_count)
    return replace(
        _told(Criteria.from_json(row.selection), counts, act.figures),
        id=row.id,
        number=row.number,
        cause=RestatementCause(row.cause),
        author=row.author,
        reason=row.reason,
        create_time=row.create_time,
        end_time=row.end_time,
        before_commit=row.begin_seq,
        after_commit=row.end_seq,
        correction_of_closed=act.of_closed,
    )


def outcome_of(step: RestatementProgress, criteria: Criteria) -> AppliedRestatement:
    """Tell what a restatement did, or would do."""
    if step.act is not None:
        return applied_of(step.act)
    counts = (step.restated_count, step.unchanged_count, step.left_count)
    closed = tuple(map(month_of_period, step.closed))
    return replace(_told(criteria, counts, step.figures), closed_periods=closed)


def _told(
    criteria: Criteria, counts: tuple[int, int, int], figures: Figures
) -> AppliedRestatement:
    """Write counts (restated, unchanged, left) and figures, which are rounded here alone."""
    months = figures.months()
    before, after = figures.totals()
    return AppliedRestatement(
        str(criteria),
        *counts,
        month_of_period(months[0]) if months else "",
        month_of_period(months[-1]) if months else "",
        _decimal(before),
        _decimal(after),
        _decimal(after - before),
        tuple(
            RestatedRow(
                account,
                month_of_period(period),
                _decimal(old),
                _decimal(new),
                _decimal(new - old),
            )
            for account, period, old, new in figures.rows()
        ),
    )


def _decimal(value: Fraction) -> Decimal:
    return Decimal(decimal_text(value))
