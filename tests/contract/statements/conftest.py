"""A book of its own, and commands about it."""

from __future__ import annotations

import itertools
import json

import pytest
from typer.testing import CliRunner

from tonne.cli.main import app
from tonne.client import Client

_numbers = itertools.count(1)


@pytest.fixture
def client(running):
    """The SDK on the shared server."""
    with Client(running.server.address) as opened:
        yield opened


@pytest.fixture
def stated_book(client):
    """Id of a fresh book with the shipped catalogue."""
    name = f"stated-{next(_numbers)}"
    client.create_book(name)
    return name


@pytest.fixture
def run(running, stated_book):
    """Run a command of the book; gives its exit code, output and remarks."""

    def invoke(*words):
        arguments = [*map(str, words), "--book", stated_book, "--server", running.server.address]
        result = CliRunner().invoke(app, arguments)
        if result.exception and not isinstance(result.exception, SystemExit):
            return 1, result.stdout, str(result.exception)
        return result.exit_code, result.stdout, " ".join(result.stderr.split())

    return invoke


@pytest.fixture
def state(run):
    """State something by a command that must succeed; gives what it says."""

    def invoke(*words):
        code, _, told = run(*words, "--reason", "stated", "--author", "Ada")
        assert code == 0, told
        return told

    return invoke


EDITION = b"""\
activity,region,unit,valid_from,valid_to,kg_co2e,kg_co2,kg_ch4,kg_n2o,account,source,table,note
site.grid,,kWh,2010-01-01,,0.3,,,,scope2.location,own,1,
site.diesel,,l,2010-01-01,,2.7,,,,scope1.stationary,own,1,
"""

# kWh of the grid and of IT by year: 90 % of the grid for 120 % of the IT, then 60 %.
YEARS = {
    2020: ("120000", "60000"),
    2021: ("108000", "72000"),
    2022: ("72000", "72000"),
}


@pytest.fixture
def filled(client, stated_book):
    """A book with three years of one site."""
    client.import_edition(stated_book, "own", EDITION)
    records = []
    for year, (grid, it) in YEARS.items():
        span = {"facility": "dc", "start": f"{year}-01-01", "end": f"{year + 1}-01-01"}
        records += [
            span | {"activity": "site.grid", "unit": "kWh", "quantity": grid},
            span | {"activity": "electricity.it", "unit": "kWh", "quantity": it},
        ]
    records.append(
        span | {"activity": "electricity.onsite.solar", "unit": "kWh", "quantity": "1234.5"}
    )
    client.post_records(stated_book, records)
    return stated_book


TARGET = (
    "display_name=Half by 2025", "type=absolute", "accounts=scope1,scope2.location",
    "base_year_start=2020-01", "target_year_start=2025-01", "change_percent=-50",
)  # fmt: skip


def ask(run, *words):
    code, out, told = run(*words, "--format", "json")
    assert code == 0, told
    return json.loads(out)
