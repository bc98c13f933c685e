"""The CSV of an edition: what is read, and how every problem is told."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.catalogue.small_editions import CHICAGO, SEATTLE, write_edition
from tonne.catalogue.editions.edition import COLUMNS, parse_edition
from tonne.catalogue.editions.factor import plain_text
from tonne.catalogue.editions.problems import PROBLEMS_MAX
from tonne.catalogue.words.accounts import account_of
from tonne.errors import FieldInvalid


def refusal(*rows):
    """The error that an edition of these rows meets."""
    with pytest.raises(FieldInvalid) as caught:
        parse_edition(write_edition(*rows))
    return caught.value


def test_a_factor_is_read_whole():
    """Every column arrives, decimals with the publisher's digits, the empty ones as unknown."""
    (factor,) = parse_edition(
        write_edition(
            {
                "activity": "fuel.diesel.mobile",
                "region": "GB",
                "unit": "l",
                "valid_from": "2025-01-01",
                "valid_to": "2026-01-01",
                "kg_co2e": "2.570",
                "kg_co2": "2.54",
                "kg_ch4": "",
                "kg_n2o": "1.2e-4",
                "source": "A publisher, 2025",
                "table": "Fuels, row 7",
                "note": 'says "average, biofuel blend"',
            }
        )
    )
    assert factor.row == 1
    assert (factor.activity, factor.region, factor.unit) == ("fuel.diesel.mobile", "GB", "l")
    assert factor.valid_from == dt.date(2025, 1, 1)
    assert factor.valid_to == dt.date(2026, 1, 1)
    assert plain_text(factor.kg_co2e) == "2.570"
    assert factor.kg_co2 == Decimal("2.54")
    assert factor.kg_ch4 is None
    assert plain_text(factor.kg_n2o) == "0.00012"
    assert factor.account == ""  # the posting rule of the activity decides
    assert (factor.source, factor.table) == ("A publisher, 2025", "Fuels, row 7")
    assert factor.note == 'says "average, biofuel blend"'


@settings(deadline=None)
@given(st.randoms(use_true_random=False), st.booleans(), st.booleans())
def test_the_form_of_the_file_does_not_matter(random, has_mark, has_carriage_returns):
    """Order of columns, byte order mark, CRLF and blank lines change nothing."""
    columns = list(COLUMNS)
    random.shuffle(columns)
    rows = ({"region": "US"}, {"region": "KR", "note": "two\nlines"})
    content = write_edition(*rows, columns=tuple(columns)) + b"\n\n"
    if has_carriage_returns:
        content = content.replace(b"\n", b"\r\n")
    if has_mark:
        content = b"\xef\xbb\xbf" + content
    factors = parse_edition(content)
    assert [factor.region for factor in factors] == ["US", "KR"]
    assert [factor.row for factor in factors] == [1, 2]


PROBLEMS = [
    ("activity", {"activity": ""}),
    ("activity", {"activity": "grid power"}),
    ("activity", {"activity": "a" * 201}),
    ("region", {"region": "US--WA"}),
    ("region", {"region": "US-"}),
    ("unit", {"unit": ""}),
    ("unit", {"unit": "k\x00Wh"}),
    ("valid_from", {"valid_from": ""}),
    ("valid_from", {"valid_from": "2015-02-30"}),
    ("valid_from", {"valid_from": "20150101"}),
    ("valid_from", {"valid_from": "01/01/2015"}),
    ("valid_to", {"valid_to": "2015-01-01"}),
    ("valid_to", {"valid_to": "2014-12-31"}),
    ("valid_to", {"valid_to": "open"}),
    ("kg_co2e", {"kg_co2e": ""}),
    ("kg_co2e", {"kg_co2e": "0,5"}),
    ("kg_co2e", {"kg_co2e": "nan"}),
    ("kg_co2e", {"kg_co2e": "1e99"}),
    ("kg_co2e", {"kg_co2e": "1e18"}),
    ("kg_co2e", {"kg_co2e": "0." + "1" * 25}),
    ("kg_co2e", {"kg_co2e": "1" * 19}),
    ("kg_co2e", {"kg_co2e": "\u0661"}),
    ("kg_co2", {"kg_co2": "x"}),
    ("kg_ch4", {"kg_ch4": "--1"}),
    ("kg_n2o", {"kg_n2o": "1e-25"}),
    ("account", {"account": "scope4"}),
    ("account", {"account": "scope3.16"}),
    ("account", {"activity": "mystery"}),
    ("note", {"note": "n" * 1001}),
    ("stage", {"stage": "upstream"}),
    ("gwp_set", {"gwp_set": "AR3"}),
    ("gwp_set", {"co2e_ch4": "0.1"}),
    ("gwp_set", {"co2e_n2o": "0.1", "gwp_set": "CO2"}),
    ("gases", {"gases": "R-410A=1"}),
    ("gases", {"gases": "HFC-32"}),
    ("gases", {"gases": "HFC-32=0.5;HFC-32=0.5"}),
    ("gases", {"gases": "HFC-32=-0.5"}),
    ("loss", {"loss": "4 %"}),
    ("kwh", {"kwh": "much"}),
    ("uncertainty", {"uncertainty": "5%"}),
]


@pytest.mark.parametrize(("field", "row"), PROBLEMS)
def test_a_problem_is_told_with_line_field_and_value(field, row):
    """The good line before it does not matter; the error names line, field and what was there."""
    error = refusal({"region": "KR"}, row)
    assert error.metadata == {"line": "3", "field": field, "problemsCount": "1"}
    assert f"line 3, {field}: expected" in error.message
    assert repr(row.get(field, ""))[:40].strip("'") in error.message


def test_an_activity_without_account_is_told_the_accounts():
    """The error names the activity and every account that could be given."""
    message = refusal({"activity": "mystery"}).message
    assert "'mystery'" in message
    assert "scope3.06.travel" in message


def test_an_account_that_is_given_stands():
    """What the file says is kept, also where something else would be derived."""
    (factor,) = parse_edition(write_edition({"account": "scope2.market"}))
    assert factor.account == "scope2.market"


def test_many_problems_are_told_at_once_but_not_all():
    """The first twenty are told, the others are counted."""
    error = refusal(*({"kg_co2e": f"bad{index}", "region": f"R{index}"} for index in range(50)))
    assert error.metadata["problemsCount"] == "50"
    assert error.message.count("expected") == PROBLEMS_MAX
    assert "and 30 more" in error.message


def test_a_line_of_the_wrong_length_is_told():
    """A comma that is not quoted shows as a field too many, with its line."""
    content = write_edition({"region": "KR"}) + b"electricity,,kWh\n"
    with pytest.raises(FieldInvalid, match="line 3, row: expected 26 fields"):
        parse_edition(content)


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        (COLUMNS[1:], "lacks 'activity'"),
        ((*COLUMNS, "colour"), "has 'colour'"),
        ((*COLUMNS, "note"), "repeats 'note'"),
    ],
)
def test_a_header_must_be_the_columns(columns, told):
    """A missing, an unknown and a repeated column are named."""
    with pytest.raises(FieldInvalid, match=told):
        parse_edition(",".join(columns).encode() + b"\n")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "lacks 'activity'"),
        (",".join(COLUMNS).encode(), "no factor"),
        (write_edition({}) + b"\xff\xfe", "line 3 is not UTF-8"),
        (write_edition({}) + b'"open', "line 3 is not CSV"),
        (write_edition({}) + b'a,"b"c,\n', "line 3 is not CSV"),
    ],
)
def test_a_file_that_is_no_edition_is_refused(content, told):
    """Empty, headless, broken and wrongly encoded files are told as such."""
    with pytest.raises(FieldInvalid, match=told):
        parse_edition(content)


OVERLAPS = [
    ("repeats", {}, {}),
    ("repeats", {"unit": "kWh"}, {"unit": "kwh"}),
    ("overlaps", {}, {"valid_from": "2016-01-01"}),
    ("overlaps", {"valid_from": "2016-01-01"}, {}),
    ("overlaps", {"valid_to": "2016-01-02"}, {"valid_from": "2016-01-01"}),
    ("repeats", {"unit": "rack.month"}, {"unit": "rack.month"}),
]


@pytest.mark.parametrize(("what", "first", "second"), OVERLAPS)
def test_two_factors_for_one_day_are_refused(what, first, second):
    """The later line is told, with the line that it collides with."""
    error = refusal({"region": "KR"}, first, second)
    assert error.metadata["line"] == "4"
    assert f"{what} line 3" in error.message


def test_a_long_factor_hides_no_overlap():
    """A factor inside a longer one, and one after it that still overlaps the longer one."""
    error = refusal(
        {"valid_from": "2010-01-01", "valid_to": "2020-01-01"},
        {"valid_from": "2011-01-01", "valid_to": "2012-01-01"},
        {"valid_from": "2013-01-01", "valid_to": "2014-01-01"},
    )
    assert error.metadata["problemsCount"] == "2"


def test_an_overlap_late_in_a_row_of_factors_is_seen():
    """The third factor begins before the second one ends, long after the first one did."""
    error = refusal(
        {"valid_from": "2010-01-01", "valid_to": "2012-01-01"},
        {"valid_from": "2012-01-01", "valid_to": "2014-01-01"},
        {"valid_from": "2013-01-01", "valid_to": "2015-01-01"},
    )
    assert error.metadata["line"] == "4"
    assert "overlaps line 3" in error.message


def test_neighbours_do_not_overlap():
    """valid_to is exclusive: the next factor may begin on that very day, others beside it."""
    factors = parse_edition(
        write_edition(
            {"valid_to": "2016-01-01"},
            {"valid_from": "2016-01-01"},
            {"unit": "MWh"},
            {"region": "US"},
            {"activity": "electricity.grid"},
        )
    )
    assert len(factors) == 5


def test_the_cities_derive_all_their_accounts():
    """No factor of Seattle or Chicago needs an account in the file."""
    assert {account_of(factor.activity) for factor in SEATTLE + CHICAGO} == {
        "scope1.stationary",
        "scope2.location",
    }


def test_the_required_columns_suffice():
    """A column that is not there says nothing; three there must be."""
    (factor,) = parse_edition(
        b"activity,unit,valid_from,gases\nrefrigerant.r410a,kg,2025-01-01,HFC-32=0.5;HFC-125=.5\n".replace(
            b"=.5", b"=0.50"
        )
    )
    assert factor.gases == (("HFC-125", Decimal("0.50")), ("HFC-32", Decimal("0.5")))
    assert (factor.region, factor.kg_co2e, factor.valid_to) == ("", None, None)


def test_a_stage_and_an_account_tell_two_factors_apart():
    """Combustion and upstream of one fuel stand beside each other; the same twice do not."""
    rows = (
        {"activity": "fuel.diesel", "stage": "combustion"},
        {"activity": "fuel.diesel", "stage": "wtt"},
        {"activity": "fuel.diesel", "stage": "wtt", "account": "scope3.01.goods"},
    )
    assert len(parse_edition(write_edition(*rows))) == 3
    assert "repeats line 3" in refusal({"region": "KR"}, rows[1], rows[1]).message


def test_an_id_below_one_of_the_taxonomy_needs_no_account():
    """A tariff of grid electricity has the rule of grid electricity."""
    rows = ({"activity": "electricity.grid.green_tariff", "stage": "supplier"},)
    (factor,) = parse_edition(write_edition(*rows))
    assert factor.account == ""


@settings(deadline=None)
@given(st.decimals(min_value=-(10**17), max_value=10**17, places=20))
def test_a_decimal_keeps_its_digits(value):
    """What the publisher printed reads back as the same digits."""
    text = format(value, "f")
    (factor,) = parse_edition(write_edition({"kg_co2e": text}))
    assert plain_text(factor.kg_co2e) == text


@settings(deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_garbage_is_refused_and_never_breaks(content):
    """Whatever the bytes are, the answer is factors or one FieldInvalid."""
    for whole in (content, write_edition({}) + content):
        try:
            assert parse_edition(whole)
        except FieldInvalid as error:
            assert len(error.message) < 8000  # noqa: PT017 - both outcomes are right
