"""Sheets with what is no amount, against a server: nothing counts that nobody meant."""

from __future__ import annotations

import re
import uuid
import zipfile
from decimal import Decimal

import pytest
from typer.testing import CliRunner

from tests.support.workbooks import write_xlsx
from tonne.cli.main import app
from tonne.client import Client

PROFILE = """
[columns]
facility = "Site"
[constants]
activity = "electricity.grid"
unit = "kWh"
region = "GB"
[[values]]
dates = "mmm yyyy"
"""
ROWS = [["Site", "Jan 2025", "Feb 2025"], ["A", 100.0, 200.0], ["B", 30.0, 4.0]]
HEAD = "facility,activity,quantity,unit,start,end,region\n"
REST = "kWh,2025-01-01,2025-02-01,GB\n"


@pytest.fixture
def book(running):
    """A book of this test."""
    name = f"b{uuid.uuid4().hex[:12]}"
    with Client(running.server.address) as client:
        client.create_book(name)
    return name


@pytest.fixture
def run(running):
    """Run a command; gives its exit code, output and remarks."""

    def invoke(*words):
        result = CliRunner().invoke(app, [*map(str, words), "--server", running.server.address])
        return result.exit_code, result.stdout, f"{result.stderr} {result.exception or ''}"

    return invoke


@pytest.fixture
def total(running, book):
    """The sum of what the book has of grid electricity (kWh), of all its records."""

    def read():
        with Client(running.server.address) as client:
            records = list(client.list_records(book))
        return sum((Decimal(str(each.record["quantity"])) for each in records), Decimal())

    return read


def sheet(tmp_path, *changes):
    """A workbook of two sites and two months, with changes to its XML."""
    path = write_xlsx(tmp_path / "a.xlsx", {"Use": ROWS})
    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name).decode() for name in book.namelist()}
    for old, new in changes:
        assert old in parts["xl/worksheets/sheet1.xml"]
        parts["xl/worksheets/sheet1.xml"] = parts["xl/worksheets/sheet1.xml"].replace(old, new)
    with zipfile.ZipFile(path, "w") as book:
        for name, text in parts.items():
            book.writestr(name, text)
    return path


def test_an_error_of_a_sheet_goes_to_quarantine_with_its_place(run, book, total, tmp_path):
    """The other cells are posted; the exit code says that not all are."""
    (tmp_path / "p.toml").write_text(PROFILE)
    path = sheet(tmp_path, ('<c r="B3"><v>30.0</v></c>', '<c r="B3" t="e"><v>#REF!</v></c>'))
    arguments = ("import", path, "--profile", tmp_path / "p.toml", "--book", book)
    code, _, said = run(*arguments)
    assert code == 3
    assert "1 (row 3): a cell shows an error of the spreadsheet" in said
    assert "'#REF!'" in said
    assert total() == 304
    _, out, _ = run("quarantine", "list", "--book", book, "--format", "csv")
    assert "#REF!" in out
    assert '"a.xlsx#Use!row 3, column Jan 2025"' in out


def test_an_error_is_no_facility(run, book, total, tmp_path):
    """Neither of a workbook nor of a text; the record waits with what is written there."""
    path = tmp_path / "a.csv"
    path.write_text(f"{HEAD}A,electricity.grid,1,{REST}#N/A,electricity.grid,7,{REST}")
    code, _, said = run("append", path, "--book", book, "--channel", "c")
    assert code == 3
    assert re.search(r"FIELD_MUST_BE_READABLE: facility: expected .*; got '#N/A'", said)
    assert total() == 1


@pytest.mark.parametrize("command", ["import", "append"])
def test_hidden_rows_and_sums_are_posted_by_nobody_s_silence(run, book, total, tmp_path, command):
    """Each answer is an option, and nothing is posted before it."""
    (tmp_path / "p.toml").write_text(PROFILE)
    hidden = sheet(tmp_path, ('<row r="3">', '<row r="3" hidden="1">'))
    arguments = (
        command,
        hidden,
        "--profile",
        tmp_path / "p.toml",
        "--book",
        book,
        "--channel",
        "c",
    )
    code, _, said = run(*arguments)
    assert code == 1
    assert "1 of its rows (row 3) are hidden in the sheet" in said
    assert 'or --hidden read; where not, hidden = "leave_out", or --hidden leave-out' in said
    assert total() == 0
    assert run(*arguments, "--hidden", "leave-out")[0] == 0
    assert total() == 300


@pytest.mark.parametrize("command", ["estimate", "import --dry-run", "import --strict", "append"])
def test_what_is_rounded_is_told_by_every_command_that_reads_files(run, book, tmp_path, command):
    """Before it is posted as well as after."""
    path = tmp_path / "a.csv"
    path.write_text(f"{HEAD}A,electricity.grid,0.1234567890123456789,{REST}")
    channel = () if command == "estimate" else ("--channel", "c")
    code, _, said = run(*command.split(), path, "--book", book, *channel)
    assert code == 0
    assert "1 quantity with more than 18 places" in said
    assert "the first is 0.1234567890123456789" in said
