"""Valuation: published figures by hand, laws, and texts against decimal arithmetic."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.catalogue.small_editions import CHICAGO, SEATTLE
from tonne.catalogue.resolving.resolution import FactorMasses, ResolutionEntry, Step
from tonne.catalogue.resolving.resolver import Resolver
from tonne.catalogue.resolving.valuation import (
    PRINTED,
    SUM_AND_REST,
    SUM_OF_GASES,
    by_gas,
    decimal_text,
    entry_worth,
    exact_text,
    factor_worth,
)
from tonne.model import first_day_of, period_of_month

# (city, year, unit of each quantity, quantities, published t CO2e, tolerance in kg)
BUILDINGS = [
    (
        "US-WA-Seattle",
        2015,
        [
            ("electricity", "kWh", "1080307.0"),
            ("natural_gas", "therm", "12724.0"),
            ("district_steam", "kBtu", "2023032.0"),
        ],
        "249.43",
    ),
    (
        "US-WA-Seattle",
        2015,
        [
            ("electricity", "kWh", "811521.0"),
            ("natural_gas", "therm", "20019.0"),
            ("district_steam", "kBtu", "23458518.0"),
        ],
        "1936.34",
    ),
    (
        "US-WA-Seattle",
        2016,
        [("electricity", "kWh", "3772301.0"), ("natural_gas", "therm", "9248.610352")],
        "138.85",
    ),
    (
        "US-IL-Chicago",
        2016,
        [("electricity", "kBtu", "24562152.1"), ("natural_gas", "kBtu", "8563349.0")],
        "4982.2",
    ),
    (
        "US-IL-Chicago",
        2017,
        [
            ("electricity", "kBtu", "110026252.0"),
            ("natural_gas", "kBtu", "1912803.0"),
            ("district_chilled_water", "kBtu", "18255354.0"),
        ],
        "21406.9",
    ),
    (
        "US-IL-Chicago",
        2017,
        [
            ("electricity", "kBtu", "26360982.0"),
            ("natural_gas", "kBtu", "9055160.0"),
            ("other_fuel", "kBtu", "15047.0"),
        ],
        "5356.1",
    ),
]


@pytest.mark.parametrize(("region", "year", "uses", "published_t"), BUILDINGS)
def test_a_published_building_comes_out(region, year, uses, published_t):
    """Energy times factor is what the city printed, within max(10 kg, 0.2 %) or its last digit."""
    resolver = Resolver([("seattle", SEATTLE), ("chicago", CHICAGO)])
    total = Fraction(0)
    for activity, unit, quantity in uses:
        runs = resolver.resolve(activity, unit, region)
        january = first_day_of(period_of_month(f"{year}-01"))
        resolution = [run.disposition for run in runs if run.first_day <= january][-1]
        total += Fraction(quantity) * entry_worth(resolution.entries[0], "AR5").kg_co2e
    published = Fraction(published_t) * 1000
    last_digit = Fraction(10) ** Decimal(published_t).as_tuple().exponent * 1000
    assert abs(total - published) <= max(10, published / 500, last_digit / 2)


def test_a_meter_year_by_hand():
    """1,080,307 kWh at 0.0237864 kg is 25,696.6144248 kg, on paper too."""
    entry = ResolutionEntry("a", "e", 1, FactorMasses("0.0237864"))
    assert decimal_text(1_080_307 * entry_worth(entry, "AR5").kg_co2e) == "25696.6144248"


DECIMALS = st.decimals(
    allow_nan=False, allow_infinity=False, min_value=0, max_value=1000, places=6
).map(lambda value: format(value, "f"))
OPTIONAL = st.none() | DECIMALS
STEPS = st.lists(
    st.builds(
        Step,
        st.just("unit"),
        st.just(""),
        st.fractions(min_value=Fraction(1, 10**9), max_value=10**9),
    ),
    max_size=3,
).map(tuple)
POTENTIALS = {
    "AR4": {"CO2": 1, "CH4": 25, "N2O": 298, "SF6": 22800, "HFC-32": 675},
    "AR5": {"CO2": 1, "CH4": 28, "N2O": 265, "SF6": 23500, "HFC-32": 677},
    "AR6": {"CO2": 1, "CH4": 27, "N2O": 273, "SF6": 24300, "HFC-32": 771},
}
SETS = st.sampled_from(sorted(POTENTIALS))


@settings(deadline=None)
@given(st.tuples(OPTIONAL, OPTIONAL, OPTIONAL, OPTIONAL), STEPS, SETS)
def test_gases_count_by_their_potentials(stated, steps, gwp_set):
    """Without a printed total: sum of mass times GWP, times the steps; unknown is not zero."""
    co2, ch4, n2o, sf6 = stated
    gases = () if sf6 is None else (("SF6", sf6),)
    factor = FactorMasses(kg_co2=co2, kg_ch4=ch4, kg_n2o=n2o, gases=gases)
    worth = entry_worth(ResolutionEntry("a", "e", 1, factor, steps), gwp_set)
    ratio = Fraction(1)
    for step in steps:
        ratio *= step.ratio
    masses = {"CO2": co2, "CH4": ch4, "N2O": n2o, "SF6": sf6}
    expected = sum(
        Fraction(mass) * POTENTIALS[gwp_set][gas]
        for gas, mass in masses.items()
        if mass is not None
    )
    assert worth.kg_co2e == expected * ratio
    for gas, mass in masses.items():
        if mass is not None:
            assert worth.masses[gas] == Fraction(mass) * ratio
        elif sf6 is None:
            assert gas not in worth.masses
        else:  # a composition of gases has no CO2, CH4 and N2O beside them
            assert worth.masses[gas] == 0


@settings(deadline=None)
@given(DECIMALS, OPTIONAL, OPTIONAL, SETS)
def test_a_printed_total_of_the_set_counts_to_its_last_digit(total, co2, ch4, gwp_set):
    """What the gases add up to does not matter then."""
    for stated in (gwp_set, ""):
        factor = FactorMasses(total, kg_co2=co2, kg_ch4=ch4, gwp_set=stated)
        worth = factor_worth(factor, gwp_set)
        assert (worth.kg_co2e, worth.basis, worth.notices) == (Fraction(total), PRINTED, ())


def test_a_factor_of_another_set_is_valued_by_its_gases():
    """UK electricity 2025, printed under AR5, under AR6: by hand from the printed parts."""
    factor = FactorMasses(
        "0.177", kg_co2="0.17489", co2e_ch4="0.0009", co2e_n2o="0.00122", gwp_set="AR5"
    )
    worth = factor_worth(factor, "AR6")
    by_hand = Fraction("0.17489") + Fraction("0.0009") / 28 * 27 + Fraction("0.00122") / 265 * 273
    assert (worth.kg_co2e, worth.basis) == (by_hand, SUM_OF_GASES)
    assert [notice.reason for notice in worth.notices] == ["METHANE_ORIGIN"]
    assert worth.potentials == {"CO2": "1", "CH4": "27.0", "N2O": "273"}


METHANE = [  # set, fossil, of biomass, unknown, SF6: by hand from the sets' tables
    ("AR4", "25", "25", "25", "22800"),
    ("AR5", "30", "28", "28", "23500"),
    ("AR6", "29.8", "27.0", "27.0", "24300"),
    ("AR6-7SM7", "27.9", "27.9", "27.9", "25200"),
]


@pytest.mark.parametrize(("gwp_set", "fossil", "biogenic", "unknown", "sf6"), METHANE)
def test_methane_counts_by_its_origin(gwp_set, fossil, biogenic, unknown, sf6):
    """Fossil methane, other methane, and methane of unknown origin, which is told."""
    for origin, potential in (("fossil", fossil), ("biogenic", biogenic), ("", unknown)):
        worth = factor_worth(FactorMasses(kg_ch4="1000", methane=origin), gwp_set)
        assert worth.kg_co2e == Fraction(potential) * 1000
        is_guess = not origin and unknown != fossil
        assert [each.reason for each in worth.notices] == ["METHANE_ORIGIN"] * is_guess
    named = FactorMasses(gases=(("CH4-fossil", "1"), ("SF6", "1")))
    assert factor_worth(named, gwp_set).kg_co2e == Fraction(fossil) + Fraction(sf6)
    assert by_gas(factor_worth(named, gwp_set).masses)["CH4"] == 1


def test_a_publisher_of_ar5_took_one_figure_for_methane():
    """EPA natural gas 2025, 53.06, 0.001 and 0.0001 kg/MMBtu: 28 under its own set, and told."""
    factor = FactorMasses(
        kg_co2="53.06", kg_ch4="0.001", kg_n2o="0.0001", gwp_set="AR5", methane="fossil"
    )
    worth = factor_worth(factor, "AR5")
    assert worth.kg_co2e == Fraction("53.06") + Fraction("0.028") + Fraction("0.0265")
    assert [each.message.partition(":")[0] for each in worth.notices] == [
        "CH4 of fossil origin counts 28 and not 30"
    ]
    assert factor_worth(factor, "AR6").kg_co2e == (
        Fraction("53.06") + Fraction("0.0298") + Fraction("0.0273")
    )


def test_what_a_total_has_beyond_its_gases_stays_and_is_told():
    """EPA supply chain 334111: 0.058 with F-gases that the gas columns leave out."""
    factor = FactorMasses(
        "0.058", kg_co2="0.049", kg_ch4="0.000203", kg_n2o="0.00000777", gwp_set="AR5"
    )
    rest = Fraction("0.058") - (
        Fraction("0.049") + 28 * Fraction("0.000203") + 265 * Fraction("0.00000777")
    )
    worth = factor_worth(factor, "AR4")
    gases = Fraction("0.049") + 25 * Fraction("0.000203") + 298 * Fraction("0.00000777")
    assert (worth.kg_co2e, worth.basis) == (gases + rest, SUM_AND_REST)
    assert [notice.reason for notice in worth.notices] == ["GWP_SET_FALLBACK"]


def test_a_total_of_another_set_without_gases_is_taken_and_told():
    """EPA waste factors are of AR4 and name no gases."""
    worth = factor_worth(FactorMasses("50", gwp_set="AR4"), "AR5")
    assert worth.kg_co2e == 50
    assert [notice.reason for notice in worth.notices] == ["GWP_SET_FALLBACK"]
    assert "AR4" in worth.notices[0].message


def test_a_gas_that_a_set_does_not_list_takes_the_nearest_set_and_says_so():
    """C8F18 has no AR4 figure in the table: AR5 is nearer to it than AR6."""
    worth = factor_worth(FactorMasses(gases=(("C8F18", "1"),)), "AR4")
    assert worth.kg_co2e == 7620
    assert "C8F18 takes AR5" in worth.notices[0].message


BLENDS = [
    ("AR4", "2087.5"),
    ("AR5", "1923.5"),
    ("AR6", "2255.5"),
]


@pytest.mark.parametrize(("gwp_set", "expected"), BLENDS)
def test_a_blend_is_its_composition(gwp_set, expected):
    """R-410A, half HFC-32 and half HFC-125, is not rounded to a whole number."""
    factor = FactorMasses(gases=(("HFC-125", "0.5"), ("HFC-32", "0.5")))
    assert factor_worth(factor, gwp_set).kg_co2e == Fraction(expected)


@settings(deadline=None)
@given(st.fractions())
def test_an_exact_text_loses_nothing(value):
    """As a decimal or as a fraction, it reads back as the same number."""
    assert Fraction(exact_text(value)) == value
    ends = {prime for prime in (3, 7, 11, 13) if value.denominator % prime == 0}
    assert ("/" in exact_text(value)) or not ends


def oracle_text(value: Fraction) -> str:
    """`decimal_text` by decimal arithmetic: divide with digits to spare, quantize, trim."""
    exact = Context(prec=400)
    quotient = exact.divide(Decimal(value.numerator), Decimal(value.denominator))
    rounded = quotient.quantize(Decimal("1e-18"), rounding=ROUND_HALF_EVEN, context=exact)
    text = format(rounded, "f").rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


HALVES = st.builds(
    lambda odd, sign: sign * Fraction(odd, 2 * 10**18),
    st.integers(0, 10**22).map(lambda number: 2 * number + 1),
    st.sampled_from([1, -1]),
)
PLAIN = st.decimals(allow_nan=False, allow_infinity=False, places=12).map(Fraction)


@settings(deadline=None, max_examples=500)
@given(st.fractions() | HALVES | PLAIN | st.integers().map(Fraction))
def test_a_text_is_the_decimal_rounded_once(value):
    """Against decimal arithmetic: exact where it ends in time, else half-even at place 18."""
    text = decimal_text(value)
    assert text == oracle_text(value)
    assert abs(Fraction(text) - value) <= Fraction(1, 2 * 10**18)
    if 10**18 % value.denominator == 0:
        assert Fraction(text) == value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Fraction(25, 2), "12.5"),
        (Fraction(0), "0"),
        (Fraction(-3), "-3"),
        (Fraction(1200), "1200"),
        (Fraction(1, 3), "0.333333333333333333"),
        (Fraction(2, 3), "0.666666666666666667"),
        (Fraction(1, 2 * 10**18), "0"),
        (Fraction(-1, 2 * 10**18), "0"),
        (Fraction(3, 2 * 10**18), "0.000000000000000002"),
        (Fraction(2 * 10**18 - 1, 2 * 10**18), "1"),
        (Fraction(-1, 10**18), "-0.000000000000000001"),
    ],
)
def test_a_text_has_one_form(value, text):
    """No trailing zeros, no exponent, no minus zero; ties go to the even digit."""
    assert decimal_text(value) == text
