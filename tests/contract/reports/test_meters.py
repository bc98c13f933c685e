"""Meters allocated by API, SDK and command: parts, refusals, what is told."""

from __future__ import annotations

import csv
import io
import json
from fractions import Fraction

import pytest
from typer.testing import CliRunner

from tonne.cli.main import app
from tonne.cli.terminal import output
from tonne.client import Client
from tonne.client.meters import AllocationKey, AllocationSpan
from tonne.errors import FieldInvalid, TonneError
from tonne.model import Entity, Facility, Holding

FILE = """\
record_id,facility,activity,quantity,unit,start,end,region
1,hall,electricity.grid,1000.000000000000001,kWh,2025-01-01,2025-02-01,GB
2,hall,electricity.grid,2,MWh,2025-02-01,2025-03-01,GB
3,hall,driver.water,31,m3,2025-01-01,2025-02-01,GB
4,hall,mystery,1,kWh,2025-02-01,2025-03-01,GB
5,other,electricity.grid,7,kWh,2025-01-01,2025-02-01,GB
"""
LEASES = AllocationKey(
    "leases",
    "area",
    "m2",
    "contracts of 2025",
    (
        AllocationSpan("2025-01-01", "2025-01-16", {"alpha": "300", "beta": "150"}, "700"),
        AllocationSpan("2025-01-16", "", {"alpha": "1", "beta": "1", "gamma": "1"}),
    ),
    version=2,
)
KEY = """
id = "leases"
version = 2
basis = "area"
unit = "m2"
reason = "contracts of 2025"

[[spans]]
valid_from = 2025-01-01
valid_to = "2025-01-16"
whole = 700
weights = { alpha = 300, beta = 150.0 }

[[spans]]
valid_from = 2025-01-16
weights = { alpha = 1, beta = 1, gamma = 1 }
"""


@pytest.fixture(scope="module")
def book(running):
    """A hall with tenants, half of it owned, and another site."""
    with Client(running.server.address) as client:
        client.create_book("landlord")
        held = Holding(equity_share="0.5")
        client.import_entities("landlord", [Entity("venture", holdings=(held,))])
        client.import_facilities("landlord", [Facility("hall", entity="venture")])
        with client.channel("landlord", "erp") as channel:
            channel.append(csv.DictReader(io.StringIO(FILE)))
    return "landlord"


@pytest.fixture
def ask(running, book):
    """Allocate the hall."""

    def allocate(key=LEASES, meter="hall", from_period="2025-01", to_period="2025-02", **asked):
        with Client(running.server.address) as client:
            return client.allocate_meter(
                book, meter, key, from_period=from_period, to_period=to_period, **asked
            )

    return allocate


@pytest.fixture
def run(running, book, monkeypatch, tmp_path):
    """Run the command with a key's text; gives its exit code, output and remarks."""
    monkeypatch.setattr(output, "PIPE_WIDTH", 100)

    def invoke(*words, key=KEY):
        (tmp_path / "key.toml").write_text(key)
        arguments = ["meter", "reconcile", "--book", book, "--meter", "hall"]
        arguments += ["--key", str(tmp_path / "key.toml"), "--from", "2025-01", "--to", "2025-02"]
        arguments += [*words, "--server", running.server.address]
        result = CliRunner().invoke(app, arguments, catch_exceptions=False)
        return result.exit_code, result.stdout, " ".join(result.stderr.split())

    return invoke


def parts(month):
    return {each.recipient: Fraction(each.amount) for each in month.parts}


def test_a_month_is_cut_at_the_day_of_the_key(ask):
    """15 of 31 days 3:1.5 of 7, then a third each; the last digits are not lost."""
    january, february = ask().months
    total = Fraction("1000.000000000000001")
    exact = {
        "alpha": total * (Fraction(15, 31) * Fraction(300, 700) + Fraction(16, 31) / 3),
        "beta": total * (Fraction(15, 31) * Fraction(150, 700) + Fraction(16, 31) / 3),
        "gamma": total * Fraction(16, 31) / 3,
    }
    found = parts(january)
    assert all(abs(found[name] - exact[name]) < Fraction(1, 10**18) for name in exact)
    assert (january.period, january.unit, january.metered) == ("2025-01", "kWh", total)
    assert sum(found.values()) + Fraction(january.unallocated) == total
    left = total * Fraction(15, 31) * Fraction(250, 700)
    assert abs(Fraction(january.unallocated) - left) < Fraction(1, 10**18)
    assert {each.share for each in february.parts} == {Fraction(1, 3)}
    assert february.unallocated == 0
    assert sum(parts(february).values()) == 2000


def test_the_whole_meter_whatever_is_held_of_its_owner(ask, running, book):
    """Half of the hall counts in an inventory by equity; its meter shows all of it."""
    with Client(running.server.address) as client:
        half = client.inventory(book, facilities=["hall"], consolidation="equity-share")
    assert Fraction(half.total.energy_kwh) * 2 == sum(each.metered for each in ask().months)


def test_other_measures(ask):
    """Emissions by account as an inventory has them; water by its unit, with a month missing."""
    january, _ = ask(measure="kg_co2e", account="scope2.location").months
    assert january.unit == "kg CO2e"
    assert Fraction(january.metered) == Fraction("1000.000000000000001") * Fraction("0.177")
    assert sum(parts(january).values()) + Fraction(january.unallocated) == january.metered
    water = ask(measure="amount", account="memo.water")
    assert [(each.unit, each.metered) for each in water.months] == [("m3", 31), ("m3", 0)]
    assert water.missing_periods == ("2025-02",)


def test_rooms_with_meters_of_their_own(ask):
    """What they show of the meter is theirs, the rest is nobody's."""
    rooms = AllocationKey(
        "rooms",
        "energy",
        "MWh",
        "meters of the rooms",
        (AllocationSpan("2025-02-01", "2025-03-01", {"r1": "1.25", "r2": "0.5"}, metered=True),),
    )
    (month,) = ask(rooms, from_period="2025-02").months
    assert parts(month) == {"r1": 1250, "r2": 500}
    assert month.unallocated == 250
    too_much = AllocationSpan("2025-02-01", "2025-03-01", {"r1": "2.5"}, metered=True)
    with pytest.raises(TonneError, match=r"has 2\.5 MWh of the meter .* and it shows 2:"):
        ask(AllocationKey("k", "energy", "MWh", "r", (too_much,)), from_period="2025-02")


def test_a_key_that_does_not_cover_its_time_names_the_days(ask):
    """Nothing is guessed for them."""
    short = AllocationKey(
        "k", "count", "unit", "r", (AllocationSpan("2025-01-01", "2025-02-27", {"a": "1"}),)
    )
    with pytest.raises(TonneError, match=r"2 days .* 2025-02-27 to 2025-02-28; add a span"):
        ask(short)


def test_a_meter_that_shows_nothing_is_refused(ask):
    """Its zero would be taken for a total."""
    with pytest.raises(TonneError, match=r"'nowhere' has nothing to allocate in memo\.energy"):
        ask(meter="nowhere")
    with pytest.raises(TonneError, match="from_period: expected a month"):
        ask(from_period="")
    with pytest.raises(TonneError, match="account: expected the account that is allocated"):
        ask(measure="kg_co2e")


def test_the_command_adds_up_and_tells_what_waits(run):
    """The table's sums, the months apart, CSV and JSON; a record in suspense is told."""
    code, printed, told = run()
    assert code == 0
    rows = [line.split() for line in printed.splitlines()[1:]]
    amounts = {row[0]: Fraction(row[1]) for row in rows}
    metered = amounts.pop("(metered)")
    assert metered == Fraction("3000.000000000000001")
    assert sum(amounts.values()) == metered
    assert "1 record of hall in these months wait in suspense" in told
    _, printed, _ = run("--format", "csv")
    by_month = list(csv.DictReader(io.StringIO(printed)))
    assert [row["recipient"] for row in by_month if row["period"] == "2025-02"] == [
        *("alpha", "beta", "gamma", "(unallocated)", "(metered)"),
    ]
    assert {row["share"] for row in by_month if row["recipient"] == "gamma"} == {"16/93", "1/3"}
    _, printed, _ = run("--format", "json")
    document = json.loads(printed)
    assert document["key"]["version"] == 2
    assert [month["metered"] for month in document["months"]][1] == "2000"
    assert run("--by", "month")[0] == 0


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("basis = ", "bases = "), "'bases' is no field of a key of allocation; the nearest is"),
        (("reason = ", "source = "), "key.reason: expected a text"),
        (("alpha = 300", "alpha = 1e2"), "a decimal like 12.5"),
        (("alpha = 300", "alpha = true"), "expected a text, a number or a day; got True"),
        (("whole = 700", "whole = 400"), "which add up to 450; got '400'"),
        (("version = 2", 'version = "2"'), "version: expected a number from 1 up"),
        (('"m2"', '"kWh"'), "expected a unit of area for a key by area; got 'kWh'"),
        (("2025-01-16\nweights", "2025-01-18\nweights"), "2025-01-16 to 2025-01-17"),
        (("[[spans]]", "spans = 1\n[x]"), "expected"),
    ],
)
def test_a_key_that_is_wrong_is_refused(run, change, told):
    """With the field, what was expected, and what was there."""
    with pytest.raises(FieldInvalid) as refused:
        run(key=KEY.replace(*change, 1))
    assert told in str(refused.value)
