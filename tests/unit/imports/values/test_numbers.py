"""Numbers as people write them."""

from __future__ import annotations

from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.numerals import grouped
from tonne.errors import FieldInvalid
from tonne.imports.values.numbers import GROUPS, NumberForm, is_misread, read_numbers


def read(form, *texts):
    return read_numbers(pl.Series("quantity", texts, pl.String), form).to_list()


@pytest.mark.parametrize(
    ("form", "text", "plain"),
    [
        (NumberForm(",", (".",)), "1.234.567,89", "1234567.89"),
        (NumberForm(".", (",",)), "-12,345.5", "-12345.5"),
        (NumberForm(",", ("any-space",)), "12\u202f345,5", "12345.5"),
        (NumberForm(",", ("space",)), "1\u00a0000", "1000"),
        (NumberForm(".", ("'",)), "1\u2019234.50", "1234.50"),
        (NumberForm(",", ()), "0,000001", "0.000001"),
        (NumberForm(",", ()), "+5,5", "5.5"),
        (NumberForm(",", ()), "\u22123,5", "-3.5"),
        (NumberForm(",", (), "trailing"), "155,22-", "-155.22"),
        (NumberForm(".", (",",), "parentheses"), "(1,500)", "-1500"),
        (NumberForm(",", ()), "4,3976e-06", "4.3976e-06"),
        (NumberForm(",", ()), " 7 ", "7"),
        (NumberForm(".", ("lakh",)), "1,23,456.78", "123456.78"),
        (NumberForm(".", ("lakh",)), "12,34,56,789", "123456789"),
        (NumberForm(".", ("lakh",)), "1,234", "1234"),
        (NumberForm(".", ("lakh",)), "123,456", None),
        (NumberForm(".", ("lakh",)), "1,23", None),
        (NumberForm(".", ("lakh",)), "1,234,567", None),
        (NumberForm(".", ("lakh", ",")), "1,234,567", "1234567"),
        (NumberForm(".", (",",)), "1,23", None),
        (NumberForm(".", (",",)), "1,2345", None),
        (NumberForm(".", (",", "'")), "1,234'567", None),
        (NumberForm(".", (",",)), "1234,567", None),
        (NumberForm(",", (".",)), "1.5", None),
        (NumberForm(",", ()), "1,5,5", None),
        (NumberForm(",", ()), "", None),
        (NumberForm(",", ()), "-", None),
        (NumberForm(",", ()), "\u0661,5", None),
    ],
)
def test_a_number_is_read_by_its_form(form, text, plain):
    """Or is none of that form; nothing is read half."""
    assert read(form, text, None) == [plain, None]


@pytest.mark.parametrize("text", ["4.125", "1.5", "-0.25"])
def test_what_another_form_would_read_is_told(text):
    """In a file of decimal commas no point may be taken for one."""
    texts = pl.Series("quantity", [text, "1,5", "x", None])
    plain = read_numbers(texts, NumberForm(","))
    assert is_misread(texts, plain).fill_null(value=False).to_list() == [True, False, False, False]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ({"decimal": ";"}, "decimal: expected '.' or ','; got ';'"),
        ({"grouping": ("_",)}, "grouping: expected one of .* got '_'"),
        ({"grouping": (".",)}, "'.' is the decimal mark already.*--decimal ,"),
        ({"minus": "below"}, "minus: expected one of leading, trailing, parentheses"),
    ],
)
def test_a_form_that_contradicts_itself_is_refused(words, told):
    """With what to say instead."""
    with pytest.raises(FieldInvalid, match=told):
        NumberForm(**words)


@given(
    st.decimals(
        allow_nan=False, allow_infinity=False, places=6, min_value=-(10**15), max_value=10**15
    ),
    st.sampled_from(".,"),
    st.sampled_from(sorted(GROUPS)),
    st.sampled_from(["leading", "trailing", "parentheses"]),
)
def test_a_number_written_is_read_back(number, decimal, group, minus):
    """Whatever marks and sign it is written with: the same digits, no float between."""
    if decimal in GROUPS[group]:
        group = "'"
    whole, _, places = f"{abs(number):f}".partition(".")
    text = grouped(whole, group) + decimal + places
    if number.is_signed():
        text = {"leading": f"-{text}", "trailing": f"{text}-"}.get(minus, f"({text})")
    (plain,) = read(NumberForm(decimal, (group,), minus), text)
    assert Decimal(plain) == number
    assert plain.lstrip("-") == f"{abs(number):f}"
