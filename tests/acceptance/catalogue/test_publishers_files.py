"""The UK's and EPA's editions against the publishers' own files, cell by cell.

The files are no part of the repository. Each figure of a file is in a shipped row, to its printed
digit, or is named here with the reason why not; and each shipped row has its cell in the file.
"""

from __future__ import annotations

import csv
import os
import re
from collections import defaultdict
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

REPOSITORY = Path(__file__).parents[3]
EDITIONS = REPOSITORY / "service/tonne/catalogue/shipped/editions"
POUND_KG = Decimal("0.45359237")
GASES = ("kg_co2e", "kg_co2", "co2e_ch4", "co2e_n2o")
WORKBOOKS = {
    2018: "uk-2018.xls",
    2019: "uk-2019.xls",
    2020: "uk-2020.xlsx",
    2021: "uk-2021.xls",
    2022: "uk-2022.xls",
    2023: "uk-2023-condensed.xlsx",
    2024: "uk-2024-full.xlsx",
}
# Sheets without factors, and tables of definitions that `properties.csv` and the units hold.
PROSE = {
    "Introduction", "What's new", "Index", "Update_Checklist", "DataSources", "Conversions",
    "Fuel properties", "Haul definition", "Haul_definition",
}  # fmt: skip
# Totals of refrigerants are the sum of two other cells: Kyoto products and the others.
SUMS = "total emissions including"
SUMS_COUNT = {2022: 164, 2023: 166, 2024: 166, 2025: 166}
# Heat stands in the flat files of these years alone, which the workbooks lack.
OF_FLAT_FILES = {2019: 2, 2020: 2, 2021: 2}
RENAMED = {"combustion": "incineration with energy recovery"}  # in 2025
# Figures of older years whose names no later set has.
NAMES_OF_THEIR_YEAR = {2018: 158, 2019: 138, 2020: 125, 2021: 134, 2022: 14, 2023: 1, 2024: 0}
UNITS = {
    "kg": "kg", "km": "km", "miles": "mile", "tonnes": "t", "tonne.km": "t.km", "litres": "l",
    "passenger.km": "passenger.km", "kwh": "kWh", "kwh (gross cv)": "kWh_gross",
    "kwh (net cv)": "kWh_net", "gj": "GJ_net", "room per night": "room.night",
    "cubic metres": "m3", "per fte working hour": "FTE.hour", "million litres": "Ml",
}  # fmt: skip
# What an activity begins with, and its stage, by the publisher's category.
CATEGORIES = {
    "bioenergy": ("fuel.", "combustion"),
    "business travel- air": ("travel.air.", "operation"),
    "business travel- land": ("travel.", "operation"),
    "business travel- sea": ("travel.ferry.", "operation"),
    "delivery vehicles": ("fleet.", "operation"),
    "freighting goods": ("freight.", "operation"),
    "fuels": ("fuel.", "combustion"),
    "heat and steam": ("heat.", "generation"),
    "homeworking": ("homeworking", "operation"),
    "hotel stay": ("travel.hotel", "operation"),
    "managed assets- electricity": ("managed.electricity", "generation"),
    "managed assets- vehicles": ("managed.", "operation"),
    "material use": ("material.", "production"),
    "outside of scopes": (("fuel.", "electricity.grid"), "biogenic"),
    "passenger vehicles": ("fleet.", "operation"),
    "refrigerant & other": (("gas.", "refrigerant."), "release"),
    "secr kwh pass & delivery vehs": ("fleet.", "energy"),
    "secr kwh uk electricity for evs": ("fleet.", "charging"),
    "transmission and distribution": (("electricity.grid", "heat.district"), "losses"),
    "uk electricity": ("electricity.grid", "generation"),
    "uk electricity for evs": ("fleet.", "generation"),
    "uk electricity t&d for evs": ("fleet.", "losses"),
    "waste disposal": ("waste.", "treatment"),
    "water supply": ("water.supply", "production"),
    "water treatment": ("water.treatment", "treatment"),
    "wtt- bioenergy": ("fuel.", "wtt"),
    "wtt- business travel- air": ("travel.air.", "wtt"),
    "wtt- business travel- sea": ("travel.ferry.", "wtt"),
    "wtt- delivery vehs & freight": (("fleet.", "freight."), "wtt"),
    "wtt- fuels": ("fuel.", "wtt"),
    "wtt- heat and steam": ("heat.", ("wtt", "wtt_losses")),
    "wtt- pass vehs & travel- land": (("fleet.", "travel."), "wtt"),
    "wtt- uk electricity": ("electricity.grid", ("wtt", "wtt_losses")),
}
# Words of a vehicle that its activity has.
VEHICLES = {
    "diesel": "diesel", "petrol": "petrol", "unknown": "unknown", "hybrid": "hybrid",
    "cng": "cng", "lpg": "lpg", "plug-in hybrid electric vehicle": "plug_in_hybrid",
    "battery electric vehicle": "battery_electric", "0% laden": "empty",
    "50% laden": "half_laden", "100% laden": "fully_laden", "average laden": "average_laden",
    "mini": "mini", "supermini": "supermini", "lower medium": "lower_medium",
    "upper medium": "upper_medium", "executive": "executive", "luxury": "luxury",
    "sports": "sports", "dual purpose 4x4": "dual_purpose_4x4", "mpv": "mpv",
    "small car": "small", "medium car": "medium", "large car": "large", "average car": "average",
    "class i (up to 1.305 tonnes)": "class_1", "class ii (1.305 to 1.74 tonnes)": "class_2",
    "class iii (1.74 to 3.5 tonnes)": "class_3", "average (up to 3.5 tonnes)": "average",
}  # fmt: skip


def path_of(name):
    """Path of a publisher's file; without it the test says so, and fails in CI."""
    root = os.environ.get("TONNE_TEST_DATA") or REPOSITORY.parent / "shared" / "data"
    path = Path(root) / "publications" / name
    if not path.is_file():
        reason = f"left out: the publisher's file is not at {path}; set TONNE_TEST_DATA"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return path


def table(path):
    """Rows of a CSV file."""
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


@cache
def edition(name):
    """Rows of a shipped edition."""
    return table(EDITIONS / f"{name}.csv")


def by_cell(rows):
    """Shipped rows by table and row; one cell may be for two uses."""
    found = defaultdict(list)
    for row in rows:
        found[row["table"], row["row"]].append(row)
    return found


def sheet(path, name):
    """Cells of a sheet, in rows from 0."""
    return (
        CalamineWorkbook.from_path(path).get_sheet_by_name(name).to_python(skip_empty_area=False)
    )


def is_number(cell):
    """Whether a cell holds a number: blank is not zero."""
    return isinstance(cell, (int, float)) and not isinstance(cell, bool)


def as_printed(cell):
    """What a cell shows: twelve places, and ten digits of what is below 0.00001.

    Cells hold binary noise (0.13388999999999998) and small figures (4.860776705385985e-06).
    """
    if 0 < abs(cell) < 1e-5:
        return Decimal(f"{cell:.9e}")
    return Decimal(repr(cell)).quantize(Decimal("1e-12"))


def plain(text):
    """A name without case, marks of footnotes and spaces at its edges."""
    return " ".join(str(text).replace("*", "").split()).lower()


def check_names(row, category, names):
    """The activity is of the category's kind and has the words of its vehicle."""
    begins, stages = CATEGORIES[category]
    assert row["activity"].startswith(begins), (row["activity"], names)
    assert row["stage"] in ((stages,) if isinstance(stages, str) else stages), names
    words = set(row["activity"].split("."))
    if words & {"car", "van", "hgv", "hgv_refrigerated"}:
        wanted = {VEHICLES[name] for name in names if name in VEHICLES}
        assert wanted <= words, (row["activity"], names)


def unit_of(text, category, names):
    """Our unit: the bioenergy of the UK is on net calorific value where it says only kWh."""
    is_biomass = category in {"bioenergy", "wtt- bioenergy", "outside of scopes"}
    if text == "kwh" and is_biomass and "electricity generated" not in names:
        return "kWh_net"
    return UNITS[text]


@cache
def flat_2025():
    """Rows of the flat file: id, category, names, unit, gas, value."""
    found = []
    for cells in sheet(path_of("uk-2025-flat.xlsx"), "Factors by Category")[6:]:
        names = tuple(name for name in map(plain, cells[3:7]) if name)
        found.append(
            (cells[0], plain(cells[2]), names, plain(cells[7]), plain(cells[8]), cells[9])
        )
    return found


def test_every_number_of_the_uks_flat_file_of_2025_is_shipped_as_printed():
    """7,029 numbers of 8,740 rows, less the sums of refrigerants; each id, unit and name."""
    ours = by_cell(edition("uk-ghg-2025"))
    seen = set()
    counts = {"numbers": 0, "sums": 0, "blank": 0}
    for number, category, names, unit, gas, value in flat_2025():
        if not is_number(value):
            counts["blank"] += category != ""
            continue
        counts["numbers"] += 1
        if names[-1].startswith(SUMS):
            counts["sums"] += 1
            assert ("Factors by Category", number) not in ours
            continue
        base, _, place = number.rpartition("_")
        column = {"1": "kg_co2e", "2": "kg_co2", "3": "co2e_ch4", "4": "co2e_n2o"}.get(
            place, "kwh"
        )
        cell = ("Factors by Category", number if column == "kwh" else f"{base}_1")
        if category == "outside of scopes":
            column, cell = "kg_biogenic_co2", ("Factors by Category", number)
        assert ours[cell], (number, names)
        seen.add(cell)
        for row in ours[cell]:
            assert Decimal(row[column]) == as_printed(value), (number, names, gas)
            assert row["unit"] == unit_of(unit, category, names), (number, names)
            check_names(row, category, names)
    assert as_printed(4.860776705385985e-06) == Decimal("0.000004860776705")
    assert counts == {"numbers": 7029, "sums": 166, "blank": 1711}
    assert {cell for cell, rows in ours.items() if rows} == seen


HEADS = re.compile(
    r"(total )?kg co2e( per unit)?|kg co2|kg ch4|kg n2o|kg co2e of (co2|ch4|n2o) per unit|"
    r"kwh( \(net( cv)?\))?( per unit)?"
)
"""Heads of the columns of a sheet that hold figures."""
TOTALS = {"kg co2e", "total kg co2e per unit"}


def figures(rows):
    """Yield (row and column from 0, names, unit, head) of each figure under a head of a table."""
    heads, groups, labels, filled, unit_at = {}, {}, [], [], 0
    for number, cells in enumerate(rows):
        texts = [plain(cell) if isinstance(cell, str) else cell for cell in cells]
        units = [place for place, text in enumerate(texts) if text in {"unit", "uom"}]
        if units:
            unit_at = units[0]
            labels = [place for place in range(unit_at) if texts[place]]
            filled = [""] * len(labels)
            above = [plain(cell) for cell in rows[number - 1]]
            heads = {
                place: text
                for place, text in enumerate(texts)
                if place > unit_at and isinstance(text, str) and HEADS.fullmatch(text)
            }
            group, groups = "", {}
            for place in range(unit_at, len(texts)):
                # A sentence above a table is a note, no name of columns.
                group = above[place] if 0 < len(above[place]) < 60 else group
                groups[place] = group
            continue
        first = next((n for n, place in enumerate(labels) if texts[place]), None)
        if first is not None:
            filled[first:] = [str(texts[place]) for place in labels[first:]]
        for place, head in heads.items():
            if is_number(texts[place]):
                names = (RENAMED.get(name, name) for name in (*filled, groups[place]) if name)
                yield number, place, tuple(names), texts[unit_at], head


def letters(column):
    """Letters of a column from 0."""
    first, last = divmod(column, 26)
    return (chr(64 + first) if first else "") + chr(65 + last)


@cache
def activities_2025():
    """Activities, stages and regions by category, names and unit, as 2025 has them."""
    ours = by_cell(edition("uk-ghg-2025"))
    found = defaultdict(set)
    for number, category, names, unit, *_ in flat_2025():
        key = (category, tuple(name for name in names if name != "kwh"), unit)
        for row in ours["Factors by Category", number]:
            found[key].add((row["activity"], row["stage"], row["region"]))
    return found


@pytest.mark.parametrize("year", WORKBOOKS)
def test_every_number_of_the_uks_workbook_is_shipped_as_printed(year):
    """Each figure under a head of each sheet, with its unit, and the activity that 2025 has."""
    path = path_of(WORKBOOKS[year])
    ours = by_cell(edition(f"uk-ghg-{year}"))
    flat = [cell for cell in ours if cell[0] == "Factors by Category"]
    assert len(flat) == OF_FLAT_FILES.get(year, 0)
    seen, sums, unknown = set(flat), 0, 0
    for name in set(CalamineWorkbook.from_path(path).sheet_names) - PROSE:
        category = plain(name)
        start = None
        for number, column, names, unit, head in figures(rows := sheet(path, name)):
            value = rows[number][column]
            if names[-1].startswith(SUMS):
                sums += 1
                assert (name, f"{letters(column)}{number + 1}") not in ours
                continue
            is_first = "kwh" in head or head in TOTALS or category == "outside of scopes"
            start = column if is_first else start
            place = column - start
            cell = (name, f"{letters(start)}{number + 1}")
            seen.add(cell)
            field = "kwh" if "kwh" in head else GASES[place]
            field = "kg_biogenic_co2" if category == "outside of scopes" else field
            assert ours[cell], (cell, names)
            for row in ours[cell]:
                assert Decimal(row[field]) == as_printed(value), (cell, names, head)
                assert row["unit"] == unit_of(unit, category, names), (cell, names)
                check_names(row, category, names)
            known = activities_2025().get((category, names, unit))
            if known is None:
                unknown += place == 0
                continue
            assert {(r["activity"], r["stage"], r["region"]) for r in ours[cell]} == known, names
    assert {cell for cell, rows in ours.items() if rows} == seen
    assert sums == SUMS_COUNT.get(year, 0)
    assert unknown == NAMES_OF_THEIR_YEAR[year]


def test_the_uks_two_files_of_2025_agree():
    """The full set has the numbers of the flat file, category by category."""
    numbers = defaultdict(list)
    for _, category, _, _, _, value in flat_2025():
        if is_number(value):
            numbers[category].append(value)
    path = path_of(FULL_2025)
    assert sum(map(len, numbers.values())) == 7029
    for name in (
        set(CalamineWorkbook.from_path(path).sheet_names) - PROSE - {"Overseas electricity"}
    ):
        rows = sheet(path, name)
        found = [rows[number][column] for number, column, *_ in figures(rows)]
        assert sorted(found) == sorted(numbers.pop(plain(name))), name
    assert not numbers


FULL_2025 = "uk-2025-full.xlsx"
# Fuels that no activity burns here, and the density of biomethane, which is neither the compressed
# nor the liquefied one's.
NO_FUEL = {"bioetbe", "methane (ch4)", "carbon dioxide (co2)"}


@pytest.mark.parametrize("year", [*WORKBOOKS, 2025])
def test_the_uks_properties_of_fuels_are_as_printed(year):
    """Each calorific value and density of the sheet is that of an activity, and no other is."""
    rows = sheet(path_of(WORKBOOKS.get(year, FULL_2025)), "Fuel properties")
    heads = next(row for row in rows if "Net CV" in row)
    first, name = heads.index("Net CV"), heads.index("Year") - 1
    printed = defaultdict(set)
    for row in rows[rows.index(heads) + 2 :]:
        if is_number(row[name + 1]) and plain(row[name]) not in NO_FUEL:
            of = zip(("ncv", "gcv", "density"), row[first : first + 3], strict=True)
            values = {(key, as_printed(cell)) for key, cell in of if is_number(cell)}
            if plain(row[name]) == "biomethane":
                values = {value for value in values if value[0] != "density"}
            printed[plain(row[name])] = frozenset(values)
    ours = defaultdict(set)
    for row in table(EDITIONS.parent / "properties.csv"):
        if row["edition"] == f"uk-ghg-{year}":
            ours[row["activity"]].add((row["property"], Decimal(row["value"])))
    assert {frozenset(values) for values in ours.values()} == set(printed.values())
    assert len(printed) >= 30
    assert frozenset(ours["fuel.diesel"]) == printed["diesel (average biofuel blend)"]
    assert frozenset(ours["fuel.natural_gas"]) == printed["natural gas"]
    assert frozenset(ours["fuel.gas_oil"]) == printed["gas oil"]


def in_kg(grams):
    """Kilograms of grams as a cell shows them."""
    return as_printed(grams) / 1000


def test_every_row_of_epas_hub_2025_is_shipped():
    """Tables 1 to 10: each row with a factor; 3 to 6 with their figures, to the printed digit."""
    rows = sheet(path_of("us-epa-hub-2025.xlsx"), "Emission Factors Hub")
    ours = by_cell(edition("us-epa-hub-2025"))
    title = ""
    counts = defaultdict(int)
    for number, cells in enumerate(rows, start=1):
        if str(cells[1]).startswith("Table "):
            title = str(cells[1]).strip()
        numbers = [cell for cell in cells[4:] if is_number(cell)]
        if not numbers or title in {"", "Table 11", "Table 12"}:
            continue  # the front page; warming potentials, which `gwp.csv` holds
        found = ours[title, str(number)]
        assert found, (title, number, cells)
        counts[title] += 1
        if title in {"Table 3", "Table 4", "Table 5"}:
            (row,) = found
            ch4, n2o = numbers[-2:]  # a model year may be a number before them
            assert (Decimal(row["kg_ch4"]), Decimal(row["kg_n2o"])) == (in_kg(ch4), in_kg(n2o))
            assert row["unit"] == ("US_gal" if title == "Table 5" else "vehicle.mile")
            assert row["kg_co2"] == row["kg_co2e"] == ""
            fuel = plain(cells[3]).replace("gasoline", "petrol")
            if title == "Table 5" and fuel != "aviation petrol":
                assert row["activity"].endswith(re.sub(r"\W+", "_", fuel).strip("_"))
        if title == "Table 6":
            pounds = {"electricity.grid": cells[4:7], "electricity.non_baseload": cells[7:10]}
            for row in found:
                if row["stage"] == "losses":
                    assert Decimal(row["loss"]) == as_printed(cells[10])
                    continue
                masses = [Decimal(row[c]) for c in ("kg_co2", "kg_ch4", "kg_n2o")]
                assert masses == [as_printed(x) * POUND_KG for x in pounds[row["activity"]]]
            assert len(found) == 2 + is_number(cells[10])  # PRMS has no loss
    assert counts["Table 3"] == 115
    assert counts["Table 4"] == 34
    assert counts["Table 5"] == 40
    assert counts["Table 6"] == 28


SUPPLY_CHAIN_GASES = {
    "HFC-23": "HFC-23", "HFC-236fa": "HFC-236fa", "Carbon tetrafluoride": "CF4",
    "HFC-32": "HFC-32", "Hexafluoroethane": "C2F6", "HFC-125": "HFC-125",
    "HFC-134a": "HFC-134a", "Nitrogen trifluoride": "NF3", "HFC-143a": "HFC-143a",
    "Perfluorobutane": "C4F10", "Perfluorocyclobutane": "cC4F8", "Perfluorohexane": "C6F14",
    "Perfluoropropane": "C3F8", "Sulfur hexafluoride": "SF6",
}  # fmt: skip
MAIN = {"Carbon dioxide": "kg_co2", "Methane": "kg_ch4", "Nitrous oxide": "kg_n2o"}


def test_every_commodity_of_epas_supply_chain_is_shipped_with_every_gas():
    """1,016 totals and 18,288 figures by gas, with all digits, the zeros at the end too."""
    ours = {row["row"]: row for row in edition("us-epa-supply-chain-1.3")}
    totals = table(path_of("us-epa-supply-chain-1.3-co2e.csv"))
    column = "Supply Chain Emission Factors with Margins"
    assert {row["2017 NAICS Code"] for row in totals} == set(ours)
    assert len(totals) == len(ours) == 1016
    for row in totals:
        mine = ours[row["2017 NAICS Code"]]
        assert mine["kg_co2e"] == row[column]
        assert mine["unit"] == "USD2022"
        without, margins = (row[name] for name in (column.replace("with", "without"), MARGINS))
        assert f"({without} without, {margins} margins)" in mine["note"]
    count = 0
    for row in table(path_of("us-epa-supply-chain-1.3-by-gas.csv")):
        count += 1
        mine, gas = ours[row["2017 NAICS Code"]], row["GHG"]
        printed = format(Decimal(row[column]), "f")
        if gas in MAIN:
            assert mine[MAIN[gas]] == printed
        elif gas in SUPPLY_CHAIN_GASES:
            assert f"{SUPPLY_CHAIN_GASES[gas]}={printed}" in mine["gases"].split(";")
        else:
            assert gas == "HFCs and PFCs, unspecified"
            assert (f"the total holds {printed} kg CO2e" in mine["note"]) == (Decimal(printed) > 0)
    assert count == 18288


MARGINS = "Margins of Supply Chain Emission Factors"
