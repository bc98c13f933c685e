"""Clearing of suspense: what can be resolved by now is posted, each record exactly once."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import polars as pl
import pytest

from tests.support.timing.races import run_all
from tests.unit.ledger.conftest import EDITION, T0, decode, record
from tonne.catalogue.words.method import MethodSettings
from tonne.errors import BookUnknown, StoreUnavailable
from tonne.ledger.files.postings import drop_zeros
from tonne.ledger.files.sums import sum_by
from tonne.ledger.pages import Ask
from tonne.ledger.posting.clearing import ClearingProgress
from tonne.ledger.posting.entries import RequestEntry
from tonne.ledger.posting.writing.laid_out import POSTED_KEYS
from tonne.model import (
    ControlTotals,
    Facility,
    PeriodState,
    RowStatus,
    period_of_month,
)
from tonne.store import faults
from tonne.store.sql import schema

HEADER = EDITION.splitlines(keepends=True)[0]
LIME = HEADER + b"process.lime,,t,2015-01-01,,70,,,,scope1.process,paper,4,\n"
CLAY = HEADER + b"process.clay,,t,2015-01-01,,30,,,,scope1.process,paper,5,\n"


@pytest.fixture
def armed():
    """Nothing is armed after the test."""
    yield
    faults.disarm()


def lime(**fields):
    return record(activity="process.lime", unit="t") | fields


def clay(**fields):
    return record(activity="process.clay", unit="t") | fields


def clear(bench):
    """Clear to the end; the last step."""
    return list(bench.ledger.suspense.clear(bench.book))[-1]


def sums(bench):
    """Balances without what was taken back, as rows."""
    frame = (
        bench.ledger.snapshots.take(bench.book)
        .frame()
        .with_columns(pl.col(pl.Categorical).cast(pl.String))
    )
    found = drop_zeros(sum_by(frame, POSTED_KEYS)).drop("resolution")
    return sorted(map(str, found.iter_rows()))


def suspended(bench):
    return [
        each.offset
        for each in bench.ledger.records.list_suspense(bench.book, Ask(page_size=1000)).items
    ]


def test_what_an_edition_resolves_is_posted(bench):
    """Under the method in force, in the balances, the lists and the channel's totals alike."""
    bench.append("meter", [record(), lime(record_id="l"), clay()])
    assert clear(bench) == ClearingProgress(1, 1, 0, 2)
    bench.ledger.editions.import_edition("acme", "lime-2015", LIME)
    assert clear(bench) == ClearingProgress(1, 1, 1, 1)
    listed = bench.ledger.records.list_records("acme").items
    assert [each.status for each in listed] == [
        RowStatus.POSTED, RowStatus.POSTED, RowStatus.FACTOR_MUST_EXIST,
    ]  # fmt: skip
    assert [each.message == "" for each in listed] == [True, True, False]
    assert suspended(bench) == [2]
    frame = (
        bench.ledger.snapshots.take("acme")
        .frame()
        .filter(pl.col("activity").cast(str) == "process.lime", pl.col("status") == 0)
    )
    (name,) = frame["resolution"].cast(str)
    assert (frame["quantity"].item(), frame["record_count"].item()) == (Decimal("1.5"), 1)
    resolution = bench.ledger.editions.resolutions("acme", [name])[name]
    assert resolution.method_version == bench.ledger.books.get_book("acme").method_version == 3
    totals = bench.ledger.channels.get_channel("acme", "meter").totals
    assert totals == ControlTotals(3, 2, 0, 1, 45 * 10**17)
    assert clear(bench) == ClearingProgress(1, 1, 0, 1)
    bench.check()
    bench.ledger.editions.import_edition("acme", "clay-2015", CLAY)
    assert clear(bench) == ClearingProgress(1, 1, 1, 0)
    assert clear(bench) == ClearingProgress(0)
    assert suspended(bench) == []
    bench.check()


def test_an_unknown_book_is_told(bench):
    """Before anything is read."""
    with pytest.raises(BookUnknown):
        bench.ledger.suspense.clear("nobody")


def test_what_was_taken_back_leaves_no_trace_in_a_merge(bench):
    """Rows of nothing, of no record, are dropped; a real zero of real records stays."""
    bench.append("meter", [lime(), lime(quantity="-1.5"), record(quantity="0")])
    bench.ledger.editions.import_edition("acme", "lime-2015", LIME)
    clear(bench)
    before = sums(bench)
    other = bench.other(merge_files_max=1)
    assert other.ledger.merger.merge("acme") == 2
    (file,) = bench.manifest.live_postings("acme")
    frame = bench.ledger.snapshots.take("acme").frame()
    assert (file.row_count, frame["status"].to_list()) == (2, [0, 0])
    assert sorted(frame["record_count"].to_list()) == [1, 2]
    assert sums(bench) == before
    other.ledger.close()
    bench.check()


def test_a_merge_of_what_is_taken_back_whole_is_an_empty_file(bench):
    """A merge of a posting and its taking back alone has no rows, and is read back."""
    bench.append("meter", [lime()])
    bench.ledger.editions.import_edition("acme", "lime-2015", LIME)
    clear(bench)
    frame = bench.ledger.snapshots.take("acme").frame().filter(pl.col("status") > 0)
    assert drop_zeros(sum_by(frame, POSTED_KEYS)).is_empty()


@pytest.mark.parametrize("region_then", ["", "DE"])
def test_a_facility_that_is_registered_later_gives_its_region(bench, region_then):
    """What was posted before under no region is taken back from there, to the last key."""
    bench.ledger.register.import_facilities("acme", [Facility("elsewhere")])
    bench.append("meter", [record(), lime(facility="elsewhere")])
    bench.ledger.register.import_facilities("acme", [Facility("dc-1", region=region_then)])
    assert clear(bench) == ClearingProgress(1, 1, 1, 1)
    bench.check()
    other = bench.other(merge_files_max=1)
    other.ledger.merger.merge("acme")
    other.ledger.close()
    rows = (
        bench.ledger.snapshots.take("acme")
        .frame()
        .select(pl.col("facility", "region").cast(str), "status")
    )
    assert sorted(rows.iter_rows()) == [("dc-1", region_then, 0), ("elsewhere", "", 65)]


def test_a_facility_that_moves_while_its_records_wait_is_taken_back_where_it_was(bench):
    """The region under which a record waits is noted with it: no row goes below nothing."""
    bench.ledger.register.import_facilities(
        "acme", [Facility("dc-1", region="DE"), Facility("dc-2")]
    )
    bench.append("meter", [lime(quantity="3"), lime(region="FR"), lime(facility="dc-2")])
    bench.ledger.register.import_facilities("acme", [Facility("dc-1", region="CN")])
    bench.append("meter", [lime(quantity="5")])
    bench.check()
    bench.ledger.register.import_facilities("acme", [Facility("dc-1", region="US")])
    bench.ledger.editions.import_edition("acme", "lime-2015", LIME)
    assert clear(bench) == ClearingProgress(2, 2, 4, 0)
    bench.check()
    other = bench.other(merge_files_max=1)
    other.ledger.merger.merge("acme")
    other.ledger.close()
    frame = bench.ledger.snapshots.take("acme").frame()
    found = frame.select(pl.col("facility", "region").cast(str), "quantity", "status")
    assert sorted(found.iter_rows()) == [
        ("dc-1", "FR", Decimal("1.5"), 0),
        ("dc-1", "US", Decimal(8), 0),
        ("dc-2", "", Decimal("1.5"), 0),
    ]


def test_a_record_over_months_is_split_as_ever(bench):
    """Its parts leave suspense and arrive in their months, adding up to the whole."""
    start = dt.datetime(2015, 1, 30, tzinfo=dt.UTC)
    span = {"start": start, "end": start + dt.timedelta(days=100), "quantity": "100.000001"}
    bench.append("meter", [lime(**span)])
    bench.ledger.editions.import_edition("acme", "lime-2015", LIME)
    other = bench.other()
    other.append("direct", [lime(**span)])
    assert clear(bench) == ClearingProgress(1, 1, 1, 0)
    frame = bench.ledger.snapshots.take("acme").frame().filter(pl.col("status") == 0)
    halves = frame.with_columns(pl.col(pl.Categorical).cast(pl.String)).select(
        "period", "quantity", "record_count", "record_start_count"
    )
    assert (
        sum(halves["quantity"].to_list())
        == 2 * 100 + pl.Series(["0.000002"]).cast(pl.Decimal(38, 6)).item()
    )
    assert halves.is_duplicated().all()  # the cleared one and the direct one are the same rows
    other.ledger.close()
    bench.check()


def test_records_of_a_closed_month_stay(bench):
    """A record with any part in a closed month remains; it is cleared once that is open."""
    january = T0 + dt.timedelta(days=30, hours=23)
    bench.append(
        "meter",
        [
            lime(record_id="in", start=january, end=january + dt.timedelta(minutes=30)),
            lime(record_id="over", start=january, end=january + dt.timedelta(hours=2)),
            lime(record_id="after", start=january + dt.timedelta(hours=1),
                 end=january + dt.timedelta(hours=2)),
        ],
    )  # fmt: skip
    bench.ledger.editions.import_edition("acme", "lime-2015", LIME)
    _set_period(bench, "2015-01", PeriodState.SOFT_CLOSED)
    assert clear(bench) == ClearingProgress(1, 1, 1, 2)
    assert suspended(bench) == [0, 1]
    bench.check()
    _set_period(bench, "2015-01", PeriodState.OPEN)
    assert clear(bench) == ClearingProgress(1, 1, 2, 0)
    bench.check()


def test_a_month_that_closes_in_the_middle_is_not_posted_to(bench, monkeypatch):
    """The commit asserts what was read before; then the rest is cleared without it."""
    later = T0 + dt.timedelta(days=40)
    bench.append("meter", [lime(), lime(start=later, end=later + dt.timedelta(days=1))])
    bench.ledger.editions.import_edition("acme", "lime-2015", LIME)
    commit = bench.manifest.commit
    calls = []

    def close_first(made):
        if not calls:
            _set_period(bench, "2015-01", PeriodState.SEALED)
        calls.append(made)
        commit(made)

    monkeypatch.setattr(bench.manifest, "commit", close_first)
    assert clear(bench) == ClearingProgress(1, 1, 1, 1)
    assert len(calls) == 2
    assert suspended(bench) == [0]


def test_the_answer_to_a_request_stays_what_it_was(bench):
    """A repeat is answered as the first time, though its records were cleared since."""
    entry = RequestEntry(decode(bench.session, [record(), lime()]), "77", "aa")
    (first,) = bench.write([entry])
    assert first.totals.suspended_count == 1
    bench.ledger.editions.import_edition("acme", "lime-2015", LIME)
    assert clear(bench) == ClearingProgress(1, 1, 1, 0)
    bench.check()
    (again,) = bench.write([entry])
    assert (again.totals, again.already_posted) == (first.totals, True)
    assert [each.status for each in bench.ledger.records.list_records("acme").items] == [0, 0]


def test_a_record_whose_unit_no_longer_fits_stays(bench):
    """It was valid when it came: it is kept in suspense, not thrown into quarantine."""
    bench.append("meter", [lime(unit="kWh"), lime()])
    bench.ledger.editions.import_edition("acme", "lime-2015", LIME)
    assert clear(bench) == ClearingProgress(1, 1, 1, 1)
    assert suspended(bench) == [0]
    assert bench.ledger.records.list_quarantine("acme").items == ()
    bench.check()


def test_what_is_appended_meanwhile_is_not_looked_at(bench):
    """Each step is one of the segments that waited when the call began."""
    for _ in range(3):
        bench.append("meter", [lime(), clay()])
    bench.ledger.editions.import_edition("acme", "lime-2015", LIME)
    steps = []
    for step in bench.ledger.suspense.clear("acme"):
        steps.append(step)
        bench.append("meter", [clay()])
    assert steps == [ClearingProgress(3, n, n, n) for n in (1, 2, 3)]
    bench.check()


def test_pages_of_suspense_give_each_record_that_still_waits_once(bench):
    """What is cleared between two pages moves nothing."""
    for _ in range(3):
        bench.append("meter", [lime(), clay(), clay(), lime(), clay()])
    expected = [offset for offset in range(15) if offset % 5 in (1, 2, 4)]
    first = bench.ledger.records.list_suspense("acme", Ask(page_size=2))
    assert [each.offset for each in first.items] == [0, 1]
    bench.ledger.editions.import_edition("acme", "lime-2015", LIME)
    found, token = [], first.next_page_token
    while token:
        page = bench.ledger.records.list_suspense("acme", Ask(page_size=2, page_token=token))
        found += [each.offset for each in page.items]
        token = page.next_page_token
        clear(bench)
    assert [offset for offset in found if offset in expected] == expected[1:]
    assert len(set(found)) == len(found)


def test_another_server_that_cleared_first_is_noticed(bench):
    """A server with an older view of book and segment posts nothing again."""
    bench.append("meter", [lime()])
    other = bench.other()
    other.ledger.register.facilities("acme")  # the state before the import
    bench.ledger.editions.import_edition("acme", "lime-2015", LIME)
    steps = other.ledger.suspense.clear("acme")
    assert clear(bench) == ClearingProgress(1, 1, 1, 0)
    assert list(steps) == [ClearingProgress(0)]
    other.ledger.close()
    bench.check()


@pytest.mark.usefixtures("armed")
@pytest.mark.parametrize(
    ("point", "happened"),
    [
        ("objects.after_put", False),
        ("clearing.after_files", False),
        ("commit.before_sql", False),
        ("commit.in_sql", False),
        ("clearing.after_commit", True),
    ],
)
def test_a_failure_at_any_point_posts_once(any_bench, point, happened):
    """The caller tries again and finds what was done."""
    bench = any_bench
    bench.append("meter", [lime(), record()])
    bench.ledger.editions.import_edition("acme", "lime-2015", LIME)
    faults.arm(f"{point}=raise")
    with pytest.raises(StoreUnavailable):
        clear(bench)
    faults.disarm()
    expected = ClearingProgress(0) if happened else ClearingProgress(1, 1, 1, 0)
    assert clear(bench) == expected
    assert suspended(bench) == []
    bench.check()


@pytest.mark.usefixtures("armed")
def test_a_lost_reply_of_the_commit_is_settled(any_bench):
    """A commit whose reply was lost is known to have happened; the call goes on."""
    any_bench.append("meter", [lime()])
    any_bench.ledger.editions.import_edition("acme", "lime-2015", LIME)
    faults.arm("commit.after_sql=raise")
    assert clear(any_bench) == ClearingProgress(1, 1, 1, 0)
    any_bench.check()


def test_clearers_and_a_producer_race(any_bench):
    """Two servers clear while a third streams: every record is posted exactly once."""
    bench = any_bench
    servers = [bench.other() for _ in range(2)]
    for batch in range(6):
        bench.append("meter", [lime(record_id=f"{batch}-{n}") for n in range(20)])
    cleared = []

    def stream():
        for batch in range(6):
            bench.append("meter", [lime(), clay(), record(record_id=f"s{batch}")])
            if batch == 2:
                bench.ledger.editions.import_edition("acme", "lime-2015", LIME)

    def clear_often(server):
        for _ in range(8):
            steps = list(server.ledger.suspense.clear("acme"))
            cleared.append(steps[-1].cleared_count)

    run_all(stream, *(lambda s=server: clear_often(s) for server in servers))
    cleared.append(clear(bench).cleared_count)
    for server in servers:
        server.ledger.close()
    frame = (
        bench.ledger.snapshots.take("acme")
        .frame()
        .with_columns(pl.col(pl.Categorical).cast(pl.String))
    )
    totals = sum_by(frame, ["activity", "status"])
    counts = {
        (activity, status): count
        for activity, status, count in drop_zeros(totals)
        .select("activity", "status", "record_count")
        .iter_rows()
    }
    assert counts == {
        ("process.lime", 0): 126,
        ("process.clay", 65): 6,
        ("electricity.grid", 0): 6,
    }
    assert 120 + 3 <= sum(cleared) <= 126  # of the later batches some were resolved at once
    bench.check()


def test_a_book_that_changes_in_the_middle_is_resolved_anew(bench, monkeypatch):
    """A method that is set between resolving and the commit is the one that posts."""
    bench.append("meter", [lime()])
    bench.ledger.editions.import_edition("acme", "lime-2015", LIME)
    commit, calls = bench.manifest.commit, []

    def change_first(made):
        if not calls:
            settings = MethodSettings(editions=("lime-2015", "paper-2015"), gwp_set="AR6")
            bench.ledger.methods.set_method("acme", settings, author="Ada", reason="meanwhile")
        calls.append(made)
        commit(made)

    monkeypatch.setattr(bench.manifest, "commit", change_first)
    assert clear(bench) == ClearingProgress(1, 1, 1, 0)
    (name,) = bench.ledger.snapshots.take("acme").frame()["resolution"].drop_nulls().cast(str)
    assert bench.ledger.editions.resolutions("acme", [name])[name].method_version == 4
    bench.check()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"activity": "electricty.grid"}, ["electricty.grid", "nearest", "electricity.grid"]),
        ({"activity": "paper.milll"}, ["paper.milll", "paper.mill"]),
        (
            {"activity": "travel.rail.national", "unit": "passenger.km"},
            ["no edition", "travel.rail.national", "import"],
        ),
        (
            {"start": T0 - dt.timedelta(days=40), "end": T0 - dt.timedelta(days=39)},
            ["electricity.grid", "no region", "2014-11-22", "everywhere (kWh, from 2015-01-01)",
             "DE (kWh, from 2015-01-01)"],
        ),
        (
            {"activity": "paper.mill", "unit": "t", "region": "FR"},
            ["'FR'", "DE (t, from 2015-01-01 to 2017-01-01)"],
        ),
        ({"activity": "paper.mill", "unit": "t", "facility": "dc-2"}, ["'CN'"]),
        ({"facility": "dc-9"}, ["dc-9", "`tonne facility import`", "nearest registered are dc-"]),
        ({"activity": "Lorry"}, ["'Lorry'", "`tonne activity search`",
             "`tonne word learn --book acme activity Lorry freight.road.hgv.all.average_laden "]),
        (
            {"region": "Guangdnog"},
            ["region: ", "'Guangdnog'", "CN-GD (Guangdong)", "edition import",
             "`tonne word learn --book acme region Guangdnog <REGION> --reason ...`"],
        ),
        ({"region": "DE-XX"}, ["region: ", "'DE-XX'", "nearest known are"]),
        ({"region": "Georgia"}, ["it may be GE (Georgia), US-GA (Georgia)"]),
        ({"facility": "dc-3"}, ["'Frnace'", "FR (France)", "`tonne facility update`"]),
    ],
)  # fmt: skip
def test_a_record_in_suspense_says_what_it_waits_for(bench, fields, words):
    """An id that nobody knows has its nearest; one that is known has what there is."""
    own = (
        HEADER
        + b"paper.mill,DE,t,2015-01-01,2016-01-01,70,,,,scope1.process,p,4,\n"
        + b"paper.mill,DE,t,2016-01-01,2017-01-01,70,,,,scope1.process,p,4,\n"
    )
    bench.ledger.editions.import_edition("acme", "own", own)
    facilities = [Facility("dc-1"), Facility("dc-2", region="CN")]
    facilities.append(Facility("dc-3", region="Frnace"))
    bench.ledger.register.import_facilities("acme", facilities)
    bench.append("meter", [record(**fields)])
    (item,) = bench.ledger.records.list_suspense("acme").items
    assert [word for word in words if word not in item.message] == []


def test_a_record_that_can_be_cleared_says_so(bench):
    """After the import the list names what is to be done, and a unit that does not fit."""
    bench.ledger.register.import_facilities("acme", [Facility("dc-1")])
    later = T0 + dt.timedelta(days=364)
    bench.append(
        "meter",
        [
            lime(),
            lime(unit="kWh"),
            record(facility="dc-9"),
            lime(start=later, end=later + dt.timedelta(days=3)),
        ],
    )
    half = HEADER + b"process.lime,,t,2015-01-01,2016-01-01,70,,,,scope1.process,paper,4,\n"
    bench.ledger.editions.import_edition("acme", "lime-2015", half)
    bench.ledger.register.import_facilities("acme", [Facility("dc-9")])
    messages = [each.message for each in bench.ledger.records.list_suspense("acme").items]
    assert messages[0] == (
        "activity: the book now has what the record waited for: "
        "`tonne suspense clear --book acme` posts it"
    )
    assert messages[1].startswith("unit: ")
    assert "got 'kWh'" in messages[1]
    assert messages[2] == (
        "facility: the book now has what the record waited for: "
        "`tonne suspense clear --book acme` posts it"
    )
    assert "2015-12-31 to 2016-01-03" in messages[3]
    assert clear(bench) == ClearingProgress(1, 1, 2, 2)
    assert suspended(bench) == [1, 3]


def _set_period(bench, month, state):
    """Close or open a month, as a change that decides how records are posted."""
    is_open = state is PeriodState.OPEN

    def work(connection):
        before = 0 if is_open else period_of_month(month) + 1
        connection.execute(
            schema.book.update().values(revision=schema.book.c.revision + 1, closed_before=before)
        )

    bench.manifest._database.write(work)
