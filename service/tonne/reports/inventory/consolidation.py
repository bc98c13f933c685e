"""Which share of an entity's, or a facility's, emissions is the organisation's. Pure, exact.

Notes
-----
Source: GHG Protocol Corporate Standard, chapter 3, table 1: under the equity share approach the
share of the equity counts; under financial control all of a subsidiary, the share of a joint
venture, nothing of an associate; under operational control all of what is operated, nothing of
the rest. Shares of shares are products: half of 83 % is 41.5 %.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING

from tonne.errors import LedgerInconsistent
from tonne.model import Entity, FinancialControl

if TYPE_CHECKING:
    import datetime as dt

    from tonne.model import Facility, Holding

NOTHING, WHOLE = Fraction(0), Fraction(1)


def share(
    entities: Mapping[str, Entity] | Iterable[Entity], entity_id: str, approach: str, day: dt.date
) -> Fraction:
    """Share of an entity that counts on a day.

    Parameters
    ----------
    entities : mapping of str to Entity, or iterable of Entity
        All entities of the book; by id, where there are many questions.
    entity_id : str
        Whose share; an id that is not there, or none, is the organisation itself.
    approach : str
        One of `catalogue.method.CONSOLIDATIONS`.
    day : datetime.date
        The day.

    Returns
    -------
    Fraction
        From 0 to 1: the product over the entity and all that it belongs to. An entity with
        holdings counts nothing on days that none of them covers; one without counts whole.

    Raises
    ------
    LedgerInconsistent
        The entities go in a circle.
    """
    by_id = entities if isinstance(entities, Mapping) else {each.id: each for each in entities}
    found = WHOLE
    link = by_id.get(entity_id)
    for _ in range(len(by_id)):
        if link is None or not found:
            return found
        found *= _link_share(link, approach, day.isoformat())
        link = by_id.get(link.parent)
    if link is not None:
        raise LedgerInconsistent(
            f"entity {entity_id!r} is its own ancestor by its parents",
            metadata={"entity": entity_id},
        )
    return found


def facility_share(
    facility: Facility,
    entities: Mapping[str, Entity] | Iterable[Entity],
    approach: str,
    day: dt.date,
) -> Fraction:
    """Share of a facility that counts on a day.

    Parameters
    ----------
    facility : Facility
        Outside its own dates nothing of it counts.
    entities, approach
        As in `share`.
    day : datetime.date
        The day.
    """
    if not _covers(facility.valid_from, facility.valid_to, day.isoformat()):
        return NOTHING
    return share(entities, facility.entity, approach, day)


def _link_share(entity: Entity, approach: str, day: str) -> Fraction:
    if not entity.holdings:
        return WHOLE
    for holding in entity.holdings:
        if _covers(holding.valid_from, holding.valid_to, day):
            return _holding_share(holding, approach)
    return NOTHING


def _holding_share(holding: Holding, approach: str) -> Fraction:
    if approach == "operational-control":
        return WHOLE if holding.is_operated else NOTHING
    if approach == "financial-control":
        if holding.financial_control is FinancialControl.FULL:
            return WHOLE
        if holding.financial_control is FinancialControl.NONE:
            return NOTHING
    return Fraction(holding.equity_share)


def _covers(valid_from: str, valid_to: str, day: str) -> bool:
    """Whether a day, in ISO 8601 as the others, is in [valid_from, valid_to)."""
    return valid_from <= day and (not valid_to or day < valid_to)
