"""An operator's year end to end: drivers, indicators, targets, suppliers, measures.

As in `test_operator_year`, the spreadsheet is this file: rows with what one unit of each adds,
summed and divided in fractions. It shares nothing with the service.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from fractions import Fraction

import pytest

from tests.acceptance.test_operator_year import (
    SHEET,
    Cell,
    Row,
    china,
    printed,
)
from tonne.errors import FieldInvalid
from tonne.model import Facility
from tonne.statements.measures import Measure, MeasureMethod, MeasureState
from tonne.statements.statement import statement_of
from tonne.statements.suppliers import Attribute, Evidence, Supplier
from tonne.statements.targets import StatedFigure, Target, TargetType, Weight
from tonne.statements.templates import read_template

F = Fraction
BOOK = "steered-year"
NOTHING = Cell(F(0))

OWN = b"""\
activity,region,unit,stage,valid_from,valid_to,kg_co2e,gwp_set,account,source
own.location,,t,generation,2020-01-01,2021-01-01,1000,AR5,scope2.location,report
own.stationary,,t,combustion,2020-01-01,2021-01-01,1000,AR5,scope1.stationary,report
own.mobile,,t,combustion,2020-01-01,2021-01-01,1000,AR5,scope1.mobile,report
"""

ROWS = [
    *SHEET,
    Row("bs-gd", "electricity.grid", "8700.125", "MWh", "CN-GD", china("0.4419"), F(1000)),
    Row(
        "dc-cd",
        "electricity.onsite.solar",
        "19550000.5",
        "kWh",
        "CN-SC",
        {"memo.energy": NOTHING, "memo.renewable": NOTHING},
        F(1),
    ),
]
"""The year 2025: the operator's, and what its drivers and measures need besides."""

DATA_CENTRES = ("dc-gz", "dc-cd", "dc-hh", "dc-london", "dc-ohio")
TYPES = dict.fromkeys(DATA_CENTRES, "data_centre") | {"bs-gd": "base_station"}

# By facility: activity, account, quantity, unit, and the unit's size in the account's.
DRIVERS = [
    ("company", "driver.traffic", "memo.traffic", "3120450.75", "TB", F(1)),
    ("company", "driver.user_traffic", "memo.user_traffic", "2790.5", "PB", F(1000)),
    (
        "company",
        "driver.business_volume",
        "memo.business_volume",
        "2450000000.55",
        "CNY2020",
        F(1),
    ),
    ("company", "driver.revenue", "memo.revenue", "2610000000.45", "CNY", F(1)),
    ("company", "driver.people", "memo.people", "14400", "person.month", F(1, 12)),
    ("company", "driver.floor_area", "memo.floor_area", "91000.5", "m2.year", F(1)),
    ("company", "driver.output", "memo.output", "730011", "unit", F(1)),
    ("company", "driver.requests", "memo.requests", "88000000007", "unit", F(1)),
    ("bs-gd", "driver.carriers", "memo.carriers", "44400", "carrier.month", F(1, 12)),
    *(
        (site, activity, account, quantity, unit, size)
        for site, ups, pdu, used, water, heat in (
            ("dc-gz", "41000", "40100.5", "39000.25", "31000", "2400"),
            ("dc-cd", "28100.5", "27600", "27000.75", "9000.5", "1200.125"),
            ("dc-hh", "26000", "25500.25", "25000", "7000", "0"),
            ("dc-london", "5900.125", "5800", "5700.5", "2100", "310"),
            ("dc-ohio", "3300", "3250", "3100", "1900.25", "45.5"),
        )
        for activity, account, quantity, unit, size in (
            ("driver.meter.ups", "memo.meter.ups", ups, "MWh", F(1000)),
            ("driver.meter.pdu", "memo.meter.pdu", pdu, "MWh", F(1000)),
            ("electricity.it", "memo.it_energy", used, "MWh", F(1000)),
            ("driver.water", "memo.water", water, "m3", F(1)),
            ("driver.reused_heat", "memo.reused_heat", heat, "MWh", F(1000)),
        )
    ),
]

# The year 2020, by which targets and measures are: facility, activity, quantity, unit, region.
BEFORE = [
    ("core", "electricity.grid", "81000.5", "MWh", "CN"),
    ("company", "driver.traffic", "1500000.5", "TB", ""),
    ("company", "driver.business_volume", "1490000000", "CNY2020", ""),
    ("dc-gz", "own.location", "29876.5", "t", ""),
    ("dc-gz", "electricity.it", "33000.5", "MWh", ""),
    ("dc-london", "own.stationary", "150.125", "t", ""),
    ("fleet", "own.mobile", "411", "t", ""),
]
KGCE_PER_KWH = F("0.1229")  # GB/T 2589-2020; litres and kilometres of diesel go by their kWh

SUPPLIERS = 200
ATTRIBUTES = {
    Attribute.VERIFIED_DATA: 17,
    Attribute.PUBLIC_TARGET: 12,
    Attribute.RENEWABLE_TRACKING: 5,
    Attribute.SCIENCE_BASED_TARGET: 3,
}
"""Shown of each supplier whose number times 7, of 20, is less."""


def fen_of(number):
    """What was spent with a supplier in the year, in hundredths of a CNY."""
    return 100_000 + number * number * 7_919 % 9_000_011


def spend_of(number):
    """The same in CNY."""
    return F(fen_of(number), 100)


def has(number, attribute):
    """Whether an attribute is shown of a supplier."""
    return number * 7 % 20 < ATTRIBUTES[attribute]


def kg(facilities=(), *accounts):
    """kg CO2e of accounts and those below."""
    return sum(
        F(row.quantity) * cell.kg
        for row in ROWS
        if not facilities or row.facility in facilities
        for account, cell in row.cells.items()
        if any(account == each or account.startswith(f"{each}.") for each in accounts)
    )


def kwh(facilities=(), activity=""):
    """kWh of energy."""
    return sum(
        F(row.quantity) * row.kwh
        for row in ROWS
        if not facilities or row.facility in facilities
        if "memo.energy" in row.cells and row.activity.startswith(activity)
    )


def driver(account):
    """The amount of a driver."""
    return sum(F(quantity) * size for _, _, held, quantity, _, size in DRIVERS if held == account)


def ratios():
    """Each indicator: its value and the places that it is printed with."""
    flow, money, used = driver("memo.traffic"), driver("memo.revenue"), driver("memo.it_energy")
    energy, hall = kwh(), kwh(DATA_CENTRES)
    solar = kwh((), "electricity.onsite")
    location, market = kg((), "scope1", "scope2.location"), kg((), "scope1", "scope2.market")
    chain = kg((), "scope3")
    fossil = kwh((), "fuel") + kwh((), "fleet")
    heat = driver("memo.reused_heat")
    per_request = kg((), "scope2.location", "scope3.01.services", "scope3.02")
    return {
        "energy_per_traffic": (energy * KGCE_PER_KWH / flow, 2),
        "kwh_per_traffic": (energy / flow, 2),
        "energy_per_business_volume": (
            10**4 * energy * KGCE_PER_KWH / driver("memo.business_volume"),
            2,
        ),
        "energy_per_revenue": (10**6 * energy * KGCE_PER_KWH / money, 2),
        "electricity_per_carrier": (
            kwh(("bs-gd",), "electricity") / driver("memo.carriers"),
            2,
        ),
        "ncie": (kg((), "scope1.stationary", "scope2.location") / driver("memo.user_traffic"), 3),
        "co2e_per_revenue": (10**3 * location / money, 2),
        "co2e_per_revenue_market": (10**3 * market / money, 2),
        "co2e_per_product": (location / driver("memo.output"), 4),
        "co2e_per_request": (10**3 * per_request / driver("memo.requests"), 6),
        "co2e_per_person": (location / 10**3 / driver("memo.people"), 3),
        "energy_per_floor_area": (energy / driver("memo.floor_area"), 2),
        "renewable_share": (100 * solar / energy, 2),
        "renewable_electricity_share": (100 * solar / kwh((), "electricity"), 2),
        "pue_1": (hall / driver("memo.meter.ups"), 3),
        "pue_2": (hall / driver("memo.meter.pdu"), 3),
        "pue_3": (hall / used, 3),
        "rm2": (kwh(DATA_CENTRES, "electricity") / used, 3),
        "cue": (kg(DATA_CENTRES, "scope1.stationary", "scope2.location") / used, 4),
        "wue": (1000 * driver("memo.water") / used, 3),
        "ref": (solar / hall, 4),
        "erf": (heat / hall, 4),
        "ere": ((hall - heat) / used, 4),
        "esrs_e1_5_fossil": (100 * fossil / energy, 2),
        "esrs_e1_5_renewable": (100 * solar / energy, 2),
        "esrs_e1_5_untold": (100 * (energy - fossil - solar) / energy, 2),
        "esrs_e1_5_intensity": (10**3 * energy / money, 3),
        "esrs_e1_6_location": (10**3 * (location + chain) / money, 3),
        "esrs_e1_6_market": (10**3 * (market + chain) / money, 3),
    }


def record(number, facility, activity, quantity, unit, region, year):  # noqa: PLR0917  # in the order of a table
    """A record of a whole year of China."""
    return {
        "record_id": f"{year}-{number}",
        "facility": facility,
        "activity": activity,
        "quantity": quantity,
        "unit": unit,
        "region": region,
        "start": f"{year - 1}-12-31T16:00:00Z",
        "end": f"{year}-12-31T16:00:00Z",
    }


@pytest.fixture(scope="module")
def book(client):
    """The operator's book: two years of records, a register of suppliers, the template."""
    client.create_book(BOOK, display_name="Operator", time_zone="Asia/Shanghai")
    client.import_edition(BOOK, "own", OWN)
    names = {row.facility for row in ROWS} | {each[0] for each in (*DRIVERS, *BEFORE)}
    suppliers = [f"s{number:03}" for number in range(SUPPLIERS)]
    client.import_facilities(
        BOOK,
        [
            *(Facility(name, type=TYPES.get(name, "")) for name in sorted(names)),
            *(Facility(name, type="supplier_site") for name in suppliers),
        ],
    )
    now = [(row.facility, row.activity, row.quantity, row.unit, row.region) for row in ROWS]
    now += [
        (site, activity, quantity, unit, "") for site, activity, _, quantity, unit, _ in DRIVERS
    ]
    now += [
        (name, "driver.spend", f"{fen_of(number) // 100}.{fen_of(number) % 100:02}", "CNY", "")
        for number, name in enumerate(suppliers)
    ]
    records = [
        record(number, *each, year)
        for year, rows in ((2025, now), (2020, BEFORE))
        for number, each in enumerate(rows)
    ]
    with client.channel(BOOK, "years") as channel:
        assert channel.append(records).posted_count == len(records)
    client.add_statements(BOOK, read_template("ict-operator").statements, author="Ada")
    made = [
        statement_of(each, Supplier(f"Supplier {each}"), valid_from="2024-01-01", reason="new")
        for each in suppliers
    ]
    for attribute in ATTRIBUTES:
        verifier = "Third" if attribute is Attribute.VERIFIED_DATA else ""
        made += [
            statement_of(
                f"{name}.{attribute}",
                Evidence(name, attribute, "2025-02-01", "its report", verifier=verifier),
                reason="new",
            )
            for number, name in enumerate(suppliers)
            if has(number, attribute)
        ]
    client.add_statements(BOOK, made, author="Ada")
    return BOOK


@pytest.mark.parametrize("indicator", ratios())
def test_an_indicator_is_the_spreadsheets_to_the_last_digit(client, book, indicator):
    """The exact ratio, and the printed one half-even."""
    expected, places = ratios()[indicator]
    found = client.indicators(book, indicator, from_period="2025-01", to_period="2025-12")
    (value,) = found.values
    assert value.refusal == ""
    assert value.exact == expected
    assert Fraction(value.value) == round(expected, places)
    assert len(value.value.partition(".")[2]) == places


def test_a_site_has_its_own_pue_and_all_have_the_ratio_of_the_sums(client, book):
    """PUE by site, and of all sites: never their mean."""
    found = client.indicators(
        book, "pue_3", from_period="2025-01", to_period="2025-12", by="facility"
    )
    used = {
        site: F(quantity) * size
        for site, _, account, quantity, _, size in DRIVERS
        if account == "memo.it_energy"
    }
    assert {each.place: each.exact for each in found.values} == {
        site: kwh((site,)) / used[site] for site in DATA_CENTRES
    }
    whole = sum(each.numerator for each in found.values) / sum(used.values())
    assert whole == ratios()["pue_3"][0]


@pytest.mark.parametrize(
    ("target", "made_of"),
    [
        ("energy-per-flow", ("energy_per_traffic", F("0.80"), 1, "1500000.5")),
        (
            "energy-per-business-volume",
            ("energy_per_business_volume", F("0.85"), 10**4, "1490000000"),
        ),
    ],
)
def test_an_intensity_of_the_template_is_judged_by_both_years_of_the_ledger(
    client, book, target, made_of
):
    """Base, aim, figure, path and progress, to the last of 18 places."""
    indicator, part, times, of_2020 = made_of
    told = client.target_progress(book, target)
    base = times * F("81000.5") * 1000 * KGCE_PER_KWH / F(of_2020)
    aim, now = base * part, ratios()[indicator][0]
    assert (told.base.value, told.base.basis) == (printed(base), "ledger")
    assert told.target_value == printed(aim)
    assert (told.current.year_start, told.current.value) == ("2025-01", printed(now))
    assert told.current.path_value == printed(aim)
    assert told.current.difference == printed(now - aim)
    assert told.current.progress_percent == printed(100 * (base - now) / (base - aim))
    assert told.current.standing == ("ahead" if now < aim else "behind")


@pytest.mark.parametrize(
    ("target", "aim"),
    [("pue-new-data-centres", "1.3"), ("pue-rebuilt-rooms", "1.5"), ("average-pue", "1.5")],
)
def test_a_limit_of_the_template_stands_beside_the_years_pue(client, book, target, aim):
    """It has no base, so it has no way; figure and aim are there."""
    told = client.target_progress(book, target)
    assert told.current.value == printed(ratios()["pue_1"][0])
    assert F(told.target_value) == F(aim)
    assert told.base is None


@pytest.mark.parametrize(
    ("target", "figures"),
    [
        ("base-station-efficiency", ("0.0125", "0.0141", "0.015")),
        ("shared-sites", ("", "83.25", "80")),
        ("rack-utilisation", ("", "57.5", "60")),
    ],
)
def test_what_no_record_tells_is_stated(client, book, target, figures):
    """Without a figure the target is refused, with what to do; with stated ones it is judged."""
    base, now, aim = figures
    with pytest.raises(FieldInvalid, match="state"):
        client.target_progress(book, target)
    given = client.get_statement(book, "target", target)
    stated = [StatedFigure("2025-01", now, "report 2025")]
    if base:
        stated.append(StatedFigure("2020-01", base, "report 2020"))
    body = replace(given.body, stated=tuple(stated))
    made = statement_of(target, body, valid_from="2025-12-31", reason="figures")
    client.add_statements(book, [made], author="Ada")
    told = client.target_progress(book, target)
    assert (told.current.value, told.current.basis) == (printed(F(now)), "stated")
    assert told.target_value == printed(F(aim))
    if base:
        way = 100 * (F(base) - F(now)) / (F(base) - F(aim))
        assert told.current.progress_percent == printed(way)


def test_two_hundred_suppliers_are_covered_by_number_and_by_spend(client, book):
    """Shares of spend that the ledger has, and an engagement target that rests on them."""
    found = client.supplier_coverage(book, valid_on="2025-12-31")
    rows = {each.attribute: each for each in found.rows}
    everyone = range(SUPPLIERS)
    whole = sum(map(spend_of, everyone))
    shares = {}
    for attribute in ATTRIBUTES:
        those = [number for number in everyone if has(number, attribute)]
        shares[attribute] = 100 * sum(map(spend_of, those)) / whole
        row = rows[attribute]
        assert (row.supplier_count, row.supplier_total_count) == (len(those), SUPPLIERS)
        assert row.count_percent == printed(F(100 * len(those), SUPPLIERS))
        assert (row.spend, row.spend_total) == (printed(sum(map(spend_of, those))), printed(whole))
        assert row.spend_percent == printed(shares[attribute])
    assert found.currency == "CNY"
    engaged = Target(
        "Suppliers with validated targets",
        TargetType.ENGAGEMENT,
        "2030-01",
        attribute=Attribute.SCIENCE_BASED_TARGET,
        weight=Weight.SPEND,
        target_value="95",
    )
    made = statement_of("engaged", engaged, valid_from="2025-01-01", reason="new")
    client.add_statements(book, [made], author="Ada")
    told = client.target_progress(book, "engaged", valid_on="2025-12-31")
    assert told.current.value == printed(shares[Attribute.SCIENCE_BASED_TARGET])


def measure(name, method, **given):
    """A measure that began in 2021."""
    stated = MeasureState.PLANNED if method is MeasureMethod.STATED else MeasureState.RUNNING
    body = Measure(name, "2021-01-01", given.pop("state", stated), method, "report", **given)
    return statement_of(
        name, replace(body, targets=("scope12",)), valid_from="2021-01-01", reason="new"
    )


MEASURES = [
    measure(
        "cooling",
        MeasureMethod.NORMALISED,
        accounts=("scope2.location",),
        facilities=("dc-gz",),
        driver_accounts=("memo.it_energy",),
        baseline_year_start="2020-01",
    ),
    measure(
        "gensets",
        MeasureMethod.DIFFERENCE,
        accounts=("scope1.stationary",),
        facilities=("dc-london",),
        baseline_year_start="2020-01",
    ),
    measure(
        "vans",
        MeasureMethod.DIFFERENCE,
        accounts=("scope1.mobile",),
        facilities=("fleet",),
        baseline_year_start="2020-01",
    ),
    measure(
        "solar",
        MeasureMethod.PER_KWH,
        accounts=("memo.energy",),
        activities=("electricity.onsite.solar",),
        kg_co2e_per_kwh="0.5703",
        factor_source="China, 2021",
    ),
    measure("paste", MeasureMethod.STATED, expected_kg_co2e="1250000.5"),
    measure(
        "sharing",
        MeasureMethod.STATED,
        state=MeasureState.DECIDED,
        expected_kg_co2e="3400000.25",
    ),
]


def test_six_measures_have_their_effects_and_a_target_its_pipeline(client, book):
    """Effects from the sums of both years; what is to come against what is left."""
    before = client.inventory(book, from_period="2025-01", to_period="2025-12").total
    scope12 = Target(
        "Scopes 1 and 2, by location",
        TargetType.ABSOLUTE,
        "2030-01",
        "2020-01",
        accounts=("scope1", "scope2.location"),
        change_percent="-50",
        stated=(StatedFigure("2020-01", "90000000", "report 2020"),),
    )
    made = statement_of("scope12", scope12, valid_from="2021-01-01", reason="new")
    client.add_statements(book, [made, *MEASURES], author="Ada")
    used = next(
        F(each[3]) for each in DRIVERS if each[0] == "dc-gz" and each[1] == "electricity.it"
    )
    hall = F("29876500") * used / F("33000.5") - kg(("dc-gz",), "scope2.location")
    effects = {
        "cooling": hall,
        "gensets": F("150125") - kg(("dc-london",), "scope1.stationary"),
        "vans": F("411000") - kg(("fleet",), "scope1.mobile"),
        "solar": F("19550000.5") * F("0.5703"),
    }
    for name, effect in effects.items():
        told = client.measure_effect(book, name, year_start="2025-01")
        assert told.effect_kg == printed(effect), name
    pipeline = client.measure_pipeline(book, "scope12")
    gap = kg((), "scope1", "scope2.location") - 45_000_000
    assert pipeline.gap_kg == printed(max(gap, F(0)))
    assert pipeline.expected_kg == printed(F("4650000.75"))
    assert pipeline.uncovered_kg == printed(max(gap - F("4650000.75"), F(0)))
    assert len(pipeline.rows) == len(MEASURES)
    assert client.inventory(book, from_period="2025-01", to_period="2025-12").total == before


def test_what_is_stated_leaves_the_years_accounts_as_the_spreadsheet_has_them(client, book):
    """Every account of 2025 that has emissions, beside all drivers and statements."""
    expected = defaultdict(Fraction)
    for row in ROWS:
        for account, cell in row.cells.items():
            expected[account] += F(row.quantity) * cell.kg
    found = client.inventory(book, from_period="2025-01", to_period="2025-12", by=("account",))
    assert {row.group["account"]: row.kg_co2e for row in found.rows if row.kg_co2e} == {
        account: printed(value) for account, value in expected.items() if value
    }
