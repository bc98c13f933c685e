"""`tonne append` against a server: what it refuses before it posts, tells, and exits with."""

from __future__ import annotations

import itertools
import json

import pytest
from typer.testing import CliRunner

from tonne.cli.main import app
from tonne.client import Client

HEADER = "record_id,facility,activity,quantity,unit,start,end,region\n"

_numbers = itertools.count(1)


def row(number, quantity="10", unit="kWh", activity="electricity.grid"):
    """One line of a file: the bill of a day."""
    day, next_day = f"2025-01-{number:02}", f"2025-01-{number + 1:02}"
    return f'r{number},dc,{activity},"{quantity}",{unit},{day},{next_day},GB\n'


@pytest.fixture
def book(running):
    """A fresh book with the shipped catalogue."""
    name = f"appended-{next(_numbers)}"
    with Client(running.server.address) as client:
        client.create_book(name)
    return name


@pytest.fixture
def run(running, book):
    """Run a command of the book; gives its exit code, output and remarks."""

    def invoke(*words):
        arguments = [*map(str, words), "--book", book, "--server", running.server.address]
        result = CliRunner().invoke(app, arguments)
        if result.exception and not isinstance(result.exception, SystemExit):
            return 1, result.stdout, str(result.exception)
        return result.exit_code, result.stdout, " ".join(result.stderr.split())

    return invoke


@pytest.fixture
def append(run, tmp_path):
    """Append rows as a file of this name to a channel; gives exit code and remarks."""

    def invoke(rows, *words, channel="c", name="records.csv"):
        path = tmp_path / name
        path.write_text(HEADER + "".join(rows))
        code, _, remarks = run("append", path, "--channel", channel, *words)
        return code, remarks

    return invoke


def kwh(run):
    """Energy of the book."""
    _, text, _ = run("inventory", "--account", "memo.energy", "--format", "json")
    return float(json.loads(text)["total"]["energy_kwh"] or 0)


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([row(1), row(2)], 0),
        ([row(1), row(2, "1,000")], 3),
        ([row(1), row(2, activity="electricity.greed")], 3),
        ([row(1, "much"), row(2, unit="furlong")], 4),
        ([row(1, activity="electricity.greed")], 4),
    ],
)
def test_the_exit_code_says_what_is_posted(append, rows, code):
    """All, a part, or nothing; where all of it was there before, all."""
    assert append(rows)[0] == code


def test_an_inventory_tells_of_the_quarantine(append, run):
    """How many records of the book are in none of its numbers, and the command that lists them."""
    append([row(1), row(2, "much"), row(3, unit="furlong")])
    _, _, remarks = run("inventory")
    assert "in quarantine, and in no number above: 2 records of the book" in remarks
    assert "`tonne quarantine list --book" in remarks
    _, text, _ = run("inventory", "--format", "json")
    assert json.loads(text)["quarantined_records"] == 2


def test_strict_posts_nothing_where_a_record_would_be_refused(append, run, monkeypatch):
    """The records are named by their offsets, whatever the pieces in which they were tried."""
    monkeypatch.setattr("tonne.cli.appending.checks.ESTIMATE_RECORDS", 1)
    greed = row(3, activity="electricity.greed")
    code, remarks = append([row(1), row(2, "much"), greed, row(4, "more")], "--strict")
    assert code == 4
    assert "offset 1 and 1 more: QUANTITY_MUST_BE_A_NUMBER" in remarks
    assert "FACTOR_MUST_EXIST" not in remarks
    assert "2 records of 4 would go to quarantine; nothing was posted" in remarks
    assert kwh(run) == 0
    assert append([row(1), row(2), greed], "--strict")[0] == 3
    assert kwh(run) == 20


def test_what_stands_twice_stops_the_command(append, run):
    """Nothing is posted; left out, it is left out again by the next run and of a grown file."""
    rows = [row(1), row(2), row(1), row(3)]
    code, remarks = append(rows)
    assert (code, kwh(run)) == (4, 0)
    assert (
        "duplicate: records.csv, record 3 is the same record as records.csv, record 1" in remarks
    )
    for grown in ([], [], [row(2), row(4)]):
        assert append([*rows, *grown], "--repeats", "skip")[0] == 0
    assert kwh(run) == 40
    code, remarks = append([row(5), row(5, "7")], "--repeats", "skip", channel="d")
    assert (code, kwh(run)) == (4, 40)
    assert "conflict: records.csv, record 2 has the record_id 'r5'" in remarks
    assert append([row(5), row(5, "7")], "--repeats", "keep", channel="d")[0] == 0
    assert kwh(run) == 57
