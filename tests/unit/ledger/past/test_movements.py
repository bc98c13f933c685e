"""What corrections moved between two commits, on both stores: the same after a merge."""

from __future__ import annotations

from dataclasses import replace

from tests.unit.ledger.conftest import record
from tests.unit.ledger.correcting.conftest import ENTRY
from tests.unit.ledger.past.test_as_of import merge
from tonne.ledger.posting.correcting.selection import Selection
from tonne.reports.bridge.book import BridgeRequest, book_bridge
from tonne.statements.changes.bridges import Side
from tonne.store.statement_rows import ReasonCode


def bridge(bench, first, last=""):
    """The parts between two moments, and the difference."""
    request = BridgeRequest(Side(as_of=str(first)), Side(as_of=str(last)))
    found = book_bridge(bench.ledger.sights_of(bench.book), request)
    assert sum(part.kg_co2e for part in found.parts) == found.difference_kg_co2e
    return {str(part.cause): part.kg_co2e for part in found.parts}


def reverse(bench, offset, entry):
    """Take a record of the channel back."""
    list(bench.ledger.reversals.reverse(bench.book, Selection(source="meter", offsets=(offset,)),
                                        entry))  # fmt: skip


def test_reversals_are_told_by_their_reason_whatever_was_merged(any_bench):
    """10, 4 and 2 kWh: an error and a copy are taken back, and 100 come."""
    bench = any_bench
    rows = [record(record_id=str(number), quantity=each) for number, each in enumerate("942")]
    bench.append("meter", rows)
    point = bench.ledger.snapshots.take(bench.book).point.number
    reverse(bench, 0, ENTRY)
    reverse(bench, 1, replace(ENTRY, reason_code=ReasonCode.DUPLICATE))
    bench.append("meter", [record(record_id="n", quantity="100")])
    last = bench.ledger.snapshots.take(bench.book).point.number
    found = bridge(bench, point)
    assert found.keys() == {"corrections", "duplicates", "new_records"}
    assert found["corrections"] * 4 == found["duplicates"] * 9
    assert found["new_records"] * -9 == found["corrections"] * 100
    merge(bench)
    assert bridge(bench, point, last) == found
    assert bridge(bench, last, point) == {cause: -kg for cause, kg in found.items()}
    assert bridge(bench, last, last) == {}
