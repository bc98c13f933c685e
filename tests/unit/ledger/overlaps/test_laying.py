"""Records laid side by side, beside a program that looks at every pair."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.ledger.overlaps.oracle import naive
from tonne.ledger.closing.overlaps import laying
from tonne.ledger.closing.overlaps.laying import LAID_SCHEMA, PIECE_SCHEMA, lay


def piece(start, end, source="a", **fields):
    """A record of one facility in one month."""
    return {
        "facility": "dc-1",
        "activity": "electricity.grid",
        "period": 540,
        "source": source,
        "offset": 0,
        "record_id": "",
        "start": start,
        "end": end,
        "whole_us": end - start,
        "quantity": Decimal(1),
        "unit": "kWh",
    } | fields


def laid(pieces):
    """What is found, as the oracle tells it."""
    frame = lay(pl.DataFrame(pieces, schema=PIECE_SCHEMA, orient="row"))
    assert frame.schema == LAID_SCHEMA
    found = {}
    for row in frame.iter_rows(named=True):
        key = tuple(
            row[name]
            for name in ("facility", "activity", "period", "first_source", "second_source")
        )
        entry = found.setdefault(
            key, {"pairs": row["pair_count"], "counts": [0, 0], "sides": ({}, {})}
        )
        assert entry["pairs"] == row["pair_count"]
        entry["counts"][row["side"]] += row["record_count"]
        entry["sides"][row["side"]][row["unit"]] = Fraction(row["quantity"])
    return found


def told(found):
    """The oracle's answer without what is nothing."""
    return {
        key: {
            "pairs": entry["pairs"],
            "counts": entry["counts"],
            "sides": tuple({unit: q for unit, q in side.items() if q} for side in entry["sides"]),
        }
        for key, entry in found.items()
    }


EDGES = st.integers(0, 12)
PIECES = st.lists(
    st.builds(
        lambda start, more, source, facility, number, quantity, unit, beyond: piece(
            start * 10,
            (start + more) * 10,
            source,
            facility=facility,
            record_id=number,
            quantity=Decimal(quantity).scaleb(-18),
            unit=unit,
            whole_us=more * 10 + beyond,
        ),
        EDGES,
        st.integers(1, 6),
        st.sampled_from("abc"),
        st.sampled_from(["dc-1", "dc-1", "dc-2"]),
        st.sampled_from(["", "", "x", "y", "z"]),
        st.integers(-(10**22), 10**22),
        st.sampled_from(["kWh", "kWh", "MWh"]),
        st.integers(0, 7),
    ),
    max_size=14,
)


@given(PIECES)
def test_what_is_found_is_what_every_pair_shows(pieces):
    """Counts, pairs and quantities, to the last place, whatever lies where."""
    for offset, each in enumerate(pieces):
        each["offset"] = offset
    assert told(laid(pieces)) == told(naive(pieces))


@given(PIECES, st.randoms())
def test_the_order_of_records_is_no_matter(pieces, random):
    """The same records in another order are the same overlaps."""
    for offset, each in enumerate(pieces):
        each["offset"] = offset
    shuffled = pieces[:]
    random.shuffle(shuffled)
    assert laid(shuffled) == laid(pieces)


def test_records_that_meet_do_not_overlap():
    """An end is exclusive: an hour after an hour is none."""
    assert laid([piece(0, 60), piece(60, 120), piece(120, 180, "b")]) == {}


def test_a_day_over_its_hours_is_the_day_on_one_side():
    """Daily and hourly of one meter by two channels: both sides have all of it."""
    hours = [piece(at * 60, at * 60 + 60, "hourly", offset=at) for at in range(24)]
    day = piece(0, 24 * 60, "daily", quantity=Decimal(24))
    (entry,) = laid([*hours, day]).values()
    assert entry == {
        "pairs": 24,
        "counts": [1, 24],
        "sides": ({"kWh": 24}, {"kWh": 24}),
    }


def test_many_channels_are_told_as_few(monkeypatch):
    """Beyond the limit the channels with the fewest records are one, by the name `*`."""
    monkeypatch.setattr(laying, "SOURCES_MAX", 3)
    pieces = [piece(0, 60, name) for name in "aabbcde"]
    for offset, each in enumerate(pieces):
        each["offset"] = offset
    pairs = {key[3:] for key in laid(pieces)}
    assert {name for pair in pairs for name in pair} == {"a", "b", "*"}
    assert sum(entry["pairs"] for entry in laid(pieces).values()) == 7 * 6 // 2
