"""Rollups on a store: answers do not depend on them, whatever happens to the book or to them."""

from __future__ import annotations

import itertools
from contextlib import ExitStack
from dataclasses import replace
from unittest.mock import patch

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.ledger.conftest import record, records_of
from tests.unit.ledger.correcting import test_correcting_laws as laws
from tests.unit.ledger.same.conftest import check as same_check
from tonne.errors import LedgerInconsistent, StoreUnavailable
from tonne.ledger.files.files import ROLLUP, ROLLUP_KINDS, Wanted, run_of
from tonne.ledger.reading.rollups import Rollups, files_by_run
from tonne.ledger.upkeep.rollups.rolling import Rolled, Roller
from tonne.ledger.upkeep.turns import Layout
from tonne.model import Entity, Facility, Holding
from tonne.reports.inventory.book import book_inventory
from tonne.reports.inventory.request import InventoryRequest
from tonne.store import faults
from tonne.store.errors import OutcomeUnknown

_numbers = itertools.count(1)

REQUESTS = [
    InventoryRequest(),
    InventoryRequest(group_by=("account", "period")),
    InventoryRequest(group_by=("facility_type", "region")),
    InventoryRequest(first_period=543, group_by=("activity",), consolidation="equity-share"),
    InventoryRequest(activities=("electricity.grid",), group_by=("region",)),
    InventoryRequest(facilities=("f0",), group_by=("period",)),
]


@pytest.fixture(autouse=True)
def small():
    """Everything is rolled up, in files of three rows, and rollups are used whatever they gain."""
    with ExitStack() as stack:
        for name, value in {
            "tonne.ledger.reading.rollups.ROLLED_ROWS_MIN": 1,
            "tonne.ledger.upkeep.rollups.maker.ROLLED_ROWS_MIN": 1,
            "tonne.ledger.upkeep.rollups.maker.REFRESH_S": -1.0,
            "tonne.ledger.upkeep.rollups.rolling.GAIN_MIN": 1,
            "tonne.ledger.upkeep.merging.FILE_ROWS_MAX": 3,
            "tonne.reports.inventory.gathering.DETAIL_KEPT_ROWS": 0,
        }.items():
            stack.enter_context(patch(name, value))
        yield


def check_answers(bench):
    """Each answer with rollups is the one without; gives how many rollups were read."""
    snapshot = bench.ledger.snapshots.take(bench.book)
    reads = []
    with patch.object(Rollups, "sums", autospec=True, side_effect=read_of(reads)):
        for request in REQUESTS:
            found = book_inventory(snapshot, request)
            assert found == book_inventory(replace(snapshot, rollups=None), request)
    return len(reads)


def read_of(reads):
    """Note each rollup that is read."""
    sums = Rollups.sums

    def read(self, run):
        reads.append(run.name)
        return sums(self, run)

    return read


def problems(bench):
    """What a check finds."""
    return bench.ledger.checks.check(bench.book, on_file=lambda: None).problems


def merge(bench):
    """Merge all that there is, as a server that remembers nothing."""
    other = bench.other(merge_files_max=1).ledger
    other.merger.merge(bench.book)
    other.close()


def registered(kind, entity, since):
    """Register both facilities of the law."""
    return [
        Facility("f0", type=kind, region="DE", entity=entity, valid_from=since),
        Facility("f1", type="office", region="CN"),
    ]


register_steps = st.tuples(
    st.just("register"),
    st.builds(
        registered,
        st.sampled_from(["data_centre", "office"]),
        st.sampled_from(["", "joint"]),
        st.sampled_from(["", "2015-02-01", "2015-03-11"]),
    ),
)
merges = st.tuples(st.just("merge"), st.none())


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(laws.steps | register_steps | merges, min_size=4, max_size=12))
def test_answers_do_not_depend_on_rollups(bench, plan_steps):
    """Through records, corrections, clearings, methods, changes of the register and merges."""
    ours = laws.book_of(bench, f"rolled-{next(_numbers)}")
    joint = Entity("joint", holdings=(Holding(equity_share="0.3"),))
    ours.ledger.register.import_entities(ours.book, [joint])
    plan = laws.Plan()
    for verb, subject in plan_steps:
        if verb == "register":
            ours.ledger.register.import_facilities(ours.book, subject)
            continue
        laws.act(ours, plan, "meter", verb, subject)
        plan.take(verb, subject)
        laws.both(ours, verb, subject)
        if verb == "merge":
            check_answers(ours)
    merge(ours)
    check_answers(ours)
    assert problems(ours) == []
    ours.check()


def rolled_book(bench):
    """A book whose postings are one run with a rollup."""
    bench.ledger.register.import_facilities(
        "acme",
        [Facility(f"site-{number}", type="data_centre", region="DE") for number in range(9)],
    )
    for seed in range(3):
        bench.append("meter", records_of(60, seed=seed, invalid=True))
    merge(bench)
    runs = {run_of(file) for file in bench.manifest.live_postings("acme")}
    assert len(runs) == 1
    (run,) = files_by_run(bench.manifest.live_rollups("acme")).items()
    assert run[0] in runs
    return run


def test_a_run_is_in_order_and_its_files_say_what_they_have(any_bench):
    """Months and facilities of each file lie within its span; some months are in some files."""
    bench = any_bench
    rolled_book(bench)
    files = bench.manifest.live_postings("acme")
    assert len(files) > 3
    frames = [pl.concat(bench.ledger.balances.parts([file])) for file in files]
    for file, frame in zip(files, frames, strict=True):
        assert frame.height <= 3
        assert (frame["period"].min(), frame["period"].max()) == (
            file.span.first_period,
            file.span.last_period,
        )
        assert (frame["facility"].min(), frame["facility"].max()) == (
            file.span.first_facility,
            file.span.last_facility,
        )
    whole = pl.concat(frames)
    assert whole.equals(whole.sort("period", "facility", maintain_order=True))
    period, facility = whole.row(whole.height // 2, named=True)["period"], whole["facility"][0]
    wanted = Wanted(period, period, (facility,))
    assert len(wanted.of(files)) < len(files)
    found = pl.concat(bench.ledger.balances.parts(files, wanted=wanted), how="vertical")
    is_asked = (pl.col("period") == period) & (pl.col("facility") == facility)
    assert found.filter(is_asked).equals(whole.filter(is_asked))


def test_a_rollup_goes_with_its_run(any_bench):
    """The next merge makes another; the files of the old one are dead, and no other's."""
    bench = any_bench
    name, old = rolled_book(bench)
    assert check_answers(bench) > 0
    bench.append("meter", records_of(60, seed=9))
    merge(bench)
    ((other, new),) = files_by_run(bench.manifest.live_rollups("acme")).items()
    assert other != name
    assert {each.id for each in new.values()}.isdisjoint(each.id for each in old.values())
    assert len(bench.manifest.live_rollups("acme")) == len(ROLLUP_KINDS)
    assert check_answers(bench) > 0
    assert problems(bench) == []


def test_records_that_come_twice_leave_a_rollup(any_bench):
    """Rolled up before they were compared: what is reversed since goes with the next merge."""
    bench = any_bench
    rolled_book(bench)
    whole = book_inventory(bench.ledger.snapshots.take("acme"), InventoryRequest())
    bench.append("again", records_of(60, seed=1, invalid=True))
    merge(bench)
    twice = book_inventory(bench.ledger.snapshots.take("acme"), InventoryRequest())
    assert twice.total.record_count > whole.total.record_count
    assert same_check(bench).reversed_count > 0
    for _ in range(2):  # the reversal beside the run, and in it
        assert check_answers(bench) > 0
        once = book_inventory(bench.ledger.snapshots.take("acme"), InventoryRequest())
        assert once.total == whole.total
        assert once.suspended_count == whole.suspended_count
        assert problems(bench) == []
        merge(bench)


def test_a_change_of_the_register_makes_another(bench):
    """Until then who asks the register reads postings; a facility without any changes nothing."""
    name, old = rolled_book(bench)
    bench.ledger.register.import_facilities("acme", [Facility("site-new", type="office")])
    merge(bench)
    assert files_by_run(bench.manifest.live_rollups("acme"))[name] == old
    bench.ledger.register.import_facilities("acme", [Facility("site-1", type="office")])
    check_answers(bench)
    with patch("tonne.ledger.upkeep.rollups.maker.REFRESH_S", 600.0):
        merge(bench)
    assert files_by_run(bench.manifest.live_rollups("acme"))[name] == old
    merge(bench)
    new = files_by_run(bench.manifest.live_rollups("acme"))[name]
    assert new[ROLLUP].id != old[ROLLUP].id
    assert check_answers(bench) > 0
    assert problems(bench) == []


@pytest.mark.parametrize("kind", ROLLUP_KINDS)
def test_a_rollup_that_is_lost_costs_no_answer(bench, kind):
    """It is told, the postings are read, and a rebuild makes it again."""
    _, files = rolled_book(bench)
    path = files[kind].path
    content = bytearray(bench.objects.get(path))
    content[len(content) // 2] ^= 1
    bench.objects.delete(path)
    bench.objects.put(path, bytes(content))
    reader = bench.other(cache_bytes_max=0)
    check_answers(reader)
    assert [each.rule for each in problems(reader)] == ["FILE_MUST_BE_WHOLE"]
    done = reader.ledger.checks.rebuild("acme", on_file=lambda: None)
    assert (done.replaced, done.rollup_count) == ((), 1)
    assert problems(reader) == []
    assert check_answers(reader) > 0
    reader.ledger.close()


def test_a_rollup_of_other_sums_is_found(bench):
    """Before it is live, by the sums of its postings; and by a check, if it ever came to be."""
    name, files = rolled_book(bench)
    finish = Roller.finish

    def wrong(self):
        frames = dict(finish(self).frames)
        one_more = pl.col("record_start_count") + 1
        frames[ROLLUP] = frames[ROLLUP].with_columns(record_start_count=one_more)
        return Rolled(frames)

    with patch.object(Roller, "finish", wrong):
        lease = bench.manifest.acquire_lease("merge/acme", "test", 60.0)
        with pytest.raises(LedgerInconsistent, match="other sums than its postings"):
            bench.ledger.rollups.refresh("acme", lease, is_anew=True)
        assert files_by_run(bench.manifest.live_rollups("acme"))[name] == files
        assert [each.rule for each in problems(bench)] == ["ROLLUP_MUST_BE_THE_POSTINGS"]


@pytest.mark.parametrize("point", ["rollup.before_sql", "rollup.after_sql"])
def test_a_refresh_that_is_cut_off(any_bench, point):
    """Before the transaction the old one stays; after it the new one is there, once."""
    bench = any_bench
    rolled_book(bench)
    bench.ledger.register.import_facilities("acme", [Facility("site-1", type="office")])
    faults.arm(f"{point}=raise")
    try:
        merge(bench)
    except (StoreUnavailable, OutcomeUnknown):
        pass
    finally:
        faults.disarm()
    assert len(bench.manifest.live_rollups("acme")) == len(ROLLUP_KINDS)
    check_answers(bench)
    merge(bench)
    assert len(bench.manifest.live_rollups("acme")) == len(ROLLUP_KINDS)
    assert check_answers(bench) > 0
    assert problems(bench) == []


def test_an_older_server_merges_beside(bench):
    """It knows no rollups: what it leaves is used by nobody, and goes at the next round."""
    name, files = rolled_book(bench)
    live = bench.manifest.live_postings("acme")
    bench.append("meter", [record(facility="late")])
    (late,) = set(bench.manifest.live_postings("acme")) - set(live)
    kept = replace(live[0], id="0" * 32, path=f"acme/postings/2015-01-01/{'0' * 32}.parquet")
    bench.objects.put(kept.path, bench.objects.get(live[0].path))
    assert bench.manifest.replace_postings("acme", [live[0].id], replace(kept, span=None))
    del late
    assert files_by_run(bench.manifest.live_rollups("acme"))[name] == files
    assert check_answers(bench) == len(REQUESTS) - 1  # looked at, and left alone
    merge(bench)
    assert name not in files_by_run(bench.manifest.live_rollups("acme"))
    assert check_answers(bench) > 0


def test_turns_take_each_posting_once():
    """Months together, a month cut by facilities, one facility with more than a turn by keys."""
    rows = [(540 + n % 3, f"f{n % 7}") for n in range(70)] + [(550, f"f{n}") for n in range(900)]
    rows += [(551, "one") for _ in range(900)]
    part = pl.DataFrame(rows, {"period": pl.Int32, "facility": pl.String}, orient="row")
    part = part.with_columns(
        activity=pl.int_range(pl.len()).cast(pl.String),
        unit=pl.lit("kWh"),
        region=pl.lit(""),
        first_day=pl.lit(1, pl.UInt8),
        last_day=pl.lit(31, pl.UInt8),
        resolution=pl.lit("r"),
        status=pl.lit(0, pl.UInt8),
        late=pl.lit(0, pl.UInt16),
    )
    layout = Layout()
    for some in part.iter_slices(100):
        layout.add(some)
    turns = layout.turns(300)
    taken = [turn.of(part) for turn in turns]
    assert pl.concat(taken).sort(part.columns).equals(part.sort(part.columns))
    assert max(each.height for each in taken) < 600
    assert len(turns) > 5
