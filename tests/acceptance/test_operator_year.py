"""An ICT operator's year through the shipped catalogue alone, against a spreadsheet.

The spreadsheet is this file: each row is a record with the publishers' printed figures beside it,
added up in fractions. It knows nothing of the service: no resolver, no units, no GWP table.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

import pytest

from tonne.model import Facility

F = Fraction
CH4, N2O = 28, 265  # IPCC AR5, 100 years
LB_PER_MWH = F("0.45359237") / 1000  # kg/kWh in one lb/MWh
DIESEL_KG_PER_L = F("0.832361")  # DESNZ 2025, fuel properties: 832.361 kg/m3
DIESEL_MJ_PER_KG_UK = F("42.839")  # DESNZ 2025, net calorific value, GJ/t
DIESEL_MJ_PER_KG_CN = F("42.652")  # Chinese fuel defaults, GJ/t
KWH_MJ = F("3.6")


@dataclass(frozen=True)
class Cell:
    """What one unit adds to an account: kg CO2e, and kg of gases where the figure has them."""

    kg: Fraction
    gases: dict[str, Fraction] = field(default_factory=dict)


def uk(total, co2="", ch4="", n2o=""):
    """A DESNZ figure: total and parts in kg CO2e, AR5."""
    if not co2:
        return Cell(F(total))
    return Cell(F(total), {"CO2": F(co2), "CH4": F(ch4) / CH4, "N2O": F(n2o) / N2O})


def co2_alone(kg):
    """A Chinese figure: CO2 alone."""
    return Cell(F(kg), {"CO2": F(kg)})


def times(cell, ratio):
    """A figure of another unit."""
    return Cell(cell.kg * ratio, {gas: kg * ratio for gas, kg in cell.gases.items()})


def china(location):
    """Grid of a province by MEE for 2023, the nation's residual mix beside it; 1 MWh."""
    return {
        "scope2.location": times(co2_alone(location), 1000),
        "scope2.market": times(co2_alone("0.6096"), 1000),
        "memo.energy": Cell(F(0)),
    }


UK_GRID = uk("0.177", "0.17489", "0.0009", "0.00122")
UK_GRID_LOSS = uk("0.01853", "0.01834", "0.00008", "0.00011")
# EPA Hub 2025, table 6 (eGRID2023): lb/MWh and gross loss of the eastern grids.
RFCW = {"CO2": F("911.321"), "CH4": F("0.071"), "N2O": F("0.010")}
US_GRID = Cell(
    (RFCW["CO2"] + RFCW["CH4"] * CH4 + RFCW["N2O"] * N2O) * LB_PER_MWH,
    {gas: lb * LB_PER_MWH for gas, lb in RFCW.items()},
)
US_LOSS = F("0.042") / (1 - F("0.042"))
DIESEL_WTT = uk("0.61101")
DIESEL_UK = uk("2.57082", "2.53763", "0.00029", "0.0329")
DIESEL_CN = times(co2_alone("3095.91"), DIESEL_KG_PER_L / 1000)

HFC_32, HFC_125, SF6 = 677, 3170, 23500  # IPCC AR5
NOTHING = F(0)


def spend(kg, masses):
    """An EPA supply-chain figure, kg per dollar of 2022, and the kg of its gases."""
    parts = (each.split("=") for each in masses.split())
    return Cell(F(kg), {gas: F(Decimal(mass)) for gas, mass in parts})


SERVERS = spend(
    "0.058",
    "CO2=4.90e-02 CH4=2.03e-04 N2O=7.77e-06 HFC-23=3.33e-09 HFC-134a=1.37e-07 HFC-143a=2.32e-08 "
    "HFC-32=5.60e-08 CF4=1.51e-08 SF6=5.41e-09 C3F8=4.09e-10 C4F10=6.98e-10 HFC-125=8.34e-08 "
    "HFC-236fa=2.69e-10 cC4F8=2.23e-09 NF3=1.76e-09 C6F14=5.40e-10 C2F6=3.36e-09",
)
TELEPHONES = spend(
    "0.096",
    "CO2=8.25e-02 CH4=2.81e-04 N2O=1.16e-05 HFC-23=6.50e-09 CF4=4.59e-08 HFC-134a=2.11e-07 "
    "HFC-143a=3.56e-08 C2F6=8.48e-09 NF3=3.32e-09 SF6=1.23e-08 HFC-125=1.29e-07 HFC-32=8.64e-08 "
    "C4F10=9.86e-10 cC4F8=3.38e-09 C6F14=7.63e-10 C3F8=8.28e-10 HFC-236fa=4.15e-10",
)
CLOUDS = spend(
    "0.093",
    "CO2=7.92e-02 CH4=2.66e-04 N2O=9.78e-06 CF4=1.34e-08 C2F6=2.48e-09 C3F8=2.65e-10 "
    "NF3=1.26e-09 HFC-125=2.59e-07 HFC-32=1.76e-07 HFC-134a=4.23e-07 cC4F8=1.95e-09 "
    "HFC-23=3.57e-09 HFC-143a=7.10e-08 C6F14=4.99e-10 C4F10=6.45e-10 HFC-236fa=8.44e-10 "
    "SF6=7.46e-09",
)


@dataclass(frozen=True)
class Row:
    """A record, what one unit of it adds by account, and its energy in kWh."""

    facility: str
    activity: str
    quantity: str
    unit: str
    region: str
    cells: dict[str, Cell]
    kwh: Fraction = NOTHING


SHEET = [
    Row("dc-gz", "electricity.grid", "52000.5", "MWh", "CN-GD", china("0.4419"), F(1000)),
    Row("dc-cd", "electricity.grid", "18250.25", "MWh", "CN-SC", china("0.1564"), F(1000)),
    Row("dc-hh", "electricity.grid", "31000", "MWh", "CN-NM", china("0.6479"), F(1000)),
    Row(
        "dc-london",
        "electricity.grid",
        "7300123.45",
        "kWh",
        "GB",
        {
            "scope2.location": UK_GRID,
            "scope2.market": UK_GRID,
            "scope3.03.wtt": uk("0.0459"),
            "scope3.03.losses": Cell(UK_GRID_LOSS.kg + F("0.00397"), UK_GRID_LOSS.gases),
            "outside.biogenic": Cell(F("0.11507"), {"CO2-biogenic": F("0.11507")}),
            "memo.energy": Cell(F(0)),
        },
        F(1),
    ),
    Row(
        "dc-ohio",
        "electricity.grid",
        "4100000",
        "kWh",
        "US-EGRID-RFCW",
        {
            "scope2.location": US_GRID,
            "scope2.market": US_GRID,
            "scope3.03.losses": times(US_GRID, US_LOSS),
            "memo.energy": Cell(F(0)),
        },
        F(1),
    ),
    Row(
        "dc-london",
        "fuel.diesel.stationary",
        "41250.125",
        "l",
        "GB",
        {
            "scope1.stationary": DIESEL_UK,
            "scope3.03.wtt": DIESEL_WTT,
            "outside.biogenic": Cell(F("0.14"), {"CO2-biogenic": F("0.14")}),
            "memo.energy": Cell(F(0)),
        },
        DIESEL_KG_PER_L * DIESEL_MJ_PER_KG_UK / KWH_MJ,
    ),
    Row(
        "bs-gd",
        "fuel.diesel.stationary",
        "250000",
        "l",
        "CN-GD",
        {
            "scope1.stationary": DIESEL_CN,
            "scope3.03.wtt": DIESEL_WTT,
            "memo.energy": Cell(F(0)),
        },
        DIESEL_KG_PER_L * DIESEL_MJ_PER_KG_CN / KWH_MJ,
    ),
    Row(
        "dc-gz", "gas.sf6", "12.5", "kg", "CN-GD", {"scope1.fugitive": Cell(F(SF6), {"SF6": F(1)})}
    ),
    Row(
        "dc-london",
        "refrigerant.r410a",
        "86.4",
        "kg",
        "GB",
        {"scope1.fugitive": Cell(F(HFC_32 + HFC_125, 2), {"HFC-32": F(1, 2), "HFC-125": F(1, 2)})},
    ),
    Row(
        "dc-london",
        "refrigerant.r22",
        "3",
        "kg",
        "GB",
        {"outside.montreal": Cell(F(1760), {"HCFC-22": F(1)})},
    ),
    Row(
        "fleet",
        "fleet.van.average.diesel",
        "1250000",
        "km",
        "GB",
        {
            "scope1.mobile": uk("0.25561", "0.25395", "0.000004860776705", "0.00165"),
            "scope3.03.wtt": uk("0.06128"),
            "memo.energy": Cell(F(0)),
        },
        F("0.99123"),
    ),
    Row(
        "logistics",
        "freight.road.hgv.all.average_laden",
        "8800000",
        "t.km",
        "GB",
        {
            "scope3.04.transport": uk("0.10163", "0.10012", "0.00002", "0.00149"),
            "scope3.04.wtt": uk("0.02359"),
        },
    ),
    Row(
        "logistics",
        "freight.sea.container.average",
        "150000000",
        "t.km",
        "CN",
        {
            "scope3.04.transport": uk("0.01612", "0.01592", "0.00001", "0.00019"),
            "scope3.04.wtt": uk("0.00365"),
        },
    ),
    Row(
        "office",
        "travel.air.long_haul.business",
        "3200000",
        "passenger.km",
        "GB",
        {
            "scope3.06.travel": uk("0.3394", "0.33652", "0.00002", "0.00285"),
            "scope3.06.wtt": uk("0.07137"),
        },
    ),
    Row("office", "travel.hotel", "1840", "room.night", "DE", {"scope3.06.hotel": uk("13.2")}),
    Row(
        "office",
        "commuting.travel.bus.local",
        "960000",
        "passenger.km",
        "GB",
        {
            "scope3.07.commuting": uk("0.10385", "0.10311", "0.00001", "0.00073"),
            "scope3.07.wtt": uk("0.02649"),
        },
    ),
    Row(
        "office",
        "homeworking",
        "120000",
        "FTE.hour",
        "GB",
        {"scope3.07.homeworking": uk("0.33378")},
    ),
    Row(
        "office",
        "purchase.servers",
        "2500000",
        "USD2022",
        "US",
        {"scope3.01.goods": SERVERS},
    ),
    Row(
        "office",
        "capital.purchase.telephone_apparatus",
        "9750000.55",
        "USD2022",
        "CN",
        {"scope3.02.equipment": TELEPHONES},
    ),
    Row(
        "office",
        "service.data_processing",
        "1200000",
        "USD2022",
        "US",
        {"scope3.01.services": CLOUDS},
    ),
    Row("dc-london", "water.supply", "48000", "m3", "GB", {"scope3.01.water": uk("0.1913")}),
    Row(
        "dc-london",
        "water.treatment",
        "31000",
        "m3",
        "GB",
        {"scope3.05.wastewater": uk("0.17088")},
    ),
    Row(
        "dc-london",
        "waste.weee_mixed.landfill",
        "12.75",
        "t",
        "GB",
        {"scope3.05.waste": uk("8.98311")},
    ),
    Row(
        "tower",
        "leased.electricity.grid",
        "640000",
        "kWh",
        "GB",
        {
            "scope3.08.leased": UK_GRID,
            "outside.biogenic": Cell(F("0.11507"), {"CO2-biogenic": F("0.11507")}),
        },
    ),
    Row(
        "logistics",
        "downstream.freight.road.hgv.all.average_laden",
        "1100000",
        "t.km",
        "GB",
        {
            "scope3.09.transport": uk("0.10163", "0.10012", "0.00002", "0.00149"),
            "scope3.09.wtt": uk("0.02359"),
        },
    ),
    Row(
        "products",
        "processing.electricity.grid",
        "5000",
        "kWh",
        "CN-GD",
        {"scope3.10.processing": co2_alone("0.4419")},
    ),
    Row(
        "products",
        "use.electricity.grid",
        "88000000",
        "kWh",
        "CN-SC",
        {"scope3.11.use": co2_alone("0.1564")},
    ),
    Row(
        "products",
        "end_of_life.waste.weee_mixed.landfill",
        "410",
        "t",
        "GB",
        {"scope3.12.end_of_life": uk("8.98311")},
    ),
    Row(
        "tower",
        "leased_out.electricity.grid",
        "77000",
        "kWh",
        "CN-NM",
        {"scope3.13.leased": co2_alone("0.6479")},
    ),
    Row(
        "shops",
        "franchise.fuel.natural_gas",
        "330000",
        "kWh_gross",
        "GB",
        {"scope3.14.franchises": uk("0.18296", "0.18259", "0.00028", "0.00009")},
    ),
    Row(
        "venture",
        "investment.electricity.grid",
        "990000",
        "kWh",
        "US-EGRID-RFCW",
        {"scope3.15.investments": US_GRID},
    ),
]


def accounts_of_the_sheet():
    """kg CO2e, kg by gas, and kWh, by account."""
    kg = defaultdict(Fraction)
    gases = defaultdict(lambda: defaultdict(Fraction))
    kwh = Fraction(0)
    for row in SHEET:
        quantity = Fraction(row.quantity)
        kwh += quantity * row.kwh
        for account, cell in row.cells.items():
            kg[account] += quantity * cell.kg
            for gas, mass in cell.gases.items():
                gases[account][gas] += quantity * mass
    return kg, gases, kwh


def printed(value):
    """As the service prints: exact where it ends within 18 places, else half-even at the 18th."""
    scaled = value * 10**18
    return Decimal(round(scaled)).scaleb(-18)


@pytest.fixture(scope="module")
def year(client):
    """The operator's year, posted: month by month, each quantity of the sheet over the year."""
    book = "operator-year"
    client.create_book(book, display_name="Operator", time_zone="Asia/Shanghai")
    facilities = sorted({row.facility for row in SHEET})
    client.import_facilities(book, [Facility(name) for name in facilities])
    records = [
        {
            "record_id": f"r-{number}",
            "facility": row.facility,
            "activity": row.activity,
            "quantity": row.quantity,
            "unit": row.unit,
            "region": row.region,
            "start": "2024-12-31T16:00:00Z",
            "end": "2025-12-31T16:00:00Z",
        }
        for number, row in enumerate(SHEET)
    ]
    with client.channel(book, "year") as channel:
        result = channel.append(records)
    assert result.posted_count == len(SHEET)
    return book


def test_every_record_is_resolved_and_every_category_reached(client, year):
    """Nothing waits; scopes 1 and 2 and all fifteen categories of scope 3 have a number."""
    inventory = client.inventory(year, by=("account",))
    assert inventory.suspended_count == 0
    accounts = {row.group["account"] for row in inventory.rows}
    assert {f"scope3.{number:02}" for number in range(1, 16)} <= {each[:9] for each in accounts}
    assert {"scope1.stationary", "scope1.mobile", "scope1.fugitive"} <= accounts
    assert {"scope2.location", "scope2.market"} <= accounts


def test_every_account_is_the_spreadsheets_to_the_last_digit(client, year):
    """CO2e of each account, and the two methods of scope 2 apart."""
    kg, _, _ = accounts_of_the_sheet()
    inventory = client.inventory(year, by=("account",))
    assert {row.group["account"]: row.kg_co2e for row in inventory.rows} == {
        account: printed(value) for account, value in kg.items()
    }


def test_every_gas_is_the_spreadsheets_to_the_last_digit(client, year):
    """kg of each gas in each account that states it."""
    _, gases, _ = accounts_of_the_sheet()
    inventory = client.inventory(year, by=("account",))
    for row in inventory.rows:
        stated = {"CO2": row.kg_co2, "CH4": row.kg_ch4, "N2O": row.kg_n2o}
        found = {gas: kg for gas, kg in stated.items() if kg}
        found |= {amount.gas: amount.kg for amount in row.gases if amount.kg}
        expected = {gas: printed(kg) for gas, kg in gases[row.group["account"]].items() if kg}
        assert found == expected, row.group


def test_the_footprint_is_scope_1_location_and_scope_3(client, year):
    """The total leaves the market, what is outside and what is memo out; by market it swaps."""
    kg, _, _ = accounts_of_the_sheet()
    inside = {
        account: value
        for account, value in kg.items()
        if account.startswith(("scope1", "scope3")) or account == "scope2.location"
    }
    assert client.inventory(year).total.kg_co2e == printed(sum(inside.values()))
    scopes = {
        row.group["scope"]: row.kg_co2e for row in client.inventory(year, by=("scope",)).rows
    }
    assert scopes["scope2.market"] == printed(kg["scope2.market"])
    assert scopes["scope2.market"] != scopes["scope2.location"]


def test_the_energy_is_the_spreadsheets(client, year):
    """Electricity as metered, diesel on its net calorific value."""
    _, _, kwh = accounts_of_the_sheet()
    inventory = client.inventory(year, accounts=("memo.energy",))
    assert inventory.total.energy_kwh == printed(kwh)


def test_nothing_fell_back_silently(client, year):
    """Chinese factors of 2023 for 2025, proxies, CO2 alone, missing upstream: all are told."""
    reasons = {notice.reason for notice in client.inventory(year).notices}
    assert {
        "CO2_ONLY",
        "LEG_MISSING",
        "REGION_FALLBACK",
        "REGION_PROXY",
        "RESIDUAL_MIX_MISSING",
        "UNIT_PROPERTY",
        "YEAR_FALLBACK",
    } <= reasons
