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
    """Say it again, by whole millionths."""
    try:
        return (Fraction(text) * 10**6).denominator != 1
    except ValueError:
        return False


@pytest.mark.parametrize(
    ("quantity", "rounded"),
    [
        ("0.000001", False),
        ("0.0000001", True),
        ("0.0000010", False),
        (".1234567", True),
        ("1e-7", True),
        ("1E-6", False),
        ("12345678901.5e-2", False),
        ("123e3", False),
        ("1.23456789e3", False),
        ("1.234567891e3", False),
        ("1.2345678912e3", True),
        ("NaN", False),
        ("much.1234567", False),
        (0.1, False),
        (1e-7, True),
        (3, False),
        (None, False),
        (Decimal("0.00000040"), True),
    ],
)
def test_digits_behind_the_sixth_place_are_seen(quantity, rounded):
    """A zero there is none, and an exponent moves the point."""
    assert is_rounded(quantity) is rounded
    if quantity is not None:
        column = pl.Series("quantity", [str(quantity), "1"])
        assert find_rounded(column) == ((1, str(quantity)) if rounded else (0, ""))


@given(st.from_regex(r"-?[0-9]{0,3}(\.[0-9]{0,9})?([eE][+-]?[0-9])?", fullmatch=True))
def test_a_text_loses_digits_as_its_millionths_say(text):
    """The same answer as whole millionths of the exact fraction."""
    assert is_rounded(text) == loses(text)
    assert find_rounded(pl.Series("quantity", [text]))[0] == loses(text)


@pytest.mark.parametrize(
    "column",
    [
        pl.Series([1.5, 1e-7]),
        pl.Series([Decimal("1.5"), Decimal("0.0000004")], dtype=pl.Decimal(20, 7)),
        pl.Series(["1.5", "0.0000004"]),
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
    records = [record | {"quantity": text} for text in ("1e-9", "1", "2e-9", "3e-9")]
    for given_records in (records, pl.DataFrame(records)):
        batches = Batches(given_records, LIMITS, days=Days(), skip_count=1)
        list(batches)
        assert batches.rounded == Rounded(2, "2e-9")
