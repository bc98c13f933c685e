"""Figures that cities and a plant have published, against the ledger's, through gRPC."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from decimal import Decimal

import polars as pl
import pytest

EDITION_HEADER = (
    "activity,region,unit,valid_from,valid_to,kg_co2e,kg_co2,kg_ch4,kg_n2o,account,source,"
    "table,note"
)
TONNE_KG = 1_000


def read(path):
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def edition_of(factors):
    """Write a city's factors as an edition: whole years, the last one included."""
    rows = [
        f"{row['activity']},,{row['unit']},{row['year_from']}-01-01,"
        f"{int(row['year_to']) + 1}-01-01,{row['kg_co2e_per_unit']},,,,{account},city,,"
        for row in factors
        for account in [
            "scope1.stationary"
            if row["activity"] in {"natural_gas", "other_fuel"}
            else "scope2.location"
        ]
    ]
    return "\n".join([EDITION_HEADER, *rows]).encode()


def building_years(client, city):
    """kg CO2e of each building and year, from the inventory by facility and month."""
    found = defaultdict(Decimal)
    inventory = client.inventory(city, by=("facility", "period"))
    for row in inventory.rows:
        found[row.group["facility"], row.group["period"][:4]] += row.kg_co2e
    assert inventory.suspended_count == 0
    assert sum(found.values()) == inventory.total.kg_co2e
    return found


def exceptions(found, published, floor_kg):
    """Count the published figures that the ledger misses by more than floor or 0.2 %."""
    count = 0
    for row in published:
        expected_kg = Decimal(row["published"]) * TONNE_KG
        difference_kg = abs(found[row["facility"], row["start"][:4]] - expected_kg)
        count += difference_kg > max(floor_kg, abs(expected_kg) * Decimal("0.002"))
    return count


@pytest.fixture(scope="module")
def stream_city(client, activities):
    def stream(city, records):
        client.create_book(city, display_name=city.title())
        client.import_edition(
            city, "published", edition_of(read(activities / f"{city}_factors.csv"))
        )
        with client.channel(city, "benchmarking") as channel:
            result = channel.append(records)
        assert result.posted_count == result.record_count
        return result, building_years(client, city), read(activities / f"{city}_published.csv")

    return stream


def test_seattle_agrees_with_every_published_building_year(stream_city, activities):
    """Seattle: 0 exceptions in 6,697 building-years at max(10 kg, 0.2 %)."""
    records = read(activities / "seattle.csv")
    result, found, published = stream_city("seattle", records)
    assert result.record_count == len(records) == 11_124
    assert len(published) == 6_697
    assert exceptions(found, published, 10) == 0


def test_chicago_misses_exactly_what_the_city_mended_later(stream_city, activities):
    """Chicago: 176 exceptions in 7,169 at max(10 kg, 0.2 %), 164 at max(600 kg, 0.2 %)."""
    frame = pl.read_csv(activities / "chicago.csv", infer_schema=False)
    result, found, published = stream_city("chicago", frame)
    assert result.record_count == 14_305
    assert len(published) == 7_169
    assert exceptions(found, published, 10) == 176
    assert exceptions(found, published, 600) == 164


@pytest.mark.parametrize(
    "meter",
    [("steel_meter", "kWh", 35_040), ("datacentre_meters", "Wh", 94_636)],
)
def test_a_meters_sums_are_exact(client, tonne, activities, meter):
    """Total and each month equal the exact sum of the file's quantities, to their last digit.

    A factor of 1 kg per unit of the file makes the inventory's mass the quantity.
    """
    name, unit, count = meter
    book = name.replace("_", "-")
    path = activities / f"{name}.csv"
    client.create_book(book)
    edition = f"{EDITION_HEADER}\nelectricity,,{unit},1970-01-01,,1,,,,scope2.location,,,"
    client.import_edition(book, "one", edition.encode())
    run = tonne("append", path, "--book", book, "--channel", "meter", "--format", "json")
    assert run.returncode == 0, run.stderr

    months = defaultdict(Decimal)
    for row in read(path):
        months[row["start"][:7]] += Decimal(row["quantity"])
    (summary,) = json.loads(run.stdout)
    assert (summary["records"], summary["posted"]) == (count, count)
    assert Decimal(summary["quantity_sum"]) == sum(months.values())
    inventory = client.inventory(book, by=("period",))
    assert {row.group["period"]: row.kg_co2e for row in inventory.rows} == months
    assert inventory.total.kg_co2e == sum(months.values())
    assert inventory.total.record_count == count
