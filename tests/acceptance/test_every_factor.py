"""Every shipped factor through the service: one unit of its activity gives what was printed.

Each edition stands alone in a book's method, so that nothing can stand in for it; each factor is
asked for by a record of its own, in its own unit, region and time.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from decimal import Decimal

import pytest

from tonne.catalogue.editions.library import shipped_editions
from tonne.catalogue.words.method import MethodSettings

AR5 = {"CO2": 1, "CH4": 28, "N2O": 265}
DIRECT = {"combustion", "generation", "operation", "release", "production", "treatment"}
ACCOUNT_OF_STAGE = {
    "biogenic": "outside.biogenic",
    "life_cycle": "scope2.location",  # or a footprint, where that is the activity
    "residual": "scope2.market",
    "energy": "memo.energy",
    "charging": "memo.energy",
}
# Editions whose rows a record cannot name alone: energy per use, and shares that are lost.
EDITIONS = sorted(set(shipped_editions()) - {"ict-ccf", "ict-ccf-compute"})


def account_fits(account, factor):
    """Whether a factor's stage posts to an account."""
    expected = factor.account or ACCOUNT_OF_STAGE.get(factor.stage)
    if factor.activity == "electricity.non_baseload":
        expected = "memo.avoided"
    if factor.stage == "life_cycle" and factor.activity.startswith("electricity.footprint"):
        expected = "memo.footprint"
    if expected:
        return account == expected
    is_upstream = account.endswith((".wtt", ".losses"))
    if factor.stage in DIRECT:
        return not is_upstream and not account.startswith("memo.")
    return is_upstream


def lacks_its_main_factor(factor, factors):
    """Whether what is printed beside a main factor stands alone: a condensed set lacks sheets.

    Losses without a generation; the energy and the electricity by distance of a vehicle without
    its emissions.
    """
    is_vehicle = factor.activity.startswith("fleet.")
    if is_vehicle and not factor.activity.endswith(".battery_electric"):
        stages, main = ("energy", "charging", "generation", "losses"), "operation"
    else:
        stages, main = ("losses",), "generation"
    return factor.stage in stages and not any(
        (other.activity, other.unit, other.stage) == (factor.activity, factor.unit, main)
        for other in factors
    )


def printed_of(factor):
    """kg CO2e of a unit under AR5 as printed, or from the printed gases; None without either."""
    if factor.loss is not None or factor.kwh is not None:
        return None
    if factor.gases and factor.kg_co2e is None:
        return None
    if factor.kg_co2e is not None:
        # A total of another set is revalued by its gases: the printed one is not expected.
        return factor.kg_co2e if factor.gwp_set in {"AR5", "", "CO2"} else None
    if factor.stage == "biogenic":
        return factor.kg_biogenic_co2
    if factor.gwp_set == "CO2":
        return factor.kg_co2
    masses = {"CO2": factor.kg_co2, "CH4": factor.kg_ch4, "N2O": factor.kg_n2o}
    return sum((mass * AR5[gas] for gas, mass in masses.items() if mass is not None), Decimal(0))


def serves_alone(factor, stages):
    """Whether a rule takes a factor; `stages` are all of its activity, region and unit.

    Nothing takes the making of vehicles, a life cycle beside the generation alone, and what a
    fuel has upstream where nothing is printed of its combustion.
    """
    if factor.stage == "life_cycle":
        return not stages & DIRECT and not factor.activity.startswith("fuel.")
    if factor.stage == "wtt" and factor.activity.startswith("fuel.ademe"):
        return bool(stages & DIRECT)
    return factor.stage != "embodied"


def record_of(factor):
    """One unit of a factor's activity, at its place, in a month of its validity."""
    start = max(factor.valid_from, dt.date(2024, 1, 1))
    if factor.valid_to is not None and start >= factor.valid_to:
        start = max(factor.valid_from, factor.valid_to.replace(year=factor.valid_to.year - 1))
    return {
        "record_id": f"row-{factor.row}",
        "facility": f"row-{factor.row}",
        "activity": factor.activity,
        "quantity": "1",
        "unit": factor.unit,
        "region": factor.region,
        "start": start.replace(day=1).isoformat(),
        "end": start.replace(day=2).isoformat(),
    }


@pytest.mark.parametrize("name", EDITIONS)
def test_one_unit_gives_what_was_printed(client, name):
    """Each row's figure is the one that its account gets."""
    factors = shipped_editions()[name].factors
    book = f"alone-{name}"
    client.create_book(
        book, method=MethodSettings(editions=(name,), blend_gwp="published", proxy_regions=())
    )
    found = client.estimate(
        [record_of(factor) for factor in factors], book=book, by=("facility", "account")
    )
    by_row = {}
    for row in found.inventory.rows:
        accounts = by_row.setdefault(row.group["facility"], {})
        accounts[row.group["account"]] = row.kg_co2e
    missing, wrong, compared = [], [], 0
    stages = defaultdict(set)
    for factor in factors:
        stages[factor.activity, factor.region, factor.unit].add(factor.stage)
    for factor in factors:
        if not serves_alone(factor, stages[factor.activity, factor.region, factor.unit]):
            continue
        accounts = by_row.get(f"row-{factor.row}", {})
        if not accounts and not lacks_its_main_factor(factor, factors):
            missing.append((factor.row, factor.activity, factor.unit, factor.stage))
        printed = printed_of(factor)
        if not accounts or printed is None or factor.stage in {"losses", "wtt_losses"}:
            continue  # the account has both: the rules' own tests add them up
        compared += 1
        fitting = {a: kg for a, kg in accounts.items() if account_fits(a, factor)}
        if printed not in fitting.values():
            wrong.append((factor.row, factor.activity, factor.stage, printed, fitting))
    assert missing == []
    assert wrong == []
    assert compared or all(printed_of(factor) is None for factor in factors)
