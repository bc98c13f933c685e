"""Negative purchases of electricity: counted, and exports where that is said."""

from __future__ import annotations

from decimal import Decimal

import polars as pl
import pytest

from tonne.catalogue.words.taxonomy import EXPORT
from tonne.cli.appending.negatives import Negatives
from tonne.cli.input.repeats import Source

ACTIVITIES = [
    "electricity.grid",
    "electricity.grid",
    "leased.electricity.grid",
    "fuel.natural_gas",
]
QUANTITIES = {
    "text": (["-1.50", " - 2", "-3", "-4"], ["1.50", "2", "-3", "-4"]),
    "decimal": ([Decimal("-1.5"), Decimal(2), Decimal(-3), Decimal(-4)], ["1.5", "2", "-3", "-4"]),
    "float": ([-1.5, 2.0, -3.0, -4.0], ["1.5", "2.0", "-3.0", "-4.0"]),
    "integer": ([-1, 2, -3, -4], ["1", "2", "-3", "-4"]),
    "empty": ([None, -2, -3, -4], [None, "2", "-3", "-4"]),
}


def read(piece, *, is_export):
    """What comes of a piece, and how many negative purchases it has."""
    negatives = Negatives(is_export)
    (found,) = negatives.over(Source("meter.csv", lambda: iter([piece]))).read()
    return found, negatives.count


@pytest.mark.parametrize("kind", QUANTITIES)
def test_purchases_alone_become_exports(kind):
    """Neither leased sites' electricity nor a fuel; the amount stays, to its last digit."""
    given, expected = QUANTITIES[kind]
    frame = pl.DataFrame({"activity": ACTIVITIES, "quantity": given})
    if kind == "decimal":
        frame = frame.with_columns(pl.col("quantity").cast(pl.Decimal(12, 1)))
        expected = ["1.5", "2.0", "-3.0", "-4.0"]
    found, count = read(frame, is_export=True)
    assert found["quantity"].cast(pl.String).to_list() == expected
    negative = [each is not None and str(each).strip().startswith("-") for each in given]
    assert found["activity"].to_list() == [
        EXPORT if is_negative and activity == "electricity.grid" else activity
        for activity, is_negative in zip(ACTIVITIES, negative, strict=True)
    ]
    assert count == sum(negative[:2])
    kept, count = read(frame, is_export=False)
    assert kept.equals(frame)
    assert count == sum(negative[:2])


def test_a_single_record_is_a_piece_too():
    """What it has beside activity and quantity stays; whatever lacks one of them is left alone."""
    record = {"activity": "electricity.grid.solar", "quantity": "-12.500", "unit": "kWh"}
    found, _ = read(pl.DataFrame([record]), is_export=True)
    assert found.to_dicts() == [{"activity": EXPORT, "quantity": "12.500", "unit": "kWh"}]
    for other in ({**record, "quantity": 0}, {**record, "activity": 7}, {"unit": "kWh"}):
        frame = pl.DataFrame([other])
        found, count = read(frame, is_export=True)
        assert found.equals(frame)
        assert count == 0


def test_what_is_no_number_is_left_to_the_ledger():
    """A dash, nothing, or a negative zero is no export."""
    frame = pl.DataFrame(
        {"activity": ["electricity.grid"] * 4, "quantity": ["-", "-0.00", "", "-x"]}
    )
    found, count = read(frame, is_export=True)
    assert found.equals(frame)
    assert count == 0
