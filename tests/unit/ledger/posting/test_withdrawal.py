"""Mends of what waits in suspense: posted once, taken out once, whatever comes between."""

from __future__ import annotations

import uuid
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.ledger.conftest import HOUR, T0, decode, embedded_bench, record
from tonne.errors import ContentMustMatch
from tonne.ledger.posting.entries import Durable, Lost, RequestEntry
from tonne.model import Facility
from tonne.reports.coverage import CoverageRequest, book_coverage
from tonne.reports.explanation.explain import ReplayOutcome, explain
from tonne.reports.inventory.book import book_inventory
from tonne.reports.inventory.request import InventoryRequest

FACTOR = Fraction("0.5")


def entry_of(bench, offsets, records, source="meter"):
    """A request whose records stand for those at offsets."""
    request_id = str(uuid.uuid4())
    mends = bench.ledger.mends.supersede(bench.book, source, offsets, request_id)
    batch = decode(bench.session, records)
    return RequestEntry(batch, request_id, request_id, mends)


def mend(bench, offsets, records, source="meter"):
    """Post records in place of others; the outcome."""
    (outcome,) = bench.write([entry_of(bench, offsets, records, source)])
    return outcome


def inventory_of(bench):
    """kg CO2e, posted records, records in suspense and in quarantine."""
    found = book_inventory(bench.ledger.snapshots.take(bench.book), InventoryRequest())
    return (
        Fraction(found.total.kg_co2e),
        found.total.record_count,
        found.suspended_count,
        found.quarantined_count,
    )


def waiting(bench):
    """Sources and offsets of what waits."""
    items = bench.ledger.records.list_suspense(bench.book).items
    return [(each.source, each.offset) for each in items]


ODD = record(activity="strom", quantity="10")
GOOD = record(quantity="10")


def test_a_mended_record_is_posted_and_the_one_that_waited_is_gone(any_bench):
    """From every list, sum and report; channel totals and files agree."""
    bench = any_bench
    bench.append("meter", [ODD, GOOD, ODD, record(quantity="x")])
    assert inventory_of(bench) == (10 * FACTOR, 1, 2, 1)
    outcome = mend(bench, [0], [record(quantity="7", start=T0 + HOUR, end=T0 + 2 * HOUR)])
    assert isinstance(outcome, Durable)
    assert outcome.totals.posted_count == 1
    assert inventory_of(bench) == (17 * FACTOR, 2, 1, 1)
    assert waiting(bench) == [("channels/meter", 2)]
    listed = bench.ledger.records.list_records("acme").items
    assert sorted((each.offset, each.quantity) for each in listed) == [(0, 7), (1, 10), (2, 10)]
    channel = bench.ledger.channels.get_channel("acme", "meter")
    totals = channel.totals
    assert (totals.posted_count, totals.suspended_count, totals.quarantined_count) == (1, 1, 2)
    *_, progress = bench.ledger.suspense.clear("acme")
    assert (progress.cleared_count, progress.remaining_count) == (0, 1)
    bench.check()


def test_a_mend_is_taken_once(bench):
    """The same place again is refused, and so is one that does not wait."""
    bench.append("meter", [ODD, GOOD])
    mend(bench, [0], [GOOD])
    for offset in (0, 1):
        with pytest.raises(ContentMustMatch) as refused:
            mend(bench, [offset], [GOOD])
        assert f"offset {offset} of channel meter" in refused.value.message
    assert inventory_of(bench) == (20 * FACTOR, 2, 0, 0)
    bench.check()


def test_of_two_mends_of_one_record_one_is_refused(any_bench):
    """In one commit, and in two that saw the same."""
    any_bench.append("meter", [ODD, ODD])
    pair = [entry_of(any_bench, [0], [GOOD]) for _ in range(2)]
    outcomes = any_bench.write(pair)
    assert sorted(type(each).__name__ for each in outcomes) == ["Durable", "Lost"]
    late = entry_of(any_bench, [1], [GOOD])
    assert isinstance(mend(any_bench, [1], [GOOD]), Durable)
    (outcome,) = any_bench.write([late])
    assert isinstance(outcome, Lost)
    assert inventory_of(any_bench) == (20 * FACTOR, 2, 0, 0)
    any_bench.check()


def test_what_was_cleared_meanwhile_is_not_mended(any_bench):
    """The clearing was first: the record is posted, and the mend is refused."""
    bench = any_bench
    bench.ledger.register.import_facilities("acme", [Facility("dc-2")])
    bench.append("meter", [GOOD, GOOD])
    late = entry_of(bench, [0], [GOOD])
    both = entry_of(bench, [1], [record(facility="dc-2", quantity="3")])
    assert isinstance(bench.write([both])[0], Durable)
    bench.ledger.register.import_facilities("acme", [Facility("dc-1")])
    *_, progress = bench.ledger.suspense.clear("acme")
    assert progress.cleared_count == 1
    assert isinstance(bench.write([late])[0], Lost)
    assert inventory_of(bench) == (13 * FACTOR, 2, 0, 0)
    bench.check()


def test_a_segment_that_changes_in_the_middle_is_looked_at_anew(bench, monkeypatch):
    """Another record of it is cleared between the reading and the commit; both count once."""
    bench.ledger.register.import_facilities("acme", [Facility("dc-2")])
    bench.append("meter", [GOOD, GOOD | {"facility": "dc-3"}])
    commit, calls = bench.manifest.commit, []

    def change_first(made):
        calls.append(made)
        if len(calls) == 1:
            bench.ledger.register.import_facilities("acme", [Facility("dc-3")])
            list(bench.ledger.suspense.clear("acme"))
        commit(made)

    entry = entry_of(bench, [0], [record(facility="dc-2", quantity="3")])
    monkeypatch.setattr(bench.manifest, "commit", change_first)
    assert isinstance(bench.write([entry])[0], Durable)
    assert len(calls) > 2
    assert inventory_of(bench) == (13 * FACTOR, 2, 0, 0)
    bench.check()


def test_a_mended_record_that_waits_again_is_mended_again(bench):
    """By the place of the channel, or by that of the request in which it waits."""
    bench.append("meter", [GOOD, ODD, ODD])
    first = entry_of(bench, [1, 2], [ODD | {"activity": "strohm"}] * 2)
    bench.write([first])
    source = f"requests/{first.request_id}"
    assert waiting(bench) == [(source, 0), (source, 1)]
    assert isinstance(mend(bench, [1], [GOOD]), Durable)
    assert isinstance(mend(bench, [1], [GOOD], source), Durable)
    with pytest.raises(ContentMustMatch):
        mend(bench, [0], [GOOD], source)
    assert inventory_of(bench) == (30 * FACTOR, 3, 0, 0)
    bench.check()


def test_a_mend_may_be_wrong_and_is_mended_in_quarantine(bench):
    """From suspense to quarantine, and from there to the balances."""
    bench.append("meter", [ODD])
    assert mend(bench, [0], [GOOD | {"unit": "furlong"}]).totals.quarantined_count == 1
    assert inventory_of(bench) == (0, 0, 0, 1)
    bench.check()
    assert mend(bench, [0], [GOOD]).totals.posted_count == 1
    assert inventory_of(bench) == (10 * FACTOR, 1, 0, 0)
    bench.check()


def test_records_of_a_request_are_mended_by_its_name(bench):
    """A call has no channel; its own answer stays what it was."""
    request_id = str(uuid.uuid4())
    bench.write([RequestEntry(decode(bench.session, [ODD, GOOD]), request_id, "content")])
    assert isinstance(mend(bench, [0], [GOOD], f"requests/{request_id}"), Durable)
    assert inventory_of(bench) == (20 * FACTOR, 2, 0, 0)
    bench.check()


def test_what_is_withdrawn_is_in_no_report(bench):
    """No gap is covered, no overlap made, nothing replayed by it."""
    bench.append("meter", [ODD, GOOD])
    mend(bench, [0], [record(start=T0 + HOUR, end=T0 + 2 * HOUR)])
    snapshot = bench.ledger.snapshots.take("acme")
    (row,) = book_coverage(snapshot, CoverageRequest())
    assert (row.record_count, row.gaps, row.overlaps) == (2, (), ())
    found = list(explain(snapshot, InventoryRequest(), replay=True, records_max=9))
    (replayed,) = [each for each in found if isinstance(each, ReplayOutcome)]
    assert (replayed.record_count, replayed.differences) == (2, ())


def test_lost_postings_are_made_again_without_what_was_withdrawn(bench):
    """A rebuild knows of withdrawals by the clearing files."""
    bench.append("meter", [ODD, GOOD, ODD])
    mend(bench, [0], [GOOD])
    before = inventory_of(bench)
    for file in bench.manifest.live_postings("acme"):
        bench.objects.delete(file.path)
    other = bench.other(cache_bytes_max=0)
    other.ledger.checks.rebuild("acme", on_file=lambda: None)
    assert inventory_of(other) == before == (20 * FACTOR, 2, 1, 0)
    other.check()
    other.ledger.close()


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    batches=st.lists(st.lists(st.booleans(), min_size=1, max_size=4), min_size=1, max_size=3),
    data=st.data(),
)
def test_every_record_counts_once_in_the_end(tmp_path_factory, batches, data):
    """Records that wait, mends in any order, clearings between: each quantity is there once."""
    with embedded_bench(tmp_path_factory.mktemp("ledger")) as bench:
        is_odd = [each for batch in batches for each in batch]
        for batch in batches:
            bench.append("meter", [ODD if each else GOOD for each in batch])
        odd = [offset for offset, each in enumerate(is_odd) if each]
        for offset in data.draw(st.permutations(odd)):
            again = data.draw(st.booleans())
            mend(bench, [offset], [ODD | {"unit": "MWh"} if again else GOOD])
            if again:
                list(bench.ledger.suspense.clear("acme"))
                mend(bench, [offset], [GOOD])
        count = len(is_odd)
        assert inventory_of(bench) == (10 * count * FACTOR, count, 0, 0)
        bench.check()
