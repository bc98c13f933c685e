"""`GetCoverage` and `tonne coverage` against a server."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json

import pytest
from typer.testing import CliRunner

from tonne.cli.main import app
from tonne.client import Client
from tonne.edge.messages import report_codec

DAYS = [day for day in range(1, 32) if not 10 <= day < 20]


def records():
    """A meter with a record a day, one without ten of them, one with a day twice."""
    for facility, days in (("bs-1", range(1, 32)), ("bs-2", DAYS), ("bs-3", [*range(1, 32), 5])):
        for number, day in enumerate(days):
            start = dt.date(2025, 3, day)
            yield {
                "record_id": f"{facility}-{number}",
                "facility": facility,
                "activity": "electricity.grid",
                "quantity": 100,
                "unit": "kWh",
                "start": f"{start}T00:00:00+08:00",
                "end": f"{start + dt.timedelta(days=1)}T00:00:00+08:00",
                "region": "CN-GD",
            }
    yield {
        "facility": "bs-9",
        "activity": "electricty.grid",  # waits in suspense, and covers all the same
        "quantity": 1,
        "unit": "kWh",
        "start": "2025-03-31T00:00:00+08:00",
        "end": "2025-03-31T12:00:00+08:00",
    }


@pytest.fixture(scope="module")
def client(running):
    with Client(running.server.address) as client:
        client.create_book("meters", time_zone="Asia/Shanghai")
        with client.channel("meters", "c") as channel:
            channel.append(records())
        yield client


@pytest.fixture
def run(running, client):
    del client

    def invoke(*words):
        arguments = ["coverage", "--book", "meters", *words, "--server", running.server.address]
        result = CliRunner().invoke(app, arguments, catch_exceptions=False)
        return result.exit_code, result.stdout, " ".join(result.stderr.split())

    return invoke


def test_the_client_reads_gaps_overlaps_and_the_zone(client):
    """The days are those of the book."""
    first, second, third, waiting = client.coverage("meters")
    assert (first.facility, first.record_count, first.gaps, first.overlaps) == ("bs-1", 31, (), ())
    (gap,) = second.gaps
    assert (gap.first_day, gap.last_day) == (dt.date(2025, 3, 10), dt.date(2025, 3, 19))
    assert gap.start == dt.datetime(2025, 3, 9, 16, tzinfo=dt.UTC)
    assert [day.day for day in gap.days()] == list(range(10, 20))
    (overlap,) = third.overlaps
    assert overlap[0].isoformat() == "2025-03-04T16:00:00+00:00"
    assert waiting.activity == "electricty.grid"
    assert (len(waiting.gaps), list(waiting.gaps[0].days())) == (1, [])
    assert first.time_zone == "Asia/Shanghai"


def test_a_row_with_many_gaps_comes_in_parts(client, monkeypatch):
    """And is put together again."""
    whole = list(client.coverage("meters", from_period="2025-01", to_period="2025-05"))
    assert any(len(row.gaps) > 2 for row in whole)
    monkeypatch.setattr(report_codec, "ROWS_PER_MESSAGE", 1)
    assert list(client.coverage("meters", from_period="2025-01", to_period="2025-05")) == whole


def test_the_command_names_the_days(run):
    """What is whole is counted; `--all` shows it."""
    code, shown, said = run()
    assert code == 0
    assert "2025-03-10 to 2025-03-19" in shown
    assert "2025-03-05 to 2025-03-06" in shown
    assert "2025-03-31 12:00 to 2025-04-01" in shown
    assert "bs-1" not in shown
    assert "4 facilities with an activity: 2 with gaps, 1 with overlaps" in said
    assert "bs-1" in run("--all")[1]


def test_the_command_goes_by_month(run):
    code, shown, _ = run(
        "--by", "month", "--from", "2025-03", "--to", "2025-04", "--format", "csv"
    )
    assert code == 0
    rows = list(csv.DictReader(io.StringIO(shown)))
    assert [(row["facility"], row["month"], row["days"], row["missing_days"]) for row in rows] == [
        ("bs-1", "2025-04", "30", "30"),
        ("bs-2", "2025-03", "31", "10"),
        ("bs-2", "2025-04", "30", "30"),
        ("bs-3", "2025-04", "30", "30"),
        ("bs-9", "2025-03", "31", "30"),
        ("bs-9", "2025-04", "30", "30"),
    ]
    assert rows[1]["missing"] == "2025-03-10 to 2025-03-19"
    code, _, said = run("--by", "week")
    assert code != 0
    assert "month" in said


def test_programs_get_all_of_it(run):
    """JSON with times in UTC, CSV with a line a gap or overlap."""
    found = json.loads(run("--facility", "bs-2", "--format", "json")[1])
    assert [(row["facility"], row["missing_days"]) for row in found] == [("bs-2", 10)]
    assert found[0]["gaps"][0]["first_day"] == "2025-03-10"
    rows = list(csv.DictReader(io.StringIO(run("--format", "csv")[1])))
    assert [(row["facility"], row["kind"], row["days"]) for row in rows] == [
        ("bs-2", "gap", "10"),
        ("bs-3", "overlap", ""),
        ("bs-9", "gap", "0"),
    ]


def test_an_empty_answer_says_so(run):
    code, shown, said = run("--facility", "nobody")
    assert (code, shown) == (0, "")
    assert "no record of book meters" in said
