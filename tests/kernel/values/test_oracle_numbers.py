"""Quantities: the kernel's integers against fractions."""

import pytest
from hypothesis import example, given

import tonne_kernel as kernel
from tests.kernel import oracle, strategies


def kernel_or_refused(function, argument):
    """What the kernel says; None where it refuses."""
    try:
        return function(argument)
    except ValueError:
        return None


def oracle_or_refused(function, argument):
    """What the oracle says; None where it refuses."""
    try:
        return function(argument)
    except oracle.StatusError:
        return None


@given(strategies.decimal_texts)
@example("0.0000005")
@example("0.0000000000000000005")
@example("0.0000000000000000015")
@example("0.00000000000000000050000000000000000000000000000001")
@example("999999999999.9999999999999999994999")
@example("999999999999.9999999999999999995")
@example("-999999999999.9999999999999999995")
@example("0.999999999999999999999")
@example("0.0000009999999999999999999")
@example("9223372036855.0000005")  # its millionths leave 64 bits
@example("-9999999999999.999999")
@example("99999999999999999999e-7")
@example("9223372036855e0")
@example("1e11")
@example("1e12")
@example("0e99999999999999999999")
@example("1e-99999999999999999999")
@example("1e99999999999999999999")
@example("1" + "0" * 300 + "e-300")
@example("0." + "0" * 300 + "1e301")
def test_a_decimal_text_is_its_fraction_rounded_half_even(text):
    """Any number of digits and any exponent give the exact value, rounded once."""
    data = text.encode()
    assert kernel_or_refused(kernel.parse_decimal, data) == oracle_or_refused(
        oracle.atto_of_text, data
    )


@given(strategies.junk_texts)
def test_a_text_that_is_no_decimal_is_refused(text):
    """Nothing but a decimal is taken for one."""
    data = text.encode("utf-8", "surrogatepass")
    expected = oracle_or_refused(oracle.atto_of, data)
    assert kernel_or_refused(kernel.parse_decimal, data) == expected


@given(strategies.doubles)
@example(0.1)
@example(2.5e-06)
@example(0.0000005)
@example(1.0000005)
@example(5e-324)
@example(999999999999.9999)
@example(1e12)
@example(9007199254740993.0)
@example(1e-18)
@example(5e-19)
@example(1.5e-18)
@example(0.1 + 0.2)
@example(0.007812500000000002)
@example(562949953421.3125)
@example(123456789012.12345)
def test_a_double_is_its_shortest_decimal_rounded_half_even(value):
    """A double stands for the shortest decimal that reads back as it."""
    assert kernel_or_refused(kernel.round_double, value) == oracle_or_refused(
        oracle.atto_of_double, value
    )


@given(strategies.ledger_doubles)
def test_a_double_and_its_repr_are_the_same_quantity(value):
    """A producer may send a double or the text that it prints."""
    assert kernel.round_double(value) == kernel.parse_decimal(repr(value).encode())


def test_a_false_oracle_is_caught():
    """The machinery runs: rounding half away from zero is told from half-even."""

    @example("0.0000000000000000005")
    @given(strategies.half_way_texts())
    def property_of_a_false_oracle(text):
        data = text.encode()
        expected = oracle_or_refused(oracle.atto_of_text, data)
        if expected is not None and "." in text:
            places = text.partition(".")[2]
            expected = int(text.partition(".")[0] + places[:18].ljust(18, "0"))
            expected += (places[18:19] >= "5") * (-1 if text.startswith("-") else 1)
        assert kernel_or_refused(kernel.parse_decimal, data) == expected

    with pytest.raises(AssertionError):
        property_of_a_false_oracle()
