"""What overlaps are worth: kg CO2e of what lies over each other, as the postings are worth.

    kg of a side = overlapping quantity * kg CO2e of the postings / quantity of the postings

of the same facility, activity, unit and month. Postings are linear in the quantity, so this is
what the inventory would lose with it, exactly where all of them rest on one factor, and else by
their mix. Nothing is told of what is not posted.
"""

from __future__ import annotations

import json
from fractions import Fraction
from typing import TYPE_CHECKING

from tonne.model import month_of_period
from tonne.quantities import ATTO_PER_ONE
from tonne.reports.inventory.footprint import KG_CO2E
from tonne.reports.inventory.gathering import Gathering
from tonne.reports.inventory.inventory import grouped_sums, numerators_of
from tonne.reports.inventory.parts.meanings import Meanings
from tonne.reports.inventory.request import HAPPENED, InventoryRequest
from tonne.reports.inventory.selection import Selector

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tonne.ledger.budget import Hold
    from tonne.ledger.reading.snapshot import Snapshot
    from tonne.store.manifest.overlap_rows import Overlap

_Key = tuple[str, str, str, str]
"""Activity, facility, month, unit."""

_BY = ("facility", "period", "unit")


def overlap_worth(
    snapshot: Snapshot, overlaps: Sequence[Overlap], hold: Hold | None = None
) -> dict[tuple[int, int], tuple[Fraction | None, Fraction | None]]:
    """Say what the two sides of overlaps are worth, by the overlap's number and the month.

    Raises
    ------
    SelectionMustFit, ReadsExhausted, LedgerInconsistent, QuantityOverflow
        As an inventory does.
    """
    rates: dict[_Key, Fraction] = {}
    for activity in sorted({each.activity for each in overlaps}):
        of_it = [each for each in overlaps if each.activity == activity]
        rates |= dict(_rates(snapshot, activity, of_it, hold))
    found = {}
    for each in overlaps:
        for month in each.months:
            sides = json.loads(month.sides)
            worth = [
                _worth(rates, (each.activity, each.facility, month_of_period(month.period)), side)
                for side in sides
            ]
            found[each.number, month.period] = (worth[0], worth[1]) if worth else (None, None)
    return found


def _worth(
    rates: Mapping[_Key, Fraction],
    subject: tuple[str, str, str],
    side: Mapping[str, Mapping[str, str]],
) -> Fraction | None:
    known = [
        rates[*subject, unit] * Fraction(quantity)
        for unit, quantity in side["quantities"].items()
        if (*subject, unit) in rates
    ]
    return sum(known, Fraction(0)) if known else None


def _rates(
    snapshot: Snapshot, activity: str, overlaps: Iterable[Overlap], hold: Hold | None
) -> Iterator[tuple[_Key, Fraction]]:
    """Give kg CO2e per unit of what is posted."""
    months = [
        (each.facility, month.period)
        for each in overlaps
        for month in each.months
        if month.record_count
    ]
    if not months:
        return
    request = InventoryRequest(
        first_period=min(period for _, period in months),
        last_period=max(period for _, period in months),
        group_by=("facility", "period"),
        facilities=tuple(sorted({facility for facility, _ in months})),
        activities=(activity,),
        months_by=HAPPENED,  # they lie over each other where they happened
    ).under(snapshot.settings)
    meanings = Meanings(snapshot.resolutions, snapshot.texts)
    selector = Selector(snapshot.register, request, snapshot.entities, meanings)
    chosen = Gathering(snapshot, selector, hold, by_facility=True).select()
    quantities: dict[_Key, Fraction] = {}
    kilograms: dict[_Key, Fraction] = {}
    for values, bucket, atto, weighted in grouped_sums(chosen, _BY):
        facility, period, unit = values
        key = (activity, facility, period, unit)
        quantities[key] = quantities.get(key, Fraction(0)) + Fraction(atto, ATTO_PER_ONE)
        part = chosen.weights.total.get(bucket)
        for column, numerator in numerators_of(part, atto, weighted) if part else ():
            if column == KG_CO2E:
                kg = Fraction(numerator) / chosen.weights.denominators[KG_CO2E]
                kilograms[key] = kilograms.get(key, Fraction(0)) + kg
    for key, kg in kilograms.items():
        if quantities[key]:
            yield key, kg / quantities[key]
