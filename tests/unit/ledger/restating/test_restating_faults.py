"""Restatements through failures, deaths, and beside others."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path

import pytest

from tests.unit.ledger.conftest import embedded_bench, record
from tests.unit.ledger.correcting.conftest import correct, inventory_of, reverse
from tests.unit.ledger.restating.conftest import correct_factors, restate
from tonne.errors import StoreUnavailable
from tonne.model import Facility
from tonne.store import faults

ROOT = Path(__file__).parents[4]
GOOD = record(quantity="10", region="DE")  # 3.5 kg at first, 7 restated
POINTS = (
    "objects.after_put",
    "restatement.after_begin",
    "restatement.after_files",
    "commit.before_sql",
    "commit.in_sql",
    "commit.after_sql",
    "restatement.after_commit",
    "restatement.after_end",
)


@pytest.fixture
def armed():
    """Disarm what a test arms."""
    yield
    faults.disarm()


def is_right(bench):
    """All is restated once, and told once."""
    assert inventory_of(bench) == (14, 2, 0, 0)
    (act,) = bench.ledger.acts.list("acme").items
    assert (act.record_count, act.row.unchanged_count, act.row.left_count) == (2, 0, 0)
    assert act.figures.totals() == (7, 14)
    assert act.row.end_seq
    entries = bench.ledger.corrections.list_corrections("acme").items
    assert [each.correction.record_count for each in entries] == [1, 1]
    bench.check()


def two_segments(bench):
    """Two records, each in a segment of its own, and their factor corrected."""
    bench.append("meter", [GOOD])
    bench.append("meter", [GOOD | {"record_id": "s", "facility": "dc-2"}])
    correct_factors(bench)


@pytest.mark.usefixtures("armed")
@pytest.mark.parametrize("point", POINTS)
def test_a_failure_at_any_point_restates_once(any_bench, point):
    """The same call again goes on where it was."""
    bench = any_bench
    two_segments(bench)
    faults.arm(f"{point}=raise")
    try:
        restate(bench)
    except StoreUnavailable:
        bench.check()
    faults.disarm()
    done = restate(bench)
    assert (done.restated_count, done.unchanged_count) == (2, 0)
    is_right(bench)


KILLED = """\
import sys
from pathlib import Path
from tests.unit.ledger.conftest import Bench
from tests.unit.ledger.restating.conftest import restate
from tonne.ledger.ledger import Ledger
from tonne.store import faults
from tonne.store.manifest.manifest import Manifest
from tonne.store.objects.objects import open_objects

url, objects, points = sys.argv[1], eval(sys.argv[2]), sys.argv[3]
manifest = Manifest.open(url)
bench = Bench(manifest, objects, Ledger(manifest, objects, holder="killed"))
faults.arm(points)
restate(bench)
"""


def die(url, bucket, point, arrival):
    """Restate in another process that dies at a point."""
    opened = f"open_objects({bucket[0]!r}, {bucket[1]!r})"
    command = [sys.executable, "-c", KILLED, url, opened, f"{point}=kill:{arrival}"]
    died = subprocess.run(command, cwd=ROOT, check=False, capture_output=True)
    assert died.returncode == -9, died.stderr.decode()


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("arrival", [1, 2])
def test_a_death_at_any_point_leaves_all_or_nothing_of_each_segment(tmp_path, point, arrival):
    """Another process finds the book whole, and does what is left."""
    if point in {"restatement.after_begin", "restatement.after_end"} and arrival > 1:
        point = "objects.after_link"  # there is one begin and one end: the first file again
    with embedded_bench(tmp_path) as bench:
        two_segments(bench)
        folder = (tmp_path / "objects").as_uri()
        die(f"sqlite:///{tmp_path}/manifest.sqlite", (folder, {}), point, arrival)
        bench.check()
        kg = inventory_of(bench)[0]
        assert kg in {7, Fraction(21, 2), 14}
        restate(bench)
        is_right(bench)


@pytest.mark.parametrize("any_bench", ["postgres"], indirect=True)
@pytest.mark.parametrize("point", ["restatement.after_files", "restatement.after_commit"])
def test_a_death_beside_postgres_and_a_bucket(any_bench, request, point):
    """As above, on the other store."""
    bench = any_bench
    two_segments(bench)
    bucket = request.getfixturevalue("s3_bucket")
    url = request.getfixturevalue("postgres_url")
    die(url, (bucket.url, bucket.options), point, 1)
    bench.check()
    restate(bench)
    is_right(bench)


@pytest.mark.usefixtures("armed")
def test_a_restatement_that_is_under_way_is_listed_and_stands_against_a_close(bench):
    """What is posted in part is told, by whom, and ends with the same call."""
    two_segments(bench)
    faults.arm("restatement.after_commit=raise:2")
    with pytest.raises(StoreUnavailable):
        restate(bench)
    faults.disarm()
    (act,) = bench.ledger.acts.list("acme").items
    assert not act.row.end_seq
    found = {each.check: each for each in bench.ledger.periods.check_period("acme", 45 * 12)}
    assert "r-1 of the period is under way" in found["restatements"].text
    # Months that it does not ask about may close.
    restate(bench)
    found = {each.check for each in bench.ledger.periods.check_period("acme", 45 * 12)}
    assert "restatements" not in found


def test_of_two_servers_with_the_same_restatement_each_does_some(any_bench):
    """Every record once, one act, and both are told the same."""
    bench = any_bench
    for _ in range(4):
        bench.append("meter", [GOOD] * 3)
    correct_factors(bench)
    servers = [bench.other() for _ in range(2)]
    barrier = threading.Barrier(len(servers))

    def go(server):
        barrier.wait()
        return restate(server)

    with ThreadPoolExecutor(len(servers)) as pool:
        done = list(pool.map(go, servers))
    for server in servers:
        server.ledger.close()
    assert inventory_of(bench) == (84, 12, 0, 0)
    (act,) = bench.ledger.acts.list("acme").items
    assert act.record_count == 12
    assert act.figures.totals() == (42, 84)
    assert done[0].restated_count == done[1].restated_count == 12
    bench.check()


def test_two_restatements_of_the_same_records_post_them_once(any_bench):
    """Another id finds them posted as they should be, or does what is left."""
    bench = any_bench
    for _ in range(4):
        bench.append("meter", [GOOD] * 3)
    correct_factors(bench)
    servers = [bench.other() for _ in range(2)]
    barrier = threading.Barrier(len(servers))

    def go(pair):
        server, id_ = pair
        barrier.wait()
        return restate(server, id_, facility="dc-1")

    with ThreadPoolExecutor(len(servers)) as pool:
        done = list(pool.map(go, zip(servers, ("r-1", "r-2"), strict=True)))
    for server in servers:
        server.ledger.close()
    assert sum(each.restated_count for each in done) == 12
    assert all(each.restated_count + each.unchanged_count == 12 for each in done)
    assert inventory_of(bench) == (84, 12, 0, 0)
    bench.check()


@pytest.mark.parametrize("other", ["reverse", "correct", "clear"])
def test_a_segment_that_changes_in_the_middle_is_looked_at_anew(any_bench, monkeypatch, other):
    """What another did between the reading and the commit counts, and nothing is taken twice."""
    bench = any_bench
    bench.ledger.register.import_facilities("acme", [Facility("dc-1")])
    bench.append("meter", [GOOD, GOOD, GOOD | {"facility": "dc-2"}])
    correct_factors(bench)
    server = bench.other()
    acts = {
        "reverse": lambda: reverse(server, source="meter", offsets=(0,)),
        "correct": lambda: correct(server, [0], [record(quantity="1", region="DE")]),
        "clear": lambda: (
            server.ledger.register.import_facilities("acme", [Facility("dc-2")]),
            list(server.ledger.suspense.clear("acme")),
        ),
    }
    commit, calls = bench.manifest.commit, []

    def change_first(made):
        calls.append(made)
        if len(calls) == 1:
            acts[other]()
        commit(made)

    monkeypatch.setattr(bench.manifest, "commit", change_first)
    restate(bench)
    server.ledger.close()
    expected = {
        "reverse": (7, 1, 1, 0),
        "correct": (Fraction("7.7"), 2, 1, 0),
        "clear": (21, 3, 0, 0),
    }
    assert inventory_of(bench) == expected[other]
    bench.check()


def test_a_reversal_that_saw_the_records_before_looks_again(any_bench, monkeypatch):
    """It takes back what is posted by now, not what it read."""
    bench = any_bench
    bench.append("meter", [GOOD, GOOD])
    correct_factors(bench)
    server = bench.other()
    commit, calls = bench.manifest.commit, []

    def change_first(made):
        calls.append(made)
        if len(calls) == 1:
            restate(server)
        commit(made)

    monkeypatch.setattr(bench.manifest, "commit", change_first)
    assert reverse(bench, source="meter", offsets=(1,)).reversed_count == 1
    server.ledger.close()
    assert inventory_of(bench) == (7, 1, 0, 0)
    bench.check()


def test_a_close_in_the_middle_is_a_fence(bench, monkeypatch):
    """The part behind it is refused; the act is under way until it may adjust closed months."""
    two_segments(bench)
    commit, calls = bench.manifest.commit, []

    def close_after_one(made):
        calls.append(made)
        if len(calls) == 2:
            accepts = {"restatements": "known", "overlaps": "known"}
            bench.ledger.periods.close_period(
                "acme", 45 * 12, author="bo", reason="over", accepts=accepts
            )
        commit(made)

    monkeypatch.setattr(bench.manifest, "commit", close_after_one)
    with pytest.raises(Exception, match="months of book 'acme' that are closed: 2015-01"):
        restate(bench)
    assert inventory_of(bench)[0] == Fraction("10.5")
    bench.check()
    done = restate(bench, adjusts_closed=True, edition="paper-2015")
    assert done.act.of_closed
    is_right(bench)
