"""What a check says of clearings that name records of a segment."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from tonne.ledger.files.overlay import CLEARED_SCHEMA
from tonne.ledger.upkeep.findings import clearing_problems
from tonne.store.rows import FileRow

SEGMENT = pl.DataFrame(
    {"channel": ["c", "c"], "offset": [0, 1], "status": [0, 64]},
    schema={"channel": pl.String, "offset": pl.Int64, "status": pl.UInt8},
)
FILE = FileRow("f", "acme", "segment", "acme/f", 2, 0, "", "", dt.datetime.now(dt.UTC))


def name(offset, status, *, withdrawn=False, reversed_=False, note=None):
    """A row of a clearing."""
    return {
        "segment": "f",
        "channel": "c",
        "offset": offset,
        "status": status,
        "is_withdrawn": withdrawn,
        "is_reversed": reversed_,
        "posted_as": note,
    }


CLEARED = name(1, 64, note="a")
RESTATED = name(1, 0, note="b")
REVERSED = name(1, 0, reversed_=True)
CAME = name(0, 0, note="b")


def problems(*names):
    frame = pl.DataFrame(list(names), schema=dict(CLEARED_SCHEMA))
    return list(clearing_problems(FILE, SEGMENT, frame))


@pytest.mark.parametrize(
    "names",
    [
        (),
        (CLEARED,),
        (CLEARED, RESTATED),
        (CLEARED, RESTATED, RESTATED, REVERSED),
        (CLEARED, REVERSED),
        (CAME, CAME),
        (CAME, name(0, 0, reversed_=True)),
        (name(0, 0, reversed_=True), CLEARED),
        (name(1, 64, withdrawn=True),),
        (name(1, 64, reversed_=True),),
    ],
)
def test_what_can_happen_to_records(names):
    """Posted out of suspense, restated as often as may be, reversed once."""
    assert problems(*names) == []


@pytest.mark.parametrize(
    "names",
    [
        (RESTATED,),  # it waits
        (name(0, 0),),  # posted, and nothing says under what now
        (CLEARED, CLEARED),
        (CLEARED, name(1, 0)),
        (CLEARED, REVERSED, RESTATED),
        (CLEARED, REVERSED, REVERSED),
        (name(1, 64, withdrawn=True), RESTATED),
        (CLEARED, RESTATED, name(1, 64, reversed_=True)),
        (name(7, 0, note="b"),),  # of another segment
        (name(0, 64, note="b"),),
    ],
)
def test_what_cannot(names):
    """It is told, in one line, with the file."""
    (told,) = problems(*names)
    assert told.startswith("acme/f: its clearings name")
