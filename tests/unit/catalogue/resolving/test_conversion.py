"""Ways from one unit to another: laws, properties by hand, and what is told on the way."""

from __future__ import annotations

import datetime as dt
import math
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tonne.catalogue.resolving.conversion import (
    BY_BASIS,
    BY_DEFINITION,
    BY_PROPERTY,
    BY_RATE,
    SAME,
    Converter,
)
from tonne.catalogue.words.method import MethodSettings, Rate
from tonne.catalogue.words.units import UNITS, conversion
from tonne.model import number_of_day

DIESEL = ("fuel.diesel",)
GAS = ("fuel.natural_gas",)
PLAIN = Converter(MethodSettings())


def convert(converter, *words, **place):
    """The conversion of all days, or None."""
    found = converter.conversions(*words, **place)
    assert len(found) <= 1
    return found[0] if found else None


UK = "uk-ghg-2025"
EPA = "us-epa-hub-2025"


def ratio(found):
    """Product of the steps."""
    product = Fraction(1)
    for step in found.steps:
        product *= step.ratio
    return product


@settings(deadline=None)
@given(st.sampled_from(sorted(UNITS)), st.sampled_from(sorted(UNITS)))
def test_one_dimension_converts_by_definition_and_says_nothing(first, second):
    """The same ratio as the table of units, without a notice."""
    if UNITS[first].dimension != UNITS[second].dimension:
        return
    found = convert(PLAIN, first, second)
    assert ratio(found) == conversion(first, second)
    assert found.notices == ()
    assert found.kind == (SAME if first == second else BY_DEFINITION)


@settings(deadline=None)
@given(
    st.sampled_from(["l", "m3", "kg", "t", "kWh_gross", "GJ_net", "US_gal", "lb"]),
    st.sampled_from(["l", "m3", "kg", "t", "kWh_gross", "GJ_net", "US_gal", "lb"]),
)
def test_there_and_back_by_properties_is_one(first, second):
    """Density and heat contents of one source are one system."""
    there = convert(PLAIN, first, second, DIESEL, edition=UK)
    back = convert(PLAIN, second, first, DIESEL, edition=UK)
    assert ratio(there) * ratio(back) == 1


# (activity, edition, unit, target, by hand from what the publisher prints)
PRINTED = [
    (DIESEL, UK, "l", "kg", Fraction("0.832361")),
    (DIESEL, UK, "l", "GJ_net", Fraction("0.832361") * Fraction("42.839") / 1000),
    (DIESEL, UK, "t", "GJ_gross", Fraction("45.545")),
    (GAS, EPA, "scf", "MMBtu_gross", Fraction("0.001026")),
    (GAS, UK, "kWh_gross", "kWh_net", Fraction("45.745") / Fraction("50.678")),
]


@pytest.mark.parametrize(("activity", "edition", "unit", "target", "by_hand"), PRINTED)
def test_a_property_is_what_its_publisher_prints(activity, edition, unit, target, by_hand):
    """Exact, and told with the property, its figure and its source."""
    found = convert(PLAIN, unit, target, activity, edition=edition)
    assert (ratio(found), found.kind) == (by_hand, BY_PROPERTY)
    assert [notice.reason for notice in found.notices] == ["UNIT_PROPERTY"]


def test_heat_contents_of_two_sources_are_not_mixed():
    """A gross one of one publisher over a net one of another would be of two fuels."""
    found = convert(PLAIN, "kWh_gross", "kWh_net", GAS, edition="some-edition")
    sources = {step.text.rpartition("(")[2] for step in found.steps if step.kind == "property"}
    assert len(sources) == 1


def test_a_heat_content_of_the_factors_own_publisher_comes_first():
    """IPCC: 43 TJ/Gg for gas/diesel oil; it prints no density, DESNZ does."""
    found = convert(PLAIN, "l", "TJ_net", DIESEL, edition="ipcc-2006")
    assert ratio(found) == Fraction("0.832361") * 43 / 10**6


def test_a_heat_content_of_the_factors_country_comes_next():
    """An imported factor of the US takes EPA's heat content, one of Britain DESNZ's."""
    american = convert(PLAIN, "scf", "MMBtu_gross", GAS, edition="mine", region="US-WA")
    assert ratio(american) == Fraction("0.001026")
    british = convert(PLAIN, "m3", "GJ_gross", GAS, edition="mine", region="GB")
    assert ratio(british) == Fraction("0.802") * Fraction("50.678") / 1000


def test_energy_without_a_basis_is_gross_and_said_so():
    """Bills of fuel in the UK and the US are on gross calorific value."""
    to_gross = convert(PLAIN, "kWh", "kWh_gross", GAS, edition=UK)
    assert (ratio(to_gross), to_gross.kind) == (1, BY_BASIS)
    to_net = convert(PLAIN, "kWh", "kWh_net", GAS, edition=UK)
    assert ratio(to_net) == Fraction("45.745") / Fraction("50.678")
    for found in (to_gross, to_net):
        assert "UNIT_BASIS" in {notice.reason for notice in found.notices}


def test_no_source_no_way():
    """Without a density of the substance, a volume is no mass."""
    assert convert(PLAIN, "l", "kg", ("waste.glass.landfill",)) is None
    assert convert(PLAIN, "kWh", "kg", ("electricity.grid",)) is None
    assert convert(PLAIN, "pallet", "kg") is None


def test_a_rate_holds_in_both_directions_and_for_own_units():
    """Money, occupancy, a pallet: what the method says, exact, and told."""
    converter = Converter(
        MethodSettings(
            rates=(
                Rate("km", "passenger.km", "3", "survey"),
                Rate("pallet", "kg", "450"),
                Rate("CNY", "USD2022", "0.1486", "a bank"),
            )
        )
    )
    back = convert(converter, "passenger.km", "km")
    assert (ratio(back), back.kind) == (Fraction(1, 3), BY_RATE)
    assert [notice.reason for notice in back.notices] == ["UNIT_RATE"]
    assert ratio(convert(converter, "pallet", "kg")) == 450
    money = convert(converter, "CNY", "USD2022")
    assert [notice.reason for notice in money.notices] == ["PRICE_YEAR"]
    assert "a bank" in money.notices[0].message
    assert convert(converter, "EUR", "USD2022") is None


def test_a_currency_without_a_rate_stands_still_and_says_so():
    """The same currency of another price year counts one for one, with a notice."""
    before, own, after = PLAIN.conversions("USD", "USD2022")
    for found in (before, own, after):
        assert ratio(found) == 1
        assert [notice.reason for notice in found.notices] == ["PRICE_YEAR"]
    year = [number_of_day(dt.date(each, 1, 1)) for each in (2022, 2023)]
    assert [own.first_day, own.stop_day] == year
    assert "the prices of the record's year" in own.notices[0].message


def test_another_spelling_of_a_unit_is_told_by_the_first_step():
    """The record keeps its text, the resolution names the unit that it was read as."""
    converter = Converter(MethodSettings())
    read = convert(converter, "兆瓦时", "kWh")
    assert [step.text for step in read.steps] == ["'兆瓦时' read as MWh", "1 MWh = 1000 kWh"]
    assert [step.text for step in convert(converter, "度", "kWh").steps] == ["'度' read as kWh"]
    for plain in ("KWH", "kW h", "kWh"):
        assert convert(converter, plain, "kWh").steps == ()


def test_a_rate_holds_for_every_spelling_of_its_units():
    """A method's rate is between units, not between texts."""
    converter = Converter(MethodSettings(rates=(Rate("RMB", "USD", "0.14"),)))
    for written in ("CNY", "人民币", "rmb"):
        found = convert(converter, written, "USD")
        assert found is not None
        assert found.steps[-1].ratio == Fraction("0.14")


CHAIN = Converter(
    MethodSettings(
        rates=(
            Rate("EUR2023", "USD2023", "1.08", "mean of 2023"),
            Rate("USD2022", "USD2023", "1.04"),
            Rate("USD2022_producer", "USD2022", "1.2"),
            Rate("EUR", "USD", "1.1"),
            Rate("USD2022", "pallet", "0.001"),
        )
    )
)
MONEY = [
    ("EUR2023", "USD2022", "1.08/1.04", ["exchange rate", "deflator"]),
    ("EUR2023", "USD2022_producer", "1.08/1.04/1.2", ["exchange rate", "deflator", "price basis"]),
    ("USD2022_producer", "EUR2023", "1.2*1.04/1.08", ["price basis", "deflator", "exchange rate"]),
    ("USD2024", "USD2022_purchaser", "1", ["USD2024 taken as USD2022"]),
]


@pytest.mark.parametrize(("source", "target", "by_hand", "told"), MONEY)
def test_rates_of_money_lead_over_each_other(source, target, by_hand, told):
    """The product of the rates, each a step that says what it is."""
    found = convert(CHAIN, source, target)
    over, *under = by_hand.split("/")
    expected = math.prod(map(Fraction, over.split("*"))) / math.prod(map(Fraction, under))
    assert ratio(found) == expected
    assert [step.text.partition(":")[0] for step in found.steps] == told
    assert {notice.reason for notice in found.notices} == {"PRICE_YEAR"}


@pytest.mark.parametrize(
    ("source", "target"),
    [("GBP_producer", "GBP2022"), ("GBP", "USD2022"), ("USD2022", "kWh"), ("CNY", "pallet")],
)
def test_money_without_a_rate_is_not_converted(source, target):
    """Neither another currency nor another price basis, nor what is no money."""
    assert convert(CHAIN, source, target) is None


def test_rates_that_lead_over_each_other_are_those_of_the_day():
    """Two exchange rates of one year each, a deflator of all time; before them nothing leads."""
    rates = (
        Rate("EUR", "USD2023", "1.08", valid_from="2023-01-01", valid_to="2024-01-01"),
        Rate("EUR", "USD2023", "1.10", valid_from="2024-01-01", valid_to="2025-01-01"),
        Rate("USD2022", "USD2023", "1.04"),
    )
    found = Converter(MethodSettings(rates=rates)).conversions("EUR", "USD2022")
    days = [number_of_day(dt.date(year, 1, 1)) for year in (2023, 2024, 2025)]
    assert [(each.first_day, each.stop_day) for each in found] == [
        tuple(days[:2]),
        tuple(days[1:]),
    ]
    assert [ratio(each) for each in found] == [
        Fraction("1.08") / Fraction("1.04"),
        Fraction("1.10") / Fraction("1.04"),
    ]


def test_prices_stand_still_where_no_rate_is_of_the_year():
    """After an exchange rate too: in 2026 no deflator names the year."""
    day = number_of_day(dt.date(2026, 5, 1))
    found = next(
        one for one in CHAIN.conversions("EUR", "USD2022") if one.first_day <= day < one.stop_day
    )
    assert ratio(found) == Fraction("1.1")
    assert [step.text.split(":")[0] for step in found.steps] == [
        "exchange rate",
        "USD taken as USD2022",
    ]


def test_money_without_a_price_year_is_of_the_year_of_the_record():
    """Each year has its rate; a year that no rate names stands still, and is told so."""
    rates = (
        Rate("EUR2023", "USD2022", "1.05"),
        Rate("EUR2025", "USD2022", "1.00"),
        Rate("USD2024", "USD2022", "0.9"),
        Rate("CNY", "USD", "0.14"),
    )
    converter = Converter(MethodSettings(rates=rates))

    def on(source, target, year):
        day = number_of_day(dt.date(year, 5, 1))
        found = converter.conversions(source, target)
        return next((one for one in found if one.first_day <= day < one.stop_day), None)

    for source, target, year, ratio, told in (
        ("EUR", "USD2022", 2023, "1.05", "EUR taken as EUR2023: the prices of the record's year"),
        ("EUR", "USD2022", 2025, "1", "EUR taken as EUR2025: the prices of the record's year"),
        ("CNY", "USD2022", 2024, "0.14*0.9", "USD taken as USD2024: the prices of the record's"),
        ("CNY", "USD2022", 2022, "0.14", "USD taken as USD2022: the prices of the record's year"),
        ("CNY", "USD2022", 2023, "0.14", "USD taken as USD2022: the method has no rate"),
        ("EUR", "EUR2023", 2023, "1", "EUR taken as EUR2023: the prices of the record's year"),
        ("EUR2025", "USD2022", 2023, "1", "deflator"),
    ):
        one = on(source, target, year)
        expected = math.prod((Fraction(each) for each in ratio.split("*")), start=Fraction(1))
        ratios = (step.ratio for step in one.steps)
        assert math.prod(ratios, start=Fraction(1)) == expected, (source, target, year)
        if told != "deflator":
            assert any(notice.message.startswith(told) for notice in one.notices)
        assert {notice.reason for notice in one.notices} == {"PRICE_YEAR"}
    assert on("EUR", "USD2022", 2024) is None
