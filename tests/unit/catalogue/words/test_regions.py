"""What people write for a region: read where it names one, unknown where it does not."""

from __future__ import annotations

from collections import defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tonne.catalogue.words.folding import hyphened
from tonne.catalogue.words.regions import (
    Regions,
    read_region,
    refused_regions,
    region_chain,
    region_name,
    region_words,
)
from tonne.catalogue.words.tables import read_table

IDS = [row["region"] for row in read_table("regions_iso.csv")]

WRITTEN = {
    "codes": {
        "de": "DE",
        "DEU": "DE",
        "fra": "FR",
        "us_tx": "US-TX",
        "CA QC": "CA-QC",
        "\uff23\uff2e-GD": "CN-GD",
        "jp\u201313": "JP-13",
        "uk": "GB",
    },
    "English": {
        "Germany": "DE",
        "south korea": "KR",
        "Korea, Republic of": "KR",
        "U.S.A.": "US",
        "The Netherlands": "NL",
        "Viet Nam": "VN",
        "Cote d'Ivoire": "CI",
        "New South Wales": "AU-NSW",
        "Bavaria": "DE-BY",
        "Inner Mongolia": "CN-NM",
        "Quebec": "CA-QC",
        "Scotland": "GB-SCT",
    },
    "other languages": {
        "德国": "DE",
        "中国": "CN",
        "浙江": "CN-ZJ",
        "内蒙古自治区": "CN-NM",
        "臺灣": "TW",
        "Deutschland": "DE",
        "Allemagne": "DE",
        "Brasil": "BR",
        "España": "ES",
        "Bayern": "DE-BY",
        "Île-de-France": "FR-IDF",
    },
    "beside a country": {
        "Texas, USA": "US-TX",
        "Georgia, United States": "US-GA",
        "Sichuan, China": "CN-SC",
        "DE-Hessen": "DE-HE",
        "Limburg, Belgium": "BE-VLI",
        "CA, USA": "US-CA",
        "GD, China": "CN-GD",
        "Germany (DE)": "DE",
        "DE - Deutschland": "DE",
    },
    "more of each": {
        "Guangdong Province": "CN-GD",
        "Beijing Municipality": "CN-BJ",
        "苏州市": "CN-JS",
        "东京都": "JP-13",
        "Schottland": "GB-SCT",
        "Écosse": "GB-SCT",
        "República Popular China": "CN",
        "Bavière": "DE-BY",
        "Baden-Wuerttemberg": "DE-BW",
        "München": "DE-BY",
        "Comunitat Valenciana": "ES-VC",
        "Sverige": "SE",
        "Elfenbeinküste": "CI",
        "NYC": "US-NY",
    },
    "grids": {
        "CAMX": "US-EGRID-CAMX",
        "erct": "US-EGRID-ERCT",
        "RFC West": "US-EGRID-RFCW",
        "华东电网": "CN-GRID-EAST",
        "eGRID NWPP": "US-EGRID-NWPP",
    },
    "clouds": {
        "us-west-2": "US-EGRID-NWPP",
        "us-east1": "US-EGRID-SRVC",
        "eastus2": "US-EGRID-SRVC",
        "europe-west4": "NL",
        "cn-hangzhou": "CN-ZJ",
        "cn-northwest-1": "CN-NX",
        "ap-guangzhou": "CN-GD",
    },
    "below": {
        "us-wa-Seattle": "US-WA-Seattle",
        "xa": "XA",
        "QM-north": "QM-north",
        "Guangdong-hall 2": "CN-GD-hall 2",
        "CN-GRID-EAST-7": "CN-GRID-EAST-7",
        "GB-ENG-Slough-dc1": "GB-ENG-Slough-dc1",
        "CAMX-site": "US-EGRID-CAMX-site",
    },
}


@pytest.mark.parametrize(
    ("text", "region"), [each for texts in WRITTEN.values() for each in texts.items()]
)
def test_a_region_is_read_as_people_write_it(text, region):
    """Codes, names in five languages, grids and clouds, whatever the case and the width."""
    assert read_region(text) == region


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("Guangdnog", "CN-GD (Guangdong)"),
        ("CN-GDD", "CN-GD (Guangdong)"),
        ("Califronia", "US-CA (California)"),
        ("US-CAA", "US-CA (California)"),
        ("Untied Kingdom", "GB (United Kingdom)"),
        ("Germny", "DE (Germany)"),
        ("TX", "US-TX (Texas)"),
        ("us-eats-1", "US-EGRID-SRVC"),
        ("DE-Bayren", "DE-BY (Bayern)"),
        ("广冻", "CN-GD (Guangdong)"),
    ],
)
def test_what_is_mistyped_is_unknown_and_told_its_nearest(text, near):
    """Nothing near is read, not even the country before the mistake."""
    assert read_region(text) is None
    assert near in Regions(()).advice(text)


@pytest.mark.parametrize(
    ("text", "choices"),
    [
        ("Georgia", ("GE", "US-GA")),
        ("Punjab", ("IN-PB", "PK-PB")),
        ("Limburg", ("BE-VLI", "NL-LI")),
        ("eu-west-1", ("GB", "IE")),
        ("ap-southeast-3", ("ID", "MY")),
        ("Congo", ("CD", "CG")),
    ],
)
def test_what_could_be_two_regions_is_none(text, choices):
    """The advice names both."""
    assert read_region(text) is None
    assert all(f"{each} (" in Regions(()).advice(text) for each in choices)


@pytest.mark.parametrize("text", ["XX", "unknown", "n/a", "-", "GB-", "-GB", "DE-hof", "SG-Tuas"])
def test_what_is_no_region_is_unknown(text):
    """A country alone says too little of what stands behind its hyphen."""
    assert read_region(text) is None


def test_a_text_names_one_region():
    """No key of the tables has two meanings, and every meaning is a region of the tables."""
    named = defaultdict(set)
    for row in read_table("region_words.csv"):
        named[hyphened(row["spelling"])].add(row["region"])
    for region in [*IDS, *(row["region"] for row in read_table("regions.csv"))]:
        named[hyphened(region)].add(region)
    assert {key: found for key, found in named.items() if len(found) > 1} == {}
    known = set(IDS) | {row["region"] for row in read_table("regions.csv")} | {""}
    assert {word.region for word in region_words().values()} <= known
    assert not set(refused_regions()) & set(region_words())
    assert {each for found in refused_regions().values() for each in found} <= known
    assert all(region_name(region) for region in known - {""})


@settings(deadline=None)
@given(st.one_of(st.text(), st.sampled_from(IDS), st.sampled_from(sorted(region_words()))))
def test_reading_twice_is_reading_once(text):
    """A key stays as it is, and the id that a text names names itself."""
    assert hyphened(hyphened(text)) == hyphened(text)
    region = read_region(text)
    if region is not None:
        assert read_region(region) == region
        assert region_chain(region)[-1] == ""


def test_a_region_of_the_books_own_is_known_whatever_its_case():
    """It goes before the tables' refusals, and places may lie below it."""
    own = Regions(["plant-7", "Georgia", "US-WA-Quincy"])
    assert own.read("PLANT 7") == "plant-7"
    assert own.read("plant-7-hall") == "plant-7-hall"
    assert own.read("georgia") == "Georgia"
    assert own.read("us-wa-quincy") == "US-WA-Quincy"
    assert own.read("plant-8") is None
    assert "plant-7" in own.advice("plnat-7")
    assert Regions(()).read("plant-7") is None


def test_two_own_regions_that_differ_by_case_are_two():
    """Each is read as written; a third way to write them names neither."""
    own = Regions(["Plant", "plant"])
    assert (own.read("Plant"), own.read("plant"), own.read("PLANT")) == ("Plant", "plant", None)


OWN = Regions(["XA-North-Plant", "XA-North", "US-WA-Seattle", "XA-North-Hall 1", "XA-Hall A"])


@pytest.mark.parametrize(
    "text",
    [
        "XA-North-Plnat",
        "XA-North-Plan",
        "XA-North-Plants",
        "xa north-plamt",
        "XA-Norht",
        "XA-Norht-Plant",
        "XA-North-Hal 1",
        "XB",
        "XB-North-Plant",
        "US-WA-Seatle",
        "US-WA-Seatlte",
    ],
)
def test_what_is_a_letter_away_from_an_own_region_is_unknown(text):
    """At any level: it takes no factor of what it would lie in, and its nearest is told."""
    assert OWN.read(text) is None
    nearest = "" if text == "XB" else "nearest known are "
    assert nearest in OWN.advice(text)


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("xa-north-PLANT", "XA-North-Plant"),
        ("XA-North-Office", "XA-North-Office"),
        ("XA-North-Hall 2", "XA-North-Hall 2"),
        ("XA-North-Hall 12", "XA-North-Hall 12"),
        ("XA-Hall B", "XA-Hall B"),
        ("XA-South", "XA-South"),
        ("XA", "XA"),
        ("QM-east", "QM-east"),
        ("US-WA-Tacoma", "US-WA-Tacoma"),
        ("US-OR-Seatle", "US-OR-Seatle"),
    ],
)
def test_another_place_is_no_mistake(text, region):
    """What differs by more, by a number, or lies elsewhere, is a place of its own."""
    assert OWN.read(text) == region


@given(
    st.lists(st.text("abcd -1", min_size=1, max_size=6), max_size=4),
    st.text("abcd -1", min_size=1, max_size=6),
)
def test_an_own_region_is_read_whatever_others_there_are(names, name):
    """Being near to another one never hides a region that factors have."""
    own = Regions([f"XA-{each}" for each in [*names, name]])
    assert own.read(f"XA-{name}") is not None
