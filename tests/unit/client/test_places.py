"""Quantities that lose digits are found, whatever carries them."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tonne.client.answers.book_days import Days
from tonne.client.answers.places import Rounded, is_rounded
from tonne.client.append.batches import Batches
from tonne.client.wire.frames import find_rounded
from tonne.model import Limits

LIMITS = Limits(64 * 1024, 0, 1_000, 0.0)


def loses(text: str) -> bool:
    """Say it again, by whole units of the 18th place."""
    try:
        return (Fraction(text) * 10**18).denominator != 1
    except ValueError:
        return False


@pytest.mark.parametrize(
    ("quantity", "rounded"),
    [
        ("0.000000000000000001", False),
        ("0.0000000000000000001", True),
        ("0.0000000000000000010", False),
        (".1234567890123456789", True),
        ("1e-19", True),
        ("1E-18", False),
        ("12345678901.5e-2", False),
        ("123e3", False),
        ("1.234567890123456789e3", False),
        ("1.2345678901234567890123e3", True),
        ("NaN", False),
        ("much.1234567890123456789", False),
        (0.1, False),
        (1e-7, False),
        (1.5e-18, True),
        (3, False),
        (None, False),
        (Decimal("0.00000040"), False),
        (Decimal("0.00000000000000000040"), True),
    ],
)
def test_digits_behind_the_last_place_are_seen(quantity, rounded):
    """A zero there is none, and an exponent moves the point."""
    assert is_rounded(quantity) is rounded
    if quantity is not None:
        column = pl.Series("quantity", [str(quantity), "1"])
        assert find_rounded(column) == ((1, str(quantity)) if rounded else (0, ""))


@given(st.from_regex(r"-?[0-9]{0,3}(\.[0-9]{0,21})?([eE][+-]?[0-9])?", fullmatch=True))
def test_a_text_loses_digits_as_its_fraction_says(text):
    """The same answer as that of the exact fraction."""
    assert is_rounded(text) == loses(text)
    assert find_rounded(pl.Series("quantity", [text]))[0] == loses(text)


@pytest.mark.parametrize(
    "column",
    [
        pl.Series([1.5, 1.5e-18]),
        pl.Series([Decimal("1.5"), Decimal("4e-19")], dtype=pl.Decimal(30, 19)),
        pl.Series(["1.5", "0.0000000000000000004"]),
    ],
)
def test_every_type_of_column_tells(column):
    """Doubles stand for their shortest decimals; decimals of few places are not looked at."""
    assert find_rounded(column)[0] == 1
    assert find_rounded(column.head(1))[0] == 0


def test_the_batches_count_what_they_send_alone():
    """Frames and mappings alike; what is skipped does not count."""
    record = {"facility": "a", "activity": "b", "unit": "kWh", "start": "2025-01-01T00:00:00Z"}
    record["end"] = "2025-01-02T00:00:00Z"
    records = [record | {"quantity": text} for text in ("1e-19", "1", "2e-19", "3e-19")]
    for given_records in (records, pl.DataFrame(records)):
        batches = Batches(given_records, LIMITS, days=Days(), skip_count=1)
        list(batches)
        assert batches.rounded == Rounded(2, "2e-19")
