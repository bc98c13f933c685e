"""Keys of allocation that a book keeps: by id and day, by version, checked at once."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from tonne.cli.main import app
from tonne.client import Client
from tonne.errors import FieldInvalid, StatementUnknown
from tonne.model import Facility

KEY = """
id = "leases"
basis = "area"
unit = "m2"
reason = "contracts of 2025"

[[spans]]
valid_from = 2025-01-01
whole = 700
weights = { alpha = 300, beta = 150.0 }
"""
LATER = (
    KEY.replace("2025-01-01", "2025-01-01\nvalid_to = 2025-02-01", 1)
    + """
[[spans]]
valid_from = 2025-02-01
weights = { alpha = 1, beta = 1, gamma = 1 }
"""
)


@pytest.fixture(scope="module")
def book(running):
    """A hall of two months."""
    with Client(running.server.address) as client:
        client.create_book("keeper")
        client.import_facilities("keeper", [Facility("hall")])
        span = {"facility": "hall", "activity": "electricity.grid", "unit": "kWh", "region": "GB"}
        client.post_records(
            "keeper",
            [
                span | {"quantity": "1000", "start": "2025-01-01", "end": "2025-02-01"},
                span | {"quantity": "100", "start": "2025-02-01", "end": "2025-03-01"},
            ],
        )
    return "keeper"


@pytest.fixture
def run(running, book):
    """Run `tonne meter`; what it prints."""

    def invoke(*words):
        arguments = ["meter", *map(str, words), "--book", book, "--server", running.server.address]
        result = CliRunner().invoke(app, arguments)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.stdout + result.stderr

    return invoke


def test_a_kept_key_is_read_by_id_and_day(run, running, book, tmp_path):
    """Each version speaks from its day on, stays, and gives what the file gives."""
    file = tmp_path / "key.toml"
    file.write_text(KEY, encoding="utf-8")
    assert "version 1, from 2025-01-01" in run("key", "keep", file, "--author", "Ada")
    asked = ("reconcile", "--meter", "hall", "--from", "2025-01", "--to", "2025-02",
             "--format", "json")  # fmt: skip
    first = json.loads(run(*asked, "--key-id", "leases"))
    assert first == json.loads(run(*asked, "--key", file))
    assert first["key"] == {
        "id": "leases", "version": 1, "basis": "area", "reason": "contracts of 2025",
    }  # fmt: skip
    file.rename(tmp_path / "first.toml")
    file.write_text(LATER, encoding="utf-8")
    told = run("key", "keep", file, "--author", "Ada", "--valid-from", "2025-06-01",
               "--reason", "a third tenant")  # fmt: skip
    assert "version 2, from 2025-06-01" in told
    second = json.loads(run(*asked, "--key-id", "leases"))
    assert second["key"]["version"] == 2
    assert [part["amount"] for part in second["months"][1]["parts"]] == [
        "33.333333333333333333",
        "33.333333333333333333",
        "33.333333333333333334",
    ]
    then = ("--as-of", first["commit"])
    assert json.loads(run(*asked, "--key-id", "leases", *then)) == first
    assert json.loads(run(*asked, "--key", tmp_path / "first.toml", *then)) == first
    moment = {name: second[name] for name in ("commit", "as_of_time")}
    for version in (("--on", "2025-05-31"), ("--key-version", "1")):
        assert json.loads(run(*asked, "--key-id", "leases", *version)) == first | moment
    assert "leases" in run("key", "list")
    run("key", "withdraw", "leases", "--author", "Ada", "--reason", "gone")
    months = {"from_period": "2025-01", "to_period": "2025-02"}
    with Client(running.server.address) as client:
        with pytest.raises(StatementUnknown):
            client.allocate_meter(book, "hall", "leases", **months)
        again = client.allocate_meter(book, "hall", "leases", key_version=2, **months)
        with pytest.raises(FieldInvalid, match="either a version or a day"):
            client.allocate_meter(
                book, "hall", "leases", key_version=2, key_valid_on="2025-07-01", **months
            )
    assert (again.key_version, again.key_reason) == (2, "a third tenant")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('unit = "m2"', 'unit = "kg"', "a unit of area"),
        ("whole = 700", "whole = 7", "no less than its weights"),
        ("alpha = 300", 'alpha = "-3"', "at least 0"),
        ('basis = "area"', 'basis = "size"', "one of energy, area"),
    ],
)
def test_a_key_that_contradicts_itself_is_not_kept(run, tmp_path, old, new, told):
    """As a question with such a key is refused."""
    file = tmp_path / "key.toml"
    file.write_text(KEY.replace(old, new), encoding="utf-8")
    with pytest.raises(FieldInvalid, match=told):
        run("key", "keep", file, "--author", "Ada")
