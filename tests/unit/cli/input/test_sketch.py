"""What a file is known by, however it was saved."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tonne.cli.input import sketch
from tonne.cli.input.sketch import Sketch, shared_count

NUMBERS = st.lists(st.integers(0, 60), max_size=40)


def sketch_of(numbers, *, is_sparse=False, evidence="a.csv"):
    """The sketch of records that are told apart by their quantities."""
    made = Sketch()
    records = [
        {"facility": "dc", "quantity": str(number), "region": "", "evidence": evidence}
        for number in numbers
    ]
    schema = dict.fromkeys(["facility", "quantity", "region", "evidence"], pl.String)
    frame = pl.DataFrame(records, schema=schema)
    made.add(frame.select("quantity", "evidence", "facility") if is_sparse else frame)
    return made


def shared(ours, theirs):
    """How many records of one are among those of the other."""
    return shared_count(
        ours.digests(), ours.distinct_count, theirs.digests(), theirs.distinct_count
    )


@given(ours=NUMBERS, theirs=NUMBERS)
def test_what_small_files_share_is_exact(ours, theirs):
    """In any order, whatever the evidence and the columns that are empty."""
    found = shared(
        sketch_of(ours), sketch_of(theirs[::-1], is_sparse=True, evidence="b.csv#row 2")
    )
    assert found == len(set(ours) & set(theirs))


@pytest.mark.parametrize("share", [0, 1000, 4000, 8000])
def test_what_large_files_share_is_about_right(share):
    """By the least digests of both, of far more records than digests are kept."""
    ours = sketch_of(range(8000))
    found = shared(ours, sketch_of(range(8000 - share, 16000 - share)))
    assert len(ours.digests()) == 8 * sketch.DIGESTS_MAX
    assert found == share if share in {0, 8000} else abs(found - share) < 600


def test_a_large_file_holds_a_small_one():
    """Of the small one about all are there, of the large one about as many."""
    small, large = sketch_of(range(500)), sketch_of(range(8000))
    assert shared(small, large) == 500
    assert 250 < shared(large, small) < 900


def test_no_more_records_are_looked_at(monkeypatch):
    """The first ones; all are counted."""
    monkeypatch.setattr(sketch, "RECORDS_MAX", 10)
    made = sketch_of(range(30))
    made.add([{"quantity": "7"}])
    assert (made.record_count, made.distinct_count) == (31, 10)
