"""Electricity of vehicles by distance: figures of the region, or kWh and the region's grid."""

from __future__ import annotations

from fractions import Fraction

import pytest

from tests.unit.catalogue.small_editions import write_edition
from tonne.catalogue.editions.edition import parse_edition
from tonne.catalogue.editions.library import shipped_editions
from tonne.catalogue.resolving.resolver import Resolver
from tonne.catalogue.resolving.valuation import entry_worth
from tonne.catalogue.words.method import MethodSettings
from tonne.model import RowStatus, first_day_of, period_of_month

BATTERY = "fleet.car.average.battery_electric"
PLUG_IN = "fleet.car.average.plug_in_hybrid"
KWH = Fraction("0.20656")  # of the battery car by kilometre, UK 2025
GRID = {"activity": "electricity.grid", "region": "XA", "unit": "kWh"}


def resolve(activity, region, *own, unit="km", month="2025-03", **settings):
    """The resolution of a month under own rows of factors and the UK's set of 2025."""
    shipped = "uk-ghg-2025"
    editions = [("own", parse_edition(write_edition(*own)))] if own else []
    editions.append((shipped, shipped_editions()[shipped].factors))
    names = tuple(name for name, _ in editions)
    method = MethodSettings(editions=names, year_fallback_years=0, **settings)
    runs = Resolver(editions, method, 1).resolve(activity, unit, region)
    first_day = first_day_of(period_of_month(month))
    return [run.disposition for run in runs if run.first_day <= first_day][-1]


def worth(resolution, *, energy=False):
    """Kg CO2e, or kWh, of a unit by account."""
    found = {}
    for entry in resolution.entries:
        each = entry_worth(entry, "AR5")
        value = each.kwh if energy else each.kg_co2e
        found[entry.account] = found.get(entry.account, 0) + value
    return found


def reasons(resolution, account=""):
    """Reasons of the notices of an account's entries, or of the resolution."""
    if not account:
        return {notice.reason for notice in resolution.notices}
    entries = [entry for entry in resolution.entries if entry.account == account]
    return {notice.reason for entry in entries for notice in entry.notices}


@pytest.mark.parametrize(
    ("activity", "printed", "kwh"),
    [
        (BATTERY, "0 0.03663 0.03663 0.01049 0.00384 0", "0.20656"),
        (PLUG_IN, "0.09167 0.01171 0.01171 0.02934 0.00122 0", "0.46079"),
    ],
)
def test_a_car_in_the_uk_posts_what_the_uk_prints(activity, printed, kwh):
    """Scope 1, both scopes 2, upstream and losses, each with its printed figure; and the kWh."""
    found = resolve(activity, "GB")
    accounts = "scope1.mobile scope2.location scope2.market scope3.03.wtt scope3.03.losses"
    expected = zip((*accounts.split(), "memo.energy"), map(Fraction, printed.split()), strict=True)
    assert worth(found) == dict(expected)
    assert worth(found, energy=True)["memo.energy"] == Fraction(kwh)
    assert reasons(found, "scope2.market") == {"RESIDUAL_MIX_MISSING"}
    assert reasons(found, "scope2.location") == reasons(found) == set()


def test_elsewhere_a_car_takes_its_kwh_from_the_grid_of_the_region():
    """0.20656 kWh/km of the proxy x 0.5 kg of the grid; losses with them; upstream is told."""
    rows = (
        {**GRID, "kg_co2e": "0.5", "stage": "generation"},
        {**GRID, "kg_co2e": "0.04", "stage": "losses"},
        {**GRID, "kg_co2e": "0.07", "stage": "wtt"},
    )
    found = resolve(BATTERY, "XA", *rows, proxy_regions=("GB",))
    assert worth(found) == {
        "scope1.mobile": 0,
        "scope2.location": KWH * Fraction("0.5"),
        "scope2.market": KWH * Fraction("0.5"),
        "scope3.03.losses": KWH * Fraction("0.04"),
        "memo.energy": 0,
    }
    assert reasons(found, "scope2.location") == {"REGION_PROXY"}
    assert reasons(found) == {"LEG_MISSING"}  # upstream of another grid is no proxy's


def test_a_residual_mix_of_the_region_counts_by_the_market():
    """In the UK as elsewhere: kWh by kilometre x the residual mix, and nothing is missing."""
    residual = {**GRID, "region": "GB", "kg_co2e": "0.4", "stage": "residual"}
    found = resolve(BATTERY, "GB", residual)
    assert worth(found)["scope2.market"] == KWH * Fraction("0.4")
    assert worth(found)["scope2.location"] == Fraction("0.03663")
    assert reasons(found, "scope2.market") == set()


def test_a_contract_of_the_book_is_not_for_cars_that_are_charged_anywhere():
    """A green tariff of the sites leaves the cars at the grid's average."""
    contract = {**GRID, "region": "GB", "kg_co2e": "0", "stage": "contract"}
    assert worth(resolve(BATTERY, "GB", contract))["scope2.market"] == Fraction("0.03663")


def test_without_a_grid_of_the_region_a_car_waits():
    """Neither another region's electricity nor none at all."""
    assert resolve(BATTERY, "XA", proxy_regions=("GB",)) is RowStatus.FACTOR_MUST_EXIST
    assert resolve(BATTERY, "XA") is RowStatus.FACTOR_MUST_EXIST


@pytest.mark.parametrize("convention", ["ghg-protocol", "ghg-protocol-combustion"])
def test_the_loss_of_another_convention_follows_from_the_printed_figures(convention):
    """Loss = losses / (generation + losses), of the generation alone."""
    made, lost = Fraction("0.03663"), Fraction("0.00384")
    found = resolve(BATTERY, "GB", loss_convention=convention)
    assert worth(found)["scope3.03.losses"] == lost / (made + lost) * made


def test_a_leased_car_is_of_scope_3_whole():
    """Its fuel and its electricity are the lessor's scopes 1 and 2."""
    found = resolve(f"leased.{PLUG_IN}", "GB")
    assert worth(found) == {"scope3.08.leased": Fraction("0.09167") + Fraction("0.01171")}


def test_managed_assets_post_the_uks_own_figure():
    """One figure with the electricity in it, and what is burnt elsewhere is not added."""
    found = resolve("managed.car.average.battery_electric", "GB")
    assert worth(found) == {"scope3.08.leased": Fraction("0.04047")}


def test_a_months_grid_changes_within_the_year_of_the_kwh():
    """Months in which a grid's factor begins begin a run of the car, too."""
    rows = (
        {**GRID, "kg_co2e": "0.5", "stage": "generation", "valid_to": "2025-07-01"},
        {**GRID, "kg_co2e": "0.3", "stage": "generation", "valid_from": "2025-07-01"},
    )
    for month, kg in (("2025-06", "0.5"), ("2025-07", "0.3")):
        found = resolve(BATTERY, "XA", *rows, month=month, proxy_regions=("GB",))
        assert worth(found)["scope2.location"] == KWH * Fraction(kg)


@pytest.mark.parametrize(
    ("activity", "account", "kwh"),
    [
        (BATTERY, "scope2.location", "0.20656"),
        (PLUG_IN, "scope1.mobile", "0.46079"),
        (BATTERY, "scope1.mobile", None),
    ],
)
def test_an_own_factor_with_its_account_keeps_the_energy_of_driving(activity, account, kwh):
    """The kWh by kilometre go with the account that the rule needs, and other legs are told."""
    own = {
        "activity": activity,
        "region": "GB",
        "unit": "km",
        "kg_co2e": "0.2",
        "account": account,
    }
    found = resolve(activity, "GB", own)
    assert worth(found)[account] == Fraction("0.2")
    expected = [account] if kwh is None else [account, "memo.energy"]
    assert sorted({each.account for each in found.entries}) == sorted(expected)
    if kwh is not None:
        assert worth(found, energy=True)["memo.energy"] == Fraction(kwh)
    told = " ".join(notice.message for notice in found.notices)
    others = {"scope1.mobile", "scope2.location", "scope2.market", "scope3.03.losses"} - {account}
    assert all(other in told for other in others)
