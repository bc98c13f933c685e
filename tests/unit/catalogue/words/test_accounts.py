"""The chart of accounts and what is derived from an activity's words."""

from __future__ import annotations

import re

import pytest

from tonne.catalogue.words import accounts
from tonne.catalogue.words.accounts import ACCOUNTS, account_of, scope_of

DERIVED = [
    ("electricity", "scope2.location"),
    ("electricity.grid", "scope2.location"),
    ("electricity_grid", "scope2.location"),
    ("electricity.grid.losses", "scope3.03.losses"),
    ("electricity.grid.wtt", "scope3.03.wtt"),
    ("purchased_electricity", "scope2.location"),
    ("district_steam", "scope2.location"),
    ("district_chilled_water", "scope2.location"),
    ("district.heat", "scope2.location"),
    ("steam", "scope2.location"),
    ("chilled_water", "scope2.location"),
    ("cooling", "scope2.location"),
    ("natural_gas", "scope1.stationary"),
    ("natural-gas", "scope1.stationary"),
    ("other_fuel", "scope1.stationary"),
    ("Other_Fuel", "scope1.stationary"),
    ("fuel.diesel.stationary", "scope1.stationary"),
    ("fuel.diesel.mobile", "scope1.mobile"),
    ("fuel.diesel.wtt", "scope3.03.wtt"),
    ("fleet.car", "scope1.mobile"),
    ("diesel", "scope1.stationary"),
    ("coal", "scope1.stationary"),
    ("lpg", "scope1.stationary"),
    ("refrigerant.r410a", "scope1.fugitive"),
    ("sf6", "scope1.fugitive"),
    ("fugitive.methane", "scope1.fugitive"),
    ("freight.road", "scope3.04.transport"),
    ("travel.air.long_haul", "scope3.06.travel"),
    ("travel.hotel", "scope3.06.hotel"),
    ("flight", "scope3.06.travel"),
    ("hotel", "scope3.06.hotel"),
    ("commuting.car", "scope3.07.commuting"),
    ("waste.landfill", "scope3.05.waste"),
    ("purchase.electronics", "scope3.01.goods"),
    ("water.supply", "scope3.01.water"),
    ("waste_water", "scope3.05.wastewater"),
    ("electric", None),
    ("fuels", None),
    ("gas", None),
    ("natural", None),
    ("", None),
]


@pytest.mark.parametrize(("activity", "account"), DERIVED)
def test_the_words_of_an_activity_give_its_account(activity, account):
    """Whole words decide, the more telling ones first; what is unclear gives nothing."""
    assert account_of(activity) == account


def test_only_accounts_of_the_chart_are_derived():
    """Every derivation ends in the chart, and none is hidden behind an earlier one."""
    rows = accounts._DERIVATIONS
    assert {account for _, _, account in rows} <= set(ACCOUNTS)
    for first, anywhere, account in rows:
        words = ".".join([*first.split(), *anywhere.split()])
        assert account_of(words) == account


def test_every_account_has_a_scope():
    """The 15 categories of scope 3 are there, and each account is in a known scope."""
    scopes = {scope_of(account) for account in ACCOUNTS}
    assert scopes == {"scope1", "scope2.location", "scope2.market", "scope3", "outside", "memo"}
    assert {f"scope3.{category:02d}" for category in range(1, 16)} <= set(ACCOUNTS)
    assert all(re.fullmatch(r"[a-z0-9_]+(\.[a-z0-9_]+){1,2}", account) for account in ACCOUNTS)


def test_a_leaf_stands_below_an_account():
    """A leaf of scope 3 has its category above it."""
    leaves = [account for account in ACCOUNTS if account.count(".") == 2]
    assert leaves
    assert all(account.rpartition(".")[0] in ACCOUNTS for account in leaves)
