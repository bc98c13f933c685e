"""Every reader agrees about what was reversed."""

from __future__ import annotations

import pytest

from tests.unit.ledger.conftest import HOUR, T0, decode, record
from tests.unit.ledger.correcting.conftest import correct, inventory_of, reverse
from tests.unit.ledger.correcting.test_correcting_laws import balances
from tests.unit.ledger.reading.test_bit_rot import replace_object
from tonne.ledger.pages import Ask
from tonne.model import Facility
from tonne.reports.coverage import CoverageRequest, book_coverage
from tonne.reports.explanation.explain import ReplayOutcome, explain
from tonne.reports.inventory.book import book_inventory
from tonne.reports.inventory.request import InventoryRequest

GOOD = record(quantity="10")


def filled(bench):
    """A book with a record of each fate."""
    bench.append("meter", [GOOD | {"record_id": f"r{n}", "facility": f"f{n}"} for n in range(5)])
    bench.append("meter", [record(activity="strom"), record(quantity="x")])
    correct(bench, [1], [record(record_id="r1", facility="f1", quantity="4")])
    reverse(bench, source="meter", offsets=(2,))
    reverse(bench, source="meter", offsets=(5,))


def test_an_explanation_knows_what_is_left(any_bench):
    """Its records are those that count, and the replay agrees to the last digit."""
    filled(any_bench)
    snapshot = any_bench.ledger.snapshots.take("acme")
    found = list(explain(snapshot, InventoryRequest(), replay=True, records_max=9))
    (replayed,) = [each for each in found if isinstance(each, ReplayOutcome)]
    assert (replayed.record_count, replayed.differences) == (4, ())
    assert inventory_of(any_bench) == (17, 4, 0, 1)
    any_bench.check()


def test_a_row_that_was_taken_back_whole_is_none(bench):
    """Before a merge as after it."""
    filled(bench)
    request = InventoryRequest(group_by=("facility", "period"))

    def rows():
        found = book_inventory(bench.ledger.snapshots.take("acme"), request)
        return [(each.group, each.kg_co2e, each.record_count) for each in found.rows]

    before = rows()
    assert [group[0] for group, _, _ in before] == ["f0", "f1", "f3", "f4"]
    merger = bench.other(merge_files_max=1)
    assert merger.ledger.merger.merge("acme")
    merger.ledger.close()
    assert rows() == before


def test_coverage_sees_no_reversed_record(bench):
    """A facility of which all is reversed has a gap again."""
    filled(bench)
    found = list(book_coverage(bench.ledger.snapshots.take("acme"), CoverageRequest()))
    assert {each.facility: each.record_count for each in found} == {
        "f0": 1,
        "f1": 1,
        "f3": 1,
        "f4": 1,
    }


def test_lists_and_filters_tell_what_is_reversed(bench):
    """By status; what waits or counts is in the other ones."""
    filled(bench)
    listed = {
        status: [
            each.offset
            for each in bench.ledger.records.list_records(
                "acme", Ask(filter_by=f"status = ROW_STATUS_{status}")
            ).items
        ]
        for status in ("POSTED", "REVERSED", "FACTOR_MUST_EXIST")
    }
    assert listed == {"POSTED": [0, 3, 4, 0], "REVERSED": [1, 2, 5], "FACTOR_MUST_EXIST": []}
    assert not bench.ledger.records.list_suspense("acme").items
    assert bench.ledger.causes.count("acme").causes == ()


def test_digests_are_those_of_the_newest(bench):
    """A corrected file is found in its channel as it is now."""
    filled(bench)
    kept = bench.ledger.repeats.digest_kept("acme", "meter", (1, 2)).contents
    now = record(record_id="r1", facility="f1", quantity="4")
    batch = decode(bench.session, [now])
    assert bench.ledger.repeats.digest_batch("acme", "meter", batch).contents == kept


@pytest.mark.parametrize("number", range(5))
def test_a_rebuilt_file_holds_what_is_left(bench, number):
    """Whichever file is lost: that of the records, of the correction, or of the reversal."""
    filled(bench)
    before = balances(bench)
    file = bench.manifest.live_postings("acme")[number]
    replace_object(bench, file.path, b"lost")
    other = bench.other(cache_bytes_max=0)
    done = other.ledger.checks.rebuild("acme", on_file=lambda: None)
    assert len(done.replaced) == 1
    assert balances(other).equals(before)
    other.check()
    other.ledger.close()


def test_mends_and_reversals_go_together(any_bench):
    """A mended record is corrected, and reversed, by the place to which it was appended."""
    bench = any_bench
    bench.ledger.register.import_facilities("acme", [Facility("dc-2")])
    bench.append("meter", [record(facility="dc-9", quantity="3"), GOOD | {"facility": "dc-2"}])
    correct(bench, [0], [record(facility="dc-2", start=T0 + HOUR, end=T0 + 2 * HOUR)])
    assert inventory_of(bench)[1:] == (2, 0, 0)
    reverse(bench, source="meter", first_offset=0, stop_offset=2)
    assert inventory_of(bench) == (0, 0, 0, 0)
    bench.check()


def test_a_filter_that_no_record_of_a_segment_matches_is_answered(any_bench):
    """Such a segment is left after the columns of the match: nothing of it is linked."""
    any_bench.append("meter", [record(), record(facility="other")])
    for facility, count in (("nobody", 0), ("other", 1)):
        ask = Ask(filter_by=f'record.facility = "{facility}"')
        assert len(any_bench.ledger.records.list_records("acme", ask).items) == count
