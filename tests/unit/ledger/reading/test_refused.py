"""The quarantine as a worklist: how many records break which rule, as it is and as it was."""

from __future__ import annotations

from fractions import Fraction

from tests.unit.ledger.conftest import HOUR, T0, decode, record
from tests.unit.ledger.correcting.conftest import inventory_of, reverse
from tonne.ledger.as_of import read_as_of
from tonne.ledger.posting.entries import Durable, RequestEntry
from tonne.ledger.reading import quarantined
from tonne.ledger.reading.quarantined import UNITS_MAX
from tonne.model import Facility, Word, WordField


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


def worths(bench, as_of=""):
    """Rule, records that are valued, and their kg CO2e."""
    causes, _ = bench.ledger.refused.count(bench.book, read_as_of(as_of))
    return {each.status.name: (each.valued_count, each.kg_co2e) for each in causes}


def close(bench, month):
    """Close a month, whatever waits."""
    periods = bench.ledger.periods
    found = {each.check: "law" for each in periods.check_period(bench.book, month)}
    accepts = found | {"overlaps": "law"}
    periods.close_period(bench.book, month, accepts=accepts, author="ada", reason="law")


def total(bench):
    """kg CO2e of the inventory."""
    return Fraction(inventory_of(bench)[0])


def test_late_records_are_worth_what_they_would_post(any_bench):
    """Closed months are no fault of theirs: reopened and mended, just that is posted."""
    bench = any_bench
    bench.ledger.register.import_facilities("acme", [Facility("dc-1", region="DE")])
    close(bench, 540)
    late = [
        record(record_id="a", quantity="7.25"),
        record(record_id="b", quantity="3", region="FR"),
        record(record_id="c", region="FR", end=T0 + 500 * 24 * HOUR),
        record(record_id="d", activity="process.unheard"),
        record(record_id="e", facility="hut"),
    ]
    bench.append("meter", [*late, record(record_id="f", quantity="much")])
    assert bench.ledger.refused.count("acme")[0][0].record_count == 5
    said = worths(bench)
    assert said["QUANTITY_MUST_BE_A_NUMBER"] == (0, 0)
    count, kg_co2e = said["PERIOD_MUST_BE_OPEN"]
    bench.ledger.periods.reopen_period("acme", 540, author="ada", reason="late")
    mends = bench.ledger.mends.supersede("acme", "meter", [0, 1, 2, 3, 4], "r")
    (outcome,) = bench.write([RequestEntry(decode(bench.session, late), "r", "r", mends)])
    assert isinstance(outcome, Durable), outcome
    # The one over a year's end has two factors, and no one number for a unit.
    whole = [Fraction("7.25") * Fraction("0.35"), 3 * Fraction("0.5")]
    assert (count, kg_co2e) == (2, sum(whole))
    reverse(bench, source="meter", offsets=(2,))
    assert total(bench) == kg_co2e


def test_a_unit_that_was_learned_since_has_a_worth(any_bench):
    """Until then nothing is known of it, and as of then nothing was."""
    bench = any_bench
    bench.append("meter", [record(record_id="a", unit="Strich", quantity="4")])
    assert worths(bench) == {"UNIT_MUST_BE_KNOWN": (0, 0)}
    before = bench.ledger.refused.count("acme")[1].number
    word = Word(WordField.UNIT, "Strich", "MWh", author="ada", reason="a bill")
    bench.ledger.words.add_word("acme", word)
    assert worths(bench) == {"UNIT_MUST_BE_KNOWN": (1, 2_000)}
    assert worths(bench, str(before)) == {"UNIT_MUST_BE_KNOWN": (0, 0)}


def test_so_many_records_are_valued(bench, monkeypatch):
    """The count says of how many the worth is."""
    monkeypatch.setattr(quarantined, "VALUED_MAX", 2)
    close(bench, 540)
    bench.append("meter", [record(record_id=str(n), quantity="2") for n in range(5)])
    assert worths(bench) == {"PERIOD_MUST_BE_OPEN": (2, 2)}
