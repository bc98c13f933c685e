"""A reporting year of two sets by days: every leg is the sum of what each set gives."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from fractions import Fraction

import pytest

from tests.unit.catalogue.small_editions import write_edition
from tonne.catalogue.editions.edition import parse_edition
from tonne.catalogue.resolving.resolution import YEAR_FALLBACK
from tonne.catalogue.resolving.resolver import Resolver
from tonne.catalogue.resolving.valuation import entry_worth
from tonne.catalogue.words.method import LOSS_CONVENTIONS, MethodSettings
from tonne.model import number_of_day

BEFORE, AFTER = dt.date(2024, 6, 1), dt.date(2025, 2, 1)
DAYS = {BEFORE: 275, AFTER: 90}
"""Days of each set in the year from April 2024."""

STAGES = {
    "electricity.grid": ("generation", "wtt", "losses", "wtt_losses", "biogenic"),
    "fuel.diesel.stationary": ("combustion", "wtt", "biogenic"),
}


def sets(activity, unit):
    """Two own editions, of 2024 and of 2025, that state every stage with a figure of their own."""
    made = []
    for year, digit in ((2024, 1), (2025, 3)):
        rows = []
        for number, stage in enumerate(STAGES[activity]):
            figure = f"0.{digit}{number + 1}"
            mass = {"kg_biogenic_co2": figure, "kg_co2e": "", "gwp_set": "CO2"}
            rows.append(
                {
                    "activity": activity,
                    "unit": unit,
                    "stage": stage,
                    "valid_from": f"{year}-01-01",
                    "valid_to": f"{year + 1}-01-01",
                    **(mass if stage == "biogenic" else {"kg_co2e": figure}),
                }
            )
        made.append((f"own-{year}", parse_edition(write_edition(*rows))))
    return made


def worths(resolver, activity, unit, day):
    """Kg CO2e and kWh by account, of one unit on a day."""
    runs = resolver.resolve(activity, unit, "")
    number = number_of_day(day)
    found = [run.disposition for run in runs if run.first_day <= number][-1]
    sums = Counter()
    for entry in found.entries:
        worth = entry_worth(entry, "AR5")
        sums[entry.account] += worth.kg_co2e + (worth.kwh or 0)
    return sums, found


@pytest.mark.parametrize("convention", LOSS_CONVENTIONS)
@pytest.mark.parametrize(
    ("activity", "unit"), [("electricity.grid", "MWh"), ("fuel.diesel.stationary", "l")]
)
def test_every_leg_takes_the_share_of_its_set(activity, unit, convention):
    """275 days of one set and 90 of the next, account by account."""
    editions = sets(activity, unit)
    plain = Resolver(editions, MethodSettings(loss_convention=convention))
    by_days = Resolver(
        editions,
        MethodSettings(year_rule="days", reporting_year_start=4, loss_convention=convention),
    )
    expected = Counter()
    for day, days in DAYS.items():
        for account, worth in worths(plain, activity, unit, day)[0].items():
            expected[account] += worth * Fraction(days, 365)
    for day in DAYS:
        assert worths(by_days, activity, unit, day)[0] == expected
    assert {"outside.biogenic", "scope3.03.wtt"} <= set(expected)


@pytest.mark.parametrize(("rule", "told"), [("days", True), ("majority", True), ("month", False)])
def test_days_that_have_no_set_are_told(rule, told):
    """An own set of 2024 alone stands in for January to March 2025, and says for how many days."""
    (own, _) = sets("electricity.grid", "kWh")
    resolver = Resolver([own], MethodSettings(year_rule=rule, reporting_year_start=4))
    _, found = worths(resolver, "electricity.grid", "kWh", BEFORE)
    messages = [
        notice.message
        for entry in found.entries
        for notice in entry.notices
        if notice.reason == YEAR_FALLBACK
    ]
    assert bool(messages) == told
    assert all("90 of 365 days" in message for message in messages)
