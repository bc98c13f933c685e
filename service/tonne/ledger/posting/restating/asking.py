"""What is to be restated, why, and how far it is."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tonne.errors import FieldInvalid
from tonne.ledger.posting.restating.figures import Figures
from tonne.store.statement_rows import Correction, CorrectionKind, ReasonCode, RestatementRow

if TYPE_CHECKING:
    from tonne.ledger.posting.restating.acts import Act
    from tonne.ledger.posting.restating.criteria import Criteria
    from tonne.ledger.posting.restating.planning import Plan
    from tonne.statements.changes.restatements import RestatementCause


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be restated, and why.

    Parameters
    ----------
    id : str
        Who asks names it; the same call again goes on with it.
    criteria : Criteria
    cause : RestatementCause
    author, reason : str
    adjusts_closed : bool
        Whether months that are closed, and not sealed, are adjusted, too.
    """

    id: str
    criteria: Criteria
    cause: RestatementCause
    author: str
    reason: str
    adjusts_closed: bool = False


@dataclass(frozen=True, slots=True)
class RestatementProgress:
    """How far a restatement is, or the look at what it would do.

    `restated_count` records are posted otherwise by it (or would be), `unchanged_count` were
    posted so already, `left_count` are not posted by the rules in force and stay as they are.
    `closed` are the months that it touches and that are closed or sealed.
    """

    segments_done_count: int = 0
    restated_count: int = 0
    unchanged_count: int = 0
    left_count: int = 0
    figures: Figures = field(default_factory=Figures)
    periods: frozenset[int] = frozenset()
    is_done: bool = False
    closed: tuple[int, ...] = ()
    act: Act | None = None

    def after(self, plan: Plan | None) -> RestatementProgress:
        """Give the progress after a segment."""
        done = replace(self, segments_done_count=self.segments_done_count + 1)
        if plan is None:
            return done
        done.figures.add(plan.figures)
        return replace(
            done,
            restated_count=self.restated_count + plan.records.height,
            unchanged_count=self.unchanged_count + plan.unchanged_count,
            left_count=self.left_count + plan.left_count,
            periods=self.periods | frozenset(plan.periods),
        )


def part_of(asked: Asked, plan: Plan) -> Correction:
    """Make the entry of a part."""
    known = {each.value for each in ReasonCode}
    return Correction(
        CorrectionKind.RESTATEMENT,
        f"restatement {asked.id}: {asked.criteria}",
        asked.author,
        ReasonCode(asked.cause if asked.cause in known else ReasonCode.OTHER),
        asked.reason,
        record_count=plan.records.height,
        first_period=plan.periods[0],
        restatement=asked.id,
        figures=plan.figures.to_json(),
    )


def row_of(asked: Asked) -> RestatementRow:
    """Make the row of an act."""
    return RestatementRow(
        asked.id,
        asked.criteria.to_json(),
        str(asked.cause),
        asked.author,
        asked.reason,
        asked.criteria.first_period,
        asked.criteria.last_period,
    )


def check_same(book: str, found: RestatementRow, asked: Asked) -> None:
    """Refuse an id that is of another restatement."""
    if (found.selection, found.cause) != (asked.criteria.to_json(), str(asked.cause)):
        raise FieldInvalid(
            f"id: restatement {asked.id} of book {book} is of other records or another cause, "
            f"begun by {found.author} ({found.reason}): `tonne restate applied` lists all; take "
            "another id",
            metadata={"field": "id", "value": asked.id, "book": book},
        )
