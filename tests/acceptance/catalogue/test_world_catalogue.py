"""Grid figures of the world against their publishers' own files, row by row."""

from __future__ import annotations

import csv
import json
from decimal import Decimal
from pathlib import Path

import pytest

from tonne.catalogue.words.regions import region_chain, region_name

REPOSITORY = Path(__file__).parents[3]
EDITIONS = REPOSITORY / "service/tonne/catalogue/shipped/editions"
EMBER_LEFT_OUT = {
    # No country, and no region of ISO 3166: a record cannot be there.
    **dict.fromkeys(
        (
            "Africa", "ASEAN", "Asia", "EU", "Europe", "G20", "G7", "Latin America and Caribbean",
            "Middle East", "North America", "Oceania", "OECD", "World",
        ),
        "no country",
    ),
    # A life cycle has no zero: the cell is one that was not filled.
    "CAF": "zero",
}  # fmt: skip
EMBER_NAMES = {
    "AG": "Antigua and Barbuda",
    "BA": "Bosnia Herzegovina",
    "BN": "Brunei Darussalam",
    "CD": "Congo (DRC)",
    "CG": "Congo",
    "CI": "Cote d'Ivoire",
    "CK": "Cook Islands (the)",
    "CV": "Cabo Verde",
    "FK": "Falkland Islands [Malvinas]",
    "HK": "Hong Kong (SAR of China)",
    "KN": "Saint Kitts and Nevis",
    "KR": "South Korea",
    "LA": "Lao",
    "LC": "Saint Lucia",
    "MM": "Myanmar",
    "MO": "Macao (SAR of China)",
    "PH": "The Philippines",
    "PM": "Saint Pierre and Miquelon",
    "PS": "Palestine (State of)",
    "RE": "Reunion",
    "ST": "Sao Tome and Principe",
    "TC": "Turks and Caicos Islands",
    "TR": "Türkiye",
    "TT": "Trinidad and Tobago",
    "TW": "Taiwan (China)",
    "TZ": "Tanzania (the United Republic of)",
    "VC": "Saint Vincent and the Grenadines",
    "VG": "Virgin Islands (British)",
    "VI": "Virgin Islands (U.S.)",
    "VN": "Viet Nam",
}
CEA_LEFT_OUT = {  # for projects that displace power, and no average of what is used
    "grid-india-simple-operating-margin",
    "grid-india-build-margin",
    "grid-india-combined-margin",
}


def edition(name):
    """Rows of a shipped edition."""
    with (EDITIONS / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def documents(path):
    """A JSON file, its numbers as they are printed."""
    return json.loads(path.read_text("utf-8"), parse_float=str, parse_int=str)


def test_every_country_of_ember_is_as_printed(publications):
    """Grams per kWh to the printed digit, in the year of the data, and never as a grid factor."""
    printed = documents(publications / "ember-country-averages.json")
    rows = {row["row"]: row for row in edition("ember-yearly-2024")}
    shipped = {key: each for key, each in printed.items() if key not in EMBER_LEFT_OUT}
    assert set(rows) == {each["country_or_region"] for each in shipped.values()}
    assert len(shipped) == len(rows) == 208
    assert {row["stage"] for row in rows.values()} == {"life_cycle"}
    assert len({row["region"] for row in rows.values()}) == 208
    for key, each in shipped.items():
        row = rows[each["country_or_region"]]
        grams = each["emissions_intensity_gco2_per_kwh"]
        assert Decimal(row["kg_co2e"]) * 1000 == Decimal(grams), key
        assert f"printed {grams} g" in row["note"], key
        assert row["valid_from"] == f"{each['year']}-01-01", key
        assert row["valid_to"] == f"{int(each['year']) + 1}-01-01", key
    for key, reason in EMBER_LEFT_OUT.items():
        each = printed[key]
        is_zero = Decimal(each["emissions_intensity_gco2_per_kwh"]) == 0
        assert (reason == "zero") == is_zero == bool(each["country_code"]), key


def test_countries_of_ember_are_those_of_their_names():
    """Each region has the name that Ember prints, or another one that was read by people."""
    apart = {
        row["region"]: row["row"]
        for row in edition("ember-yearly-2024")
        if row["row"] != region_name(row["region"])
    }
    assert apart == EMBER_NAMES


def test_india_is_what_the_authority_publishes(publications):
    """The national average alone: rows that others computed from plants are left out."""
    found = documents(publications / "in-cea-v21-open-india.json")["emission_factors"]
    authority = {
        each["id"]: each
        for each in found
        if (
            each["source_document"].endswith("Version 21.0")
            and "CEA-published" in each["methodology"] + each["notes"]
        )
        or each["id"] in CEA_LEFT_OUT
    }
    assert set(authority) > CEA_LEFT_OUT
    (average,) = (each for key, each in authority.items() if key not in CEA_LEFT_OUT)
    (row,) = edition("in-cea-v21")
    assert row["kg_co2"] == average["value"] == "0.7117"
    assert (row["unit"], average["unit"], row["kg_co2e"]) == ("kWh", "kgCO2/kWh", "")
    assert (row["valid_from"], row["valid_to"]) == ("2024-04-01", "2025-04-01")
    assert average["reference_year"] == "FY 2024-25"


@pytest.mark.parametrize("year", [2021, 2022, 2023, 2024])
def test_every_region_of_google_is_as_printed(publications, year):
    """Grams per kWh to the printed digit; every row of every file is there."""
    rows = {
        row["region"]: row
        for row in edition("google-regions-2024")
        if row["valid_from"] == f"{year}-01-01"
    }
    path = publications / f"google-regions-{year}.csv"
    with path.open(encoding="utf-8", newline="") as lines:
        printed = list(csv.DictReader(lines))
    assert {f"GCP-{each['Google Cloud Region']}" for each in printed} == set(rows)
    for each in printed:
        row = rows[f"GCP-{each['Google Cloud Region']}"]
        grams = each["Grid carbon intensity (gCO2eq / kWh)"]
        assert Decimal(row["kg_co2e"]) * 1000 == Decimal(grams), each
        assert each["Location"] in row["row"], each
        assert (each["Google CFE"] == "") == ("CFE" not in row["note"]), each
        assert row["note"].endswith(f"CFE {each['Google CFE']}") or not each["Google CFE"], each
        country = region_chain(row["region"])[-2]
        assert region_name(country), each
