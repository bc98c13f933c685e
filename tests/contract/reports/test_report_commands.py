"""`tonne inventory`, `estimate` and `explain` against a server: for people and for programs."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from decimal import Decimal
from fractions import Fraction

import pytest
from typer.testing import CliRunner

from tonne.cli.main import app
from tonne.cli.terminal import output
from tonne.client import Client
from tonne.model import Entity, Facility, Holding

FILE = """\
record_id,facility,activity,quantity,unit,start,end,region
1,dc,electricity.grid,1000,kWh,2025-01-01,2025-03-01,GB
2,dc,refrigerant.r410a,2,kg,2025-01-05,2025-01-06,GB
3,hut,fuel.diesel.stationary,100,litre,2025-02-01,2025-02-02,GB
4,hut,electricty.grid,5,kWh,2025-02-01,2025-02-02,GB
"""


@pytest.fixture(scope="module")
def records_file(tmp_path_factory):
    """Four records, one of which waits."""
    path = tmp_path_factory.mktemp("records") / "records.csv"
    path.write_text(FILE)
    return path


@pytest.fixture(scope="module")
def book(running):
    """A book with these records, under the shipped catalogue."""
    with Client(running.server.address) as client:
        client.create_book("acme")
        client.import_entities(
            "acme", [Entity("joint", holdings=(Holding(equity_share="0.5", is_operated=False),))]
        )
        client.import_facilities("acme", [Facility("dc", entity="joint"), Facility("hut")])
        with client.channel("acme", "erp") as channel:
            channel.append(csv.DictReader(io.StringIO(FILE)))
    return "acme"


@pytest.fixture
def run(running, monkeypatch):
    """Run a command; gives its exit code, output and remarks."""
    monkeypatch.setattr(output, "PIPE_WIDTH", 100)

    def invoke(*words):
        arguments = [*map(str, words), "--server", running.server.address]
        result = CliRunner().invoke(app, arguments, catch_exceptions=False)
        return result.exit_code, result.stdout, " ".join(result.stderr.split())

    return invoke


def test_an_inventory_fits_its_table(run, book, monkeypatch):
    """Titles stand beside accounts; gases and energy below where the table has no room."""
    _, text, remarks = run("inventory", "--book", book, "--gwp-set", "AR6")
    head, *_ = text.splitlines()
    assert "account" in head
    assert "what goes there" in head
    assert "t CO2e" in head
    assert all(len(line) <= 100 for line in text.splitlines())
    assert "in suspense, and not in the numbers above: 1 record; see" in remarks
    assert f"`tonne suspense list --book {book}`" in remarks
    assert "by the location-based method: scope2.market is not in it" in remarks
    _, text, _ = run("inventory", "--book", book, "--consolidation", "equity-share",
                     "--by", "facility_type,facility,activity,account")  # fmt: skip
    assert "kWh" not in text.splitlines()[0]
    assert "\ndc, electricity.grid, memo.energy: 500.0 kWh" in text
    assert "dc, refrigerant.r410a, scope1.fugitive: 0.5 kg HFC-125 (1.585 t CO2e)" in text
    monkeypatch.setattr(output, "PIPE_WIDTH", 80)
    _, text, remarks = run("inventory", "--book", book)
    table = text[: text.index("\ntotal")].splitlines()
    assert all(len(line) <= 80 for line in table)
    assert table[0].split() == ["account", "what", "goes", "there", "t", "CO2e", "records"]
    assert "a wider terminal, or --format csv" in remarks


@pytest.mark.parametrize(("unit", "shown"), [("kg", "3,847.0"), ("t", "3.847"), ("kt", "0.004")])
def test_a_table_takes_its_unit(run, book, unit, shown):
    """Programs get kilograms whatever the unit of tables."""
    words = ("inventory", "--book", book, "--account", "scope1.fugitive", "--unit", unit,
             "--consolidation", "financial-control")  # fmt: skip
    _, text, _ = run(*words)
    row = next(line for line in text.splitlines() if line.startswith("scope1.fugitive"))
    assert shown in row
    _, text, _ = run(*words, "--format", "csv")
    assert [row["kg_co2e"] for row in csv.DictReader(io.StringIO(text))] == ["3847"]
    _, text, _ = run(*words, "--format", "json")
    assert json.loads(text)["total"]["kg_co2e"] == "3847"


def test_the_total_says_its_method_of_scope_2(run, book):
    """By market where that alone was asked for; nothing where no scope 2 was."""
    for words, told in (
        (("--account", "scope1", "--account", "scope2.market"), "by the market-based method"),
        (("--account", "scope2"), "by the location-based method"),
        (("--account", "scope1"), ""),
    ):
        _, _, remarks = run("inventory", "--book", book, *words)
        assert (told in remarks) if told else ("the total takes" not in remarks)


def test_notices_of_one_cause_are_one_line(running, run):
    """With the CO2e that they touch; --notices and JSON have each of them."""
    book = "noticed"
    with Client(running.server.address) as client:
        client.create_book(book)
        day = {"start": "2025-01-01", "end": "2025-01-02", "facility": "dc"}
        grid = {"activity": "electricity.grid", "quantity": "1000", "unit": "kWh"}
        client.post_records(
            book, [{**day, **grid, "region": f"CN-{each}"} for each in ("GD", "SC")]
        )
    _, text, _ = run("inventory", "--book", book, "--format", "json")
    notices = json.loads(text)["notices"]
    by_reason = Counter(each["reason"] for each in notices)
    assert max(by_reason.values()) > 1
    whole = Decimal(json.loads(text)["total"]["kg_co2e"])
    touched = [each for each in notices if "CN-GD" in each["message"]]
    assert touched
    assert all(0 < Decimal(each["kg_co2e"]) < whole for each in touched)
    _, _, grouped = run("inventory", "--book", book)
    assert grouped.count("notice: ") == len(by_reason)
    assert "t CO2e" in grouped
    _, _, each_told = run("inventory", "--book", book, "--notices")
    for each in notices:
        assert f"{each['message']} (records: {each['records']:,})" in each_told


def test_three_approaches_side_by_side(run, book):
    """One table, one document."""
    _, text, _ = run("inventory", "--book", book, "--consolidation", "all", "--format", "csv")
    rows = {row["account"]: row for row in csv.DictReader(io.StringIO(text))}
    assert rows["scope1.fugitive"] == {
        "account": "scope1.fugitive", "operational_control": "",
        "financial_control": "3847", "equity_share": "1923.5",
    }  # fmt: skip
    assert rows["scope3.15.investments"]["operational_control"] == "2012"
    _, text, _ = run("inventory", "--book", book, "--consolidation", "all")
    assert all(len(line) <= 100 for line in text.splitlines())
    assert text.splitlines()[-1].split()[0] == "total"
    _, text, _ = run("inventory", "--book", book, "--consolidation", "all", "--format", "json")
    assert list(json.loads(text)) == ["operational-control", "financial-control", "equity-share"]


def test_an_estimate_of_a_file_and_of_one_record(run, book, records_file):
    """The same document as the inventory; one record needs no file and no book."""
    _, text, remarks = run("estimate", records_file, "--book", book, "--format", "json",
                           "--each-record")  # fmt: skip
    document = json.loads(text)
    _, text, _ = run("inventory", "--book", book, "--format", "json")
    inventory = json.loads(text)
    del inventory["commit"], inventory["as_of_time"]  # an estimate is of what is given
    assert {name: document[name] for name in inventory} == inventory
    assert document["counts"] == {
        "records": 4,
        "posted": 3,
        "quarantined": 0,
        "suspended": 1,
        "rounded": 0,
    }
    kilograms = [Fraction(each["kg_co2e"]) for each in document["records"] if each["kg_co2e"]]
    assert sum(kilograms) == Fraction(document["total"]["kg_co2e"])
    assert "the nearest known are electricity.grid" in document["records"][3]["notices"][0]
    assert remarks == ""
    _, text, remarks = run("estimate", "--activity", "electricity.grid", "--quantity", "1000",
                           "--unit", "kWh", "--region", "GB", "--start", "2025-01-01",
                           "--end", "2026-01-01", "--each-record")  # fmt: skip
    row = next(line for line in text.splitlines() if line.startswith("scope2.location"))
    assert "177.000" in row.split()
    assert text.splitlines()[1].split()[:3] == ["0", "POSTED", "245.400"]
    assert "no residual mix of region 'GB'" in remarks


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["estimate"], "expected files, or --activity, --quantity, --unit"),
        (["estimate", "FILE", "--activity", "x"], "got both"),
        (["explain", "--book", "acme", "--period", "2025-01", "--to", "2025-02"], "got both"),
        (["inventory", "--book", "acme", "--by", "colour"], "expected some of"),
    ],
)
def test_what_cannot_be_asked_is_told(run, records_file, words, told):
    """Before anything is sent."""
    exit_code, _, remarks = run(*[records_file if word == "FILE" else word for word in words])
    assert exit_code == 2
    assert told in remarks.replace("│ ", "").replace(" │", "")


def test_an_explanation_in_all_forms(run, book):
    """Tree, JSON and CSV of the same number; the replay is part of it."""
    exit_code, text, _ = run("explain", "--book", book, "--period", "2025-01", "--replay",
                             "--records", "1", "--consolidation", "equity-share")  # fmt: skip
    assert exit_code == 0
    assert "\N{MULTIPLICATION SIGN} 0.5 share" in text
    assert "Open Government Licence v3.0" in text.replace("\n", " ")
    assert "channels/erp at 0" in text
    assert "replay agrees" in text
    assert all(len(line) <= 100 for line in text.splitlines())
    _, text, _ = run("explain", "--book", book, "--replay", "--records", "9", "--format", "json")
    document = json.loads(text)
    total = sum(Fraction(line["kg_co2e"]) for line in document["lines"])
    assert total == Fraction(document["total"]["kg_co2e"])
    assert document["replay"]["agrees"] is True
    assert [each["offset"] for each in document["records"]] == [0, 1, 2]
    _, text, _ = run("explain", "--book", book, "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert sum(Fraction(row["kg_co2e"]) for row in rows) == total
    _, text, _ = run("explain", "--book", book, "--activity", "nothing", "--format", "json")
    assert json.loads(text)["lines"] == []


def test_a_replay_that_does_not_agree_fails(run, running, book):
    """What differs is in the tree, and the exit code is 1."""
    objects = running.server._ledger.upkeep._objects
    (path,) = [info.path for info in objects.list("acme/segments")]
    content = objects.get(path)
    objects.delete(path)
    objects.put(path, content + b"\0")
    try:
        exit_code, text, remarks = run("explain", "--book", book, "--replay")
    finally:
        objects.delete(path)
        objects.put(path, content)
    assert exit_code == 1
    assert "replay does not agree" in text
    assert "the replay differs" in remarks
