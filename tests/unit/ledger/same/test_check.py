"""Records of one id: those that say the same count once, of the others a person decides."""

from __future__ import annotations

import json

import pytest

from tests.unit.ledger.conftest import HOUR, T0, record
from tests.unit.ledger.correcting.conftest import correct, inventory_of, reverse
from tests.unit.ledger.same.conftest import check, open_entries, statuses
from tonne.model import Facility
from tonne.store.statement_rows import SameKind, SameRule


@pytest.fixture(autouse=True)
def registered(any_bench):
    """Records are posted."""
    any_bench.ledger.register.import_facilities("acme", [Facility("dc-1")])


def test_the_same_record_by_another_channel_counts_once(any_bench):
    """The later one is reversed, with the reason, and the first one stands for it."""
    bench = any_bench
    bench.append("a", [record(record_id="x", quantity="10"), record(record_id="y")])
    bench.append("b", [record(record_id="x", quantity="10", evidence="another file")])
    done = check(bench)
    assert (done.segment_count, done.reversed_count, done.entry_count) == (2, 1, 0)
    assert statuses(bench) == {("a", 0): "POSTED", ("a", 1): "POSTED", ("b", 0): "REVERSED"}
    (entry,) = bench.ledger.corrections.list_corrections("acme").items
    assert (entry.correction.reason_code, entry.correction.author) == ("duplicate", "tonne")
    after = entry.records[0].after
    assert (after.source, after.offset) == ("channels/a", 0)
    assert inventory_of(bench)[1] == 2
    assert bench.manifest.duplicates_complete_up_to("acme") > 0
    assert check(bench).segment_count == 0
    bench.check()


def test_records_that_say_different_things_wait_for_a_decision(any_bench):
    """Both count until then; what is not kept is reversed."""
    bench = any_bench
    bench.append("a", [record(record_id="x", quantity="10")])
    bench.append("b", [record(record_id="x", quantity="4")])
    assert check(bench).entry_count == 1
    (entry,) = open_entries(bench)
    quantities = [each["quantity"] for each in json.loads(entry.members)]
    assert quantities == ["10.000000", "4.000000"]
    assert bench.manifest.undecided_count("acme", (540, 540)) == 1
    assert bench.manifest.undecided_count("acme", (541, 541)) == 0
    decided = bench.ledger.same.decide("acme", entry.number, [2], "ada", "read again")
    assert decided.state == "decided"
    assert statuses(bench) == {("a", 0): "REVERSED", ("b", 0): "POSTED"}
    assert bench.manifest.undecided_count("acme") == 0
    again = bench.ledger.same.decide("acme", entry.number, [2], "ada", "read again")
    assert again.state == "decided"
    assert inventory_of(bench)[1] == 1
    bench.check()


def test_what_was_kept_beside_each_other_stays_so(any_bench):
    """The same contents again are duplicates; another one is a new conflict."""
    bench = any_bench
    bench.append("a", [record(record_id="x", quantity="10")])
    bench.append("b", [record(record_id="x", quantity="4")])
    check(bench)
    bench.ledger.same.decide("acme", open_entries(bench)[0].number, [1, 2], "ada", "two meters")
    bench.append("c", [record(record_id="x", quantity="4")])
    assert check(bench).reversed_count == 1
    assert open_entries(bench) == []
    bench.append("c", [record(record_id="x", quantity="5")])
    check(bench)
    (entry,) = open_entries(bench)
    assert entry.record_count == 3
    bench.check()


def test_a_corrected_record_is_no_conflict(any_bench):
    """A record and the one that stands for it have one id, and one of them counts."""
    bench = any_bench
    bench.append("meter", [record(record_id="x", quantity="10")])
    correct(bench, [0], [record(record_id="x", quantity="4")])
    correct(bench, [0], [record(record_id="x", quantity="5")])
    assert check(bench).entry_count == 0
    assert open_entries(bench) == []
    reverse(bench, source="meter", offsets=(0,))
    bench.append("meter", [record(record_id="x", quantity="10")])
    assert check(bench).entry_count == 0
    bench.check()


def test_a_book_that_only_reports_lists_duplicates(any_bench):
    """Nothing is reversed before somebody decides."""
    bench = any_bench
    bench.manifest.set_same_rule("acme", SameRule.REPORT)
    bench.append("a", [record(record_id="x")] * 3 + [record(record_id="")] * 2)
    done = check(bench)
    assert (done.reversed_count, done.entry_count) == (0, 1)
    (entry,) = open_entries(bench, SameKind.DUPLICATE)
    assert entry.record_count == 3
    (group,) = bench.ledger.same.groups("acme", SameKind.DUPLICATE)
    assert (group.facility, group.entry_count, group.record_count) == ("dc-1", 1, 3)
    bench.ledger.same.decide("acme", entry.number, [1], "ada", "sent twice")
    assert inventory_of(bench)[1] == 3
    bench.check()


def test_records_without_an_id_and_in_quarantine_are_none(any_bench):
    """They have no key: the first are told apart by nothing, the others count for nothing."""
    bench = any_bench
    bench.append("a", [record(record_id=""), record(record_id=""), record(record_id="q")])
    bench.append("b", [record(record_id="q", unit="parsec"), record(record_id=None)])
    done = check(bench)
    assert (done.segment_count, done.reversed_count, done.entry_count) == (2, 0, 0)


def test_waiting_records_are_compared_too(any_bench):
    """A duplicate in suspense waits no more."""
    bench = any_bench
    bench.append("a", [record(record_id="x", facility="dc-9")])
    bench.append("b", [record(record_id="x", facility="dc-9")])
    assert check(bench).reversed_count == 1
    assert inventory_of(bench)[1:3] == (0, 1)
    bench.check()


def test_the_same_id_in_two_months_is_a_conflict(any_bench):
    """A record that names another month says another thing."""
    bench = any_bench
    later = T0 + 40 * 24 * HOUR
    bench.append("a", [record(record_id="x")])
    check(bench)
    bench.append("a", [record(record_id="x", start=later, end=later + HOUR)])
    check(bench)
    (entry,) = open_entries(bench)
    assert (entry.first_period, entry.last_period) == (540, 541)
    assert bench.manifest.undecided_count("acme", (541, 541)) == 1


def estimate(**fields):
    """An estimate, which says so."""
    return record(data_quality=3, **fields)


def measured(**fields):
    """The same, as it was read."""
    return record(data_quality=1, **fields)


def test_a_measured_record_settles_the_estimate_of_its_id(any_bench):
    """The estimate is reversed, with the reason; the measured one stands for it, and counts."""
    bench = any_bench
    bench.append("est", [estimate(record_id="x", quantity="10"), estimate(record_id="y")])
    bench.append("act", [measured(record_id="x", quantity="8.7")])
    done = check(bench)
    assert (done.reversed_count, done.entry_count) == (1, 0)
    assert statuses(bench) == {("est", 0): "REVERSED", ("est", 1): "POSTED", ("act", 0): "POSTED"}
    (entry,) = bench.ledger.corrections.list_corrections("acme").items
    assert entry.correction.reason_code == "estimate"
    after = entry.records[0].after
    assert (after.source, after.offset) == ("channels/act", 0)
    bench.check()
    assert check(bench).segment_count == 0


def test_estimates_and_their_settlement_in_one_batch(any_bench):
    """Two estimates of one id, a copy, the record, and its copy: that one record counts."""
    bench = any_bench
    rows = [
        *(estimate(quantity="10"), estimate(quantity="9"), estimate(quantity="10")),
        *(measured(quantity="8.7"), measured(quantity="8.7")),
    ]
    bench.append("a", rows)
    assert (check(bench).reversed_count, open_entries(bench)) == (4, [])
    assert [name for name in statuses(bench).values() if name == "POSTED"] == ["POSTED"]
    assert statuses(bench)["a", 3] == "POSTED"
    bench.check()


@pytest.mark.parametrize(
    "other",
    [
        {"facility": "dc-2"},
        {"activity": "electricity.solar"},
        {"end": T0 + 2 * HOUR},
        {"data_quality": None},
        {"data_quality": 3, "quantity": "9"},
    ],
    ids=["facility", "activity", "end", "unspecified", "estimate"],
)
def test_what_settles_no_estimate_is_a_conflict(any_bench, other):
    """Of another place, thing or time, or no better: a person decides."""
    bench = any_bench
    bench.ledger.register.import_facilities("acme", [Facility("dc-2")])
    bench.append("est", [estimate(quantity="10")])
    bench.append("act", [measured(quantity="8.7") | other])
    done = check(bench)
    assert (done.reversed_count, done.entry_count) == (0, 1)


def test_an_estimate_that_comes_after_the_measured_record_is_a_conflict(any_bench):
    """Who sends an estimate of what is known may mean something else."""
    bench = any_bench
    bench.append("act", [measured(quantity="8.7")])
    bench.append("est", [estimate(quantity="10")])
    done = check(bench)
    assert (done.reversed_count, done.entry_count) == (0, 1)


def test_an_estimate_that_was_kept_is_not_settled(any_bench):
    """What a person decided stays, also when all is compared again."""
    bench = any_bench
    bench.manifest.set_same_rule("acme", SameRule.REPORT)
    bench.append("est", [estimate(quantity="10")])
    bench.append("act", [measured(quantity="8.7")])
    check(bench)
    (entry,) = open_entries(bench)
    bench.ledger.same.decide("acme", entry.number, [1, 2], "ada", "two tariffs")
    bench.manifest.set_same_rule("acme", SameRule.REVERSE)
    bench.manifest.forget_keys("acme")
    assert check(bench).reversed_count == 0
    assert open_entries(bench) == []
    assert set(statuses(bench).values()) == {"POSTED"}
