"""Records are read from their file once, where there is room for them."""

from __future__ import annotations

import itertools

import polars as pl
import pytest

from tonne.cli.appending import kept
from tonne.cli.appending.kept import Kept
from tonne.cli.input.repeats import Source

PIECES = [
    pl.DataFrame({"record_id": [f"{number}-{each}" for each in range(3)]}) for number in range(4)
]


def counted(*, is_repeatable=True) -> tuple[Source, list[int]]:
    """A source, and how many pieces of it were read."""
    read: list[int] = []

    def pieces():
        for number, piece in enumerate(PIECES):
            read.append(number)
            yield piece

    return Source("a.csv", pieces, is_repeatable=is_repeatable), read


def test_a_second_look_reads_no_file():
    """All of it, and as it was."""
    source, read = counted()
    over = Kept().over(source)
    assert list(over.read()) == PIECES
    assert list(over.read()) == PIECES
    assert read == [0, 1, 2, 3]


def test_a_look_that_stops_early_keeps_nothing():
    """The next one reads from the beginning, to the end."""
    source, read = counted()
    over = Kept().over(source)
    assert len(list(itertools.islice(over.read(), 2))) == 2
    assert list(over.read()) == PIECES
    assert read == [0, 1, 0, 1, 2, 3]


@pytest.mark.parametrize("room", [0, 1, 3.5])
def test_what_has_no_room_is_read_each_time(monkeypatch, room):
    """Not a part of it: memory is bounded, and a second source takes what the first one left."""
    size = sum(piece.estimated_size() for piece in PIECES)
    monkeypatch.setattr(kept, "KEPT_BYTES_MAX", int(size + room * size / 4))
    keeps = Kept()
    (first, _), (second, read) = counted(), counted()
    one, two = keeps.over(first), keeps.over(second)
    for _ in range(2):
        assert list(one.read()) == PIECES
        assert list(two.read()) == PIECES
    assert read == [0, 1, 2, 3] * 2


def test_a_pipe_is_left_alone():
    """It is read as it comes, and may have no end."""
    source, _ = counted(is_repeatable=False)
    assert Kept().over(source) is source
