"""Life-cycle averages: they stand in for grid factors that are unknown, never beside upstream."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction

import pytest

from tests.unit.catalogue.small_editions import write_edition
from tonne.catalogue.editions.edition import parse_edition
from tonne.catalogue.editions.library import default_settings, shipped_editions
from tonne.catalogue.resolving.resolver import Resolver
from tonne.catalogue.resolving.valuation import entry_worth
from tonne.catalogue.words.method import MethodSettings
from tonne.model import RowStatus, first_day_of, period_of_month

AVERAGE = {
    "activity": "electricity.grid",
    "region": "XA",
    "stage": "life_cycle",
    "kg_co2e": "0.5",
    "valid_from": "2024-01-01",
    "valid_to": "2025-01-01",
}
UPSTREAM = {**AVERAGE, "stage": "wtt", "kg_co2e": "0.07"}
DIRECT = {**AVERAGE, "stage": "generation", "kg_co2e": "0.4"}
LOSS = {**AVERAGE, "stage": "losses", "kg_co2e": "", "loss": "0.05"}


def outcome(resolver, activity="electricity.grid", region="XA", month="2024-06"):
    """What holds of a kWh in a month."""
    period = period_of_month(month)
    runs = resolver.resolve(activity, "kWh", region)
    return [run.disposition for run in runs if run.first_day <= first_day_of(period)][-1]


def own(*rows, **settings):
    """A resolver over one imported edition."""
    factors = parse_edition(write_edition(*rows))
    return Resolver([("own", factors)], MethodSettings(editions=("own",), **settings))


def posted(found):
    """Kg CO2e by account, exact."""
    sums = defaultdict(Fraction)
    for entry in found.entries:
        sums[entry.account] += entry_worth(entry, "AR5").kg_co2e
    return {account: worth for account, worth in sums.items() if worth}


def reasons(found):
    """Reasons of all notices."""
    return {notice.reason for entry in found.entries for notice in entry.notices} | {
        notice.reason for notice in found.notices
    }


def chosen():
    """The default order, and the life-cycle averages by choice."""
    editions = (*default_settings().editions, "ember-yearly-2024")
    shipped = [(name, shipped_editions()[name].factors) for name in editions]
    return Resolver(shipped, MethodSettings(editions=editions))


def test_a_life_cycle_average_is_never_added_to_upstream():
    """Upstream is known and is not posted: it is in the average. That is told, not as missing."""
    found = outcome(own(AVERAGE, UPSTREAM))
    assert posted(found) == {"scope2.location": Fraction(1, 2), "scope2.market": Fraction(1, 2)}
    assert "LIFE_CYCLE_AVERAGE" in reasons(found)
    assert not [each for each in found.notices if "scope3.03.wtt" in each.message]


def test_a_factor_of_the_generation_goes_first_whatever_the_order():
    """Direct and upstream are taken, and the average of the preferred row is left alone."""
    found = outcome(own(AVERAGE, UPSTREAM, DIRECT))
    assert posted(found) == {
        "scope2.location": Fraction("0.4"),
        "scope2.market": Fraction("0.4"),
        "scope3.03.wtt": Fraction("0.07"),
    }
    assert "LIFE_CYCLE_AVERAGE" not in reasons(found)


def test_losses_of_a_life_cycle_average_hold_their_upstream_once():
    """0.5 x 5 / 95, and no upstream of the losses beside it."""
    found = outcome(own(AVERAGE, UPSTREAM, LOSS))
    assert posted(found)["scope3.03.losses"] == Fraction("0.5") * Fraction(5, 95)


def test_resold_electricity_takes_the_average_without_upstream_beside_it():
    """Electricity that is sold on: one entry, which is told."""
    found = outcome(own(AVERAGE, UPSTREAM), "electricity.resale")
    assert posted(found) == {"scope3.03.resale": Fraction(1, 2)}
    assert "LIFE_CYCLE_AVERAGE" in reasons(found)


@pytest.mark.parametrize("year_rule", ["month", "majority", "days"])
def test_a_month_changes_where_the_grid_factor_begins(year_rule):
    """Average of 2024, generation from 2025 on: each year has the one of its kind that holds."""
    later = {**DIRECT, "valid_from": "2025-01-01", "valid_to": "2026-01-01"}
    resolver = own(AVERAGE, {**UPSTREAM, "valid_to": "2026-01-01"}, later, year_rule=year_rule)
    assert posted(outcome(resolver))["scope2.location"] == Fraction("0.5")
    assert "scope3.03.wtt" not in posted(outcome(resolver))
    found = posted(outcome(resolver, month="2025-06"))
    assert (found["scope2.location"], found["scope3.03.wtt"]) == (
        Fraction("0.4"),
        Fraction("0.07"),
    )


def test_the_default_order_has_no_life_cycle_average():
    """Germany waits by default; by choice it has Ember's figure, which is told."""
    assert "ember-yearly-2024" not in default_settings().editions
    default = Resolver(
        [(name, shipped_editions()[name].factors) for name in default_settings().editions],
        default_settings(),
    )
    assert outcome(default, region="DE") is RowStatus.FACTOR_MUST_EXIST
    found = outcome(chosen(), region="DE")
    assert "LIFE_CYCLE_AVERAGE" in reasons(found)
    (entry,) = [each for each in found.entries if each.account == "scope2.location"]
    assert entry.edition == "ember-yearly-2024"


def test_countries_with_a_grid_factor_keep_it_beside_the_life_cycle_averages():
    """The UK, the US, China and India: by choice of the averages nothing changes."""
    for region, edition in (
        ("GB", "uk-ghg-2024"),
        ("US", "us-epa-hub-2025"),
        ("CN", "cn-mee-grid-2023"),
        ("IN", "in-cea-v21"),
    ):
        found = outcome(chosen(), region=region)
        (entry,) = [each for each in found.entries if each.account == "scope2.location"]
        assert entry.edition == edition
        assert "LIFE_CYCLE_AVERAGE" not in reasons(found)


def test_a_footprint_asks_for_a_life_cycle_average():
    """As a footprint of products it is the very thing: nothing to tell of its kind."""
    found = outcome(chosen(), "electricity.footprint.average", "DE")
    assert [entry.account for entry in found.entries] == ["memo.footprint"]
    assert reasons(found) <= {"GWP_SET_FALLBACK"}
