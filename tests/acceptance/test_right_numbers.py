"""Numbers that are easily wrong without a word, each through the service and by hand.

A test names its sum in its first line. What is computed here shares no code with the service:
figures are the publishers', written out.
"""

from __future__ import annotations

from contextlib import ExitStack
from fractions import Fraction

import pytest

from tests.support.servers.server import ServerProcess
from tonne.catalogue.words.method import MethodSettings, Rate
from tonne.client import Client
from tonne.client.answers.explain_results import ExplainLine, ExplainReplay


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def server(request, tmp_path_factory):
    """A server on each manifest."""
    directory = tmp_path_factory.mktemp(f"ledger-{request.param}")
    with ExitStack() as closing:
        env = {}
        if request.param == "postgres":
            database = request.getfixturevalue("postgres_server")
            name = closing.enter_context(database.database())
            env["TONNE_STORE_MANIFEST_URL"] = database.url(name)
        running = closing.enter_context(ServerProcess("--data", str(directory), env=env))
        yield running
        assert running.terminate() == 0


@pytest.fixture(scope="module")
def client(server):
    """The SDK of that server."""
    with Client(server.address) as opened:
        yield opened


@pytest.fixture
def posted(client, request):
    """Post records of a site in January 2025 into a fresh book; gives the book's id."""

    def post(*records, edition="", suffix="", method=None, waiting=0):
        name = request.node.name.partition("[")[0].replace("_", "-")
        book = f"{name[:50]}{suffix}".lower()
        client.create_book(book)
        if edition:
            client.import_edition(book, "own", edition.encode())
        if method:
            client.update_method(book, author="Ada", reason="the test", **method)
        sent = [
            {
                "record_id": f"r-{number}",
                "facility": "site",
                "start": "2025-01-01",
                "end": "2025-02-01",
                "region": "GB",
                **dict(zip(("activity", "quantity", "unit"), record, strict=False)),
                **(record[3] if len(record) > 3 else {}),
            }
            for number, record in enumerate(records)
        ]
        with client.channel(book, "meters") as channel:
            result = channel.append(sent)
        assert (result.posted_count, result.suspended_count) == (len(sent) - waiting, waiting)
        return book

    return post


def kg(client, book, *accounts, **selection):
    """Kg CO2e of some accounts, as the service prints it."""
    return Fraction(client.inventory(book, accounts=accounts, **selection).total.kg_co2e)


def reasons(client, book, **selection):
    """Reasons of the notices of an inventory."""
    return {each.reason for each in client.inventory(book, **selection).notices}


def lines(client, book, **selection):
    """Lines of an explanation, which is replayed from the records and must agree."""
    parts = list(client.explain(book, replay=True, **selection))
    (replay,) = [part for part in parts if isinstance(part, ExplainReplay)]
    assert replay.differences == (), replay
    return [part for part in parts if isinstance(part, ExplainLine)]


METHANE = [
    ("AR4", 25_000, 25_000),
    ("AR5", 30_000, 28_000),
    ("AR6", 29_800, 27_000),
    ("AR6-7SM7", 27_900, 27_900),
]


@pytest.mark.parametrize(("gwp_set", "fossil", "other"), METHANE)
def test_a_tonne_of_methane(client, posted, gwp_set, fossil, other):
    """1 t of fossil and of other methane: 29,800 and 27,000 kg under AR6; unknown is other."""
    book = posted(
        ("gas.ch4_fossil", "1", "t"),
        ("gas.ch4_biogenic", "1", "t"),
        ("gas.ch4", "1", "t"),
        ("fuel.natural_gas.flare", "1", "t"),
        ("fuel.biogas.flare", "1", "t"),
        edition="activity,unit,valid_from,stage,kg_ch4\n"
        "fuel.natural_gas.flare,t,2025-01-01,combustion,1000\n"
        "fuel.biogas.flare,t,2025-01-01,combustion,1000\n",
        suffix=f"-{gwp_set}",
    )
    found = client.inventory(book, by=("activity",), gwp_set=gwp_set, accounts=("scope1",))
    assert {row.group["activity"]: row.kg_co2e for row in found.rows} == {
        "gas.ch4_fossil": fossil,
        "gas.ch4_biogenic": other,
        "gas.ch4": other,
        "fuel.natural_gas.flare": fossil,
        "fuel.biogas.flare": other,
    }
    assert found.total.kg_ch4 == 5_000
    told = [each.message for each in found.notices if each.reason == "METHANE_ORIGIN"]
    assert len(told) == (fossil != other)


def test_a_kilogram_of_sf6(client, posted):
    """1 kg of SF6: 24,300 by the GHG Protocol's table of AR6, 25,200 by the IPCC's 7.SM.7."""
    book = posted(("gas.sf6", "1", "kg"))
    for gwp_set, expected in (("AR5", 23_500), ("AR6", 24_300), ("AR6-7SM7", 25_200)):
        assert kg(client, book, "scope1.fugitive", gwp_set=gwp_set) == expected


def test_a_kilowatt_hour_of_heat(client, posted):
    """1 kWh of UK district heat, 2025: 0.17529 by either method; no network has a residual mix."""
    book = posted(("heat.district", "1", "kWh"), ("steam", "1", "kWh"))
    for account in ("scope2.location", "scope2.market"):
        assert kg(client, book, account) == 2 * Fraction("0.17529")
    assert "RESIDUAL_MIX_MISSING" not in reasons(client, book)
    book = posted(("electricity.grid", "1", "kWh"), suffix="-grid")
    assert "RESIDUAL_MIX_MISSING" in reasons(client, book)


DIESEL = "activity,region,unit,valid_from,account,stage,kg_co2e,kg_biogenic_co2\n"
DIESEL_KWH = 1000 * Fraction("0.832361") * Fraction("42.839") / Fraction("3.6")
"""Net energy of 1,000 l by the UK's density (kg/l) and net calorific value (MJ/kg), 2025."""

OWN_DIESEL = {
    # name: rows, kg direct, kg WTT, kg biogenic, what is told
    "bare": ("fuel.diesel,GB,l,2025-01-01,,,2.7,\n", 2700, "611.01", 0, {"outside.biogenic"}),
    "whole": ("fuel.diesel,GB,l,2025-01-01,,,2.7,0.1\n", 2700, "611.01", 100, set()),
    "mineral": ("fuel.diesel,GB,l,2025-01-01,,,2.7,0\n", 2700, "611.01", 0, set()),
    "named": (
        "fuel.diesel,GB,l,2025-01-01,scope1.stationary,,2.7,\n",
        2700,
        "0",
        0,
        {"scope3.03.wtt", "outside.biogenic"},
    ),
    "both": (
        (
            "fuel.diesel,GB,l,2025-01-01,scope1.stationary,,2.7,\n"
            "fuel.diesel,GB,l,2025-01-01,scope3.03.wtt,wtt,0.7,\n"
        ),
        2700,
        "700",
        0,
        {"outside.biogenic"},
    ),
    "upstream": (
        "fuel.diesel,GB,l,2025-01-01,scope3.03.wtt,wtt,0.7,\n",
        0,
        "700",
        0,
        {"scope1.stationary", "outside.biogenic"},
    ),
}


@pytest.mark.parametrize("name", OWN_DIESEL)
def test_an_own_factor_of_diesel_has_all_of_its_legs(client, posted, name):
    """1,000 l at 2.7 kg: upstream, biogenic CO2 and energy stand beside it, or are told."""
    rows, direct, upstream, biogenic, told = OWN_DIESEL[name]
    book = posted(("fuel.diesel", "1000", "l"), edition=DIESEL + rows, suffix=f"-{name}")
    assert kg(client, book, "scope1") == direct
    assert kg(client, book, "scope3.03.wtt") == Fraction(upstream)
    assert kg(client, book, "outside.biogenic") == biogenic
    found = client.inventory(book)
    energy = Fraction(found.total.energy_kwh or 0)
    assert abs(energy - (DIESEL_KWH if direct else 0)) < Fraction(1, 10**15)
    missing = [each.message for each in found.notices if each.reason == "LEG_MISSING"]
    assert {each.partition(" posted to ")[2].partition(":")[0] for each in missing} == told
    if direct:
        lines(client, book)


SMALL = "4.860776705e-06"
"""A figure of the UK's flat file of 2025, as its cell has it."""


def test_a_factor_of_many_places_stays_as_it_is_printed(client, posted, tonne):
    """4.860776705e-06 kg for 3 and 10^-21 kg for 1 unit: every digit in factor, tree and sum."""
    edition = (
        "activity,unit,valid_from,account,kg_co2e,kg_ch4\n"
        f"widget.small,unit,2025-01-01,scope3.01.goods,{SMALL},\n"
        "widget.tiny,unit,2025-01-01,scope3.01.goods,0.000000000000000000000125,0.1E-20\n"
    )
    book = posted(("widget.small", "3", "unit"), ("widget.tiny", "8", "unit"), edition=edition)
    first, second = client.list_factors("own", book=book)
    assert Fraction(first.kg_co2e) == Fraction("4860.776705") / 10**9
    assert (first.kg_co2e, second.kg_co2e) == ("0.000004860776705", "0.000000000000000000000125")
    by_activity = {line.activity: line for line in lines(client, book)}
    assert Fraction(by_activity["widget.small"].kg_co2e) == 3 * Fraction(SMALL)
    assert Fraction(by_activity["widget.tiny"].kg_co2e) == Fraction("1e-21")
    assert kg(client, book) == 3 * Fraction(SMALL)  # 18 places are printed of a sum
    tree = tonne("explain", "--book", book).stdout
    for text in ("0.000004860776705 kg CO2e per unit", "CH4 0.000000000000000000001 kg"):
        assert text in tree, tree
    table = tonne(
        "inventory", "--book", book, "--by", "activity", "--unit", "kg"
    ).stdout.splitlines()
    (row,) = [row for row in table if row.startswith("widget.small")]
    assert row.split()[1] == "0.00001"
    for form in ("json", "csv"):
        run = tonne("explain", "--book", book, "--format", form)
        assert "0.000014582330115" in run.stdout
        assert "0.000000000000000000001" in run.stdout


FUELS = (
    "activity,region,unit,valid_from,stage,steps,evidence,source\n"
    "fuel.coal_bituminous.boiler_1,CN,t,2025-01-01,combustion,"
    "ncv=20.304 GJ/t;carbon=26.18 kg/GJ;oxidation=0.985,report 25-031,laboratory\n"
    "fuel.fuel_oil.boiler_2,GB,t,2025-01-01,combustion,"
    "ncv=40.4 GJ/t;co2=77.4 t/TJ;oxidation=0.995;fossil=0.97,report 7,laboratory\n"
)


def test_a_fuel_by_its_own_analysis(client, posted):
    """1,234.567 t of coal by calorific value, carbon and oxidation; 8.25 t of oil as in EU ETS."""
    book = posted(
        ("fuel.coal_bituminous.boiler_1", "1234.567", "t", {"region": "CN"}),
        ("fuel.fuel_oil.boiler_2", "8250", "kg"),
        edition=FUELS,
    )
    coal = Fraction("1234.567") * Fraction("20.304") * Fraction("26.18") * Fraction("0.985")
    oil = Fraction("8.25") * Fraction("40.4") * Fraction("77.4") * Fraction("0.995")
    found = {line.activity: line for line in lines(client, book, accounts=("scope1",))}
    by_hand = {
        "fuel.coal_bituminous.boiler_1": coal * 44 / 12,
        "fuel.fuel_oil.boiler_2": oil * Fraction("0.97"),
    }
    assert {name: Fraction(line.kg_co2e) for name, line in found.items()} == by_hand
    texts = [step.text for step in found["fuel.coal_bituminous.boiler_1"].steps]
    assert [text.partition(" (")[0] for text in texts] == [
        "ncv 20.304 GJ/t",
        "carbon 26.18 kg/GJ",
        "oxidation 0.985",
        "co2_per_carbon 44/12",
    ]
    assert all("laboratory; report 25-031" in text for text in texts)
    energy = client.inventory(book).total.energy_kwh
    heat = Fraction("1234.567") * Fraction("20.304") + Fraction("8.25") * Fraction("40.4")
    assert abs(Fraction(energy) - heat / Fraction("0.0036")) < Fraction(1, 10**15)


def test_mass_by_distance(client, posted):
    """12.5 t over 1,050 km, and 800 kg over 80 km: t.km times the UK's factor for lorries."""
    lorry = "freight.road.hgv.all.average_laden"
    edition = (
        "activity,unit,valid_from,valid_to,steps,source\n"
        f"{lorry}.berlin_paris,t,2025-01-01,2026-01-01,distance=1050 km,route planner\n"
        f"{lorry}.last_mile,t,2025-01-01,,distance=80 km,odometer\n"
    )
    book = posted(
        (f"{lorry}.berlin_paris", "12.5", "t"),
        (f"{lorry}.last_mile", "800", "kg"),
        (lorry, "1", "t.km", {"facility": "unit-factor"}),
        edition=edition,
    )
    for account in ("scope3.04.transport", "scope3.04.wtt"):
        one = kg(client, book, account, facilities=("unit-factor",))
        assert one > 0
        found = kg(client, book, account, facilities=("site",))
        assert found == one * (Fraction("12.5") * 1050 + Fraction("0.8") * 80)
    assert any(
        "distance 1050 km" in each.text for line in lines(client, book) for each in line.steps
    )
    told = [each.message for each in client.inventory(book).notices]
    assert any("by distance 1050 km (route planner)" in each for each in told)


def test_a_use_over_its_lifetime(client, posted):
    """2,000 routers of 9 W for 8,760 h in 5 years at the UK's grid: category 11, 0.177 kg/kWh."""
    edition = (
        "activity,unit,valid_from,steps,evidence\n"
        "electricity.grid.router_x,unit,2025-01-01,"
        "power=9 W/unit;hours=8760 h;lifetime=5,data sheet 9\n"
    )
    book = posted(
        ("use.electricity.grid.router_x", "2000", "unit"),
        ("electricity.grid.router_x", "3", "unit", {"facility": "own"}),
        edition=edition,
    )
    kwh = 2000 * Fraction("0.009") * 8760 * 5
    assert kg(client, book, "scope3.11.use") == kwh * Fraction("0.177")
    own = client.inventory(book, facilities=("own",), accounts=("scope2.location", "memo.energy"))
    assert Fraction(own.total.energy_kwh) == 3 * kwh / 2000
    assert Fraction(own.total.kg_co2e) == 3 * kwh / 2000 * Fraction("0.177")
    (line,) = lines(client, book, accounts=("scope3.11",))
    assert [step.text for step in line.steps] == [
        "power 9 W/unit (data sheet 9)",
        "hours 8760 h (data sheet 9)",
        "lifetime 5 (data sheet 9)",
    ]


def test_a_distance_ends_with_its_day(client, posted):
    """A row of steps that ended in 2024 leads nowhere in 2025: the record waits."""
    edition = (
        "activity,unit,valid_from,valid_to,steps\n"
        "freight.road.hgv.all.average_laden.old,t,2023-01-01,2025-01-01,distance=10 km\n"
        "freight.road.hgv.all.average_laden.new,t,2025-01-01,,distance=10 km\n"
    )
    book = posted(("freight.road.hgv.all.average_laden.new", "1", "t"), edition=edition)
    with client.channel(book, "late") as channel:
        result = channel.append(
            [
                {
                    "record_id": "late",
                    "facility": "site",
                    "activity": "freight.road.hgv.all.average_laden.old",
                    "quantity": "1",
                    "unit": "t",
                    "start": "2025-01-01",
                    "end": "2025-02-01",
                    "region": "GB",
                }
            ]
        )
    assert (result.posted_count, result.suspended_count) == (0, 1)


SPEND = (
    "activity,unit,valid_from,stage,kg_co2e\n"
    "purchase.computer_peripherals.own,USD2022,2022-01-01,production,0.25\n"
    "purchase.optical_fibre.own,EUR2019_producer,2019-01-01,production,0.5\n"
)
RATES = (
    Rate("EUR2023", "USD2023", "1.0813", "ECB, mean of 2023"),
    Rate("USD2022", "USD2023", "1.0412", "BLS CPI-U"),
    Rate("EUR2019", "EUR2023", "1.1932", "Eurostat HICP"),
    Rate("EUR2019_producer", "EUR2019", "1.17", "margins and taxes, supply table"),
)


def test_spend_of_another_currency_year_and_basis(client, posted):
    """1,000 EUR of 2023: exchange rate, deflator and price basis, each a step that is told."""
    book = posted(
        ("purchase.computer_peripherals.own", "1000", "EUR2023"),
        ("purchase.optical_fibre.own", "1000", "EUR2023_purchaser"),
        ("purchase.computer_peripherals.own", "10", "USD2022 purchaser"),
        edition=SPEND,
        method={"rates": RATES},
    )
    found = lines(client, book)
    dollars = 1000 * Fraction("1.0813") / Fraction("1.0412")
    euro = 1000 / Fraction("1.1932") / Fraction("1.17")
    by_hand = {
        ("purchase.computer_peripherals.own", "EUR2023"): dollars * Fraction("0.25"),
        ("purchase.optical_fibre.own", "EUR2023_purchaser"): euro / 2,
        ("purchase.computer_peripherals.own", "USD2022 purchaser"): Fraction("2.5"),
    }
    assert {(line.activity, line.unit) for line in found} == set(by_hand)
    for line in found:
        expected = by_hand[line.activity, line.unit]
        assert abs(Fraction(line.kg_co2e) - expected) < Fraction(1, 10**15)
    steps = [step.text for line in found for step in line.steps]
    assert sorted(text.partition(":")[0] for text in steps) == [
        "'EUR2023_purchaser' read as EUR2023",
        "'USD2022 purchaser' read as USD2022",
        "deflator",
        "deflator",
        "exchange rate",
        "price basis",
    ]
    assert "PRICE_YEAR" in reasons(client, book)


def test_spend_at_producer_prices_is_never_taken_for_what_was_paid(client, posted):
    """Without a margin the record waits; a year alone stands still, and that is told."""
    book = posted(("purchase.computer_peripherals.own", "100", "USD2024"), edition=SPEND)
    assert kg(client, book) == 25
    assert "PRICE_YEAR" in reasons(client, book)
    book = posted(
        ("purchase.optical_fibre.own", "100", "EUR2019"), edition=SPEND, suffix="-waits", waiting=1
    )
    assert kg(client, book) == 0


def test_one_gas_bill_by_volume_and_by_heat(client, posted):
    """100 m3 and their 1,120 kWh: both count, and the inventory says that they may be one."""
    book = posted(("fuel.natural_gas", "100", "m3"), ("fuel.natural_gas", "1120", "kWh_gross"))
    (told,) = [each for each in client.inventory(book).notices if each.reason == "UNIT_OVERLAP"]
    assert told.record_count == 2
    assert "1120 kWh_gross and 100 m3" in told.message
    alone = posted(("fuel.natural_gas", "1120", "kWh_gross"), suffix="-alone")
    assert "UNIT_OVERLAP" not in reasons(client, alone)


EXPORTING = """record_id,facility,activity,quantity,unit,start,end,region
1,roof,electricity.grid,1000,kWh,2025-01-01,2025-02-01,GB
2,roof,electricity.grid,-250.5,kWh,2025-01-01,2025-02-01,GB
3,roof,Electricity purchased,-0.5,MWh,2025-02-01,2025-03-01,GB
4,roof,fuel.natural_gas,-3,kWh_gross,2025-01-01,2025-02-01,GB
"""


def test_electricity_that_is_fed_in_stands_apart(client, tonne, tmp_path):
    """1,000 kWh bought, 750.5 fed in: apart and scope 2 gross by the option, else told."""
    path = tmp_path / "meter.csv"
    path.write_text(EXPORTING.replace("Electricity purchased", "electricity.purchased"))
    for rule, gross, exported in (("exports", 1000, "750.5"), ("corrections", "249.5", 0)):
        book = f"fed-in-{rule}"
        client.create_book(book)
        run = tonne("append", path, "--book", book, "--channel", "meter", "--negative", rule)
        assert run.returncode == 0, run.stderr
        assert "2 records of purchased electricity with a negative quantity" in run.stderr
        bought = Fraction(gross) * Fraction("0.177")
        for account in ("scope2.location", "scope2.market"):
            assert kg(client, book, account) == bought
        found = client.inventory(book, accounts=("memo.exported",), by=("account",))
        energy = sum((Fraction(row.energy_kwh) for row in found.rows), Fraction(0))
        assert energy == Fraction(exported)
        # The same file again is known as it was posted.
        again = tonne("append", path, "--book", book, "--channel", "meter", "--negative", rule)
        assert (again.returncode, kg(client, book, "scope2.location")) == (0, bought)
    assert "--negative exports" in run.stderr


def test_methane_of_unknown_origin_counts_as_the_method_says(client, posted):
    """1 t of `gas.ch4` under AR6: 27,000 kg, and 29,800 where the method takes it for fossil."""
    for choice, expected in (("non-fossil", 27_000), ("fossil", 29_800)):
        method = {"unknown_methane": choice}
        book = posted(("gas.ch4", "1", "t"), suffix=f"-{choice}", method=method)
        assert kg(client, book, "scope1", gwp_set="AR6") == expected
        assert "METHANE_ORIGIN" in reasons(client, book, gwp_set="AR6")
        settings = MethodSettings.from_json(client.get_method(book).body)
        assert settings.unknown_methane == choice
        lines(client, book, gwp_set="AR6")
