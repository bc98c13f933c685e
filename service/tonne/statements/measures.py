"""Measures: what is done, what it is to bring, and how its effect is computed from the ledger.

An effect is explained and told beside the inventory, which has it already where it is real:
it is never taken off again.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from tonne.catalogue.words.accounts import ACCOUNTS
from tonne.statements.fields import Amount, Day, Month, Required, invalid
from tonne.statements.targets import check_accounts


class MeasureState(enum.StrEnum):
    """How far a measure is."""

    PLANNED = "planned"
    DECIDED = "decided"
    RUNNING = "running"
    ENDED = "ended"


class MeasureMethod(enum.StrEnum):
    """How its effect of a year is computed.

    DIFFERENCE: the baseline year's emissions less the year's. NORMALISED: the same, the baseline
    first times the year's kWh of a driver over the baseline's. PER_KWH: the year's kWh times a
    stated mass. STATED: not at all.
    """

    DIFFERENCE = "difference"
    NORMALISED = "normalised"
    PER_KWH = "per_kwh"
    STATED = "stated"


@dataclass(frozen=True, slots=True)
class Measure:
    """Something that is done to emit less.

    Parameters
    ----------
    display_name : str
        Name for people.
    start_date : str
        First day on which it has an effect.
    state : MeasureState
    method : MeasureMethod
    evidence : str
        What shows it: a contract, a report, a reading.
    end_date : str
        First day on which it has none any more; empty: it goes on.
    baseline_year_start : str
        First month of the year before it.
    accounts, activities, facilities : tuple of str
        What its effect is computed from: accounts of scopes, or of kWh of PER_KWH.
    driver_accounts : tuple of str
        Accounts of the kWh by which NORMALISED is, like `memo.it_energy`.
    kg_co2e_per_kwh, factor_source : str
        Of PER_KWH, and where the figure is from.
    expected_kg_co2e : str
        What it is to bring in a year, kg CO2e.
    targets : tuple of str
        Ids of the targets to which it contributes.
    """

    display_name: Required
    start_date: Day
    state: MeasureState
    method: MeasureMethod
    evidence: Required
    end_date: Day = ""
    baseline_year_start: Month = ""
    accounts: tuple[str, ...] = ()
    activities: tuple[str, ...] = ()
    facilities: tuple[str, ...] = ()
    driver_accounts: tuple[str, ...] = ()
    kg_co2e_per_kwh: Amount = ""
    factor_source: str = ""
    expected_kg_co2e: Amount = ""
    targets: tuple[str, ...] = ()

    def check(self, place: str) -> None:
        """Check that the method has what it needs, and no more. Raises `FieldInvalid`."""
        if self.end_date and self.end_date <= self.start_date:
            raise invalid(f"{place}.end_date", f"a day after {self.start_date}", self.end_date)
        compares = self.method in (MeasureMethod.DIFFERENCE, MeasureMethod.NORMALISED)
        is_per_kwh = self.method is MeasureMethod.PER_KWH
        for name, is_needed in (
            ("baseline_year_start", compares),
            ("accounts", compares or is_per_kwh),
            ("driver_accounts", self.method is MeasureMethod.NORMALISED),
            ("kg_co2e_per_kwh", is_per_kwh),
            ("factor_source", is_per_kwh),
            ("expected_kg_co2e", self.method is MeasureMethod.STATED),
        ):
            has_it = bool(getattr(self, name))
            if is_needed and not has_it:
                raise invalid(f"{place}.{name}", f"it, which {self.method} needs", "")
            if has_it and not is_needed and name != "expected_kg_co2e":
                raise invalid(
                    f"{place}.{name}", f"none of {self.method}", str(getattr(self, name))
                )
        if compares:
            check_accounts(f"{place}.accounts", self.accounts)
            if self.baseline_year_start >= self.start_date[:7]:
                raise invalid(
                    f"{place}.baseline_year_start",
                    f"a year that begins before {self.start_date}",
                    self.baseline_year_start,
                )
        known = [name for name in ACCOUNTS if name.startswith("memo.")]
        for name in ("driver_accounts", *(("accounts",) if is_per_kwh else ())):
            for each in getattr(self, name):
                if each not in known or each == "memo.avoided":
                    raise invalid(
                        f"{place}.{name}", f"accounts of energy of {', '.join(known)}", each
                    )
