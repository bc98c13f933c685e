"""The shipped catalogue against what the publishers printed, row by row.

The UK's and EPA's own files: `test_publishers_files.py`.
"""

from __future__ import annotations

import csv
import os
import random
import re
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
EDITIONS = REPOSITORY / "service/tonne/catalogue/shipped/editions"
SEED = int(os.environ.get("TONNE_TEST_SEED") or random.SystemRandom().randrange(10**6))
ROWS_MAX = 200
POUND_KG = Decimal("0.45359237")
BIOENERGY = ("Bioenergy", "WTT- bioenergy", "Outside of scopes")

UNITS = {
    "kg": "kg",
    "km": "km",
    "miles": "mile",
    "tonnes": "t",
    "tonne.km": "t.km",
    "passenger.km": "passenger.km",
    "litres": "l",
    "kWh": "kWh",
    "kWh (Gross CV)": "kWh_gross",
    "kWh (Net CV)": "kWh_net",
    "GJ": "GJ_net",
    "Room per night": "room.night",
    "cubic metres": "m3",
    "per FTE Working Hour": "FTE.hour",
    "million litres": "Ml",
    "mmBtu (HHV)": "MMBtu_gross",
    "mmBtu": "MMBtu",
    "short ton": "short_ton",
    "gallon": "US_gal",
    "scf": "scf",
    "passenger-mile": "passenger.mile",
    "vehicle-mile": "vehicle.mile",
    "short ton-mile": "short_ton.mile",
    "2022 USD": "USD2022",
}
GASES = {
    "kg_co2": "kg_co2",
    "kg_ch4": "kg_ch4",
    "kg_n2o": "kg_n2o",
    "co2e_of_ch4": "co2e_ch4",
    "co2e_of_n2o": "co2e_n2o",
    "biogenic_kg_co2": "kg_biogenic_co2",
}


@pytest.fixture(scope="module")
def published():
    """Published rows by source, from files that are no part of the repository."""
    root = os.environ.get("TONNE_TEST_DATA") or REPOSITORY.parent / "shared" / "data"
    path = Path(root) / "factors" / "factors.csv"
    if not path.is_file():
        reason = f"left out: the published data are not at {path}; set TONNE_TEST_DATA"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    found = defaultdict(list)
    for row in read(path):
        found[row["source_id"]].append(row)
    return found


def read(path):
    """Rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def edition(name):
    """Rows of a shipped edition."""
    return read(EDITIONS / f"{name}.csv")


def by(rows, *columns):
    """Rows by the values of some columns."""
    found = defaultdict(list)
    for row in rows:
        found[tuple(row[column] for column in columns)].append(row)
    return found


def same(text, other):
    """Whether two cells hold the same number, or both none."""
    return (text == other == "") or (text and other and Decimal(text) == Decimal(other))


def amounts_agree(theirs, ours):
    """Whether a published row's gases are those of ours."""
    return all(same(theirs[column], ours[mine]) for column, mine in GASES.items())


def test_all_rows_of_epas_hub_2025_are_as_printed(published):
    """Each row of each table: the gases in their masses, no total where EPA prints none."""
    ours = by(edition("us-epa-hub-2025"), "table", "row", "unit")
    count = 0
    for row in published["us-epa-ef-hub-2025"]:
        table, number = re.match(r"(Table \d+) row (\d+)$", row["table_or_sheet"]).groups()
        if table == "Table 6":
            continue
        count += 1
        printed = row["kg_co2e"] if row["co2e_basis"] == "published" else ""
        # One line of the waste table holds several treatments.
        treatment = {
            "combusted": "incineration",
            "landfilled": "landfill",
            "recycled": "recycling",
            "composted": "composting",
            "anaerobic digestion (dry, cured)": "anaerobic_digestion_dry",
            "anaerobic digestion (wet, cured)": "anaerobic_digestion_wet",
        }.get(re.sub(r".*?, (?=[a-z]+( digestion \(.*)?$)", "", row["activity"]), "")
        (mine,) = (
            mine
            for mine in ours[table, number, UNITS[row["unit"]]]
            if table != "Table 9" or mine["activity"].endswith("." + treatment)
        )
        assert same(printed, mine["kg_co2e"]), row["activity"]
        assert amounts_agree(row, mine), row["activity"]
        assert mine["region"] == row["region"].replace("001", ""), row["activity"]
    assert count == 395


@pytest.mark.parametrize(("year", "subregions"), [(2023, 27), (2024, 27), (2025, 27)])
def test_egrid_subregions_are_the_printed_pounds_to_the_last_digit(published, year, subregions):
    """lb/MWh x 0.45359237 is the mass, exactly, for every subregion and the US."""
    ours = {
        row["region"]: row
        for row in edition(f"us-epa-hub-{year}")
        if (row["table"], row["activity"]) == ("Table 6", "electricity.grid")
        and row["stage"] == "generation"
    }
    rows = [
        row
        for row in published[f"us-epa-ef-hub-{year}"]
        if row["table_or_sheet"].startswith("Table 6")
    ]
    assert len(rows) == len(ours) == subregions + 1
    for row in rows:
        mine = ours[row["region"]]
        printed = re.search(r"CO2 (\S+) CH4 (\S+) N2O (\S+);", row["note"]).groups()
        for column, pounds in zip(("kg_co2", "kg_ch4", "kg_n2o"), printed, strict=True):
            assert Decimal(mine[column]) == Decimal(pounds) * POUND_KG, row["activity"]
            assert abs(Decimal(mine[column]) / 1000 - Decimal(row[column])) < Decimal("1e-11")
        assert mine["unit"] == "MWh"
        assert mine["kg_co2e"] == ""


def test_egrid_states_are_the_printed_pounds_to_the_last_digit(published):
    """lb CO2e/MWh x 0.45359237 is the total, exactly, for every state."""
    ours = {row["region"]: row for row in edition("us-egrid-2023")}
    rows = published["us-egrid2023-state-codecarbon"]
    assert len(rows) == len(ours) == 52
    for row in rows:
        pounds = Decimal(re.match(r"as printed (\S+) lb", row["note"])[1])
        assert Decimal(ours[row["region"]]["kg_co2e"]) == pounds * POUND_KG


@pytest.mark.parametrize("year", [2021, 2022, 2023])
def test_chinese_grid_factors_are_as_announced(published, year):
    """Nation, seven grids, thirty provinces: CO2 alone, in the year of the data."""
    ours = by(edition(f"cn-mee-grid-{year}"), "region", "activity", "stage")
    rows = published[f"cn-mee-grid-{year}"]
    assert len(rows) == len(ours) == 40
    for row in rows:
        kind = ("electricity.grid", "generation")
        if "excluding market" in row["activity"]:
            kind = ("electricity.grid", "residual")
        elif "fossil-power" in row["activity"]:
            kind = ("electricity.grid_fossil", "generation")
        (mine,) = ours[row["region"], *kind]
        assert Decimal(mine["kg_co2"]) == Decimal(row["kg_co2"]), row["activity"]
        assert (mine["unit"], mine["kg_co2e"], mine["gwp_set"]) == ("kWh", "", "CO2")
        assert mine["valid_from"] == f"{year}-01-01"


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("cn-mee-fp-2023", "cn-mee-footprint-2023"),
        ("cn-mee-fp-2024", "cn-mee-footprint-2024"),
        ("cn-fuel-default-A", "cn-fuel-a"),
        ("cn-fuel-default-B", "cn-fuel-b"),
        ("cn-fuel-default-C", "cn-fuel-c"),
        ("ipcc-2006-energy", "ipcc-2006"),
    ],
)
def test_other_sources_are_as_printed(published, source, name):
    """The same rows: each published total and mass has its row, and no row is left over."""
    rows, ours = published[source], edition(name)
    assert len(rows) == len(ours)
    remaining = list(ours)
    last = Decimal("1e-8")  # factors that were computed have an end in one of the two
    for row in rows:
        total = row["kg_co2e"] if row["co2e_basis"] == "published" else ""
        if source.startswith("cn-fuel"):
            total = ""
        code = row["table_or_sheet"].removeprefix("NAICS ")
        fitting = [
            mine
            for mine in remaining
            if same(total, mine["kg_co2e"])
            and (not code.isdigit() or mine["row"] == code)
            and all(
                (not row[column] and not mine[own])
                or (
                    row[column]
                    and mine[own]
                    and abs(Decimal(row[column]) - Decimal(mine[own])) < last
                )
                for column, own in GASES.items()
            )
        ]
        assert fitting, row["activity"]
        remaining.remove(fitting[0])
    assert remaining == []
