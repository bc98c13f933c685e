"""Effects of measures, from sums of the ledger, and the pipeline of a target.

    DIFFERENCE   effect = baseline - year
    NORMALISED   effect = baseline * driver of the year / driver of the baseline - year
    PER_KWH      effect = kWh of the year * kg CO2e per kWh

The inventory has a real effect already: nothing here is taken off it.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from tonne.model import period_of_month
from tonne.reports.inventory.request import InventoryRequest
from tonne.reports.statements.claims import ROW_BYTES
from tonne.reports.statements.numbers import decimal_of
from tonne.reports.statements.sums import Sums, last_month, sum_months, year_months
from tonne.statements.answers import (
    MeasureEffect,
    Pipeline,
    PipelineRow,
    TargetProgress,
    Term,
)
from tonne.statements.fields import invalid, is_month
from tonne.statements.measures import MeasureMethod, MeasureState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tonne.ledger.budget import Hold
    from tonne.ledger.reading.snapshot import Snapshot
    from tonne.statements.measures import Measure
    from tonne.statements.statement import Statement

KG, KWH_UNIT = "kg CO2e", "kWh"


class _Effects:
    """Sums of a measure's selection in its baseline and in a year."""

    def __init__(
        self, measure: Measure, snapshot: Snapshot, hold: Hold, base: str, year: str
    ) -> None:
        self.base, self.year = base, year
        self.notices: list[str] = []
        self._measure = measure
        self._snapshot = snapshot
        self._hold = hold

    def _sums(self, accounts: tuple[str, ...], *, by_activity: bool) -> Sums:
        measure = self._measure
        first = min(filter(None, (self.base, self.year)))
        request = InventoryRequest(
            period_of_month(first),
            period_of_month(last_month(max(self.base, self.year))),
            facilities=measure.facilities,
            activities=measure.activities if by_activity else (),
            accounts=accounts,
        )
        sums = sum_months(self._snapshot, request, self._hold)
        self.notices.extend(each for each in sums.notices if each not in self.notices)
        for year in filter(None, (self.base, self.year)):
            missing = sums.missing(year_months(year))
            if missing:
                raise invalid(
                    "year_start",
                    f"records of {', '.join(accounts)} in all months of {year} to "
                    f"{last_month(year)}: append those that are missing",
                    f"none in {', '.join(missing)}",
                )
            self.notices += sums.lacking(accounts, year)
        return sums

    def difference(self) -> tuple[Fraction, str, list[Term]]:
        sums = self._sums(self._measure.accounts, by_activity=True)
        before, now = sums.kg_of(year_months(self.base)), sums.kg_of(year_months(self.year))
        terms = [_term("baseline", before, KG), _term("year", now, KG)]
        if self._measure.method is MeasureMethod.DIFFERENCE:
            return before - now, "baseline - year", terms
        drivers = self._sums(self._measure.driver_accounts, by_activity=False)
        driver_before = drivers.kwh_of(year_months(self.base))
        driver_now = drivers.kwh_of(year_months(self.year))
        if not driver_before:
            raise invalid(
                "measure",
                f"kWh of {', '.join(self._measure.driver_accounts)} in the baseline year",
                "0 kWh",
            )
        terms += [
            _term("driver in the baseline", driver_before, KWH_UNIT),
            _term("driver in the year", driver_now, KWH_UNIT),
        ]
        return (
            before * driver_now / driver_before - now,
            "baseline * driver in the year / driver in the baseline - year",
            terms,
        )

    def per_kwh(self) -> tuple[Fraction, str, list[Term]]:
        sums = self._sums(self._measure.accounts, by_activity=True)
        kwh = sums.kwh_of(year_months(self.year))
        factor = Fraction(self._measure.kg_co2e_per_kwh)
        terms = [
            _term("energy in the year", kwh, KWH_UNIT),
            _term(f"stated: {self._measure.factor_source}", factor, f"{KG}/{KWH_UNIT}"),
        ]
        return kwh * factor, "energy in the year * stated", terms


def _term(name: str, value: Fraction, unit: str) -> Term:
    return Term(name, decimal_of(value), unit)


def measure_effect(
    statement: Statement, snapshot: Snapshot, hold: Hold, year_start: str
) -> MeasureEffect:
    """Compute the effect of a measure in a year.

    Raises
    ------
    FieldInvalid
        The measure has none that is computed, the year ends before it starts, or months have no
        records: the message says which, and what to do.
    """
    measure: Measure = statement.body
    if measure.method is MeasureMethod.STATED:
        raise invalid(
            "measure", "one whose effect is computed: this one states what it brings", statement.id
        )
    year = year_start or measure.start_date[:7]
    if not is_month(year):
        raise invalid("year_start", "the first month of a year as YYYY-MM", year)
    months = year_months(year)
    if months[-1] < measure.start_date[:7] or (
        measure.end_date and months[0] >= measure.end_date[:7]
    ):
        until = f" and before {measure.end_date}" if measure.end_date else ""
        raise invalid("year_start", f"a year with days from {measure.start_date} on{until}", year)
    made = _Effects(measure, snapshot, hold, measure.baseline_year_start, year)
    is_per_kwh = measure.method is MeasureMethod.PER_KWH
    effect, formula, terms = made.per_kwh() if is_per_kwh else made.difference()
    if months[0] < measure.start_date[:7] or measure.start_date[8:] != "01":
        made.notices.append(
            f"the measure starts on {measure.start_date}: its first year may be but a part"
        )
    return MeasureEffect(
        statement.id,
        statement.version,
        measure.display_name,
        measure.method,
        measure.state,
        year,
        decimal_of(effect),
        formula,
        tuple(terms),
        measure.evidence,
        tuple(made.notices),
    )


def pipeline(
    progress: TargetProgress, measures: Iterable[Statement], grow: Callable[[int], None]
) -> Pipeline:
    """Set the measures of an absolute target against what is left of it.

    What is planned or decided counts. What runs is in the figure of the year already. `grow` is
    told the memory that is taken.
    """
    rows: list[PipelineRow] = []
    expected = Fraction(0)
    unknown = []
    for each in measures:
        measure: Measure = each.body
        if progress.target not in measure.targets:
            continue
        grow(len(rows) * ROW_BYTES)
        counts = measure.state in (MeasureState.PLANNED, MeasureState.DECIDED)
        mass = Fraction(measure.expected_kg_co2e) if measure.expected_kg_co2e else None
        if counts and mass is None:
            unknown.append(each.id)
        expected += mass or 0 if counts else 0
        rows.append(
            PipelineRow(
                each.id,
                measure.display_name,
                measure.state,
                None if mass is None else decimal_of(mass),
                counts,
            )
        )
    current = Fraction(progress.current.value or 0)
    gap = max(current - Fraction(progress.target_value), Fraction(0))
    notices = list(progress.notices)
    if unknown:
        notices.append(
            f"{', '.join(unknown)}: nothing is stated of what they bring (expected_kg_co2e)"
        )
    return Pipeline(
        progress.target,
        progress.version,
        progress.current.year_start,
        decimal_of(current),
        progress.target_value,
        decimal_of(gap),
        decimal_of(expected),
        decimal_of(max(gap - expected, Fraction(0))),
        tuple(rows),
        tuple(notices),
    )
