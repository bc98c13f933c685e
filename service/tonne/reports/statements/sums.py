"""Exact sums of a book by month and account, as an inventory of the same selection has them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from tonne.model import PERIOD_COUNT_MAX, month_of_period, period_of_month
from tonne.reports.indicators.gaps import months_text
from tonne.reports.inventory.footprint import KG_CO2E, KWH, has
from tonne.reports.inventory.gathering import Gathering
from tonne.reports.inventory.inventory import grouped_sums, inventory_of, numerators_of
from tonne.reports.inventory.parts.meanings import Meanings
from tonne.reports.inventory.request import is_within
from tonne.reports.inventory.selection import Selector
from tonne.statements.fields import invalid

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tonne.ledger.budget import Hold
    from tonne.ledger.reading.snapshot import Snapshot
    from tonne.reports.inventory.request import InventoryRequest

YEAR_MONTHS: Final = 12


@dataclass(frozen=True, slots=True)
class Sums:
    """Sums by month and account.

    Parameters
    ----------
    kg_co2e, kwh : dict of (str, str) to Fraction
        By month and account; kWh only where factors state energy.
    notices : tuple of str
        How the numbers came about, and what is not in them.
    gwp_set, consolidation : str
        Under which they are.
    months : frozenset of str
        Months that have a record.
    """

    kg_co2e: dict[tuple[str, str], Fraction]
    kwh: dict[tuple[str, str], Fraction]
    notices: tuple[str, ...]
    gwp_set: str
    consolidation: str
    months: frozenset[str]

    def missing(self, months: Iterable[str]) -> tuple[str, ...]:
        """Give the months that have no record."""
        return tuple(each for each in months if each not in self.months)

    def kg_of(self, months: Iterable[str]) -> Fraction:
        """Add up the kg CO2e of months."""
        wanted = set(months)
        return sum((kg for (month, _), kg in self.kg_co2e.items() if month in wanted), Fraction(0))

    def kwh_of(self, months: Iterable[str]) -> Fraction:
        """Add up the kWh of months."""
        wanted = set(months)
        return sum((kwh for (month, _), kwh in self.kwh.items() if month in wanted), Fraction(0))

    def lacking(self, roots: Sequence[str], year_start: str) -> list[str]:
        """Tell accounts, of those that were asked for, without a record in months of a year."""
        months = year_months(year_start)
        told = []
        for root in roots:
            there = {month for month, account in self.kg_co2e if is_within(account, root)}
            lacking = [period_of_month(each) for each in months if each not in there]
            if lacking:
                told.append(f"nothing is posted to {root} in {months_text(lacking)}")
        return told


def sum_months(snapshot: Snapshot, request: InventoryRequest, hold: Hold) -> Sums:
    """Sum a selection by month and account.

    Parameters
    ----------
    snapshot : Snapshot
    request : InventoryRequest
        The selection; what it groups by does not count.
    hold : Hold
        Grows with the sums.

    Raises
    ------
    SelectionMustFit, ReadsExhausted, LedgerInconsistent
        As an inventory does.
    """
    asked = replace(request, group_by=("period", "account")).under(snapshot.settings)
    meanings = Meanings(snapshot.resolutions, snapshot.texts)
    selector = Selector(snapshot.register, asked, snapshot.entities, meanings)
    gathering = Gathering(snapshot, selector, hold)
    chosen = gathering.select()
    weights = chosen.weights
    kg: defaultdict[tuple[str, str], int | Fraction] = defaultdict(int)
    kwh: defaultdict[tuple[str, str], int | Fraction] = defaultdict(int)
    for (month,), bucket, quantity_atto, weighted in grouped_sums(chosen, ["period"]):
        for part in weights.rows[bucket]:
            key = (month, part.label[0])
            kg[key] += 0
            for column, numerator in numerators_of(part, quantity_atto, weighted):
                if column == KG_CO2E:
                    kg[key] += numerator
                elif column == KWH:
                    kwh[key] += numerator
            if has(part.stated, KWH):
                kwh[key] += 0
    found = inventory_of(chosen, gathering.resolutions, asked, hold)
    notices = [each.message for each in found.notices]
    if found.suspended_count:
        notices.append(waiting_text(found.suspended_count))
    return Sums(
        {key: Fraction(value, weights.denominators[KG_CO2E]) for key, value in kg.items()},
        {key: Fraction(value, weights.denominators[KWH]) for key, value in kwh.items()},
        tuple(notices),
        found.gwp_set,
        found.consolidation,
        frozenset(month for month, _ in kg),
    )


def waiting_text(count: int) -> str:
    """Tell of records that wait."""
    return f"{count} records of the selection wait in suspense, and are in no number here"


def year_months(year_start: str) -> list[str]:
    """Give the twelve months of a year that begins in a month."""
    first = period_of_month(year_start)
    return [month_of_period(first + index) for index in range(YEAR_MONTHS)]


def last_month(year_start: str) -> str:
    """Give the last month of a year."""
    return shifted(year_start, YEAR_MONTHS - 1)


def shifted(month: str, count: int) -> str:
    """Give the month so many months later. Raises `FieldInvalid` beyond 1970 to 2199."""
    period = period_of_month(month) + count
    if not 0 <= period < PERIOD_COUNT_MAX:
        raise invalid("year_start", "a year from 1970 to 2199", month)
    return month_of_period(period)


def years_between(first: str, last: str) -> int:
    """Count the years from one year's first month to another's."""
    return (period_of_month(last) - period_of_month(first)) // YEAR_MONTHS
