"""The durable path: what is written is what came, whatever happens on the way."""

from __future__ import annotations

import datetime as dt
import random
import threading

import pytest

from tests.support.stores.store import age_lists
from tests.unit.ledger import naive
from tests.unit.ledger.conftest import EDITION, T0, decode, record, records_of
from tonne.errors import (
    BookUnknown,
    ChannelClosed,
    ContentMustMatch,
    EpochStale,
    OffsetGap,
    StoreUnavailable,
)
from tonne.ledger.book import book_state
from tonne.ledger.book.book_state import BookStates
from tonne.ledger.files.sums import sum_by
from tonne.ledger.ledger import Ledger, utc_now
from tonne.ledger.posting.entries import ChannelEntry, Durable, Lost, RequestEntry
from tonne.ledger.upkeep.upkeep import GARBAGE_INTERVAL_S
from tonne.model import (
    ControlTotals,
    Facility,
    RecordField,
    RowStatus,
    period_of_month,
)
from tonne.quantities import atto_of
from tonne.store import faults
from tonne_kernel import Session

KEYS = ("facility", "activity", "unit", "region", "period")


def balances(bench):
    """Sums in units of 10^-18 by the keys of `naive.sums`."""
    frame = sum_by(bench.ledger.snapshots.take(bench.book).frame(), KEYS)
    return {tuple(row[:5]): atto_of(row[5]) for row in frame.iter_rows()}


def good(records):
    """Those that are not quarantined."""
    return [each for each in records if each["quantity"] != "much" and each["unit"] != "cubits"]


@pytest.fixture
def armed():
    """Arms fault points; disarms them afterwards."""
    yield faults.arm
    faults.disarm()


def test_balances_are_the_sums_of_a_naive_program(any_bench):
    """What was written is, summed, what Fractions make of the same records."""
    records = records_of(600, seed=1, invalid=True)
    outcome = any_bench.append("meter", records)
    assert balances(any_bench) == naive.sums(good(records))
    assert outcome.totals.record_count == 600
    assert outcome.totals.quarantined_count == 600 - len(good(records))
    assert outcome.totals.quantity_atto == sum(
        sum(naive.split(each).values()) for each in good(records)
    )
    any_bench.check()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_any_split_into_groups_gives_the_same_balances(bench, seed):
    """Neither the groups nor the batches, channels, formats and sessions show in the sums."""
    records = records_of(400, seed=7, invalid=True)
    random_ = random.Random(seed)  # noqa: S311 - a seeded walk
    left = list(records)
    while left:
        entries = []
        for _ in range(random_.randint(1, 5)):
            count = random_.randint(1, 40)
            part, left = left[:count], left[count:]
            if part:
                form = random_.choice(["arrow", "rows"])
                entries.append(bench.entry(f"c{random_.randint(1, 3)}", part, form))
        outcomes = bench.write(entries)
        assert all(isinstance(outcome, Durable) for outcome in outcomes)
    assert balances(bench) == naive.sums(good(records))
    bench.check()


def test_row_errors_name_index_offset_status_and_field(bench):
    """Each record that is not posted comes back by its place, the good ones are posted."""
    bench.append("meter", [record()])
    outcome = bench.append(
        "meter",
        [
            record(),
            record(quantity="much"),
            record(unit="cubits"),
            record(activity="unheard"),
            record(),
        ],
    )
    assert [
        (error.index, error.offset, error.status, error.field) for error in outcome.row_errors
    ] == [
        (1, 2, RowStatus.QUANTITY_MUST_BE_A_NUMBER, RecordField.QUANTITY),
        (2, 3, RowStatus.UNIT_MUST_BE_KNOWN, RecordField.UNIT),
        (3, 4, RowStatus.FACTOR_MUST_EXIST, RecordField.ACTIVITY),
    ]
    assert outcome.row_error_count == 3
    assert outcome.totals == ControlTotals(5, 2, 2, 1, 45 * 10**17)
    bench.check()


def test_a_group_of_quarantined_records_alone_is_durable(bench):
    """Channels move over records that are all wrong."""
    bench.append("meter", [record(quantity=""), record(quantity="x")])
    assert bench.ledger.channels.get_channel("acme", "meter").committed_offset == 2
    assert bench.objects_under("segments") == []
    bench.check()


def test_the_first_facility_ends_that_all_are_taken(bench):
    """Until one is registered every facility is taken, from then on only registered ones."""
    assert bench.append("meter", [record()]).totals.posted_count == 1
    bench.ledger.register.import_facilities("acme", [Facility("dc-2", region="DE")])
    outcome = bench.append("meter", [record(), record(facility="dc-2"), record(unit="cubits")])
    assert [(error.index, error.status) for error in outcome.row_errors] == [
        (0, RowStatus.FACILITY_MUST_BE_REGISTERED),
        (2, RowStatus.UNIT_MUST_BE_KNOWN),
    ]
    frame = bench.ledger.snapshots.take("acme").frame()
    assert sorted(frame.select("facility", "region", "status").iter_rows()) == [
        ("dc-1", "", 0),
        ("dc-1", "", 64),
        ("dc-2", "DE", 0),
    ]
    bench.check()


def test_a_book_that_changes_in_the_middle_is_read_again(bench):
    """What another server changed decides, even after files were written under the old rules."""
    lime_record = record(activity="process.lime", unit="t")
    assert bench.append("meter", [lime_record]).totals.suspended_count == 1
    other = bench.other()
    lime = EDITION.splitlines(keepends=True)[0] + b"process.lime,,t,2015-01-01,,70,,,,,p,4,\n"
    other.ledger.editions.import_edition("acme", "lime-2015", lime)
    outcome = bench.append("meter", [lime_record])
    assert outcome.totals == ControlTotals(1, 1, 0, 0, 15 * 10**17)
    other.ledger.close()
    bench.check()


def test_a_channel_that_was_lost_takes_nothing_with_it(any_bench):
    """A channel that another owner opened is refused, the rest of its group is durable."""
    bench = any_bench
    entries = [bench.entry(name, records_of(20, seed=3)) for name in ("a", "b", "c", "d")]
    entries.append(bench.entry("a", records_of(5, seed=4)))
    taken = bench.ledger.channels.open_channel("acme", "b")
    bench.ledger.channels.close_channel("acme", "c")
    outcomes = bench.write(entries)
    assert [type(outcome) for outcome in outcomes] == [Durable, Lost, Lost, Durable, Durable]
    assert isinstance(outcomes[1].error, EpochStale)
    assert outcomes[1].error.metadata["currentEpoch"] == str(taken.epoch)
    assert isinstance(outcomes[2].error, ChannelClosed)
    assert bench.ledger.channels.get_channel("acme", "a").committed_offset == 25
    assert bench.ledger.channels.get_channel("acme", "b").committed_offset == 0
    bench.check()


def test_of_two_owners_in_one_group_the_later_one_wins(bench):
    """Entries under an older epoch are refused beside those of the newer one."""
    old = bench.entry("a", [record()])
    del bench.channels["a"]
    new = bench.entry("a", [record(), record()])
    outcomes = bench.write([old, new])
    assert isinstance(outcomes[0].error, EpochStale)
    assert outcomes[1].totals.record_count == 2
    bench.check()


def test_a_gap_is_refused(bench):
    """An entry beyond the committed offset posts nothing."""
    entry = bench.entry("a", [record()])
    late = ChannelEntry(entry.batch, "a", entry.epoch, 7)
    (outcome,) = bench.write([late])
    assert isinstance(outcome.error, OffsetGap)
    assert bench.ledger.snapshots.take("acme").frame().is_empty()


def test_an_unknown_book_is_an_error(bench):
    """A group for a book that is not there is the caller's fault."""
    entry = ChannelEntry(decode(bench.session, [record()]), "a", 1, 0)
    with pytest.raises(BookUnknown):
        bench.ledger.journal.write("nobody", [entry])


def test_a_request_is_posted_once(any_bench):
    """The same id and content gets the first answer, other content is refused."""
    bench = any_bench

    def request(records, digest, request_id="9f"):
        return RequestEntry(decode(bench.session, records), request_id, digest)

    first, twin, other = bench.write(
        [
            request([record(), record(quantity="x")], "aa"),
            request([record(), record(quantity="x")], "aa"),
            request([record()], "bb", "9e"),
        ]
    )
    assert not first.already_posted
    assert twin.already_posted
    assert (twin.totals, twin.row_errors, twin.row_error_count) == (
        first.totals,
        first.row_errors,
        first.row_error_count,
    )
    assert not other.already_posted
    again, changed = bench.write([request([record()], "bb", "9e"), request([record()], "cc")])
    assert again.already_posted
    assert isinstance(changed.error, ContentMustMatch)
    assert bench.ledger.snapshots.take("acme").frame()["record_start_count"].sum() == 2
    bench.check()


@pytest.mark.parametrize(
    "point",
    ["journal.after_post", "journal.after_files", "commit.before_sql", "commit.in_sql",
     "commit.after_sql", "journal.after_commit", "objects.before_put"],
)  # fmt: skip
def test_a_retry_posts_once_wherever_the_first_try_broke(bench, armed, point):
    """Calling again with the same entries finds what was committed and posts the rest."""
    entries = [bench.entry("a", records_of(30, seed=5, invalid=True))]
    entries.append(RequestEntry(decode(bench.session, [record()]), "77", "aa"))
    armed(f"{point}=raise")
    try:
        outcomes = bench.write(entries)
    except StoreUnavailable:
        outcomes = bench.write(entries)
    assert faults.arrivals()[point] >= 1
    assert [outcome.totals.record_count for outcome in outcomes] == [30, 1]
    assert not outcomes[1].already_posted
    assert bench.ledger.channels.get_channel("acme", "a").committed_offset == 30
    bench.check()


def test_a_retry_in_another_grouping_posts_once(bench, armed):
    """What a broken call committed is found even beside new entries."""
    first = [bench.entry("a", records_of(10, seed=5)), bench.entry("b", records_of(10, seed=6))]
    armed("journal.after_commit=raise")
    with pytest.raises(StoreUnavailable):
        bench.write(first)
    outcomes = bench.write([first[1], bench.entry("a", records_of(3, seed=7))])
    assert [outcome.totals.record_count for outcome in outcomes] == [10, 3]
    (outcome,) = bench.write([first[0]])
    assert outcome.totals.record_count == 10
    assert bench.ledger.channels.get_channel("acme", "a").committed_offset == 13
    bench.check()


def test_a_hole_between_two_entries_is_refused(bench):
    """Entries of one channel that leave a gap are refused from the gap on."""
    first, second, third = (bench.entry("a", [record()]) for _ in range(3))
    fourth = bench.entry("b", [record()])
    outcomes = bench.write([first, third, fourth])
    assert [type(outcome) for outcome in outcomes] == [Durable, Lost, Durable]
    assert isinstance(outcomes[1].error, OffsetGap)
    outcomes = bench.write([second, third])
    assert [type(outcome) for outcome in outcomes] == [Durable, Durable]
    bench.check()


def test_nothing_and_empty_batches_are_fine(bench):
    """No entries give no outcomes; a batch of no records is durable as it is."""
    assert bench.write([]) == []
    assert bench.append("a", [], "rows").totals == ControlTotals()
    assert bench.append("a", [record()]).totals.posted_count == 1
    bench.check()


def test_a_closed_period_refuses_its_own_records_alone(bench):
    """A record of a closed month goes to quarantine; nothing else falls with it."""
    bench.append("a", [record()])
    month = period_of_month(T0.strftime("%Y-%m"))
    bench.ledger.periods.close_period("acme", month, author="ada", reason="over")
    later = record(start=T0.replace(month=5), end=T0.replace(month=6))
    entries = [bench.entry("a", [later, record(), later]), bench.entry("b", [later])]
    entries.append(RequestEntry(decode(bench.session, [record()]), "1", "aa"))
    outcomes = bench.write(entries)
    assert [type(outcome) for outcome in outcomes] == [Durable, Durable, Durable]
    (error,) = outcomes[0].row_errors
    assert (error.index, error.status) == (1, RowStatus.PERIOD_MUST_BE_OPEN)
    assert [each.totals.posted_count for each in outcomes] == [2, 1, 0]
    assert bench.ledger.channels.get_channel("acme", "a").committed_offset == 4
    bench.check()


def test_a_book_that_never_rests_asks_to_wait(bench, monkeypatch):
    """When every attempt meets another revision the caller is told to come back."""
    bench.append("a", [record()])
    bench.other().ledger.register.import_facilities("acme", [Facility("x")])
    monkeypatch.setattr(BookStates, "refresh", lambda _, book: book)
    entry = bench.entry("a", [record()])
    with pytest.raises(StoreUnavailable, match="changed while records were posted"):
        bench.write([entry])
    monkeypatch.undo()
    assert bench.write([entry])[0].totals.suspended_count == 1
    bench.check()


def test_a_state_with_too_many_rules_is_replaced(bench, monkeypatch):
    """Rules made from what producers send do not grow without bound."""
    monkeypatch.setattr(book_state, "RULE_COUNT_MAX", 3)
    states = bench.ledger.books._states
    for number in range(10):
        bench.session = Session()
        bench.append("a", [record(unit=unit) for unit in ("kWh", f"u{number}")])
        assert states._states["acme"].rule_count <= 4
    assert sum_by(bench.ledger.snapshots.take("acme").frame(), ())["record_count"].item() == 10
    bench.check()


def test_two_servers_write_one_book_at_the_same_time(any_bench):
    """Groups of several servers and channels add up, under merges and a changing book."""
    servers = [any_bench, any_bench.other(), any_bench.other(merge_files_max=3)]
    failures = []

    def work(number, server):
        try:
            for step in range(6):
                server.append(f"c{number}", records_of(20, seed=10 * number + step))
                if step == 3:
                    server.ledger.register.import_facilities("acme", [Facility(f"site-{number}")])
                server.ledger.merger.merge("acme")
        except BaseException as error:  # noqa: BLE001 - a thread's error belongs to the test
            failures.append(error)

    threads = [threading.Thread(target=work, args=pair) for pair in enumerate(servers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    everything = [
        each for n in range(3) for step in range(6) for each in records_of(20, seed=10 * n + step)
    ]
    assert balances(any_bench) == naive.sums(everything)
    any_bench.check()


def test_upkeep_merges_and_collects_what_nobody_needs(bench):
    """Merged files and files without a commit are listed and go after days, live ones stay."""
    now = utc_now() + dt.timedelta(hours=2)
    ledger = Ledger(
        bench.manifest, bench.objects, holder="keeper", merge_files_max=2, clock=lambda: now
    )
    for seed in range(4):
        bench.append("a", records_of(5, seed=seed))
    bench.objects.put(f"acme/segments/2015-01-01/{'0' * 32}.parquet", b"x")
    ledger.upkeep.maintain()
    assert len(bench.manifest.live_postings("acme")) == 1
    assert len(bench.objects_under("segments")) == len(bench.objects_under("postings")) == 5
    age_lists(bench.manifest)
    now += dt.timedelta(seconds=GARBAGE_INTERVAL_S)
    ledger.upkeep.maintain()
    assert len(bench.objects_under("segments")) == 4
    assert len(bench.objects_under("postings")) == 1
    ledger.close()
    bench.check()


def test_of_two_streams_of_one_epoch_only_the_posted_one_is_told(bench, armed):
    """After an unknown outcome a batch at the same place is not taken for the one committed."""
    first = bench.entry("a", [record(record_id="first")])
    twin = ChannelEntry(decode(Session(), [record(quantity="9")]), "a", first.epoch, 0)
    armed("journal.after_commit=raise")
    with pytest.raises(StoreUnavailable):
        bench.write([first, twin])
    outcomes = bench.write([first, twin])
    assert [type(outcome) for outcome in outcomes] == [Durable, Lost]
    assert isinstance(outcomes[1].error, OffsetGap)
    assert bench.write([twin])[0].error.code == "OFFSET_GAP"
    bench.check()


def test_a_batch_of_a_later_call_is_not_taken_for_one_of_unknown_outcome(bench, armed):
    """What stands at the same place with other records is refused, though the old one is there."""
    first = bench.entry("a", [record(record_id="first")])
    twin = ChannelEntry(decode(Session(), [record(quantity="9")]), "a", first.epoch, 0)
    armed("journal.after_commit=raise")
    with pytest.raises(StoreUnavailable):
        bench.write([first])
    assert bench.write([twin])[0].error.code == "OFFSET_GAP"
    assert bench.write([first])[0].totals.quantity_atto == 15 * 10**17
    bench.check()
