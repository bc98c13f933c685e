"""A meter shared out: the parts and the rest are the meter, in every month, by every key."""

from __future__ import annotations

import csv
import io
import json

import pytest
from typer.testing import CliRunner

from tonne.cli.main import app
from tonne.client import Client
from tonne.errors import FieldInvalid

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
    """Months of the hall by a key: kWh by room and of nobody, and the reason."""

    def shared(key, **asked):
        with Client(running.server.address) as client:
            found = client.reconcile_meter(book, "hall", ROOMS, key, **asked)
        for month in found:
            assert sum(each.kwh for each in month.shares) + month.unallocated_kwh == month.kwh
        return {
            month.period: (
                *(str(each.kwh) for each in month.shares),
                str(month.unallocated_kwh),
                month.reason,
            )
            for month in found
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


def test_what_rooms_measured_leaves_a_rest(share):
    """Losses are nobody's; a room that measured more than the hall is told."""
    found = share("memo.it_energy", as_metered=True)
    del found["2025-04"]
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
    assert share(key, to_period="2025-01", **asked)["2025-01"] == ("0", "0", "100", reason)


def test_a_question_that_makes_no_sense_is_refused(running, book):
    """Each with what is expected."""
    with Client(running.server.address) as client:
        for meter, rooms, key, told in (
            ("", ROOMS, "memo.floor_area", "meter: expected the facility"),
            ("hall", (), "memo.floor_area", "recipients: expected 1 to"),
            ("hall", ("a", "a"), "memo.floor_area", "each once"),
            ("hall", ROOMS, "scope1", "key_account: expected one of"),
            ("hall", ("hall",), "memo.energy", "is the meter itself"),
        ):
            with pytest.raises(FieldInvalid, match=told):
                client.reconcile_meter(book, meter, rooms, key)


def test_the_command_prints_a_line_each(running, book):
    """For people and for programs, with what is wrong beside them."""

    def run(*words):
        arguments = ["indicator", "reconcile", "--book", book, "--meter", "hall", *words]
        arguments += ["--share", "room-1", "--share", "room-2", "--server", running.server.address]
        return CliRunner().invoke(app, arguments, catch_exceptions=False)

    found = run("--key", "memo.floor_area", "--to", "2025-03")
    assert found.exit_code == 0, found.output
    assert "2025-03: no recipient has memo.floor_area in this month" in found.output
    rows = json.loads(run("--key", "memo.floor_area", "--format", "json").stdout)
    assert {"month": "2025-01", "who": "meter", "key": None, "kwh": "100"} in rows
