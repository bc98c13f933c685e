"""The report shows what the API says: the same numbers, in every form, to the last digit."""

from __future__ import annotations

import csv
import io
import json
import shlex
from decimal import Decimal
from fractions import Fraction

import pytest
from python_calamine import CalamineWorkbook
from typer.testing import CliRunner

from tests.contract.yearly.conftest import MADE
from tonne.cli.main import app
from tonne.yearly.asking import Question, ask
from tonne.yearly.figures import Figure
from tonne.yearly.forms.documents import csv_of, json_of
from tonne.yearly.forms.page import page_of
from tonne.yearly.forms.workbook import workbook_of
from tonne.yearly.writing import write

YEAR = {"from_period": "2025-01", "to_period": "2025-12"}
LOCATION = ("scope1", "scope2.location", "scope3")


def table(report, key):
    """Give a table of a report as mappings by column."""
    (found,) = [each for each in report.tables() if each.key == key]
    keys = [column.key for column in found.columns]
    return [dict(zip(keys, row, strict=True)) for row in found.all_rows]


def exact(cell):
    """Give the exact value of a cell; None where it is empty."""
    return None if cell is None else Fraction(cell.exact)


def test_cells_are_those_of_the_inventory(client, story, report):
    """Accounts, scopes and both totals."""
    accounts = client.inventory(story, by="account", **YEAR)
    expected = {
        row.group["account"]: Fraction(row.kg_co2e)
        for row in accounts.rows
        if row.group["account"].startswith("scope")
    }
    assert {row["account"]: exact(row["kg_co2e"]) for row in table(report, "accounts")} == expected
    assert {"scope1", "scope2", "scope3"} == {each.partition(".")[0] for each in expected}
    scopes = {row["scope"]: exact(row["kg_co2e"]) for row in table(report, "scopes")}
    for method in ("location", "market"):
        total = client.inventory(story, accounts=("scope1", f"scope2.{method}", "scope3"), **YEAR)
        assert scopes[f"Total, {method}-based"] == Fraction(total.total.kg_co2e) > 0
    assert scopes["Total, location-based"] != scopes["Total, market-based"]


def test_every_table_adds_up_to_the_total(client, story, report):
    """Months, types and facilities, whose totals are asked for and not added up."""
    total = Fraction(client.inventory(story, accounts=LOCATION, **YEAR).total.kg_co2e)
    for key in ("months", "facility_types", "facilities"):
        *rows, last = table(report, key)
        assert exact(last["total"]) == total
        added = sum(exact(row["total"]) for row in rows if row["total"] is not None)
        assert abs(added - total) < Fraction(len(rows), 10**18), key
    months = {row["name"]: row["total"] for row in table(report, "months")}
    assert exact(months["2025-06"]) > exact(months["2025-05"]) > 0


def test_every_explained_number_is_what_explain_finds(running, report):
    """The command beside a number, run as it stands, comes to the number."""
    seen = set()
    for found in report.tables():
        for row in found.all_rows:
            for column, cell in zip(found.columns, row, strict=True):
                if not isinstance(cell, Figure) or cell.selection is None:
                    continue
                command = cell.selection.command()
                if column.exact_unit != "kg CO2e" or command in seen:
                    continue
                seen.add(command)
                words = shlex.split(command)[1:]
                result = CliRunner().invoke(
                    app,
                    [*words, "--format", "json", "--server", running.server.address],
                    catch_exceptions=False,
                )
                total = json.loads(result.stdout)["total"]["kg_co2e"]
                assert Fraction(total) == Fraction(cell.exact), command
    assert len(seen) > 20


def test_a_workbook_has_every_digit_as_text(client, story, report):
    """The texts of accounts add up to the ledger's numbers; beside them are numbers."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(workbook_of(report)))
    head, *rows = book.get_sheet_by_name("accounts").to_python()
    place = head.index("Emissions, exact, kg CO2e")
    rows = [row for row in rows if str(row[0]).startswith("scope")]
    assert all(isinstance(row[place], str) and isinstance(row[place + 1], float) for row in rows)
    for row in rows:
        assert round(Decimal(row[place]) / 1000, 6) == round(Decimal(str(row[place + 1])), 6)
    accounts = client.inventory(story, by="account", **YEAR)
    expected = sum(
        Fraction(row.kg_co2e) for row in accounts.rows if row.group["account"].startswith("scope")
    )
    assert sum(Fraction(row[place]) for row in rows) == expected
    assert max(len(row[place].replace(".", "")) for row in rows) > 17
    front = " ".join(
        str(cell) for row in book.get_sheet_by_name("report").to_python() for cell in row
    )
    assert "Exact values are text cells" in front


def test_every_form_has_the_same_cells(report):
    """JSON, CSV and the workbook, table by table."""
    document = json.loads(json_of(report))
    rows = list(csv.DictReader(io.StringIO(csv_of(report).decode())))
    book = CalamineWorkbook.from_filelike(io.BytesIO(workbook_of(report)))
    for number, found in enumerate(report.tables()):
        expected = [
            cell.exact for row in found.all_rows for cell in row if isinstance(cell, Figure)
        ]
        told = document["tables"][number]
        every = [*told["rows"], *([told["total"]] if told["total"] else [])]
        in_json = [
            Fraction(cell["exact"])
            for row in every
            for cell in row.values()
            if isinstance(cell, dict)
        ]
        in_csv = [
            Fraction(row["value"])
            for row in rows
            if row["table"] == found.key
            and any(each.key == row["column"] and each.has_figures for each in found.columns)
        ]
        sheet = book.get_sheet_by_index(number + 1).to_python()
        places = [at for at, title in enumerate(sheet[0]) if ", exact, " in str(title)]
        in_sheet = [
            Fraction(row[at])
            for row in sheet[1 : len(found.all_rows) + 1]
            for at in places
            if row[at] != ""
        ]
        assert in_json == in_csv == in_sheet == [Fraction(each) for each in expected], found.key


def test_the_same_book_gives_the_same_bytes(client, story, answers):
    """But for the time that the report states."""
    again = ask(client, Question(story, 2025), lambda _: None)
    for form in (page_of, workbook_of, json_of, csv_of):
        assert form(write(answers, MADE)) == form(write(again, MADE))
    later = page_of(write(again, MADE.replace(minute=6)))
    assert later.replace(b"04:06", b"04:05") == page_of(write(answers, MADE))


def test_the_year_before_is_compared(report):
    """Account by account; the tile tells the change of the total."""
    rows = {row["account"]: row for row in table(report, "last_year")}
    grid = rows["scope2.location"]
    assert exact(grid["change"]) == exact(grid["now"]) - exact(grid["before"])
    assert rows["scope1.fugitive"]["before"] is None
    assert "to the year before" in report.tiles[0].note


def test_what_is_in_no_number_is_told_first(report):
    """A record that waits, with its cause."""
    assert any("1 record waits in suspense" in text for text in report.warnings)
    (waiting,) = table(report, "waiting")
    assert (waiting["where"], waiting["records"], waiting["got"]) == (
        "suspense",
        1,
        "electricty.grid",
    )


def test_targets_and_indicators_are_those_of_the_api(client, story, report):
    """To the digit that is printed, and exactly."""
    progress = client.target_progress(
        story, "scope-one", year_start="2025-01", valid_on="2025-12-31"
    )
    (target,) = table(report, "targets")
    assert exact(target["now"]) * 1000 == Fraction(progress.current.value)
    assert target["standing"].startswith(str(progress.current.standing))
    values = {each.indicator: each for each in client.indicators(story, **YEAR).values}
    shown = {row["id"]: row for row in table(report, "indicators")}
    assert shown["co2e_per_revenue"]["value"].shown == values["co2e_per_revenue"].value
    assert exact(shown["co2e_per_revenue"]["value"]) == values["co2e_per_revenue"].exact


def test_causes_tell_what_they_touch(client, story, report):
    """The CO2e of a cause is that of the notice that touches most."""
    notices = client.inventory(story, by="account", **YEAR).notices
    assert all(each.kg_co2e is not None for each in notices)
    shown = {row["cause"]: row for row in table(report, "causes")}
    proxy = [each for each in notices if each.reason == "REGION_FALLBACK"]
    assert exact(shown["a factor of a wider region"]["kg_co2e"]) == max(
        Fraction(each.kg_co2e) for each in proxy
    )


def test_a_notice_touches_what_its_records_emit(client):
    """Two regions, one of them by a fallback: the notice touches the records of that one."""
    client.create_book("touched")
    day = {"start": "2025-01-01", "end": "2025-01-02", "facility": "dc"}
    grid = {"activity": "electricity.grid", "quantity": "1000", "unit": "kWh"}
    client.post_records("touched", [{**day, **grid, "region": each} for each in ("CN-GD", "GB")])
    found = client.inventory("touched", by=("region",))
    by_region = {row.group["region"]: row.kg_co2e for row in found.rows}
    for each in client.inventory("touched").notices:
        if "CN-GD" in each.message:
            assert each.kg_co2e == by_region["CN-GD"]
            assert each.record_count == 1


@pytest.mark.parametrize("method", ["location", "market"])
def test_the_total_takes_the_method_that_was_asked_for(client, story, method):
    """And says so."""
    asked = Question(story, 2025, method, with_coverage=False)
    made = write(ask(client, asked, lambda _: None), MADE)
    total = client.inventory(story, accounts=("scope1", f"scope2.{method}", "scope3"), **YEAR)
    assert made.tiles[0].figure.exact == total.total.kg_co2e
    assert dict(made.facts)["Scope 2 in the total"] == f"{method}-based"
    assert exact(table(made, "months")[-1]["total"]) == Fraction(total.total.kg_co2e)


def test_a_book_without_records_says_so(client):
    """No number is made up."""
    client.create_book("empty")
    made = write(ask(client, Question("empty", 2025), lambda _: None), MADE)
    assert made.warnings[0] == "No records are posted in these months."
    assert all(tile.figure is None for tile in made.tiles)
    # Empty, not zero.
    assert {row["total"] for row in table(made, "months")[:-1]} == {None}
    assert {row["value"] for row in table(made, "disclosure_sb-253")} == {None}
    for form in (page_of, workbook_of, json_of, csv_of):
        assert form(made)


def test_a_reporting_year_may_begin_in_april(client):
    """Its months are the twelve from April on."""
    client.create_book("fiscal")
    client.update_method("fiscal", author="a", reason="b", reporting_year_start=4)
    made = write(ask(client, Question("fiscal", 2025), lambda _: None), MADE)
    assert (made.from_period, made.to_period) == ("2025-04", "2026-03")
    assert made.year == "2025-04 to 2026-03"


def test_a_report_is_of_one_commit(client):
    """Whatever is posted while it is made; and as of that commit it is made again."""
    client.create_book("moving")
    day = {"facility": "dc", "start": "2025-01-01", "end": "2025-01-02", "region": "GB"}
    grid = {"activity": "electricity.grid", "quantity": "1000", "unit": "kWh"}
    client.post_records("moving", [day | grid])
    before = client.inventory("moving", accounts=("scope1", "scope2.location", "scope3"), **YEAR)

    def post(_):
        client.post_records("moving", [day | grid])

    made = write(ask(client, Question("moving", 2025), post), MADE)
    commit = before.moment.commit
    assert dict(made.facts)["As of"].startswith(f"commit {commit}, ")
    assert made.tiles[0].figure.exact == before.total.kg_co2e
    assert made.tiles[0].figure.selection.command().endswith(f" --as-of={commit}")
    for key in ("months", "facility_types", "facilities"):
        rows = table(made, key)
        assert exact(rows[-1]["total"]) == Fraction(before.total.kg_co2e), key
    client.update_method("moving", author="a", reason="b", reporting_year_start=4)
    again = ask(client, Question("moving", 2025, as_of=str(commit)), lambda _: None)
    assert page_of(write(again, MADE)) == page_of(made)
    now = write(ask(client, Question("moving", 2025), lambda _: None), MADE)
    assert now.from_period == "2025-04"
