"""The quarantine as a worklist: how many records break which rule, as it is and as it was."""

from __future__ import annotations

from tests.unit.ledger.conftest import decode, record
from tonne.ledger.as_of import read_as_of
from tonne.ledger.posting.entries import Durable, RequestEntry
from tonne.ledger.reading.quarantined import UNITS_MAX


def counted(bench, as_of=""):
    """Rule, field, records, quantities in whole units, and those that are no number."""
    causes, _ = bench.ledger.refused.count(bench.book, read_as_of(as_of))
    return [
        (
            each.status.name,
            each.at_fault.name.lower(),
            each.record_count,
            {unit: atto / 10**18 for unit, atto in each.quantities_atto.items()},
            each.unread_count,
        )
        for each in causes
    ]


def test_refused_records_are_counted_by_rule_and_field(any_bench):
    """Most first, with their quantities; one that is mended is none, and was one."""
    bench = any_bench
    assert counted(bench) == []
    bench.append(
        "meter",
        [
            record(record_id="a", unit="parsec", quantity="2"),
            record(record_id="b", unit="parsec", quantity="3.5"),
            record(record_id="c", quantity="much"),
            record(record_id="d"),
        ],
    )
    bench.append("meter", [record(record_id="e", unit="furlong", quantity="1")])
    said = [
        ("UNIT_MUST_BE_KNOWN", "unit", 3, {"parsec": 5.5, "furlong": 1.0}, 0),
        ("QUANTITY_MUST_BE_A_NUMBER", "quantity", 1, {}, 1),
    ]
    assert counted(bench) == said
    point = bench.ledger.refused.count(bench.book)[1]
    first, _ = bench.ledger.refused.count(bench.book)[0]
    assert "parsec" in first.message
    assert first.commit_time < bench.manifest.quarantine_files("acme", 0, 9)[-1].create_time
    mends = bench.ledger.mends.supersede(bench.book, "meter", [1], "r")
    batch = decode(bench.session, [record(record_id="b")])
    (outcome,) = bench.write([RequestEntry(batch, "r", "r", mends)])
    assert isinstance(outcome, Durable), outcome
    assert counted(bench)[0] == (
        "UNIT_MUST_BE_KNOWN",
        "unit",
        2,
        {"parsec": 2.0, "furlong": 1.0},
        0,
    )
    assert counted(bench, str(point.number)) == said


def test_units_beyond_a_limit_are_in_no_sum(bench):
    """What is refused may have any text as its unit."""
    rows = [record(record_id=str(n), unit=f"u{n}", quantity="1") for n in range(UNITS_MAX + 5)]
    bench.append("meter", rows)
    ((_, _, count, quantities, unread),) = counted(bench)
    assert (count, len(quantities), unread) == (UNITS_MAX + 5, UNITS_MAX, 5)
