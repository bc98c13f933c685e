"""What each country has for its electricity, and what is said where it has nothing."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

from docs.writers.countries import PAGE, write_page
from tonne.catalogue.editions.countries import countries, country_of, grid_advice, year_text
from tonne.catalogue.editions.library import default_settings, shipped_editions

SHIPPED = Path(__file__).parents[4] / "service/tonne/catalogue/shipped"
DEFAULT = default_settings().editions


def test_the_page_is_written_from_the_editions():
    """`make docs` writes it."""
    assert PAGE.read_text(encoding="utf-8") == write_page()


def test_the_list_has_what_the_files_have():
    """Countries with a figure of the generation, counted in the files themselves."""
    found = defaultdict(set)
    for path in (SHIPPED / "editions").glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                is_country = len(row["region"]) == 2
                if row["activity"] == "electricity.grid" and is_country and not row["loss"]:
                    found[row["stage"], row["region"]].add(path.stem)
    for (stage, region), editions in found.items():
        kind = {
            "generation": "grid",
            "wtt": "upstream",
            "wtt_losses": "losses",
            "life_cycle": "life cycle",
        }.get(stage, stage)
        if kind != "biogenic":
            assert editions <= set(countries()[region].editions_of(kind)), (stage, region)
    assert {region for stage, region in found if stage == "generation"} == {
        region for region, country in countries().items() if country.editions_of("grid")
    }
    assert sum(bool(country.editions_of("life cycle")) for country in countries().values()) == 208


def test_every_country_is_listed_with_what_it_lacks():
    """All of ISO 3166-1, each with a way to a grid factor."""
    assert len(countries()) > 249
    for region, country in countries().items():
        assert country.name, region
        assert "`tonne edition import`" in grid_advice(region, DEFAULT), region


def test_advice_names_what_is_at_hand_and_what_is_not():
    """Germany: import, or choose; without the choice where it is out of reach or made already."""
    text = grid_advice("DE-BY", DEFAULT)
    assert "European Residual Mixes" in text
    assert "Umweltbundesamt" in text
    assert "`tonne method set --add-edition ember-yearly-2024`" in text
    assert "ember" not in grid_advice("DE", (*DEFAULT, "ember-yearly-2024"))
    assert "ember" not in grid_advice("DE", DEFAULT, year=2010, reach=5)
    assert "ember" in grid_advice("DE", DEFAULT, year=2019, reach=5)
    assert "--add-edition in-cea-v21" in grid_advice("IN", ())
    assert grid_advice("nowhere", DEFAULT) == ""


def test_sources_to_import_are_of_countries_and_say_what_they_have():
    """Ids of ISO 3166-1 and words that are known; nothing that ships is asked for."""
    with (SHIPPED / "grid_sources.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            assert set(row["regions"].split(";")) <= set(countries())
            assert set(row["kinds"].split(";")) <= {"grid", "residual", "losses", "supplier"}
            assert all(row.values())


def test_regions_of_a_cloud_lie_in_a_country():
    """Figures of Google's regions are of parts, and no country's."""
    assert country_of("GCP-europe-west3") == "DE"
    editions = shipped_editions()
    assert not {
        factor.region
        for factor in editions["google-regions-2024"].factors
        if factor.region in countries()
    }


def test_years_are_written_as_spans():
    """Gaps part them; a figure without an end is any year's."""
    assert year_text({2019, 2020, 2021, 2023}) == "2019-2021, 2023"
    assert year_text({0, 2023}) == "any"
    assert year_text(()) == ""
