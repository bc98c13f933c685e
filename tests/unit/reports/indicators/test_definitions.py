"""The definitions that ship, and the tables beside them: whole, and of known words."""

from __future__ import annotations

from fractions import Fraction

import pytest

from docs.writers.indicators import PAGE, write_page
from tonne.catalogue.resolving.resolution import FactorMasses, Resolution, ResolutionEntry
from tonne.catalogue.words import taxonomy, units
from tonne.catalogue.words.accounts import ACCOUNTS
from tonne.catalogue.words.rules import RULES
from tonne.catalogue.words.tables import read_table
from tonne.errors import FieldInvalid
from tonne.model import FACILITY_TYPES
from tonne.reports.indicators.definition import find, rounded_text, search, shipped
from tonne.reports.indicators.energy import kgce, source_of
from tonne.statements.definitions.indicators import MONEY, PRODUCTS, SOURCES, UNITS_OF_MEASURES


def test_the_page_is_what_ships():
    """docs/indicator-list.md is what the definitions say; `make docs` writes it."""
    assert PAGE.read_text(encoding="utf-8") == write_page()


def test_every_definition_is_of_known_words():
    """Accounts, activities, types, units and sources are there; each has a source of its own."""
    types = set(FACILITY_TYPES)
    for versions in shipped().values():
        assert [each.version for each in versions] == list(range(1, len(versions) + 1))
        for definition in versions:
            assert definition.source
            assert definition.at_most in {"", *shipped()}
            assert definition.denominator
            for term in definition.terms:
                assert set(term.accounts) <= {*ACCOUNTS, "scope1", "scope3"}, definition.id
                assert set(term.activities) <= {"electricity", PRODUCTS}
                assert set(term.facility_types) <= types
                assert set(term.sources) <= set(SOURCES)
                if term.measure == "amount":
                    assert term.unit == MONEY or units.find(term.unit)
                else:
                    assert units.conversion(UNITS_OF_MEASURES[term.measure], term.unit)
            moneys = {term.unit == MONEY for term in definition.terms}
            assert ("{money}" in definition.unit) == (True in moneys)


def test_the_tables_name_activities_that_there_are():
    """Coefficients and sources stand under ids of the taxonomy, or what they stand below."""
    ids = set(taxonomy.activities())
    for row in read_table("coal_equivalents.csv"):
        assert row["activity"] == "*" or any(
            f"{each}.".startswith(f"{row['activity']}.") for each in ids
        )
        assert units.find(row["unit"])
    for row in read_table("energy_sources.csv"):
        assert row["source"] in SOURCES
        kind, _, rule = row["match"].partition(":")
        assert rule in RULES if rule else any(f"{each}.".startswith(f"{kind}.") for each in ids)


@pytest.mark.parametrize(
    ("activity", "unit", "kwh", "expected"),
    [
        ("electricity.grid", "MWh", 1000, ("122.9", True)),
        ("fuel.diesel.mobile", "t", 11900, ("1457.1", True)),
        ("fuel.diesel.mobile", "l", 10, ("1.229", False)),
        ("heat.district", "GJ", 278, ("34.12", True)),
        ("cooling", "kWh", 1, ("0.1229", False)),
        ("fuel.petrol_mineral", "kg", 12, ("1.4714", True)),
        ("fuel.wood", "t", 4000, ("491.6", False)),
    ],
)
def test_coal_equivalent_is_that_of_the_unit_or_of_the_energy(activity, unit, kwh, expected):
    """The coefficient in the posted unit where the set has it, else that of a kWh."""
    value, is_own = kgce("GB/T 2589-2020", activity, unit, Fraction(kwh))
    assert (value, is_own) == (Fraction(expected[0]), expected[1])


def test_the_source_of_energy_is_that_of_the_activity_and_its_instrument():
    """A grid's mix is untold; a name without a contract is, too, and that is told."""

    def under(stage):
        entry = ResolutionEntry("scope2.market", "", 0, FactorMasses(), stage=stage)
        return Resolution((entry,))

    assert source_of("fuel.diesel", under("")) == ("fossil", "")
    assert source_of("fuel.wood_chips.stationary", under("")) == ("renewable", "")
    assert source_of("electricity.onsite.solar", under("")) == ("renewable", "")
    assert source_of("electricity.grid", under("residual")) == ("untold", "")
    assert source_of("electricity.grid.renewable", under("contract")) == ("renewable", "")
    assert source_of("electricity.grid.nuclear", under("supplier")) == ("nuclear", "")
    source, told = source_of("electricity.grid.renewable", under("residual"))
    assert (source, "under no contract" in told) == ("untold", True)
    source, told = source_of("electricity.grid", under("contract"))
    assert (source, "whose source is not stated" in told) == ("untold", True)
    assert source_of("fleet.car.average.diesel", under(""))[0] == "fossil"
    assert source_of("fleet.car.average.battery_electric", under(""))[0] == "untold"


def test_a_version_is_found_or_what_there_is_is_told():
    """Ids and versions; words in any case."""
    assert find("pue_3", 1) is find("pue_3")
    with pytest.raises(FieldInvalid, match="has no version 9: it has 1"):
        find("pue_3", 9)
    with pytest.raises(FieldInvalid, match="no indicator"):
        find("PUE")
    assert [each.id for each in search("Power CATEGORY")] == ["pue_1", "pue_2", "pue_3"]
    assert len(search("")) == len(shipped())


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        ("0.125", 2, "0.12"),
        ("0.135", 2, "0.14"),
        ("-0.001", 2, "0.00"),
        ("-1.5", 0, "-2"),
        ("2.5", 0, "2"),
        ("1234.5", 3, "1234.500"),
    ],
)
def test_a_value_is_rounded_half_even(value, digits, text):
    """Once, with all its places."""
    assert rounded_text(Fraction(value), digits) == text
