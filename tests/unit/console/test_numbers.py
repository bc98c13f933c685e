"""Each number is that of the API, and leads to its source in two clicks."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from decimal import Decimal
from fractions import Fraction
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.testclient import TestClient

from tests.unit.console.conftest import HERE
from tests.unit.console.reading import read
from tonne.console.access import OwnAccess
from tonne.console.application import application
from tonne.console.parts.record_rows import HEADS
from tonne.console.rights import Writing
from tonne.yearly.figures import exact_text

YEAR = {"from_period": "2025-01", "to_period": "2025-12"}
LOCATION = ("scope1", "scope2.location", "scope3")


def selection_of(href):
    """What the address of an explanation selects, as the client takes it."""
    query = parse_qs(urlsplit(href).query)
    return {
        "from_period": query.get("from", [""])[0],
        "to_period": query.get("to", [""])[0],
        "accounts": tuple(query.get("account", ())),
        "facilities": tuple(query.get("facility", ())),
        "activities": tuple(query.get("activity", ())),
        "regions": tuple(query.get("region", ())),
        "as_of": query.get("as_of", [""])[0],
    }


def kg_of(title):
    """The kg CO2e that a title has; None where it is of something else."""
    number, _, unit = title.partition(" ")
    return Fraction(number) if unit == "kg CO2e" else None


def test_the_overview_has_the_totals_of_both_methods(browser, client, story):
    """Scopes and totals, to the last digit."""
    scopes = {
        row.group["scope"]: row.kg_co2e for row in client.inventory(story, by="scope", **YEAR).rows
    }
    for method in ("location", "market"):
        page = read(browser.get(f"/books/{story}?year=2025&scope2={method}"))
        found = {
            selection_of(href)["accounts"]: kg_of(title)
            for href, title in page.exact("/explain").items()
        }
        accounts = ("scope1", f"scope2.{method}", "scope3")
        total = client.inventory(story, accounts=accounts, **YEAR).total.kg_co2e
        assert found[accounts] == Fraction(total) > 0
        for scope, kg in scopes.items():
            if scope.startswith("scope"):
                assert found[(scope,)] == Fraction(kg), scope


@pytest.mark.parametrize("by", ["account", "scope", "facility", "facility_type", "region"])
def test_every_number_of_an_inventory_is_what_its_link_explains(browser, client, story, by):
    """The link beside a number selects what the API answers the number to."""
    page = read(browser.get(f"/books/{story}/inventory?by={by}&from=2025-01&to=2025-12"))
    seen = 0
    for href, title in page.exact("/explain").items():
        kg = kg_of(title)
        if kg is None:
            continue
        total = client.inventory(story, **selection_of(href)).total.kg_co2e
        assert Fraction(total) == kg, href
        seen += 1
    assert seen > 5


def test_rounded_numbers_are_those_of_their_exact_values(browser, story):
    """What people see is the exact value in tonnes, rounded once."""
    text = browser.get(f"/books/{story}/inventory?from=2025-01&to=2025-12").text
    pairs = re.findall(r'title="([\d.]+) kg CO2e">([\d,.]+)</a>', text)
    assert len(pairs) > 20
    for exact, shown in pairs:
        places = len(shown.partition(".")[2])
        assert shown.replace(",", "") == f"{round(Decimal(exact) / 1000, places):f}", exact


def test_two_clicks_lead_from_each_account_to_its_source_cell(browser, client, story):
    """A number of the inventory, its explanation, the factor as its publisher printed it."""
    inventory = read(browser.get(f"/books/{story}/inventory?by=account&from=2025-01&to=2025-12"))
    cells = 0
    for first, title in inventory.exact("/explain").items():
        if not kg_of(title):
            continue
        explained = read(browser.get(first))
        sources = [href for href in explained.links if "/factors/" in href]
        assert sources, first
        factor = read(browser.get(sources[0]))
        edition, row = urlsplit(sources[0]).path.split("/")[-2:]
        stated = client.get_factor(edition, int(row))
        assert stated.source in factor.text
        assert (stated.row or row) in factor.text
        assert stated.licence in factor.text
        assert stated.table in factor.text
        cells += 1
    assert cells > 10


def test_an_explanation_has_the_balances_of_the_api(browser, client, story):
    """Quantity and kg CO2e of each line, the records under them, and a replay that agrees."""
    query = "account=scope1&from=2025-02&to=2025-02"
    answer = browser.get(f"/books/{story}/explain?{query}&records=20&replay=1")
    page = read(answer)
    selection = {"accounts": "scope1", "from_period": "2025-02", "to_period": "2025-02"}
    lines = [
        part
        for part in client.explain(story, **selection)
        if hasattr(part, "factor") and part.kg_co2e
    ]
    assert lines
    text = html.unescape(answer.text)
    for line in lines:
        assert re.search(rf'title="[\d,./]*">≈?[\d,.]+<|{line.facility}', text)
        assert line.factor.source in text
        if line.kg_co2e.denominator in (1, 2, 4, 5, 8, 10, 20, 25, 40, 50, 100, 125, 1000):
            assert f"{exact_text(line.kg_co2e)} kg CO2e".partition(".")[0] in text.replace(",", "")
    assert "The replay agrees" in page.text
    assert "erp @ 2" in page.text
    assert exact_text(client.inventory(story, **selection).total.kg_co2e) in text.replace(",", "")


def test_downloads_have_every_digit(browser, client, story):
    """CSV and JSON are the rows of the API, as texts."""
    query = "by=facility&columns=month&from=2025-01&to=2025-12"
    expected = {
        (row.group["facility"], row.group["period"]): (row.kg_co2e, row.record_count)
        for row in client.inventory(story, by=("facility", "period"), **YEAR).rows
    }
    answer = browser.get(f"/books/{story}/inventory.csv?{query}")
    assert answer.headers["content-disposition"] == 'attachment; filename="story-inventory.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    told = {
        (row["facility"], row["period"]): (Decimal(row["kg_co2e"]), int(row["records"]))
        for row in rows
    }
    assert told == expected
    rows = json.loads(browser.get(f"/books/{story}/inventory.json?{query}").text)
    assert all(isinstance(row["kg_co2e"], str) for row in rows)
    told = {
        (row["facility"], row["period"]): (Decimal(row["kg_co2e"]), row["records"]) for row in rows
    }
    assert told == expected
    assert max(len(row["kg_co2e"]) for row in rows) > 17
    assert browser.get(f"/books/{story}/inventory.json?by=facility&account=scope3.15").json() == []


def test_what_waits_is_told_with_what_works_it_off(browser, story):
    """Suspense with its cause, quarantine with its rule, a conflict with its command."""
    suspense = read(browser.get(f"/books/{story}/suspense")).text
    assert "electricty.grid" in suspense
    assert "tonne suspense clear --book story" in suspense
    quarantine = read(browser.get(f"/books/{story}/quarantine")).text
    assert "twelve" in quarantine
    assert "tonne quarantine mend FILE --book story" in quarantine
    overview = read(browser.get(f"/books/{story}")).text
    assert "Suspense 1 wait for" in overview
    assert "Quarantine 1 break" in overview


def test_coverage_counts_the_days_of_the_api(browser, client, story):
    """Each row has the missing days of its facility and activity, month by month."""
    text = browser.get(f"/books/{story}/coverage?year=2025").text
    rows = re.findall(r"<tr>(<th scope=\"row\">.*?)</tr>", text, re.DOTALL)
    told = {}
    for row in rows:
        plain = re.sub(r"<[^>]+>", "|", row)
        parts = [html.unescape(each) for each in plain.split("|") if each.strip()]
        facility, activity, *cells = parts
        told[facility, activity] = [0 if each == "·" else int(each) for each in cells[:12]]
    expected = {}
    for each in client.coverage(story, **YEAR):
        days = [day.month for gap in each.gaps for day in gap.days()]
        if days or each.overlaps:
            expected[each.facility, each.activity] = [days.count(month) for month in range(1, 13)]
    assert told == expected
    assert any(sum(days) for days in told.values())


def test_targets_and_indicators_are_those_of_the_api(browser, client, story):
    """Printed values, and the exact ones beside them; a value leads to its terms."""
    page = read(browser.get(f"/books/{story}/indicators?year=2025"))
    values = {each.indicator: each for each in client.indicators(story, **YEAR).values}
    found = page.exact("/indicators/")
    assert found
    for href, title in found.items():
        name = urlsplit(href).path.rpartition("/")[2]
        assert title.replace(",", "").partition(" ")[0] == exact_text(values[name].exact)
        assert values[name].value in read(browser.get(href)).text
    progress = client.target_progress(story, "scope-one", year_start="2025-01")
    assert str(progress.current.standing).replace("_", " ") in page.text


def test_a_bridge_adds_up(browser, client, story):
    """From one month to another: the difference is the API's."""
    query = "before_from=2025-01&before_to=2025-01&after_from=2025-02&after_to=2025-02"
    page = read(browser.get(f"/books/{story}/bridge?{query}"))
    found = {
        selection_of(href)["from_period"]: kg_of(title)
        for href, title in page.exact("/explain").items()
    }
    for month in ("2025-01", "2025-02"):
        total = client.inventory(story, from_period=month, to_period=month).total.kg_co2e
        assert found[month] == Fraction(total)
    assert "tonne bridge --book=story --from=2025-01..2025-01" in page.text


def test_overlaps_are_those_of_the_api(browser, client, story):
    """Each side's worth to the last digit, on the list and on its own page; a filter narrows."""
    listed = list(client.list_overlaps(story, is_undecided=True))
    assert {each.activity for each in listed} == {"electricity.grid", "fuel.diesel.stationary"}
    page = read(browser.get(f"/books/{story}/overlaps"))
    worth = [side.kg_co2e for each in listed for month in each.months for side in month.sides]
    assert titles_of(page) == [Fraction(each) for each in worth]
    for each in listed:
        href = f"/books/{story}/overlaps/{each.number}"
        assert href in page.links
        alone = read(browser.get(href))
        mine = [Fraction(side.kg_co2e) for month in each.months for side in month.sides]
        assert titles_of(alone) == mine
        assert each.facility in alone.text
        assert f"tonne overlap accept {each.number} --reason WHY --book {story}" in alone.text
    narrowed = read(browser.get(f"/books/{story}/overlaps?activity=electricity.grid"))
    assert 0 < len(titles_of(narrowed)) < len(worth)
    assert f"{len(listed)} " in read(browser.get(f"/books/{story}?year=2025")).text


def titles_of(page):
    """The kg CO2e of cells that lead nowhere, in the order of the page."""
    found = [named.get("title", "") for tag, named in page.attributes if tag == "span"]
    return [kg for each in found if (kg := kg_of(each.replace(",", ""))) is not None]


@pytest.mark.parametrize("path", ["records?channel=erp", "records?channel=more", "quarantine"])
def test_who_can_do_nothing_sees_no_column_of_actions(browser, client, story, path):
    """Records stand in the same cells wherever they do; a column of nothing is left out."""
    acting = application(OwnAccess(client), Writing.OF_ALL, "ada")
    with TestClient(acting, base_url=HERE) as other:
        heads = [
            re.findall(r'<th scope="col">([^<]*)</th>', each.get(f"/books/{story}/{path}").text)
            for each in (browser, other)
        ]
    assert heads[1][-1] == "Actions"
    assert heads[0] == heads[1][:-1]
    assert set(HEADS) <= set(heads[0])


def test_months_of_which_nothing_can_be_done_have_no_column_of_it(browser, story):
    """The months stand there with their state and their history."""
    text = browser.get(f"/books/{story}/periods").text
    assert "2025-01" in text
    assert ">Actions</th>" not in text
