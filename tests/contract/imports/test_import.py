"""`tonne import` against a server: a file as it is, to a profile, to the ledger."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from tests.support.workbooks import write_xlsx
from tonne.cli.main import app
from tonne.client import Client

ROWS = [
    ["Bills of 2025", None, None, None, None],
    ["Building", "Energy type", "Usage (kWh)", "From", "To"],
    ["Tower A", "Electricity", 1000.5, "01/01/2025", "31/01/2025"],
    ["Tower A", "Electricity", 2000, "01/02/2025", "28/02/2025"],
    ["Total", None, 3000.5, None, None],
]


@pytest.fixture
def run(running):
    """Run a command; gives its exit code, output and remarks."""

    def invoke(*words, with_server=True):
        arguments = [*map(str, words)]
        arguments += ["--server", running.server.address] if with_server else []
        result = CliRunner().invoke(app, arguments)
        return result.exit_code, result.stdout, result.stderr, result.exception

    return invoke


@pytest.fixture
def book(running, request):
    """A book of this test."""
    name = request.node.name.replace("_", "-")[:40]
    with Client(running.server.address) as client:
        client.create_book(name)
    return name


def test_a_file_becomes_an_inventory_by_three_commands(run, book, tmp_path):
    """Guess, answer, import; the questions stand in the way until they are answered."""
    path = write_xlsx(tmp_path / "bills.xlsx", {"Bills": ROWS})
    profile = tmp_path / "p.toml"
    code, out, said, _ = run("import", path, "--guess", "--output", profile)
    assert (code, out) == (5, "")
    assert "assumed: 'Electricity' is electricity.grid" in said
    assert "1 question to answer" in said
    assert "in which region is it?" in said
    assert f"next: tonne import {path} --profile {profile} --book BOOK --dry-run" in said
    assert "1000.5" in said
    code, _, _, error = run("import", path, "--profile", profile, "--book", book)
    assert code == 1
    assert "1 to answer: line" in str(error)
    lines = [line for line in profile.read_text().splitlines() if not line.startswith("# ASK:")]
    profile.write_text("\n".join(lines).replace('region = "?"', 'region = "GB"'))
    words = ("import", path, "--profile", profile, "--book", book, "--format", "json")
    code, out, said, _ = run(*words, "--dry-run")
    assert code == 0
    assert "1 left out (row 5): column 'Building' is 'Total'" in said
    assert "nothing was posted" in said
    with_records = run("inventory", "--book", book, "--format", "json")[1]
    assert json.loads(with_records)["rows"] == []
    code, out, _, error = run(*words)
    assert (code, error) == (0, None)
    assert json.loads(out)[0]["posted"] == 2
    rows = json.loads(run("inventory", "--book", book, "--by", "period", "--account",
                          "memo.energy", "--format", "json")[1])["rows"]  # fmt: skip
    assert {row["period"]: row["energy_kwh"] for row in rows} == {
        "2025-01": "1000.5",
        "2025-02": "2000",
    }


def test_strict_posts_nothing_where_a_record_would_not_be_posted(run, book, tmp_path):
    """And tells which; without it the good ones are posted."""
    path = tmp_path / "a.csv"
    path.write_text(
        "facility,activity,quantity,unit,start,end,region\n"
        "a,electricity.grid,1,kWh,2025-01-01,2025-02-01,GB\n"
        "a,electricity.grid,1 kWh,kWh,2025-01-01,2025-02-01,GB\n"
    )
    words = ("import", path, "--book", book, "--decimal", ".")
    code, _, said, _ = run(*words, "--strict")
    assert code == 4
    assert "nothing was posted: --strict" in said
    assert "record 1: QUANTITY_MUST_BE_A_NUMBER" in said
    assert run(*words, "--dry-run")[0] == 3
    code, out, _, _ = run(*words, "--format", "json")
    assert json.loads(out)[0]["posted"] == 1


def test_a_profile_serves_append_and_estimate_too(run, book, tmp_path):
    """The same options, the same records."""
    path = write_xlsx(tmp_path / "bills.xlsx", {"Bills": ROWS})
    profile = tmp_path / "p.toml"
    profile.write_text(
        '[file]\nheader_row = 2\n[dates]\nformats = "dd/mm/yyyy"\ninclusive_ends = true\n'
        '[columns]\nfacility = "Building"\nquantity = "Usage (kWh)"\nstart = "From"\nend = "To"\n'
        '[constants]\nactivity = "electricity.grid"\nunit = "kWh"\nregion = "GB"\n'
        '[[leave_out]]\ncolumn = "Building"\nequals = "total"\n'
    )
    _, out, _, _ = run("estimate", path, "--profile", profile, "--format", "json")
    assert json.loads(out)["counts"]["posted"] == 2
    _, out, said, _ = run("append", path, "--profile", profile, "--book", book, "--channel", "c",
                          "--format", "json")  # fmt: skip
    assert json.loads(out)[0]["posted"] == 2
    assert "1 left out (row 5)" in said
    _, out, _, _ = run("append", path, "--profile", profile, "--book", book, "--channel", "c",
                       "--format", "json")  # fmt: skip
    assert json.loads(out)[0]["skipped"] == 2


CSV = "record_id,facility,activity,quantity,unit,start,end,region\n" + "".join(
    f"r{day},dc,electricity.grid,{day},kWh,2025-01-{day:02},2025-01-{day + 1:02},GB\n"
    for day in range(1, 5)
)


def test_a_dry_run_stops_where_the_run_would(run, book, tmp_path):
    """Rows of another channel, rows that differ; what is there already is not tried again."""
    path = tmp_path / "days.csv"
    path.write_text(CSV)
    to = ("import", path, "--book", book, "--channel")
    assert run(*to, "a")[0] == 0
    code, _, said, _ = run(*to, "b", "--dry-run")
    assert code == 4
    assert "count twice" in said
    code, _, said, _ = run(*to, "b", "--dry-run", "--again")
    assert code == 0
    assert "since --again says so" in said
    path.write_text(CSV + "r9,dc,electricity.grid,9,kWh,2025-01-09,2025-01-10,GB\n")
    code, out, said, _ = run(*to, "a", "--dry-run", "--format", "json")
    assert (code, json.loads(out)[0]["records"]) == (0, 1)
    assert "4 records of the files in the ledger already" in said
    path.write_text(CSV.replace(",3,kWh", ",300,kWh"))
    code, _, said, _ = run(*to, "a", "--dry-run")
    assert code == 4
    assert "'300'" in said


def test_a_guess_writes_over_no_profile(run, tmp_path):
    """It may hold answers."""
    path = write_xlsx(tmp_path / "bills.xlsx", {"Bills": ROWS})
    profile = tmp_path / "p.toml"
    profile.write_text("# mine\n")
    code, _, said, _ = run("import", path, "--guess", "--output", profile)
    assert code == 2
    assert "may hold your answers" in " ".join(said.split())
    assert profile.read_text() == "# mine\n"


def test_readings_of_a_register_are_imported_as_what_was_used(run, book, tmp_path):
    """The guess asks for it; the profile says it, and what else is known of the register."""
    path, profile = tmp_path / "stand.csv", tmp_path / "p.toml"
    rows = "".join(
        f"m1,{stand},kWh,2025-01-0{day}\n" for day, stand in enumerate((99900, 99950, 20), 1)
    )
    path.write_text("Site,Stand,Unit,Date\n" + rows)
    code, _, said, _ = run("import", path, "--guess", "--output", profile)
    assert code == 5
    assert (
        "does the column of quantities count up (a meter's register; its name is 'Stand')" in said
    )
    text = "\n".join(each for each in profile.read_text().splitlines() if "ASK" not in each)
    answers = {
        "activity": "electricity.grid",
        "region": "GB",
        "readings": "start",
    }
    for key, word in answers.items():
        text = text.replace(f'{key} = "?"', f'{key} = "{word}"')
    profile.write_text(text.replace("[registers]", '[registers]\nrollover = "100000"'))
    words = ("import", path, "--profile", profile, "--book", book, "--format", "json")
    code, out, said, error = run(*words)
    assert (code, error) == (0, None), said
    assert json.loads(out)[0]["posted"] == 2
    rows = json.loads(run("inventory", "--book", book, "--by", "period", "--account",
                          "memo.energy", "--format", "json")[1])["rows"]  # fmt: skip
    assert [row["energy_kwh"] for row in rows] == ["120"]


def test_strict_posts_what_standard_input_gave(running, book):
    """It can be read once alone: what was tried is what is posted."""
    command = [sys.executable, "-m", "tonne.cli.main", "import", "-", "--file-format", "csv"]
    command += ["--strict", "--book", book, "--server", running.server.address]
    done = subprocess.run(command, input=CSV.encode(), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    with Client(running.server.address) as client:
        assert len(list(client.list_records(book))) == 4


def test_wall_clock_times_are_of_the_book_and_an_hour_that_stands_twice_is_two(
    run, running, tmp_path
):
    """The 25 hours of a meter in London: none lost, none taken for a copy, run again or tried."""
    with Client(running.server.address) as client:
        client.create_book("clock-of-london", time_zone="Europe/London")
    hours = [0, 1, 1, *range(2, 24)]
    head = "record_id,facility,activity,quantity,unit,start,end,region\n"
    line = "h,office,electricity.grid,10,kWh,2025-10-26T{:02}:00:00,{}:00:00,GB\n"
    ends = [f"2025-10-{26 + (hour + 1) // 24}T{(hour + 1) % 24:02}" for hour in hours]
    path = tmp_path / "day.csv"
    path.write_text(head + "".join(map(line.format, hours, ends)))
    told = "times without a time zone; they are taken for those of the book's clock, Europe/London"
    where = ("--book", "clock-of-london")

    def said(*words):
        code, out, remarks, _ = run(*words, *where)
        assert code == 0
        return out, " ".join(remarks.split())

    for words in (["import", path, "--dry-run"], ["append", path, "--channel", "c"]):
        assert told in said(*words)[1]
    assert "reversed" not in said("append", path, "--channel", "c")[1]
    out, _ = said("inventory", "--account", "memo.energy", "--by", "period", "--format", "json")
    rows = json.loads(out)["rows"]
    assert [(row["period"], float(row["energy_kwh"])) for row in rows] == [("2025-10", 250)]
    assert told in said("estimate", path)[1]
