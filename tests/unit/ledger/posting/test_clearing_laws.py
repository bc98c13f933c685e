"""Laws of clearing: nothing is lost or doubled, by whatever way and through whatever death."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.ledger.conftest import EDITION, T0, embedded_bench, record
from tonne.catalogue.words.method import MethodSettings
from tonne.ledger.files.postings import drop_zeros
from tonne.ledger.files.sums import sum_by
from tonne.ledger.pages import Ask
from tonne.ledger.posting import clearing
from tonne.ledger.posting.writing.laid_out import POSTED_KEYS
from tonne.model import Facility, FacilityRule

ROOT = Path(__file__).parents[4]
HEADER = EDITION.splitlines(keepends=True)[0]
ACTIVITIES = ("process.lime", "process.clay", "process.glass")
FACILITIES = tuple(Facility(f"f{n}", region=region) for n, region in enumerate(("", "DE", "CN")))
WHOLE = ("facility", "activity", "unit", "period")
DAY = dt.timedelta(days=1)
POINTS = (
    "objects.after_put",
    "clearing.after_files",
    "commit.before_sql",
    "commit.in_sql",
    "commit.after_sql",
    "clearing.after_commit",
)


def edition(activity):
    """Factors of one activity: everywhere, and others in one region and from 2016 on."""
    rows = (
        f"{activity},,t,2015-01-01,2016-01-01,70,,,,scope1.process,p,1,\n"
        f"{activity},,t,2016-01-01,,71,,,,scope1.process,p,1,\n"
        f"{activity},DE,kg,2015-01-01,,0.07,,,,scope1.process,p,1,\n"
    )
    return HEADER + rows.encode()


def clear(bench):
    return list(bench.ledger.suspense.clear(bench.book))[-1]


def whole(bench):
    """Posted and suspended quantity and records by what the records say, regions left out."""
    frame = (
        bench.ledger.snapshots.take(bench.book)
        .frame()
        .with_columns(pl.col(pl.Categorical).cast(pl.String))
    )
    return drop_zeros(sum_by(frame, WHOLE)).sort(WHOLE)


def balances(bench):
    """All balances, each under its resolution whatever version of the method made it."""
    frame = (
        bench.ledger.snapshots.take(bench.book)
        .frame()
        .with_columns(pl.col(pl.Categorical).cast(pl.String))
    )
    ids = frame["resolution"].drop_nulls().unique()
    found = bench.ledger.editions.resolutions(bench.book, ids)
    names = {name: replace(each, method_version=0).id for name, each in found.items()}
    same = frame.with_columns(resolution=pl.col("resolution").replace(names))
    return drop_zeros(sum_by(same, POSTED_KEYS)).sort(POSTED_KEYS)


records = st.builds(
    record,
    facility=st.sampled_from(["f0", "f1", "f2", "f3"]),
    activity=st.sampled_from(ACTIVITIES),
    unit=st.sampled_from(["t", "kg"]),
    region=st.sampled_from(["", "DE", "FR"]),
    quantity=st.integers(-(10**9), 10**9).map(lambda micro: f"{micro}e-6"),
    start=st.integers(0, 700).map(lambda days: T0 + days * DAY),
    end=st.integers(701, 900).map(lambda days: T0 + days * DAY),
)
steps = st.one_of(
    st.tuples(st.just("append"), st.lists(records, min_size=1, max_size=5)),
    st.tuples(st.just("edition"), st.sampled_from(ACTIVITIES)),
    st.tuples(st.just("facility"), st.sampled_from(FACILITIES)),
    st.tuples(st.just("clear"), st.none()),
    st.tuples(st.just("merge"), st.none()),
)


def make_book(bench):
    """Make the book anew, in which only registered facilities are taken."""
    rule = FacilityRule.REGISTERED_ONLY
    bench.ledger.books.create_book("law", facility_rule=rule, method=MethodSettings())
    bench.book = "law"


def take(bench, ready, verb, subject):
    """Take a step in a book, and in the one that was ready from the start what it lacks."""
    if verb == "append":
        bench.append("meter", subject)
        ready.append("meter", subject)
    elif verb == "edition":
        bench.ledger.editions.import_edition("law", subject, edition(subject))
    elif verb == "facility":
        bench.ledger.register.import_facilities("law", [subject])
    elif verb == "clear":
        clear(bench)
    else:
        merger = bench.other(merge_files_max=1)
        merger.ledger.merger.merge("law")
        merger.ledger.close()


REST = (
    *(("edition", activity) for activity in ACTIVITIES),
    *(("facility", facility) for facility in FACILITIES),
    ("clear", None),
)
"""What makes a book ready, whatever came before."""


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(steps, min_size=3, max_size=12))
def test_clearing_conserves_and_forgets_the_way(plan):
    """Whatever is appended, imported, registered, cleared and merged in whatever order.

    At every step the posted and suspended quantity together are those of the records. At the
    end the balances are those of a book that had all editions and facilities from the start.
    """
    with (
        tempfile.TemporaryDirectory() as folder,
        embedded_bench(Path(folder) / "one") as bench,
        embedded_bench(Path(folder) / "other") as ready,
    ):
        for each in (bench, ready):
            make_book(each)
        for activity in ACTIVITIES:
            ready.ledger.editions.import_edition("law", activity, edition(activity))
        ready.ledger.register.import_facilities("law", FACILITIES)
        for verb, subject in [*plan, *REST]:
            take(bench, ready, verb, subject)
            assert whole(bench).equals(whole(ready))
        assert balances(bench).equals(balances(ready))
        bench.check()
        waiting = bench.ledger.records.list_suspense("law", Ask(page_size=1000)).items
        assert {each.facility for each in waiting} <= {"f3"}


def test_the_law_sees_a_record_that_is_posted_twice(bench, monkeypatch):
    """Broken on purpose: a clearing that does not take back is found by every law."""
    make_book(bench)
    bench.ledger.register.import_facilities("law", FACILITIES)
    bench.append("meter", [record(facility="f1", activity="process.lime", unit="t")])
    before = whole(bench)
    bench.ledger.editions.import_edition("law", "process.lime", edition("process.lime"))
    taken_back = clearing.taken_back
    monkeypatch.setattr(clearing, "taken_back", lambda *each: taken_back(*each).clear())
    clear(bench)
    assert not whole(bench).equals(before)
    with pytest.raises(AssertionError):
        bench.check()


def run_clearer(folder, spec):
    """Run the clearer to its death or end; the exit code."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.stores.clearer", str(folder), spec],
        cwd=ROOT,
        env={"PYTHONPATH": ":".join([str(ROOT), *sys.path])},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode in (0, -9), done.stderr
    return done.returncode


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("arrival", [1, 3])
def test_a_kill_at_any_point_clears_each_record_once(tmp_path, point, arrival):
    """After SIGKILL in the first segment or a later one, and a call anew, all holds."""
    with embedded_bench(tmp_path) as bench:
        for batch in range(4):
            lime = record(activity="process.lime", unit="t", record_id=str(batch))
            bench.append("meter", [lime, record(), lime | {"quantity": "-7"}])
        before = whole(bench)
        bench.ledger.editions.import_edition("acme", "process.lime", edition("process.lime"))
        assert run_clearer(tmp_path, f"{point}=kill:{arrival}") == -9
        bench.check()
        assert whole(bench).equals(before)
        waiting = len(bench.ledger.records.list_suspense("acme").items)
        assert 0 < waiting <= 8
        last = clear(bench)
        assert (last.cleared_count, last.remaining_count) == (waiting, 0)
        bench.check()
        assert whole(bench).equals(before)
        assert run_clearer(tmp_path, "") == 0
        bench.check()
