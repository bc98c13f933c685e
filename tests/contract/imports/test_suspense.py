"""The suspense as a worklist: by cause, exported, mended, or cleared once a word is learnt."""

from __future__ import annotations

import csv
import io
import json

import pytest

from tests.contract.imports.rows import kwh, row

ODD = [
    row(1, activity="Strom Werk 2"),
    row(2, activity="Strom Werk 2", quantity="5"),
    row(3, region="Guangdnog"),
    row(4),
]

WHO = ("--author", "Ada", "--reason", "plant 2")


def table(text):
    """Rows of a CSV."""
    return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture
def mend(run, tmp_path):
    """Give rows back as a worklist."""

    def invoke(rows):
        path = tmp_path / "mended.csv"
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, fieldnames=rows[0])
            writer.writeheader()
            writer.writerows(rows)
        return run("suspense", "mend", path)

    return invoke


def test_the_suspense_is_counted_by_cause_and_each_says_what_mends_it(append, run):
    """Counts, quantities by unit and times; the message has the command."""
    append(ODD)
    causes = json.loads(run("suspense", "list", "--by-cause", "--format", "json")[1])
    found = [(each["field"], each["got"], each["records"]) for each in causes]
    assert found == [("activity", "Strom Werk 2", 2), ("region", "Guangdnog", 1)]
    assert causes[0]["quantities"] == "15 kWh"
    assert causes[0]["start"][:10] == "2024-12-31"  # a day of the book, which is of Shanghai
    assert "tonne word learn --book" in causes[0]["message"]
    assert "activity 'Strom Werk 2'" in causes[0]["message"]
    assert "CN-GD (Guangdong)" in causes[1]["message"]


def test_a_word_posts_what_waits_and_what_comes(append, run):
    """Learnt with who and why, listed, and told by the explanation; then forgotten."""
    append(ODD)
    learn = (
        "word",
        "learn",
        "activity",
        "Strom Werk 2",
        "electricity.grid",
        "--reason",
        "plant 2",
    )
    code, _, remarks = run(*learn, "--author", "Ada")
    assert (code, "word 1" in remarks) == (0, True), remarks
    assert run("suspense", "clear")[0] == 0
    assert kwh(run) == 10 + 10 + 5
    append([row(9, activity="STROM WERK 2")], channel="later")
    assert kwh(run) == 35
    words = json.loads(run("word", "list", "--format", "json")[1])
    assert [(each["text"], each["meaning"], each["author"]) for each in words] == [
        ("Strom Werk 2", "electricity.grid", "Ada")
    ]
    assert "read as electricity.grid: word 1 of the book" in run("explain")[1].replace("\n", " ")
    rows = json.loads(run("inventory", "--by", "activity", "--format", "json")[1])["rows"]
    assert [each["activity"] for each in rows] == ["electricity.grid"]
    code, _, remarks = run("word", "forget", "activity", "Strom Werk 2", *WHO)
    assert (code, "3 records" in remarks) == (0, True), remarks
    assert kwh(run) == 35


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("learn", "region", "UK", "DE", *WHO), "'UK' is read as 'GB' already"),
        (("learn", "activity", "strom", "electricty", *WHO), "word.meaning"),
        (("forget", "unit", "strom", *WHO), "word list --book"),
    ],
)
def test_a_word_that_cannot_be_is_refused(run, words, told):
    """Field and remedy are named."""
    code, _, remarks = run("word", *words)
    assert (code, told in remarks) == (1, True), remarks


def test_a_unit_that_was_learnt_mends_the_quarantine_as_it_is(append, run, tmp_path):
    """The listing itself is the worklist."""
    append([row(1, unit="Zählpunkt"), row(2)])
    assert kwh(run) == 10
    run("word", "learn", "unit", "Zählpunkt", "MWh", *WHO)
    path = tmp_path / "quarantine.csv"
    path.write_text(run("quarantine", "list", "--format", "csv")[1])
    assert run("quarantine", "mend", path)[0] == 0
    assert kwh(run) == 10_010
    assert table(run("quarantine", "list", "--format", "csv")[1]) == []


def test_exported_rows_are_mended_once(append, run, mend):
    """All fields stay; what is left out waits; the same file again adds nothing."""
    append([*ODD, row(5, activity="strom")])
    rows = table(run("suspense", "export")[1])
    assert [each["offset"] for each in rows] == ["0", "1", "2", "4"]
    mended = [rows[place] | {"activity": "electricity.grid"} for place in (0, 3)]
    code, out, remarks = mend(mended)
    assert (code, kwh(run)) == (0, 30), out + remarks
    code, _, remarks = mend(mended)
    assert (code, kwh(run)) == (1, 30)
    assert "in quarantine or in suspense; the one at offset 0" in remarks
    assert [each["offset"] for each in table(run("suspense", "export")[1])] == ["1", "2"]
    # The file itself, run again as it was, adds nothing.
    assert append([*ODD, row(5, activity="strom")])[0] == 0
    assert kwh(run) == 30


def test_a_mended_row_that_waits_again_may_be_mended_again(append, run, mend):
    """Its place is that of the request in which it waits."""
    append(ODD)
    rows = table(run("suspense", "export")[1])
    assert mend([rows[0] | {"activity": "stromm"}])[0] == 4
    again = [each for each in table(run("suspense", "export")[1]) if each["activity"] == "stromm"]
    assert again[0]["channel"].startswith("requests/")
    assert mend([again[0] | {"activity": "electricity.grid"}])[0] == 0
    assert kwh(run) == 20


def test_the_quarantine_is_counted_by_rule(append, run):
    """Most first, with quantities and since when; a moment before has none."""
    append([row(1, unit="parsec"), row(2, unit="parsec"), row(3, quantity="much")])
    causes = json.loads(run("quarantine", "list", "--by-cause", "--format", "json")[1])
    found = [(each["status"], each["field"], each["records"]) for each in causes]
    assert found == [
        ("UNIT_MUST_BE_KNOWN", "unit", 2),
        ("QUANTITY_MUST_BE_A_NUMBER", "quantity", 1),
    ]
    assert causes[0]["quantities"].endswith(" parsec")
    assert causes[1]["unread"] == 1
    assert [(each["kg_co2e"], each["valued"]) for each in causes] == [(None, None)] * 2
    run("word", "learn", "unit", "parsec", "MWh", *WHO)
    learned = json.loads(run("quarantine", "list", "--by-cause", "--format", "json")[1])
    worth = float(learned[0]["kg_co2e"])
    assert (worth > 0, learned[0]["valued"], learned[1]["valued"]) == (True, 2, None)
    code, _, remarks = run("quarantine", "list", "--by-cause", "--filter", 'field = "unit"')
    assert (code, "without --filter" in remarks) == (2, True), remarks
