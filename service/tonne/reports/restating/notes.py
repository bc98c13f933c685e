"""Notes of restatements: both figures, and what lies between them, are the ledger's own."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from tonne.reports.bridge.answers import EVERYTHING, months_of
from tonne.reports.bridge.book import BridgeRequest, walk_of
from tonne.reports.bridge.parts import ROWS, bridge_of
from tonne.reports.bridge.walk import whole
from tonne.reports.restating.resting import decimal_of
from tonne.statements.changes.restatements import (
    RestatedFigure,
    RestatedPart,
    Restatement,
    RestatementCause,
    Treatment,
    check_evidence,
)
from tonne.statements.fields import invalid

if TYPE_CHECKING:
    from decimal import Decimal

    from tonne.ledger.budget import Hold
    from tonne.ledger.reading.changes.sights import Sights
    from tonne.reports.bridge.answers import Scope
    from tonne.statements.changes.bridges import Bridge, Side


@dataclass(frozen=True, slots=True)
class RestatementRequest:
    """What is to be noted.

    Parameters
    ----------
    metric : str
        What is restated, as the report calls it.
    reported, revised : Side
        The answer that was reported, and the one that stands now; of the same months.
    cause : RestatementCause
    evidence_existed_then : bool
        Whether what shows it could have been known when the figure was reported.
    treatment : Treatment
    scope : Scope
        What the figure is about.

    Raises
    ------
    FieldInvalid
        The months are open or differ, or nobody could have known.
    """

    metric: str
    reported: Side
    revised: Side
    cause: RestatementCause
    evidence_existed_then: bool
    treatment: Treatment = Treatment.NOTED
    scope: Scope = EVERYTHING

    def __post_init__(self) -> None:
        """Check the request."""
        self.bridge()
        for name in ("from_period", "to_period"):
            if not getattr(self.reported, name):
                raise invalid(f"reported.{name}", "the months of the figure, YYYY-MM", "")
        if months_of(self.reported) != months_of(self.revised):
            raise invalid(
                "revised.from_period",
                f"the months of the reported figure, {self.reported.from_period} to "
                f"{self.reported.to_period}",
                f"{self.revised.from_period} to {self.revised.to_period}",
            )
        check_evidence("restatement", self.cause, existed=self.evidence_existed_then)

    def bridge(self) -> BridgeRequest:
        """Give the bridge between the two figures."""
        return BridgeRequest(self.reported, self.revised, self.scope)


def restatement_of(
    sights: Sights, request: RestatementRequest, hold: Hold | None = None
) -> Restatement:
    """Compute both figures of a restatement, and what lies between them.

    Raises
    ------
    FieldInvalid
        The figures are the same.
    SelectionMustFit, ReadsExhausted, LedgerInconsistent, QuantityOverflow
        As a bridge does.
    """
    asked = request.bridge()
    walk = walk_of(sights, asked, hold)
    bridge = bridge_of(walk, asked.told_by, ROWS)
    if walk.first == walk.last:
        raise invalid(
            "revised",
            "a figure that differs from the reported one: there is nothing to restate",
            f"{bridge.to_kg_co2e} kg CO2e, as reported",
        )
    return Restatement(
        request.metric,
        request.reported.from_period,
        request.reported.to_period,
        _figure(sights, request.reported, bridge.from_kg_co2e),
        _figure(sights, request.revised, bridge.to_kg_co2e),
        _text(bridge.difference_kg_co2e),
        request.cause,
        request.evidence_existed_then,
        request.treatment,
        request.scope.accounts,
        request.scope.facilities,
        request.scope.activities,
        request.scope.regions,
        _parts(bridge),
    )


def _figure(sights: Sights, side: Side, kg: Decimal) -> RestatedFigure:
    asked = whole(side, sights)
    return RestatedFigure(
        _text(kg),
        asked.gwp_set,
        str(asked.consolidation),
        asked.as_of,
        side.method_version,
        side.structure_on,
    )


def _parts(bridge: Bridge) -> tuple[RestatedPart, ...]:
    """Give what each cause makes, each once."""
    sums: dict[str, Fraction] = {}
    for part in bridge.parts:
        sums[part.cause] = sums.get(part.cause, Fraction(0)) + Fraction(part.kg_co2e)
    by_cause = {part.cause: part.cause for part in bridge.parts}
    return tuple(RestatedPart(cause, _text(decimal_of(sums[cause]))) for cause in by_cause)


def _text(value: Decimal) -> str:
    return format(value, "f")
