"""Tables for people, JSON and CSV for programs."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
from decimal import Decimal
from pathlib import Path

import pytest

from tonne.cli.terminal import output
from tonne.cli.terminal.output import TABLE_ROWS_MAX, Column, Format, print_rows, print_table, say
from tonne.text.visible import read_csv_cell

COLUMNS = (Column("name"), Column("kg", "kg CO2e", is_rounded=True), Column("count"),
           Column("when"), Column("note", is_optional=True))  # fmt: skip
ROWS = [
    {"name": "a", "kg": Decimal("1234567.890123456789"), "count": 1_000_000, "when": None},
    {"name": 'b,\n"c"', "kg": None, "count": 0, "when": dt.datetime(2025, 1, 2, tzinfo=dt.UTC)},
]  # fmt: skip


def test_json_is_whole_and_exact(capsys):
    """Decimals are texts with all their digits, what is unknown is null."""
    print_rows(COLUMNS, ROWS, Format.JSON)
    assert json.loads(capsys.readouterr().out) == [
        {"name": "a", "kg": "1234567.890123456789", "count": 1_000_000, "when": None,
         "note": None},
        {"name": 'b,\n"c"', "kg": None, "count": 0, "when": "2025-01-02T00:00:00Z",
         "note": None},
    ]  # fmt: skip


def test_csv_reads_back(capsys):
    """CSV keeps every digit, quotes what needs it, and has one line for each row."""
    print_rows(COLUMNS, ROWS, Format.CSV)
    read = list(csv.reader(io.StringIO(capsys.readouterr().out)))
    assert read == [
        ["name", "kg", "count", "when", "note"],
        ["a", "1234567.890123456789", "1000000", "", ""],
        ["'" + r'b,\n"c"', "", "0", "2025-01-02T00:00:00Z", ""],
    ]


@pytest.mark.parametrize("form", [Format.JSON, Format.CSV, Format.TABLE])
def test_nothing_is_printed_as_nothing(form, capsys):
    """An empty list is an empty array, a header alone, or an empty table."""
    print_rows(COLUMNS, [], form)
    expected = {Format.JSON: "[]\n", Format.CSV: "name,kg,count,when,note\n"}
    printed, said = capsys.readouterr()
    assert printed == expected.get(form, printed)
    assert "name" in printed or form is Format.JSON
    assert said == ("(none)\n" if form is Format.TABLE else "")


def test_a_table_is_made_for_people(capsys):
    """Thousands are separated, masses rounded, columns without values left out."""
    print_table(COLUMNS, ROWS[:1], {"name": "total", "kg": Decimal(2000000), "count": 2})
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["name", "kg", "CO2e", "count", "when"]
    assert lines[1].split() == ["a", "1,234,567.9", "1,000,000"]
    assert lines[2].split() == ["total", "2,000,000.0", "2"]


def test_a_table_keeps_the_digits_of_what_is_no_mass(capsys):
    """A quantity has all its digits; a hash only as many characters as tell it apart."""
    columns = (Column("quantity"), Column("sha256", chars_max=4))
    rows = [
        {"quantity": Decimal("1234.560000"), "sha256": "0123456789"},
        {"quantity": Decimal("-7.000001"), "sha256": "abcdef"},
        {"quantity": Decimal(100), "sha256": ""},
    ]
    print_table(columns, rows)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines[1:]] == [
        ["1,234.56", "0123"],
        ["-7.000001", "abcd"],
        ["100"],
    ]


def test_a_table_too_wide_becomes_blocks(capsys, monkeypatch):
    """Where the columns do not fit side by side, each row is a block, and no text is broken."""
    columns = (Column("status"), Column("count"), Column("message", width_min=40))
    status, message = "QUANTITY_MUST_BE_A_NUMBER", "a quantity is a decimal number " * 3
    rows = [{"status": status, "count": 1_000, "message": message}, {"status": "x", "count": 2}]

    monkeypatch.setattr(output, "PIPE_WIDTH", 80)
    print_table(columns, rows)
    wide = capsys.readouterr().out.splitlines()
    assert wide[0].split() == ["status", "count", "message"]
    assert all(len(line) <= 80 for line in wide)

    monkeypatch.setattr(output, "PIPE_WIDTH", 60)
    print_table(columns, rows)
    narrow = capsys.readouterr().out.splitlines()
    assert narrow[0].split() == ["status", status]
    assert narrow[1].split() == ["count", "1,000"]
    assert [line.split() for line in narrow[-3:]] == [[], ["status", "x"], ["count", "2"]]
    assert all(len(line) <= 60 for line in narrow)


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 factors"), (1, "1 factor"), (1_200, "1,200 factors")]
)
def test_things_are_counted_in_words(count, text):
    """One thing is singular, all other numbers are plural."""
    assert output.counted(count, "factor") == text
    assert output.counted(count, "facility") == text.replace("factors", "facilities").replace(
        "factor", "facility"
    )


def test_a_long_table_says_that_it_is_cut(capsys):
    """A table shows the first rows and names the formats that have all."""
    rows = ({"name": str(number)} for number in range(TABLE_ROWS_MAX + 1))
    print_rows([Column("name")], rows, Format.TABLE)
    output, errors = capsys.readouterr()
    assert len(output.splitlines()) == TABLE_ROWS_MAX + 1
    assert "--format csv" in errors


EVIL = [
    *("=1+1", "\x1b[2J\x1b]52;c;ZXZpbA==\x1b\\", "\x9b31m"),
    *("a\rb\nc", "\u202eevil", ":fire:[red]x"),
]


@pytest.mark.parametrize("form", list(Format))
@pytest.mark.parametrize("width", ["20", "200"])
def test_no_text_of_a_caller_is_a_command(form, width, capsys, monkeypatch):
    """Tables, blocks, CSV, JSON and remarks show what an id hides, each in its own row."""
    monkeypatch.setenv("COLUMNS", width)
    print_rows([Column("id"), Column("no")], [{"id": id_, "no": 1} for id_ in EVIL], form)
    for id_ in EVIL:
        say(f"notice: {id_}")
    printed, said = capsys.readouterr()
    for text in (printed, said):
        assert all(each.isprintable() or each == "\n" for each in text)
    assert said.count("\n") == len(EVIL)
    assert ":fire:[red]x" in printed
    if form is Format.JSON:
        assert [each["id"] for each in json.loads(printed)] == EVIL
    if form is Format.CSV:
        rows = list(csv.DictReader(io.StringIO(printed, newline="")))
        assert [read_csv_cell(each["id"]) for each in rows] == EVIL
        assert not any(line.startswith("=") for line in printed.splitlines())


def test_what_comes_from_others_is_printed_by_one_module():
    """No other module of the command makes JSON, CSV or a terminal's text of it by itself."""
    for path in Path(output.__file__).parent.glob("*.py"):
        source = path.read_text(encoding="utf-8")
        if path.name != "output.py":
            assert "json.dumps(" not in source, path
            assert "csv.writer(" not in source, path
            assert re.findall(r"(?<![\w.])Text\((?!f?\")", source) == [], path
