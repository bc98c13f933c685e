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
    assert "expected a file that ends in" in said
