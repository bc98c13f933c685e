"""A book's own indicators: stated, computed by version, retired; nonsense is refused."""

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
from tonne.errors import FieldInvalid, StatementUnknown
from tonne.model import Facility
from tonne.statements.statement import statement_of
from tonne.statements.targets import Target, TargetType

FILE = """\
record_id,facility,activity,quantity,unit,start,end,region
1,hut,electricity.grid,100,kWh,2025-01-01,2025-02-01,GB
2,hut,fuel.diesel.stationary,10,l,2025-01-01,2025-02-01,GB
3,group,driver.traffic,8,TB,2025-01-01,2025-02-01,
4,group,driver.people,3,person.month,2025-01-01,2025-02-01,
"""
FIRST = """\
[[indicator]]
id = "electricity_per_traffic"
title = "Electricity per traffic"
source = "the board, 3 May"
unit = "kWh/TB"
digits = 2
better = "lower"
numerator = [{ accounts = ["memo.energy"], measure = "kwh", activities = ["electricity"] }]
denominator = [{ accounts = ["memo.traffic"], measure = "amount", unit = "TB" }]
"""
SECOND = FIRST.replace(', activities = ["electricity"]', "").replace("digits = 2", "digits = 1")


@pytest.fixture(scope="module")
def book(running):
    """A hut, and what its company carries."""
    with Client(running.server.address) as client:
        client.create_book("own")
        client.import_facilities("own", [Facility("hut", type="base_station"), Facility("group")])
        with client.channel("own", "erp") as channel:
            channel.append(csv.DictReader(io.StringIO(FILE)))
    return "own"


@pytest.fixture
def run(running, monkeypatch):
    """Run `tonne indicator`: its output and remarks, or what it fails with."""
    monkeypatch.setattr(output, "PIPE_WIDTH", 100)

    def invoke(*words):
        arguments = ["indicator", *map(str, words), "--server", running.server.address]
        result = CliRunner().invoke(app, arguments)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.stdout + result.stderr

    return invoke


def test_a_version_never_changes_what_was_asked_under_another(run, running, book, tmp_path):
    """Stated, stated anew, retired: each version has its values; the plain id is the latest."""
    file = tmp_path / "own.toml"
    said = ("--book", book, "--author", "Ada", "--reason", "new")
    file.write_text(FIRST, encoding="utf-8")
    assert "version 1" in run("define", file, *said)
    with Client(running.server.address) as client:
        (first,) = client.indicators(book, "electricity_per_traffic").values
        assert (first.version, first.value, first.exact) == (1, "12.50", Fraction(100, 8))
        file.write_text(SECOND, encoding="utf-8")
        assert "version 2" in run("define", file, *said)
        assert "version 2" in run("define", file, *said)  # the same again makes none
        (latest,) = client.indicators(book, "electricity_per_traffic").values
        assert latest.version == 2
        assert latest.numerator > 100
        both = client.indicators(book, ("electricity_per_traffic", "electricity_per_traffic@1"))
        assert sorted(each.version for each in both.values) == [1, 2]
        assert first in both.values
        *_, explained = client.explain_indicator(book, "electricity_per_traffic@1")
        assert explained == first
        found = {each.id: each for each in client.list_indicators(book=book)}
        assert found["electricity_per_traffic"].book == book
        assert found["pue_3"].book == ""
        assert "electricity_per_traffic" in {
            each.indicator for each in client.indicators(book).values
        }
        with pytest.raises(StatementUnknown):
            client.indicators(book, "electricity_per_traffic@9")
        (check,) = client.check_claims([("electricity_per_traffic", "-1")], book=book)
        assert "cannot be below 0" in check.refusal

        assert "is retired" in run("retire", "electricity_per_traffic", *said)
        with pytest.raises(FieldInvalid, match="no indicator is called"):
            client.indicators(book, "electricity_per_traffic")
        (again,) = client.indicators(book, "electricity_per_traffic@1").values
        assert again == first
    shown = run("value", "--book", book, "-i", "electricity_per_traffic", "--version", "1")
    assert "12.50" in shown
    versions = json.loads(
        run("versions", "electricity_per_traffic", "--book", book, "--format", "json")
    )
    assert [each["retired"] for each in versions] == [False, False, True]
    assert "(retired)" in run("versions", "electricity_per_traffic", "--book", book)


def test_a_target_may_name_an_indicator_of_the_book(run, running, book, tmp_path):
    """Its figures are those of the definition, and what this cannot be is refused."""
    file = tmp_path / "own.toml"
    text = FIRST.replace("electricity_per_traffic", "kwh_per_head").replace(
        'accounts = ["memo.traffic"], measure = "amount", unit = "TB"',
        'accounts = ["memo.people"], measure = "amount", unit = "person.year"',
    )
    file.write_text(text.replace("kWh/TB", "kWh/person.year"), encoding="utf-8")
    run("define", file, "--book", book, "--author", "Ada", "--reason", "new")
    target = Target(
        "less per head",
        TargetType.INTENSITY,
        "2030-01",
        indicator="kwh_per_head",
        target_value="-3",
        unit="kWh/person.year",
    )
    with Client(running.server.address) as client, pytest.raises(FieldInvalid, match="below 0"):
        client.add_statements(book, [statement_of("t", target, reason="new")], author="Ada")


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ('"memo.energy"]', '"memo.enrgy"]', "accounts"),
        ('"memo.energy"]', '"scope1"]', "accounts"),
        ('measure = "kwh"', 'measure = "kg_co2e"', "accounts"),
        ('activities = ["electricity"]', 'activities = ["electricty"]', "activities"),
        ('activities = ["electricity"]', 'facility_types = ["hut"]', "facility_types"),
        ('measure = "kwh"', 'measure = "joule"', "measure"),
        ('measure = "kwh"', 'measure = "kwh", unit = "kg"', "unit"),
        ('unit = "TB" }', 'unit = "TB", optional = true }', "denominator"),
        ('unit = "kWh/TB"', 'unit = "kWh/{money}"', "unit"),
        ("digits = 2", "digits = 99", "digits"),
        ("digits = 2", "digts = 2", "own.toml: indicator[0]"),
        ("digits = 2", 'digits = 2\ntimes = "0"', "times"),
        ("digits = 2", "digits = 2\nversion = 2", "version"),
        ('better = "lower"', 'better = "less"', "better"),
        ('better = "lower"', 'better = "lower"\nbounds = { low = "2", high = "1" }', "high"),
        ('better = "lower"', 'better = "lower"\ngrades = { limits = { a = "1" } }', "source"),
        ("numerator = [{", 'numerator = [{ accounts = ["memo.energy"], measure = "kwh" }, {',
         "numerator[1]"),
        ("numerator = [{",
         'numerator = [{ accounts = ["memo.water"], measure = "amount", unit = "m3" }, {',
         "numerator"),
        ("electricity_per_traffic", "pue_3", "id"),
    ],
)  # fmt: skip
def test_what_does_not_add_up_is_refused(  # noqa: PLR0917  # pytest passes by name
    run, book, tmp_path, old, new, field
):
    """The field, before anything is stated; a shipped id is the server's to refuse."""
    assert old in FIRST
    file = tmp_path / "own.toml"
    file.write_text(FIRST.replace(old, new), encoding="utf-8")
    with pytest.raises(FieldInvalid) as caught:
        run("define", file, "--book", book, "--author", "Ada", "--reason", "new")
    assert field in str(caught.value).split(": expected")[0]
