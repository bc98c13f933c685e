"""The shipped catalogue checks itself: every row is added up again, in exact decimals."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import re
from collections import Counter, defaultdict
from decimal import Decimal
from fractions import Fraction
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from tonne.catalogue.words import units

REPOSITORY = Path(__file__).parents[4]
SHIPPED = REPOSITORY / "service/tonne/catalogue/shipped"
COLUMNS = [
    "activity", "region", "unit", "stage", "valid_from", "valid_to", "kg_co2e", "gwp_set",
    "kg_co2", "kg_ch4", "kg_n2o", "co2e_ch4", "co2e_n2o", "kg_biogenic_co2", "gases", "kwh",
    "loss", "account", "uncertainty", "source", "table", "row", "licence", "evidence", "note",
]  # fmt: skip
STAGES = {
    "combustion", "generation", "operation", "release", "production", "treatment", "life_cycle",
    "wtt", "losses", "wtt_losses", "biogenic", "residual", "energy", "charging", "embodied",
}  # fmt: skip
RULES = {
    "electricity", "heat", "steam", "cooling", "footprint", "fuel_stationary", "fuel_mobile",
    "vehicle", "release", "process", "goods", "services", "spend_goods", "spend_services",
    "water_supply", "freight", "waste", "wastewater", "travel", "hotel", "homeworking", "ict",
    "memo_it", "onsite_renewable", "export", "resale", "vehicle_battery", "vehicle_plug_in",
    "vehicle_gases", "managed_vehicle", "managed_electricity", "avoided", "driver_meter_ups",
    "driver_meter_pdu", "driver_reused_heat", "driver_traffic", "driver_user_traffic",
    "driver_business_volume", "driver_revenue", "driver_spend", "driver_output",
    "driver_freight", "driver_requests", "driver_people", "driver_floor_area", "driver_carriers",
    "driver_water", "driver_calibrated_total", "driver_calibrated_it",
}  # fmt: skip
KYOTO = {"co2", "ch4", "n2o", "hfc", "pfc", "sf6", "nf3"}
DECIMAL_COLUMNS = COLUMNS[6:7] + COLUMNS[8:14] + COLUMNS[15:17]
MASSES = ("kg_co2", "kg_ch4", "kg_n2o")
GWP = {"AR4": (25, 298), "AR5": (28, 265)}

# SHA-256 of each edition. A published edition never changes: a correction is a new edition.
FROZEN = {
    "cn-fuel-a": "fdb86181c2703d581fe818325fdb358c80c40efd17aa2ec24e78a7c47780c9bc",
    "cn-fuel-b": "c19d19f6ecc3773b3386167aaa885dd6aee8d30fb5a06df1195a3040aff49b1b",
    "cn-fuel-c": "5b28150cd154a99b5cdf247b47698a1ae16728f65aeed8d12be0c2cd23c75f2b",
    "cn-heat": "6cb48d83b81cf57b92bc650c4dd50cb62ef1c6f06ecd24eb8753f32db8e12291",
    "cn-mee-footprint-2023": "d0cbc00a838879212c6a9bd01b7f211b321b686ee87928bada053d013539bdb5",
    "cn-mee-footprint-2024": "bc4cbe5dc293602c117c56fe36dc32c0bc07ef58e22e5a83f052cc2ba8ddf797",
    "cn-mee-grid-2020": "9d5bcb65b5685c3e920b3c78640d200ba84c4100f3d55dc28385cc94ea0dc0a9",
    "cn-mee-grid-2021": "3a144d10f56de51eb294ea1820f0a2e3b955ab52bda2004af7cfca935424e4d0",
    "cn-mee-grid-2022": "b8e49bd6370595a238551a0bc402f12c6c89adfb6b225c5c97dbc18e57d75b6b",
    "cn-mee-grid-2023": "b18fdf0f34741dacb58a777dbf0923063f431b3001c8b4ff89a5edaff1827fad",
    "ember-yearly-2024": "963b6102bb241dc09e5274369dfabf0093e798950ee597771984e1d05562ecc9",
    "fr-ademe-base-carbone-23.6": (
        "6a9d29b01f82c6ad56a1abc0fda0d1070a2f474b900762f47482e2ccf5a8a0a6"
    ),
    "google-regions-2024": "2a8a61fc63ed499c5c420a9a4d890a0d7d1d14ee366fa59e89a8518e42fd927e",
    "ict-ccf": "7aa0d20e17260b627cae0b96f368bfd1a3bcfef19d23cd89bbf9a4c513bdcad6",
    "ict-ccf-compute": "a60a1584adb476a233e412918c9e31b1c48c944d9771fc07416b8d4724209e5f",
    "in-cea-v21": "df3e0c647a127301bcdff068430b9b4255d4100885dc89f273354790316b4f07",
    "ipcc-2006": "7318a2d2f5ec3cb96a8a725576c8e039b5b1fb65d14a7b51b1920c13e295e953",
    "refrigerants": "1da30bed2122e7bb3bfdf44a72355a2cf77b97c1f0171707e8366b67bda676b5",
    "uk-ghg-2018": "d3c3e6792a4b6cca7646fbf5df29b21a014391710a17f91035c6f360da683150",
    "uk-ghg-2019": "820e71e7709c23d1d30ded9849dbb9fda3aa0e52e9578f8d4a63974ae9b93e87",
    "uk-ghg-2020": "534931fb9802b4bc31404f748061d6674703487bd11b5554db40c9d74697a3e0",
    "uk-ghg-2021": "0a9a3d706d1df9573802e833b51142260ee4d9274b2e2f40f2cdfbde709872fc",
    "uk-ghg-2022": "c2665e94b22fc71a8e57fe279a293be4b44e1775dd2518abc9fb60f2f71f5a00",
    "uk-ghg-2023": "42c17f16b59b800fdbefc029864b404bab95761d7547dbb54cc6138278737a38",
    "uk-ghg-2024": "529917ac68ce3e6472a6bf5d6ce279bc77611bceafe9a34b5781e97995c7da74",
    "uk-ghg-2025": "2b95bf3ff960ba84025bf1a26a079f274fad0d0952208b89c5160688d6ccbedd",
    "us-egrid-2023": "800fe06d58a744bdcb6e83c537ec00f6e2c57e767c59f172705c63b59e006739",
    "us-epa-hub-2023": "04e440995dc18f278014dffe493abd136721447ccd39ee4a7322c5779120dbb2",
    "us-epa-hub-2024": "3db9bd8079295a99269759654802c6ea230097bf493c385c5bb671c0f05423be",
    "us-epa-hub-2025": "0d2b56be585afca5b902a7ca0b809a30695a4f28cb72564cce2e7e9ca4855dc2",
    "us-epa-supply-chain-1.3": "3c921e743d7d7087d9ca8f860ffc99436809f1a5b6ab3dd7278309c0b8a6ca76",
}

# Fuels whose printed heat content or density does not lead from one printed unit to another
# within 0.1 %.
PROPERTIES_APART = {
    "uk-ghg-2018": "petrol gcv",
    "uk-ghg-2019": "petrol gcv",
    "uk-ghg-2022": "aviation_gasoline density, butane density, gas_oil density, "
    "jet_kerosene density, kerosene density, lubricants density, "
    "naphtha density, propane density, waste_oil density",
    "uk-ghg-2023": "aviation_gasoline density, aviation_gasoline gcv, aviation_gasoline ncv, "
    "butane density, fuel_oil density, fuel_oil gcv, fuel_oil ncv, gas_oil density, "
    "jet_kerosene density, lpg density, lubricants density, lubricants gcv, lubricants ncv, "
    "naphtha density, waste_oil density",
    "uk-ghg-2024": "grass_straw ncv",
    "uk-ghg-2025": "grass_straw ncv",
}
# Published GWPs of blends that their composition does not give: (blend, set, who).
MISPRINTS = {
    ("R-424A", "ar5", "EPA"),  # 3104 for 2211.85
    # The UK values PFC-318 as PFC-3-1-10.
    ("R-405A", "ar4", "UK Kyoto products only"),
    ("R-405A", "ar5", "UK Kyoto products only"),
    ("R-405A", "ar4", "UK total"),
    ("R-405A", "ar5", "UK total"),
}
# Published totals of blends that are not the sum of the two published parts, by rounding.
PARTS_APART = {
    ("R-401B", "ar4"),
    ("R-403B", "ar4"),
    ("R-411A", "ar4"),
    ("R-411B", "ar5"),
    ("R-412A", "ar4"),
    ("R-415A", "ar4"),
    ("R-416A", "ar4"),
    ("R-420A", "ar4"),
    ("R-434A", "ar5"),
    ("R-438A", "ar4"),
    ("R-500", "ar4"),
    ("R-503", "ar4"),
    ("R-503", "ar5"),
}


def read(name):
    """Rows of a shipped table."""
    with (SHIPPED / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@cache
def editions():
    """All rows by edition."""
    return {path.stem: read(f"editions/{path.name}") for path in paths()}


def paths():
    """Paths of all editions."""
    return sorted((SHIPPED / "editions").glob("*.csv"))


def rows():
    """(edition, row) of all editions."""
    return [(edition, row) for edition, found in editions().items() for row in found]


@cache
def gases():
    """Rows of the gases by name."""
    return {row["gas"]: row for row in read("gwp.csv")}


def stands_for(activity):
    """The activity of the taxonomy: elements of ADEME's, and those of clouds, stand below one."""
    while activity.startswith("ict.") and activity not in ids():
        activity = activity.rpartition(".")[0]
    head, is_element, _ = activity.partition(".ademe")
    if not is_element:
        return activity
    own = activity.rpartition(".")[0]
    return own if own in ids() else head


@cache
def ids():
    """Ids of the taxonomy."""
    return {row["id"] for row in read("activities.csv")}


def places(text):
    """Decimals of a printed number."""
    return len(text.partition(".")[2])


def name_of(edition, row):
    """How a test names a row."""
    return f"{edition}: {row['activity']}, {row['region']}, {row['unit']}, {row['stage']}"


def test_every_edition_has_its_description_and_its_seal():
    """Editions, their descriptions and their frozen hashes are the same set."""
    described = read("editions.csv")
    assert [row["id"] for row in described if row["id"] not in editions()] == []
    assert len(described) == len(editions()) == len({row["id"] for row in described})
    ranks = sorted(int(row["rank"]) for row in described if row["rank"])
    assert ranks == list(range(1, len(ranks) + 1))
    unranked = {row["id"] for row in described if not row["rank"]}
    assert unranked == {"cn-fuel-a", "cn-fuel-c", "ember-yearly-2024"}
    assert all(row["title"] and row["publisher"] and row["licence"] for row in described)
    assert {p.stem: hashlib.sha256(p.read_bytes()).hexdigest() for p in paths()} == FROZEN


def test_the_files_are_plain():
    """UTF-8, line feeds, one header, no spaces at the edges, no exponents."""
    for path in [*paths(), *SHIPPED.glob("*.csv")]:
        assert b"\r" not in path.read_bytes(), path
        assert path.read_text("utf-8").endswith("\n"), path
    for path in paths():  # a row is a line: editions are read line by line
        lines = path.read_text("utf-8").splitlines()
        assert len(lines) == len(editions()[path.stem]) + 1, path
        rows_of = zip(lines[1:], editions()[path.stem], strict=True)
        assert all(line.startswith(f"{row['activity']},") for line, row in rows_of), path
    for edition, row in rows():
        assert [name for name in row if name != "steps"] == COLUMNS
        assert ("steps" in row) == (edition == "ict-ccf-compute")
        assert all(cell == cell.strip() for cell in row.values()), name_of(edition, row)
        for column in DECIMAL_COLUMNS:
            assert re.fullmatch(r"(\d+(\.\d+)?)?", row[column]), (name_of(edition, row), column)


def test_every_row_says_where_it_comes_from():
    """Source, table, row, licence and evidence stand on every row."""
    for edition, row in rows():
        for column in ("source", "table", "row", "licence", "evidence"):
            assert row[column], (name_of(edition, row), column)


def test_every_row_states_an_amount_that_fits_its_stage():
    """No row is empty; biogenic rows hold that alone; losses are fractions; sets are known."""
    for edition, row in rows():
        name = name_of(edition, row)
        stated = {column for column in (*DECIMAL_COLUMNS, "gases") if row[column]}
        if row.get("steps") and not stated:
            assert not row["stage"], name  # it leads to the factor of another row
            continue
        assert stated, name
        assert row["stage"] in STAGES, name
        assert (row["stage"] == "biogenic") <= (stated == {"kg_biogenic_co2"}), name
        assert row["gwp_set"] in {"AR4", "AR5", "AR6", "CO2", ""}, name
        assert (row["gwp_set"] == "CO2") <= (stated <= {"kg_co2", "kg_biogenic_co2"}), name
        assert not (stated & {"kg_ch4", "kg_n2o"} and stated & {"co2e_ch4", "co2e_n2o"}), name
        if row["loss"]:
            assert stated == {"loss"}, name
            assert 0 < Decimal(row["loss"]) < 1, name
        allowed = {"scope1.fugitive", "outside.montreal"} if "kg_co2e" in stated else {""}
        assert (row["stage"] == "release") <= (row["account"] in allowed), name
        assert (row["stage"] != "release") <= (row["account"] == ""), name


def test_no_two_rows_overlap():
    """One edition has one row for an activity, region, unit, stage and account on a day."""
    groups = defaultdict(list)
    for edition, row in rows():
        start = dt.date.fromisoformat(row["valid_from"])
        end = dt.date.fromisoformat(row["valid_to"] or "9999-12-31")
        assert start < end, name_of(edition, row)
        key = (edition, *(row[c] for c in ("activity", "region", "unit", "stage", "account")))
        groups[key].append((start, end))
    for key, spans in groups.items():
        spans.sort()
        for (_, end), (start, _) in pairwise(spans):
            assert end <= start, key


def test_every_activity_of_a_factor_is_in_the_taxonomy():
    """What has a factor has a rule; ids are well formed; no alias is taken twice."""
    activities = {row["id"]: row for row in read("activities.csv")}
    assert len(activities) == len(read("activities.csv"))
    aliases = Counter(
        alias for row in activities.values() for alias in row["aliases"].split(";") if alias
    )
    for text in (*activities, *aliases):
        assert re.fullmatch(r"[a-z0-9_]+(\.[a-z0-9_]+)*", text)
    assert [alias for alias, count in aliases.items() if count > 1 or alias in activities] == []
    factors = {row["factor"] for row in activities.values() if row["factor"]}
    assert factors <= set(activities)
    assert {stands_for(row["activity"]) for _, row in rows()} <= set(activities)
    for row in activities.values():
        assert row["title"], row
        assert row["rule"] in RULES, row
        assert row["units"], row
        assert all(units.find(unit) for unit in row["units"].split(";")), row


def test_the_taxonomy_takes_every_unit_that_a_factor_has():
    """A unit of each dimension of an activity's factors stands beside it."""
    dimensions = {
        row["id"]: {units.find(unit).dimension for unit in row["units"].split(";")}
        for row in read("activities.csv")
    }
    for edition, row in rows():
        unit = units.find(row["unit"])
        assert unit, name_of(edition, row)
        assert unit.symbol == row["unit"], name_of(edition, row)
        activity = stands_for(row["activity"])
        assert unit.dimension in dimensions[activity], name_of(edition, row)


@pytest.mark.parametrize("edition", [f"uk-ghg-{year}" for year in range(2018, 2026)])
def test_the_gases_of_a_uk_row_make_its_total(edition):
    """CO2 + CH4 + N2O, in CO2e, is the total within the rounding of the printed digits."""
    # The set of 2023 is a workbook with unrounded cells; the others are rounded to 5 places.
    places_max = 12 if edition == "uk-ghg-2023" else 5
    count = 0
    for row in editions()[edition]:
        parts = [row[c] for c in ("kg_co2", "co2e_ch4", "co2e_n2o") if row[c]]
        if not parts:
            continue
        count += 1
        cells = [*parts, row["kg_co2e"]]
        last = Decimal(10) ** -min(max(map(places, cells)), places_max)
        difference = abs(sum(map(Decimal, parts)) - Decimal(row["kg_co2e"]))
        assert difference <= last / 2 * len(cells), name_of(edition, row)
    assert count >= 111


def test_the_gases_of_a_row_of_spend_make_its_total():
    """Every gas x GWP, and what EPA does not tell apart, is the total within its rounding."""
    checked = 0
    for edition, row in rows():
        if not (row["kg_co2e"] and row["kg_ch4"]):
            continue
        checked += 1
        potentials = dict(zip(("kg_ch4", "kg_n2o"), GWP[row["gwp_set"]], strict=True))
        parts = [(potentials.get(column, 1), row[column]) for column in MASSES]
        for part in row["gases"].split(";"):
            gas, mass = part.split("=")
            parts.append((Decimal(gases()[gas][row["gwp_set"].lower()]), mass))
        untold = re.search(r"the total holds ([\d.]+) kg CO2e", row["note"])
        parts += [(1, untold[1])] if untold else []
        rounding = Decimal(10) ** -places(row["kg_co2e"]) / 2
        rounding += sum(weight * Decimal(10) ** -places(mass) / 2 for weight, mass in parts)
        total = sum(weight * Decimal(mass) for weight, mass in parts)
        assert abs(total - Decimal(row["kg_co2e"])) <= rounding, name_of(edition, row)
    assert checked == 1016


def test_a_mile_is_1_609344_kilometres_in_the_uk_rows():
    """km and mile rows agree within the rounding of each gas before it was added."""
    known = {
        (row["activity"], row["stage"], row["unit"]): row for row in editions()["uk-ghg-2025"]
    }
    mile = Fraction("1.609344")
    miles = [row for (_, _, unit), row in known.items() if unit == "mile"]
    assert len(miles) == 966
    for row in miles:
        km = known[row["activity"], row["stage"], "km"]
        cells = 3 if row["kg_co2"] else 1
        column = "kwh" if row["kwh"] else "kg_co2e"
        difference = abs(Fraction(row[column]) - mile * Fraction(km[column]))
        assert difference <= Fraction(cells, 200_000) * (1 + mile), name_of("uk-ghg-2025", row)


def test_heat_contents_lead_from_epas_factor_per_mmbtu_to_every_other_unit():
    """Heat content x kg per mmBtu is the printed figure per short ton, gallon and cubic foot."""
    heat = {
        (row["activity"], row["unit"].partition("/")[2]): Decimal(row["value"])
        for row in read("properties.csv")
        if row["edition"] == "us-epa-hub-2025"
    }
    fuels = [row for row in editions()["us-epa-hub-2025"] if row["table"] == "Table 1"]
    per_mmbtu = {row["activity"]: row for row in fuels if row["unit"] == "MMBtu_gross"}
    # EPA prints CO2 in kg and the others in g; zeros at the end are lost in the source.
    least = {"short_ton": (0, 3), "US_gal": (2, 5), "scf": (5, 8)}
    apart = []
    for row in fuels:
        if row["unit"] == "MMBtu_gross":
            continue
        content = heat.pop((row["activity"], row["unit"]))
        for column in ("kg_co2", "kg_biogenic_co2", "kg_ch4", "kg_n2o"):
            if not row[column]:
                continue
            digits = max(places(row[column]), least[row["unit"]][column.endswith(("ch4", "n2o"))])
            computed = content * Decimal(per_mmbtu[row["activity"]][column])
            if abs(computed - Decimal(row[column])) > Decimal(10) ** -digits / 2:
                apart.append((row["activity"], row["unit"], column))
    assert apart == []
    assert heat == {}


@pytest.mark.parametrize("edition", [f"uk-ghg-{year}" for year in range(2018, 2026)])
def test_properties_of_uk_fuels_lead_from_one_printed_unit_to_another(edition):
    """Density and heat content connect the printed units within 0.1 %."""
    factors = {
        (row["activity"], row["unit"]): Fraction(row["kg_co2e"])
        for row in editions()[edition]
        if row["stage"] == "combustion"
    }
    per_tonne = {
        "gcv": ("kWh_gross", Fraction(10**4, 36)),
        "ncv": ("kWh_net", Fraction(10**4, 36)),
    }
    apart, checked = set(), 0
    for row in read("properties.csv"):
        tonne = factors.get((row["activity"], "t"))
        if row["edition"] != edition or tonne is None:
            continue
        value = Fraction(row["value"])
        if row["property"] == "density":
            unit, ratio = "l", 10**6 / value
        else:
            unit, scale = per_tonne[row["property"]]
            ratio = value * scale
        printed = factors.get((row["activity"], unit))
        # Below this a figure has too few digits to tell.
        if printed is None or printed < Fraction(1, 100):
            continue
        checked += 1
        if abs(printed * ratio / tonne - 1) > Fraction(1, 1000):
            apart.add(f"{row['activity'].removeprefix('fuel.')} {row['property']}")
    assert checked >= 59
    assert ", ".join(sorted(apart)) == PROPERTIES_APART.get(edition, "")


def test_properties_are_ratios_of_known_units_of_known_activities():
    """Each property has two units of the table, a positive value and an edition that ships."""
    activities = {row["id"] for row in read("activities.csv")}
    for row in read("properties.csv"):
        over, under = map(units.find, row["unit"].split("/"))
        assert over, row
        assert under, row
        assert row["activity"] in activities, row
        assert row["edition"] in editions(), row
        assert Decimal(row["value"]) > 0, row
        assert row["source"], row
        assert row["table"], row
        assert row["licence"], row


def test_chinese_fuel_factors_follow_from_what_they_rest_on():
    """Calorific value x carbon x oxidation x 44/12 is the factor, or the printed figure."""
    form = re.compile(r"= (\S+) GJ/(t|10\^4 Nm3) x (\S+) tC/GJ x (\S+)% x 44/12")
    count = 0
    for edition in ("cn-fuel-a", "cn-fuel-b", "cn-fuel-c"):
        for row in editions()[edition]:
            found = form.search(row["note"])
            if found is None:
                assert row["table"] == "waste incineration"
                continue
            count += 1
            heat, per, carbon, oxidation = found.groups()
            exact = Fraction(heat) * Fraction(carbon) * Fraction(oxidation) * Fraction(44, 12) * 10
            exact /= 1 if per == "t" else 10**4
            # Table B prints six places of a tonne, per t or per 10^4 Nm3.
            digits = {"cn-fuel-b": 3 if per == "t" else 7}.get(edition, 9)
            difference = abs(Fraction(row["kg_co2"]) - exact)
            assert difference <= Fraction(1, 2 * 10**digits), name_of(edition, row)
    assert count == 54


def test_compositions_are_whole_and_of_known_gases():
    """The fractions of a blend make 1; the edition of refrigerants says the same."""
    blends = defaultdict(dict)
    for row in read("blends.csv"):
        assert row["source"], row
        blends[row["blend"]][row["gas"]] = Decimal(row["fraction"])
    for blend, parts in blends.items():
        assert sum(parts.values()) == 1, blend
        assert set(parts) <= set(gases()), blend
    composed = {}
    for row in editions()["refrigerants"]:
        pairs = (pair.split("=") for pair in row["gases"].split(";"))
        composed[row["row"]] = {gas: Decimal(fraction) for gas, fraction in pairs}
    assert composed == blends | {gas: {gas: Decimal(1)} for gas in gases()}


def test_published_gwps_of_blends_follow_from_their_composition():
    """The published figure is the composition's, rounded; those that are not are named."""
    blends = defaultdict(dict)
    for row in read("blends.csv"):
        blends[row["blend"]][row["gas"]] = Decimal(row["fraction"])
    apart, unknown, checked = set(), set(), 0
    for row in read("blend_gwp.csv"):
        part = re.search(
            r"non-Kyoto products only|Kyoto products only|total|HFC and PFC", row["note"]
        )[0]
        for gwp_set in ("ar4", "ar5", "ar6"):
            if not row[gwp_set]:
                continue
            counted = {
                gas: fraction
                for gas, fraction in blends.get(row["blend"], {}).items()
                if part == "total" or (gases()[gas]["group"] in KYOTO) == (part[0] != "n")
            }
            who = "EPA" if part == "HFC and PFC" else f"UK {part}"
            if row["blend"] not in blends or not all(gases()[gas][gwp_set] for gas in counted):
                unknown.add((row["blend"], gwp_set))
                continue
            checked += 1
            computed = sum(f * Decimal(gases()[gas][gwp_set]) for gas, f in counted.items())
            last = Decimal(10) ** -places(row[gwp_set])
            if abs(computed - Decimal(row[gwp_set])) > last / 2:
                apart.add((row["blend"], gwp_set, who))
    assert apart == MISPRINTS
    # HCFC-31 of has no published GWP, R-1234ze none in AR4.
    assert unknown == {
        *((blend, gwp_set) for blend in ("R-505", "R-506") for gwp_set in ("ar4", "ar5")),
        ("R-444A", "ar4"),
        ("R-445A", "ar4"),
    }
    assert checked > 300


def test_published_parts_of_blends_make_their_totals():
    """Kyoto and non-Kyoto products add up to the UK's total; those that do not are named."""
    printed = defaultdict(dict)
    for row in read("blend_gwp.csv"):
        for gwp_set in ("ar4", "ar5"):
            if row["source"].startswith("UK") and row[gwp_set]:
                part = row["note"].partition(";")[0]
                printed[row["blend"], gwp_set][part] = Decimal(row[gwp_set])
    apart = {
        key
        for key, parts in printed.items()
        if sum(value for part, value in parts.items() if part != "total") != parts["total"]
    }
    assert apart == PARTS_APART


def test_publishers_gwps_of_pure_gases_are_those_of_the_table():
    """The UK's and EPA's AR5 figure of a gas is the table's."""
    table = {row["activity"]: gases().get(row["row"]) for row in editions()["refrigerants"]}
    checked = 0
    for edition in ("uk-ghg-2025", "us-epa-hub-2025"):
        for row in editions()[edition]:
            gas = table.get(row["activity"])
            if row["stage"] == "release" and gas is not None:
                checked += 1
                assert Decimal(row["kg_co2e"]) == Decimal(gas["ar5"]), name_of(edition, row)
                kyoto = gas["group"] in KYOTO
                assert row["account"] == ("scope1.fugitive" if kyoto else "outside.montreal")
    assert checked == 113


def test_regions_lead_to_a_country():
    """Every region of a factor, and every parent, leads to a country in a few steps."""
    parents = {row["region"]: row["parent"] for row in read("regions.csv")}
    provinces = [region for region in parents if re.fullmatch(r"CN-[A-Z]{2}", region)]
    assert len(provinces) == 31
    for region in {row["region"] for _, row in rows()} | set(parents) - {"UK", ""}:
        chain = [region]
        while "-" in chain[-1]:
            chain.append(parents.get(chain[-1], chain[-1].rpartition("-")[0]))
        assert len(chain) <= 3, chain
        assert re.fullmatch(r"([A-Z]{2})?", chain[-1]), chain


def test_the_page_says_what_ships():
    """The page's tables have the rows of the editions and the ids of the taxonomy."""
    page = (REPOSITORY / "docs/catalogue.md").read_text("utf-8")
    told = dict(re.findall(r"^\| `([\w.-]+)` \| (\d+) \| [\dao]", page, re.MULTILINE))
    assert told == {edition: str(len(found)) for edition, found in editions().items()}
    prefixes = Counter(row["id"].partition(".")[0] for row in read("activities.csv"))
    told = dict(re.findall(r"^\| `(\w+)` \| (\d+) \| `", page, re.MULTILINE))
    assert told == {prefix: str(count) for prefix, count in prefixes.items()}
    apart = {blend for blend, *_ in MISPRINTS | PARTS_APART}
    assert [name for name in apart if name not in page] == []
