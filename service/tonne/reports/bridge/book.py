"""Bridges of a book: the request, checked, and its answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tonne.reports.bridge.answers import DIMENSIONS, EVERYTHING
from tonne.reports.bridge.parts import ROWS, ROWS_MAX, bridge_of
from tonne.reports.bridge.walk import Walker
from tonne.statements.fields import check_fields, invalid

if TYPE_CHECKING:
    from tonne.ledger.budget import Hold
    from tonne.ledger.reading.changes.sights import Sights
    from tonne.reports.bridge.answers import Scope
    from tonne.reports.bridge.walk import Walk
    from tonne.statements.changes.bridges import Bridge, Side


@dataclass(frozen=True, slots=True)
class BridgeRequest:
    """Which answers a bridge joins, and how it is told.

    Parameters
    ----------
    before, after : Side
        The two answers.
    scope : Scope
        What both are about.
    group_by : tuple of str
        What rows are grouped by, some of `answers.DIMENSIONS`; none: by account.
    rows_max : int
        Most rows of a part; 0: `parts.ROWS`.

    Raises
    ------
    FieldInvalid
        Something of this is none, or does not go together.
    """

    before: Side
    after: Side
    scope: Scope = EVERYTHING
    group_by: tuple[str, ...] = ()
    rows_max: int = 0

    def __post_init__(self) -> None:
        """Check the request."""
        for place, side in (("before", self.before), ("after", self.after)):
            check_side(place, side, self.scope)
        if len(set(self.group_by)) < len(self.group_by) or set(self.group_by) - set(DIMENSIONS):
            raise invalid(
                "group_by", f"some of {', '.join(DIMENSIONS)}, each once", ", ".join(self.group_by)
            )
        if self.rows_max < 0:
            raise invalid("rows_max", "0 or more", str(self.rows_max))

    @property
    def told_by(self) -> tuple[str, ...]:
        """What rows are grouped by."""
        return self.group_by or DIMENSIONS[:1]


def check_side(place: str, side: Side, scope: Scope) -> None:
    """Refuse months, words and days that are none. Raises `FieldInvalid`."""
    check_fields(side, place)
    if side.method_version < 0:
        raise invalid(f"{place}.method_version", "0 or more", str(side.method_version))
    scope.request(side)


def book_bridge(sights: Sights, request: BridgeRequest, hold: Hold | None = None) -> Bridge:
    """Lay a bridge between two answers of a book.

    Raises
    ------
    FieldInvalid
        The book has no such version, or the walk cannot go by its balances.
    SelectionMustFit, ReadsExhausted, LedgerInconsistent, QuantityOverflow
        As an inventory does.
    """
    rows_max = min(request.rows_max or ROWS, ROWS_MAX)
    return bridge_of(walk_of(sights, request, hold), request.told_by, rows_max)


def walk_of(sights: Sights, request: BridgeRequest, hold: Hold | None = None) -> Walk:
    """Walk from the first answer of a request to the second one; exact."""
    walker = Walker(sights, request.scope, request.told_by, hold)
    return walker.walk(request.before, request.after)
