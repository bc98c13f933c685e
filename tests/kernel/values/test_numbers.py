"""Quantities by hand-made examples; the properties are in test_oracle_numbers.py."""

import math
import struct

import pytest

import tonne_kernel as kernel


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"0", 0),
        (b"-0", 0),
        (b"+7", 7 * 10**18),
        (b"-12.50", -125 * 10**17),
        (b".5", 5 * 10**17),
        (b"5.", 5 * 10**18),
        (b"1.5e3", 15 * 10**20),
        (b"1E-6", 10**12),
        (b"4e-7", 4 * 10**11),
        (b"0.0000004", 4 * 10**11),
        (b"-0.0000015", -15 * 10**11),
        (b"1e-18", 1),
        (b"5e-19", 0),
        (b"15e-19", 2),
        (b"0.0000000000000000005", 0),
        (b"0.0000000000000000015", 2),
        (b"0.00000000000000000050000000000000000000000000000000001", 1),
        (b"-0.0000000000000000015", -2),
        (b"999999999999.999999", 10**30 - 10**12),
        (b"999999999999.999999999999999999", 10**30 - 1),
        (b"999999999999.9999999999999999994", 10**30 - 1),
        (b"-999999999999.999999999999999999", 1 - 10**30),
        (b"000000000000000000000000000001.000000000000000000000000000000", 10**18),
        (b"0e999999999999999999999", 0),
        (b"1e-999999999999999999999", 0),
        (b"1" + b"0" * 400 + b"e-400", 10**18),
        (b"0." + b"0" * 400 + b"1e401", 10**18),
    ],
)
def test_a_decimal_text_is_rounded_half_even_at_eighteen_places(text, expected):
    """Whatever the number of digits and the exponent, the result is exact."""
    assert kernel.parse_decimal(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        b"", b"-", b"+", b".", b"e5", b"1e", b"1e+", b"1.2.3", b"--1", b" 1", b"1 ", b"1_000",
        b"0x10", b"1,5", b"\xd9\xa1", b"nan", b"-inf", b"INFINITY", b"1\x00",
        b"1000000000000", b"999999999999.9999999999999999995", b"1e12", b"-1e12",
        b"1e999999999999999999",
    ],
)  # fmt: skip
def test_other_texts_are_no_quantities(text):
    """No other grammar is taken, and nothing beyond twelve digits."""
    with pytest.raises(ValueError, match="a quantity is"):
        kernel.parse_decimal(text)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.1, 10**17),
        (-0.0, 0),
        (1e-7, 10**11),
        (4e-7, 4 * 10**11),
        (1e-18, 1),
        (5e-19, 0),
        (1.5e-18, 2),
        (2.5e-18, 2),
        (2.675, 2675 * 10**15),
        (1.0000005, 10_000_005 * 10**11),
        (0.0078125, 78_125 * 10**11),
        (123456789012.12344, 12_345_678_901_212_344 * 10**13),
        (999999999999.9999, 9_999_999_999_999_999 * 10**14),
        (5e-324, 0),
        (0.30000000000000004, 300_000_000_000_000_040),
        (0.0012345678901234567, 1_234_567_890_123_457),
        (8589934592.000002, 8_589_934_592_000_002 * 10**12),
    ],
)
def test_a_double_stands_for_its_shortest_decimal(value, expected):
    """0.1 is 0.1, not the binary number beside it."""
    assert kernel.round_double(value) == expected
    assert kernel.round_double(-value) == -expected


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e12, -1e12, 1.7e308])
def test_a_double_without_a_place_is_refused(value):
    """Neither infinities nor thirteen digits are quantities."""
    with pytest.raises(ValueError, match="a quantity is a finite number"):
        kernel.round_double(value)


def test_doubles_beside_half_way_points_round_as_their_decimals():
    """The decimal decides, even where the double lies on the other side of the half."""
    for odd in (1, 3, 155, 8191, 2_000_007, 1_999_999_999, 2_469_135_780_247, 2**53 - 1):
        centre = odd * 5e-19
        for step in range(-3, 4):
            bits = struct.unpack("<q", struct.pack("<d", centre))[0] + step
            value = struct.unpack("<d", struct.pack("<q", bits))[0]
            assert kernel.round_double(value) == kernel.parse_decimal(repr(value).encode())


def test_powers_of_two_stand_for_their_shortest_decimals():
    """Their neighbours lie at two distances: the nearest decimal need not be the shortest."""
    for exponent in range(-80, 40):
        value = math.ldexp(1, exponent)
        for near in (math.nextafter(value, 0), value, math.nextafter(value, math.inf)):
            assert kernel.round_double(near) == kernel.parse_decimal(repr(near).encode())
