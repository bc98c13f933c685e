"""Files that grow elsewhere than at their end, or have a new name: what is new is posted, once."""

from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from tests.contract.imports.rows import HEADER, kwh, row
from tests.support.workbooks import write_xlsx
from tonne.cli.main import app
from tonne.client import Client

_NUMBERS = itertools.count(1)

WIDE = """
[columns]
facility = "Site"
[[values]]
dates = "mmm yyyy"
[constants]
activity = "electricity.grid"
unit = "kWh"
region = "GB"
"""


@pytest.fixture
def bring(run, tmp_path):
    """Import a sheet of sites and months; gives exit code, posted records and remarks."""
    profile = tmp_path / "wide.toml"
    profile.write_text(WIDE)

    def invoke(sheet, *words, name="sites.xlsx", channel="sites"):
        path = write_xlsx(tmp_path / name, {"Data": sheet})
        code, text, remarks = run(
            "import", path, "--profile", profile, "--channel", channel, "--format", "json", *words
        )
        return code, json.loads(text)[0]["posted"] if text else None, remarks

    return invoke


def sheet_of(sites, months):
    """A sheet whose cell of site s and month m is 100 s + m."""
    names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun"]
    lines = [[f"S{site}", *(100 * site + month for month in months)] for site in sites]
    return [["Site", *(f"{names[month - 1]} 2025" for month in months)], *lines]


def total_of(sites, months):
    """What these cells add up to."""
    return sum(100 * site + month for site in sites for month in months)


@pytest.mark.parametrize(
    ("sites", "months"),
    [
        ([1, 2, 3], [1, 2, 3]),  # a column more
        ([4, 1, 2, 3], [1, 2]),  # a row more on top
        ([5, 3, 1, 2, 4], [2, 1, 3, 4]),  # sorted anew, with both
    ],
)
def test_a_sheet_that_grew_posts_what_is_new(bring, run, sites, months):
    """By a column, a row, both, or sorted anew; it says so, and again it posts nothing."""
    assert bring(sheet_of([1, 2, 3], [1, 2]))[:2] == (0, 6)
    new_count = len(sites) * len(months) - 6
    for expected in (new_count, 0):
        code, posted, remarks = bring(sheet_of(sites, months), name=f"next-{expected}.xlsx")
        assert (code, posted, kwh(run)) == (0, expected, total_of(sites, months))
        assert not expected or f"6 records were found there one by one, {new_count}" in remarks
    assert bring(sheet_of(sites, months), channel="other")[0] == 4
    assert kwh(run) == total_of(sites, months)


def test_a_changed_cell_of_a_grown_sheet_stops_it(bring, run):
    """Both values are shown, by the record of the file; put back, the rest goes on."""
    bring(sheet_of([1, 2, 3], [1, 2]))
    sheet = sheet_of([1, 2, 3], [1, 2, 3])
    sheet[2][1] = 999
    code, _, remarks = bring(sheet)
    assert (code, kwh(run)) == (4, total_of([1, 2, 3], [1, 2]))
    assert "record 4 of the files (offset 2)" in remarks
    assert "quantity: the ledger has '201', the file '999'" in remarks
    assert "evidence" not in remarks
    sheet[2][1] = 201
    assert bring(sheet)[:2] == (0, 3)


def test_what_the_files_leave_out_stops_the_command_unless_it_stays(bring, run):
    """The last three months of a sheet: nothing of the first one changes, and nothing doubles."""
    bring(sheet_of([1, 2], [1, 2, 3]))
    for months in ([2, 3, 4], [3, 4, 5]):
        code, _, remarks = bring(sheet_of([1, 2], months))
        assert (code, kwh(run)) == (4, total_of([1, 2], range(1, months[-1])))
        assert "are not in the files (offset 0, " in remarks
        assert bring(sheet_of([1, 2], months), "--gone-stay")[:2] == (0, 2)
        assert bring(sheet_of([1, 2], months), "--gone-stay")[:2] == (0, 0)
        assert kwh(run) == total_of([1, 2], range(1, months[-1] + 1))


def test_a_cell_in_quarantine_is_mended_wherever_it_stands_now(bring, run):
    """Or taken out with its row; what is refused still keeps the exit code."""
    sheet = sheet_of([1, 2, 3], [1, 2])
    sheet[2][2] = "n/a"
    sheet[3][1] = "?"
    assert bring(sheet)[:2] == (3, 4)
    grown = sheet_of([4, 1, 2, 3], [1, 2, 3])
    grown[3][2], grown[4][1] = "n/a", "?"
    assert bring(grown)[:2] == (3, 6)
    grown[3][2] = 202
    assert bring(grown)[:2] == (3, 0)
    assert kwh(run) == total_of([1, 2, 3, 4], [1, 2, 3]) - 301
    del grown[4][1]
    grown[4].insert(1, None)
    code, posted, remarks = bring(grown)
    assert (code, posted) == (0, 0)
    assert "1 record that was refused was taken out of the files" in remarks
    assert kwh(run) == total_of([1, 2, 3, 4], [1, 2, 3]) - 301


def test_a_renamed_file_is_the_same(bring, running, appended_book):
    """Its evidence is what it was, and leads to the file that brought it."""
    bring(sheet_of([1, 2], [1]), name="january.xlsx")
    assert bring(sheet_of([1, 2], [1]), name="renamed.xlsx")[:2] == (0, 0)
    moved = sheet_of([1, 2], [1])
    moved.insert(1, [None, None])
    assert bring(moved, name="moved.xlsx")[:2] == (0, 0)
    with Client(running.server.address) as client:
        found = {each.record["evidence"] for each in client.list_records(appended_book)}
    assert found == {"january.xlsx#Data!row 2", "january.xlsx#Data!row 3"}


def test_evidence_that_a_file_gives_is_compared(run, tmp_path):
    """It is what somebody wrote, and no place."""
    path = tmp_path / "bills.csv"
    for evidence, code in (("bill 17", 0), ("bill 17", 0), ("bill 18", 4)):
        path.write_text(
            "facility,activity,quantity,unit,start,end,region,evidence\n"
            f"dc,electricity.grid,5,kWh,2025-01-01,2025-01-02,GB,{evidence}\n"
        )
        found, _, remarks = run("import", path, "--decimal", ".")
        assert found == code
    assert "evidence: the ledger has 'bill 17', the file 'bill 18'" in remarks


def test_the_same_row_twice_in_a_mapped_file_is_told(run, tmp_path):
    """Though their places differ."""
    path, profile = tmp_path / "twice.csv", tmp_path / "p.toml"
    profile.write_text(
        '[columns]\nrecord_id = "Bill"\nfacility = "Site"\nquantity = "kWh"\nstart = "From"\n'
        'end = "To"\n[constants]\nactivity = "electricity.grid"\nunit = "kWh"\nregion = "GB"\n'
    )
    line = "b1,dc,5,2025-01-01,2025-02-01\n"
    path.write_text("Bill,Site,kWh,From,To\n" + 2 * line)
    code, _, remarks = run("import", path, "--profile", profile)
    assert code == 4
    assert "is the same record as" in remarks
    assert run("import", path, "--profile", profile, "--repeats", "skip")[0] == 0
    assert kwh(run) == 5


CELLS = st.sampled_from(["1", "2", "30", "much"])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("insert"), st.integers(0, 9), CELLS),
        st.tuples(st.just("mend"), st.integers(0, 9), st.just("7")),
        st.tuples(st.just("move"), st.integers(0, 9), st.just("")),
        st.just(("run", 0, "")),
    ),
    max_size=8,
)


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(first=st.lists(CELLS, min_size=1, max_size=4), steps=STEPS)
@example(first=["much", "1"], steps=[("insert", 0, "2"), ("mend", 1, "7"), ("run", 0, "")])
@example(first=["much"], steps=[("run", 0, ""), ("insert", 0, "2"), ("mend", 1, "7")])
@example(first=["1", "2"], steps=[("run", 0, ""), ("move", 0, ""), ("insert", 1, "30")])
def test_rows_put_anywhere_count_once(running, tmp_path, first, steps):
    """Inserted, moved, mended, run in any order; the model is a dictionary of rows."""
    book = f"grown-{next(_NUMBERS)}"
    path, ids = tmp_path / "rows.csv", itertools.count(1)
    rows = [(next(ids), cell) for cell in first]
    with Client(running.server.address) as client:
        client.create_book(book)
        for action, number, cell in [*steps, ("run", 0, ""), ("run", 0, "")]:
            at = number % len(rows)
            if action == "insert":
                rows.insert(at, (next(ids), cell))
            elif action == "mend" and rows[at][1] == "much":
                rows[at] = (rows[at][0], cell)
            elif action == "move":
                rows.append(rows.pop(at))
            elif action == "run":
                path.write_text(HEADER + "".join(row(*each) for each in rows))
                words = ["append", path, "--book", book, "--channel", "c"]
                words += ["--server", running.server.address]
                result = CliRunner().invoke(app, list(map(str, words)))
                good = [int(cell) for _, cell in rows if cell.isdecimal()]
                expected = 0 if len(good) == len(rows) else 3 if good else 4
                assert result.exit_code == expected, result.stderr
                total = client.inventory(book, accounts="memo.energy").total
                assert (total.energy_kwh or 0, total.record_count) == (sum(good), len(good))
