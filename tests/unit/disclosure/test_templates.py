"""Templates that ship, and how their lines are filled."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from tonne.disclosure.filling import AccountFigures, IndicatorFigures, fill
from tonne.disclosure.templates import read_template, templates
from tonne.errors import ConfigInvalid

HEAD = 'id = "a"\nversion = 1\ntitle = "b"\nsource = "c"\nleft_out = []\n[[line]]\n'
LINE = 'ref = "1"\ntitle = "x"\n'


def filled(line, accounts=None, indicators=None):
    """Fill a template of one line."""
    (found,) = fill(read_template("t", HEAD + LINE + line), accounts or {}, indicators or {})
    return found


def test_each_template_names_its_source_and_what_it_leaves_out():
    """Six of them, each with a version and lines."""
    assert [each.id for each in templates()] == [
        *("cdp-2023", "esrs-e1", "ghg-protocol", "ict-action-plan", "ifrs-s2", "sb-253"),
    ]
    for each in templates():
        assert each.version >= 1
        assert each.source
        assert each.left_out
        assert each.lines


def test_a_line_sums_accounts_and_those_below_to_the_last_digit():
    """More digits than a decimal of Python keeps; scope3.011 is not below scope3.01."""
    accounts = {
        "scope3.01.goods": AccountFigures(Decimal("123456789012345678901.000000000000000001")),
        "scope3.01": AccountFigures(Decimal("0.000000000000000001")),
        "scope3.02": AccountFigures(Decimal(7)),
    }
    found = filled('unit = "t CO2e"\naccounts = ["scope3.01"]', accounts)
    assert found.exact == Decimal("123456789012345678901.000000000000000002")
    assert found.divisor == 1000


def test_nothing_posted_is_no_zero():
    """Neither of an account, nor of a gas, nor of an indicator; and a total says what it lacks."""
    line = 'unit = "t CO2e"\naccounts = ["scope1", "scope3"]\nneeded = ["scope1", "scope3"]'
    assert filled(line).exact is None
    found = filled(line, {"scope1.stationary": AccountFigures(Decimal(0))})
    assert (found.exact, found.remarks) == (Decimal(0), ("nothing is posted to scope3",))
    gas = 'unit = "t"\naccounts = ["scope1"]\ngas = "SF6"'
    assert filled(gas, {"scope1.fugitive": AccountFigures(Decimal(5))}).exact is None
    assert filled('indicator = "pue_1"').remarks == ("no such indicator",)


def test_a_partial_gas_is_told():
    """Where some factors state it and others do not."""
    accounts = {
        "scope1.mobile": AccountFigures(Decimal(5), {"CH4": Decimal(2)}),
        "scope1.stationary": AccountFigures(Decimal(5)),
    }
    found = filled('unit = "t"\naccounts = ["scope1"]\ngas = "CH4"', accounts)
    assert found.exact == 2
    assert found.remarks == ("partial: some factors do not state CH4",)


def test_a_side_of_an_indicator():
    """The value in its own unit, a side in the unit of the line."""
    value = IndicatorFigures("%", "33.33", Fraction(100, 3), Fraction(1000), Fraction(3000))
    assert filled('indicator = "x"', None, {"x": value}).unit == "%"
    side = filled('indicator = "x"\nside = "numerator"\nunit = "MWh"', None, {"x": value})
    assert (side.exact, side.divisor, side.unit) == (1000, 1000, "MWh")


@pytest.mark.parametrize(
    "line",
    [
        'unit = "t CO2e"',
        'unit = "t CO2e"\naccounts = ["scope4"]',
        'unit = "lb"\naccounts = ["scope1"]',
        'indicator = "x"\nside = "middle"',
        'indicator = "x"\naccounts = ["scope1"]\nunit = "t"',
        'accounts = ["scope1"]\nunit = "t"\ncolour = "red"',
    ],
)
def test_a_wrong_line_is_refused(line):
    """With the template and the line that are wrong."""
    with pytest.raises(ConfigInvalid, match="template t"):
        read_template("t", HEAD + LINE + line)
