"""Units: laws of conversion, and constants against what others print."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from itertools import groupby

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docs.writers.units import PAGE, write_page
from tonne.catalogue.words.units import UNITS, conversion
from tonne.errors import FieldInvalid

DIMENSIONS = [
    [unit.symbol for unit in units]
    for _, units in groupby(
        sorted(UNITS.values(), key=lambda unit: unit.dimension), lambda unit: unit.dimension
    )
]
KINDRED = st.sampled_from(DIMENSIONS).flatmap(
    lambda symbols: st.tuples(*[st.sampled_from(symbols)] * 3)
)


@settings(deadline=None)
@given(KINDRED)
def test_conversions_are_a_group(units):
    """There and back is 1, and a way over a third unit is the straight way."""
    first, second, third = units
    assert conversion(first, second) * conversion(second, first) == 1
    assert conversion(first, second) * conversion(second, third) == conversion(first, third)


@settings(deadline=None)
@given(st.sampled_from(sorted(UNITS)), st.sampled_from(sorted(UNITS)))
def test_only_units_of_one_dimension_convert(first, second):
    """Two units convert exactly where their dimension is the same, else an error names both."""
    if UNITS[first].dimension == UNITS[second].dimension:
        assert conversion(first, second) > 0
    else:
        with pytest.raises(FieldInvalid) as caught:
            conversion(first, second)
        assert repr(first) in caught.value.message
        assert repr(second) in caught.value.message


# (unit, in units of, as printed, by whom); the last printed digit may be rounded.
PRINTED = [
    ("kWh", "J", "3600000", "SI brochure"),
    ("Btu", "J", "1055.056", "NIST SP 811 B.8, Btu_IT"),
    ("therm", "kWh", "29.3071", "US EIA energy conversion calculator"),
    ("MMBtu", "GJ", "1.055056", "US EIA"),
    ("kBtu", "kWh", "0.293071", "ENERGY STAR Portfolio Manager, thermal conversions"),
    ("tce", "GJ", "29.3076", "GB/T 2589"),
    ("tce", "kWh", "8141", "GB/T 2589, calorific equivalent"),
    ("toe", "MWh", "11.63", "IEA unit converter"),
    ("toe", "tce", "1.428571", "IEA unit converter: 0.7 toe is one tce"),
    ("kcal", "kJ", "4.1868", "NIST SP 811 B.8"),
    ("kcal_th", "kJ", "4.184", "NIST SP 811 B.8"),
    ("lb", "kg", "0.45359237", "NIST SP 811 B.8"),
    ("oz", "g", "28.34952", "NIST SP 811 B.8"),
    ("short_ton", "kg", "907.1847", "NIST SP 811 B.8"),
    ("long_ton", "kg", "1016.047", "NIST SP 811 B.8"),
    ("US_gal", "l", "3.785412", "NIST SP 811 B.8"),
    ("UK_gal", "l", "4.54609", "NIST SP 811 B.8"),
    ("bbl", "l", "158.9873", "NIST SP 811 B.8"),
    ("ft3", "l", "28.31685", "NIST SP 811 B.8"),
    ("Mcf", "m3", "28.31685", "NIST SP 811 B.8"),
    ("mile", "km", "1.609344", "NIST SP 811 B.8"),
    ("nmi", "m", "1852", "NIST SP 811 B.8"),
    ("acre", "m2", "4046.856", "international acre"),
    ("short_ton.mile", "t.km", "1.459972", "US EPA emission factors hub"),
    ("day", "h", "24", "SI brochure"),
    ("GiB", "B", "1073741824", "IEC 80000-13"),
    ("Mbit", "kB", "125", "IEC 80000-13"),
]


@pytest.mark.parametrize(("unit", "target", "printed", "publisher"), PRINTED)
def test_a_constant_is_what_others_print(unit, target, printed, publisher):
    """Each constant, rounded to the digits that a publisher prints, is the printed one."""
    last_place = Fraction(10) ** Decimal(printed).as_tuple().exponent
    assert abs(conversion(unit, target) - Fraction(printed)) <= last_place / 2, publisher


def test_each_unit_has_a_source_and_each_dimension_a_base():
    """No constant stands without its definition, no dimension without a unit of 1."""
    assert [unit.symbol for unit in UNITS.values() if not unit.source] == []
    for symbols in DIMENSIONS:
        assert Fraction(1) in {UNITS[symbol].factor for symbol in symbols}


def test_an_unknown_unit_converts_into_itself_alone():
    """Equal texts convert by 1; else the unknown unit is named."""
    assert conversion("rack.month", "rack.month") == 1
    with pytest.raises(FieldInvalid, match="rack"):
        conversion("rack.month", "kWh")
    with pytest.raises(FieldInvalid, match="rack"):
        conversion("kWh", "rack.month")


def test_money_has_no_exchange_rate():
    """Each currency is a dimension of its own."""
    assert conversion("USD", "USD") == 1
    with pytest.raises(FieldInvalid, match="currency"):
        conversion("USD", "EUR")


def test_the_page_of_units_is_the_table():
    """docs/units.md is what the table says; write it again with `units_page`."""
    assert PAGE.read_text(encoding="utf-8") == write_page()
    assert all(10**18 % unit.factor.denominator == 0 for unit in UNITS.values())
