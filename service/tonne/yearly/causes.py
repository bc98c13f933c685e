"""Notices by their causes: what a reader looks at first, and then what it is made of."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

    from tonne.client.answers.report_results import Notice

CAUSES = {
    "RESIDUAL_MIX_MISSING": "no residual mix: the grid's average in scope 2 by market",
    "LEG_MISSING": "nothing posted to an account for want of a factor",
    "REGION_PROXY": "a factor of a proxy region",
    "REGION_FALLBACK": "a factor of a wider region",
    "YEAR_FALLBACK": "a factor of another year",
    "YEAR_RULE": "factors of two sets of a reporting year",
    "ACTIVITY_FALLBACK": "a factor of a wider activity",
    "DEFAULT_FIGURE": "a published default where a figure is not known",
    "LIFE_CYCLE_AVERAGE": "a life-cycle average",
    "CO2_ONLY": "factors that state CO2 alone",
    "GWP_SET_FALLBACK": "CO2e, or gases, not whole under the GWP set",
    "METHANE_ORIGIN": "methane whose origin is not known",
    "HOURS_MISSING": "hours without a factor",
    "HOURS_FLAT": "records longer than the hours of their factor",
    "HOURS_BY_SHARE": "hours by share",
    "UNIT_PROPERTY": "units joined by a property, like density",
    "UNIT_RATE": "units joined by a rate of the method",
    "UNIT_BASIS": "the basis of a unit was chosen",
    "PRICE_YEAR": "prices of another year",
    "ACTIVITY_READ": "activities read by another name",
    "REGION_READ": "regions read by another name",
    "WORD_READ": "words of the book",
    "SHARE_BY_TIME": "records split where a share changes",
    "NEGATIVE_QUANTITY": "quantities below nothing: look at these",
    "UNIT_OVERLAP": "one fuel by volume and by heat: perhaps counted twice",
    "FACILITY_LOOKALIKE": "facilities that look alike: perhaps one",
}
"""What each reason of a notice is, what weighs most first."""


@dataclass(frozen=True, slots=True)
class Cause:
    """Notices of one reason.

    `record_count` is that of the notice with the most records, since a record may have several;
    so is `kg_co2e`, which is None where the server does not say it.
    """

    reason: str
    title: str
    notices: tuple[Notice, ...]
    record_count: int
    kg_co2e: Decimal | None


def causes_of(notices: Iterable[Notice]) -> list[Cause]:
    """Group notices by their reasons, in the order of `CAUSES`; unknown reasons come last."""
    found: defaultdict[str, list[Notice]] = defaultdict(list)
    for notice in notices:
        found[notice.reason].append(notice)
    places = {reason: place for place, reason in enumerate(CAUSES)}
    return [
        Cause(
            reason,
            CAUSES.get(reason, reason.replace("_", " ").lower()),
            tuple(those),
            max(each.record_count for each in those),
            max(known) if (known := _masses(those)) else None,
        )
        for reason, those in sorted(
            found.items(), key=lambda item: (places.get(item[0], len(places)), item[0])
        )
    ]


def _masses(notices: Iterable[Notice]) -> list[Decimal]:
    return [each.kg_co2e for each in notices if each.kg_co2e is not None]
