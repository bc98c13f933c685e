"""Quantities by hand-made examples; the properties are in test_oracle_numbers.py."""

import math
import struct

import pytest

import tonne_kernel as kernel


@pytest.mark.parametrize(
    ("text", "micro"),
    [
        (b"0", 0),
        (b"-0", 0),
        (b"+7", 7_000_000),
        (b"-12.50", -12_500_000),
        (b".5", 500_000),
        (b"5.", 5_000_000),
        (b"1.5e3", 1_500_000_000),
        (b"1E-6", 1),
        (b"5e-7", 0),
        (b"15e-7", 2),
        (b"0.0000005", 0),
        (b"0.0000015", 2),
        (b"0.00000050000000000000000000000000000000001", 1),
        (b"-0.0000015", -2),
        (b"999999999999.999999", 10**18 - 1),
        (b"999999999999.9999994", 10**18 - 1),
        (b"-999999999999.999999", 1 - 10**18),
        (b"000000000000000000000000000001.000000000000000000000000000000", 1_000_000),
        (b"0e999999999999999999999", 0),
        (b"1e-999999999999999999999", 0),
        (b"1" + b"0" * 400 + b"e-400", 1_000_000),
        (b"0." + b"0" * 400 + b"1e401", 1_000_000),
    ],
)
def test_a_decimal_text_is_rounded_half_even_at_six_places(text, micro):
    """Whatever the number of digits and the exponent, the result is exact."""
    assert kernel.parse_decimal(text) == micro


@pytest.mark.parametrize(
    "text",
    [
        b"", b"-", b"+", b".", b"e5", b"1e", b"1e+", b"1.2.3", b"--1", b" 1", b"1 ", b"1_000",
        b"0x10", b"1,5", b"\xd9\xa1", b"nan", b"-inf", b"INFINITY", b"1\x00",
        b"1000000000000", b"999999999999.9999995", b"1e12", b"-1e12", b"1e999999999999999999",
    ],
)  # fmt: skip
def test_other_texts_are_no_quantities(text):
    """No other grammar is taken, and nothing beyond twelve digits."""
    with pytest.raises(ValueError, match="a quantity is"):
        kernel.parse_decimal(text)


@pytest.mark.parametrize(
    ("value", "micro"),
    [
        (0.1, 100_000),
        (-0.0, 0),
        (1e-7, 0),
        (5e-7, 0),
        (1.5e-6, 2),
        (2.5e-6, 2),
        (2.675, 2_675_000),
        (1.0000005, 1_000_000),
        (0.0078125, 7812),
        (123456789012.12344, 123_456_789_012_123_440),
        (999999999999.9999, 999_999_999_999_999_900),
        (5e-324, 0),
        (0.30000000000000004, 300_000),
        (8589934592.000002, 8_589_934_592_000_002),
    ],
)
def test_a_double_stands_for_its_shortest_decimal(value, micro):
    """0.1 is 0.1, not the binary number beside it."""
    assert kernel.round_double(value) == micro
    assert kernel.round_double(-value) == -micro


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e12, -1e12, 1.7e308])
def test_a_double_without_a_place_is_refused(value):
    """Neither infinities nor thirteen digits have millionths."""
    with pytest.raises(ValueError, match="a quantity is a finite number"):
        kernel.round_double(value)


def test_doubles_beside_half_way_points_round_as_their_decimals():
    """The decimal decides, even where the double lies on the other side of the half."""
    for whole in (0, 1, 77, 4095, 1_000_003, 999_999_999, 123_456_789_012):
        centre = whole + 0.0000005
        for step in range(-3, 4):
            bits = struct.unpack("<q", struct.pack("<d", centre))[0] + step
            value = struct.unpack("<d", struct.pack("<q", bits))[0]
            assert kernel.round_double(value) == kernel.parse_decimal(repr(value).encode())
