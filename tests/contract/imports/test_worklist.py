"""The quarantine as a worklist: listed as CSV, mended, given back."""

from __future__ import annotations

import csv
import io

import pytest

from tests.contract.imports.rows import kwh, row

BAD = [row(1), row(2, "1,000"), row(3, "much"), row(4, unit="furlong")]


@pytest.fixture
def worklist(append, run, tmp_path):
    """Rows of the quarantine; gives them, and a command that gives changed ones back."""
    assert append(BAD)[0] == 3
    rows = list(csv.DictReader(io.StringIO(run("quarantine", "list", "--format", "csv")[1])))

    def mend(changed):
        path = tmp_path / "mended.csv"
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, fieldnames=rows[0])
            writer.writeheader()
            writer.writerows(changed)
        return run("quarantine", "mend", path)

    return rows, mend


def test_mended_rows_are_posted_once(worklist, run, append):
    """What is left out stays in quarantine; what was mended is not taken a second time."""
    rows, mend = worklist
    assert [each["offset"] for each in rows] == ["1", "2", "3"]
    code, out, remarks = mend([rows[0] | {"quantity": "1000"}, rows[2] | {"unit": "kWh"}])
    assert (code, kwh(run)) == (0, 10 + 1000 + 10), out + remarks
    assert [
        each["offset"]
        for each in csv.DictReader(io.StringIO(run("quarantine", "list", "--format", "csv")[1]))
    ] == ["2"]
    code, _, remarks = mend([rows[0] | {"quantity": "1000"}])
    assert (code, kwh(run)) == (1, 1020), remarks
    # The file itself, mended alike and run again, adds nothing but the third.
    mended = [row(1), row(2, "1000"), row(3, "7"), row(4)]
    assert append(mended)[0] == 0
    assert kwh(run) == 1027


def test_a_row_that_is_still_wrong_is_told(worklist, run):
    """It stays in quarantine with its new text, and may be mended again."""
    rows, mend = worklist
    code, _, remarks = mend(
        [rows[0] | {"quantity": "1.000,0"}, rows[1] | {"quantity": "5.0000000000000000001"}]
    )
    assert code == 3
    assert "1 quantity with more than 18 places" in remarks
    assert "got '1.000,0'" in remarks
    assert kwh(run) == 15


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda rows: [rows[0] | {"offset": "x"}], "row 2 has no channel, or no offset"),
        (lambda rows: [rows[0], rows[0]], "two rows mend offset 1 of channel 'c'"),
    ],
)
def test_what_is_no_worklist_is_refused(worklist, run, change, words):
    """Row and remedy are named; nothing is posted."""
    rows, mend = worklist
    code, _, remarks = mend(change(rows))
    assert (code, kwh(run)) == (1, 10)
    assert words in remarks


def test_a_mended_time_without_a_zone_is_of_the_book(append, run, tmp_path):
    """Noon in Shanghai, as in a file that is appended; and it is told."""
    append([row(1, "much")])
    _, text, _ = run("quarantine", "list", "--format", "csv")
    path = tmp_path / "mended.csv"
    path.write_text(
        text.replace("much", "10")
        .replace("2025-01-01T16:00:00Z", "2025-01-01T18:00:00")
        .replace("2024-12-31T16:00:00Z", "2025-01-01T12:00:00")
    )
    code, _, remarks = run("quarantine", "mend", path)
    assert code == 0
    assert "the book's clock, Asia/Shanghai" in remarks
    _, listed, _ = run("record", "list", "--format", "json")
    assert "2025-01-01T04:00:00" in listed
