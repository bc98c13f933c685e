"""ADEME's Base Carbone against the publisher's workbook: every valid element, to the digit."""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

REPOSITORY = Path(__file__).parents[3]
EDITION = REPOSITORY / ("service/tonne/catalogue/shipped/editions/fr-ademe-base-carbone-23.6.csv")
ID, STATUS, KIND = "Identifiant de l'élément", "Statut de l'élément", "Type de l'élément"
TOTAL, UNIT, PERIOD = "Total poste non décomposé", "Unité français", "Période de validité"
# Reasons in the order in which they are asked, each with the elements that it leaves out.
LEFT_OUT = {
    "data of a territory, no factor": 1645,
    "a warming potential of a gas": 266,
    "carbon in land and forests": 197,
    "agriculture of a territory": 40,
    "a foreign grid, valid until 2017 or before, of no stated year": 137,
    "below zero: avoided, and no emission of an account": 108,
    "a unit that no record has": 12,
    "no region": 1,
}
ODD_UNITS = {
    "kgCO2e/personne.mois", "kgCO2e/m3.km", "kgCO2e/100 feuilles A4", "kgCO2e/ha",
    "kgCO2e/kgH2/100km",
}  # fmt: skip
STAGES = {
    "Combustion à la centrale": "direct",
    "Combustion": "direct",
    "Emissions fugitives": "direct",
    "Amont": "wtt",
    "Transport et distribution": "losses",
    "Fabrication": "embodied",
}
DIRECT = {"generation", "combustion", "operation"}
OURS = {
    "kwh": "kWh", "kwh pci": "kWh_net", "kwhpci": "kWh_net", "kwh (pci)": "kWh_net",
    "kwh pcs": "kWh_gross", "gj pci": "GJ_net", "gj pcs": "GJ_gross", "mj pci": "MJ_net",
    "tep pci": "toe_net", "tep pcs": "toe_gross", "litre": "l", "m3": "m3", "m³": "m3",
    "m3 (n)": "Nm3", "ml": "ml", "km": "km", "t.km": "t.km", "tonne.km": "t.km",
    "passager.km": "passenger.km", "heure": "h", "t": "t", "m": "m", "m de route": "m",
}  # fmt: skip


def number(cell):
    """A number of the workbook, with the digits that it shows."""
    return Decimal(repr(cell))


def ours(unit):
    """Our unit of a printed one."""
    text = unit.removeprefix("kgCO2e/").lower()
    if text in OURS:
        return OURS[text]
    if "euro" in text:
        return "EUR" + "".join(re.findall(r"\((\d{4})\)", text))
    starts = {"m²": "m2", "m2": "m2", "kg": "kg", "tonne": "t"}
    return next((mine for start, mine in starts.items() if text.startswith(start)), "unit")


def reason(element):
    """Why an element is left out, or nothing."""
    first, second, third = (
        element[f"Code de la catégorie {number}"].strip() for number in (1, 2, 3)
    )
    tests = (
        element[KIND] != "Facteur d'émission",
        first == "PRG" or second.startswith("PRG"),
        first == "UTCF",
        first == "Statistiques territoriales",
        first == "Electricité" and third == "Autres pays du monde",
        element[TOTAL] != "" and element[TOTAL] < 0,
        element[UNIT] in ODD_UNITS,
        element["Sous-localisation géographique français"] == "DOM COM",
    )
    return next((name for name, holds in zip(LEFT_OUT, tests, strict=True) if holds), "")


@pytest.fixture(scope="module")
def workbook(publications):
    """Valid lines of the workbook: elements, and what each is decomposed into, by id."""
    path = publications / "fr-ademe-base-carbone-23.6.xlsx"
    header, *lines = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
    elements, parts = {}, defaultdict(list)
    for line in lines:
        row = dict(zip(header, line, strict=True))
        if not row[STATUS].startswith("Valide"):
            continue
        if row["Type Ligne"] == "Elément":
            elements[int(row[ID])] = row
        else:
            parts[int(row[ID])].append(row)
    assert len(elements) == 8163
    return elements, parts


@pytest.fixture(scope="module")
def shipped():
    """Rows of the edition by the id of the element."""
    found = defaultdict(list)
    with EDITION.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            found[int(row["row"].partition(" ")[0])].append(row)
    return found


def test_every_valid_element_ships_or_has_its_reason(workbook, shipped):
    """Each of the 8,163, counted by reason; nothing ships that is not valid."""
    elements, _ = workbook
    why = {key: reason(element) for key, element in elements.items()}
    assert Counter(text for text in why.values() if text) == LEFT_OUT
    assert set(shipped) == {key for key, text in why.items() if not text}
    assert len(shipped) == 8163 - sum(LEFT_OUT.values()) == 5757
    page = (REPOSITORY / "docs/catalogue.md").read_text("utf-8")
    for text, count in LEFT_OUT.items():
        assert f"| {count:,} | {text} |" in page, text


def test_every_stage_is_what_is_printed_of_it(workbook, shipped):
    """Amount by stage, the unit and the biogenic CO2: equal to the cells' digits, row by row."""
    elements, parts = workbook
    compared = 0
    for key, rows in shipped.items():
        element = elements[key]
        thousand = 1000 if element[UNIT].startswith("kgCO2e/keuro") else 1
        for region in {row["region"] for row in rows}:
            mine = {
                "direct" if row["stage"] in DIRECT else row["stage"]: row
                for row in rows
                if row["region"] == region and row["gwp_set"] != "CO2"
            }
            assert len({row["unit"] for row in mine.values()}) == 1, key
            assert next(iter(mine.values()))["unit"] == ours(element[UNIT]), key
            if set(mine) <= {"production", "treatment", "life_cycle"} or not parts[key]:
                (row,) = mine.values()
                assert Decimal(row["kg_co2e"]) * thousand == number(element[TOTAL]), key
                compared += 1
                continue
            printed = defaultdict(Decimal)
            for part in parts[key]:
                stage = STAGES.get(part["Type poste"])
                if stage is None or len(mine) == 1 < len(parts[key]):
                    printed = {"direct": number(element[TOTAL])}
                    break
                printed[stage] += number(part[TOTAL])
            found = {stage: Decimal(row["kg_co2e"]) for stage, row in mine.items()}
            assert found == printed, key
            total = sum(found.values())
            whole = number(element[TOTAL])
            # The publisher rounds each line and the total to three digits.
            assert abs(total - whole) <= max(whole / 50, Decimal("0.0006")), key
            compared += len(found)
    assert compared > 7000


def test_the_total_stands_alone_only_where_lines_have_no_stage_of_their_own(workbook, shipped):
    """Transport that is not decomposed by fuel is told to hold upstream and vehicles."""
    _, parts = workbook
    for key, rows in shipped.items():
        (row, *others) = rows
        if (
            row["stage"] == "operation"
            and not others
            and row["activity"].startswith(("travel", "freight"))
        ):
            kinds = {part["Type poste"] for part in parts[key]}
            assert not kinds or not kinds <= set(STAGES) or kinds == {"Combustion"}, key
            assert "upstream and vehicles are in it" in row["note"], key


def test_heat_has_what_the_comment_prints_of_its_combustion(workbook, shipped):
    """872 networks: life cycle from the cell, combustion from the comment, both as printed."""
    elements, _ = workbook
    count = 0
    for key, rows in shipped.items():
        if not rows[0]["activity"].startswith(("heat.", "cooling.")):
            continue
        count += 1
        by_stage = {row["stage"]: row for row in rows}
        comment = elements[key]["Commentaire français"]
        (printed,) = re.findall(r"combustion sans ACV = ([\d,]+) kgCO2/kWh", comment)
        assert by_stage["generation"]["kg_co2"] == printed.replace(",", "."), key
        assert by_stage["generation"]["kg_co2e"] == ""
        assert Decimal(by_stage["life_cycle"]["kg_co2e"]) == number(elements[key][TOTAL])
    assert count == 872


def test_fuels_keep_the_carbon_of_their_biomass_apart(workbook, shipped):
    """CO2b of the combustion, where it is printed and not zero; what grew back is left out."""
    _, parts = workbook
    count = 0
    for key, rows in shipped.items():
        for row in rows:
            if row["stage"] != "combustion":
                assert row["kg_biogenic_co2"] == "", key
                continue
            burnt = [part for part in parts[key] if part["Type poste"] == "Combustion"]
            printed = sum(number(part["CO2b"]) for part in burnt if part["CO2b"] != "")
            assert Decimal(row["kg_biogenic_co2"] or 0) == max(printed, 0), key
            count += bool(row["kg_biogenic_co2"])
    assert count > 50


def test_no_row_outlives_its_validity(workbook, shipped):
    """A year, a month or a day as printed is the last that a row is valid."""
    elements, _ = workbook
    dated = 0
    for key, rows in shipped.items():
        period = elements[key][PERIOD]
        year = re.search(r"20\d\d|(?<=\.-)\d\d", str(period))
        if isinstance(period, float) and period > 3000:
            year = re.search(r"20\d\d", rows[0]["note"])  # days since 1900, as a number
        for row in rows:
            if year is None:
                assert row["valid_to"] == "", key
                continue
            last = int(year[0]) % 100 + 2000
            if elements[key]["Nom frontière français"] == "consommation - 2020":
                last = 2020  # the year of the data is printed, too
            assert row["valid_to"][:4] in {str(last), str(last + 1)}, key
            dated += 1
    assert dated > 7000


def test_the_electricity_of_france_has_a_set_for_each_year(shipped):
    """2008 to 2024: generation, upstream and losses under the name that records have."""
    rows = [
        row
        for found in shipped.values()
        for row in found
        if row["activity"] == "electricity.grid" and row["region"] == "FR"
    ]
    by_year = defaultdict(set)
    for row in rows:
        assert row["row"].split(" ")[2] == row["valid_from"][:4], row
        by_year[row["valid_from"], row["valid_to"]].add(row["stage"])
    assert set(by_year) == {(f"{year}-01-01", f"{year + 1}-01-01") for year in range(2008, 2025)}
    assert set(map(frozenset, by_year.values())) == {frozenset({"generation", "wtt", "losses"})}
