"""Enablement and offsets, side by side with nothing: no total has them."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Final

from tonne.reports.statements.numbers import decimal_of
from tonne.statements.answers import Claims, EnablementRow, LotRow
from tonne.statements.claims import TIER_MAX, LotState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tonne.statements.claims import Enablement, Offset
    from tonne.statements.statement import Statement

APART = "enablement and offsets stand apart: no inventory, target or measure has any part of them"

ROW_BYTES: Final = 3_000
"""Memory of a row of an answer while it is made."""


def claims(
    enablement: Iterable[Statement],
    lots: Iterable[Statement],
    *,
    for_publication: bool,
    grow: Callable[[int], None],
) -> Claims:
    """Tell what is claimed apart from the inventory.

    Parameters
    ----------
    enablement, lots : iterable of Statement
    for_publication : bool
        Leave out tier 3, which ITU-T L.1480 keeps from the public.
    grow : callable
        Is told the memory that is taken.
    """
    rows: list[EnablementRow] = []
    omitted = 0
    for each in enablement:
        says: Enablement = each.body
        if for_publication and says.tier == TIER_MAX:
            omitted += 1
            continue
        share = Fraction(says.share or 1)
        grow(len(rows) * ROW_BYTES)
        rows.append(
            EnablementRow(
                each.id,
                each.version,
                says.display_name,
                says.year_start,
                says.tier,
                decimal_of(says.net_kg),
                decimal_of(says.net_kg * share),
                says.published,
            )
        )
    counts = dict.fromkeys(LotState, 0)
    masses = dict.fromkeys(LotState, Fraction(0))
    for each in lots:
        lot: Offset = each.body
        counts[lot.state] += 1
        masses[lot.state] += Fraction(lot.quantity_kg)
    notices = [APART]
    if omitted:
        notices.append(f"{omitted} of tier {TIER_MAX} are left out: they are not for publication")
    return Claims(
        tuple(rows),
        omitted,
        tuple(
            LotRow(state, counts[state], decimal_of(masses[state]))
            for state in LotState
            if counts[state]
        ),
        tuple(notices),
    )
