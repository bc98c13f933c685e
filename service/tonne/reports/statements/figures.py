"""The figures of the years of a target: from the ledger, or as they were stated."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Protocol

from tonne.model import period_of_month
from tonne.reports.inventory.request import InventoryRequest
from tonne.reports.statements.sums import last_month, sum_months, year_months
from tonne.statements.answers import Basis
from tonne.statements.targets import TargetType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tonne.ledger.budget import Hold
    from tonne.ledger.reading.snapshot import Snapshot
    from tonne.statements.targets import Target


@dataclass(frozen=True, slots=True)
class Figure:
    """The figure of a year; None where months are missing, or nothing is there at all."""

    year_start: str
    value: Fraction | None
    basis: Basis = Basis.NONE
    source: str = ""
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """What a source has of years: their figures, and remarks on how they came about."""

    figures: dict[str, Figure]
    notices: tuple[str, ...] = ()
    rests_on: str = ""


class FigureSource(Protocol):
    """Where figures of a target's years come from, besides those that are stated."""

    def years(self, target: Target, years: Sequence[str]) -> Found:
        """Give what there is of years, each by its first month; what has nothing is left out."""


class LedgerFigures:
    """Sums of the ledger: of absolute targets.

    Parameters
    ----------
    snapshot : Snapshot
    hold : Hold
        Grows with the sums.
    """

    def __init__(self, snapshot: Snapshot, hold: Hold) -> None:
        self._snapshot = snapshot
        self._hold = hold

    def years(self, target: Target, years: Sequence[str]) -> Found:
        """Give the sums of years, with the months that have no record."""
        if target.type is not TargetType.ABSOLUTE:
            return Found({}, ("it names no indicator: its figures are stated",))
        request = InventoryRequest(
            period_of_month(years[0]),
            period_of_month(last_month(years[-1])),
            facilities=target.facilities,
            activities=target.activities,
            accounts=target.accounts,
            gwp_set=target.gwp_set,
            consolidation=target.consolidation,
        )
        sums = sum_months(self._snapshot, request, self._hold)
        figures, notices = {}, list(sums.notices)
        for year in years:
            months = year_months(year)
            missing = sums.missing(months)
            if len(missing) == len(months):
                continue
            value = None if missing else sums.kg_of(months)
            figures[year] = Figure(year, value, Basis.LEDGER, "the ledger", missing)
            if value is not None:
                notices += sums.lacking(target.accounts, year)
        rests_on = f"{sums.gwp_set}, {sums.consolidation.replace('-', ' ')}"
        return Found(figures, tuple(notices), rests_on)


def with_stated(target: Target, found: Found) -> Found:
    """Put in what the target states of years; it is told where the ledger has a figure too."""
    figures, notices = dict(found.figures), list(found.notices)
    for each in target.stated:
        there = figures.get(each.year_start)
        value = Fraction(each.value)
        if there is not None and there.value != value:
            told = "an unfinished year" if there.value is None else "another figure"
            notices.append(
                f"{each.year_start}: the stated figure is taken, {each.value}; the ledger has "
                f"{told}"
            )
        figures[each.year_start] = Figure(each.year_start, value, Basis.STATED, each.source)
    return Found(figures, tuple(notices), found.rests_on)
