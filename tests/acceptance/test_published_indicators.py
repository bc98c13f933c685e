"""Indicators that companies published, from the energy and the emissions beside them."""

from __future__ import annotations

import csv
from decimal import Decimal
from fractions import Fraction

import pytest

from tonne.client import Client
from tonne.model import Facility

# China Telecom, ESG indicator tables of the annual reports 2017 and 2019: electricity 10^8 kWh,
# natural gas 10^6 m3, coal, petrol and diesel 10^4 t, heat GJ; published tce, kgce/TB, kgce per
# million yuan. The information flow is not published: it is implied by the energy and the
# intensity. Revenues in million yuan are of the annual reports' income statements.
CHINA_TELECOM = {
    2017: (
        ("162.76", "8.50", "0.91", "6.15", "2.04", "1500277.53"),
        ("2191379.37", "7.10", "5983.63"),
        ("308.64", "366229"),
    ),
    2018: (
        ("170.96", "9.21", "0.49", "6.28", "1.73", "1464480.69"),
        ("2285326.69", "5.91", "6059.89"),
        ("386.69", "377124"),
    ),
    2019: (
        ("195.01", "9.23", "0.51", "4.39", "1.38", "1338157.37"),
        ("2544048.55", "4.91", "6770.88"),
        ("518.14", "375734"),
    ),
}
SOURCES = (
    ("electricity.grid", "kWh", 10**8),
    ("fuel.natural_gas", "m3", 10**6),
    ("fuel.coal_bituminous", "t", 10**4),
    ("fuel.petrol.mobile", "t", 10**4),
    ("fuel.diesel.stationary", "t", 10**4),
    ("heat.district", "GJ", 1),
)
# GB/T 2589-2020, kgce per unit above: kWh, m3, t, t, t, GJ.
KGCE = ("0.1229", "1.33", "714.3", "1471.4", "1457.1", "34.12")


def record(number, facility, activity, quantity, unit, year, *, region=""):
    return {
        "record_id": f"{facility}-{activity}-{year}-{number}",
        "facility": facility,
        "activity": activity,
        "quantity": str(quantity),
        "unit": unit,
        "start": f"{year}-01-01",
        "end": f"{year + 1}-01-01",
        "region": region,
    }


def of_year(client, book, indicator, year, **asked):
    """The one value of an indicator in a year."""
    found = client.indicators(
        book, indicator, from_period=f"{year}-01", to_period=f"{year}-12", **asked
    )
    (value,) = found.values
    return value


@pytest.fixture(scope="module")
def operator(running):
    """China Telecom's three years: its energy, the flow that is implied, its revenue."""
    with Client(running.server.address) as client:
        client.create_book("operator")
        records = []
        for year, (used, _, (flow, revenue)) in CHINA_TELECOM.items():
            for number, (text, (activity, unit, times)) in enumerate(
                zip(used, SOURCES, strict=True)
            ):
                quantity = Decimal(text) * times
                records.append(
                    record(number, "group", activity, quantity, unit, year, region="CN")
                )
            millions = [("driver.traffic", flow, "TB"), ("driver.revenue", revenue, "CNY")]
            records += [
                record(9, "group", activity, Decimal(text) * 10**6, unit, year)
                for activity, text, unit in millions
            ]
        with client.channel("operator", "erp") as channel:
            channel.append(records)
        assert client.inventory("operator").suspended_count == 0
    return "operator"


@pytest.mark.parametrize("year", CHINA_TELECOM)
def test_an_operators_energy_is_what_it_published(running, operator, year):
    """Coal equivalent within 0.1 %, and exactly the sum by the standard's coefficients.

    The flow is implied by the publication, to 10^4 TB: with the recomputed energy the intensity
    is the published one in the digits that the publication has.
    """
    used, (published, per_traffic, _), (flow, _) = CHINA_TELECOM[year]
    with Client(running.server.address) as client:
        value = of_year(client, operator, "energy_per_traffic", year)
        assert client.indicators(operator, "energy_per_traffic").notices == ()
    kgce = sum(
        Fraction(text) * times * Fraction(coefficient)
        for text, (_, _, times), coefficient in zip(used, SOURCES, KGCE, strict=True)
    )
    assert value.numerator == kgce
    assert abs(kgce / 1000 / Fraction(published) - 1) < Fraction(1, 1000)
    assert value.exact == kgce / (Fraction(flow) * 10**6)
    assert abs(Fraction(value.value) - Fraction(per_traffic)) <= Fraction("0.01")
    assert (value.unit, value.denominator) == ("kgce/TB", Fraction(flow) * 10**6)


@pytest.mark.parametrize("year", CHINA_TELECOM)
def test_an_operators_energy_per_revenue(running, operator, year):
    """From the published tonnes to the printed digit; from the recomputed energy within 0.1 %."""
    used, (published, _, per_revenue), (_, revenue) = CHINA_TELECOM[year]
    with Client(running.server.address) as client:
        value = of_year(client, operator, "energy_per_revenue", year)
    assert value.unit == "kgce/10^6 CNY"
    assert value.exact == value.numerator / Fraction(revenue)
    assert abs(value.exact / Fraction(per_revenue) - 1) < Fraction(1, 1000)
