"""Drivers of indicators, through the stream: amounts in inventories, explained and replayed."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from typer.testing import CliRunner

from tests.support.servers.api import RunningServer
from tonne.cli.main import app
from tonne.client import Client
from tonne.client.answers.explain_results import ExplainLine, ExplainReplay

EMISSIONS = """\
record_id,facility,activity,quantity,unit,start,end,region
e1,dc,electricity.grid,1000,kWh,2025-01-01,2025-03-01,GB
e2,hut,fuel.diesel.stationary,100,litre,2025-02-01,2025-02-02,GB
"""
DRIVERS = """\
record_id,facility,activity,quantity,unit,start,end,region
d1,group,driver.traffic,2.5,PB,2025-01-01,2025-02-01,
d2,group,driver.traffic,500,TB,2025-02-01,2025-03-01,
d3,group,driver.revenue,1000000.01,CNY2020,2025-01-01,2025-02-01,
d4,group,driver.revenue,-7,CNY2020,2025-02-01,2025-03-01,
d5,group,driver.revenue,12,USD,2025-02-01,2025-03-01,
d6,hut,driver.people,12,person.month,2025-01-01,2025-03-01,
d7,hut,driver.people,1,person.year,2025-02-01,2025-03-01,
d8,dc,driver.meter.ups,3,MWh,2025-01-01,2025-02-01,
d9,hut,driver.floor_area,1,m2.month,2025-01-01,2025-02-01,
"""
AMOUNTS = {
    "memo.traffic": {"TB": Decimal(3000)},
    "memo.revenue": {"CNY2020": Decimal("999993.01"), "USD": Decimal(12)},
    "memo.people": {"person.year": Decimal(2)},
    "memo.floor_area": {"m2.year": Decimal("0.083333333333333333")},
}


@pytest.fixture(scope="module")
def book(running):
    """A book with emissions, and one with drivers beside them."""
    with Client(running.server.address) as client:
        for name, texts in (("plain", (EMISSIONS,)), ("driven", (EMISSIONS, DRIVERS))):
            client.create_book(name)
            with client.channel(name, "erp") as channel:
                for text in texts:
                    channel.append(csv.DictReader(io.StringIO(text)))
    return "driven"


def test_amounts_stand_in_the_inventory(running, book):
    """By account and unit, exact; two price years and currencies stay apart."""
    with Client(running.server.address) as client:
        found = client.inventory(book, by="account")
        by_facility = client.inventory(book, by="facility", accounts="memo.people")
    amounts = {
        row.group["account"]: {each.unit: each.amount for each in row.amounts}
        for row in found.rows
        if row.amounts
    }
    assert amounts == AMOUNTS
    energy = {row.group["account"]: row.energy_kwh for row in found.rows}
    assert energy["memo.meter.ups"] == 3000
    assert [(row.group["facility"], row.amounts[0].amount) for row in by_facility.rows] == [
        ("hut", 2)
    ]


def test_a_row_of_an_activity_has_its_amounts(running, book):
    """Each in its own unit, none added to another; with a part of the book, and in no total."""
    with Client(running.server.address) as client:
        found = client.inventory(book, by="activity")
        parted = client.inventory(book, by=("activity", "facility", "period"))
        without = client.inventory("plain", by="activity")
    amounts = {
        row.group["activity"]: {(each.account, each.unit): each.amount for each in row.amounts}
        for row in found.rows
        if row.amounts
    }
    metered = {"memo.meter.ups": {"kWh": Decimal(3000)}}
    assert amounts == {
        account.replace("memo", "driver"): {(account, unit): each for unit, each in units.items()}
        for account, units in (AMOUNTS | metered).items()
    }
    # Energy at a meter is a part of what is told as energy: it has its amount, and is not in that.
    energy = {row.group["activity"]: row.energy_kwh for row in found.rows}
    assert energy["driver.meter.ups"] is None
    people = [row for row in parted.rows if row.group["activity"] == "driver.people"]
    assert [(row.group["period"], row.amounts[0].amount, row.record_count) for row in people] == [
        ("2025-01", Decimal("0.525423666666666667"), 1),  # 6.305084 months: 31 of 59 days of 12
        ("2025-02", Decimal("1.474576333333333333"), 2),
    ]
    # A record of a meter counts, as ever.
    assert replace(found.total, record_count=2) == without.total
    assert found.notices == without.notices
    emitting = [row for row in found.rows if not row.group["activity"].startswith("driver.")]
    assert emitting == list(without.rows)
    assert {row.kg_co2e for row in found.rows if row not in emitting} == {0}


def test_no_emission_changes_by_a_driver(running, book):
    """Totals, their records and their notices are those of a book without drivers."""
    with Client(running.server.address) as client:
        for by in ((), ("facility",), ("facility_type", "period")):
            with_drivers, without = (client.inventory(each, by=by) for each in (book, "plain"))
            assert with_drivers.total.kg_co2e == without.total.kg_co2e > 0
            assert with_drivers.notices == without.notices
            masses = [(row.group, row.kg_co2e, row.energy_kwh) for row in with_drivers.rows]
            assert masses == [(row.group, row.kg_co2e, row.energy_kwh) for row in without.rows]
        mass = [client.inventory(each, by="account") for each in (book, "plain")]
    rows = [
        [row for row in each.rows if not row.group["account"].startswith("memo")] for each in mass
    ]
    assert rows[0] == rows[1]


def test_postgresql_keeps_the_same_amounts(tmp_path, postgres_url):
    """The manifest is another, the numbers are not: amounts, a replay, an indicator."""
    with (
        RunningServer(tmp_path, store__manifest_url=postgres_url) as running,
        Client(running.server.address) as client,
    ):
        client.create_book("driven")
        with client.channel("driven", "erp") as channel:
            channel.append(csv.DictReader(io.StringIO(EMISSIONS + DRIVERS.partition("\n")[2])))
        found = client.inventory("driven", by="account")
        *parts, _ = client.explain("driven", accounts="memo.traffic", replay=True)
        (value,) = client.indicators("driven", "kwh_per_traffic", to_period="2025-01").values
    assert {
        row.group["account"]: {each.unit: each.amount for each in row.amounts}
        for row in found.rows
        if row.amounts
    } == AMOUNTS
    assert [part.agrees for part in parts if isinstance(part, ExplainReplay)] == [True]
    assert value.denominator == 2500


def test_a_driver_is_explained_and_replayed(running, book):
    """Each line has its amount; the replay posts the records again and finds the same."""
    with Client(running.server.address) as client:
        for account, units in AMOUNTS.items():
            *parts, total = client.explain(book, accounts=account, replay=True, records_max=9)
            lines = [part for part in parts if isinstance(part, ExplainLine)]
            found = {unit: Fraction(0) for unit in units}
            for line in lines:
                found[line.amount_unit] += line.amount
            assert {unit: round(each, 18) for unit, each in found.items()} == {
                unit: Fraction(each) for unit, each in units.items()
            }
            replays = [part for part in parts if isinstance(part, ExplainReplay)]
            assert [each.agrees for each in replays] == [True], replays
            assert {each.unit: each.amount for each in total.amounts} == units


def test_an_estimate_has_the_same_amounts(running, book):
    """What is not posted comes to the same."""
    with Client(running.server.address) as client:
        records = list(csv.DictReader(io.StringIO(DRIVERS)))
        found = client.estimate(records, book=book, by="account")
    assert {
        row.group["account"]: {each.unit: each.amount for each in row.amounts}
        for row in found.inventory.rows
        if row.amounts
    } == AMOUNTS


@pytest.mark.parametrize(
    ("activity", "unit", "status"),
    [
        ("driver.traffic", "kWh", "UNIT_MUST_FIT_ACTIVITY"),
        ("driver.revenue", "kg", "UNIT_MUST_FIT_ACTIVITY"),
        ("driver.people", "person", "UNIT_MUST_BE_KNOWN"),
        ("driver.carriers", "unit", "UNIT_MUST_FIT_ACTIVITY"),
        ("leased.driver.traffic", "TB", "FACTOR_MUST_EXIST"),
    ],
)
def test_a_unit_that_does_not_fit_is_refused(running, book, activity, unit, status):
    """A stock is an amount over time; traffic is no energy."""
    with Client(running.server.address) as client:
        record = {
            "record_id": "x",
            "facility": "hut",
            "activity": activity,
            "quantity": "1",
            "unit": unit,
            "start": "2025-01-01",
            "end": "2025-02-01",
        }
        found = client.estimate([record], book=book)
    assert [error.status for error in found.row_errors] == [status]


def test_the_command_prints_amounts(running, book):
    """For people below the table, for programs beside the other columns."""

    def run(*words):
        arguments = [*words, "--book", book, "--server", running.server.address]
        result = CliRunner().invoke(app, arguments, catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.stdout

    text = run("inventory", "--account", "memo.traffic", "--account", "memo.revenue")
    assert "memo.traffic: 3,000 TB" in text
    assert "memo.revenue: 999,993.01 CNY2020, 12 USD" in text
    rows = json.loads(run("inventory", "--format", "json"))["rows"]
    assert {"account": "memo.traffic", "unit": "TB", "amount": "3000"} in [
        each for row in rows for each in row["amounts"]
    ]
    tree = run("explain", "--account", "memo.traffic", "--replay")
    assert "= 2,500 TB, 1 record" in tree
    assert "replay agrees" in tree
