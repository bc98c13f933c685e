"""Valuation: published figures by hand, laws, and texts against decimal arithmetic."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.catalogue.editions import CHICAGO, SEATTLE
from tonne.catalogue.resolution import FactorMasses, ResolutionEntry
from tonne.catalogue.resolver import Resolver
from tonne.catalogue.valuation import decimal_text, kg, kg_per_micro
from tonne.model import period_of_month

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
        january = period_of_month(f"{year}-01")
        resolution = [run.outcome for run in runs if run.first_period <= january][-1]
        total += kg(int(Fraction(quantity) * 10**6), resolution.entries[0])
    published = Fraction(published_t) * 1000
    last_digit = Fraction(10) ** Decimal(published_t).as_tuple().exponent * 1000
    assert abs(total - published) <= max(10, published / 500, last_digit / 2)


def test_a_meter_year_by_hand():
    """1,080,307 kWh at 0.0237864 kg is 25,696.6144248 kg, on paper too."""
    entry = ResolutionEntry("a", "e", 1, FactorMasses("0.0237864"), Fraction(1))
    assert decimal_text(kg(1_080_307_000_000, entry)) == "25696.6144248"


FACTORS = st.decimals(allow_nan=False, allow_infinity=False, min_value=-1000, max_value=1000)
ENTRIES = st.builds(
    lambda factor, conversion: ResolutionEntry(
        "a", "e", 1, FactorMasses(format(factor, "f")), conversion
    ),
    FACTORS,
    st.fractions(min_value=Fraction(1, 10**9), max_value=10**9),
)
QUANTITIES = st.lists(st.integers(-(2**63), 2**63 - 1), max_size=20)


@settings(deadline=None)
@given(ENTRIES, QUANTITIES, st.randoms(use_true_random=False))
def test_parts_add_up_in_any_order(entry, quantities, random):
    """The value of a sum is the sum of the values, in whatever order."""
    whole = kg(sum(quantities), entry)
    random.shuffle(quantities)
    assert sum((kg(quantity, entry) for quantity in quantities), Fraction(0)) == whole


@settings(deadline=None)
@given(ENTRIES, st.integers(-(2**100), 2**100))
def test_a_value_is_the_product(entry, quantity_micro):
    """Quantity times conversion times factor, in rationals."""
    product = Fraction(quantity_micro, 10**6) * entry.conversion * Fraction(entry.factor.kg_co2e)
    assert kg(quantity_micro, entry) == product


def test_an_unstated_gas_has_no_value():
    """Unknown is not zero: None, where zero is 0."""
    entry = ResolutionEntry("a", "e", 1, FactorMasses("1", kg_ch4="0"), Fraction(1))
    assert kg(10**6, entry, "kg_co2") is None
    assert kg_per_micro(entry, "kg_n2o") is None
    assert kg(10**6, entry, "kg_ch4") == 0


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
