"""Looking at the shipped catalogue from the command line, without a server."""

from __future__ import annotations

import csv
import io
import json

import pytest
from typer.testing import CliRunner

from tonne.catalogue.editions.edition import parse_edition
from tonne.catalogue.editions.library import shipped_editions
from tonne.cli.main import app


@pytest.fixture
def tonne(monkeypatch):
    """Run a command that needs no server."""
    monkeypatch.setenv("TONNE_SERVER", "127.0.0.1:1")

    def run(*arguments):
        return CliRunner().invoke(app, list(map(str, arguments)))

    return run


def test_words_find_factors_the_plainest_first(tonne):
    """`diesel van` finds the average diesel van, with figure, edition and row."""
    run = tonne("factor", "search", "diesel", "van", "--format", "json")
    found = json.loads(run.stdout)
    assert found[0]["activity"] == "fleet.van.average.diesel"
    assert (found[0]["kg_co2e"], found[0]["edition"]) == ("0.25561", "uk-ghg-2025")
    assert all("diesel" in row["activity"] and "van" in row["activity"] for row in found)


def test_a_region_is_found_by_its_name(tonne):
    """People search for Guangdong, not for CN-GD; the newest factor comes first."""
    run = tonne("factor", "search", "electricity", "guangdong", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(run.stdout)))
    assert [row["edition"][-4:] for row in rows] == ["2023", "2022", "2021"]
    assert {row["region"] for row in rows} == {"CN-GD"}


def test_what_a_factor_shows_is_what_its_publisher_printed(tonne):
    """Every column of the row, and nothing that is empty."""
    run = tonne("factor", "show", "uk-ghg-2025", 2)
    for text in ("0.177", "0.17489", "Open Government Licence", "7_400_4000_5_1"):
        assert text in run.stdout
    assert "uncertainty" not in run.stdout


def test_an_edition_comes_out_as_it_can_be_imported(tonne):
    """The CSV of a list has the columns of an edition: the same factors read back."""
    run = tonne("factor", "list", "cn-mee-grid-2023", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(run.stdout)))
    text = io.StringIO()
    columns = [name for name in rows[0] if name not in {"edition", "number"}]
    writer = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    shipped = shipped_editions()["cn-mee-grid-2023"].factors
    assert parse_edition(text.getvalue().encode()) == list(shipped)


def test_a_misspelt_word_is_answered_with_what_is_near(tonne):
    """Nothing found is said with the nearest ids."""
    run = tonne("factor", "search", "electricity", "grdi")
    assert "electricity.grid" in run.stderr
    run = tonne("activity", "search", "refrigerant", "r410")
    assert "refrigerant.r410a" in run.stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("factor", "show", "uk-ghg-2025", 99_999), "99999"),
        (("factor", "list", "uk-ghg-1925"), "uk-ghg-2025"),
    ],
)
def test_an_unknown_factor_or_edition_is_told_what_there_is(tonne, arguments, told):
    """The error names what was asked for or what could have been."""
    run = tonne(*arguments)
    assert run.exit_code != 0
    assert told in str(run.exception)


def test_the_taxonomy_is_listed_whole(tonne):
    """Every activity with its units and accounts, and the contexts behind it."""
    run = tonne("activity", "list", "--format", "json")
    found = {row["id"]: row for row in json.loads(run.stdout)}
    assert len(found) > 1000
    assert "scope2.market" in found["electricity.grid"]["accounts"]
    assert "leased_out" in tonne("activity", "list").stderr


def test_countries_are_listed_with_what_each_has_and_lacks(tonne):
    """All of them as a table for programs; of one, what to import or to choose."""
    run = tonne("factor", "countries", "--format", "json")
    found = {row["country"]: row for row in json.loads(run.stdout)}
    assert found["DE"]["grid"] == ""
    assert found["DE"]["life_cycle"] == "2024"
    assert found["IN"]["grid"] == "2024-2025"
    run = tonne("factor", "countries", "Allemagne")
    told = " ".join(run.output.split())
    assert "no grid factor of Germany: import one with `tonne edition import`" in told
    assert "or choose the life-cycle average of 2024" in told
    assert "are in the default order" in tonne("factor", "countries", "GB-SCT").output
    assert "Atlantis" in tonne("factor", "countries", "Atlantis").output
