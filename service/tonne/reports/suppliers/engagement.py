"""The figure of a target of engagement: a share of suppliers on one day."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from tonne.model import period_of_month
from tonne.reports.statements.figures import Figure, Found
from tonne.reports.statements.sums import YEAR_MONTHS
from tonne.reports.suppliers.coverage import supplier_coverage
from tonne.statements.answers import Basis
from tonne.statements.fields import invalid
from tonne.statements.targets import Weight

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from tonne.reports.suppliers.coverage import Spend
    from tonne.statements.statement import Statement
    from tonne.statements.targets import Target


@dataclass(frozen=True, slots=True)
class DayFigure:
    """The share of suppliers on a day; it is the figure of the year in which the day is."""

    day: str
    value: Fraction
    source: str
    notices: tuple[str, ...]

    def years(self, target: Target, years: Sequence[str]) -> Found:
        """Give the share for the year of the day, where it is one of the target's."""
        del target
        month = period_of_month(self.day[:7])
        for year in years:
            if 0 <= month - period_of_month(year) < YEAR_MONTHS:
                figure = Figure(year, self.value, Basis.LEDGER, self.source)
                return Found({year: figure}, self.notices)
        return Found({}, (f"{self.day} lies in no year of the target",))


def engagement_figures(  # noqa: PLR0917  what is stated, and when
    target: Target,
    suppliers: Iterable[Statement],
    evidence: Iterable[Statement],
    spend: Spend | None,
    day: str,
    grow: Callable[[int], None],
) -> DayFigure:
    """Compute the share of suppliers that a target of engagement is about.

    Raises
    ------
    FieldInvalid
        The target is by spend, and there is none; or as `supplier_coverage` says.
    """
    if target.weight is Weight.SPEND and spend is None:
        raise invalid("spend", "what was spent with each supplier: the target is by spend", "none")
    found = supplier_coverage(suppliers, evidence, spend, day, grow)
    (row,) = (
        each
        for each in found.rows
        if (each.attribute, each.level_min) == (target.attribute, target.maturity_level_min)
    )
    percent = row.spend_percent if target.weight is Weight.SPEND else row.count_percent
    latest = f", evidence of {row.evidence_date_min} to {row.evidence_date_max}"
    return DayFigure(
        day,
        Fraction(percent or 0),
        f"{row.supplier_count} of {row.supplier_total_count} suppliers on {day}"
        f"{latest if row.evidence_date_min else ''}",
        found.notices,
    )
