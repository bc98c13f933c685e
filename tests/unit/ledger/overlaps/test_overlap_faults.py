"""A check or a decision that dies on the way is done again, and nothing is there twice."""

from __future__ import annotations

from contextlib import nullcontext

import pytest

from tests.unit.ledger.conftest import record
from tests.unit.ledger.overlaps.conftest import JANUARY, found, readings
from tonne.errors import StoreUnavailable
from tonne.store import faults


@pytest.mark.parametrize(
    "point", ["overlaps.before_put", "overlaps.before_mark", "overlaps.after_mark"]
)
def test_a_check_that_died_is_done_again(any_bench, monkeypatch, point):
    """Whatever it had written down."""
    bench = any_bench
    bench.append("a", readings(3))
    bench.append("b", readings(3, name="b"))
    real = faults.reach

    def die(reached):
        real(reached)
        if reached == point:
            raise StoreUnavailable("the server died")

    monkeypatch.setattr("tonne.store.manifest.overlaps.faults.reach", die)
    is_marked = point == "overlaps.after_mark"  # a lost reply: what happened is read
    with nullcontext() if is_marked else pytest.raises(StoreUnavailable):
        bench.ledger.overlaps.check("acme")
    monkeypatch.setattr("tonne.store.manifest.overlaps.faults.reach", real)
    assert bench.ledger.overlaps.check("acme").months == (() if is_marked else (JANUARY,))
    assert [each[:6] for each in found(bench)] == [("dc-1", "a", "b", JANUARY, 6, 3)]


def test_two_servers_look_at_once(any_bench):
    """Both find the same, and it is there once."""
    bench = any_bench
    bench.append("a", [record(record_id="x")])
    bench.append("b", [record(record_id="y")])
    other = bench.other()
    real = bench.manifest.put_overlaps
    nested = []

    def put(*arguments):
        if not nested:
            nested.append(True)
            other.ledger.overlaps.check("acme")
        real(*arguments)

    bench.manifest.put_overlaps = put
    bench.ledger.overlaps.check("acme")
    assert [each[:6] for each in found(bench)] == [("dc-1", "a", "b", JANUARY, 2, 1)]
    assert bench.manifest.undecided_overlap_count() == 1
