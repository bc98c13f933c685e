"""Footprints of suppliers: checked arithmetic, and an edition that can be imported."""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tonne.catalogue.editions.edition import parse_edition
from tonne.catalogue.words import units
from tonne.errors import FieldInvalid
from tonne.imports.pact import edition
from tonne.imports.pact.edition import advice, is_pact, read_edition
from tonne.imports.pact.footprint import PARTS, UNITS

PCF = {
    "declaredUnitOfMeasurement": "kilogram",
    "declaredUnitAmount": "1",
    "productMassPerDeclaredUnit": "1",
    "pcfExcludingBiogenicUptake": "1.85",
    "pcfIncludingBiogenicUptake": "0.35",
    "fossilGhgEmissions": "1.5",
    "landUseChangeGhgEmissions": "0.25",
    "landManagementBiogenicCO2Removals": "-0.10",
    "biogenicNonCO2Emissions": "0.2",
    "biogenicCO2Uptake": "-1.5",
    "ipccCharacterizationFactors": ["AR6"],
    "referencePeriodStart": "2025-01-01T00:00:00Z",
    "referencePeriodEnd": "2026-01-01T00:00:00Z",
    "geographyCountry": "DE",
}


def footprint(pcf=(), **top):
    return {
        "id": "3f1",
        "specVersion": "3.0.3",
        "companyName": "A Supplier, GmbH",
        "productIds": ["urn:gtin:4712345060507", "urn:x:y"],
        "productNameCompany": "Green Ethanol",
        "status": "Active",
        "pcf": {name: value for name, value in {**PCF, **dict(pcf)}.items() if value is not None},
        **top,
    }


@pytest.fixture
def write(tmp_path):
    def make(found):
        path = tmp_path / "pcf.json"
        path.write_text(found if isinstance(found, str) else json.dumps(found))
        return path

    return make


def refused(path):
    with pytest.raises(FieldInvalid) as caught:
        read_edition(path)
    return caught.value.message


def test_a_footprint_that_adds_up_is_a_factor(write):
    """With the supplier's id as evidence, and nothing to remark."""
    made = read_edition(write(footprint()))
    assert made.remarks == ()
    assert made.products == (
        ("product.a_supplier_gmbh.gtin_4712345060507", "kg", "Green Ethanol"),
    )
    (factor,) = parse_edition(made.content)
    assert (factor.activity, factor.unit, factor.region) == (made.products[0][0], "kg", "")
    assert (factor.kg_co2e, factor.gwp_set, factor.account) == (
        Decimal("1.85"),
        "AR6",
        "scope3.01.goods",
    )
    assert (str(factor.valid_from), str(factor.valid_to)) == ("2025-01-01", "2029-01-01")
    assert factor.source == "A Supplier, GmbH, product footprint (PACT 3.0.3)"
    assert (factor.cell, factor.evidence) == ("3f1", "pcf.json#3f1")
    assert factor.note == "1.85 kg CO2e for 1 kg; of DE"


@pytest.mark.parametrize("wrap", [lambda x: x, lambda x: [x], lambda x: {"data": x}])
def test_one_a_list_or_the_data_of_an_answer(write, wrap):
    made = read_edition(write(wrap(footprint())))
    assert len(parse_edition(made.content)) == 1
    made = read_edition(write({"data": [footprint(), footprint(productIds=["urn:other"])]}))
    assert len(parse_edition(made.content)) == 2


def test_numbers_without_quotes_lose_no_digit(write):
    """0.1 stays 0.1: no number of the file becomes a float."""
    text = json.dumps(footprint()).replace('"1.85"', "1.8500000000000000001")
    made = read_edition(write(text))
    assert parse_edition(made.content)[0].kg_co2e == Decimal("1.8500000000000000001")
    assert "1.8500000000000000001 kg CO2e for 1 kg" in made.content.decode()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"pcfIncludingBiogenicUptake": "1.63"},
            "1.85 and biogenicCO2Uptake -1.5 together, 0.35; it says 1.63",
        ),
        ({"biogenicCO2Uptake": None}, "biogenicCO2Uptake 0 together, 1.85; it says 0.35"),
        (
            {"fossilGhgEmissions": "1.9"},
            "sum of its parts, 2.25 (fossilGhgEmissions 1.9, landUseChangeGhgEmissions 0.25, ",
        ),
        ({"fossilGhgEmissions": None}, "cannot be checked: fossilGhgEmissions is not stated"),
        ({"ipccCharacterizationFactors": ["AR5", "AR6"]}, "GWP set is not one of AR5, AR6"),
        (
            {"geographyCountry": None, "geographyRegionOrSubregion": "Europe"},
            "it is of Europe: taken for every region",
        ),
    ],
)
def test_what_does_not_add_up_or_was_assumed_is_told(write, changes, said):
    """With both numbers; and it stands in the factor's note."""
    made = read_edition(write(footprint(changes)))
    assert any(said in remark for remark in made.remarks)
    assert said in parse_edition(made.content)[0].note


def test_rounded_digits_may_miss_by_half_of_the_last_of_each(write):
    """1.7 of 1.2 and 0.45 is rounding; 1.8 is not."""
    parts = dict.fromkeys(PARTS) | {"fossilGhgEmissions": "1.2", "biogenicNonCO2Emissions": "0.45"}
    same = {"biogenicCO2Uptake": None, "landUseChangeGhgEmissions": None, **parts}
    for total, count in (("1.7", 0), ("1.8", 1)):
        totals = {"pcfExcludingBiogenicUptake": total, "pcfIncludingBiogenicUptake": total}
        assert len(read_edition(write(footprint({**same, **totals}))).remarks) == count


def test_names_of_drafts_are_known(write):
    """Those of early 2025 said withdrawal for uptake."""
    pcf = {name.replace("Uptake", "CO2Withdrawal"): value for name, value in PCF.items()}
    pcf = {name.replace("CO2CO2", "CO2"): value for name, value in pcf.items()}
    assert "biogenicCO2Withdrawal" in pcf
    made = read_edition(write(footprint() | {"pcf": pcf}))
    assert made.remarks == ()


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (footprint(specVersion="2.3.0"), "specVersion: expected a footprint of PACT version 3"),
        (footprint({"declaredUnitOfMeasurement": "megabit second"}), "expected one of liter, "),
        (footprint({"declaredUnitAmount": "0"}), "a number above zero"),
        (footprint({"declaredUnitAmount": None}), "declaredUnitAmount: expected a decimal"),
        (footprint({"pcfExcludingBiogenicUptake": "1,85"}), "got '1,85'"),
        (footprint({"pcfExcludingBiogenicUptake": True}), "got True"),
        (footprint({"referencePeriodStart": "soon"}), "a time in ISO 8601"),
        (footprint({"referencePeriodEnd": None}), "referencePeriodEnd: expected a text"),
        (footprint(companyName=""), "companyName: expected a text"),
        (footprint(id=None), "id: expected a text; got nothing"),
        (footprint(productIds="urn:x"), "productIds: expected a list of texts"),
        (footprint(validityPeriodEnd="2020-01-01T00:00:00Z"), "a day after 2025-01-01"),
        (footprint(status="Deprecated"), "no footprint of it is in force"),
        (footprint(pcf=()) | {"pcf": []}, "expected an object of PACT's data model; got list"),
        ([5], "pcf.json: expected an object"),
        ([], "no footprint of it is in force"),
        ("{", "expected JSON"),
        ("[" * 100_000, "expected JSON"),
        ([footprint(), footprint(id="4a2")], "the footprints 3f1 and 4a2 are both of product.a_"),
    ],
)
def test_what_cannot_be_taken_is_refused(write, found, said):
    assert said in refused(write(found))


@pytest.mark.parametrize(
    ("total", "amount", "expected"),
    [
        ("2", "12", "0.166666666666666666666667"),
        ("123456789012345678", "7", "17636684144620811.142857142857142857142857"),
        ("1e-30", "1", "0"),
        ("2.5e+3", "1000", "2.5"),
    ],
)
def test_a_factor_is_of_one_unit(write, total, amount, expected):
    """Rounded once, where the quotient does not end, and then the note says so."""
    same = {"pcfIncludingBiogenicUptake": None, "declaredUnitAmount": amount}
    made = read_edition(write(footprint({**same, "pcfExcludingBiogenicUptake": total})))
    (factor,) = parse_edition(made.content)
    assert factor.kg_co2e == Decimal(expected)
    assert ("rounded to 24 places" in factor.note) is (total != "2.5e+3")


def test_years_of_one_product_follow_each_other(write):
    """Where their validity is stated, each holds in its own."""
    years = [
        footprint(
            {
                "referencePeriodStart": f"{y}-01-01T00:00:00Z",
                "referencePeriodEnd": f"{y}-12-31T23:59:59Z",
            },
            id=str(y),
            validityPeriodEnd=f"{y}-12-31T23:59:59Z",
        )
        for y in (2024, 2025)
    ]
    factors = parse_edition(read_edition(write(years)).content)
    assert [(str(each.valid_from), str(each.valid_to)) for each in factors] == [
        ("2024-01-01", "2025-01-01"),
        ("2025-01-01", "2026-01-01"),
    ]


def test_one_product_of_several_places_has_an_activity_for_each(write):
    """It is bought from anywhere, so the place is in the activity and not in the region."""
    places = [{}, {"geographyCountry": "CN"}, {"geographyCountry": None}]
    made = read_edition(write([footprint(each) for each in places]))
    ends = [activity.rpartition(".")[2] for activity, _, _ in made.products]
    assert ends == ["de", "cn", "anywhere"]
    assert len(parse_edition(made.content)) == 3


def test_names_of_any_script_make_an_activity(write):
    made = read_edition(write(footprint(companyName="绿色公司", productIds=["..."])))
    (factor,) = parse_edition(made.content)
    assert factor.activity.startswith("product.x")
    assert factor.source.startswith("绿色公司")


def test_every_unit_is_one_of_tonnes():
    assert all(units.find(unit).symbol == unit for unit in UNITS.values())


def test_a_large_file_is_not_read(write, monkeypatch):
    monkeypatch.setattr(edition, "FILE_BYTES_MAX", 100)
    assert "split the file" in refused(write(footprint()))


def test_the_advice_names_the_commands_and_what_is_broken(write):
    path = write(footprint({"pcfIncludingBiogenicUptake": "1.63"}))
    assert is_pact(path)
    said = advice(path, "acme")
    assert "0.35; it says 1.63" in said
    assert "`tonne edition import pcf.json --id NAME --book acme`" in said
    assert "records of the activity product.a_supplier_gmbh.gtin_4712345060507 in kg" in said
    path.write_text('{"facility": "x"}')
    assert not is_pact(path)


NUMBERS = st.decimals(-1000, 1000, places=3)


@settings(deadline=None)
@given(
    parts=st.fixed_dictionaries(dict.fromkeys(PARTS, NUMBERS)),
    uptake=NUMBERS,
    off=st.sampled_from([Decimal(0), Decimal("0.1")]),
    amount=st.integers(1, 10**6),
)
def test_sums_are_exact_and_factors_are_per_unit(tmp_path_factory, parts, uptake, off, amount):
    """A sum that is off by more than its rounding is told, whatever its parts are."""
    total = sum(parts.values())
    pcf = {name: str(value) for name, value in parts.items()}
    pcf |= {
        "pcfExcludingBiogenicUptake": f"{total + off:f}",
        "pcfIncludingBiogenicUptake": f"{total + off + uptake:f}",
        "biogenicCO2Uptake": str(uptake),
        "declaredUnitAmount": str(amount),
    }
    path = tmp_path_factory.mktemp("pact") / "pcf.json"
    path.write_text(json.dumps(footprint(pcf)))
    made = read_edition(path)
    assert len(made.remarks) == (1 if off else 0)
    (factor,) = parse_edition(made.content)
    error = Fraction(factor.kg_co2e) - Fraction(total + off) / amount
    assert abs(error) <= Fraction(1, 2 * 10**24)


JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)


@settings(deadline=None, max_examples=300)
@given(
    at_top=st.dictionaries(st.sampled_from([*footprint()]), JSONS, max_size=2),
    inside=st.dictionaries(st.sampled_from([*PCF]), JSONS, max_size=2),
)
def test_odd_values_are_refused_or_taken_and_never_crash(tmp_path_factory, at_top, inside):
    """Whatever stands where a text or a number should."""
    found = footprint() | at_top
    if isinstance(found["pcf"], dict):
        found["pcf"] = {**found["pcf"], **inside}
    path = tmp_path_factory.mktemp("pact") / "pcf.json"
    path.write_text(json.dumps(found))
    count, said = 0, ""
    try:
        count = len(parse_edition(read_edition(path).content))
    except FieldInvalid as error:
        said = error.message
    assert count == 1 or said.startswith("pcf.json")
