"""On what scope 3 rests: by kind, by the evidence of a day, to the inventory's last digit."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from fractions import Fraction

import pytest

from tonne.errors import FieldInvalid
from tonne.statements.statement import statement_of
from tonne.statements.suppliers import Attribute, Evidence, EvidenceKind, Supplier

FACTORS = b"""\
activity,region,unit,stage,valid_from,valid_to,kg_co2e,gwp_set,account,source
product.acme.screen,,unit,,2020-01-01,,20.5,AR6,scope3.01.goods,"Acme, product footprint (PACT 3)"
product.b_cables.cable,,m,,2020-01-01,,0.3,AR6,scope3.01.goods,"B Cables, product footprint"
carried,,t.km,supplier,2020-01-01,,0.05,AR6,scope3.04.transport,the carrier's own
bought.screens,,unit,,2020-01-01,,30,AR6,scope3.01.goods,an industry's mean
bought.services,,CNY,,2020-01-01,,0.07,AR6,scope3.01.services,an input-output table
heated,,kWh,,2020-01-01,,0.2,AR6,scope1.stationary,not of scope 3
"""
SPAN = {"facility": "hq", "start": "2025-01-01", "end": "2025-02-01"}
BOUGHT = {
    "product.acme.screen": ("20", "unit"),
    "product.b_cables.cable": ("1000.5", "m"),
    "carried": ("200", "t.km"),
    "bought.screens": ("10", "unit"),
    "bought.services": ("12345.67", "CNY"),
    "heated": ("1000", "kWh"),
}
VERIFIED, SPECIFIC, AVERAGE, SPEND = (each for each in EvidenceKind if each)
KG = {
    ("scope3.01", SPECIFIC): 20 * Decimal("20.5") + Decimal("1000.5") * Decimal("0.3"),
    ("scope3.01", AVERAGE): Decimal(300),
    ("scope3.01", SPEND): Decimal("12345.67") * Decimal("0.07"),
    ("scope3.04", SPECIFIC): Decimal(10),
}


@pytest.fixture
def buyer(client, stated_book):
    """A book that bought from two makers, by carriers, by means and by spend."""
    client.import_edition(stated_book, "own", FACTORS)
    client.post_records(
        stated_book,
        [
            SPAN | {"activity": activity, "quantity": quantity, "unit": unit}
            for activity, (quantity, unit) in BOUGHT.items()
        ],
    )
    return stated_book


def register(client, book, valid_to=""):
    """State Acme, with data verified from February to April, and nothing of B Cables."""
    shown = Evidence(
        "acme-ltd", Attribute.VERIFIED_DATA, "2025-02-01", "report 7", valid_to, 0, "TÜV"
    )
    client.add_statements(
        book,
        [
            statement_of("acme-ltd", Supplier("Acme"), reason="new", valid_from="2025-01-01"),
            statement_of("e1", shown, reason="new"),
        ],
        author="Ada",
    )


def cells(found):
    return {(row.category, row.kind): row.kg_co2e for row in found.rows}


def test_each_kind_is_what_its_records_come_to(client, buyer):
    """Without a register nobody is verified; all adds up to the inventory's scope 3."""
    found = client.scope3_evidence(buyer, parts_max=10)
    assert cells(found) == KG
    assert {row.kind: row.kg_co2e for row in found.totals} == {
        VERIFIED: 0,
        SPECIFIC: KG["scope3.01", SPECIFIC] + 10,
        AVERAGE: 300,
        SPEND: KG["scope3.01", SPEND],
    }
    assert found.kg_co2e == sum(KG.values())
    assert found.kg_co2e == client.inventory(buyer, accounts=["scope3"]).total.kg_co2e
    (spend,) = (row for row in found.totals if row.kind is SPEND)
    share = 100 * Fraction(spend.kg_co2e) / Fraction(found.kg_co2e)
    assert abs(Fraction(spend.percent) - share) <= Fraction(1, 2 * 10**18)
    told = " ".join(found.notices)
    assert "acme, b_cables: makers of products that are not in the register" in told
    assert "10 kg CO2e rest on suppliers' factors that name no supplier" in told
    own = KG["scope3.01", SPEND] + 300
    assert f"about {round(own, 3)} kg CO2e rest on factors of the book's own editions" in told


def test_a_maker_is_verified_as_long_as_its_evidence_counts(client, buyer):
    """Before it, on its days, after them: the maker is found by its name."""
    register(client, buyer, valid_to="2025-05-01")
    acme = 20 * Decimal("20.5")
    for day, kind in (
        ("2025-01-31", SPECIFIC),
        ("2025-02-01", VERIFIED),
        ("2025-04-30", VERIFIED),
        ("2025-05-01", SPECIFIC),
    ):
        found = client.scope3_evidence(buyer, valid_on=day, parts_max=10)
        kg = cells(found)
        assert kg.get(("scope3.01", VERIFIED), 0) == (acme if kind is VERIFIED else 0)
        assert sum(kg.values()) == sum(KG.values())
        assert [(each.supplier, each.kind) for each in found.parts if "acme" in each.activity] == [
            ("acme-ltd", kind)
        ]
        assert ("no longer counts on 2025-05-01" in " ".join(found.notices)) == (
            day == "2025-05-01"
        )
        assert found.day == day


def test_a_word_of_two_suppliers_is_of_none(client, buyer):
    """Two suppliers called Acme, one of them verified: the footprints are not."""
    register(client, buyer)
    another = statement_of("acme2", Supplier("ACME"), reason="new", valid_from="2025-01-01")
    client.add_statements(buyer, [another], author="Ada")
    found = client.scope3_evidence(buyer)
    assert cells(found) == KG
    assert "acme: several suppliers have this word" in " ".join(found.notices)
    by_id = statement_of("acme", Supplier("The right one"), reason="new", valid_from="2025-01-01")
    client.add_statements(buyer, [by_id], author="Ada")
    assert "several suppliers" not in " ".join(client.scope3_evidence(buyer).notices)


def test_parts_are_the_largest_and_the_rest_is_told(client, buyer):
    """Two of five parts, and what the others come to; each part has its factor's place."""
    found = client.scope3_evidence(buyer, parts_max=2)
    assert [(each.activity, each.kg_co2e) for each in found.parts] == [
        ("bought.services", KG["scope3.01", SPEND]),
        ("product.acme.screen", 410),
    ]
    assert found.parts[0].edition == "own"
    assert "an input-output table" in found.parts[0].cell
    assert found.omitted_count == 3
    assert sum(each.kg_co2e for each in found.parts) + found.omitted_kg == found.kg_co2e


def test_it_is_of_the_moment_and_the_months_that_are_asked_for(client, buyer):
    """What came later is not in it; months bound it, a wrong account of it is refused."""
    before = client.scope3_evidence(buyer)
    register(client, buyer)
    more = SPAN | {"activity": "bought.screens", "unit": "unit", "quantity": "1"}
    client.post_records(buyer, [more | {"start": "2025-03-01", "end": "2025-04-01"}])
    again = client.scope3_evidence(buyer, as_of=before.commit, valid_on=before.day)
    assert again == before
    march = client.scope3_evidence(buyer, from_period="2025-03")
    assert cells(march) == {("scope3.01", AVERAGE): 30}
    with pytest.raises(FieldInvalid, match="gwp_set"):
        client.scope3_evidence(buyer, gwp_set="AR9")


def test_converted_units_add_up(client, stated_book):
    """Feet of cable by the metre, tons and miles, over two months: the parts add up."""
    client.import_edition(stated_book, "own", FACTORS)
    span = {"facility": "hq", "start": "2025-01-15", "end": "2025-02-16"}
    client.post_records(
        stated_book,
        [
            span | {"activity": "product.b_cables.cable", "quantity": "100", "unit": "ft"},
            span | {"activity": "carried", "quantity": "1.1", "unit": "ton.mile"},
        ],
    )
    found = client.scope3_evidence(stated_book, parts_max=9)
    assert found.kg_co2e == client.inventory(stated_book, accounts=["scope3"]).total.kg_co2e
    for several in (found.rows, found.totals, found.parts):
        assert sum(each.kg_co2e for each in several) == found.kg_co2e


@pytest.mark.usefixtures("buyer")
def test_it_is_printed_for_people_and_for_programs(run):
    """A table in tonnes with the kinds in words; CSV and JSON have all digits."""
    code, out, told = run("supplier", "scope3", "--parts", "2")
    assert code == 0
    lines = [line.split() for line in out.splitlines()]
    assert lines[2][:4] == ["scope3.01", "average", "data", "0.300"]
    assert "all of scope 3" in out
    assert "and 3 parts more of 0.61 t CO2e" in told
    rows = list(csv.DictReader(io.StringIO(run("supplier", "scope3", "--format", "csv")[1])))
    assert {(row["category"], row["kind"]): Decimal(row["kg_co2e"]) for row in rows[:4]} == {
        (category, str(kind)): kg for (category, kind), kg in KG.items()
    }
    document = json.loads(run("supplier", "scope3", "--format", "json")[1])
    assert Decimal(document["kg_co2e"]) == sum(KG.values())
