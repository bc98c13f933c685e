"""Parts of a bridge as they are told: decimals that add up, and the largest groups.

What is between two totals is written as the difference of what these print, and what is within a
part likewise, so that a chain of rounded numbers adds up to its end: a part is off by less than
one unit of the 18th place from its own exact value.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from tonne.catalogue.resolving.valuation import decimal_text
from tonne.errors import LedgerInconsistent
from tonne.quantities import ATTO_PER_ONE
from tonne.reports.bridge.answers import notices_of
from tonne.statements.changes.bridges import Bridge, BridgePart, BridgeRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tonne.reports.bridge.walk import Walk, WalkPart

ROWS: Final = 20
"""Rows of a part that are told unless another number is asked for."""

ROWS_MAX: Final = 1_000


def bridge_of(walk: Walk, group_by: Sequence[str], rows_max: int = ROWS) -> Bridge:
    """Write a walk.

    Raises
    ------
    LedgerInconsistent
        The parts do not add up: never where the code is right.
    """
    parts = []
    exact = walk.first
    for part in walk.parts:
        parts.append(_part_of(part, exact, rows_max))
        exact += part.kg
    if exact != walk.last:
        raise LedgerInconsistent(
            f"the parts of a bridge add up to {decimal_text(exact - walk.first)} kg CO2e, and the "
            f"answers differ by {decimal_text(walk.last - walk.first)}"
        )
    first, last = _atto(walk.first), _atto(walk.last)
    return Bridge(
        _decimal(first),
        _decimal(last),
        _decimal(last - first),
        tuple(group_by),
        tuple(parts),
        *walk.suspended,
        tuple(notices_of(walk.counts)),
        *walk.commits,
    )


def _part_of(part: WalkPart, begun: Fraction, rows_max: int) -> BridgePart:
    exact, printed = begun, _atto(begun)
    rows = []
    for group, kg in sorted(part.rows.items()):
        exact += kg
        rows.append((group, _atto(exact) - printed))
        printed = _atto(exact)
    rows.sort(key=lambda row: -abs(row[1]))
    told, others = rows[:rows_max], rows[rows_max:]
    return BridgePart(
        part.cause,
        _decimal(printed - _atto(begun)),
        part.before,
        _decimal(_atto(part.before_kg)),
        part.after,
        _decimal(_atto(part.after_kg)),
        tuple(BridgeRow(group, _decimal(atto)) for group, atto in told),
        len(others),
        _decimal(sum(atto for _, atto in others)),
    )


def _atto(kg: Fraction) -> int:
    """Round to units of the 18th place, half-even."""
    found: int = round(kg * ATTO_PER_ONE)
    return found


def _decimal(atto: int) -> Decimal:
    return Decimal(decimal_text(Fraction(atto, ATTO_PER_ONE)))
