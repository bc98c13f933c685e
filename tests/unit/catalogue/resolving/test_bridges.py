"""Rows of steps alone serve the days on which nothing else leads to a factor."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction

from tests.unit.catalogue.small_editions import write_edition
from tonne.catalogue.editions.edition import parse_edition
from tonne.catalogue.resolving.resolver import Resolver
from tonne.catalogue.resolving.valuation import entry_worth
from tonne.catalogue.words.method import MethodSettings, Rate
from tonne.model import RowStatus, number_of_day

COAL = "fuel.coal_bituminous"
BOILER = f"{COAL}.boiler_1"
PER_TONNE = {"activity": COAL, "unit": "t", "stage": "combustion", "kg_co2e": "2000"}
SACKS = {
    "activity": BOILER,
    "unit": "unit",
    "kg_co2e": "",
    "steps": "filling=25 kg/unit",
    "evidence": "scales",
}


def per_sack(*rows, rates=(), day="2025-03-15"):
    """Kg CO2e of a sack on a day, and the reasons of what is told of it."""
    factors = parse_edition(write_edition(PER_TONNE, *rows))
    method = MethodSettings(editions=("own",), rates=rates)
    runs = Resolver([("own", factors)], method, 1).resolve(BOILER, "unit", "")
    number = number_of_day(dt.date.fromisoformat(day))
    found = [run.disposition for run in runs if run.first_day <= number][-1]
    if isinstance(found, RowStatus):
        return found, set()
    (entry,) = (each for each in found.entries if each.account == "scope1.stationary")
    return entry_worth(entry, "AR5").kg_co2e, {notice.reason for notice in entry.notices}


MARCH = Rate("unit", "t", "0.03", "supplier", valid_from="2025-03-01", valid_to="2025-04-01")


def test_a_row_of_steps_leads_to_the_factor_above_it():
    """25 kg a sack at 2,000 kg a tonne: 50 kg, and the figure is told."""
    kg, told = per_sack(SACKS)
    assert kg == 50
    assert "UNIT_PROPERTY" in told


def test_a_straight_way_goes_before_it_on_its_days_alone():
    """A rate of March counts in March (60 kg); before and after it the row of steps does."""
    for day, expected in (
        ("2025-02-28", 50),
        ("2025-03-01", 60),
        ("2025-03-31", 60),
        ("2025-04-01", 50),
    ):
        assert per_sack(SACKS, rates=(MARCH,), day=day)[0] == expected, day


def test_it_serves_its_own_days_alone():
    """A row that ended in February fills no gap of April; one of two sets each has its days."""
    ended = {**SACKS, "valid_to": "2025-03-01"}
    later = {**SACKS, "valid_from": "2025-03-01", "steps": "filling=40 kg/unit"}
    assert per_sack(ended, later, day="2025-02-28")[0] == 50
    assert per_sack(ended, later, day="2025-03-01")[0] == 80
    assert per_sack(ended, rates=(MARCH,), day="2025-04-01")[0] is RowStatus.FACTOR_MUST_EXIST
    assert per_sack(ended, rates=(MARCH,), day="2025-02-28")[0] == Fraction(50)
