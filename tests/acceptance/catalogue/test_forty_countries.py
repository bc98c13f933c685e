"""A year of an enterprise in forty countries: each by a factor of the right kind, or it waits.

The oracle reads the shipped files and the workbook that is imported, and computes in fractions.
"""

from __future__ import annotations

import csv
from fractions import Fraction
from pathlib import Path

import pytest

from tests.support.workbooks import write_xlsx
from tonne.model import Facility

EDITIONS = Path(__file__).parents[3] / "service/tonne/catalogue/shipped/editions"
BOOK = "forty"
WHO = ("--author", "Ada", "--reason", "a factor for every country")
MONTHS = [(f"2024-{month:02d}-01", f"2024-{month + 1:02d}-01") for month in range(1, 12)]
MONTHS.append(("2024-12-01", "2025-01-01"))
# Countries whose grid factor ships: the edition, and kg CO2e or CO2 per kWh in 2024.
SHIPPED = {"GB": "uk-ghg-2024", "US": "us-epa-hub-2025", "CN": "cn-mee-grid-2023",
           "IN": "in-cea-v21", "FR": "fr-ademe-base-carbone-23.6"}  # fmt: skip
# Countries of the workbook that is imported: grams of production and of residual mix.
MIXES = {"DE": (311.5, 724.5), "ES": (100.25, 292.5), "IT": (235.5, 441.25), "PL": (634, 808.5),
         "NL": (228.5, 382.5), "BE": (104.75, 131.75), "SE": (5, 85.5), "NO": (6.75, 534.75),
         "AT": (86.5, 0), "IE": (245.5, 365.5)}  # fmt: skip
OTHERS = ("JP", "KR", "TW", "SG", "MY", "TH", "VN", "ID", "PH", "AU", "NZ", "CA", "MX", "BR", "AR",
          "CL", "CO", "PE", "ZA", "EG", "NG", "KE", "MA", "SA", "TR")  # fmt: skip
COUNTRIES = (*SHIPPED, *MIXES, *OTHERS)


def quantity(country, month):
    """kWh of a site in a month: no two are equal."""
    return 1000 + COUNTRIES.index(country) * 12 + month


def year_of(country):
    """kWh of a site in the year."""
    return sum(quantity(country, month) for month in range(12))


def rows_of(edition, country, stage):
    """Rows of a shipped edition for the electricity of a country."""
    with (EDITIONS / f"{edition}.csv").open(encoding="utf-8", newline="") as lines:
        return [
            row
            for row in csv.DictReader(lines)
            if (row["activity"], row["region"], row["stage"])
            == ("electricity.grid", country, stage)
            and row["valid_from"][:4] in {"2022", "2023", "2024"}
        ]


def per_kwh(country):
    """kg CO2e per kWh under AR5 by the shipped row of the nearest year."""
    row = max(rows_of(SHIPPED[country], country, "generation"), key=lambda row: row["valid_from"])
    if row["kg_co2e"]:
        return Fraction(row["kg_co2e"])
    gases = (("kg_co2", 1), ("kg_ch4", 28), ("kg_n2o", 265))
    kg = sum(Fraction(row[gas]) * weight for gas, weight in gases if row[gas])
    return kg / {"kWh": 1, "MWh": 1000}[row["unit"]]


@pytest.fixture(scope="module")
def book(client):
    """A year of forty sites, a record a month."""
    client.create_book(BOOK)
    client.import_facilities(
        BOOK, [Facility(f"site-{country}", region=country) for country in COUNTRIES]
    )
    records = [
        {
            "record_id": f"{country}-{month}",
            "facility": f"site-{country}",
            "activity": "electricity.grid",
            "quantity": str(quantity(country, month)),
            "unit": "kWh",
            "start": start,
            "end": end,
        }
        for country in COUNTRIES
        for month, (start, end) in enumerate(MONTHS)
    ]
    with client.channel(BOOK, "meters") as channel:
        channel.append(records)
    return BOOK


def by_account(client, account):
    """kg CO2e of the sites that have any."""
    found = client.inventory(BOOK, by=("facility", "account"), accounts=(account,))
    return {
        row.group["facility"].removeprefix("site-"): Fraction(str(row.kg_co2e))
        for row in found.rows
    }


def test_each_country_is_counted_or_waits_and_says_for_what(client, tonne, book, tmp_path):
    """Five by shipped grid factors; 35 wait: ten for the workbook, others for a choice."""
    assert len(COUNTRIES) == 40
    assert by_account(client, "scope2.location") == {
        country: year_of(country) * per_kwh(country) for country in SHIPPED
    }
    waiting = {}
    for item in client.list_suspense(book):
        country = item.record["record_id"].partition("-")[0]
        waiting.setdefault(country, []).append(item.message)
    assert set(waiting) == {*MIXES, *OTHERS}
    for country, messages in waiting.items():
        assert len(messages) == 12, country
        for message in messages:
            assert f"({country})" in message
            assert "import one with `tonne edition import`" in message, country
            assert "--add-edition ember-yearly-2024" in message, country
            assert ("European Residual Mixes" in message) == (country in MIXES), country

    path = write_xlsx(
        tmp_path / "mixes.xlsx",
        {
            "CO2": [
                ["Country code", "Production mix CO2", "Residual mix CO2"],
                *([country, *grams] for country, grams in MIXES.items()),
            ],
            "Residual Mixes Comparison": [["", "", 2023, 2024]],
            "Changes": [["Changes from 2023"]],
        },
    )
    run = tonne("edition", "import", path, "--id", "eu-aib-2024", "--book", book)
    assert "AT has no residual mix" in run.stderr
    text = tmp_path / "own.csv"
    text.write_text("activity,unit,valid_from,kg_co2e\nfuel.diesel,l,2024-01-01,2.5\n")
    own = ("edition", "import", text, "--id", "own", "--book", book)
    assert tonne(*own, "--valid-to", "2026-01-01").returncode == 2
    assert tonne("suspense", "clear", "--book", book).returncode == 0
    location = by_account(client, "scope2.location")
    market = by_account(client, "scope2.market")
    for country, (production, residual) in MIXES.items():
        assert location[country] == year_of(country) * Fraction(str(production)) / 1000
        assert market[country] == year_of(country) * Fraction(str(residual or production)) / 1000

    run = tonne("method", "set", "--book", book, *WHO, "--add-edition", "ember-yearly-2024")
    assert run.returncode == 0
    assert tonne("suspense", "clear", "--book", book).returncode == 0
    assert list(client.list_suspense(book)) == []
    location = by_account(client, "scope2.location")
    assert set(location) == set(COUNTRIES)
    for country in OTHERS:
        (average,) = rows_of("ember-yearly-2024", country, "life_cycle")
        assert location[country] == year_of(country) * Fraction(average["kg_co2e"]), country
    for country in SHIPPED:
        assert location[country] == year_of(country) * per_kwh(country), country
    assert not set(by_account(client, "scope3.03.wtt")) & {*OTHERS, *MIXES}
