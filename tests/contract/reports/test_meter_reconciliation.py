"""A meter shared out: the parts and the rest are the meter, in every month, by every key."""

from __future__ import annotations

import csv
import io
import json
from fractions import Fraction

import pytest
from typer.testing import CliRunner

from tonne.cli.main import app
from tonne.client import Client
from tonne.client.meters import AllocationRecords
from tonne.errors import FieldInvalid
from tonne.model import Entity, Facility, Holding

FILE = """\
record_id,facility,activity,quantity,unit,start,end,region
1,hall,electricity.grid,100,kWh,2025-01-01,2025-02-01,GB
2,hall,electricity.grid,90,kWh,2025-02-01,2025-03-01,GB
3,hall,electricity.grid,80,kWh,2025-03-01,2025-04-01,GB
4,hall,electricity.grid,70,kWh,2025-04-01,2025-05-01,GB
5,room-1,driver.floor_area,100,m2.month,2025-01-01,2025-02-01,
6,room-2,driver.floor_area,200,m2.month,2025-01-01,2025-02-01,
7,room-1,driver.floor_area,100,m2.month,2025-02-01,2025-03-01,
8,room-1,electricity.it,40,kWh,2025-01-01,2025-02-01,
9,room-2,electricity.it,50,kWh,2025-01-01,2025-02-01,
10,room-2,electricity.it,95,kWh,2025-02-01,2025-03-01,
11,room-1,driver.revenue,5,CNY2020,2025-01-01,2025-02-01,
12,room-2,driver.revenue,5,USD,2025-01-01,2025-02-01,
13,room-1,driver.output,-5,unit,2025-01-01,2025-02-01,
14,room-2,driver.floor_area,200,m2.month,2025-05-01,2025-06-01,
15,hall,electricity.grid,-60,kWh,2025-06-01,2025-07-01,GB
16,room-1,electricity.it,40,kWh,2025-06-01,2025-07-01,
17,room-2,electricity.it,0,kWh,2025-06-01,2025-07-01,
"""
ROOMS = ("room-1", "room-2")


@pytest.fixture(scope="module")
def book(running):
    """A hall with two rooms."""
    with Client(running.server.address) as client:
        client.create_book("hall")
        with client.channel("hall", "erp") as channel:
            channel.append(csv.DictReader(io.StringIO(FILE)))
    return "hall"


@pytest.fixture
def share(running, book):
    """Months of the hall by a key of records: amount by room and of nobody, and the reason."""

    def shared(by, to_period="2025-06", *, as_metered=False, **asked):
        key = AllocationRecords(by, ROOMS, as_metered)
        with Client(running.server.address) as client:
            found = client.allocate_meter(
                book, "hall", key, from_period="2025-01", to_period=to_period, **asked
            )
        for month in found.months:
            assert sum(each.amount for each in month.parts) + month.unallocated == month.metered
        return {
            month.period: (
                *(str(each.amount) for each in month.parts),
                str(month.unallocated),
                month.reason,
            )
            for month in found.months
        }

    return shared


def test_a_key_is_that_of_the_month(share):
    """By area in January, all to one room in February, which is told, nobody from March on."""
    assert share("memo.floor_area") == {
        "2025-01": ("33.333333333333333333", "66.666666666666666667", "0", ""),
        "2025-02": ("90", "0", "0", "KEY_INCOMPLETE"),
        "2025-03": ("0", "0", "80", "KEY_MISSING"),
        "2025-04": ("0", "0", "70", "KEY_MISSING"),
        "2025-05": ("0", "0", "0", "METER_MISSING"),
        "2025-06": ("0", "0", "-60", "KEY_MISSING"),
    }


def test_masses_are_shared_out_by_records_too(running, book, share):
    """kg CO2e of the hall by area: a third and two, of what an inventory has of it."""
    found = share("memo.floor_area", "2025-01", measure="kg_co2e", account="scope2.location")
    with Client(running.server.address) as client:
        whole = client.inventory(
            book, accounts="scope2.location", facilities="hall", to_period="2025-01"
        ).total.kg_co2e
    first, second, rest, reason = found["2025-01"]
    assert (rest, reason) == ("0", "")
    assert Fraction(first) + Fraction(second) == Fraction(whole) > 0
    assert abs(Fraction(first) - Fraction(whole) / 3) < Fraction(1, 10**18)


def test_an_owners_share_is_no_matter(running, share, book):
    """Of a hall and a room that others operate, the whole is shared out by the whole key."""
    before = share("memo.floor_area")
    with Client(running.server.address) as client:
        client.import_entities(book, [Entity("other", holdings=(Holding(is_operated=False),))])
        client.import_facilities(
            book, [Facility("hall", entity="other"), Facility("room-1", entity="other")]
        )
        found = client.inventory(book, facilities="hall", accounts=("scope2.location",))
        assert found.total.kg_co2e == 0
    assert share("memo.floor_area") == before


def test_what_rooms_measured_leaves_a_rest(share):
    """Losses are nobody's; a room that measured more than the hall is told."""
    found = share("memo.it_energy", as_metered=True)
    del found["2025-04"], found["2025-05"]
    assert found == {
        "2025-01": ("40", "50", "10", ""),
        "2025-02": ("0", "95", "-5", "MORE_THAN_METERED"),
        "2025-03": ("0", "0", "80", "KEY_MISSING"),
        "2025-06": ("40", "0", "-100", "MORE_THAN_METERED"),
    }


@pytest.mark.parametrize(
    ("key", "asked", "reason"),
    [
        ("memo.revenue", {}, "KEY_UNITS_DIFFER"),
        ("memo.output", {}, "KEY_NEGATIVE"),
        ("memo.floor_area", {"as_metered": True}, "KEY_UNITS_DIFFER"),
    ],
)
def test_a_key_that_is_none_shares_nothing_out(share, key, asked, reason):
    """Two currencies, less than nothing, square metres as kWh: all of it stays unallocated."""
    assert share(key, "2025-01", **asked)["2025-01"] == ("0", "0", "100", reason)


def test_a_question_that_makes_no_sense_is_refused(running, book):
    """Each with what is expected."""
    span = {"from_period": "2025-01", "to_period": "2025-02"}
    with Client(running.server.address) as client:
        for meter, rooms, key, asked, told in (
            ("", ROOMS, "memo.floor_area", {}, "meter: expected a facility"),
            ("hall", (), "memo.floor_area", {}, "records.recipients: expected 1 to"),
            ("hall", ("a", "a"), "memo.floor_area", {}, "each once"),
            ("hall", ROOMS, "scope1", {}, "records.account: expected one of"),
            ("hall", ("hall",), "memo.energy", {}, "is the meter itself"),
            (
                "hall",
                ROOMS,
                "memo.it_energy",
                {"measure": "kg_co2e", "account": "scope2.location"},
                "records.as_metered: expected false",
            ),
        ):
            records = AllocationRecords(key, rooms, as_metered=bool(asked))
            with pytest.raises(FieldInvalid, match=told):
                client.allocate_meter(book, meter, records, **span, **asked)


def test_the_command_prints_a_line_each(running, book):
    """For people and for programs, with what is wrong beside them."""

    def run(*words, code=0):
        arguments = ["meter", "reconcile", "--book", book, "--meter", "hall", "--from", "2025-01"]
        arguments += [*words, "--server", running.server.address]
        found = CliRunner().invoke(app, arguments)
        assert found.exit_code == code, found.output
        return found

    by_area = ("--to", "2025-03", "--key-account", "memo.floor_area")
    shared = (*by_area, "--share", "room-1", "--share", "room-2")
    assert "2025-03: no recipient has memo.floor_area in this month" in run(*shared).output
    months = json.loads(run(*shared, "--format", "json").stdout)["months"]
    assert (months[0]["metered"], months[0]["parts"][0]["key"]) == ("100", "25/3")
    assert "room-2" in run(*shared, "--by", "month").output
    assert "--share" in run(*by_area, code=2).output
    assert "--key-account" in run(*shared, "--key-id", "leases", code=2).output
