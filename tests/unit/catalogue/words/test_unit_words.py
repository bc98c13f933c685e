"""What people write for a unit: read where it means one thing, refused with choices where not."""

from __future__ import annotations

from collections import defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docs.writers.words import PAGE, write_page
from tonne.catalogue.words.folding import folded, plain, squeezed
from tonne.catalogue.words.units import UNITS, advice, find, unit_words

WORDS = unit_words()

# By language: what it is written like, and the unit.
WRITTEN = {
    "English": {
        "KILOWATT HOURS": "kWh",
        "Kilowatt-Hours": "kWh",
        "kW-hr": "kWh",
        "Megawatt Hours": "MWh",
        "Cu. M.": "m3",
        "Thousand Cubic Feet": "Mcf",
        "U.S. Gallons": "US_gal",
        "Imperial Gallon": "UK_gal",
        "Metric Tonnes": "t",
        "Tons (metric)": "t",
        "short tn": "short_ton",
        "LBS.": "lb",
        "Tonne-Kilometres": "t.km",
        "pax km": "passenger.km",
        "Room Nights": "room.night",
        "Sq. Ft.": "ft2",
    },
    "Portfolio Manager": {
        "kBtu (thousand Btu)": "kBtu",
        "MCF(million cubic feet)": "MMcf",
        "cm (Cubic meters)": "m3",
        "Kcm (Thousand Cubic meters)": "Ml",
        "KGal (thousand gallons) (US)": "US_kgal",
        "cGal (hundred gallons) (UK)": "UK_cgal",
        "MGal (million gallons) (US)": "US_Mgal",
        "KLbs. (thousand pounds)": "klb",
        "ton hours": "RT.h",
        "Tonnes (metric)": "t",
    },
    "Chinese": {
        "千瓦時": "kWh",
        "兆瓦 时": "MWh",
        "吉焦": "GJ",
        "百万千焦": "GJ",
        "公升": "l",
        "公吨": "t",
        "吨·公里": "t.km",
        "人公里": "passenger.km",
        "吨标准煤": "tce",
        "平方米": "m2",
        "间夜": "room.night",
        "人民币": "CNY",
    },
    "German": {
        "Kilowattstunden": "kWh",
        "Kubikmeter": "m3",
        "Normkubikmeter": "Nm3",
        "Tonnenkilometer": "t.km",
        "Stück": "unit",
        "kWh (Brennwert)": "kWh_gross",
        "kWh Hu": "kWh_net",
    },
    "French": {
        "kilowattheures": "kWh",
        "kilowatts-heures": "kWh",
        "mètres cubes": "m3",
        "metres cubes": "m3",
        "tonnes-kilomètres": "t.km",
        "kWh PCS": "kWh_gross",
        "MWh PCI": "MWh_net",
        "nuitées": "room.night",
        "tep": "toe",
    },
    "Spanish": {
        "kilovatios-hora": "kWh",
        "Metros Cúbicos": "m3",
        "metros cubicos": "m3",
        "toneladas": "t",
        "kilómetros": "km",
        "litros": "l",
        "pasajero-kilómetro": "passenger.km",
    },
    "said twice": {
        "立方米(m³)": "m3",
        "千瓦时\uff08kWh\uff09": "kWh",
        "KWH(度)": "kWh",
        "Megawattstunden [MWh]": "MWh",
        "Kubikmeter (m³)": "m3",
        "tonelada (t)": "t",
        "ton (t)": "t",
        "MT (metric ton)": "t",
        "t (tons)": "t",
    },
    "more of each": {
        "kilowatt-hrs": "kWh",
        "MWhs": "MWh",
        "million BTUs": "MMBtu",
        "GJoule": "GJ",
        "dm³": "l",
        "cm3": "ml",
        "m3 i.N.": "Nm3",
        "千度": "MWh",
        "千升": "m3",
        "美吨": "short_ton",
        "辆": "unit",
        "房晚": "room.night",
        "Kubikdezimeter": "l",
        "Pers.-km": "passenger.km",
        "Fahrzeug-km": "vehicle.km",
        "Nächte": "room.night",
        "Betriebsstunden": "h",
        "Schweizer Franken": "CHF",
        "décimètres cubes": "l",
        "téraoctets": "TB",
        "personnes-km": "passenger.km",
        "dollars américains": "USD",
        "kilojulios": "kJ",
        "toneladas-km": "t.km",
        "viajeros-km": "passenger.km",
        "ton métrica": "t",
        "libras esterlinas": "GBP",
        "HK$": "HKD",
        "港币": "HKD",
    },
    "signs": {
        "\uff2b\uff37\uff28": "kWh",
        "\ufeffkWh": "kWh",
        "kWh\u00a0": "kWh",
        "kW\u22c5h": "kWh",
        "m\u00b3": "m3",
        "m**3": "m3",
        "㎥": "m3",
        "km\u00b2": "km2",
        "t\u2011km": "t.km",
        "usd": "USD",
        "Eur 2022": "EUR2022",
        "MWH_GROSS": "MWh_gross",
    },
}


@pytest.mark.parametrize(
    ("text", "symbol"),
    [each for texts in WRITTEN.values() for each in texts.items()],
)
def test_a_unit_is_read_in_the_spellings_of_people(text, symbol):
    """Language, width, accents, spaces and harmless case do not matter."""
    found = find(text)
    assert found is not None
    assert found.symbol == symbol


@pytest.mark.parametrize("text", ["kWh (MWh)", "ton (kg)", "m3 (gal)", "a (b)"])
def test_two_texts_that_do_not_agree_are_none(text):
    """What stands in brackets never decides between units by itself."""
    assert find(text) is None


@pytest.mark.parametrize(
    ("text", "choices"),
    [
        ("ton", "t, short_ton or long_ton"),
        ("TONS", "t, short_ton or long_ton"),
        ("Gallons", "US_gal or UK_gal"),
        ("加仑", "US_gal or UK_gal"),
        ("galones", "US_gal or UK_gal"),
        ("kgal", "US_kgal or UK_kgal"),
        ("MT", "t or Mt"),
        ("mt", "t or Mt"),
        ("Mg", "mg or t"),
        ("mwh", "MWh"),
        ("mWh", "MWh"),
        ("mj", "MJ"),
        ("gcal", "Gcal or cal"),
        ("ML", "ml or Ml"),
        ("gb", "GB, GiB or Gbit"),
        ("Gb", "GB, GiB or Gbit"),
        ("KB", "kB, KiB or kbit"),
        ("MBTU", "kBtu or MMBtu"),
        ("ton-miles", "t.km, t.mile, short_ton.mile or long_ton.mile"),
        ("month", "day"),
        ("万千瓦时", "MWh"),
        ("标准立方米", "m3 or Nm3"),
        ("$", "USD, CAD, AUD, SGD or HKD"),
        ("kWh/a", "kWh"),
        ("kW/h", "kWh"),
        ("quintal", "kg or lb"),
        ("cc", "ml or m3"),
        ("To", "t or TB"),
        ("TM", "t or t.mile"),
        ("kr", "DKK, NOK or SEK"),
        ("yuan", "CNY or TWD"),
        ("亩", "m2 or ha"),
        ("k€", "EUR"),
        ("tCO2e", "t"),
        ("标况立方米", "m3 or Nm3"),
    ],
)
def test_what_could_mean_two_things_is_refused_with_the_choices(text, choices):
    """No unit is taken, and the advice names those that it may be."""
    assert find(text) is None
    assert advice(text).endswith(f"write {choices}")


@pytest.mark.parametrize(
    ("text", "symbol"),
    [
        ("kwhh", "kWh"),
        ("Kubikmetr", "m3"),
        ("kilowat hours", "kWh"),
        ("tonnnes", "t"),
        ("passengr km", "passenger.km"),
        ("litrs", "l"),
    ],
)
def test_what_is_only_near_is_named_and_not_read(text, symbol):
    """A typing error is no unit; the advice names the one that was meant."""
    assert find(text) is None
    assert symbol in advice(text).split(": ")[-1]


@pytest.mark.parametrize("text", ["", " ", "rack", "kWh/month", "1000 kWh", "%"])
def test_what_is_no_unit_is_unknown(text):
    """Nothing is taken out of a longer text."""
    assert find(text) is None


def test_no_spelling_names_two_units():
    """Under each way to compare a text it stands for one unit, and that is what is found."""
    named = defaultdict(set)
    for each in WORDS.spellings:
        named[squeezed(each.text)].add(each.unit)
        if each.case == "any":
            named["any", squeezed(squeezed(each.text).casefold())].add(each.unit)
        assert find(each.text) is UNITS[each.unit], each
    assert {key: units for key, units in named.items() if len(units) > 1} == {}
    assert {each.unit for each in WORDS.spellings} == set(UNITS)


def test_no_spelling_is_refused_in_any_case():
    """What is refused has units of the table as choices, and is the spelling of none."""
    tolerant = {
        squeezed(squeezed(each.text).casefold()) for each in WORDS.spellings if each.case == "any"
    }
    assert not tolerant & set(WORDS.refused)
    assert {each for refusal in WORDS.refused.values() for each in refusal.choices} <= set(UNITS)


TEXTS = st.one_of(st.text(), st.sampled_from([each.text for each in WORDS.spellings]))


@settings(deadline=None)
@given(TEXTS)
def test_a_normal_form_stays_as_it_is(text):
    """Normalising twice is normalising once, whatever the text."""
    for form in (plain, folded, squeezed):
        assert form(form(text)) == form(text)


@settings(deadline=None)
@given(
    st.sampled_from(WORDS.spellings),
    st.sampled_from(["{}", " {} ", "{}.", "\u200b{}", "\u3000{}\n"]),
    st.sampled_from([str, str.upper, str.lower, str.title]),
)
def test_a_spelling_survives_its_surroundings(spelling, frame, change):
    """Spaces around a text never matter, nor does its case where the table says so."""
    text = frame.format(spelling.text if spelling.case != "any" else change(spelling.text))
    found = find(text)
    assert found is not None
    if change is str or spelling.case != "any":
        assert found.symbol == spelling.unit


def test_the_page_of_words_is_the_tables():
    """docs/words.md is what the tables say; write it again with `make docs`."""
    assert PAGE.read_text(encoding="utf-8") == write_page()
