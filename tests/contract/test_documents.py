"""Green Button files and product footprints, from the command to the inventory."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from tests.unit.imports.meters.test_espi import START, block, meter, point, reading, reading_type
from tests.unit.imports.pact.test_pact import footprint
from tonne.cli.main import app
from tonne.client import Client


@pytest.fixture
def run(running):
    def invoke(*words):
        arguments = [*map(str, words), "--server", running.server.address]
        result = CliRunner().invoke(app, arguments)
        said = " ".join((result.stderr + str(result.exception or "")).split())
        return result.exit_code, result.stdout, said

    return invoke


@pytest.fixture(scope="module")
def client(running):
    with Client(running.server.address) as client:
        yield client


def test_a_green_button_file_is_appended(client, run, tmp_path):
    """Its amounts are in the inventory, and what was left out is told."""
    client.create_book("home")
    path = tmp_path / "usage.xml"
    entries = (
        point("12 Main St"),
        meter(),
        meter("2", kind="User/1/ReadingType/8"),
        reading_type(powerOfTenMultiplier=3),
        reading_type(own="User/1/ReadingType/8", uom=38),
        block(reading(4), reading(6, START + 900, qualities=(8,))),
        block(reading(9), number="2"),
    )
    path.write_text(f"<feed>{''.join(entries)}</feed>")
    code, _, said = run("append", path, "--book", "home", "--channel", "c")
    assert code == 0
    assert "left out: their unit (uom 38) is W, a power" in said
    found = list(client.list_records("home"))
    assert [(str(each.record["quantity"]), each.record["data_quality"]) for each in found] == [
        ("4000.000000", "measured"),
        ("6000.000000", "estimated"),
    ]
    path.write_text("<!DOCTYPE feed><feed/>")
    code, _, said = run("append", path, "--book", "home", "--channel", "d")
    assert code != 0
    assert "document type" in said


def test_a_footprint_is_no_record_but_a_factor(client, run, tmp_path):
    """Append says how it comes in; then 500 kg of it are 925 kg CO2e, with the supplier's id."""
    client.create_book("buyer")
    path = tmp_path / "pcf.json"
    path.write_text(json.dumps(footprint({"pcfIncludingBiogenicUptake": "1.63"})))
    code, _, said = run("append", path, "--book", "buyer", "--channel", "c")
    assert code != 0
    assert "0.35; it says 1.63" in said
    assert "tonne edition import pcf.json" in said
    code, _, said = run("edition", "import", path, "--id", "supplier", "--book", "buyer")
    assert code == 0, said
    assert "0.35; it says 1.63" in said
    activity = "product.a_supplier_gmbh.gtin_4712345060507"
    assert f"records of the activity {activity} in kg" in said
    with client.channel("buyer", "c") as channel:
        channel.append(
            [
                {
                    "facility": "plant",
                    "activity": activity,
                    "quantity": "0.5",
                    "unit": "t",
                    "start": "2025-03-01",
                    "end": "2025-03-02",
                    "region": "FR",
                }
            ]
        )
    assert str(client.inventory("buyer").total.kg_co2e) == "925"
    lines = [each for each in client.explain("buyer") if hasattr(each, "factor")]
    assert [(each.account, each.factor.evidence) for each in lines] == [
        ("scope3.01.goods", "pcf.json#3f1")
    ]


def test_another_json_file_is_no_footprint(run, client, tmp_path):
    client.create_book("other")
    path = tmp_path / "x.json"
    path.write_text("{}")
    code, _, said = run("append", path, "--book", "other", "--channel", "c")
    assert code != 0
    assert "x.json: expected" in said
    assert "footprint" not in said


REGISTER = """\
record_id,facility,activity,quantity,unit,start,end,region
p,b1,electricity.grid,216,kWh,2016-09-28T02:00:00,2016-09-28T03:00:00,US
p,b1,electricity.grid,216,kWh,2016-09-28T02:00:00,2016-09-28T03:00:00,US
p,b1,electricity.grid,112,kWh,2016-09-28T01:00:00,2016-09-28T02:00:00,US
p,b1,electricity.grid,0,kWh,2016-09-28T00:00:00,2016-09-28T01:00:00,US
p,b1,electricity.grid,300,kWh,2016-09-27T23:00:00,2016-09-28T00:00:00,US
p,b1,electricity.grid,250,kWh,2016-09-27T22:00:00,2016-09-27T23:00:00,US
"""


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("start",), "is not known: record 4"),
        (("end", "--reset-reading", "before"), "one record repeats"),
    ],
)
def test_readings_of_a_register_become_consumption(client, run, tmp_path, words, told):
    """50, then a reset, then 112 and 104: told what repeats and what is not known."""
    column, *more = words
    book = f"register-{column}"
    client.create_book(book)
    path = tmp_path / "register.csv"
    path.write_text(REGISTER)
    append = ("append", path, "--book", book, "--channel", "c", "--readings", column)
    code, _, said = run(*append)
    assert code != 0
    assert "300 (record 5, 2016-09-2" in said
    assert 'reset = "00:00" (--reset)' in said
    code, _, said = run(*append, "--reset", "00:00", *more)
    assert code == 0, said
    assert "one record repeats a reading, and was used once: record 2" in said
    assert told in said
    found = sum(each.record["quantity"] for each in client.list_records(book))
    assert found == 50 + 112 + 104


def test_a_swap_and_days_can_be_said_on_the_command_line(client, run, tmp_path):
    """10 of the old register, 46 of the new one, over two days each."""
    client.create_book("swapped")
    path = tmp_path / "r.csv"
    path.write_text(
        "facility,activity,quantity,unit,start,end,region\n"
        "m1,electricity.grid,990,kWh,2025-03-01T00:00:00Z,2025-03-01T00:00:00Z,US\n"
        "m1,electricity.grid,50,kWh,2025-03-05T00:00:00Z,2025-03-05T00:00:00Z,US\n"
    )
    append = ("append", path, "--book", "swapped", "--channel", "c", "--readings", "end")
    code, _, said = run(*append, "--swap", "m1,2025-03-03")
    assert code != 0
    assert "--swap: expected METER,TIME,LAST,FIRST" in said
    swap = ("--swap", "m1,2025-03-03T00:00:00Z,1000,4")
    code, _, said = run(*append, *swap, "--by-day", "--interval", "1 d")
    assert code == 0, said
    assert "spans between readings are longer than 24 h" in said
    found = [each.record for each in client.list_records("swapped")]
    assert [str(each["quantity"].normalize()) for each in found] == ["5", "5", "23", "23"]
    assert {each["data_quality"] for each in found} == {"calculated"}


def test_options_of_meters_say_where_they_hold(client, run, tmp_path):
    """Those of a Green Button file refuse a table; those of registers need the column."""
    client.create_book("options")
    path = tmp_path / "register.csv"
    path.write_text(REGISTER)
    append = ("append", path, "--book", "options", "--channel", "c")
    assert "--as-region: expected a Green Button file" in run(*append, "--as-region", "GB")[2]
    assert "--readings: expected start or end" in run(*append, "--reset", "00:00")[2]
    assert (
        "registers.rollover: expected a reading"
        in run(*append, "--readings", "end", "--rollover", "1,000")[2]
    )
    xml = tmp_path / "usage.xml"
    entries = (point("x"), meter(), reading_type(), block(reading(4)))
    xml.write_text(f"<feed>{''.join(entries)}</feed>")
    assert "append them by themselves" in run(*append, xml)[2]
    code, _, said = run("append", xml, *append[2:], "--as-facility", "f", "--as-region", "GB")
    assert code == 0, said
    (found,) = client.list_records("options")
    assert (found.record["facility"], found.record["region"]) == ("f", "GB")
