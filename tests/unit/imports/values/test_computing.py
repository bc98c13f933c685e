"""Columns that are products of others: exact whatever the digits, refused where they are none."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tonne.errors import FieldInvalid
from tonne.imports.profiles.toml import read_profile
from tonne.imports.records import MappedFiles

BASE = """
[constants]
facility = "f"
activity = "electricity.grid"
unit = "kWh"
start = "2025-01-01"
end = "2025-02-01"
"""
BANDS = ("0", "0.1", "0.37", "1")
CURVE = (
    BASE
    + "".join(
        f'[computed.band{n}]\ntimes = ["A", "B", {{ column = "U", share = "whole", '
        f'start = "{low}", stop = "{high}" }}]\n[[values]]\ncolumn = "band{n}"\n'
        for n, (low, high) in enumerate(pairwise(BANDS))
    )
    + '[computed.rest]\ntimes = ["A", "B", { column = "U", share = "rest" }]\n'
    + '[[values]]\ncolumn = "rest"\n'
)

decimals = st.decimals(
    allow_nan=False, allow_infinity=False, min_value=-(10**15), max_value=10**15, places=9
)
shares = st.integers(0, 10**20).map(lambda units: f"{units // 10**20}.{units % 10**20:020}")


def read(text, profile, folder):
    """Map a text by a profile: quantities, and what was said."""
    (folder / "a.csv").write_text(text)
    files = MappedFiles([folder / "a.csv"], read_profile(profile, "p"))
    files.check()
    frame = pl.concat(list(files.frames()))
    return frame, [line for each in files.reports for line in each.lines()]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(decimals, decimals, shares), min_size=1, max_size=5))
def test_bands_and_the_rest_add_up_to_the_product(tmp_path, rows):
    """Each is exact, and together they are A x B, in the order of the file."""
    text = "A,B,U\n" + "".join(f"{a},{b},{u}\n" for a, b, u in rows)
    frame, told = read(text, CURVE, tmp_path)
    assert told == []
    found = [Fraction(each) for each in frame["quantity"]]
    assert len(found) == 4 * len(rows)
    for number, (a, b, u) in enumerate(rows):
        own = found[4 * number : 4 * number + 4]
        whole, load = Fraction(a) * Fraction(b), Fraction(u)
        assert sum(own) == whole
        edges = [Fraction(edge) for edge in BANDS]
        exact = [whole * (min(max(load, low), high) - low) for low, high in pairwise(edges)]
        assert own == [*exact, whole * (1 - load)]


def test_a_file_s_own_marks_are_read_and_written(tmp_path):
    """A decimal comma in, the same number out; percentages with their sign."""
    profile = (
        '[numbers]\ndecimal = ","\ngrouping = ["."]\n' + BASE + '[columns]\nquantity = "x"\n'
        '[computed.x]\ntimes = ["A", { column = "U", share = "whole" }]\n'
    )
    frame, _ = read('A,U\n"1.234,5","12,5 %"\n"2,0","0,25"\n', profile, tmp_path)
    assert [Fraction(each) for each in frame["quantity"]] == [
        Fraction("1234.5") * Fraction("0.125"),
        Fraction("0.5"),
    ]


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ("x,1,0.5", "A is no number of a product: 'x'"),
        ("1,,0.5", "B is blank"),
        ("1,1,1.01", "U is no share from 0 to 1, or from 0 % to 100 %: '1.01'"),
        ("1,1,101 %", "U is no share from 0 to 1"),
        ("1,1,-0.1", "U is no share from 0 to 1"),
        ("1e99,1,1", "A is no number of a product: '1e99'"),
        ("#REF!,1,1", "A is no number of a product: '#REF!'"),
    ],
)
def test_what_is_no_product_is_a_text_that_says_why(tmp_path, cells, told):
    """The server keeps it in quarantine with these words; no other number stands for it."""
    frame, _ = read(f"A,B,U\n{cells}\n", CURVE, tmp_path)
    assert all(told in each for each in frame["quantity"])


def test_a_row_without_any_number_is_told(tmp_path):
    """It is left out, as a blank cell is; where one column alone is blank nothing is."""
    profile = (
        BASE + '[computed.x]\ntimes = ["A", { column = "U", share = "whole", blank = true }]\n'
        '[computed.y]\ntimes = ["A"]\nwhere_blank = "U"\n'
        '[[values]]\ncolumn = "x"\nactivity = "a.{Kind}.x"\n'
        '[[values]]\ncolumn = "y"\nactivity = "a.{Kind}"\n'
    )
    frame, told = read("A,U,Kind\n4,0.5,My Kind\n4,,\n,,z\n", profile, tmp_path)
    assert frame.select("activity", "quantity").rows() == [("a.my_kind.x", "2.0"), ("a", "4")]
    assert told == ["a.csv: 1 left out (row 4): the cell is blank"]


def test_machines_that_are_twice_as_large_are_no_sums(tmp_path):
    """1, 1, 2 and 4 of one load: each product is the sum of those above, and a record."""
    rows = "".join(f"{a},720,0.35\n" for a in (1, 1, 2, 4))
    frame, told = read(f"A,B,U\n{rows}", CURVE, tmp_path)
    assert frame.height == 4 * 4
    assert told == []


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ("[computed.x]\ntimes = []\n", "expected the columns of a product; got none"),
        ('[computed.x]\ntime = ["A"]\n', "no key of a profile; the nearest is 'times'"),
        ('[computed.x]\ntimes = ["C"]\n', "expected a column 'C' in the header"),
        ('[computed.a]\ntimes = ["A"]\n', "the file has a column of that name already"),
        ('[computed.x]\ntimes = [{ column = "A", share = "half" }]\n', "expected whole or rest"),
        ('[computed.x]\ntimes = [{ column = "A", start = "x" }]\n', "expected a decimal like"),
        (
            '[computed.x]\ntimes = [{ column = "A", start = "0.5", stop = "0.5" }]\n',
            "expected more than start, 0.5; got '0.5'",
        ),
        ('[computed.x]\ntimes = [{ share = "rest" }]\n', "or a table with column"),
        ('computed = "x"\n', "expected a table [computed]"),
    ],
)
def test_a_rule_that_cannot_be_is_refused(tmp_path, rule, told):
    """With its place in the profile, and what was expected."""
    columns = '[[values]]\ncolumn = "x"\n'
    profile = rule + BASE + columns if rule.startswith("computed") else BASE + rule + columns
    with pytest.raises(FieldInvalid) as refused:
        read("A,B,U\n1,1,1\n", profile, tmp_path)
    assert told in str(refused.value)
